"""Tell templates how long a page takes to read, as ``minutes``: its words and those of its code, at 200 a minute."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

WORDS_PER_MINUTE = 200
SHORTEST = 2  # minutes; nobody plans for less


def minutes(doctree: nodes.document) -> int:
    """Give the minutes that a page takes; an equation counts as one word, whatever its source looks like."""
    words = 0
    for text in doctree.findall(nodes.Text):
        if isinstance(text.parent, nodes.math | nodes.math_block):
            words += 1
        elif not isinstance(text.parent, nodes.raw | nodes.comment):
            words += len(re.findall(r"\w+", text.astext()))
    return round(words / WORDS_PER_MINUTE)


def add_minutes(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give the template the minutes of a page with prose; lists, the API reference and generated pages have none."""
    if doctree is not None and not page.startswith("reference/") and minutes(doctree) >= SHORTEST:
        context["minutes"] = minutes(doctree)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the writing of a page."""
    app.connect("html-page-context", add_minutes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
