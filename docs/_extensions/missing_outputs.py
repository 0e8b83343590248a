"""Let the site be checked without running a page: ``sphinx-build -D nb_execution_mode=off``.

Such a build finds mistakes in references, docstrings, citations and anchors before the first network trains. But it
warns of everything that only a cell brings, and a mistyped name would hide among those warnings. While no page runs,
this extension reads the cells instead. A figure is known when a cell names it. A number is known when a cell of its
page hands it over with ``glue``. What no cell brings is reported. When pages run, the extension does nothing.
"""

import ast
import posixpath
import re
from pathlib import Path

import yaml
from fresh_outputs import CODE_CELL, page_code
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.domains import Domain
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

ONLY_OUTPUTS = ["explorer", "myst-nb.lexer", "mystnb.glue", "mystnb.glue_ref"]  # they speak of missing outputs alone
CELL_OPTIONS = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
SHOWN = re.compile(r"{glue:text}`(?:(?P<page>[^`:]+)\.md::)?(?P<key>[^`:]+)(?::[^`]*)?`")
log = logging.getLogger(__name__)


def figure_names(page: str) -> set[str]:
    """Name the figures that the cells of a page bring."""
    options = (yaml.safe_load(found[1]) for cell in CODE_CELL.findall(page) if (found := CELL_OPTIONS.match(cell)))
    return {option["mystnb"]["figure"]["name"] for option in options if "figure" in option.get("mystnb", {})}


def glued_keys(code: str) -> list[re.Pattern[str]]:
    """Give a pattern for each key that code glues; a part that the code computes may be anything."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    keys = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "glue"]
    parts = (key.values if isinstance(key, ast.JoinedStr) else [key] for key in keys)
    return [
        re.compile("".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in key))
        for key in parts
    ]


def runs_pages(config: Config) -> bool:
    """Tell whether the pages of this build have outputs."""
    return config.nb_execution_mode != "off"


def suppress(app: Sphinx, config: Config) -> None:
    """Leave out the warnings that speak of missing outputs alone."""
    if not runs_pages(config):
        config.suppress_warnings = [*config.suppress_warnings, *ONLY_OUTPUTS]


def is_known_figure(app: Sphinx, domain: Domain, node: pending_xref) -> bool | None:
    """Tell Sphinx that a figure would be there if its cell had run."""
    if runs_pages(app.config) or node["reftype"] != "numref":
        return None
    pages = (Path(app.env.doc2path(docname)).read_text(encoding="utf-8") for docname in app.env.found_docs)
    return any(node["reftarget"] in figure_names(page) for page in pages) or None


def check_keys(app: Sphinx, env: BuildEnvironment) -> None:
    """Report each number that a page shows, and that no cell hands over."""
    if runs_pages(app.config):
        return
    pages = {name: Path(env.doc2path(name)).read_text(encoding="utf-8") for name in sorted(env.found_docs)}
    keys = {name: glued_keys(page_code(page)) for name, page in pages.items()}
    for name, page in pages.items():
        for shown in SHOWN.finditer(page):
            lender = shown["page"] and posixpath.normpath(posixpath.join(posixpath.dirname(name), shown["page"]))
            if not any(key.fullmatch(shown["key"]) for key in keys.get(lender or name, [])):
                place = (name, page.count("\n", 0, shown.start()) + 1)
                log.warning(
                    "no cell of %s glues %s, which {glue:text} shows here", lender or name, shown["key"],
                    location=place, type="missing_outputs",
                )  # fmt: skip


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the configuration, to references without a target, and to the moment when all pages are read."""
    app.connect("config-inited", suppress)
    app.connect("warn-missing-reference", is_known_figure)
    app.connect("env-check-consistency", check_keys)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
