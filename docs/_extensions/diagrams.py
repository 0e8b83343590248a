"""Insert diagrams as inline SVG, and write the colours of symbols, which diagrams and equations share.

An image cannot know whether the reader chose the light or the dark theme; inline SVG takes the page's colours::

    ```{diagram} lstm-cell
    :name: fig-lstm-cell
    :description: What it shows.
    :beside:

    The caption: one paragraph, which may hold $math$.
    ```

Screen readers read the title and the description of ``_static/diagrams/<name>.svg``; ``:description:`` replaces the
latter. A diagram with a caption is numbered. With ``:beside:`` it stays beside the text of its section, where there is
room, and text of the class ``lights-<part>`` lights a part of the picture, a group with ``data-part``. With ``:small:``
it is less wide.

``figures.zip`` has all figures of the site that have a name, plots as well, each under its name. A plot on a page
takes no style from it, and carries the face of its text.
"""

import base64
import html
import re
import zipfile
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst.directives import flag, unchanged
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

FIGURES = "named_figures"  # what Sphinx' environment keeps of a page


def write_styles(app: Sphinx) -> None:
    """Write a style sheet with the CSS variables of light and dark pages, and a class for each symbol."""
    light, dark = ("".join(f" --symbol-{name}: {pair[k]};" for name, pair in SYMBOL_COLOURS.items()) for k in (0, 1))
    classes = "".join(f".symbol-{name} {{ color: var(--symbol-{name}); }}\n" for name in SYMBOL_COLOURS)
    sheet = (
        f"body {{{light} }}\nbody[data-theme='dark'] {{{dark} }}\n"
        f"@media (prefers-color-scheme: dark) {{ body:not([data-theme='light']) {{{dark} }} }}\n{classes}"
    )
    Path(app.outdir, "_static").mkdir(parents=True, exist_ok=True)
    Path(app.outdir, "_static", "symbols.css").write_text(sheet, encoding="utf-8")


def in_light_colours(svg: str) -> str:
    """Return a diagram that needs no page: each symbol has its colour on a light one."""
    return re.sub(r"var\(--symbol-(\w+)\)", lambda match: SYMBOL_COLOURS[match[1]][0], svg)


def fixed(svg: str) -> str:
    """Return a diagram with a size, the colours of a light page and a background, for a place that may be dark."""
    svg = re.sub(r"<!--.*?-->", "", in_light_colours(svg), flags=re.DOTALL)
    ((width, height),) = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    svg = svg.replace("<svg ", f'<svg width="{width}" height="{height}" color="#333333" font-family="sans-serif" ', 1)
    return svg.replace(">", '><rect width="100%" height="100%" fill="#ffffff"/>', 1)


def note_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Note the figures of a page that have a name: its identifier, and the file of its image, or the diagram."""
    app.env.metadata[app.env.docname][FIGURES] = noted = []
    for figure in doctree.findall(nodes.figure):
        image, drawn = figure.next_node(nodes.image), figure.next_node(nodes.raw)
        if figure["names"] and (image or drawn):
            noted.append((figure["ids"][0], image["uri"] if image else "", "" if image else drawn.astext()))


def pack(app: Sphinx, error: Exception | None) -> None:
    """Write the figures that have a name into one archive, as they look on a light page."""
    if error or app.builder.name != "html":
        return
    with zipfile.ZipFile(Path(app.outdir, "figures.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for page in sorted(app.env.found_docs):
            for name, image, drawn in app.env.metadata[page].get(FIGURES, []):
                if image:
                    archive.write(Path(app.srcdir, image), f"{name}{Path(image).suffix}")
                else:
                    archive.writestr(f"{name}.svg", fixed(drawn))


def face_plots(app: Sphinx, error: Exception | None) -> None:
    """Write the plots of the site with the face of its text, which they carry."""
    if error or app.builder.format != "html":
        return
    face = base64.b64encode(Path(app.outdir, "_static/fonts/text-400.woff2").read_bytes()).decode()
    source = f'url("data:font/woff2;base64,{face}")'
    style = f"<style>@font-face {{ font-family: Text; size-adjust: 110%; src: {source}; }}</style>"
    for plot, name in app.builder.images.items():
        if name.endswith(".svg"):
            drawn = Path(app.srcdir, plot).read_text(encoding="utf-8").replace("'DejaVu Sans'", "Text, 'DejaVu Sans'")
            drawn = drawn.replace("<defs>", f"{style}<defs>", 1)
            Path(app.outdir, app.builder.imagedir, name).write_text(drawn, encoding="utf-8")


def inline(svg: str, identifier: str, description: str | None = None) -> str:
    """Return a diagram's source for embedding in a page, on which ``identifier`` is unique."""
    if description:
        escaped = html.escape(description, quote=False)
        svg = re.sub(r"<desc>.*?</desc>", lambda _: f"<desc>{escaped}</desc>", svg, count=1, flags=re.DOTALL)
    for element in ("title", "desc"):
        svg = svg.replace(f"<{element}>", f'<{element} id="{identifier}-{element}">', 1)
    return svg.replace("<svg ", f'<svg aria-labelledby="{identifier}-title" aria-describedby="{identifier}-desc" ', 1)


class Diagram(SphinxDirective):
    """The ``diagram`` directive."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"name": unchanged, "description": unchanged, "beside": flag, "small": flag}

    def run(self) -> list[nodes.Node]:
        """Read the file and insert it as a figure."""
        file = Path(self.env.srcdir) / "_static" / "diagrams" / f"{self.arguments[0]}.svg"
        self.env.note_dependency(str(file))
        identifier = f"diagram-{self.env.new_serialno('diagram')}"
        try:
            svg = inline(file.read_text(encoding="utf-8"), identifier, self.options.get("description"))
        except OSError as error:
            raise self.error(f"{file.name}: {error}") from error
        classes = ["diagram", *(self.options.keys() & {"beside", "small"})]
        figure = nodes.figure("", nodes.raw("", svg, format="html"), classes=classes)
        content = self.parse_content_to_nodes()
        if [type(node) for node in content] not in ([], [nodes.paragraph]):
            raise self.error(f"{file.name}: the caption is not one paragraph")
        figure += [nodes.caption("", "", *paragraph.children) for paragraph in content]
        self.add_name(figure)
        return [figure]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive and the style sheet."""
    app.setup_extension("fonts")
    app.add_directive("diagram", Diagram)
    app.add_css_file("symbols.css")
    app.connect("builder-inited", write_styles)
    app.connect("doctree-read", note_figures)
    app.connect("build-finished", pack)
    app.connect("build-finished", face_plots)
    return {"version": "2", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
