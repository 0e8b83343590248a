"""Mend what libraries write into pages, and readers stumble over.

pandas marks the empty corner of a table as a heading, and a heading that says nothing is read as one. MyST-NB names
every folded cell "Toggle hidden content", whatever its text says. docutils gives sources a role that has left the
standard; they are items of a list. And nothing says how large an image is, so that a page grows while its figures come,
and a link to a place in it lands above that place.
"""

import re
from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput
from sphinx.application import Sphinx
from sphinx.util.images import get_image_size
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

EMPTY_HEADING = re.compile(r"<th\b([^>]*)>((?:\s|&nbsp;)*)</th>")


def mend_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Turn the headings that say nothing, in the tables that cells put out, into cells that say nothing."""
    for node in list(doctree.findall(nodes.raw)):
        if node.get("format") == "html" and EMPTY_HEADING.search(text := node.astext()):
            node.clear()
            node += nodes.Text(EMPTY_HEADING.sub(r"<td\1>\2</td>", text))


def state_sizes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say how large the images of a page are, in pixels, unless the page does."""
    for image in doctree.findall(nodes.image):
        sized = not {"width", "height", "scale"}.isdisjoint(image.attributes)
        if not sized and (size := get_image_size(app.srcdir / image["uri"])):
            image["width"], image["height"] = map(str, size)


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Begin a source, and with the first one their list."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """End as docutils does."""
    HTML5Translator.depart_citation(self, node)


def visit_folded(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Begin a folded cell, which is called what stands on it, open or not."""
    self.body.append(f'<details class="hide {" ".join(node["classes"])}">\n')
    self.body.append(f"<summary>{escape(node['prompt_show'])}</summary>\n")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to each page that was read and to each that is written, and take the place of two writers."""
    app.connect("doctree-read", mend_tables)
    app.connect("doctree-resolved", state_sizes)
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_HideCellInput))
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
