"""Complete the API pages: an overview before the details, and the pages that use a name behind its docstring.

A module's docstring gets a table of the names in its ``__all__``, one line each. The docstring of each name that a
page's cells use gets a line with links to these pages; the cells are parsed, not run. When the pages that use a name
change, its API page is read again.
"""

import ast
from collections import defaultdict
from pathlib import Path
from typing import Any

from fresh_outputs import page_code
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

PACKAGE = "rnn_tutorial"


def used_names(code: str, package: str) -> set[str]:
    """Give in full the names of the package that a piece of code imports and then uses."""
    nodes = list(ast.walk(ast.parse(code)))
    bound: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    bound[alias.asname] = alias.name
                else:  # `import a.b` binds a
                    bound[alias.name.split(".")[0]] = alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}

    def in_full(node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return bound.get(node.id)
        if isinstance(node, ast.Attribute) and (owner := in_full(node.value)):
            return f"{owner}.{node.attr}"
        return None

    return {name for node in nodes if (name := in_full(node)) and name.startswith(f"{package}.")}


def pages_by_name(env: BuildEnvironment) -> dict[str, list[str]]:
    """Give for each name of the package the pages whose cells use it."""
    pages = defaultdict(list)
    for docname in sorted(env.found_docs):
        code = page_code(Path(env.doc2path(docname)).read_text(encoding="utf-8"))
        for name in used_names(code, env.config.api_pages_package):
            pages[name].append(docname)
    return dict(pages)


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> set[str]:
    """Find the uses anew, and name the API pages that tell old ones."""
    before, env.api_pages_uses = getattr(env, "api_pages_uses", {}), pages_by_name(env)
    told = env.domains.python_domain.objects
    names = before.keys() | env.api_pages_uses.keys()
    stale = {name for name in names & told.keys() if before.get(name) != env.api_pages_uses.get(name)}
    return {told[name].docname for name in stale} - removed


def complete(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put the table behind a module's docstring, and the links behind that of any other name."""
    if what == "module":
        app.env.note_dependency(obj.__file__)  # autosummary, which shows the first line elsewhere, does not
        lines += ["", ".. autosummary::", "   :nosignatures:", "", *(f"   {public}" for public in obj.__all__), ""]
    elif pages := app.env.api_pages_uses.get(name):
        lines += ["", f"Used on: {', '.join(f':doc:`/{page}`' for page in pages)}", ""]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("sphinx.ext.autosummary")
    app.add_config_value("api_pages_package", PACKAGE, "env", types=(str,))
    app.connect("env-get-outdated", outdated)
    # behind sphinx_autodoc_typehints, which writes the types into what it finds
    app.connect("autodoc-process-docstring", complete, priority=900)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
