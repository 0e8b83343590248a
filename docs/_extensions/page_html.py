"""Correct the HTML of each page, where the theme and other libraries fall short of what readers need.

pandas marks the empty corner of a table as a heading, which screen readers announce, and writes what stands in a cell,
such as the name of a reader's file, as HTML: here it is text, and a percent sign stays with its number. docutils gives
citations a role that has left the standard; here they are items of a list. And images come without sizes, so that a
page grows while its figures load, and a link to a place in it lands above that place.

What the build says of itself, the last section of a page, leaves the text: templates get its HTML as ``made``.
"""

import re
from typing import Any

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


RUN = re.compile(r'<section id="how-this-page-was-run">\s*(.*?)<h2>How this page was run.*?</h2>', re.DOTALL)


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


def set_apart(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Move the last section of a page's text, if it says how the page was run, to what templates call ``made``."""
    if found := RUN.search(body := context.get("body", "")):
        made, _, after = body[found.end() :].rsplit("</section>", 2)  # its own end, and that of the page's section
        context |= {"body": f"{body[: found.start()]}</section>{after}", "made": found[1] + made}
        context["toc"] = context["toc"].replace("How this page was run", "How this page was made")


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Open a citation, and before the first one their list."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events, and replace the writer of citations."""
    app.connect("doctree-read", mend_tables)
    app.connect("doctree-resolved", state_sizes)
    app.connect("html-page-context", set_apart)
    app.add_node(nodes.citation, override=True, html=(visit_citation, HTML5Translator.depart_citation))
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
