"""The built site, served as a public host would serve it, and Debian's Chromium, or the one that $CHROMIUM names."""

import functools
import gzip
import http.server
import io
import os
import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[2] / "build" / "html"
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html") if "_static" not in path.parts)
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]
MAIN = {"index.html", "theory/lstm.html", "sentiment/comparison.html", "reference/api/cells.html"}
PACKED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".xml", ".bib", ".ipynb"}


@functools.cache
def pack(path):
    return gzip.compress(path.read_bytes(), mtime=0)


class Host(http.server.SimpleHTTPRequestHandler):
    """Serve as real hosts do: kept connections, text with gzip, files with a version in their address for a year."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def send_head(self):
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.suffix not in PACKED or not path.is_file() or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return super().send_head()
        content = pack(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return io.BytesIO(content)

    def end_headers(self):
        self.send_header("Cache-Control", f"max-age={31_536_000 if '?v=' in self.path else 600}")
        super().end_headers()


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


@pytest.fixture(scope="session", params=["1280-light", "1280-dark", "360-light", "360-dark"])
def view(request, browser):
    width, scheme = request.param.split("-")
    context = browser.new_context(viewport={"width": int(width), "height": 800}, color_scheme=scheme)
    context.name = request.param
    yield context
    context.close()


@pytest.fixture(scope="module", params=PAGES)
def page(request, view, address):
    """Open a page of the site, note what goes wrong, and keep a picture of a main page for the eye."""
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
    if request.param in MAIN:
        name = request.param.removesuffix(".html").replace("/", "-")
        page.screenshot(path=SITE.with_name("screenshots") / f"{name}-{view.name}.png")
    yield page
    page.close()
