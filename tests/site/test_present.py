"""Each page as screens, and one widget in a frame of another page."""

import http.server
import threading

import pytest
from built_site import MAIN, OF_ONE_TEMPLATE, PAGES, SITE, find_violations, open_page
from playwright.sync_api import expect

WITHOUT_TEXT = (*OF_ONE_TEMPLATE, "genindex", "py-modindex", "search")
DECKS = [name for name in PAGES if not name.startswith(WITHOUT_TEXT)] + ["reference/api/theory.cells.html"]
SIZES = [(1280, 720), (1920, 1080)]  # the second, of the same form, for main pages alone
LEAST_ENLARGED = 1.3  # equations, plots and predictions, times their size on the page
LEAST_TEXT = 20  # px of the words of widgets in a window 720 px high
READ_FROM_AFAR = {"explorer", "train", "detective", "chain", "river"}

# What the page shows before: how large the symbols of an equation, a plot, and the words of a prediction are.
BEFORE = """() => {
    for (const form of document.querySelectorAll(".predict")) form.dataset.state = "done";  // and its result shows
    window.sizeOf = node => node.matches(".predict") ? parseFloat(getComputedStyle(node).fontSize) * node.currentCSSZoom
        : node.getBoundingClientRect().height;
    const large = ".math-wrapper mjx-container, .cell_output img, .predict";
    window.measured = [...document.querySelectorAll(`article :is(${large})`)];
    window.sizes = new Map(measured.map(node => [node, sizeOf(node)]));
}"""
READY = """() => document.documentElement.dataset.present === "fits"
    && [...document.querySelectorAll(".widget[data-on]")].every(node => "ready" in node.dataset
        && (!node.matches(".explorer") || node.querySelector(".explorer-verdict strong")))"""
SCREEN = """() => {
    const things = [...document.querySelectorAll("[data-on='']:not(nav, h1, h2, h3, h4)")];
    const headings = [...document.querySelectorAll(":is(h1, h2, h3, h4)")].filter(node => node.checkVisibility());
    const parts = things.flatMap(thing => [thing, ...thing.querySelectorAll("*")]).filter(node => !node.ownerSVGElement
        && node.checkVisibility() && getComputedStyle(node).clipPath === "none" && !node.closest("mjx-assistive-mml"));
    const boxes = parts.map(node => node.getBoundingClientRect()).filter(({width, height}) => width && height);
    const sizeOfWords = node => {
        const size = parseFloat(getComputedStyle(node).fontSize), text = node.closest("text");
        if (!text) return size * node.currentCSSZoom;
        return size * (text.getBoundingClientRect().height / text.getBBox().height);
    };
    const words = [];
    for (const thing of things) {
        const walker = document.createTreeWalker(thing, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const {parentElement: node, data} = walker.currentNode;
            const small = "sub, sup, option, title, .widget-spoken, tspan[font-size], tspan[dy], [transform]";
            if (data.trim() && node.checkVisibility() && !node.closest(small)) words.push([sizeOfWords(node), data]);
        }
    }
    const sizes = parts.filter(node => window.sizes?.get(node)).map(node => sizeOf(node) / window.sizes.get(node));
    return {
        name: new URL(location).searchParams.get("present"), headings: headings.map(node => node.textContent),
        focused: headings[0] === document.activeElement, kind: things[0]?.dataset.kind ?? "",
        right: Math.max(document.documentElement.scrollWidth, ...boxes.map(({right}) => right)) - innerWidth,
        bottom: Math.max(document.documentElement.scrollHeight, ...boxes.map(({bottom}) => bottom)) - innerHeight,
        enlarged: Math.min(9, ...sizes), words: words.sort(([one], [other]) => one - other)[0] ?? [99, ""],
    };
}"""


def screen_of(page):
    """Measure a screen that stands still: what a widget draws late makes it fit anew."""
    last, screen = {}, None
    while screen != last:
        last = screen
        page.wait_for_timeout(30)
        page.wait_for_function(READY)
        screen = page.evaluate(SCREEN)
    return screen


def walk(page, key):
    page.wait_for_function(READY)
    count = int(page.locator(".present-bar span").inner_text().split(" / ")[1])
    for k in range(count):
        if k:
            page.keyboard.press(key)
        yield screen_of(page)


