"""Label each folded cell with its title or the number of its checks: MyST-NB has "Toggle hidden content" for all."""

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


def setup(app: Sphinx) -> ExtensionMetadata:
    """Replace the writer of folded cells."""
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_HideCellInput))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
