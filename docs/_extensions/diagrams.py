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
"""

import html
import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial.pages.colours import SYMBOL_COLOURS


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
    option_spec: ClassVar = {
        **dict.fromkeys(("name", "description"), directives.unchanged),
        **dict.fromkeys(("beside", "small"), directives.flag),
    }

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
    app.add_directive("diagram", Diagram)
    app.add_css_file("symbols.css")
    app.connect("builder-inited", write_styles)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
