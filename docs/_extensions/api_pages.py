"""Complete the API pages: a table of each module's names, and links from each name to the pages that use it.

The table has a line for each name in the module's ``__all__``. The cells of pages are parsed, not run; the package is
named like the site's ``project``.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from execution import page_code, used_names
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata


def find_uses(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Store the pages whose cells use each name."""
    env.pages_using = defaultdict(list)
    for docname in sorted(env.found_docs):
        code = page_code(Path(env.doc2path(docname)).read_text(encoding="utf-8"))
        for name in used_names(code, app.config.project):
            env.pages_using[name].append(docname)


def complete(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Append the table to a module's docstring, and the links to that of any other name."""
    if what == "module":
        lines += ["", ".. autosummary::", "   :nosignatures:", "", *(f"   {public}" for public in obj.__all__), ""]
    elif pages := app.env.pages_using.get(name):
        lines += ["", f"Used on: {', '.join(f':doc:`/{page}`' for page in pages)}", ""]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("sphinx.ext.autosummary")
    app.connect("env-before-read-docs", find_uses)
    # behind sphinx_autodoc_typehints, which writes the types into what it finds
    app.connect("autodoc-process-docstring", complete, priority=900)
    return {"version": "2", "env_version": 1, "parallel_read_safe": True}
