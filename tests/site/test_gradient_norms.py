"""The sliders over the gradient's norm: they compute what the package does, and say what they found."""

from dataclasses import replace

import numpy as np
import pytest
from built_site import SITE
from playwright.sync_api import expect
from safetensors.numpy import load_file

from rnn_tutorial.theory.cells import SimpleRNNCell
from rnn_tutorial.theory.gradients import gradient_norms_by_lag

WIDGET = ("theory/vanishing-gradients.html", ".gradient-norms")
FILE = "_static/explorer/gradient-norms.safetensors"
SLOPES = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}
# Where gradients explode, so do rounding errors: two ways of adding up soon differ in the first digit. There the
# sequences are short.
GRID = [
    *[("sigmoid", factor, length) for factor in (0.2, 1.0, 4.0) for length in (10, 60, 200)],
    *[("tanh", factor, length) for factor in (0.2, 0.5, 1.0, 1.3, 1.5) for length in (10, 60, 200)],
    *[("relu", factor, length) for factor in (0.2, 0.5, 1.0, 1.3, 1.5) for length in (10, 60, 200)],
    *[("tanh", factor, length) for factor in (2.0, 3.0, 4.0) for length in (10, 30)],
    *[("relu", factor, length) for factor in (2.0, 3.0, 4.0) for length in (10, 100)],
]
COMPUTE = """async ([module, file, grid]) => {
    const { normsByLag, readSetting } = await import(module);
    const setting = readSetting(await (await fetch(file)).arrayBuffer(), "gradient-norms.safetensors");
    return grid.map(([activation, factor, length]) => [...normsByLag(setting, factor, activation, length)]);
}"""


def test_the_browser_computes_what_the_package_does(widget, address):
    tensors = load_file(SITE / FILE)
    assert np.linalg.norm(tensors["U"], 2) == pytest.approx(1)
    symbols = np.eye(6)[tensors["symbols"]]
    assert symbols.shape[1] == 200
    module = f"{address}/_static/gradient-norms/gradient-norms.js"
    computed = widget.page.evaluate(COMPUTE, [module, f"{address}/{FILE}", GRID])
    for (activation, factor, length), norms in zip(GRID, computed, strict=True):
        cell = SimpleRNNCell(tensors["W"], tensors["U"], tensors["b"], activation=activation)
        cell = replace(cell, U=factor * cell.U)
        expected = gradient_norms_by_lag(cell, symbols[:, -length:], tensors["grad_last"])
        expected /= expected[0]
        normal = expected > 1e-300  # smaller numbers have fewer digits
        assert len(norms) == length
        assert norms[0] == 1
        assert np.array(norms)[normal] == pytest.approx(expected[normal], rel=1e-9, abs=0), (activation, factor, length)
        assert (np.array(norms)[~normal] < 1e-299).all()
        bound = (SLOPES[activation] * factor) ** np.arange(length)
        assert (norms <= bound * (1 + 1e-9) + 1e-300).all()


def test_sliders_moved_by_keyboard_change_the_chart_and_the_sentence(widget):
    sentence, line = widget.locator("[aria-live=polite]"), widget.locator("path.widget-line").first
    expect(sentence).to_contain_text("With tanh and ‖U‖ = 1.5 the bound allows 6e8 after 50 steps")
    drawn = {line.get_attribute("d")}
    for name, key, says in [
        ("Spectral norm of U", "ArrowRight", "‖U‖ = 1.6 "),
        ("Spectral norm of U", "Home", "γ‖U‖ is 0.2, below 1: the gradient must vanish."),
        ("Spectral norm of U", "End", "here it grows"),
        ("Length", "End", "after 199 steps"),
        ("Length", "Home", "after 9 steps"),
        ("Activation", "s", "γ‖U‖ is 1: the gradient cannot grow"),
    ]:
        widget.get_by_label(name, exact=True).press(key)
        expect(sentence).to_contain_text(says)
        drawn.add(line.get_attribute("d"))
    assert len(drawn) == 7
    assert widget.locator("output").all_inner_texts() == ["4", "10 steps"]


def test_where_numbers_explode_the_lines_take_most_of_the_chart(widget):
    for name, value in {"Spectral norm of U": "4", "Length": "200"}.items():
        widget.get_by_label(name, exact=True).fill(value)
    expect(widget.locator("[aria-live=polite]")).to_contain_text("after 199 steps")
    heights = """selector => {
        const boxes = [...document.querySelectorAll(selector)].map(path => path.getBBox());
        return Math.max(...boxes.map(box => box.y + box.height)) - Math.min(...boxes.map(box => box.y));
    }"""
    drawn, chart = (widget.page.evaluate(heights, f".gradient-norms path.widget-{kind}") for kind in ("line", "grid"))
    assert 0.8 * chart <= drawn <= chart


def test_the_numbers_stand_in_a_table_too(widget):
    widget.get_by_text("The numbers").click()
    rows = [row.split("\t") for row in widget.locator("tr").all_inner_texts()]
    assert rows[0] == ["Lag", "Measured", "Bound"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "5", "10", "20", "50", "59"]
    assert [row[2] for row in rows[1:3]] == ["1.5", "2.3"]
    assert f"after 59 steps; measured is {rows[-1][1]}." in widget.locator("[aria-live=polite]").inner_text()
