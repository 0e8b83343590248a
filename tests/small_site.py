"""Small sites, to try the project's Sphinx extensions on."""

import warnings

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


class Site:
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


def build_here(root, builder="html", fails=False, **settings):
    """Build a site in this process, which takes a fraction of a new one's time, and return its warnings."""
    settings["source_suffix"] = {".rst": "restructuredtext"}  # parsers write into Sphinx' own, which all sites share
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries; Sphinx' own are in the answer, and change its exit code
        app, code = None, 2
        try:
            app = SphinxTestApp(builder, root / "docs", builddir=root, confoverrides=settings, warningiserror=True)
            app.build()
            code, told = app.statuscode, strip_escape_sequences(app.warning.getvalue())
        except SphinxError as error:
            told = str(error)
        finally:
            if app:
                app.cleanup()
    assert bool(code) == fails, told
    return told


def refused(root, files):
    """Write the files of a site, by name, and return the warnings of its build, which fails."""
    write(root / "docs", files)
    return build_here(root, fails=True)


def built(root, files):
    """Write and build a site without a fault, and return a function that gives the text of its pages and files."""
    write(root / "docs", files)
    build_here(root)
    return lambda name: (root / "html" / name).read_text(encoding="utf-8")
