"""Small sites, to try the project's Sphinx extensions on."""

import warnings
from types import SimpleNamespace
from xml.etree import ElementTree

from sphinx.errors import SphinxError
from sphinx.testing.util import SphinxTestApp
from sphinx.util.console import strip_escape_sequences

from builds import EXTENSIONS, HEAD, write  # noqa: F401 (for the tests)  # isort: skip

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
    """Give the parts of a diagram, in their order."""
    return [group.get("data-part") for group in ElementTree.fromstring(svg).iterfind("svg:g[@data-part]", NAMES)]


class Site:
    """A site in a folder, with a configuration and pages."""

    def __init__(self, root, conf):
        self.root = root
        self.write("conf.py", conf)

    def write(self, name, content):
        write(self.root / "docs", {name: content})

    def build(self, builder="html", **settings):
        return build_here(self.root, builder, **settings)

    def page(self, name):
        return (self.root / "html" / f"{name}.html").read_text(encoding="utf-8")

    @property
    def html(self):
        return self.page("index")


def build_here(root, builder="html", **settings):
    """Build a site in this process, which takes a fraction of a new one's time, and return what a new one would."""
    settings["source_suffix"] = {".rst": "restructuredtext"}  # parsers write into Sphinx' own, which all sites share
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries; Sphinx' own are in the answer, and change its exit code
        app = None
        try:
            app = SphinxTestApp(builder, root / "docs", builddir=root, confoverrides=settings, warningiserror=True)
            app.build()
        except SphinxError as error:
            return SimpleNamespace(returncode=2, stdout="", stderr=str(error))
        finally:
            if app:
                app.cleanup()
    said = [strip_escape_sequences(stream.getvalue()) for stream in (app.status, app.warning)]
    return SimpleNamespace(returncode=app.statuscode, stdout=said[0], stderr=said[1])


def build_files(root, files):
    """Write the files of a site, by name, and build it as `build_here` does."""
    write(root / "docs", files)
    return build_here(root)


def built(root, files):
    """Write and build a site without a fault, and return a function that gives the text of its pages and files."""
    done = build_files(root, files)
    assert done.returncode == 0, done.stderr
    return lambda name: (root / "html" / name).read_text(encoding="utf-8")
