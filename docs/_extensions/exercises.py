r"""Declare the answer of an exercise and common mistakes, so that a page can check what a reader types.

A number, or one of several choices::

    ```{answer} 4.97
    of: the forget bias that leaves half after 100 steps
    tolerance: 0.02
    slips:
      0.993: That is the gate. The bias is asked for.
    ```

    ```{answer} the second
    of: the network with the smaller cross-entropy
    choices: [the first, the second]
    slips:
      the first: It is certain and wrong once, and that costs more than being careful.
    ```

The content is YAML. ``of`` says what the answer is, because an exercise may ask for several things. ``tolerance`` is
the maximum error of a number, 0 for counts. A slip is a wrong answer with an explanation of the mistake. The page has
a field, or choices, and the answer as data, with which ``_static/answer/answer.js`` judges what a reader types.

Each numbered section of "Exercises" gets the class ``exercise``, and its solution, in words and in code, the class
``solution``. A style sheet hides it from the beginning, so that nothing moves later; ``_static/exercise/exercise.js``
shows it. ``{exercises}`page` `` is the number of exercises of a page, which ``_static/progress/progress.js`` turns into
how many of them the reader has done. A page's notebook has an empty cell for each exercise with an answer, and one that
calls :func:`~rnn_tutorial.answers.check`.

sphinx-exercise has no fields for a value, a tolerance or a slip. It would also number the exercises again and wrap
their headings, whose addresses are cited.
"""

import json
import math
import re
from collections.abc import Iterator
from html import escape
from typing import Any

import yaml
from docutils import nodes
from page_html import role_naming_a_page
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from rnn_tutorial.answers import encode


class answer(nodes.Invisible, nodes.General, nodes.Element):
    """A declared answer, with the data that :func:`read_answer` returns."""


def number(text: object) -> float:
    """Parse a number as people write it, such as 12,500,000; raises ValueError."""
    return float(str(text).replace(",", ""))


