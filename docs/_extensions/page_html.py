"""Correct the HTML of each page, where the theme and other libraries fall short of what readers need.

pandas marks the empty corner of a table as a heading, which screen readers announce, and writes what stands in a cell,
such as the name of a reader's file, as HTML: here it is text, and a percent sign stays with its number. MyST-NB labels
every folded cell "Toggle hidden content"; here its title does, or the number of its checks. docutils gives citations a
role that has left the standard; here they are items of a list. And images come without sizes, so that a page grows
while its figures load, and a link to a place in it lands above that place.

Small style sheets are put into the pages: a browser paints nothing before the last style sheet has loaded, and a page
has up to eleven.
"""

import ast
import re
from html import escape
from pathlib import Path

import imagesize
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

EMPTY_HEADING = re.compile(r"<th\b([^>]*)>((?:\s|&nbsp;)*)</th>")
# in a table, what begins no tag that pandas writes
FOREIGN = re.compile(
    r"<(?!/?(?:table|thead|tbody|tr|th|td|div)"
    r'(?:\s+(?:(?:id|class|border|rowspan|colspan)="[\w -]*"|style="text-align: right;"))*\s*>)'
)
CHECK = re.compile(r"^\s*(?:assert\b|(?:\w+ = )?claim\()", re.MULTILINE)
CHECKED = "Checked in this build"
STYLE_SHEET = re.compile(r'<link (?=[^>]*rel="stylesheet")[^>]*href="[^"?:]*?_static/([^"?]+)[^>]*>')
LARGEST = 20_000  # bytes of a style sheet; the colours of code, light and dark, are the largest that go in


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


def kind_of(code: str, parts: list[nodes.Node]) -> str:
    """Return what a folded cell is for, by its code and the parts among which its output is."""
    lines = [part for part in ast.parse(code).body if not isinstance(part, ast.Assign)]
    if lines and all(isinstance(part, ast.Import | ast.ImportFrom) for part in lines):
        return "imports"
    if any(part.next_node(nodes.image) for part in parts):
        return "figure"
    return "table" if any("<table" in raw.astext() for part in parts for raw in part.findall(nodes.raw)) else ""


def visit_folded(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Open a folded cell, labelled with its title and the number of its checks."""
    code = "\n".join(block.astext() for block in node.findall(nodes.literal_block))
    name, classes, checks = node["prompt_show"], [*node["classes"]], len(CHECK.findall(code))
    if name == self.config.nb_code_prompt_show:
        kind = kind_of(code, [*node, *([node.parent] if node.parent else [])])
        name = CHECKED if checks else f"{name}: {kind}" if kind else name
    summary = escape(name)
    if checks and name.startswith(CHECKED):
        failed = any(child.get("failed") for child in node)
        name = f" {name} ({checks} check{'s' if checks > 1 else ''})"
        classes += [] if failed else ["quiet"]
        summary = f"{'✗' if failed else '✓'}<span>{escape(name)}</span>"
    self.body.append(f'<details class="hide {" ".join(classes)}">\n<summary>{summary}</summary>\n')


def inline_styles(app: Sphinx, error: Exception | None) -> None:
    """Put the small style sheets into the pages, but not while they are edited."""
    if error or app.builder.format != "html" or "live" in app.config.html_context:
        return
    static, small = Path(app.outdir) / "_static", {}
    for file in static.rglob("*.css"):
        style = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        if len(style) <= LARGEST and "url(" not in style:
            small[file.relative_to(static).as_posix()] = f"<style>{style}</style>"
    for file in Path(app.outdir).rglob("*.html"):
        page = file.read_text(encoding="utf-8")
        file.write_text(STYLE_SHEET.sub(lambda link: small.get(link[1], link[0]), page), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events, and replace the writers of folded cells and citations."""
    app.connect("doctree-read", mend_tables)
    app.connect("doctree-resolved", state_sizes)
    app.connect("build-finished", inline_styles, priority=900)  # furo adds its dark colours to a style sheet until then
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_HideCellInput))
    app.add_node(nodes.citation, override=True, html=(visit_citation, HTML5Translator.depart_citation))
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
