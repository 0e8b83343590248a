"""Two units that learn a task while the reader watches, on the page on the recurrent step."""

import re

import numpy as np
import pytest
from built_site import press
from playwright.sync_api import expect

from rnn_tutorial.theory.tasks import same_words

NAME = "theory/recurrence.html"
FALLS = "text => Number(text.match(/loss ([0-9.]+)/)[1]) < 0.3"
# What one sees: where the points stand, and the curve.
DRAWN = """() => [".train-plane polyline", ".train .widget-chart path.widget-line"]
    .flatMap(selector => [...document.querySelectorAll(selector)])
    .map(node => node.getAttribute("points") ?? node.getAttribute("d"))"""
TASK = """async ([site, count]) => {
    const { WORDS, sameWords } = await import(`${site}/_static/train/tasks.js`);
    const { randomNumbers } = await import(`${site}/_static/widgets/random.js`);
    const { symbols, targets } = sameWords(count, randomNumbers(1));
    return { texts: symbols.map(read => read.map(word => WORDS[word]).join(" ")), targets };
}"""


@pytest.fixture
def page(opened):
    return opened(NAME, ".train[data-ready]")


@pytest.fixture
def widget(page):
    return page.locator(".train")


def line_of(widget):
    return widget.locator(".train-line").inner_text()


def updates_of(widget):
    return int(re.search(r"\d+", line_of(widget))[0])


def test_started_the_loss_falls_and_pause_stops_it(page, widget):
    first = page.evaluate(DRAWN)
    page.wait_for_timeout(300)
    assert page.evaluate(DRAWN) == first
    assert line_of(widget) == "Not trained yet: 0 of 400 updates."
    widget.get_by_role("button", name="Start").click()
    page.wait_for_function(
        f"node => node.innerText.includes('loss') && ({FALLS})(node.innerText)",
        arg=widget.locator(".train-line").element_handle(),
    )  # fmt: skip
    assert page.evaluate(DRAWN) != first
    widget.get_by_role("button", name="Pause").click()
    stopped = line_of(widget)
    expect(widget.get_by_role("status")).to_have_text(stopped)
    page.wait_for_timeout(300)
    assert line_of(widget) == stopped


def test_by_keyboard_a_seed_gives_the_same_run_twice(page, widget):
    def run(updates):
        """Press the second button as often, and tell what is drawn then."""
        for _ in range(updates):
            page.keyboard.press("Enter")
        assert updates_of(widget) == updates
        assert line_of(widget) == widget.get_by_role("status").inner_text()
        return page.evaluate(DRAWN)

    widget.get_by_role("button", name="Start").focus()
    page.keyboard.press("Tab")
    first = run(5)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(widget.locator(".train-line")).to_have_text("Not trained yet: 0 of 400 updates.")
    page.keyboard.press("Shift+Tab")
    assert run(5) == first
    widget.get_by_label("Seed").fill("2")
    widget.get_by_role("button", name="One update").focus()
    assert run(5) != first
    widget.get_by_label("Learning rate").select_option("0.1")
    expect(widget.locator(".train-line")).to_have_text("Not trained yet: 0 of 400 updates.")


def test_it_runs_to_its_end_and_says_whether_the_task_is_learnt(widget):
    height = widget.bounding_box()["height"]
    widget.get_by_label("Learning rate").select_option("0.1")
    for _ in range(399):
        widget.get_by_role("button", name="One update").dispatch_event("click")
    widget.get_by_role("button", name="Start").click()
    end = re.compile("Update 400 of 400.* It has (not )?learnt the task")
    expect(widget.get_by_role("status")).to_contain_text(end)
    assert widget.bounding_box()["height"] == height
    widget.get_by_role("button", name="One update").click()
    assert updates_of(widget) == 400
    widget.get_by_role("button", name="Start").click()
    expect(widget.locator(".train-line")).to_have_text(re.compile(r"^Update \d+ of 400"))
    widget.get_by_role("button", name="Pause").click()
    assert updates_of(widget) < 400


def test_its_sentences_are_those_of_the_package(page, address):
    found = page.evaluate(TASK, [address, 100])
    examples = same_words(100)
    ours, theirs = (set(texts) for texts in (found["texts"], map(examples.read, range(100))))
    assert found["targets"] == examples.targets.tolist()
    for texts in (ours, theirs):
        assert {len(text.split()) for text in texts} == {12}
        assert {word for text in texts for word in text.split()} == set(examples.symbols)
        assert all(("not good but bad" in text) != ("not bad but good" in text) for text in texts)
    assert [text.find("bad but good") >= 0 for text in found["texts"]] == [bool(k) for k in found["targets"]]
    place = [text.split().index("not") for text in found["texts"]]
    assert set(place) == set(np.argmax(examples.inputs[:, :, 0], axis=1)) == set(range(9))


def test_with_less_motion_pictures_follow_each_other_slowly(opened):
    page = opened(NAME, ".train[data-ready]", reduced_motion="reduce")
    page.clock.install()
    page.clock.pause_at("2100-01-01")
    page.evaluate("""() => {
        window.pictures = 0;
        new MutationObserver(() => pictures++).observe(
            document.querySelector(".train-border"), {attributes: true, attributeFilter: ["x1"]});
    }""")
    press(page.locator(".train"), "Start")
    page.clock.run_for(5000)
    assert 5 <= page.evaluate("pictures") <= 11  # one each half second


def test_on_paper_a_sentence_stands_there(page, widget):
    page.emulate_media(media="print")
    assert widget.inner_text().startswith("Here you train two units")
