"""Preserve the anchors of sections that moved to another page, because others may cite them.

A page lists the anchors that it had, above the text that says where the sections are now::

    ```{moved-anchors}
    which-of-its-parts-pay fig-parts
    ```

Each becomes an empty target. If a whole page moved, ``redirects`` in conf.py leads to it.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata


class MovedAnchors(SphinxDirective):
    """The ``moved-anchors`` directive."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a target for each anchor, unknown to Sphinx, because another page has their labels."""
        return [nodes.target("", "", ids=[anchor]) for anchor in " ".join(self.content).split()]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive."""
    app.add_directive("moved-anchors", MovedAnchors)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