@pytest.mark.parametrize("name", DECKS)
def test_each_screen_has_a_heading_and_fits_and_is_large(opened, name):
    page = opened(name, viewport=dict(zip(["width", "height"], SIZES[0], strict=True)), reduced_motion="reduce")
    page.evaluate(BEFORE)
    page.get_by_role("button", name="Present this page").click()
    seen, sizes = [], SIZES if name in MAIN else SIZES[:1]
    for (width, height), key in zip(sizes, ["PageDown", "PageUp"], strict=False):
        page.set_viewport_size({"width": width, "height": height})
        for screen in walk(page, key):
            assert [len(screen["headings"]), screen["focused"]] == [1, True], screen
            assert screen["right"] <= 0.5, screen
            assert screen["bottom"] <= 0.5, screen
            assert screen["enlarged"] >= LEAST_ENLARGED, screen
            if screen["kind"] in READ_FROM_AFAR:
                assert screen["words"][0] >= LEAST_TEXT * height / 720 - 0.05, screen
            seen.append(screen["name"])
    once = seen[: len(seen) // len(sizes)]
    assert seen == [*once, *once[::-1]][: len(seen)]
    assert len(set(once)) == len(once)


ON = "document.documentElement.dataset.present !== undefined"


def test_keys_turn_over_show_the_text_and_leave_to_the_page_at_that_place(opened):
    page = opened("theory/vanishing-gradients.html", viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.evaluate("document.documentElement.requestFullscreen = async () => { window.isFull = true; }")
    page.locator(".chain").evaluate("node => node.scrollIntoView({block: 'center'})")
    page.get_by_role("button", name="Present this page").click()

    def name(key=""):
        if key:
            page.keyboard.press(key)
        return screen_of(page)["name"]

    assert name() == "chain"  # what is seen
    assert [name("ArrowRight"), name("PageDown")] == ["equation-step-jacobian", "equation-gradient-bound"]
    assert [name("ArrowLeft"), name("PageUp")] == ["equation-step-jacobian", "chain"]
    slider = page.locator(".chain [type=range]")
    slider.focus()
    before = slider.input_value()
    page.keyboard.press("ArrowLeft")
    assert slider.input_value() != before
    assert [name(), name("PageDown")] == ["chain", "equation-step-jacobian"]
    text = page.locator("p", has_text="gives")
    assert text.count() > 0
    assert not text.first.is_visible()
    page.keyboard.press("t")
    expect(text.first).to_be_visible()
    page.keyboard.press("t")
    expect(text.first).to_be_hidden()
    page.keyboard.press("f")
    assert page.evaluate("window.isFull")
    assert [find_violations(page, part) for part in ("article", ".present-bar")] == [[], []]
    page.keyboard.press("Escape")
    assert not page.evaluate(ON)
    assert "present" not in page.url
    expect(page.locator("#equation-step-jacobian").first).to_be_in_viewport()
    expect(page.locator(".present-bar")).to_be_hidden()
    expect(page.get_by_role("button", name="Present this page")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".present-bar").get_by_role("button", name="Next").click()
    assert screen_of(page)["name"] == "equation-gradient-bound"
    page.locator(".present-bar").get_by_role("button", name="Leave").click()
    assert not page.evaluate(ON)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("fig-lstm-cell", "fig-lstm-cell"),
        ("2", "explorer"),
        ("gate-by-gate", "fig-lstm-cell"),
        ("equation-lstm-step-cell", "equation-lstm-step-gates"),  # one of its equations
        ("the-gradient-along-the-cell-state", "equation-lstm-cell-back"),  # an old name of a section
        ("nothing", "in-short"),
    ],
)
def test_a_link_leads_to_a_screen_by_its_name_its_number_or_a_place(opened, asked, name):
    page = opened(f"theory/lstm.html?present={asked}", "[data-present]")
    assert screen_of(page)["name"] == name


def test_each_link_of_a_lesson_opens_the_screen_that_it_names(opened, address):
    page = opened("reference/teach.html")
    links = page.locator("a[href*='present=']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(links) > 20
    for link in links:
        page.goto(f"{address}/{link.removeprefix('../')}")
        page.wait_for_function("() => document.documentElement.dataset.present")
        assert page.url == f"{address}/{link.removeprefix('../')}"


def test_the_site_presents_from_disk(browser):
    page = open_page(browser.new_context(), SITE.as_uri(), "theory/unrolling.html?present=fig-unrolled")
    page.wait_for_function(READY)
    expect(page.locator("#fig-unrolled")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.locator("#fig-unrolled")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("header.top-bar")).to_be_visible()
    assert (page.faults, page.foreign) == ([], [])
    page.context.close()


class Blog(http.server.BaseHTTPRequestHandler):
    """Another site, with a frame."""

    frame = ""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!DOCTYPE html><title>A blog</title>{self.frame}".encode())


@pytest.mark.parametrize(
    ("name", "kind", "label"),
    [("theory/vanishing-gradients.html", "train", "Letters"), ("explorer.html", "explorer", "Your text")],
)
def test_a_frame_in_another_site_shows_one_widget_with_its_state(opened, browser, name, kind, label):
    page = opened(name, f".{kind}[data-ready]", reduced_motion="reduce")
    page.evaluate("() => { navigator.clipboard.writeText = async text => { window.copied = text; }; }")
    widget = page.locator(f".{kind}").first
    field = widget.get_by_label(label).first
    value = "what a film" if kind == "explorer" else "33"
    field.fill(value)
    field.dispatch_event("change")
    widget.get_by_role("button", name="Embed").click()
    Blog.frame = page.wait_for_function("window.copied").json_value()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blog) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context(viewport={"width": 1100, "height": 800})
        blog = context.new_page()
        asked, faults = [], []
        blog.on("request", lambda request: asked.append(request.url))
        blog.on("pageerror", lambda error: faults.append(str(error)))
        blog.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        blog.goto(f"http://localhost:{server.server_port}/")
        framed = blog.frame_locator("iframe").locator(f".{kind}")
        expect(framed.get_by_label(label).first).to_have_value(value)
        if kind == "explorer":
            expect(framed.locator(".explorer-verdict strong")).to_contain_text("positive")
        shown = blog.frame_locator("iframe").locator("body")
        assert shown.evaluate(
            "() => [...document.querySelectorAll('h1, header, nav')].every(node => !node.checkVisibility())"
        )
        blog.wait_for_load_state("networkidle")
        for width in (1100, 500):
            blog.set_viewport_size({"width": width, "height": 800})
            height = framed.evaluate("node => new Promise(done => setTimeout(() => done(node.offsetHeight), 300))")
            expect(blog.locator("iframe")).to_have_attribute("height", str(height))
        assert len(asked) - 1 <= 30, asked
        assert faults == []
        context.close()
        server.shutdown()
