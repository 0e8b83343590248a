r"""Let a reader predict a result before the page shows it.

The argument is the question, and the content is the result as glued numbers say it, with its interval and its unit::

    ```{predict} How many of the words are unknown?
    :from: 0
    :to: 50

    {glue:text}`unknown:.1f` %
    ```

The reader moves a slider between ``from`` and ``to``, in steps of ``step`` (1), or on a logarithmic scale with
``logarithmic``. Until the reader has predicted or asked, a style sheet hides what shows the result: the next block of
the page, or as many as ``hides`` says; ``_static/predict/predict.js`` shows them. Paper, notebooks and browsers
without JavaScript have these blocks and nothing else. A section has one prediction, because all such blocks in it
become visible.
"""

import math
import re
from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from site_parts import site_only, visit
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

FORM = """<form class="predict" {data} method="dialog">
<label for="{name}">{asks}</label><div><input type="range" id="{name}" {slider}><output for="{name}"></output><button>\
Predict</button><button type="button">Show</button></div><p role="status" tabindex="-1"></p></form>
"""  # as all stands there from the beginning, only what shows the result moves
NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
log = logging.getLogger(__name__)


class predict(site_only):
    """A question with its result as content."""


class Predict(SphinxDirective):
    """The ``predict`` directive."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {  # noqa: RUF012
        "from": float,
        "to": float,
        "step": float,
        "logarithmic": directives.flag,
        "hides": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        """Store the question and the result."""
        low, high, step = self.options.get("from"), self.options.get("to"), self.options.get("step", 1.0)
        logarithmic = "logarithmic" in self.options
        if low is None or high is None or not low < high or not step > 0 or (logarithmic and low <= 0):
            raise self.error("predict: expected from below to, both above 0 on a logarithmic scale, and a step above 0")
        if logarithmic:  # the slider moves over exponents of 10: 1, 3, 10, 30, …
            low, high, step = math.log10(low), math.log10(high), 0.5
        middle = low + step * round((high - low) / step / 2)
        node = predict(
            asks=escape(self.arguments[0]),
            slider=f'min="{low:g}" max="{high:g}" step="{step:g}" value="{middle:g}"',
            scale='data-logarithmic="" ' * logarithmic,
            name=f"predict-{self.env.new_serialno('predict')}",
            hides=self.options.get("hides", 1),
            styles=["widgets/widgets.css", "answer/answer.css"],
        )
        self.set_source_info(node)
        node += self.parse_content_to_nodes()
        return [node]


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Read each result, now that it is text, and mark the blocks that show it."""
    for node in doctree.findall(predict):
        result = node.astext().strip()
        if not NUMBER.search(result):
            log.warning("predict: expected a number as content, got %r", result, location=node, type="predict")
            node["html"] = ""  # its cell failed, and there is nothing to predict
            continue
        if sum(isinstance(other, predict) for other in node.parent) > 1:
            log.warning("predict: expected one prediction in a section", location=node)
        known = f'{node["scale"]}data-name="{docname}#{node["name"]}" data-result="{escape(result)}"'
        node["html"] = FORM.format(data=known, **node.attributes)
        after = node.parent.children[node.parent.index(node) + 1 :]
        blocks = [block for block in after if not isinstance(block, nodes.Invisible | nodes.Titular | nodes.section)]
        if len(blocks) < node["hides"]:
            log.warning("predict: expected %d blocks after it, got %d", node["hides"], len(blocks), location=node)
        for block in blocks[: node["hides"]]:
            block["classes"].append("predicted")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.setup_extension("site_parts")
    app.add_node(predict, html=(visit, None))
    app.add_directive("predict", Predict)
    app.connect("doctree-resolved", resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
