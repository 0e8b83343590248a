"""Mend what libraries write into pages and screen readers stumble over.

pandas marks the empty corner of a table as a heading, and a heading that says nothing is read as one. docutils gives
sources a role that has left the standard; they are items of a list.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

EMPTY_HEADING = re.compile(r"<th\b([^>]*)>((?:\s|&nbsp;)*)</th>")


def mend_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Turn the headings that say nothing, in the tables that cells put out, into cells that say nothing."""
    for node in list(doctree.findall(nodes.raw)):
        if node.get("format") == "html" and EMPTY_HEADING.search(text := node.astext()):
            node.clear()
            node += nodes.Text(EMPTY_HEADING.sub(r"<td\1>\2</td>", text))


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Begin a source, and with the first one their list."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """End as docutils does."""
    HTML5Translator.depart_citation(self, node)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to each page that was read, and take the place of docutils' writer of sources."""
    app.connect("doctree-read", mend_tables)
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
