"""The built site, served as a public host would serve it, and Debian's Chromium, or the one that $CHROMIUM names."""

import functools
import http.server
import os
import shutil
import threading

import pytest
from playwright.sync_api import expect, sync_playwright

from built_site import ARGUMENTS, MAIN, OPENED, PATIENCE, SITE, Host, open_page  # isort: skip

VIEWS = ["1280-light", "1280-dark", "360-light", "360-dark"]
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(config, items):
    """Look at a main page in all four views, at another page or a widget in two: in both widths and both schemes."""

    def is_left_out(item):
        asked = item.callspec.params if hasattr(item, "callspec") else {}
        name = str(asked.get("page", asked.get("widget", "")))
        if "view" not in asked or name in MAIN:
            return False
        place = VIEWS.index(asked["view"])
        return place not in ((0, 3), (1, 2))[len(name) % 2]

    config.hook.pytest_deselected(items=[item for item in items if is_left_out(item)])
    items[:] = [item for item in items if not is_left_out(item)]


@pytest.fixture(scope="session")
def address():
    handler = functools.partial(Host, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def chromium():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "no Chromium; run `apt-get install chromium`, or set $CHROMIUM"
    return path


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def blank(browser):
    """Give an empty page in a context of its own, so with an empty cache."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def opened(browser, address):
    """Give a function that opens a page in a context of its own; nothing may go wrong on any of them."""
    pages = []

    def open_in_context(name, ready="article", fragment="", script="", **options):
        context = browser.new_context(**options)
        context.add_init_script(script)
        pages.append(open_page(context, address, name, fragment))
        pages[-1].locator(ready).first.wait_for(state="attached")
        if ready == "article":  # nothing else says that the scripts have run
            pages[-1].wait_for_load_state("networkidle")
        return pages[-1]

    yield open_in_context
    for page in pages:
        assert (page.faults, page.foreign) == ([], [])
        page.context.close()


@pytest.fixture
def widget(request, opened):
    """Give a widget that works; WIDGET of a test file has its page, its class, and how the page is opened."""
    page, place, *options = request.module.WIDGET
    return opened(page, f"{place}[data-ready]", **(options[0] if options else {})).locator(place)


@pytest.fixture(scope="session", params=VIEWS)
def view(request, browser):
    width, scheme = request.param.split("-")
    size = {"width": int(width), "height": 800}
    # What unfolds fades in; in between, its colours are too faint, and a picture would catch that by chance.
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    context.name = request.param
    yield context
    context.close()


@pytest.fixture(params=OPENED)
def page(request, view, address):
    """Open a page of the site, note what goes wrong, and keep a picture of a main page for the eye."""
    page = open_page(view, address, request.param)
    page.evaluate("document.fonts.ready.then(() => null)")
    if request.param in MAIN:
        name = request.param.removesuffix(".html").replace("/", "-")
        page.screenshot(path=SITE.with_name("screenshots") / f"{name}-{view.name}.png")
    yield page
    page.close()
