r"""Typeset equations and insert diagrams, with each symbol in its colour.

The colours are ``SYMBOL_COLOURS`` in ``rnn_tutorial/pages/colours.py``. A style sheet gives them to equations and
diagrams as ``--symbol-<name>``.

In a browser, MathJax would be loaded and run by every reader on every page before equations appear. Here the same
MathJax runs in V8 (mini-racer) during the build, and produces HTML that uses its fonts. It gets ``h_t`` as
``\class{symbol-h}{h_t}``, and makes it an element of that class. Each equation also contains its MathML for screen
readers, visually hidden. A page contains only the style rules of the glyphs that it shows.

MathJax comes from the package sphinx-mathjax-offline, which contains all of its components. Equations in headings cause
a warning: headings also appear in tables of contents, which are not typeset.

An image cannot know whether the reader chose the light or the dark theme; inline SVG takes the page's colours::

    ```{diagram} lstm-cell
    :name: fig-forget-gate
    :show: frame forget
    :description: The forget gate and what it reads.

    The caption: one paragraph, which may hold $math$.
    ```

The file is ``_static/diagrams/<name>.svg``. Screen readers read its title and its description, and ``:description:``
replaces the latter. With ``:show:``, the parts of the picture (groups with ``data-part``) that are not named are faded,
and it ends above its legend, at the height that ``data-legend`` names.
A diagram with a caption is numbered, and ``{numref}`` can refer to one with a ``:name:``.
"""

import html
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from py_mini_racer import mini_racer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.fileutil import copy_asset
from sphinx.util.math import get_node_equation_number
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

MATHJAX = Path(str(files("sphinx-mathjax-offline"))) / "static" / "mathjax"
COMPONENTS = ["startup", "core", "adaptors/liteDOM", "input/tex-full", "output/chtml", "output/chtml/fonts/tex"]
FONTS = "_static/fonts/mathjax"
# MathJax' loader asks for files; all are loaded beforehand, so it never has anything to wait for.
LOADER = "var MathJax = {loader: {ready() { return {then() { return this; }, catch() { return this; }}; }}};"
TYPESET = r"""
function typeset(request) {
  const {equations, fonts} = JSON.parse(request), {adaptors, core, handlers, input, mathjax, output} = MathJax._;
  const adaptor = adaptors.liteAdaptor.liteAdaptor();
  handlers.html_ts.RegisterHTMLHandler(adaptor);
  const chtml = new output.chtml_ts.CHTML({font: new output.chtml.fonts.tex_ts.TeXFont({fontURL: fonts})});
  const tex = new input.tex_ts.TeX({packages: ["base", "ams", "boldsymbol", "html", "newcommand"]});
  const page = mathjax.mathjax.document("", {InputJax: tex, OutputJax: chtml});
  const mathml = new core.MmlTree.SerializedMmlVisitor.SerializedMmlVisitor();
  const typeset = equations.map(([source, display]) => [
    adaptor.outerHTML(page.convert(source, {display, em: 16, ex: 8, containerWidth: 1280})),
    mathml.visitTree(page.convert(source, {display, end: core.MathItem.STATE.CONVERT})),
  ]);
  return JSON.stringify({equations: typeset, style: adaptor.textContent(chtml.styleSheet(page))});
}
"""
STEP = r"_(?:\{[^{}]*\}|[A-Za-z0-9])"
SYMBOL = re.compile(
    rf"\\tilde\{{(?P<candidate>[ch])\}}{STEP}"
    rf"|(?<![_^])(?P<letter>[xhyciforz]){STEP}"
    r"|\\(?:[A-Za-z]+|.)"  # a command, whose name may end in one of the letters, as that of \max_i does
)
OPENING, CLOSING = re.compile(r"[(\[“‘]+$"), re.compile(r"[.,;:!?)\]”’]+")
FADED = "0.15"  # the opacity of the parts of a diagram that are not shown
log = logging.getLogger(__name__)


def coloured(equation: str) -> str:
    """Mark the symbols of an equation with their classes."""

    def mark(match: re.Match[str]) -> str:
        name = "candidate" if match["candidate"] else match["letter"]
        return rf"\class{{symbol-{name}}}{{{match[0]}}}" if name else match[0]

    return SYMBOL.sub(mark, equation)


