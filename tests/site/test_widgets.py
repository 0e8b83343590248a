from typing import NamedTuple

import pytest
from built_site import SIDEWAYS, SITE, find_violations, open_page, press
from playwright.sync_api import expect

CONTROLS = "button, select, textarea, input, [role=slider], .phrase-word"
VISIBLE = ":is(button, select, textarea, input):not(:disabled):visible"
# How large what is touched is; what is ticked is touched by its label.
SIZES = """nodes => nodes.filter(node => node.checkVisibility()).map(node => {
    const touched = node.matches("[type=checkbox], [type=radio]") ? node.labels[0] : node;
    const {width, height} = touched.getBoundingClientRect();
    return [Math.min(width, height), node.outerHTML.slice(0, 80)];
})"""
# What has the focus: outside, or whether one sees it there.
FOCUS = """place => {
    const element = document.activeElement, {outlineStyle, outlineWidth} = getComputedStyle(element);
    if (!element.closest(place)) return "outside";
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 ? "seen" : element.outerHTML;
}"""


# What stands in the fields, and how a reader would change them: what is typed, the last of a list, a step of a slider.
VALUES = "node => [...node.querySelectorAll('input, select')].map(field => [field.value, field.checked])"
CHANGE = """async node => {
    for (const field of node.querySelectorAll("[type=range], [type=text], select")) {
        if (field.matches("select")) field.selectedIndex = field.options.length - 1;
        else if (field.matches("[type=range]")) field.stepUp();
        else field.value = "42";
        for (const event of ["input", "change"]) field.dispatchEvent(new Event(event, {bubbles: true}));
        await node.loading;
    }
}"""


class Widget(NamedTuple):
    page: str
    place: str
    ready: str  # what is there when it works
    button: str  # that can be pressed more than once
    missing: str = ""  # a file that it needs
    told: str = ""  # that it did not come
    where: str = "[role=alert]"

    def __str__(self):
        return f"{self.page.removesuffix('.html').replace('/', '-')}{self.place.replace('.', '-')}"


RACE = (".train", ".train[data-ready]", "One update", "train/race-worker.js", "Reload the page", ".train-line")
WIDGETS = [
    Widget("explorer.html", ".explorer", ".explorer-verdict strong", "Back", "lstm.safetensors",
           "The file lstm.safetensors did not come.", ".explorer-message"),
    Widget("explorer.html", ".fool", ".fool[data-ready]", ""),
    Widget("index.html", ".story", ".story[data-ready]", "Exchange good and bad"),
    Widget("language/linear-recurrences.html", ".scan", ".scan[data-ready]", "Next move"),
    Widget("language/memory.html", ".memory", ".memory[data-ready]", "Clear, write all"),
    Widget("language/attention.html", ".alignment", ".alignment tbody tr", "", "alignment.safetensors",
           "alignment.safetensors did not come"),
    Widget("language/next-word.html", ".writer", ".writer[data-ready]", "One letter", "writer.safetensors",
           "writer.safetensors did not come"),
    Widget("theory/backpropagation.html", ".chain", ".chain[data-ready]", "Loss"),
    Widget("theory/vanishing-gradients.html", ".chain", ".chain[data-ready]", "Loss"),
    Widget("sentiment/stuck-at-chance.html", ".detective", ".detective[data-ready]", "Loss"),
    Widget("theory/feed-forward-limits.html", ".phrase", ".phrase[data-ready]", "Swap"),
    Widget("theory/recurrence.html", ".train[data-task]", ".train[data-ready]", "Hold: train", "train/same-words.js",
           "Reload the page"),
    Widget("theory/vanishing-gradients.html", ".duel", ".duel[data-ready]", "Start",
           "duel.safetensors", "duel.safetensors did not come"),
    Widget("series/forecast.html", ".river", ".river[data-ready]", ""),
    Widget("series/river.html", ".river", ".river[data-ready]", "Undo all", "river.safetensors",
           "river.safetensors did not come"),
    Widget("theory/lstm.html", ".explorer", ".explorer-start:enabled", ""),
    Widget("theory/vanishing-gradients.html", *RACE),
    Widget("theory/long-lags.html", *RACE),
]  # fmt: skip
PRINTED_AS_IT_STANDS = (".alignment", ".explorer", ".fool", ".writer")
LAID_OUT_FOR_A_POINTER = (".explorer", ".river")  # twelve months side by side
WITHOUT_FIELDS = (".explorer", ".fool", ".detective", ".duel", ".story", ".train[data-task]")  # of a link, or own links
each = pytest.mark.parametrize("widget", WIDGETS, ids=str)


