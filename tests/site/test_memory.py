import numpy as np
import pytest
from built_site import find_violations, press
from playwright.sync_api import expect

WIDGET = ("language/memory.html", ".memory")
KEYS = """async d => (await import("/_static/memory/memory.js")).keysOf(d).map(key => [...key])"""


def remember(writes, replaces, keys, values):
    """Return the matrix after all writes, as the page's equations say it."""
    S = np.zeros((values.shape[1], keys.shape[1]))
    for key, value in writes:
        k, v = keys[key], values[value]
        S = S - np.outer(S @ k - v, k) if replaces else S + np.outer(v, k)
    return S


def attend(writes, k, keys, values):
    """Return the weights of all writes and the mean of their values."""
    ids, of = np.transpose(writes)
    weights = np.exp(32 * keys[ids] @ k + 0.3 * np.arange(len(ids)))
    weights /= weights.sum()
    return weights, weights @ values[of]


def rows(table):
    """Return the numbers of a table: those of each row of the matrix, and behind them what is read."""
    cells = [row.locator(".memory-strip span, td:last-child").all_text_contents() for row in table.locator("tr").all()]
    return [[float(text.replace("−", "-")) for text in row] for row in cells]


@pytest.mark.parametrize("d", [4, 8])
def test_the_first_keys_are_orthogonal_and_all_have_length_1(widget, d):
    keys = np.array(widget.page.evaluate(KEYS, d))
    products = keys @ keys.T
    assert keys.shape == (6, d)
    np.testing.assert_allclose(np.diag(products), 1)
    np.testing.assert_allclose(products[:d, :d], np.eye(min(d, 6)), atol=1e-12)
    assert d == 8 or np.abs(products[4:, :4]).min() > 0.09


def test_the_sum_mixes_a_second_value_and_the_delta_rule_replaces_the_first(widget):
    line = widget.locator(".memory-line")
    expect(line).to_contain_text("The sum reads desk; the delta rule reads desk; attention reads desk. Keys recalled")
    widget.get_by_role("button", name="Write", exact=True).click()
    reads = "The sum reads desk and kitchen alike; the delta rule reads kitchen; attention reads kitchen, mixed with "
    reads += "others. Keys recalled, of 1: sum 0, delta rule 1, attention 1."
    expect(line).to_have_text(f"glass: kitchen was written last. {reads}")
    expect(widget.locator("[data-best] th")).to_have_text(["desk", "kitchen", "kitchen", "glass: kitchen"])
    kept = [f"It keeps {count} numbers." for count in ("4 · 4 = 16", "4 · 4 = 16", "2 · 8 = 16")]
    expect(widget.locator("caption small")).to_have_text(kept)
    widget.get_by_role("button", name="lamp").press("Enter")
    reads_nothing = "The sum reads nothing; the delta rule reads nothing; attention reads kitchen, mixed with others."
    expect(line).to_contain_text(f"lamp: nothing was written. {reads_nothing}")
    widget.get_by_role("button", name="phone").press("Enter")
    expect(line).to_have_text(f"phone: nothing was written. {reads}")


def test_more_keys_than_numbers_blur_both_rules_and_twice_as_many_numbers_neither_and_attention_keeps_all(widget):
    counts = {}
    for d in (4, 8):
        keys = np.array(widget.page.evaluate(KEYS, d))
        widget.get_by_label("Numbers of a key").select_option(str(d))
        writes = list(enumerate([0, 1, 2, 3, 1, 1]))
        for name in ("Clear, write all", "Write again with other values"):
            press(widget, name)
            if name != "Clear, write all":
                writes += [(key, (value + 1) % 4) for key, value in writes]
            right, last = [], dict(writes)
            *matrices, attention = widget.locator("table").all()
            for r, table in enumerate(matrices):
                S = remember(writes, r, keys, np.eye(4))
                expected = [[*keys[0]], *([*row, row @ keys[0]] for row in S)]
                found = rows(table)
                for one, other in zip(found, expected, strict=True):
                    assert one == pytest.approx(other, abs=0.0051)
                best = [np.flatnonzero(y > y.max() - 1e-9).tolist() for y in keys @ S.T]
                right.append(sum(best[key] == [last[key]] for key in range(6)))
            weights, y = attend(writes, keys[0], keys, np.eye(4))
            listed = [[*keys[key], *np.eye(4)[value], weights[j]] for j, (key, value) in enumerate(writes)]
            for one, other in zip(rows(attention), [[*keys[0], *y], *listed[::-1]], strict=True):
                assert one == pytest.approx(other, abs=0.0051)
            reads = [attend(writes, k, keys, np.eye(4))[1].argmax() for k in keys]
            right.append(sum(reads[key] == last[key] for key in range(6)))
            said = f"Keys recalled, of 6: sum {right[0]}, delta rule {right[1]}, attention {right[2]}."
            expect(widget.locator(".memory-line")).to_contain_text(said)
            counts[d, name] = right
    first, second = ("Clear, write all", "Write again with other values")
    assert max(counts[4, first][:2]) < 6
    assert counts[4, second][0] < counts[4, second][1] < counts[4, second][2]
    assert counts[8, first] == [6, 6, 6]
    assert counts[8, second] == [0, 6, 6]


def test_the_numbers_are_shown_where_the_reader_asks_for_them(widget):
    cell = widget.locator("tbody .memory-strip span").first
    assert cell.evaluate("node => getComputedStyle(node).fontSize") == "0px"
    assert cell.get_attribute("title") == "0.50"
    for width in (320, 1280):
        widget.page.set_viewport_size({"width": width, "height": 800})
        widget.get_by_label("Show the numbers").check()
        widget.get_by_label("Numbers of a key").select_option("8")
        assert cell.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 12
        assert cell.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert find_violations(widget.page, ".memory") == []
    widget.get_by_role("button", name="Clear", exact=True).click()
    nothing = "The sum reads nothing; the delta rule reads nothing; attention reads nothing."
    expect(widget.locator(".memory-line")).to_contain_text(nothing)
    assert widget.locator("[data-best]").count() == 0
