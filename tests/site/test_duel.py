import numpy as np
import pytest
from built_site import SITE, find_violations, press
from playwright.sync_api import expect
from safetensors.numpy import load_file

from rnn_tutorial.theory.cells import LSTMCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.networks import Network
from rnn_tutorial.theory.tasks import one_hot

WIDGET = ("theory/vanishing-gradients.html", ".duel", {"reduced_motion": "reduce"})
CELLS = {"long": SimpleRNNCell, "short": SimpleRNNCell, "lstm": LSTMCell}
PREDICT = """async all => {
    const { predict, readNetworks } = await import("/_static/duel/game.js");
    const networks = readNetworks(await (await fetch("/_static/duel/duel.safetensors")).arrayBuffer(), "the file");
    return networks.map(network => all.map(letters => [...predict(network, letters)]));
}"""


def networks():
    file = load_file(SITE / "_static/duel/duel.safetensors")
    tensors = {name: array.astype("float64") for name, array in file.items()}
    for key, kind in CELLS.items():
        of_cell = {name: tensors[f"{key}.{name}"] for name in ("W", "U", "b")}
        yield Network(kind(**of_cell), tensors[f"{key}.V"], tensors[f"{key}.b_y"], "softmax")


def play(widget, wrong=0):
    """Play a round to the end, so many answers wrong; return the first letters."""
    cells = widget.locator("tr").first.locator("td")
    expect(widget.locator("caption")).to_contain_text("letter 1 of ")
    first = cells.all_inner_texts()
    expect(widget.get_by_role("button", name="A", exact=True)).to_be_focused()
    assert cells.all_inner_texts() == ["?"] * 4
    for k, letter in enumerate(first):
        widget.page.keyboard.press("abcd"["ABCD".index(letter) - (k < wrong)])
    assert cells.all_inner_texts() == first
    return first


def test_the_browser_says_what_the_package_does(widget):
    random = np.random.default_rng(1)
    all_letters = [random.integers(4, size=(1, length)) for length in (1, 20, 60, 100) for _ in range(5)]
    found_by_all = widget.page.evaluate(PREDICT, [letters[0].tolist() for letters in all_letters])
    for network, found in zip(networks(), found_by_all, strict=True):
        last = [unroll(network.cell, one_hot(letters, 4, "float64")).h[0, -1] for letters in all_letters]
        np.testing.assert_allclose(found, network.read_out(np.stack(last)), atol=1e-9)


@pytest.mark.parametrize("width", [320, 1280])
def test_a_duel_is_played_by_keyboard_and_said_and_keeps_its_height(widget, width):
    widget.page.set_viewport_size({"width": width, "height": 800})
    height, status = widget.bounding_box()["height"], widget.locator("p[role=status]")
    widget.get_by_label("Faster").check()
    press(widget, "Start")
    widget.get_by_role("button", name="Start").press("Enter")  # while letters pass: from the beginning
    first = play(widget)
    assert widget.locator("tr").nth(1).locator("td").all_inner_texts() == [f"{letter} ✓" for letter in first]
    bars = widget.get_by_role("img")
    assert bars.count() == 12
    for k, bar in enumerate(bars.all()):  # a network says what it finds most probable
        chances = dict(part.rsplit(" ", 2)[:2] for part in bar.get_attribute("aria-label").split(", "))
        letter, mark = bar.locator("xpath=..").inner_text().split()
        assert float(chances[letter]) == max(map(float, chances.values()))
        assert mark == "✗✓"[letter == first[k % 4]]
    expect(status).to_contain_text("at 20 letters: ")
    assert find_violations(widget.page, ".duel") == []
    widget.page.keyboard.press("Enter")  # the next round has the focus
    play(widget, wrong=1)
    expect(status).to_contain_text("at 40 letters: You")
    assert widget.locator("tr").nth(1).locator("td").first.inner_text().endswith("✗")
    assert widget.bounding_box()["height"] == pytest.approx(height, abs=1)
    assert widget.evaluate("node => node.scrollWidth <= node.clientWidth")
    widget.get_by_role("button", name="Start again").press("Enter")
    expect(widget.locator("caption")).to_have_text("Round 1 of 5: letter 1 of 20")
