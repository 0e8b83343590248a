import json
import posixpath
import re
from collections import defaultdict
from itertools import product

import pytest
from built_site import MAIN, OPENED, PAGES, PATIENCE, SITE

PHONE, DESK = 390, 1440
WITH_WIDGETS = {f"language/{name}.html" for name in ("linear-recurrences", "attention", "next-word")}
VIEWS = [*product(OPENED, [PHONE]), *product(sorted(MAIN | WITH_WIDGETS), [DESK])]  # on a desk less moves
HEIGHT = 900
COLD, COLD_OF_CODE = 5, 3  # anchors of a page that are loaded cold at a width, about; source code has no pictures
NEAR = 100  # px below the window's top, at the most
MOST_MOVE = 3  # px, of a place after the page's load
MOST_SHIFT = 0.02  # cumulative layout shift
MOST_GROWTH = 0.02  # of a page's height, while it is read to its end
HREF = re.compile(r'<a\b[^>]*\bhref="([^"#]*)#([^"]+)"')

# From the beginning: how much is shifted, and where the places stand when the page is loaded. A place is an anchor that
# is linked to; `landed` tells where it stands, if neither at the top of the window nor as near to it as the end of the
# page allows.
WATCH = f"""anchors => {{
    window.shifted = 0;
    new PerformanceObserver(list => {{
        for (const shift of list.getEntries()) if (!shift.hadRecentInput) shifted += shift.value;
    }}).observe({{type: "layout-shift", buffered: true}});
    window.anchors = anchors;
    window.places = () => anchors.map(anchor => {{
        const [box] = document.getElementById(anchor).getClientRects();  // none where something waits for the reader
        return box ? box.top + scrollY : 0;
    }});
    addEventListener("load", () => {{ window.placesAtLoad = places(); }});
    window.frame = () => new Promise(requestAnimationFrame);
    window.landed = anchor => {{
        const top = document.getElementById(anchor).getBoundingClientRect().top, root = document.documentElement;
        const ended = root.scrollHeight - innerHeight - scrollY < 2;
        const head = document.querySelector(".top-bar").getBoundingClientRect().bottom;
        return (top <= {NEAR} || ended) && top >= Math.max(0, head) - 1 ? [] : [`${{anchor}}: ${{Math.round(top)}}`];
    }};
}}"""
# Nothing more is to come: no request under way, no widget waiting, and the layout is the same for some frames.
SETTLED = """async () => {
    if (document.readyState !== "complete") await new Promise(done => addEventListener("load", done));
    const later = () => new Promise(done => setTimeout(done, 20));
    const come = ".story:not([data-ready]), .page:not(.home) .widget:not([data-ready])";
    for (let tries = 0; document.querySelector(come); await later())
        if (++tries > 15_000) throw new Error("a widget does not come");
    for (let before, same = 0; same < 3; before = document.documentElement.scrollHeight) {
        await frame();
        same = document.documentElement.scrollHeight === before ? same + 1 : 0;
    }
}"""
READ = """async () => {
    const images = [...document.images].filter(image => image.checkVisibility());
    for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
        scrollTo(0, y);
        await frame();
    }
    await Promise.all(images.map(image => image.complete || new Promise(done => {
        image.onload = image.onerror = done;
    })));
    await frame();
}"""
FOLLOW = """async () => {
    const missed = [];
    for (const anchor of anchors) {
        scrollTo(0, 0);
        location.hash = anchor;
        await frame();
        await frame();
        missed.push(...landed(anchor));
    }
    return missed;
}"""


def linked_anchors():
    """Give the anchors of each page that any page links to."""
    anchors = defaultdict(set)
    for name in PAGES:
        for page, anchor in HREF.findall((SITE / name).read_text(encoding="utf-8")):
            if "://" not in page:
                anchors[posixpath.normpath(posixpath.join(posixpath.dirname(name), page)) if page else name].add(anchor)
    return anchors


ANCHORS = {name: sorted(anchors) for name, anchors in linked_anchors().items() if name in PAGES}


@pytest.fixture(params=VIEWS, ids=lambda param: f"{param[0]}-{param[1]}")
def page(request, browser, address):
    name, width = request.param
    context = browser.new_context(viewport={"width": width, "height": HEIGHT})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.add_init_script(f"({WATCH})({json.dumps(ANCHORS.get(name, []))})")
    page.goto(f"{address}/{name}")
    page.evaluate(SETTLED)
    page.loads = name in MAIN | WITH_WIDGETS | {"_modules/rnn_tutorial/theory/cells.html"}
    yield page
    context.close()


def test_a_page_stands_still_while_it_is_read_and_links_land_at_their_places(page):
    height = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate(READ)
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(height, rel=MOST_GROWTH)
    assert page.evaluate("shifted") <= MOST_SHIFT
    moved = "places().map((place, k) => [anchors[k], Math.abs(place - placesAtLoad[k])])"
    assert [[anchor, by] for anchor, by in page.evaluate(moved) if by > MOST_MOVE] == []
    assert page.evaluate(FOLLOW) == []
    if page.loads:
        assert missed_from_elsewhere(page) == []


def missed_from_elsewhere(page):
    """Give the places that a link of another page misses, where something comes late: on pages with widgets."""
    # A page is loaded anew for each anchor, so some are tried, with the lowest: what moves a place moves all below it.
    # They are spread over the page, and those of the two widths lie between each other.
    address, missed = page.url.partition("#")[0], []
    lowest_first = page.evaluate("anchors.map((anchor, k) => [places()[k], anchor]).sort(([a], [b]) => b - a)")
    every = max(1, len(lowest_first) // (COLD_OF_CODE if "/_modules/" in address else COLD))
    start = 0 if page.viewport_size["width"] == PHONE else every // 2
    for _, anchor in lowest_first[start::every]:
        page.goto("about:blank")
        page.goto(f"{address}#{anchor}")
        page.evaluate(SETTLED)
        missed += page.evaluate("anchor => landed(anchor)", anchor)
    return missed
