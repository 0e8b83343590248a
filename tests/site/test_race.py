import json
import re

import numpy as np
import pytest
from built_site import PATIENCE, SAVES_DATA, press
from playwright.sync_api import expect

from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.networks import Network, cue_gradient
from rnn_tutorial.theory.tasks import Examples, first_letter, one_hot

WIDGET = ("theory/vanishing-gradients.html", ".train")
DRAWN = """() => [...document.querySelectorAll(".train-pictures path.widget-line")].map(path => path.getAttribute("d"))
    .concat([...document.querySelectorAll(".train canvas")].map(canvas => canvas.toDataURL()))"""
# Train a network for a while in the page, and give its parameters with what is drawn of it.
PROBE = """async ([site, kind, length]) => {
    const { Race } = await import(`${site}/_static/train/race.js`);
    const setting = { kind, units: 5, forgetBias: 1, norm: 1.25, learningRate: 0.01, clipped: true };
    const race = new Race({ settings: [setting, setting], length, seed: 1 });
    for (let update = 0; update < 20; update++) race.step();
    const [{ reach, signal, difference, losses }, other] = race.report();
    if (other.losses.some((loss, k) => loss !== losses[k])) throw new Error("the same settings gave two runs");
    const parameters = Object.entries(race.racers[0].run.network.parameters);
    const read = sequences => sequences.map(sequence => sequence.map(x_t => x_t.indexOf(1)));
    return {
        parameters: Object.fromEntries(parameters.map(([name, values]) => [name, [...values]])),
        cue: { reach: reach.at(-1), signal: signal.at(-1) }, difference: [...difference], losses,
        pair: read(race.pair), probe: read(race.probe.sequences),
    };
}"""


def line_of(widget):
    return widget.locator(".train-line").inner_text()


@pytest.mark.parametrize(("kind", "cell_type"), [("simple_rnn", SimpleRNNCell), ("lstm", LSTMCell), ("gru", GRUCell)])
def test_what_is_drawn_is_what_the_package_computes(widget, address, kind, cell_type):
    found = widget.page.evaluate(PROBE, [address, kind, 12])
    given = {name: np.array(values) for name, values in found["parameters"].items()}
    rows = len(given["b"])
    more = {"recurrent_b": given["recurrent_b"]} if "recurrent_b" in given else {}
    cell = cell_type(given["W"].reshape(rows, 4), given["U"].reshape(rows, 5), given["b"], **more)
    network, letters = Network(cell, given["V"].reshape(4, 5), given["b_y"], "softmax"), np.array(found["probe"])
    cues = np.zeros(letters.shape, bool)
    cues[:, 0] = True
    examples = Examples(one_hot(letters, 4), letters[:, 0], "cross-entropy", np.log(4), 0.0, outputs=4, cues=cues)
    measured = cue_gradient(network, examples)
    assert found["cue"] == pytest.approx({name: measured[name] for name in ("reach", "signal")}, rel=1e-6)
    h = unroll(cell, one_hot(np.array(found["pair"]), 4)).h
    assert found["difference"] == pytest.approx((h[0] - h[1]).ravel(), abs=1e-7)
    assert examples.inputs.shape[1:] == first_letter(2, length=12).inputs.shape[1:]
    assert len(found["losses"]) == 20


def shown_first(widget):
    """Wait for what a race shows before it is started."""
    widget.scroll_into_view_if_needed()
    first = re.compile(r"^The first 50 updates\..*( [\w ]+: \d+ % correct\.){2}$")
    expect(widget.locator(".train-line")).to_have_text(first)
    expect(widget.locator(".train-kept figcaption")).not_to_contain_text("–")  # the last that is drawn


def test_it_opens_with_the_first_updates_unless_data_is_saved(opened, widget):
    assert widget.page.workers == []
    assert line_of(widget) == "Not trained yet. Which was the first of 20 letters?"
    empty = widget.page.evaluate(DRAWN)
    shown_first(widget)
    assert not set(empty) & set(widget.page.evaluate(DRAWN))  # each picture shows something
    saving = opened(WIDGET[0], ".train[data-ready]", script=SAVES_DATA)
    saving.locator(".train").scroll_into_view_if_needed()
    saving.wait_for_timeout(500)
    assert saving.workers == []
    press(saving.locator(".train"), "One update")
    expect(saving.locator(".train-line")).to_contain_text("Update 51 of 2,000")


