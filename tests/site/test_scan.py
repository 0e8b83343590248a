import numpy as np
import pytest
from built_site import press
from playwright.sync_api import expect

from rnn_tutorial.language.linear_recurrences import compose, recur, scan

WIDGET = ("language/linear-recurrences.html", ".scan")
COMPUTE = """async steps => {
    const { reachOf, scanRounds } = await import("/_static/scan/scan.js");
    return scanRounds(steps).map((pairs, round) => pairs.map(({ a, b }, t) => [a, b, reachOf(round, t)[0]]));
}"""


def rows(widget):
    return [[cell.replace("−", "-") for cell in row.split("\t")] for row in widget.locator("tr").all_inner_texts()]


def test_the_browser_computes_what_the_package_does(widget):
    for count in (1, 2, 5, 8, 100):
        a, b = np.random.default_rng(1).uniform(-1, 1, size=(2, count))
        rounds = widget.page.evaluate(COMPUTE, [{"a": p, "b": q} for p, q in zip(a.tolist(), b.tolist(), strict=True)])
        assert len(rounds) == 1 + int(np.ceil(np.log2(count)))
        np.testing.assert_allclose([pair[1] for pair in rounds[-1]], scan(a, b), atol=1e-12)
        for pairs in rounds:
            for t, (factor, summand, begin) in enumerate(pairs):
                of_both = (1.0, 0.0)
                for k in range(begin, t + 1):
                    of_both = compose(of_both, (a[k], b[k]))
                np.testing.assert_allclose((factor, summand), of_both, atol=1e-12)


def test_the_scan_is_done_after_three_moves_and_the_loop_after_eight(widget):
    expect(widget.get_by_role("button", name="Back")).to_be_disabled()
    press(widget, "Next move", 2)
    said = "After round 2 of 3, 4 states are known, and each pair stands for up to 4 steps."
    said += " The loop has taken 2 of 8 steps."
    expect(widget.locator("figcaption")).to_have_text(said)
    expect(widget.locator(".widget-spoken")).to_contain_text(said)
    press(widget, "Next move")
    expect(widget.locator("figcaption")).to_contain_text("The scan has all 8 states after 3 rounds.")
    for _ in range(5):
        widget.get_by_role("button", name="Next move").press("Enter")
    expect(widget.locator("figcaption")).to_contain_text("The loop has taken 8 of 8 steps.")
    expect(widget.get_by_role("button", name="Next move")).to_be_disabled()
    assert widget.locator(".scan-node[data-final]").count() == 1 + 2 + 4 + 8 + 8
    expect(widget.get_by_role("button", name="Next move")).to_be_focused()
    press(widget, "Back")
    expect(widget.locator("figcaption")).to_contain_text("The loop has taken 7 of 8 steps.")


def test_a_step_is_changed_and_what_depends_on_it_has_a_frame(widget):
    press(widget, "Next move", 3)
    widget.get_by_label("Step t", exact=True).fill("5")
    frames = widget.locator(".scan-node[data-touched]")
    expect(frames).to_have_count(1 + 2 + 4 + 4)  # itself; those that have read it; of the loop nothing yet
    widget.get_by_text("The numbers").click()
    before = rows(widget)
    widget.get_by_label("at", exact=True).fill("-0.5")
    widget.get_by_label("bt", exact=True).fill("1")
    after = rows(widget)
    assert after[5][1:3] == ["-0.50", "1.00"]
    assert [k for k in range(1, 9) if before[k] != after[k]] == [5, 6, 7, 8]
    a, b = (np.array([float(row[k]) for row in after[1:]]) for k in (1, 2))
    for row, state in zip(after[1:], recur(a, b), strict=True):
        assert row[-1] == row[-2].split(", ")[1]
        assert float(row[-1]) == pytest.approx(state, abs=0.006)
    expect(widget.locator(".widget-spoken")).to_contain_text(f"h_8 is {after[8][-1].replace('-', '−')}.")


def test_a_number_fits_its_box(widget):
    for width in (360, 768, 1280):
        widget.page.set_viewport_size({"width": width, "height": 800})
        for node in widget.locator("svg .scan-node:has(text)").all():
            text, box = (node.locator(part).first.bounding_box()["width"] for part in ("text", "rect"))
            assert text <= box + 1
