"""Show a picture with the name of a page: ``{thumbnail}`sentiment/lstm` `` its first figure, or a diagram by its name.

A thumbnail only decorates: a screen reader passes it over, and a browser fetches it when the reader comes near. A
figure is the file that its page shows. A diagram takes its colours from the page, which an image cannot, so a copy in
the light colours is written; in the dark theme both are turned round by custom.css, as figures are.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial.colours import SYMBOL_COLOURS

FOLDER = "_static/thumbnails"
IMAGE = '<img class="thumbnail" src="{}" alt="" loading="lazy" width="96" height="64">'
log = logging.getLogger(__name__)


class thumbnail_of(nodes.Inline, nodes.Element):
    """Placeholder of a thumbnail."""


def thumbnail_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = ()
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return the placeholder for what ``{thumbnail}`` names."""
    env = inliner.document.settings.env
    diagram = Path(env.srcdir) / "_static" / "diagrams" / f"{text}.svg"
    env.note_dependency(str(diagram if diagram.is_file() else env.doc2path(text)))
    return [thumbnail_of(shown=text, diagram=str(diagram) if diagram.is_file() else "")], []


def in_light_colours(svg: str) -> str:
    """Return a diagram that needs no page: each symbol has its colour on a light one."""
    return re.sub(r"var\(--symbol-(\w+)\)", lambda match: SYMBOL_COLOURS[match[1]][0], svg).replace(
        "<svg ", '<svg font-family="sans-serif" ', 1
    )


def find_image(app: Sphinx, place: thumbnail_of) -> str | None:
    """Return the address of the image in the site, or None if the page has no figure; write that of a diagram."""
    if place["diagram"]:
        source = Path(place["diagram"])
        target = Path(app.outdir) / FOLDER / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(in_light_colours(source.read_text(encoding="utf-8")), encoding="utf-8")
        return f"{FOLDER}/{source.name}"
    known = place["shown"] in app.env.found_docs
    image = next(app.env.get_doctree(place["shown"]).findall(nodes.image), None) if known else None
    return f"_images/{app.env.images[image['uri']][1]}" if image else None


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each placeholder by its image, now that all pages have been read."""
    for place in list(doctree.findall(thumbnail_of)):
        address = find_image(app, place) if app.builder.format == "html" else None
        if app.builder.format == "html" and not address:
            log.warning("no page with a figure and no diagram: %s", place["shown"], location=place, type="thumbnails")
        html = IMAGE.format("../" * docname.count("/") + address) if address else ""
        place.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the role, and connect the event."""
    app.add_role("thumbnail", thumbnail_role)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
