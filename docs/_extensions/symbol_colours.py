r"""Give each symbol of the notation its colour, in equations and in diagrams, from the one place where it is kept.

The colours stand in ``rnn_tutorial/colours.py`` as ``SYMBOL_COLOURS``, a pair for light and dark pages for each symbol.
This extension writes them into a style sheet as ``--symbol-<name>``, and marks the symbols of every equation: ``h_t``
becomes ``\class{symbol-h}{h_t}``, which MathJax turns into an element of that class.
"""

import ast
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

COLOURS = Path(__file__).parents[2] / "rnn_tutorial" / "colours.py"
STEP = r"_(?:\{[^{}]*\}|[A-Za-z0-9])"
SYMBOL = re.compile(
    rf"\\tilde\{{(?P<candidate>[ch])\}}{STEP}"
    rf"|(?<![_^])(?P<letter>[xhyciforz]){STEP}"
    r"|\\(?:[A-Za-z]+|.)"  # a command, whose name may end in one of the letters, as that of \max_i does
)


def colours(source: str) -> dict[str, tuple[str, str]]:
    """Read the colours from a module's source, which is parsed and not imported."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "SYMBOL_COLOURS":
            return ast.literal_eval(node.value)
    raise ValueError("there is no SYMBOL_COLOURS")


def style_sheet(by_symbol: dict[str, tuple[str, str]]) -> str:
    """Give the variables of light and dark pages, and a class for each symbol."""
    light, dark = ("".join(f" --symbol-{name}: {pair[k]};" for name, pair in by_symbol.items()) for k in (0, 1))
    classes = "".join(f".symbol-{name} {{ color: var(--symbol-{name}); }}\n" for name in by_symbol)
    return (
        f"body {{{light} }}\nbody[data-theme='dark'] {{{dark} }}\n"
        f"@media (prefers-color-scheme: dark) {{ body:not([data-theme='light']) {{{dark} }} }}\n{classes}"
    )


def coloured(equation: str) -> str:
    """Mark the symbols of an equation."""

    def mark(match: re.Match[str]) -> str:
        name = "candidate" if match["candidate"] else match["letter"]
        return rf"\class{{symbol-{name}}}{{{match[0]}}}" if name else match[0]

    return SYMBOL.sub(mark, equation)


def write_style_sheet(app: Sphinx) -> None:
    """Write the style sheet to the site's static files, before its pages."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "symbols.css").write_text(style_sheet(colours(COLOURS.read_text(encoding="utf-8"))), encoding="utf-8")


def colour_equations(app: Sphinx, doctree: nodes.document) -> None:
    """Mark the symbols of each equation of a page."""
    for kind in (nodes.math, nodes.math_block):
        for node in doctree.findall(kind):
            text = coloured(node.astext())
            node.clear()
            node += nodes.Text(text)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the start of a build and to each page that was read."""
    app.add_css_file("symbols.css")
    app.connect("builder-inited", write_style_sheet)
    app.connect("doctree-read", colour_equations)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
