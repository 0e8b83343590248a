"""Label each folded cell with its title or the number of its checks: MyST-NB has "Toggle hidden content" for all.

Code that draws a figure or makes a table gets the class ``of-output``, and is reached from its corner. Imports and
checks get the class ``quiet``, and stay out of the text until the drawer at the foot of the page shows them; see
custom.css.
"""

import ast
import re
from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

CHECK = re.compile(r"^\s*(?:assert\b|(?:\w+ = )?claim\()", re.MULTILINE)
CHECKED = "Checked in this build"


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
    failed = any(child.get("failed") for child in node)
    count = f"({checks} check{'s' if checks > 1 else ''})"
    plain = name == self.config.nb_code_prompt_show
    kind = kind_of(code, [*node, *([node.parent] if node.parent else [])]) if plain else ""
    if checks and (name.startswith(CHECKED) or (plain and (failed or kind in {"", "imports"}))):
        classes += [] if failed else ["quiet"]
        label = f"{'✗' if failed else '✓'}<span> {escape(CHECKED if plain else name)} {count}</span>"
    elif plain:
        classes += ["quiet" if kind == "imports" else "of-output"]
        label = f"{name}<span>{f': {kind}' * bool(kind)}{f' {count}' * bool(checks)}</span>"
    else:
        label = escape(name)
    self.body.append(f'<details class="hide {" ".join(classes)}">\n<summary>{label}</summary>\n')


def setup(app: Sphinx) -> ExtensionMetadata:
    """Replace the writer of folded cells."""
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_HideCellInput))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
