r"""Typeset equations during the build, with each symbol marked by a class.

In a browser, every reader would load and run MathJax on every page before equations appear. Here the same MathJax, from
the package sphinx-mathjax-offline, runs in V8 (mini-racer), and produces HTML that uses its fonts. It gets ``h_t`` as
``\class{symbol-h}{h_t}``, and makes it an element of that class, which has a colour in ``diagrams``. Each equation also
contains its MathML for screen readers, visually hidden, with the TeX that ``docs/book.py`` typesets again for paper. A
page contains only the style rules of the glyphs it shows.
"""

import html
import json
import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.fileutil import copy_asset
from sphinx.util.math import get_node_equation_number
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

MATHJAX = Path(str(files("sphinx-mathjax-offline"))) / "static" / "mathjax"
COMPONENTS = ["startup", "core", "adaptors/liteDOM", "input/tex-full"]
FONTS = "_static/fonts/mathjax"
EX = 0.47  # the height of a small letter, in that of a line, at which MathJax' letters are as large as those of text
STEP = r"_(?:\{[^{}]*\}|[A-Za-z0-9])"
SYMBOL = re.compile(
    rf"\\tilde\{{(?P<candidate>[ch])\}}{STEP}"
    rf"|(?<![_^])(?P<letter>[xhyciforz]){STEP}"
    r"|\\(?:[A-Za-z]+|.)"  # a command, whose name may end in one of the letters, as that of \max_i does
)
OPENING, CLOSING = re.compile(r"[(\[“‘]+$"), re.compile(r"[.,;:!?)\]”’]+")
log = logging.getLogger(__name__)


def coloured(equation: str) -> str:
    """Mark the symbols of an equation with their classes."""

    def mark(match: re.Match[str]) -> str:
        name = "candidate" if match["candidate"] else match["letter"]
        return rf"\class{{symbol-{name}}}{{{match[0]}}}" if name else match[0]

    return SYMBOL.sub(mark, equation)


@cache
def mathjax(kind: str) -> MiniRacer:
    """Return V8 with MathJax, for one kind of output; each process that reads pages starts one."""
    engine = MiniRacer()
    components = [*COMPONENTS, f"output/{kind}", f"output/{kind}/fonts/tex"]
    for script in [Path(__file__).with_name("typeset.js"), *(MATHJAX / f"{name}.js" for name in components)]:
        engine.eval(script.read_text(encoding="utf-8"))
    return engine


def run_mathjax(equations: list[tuple[str, bool]], fonts: str = "") -> tuple[list[tuple[str, str]], str]:
    """Return HTML that uses MathJax's fonts at this address, or without one SVG, and MathML, of each; and the style."""
    request = json.dumps({"equations": equations, "fonts": fonts})
    answer = json.loads(str(mathjax("chtml" if fonts else "svg").call("typeset", request)))
    return answer["equations"], answer["style"]


def typeset(equations: list[tuple[str, bool]], fonts: str) -> tuple[list[str], str]:
    """Typeset equations, each as TeX and whether they are displayed; return the HTML of each and all style rules.

    ``fonts`` is the address of MathJax's fonts. An equation that MathJax cannot parse contains the reason.
    """
    pairs, style = run_mathjax(equations, fonts)
    with_mathml = []
    for chtml, mathml in pairs:
        readable = re.sub(r' (class|data-mjx-[a-z]+)="[^"]*"|\n\s*', "", mathml)
        hidden = f"<mjx-assistive-mml>{readable}</mjx-assistive-mml></mjx-container>"
        shown = chtml.replace("<mjx-math ", '<mjx-math aria-hidden="true" ', 1)
        with_mathml.append(shown.replace("</mjx-container>", hidden))
    return with_mathml, re.sub(r"\s+", " ", style)


