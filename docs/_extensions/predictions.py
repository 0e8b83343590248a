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
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
log = logging.getLogger(__name__)


class predict(nodes.Invisible, nodes.General, nodes.Element):
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
        slider = {"min": low, "max": high, "step": step, "value": low + step * round((high - low) / step / 2)}
        name = f"predict-{self.env.new_serialno('predict')}"
        node = predict(asks=self.arguments[0], slider=slider, logarithmic=logarithmic, name=name)
        node["hides"] = self.options.get("hides", 1)
        self.set_source_info(node)
        node += self.parse_content_to_nodes()
        return [node]


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Read each result, now that it is text, and mark the blocks that show it."""
    for node in doctree.findall(predict):
        node["result"] = node.astext().strip()
        if not NUMBER.search(node["result"]):
            log.warning("predict: expected a number as content, got %r", node["result"], location=node, type="predict")
        if sum(isinstance(other, predict) for other in node.parent) > 1:
            log.warning("predict: expected one prediction in a section", location=node)
        node["id"] = f"{docname}#{node['name']}"
        after = node.parent.children[node.parent.index(node) + 1 :]
        blocks = [block for block in after if not isinstance(block, nodes.Invisible | nodes.Titular | nodes.section)]
        if len(blocks) < node["hides"]:
            log.warning("predict: expected %d blocks after it, got %d", node["hides"], len(blocks), location=node)
        for block in blocks[: node["hides"]]:
            block["classes"].append("predicted")


def visit(translator: HTML5Translator, node: predict) -> None:
    """Write the question and its slider; as they stand there from the beginning, only what shows the result moves."""
    data = {"data-name": node["id"], "data-result": node["result"]} | (
        {"data-logarithmic": ""} if node["logarithmic"] else {}
    )
    opened = translator.starttag(node, "form", CLASS="predict", method="dialog", **data)
    slider = " ".join(f'{name}="{value:g}"' for name, value in node["slider"].items())
    translator.body.append(
        f'{opened}<label for="{node["name"]}">{escape(node["asks"])}</label><div>'
        f'<input type="range" id="{node["name"]}" {slider}><output for="{node["name"]}"></output>'
        '<button>Predict</button><button type="button">Show</button></div><p role="status" tabindex="-1"></p></form>\n'
    )
    raise nodes.SkipNode


def add_styles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the style sheets to the pages with predictions."""
    if doctree is not None and doctree.next_node(predict) is not None:
        for name in ("widgets/widgets.css", "answer/answer.css"):
            app.add_css_file(name)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_node(predict, html=(visit, None))
    app.add_directive("predict", Predict)
    app.connect("doctree-resolved", resolve)
    app.connect("html-page-context", add_styles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
