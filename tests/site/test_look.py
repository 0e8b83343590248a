"""The site's faces, the length of its lines, and what is folded."""

import pytest
from built_site import PAGES, SAVES_DATA

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
def test_a_line_of_text_has_65_to_75_characters_and_code_fits(opened, name):
    for script in ("", SAVES_DATA):  # with the faces of the site, and with those of the system
        page = opened(name, script=script, **DESK)
        page.wait_for_load_state("networkidle")
        lines = page.evaluate(LINES)
        assert len(lines) > 10
        assert 65 <= lines[len(lines) // 2] <= 75, script
        width = "document.querySelector('article section > p').clientWidth + 32"
        assert page.evaluate(f"[...document.querySelectorAll('pre')].every(pre => pre.clientWidth <= {width})")


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
    for selector, face in (("h1", "Heading"), ("article p", "Text")):
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        shown = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert shown[0]["familyName"] == face


@pytest.mark.parametrize("name", ["theory/learning.html", "sentiment/comparison.html", "reference/glossary.html"])
def test_nothing_moves_while_the_faces_come(blank, address, name):
    blank.set_viewport_size({"width": 412, "height": 800})
    blank.add_init_script("""window.moved = 0;
        new PerformanceObserver(list => list.getEntries().forEach(entry => { moved += entry.value; }))
            .observe({ type: "layout-shift", buffered: true });""")
    blank.goto(f"{address}/{name}", wait_until="networkidle")
    assert blank.evaluate("moved") < 0.01


@pytest.mark.parametrize("name", [page for page in PAGES if page.startswith(("theory/", "sentiment/", "language/"))])
def test_what_is_folded_has_one_look_and_checks_a_quiet_one(opened, name):
    page = opened(name)
    folds = 'document.querySelectorAll("article details[class]:not(.explorer details)")'
    looks = page.evaluate(
        f"[...{folds}]"
        + """.map(fold => {
        const style = getComputedStyle(fold.querySelector("summary"));
        const names = ["backgroundColor", "fontSize", "fontWeight", "listStyleType", "padding"];
        return String([fold.matches(".quiet, .checks, .cite"), ...names.map(name => style[name])]);
    })"""
    )
    assert len({look for look in looks if look.startswith("false")}) <= 1
    assert len({look for look in looks if look.startswith("true")}) <= 1


def test_on_paper_no_heading_is_left_behind_and_figures_come_along(opened):
    page = opened("theory/lstm.html")
    page.emulate_media(media="print")
    kept = (
        "[...document.querySelectorAll('article :is(h1, h2, h3, h4)')].map(title => getComputedStyle(title).breakAfter)"
    )
    assert set(page.evaluate(kept)) == {"avoid"}
    folded = """[...document.querySelectorAll("div.cell:has(> details:not([open]))")]
        .map(cell => getComputedStyle(cell).breakInside)"""
    assert set(page.evaluate(folded)) == {"avoid"}
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    drawn = "[...document.querySelectorAll('.cell_output img')].every(image => image.naturalWidth > 0)"
    page.wait_for_function(f"() => {drawn}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["theory/index.html", "sentiment/index.html"])
def test_each_page_of_a_section_has_a_thumbnail_that_moves_nothing(opened, name, scheme):
    page = opened(name, color_scheme=scheme, viewport={"width": 360, "height": 800})
    rows = page.locator("article table tbody tr")
    pictures = rows.locator("img.thumbnail")
    assert rows.count() == pictures.count() > 6
    for picture in pictures.all():
        assert picture.evaluate("image => [image.alt, image.loading]") == ["", "lazy"]
        before = picture.bounding_box()
        picture.scroll_into_view_if_needed()
        picture.evaluate("image => image.decode()")
        after = picture.bounding_box()
        assert (before["width"], before["height"]) == (after["width"], after["height"])
        assert (picture.evaluate("image => getComputedStyle(image).filter") != "none") == (scheme == "dark")
