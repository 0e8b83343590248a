r"""Add the parts of a page that its notebook leaves out: HTML with its style sheets, and facts about other pages.

``{minutes}`page` `` is the reading time of a page, and ``{thumbnail}`page` `` its first figure, or a diagram by its
name. Templates get the reading time of their own page, as ``minutes``.

A thumbnail only decorates: a screen reader passes it over, and a browser fetches it when the reader comes near. A
diagram takes its colours from the page, which an image cannot, so a copy in the light colours is written; in the dark
theme custom.css turns both round, as it does with figures.
"""

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from notation import in_light_colours
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

WORDS_PER_MINUTE = 200
OF_AN_EQUATION = 100  # words: half a minute for one on a line of its own
FOLDED = {"dropdown", "dropdown_main", "sd-dropdown", "tag_hide-input", "tag_hide-cell", "cell_code_output"}
SHORTEST = 2  # minutes; nobody plans for less
IMAGE = '<img class="thumbnail" src="{}" alt="" loading="lazy" width="96" height="64">'
log = logging.getLogger(__name__)


class site_only(nodes.Invisible, nodes.Inline, nodes.Element):
    """HTML, as ``html``; any node can name in ``styles`` the style sheets that its page needs."""


def absent() -> nodes.inline:
    """Return what stands where an output of a failed cell would."""
    return nodes.inline("", "[not available with these reviews]")


def visit(translator: HTML5Translator, node: site_only) -> None:
    """Write the HTML."""
    translator.body.append(node["html"])
    raise nodes.SkipNode


def add_styles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the style sheets that a page needs, first that of all widgets, which others build on."""
    wanted = {name for node in doctree.findall(nodes.Element) for name in node.get("styles", ())} if doctree else ()
    for name in sorted(wanted, key=lambda name: (not name.startswith("widgets/"), name)):
        app.add_css_file(name)


# --- facts about other pages


class fact(nodes.Inline, nodes.Element):
    """Placeholder for a fact, which the role ``role`` names, about the page or diagram ``page``."""


SHOW: dict[str, Callable[[Sphinx, fact, str], nodes.Node]] = {}


class Fact(SphinxRole):
    """A role that inserts a fact about the page that it names."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the placeholder, and note that the fact may change with that page."""
        diagram = diagram_of(self.env.srcdir, self.text)
        self.env.note_dependency(str(diagram if diagram.is_file() else self.env.doc2path(self.text)))
        place = fact(role=self.name, page=self.text)
        self.set_source_info(place)
        return [place], []


def add_fact(app: Sphinx, role: str, show: Callable[[Sphinx, fact, str], nodes.Node]) -> None:
    """Add a role and the function that shows its fact on the page ``docname``, when all pages have been read."""
    app.add_role(role, Fact())
    SHOW[role] = show


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each placeholder by the fact, now that all pages have been read."""
    for place in list(doctree.findall(fact)) if app.builder.format == "html" else ():
        place.replace_self(SHOW[place["role"]](app, place, docname))


def minutes(doctree: nodes.document) -> int:
    """Return the reading time of a page in minutes, without folds and outputs; a symbol in a sentence is one word.

    The tree may be that of the page as it was read or as it is written; what tells a fold differs.
    """

    def words(node: nodes.Node) -> int:
        known = getattr(node, "attributes", {})
        kinds = {type(node).__name__, known.get("design_component"), known.get("nb_element"), *known.get("classes", [])}
        if isinstance(node, HideCodeCellNode | nodes.raw | nodes.comment) or not kinds.isdisjoint(FOLDED):
            return 0
        if isinstance(node, nodes.math | nodes.math_block):
            return OF_AN_EQUATION if isinstance(node, nodes.math_block) else 1
        if isinstance(node, nodes.Text):
            return len(re.findall(r"\w+", node.astext()))
        return sum(words(child) for child in node.children)

    return round(words(doctree) / WORDS_PER_MINUTE)


def minutes_of(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return the reading time of a page as text."""
    return nodes.Text(str(minutes(app.env.get_doctree(place["page"]))))


def add_minutes(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give the template the reading time of a page of prose; lists, the API reference and generated pages have none."""
    if doctree is not None and not page.startswith("reference/") and minutes(doctree) >= SHORTEST:
        context["minutes"] = minutes(doctree)


def diagram_of(docs: Path, name: str) -> Path:
    """Return the path that a diagram of this name would have."""
    return Path(docs) / "_static" / "diagrams" / f"{name}.svg"


def thumbnail(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return the image of a page's first figure, or of a diagram, which is written."""
    diagram, image = diagram_of(app.srcdir, place["page"]), None
    if diagram.is_file():
        address = f"_static/thumbnails/{diagram.name}"
        (Path(app.outdir) / address).parent.mkdir(parents=True, exist_ok=True)
        svg = in_light_colours(diagram.read_text(encoding="utf-8"))
        svg = svg.replace("<svg ", '<svg font-family="sans-serif" ', 1)
        (Path(app.outdir) / address).write_text(svg, encoding="utf-8")
    else:
        if place["page"] in app.env.found_docs:
            image = app.env.get_doctree(place["page"]).next_node(nodes.image)
        if image is None:
            log.warning("no page with a figure and no diagram: %s", place["page"], location=place, type="thumbnails")
            return nodes.Text("")
        address = f"_images/{app.env.images[image['uri']][1]}"
    return nodes.raw("", IMAGE.format("../" * docname.count("/") + address), format="html")


def keep_index_entries(app: Sphinx, error: Exception | None) -> None:
    """Store what writing has found for the search: Sphinx stores it before, and a later build forgot index entries."""
    if error is None and app.builder.format == "html":
        with (app.doctreedir / ENV_PICKLE_FILENAME).open("wb") as file:
            pickle.dump(app.env, file, pickle.HIGHEST_PROTOCOL)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the roles and the directive, and connect the events."""
    add_fact(app, "minutes", minutes_of)
    add_fact(app, "thumbnail", thumbnail)
    app.add_node(site_only, html=(visit, None))
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", add_minutes)
    app.connect("html-page-context", add_styles)
    app.connect("build-finished", keep_index_entries)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
