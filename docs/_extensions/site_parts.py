r"""Add the parts of a page that its notebook leaves out: HTML with its style sheets, and facts about other pages.

``{minutes}`page` `` is the reading time of a page, and ``{exercise_minutes}`page` `` the time that its exercises take,
as their first lines say; for a folder, ``theory/``, both are sums in hours. ``{thumbnail}`page` `` is the first figure
of a page, or a diagram by its name. Templates find both times of their own page in its metadata.

A thumbnail only decorates: a screen reader passes it over, and a browser fetches it when the reader comes near. An
image cannot take its colours from the page, so one of a diagram is written in the light ones; custom.css inverts both.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diagrams import in_light_colours
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

SECONDS = {"word": 60 / 200, "math": 60 / 200, "line": 7, "math_block": 45, "widget": 180}  # to read one
OF_EXERCISE = re.compile(r" · (\d+) minutes\.$")
FOLDED = {"dropdown", "tag_hide-input", "tag_hide-cell", "cell_code_output"}
IMAGE = '<img class="thumbnail" src="{}" alt="" loading="lazy" width="96" height="64">'


class site_only(nodes.Invisible, nodes.Inline, nodes.Element):
    """HTML, as ``html``; any node can name in ``styles`` the style sheets that its page needs."""


def absent() -> nodes.inline:
    """Return what stands where an output of a failed cell would."""
    return nodes.inline("", "[not available with these reviews]")


def visit(self: HTML5Translator, node: site_only) -> None:
    """Write the HTML."""
    self.body.append(node["html"])
    raise nodes.SkipNode


def add_styles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the style sheets that a page needs, first that of all widgets, which others build on."""
    wanted = {name for node in doctree.findall(nodes.Element) for name in node.get("styles", ())} if doctree else ()
    for name in sorted(wanted, key=lambda name: (not name.startswith("widgets/"), name)):
        app.add_css_file(name)


class fact(nodes.Inline, nodes.Element):
    """Placeholder for what the function ``show`` returns for ``page``, on the page ``docname``, when all are read."""


def add_fact(app: Sphinx, role: str, show: Callable[[Sphinx, fact, str], nodes.Node]) -> None:
    """Add a role that inserts a fact about the page that it names."""
    app.add_role(role, lambda name, source, page, line, inliner: ([fact(show=show, page=page, role=name)], []))


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each placeholder by the fact."""
    for place in list(doctree.findall(fact)) if app.builder.format == "html" else ():
        place.replace_self(place["show"](app, place, docname))


def count_minutes(app: Sphinx, doctree: nodes.document) -> None:
    """Store the reading time of a page, without folds, outputs and exercises, and the time that these take."""

    def seconds(node: nodes.Node) -> float:
        if isinstance(node, nodes.Text):
            return SECONDS["word"] * len(re.findall(r"\w+", node))
        if node.tagname in SECONDS:
            return SECONDS[node.tagname]
        if isinstance(node, nodes.literal_block):
            return SECONDS["line"] * len(re.findall(r"^.*\S", node.astext(), re.MULTILINE))
        kinds = {node.get("design_component"), node.get("nb_element"), *node["classes"]}
        if isinstance(node, nodes.raw | nodes.comment) or kinds & FOLDED or "exercises" in node["ids"]:
            return 0
        return sum(map(seconds, node.children))

    times = [OF_EXERCISE.search(begin.astext()) for begin in doctree.findall(nodes.emphasis)]
    minutes = {"minutes": round(seconds(doctree) / 60), "exercise_minutes": sum(int(of[1]) for of in times if of)}
    app.env.metadata[app.env.docname] |= minutes


def minutes_of(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return one of the times of a page as text, or that of a folder in hours."""
    page, role, metadata = place["page"], place["role"], app.env.metadata
    if page.endswith("/"):
        return nodes.Text(f"{sum(metadata[name][role] for name in metadata if name.startswith(page)) / 60:.0f}")
    return nodes.Text(str(metadata[page][role]))


def thumbnail(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return the image of a page's first figure, or of a diagram, which is written."""
    diagram = Path(app.srcdir, "_static", "diagrams", f"{place['page']}.svg")
    if diagram.is_file():
        address = f"_static/thumbnails/{diagram.name}"
        svg = in_light_colours(diagram.read_text(encoding="utf-8")).replace(
            "<svg ", '<svg font-family="sans-serif" ', 1
        )
        Path(app.outdir, address).parent.mkdir(parents=True, exist_ok=True)
        Path(app.outdir, address).write_text(svg, encoding="utf-8")
    else:
        figure = app.env.get_doctree(place["page"]).next_node(nodes.image)
        address = f"_images/{app.env.images[figure['uri']][1]}"
    return nodes.raw("", IMAGE.format("../" * docname.count("/") + address), format="html")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the roles, and connect the events."""
    add_fact(app, "minutes", minutes_of)
    add_fact(app, "exercise_minutes", minutes_of)
    add_fact(app, "thumbnail", thumbnail)
    app.add_node(site_only, html=(visit, None))
    app.connect("doctree-read", count_minutes)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", add_styles)
    return {"version": "3", "parallel_read_safe": True, "parallel_write_safe": True}
