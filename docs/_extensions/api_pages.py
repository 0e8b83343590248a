"""Complete the API pages: a table of each module's names, and links from each name to the pages that use it.

A module's docstring gets a table of the names in its ``__all__``, one line each. The docstring of each name that the
cells of a page use gets a line with links to these pages; the cells are parsed, not run. When the pages that use a name
change, its API page is read again.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from page_code import page_code, used_names
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

PACKAGE = "rnn_tutorial"


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> set[str]:
    """Find the pages whose cells use each name, and return the API pages whose links are out of date."""
    pages: dict[str, list[str]] = defaultdict(list)
    for docname in sorted(env.found_docs):
        code = page_code(Path(env.doc2path(docname)).read_text(encoding="utf-8"))
        for name in used_names(code, app.config.api_pages_package):
            pages[name].append(docname)
    before, env.api_pages_uses = getattr(env, "api_pages_uses", {}), dict(pages)
    told = env.domains.python_domain.objects
    return {told[name].docname for name in told if before.get(name) != pages.get(name)} - removed


def complete(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Append the table to a module's docstring, and the links to that of any other name."""
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
