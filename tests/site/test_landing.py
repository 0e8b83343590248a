"""A link to a place on a page lands there, and the page stands still while it loads and while it is read."""

import posixpath
import re
from collections import defaultdict

import pytest
from built_site import PAGES, SITE
from test_anchors import read_record

WIDTHS = [390, 1440]
HEIGHT = 900
NEAR = 100  # px below the window's top, at the most
MOST_SHIFT = 0.02  # cumulative layout shift
MOST_GROWTH = 0.02  # of a page's height, while it is read to its end
HREF = re.compile(r'<a\b[^>]*\bhref="([^"#]*)#([^"]+)"')

# Where the target stands, if neither at the top of the window nor as near to it as the end of the page allows.
LANDED = f"""anchor => {{
    const target = document.getElementById(anchor), top = target.getBoundingClientRect().top;
    const root = document.documentElement, ended = root.scrollHeight - innerHeight - scrollY < 2;
    const head = document.querySelector(".mobile-header").getBoundingClientRect().bottom;
    return (top <= {NEAR} || ended) && top >= Math.max(0, head) - 1 ? null : `${{anchor}}: ${{Math.round(top)}}`;
}}"""
# Nothing more is to come: no request under way, no widget waiting, and the layout is the same for some frames.
SETTLED = """async () => {
    if (document.readyState !== "complete") await new Promise(done => addEventListener("load", done));
    const waiting = ".gradient-norms:not([data-ready]), .explorer:not([data-ready])";
    for (let tries = 0; document.querySelector(waiting); await new Promise(done => setTimeout(done, 20)))
        if (++tries > 500) throw new Error("a widget does not come");
    for (let before, same = 0; same < 3; before = document.documentElement.scrollHeight) {
        await new Promise(requestAnimationFrame);
        same = document.documentElement.scrollHeight === before ? same + 1 : 0;
    }
}"""
SHIFTS = """() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().reduce(
    (sum, shift) => sum + (shift.hadRecentInput ? 0 : shift.value), 0
))).observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 200))"""
READ = """async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
        scrollTo({top: y, behavior: "instant"});
        await new Promise(done => setTimeout(done, 30));
    }
}"""


def linked_anchors():
    """Give the anchors of each page that any page links to, or that are recorded."""
    anchors = defaultdict(set)
    for name in PAGES:
        for page, anchor in HREF.findall((SITE / name).read_text(encoding="utf-8")):
            if "://" not in page:
                anchors[posixpath.normpath(posixpath.join(posixpath.dirname(name), page)) if page else name].add(anchor)
    for line in read_record():
        page, _, anchor = line.split(" ")[1].partition("#")
        if anchor:
            anchors[page].add(anchor)
    return anchors


ANCHORS = {name: sorted(anchors) for name, anchors in linked_anchors().items() if name in PAGES}


@pytest.fixture(params=WIDTHS)
def width(request):
    return request.param


@pytest.fixture
def page(browser, width):
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, reduced_motion="reduce")  # no gliding
    page = context.new_page()
    yield page
    context.close()


@pytest.mark.parametrize("name", ANCHORS)
def test_each_link_lands_at_its_place_from_elsewhere_and_on_the_page_itself(page, address, name):
    missed = []
    for anchor in ANCHORS[name]:
        page.goto("about:blank")
        page.goto(f"{address}/{name}#{anchor}")
        page.evaluate(SETTLED)
        missed.append(page.evaluate(LANDED, anchor))
    page.goto(f"{address}/{name}")
    for anchor in ANCHORS[name]:
        page.evaluate("anchor => { scrollTo(0, 0); location.hash = anchor; }", anchor)
        page.evaluate(SETTLED)
        missed.append(page.evaluate(LANDED, anchor))
    assert list(filter(None, missed)) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_still_while_it_loads_and_while_it_is_read(page, address, name):
    page.goto(f"{address}/{name}")
    page.evaluate(SETTLED)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate(READ)
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(height, rel=MOST_GROWTH)
    assert page.evaluate(SHIFTS) <= MOST_SHIFT
