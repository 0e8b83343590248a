"""Say in its place what does not hold, and publish what the cells of each page claim as data in ``claims.json``.

:func:`rnn_tutorial.claims.claim` leaves each claim in a page's outputs. In continuous integration, where the variable
``CI`` is set, a claim that does not hold is a warning, which fails the build. Elsewhere the page says so in its place,
and the build lists such claims at its end. A claim that holds is removed from the page; the page's foot lists all of
them, and counts the assertions.

On reviews other than the bundled ones, which each page names that reads them, a cell may fail. Then a note stands
behind it instead of its traceback, the build lists it at its end, and a placeholder stands where a page would show its
number, or the number of its figure.

In the file, next to the first page of the site, each claim is a record, one per line, sorted by page. The file also
contains what determines the outputs of pages: the package's code, the versions and the CPU kernels that
``fresh_outputs`` compares, and for each page its digest, which also depends on the reviews and the recorded runs.
"""

import ast
import html
import json
import math
import os
import platform
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import fresh_outputs
import numpy as np
from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.ext.glue.utils import PendingGlueReference
from page_code import CODE_CELL, code_digest, loads_given_reviews, page_code
from site_parts import absent
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.cpu_kernels import pinned_cpu_kernels
from rnn_tutorial.claims import Claim
from rnn_tutorial.provenance import machine
from rnn_tutorial.sentiment.evaluation import mean_interval

FILE = "claims.json"
RUN = "How this page was run"  # the heading of a page's last section
CLAIMS, FAILED = "page_claims", "page_failed_cells"  # what Sphinx' environment keeps of a page
LINE = re.compile(r"^-+> (\d+) ", re.MULTILINE)  # in the first frame of a traceback, which is the cell's
ERROR = re.compile(r"^[\w.]*(?:Error|Exception)\b.*", re.MULTILINE)
log = logging.getLogger(__name__)


def claims_in(output: str) -> Iterator[Claim]:
    """Parse the claims in an HTML output."""
    for record in re.findall(r'class="[^"]*\bclaim\b[^"]*" data-claim="([^"]*)"', output):
        facts = json.loads(html.unescape(record))
        yield Claim(**{name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()})


@dataclass(frozen=True)
class Made:
    """A claim and where it was made: page, line, anchor and heading."""

    claim: Claim
    page: str
    line: int | None
    anchor: str
    section: str


def check_places(app: Sphinx, docname: str, source: list[str]) -> None:
    """Warn, before a page runs, of a claim in a figure's cell, because MyST-NB makes each output there a figure."""
    for cell in CODE_CELL.finditer(source[0]):
        if "\n  figure:" in cell[1] and "claim(" in cell[1]:
            line = source[0].count("\n", 0, cell.start()) + 1
            log.warning("a claim needs a cell without a figure", location=(docname, line), type="claims")


def asserts(code: str) -> list[ast.Assert]:
    """Return the assertions in code."""
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assert)]


def collect_claims(app: Sphinx, doctree: nodes.document) -> None:
    """Store the claims of a page, remove those that hold, and list all of them at its end."""
    failed = note_failures(app, doctree)
    made = app.env.metadata[app.env.docname][CLAIMS] = []
    for output in list(doctree.findall(nodes.raw)):
        found = list(claims_in(output.astext()))
        made += [Made(claim, app.env.docname, *place_of(output)) for claim in found]
        if found and all(claim.holds for claim in found):
            leave_out(output)
        elif found:
            cell_of(output)[0]["failed"] = True
    path = Path(app.env.doc2path(app.env.docname))
    code = page_code(path.read_text(encoding="utf-8")) if path.suffix == ".md" else ""
    exact = len(asserts(code))
    if made or exact:
        last = list(doctree.findall(nodes.section))[-1:]
        ends = last and last[0].next_node(nodes.title).astext() == RUN
        listed = checks_of([of.claim for of in made], exact, exact - len(asserts(failed)))
        listed = nodes.raw("", listed, format="html", classes=["checks"])
        (last[0] if ends else doctree).append(listed)
    reviews = os.environ.get("RNN_TUTORIAL_REVIEWS", "")
    if reviews not in ("", "bundled") and loads_given_reviews(code):
        name = "Keras' copy of the reviews" if reviews == "keras" else Path(reviews).name
        text = f"This page ran with {name}. Its text was written about other reviews."
        title = doctree.next_node(nodes.title)
        title.parent.insert(title.parent.index(title) + 1, nodes.note("", nodes.paragraph("", text)))


