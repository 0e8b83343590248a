"""Correct the HTML of each page, where the theme and other libraries fall short of what readers need.

pandas marks the empty corner of a table as a heading, which screen readers announce, and writes what stands in a cell,
such as the name of a reader's file, as HTML: here it is text, and a percent sign stays with its number. MyST-NB labels
every folded cell "Toggle hidden content"; here it is labelled with its title. One without a title that contains checks
is labelled by them and their number. docutils gives citations a role that has left the standard; here they are items of
a list. And images come without sizes, so that a page grows while its figures load, and a link to a place in it lands
above that place.

A figure of :mod:`rnn_tutorial.pages.figures` has its narrow layout in the metadata of its output. MyST-NB drops that,
so it is read first; the page then contains both, and phones show the narrow one.

Each page has a content security policy: what a page loads and runs comes from the site, and of the scripts inside pages
only the two run that the theme and ``fonts`` put there. Styles may be inside, because equations have them.

When all pages are written, small style sheets are inlined. A browser paints nothing before the last style sheet has
loaded, and a page has up to eleven, of which three are too large to be inlined.
"""

import posixpath
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import fonts
import furo
import imagesize
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer, load_mime_renders
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

PHONE = "screen and (max-width: 600px)"  # custom.css says it, too
EMPTY_HEADING = re.compile(r"<th\b([^>]*)>((?:\s|&nbsp;)*)</th>")
# in a table, what begins no tag that pandas writes
FOREIGN = re.compile(
    r"<(?!/?(?:table|thead|tbody|tr|th|td|div)"
    r'(?:\s+(?:(?:id|class|border|rowspan|colspan)="[\w -]*"|style="text-align: right;"))*\s*>)'
)
CHECK = re.compile(r"^\s*(?:assert\b|(?:\w+ = )?claim\()", re.MULTILINE)
CHECKED = "Checked in this build"
LARGEST = 20_000  # bytes of a style sheet; the colours of code, light and dark, are the largest that go in
STYLE = re.compile(
    r'<link (?=[^>]*rel="stylesheet")[^>]*href="[^"?:]*?_static/(?P<file>[^"?]+)(?:\?[^"]*)?"[^>]*>'
    r'|<style data-file="(?P<inside>[^"]+)">.*?</style>',
    re.DOTALL,
)


def with_text_in_cells(output: str) -> str:
    """Return an output in HTML with what is not a tag of its table as text."""
    styles, table, rest = output.partition("<table")
    return styles + FOREIGN.sub("&lt;", table + rest)


def mend_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Turn what stands in the tables that cells output into text, and empty headings into empty cells."""
    for node in list(doctree.findall(nodes.raw)):
        if node.get("format") == "html":
            text = EMPTY_HEADING.sub(r"<td\1>\2</td>", with_text_in_cells(node.astext()))
            text = text.replace(" %", "\N{NO-BREAK SPACE}%")
            node.clear()
            node += nodes.Text(text)


class NarrowFigures:
    """Reads a figure that has a narrow layout, and writes both files."""

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Return the image with the file of its narrow layout, or None, so that MyST-NB renders other outputs."""
        narrow = data.output_metadata.get(data.mime_type, {}).get("narrow")
        if narrow is None:
            return None
        (image,) = renderer.render_image(data)
        (other,) = renderer.render_image(MimeData(data.mime_type, narrow))
        image["narrow"] = other["uri"]
        return [image]


def collect_narrow(app: Sphinx, doctree: nodes.document) -> None:
    """Add each narrow image to the site's images, as Sphinx does with the others."""
    for image in doctree.findall(nodes.image):
        if "narrow" in image:
            image["narrow"], _ = app.env.relfn2path(image["narrow"], app.env.docname)
            app.env.images.add_file(app.env.docname, image["narrow"])


def state_sizes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set the sizes of a page's images, in pixels, unless the page does; pass narrow images to the builder."""
    for image in doctree.findall(nodes.image):
        sized = not {"width", "height", "scale"}.isdisjoint(image.attributes)
        path = app.srcdir / image["uri"]
        if not sized and path.is_file() and (size := imagesize.get(path))[0] > 0:
            image["width"], image["height"] = (str(round(number)) for number in size)
            image["ratio"] = "{} / {}".format(*size)
        if "narrow" in image:
            image["narrow_size"] = imagesize.get(app.srcdir / image["narrow"])
            app.builder.images[image["narrow"]] = app.env.images[image["narrow"]][1]


