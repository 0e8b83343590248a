"""Publish what the cells of pages claim as data in ``claims.json``, and say in its place what does not hold.

:func:`rnn_tutorial.claims.claim` leaves each claim in a page's outputs. One that holds is removed from the page, whose
foot lists all of them, and counts the assertions. One that does not is shown by the page, and told at the end of the
build; in continuous integration, where the variable ``CI`` is set, it is a warning, which fails the build.

A headline, which is a glued number on the home page, on the index of a section or in the lead of a page, is a warning,
too, unless :func:`rnn_tutorial.claims.glue_numbers` was told that at least three seeds are behind it, or none.

On reviews other than the bundled ones, which each page names that reads them, a cell may fail. Then a note stands
behind it instead of its traceback, and a placeholder where a page would show its number, or that of its figure.

In the file each claim is a record, one per line, sorted by page. The head has what determines the outputs: the digest
of the package's code, versions, CPU kernels, and for each page its digest, which also depends on reviews and runs.
"""

import ast
import html
import json
import math
import os
import platform
import re
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import execution
import numpy as np
from docutils import nodes
from execution import loads_given_reviews, page_code
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.ext.glue.utils import PendingGlueReference
from site_parts import absent
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.code import code_digest
from rnn_tutorial._cpu_kernels import pinned_cpu_kernels
from rnn_tutorial.claims import Claim
from rnn_tutorial.provenance import machine
from rnn_tutorial.sentiment.evaluation import mean_interval

CLAIMS, FAILED = "page_claims", "page_failed_cells"  # what Sphinx' environment keeps of a page
LAST = "How this page was run"  # the heading of a page's last section
ERROR = re.compile(r"^[\w.]*(?:Error|Exception)\b.*", re.MULTILINE)
HEADLINE = """\
a headline shows `%s`, whose glue_numbers has seeds=%s: expected those of at least three runs, or () if nothing is \
random; else say it without the number"""
log = logging.getLogger(__name__)


def claims_in(output: str) -> Iterator[Claim]:
    """Parse the claims in an HTML output."""
    for found in re.findall(r'class="[^"]*\bclaim\b[^"]*" data-claim="([^"]*)"', output):
        facts = json.loads(html.unescape(found))
        yield Claim(**{name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()})


def collect_claims(app: Sphinx, doctree: nodes.document) -> None:
    """Store the claims of a page and the cells that failed, remove claims that hold, and list all at its end."""
    facts = app.env.metadata[app.env.docname]
    claims, failed, code, exact, passed = [], [], "", 0, 0
    facts[CLAIMS], facts[FAILED] = claims, failed
    for cell in [part for part in doctree.findall(nodes.container) if part.get("nb_element") == "cell_code"]:
        source = cell[0].astext()
        asserts = sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))
        errors = [block for block in cell.findall(nodes.literal_block) if "traceback" in block["classes"]]
        code, exact, passed = f"{code}{source}\n", exact + asserts, passed + asserts * (not errors)
        for output in list(cell.findall(nodes.raw)):
            found = list(claims_in(output.astext()))
            claims += [(claim, cell.line, *section_of(cell)) for claim in found]
            if found and cell.next_node(nodes.figure):
                log.warning("a claim needs a cell without a figure", location=cell, type="claims")
            if found and all(claim.holds for claim in found):
                remove(output)
            elif found:
                cell[0]["failed"] = True  # page_html says it, too
        for output in errors:
            failed.append((cell.line, note_failure(cell, output.astext())))
            remove(output)
    if claims or exact:
        end = list(doctree.findall(nodes.section))[-1:]
        last = end[0] if end and end[0].next_node(nodes.title).astext() == LAST else doctree
        listed = checks_of([claim for claim, *_ in claims], exact, passed)
        last.append(nodes.raw("", listed, format="html", classes=["checks"]))
    reviews = os.environ.get("RNN_TUTORIAL_REVIEWS", "")
    if reviews not in ("", "bundled") and loads_given_reviews(code):
        name = "Keras' copy of the reviews" if reviews == "keras" else Path(reviews).name
        text = f"This page ran with {name}. Its text was written about other reviews."
        title = doctree.next_node(nodes.title)
        title.parent.insert(title.parent.index(title) + 1, nodes.note("", nodes.paragraph("", text)))


