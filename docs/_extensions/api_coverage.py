"""Fail the build when a public name of the package is not documented.

Public is what a module lists in ``__all__``, and the public methods of the classes among it. Each needs a docstring in
the source and an entry in the API reference. The source is parsed, not imported, so that a build which changes prose
alone does not load TensorFlow.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

PACKAGE = Path(__file__).parents[2] / "rnn_tutorial"
log = logging.getLogger(__name__)


def public_names(source: str, module: str) -> Iterator[tuple[str, bool]]:
    """Give each public name of a module's source in full, and whether it has a docstring."""
    tree = ast.parse(source)
    yield module, ast.get_docstring(tree) is not None
    listed = next(
        (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "__all__"
        ),
        [],
    )
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in listed:
            yield f"{module}.{node.name}", ast.get_docstring(node) is not None
            for member in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield f"{module}.{node.name}.{member.name}", ast.get_docstring(member) is not None


def undocumented(package: Path, known: set[str]) -> list[str]:
    """Say what is wrong with each public name of a package that has no docstring or no entry among the known ones."""
    faults = []
    for file in sorted(package.glob("*.py")):
        if file.name == "__init__.py":
            continue
        for name, has_docstring in public_names(file.read_text(encoding="utf-8"), f"{package.name}.{file.stem}"):
            if not has_docstring:
                faults.append(f"{name} has no docstring")
            if name not in known:
                faults.append(f"{name} is not in the API reference; add it to docs/reference/api/{file.stem}.md")
    return faults


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each fault; the build counts warnings as errors."""
    for fault in undocumented(PACKAGE, set(env.domains.python_domain.objects)):
        log.warning(fault, type="api_coverage")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the check to the end of reading."""
    app.connect("env-check-consistency", check)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
