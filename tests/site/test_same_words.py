"""Two units that learn a task while the reader watches, on the page on the recurrent step."""

import re

import numpy as np
import pytest
from built_site import SITE, find_violations
from playwright.sync_api import expect
from test_explorer_page import open_page

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


def widget_of(page):
    page.locator(".train[data-ready]").wait_for()
    return page.locator(".train")


def line_of(widget):
    return widget.locator(".train-line").inner_text()


def updates_of(widget):
    return int(re.search(r"\d+", line_of(widget))[0])


@pytest.fixture
def page(browser, address):
    page = open_page(browser, address, NAME)
    yield page
    assert page.faults == []
    page.close()


@pytest.fixture
def widget(page):
    return widget_of(page)


def test_nothing_runs_until_it_is_started_then_the_loss_falls_and_pause_stops_it(page, widget):
    first = page.evaluate(DRAWN)
    page.wait_for_timeout(300)
    assert page.evaluate(DRAWN) == first
    assert line_of(widget) == "Not trained yet: 0 of 400 updates."
    widget.get_by_role("button", name="Start").click()
    page.wait_for_function(
        f"node => node.innerText.includes('loss') && ({FALLS})(node.innerText)",
        arg=widget.locator(".train-line").element_handle(), timeout=60_000,
    )  # fmt: skip
    assert page.evaluate(DRAWN) != first
    widget.get_by_role("button", name="Pause").click()
    stopped = line_of(widget)
    expect(widget.get_by_role("status")).to_have_text(stopped)
    page.wait_for_timeout(300)
    assert line_of(widget) == stopped


def test_by_keyboard_one_update_at_a_time_and_a_seed_gives_the_same_run_twice(page, widget):
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


def test_it_runs_to_its_end_and_says_whether_the_task_is_learnt(page, widget):
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


def test_with_less_motion_pictures_follow_each_other_slowly(browser, address):
    context = browser.new_context(reduced_motion="reduce")
    page = open_page(context, address, NAME)
    widget = widget_of(page)
    page.evaluate("""() => {
        window.pictures = [];
        new MutationObserver(() => pictures.push(performance.now())).observe(
            document.querySelector(".train-border"), {attributes: true, attributeFilter: ["x1"]});
    }""")
    widget.get_by_role("button", name="Start").click()
    page.wait_for_function("() => pictures.length > 3", timeout=60_000)
    assert np.diff(page.evaluate("pictures")).min() > 450
    context.close()


def test_in_each_view_it_has_no_barrier_fits_and_keeps_its_place(view, address):
    page = open_page(view, address, NAME)
    widget = widget_of(page)
    height = widget.bounding_box()["height"]
    widget.get_by_role("button", name="Start").click()
    page.wait_for_timeout(700)
    assert find_violations(page, ".train") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    widget.get_by_role("button", name="Pause").click()
    assert widget.bounding_box()["height"] == height
    assert find_violations(page, ".train") == []
    if page.viewport_size["width"] < 400:
        sizes = "nodes => nodes.flatMap(node => [node.offsetWidth, node.offsetHeight])"
        assert min(widget.locator("button, select, input").evaluate_all(sizes)) >= 44
    page.screenshot(path=SITE.with_name("screenshots") / f"same-words-{view.name}.png")
    assert page.faults == []
    page.close()


def test_without_javascript_and_on_paper_a_sentence_stands_there(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{NAME}")
    assert page.locator(".train").inner_text().startswith("Here you train two units")
    context.close()
    page = open_page(browser, address, NAME)
    widget = widget_of(page)
    page.emulate_media(media="print")
    assert widget.inner_text().startswith("Here you train two units")
    page.close()


def test_a_module_that_does_not_come_is_told(browser, address):
    page = browser.new_page()
    page.route("**/train/same-words.js", lambda route: route.abort())
    page.goto(f"{address}/{NAME}")
    expect(page.locator(".train [role=alert]")).to_contain_text("Reload the page")
    page.close()
