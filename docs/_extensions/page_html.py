"""Correct the HTML of each page, where the theme and other libraries fall short of what readers need.

pandas marks the empty corner of a table as a heading, which screen readers announce, and writes what stands in a cell,
such as the name of a reader's file, as HTML: here it is text, and a percent sign stays with its number. docutils gives
citations a role that has left the standard; here they are items of a list. And images come without sizes, so that a
page grows while its figures load, and a link to a place in it lands above that place.
"""

import re

import imagesize
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

EMPTY_HEADING = re.compile(r"<th\b([^>]*)>((?:\s|&nbsp;)*)</th>")
# in a table, what begins no tag that pandas writes
FOREIGN = re.compile(
    r"<(?!/?(?:table|thead|tbody|tr|th|td|div)"
    r'(?:\s+(?:(?:id|class|border|rowspan|colspan)="[\w -]*"|style="text-align: right;"))*\s*>)'
)


def with_text_in_cells(output: str) -> str:
    """Return an output in HTML with what is not a tag of its table as text."""
    styles, table, rest = output.partition("<table")
    return styles + FOREIGN.sub("&lt;", table + rest)


def mend_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Turn what stands in the tables that cells output into text, and empty headings into empty cells."""
    for node in doctree.findall(nodes.raw):
        if node.get("format") == "html":
            text = EMPTY_HEADING.sub(r"<td\1>\2</td>", with_text_in_cells(node.astext()))
            node.children = [nodes.Text(text.replace(" %", "\N{NO-BREAK SPACE}%"))]


def state_sizes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set the sizes of a page's images, in pixels, unless the page does."""
    for image in doctree.findall(nodes.image):
        path, sized = app.srcdir / image["uri"], {"width", "height", "scale"} & image.attributes.keys()
        if not sized and path.is_file() and (size := imagesize.get(path))[0] > 0:
            image["width"], image["height"] = (str(round(number)) for number in size)


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Open a citation, and before the first one their list."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events, and replace the writer of citations."""
    app.connect("doctree-read", mend_tables)
    app.connect("doctree-resolved", state_sizes)
    app.add_node(nodes.citation, override=True, html=(visit_citation, HTML5Translator.depart_citation))
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
