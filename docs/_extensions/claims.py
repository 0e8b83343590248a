"""Publish what the cells of pages claim as data in ``claims.json``, and say in its place what does not hold.

:func:`rnn_tutorial.claims.claim` leaves each claim in a page's outputs. One that holds is removed from the page, whose
foot lists all of them, and counts the assertions. One that does not is shown by the page, and told at the end of the
build; in continuous integration, where the variable ``CI`` is set, it is a warning, which fails the build.

In the file each claim has a line, sorted by page. The head has what determines the outputs: the digest of the package's
code, versions, CPU kernels, and for each page its digest, which also depends on reviews and runs.
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
from execution import record
from page import around
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.code import code_digest
from rnn_tutorial._cpu_kernels import pinned_cpu_kernels
from rnn_tutorial.claims import Claim
from rnn_tutorial.provenance import machine
from rnn_tutorial.sentiment.evaluation import mean_interval

CLAIMS = "page_claims"  # what Sphinx' environment keeps of a page
log = logging.getLogger(__name__)


def claims_in(output: str) -> Iterator[Claim]:
    """Parse the claims in an HTML output."""
    for facts in re.findall(r'class="[^"]*\bclaim\b[^"]*" data-claim="([^"]*)"', output):
        fields: dict[str, Any] = json.loads(html.unescape(facts))
        fields |= {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
        yield Claim(**fields)


def collect_claims(app: Sphinx, doctree: nodes.document) -> None:
    """Store the claims of a page, remove those that hold, and list all at its end."""
    claims, exact = list[tuple[Claim, int, str, str]](), 0
    app.env.metadata[app.env.docname][CLAIMS] = claims
    cells = record(app.env, app.env.docname)["cells"]
    shown = [part for part in doctree.findall(nodes.container) if part.get("nb_element") == "cell_code"]
    for cell in shown if cells else ():
        code = ast.parse(cells[cell["exec_count"] - 1]["source"])
        exact += sum(isinstance(node, ast.Assert) for node in ast.walk(code))
        section = next(around(cell, nodes.section))
        place = cell.line, section["ids"][0], section.next_node(nodes.title).astext()
        for output in list(cell.findall(nodes.raw)):
            of_output = list(claims_in(output.astext()))
            claims += [(claim, *place) for claim in of_output]
            if of_output and cell.next_node(nodes.figure):
                log.warning("a claim needs a cell without a figure", location=cell, type="claims")
            if of_output and all(claim.holds for claim in of_output):
                remove(output)
            elif of_output:
                cell[0]["failed"] = True  # what labels a folded cell says it, too
    if claims or exact:
        *_, last = doctree.findall(nodes.section)
        listed = checks_of([claim for claim, *_ in claims], exact)
        last.append(nodes.raw("", listed, format="html", classes=["checks"]))


def note_reviews(app: Sphinx, doctree: nodes.document) -> None:
    """Say at the top of a page that it ran with other reviews."""
    code = "\n".join(cell["source"] for cell in record(app.env, app.env.docname)["cells"])
    if (reviews := execution.other_reviews()) and execution.loads_given_reviews(code):
        name = "Keras' copy of the reviews" if reviews == "keras" else Path(reviews).name
        text = f"This page ran with {name}. Its text was written about other reviews."
        title = doctree.next_node(nodes.title)
        title.parent.insert(title.parent.index(title) + 1, nodes.note("", nodes.paragraph("", text)))


def remove(output: nodes.Node) -> None:
    """Remove an output in all its forms from its page, with the containers that become empty."""
    while isinstance(holder := output.parent, nodes.container):
        if len(holder) > 1 and holder.get("nb_element") != "mime_bundle":
            break
        output = holder
    output.parent.remove(output)


def checks_of(claims: list[Claim], exact: int) -> str:
    """Return a page's checks as a folded list in HTML."""
    held = sum(claim.holds for claim in claims)
    counts = [f"{exact} exact checks"] * bool(exact) + [f"{held} of {len(claims)} claims"] * bool(claims)
    rows = "".join(f"<li>{html.escape(f'{of.statement}: {of.expected}; found {of.found}')}</li>" for of in claims)
    listed = f"<ul>{rows}</ul>" if rows else "<p>Each stands in a cell as an <code>assert</code>.</p>"
    summary = f"Checks of this page that hold: {' and '.join(counts)}"
    return f'<details class="checks"><summary>{summary}</summary>{listed}</details>'


def claims_of(env: BuildEnvironment) -> Iterator[tuple[Any, ...]]:
    """Yield the claims of all pages, sorted by page and in their order on each."""
    for page in sorted(env.found_docs):
        yield from ((page, *facts) for facts in env.metadata[page].get(CLAIMS, []))


def tell(app: Sphinx, error: Exception | None) -> None:
    """Report the claims that do not hold; Sphinx is quiet, so they are printed."""
    fatal = os.environ.get("CI", "").lower() not in ("", "0", "false") and not execution.other_reviews()
    for page, claim, line, *_ in claims_of(app.env) if error is None else ():
        text = f"on this machine it came out otherwise: {claim.statement}: {claim.expected}; {claim.found}"
        if not claim.holds and fatal:
            log.warning(text, location=(page, line), type="claims")
        elif not claim.holds:
            print(f"rnn_tutorial: {page}:{line}: {text}")


def entry(claim: Claim, **place: str) -> dict[str, Any]:
    """Return a claim as an entry of the file; numbers that JSON cannot represent become null."""
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
    """Write the file into the site, with full addresses if it has one."""
    if error is not None or app.builder.name != "html":
        return
    env, claims, pages, cells = app.env, [], {}, ""
    for page, claim, _, anchor, section in claims_of(env):
        address = urljoin(app.config.html_baseurl, app.builder.get_target_uri(page))
        claims.append(entry(claim, page=page, section=section, address=f"{address}#{anchor}"))
        pages[page] = {"title": env.titles[page].astext(), "digest": env.metadata[page][execution.DIGEST]}
    for page in pages:
        cells += "".join(f"{cell['source']}\n" for cell in record(env, page)["cells"])
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


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("execution")
    app.connect("doctree-read", collect_claims)
    app.connect("doctree-read", note_reviews)
    app.connect("build-finished", tell)
    app.connect("build-finished", write_file)
    return {"version": "1", "env_version": 4, "parallel_read_safe": True, "parallel_write_safe": True}
