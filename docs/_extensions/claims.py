"""Collect the claims of the pages, and tell at the end of the build which do not hold here.

:func:`rnn_tutorial.claims.claim` leaves each claim in a page's outputs. In continuous integration, where the variable
``CI`` is set, a claim that does not hold is a warning, which fails the build. Elsewhere the page says so in its place,
and the build lists such claims at its end and writes them to ``claims.json`` among the doctrees.
"""

import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from fresh_outputs import CODE_CELL
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial.claims import Claim

RECORD = re.compile(r'class="[^"]*\bclaim\b[^"]*" data-claim="([^"]*)"')
log = logging.getLogger(__name__)


def claims_in(output: str) -> Iterator[Claim]:
    """Read the claims that an output in HTML holds."""
    for record in RECORD.findall(output):
        facts = json.loads(html.unescape(record))
        yield Claim(**facts | {"values": tuple(facts["values"])})


def check_places(app: Sphinx, docname: str, source: list[str]) -> None:
    """Warn of a claim in the cell of a figure, before a page runs: MyST-NB makes a figure of each output there."""
    for cell in CODE_CELL.finditer(source[0]):
        if "\n  figure:" in cell[1] and "claim(" in cell[1]:
            line = source[0].count("\n", 0, cell.start()) + 1
            log.warning("a claim needs a cell without a figure", location=(docname, line), type="claims")


def in_continuous_integration() -> bool:
    """Tell whether a claim that does not hold shall fail the build."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what a page claims and does not find."""
    failed = []
    for output in doctree.findall(nodes.raw):
        for claim in claims_in(output.astext()):
            if not claim.holds:
                facts = {"statement": claim.statement, "expected": claim.expected, "found": claim.found}
                failed.append({"page": app.env.docname, "line": _line(output)} | facts)
    _failed(app.env)[app.env.docname] = failed


def _line(node: nodes.Node | None) -> int | None:
    """Give the line of the nearest node around an output that has one: its cell's."""
    while node is not None and not node.line:
        node = node.parent
    return node and node.line


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Let the claims of a page go that is read again, or gone."""
    _failed(env).pop(docname, None)


def _failed(env: BuildEnvironment) -> dict[str, list[dict[str, Any]]]:
    if not hasattr(env, "failed_claims"):
        env.failed_claims = {}
    return env.failed_claims


def tell(app: Sphinx, error: Exception | None) -> None:
    """List the claims that do not hold, and write them for ``docs/build.py``."""
    if error is not None:
        return
    failed = [claim for _, of_page in sorted(_failed(app.env).items()) for claim in of_page]
    (Path(app.doctreedir) / "claims.json").write_text(json.dumps(failed, indent=1), encoding="utf-8")
    for claim in failed:
        text = f"on this machine it came out otherwise: {claim['statement']}: {claim['expected']}; {claim['found']}"
        location = (claim["page"], claim["line"])
        if in_continuous_integration():
            log.warning(text, location=location, type="claims")
        else:
            log.info("%s:%s: %s", *location, text)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to each page that is read, and to the end of the build."""
    app.connect("source-read", check_places)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", tell, priority=400)  # before what marks the build as done
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