def note_failures(app: Sphinx, doctree: nodes.document) -> str:
    """Put a note behind each cell that failed, instead of its traceback, and return the code of these cells."""
    told = app.env.metadata[app.env.docname][FAILED] = []
    code = ""
    for output in [block for block in doctree.findall(nodes.literal_block) if "traceback" in block["classes"]]:
        cell = cell_of(output)
        error = error_in(output.astext(), cell[0].astext())
        so = "So what the text says about it may not hold for the numbers on this page."
        note = nodes.admonition("", nodes.title("", "This cell failed with these reviews"), classes=["warning"])
        note += [nodes.paragraph("", "", nodes.literal("", error)), nodes.paragraph("", so)]
        cell.parent.insert(cell.parent.index(cell) + 1, nodes.container("", note, classes=["cell"]))
        cell[0]["failed"] = True  # page_html says it, too
        told.append((cell.line, error))
        code += f"{cell[0].astext()}\n"
        leave_out(output)
    return code


def error_in(traceback: str, code: str) -> str:
    """Return the error with which a traceback of a cell ends; an assertion without a message is its own."""
    error = (ERROR.findall(traceback) or traceback.splitlines())[-1].strip(": ")
    line = int(found[1]) if (found := LINE.search(traceback)) else 0
    failed = [ast.unparse(check.test) for check in asserts(code) if line in range(check.lineno, check.end_lineno + 1)]
    return ": ".join([error, *failed]) if error == "AssertionError" else error


def cell_of(output: nodes.Node) -> nodes.container:
    """Return the container of an output's cell; the first thing in it is the code."""
    return next(node for node in around(output) if getattr(node, "attributes", {}).get("nb_element") == "cell_code")


