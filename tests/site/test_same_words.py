import re

from built_site import press
from playwright.sync_api import expect

from rnn_tutorial.theory.tasks import same_words

WIDGET = ("theory/recurrence.html", ".train")
DRAWN = """() => [".train-plane polyline", ".train .widget-chart div path.widget-line"]
    .flatMap(selector => [...document.querySelectorAll(selector)])
    .filter(node => node.checkVisibility({visibilityProperty: true}))
    .map(node => node.getAttribute("points") ?? node.getAttribute("d"))"""
TASK = """async ([site, count]) => {
    const { WORDS, sameWords } = await import(`${site}/_static/train/tasks.js`);
    const { randomNumbers } = await import(`${site}/_static/widgets/random.js`);
    const { symbols, targets } = sameWords(count, randomNumbers(1));
    return { texts: symbols.map(read => read.map(word => WORDS[word]).join(" ")), targets };
}"""


def hold(widget):
    return widget.get_by_role("button", name="Hold: train")


def test_held_the_loss_falls_and_let_go_it_rests(widget):
    page, line = widget.page, widget.locator(".train-line")
    first = page.evaluate(DRAWN)
    assert len(first) == 2  # two paths, and no axes without a line
    assert line.inner_text() == "Its weights are random."
    hold(widget).focus()
    page.keyboard.down("Space")
    expect(line).to_contain_text(re.compile(r"loss 0\.[0-5]"))
    page.keyboard.up("Space")
    now = page.evaluate(DRAWN)
    assert len(now) == 3
    assert not set(first) & set(now)
    stopped = line.inner_text()
    expect(widget.locator(".widget-spoken")).to_have_text(stopped)
    page.wait_for_timeout(300)
    assert line.inner_text() == stopped


def test_it_runs_to_its_end_says_whether_the_task_is_learnt_and_begins_anew(widget):
    line, spoken = widget.locator(".train-line"), widget.locator(".widget-spoken")
    height, untrained, ends = widget.bounding_box()["height"], set(), []
    for weights in range(3):
        if weights:
            press(widget, "Other weights")
        expect(line).to_have_text("Its weights are random.")
        untrained.add(tuple(widget.page.evaluate(DRAWN)))
        hold(widget).dispatch_event("click")  # as a screen reader does, which holds nothing
        end = re.compile(r"^(\d+) updates: \d+ % right, loss 0\.\d\d\. It (has learnt it|is learning, and not done)")
        expect(line).to_have_text(end)
        expect(spoken).to_have_text(line.inner_text())
        ends.append(end.match(line.inner_text()).groups())
        assert widget.bounding_box()["height"] == height
    assert len(untrained) == 3
    assert [learnt for _, learnt in ends] == ["has learnt it", "has learnt it", "is learning, and not done"]
    assert ends[2][0] == "600"
    hold(widget).dispatch_event("click")
    expect(line).to_have_text(re.compile(r"^[1-5]?\d?\d updates"))  # the same weights once more


def test_its_sentences_are_those_of_the_package(widget, address):
    found = widget.page.evaluate(TASK, [address, 100])
    examples = same_words(100)
    assert found["targets"] == examples.targets.tolist()
    assert {word for text in found["texts"] for word in text.split()} == set(examples.symbols)
    for texts in (found["texts"], [*map(examples.read, range(100))]):
        assert {len(text.split()) for text in texts} == {12}
        assert ["not bad but good" in text for text in texts] == [bool(k) for k in examples.targets]
        assert ["not good but bad" in text for text in texts] == [not k for k in examples.targets]
        assert {text.split().index("not") for text in texts} == set(range(9))


def test_with_less_motion_pictures_follow_each_other_slowly(opened):
    page = opened(WIDGET[0], ".train[data-ready]", reduced_motion="reduce")
    page.clock.install()
    page.clock.pause_at("2100-01-01")
    page.evaluate("""() => {
        window.pictures = 0;
        new MutationObserver(() => pictures++).observe(
            document.querySelector(".train-border"), {attributes: true, attributeFilter: ["x1"]});
    }""")
    hold(page).dispatch_event("click")
    page.clock.run_for(5000)
    assert 5 <= page.evaluate("pictures") <= 11  # one each half second