@each
def test_in_each_view_it_fits_has_no_barrier_and_keeps_its_height(view, address, widget):
    page = open_page(view, address, widget.page)
    page.locator(widget.ready).first.wait_for(state="attached")
    place = page.locator(widget.place).first
    assert find_violations(page, widget.place) == []
    height = place.bounding_box()["height"]
    if widget.button:
        press(place, widget.button, 2)
        assert find_violations(page, widget.place) == []
        assert place.bounding_box()["height"] == pytest.approx(height, abs=2)
    assert page.evaluate(SIDEWAYS) <= 0
    assert place.evaluate("node => node.scrollWidth <= node.clientWidth")
    if page.viewport_size["width"] < 400 and widget.place not in LAID_OUT_FOR_A_POINTER:
        assert [told for size, told in place.locator(CONTROLS).evaluate_all(SIZES) if size < 44] == []
    page.screenshot(path=SITE.with_name("screenshots") / f"{widget}-{view.name}.png")
    assert page.faults == []
    page.close()


@each
def test_the_focus_is_seen_and_goes_through_it_and_out_again(opened, widget):
    page = opened(widget.page, widget.ready, reduced_motion="reduce")
    place = page.locator(widget.place).first
    place.locator(VISIBLE).first.focus()
    if widget.place == ".explorer":  # it begins when it is seen, and its button to start goes
        place.locator(".explorer-verdict strong").wait_for()
    page.keyboard.press("Shift+Tab")
    stops = []
    while "outside" not in stops and len(stops) < 100:
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS, widget.place))
    assert set(stops) == {"seen", "outside"}


@pytest.mark.parametrize("widget", [widget for widget in WIDGETS if widget.place not in WITHOUT_FIELDS], ids=str)
def test_a_link_brings_back_what_was_set(opened, widget):
    page = opened(widget.page, widget.ready, reduced_motion="reduce")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    place = page.locator(widget.place).first
    place.locator(".widget-share").wait_for()
    before = place.evaluate(VALUES)
    place.evaluate(CHANGE)
    after = place.evaluate(VALUES)
    place.locator(".widget-share").click()
    expect(page.get_by_text("The link is in the address bar.")).to_be_visible()
    other = opened(widget.page, widget.ready, fragment=page.url.partition(widget.page)[2], reduced_motion="reduce")
    other.locator(widget.place).first.locator(".widget-share").wait_for()
    again = other.locator(widget.place).first.evaluate(VALUES)
    assert before != after == again


@each
def test_without_javascript_and_on_paper_something_stands_for_it(opened, widget):
    page = opened(widget.page, java_script_enabled=False)
    place = page.locator(widget.place).first
    still = place.locator(".widget-still").count()
    assert still or "That needs JavaScript, and a page that comes from a web server" in place.inner_text()
    assert place.locator(VISIBLE).count() == 0
    if widget.place not in PRINTED_AS_IT_STANDS:
        page = opened(widget.page, widget.ready)
        place = page.locator(widget.place).first
        instead = place.locator(".widget-still, .widget-missing").last
        assert not instead.is_visible()
        page.emulate_media(media="print")
        assert instead.is_visible()
        assert not still or place.locator(VISIBLE).count() == 0


@pytest.mark.parametrize("widget", [widget for widget in WIDGETS if widget.missing], ids=str)
def test_a_file_that_does_not_come_is_told(blank, address, widget):
    blank.route(f"**/{widget.missing}*", lambda route: route.abort())
    blank.goto(f"{address}/{widget.page}")
    if "worker" in widget.missing:
        blank.locator(widget.ready).wait_for()
        press(blank.locator(widget.place), "Start")
    message = blank.locator(widget.place).first.locator(widget.where)
    expect(message).to_contain_text(widget.told)
    if widget.place == ".explorer":
        blank.unroute(f"**/{widget.missing}*")
        message.get_by_role("button", name="Try again").click()
        blank.locator(widget.ready).wait_for()
        expect(message).to_be_empty()
