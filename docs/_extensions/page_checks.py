"""Check that each page shows only numbers that a cell produces, and report claims that fail.

``sphinx-build -D nb_execution_mode=off`` finds mistakes in references, docstrings, citations and anchors before the
first network trains. But it warns of everything that only a cell produces, and a mistyped name would be lost among
those warnings. So if no page runs, the cells are parsed instead. A figure is known if a cell names it. A number is
known if a cell of its page glues it. What no cell produces is reported, and so is a name that two figures share.

:func:`rnn_tutorial.claims.claim` leaves each claim in a page's outputs. In continuous integration, where the variable
``CI`` is set, a claim that does not hold is a warning, which fails the build. Elsewhere the page says so in its place,
and the build lists such claims at its end. ``claims_file`` publishes all of them. A claim that holds is removed from
the page; the page's foot lists all of them, and counts the assertions.
"""

import ast
import html
import json
import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from docutils import nodes
from page_code import CODE_CELL, OPTIONS, glued_keys, page_code
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.domains import Domain
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial.claims import Claim

ONLY_OUTPUTS = [
    "explorer",
    "myst-nb.lexer",
    "mystnb.glue",
    "mystnb.glue_ref",
    "predict",
]  # they speak of missing outputs alone
SHOWN = re.compile(r"{glue:text}`(?:(?P<page>[^`:]+)\.md::)?(?P<key>[^`:]+)(?::[^`]*)?`")
RECORD = re.compile(r'class="[^"]*\bclaim\b[^"]*" data-claim="([^"]*)"')
RUN = "How this page was run"  # the heading of a page's last section
CLAIMS = "page_checks_claims"  # what Sphinx' environment keeps of a page
log = logging.getLogger(__name__)


def figure_names(page: str) -> set[str]:
    """Return the names of the figures that the cells of a page produce."""
    blocks = (OPTIONS.match(cell)[1] for cell in CODE_CELL.findall(page) if cell.startswith("---\n"))
    options = (next(yaml.safe_load_all(block)) for block in blocks)  # the line that ends a block begins another
    return {option.get("mystnb", {}).get("figure", {}).get("name") for option in options} - {None}


def suppress(app: Sphinx, config: Config) -> None:
    """Suppress the warnings about missing outputs and parse the cells instead, if no page runs."""
    if config.nb_execution_mode == "off":
        config.suppress_warnings = [*config.suppress_warnings, *ONLY_OUTPUTS]
        app.connect("warn-missing-reference", is_known_figure)
        app.connect("env-check-consistency", check_keys)
        app.connect("env-check-consistency", check_names)


def is_known_figure(app: Sphinx, domain: Domain, node: pending_xref) -> bool | None:
    """Return True for a figure that a cell would produce, otherwise None, so that Sphinx decides."""
    pages = (Path(app.env.doc2path(docname)).read_text(encoding="utf-8") for docname in app.env.found_docs)
    return (node["reftype"] == "numref" and any(node["reftarget"] in figure_names(page) for page in pages)) or None


