"""The bar above a page, the rail of its contents, the columns, the drawer at its foot, and the sizes of its type."""

import pytest
from built_site import SIDEWAYS, find_violations
from playwright.sync_api import expect

PAGES = ["index", "explorer", "search", "theory/recurrence", "sentiment/comparison", "series/river"]
PAGES += ["reference/index", "reference/api/theory.cells"]
WIDTHS = [320, 390, 768, 1009, 1200, 1280, 1440, 1920, 2560]
OF_TEXT = {"theory/recurrence", "sentiment/comparison", "series/river"}
DESK = {"viewport": {"width": 1440, "height": 900}}
WIDTH = "node => node.getBoundingClientRect().width"
# The computed sizes of all text that is seen. Left out are mathematics and its signs, indices, and drawings that scale.
SIZES = """() => {
    const sizes = {}, texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text; text = texts.nextNode();) {
        const place = text.parentElement, svg = place.closest("svg"), across = svg?.viewBox.baseVal?.width;
        if (!text.data.trim() || place.closest(".math, mjx-container, .widget-symbol, script, style, option, sub, sup"))
            continue;
        if (across && Math.abs(svg.getBoundingClientRect().width / across - 1) > 0.01) continue;
        if (!place.checkVisibility({visibilityProperty: true}) || getComputedStyle(place).clipPath !== "none") continue;
        const size = Math.round(10 * parseFloat(getComputedStyle(place).fontSize)) / 10;
        sizes[size] = text.data.trim().slice(0, 30);
    }
    return sizes;
}"""


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_and_each_has_the_bar(opened, name):
    page = opened(f"{name}.html")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SIDEWAYS) <= 0, width
        bar = page.locator(".top-bar").bounding_box()
        assert (bar["x"], bar["y"]) == (0, 0) and bar["height"] <= 60, width
        if name in OF_TEXT and width >= 1280:
            text_is_narrow_and_what_is_looked_at_wide(page)
    links = page.locator(".top-bar nav a")
    assert links.all_inner_texts() == ["Course", "Explorer", "Reference"]
    assert page.locator(".top-bar").get_by_role("searchbox", name="Search").is_visible()


def text_is_narrow_and_what_is_looked_at_wide(page):
    assert 640 <= page.locator("article section > p").first.evaluate(WIDTH) <= 680
    if page.locator(".widget").count():
        assert page.locator(".widget").first.evaluate(WIDTH) == 960
    reach = "nodes => Math.max(...nodes.map(node => node.getBoundingClientRect().width))"
    looked_at = page.locator("article :is(.cell_output, .table-wrapper, .widget, figure)")
    assert looked_at.evaluate_all(reach) <= 960


def test_the_rail_names_its_dots_when_one_is_reached_and_marks_the_current(opened):
    page = opened("theory/recurrence.html", **DESK)
    dot = page.locator(".toc-tree li li a").nth(2)
    name = dot.inner_text()
    assert dot.evaluate(WIDTH) < 40
    dot.focus()
    assert dot.evaluate(WIDTH) > 60
    assert page.locator(".toc-drawer").get_by_role("link", name=name).is_visible()
    assert find_violations(page, ".toc-drawer") == []
    page.keyboard.press("Enter")
    expect(page.locator(".toc-tree li li.scroll-current > a").first).to_have_text(name)
    page.set_viewport_size({"width": 900, "height": 900})
    assert not page.locator(".toc-drawer").is_visible()
    page.get_by_role("checkbox", name="On this page").focus()
    page.keyboard.press("Space")
    assert page.locator(".toc-drawer").is_visible()


def test_the_drawer_at_the_foot_shows_all_code_and_the_corner_of_a_figure_its_own(opened):
    page = opened("theory/vanishing-gradients.html", **DESK)
    drawer, imports = page.locator(".made"), page.locator("details.quiet").first
    assert drawer.get_attribute("id") == "how-this-page-was-run"
    assert not drawer.get_by_role("link", name="Download notebook").is_visible()
    drawer.locator("summary").first.click()
    for shown in ("Download notebook", "What changed"):
        assert drawer.get_by_role("link", name=shown).is_visible()
    assert drawer.get_by_text("Versions and seeds").is_visible()
    assert not imports.is_visible()
    drawer.get_by_label("Show imports and checks").check()
    assert imports.is_visible()
    cell = page.locator(".cell:has(> details.of-output):has(figure)").first
    figure, button = cell.locator("figure"), cell.locator("details > summary")
    above = figure.bounding_box()["y"] - button.bounding_box()["y"]
    assert 0 <= above <= 40 and button.bounding_box()["height"] >= 24
    button.click()
    assert cell.locator(".cell_input").is_visible()
    assert cell.get_by_role("button", name="Run").is_visible()


def test_without_javascript_pages_and_drawers_are_reached(browser, address):
    context = browser.new_context(java_script_enabled=False, **DESK)
    page = context.new_page()
    page.goto(f"{address}/theory/recurrence.html")
    page.locator(".made summary").first.click()
    assert page.get_by_role("link", name="Download notebook").is_visible()
    page.locator("label.top-menu").click()
    page.locator(".sidebar-tree").get_by_role("link", name="Gradient descent and Adam").click()
    assert page.url.endswith("theory/learning.html")
    context.close()


@pytest.mark.parametrize("name", [*PAGES[1:], "theory/lstm", "language/linear-recurrences"])
def test_a_page_has_six_sizes_of_type_at_the_most(opened, name):
    page = opened(f"{name}.html", **DESK)
    sizes = page.evaluate(SIZES)
    assert len(sizes) <= 6, sizes