def style_sheet() -> str:
    """Return the CSS variables of light and dark pages, and a class for each symbol."""
    light, dark = ("".join(f" --symbol-{name}: {pair[k]};" for name, pair in SYMBOL_COLOURS.items()) for k in (0, 1))
    classes = "".join(f".symbol-{name} {{ color: var(--symbol-{name}); }}\n" for name in SYMBOL_COLOURS)
    return (
        f"body {{{light} }}\nbody[data-theme='dark'] {{{dark} }}\n"
        f"@media (prefers-color-scheme: dark) {{ body:not([data-theme='light']) {{{dark} }} }}\n{classes}"
    )


def in_light_colours(svg: str) -> str:
    """Return a diagram that needs no page: each symbol has its colour on a light one."""
    return re.sub(r"var\(--symbol-(\w+)\)", lambda match: SYMBOL_COLOURS[match[1]][0], svg)


def is_whole(node: nodes.math | nodes.math_block) -> bool:
    """Return whether an equation contains its own environment, such as amsmath's ``align``."""
    return node.get("no-wrap", node.get("nowrap", False))


def tex(node: nodes.math | nodes.math_block) -> str:
    """Return an equation's TeX; several paragraphs or lines of a displayed one are aligned, as Sphinx does it."""
    source = node.astext().strip()
    if isinstance(node, nodes.math) or is_whole(node):
        return source
    parts = re.split(r"\n\s*\n", source)
    lines = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    return lines[0] if len(lines) == 1 else "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def typeset(equations: list[tuple[str, bool]], fonts: str) -> tuple[list[str], str]:
    """Typeset equations, given as TeX and whether they are displayed; return the HTML of each and all style rules.

    ``fonts`` is the address of MathJax's fonts, as seen from the page. An equation that MathJax cannot parse contains
    an ``mjx-merror`` element with the reason.
    """
    with mini_racer() as engine:
        engine.eval(LOADER)
        for component in COMPONENTS:
            engine.eval((MATHJAX / f"{component}.js").read_text(encoding="utf-8"))
        engine.eval(TYPESET)
        answer = json.loads(str(engine.call("typeset", json.dumps({"equations": equations, "fonts": fonts}))))
    found = []
    for chtml, mathml in answer["equations"]:
        readable = re.sub(r' (class|data-mjx-[a-z]+)="[^"]*"|\n\s*', "", mathml)
        found.append(
            chtml.replace("<mjx-math ", '<mjx-math aria-hidden="true" ', 1).replace(
                "</mjx-container>", f"<mjx-assistive-mml>{readable}</mjx-assistive-mml></mjx-container>"
            )
        )
    return found, re.sub(r"\s+", " ", answer["style"])


