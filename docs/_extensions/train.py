"""Insert widgets that train networks in the reader's browser.

The task is that of :mod:`rnn_tutorial.tasks`, and the modules are those of ``_static/train/``::

    ```{train} same-words
    ```
"""

from docutils import nodes
from explorer import place
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

WHAT = {
    "same-words": "you train two units, and see their states move",
}


class Train(SphinxDirective):
    """The ``train`` directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder."""
        task = self.arguments[0]
        if task not in WHAT:
            raise self.error(f"expected the task {' or '.join(WHAT)}, got {task}.")
        return [place("train", WHAT[task], self.env.docname, task=task)]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive."""
    app.setup_extension("explorer")
    app.add_directive("train", Train)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
