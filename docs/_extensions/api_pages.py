"""Complete the API pages: a table of each module's names, and links from each name to the pages that use it.

The table has a line for each name in the module's ``__all__``. The cells of pages are parsed, not run; the package is
named like the site's ``project``.
"""

import ast
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from execution import page_code
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata


def used_names(code: str, package: str) -> set[str]:
    """Return the full names of a package that code imports by ``from`` and then uses."""
    nodes, bound = list(ast.walk(ast.parse(code))), dict[str, str]()
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}

    def in_full(node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return bound.get(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        owner = in_full(node.value)
        return f"{owner}.{node.attr}" if owner else None

    return {name for node in nodes if (name := in_full(node)) and name.startswith(f"{package}.")}


class Uses:
    """The pages whose cells use each name."""

    def find(self, app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
        """Read the cells of all pages, and load Keras before Sphinx forks, for else each process that reads does."""
        if any(docname.startswith("reference/api/") for docname in docnames):
            import_module("keras")
        self.pages = defaultdict[str, list[str]](list)
        for docname in sorted(env.found_docs):
            code = page_code(Path(env.doc2path(docname)).read_text(encoding="utf-8"))
            for name in used_names(code, app.config.project):
                self.pages[name].append(docname)

    def complete(self, app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
        """Append the table to a module's docstring, and the links to that of any other name."""
        if what == "module":
            lines += ["", ".. autosummary::", "   :nosignatures:", "", *(f"   {public}" for public in obj.__all__), ""]
        elif pages := self.pages.get(name):
            lines += ["", f"Used on: {', '.join(f':doc:`/{page}`' for page in pages)}", ""]


def adopt(app: Sphinx, doctree: nodes.document) -> None:
    """Make nodes name their page as their document: the one of MyST's ``eval-rst`` keeps the whole environment."""
    for node in doctree.findall():
        node.document = doctree


def forget_sources(app: Sphinx, env: Any) -> None:
    """Leave out modules whose source no name links to; viewcode does it only where one process reads all pages.

    So it is in Sphinx 9.0 to 9.2; ``tests/extensions/test_inside.py`` fails when a release moves what is taken there.
    """
    modules = getattr(env, "_viewcode_modules", {})
    for module in [module for module, facts in modules.items() if not facts or not facts[2]]:
        del modules[module]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("sphinx.ext.autosummary")
    uses = Uses()
    app.connect("env-before-read-docs", uses.find)
    app.connect("doctree-read", adopt)
    app.connect("env-updated", forget_sources)
    # behind sphinx_autodoc_typehints, which writes the types into what it finds
    app.connect("autodoc-process-docstring", uses.complete, priority=900)
    return {"version": "2", "env_version": 1, "parallel_read_safe": True}