def check_keys(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each number that a page shows and no cell glues."""
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


def check_names(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each figure name that the cells of two pages use."""
    first: dict[str, str] = {}
    for name in sorted(env.found_docs):
        for figure in sorted(figure_names(Path(env.doc2path(name)).read_text(encoding="utf-8"))):
            if (other := first.setdefault(figure, name)) != name:
                log.warning("duplicate figure %s, other instance in %s", figure, other, location=name, type="figure")


def claims_in(output: str) -> Iterator[Claim]:
    """Parse the claims in an HTML output."""
    for record in RECORD.findall(output):
        facts = json.loads(html.unescape(record))
        yield Claim(**{name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()})


def check_places(app: Sphinx, docname: str, source: list[str]) -> None:
    """Warn, before a page runs, of a claim in a figure's cell, because MyST-NB makes each output there a figure."""
    for cell in CODE_CELL.finditer(source[0]):
        if "\n  figure:" in cell[1] and "claim(" in cell[1]:
            line = source[0].count("\n", 0, cell.start()) + 1
            log.warning("a claim needs a cell without a figure", location=(docname, line), type="claims")


@dataclass(frozen=True)
class Made:
    """A claim and where it was made: page, line, anchor and heading."""

    claim: Claim
    page: str
    line: int | None
    anchor: str
    section: str


def collect_claims(app: Sphinx, doctree: nodes.document) -> None:
    """Store the claims of a page, remove those that hold, and list all of them at its end."""
    made = app.env.metadata[app.env.docname][CLAIMS] = []
    for output in list(doctree.findall(nodes.raw)):
        found = list(claims_in(output.astext()))
        made += [Made(claim, app.env.docname, line_of(output), *section_of(output)) for claim in found]
        if found and all(claim.holds for claim in found):
            leave_out(output)
    path = Path(app.env.doc2path(app.env.docname))
    exact = count_asserts(path.read_text(encoding="utf-8")) if path.suffix == ".md" else 0
    if made or exact:
        last = list(doctree.findall(nodes.section))[-1:]
        ends = last and last[0].next_node(nodes.title).astext() == RUN
        listed = nodes.raw("", checks_of([of.claim for of in made], exact), format="html", classes=["checks"])
        (last[0] if ends else doctree).append(listed)


def leave_out(output: nodes.Node) -> None:
    """Remove an output that shows nothing from its page, with the containers around it."""
    bundle: nodes.Node | None = output  # all forms of the output, of which a page shows one
    while bundle is not None and getattr(bundle, "attributes", {}).get("nb_element") != "mime_bundle":
        bundle = bundle.parent
    output = bundle or output
    while isinstance(output.parent, nodes.container) and len(output.parent) == 1:
        output = output.parent
    output.parent.remove(output)


def count_asserts(page: str) -> int:
    """Count the assertions in the cells of a page."""
    return sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(page_code(page))))


def checks_of(claims: list[Claim], exact: int) -> str:
    """Return a page's checks as a folded list in HTML."""
    held = sum(claim.holds for claim in claims)
    said = [f"{exact} exact checks"] * bool(exact) + [f"{held} of {len(claims)} claims"] * bool(claims)
    rows = "".join(
        f"<li>{html.escape(claim.statement)}: {html.escape(claim.expected)}; found {html.escape(claim.found)}</li>"
        for claim in claims
    )
    summary = f"Checks of this page that hold: {' and '.join(said)}"
    listed = f"<ul>{rows}</ul>" if rows else "<p>Each stands in a cell as an <code>assert</code>.</p>"
    return f'<details class="checks"><summary>{summary}</summary>{listed}</details>'


def line_of(node: nodes.Node | None) -> int | None:
    """Return the line of an output's cell, which is that of the nearest node around it with a line."""
    while node is not None and not node.line:
        node = node.parent
    return node and node.line


def section_of(node: nodes.Node | None) -> tuple[str, str]:
    """Return the anchor and the heading of the section of an output; empty above the first heading."""
    while node is not None and not isinstance(node, nodes.section):
        node = node.parent
    return (node["ids"][0], node.next_node(nodes.title).astext()) if node else ("", "")


def all_claims(env: BuildEnvironment) -> list[Made]:
    """Return the claims of all pages, sorted by page and in their order on each."""
    return [made for docname in sorted(env.found_docs) for made in env.metadata[docname].get(CLAIMS, [])]


def tell_claims(app: Sphinx, error: Exception | None) -> None:
    """Report the claims that do not hold; ``docs/build.py`` shows the lines."""
    fatal = os.environ.get("CI", "").lower() not in ("", "0", "false")
    for made in [made for made in all_claims(app.env) if not made.claim.holds and error is None]:
        claim = made.claim
        text = f"on this machine it came out otherwise: {claim.statement}: {claim.expected}; {claim.found}"
        if fatal:
            log.warning(text, location=(made.page, made.line), type="claims")
        else:
            log.info("rnn_tutorial: %s:%s: %s", made.page, made.line, text)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.connect("config-inited", suppress)
    app.connect("source-read", check_places)
    app.connect("doctree-read", collect_claims)
    app.connect("build-finished", tell_claims)
    return {"version": "1", "env_version": 3, "parallel_read_safe": False, "parallel_write_safe": True}
