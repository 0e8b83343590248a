"""Say on a page that it ran with reviews other than the bundled ones, and what failed with them.

Each page names them that reads them. On them a cell may fail. Then a note stands behind it instead of its traceback,
the build tells it, and a placeholder stands where a page would show the number of its figure.
"""

import os
import re
from pathlib import Path

from claims_file import remove
from docutils import nodes
from execution import loads_given_reviews
from page import absent
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

FAILED = "page_failed_cells"  # what Sphinx' environment keeps of a page
ERROR = re.compile(r"^[\w.]*(?:Error|Exception)\b.*", re.MULTILINE)


def note_failures(app: Sphinx, doctree: nodes.document) -> None:
    """Put notes behind the cells of a page that failed, and one about the reviews at its top."""
    cells = [part for part in doctree.findall(nodes.container) if part.get("nb_element") == "cell_code"]
    app.env.metadata[app.env.docname][FAILED] = failed = []
    for cell in cells:
        for output in [block for block in cell.findall(nodes.literal_block) if "traceback" in block["classes"]]:
            failed.append((cell.line, note_failure(cell, output.astext())))
            remove(output)
    reviews = os.environ.get("RNN_TUTORIAL_REVIEWS", "")
    if reviews not in ("", "bundled") and loads_given_reviews("\n".join(cell[0].astext() for cell in cells)):
        name = "Keras' copy of the reviews" if reviews == "keras" else Path(reviews).name
        text = f"This page ran with {name}. Its text was written about other reviews."
        title = doctree.next_node(nodes.title)
        title.parent.insert(title.parent.index(title) + 1, nodes.note("", nodes.paragraph("", text)))


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


def tell(app: Sphinx, error: Exception | None) -> None:
    """Report the cells that failed; Sphinx is quiet, so they are printed."""
    for page in sorted(app.env.found_docs):
        for line, failure in app.env.metadata[page].get(FAILED, []):
            print(f"rnn_tutorial: {page}:{line}: this cell failed: {failure}")


def number_absent(app: Sphinx, env: BuildEnvironment, node: nodes.Element, text: nodes.Node) -> nodes.Node | None:
    """Return what stands in the place of a missing figure's number."""
    return absent() if node["reftype"] == "numref" and app.config.nb_execution_allow_errors else None


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("claims_file")  # it counts the checks that failed, before their tracebacks go
    app.connect("missing-reference", number_absent)
    app.connect("doctree-read", note_failures)
    app.connect("build-finished", tell)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