def read_answer(value: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return a declared answer as data; raises ValueError with a message that says what is wrong."""
    unknown = fields.keys() - {"of", "tolerance", "choices", "slips"}
    if unknown or not fields.get("of"):
        raise ValueError(f"expected of, and tolerance or choices, and slips; got {', '.join(fields) or 'nothing'}")
    data = {"of": fields["of"], "value": value}
    slips = {str(slip): meaning for slip, meaning in (fields.get("slips") or {}).items()}
    if "choices" in fields:
        data["choices"] = choices = [str(choice) for choice in fields["choices"]]
        if "tolerance" in fields or value not in choices or not slips.keys() <= set(choices) - {value}:
            raise ValueError(f"expected {value!r} and the other slips among the choices {choices}, and no tolerance")
    else:
        given = fields.get("tolerance")
        data["tolerance"] = tolerance = -1 if given is None else float(given)
        data["value"] = exact = number(value)
        if not 0 <= tolerance < math.inf or not math.isfinite(exact):
            raise ValueError("expected a finite number, and a tolerance, 0 for a count")
        if near := [slip for slip in slips if abs(number(slip) - exact) <= tolerance]:
            raise ValueError(f"expected slips that are wrong, but {', '.join(near)} would be taken for {value}")
    return data | {"slips": slips}


class Answer(SphinxDirective):
    """The ``answer`` directive."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Store the answer as data."""
        try:
            data = read_answer(self.arguments[0], yaml.safe_load("\n".join(self.content)) or {})
        except (ValueError, AttributeError, yaml.YAMLError) as error:
            raise self.error(f"answer: {error}") from error
        name = f"answer-{self.env.new_serialno('answer')}"
        return [answer(data=json.dumps(data, ensure_ascii=False), name=name)]


def visit(translator: HTML5Translator, node: answer) -> None:
    """Write the field and the data for the script; as both stand there from the beginning, nothing moves."""
    data, name = json.loads(node["data"]), node["name"]
    asked = escape((data["of"][0].upper() + data["of"][1:]).replace(" -", " −"))
    if "choices" in data:
        radios = "".join(
            f'<label><input type="radio" name="{name}" value="{escape(choice)}">{escape(choice)}</label>'
            for choice in data["choices"]
        )
        field = f"<fieldset><legend>{asked}</legend>{radios}</fieldset>"
    else:
        typed = f'<input type="text" id="{name}" inputmode="decimal" autocomplete="off">'
        # outside of a dialog the method does nothing, so that a page without the script stays as it is
        field = f'<form method="dialog"><label for="{name}">{asked}</label>{typed}<button>Check</button></form>'
    opened = translator.starttag(node, "div", CLASS="answer", **{"data-answer": node["data"]})
    translator.body.append(f'{opened}{field}<p role="status"></p>')


def depart(translator: HTML5Translator, node: answer) -> None:
    """Close the element."""
    translator.body.append("</div>\n")


class control(nodes.Invisible, nodes.Inline, nodes.Element):
    """HTML for the script alone."""


def notebook_cells(node: answer) -> list[str]:
    """Return the cells with which a notebook asks for an answer, after an empty one for all answers of an exercise."""
    data = json.loads(node["data"])
    choices = [f"# One of: {', '.join(map(repr, data['choices']))}"] if "choices" in data else []
    asked = "\n".join([f"# {data['of'][0].upper()}{data['of'][1:]}", *choices])
    cell = f'{asked}\nfrom rnn_tutorial.answers import check\n\ncheck(..., """\n{encode(data)}""")'
    return [cell] if isinstance(node.previous_sibling(), answer) else ["# Work here.\n", cell]


def exercises_of(doctree: nodes.document) -> Iterator[nodes.section]:
    """Yield the exercises of a page, which are the numbered sections of its section "Exercises"."""
    for section in doctree.findall(nodes.section):
        title, around = section.next_node(nodes.title), section.parent
        inside = isinstance(around, nodes.section) and around.next_node(nodes.title).astext() == "Exercises"
        if inside and re.match(r"\d+\. ", title.astext()):
            yield section


def is_solution(node: nodes.Node) -> bool:
    """Say whether a part of an exercise is the dropdown with its solution."""
    return node.tagname == "dropdown_main" and node.next_node(nodes.inline).astext().strip() == "Solution"


class progress(nodes.Inline, nodes.Element):
    """The number of exercises of the page ``page``."""


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the exercises of a page and their solutions, and count those of the pages that it names."""
    if app.builder.format != "html":  # sphinx-design makes dropdowns for HTML alone
        return
    for exercise in exercises_of(doctree):
        parts = exercise.children
        begin = next((place for place, part in enumerate(parts) if is_solution(part)), None)
        if begin is None:
            raise ExtensionError(f"{docname}: expected a dropdown with a solution in {exercise['ids'][0]!r}")
        exercise["classes"].append("exercise")
        for part in [parts[begin], *(part for part in parts[begin:] if isinstance(part, nodes.container))]:
            part["classes"].append("solution")
        name = f"{docname}#{exercise['ids'][0]}"
        asks = "Show the solution" if exercise.next_node(answer) else "I wrote mine: show the solution"
        exercise.insert(begin, control(html=f'<p class="exercise-ask"><button type="button">{asks}</button></p>'))
        state = f' <span class="exercise-state" data-name="{name}" data-state="open"></span>'
        exercise.next_node(nodes.title).append(control(html=state))
    for node in doctree.findall(answer):
        node["cells"] = notebook_cells(node)
    for place in doctree.findall(progress):
        place["exercises"] = [section["ids"][0] for section in exercises_of(app.env.get_doctree(place["page"]))]


def visit_progress(translator: HTML5Translator, node: progress) -> None:
    """Write the number of exercises, and the data for the script."""
    data = {"data-page": node["page"], "data-exercises": " ".join(node["exercises"])}
    opened = translator.starttag(node, "span", "", CLASS="progress", **data)
    translator.body.append(f"{opened}{len(node['exercises'])} exercises</span>")
    raise nodes.SkipNode


def visit_control(translator: HTML5Translator, node: control) -> None:
    """Write the HTML."""
    translator.body.append(node["html"])
    raise nodes.SkipNode


def add_styles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the style sheets to the pages that have exercises or count them."""
    if doctree is not None and (next(exercises_of(doctree), None) or any(map(doctree.next_node, (answer, progress)))):
        for name in ("widgets/widgets.css", "answer/answer.css"):
            app.add_css_file(name)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive and the role."""
    app.add_node(answer, html=(visit, depart))
    app.add_directive("answer", Answer)
    app.add_node(control, html=(visit_control, None))
    app.add_node(progress, html=(visit_progress, None))
    app.add_role("exercises", role_naming_a_page(progress))
    app.connect("doctree-resolved", resolve)
    app.connect("html-page-context", add_styles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
