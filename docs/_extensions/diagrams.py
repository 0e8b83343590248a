"""Put a diagram into a page as part of the page.

An image cannot see whether its reader chose the light or the dark theme; inline SVG takes the page's colours::

    ```{diagram} lstm-cell
    :name: fig-forget-gate
    :show: frame forget
    :description: The forget gate and what it reads.

    The caption: one paragraph, which may hold $math$.
    ```

The file is ``_static/diagrams/<name>.svg``. Its title and its description are what screen readers say, and
``:description:`` replaces the latter. With ``:show:``, the parts of the picture (groups with ``data-part``) that are
not named are faded. A diagram with a caption is numbered, and with a ``:name:`` ``{numref}`` can refer to it.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

FADED = "0.15"


def inline(svg: str, identifier: str, show: list[str], description: str | None = None) -> str:
    """Give a diagram's source for use inside a page.

    ``identifier`` is unique on the page. Raises ValueError if the title, the description or a shown part is missing.
    """
    for element in ("title", "desc"):
        if not re.search(rf"<{element}>\s*[^\s<]", svg):
            raise ValueError(f"the diagram has no <{element}>")
    parts = list(dict.fromkeys(re.findall(r'data-part="([^"]*)"', svg)))
    if unknown := set(show) - set(parts):
        raise ValueError(f"the diagram has no part {', '.join(sorted(unknown))}; it has {', '.join(parts)}")

    def fade(match: re.Match[str]) -> str:
        return match[0] if match[1] in show else f'{match[0]} opacity="{FADED}"'

    if show:
        svg = re.sub(r'data-part="([^"]*)"', fade, svg)
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
    option_spec = {  # noqa: RUF012
        "name": directives.unchanged,
        "show": directives.unchanged,
        "description": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Read the file and put it into a figure."""
        file = Path(self.env.srcdir) / "_static" / "diagrams" / f"{self.arguments[0]}.svg"
        if not file.is_file():
            raise self.error(f"There is no diagram {file.name} in _static/diagrams.")
        self.env.note_dependency(str(file))
        identifier = f"diagram-{self.env.new_serialno('diagram')}"
        try:
            svg = inline(
                file.read_text(encoding="utf-8"),
                identifier,
                self.options.get("show", "").split(),
                self.options.get("description"),
            )
        except ValueError as error:
            raise self.error(f"{file.name}: {error}.") from error
        figure = nodes.figure("", nodes.raw("", svg, format="html"), classes=["diagram"])
        content = self.parse_content_to_nodes()
        if [type(node) for node in content] not in ([], [nodes.paragraph]):
            raise self.error(f"{file.name}: the caption is not one paragraph.")
        for paragraph in content:
            figure += nodes.caption("", "", *paragraph.children)
        self.add_name(figure)
        return [figure]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive."""
    app.add_directive("diagram", Diagram)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