def keep_together(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep on one line a number and its percent sign, and an equation and the punctuation around it."""
    for element in doctree.findall(nodes.TextElement) if app.builder.format == "html" else ():
        if isinstance(element, nodes.literal | nodes.FixedTextElement | nodes.math | nodes.raw):
            continue
        around = [None, *element.children, None]
        for k, (left, text, right) in enumerate(zip(around, around[1:-1], around[2:], strict=False)):
            if not isinstance(text, nodes.Text):
                continue
            kept = re.sub(r"(?<=\d)\s(?=%)", "\N{NO-BREAK SPACE}", text)
            behind = kept + (right if isinstance(right, nodes.Text) else "")  # a line's end is a text of its own
            if left is not None and left.astext()[-1:].isdigit() and re.match(r"\s%", behind):
                kept = f"\N{NO-BREAK SPACE}{kept[1:]}"
            if isinstance(left, nodes.math) and (match := CLOSING.match(kept)):
                left["closing"], kept = match[0], kept[match.end() :]
            if isinstance(right, nodes.math) and (match := OPENING.search(kept)):
                right["opening"], kept = match[0], kept[: match.start()]
            element[k] = nodes.Text(kept)


def typeset_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Typeset all equations of a page at once, and store the style rules for its head."""
    if app.builder.format != "html":
        return
    in_headings = {node for title in doctree.findall(nodes.title) for node in title.findall(nodes.math)}
    found = [node for kind in (nodes.math, nodes.math_block) for node in doctree.findall(kind)]
    if equations := [node for node in found if node not in in_headings]:
        sources = [(coloured(tex(node)), isinstance(node, nodes.math_block)) for node in equations]
        typeset_ones, doctree["math_style"] = typeset(sources, f"{'../' * docname.count('/')}{FONTS}")
        for node, typeset_html in zip(equations, typeset_ones, strict=True):
            node["html"] = typeset_html
            if fault := re.search('data-mjx-error="([^"]*)"', typeset_html):
                log.warning("%s: %s", html.unescape(fault[1]), node.astext(), location=node, type="equations")


def add_style(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the style rules to the head of the page."""
    if doctree is not None and "math_style" in doctree:
        context["metatags"] = f"{context.get('metatags', '')}\n<style>{doctree['math_style']}</style>"


def visit(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write an equation with its number."""
    if "html" not in node:
        log.warning("an equation in a heading; write it in words: %s", node.astext(), type="equations")
    displayed = isinstance(node, nodes.math_block)
    translator.body.append(
        translator.starttag(node, "div" if displayed else "span", "", CLASS="math notranslate nohighlight")
    )
    if displayed and node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(node.get("opening", "") + node.get("html", "") + node.get("closing", ""))
    translator.body.append("</div>\n" if displayed else "</span>")
    raise nodes.SkipNode


def inline(svg: str, identifier: str, show: list[str], description: str | None = None) -> str:
    """Return a diagram's source for embedding in a page.

    ``identifier`` is unique on the page. Raises ValueError if the title, the description or a shown part is missing.
    """
    for element in ("title", "desc"):
        if not re.search(rf"<{element}>\s*[^\s<]", svg):
            raise ValueError(f"the diagram has no <{element}>")
    parts = list(dict.fromkeys(re.findall(r'data-part="([^"]*)"', svg)))
    if unknown := set(show) - set(parts):
        raise ValueError(f"the diagram has no part {', '.join(sorted(unknown))}; it has {', '.join(parts)}")

    def fade(match: re.Match[str]) -> str:
        return match[0] if match[1] in show else f'{match[0]} opacity="{FADED}"'

    if show:
        svg = re.sub(r'data-part="([^"]*)"', fade, svg)
        svg = re.sub(r'(viewBox="0 0 \d+) \d+" data-legend="(\d+)"', r'\1 \2"', svg)
    if description:
        escaped = html.escape(description, quote=False)
        svg = re.sub(r"<desc>.*?</desc>", lambda _: f"<desc>{escaped}</desc>", svg, count=1, flags=re.DOTALL)
    for element in ("title", "desc"):
        svg = svg.replace(f"<{element}>", f'<{element} id="{identifier}-{element}">', 1)
    return svg.replace("<svg ", f'<svg aria-labelledby="{identifier}-title" aria-describedby="{identifier}-desc" ', 1)


class Diagram(SphinxDirective):
    """The ``diagram`` directive."""

    required_arguments = 1
    has_content = True
    option_spec = dict.fromkeys(("name", "show", "description"), directives.unchanged)

    def run(self) -> list[nodes.Node]:
        """Read the file and insert it as a figure."""
        file = Path(self.env.srcdir) / "_static" / "diagrams" / f"{self.arguments[0]}.svg"
        if not file.is_file():
            raise self.error(f"There is no diagram {file.name} in _static/diagrams.")
        self.env.note_dependency(str(file))
        identifier = f"diagram-{self.env.new_serialno('diagram')}"
        try:
            show, description = self.options.get("show", "").split(), self.options.get("description")
            svg = inline(file.read_text(encoding="utf-8"), identifier, show, description)
        except ValueError as error:
            raise self.error(f"{file.name}: {error}.") from error
        figure = nodes.figure("", nodes.raw("", svg, format="html"), classes=["diagram"])
        content = self.parse_content_to_nodes()
        if [type(node) for node in content] not in ([], [nodes.paragraph]):
            raise self.error(f"{file.name}: the caption is not one paragraph.")
        for paragraph in content:
            figure += nodes.caption("", "", *paragraph.children)
        self.add_name(figure)
        return [figure]


def write_files(app: Sphinx) -> None:
    """Write the style sheet and MathJax's fonts into the site, before its pages."""
    if app.builder.format == "html":
        copy_asset(MATHJAX / "output" / "chtml" / "fonts" / "woff-v2", Path(app.outdir) / FONTS)
        (Path(app.outdir) / "_static" / "symbols.css").write_text(style_sheet(), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Replace Sphinx's equation renderers, add the directive, and connect the events."""
    app.add_html_math_renderer("equations", (visit, None), (visit, None))
    app.add_directive("diagram", Diagram)
    app.add_css_file("symbols.css")
    app.connect("builder-inited", write_files)
    app.connect("doctree-resolved", keep_together)
    app.connect("doctree-resolved", typeset_page)
    app.connect("html-page-context", add_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
