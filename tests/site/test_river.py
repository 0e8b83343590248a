"""The river in the reader's hands: its network computes what the package's does, also with a cell emptied."""

import json

import numpy as np
import pytest
from built_site import SITE, find_violations
from playwright.sync_api import expect
from safetensors import safe_open

from rnn_tutorial.series.snow import degree_day_store, simulate_emptied
from rnn_tutorial.series.training import simulate
from rnn_tutorial.theory.cells import LSTMCell
from rnn_tutorial.theory.networks import Network

WIDGET = ("series/river.html", ".river", {"reduced_motion": "reduce"})
WARMER, RAINY, EMPTIED = [0, 0, 0, -2, 0, 6, 3, 0, 0, 0, 0, 1], 200, 151
COMPUTE = """async ([warmer, rainy, emptied]) => {
    const { changed, degreeDays, readRiver, simulate } = await import("/_static/river/model.js");
    const river = readRiver(await (await fetch("/_static/river/river.safetensors")).arrayBuffer(), "the file");
    const weather = changed(river.weather[1], warmer, rainy);
    return { ...simulate(river, weather, emptied), degreeDays: degreeDays(weather) };
}"""


def packaged():
    """Return the network, the changed weather of the second year, and what the metadata say."""
    with safe_open(SITE / "_static/river/river.safetensors", "np") as file:
        about = json.loads(file.metadata()["rnn_tutorial"])
        tensors = {name: file.get_tensor(name).astype("float64") for name in file.keys()}  # noqa: SIM118
    network = Network(LSTMCell(*(tensors[name] for name in "WUb")), tensors["V"], tensors["b_y"], "linear")
    weather = tensors["weather"][1].copy()
    month = (
        np.arange(np.datetime64("2001-10-01"), np.datetime64("2002-10-01")).astype("datetime64[M]").astype(int) + 3
    ) % 12
    weather[365:, 2] += np.array(WARMER)[month]
    weather[365 + RAINY, 0] += 50
    return network, weather, about


@pytest.mark.parametrize("emptied", [None, EMPTIED])
def test_the_browser_computes_what_the_package_does(widget, emptied):
    network, weather, about = packaged()
    found = widget.page.evaluate(COMPUTE, [WARMER, RAINY, emptied])
    x = (weather - about["mean"][:3]) / about["deviation"][:3]
    snow = about["snow"]
    y = (
        simulate(network, x)
        if emptied is None
        else simulate_emptied(network, x, 365 + emptied, snow["unit"], snow["empty"])
    )
    np.testing.assert_allclose(found["discharge"], about["mean"][3] + about["deviation"][3] * y, atol=1e-9)
    np.testing.assert_allclose(found["degreeDays"], degree_day_store(weather[:, 0], weather[:, 2])[0], atol=1e-9)


def test_a_warm_march_brings_the_water_earlier_by_keyboard(widget):
    status = widget.locator("p[role=status]")
    expect(status).to_contain_text("Change the weather.")
    march = widget.get_by_label("March: degrees warmer")
    for _ in range(6):
        march.press("ArrowUp")
    expect(march).to_have_attribute("aria-valuetext", "6 degrees")
    expect(status).to_contain_text("days earlier.")
    widget.get_by_label("Empty the cell that follows the snow").check()
    expect(status).to_contain_text("mm less")
    assert find_violations(widget.page, ".river") == []
    widget.get_by_role("button", name="Undo all").press("Enter")
    expect(status).to_contain_text("Change the weather.")


def test_a_month_is_dragged_and_a_day_clicked(widget):
    widget.get_by_label("January: degrees warmer").scroll_into_view_if_needed()
    box = widget.get_by_label("January: degrees warmer").bounding_box()
    mouse, middle = widget.page.mouse, box["x"] + box["width"] / 2
    mouse.move(middle, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(middle, box["y"] + 20, steps=4)
    mouse.up()
    assert int(widget.get_by_label("January: degrees warmer").input_value()) > 3
    picture = widget.locator("svg[role=img]")
    wide = picture.bounding_box()["width"]
    picture.click(position={"x": 40 + 0.5 * (wide - 44), "y": 250})
    assert int(widget.get_by_label("Day", exact=True).input_value()) == pytest.approx(182, abs=2)


@pytest.mark.parametrize("width", [320, 390])
def test_it_fits_a_phone_and_keeps_its_height(opened, width):
    widget = opened(WIDGET[0], ".river[data-ready]", viewport={"width": width, "height": 800}).locator(".river")
    height = widget.bounding_box()["height"]
    widget.get_by_label("Empty the cell that follows the snow").check()
    expect(widget.locator("p[role=status]")).to_contain_text("That is")
    assert widget.bounding_box()["height"] == pytest.approx(height, abs=1)
    assert widget.evaluate("node => node.scrollWidth <= node.clientWidth")
