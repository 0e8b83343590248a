import numpy as np
import pytest
from built_site import SITE, find_violations, press
from playwright.sync_api import expect
from safetensors.numpy import load_file

from rnn_tutorial.theory.cells import GRUCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.networks import Network
from rnn_tutorial.theory.tasks import one_hot

WIDGET = ("theory/vanishing-gradients.html", ".duel", {"reduced_motion": "reduce"})
CELLS = {"long": SimpleRNNCell, "short": SimpleRNNCell, "gru": GRUCell}
ROUNDS = [(3, 20), (4, 40), (5, 70), (6, 100), (8, 150)]  # sequences side by side, letters in each
PREDICT = """async all => {
    const { predict, readNetworks } = await import("/_static/duel/game.js");
    const networks = readNetworks(await (await fetch("/_static/duel/duel.safetensors")).arrayBuffer(), "the file");
    return networks.map(network => all.map(letters => [...predict(network, letters)]));
}"""


def networks():
    file = load_file(SITE / "_static/duel/duel.safetensors")
    tensors = {name: array.astype("float64") for name, array in file.items()}
    for key, kind in CELLS.items():
        of_cell = {
            name: tensors[f"{key}.{name}"] for name in ("W", "U", "b", "recurrent_b") if f"{key}.{name}" in tensors
        }
        yield Network(kind(**of_cell), tensors[f"{key}.V"], tensors[f"{key}.b_y"], "softmax")


def play(widget, number, wrong=0):
    """Play a round to the end, so many answers wrong; return the first letters."""
    count, length = ROUNDS[number]
    expect(widget.locator("caption")).to_have_text(f"Round {number + 1} of 5: letter 1 of {length}")
    cells = widget.locator("tr").first.locator("td")
    first = cells.all_inner_texts()
    expect(widget.get_by_role("button", name="A", exact=True)).to_be_focused()
    assert cells.all_inner_texts() == ["?"] * count
    for k, letter in enumerate(first):
        widget.page.keyboard.press("abcd"["ABCD".index(letter) - (k < wrong)])
    assert cells.all_inner_texts() == first
    return first


def lives(widget):
    return [int(head.get_attribute("data-lives")) for head in widget.locator("tr > th[data-lives]").all()]


def test_the_browser_says_what_the_package_does(widget):
    random = np.random.default_rng(1)
    all_letters = [random.integers(4, size=(1, length)) for length in (1, 20, 70, 150) for _ in range(5)]
    found_by_all = widget.page.evaluate(PREDICT, [letters[0].tolist() for letters in all_letters])
    for network, found in zip(networks(), found_by_all, strict=True):
        last = [unroll(network.cell, one_hot(letters, 4, "float64")).h[0, -1] for letters in all_letters]
        np.testing.assert_allclose(found, network.read_out(np.stack(last)), atol=1e-9)


@pytest.mark.parametrize("width", [320, 1280])
def test_a_duel_is_played_by_keyboard_and_said_and_keeps_its_height(widget, width):
    widget.page.set_viewport_size({"width": width, "height": 800})
    height, status = widget.bounding_box()["height"], widget.locator("p[role=status]")

    def check_view():
        assert widget.bounding_box()["height"] == pytest.approx(height, abs=1)
        assert widget.evaluate("node => node.scrollWidth <= node.clientWidth")
        within = "tr => [...tr.cells].every(cell => cell.scrollWidth <= cell.clientWidth)"
        assert all(row.evaluate(within) for row in widget.locator("tr").all())
        assert find_violations(widget.page, ".duel") == []

    widget.get_by_label("Faster").check()
    press(widget, "Start")
    widget.get_by_role("button", name="Start").press("Enter")  # while letters pass: from the beginning
    first = play(widget, 0)
    assert widget.locator("tr").nth(1).locator("td").all_inner_texts() == [f"{letter} ✓" for letter in first]
    bars = widget.get_by_role("img")
    assert bars.count() == 9
    for k, bar in enumerate(bars.all()):  # a network says what it finds most probable
        chances = dict(part.rsplit(" ", 2)[:2] for part in bar.get_attribute("aria-label").split(", "))
        letter, mark = bar.locator("xpath=../strong").inner_text().split()
        assert float(chances[letter]) == max(map(float, chances.values()))
        assert mark == "✗✓"[letter == first[k % 3]]
    expect(status).to_contain_text("In the lead: You")
    for player, left in enumerate(lives(widget)):
        wrong = widget.locator("tr").nth(player + 1).get_by_text("✗").count()
        assert left == max(0, 3 - wrong)
    check_view()
    for number, wrong in ((1, 1), (2, 1), (3, 0)):
        widget.page.keyboard.press("Enter")  # the next round has the focus
        play(widget, number, wrong)
    assert lives(widget)[0] == 1
    widget.page.keyboard.press("Enter")
    play(widget, 4)
    check_view()
    expect(status).to_contain_text("Still standing: You")
    expect(status.get_by_role("link")).to_have_attribute("href", "#how-much-is-left-after-50-steps")
    widget.page.keyboard.press("Enter")  # again
    play(widget, 0, wrong=3)
    assert lives(widget)[0] == 0
    expect(status).to_contain_text("Beaten!")
    expect(status).to_contain_text("You fell at 20 letters.")
    check_view()
    widget.get_by_role("button", name="Start again").press("Enter")
    assert lives(widget) == [3] * 4
