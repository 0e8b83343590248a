"""A site of one page, to try the project's Sphinx extensions on."""

import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

from sphinx.errors import SphinxError
from sphinx.testing.util import SphinxTestApp
from sphinx.util.console import strip_escape_sequences

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_extensions"
SPHINX = [sys.executable, "-m", "sphinx", "-W", "--no-color"]  # some continuous integration forces colours
sys.path.insert(0, str(EXTENSIONS))

SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 80" role="img">
  <title>A cell</title>
  <desc>A gate
    and a path.</desc>
  <g data-part="gate"><circle r="1"/></g>
  <g data-part="path"><path d="M0 0H1"/></g>
  <g data-part="gate"><circle r="2"/></g>
  <g><title>inside</title><desc>inside</desc></g>
</svg>
"""
NAMES = {"svg": "http://www.w3.org/2000/svg"}


def parts(svg):
    """Give the parts of a diagram and their opacity, in their order."""
    return [(g.get("data-part"), g.get("opacity")) for g in ElementTree.fromstring(svg).iterfind("svg:g[@data-part]", NAMES)]  # fmt: skip # noqa: E501


class DiagramSite:
    """A site of one page with diagrams and equations."""

    CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "notation"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "equations"
numfig = True
"""

    def __init__(self, root):
        self.root = root
        self.write("conf.py", self.CONF)
        self.write("_static/diagrams/cell.svg", SVG)

    def write(self, name, content):
        path = self.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def build(self):
        command = [*SPHINX, "--keep-going", "-q", "docs", "html"]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True)

    @property
    def html(self):
        return (self.root / "html" / "index.html").read_text(encoding="utf-8")


def build_here(root, **settings):
    """Build a site in this process, which takes a fraction of a new one's time, and return what a new one would."""
    settings["source_suffix"] = {".rst": "restructuredtext"}  # parsers write into Sphinx' own, which all sites share
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries; Sphinx' own are in the answer, and change its exit code
        app = None
        try:
            app = SphinxTestApp(srcdir=root / "docs", builddir=root, confoverrides=settings, warningiserror=True)
            app.build()
        except SphinxError as error:
            return SimpleNamespace(returncode=2, stdout="", stderr=str(error))
        finally:
            if app:
                app.cleanup()
    said = [strip_escape_sequences(stream.getvalue()) for stream in (app.status, app.warning)]
    return SimpleNamespace(returncode=app.statuscode, stdout=said[0], stderr=said[1])