def section_of(node: nodes.Node) -> tuple[str, str]:
    """Return the anchor and the heading of the section around a node; empty above the first."""
    while node := node.parent:
        if isinstance(node, nodes.section):
            return node["ids"][0], node.next_node(nodes.title).astext()
    return "", ""


def remove(output: nodes.Node) -> None:
    """Remove an output in all its forms from its page, with the containers that become empty."""
    while isinstance(around := output.parent, nodes.container):
        if len(around) > 1 and around.get("nb_element") != "mime_bundle":
            break
        output = around
    output.parent.remove(output)


def note_failure(cell: nodes.container, traceback: str) -> str:
    """Put a note behind a cell that failed, and return its error, with the line of an assertion without a message."""
    error = (ERROR.findall(traceback) or traceback.splitlines())[-1].strip(": ")
    if error == "AssertionError" and (line := re.search(r"^-+> \d+ (.*)", traceback, re.MULTILINE)):
        error = f"{error}: {line[1].strip()}"
    so = "So what the text says about it may not hold for the numbers on this page."
    note = nodes.admonition("", nodes.title("", "This cell failed with these reviews"), classes=["warning"])
    note += [nodes.paragraph("", "", nodes.literal("", error)), nodes.paragraph("", so)]
    cell.parent.insert(cell.parent.index(cell) + 1, nodes.container("", note, classes=["cell"]))
    cell[0]["failed"] = True
    return error


def checks_of(claims: list[Claim], exact: int, passed: int) -> str:
    """Return a page's checks as a folded list in HTML."""
    held = sum(claim.holds for claim in claims)
    said = [f"{passed} of {exact} exact checks" if passed < exact else f"{exact} exact checks"] * bool(exact)
    said += [f"{held} of {len(claims)} claims"] * bool(claims)
    rows = "".join(f"<li>{html.escape(f'{of.statement}: {of.expected}; found {of.found}')}</li>" for of in claims)
    listed = f"<ul>{rows}</ul>" if rows else "<p>Each stands in a cell as an <code>assert</code>.</p>"
    summary = f"Checks of this page that hold: {' and '.join(said)}"
    return f'<details class="checks"><summary>{summary}</summary>{listed}</details>'


def known(env: BuildEnvironment, what: str) -> Iterator[tuple[Any, ...]]:
    """Yield the claims or the failed cells of all pages, sorted by page and in their order on each."""
    for page in sorted(env.found_docs):
        yield from ((page, *facts) for facts in env.metadata[page].get(what, []))


def tell(app: Sphinx, error: Exception | None) -> None:
    """Report the cells that failed and the claims that do not hold; Sphinx is quiet, so they are printed."""
    fatal = os.environ.get("CI", "").lower() not in ("", "0", "false") and not app.config.nb_execution_allow_errors
    for page, line, failure in known(app.env, FAILED):
        print(f"rnn_tutorial: {page}:{line}: this cell failed: {failure}")
    for page, claim, line, *_ in known(app.env, CLAIMS) if error is None else ():
        text = f"on this machine it came out otherwise: {claim.statement}: {claim.expected}; {claim.found}"
        if not claim.holds and fatal:
            log.warning(text, location=(page, line), type="claims")
        elif not claim.holds:
            print(f"rnn_tutorial: {page}:{line}: {text}")