def draw(equations: Collection[tuple[str, bool]]) -> dict[tuple[str, bool], str]:
    """Return equations as SVG that needs no page, each with its TeX as a label, in units of the letters around it."""
    kinds, drawn = list(dict.fromkeys(equations)), {}
    pairs = run_mathjax([(coloured(tex), display) for tex, display in kinds])[0]
    for kind, (svg, _) in zip(kinds, pairs, strict=True):
        svg = re.sub(r' (data-[\w-]+|focusable)="[^"]*"', "", svg[svg.index("<svg ") : svg.rindex("</mjx")])
        svg = re.sub(r"(-?[\d.]+)ex\b", lambda match: f"{EX * float(match[1]):.3f}em", svg)
        svg = re.sub(r'class=" ?symbol-(\w+) ?"', r'fill="var(--symbol-\1)" stroke="var(--symbol-\1)"', svg)
        drawn[kind] = svg.replace("<svg ", f'<svg class="equation" aria-label="{html.escape(kind[0])}" ', 1)
    return drawn


def keep_together(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep on one line a number and its percent sign, and an equation and the punctuation around it."""
    for element in doctree.findall(nodes.TextElement) if app.builder.format == "html" else ():
        if isinstance(element, nodes.literal | nodes.FixedTextElement | nodes.math | nodes.raw):
            continue
        around = [None, *element.children, None]
        for k, (left, text, right) in enumerate(zip(around, around[1:-1], around[2:], strict=False)):
            if not isinstance(text, nodes.Text):
                continue
            before = left.astext()[-1:] if left else ""
            behind = right[:1] if isinstance(right, nodes.Text) else ""  # a line's end is a text of its own
            kept = re.sub(r"(?<=\d)\s(?=%)", "\N{NO-BREAK SPACE}", before + text + behind)[len(before) :][: len(text)]
            if isinstance(left, nodes.math) and (match := CLOSING.match(kept)):
                left["closing"], kept = match[0], kept[match.end() :]
            if isinstance(right, nodes.math) and (match := OPENING.search(kept)):
                right["opening"], kept = match[0], kept[: match.start()]
            element[k] = nodes.Text(kept)


def typeset_page(app: Sphinx, doctree: nodes.document) -> None:
    """Typeset all equations of a page at once, in one of the processes that read, and store the style rules."""
    equations = [node for kind in (nodes.math, nodes.math_block) for node in doctree.findall(kind)]
    if app.builder.format != "html" or not equations:
        return
    sources = [(coloured(node.astext().strip()), isinstance(node, nodes.math_block)) for node in equations]
    typeset_ones, doctree["math_style"] = typeset(sources, f"{'../' * app.env.docname.count('/')}{FONTS}")
    for node, text in zip(equations, typeset_ones, strict=True):
        node["html"] = text.replace("<math ", f'<math alttext="{html.escape(" ".join(node.astext().split()))}" ', 1)
        if fault := re.search('data-mjx-error="([^"]*)"', node["html"]):
            log.warning("%s: %s", html.unescape(fault[1]), node.astext(), location=node, type="equations")
        if isinstance(node.parent, nodes.title):
            log.warning("an equation in a heading; write it in words: %s", node.astext(), type="equations")


def add_style(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the style rules to the head of the page."""
    if doctree is not None and "math_style" in doctree:
        context["metatags"] = f"{context.get('metatags', '')}\n<style>{doctree['math_style']}</style>"


def visit(self: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write an equation with its number."""
    tag = "div" if isinstance(node, nodes.math_block) else "span"
    self.body.append(self.starttag(node, tag, "", CLASS="math notranslate nohighlight"))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(f"{node.get('opening', '')}{node.get('html', '')}{node.get('closing', '')}</{tag}>")
    raise nodes.SkipNode


def write_fonts(app: Sphinx) -> None:
    """Write MathJax's fonts into the site."""
    copy_asset(MATHJAX / "output" / "chtml" / "fonts" / "woff-v2", Path(app.outdir) / FONTS)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Replace Sphinx's equation renderers, and connect the events."""
    app.add_html_math_renderer("equations", (visit, None), (visit, None))
    app.connect("builder-inited", write_fonts)
    app.connect("doctree-resolved", keep_together)
    app.connect("doctree-read", typeset_page)
    app.connect("html-page-context", add_style)
    return {"version": "2", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
