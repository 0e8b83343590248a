"""Fail the build when a public name of the package is not documented, shown by an example and explained on a page.

Public is what a module lists in ``__all__``, and the public methods of the classes among it. Each needs a docstring in
the source and an entry in the API reference. The functions and classes of ``__all__`` need an example in the docstring
too, and a page whose cells use them, or else a link in the docstring to what explains them. The source is parsed, not
imported, so that a build which changes prose alone does not load TensorFlow.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

PACKAGE = Path(__file__).parents[2] / "rnn_tutorial"
EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
LINK = re.compile(r":(doc|eq|numref|ref):`")
log = logging.getLogger(__name__)


def public_names(source: str, module: str) -> Iterator[tuple[str, str | None, bool]]:
    """Give each public name of a module's source in full, its docstring, and whether ``__all__`` lists it."""
    tree = ast.parse(source)
    yield module, ast.get_docstring(tree), False
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
            yield f"{module}.{node.name}", ast.get_docstring(node), True
            for member in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield f"{module}.{node.name}.{member.name}", ast.get_docstring(member), False


def undocumented(package: Path, known: set[str], used: set[str]) -> list[str]:
    """Say what each public name of a package lacks; ``known`` has an entry in the API reference, ``used`` a page."""
    faults = []
    for file in sorted(package.glob("*.py")):
        if file.name == "__init__.py":
            continue
        source = file.read_text(encoding="utf-8")
        for name, docstring, listed in public_names(source, f"{package.name}.{file.stem}"):
            if docstring is None:
                faults.append(f"{name} has no docstring")
            elif listed and not EXAMPLE.search(docstring):
                faults.append(f"{name} has no example; add lines with >>> to its docstring")
            if name not in known:
                faults.append(f"{name} is not in the API reference; add it to docs/reference/api/{file.stem}.md")
            if listed and name not in used and not LINK.search(docstring or ""):
                faults.append(
                    f"{name} is explained nowhere; use it in a cell of a page, or link its docstring to an equation or "
                    "a page with :eq: or :doc:"
                )
    return faults


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each fault; the build counts warnings as errors."""
    for fault in undocumented(PACKAGE, set(env.domains.python_domain.objects), set(env.api_pages_uses)):
        log.warning(fault, type="api_coverage")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the check to the end of reading."""
    app.setup_extension("api_pages")  # it finds what pages use
    app.connect("env-check-consistency", check)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