def visit_image(self: HTML5Translator, node: nodes.image) -> None:
    """Write an image with its exact aspect ratio, because whole pixels are off by up to half a pixel."""
    HTML5Translator.visit_image(self, node)
    if "ratio" in node:
        style = f"aspect-ratio: {node['ratio']}"
        if "narrow" in node:
            style += "; --narrow: {} / {}".format(*node["narrow_size"])
        self.body[-1] = self.body[-1].replace("<img ", f'<img style="{style}" ', 1)
    if "narrow" in node:
        file = posixpath.join(self.builder.imgpath, quote(self.builder.images[node["narrow"]]))
        width, height = map(round, node["narrow_size"])
        source = f'<source media="{PHONE}" srcset="{file}" width="{width}" height="{height}">'
        self.body[-1] = f"<picture>{source}{self.body[-1].rstrip()}</picture>\n"


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Open a citation, and before the first one their list."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def name_of_folded(prompt: str, unnamed: str, code: str, failed: bool = False) -> str:
    """Return the label of a folded cell; one without a title that contains checks is labelled by them."""
    checks, name = len(CHECK.findall(code)), CHECKED if prompt == unnamed else prompt
    if not checks or not name.startswith(CHECKED):
        return prompt
    return f"{'✗' if failed else '✓'} {name} ({checks} check{'s' if checks > 1 else ''})"


def visit_folded(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Open a folded cell, with its label."""
    code = "\n".join(block.astext() for block in node.findall(nodes.literal_block))
    failed = any(child.get("failed") for child in node)
    name = name_of_folded(node["prompt_show"], self.config.nb_code_prompt_show, code, failed)
    quiet = " quiet" * name.startswith(f"✓ {CHECKED}")
    self.body.append(f'<details class="hide {" ".join(node["classes"])}{quiet}">\n<summary>{escape(name)}</summary>\n')


def policy() -> str:
    """Return the content security policy, which works from disk, too, and lets workers compile WebAssembly."""
    theme = Path(furo.__file__).with_name("theme") / "furo" / "base.html"
    inside = re.findall(r"<script>(.*?)</script>", fonts.HEAD + theme.read_text(encoding="utf-8"), re.DOTALL)
    hashes = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in inside)
    return (
        f"default-src 'self' data: blob:; script-src 'self' 'wasm-unsafe-eval' {hashes}; worker-src 'self' blob:; "
        "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'"
    )


def add_policy(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Give a page's template the policy."""
    context["policy"] = policy()


def bare(style: str) -> str:
    """Remove comments and indentation from a style sheet: 8 of 38 kB, in each of a hundred pages."""
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)).strip()


def with_styles(page: str, static: Path) -> str:
    """Return a page with its small style sheets inlined; those that are inlined already are updated."""

    def put(match: re.Match[str]) -> str:
        name = match["file"] or match["inside"]
        file = static / name
        if not file.is_file() or file.stat().st_size > LARGEST:
            return match[0]
        style = file.read_text(encoding="utf-8")
        return match[0] if "url(" in style else f'<style data-file="{name}">{bare(style)}</style>'

    return STYLE.sub(put, page)


def write_heads(app: Sphinx, error: Exception | None) -> None:
    """Write the styles into each page; pages of earlier builds may have them already."""
    if error is None and app.builder.format == "html":
        for file in Path(app.outdir).rglob("*.html"):
            page = file.read_text(encoding="utf-8")
            if (written := with_styles(page, Path(app.outdir) / "_static")) != page:
                file.write_text(written, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events, and replace the writers of folded cells, images and citations."""
    if NarrowFigures not in load_mime_renders():  # MyST-NB looks only into what is installed, and does so once
        load_mime_renders().append(NarrowFigures)
    app.connect("doctree-read", mend_tables)
    app.connect("doctree-read", collect_narrow)
    app.connect("doctree-resolved", state_sizes)
    app.connect("html-page-context", add_policy)
    app.connect("build-finished", write_heads, priority=900)  # furo adds its dark colours to a style sheet until then
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_HideCellInput))
    app.add_node(nodes.image, override=True, html=(visit_image, HTML5Translator.depart_image))
    app.add_node(nodes.citation, override=True, html=(visit_citation, HTML5Translator.depart_citation))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
