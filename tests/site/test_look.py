import pytest
from built_site import SAVES_DATA, SITE

DESK = {"viewport": {"width": 1440, "height": 900}}
PROSE = ["theory/lstm.html", "theory/backpropagation.html", "sentiment/comparison.html", "theory/learning.html"]
# How many characters each line of text has that another follows, in paragraphs without equations and code.
LINES = """[...document.querySelectorAll("article section > p")].flatMap(paragraph => {
    if (paragraph.querySelector("mjx-container, code")) return [];
    const lines = new Map(), range = document.createRange();
    const texts = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    for (let text; text = texts.nextNode();) {
        for (let k = 0; k < text.length; k++) {
            range.setStart(text, k);
            range.setEnd(text, k + 1);
            const box = range.getClientRects()[0];
            if (box) lines.set(Math.round(box.bottom / 8), (lines.get(Math.round(box.bottom / 8)) ?? 0) + 1);
        }
    }
    return [...lines.values()].slice(0, -1);
}).sort((one, other) => one - other)"""


@pytest.mark.parametrize("name", PROSE)
def test_a_line_of_text_has_65_to_80_characters(opened, name):
    for script in ("", SAVES_DATA):  # with the faces of the site, and with those of the system
        page = opened(name, script=script, **DESK)
        lines = page.evaluate(LINES)
        assert len(lines) > 10
        assert 65 <= lines[len(lines) // 2] <= 80, script  # WCAG 1.4.8 names 80


@pytest.mark.parametrize("name", ["index.html", "theory/lstm.html"])
def test_the_first_page_shows_the_faces_of_the_site(blank, address, name):
    page, asked = blank, []
    page.on("requestfinished", lambda request: asked.append(request))
    page.goto(f"{address}/{name}", wait_until="networkidle")
    fetched = [request for request in asked if "/fonts/" in request.url and "mathjax" not in request.url]
    assert len(fetched) == 4
    assert sum(request.sizes()["responseBodySize"] for request in fetched) <= 60_000
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector, face in (("h1", "Heading"), ("section > p", "Text")):
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        shown = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert shown[0]["familyName"] == face


def test_the_words_of_figures_are_words_in_the_face_of_the_text():
    drawn = [file.read_text(encoding="utf-8") for file in (SITE / "_images").glob("*.svg")]
    figures = [figure for figure in drawn if "Matplotlib" in figure]
    assert len(figures) > 30
    for figure in figures:
        assert "font-family: Text, 'DejaVu Sans'" in figure and "font-family: Text;" in figure
        assert "#DejaVuSans-" not in figure  # an outline of a letter


def test_on_paper_no_heading_is_left_behind_and_figures_come_along(opened):
    page = opened("theory/lstm.html")
    page.emulate_media(media="print")
    style = "(nodes, name) => nodes.map(node => getComputedStyle(node)[name])"
    assert set(page.locator("article :is(h1, h2, h3, h4)").evaluate_all(style, "breakAfter")) == {"avoid"}
    folded = page.locator("div.cell:has(> details:not([open]))")
    assert set(folded.evaluate_all(style, "breakInside")) == {"avoid"}
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    drawn = "[...document.querySelectorAll('.cell_output img')].every(image => image.naturalWidth > 0)"
    page.wait_for_function(f"() => {drawn}")


@pytest.mark.parametrize("name", ["theory/index.html", "sentiment/index.html"])
def test_each_page_of_a_section_has_a_thumbnail_that_a_dark_page_changes(opened, name):
    rows = opened(name, color_scheme="dark").locator("article table tbody tr")
    shown = "images => images.map(image => getComputedStyle(image).filter)"
    filters = rows.locator("img.thumbnail").evaluate_all(shown)
    assert len(filters) == rows.count() > 6
    assert "none" not in filters
