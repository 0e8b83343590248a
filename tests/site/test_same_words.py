import re

import numpy as np
from built_site import press
from playwright.sync_api import expect

from rnn_tutorial.theory.tasks import same_words

WIDGET = ("theory/recurrence.html", ".train")
DRAWN = """() => [".train-plane polyline", ".train .widget-chart path.widget-line"]
    .flatMap(selector => [...document.querySelectorAll(selector)])
    .map(node => node.getAttribute("points") ?? node.getAttribute("d"))"""
TASK = """async ([site, count]) => {
    const { WORDS, sameWords } = await import(`${site}/_static/train/tasks.js`);
    const { randomNumbers } = await import(`${site}/_static/widgets/random.js`);
    const { symbols, targets } = sameWords(count, randomNumbers(1));
    return { texts: symbols.map(read => read.map(word => WORDS[word]).join(" ")), targets };
}"""


def test_started_the_loss_falls_and_pause_stops_it(widget):
    page, line = widget.page, widget.locator(".train-line")
    first = page.evaluate(DRAWN)
    assert line.inner_text() == "Not trained yet: 0 of 400 updates."
    press(widget, "Start")
    expect(line).to_contain_text(re.compile(r"loss 0\.[012]"))
    press(widget, "Pause")
    assert page.evaluate(DRAWN) != first
    stopped = line.inner_text()
    expect(widget.locator(".widget-spoken")).to_have_text(stopped)
    page.wait_for_timeout(300)
    assert line.inner_text() == stopped


def test_a_seed_gives_the_same_run_twice(widget):
    def run():
        expect(widget.locator(".train-line")).to_have_text("Not trained yet: 0 of 400 updates.")
        press(widget, "One update", 5)
        expect(widget.locator(".widget-spoken")).to_contain_text("Update 5 of 400")
        return widget.page.evaluate(DRAWN)

    first = run()
    press(widget, "Reset")
    assert run() == first
    widget.get_by_label("Seed").fill("2")
    other = run()
    widget.get_by_label("Learning rate").select_option("0.1")
    assert first != other != run()


def test_it_runs_to_its_end_and_says_whether_the_task_is_learnt(widget):
    height, line = widget.bounding_box()["height"], widget.locator(".train-line")
    widget.get_by_label("Learning rate").select_option("0.1")
    for _ in range(399):
        widget.get_by_role("button", name="One update").dispatch_event("click")
    press(widget, "Start")
    end = re.compile("Update 400 of 400.* It has (not )?learnt the task")
    expect(widget.locator(".widget-spoken")).to_contain_text(end)
    assert widget.bounding_box()["height"] == height
    press(widget, "One update")
    expect(line).to_contain_text("Update 400 of 400")
    press(widget, "Again")
    expect(line).to_have_text(re.compile(r"^Update [123]?\d?\d of 400"))


def test_its_sentences_are_those_of_the_package(widget, address):
    found = widget.page.evaluate(TASK, [address, 100])
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
    page = opened(WIDGET[0], ".train[data-ready]", reduced_motion="reduce")
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
