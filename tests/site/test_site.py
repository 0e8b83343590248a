"""The built site in a real browser: served from localhost, light and dark, on a desk and on a phone.

Chromium is Debian's, or the one that $CHROMIUM names.
"""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from rnn_tutorial.figures import SYMBOL_COLOURS

SITE = Path(__file__).parents[2] / "build" / "html"
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html") if "_static" not in path.parts)
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def address():
    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "no Chromium; run `apt-get install chromium`, or set $CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session", params=[(1280, "light"), (360, "dark")], ids=["desk, light", "phone, dark"])
def view(request, browser):
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context
    context.close()


@pytest.fixture(params=PAGES)
def page(request, view, address):
    page = view.new_page()
    page.faults, page.foreign = [], []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("response", lambda answer: page.faults.append(answer.url) if answer.status >= 400 else None)
    page.on(
        "request", lambda asked: None if asked.url.startswith((address, "data:")) else page.foreign.append(asked.url)
    )
    page.goto(f"{address}/{request.param}")
    page.wait_for_load_state("networkidle")
    yield page
    page.close()


def test_a_page_works_and_asks_no_other_host(page):
    assert page.faults == []
    assert page.foreign == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    broken = "[...document.images].filter(image => !image.complete || !image.naturalWidth).map(image => image.src)"
    assert page.evaluate(broken) == []
    assert page.locator("div.math:not(:has(mjx-container)), span.math:not(:has(mjx-container))").count() == 0
    assert page.locator("mjx-merror").count() == 0
    named = "[...document.querySelectorAll('svg.diagram')].map(svg => ['labelledby', 'describedby'].map("
    named += "by => document.getElementById(svg.getAttribute('aria-' + by)).textContent.trim().length))"
    assert all(min(lengths) > 0 for lengths in page.evaluate(named))
    ids = page.evaluate("[...document.querySelectorAll('[id^=diagram-]')].map(element => element.id)")
    assert len(ids) == len(set(ids))


def test_there_are_pages():
    assert {"index.html", "theory/lstm.html", "sentiment/lstm.html", "reference/api/cells.html"} <= set(PAGES)


@pytest.mark.parametrize(("scheme", "place"), [("light", 0), ("dark", 1)])
def test_a_symbol_has_its_colour_in_equations_and_in_diagrams(browser, address, scheme, place):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}/theory/recurrence.html")
    page.wait_for_selector("mjx-container .symbol-h")
    code = SYMBOL_COLOURS["h"][place]
    colour = f"rgb({', '.join(str(int(code[k : k + 2], 16)) for k in (1, 3, 5))})"
    style = "getComputedStyle(document.querySelector(%r)).%s"
    assert page.evaluate(style % ("mjx-container .symbol-h", "color")) == colour
    assert page.evaluate(style % ("svg.diagram [style*='symbol-h']", "fill")) == colour
    context.close()


def test_every_internal_link_and_anchor_resolves(browser, address):
    page = browser.new_page()
    anchors, links = {}, {}
    for name in PAGES:
        page.goto(f"{address}/{name}", wait_until="domcontentloaded")
        anchors[name] = set(page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)"))
        links[name] = set(page.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.href)"))
    page.close()
    dead = []
    for name, targets in links.items():
        for target in (target for target in targets if target.startswith(address)):
            file, _, anchor = target.removeprefix(f"{address}/").partition("#")
            file = file.partition("?")[0] or "index.html"
            if not (SITE / file).is_file() or (anchor and file in anchors and anchor not in anchors[file]):
                dead.append((name, target))
    assert dead == []