def around(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield a node and all that it is in, from the inside."""
    while node is not None:
        yield node
        node = node.parent


def place_of(output: nodes.Node) -> tuple[int | None, str, str]:
    """Return the line of an output's cell, and the anchor and the heading of its section; empty above the first."""
    line = next((node.line for node in around(output) if node.line), None)
    section = next((node for node in around(output) if isinstance(node, nodes.section)), None)
    return (line, section["ids"][0], section.next_node(nodes.title).astext()) if section else (line, "", "")


def leave_out(output: nodes.Node) -> None:
    """Remove an output that shows nothing from its page, with the containers around it."""
    bundles = (node for node in around(output) if getattr(node, "attributes", {}).get("nb_element") == "mime_bundle")
    output = next(bundles, output)  # all forms of the output, of which a page shows one
    while isinstance(output.parent, nodes.container) and len(output.parent) == 1:
        output = output.parent
    output.parent.remove(output)


def checks_of(claims: list[Claim], exact: int, passed: int) -> str:
    """Return a page's checks as a folded list in HTML."""
    held = sum(claim.holds for claim in claims)
    said = [f"{passed} of {exact} exact checks" if passed < exact else f"{exact} exact checks"] * bool(exact)
    said += [f"{held} of {len(claims)} claims"] * bool(claims)
    rows = "".join(
        f"<li>{html.escape(claim.statement)}: {html.escape(claim.expected)}; found {html.escape(claim.found)}</li>"
        for claim in claims
    )
    summary = f"Checks of this page that hold: {' and '.join(said)}"
    listed = f"<ul>{rows}</ul>" if rows else "<p>Each stands in a cell as an <code>assert</code>.</p>"
    return f'<details class="checks"><summary>{summary}</summary>{listed}</details>'


def all_claims(env: BuildEnvironment) -> list[Made]:
    """Return the claims of all pages, sorted by page and in their order on each."""
    return [made for docname in sorted(env.found_docs) for made in env.metadata[docname].get(CLAIMS, [])]


def tell_claims(app: Sphinx, error: Exception | None) -> None:
    """Report the claims that do not hold; ``docs/build.py`` shows the lines."""
    fatal = os.environ.get("CI", "").lower() not in ("", "0", "false") and not app.config.nb_execution_allow_errors
    for docname in sorted(app.env.found_docs):
        for line, failure in app.env.metadata[docname].get(FAILED, []):
            log.info("rnn_tutorial: %s:%s: this cell failed: %s", docname, line, failure)
    for made in [made for made in all_claims(app.env) if not made.claim.holds and error is None]:
        claim = made.claim
        text = f"on this machine it came out otherwise: {claim.statement}: {claim.expected}; {claim.found}"
        if fatal:
            log.warning(text, location=(made.page, made.line), type="claims")
        else:
            log.info("rnn_tutorial: %s:%s: %s", made.page, made.line, text)


def record(made: Made, address: str) -> dict[str, Any]:
    """Return a claim as a record of the file; numbers that JSON cannot represent become null."""
    values, mean, interval = made.claim.values, None, None
    if all(map(math.isfinite, values)):
        mean = float(np.mean(values))
        if len(values) >= 3:
            _, half_width = mean_interval(values)
            interval = [mean - half_width, mean + half_width]
    return {
        "page": made.page,
        "section": made.section,
        "address": f"{address}#{made.anchor}",
        **asdict(made.claim),
        "values": [value if math.isfinite(value) else None for value in values],
        "n": len(values),
        "mean": mean,
        "interval": interval,
        "holds": made.claim.holds,
    }


def write_file(app: Sphinx, error: Exception | None) -> None:
    """Write the file, with full addresses if the site has one, if the output is HTML."""
    if error is not None or app.builder.format != "html":
        return
    env, base, target = app.env, app.config.html_baseurl, app.builder.get_target_uri
    found = [record(made, urljoin(base, target(made.page))) for made in all_claims(env)]
    pages = list(dict.fromkeys(claim["page"] for claim in found))
    cells = "\n".join(page_code(Path(env.doc2path(page)).read_text(encoding="utf-8")) for page in pages)
    digest = fresh_outputs.DIGEST
    head = {
        "project": app.config.project,
        "version": app.config.release,
        "code": code_digest(cells, Path(app.config.fresh_outputs_package)),
        "python": platform.python_version(),
        "libraries": {library: version(library) for library in fresh_outputs.LIBRARIES},
        "cpu_kernels": pinned_cpu_kernels(),
        "machine": machine(),
        "pages": {page: {"title": env.titles[page].astext(), "digest": env.metadata[page][digest]} for page in pages},
    }
    lines = ",\n".join(f"  {json.dumps(claim, ensure_ascii=False, allow_nan=False)}" for claim in found)
    begin = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    (Path(app.outdir) / FILE).write_text(f'{begin},\n "claims": [\n{lines}\n ]\n}}\n', encoding="utf-8")


# --- what a failed cell would have given


class Glued(PasteTextRole):
    """The role of a glued number, which MyST-NB omits if there is none."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number, or what stands in its place."""
        found, messages = super().run()
        return found or [absent()], messages


class GluedElsewhere(SphinxPostTransform):
    """What another page glues, which MyST-NB omits if there is none."""

    default_priority = 4  # before MyST-NB's

    def run(self, **_: Any) -> None:
        """Insert what stands in its place."""
        for node in list(self.document.findall(PendingGlueReference)):
            if node.key not in read_glue_cache(self.env.mystnb_config.output_folder, node.refdoc):
                node.parent.insert(node.parent.index(node), absent())


def number_absent(app: Sphinx, env: BuildEnvironment, node: nodes.Element, text: nodes.Node) -> nodes.Node | None:
    """Return what stands in the place of a missing figure's number."""
    return absent() if node["reftype"] == "numref" and app.config.nb_execution_allow_errors else None


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("fresh_outputs")
    app.add_role_to_domain("glue", "text", Glued(), override=True)
    app.add_post_transform(GluedElsewhere)
    app.connect("missing-reference", number_absent)
    app.connect("source-read", check_places)
    app.connect("doctree-read", collect_claims)
    app.connect("build-finished", tell_claims)
    app.connect("build-finished", write_file)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