def record(claim: Claim, **place: str) -> dict[str, Any]:
    """Return a claim as a record of the file; numbers that JSON cannot represent become null."""
    values, mean, interval = claim.values, None, None
    if all(map(math.isfinite, values)):
        mean = float(np.mean(values))
        if len(values) >= 3:
            half_width = mean_interval(values)[1]
            interval = [mean - half_width, mean + half_width]
    numbers = [value if math.isfinite(value) else None for value in values]
    more = {"values": numbers, "n": len(values), "mean": mean, "interval": interval, "holds": claim.holds}
    return place | asdict(claim) | more


def write_file(app: Sphinx, error: Exception | None) -> None:
    """Write the file, with full addresses if the site has one, if the output is HTML."""
    if error is not None or app.builder.format != "html":
        return
    env, claims, pages, cells = app.env, [], {}, ""
    for page, claim, _, anchor, section in known(env, CLAIMS):
        address = urljoin(app.config.html_baseurl, app.builder.get_target_uri(page))
        claims.append(record(claim, page=page, section=section, address=f"{address}#{anchor}"))
        pages[page] = {"title": env.titles[page].astext(), "digest": env.metadata[page][execution.DIGEST]}
    for page in pages:
        cells += page_code(Path(env.doc2path(page)).read_text(encoding="utf-8")) + "\n"
    head = {
        "project": app.config.project,
        "version": app.config.release,
        "code": code_digest(cells, Path(app.config.execution_package)),
        "python": platform.python_version(),
        "libraries": {library: version(library) for library in execution.LIBRARIES},
        "cpu_kernels": pinned_cpu_kernels(),
        "machine": machine(),
        "pages": pages,
    }
    lines = ",\n".join(f"  {json.dumps(claim, ensure_ascii=False, allow_nan=False)}" for claim in claims)
    begin = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    Path(app.outdir, "claims.json").write_text(f'{begin},\n "claims": [\n{lines}\n ]\n}}\n', encoding="utf-8")


class Glued(PasteTextRole):
    """The role of a glued number, which MyST-NB omits if there is none."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number, with its name, or what stands in its place."""
        found, messages = super().run()
        for node in found:
            node["glued"] = self.text.rpartition(":")[0].rpartition("::")[2] or self.text
        return found or [absent()], messages


class GluedNumbers(SphinxPostTransform):
    """What other pages glue, which MyST-NB omits if there is none, and the seeds behind the numbers of headlines."""

    default_priority = 4  # before MyST-NB's

    def run(self, **_: Any) -> None:
        """Insert what stands in the place of what is absent, and refuse headlines from a lucky seed."""
        docname, folder = self.env.docname, self.env.mystnb_config.output_folder
        for node in list(self.document.findall(nodes.Element)):
            elsewhere, name = isinstance(node, PendingGlueReference), node.get("glued")
            output = read_glue_cache(folder, node.refdoc if elsewhere else docname) if elsewhere or name else {}
            if elsewhere and node.key not in output:
                node.parent.insert(node.parent.index(node), absent())
            elif name and (docname.rpartition("/")[2] == "index" or in_lead(node)):
                seeds = output[name]["metadata"].get("seeds")
                if seeds is None or 0 < len(seeds) < 3:
                    log.warning(HEADLINE, name, seeds, location=node, type="claims")


def in_lead(node: nodes.Node) -> bool:
    """Return whether a node stands before the first section below its page's title."""
    sections = 0
    while node := node.parent:
        sections += isinstance(node, nodes.section)
    return sections < 2


def number_absent(app: Sphinx, env: BuildEnvironment, node: nodes.Element, text: nodes.Node) -> nodes.Node | None:
    """Return what stands in the place of a missing figure's number."""
    return absent() if node["reftype"] == "numref" and app.config.nb_execution_allow_errors else None


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("execution")
    app.add_role_to_domain("glue", "text", Glued(), override=True)
    app.add_post_transform(GluedNumbers)
    app.connect("missing-reference", number_absent)
    app.connect("doctree-read", collect_claims)
    app.connect("build-finished", tell)
    app.connect("build-finished", write_file)
    return {"version": "1", "env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
