"""Let a browser load a figure when its reader comes near it; the text of a long page is there before its figures."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


def load_lazily(app: Sphinx, doctree: nodes.document) -> None:
    """Mark every image of a page; docutils knows the mark."""
    for image in doctree.findall(nodes.image):
        image["loading"] = "lazy"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to each page that was read."""
    app.connect("doctree-read", load_lazily)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