def test_a_worker_trains_until_one_has_won_goes_on_for_the_reader_and_begins_anew(widget):
    page = widget.page
    shown_first(widget)
    first = page.evaluate(DRAWN)
    press(widget, "Start")
    widget.get_by_text(re.compile(r"LSTM: solved at update \d+")).first.wait_for()
    assert len(page.workers) == 1  # so no task of the page takes long
    decided = r"^Update (\d+): one has solved it, the other has not\. Simple RNN: .*LSTM: solved at update (\d+)\.$"
    expect(widget.locator(".widget-spoken")).to_have_text(re.compile(decided))
    rests, solved = map(int, re.match(decided, line_of(widget)).groups())
    assert rests == solved + 300
    press(widget, "Go on")
    expect(widget.locator(".train-line")).to_contain_text("of 2,000")
    press(widget, "Pause")
    expect(widget.locator(".widget-spoken")).to_have_text(re.compile(r"of 2,000\. .*LSTM: solved at"))
    stopped, before = line_of(widget), page.evaluate(DRAWN)
    assert int(re.match(r"Update ([\d,]+) of", stopped)[1].replace(",", "")) > rests
    page.wait_for_timeout(400)
    assert line_of(widget) == stopped
    assert len(before) == 8  # two lines in three charts, two maps
    press(widget, "Reset")
    shown_first(widget)
    assert page.evaluate(DRAWN) == first


def test_when_both_have_solved_the_task_the_race_ends_and_says_so(widget):
    widget.get_by_role("group", name="First").get_by_label("Cell").select_option("lstm")
    widget.get_by_label("Letters", exact=True).fill("5")
    shown_first(widget)
    press(widget, "Start")
    over = re.compile(r"^Both solved, so the race ends\.( LSTM [12]: solved at update \d+\.){2}$")
    expect(widget.locator(".widget-spoken")).to_have_text(over)
    expect(widget.get_by_role("button", name="Again")).to_be_visible()


def test_each_setting_begins_anew_and_reaches_the_worker(widget):
    page = widget.page
    page.evaluate("""() => {
        window.sent = [];
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (message) {
            if (message.settings) sent.push(message);
            post.call(this, message);
        };
    }""")
    first = widget.get_by_role("group", name="First")
    assert not first.get_by_label("forget bias").is_visible()
    changes = [
        lambda: first.get_by_label("norm").select_option("1.5"),
        lambda: first.get_by_label("Cell").select_option("gru"),
        lambda: first.get_by_label("update bias").select_option("2"),  # a GRU has no forget gate
        lambda: first.get_by_label("units").fill("4"),
        lambda: first.get_by_label("rate").select_option("0.1"),
        lambda: first.get_by_label("clip at 1").uncheck(),
        lambda: widget.get_by_label("Letters", exact=True).fill("5"),
        lambda: widget.get_by_label("Seed").fill("7"),
    ]
    for change in [lambda: None, *changes]:
        change()
        shown_first(widget)
        press(widget, "One update")
        expect(widget.locator(".train-line")).to_contain_text(re.compile("^Update 51 of 2,000"))
    sent = page.evaluate("sent")
    assert len({json.dumps(message) for message in sent}) == len(sent) == len(changes) + 1
    start = {"kind": "simple_rnn", "units": 8, "forgetBias": 0, "norm": 1, "learningRate": 0.01, "clipped": True}
    other = start | {"kind": "lstm", "forgetBias": 4}
    assert sent[0] == {"settings": [start, other], "length": 20, "seed": 1}
    changed = {"kind": "gru", "units": 4, "forgetBias": 2, "norm": 1.5, "learningRate": 0.1, "clipped": False}
    assert sent[-1] == {"settings": [changed, other], "length": 5, "seed": 7}
    assert "GRU" in line_of(widget)
    widget.get_by_label("Letters", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert widget.locator("output").inner_text() == "6"
    shown_first(widget)
    assert "the first of 6 letters" in line_of(widget)


def test_with_less_motion_pictures_follow_each_other_slowly(opened):
    page = opened(WIDGET[0], ".train[data-ready]", reduced_motion="reduce")
    widget = page.locator(".train")
    shown_first(widget)
    page.clock.install()
    page.clock.pause_at("2100-01-01")

    def next_picture(before):  # the worker sends in its own time, and the page draws when its clock goes on
        for _ in range(PATIENCE // 100):
            page.clock.run_for(1100)
            page.wait_for_timeout(100)
            if (line := line_of(widget)) != before:
                return line
        return before

    begun = line_of(widget)
    press(widget, "Start")
    first = next_picture(begun)
    assert first.startswith("Update ")
    page.wait_for_timeout(500)  # the clock stands still
    assert line_of(widget) == first
    assert next_picture(first) != first
