"""Insert widgets that train networks in the reader's browser.

The task is that of :mod:`rnn_tutorial.tasks`, and the modules are those of ``_static/train/``::

    ```{train} same-words
    ```

    ```{train} temporal-order
    :first: simple_rnn 8
    :second: lstm 8 3
    :lag: 20
    ```

The options are those with which a race of two networks begins: a cell, its units, and the forget bias of one that has a
forget gate.
"""

import re

from docutils import nodes
from docutils.parsers.rst import directives
from explorer import place
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

WHAT = {
    "same-words": "you train two units, and see their states move",
    "temporal-order": "two networks learn side by side which of two symbols came first",
}
NETWORK = re.compile(r"simple_rnn \d+|(lstm|gru) \d+ [01235]")


def network(argument: str | None) -> str:
    """Parse the option that says which network is set; raises ValueError, which docutils shows to the author."""
    if not NETWORK.fullmatch(argument or ""):
        raise ValueError(f"expected a network such as simple_rnn 8 or lstm 8 3, got {argument}")
    return str(argument)


class Train(SphinxDirective):
    """The ``train`` directive."""

    required_arguments = 1
    option_spec = {"first": network, "second": network, "lag": directives.nonnegative_int}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder."""
        task = self.arguments[0]
        if task not in WHAT:
            raise self.error(f"expected the task {' or '.join(WHAT)}, got {task}.")
        if task == "temporal-order" and self.options.keys() != self.option_spec.keys():
            raise self.error("The race needs a :first: and a :second: network, and a :lag:.")
        options = {name: str(value) for name, value in self.options.items()}
        return [place("train", WHAT[task], self.env.docname, task=task, **options)]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive."""
    app.setup_extension("explorer")
    app.add_directive("train", Train)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
