"""The built site and its pages, a server for it that does as real hosts do, and axe-core."""

import functools
import gzip
import http.server
import io
import posixpath
import re
from pathlib import Path

SITE = Path(__file__).parents[2] / "build" / "html"
MOVES = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')
HTML = {str(path.relative_to(SITE)): path for path in SITE.rglob("*.html") if "_static" not in path.parts}
MOVED = {  # where a page is now
    name: posixpath.normpath(posixpath.join(posixpath.dirname(name), place[1]))
    for name, path in HTML.items()
    if path.stat().st_size < 1000 and (place := MOVES.search(path.read_text(encoding="utf-8")))
}
PAGES = sorted(HTML.keys() - MOVED)
# The API reference and source code have one template each. So a few of their pages are looked at, which have all kinds
# of contents: equations, tables, exceptions. A test of links opens each page.
OF_ONE_TEMPLATE = ("_modules/", "reference/api/")
SAMPLES = [f"reference/api/{name}.html" for name in ("theory.cells", "sentiment.ngrams", "pages.widget_files")]
SAMPLES += ["_modules/rnn_tutorial/theory/cells.html"]
OPENED = sorted([*(name for name in PAGES if not name.startswith(OF_ONE_TEMPLATE)), *SAMPLES])
PATIENCE = 300_000  # ms; a busy machine is slow
ARGUMENTS = [
    "--no-sandbox",
    "--font-render-hinting=none",  # without a window, too, lines break where they do with one
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
]
MAIN = {
    "index.html",
    "explorer.html",
    "theory/lstm.html",
    "sentiment/comparison.html",
    "reference/api/theory.cells.html",
}
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


def open_page(context, address, name, fragment=""):
    """Open a page, and note what goes wrong, what it asks for, and what it asks of other hosts."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.faults, page.asked, page.foreign = [], [], []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("response", lambda answer: page.faults.append(answer.url) if answer.status >= 400 else None)
    page.on("request", lambda request: page.asked.append(request.url))
    own = (address, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else page.foreign.append(request.url))
    page.goto(f"{address}/{name}{fragment}")
    return page


def press(widget, name, times=1):
    for _ in range(times):
        widget.get_by_role("button", name=name).click()


# A script that gives the addresses of the images that do not load; those that wait for the reader to come are fetched.
BROKEN_IMAGES = """Promise.all([...document.images].map(image => {
    image.loading = "eager";
    return image.decode().then(() => null, () => image.src);
})).then(broken => broken.filter(Boolean))"""

UNFOLD = """document.documentElement.dataset.open = "";
for (const details of document.querySelectorAll("details")) details.open = true;"""

AXE = SITE.with_name("axe") / "node_modules" / "axe-core" / "axe.min.js"

SAVES_DATA = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"  # a page shall not scroll so

# Axe also lists thousands of elements that passed. To bring these out of the browser takes longer than to find them.
RUN_AXE = "within => axe.run(within, {resultTypes: ['violations']}).then(({violations}) => violations)"


def find_violations(page, within="html"):
    """Run axe-core, and return each violation with the first elements concerned."""
    assert AXE.is_file(), "no axe-core in build/axe; `nox -s site -- pages` puts it there"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for violation in page.evaluate(RUN_AXE, within)
        for node in violation["nodes"][:3]
    ]
