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

The content is YAML. ``of`` says what the answer is, because an exercise may ask for several things, and in which unit.
``tolerance`` is the maximum error of a number, 0 for counts. Three or more choices are shuffled, unless they are
declared in the order of the alphabet or of their numbers. A slip is a wrong answer with an explanation of the mistake.
The page has a field, or choices, and the answer as data, with which ``_static/answer/answer.js`` judges what a reader
types.

Each numbered section of "Exercises" gets the class ``exercise``, and its solution, in words and in code, the class
``solution``. A style sheet hides it from the beginning, so that nothing moves later; ``_static/exercise/exercise.js``
shows it. ``{exercises}`page` `` is the number of exercises of a page, which ``_static/progress/progress.js`` turns into
how many of them the reader has done. A page's notebook has an empty cell for each exercise with an answer, and one that
calls :func:`~rnn_tutorial.pages.answers.check`.

sphinx-exercise has no such fields, and would wrap the exercises' headings, whose addresses are cited.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator
from html import escape
from typing import Any

import yaml
from docutils import nodes
from site_parts import add_fact, fact, site_only, visit
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial.pages.answers import LONGEST, encode

ASK = '<p class="exercise-ask"><button type="button">{}</button></p>'
STYLES = ["widgets/widgets.css", "answer/answer.css"]


class answer(site_only):
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
        data["choices"] = choices = in_fair_order(fields["choices"])
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


def in_fair_order(choices: list[Any]) -> list[str]:
    """Return choices as text; three or more, unless they are sorted, in an order that hashes decide."""
    key = str if any(isinstance(choice, str) for choice in choices) else None
    if len(choices) > 2 and choices != sorted(choices, key=key):
        choices = sorted(choices, key=lambda choice: hashlib.sha256(str(choice).encode()).digest())
    return list(map(str, choices))


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
        html = field(data, f"answer-{self.env.new_serialno('answer')}")
        return [answer(data=data, html=html, styles=STYLES)]


def field(data: dict[str, Any], name: str) -> str:
    """Return the field and the data for the script; as both stand there from the beginning, nothing moves."""
    asked = escape((data["of"][0].upper() + data["of"][1:]).replace(" -", " −"))
    if "choices" in data:
        radios = "".join(
            f'<label><input type="radio" name="{name}" value="{escape(choice)}">{escape(choice)}</label>'
            for choice in data["choices"]
        )
        asks = f"<fieldset><legend>{asked}</legend>{radios}</fieldset>"
    else:
        typed = f'<input type="text" id="{name}" inputmode="decimal" autocomplete="off" maxlength="{LONGEST}">'
        # outside of a dialog the method does nothing, so that a page without the script stays as it is
        asks = f'<form method="dialog"><label for="{name}">{asked}</label>{typed}<button>Check</button></form>'
    known = escape(json.dumps(data, ensure_ascii=False))
    return f'<div class="answer" data-answer="{known}">\n{asks}<p role="status"></p></div>\n'


def notebook_cells(node: answer) -> list[str]:
    """Return the cells with which a notebook asks for an answer, after an empty one for all answers of an exercise."""
    data = node["data"]
    choices = [f"# One of: {', '.join(map(repr, data['choices']))}"] if "choices" in data else []
    asked = "\n".join([f"# {data['of'][0].upper()}{data['of'][1:]}", *choices])
    cell = f'{asked}\nfrom rnn_tutorial.pages.answers import check\n\ncheck(..., """\n{encode(data)}""")'
    return [cell] if isinstance(node.previous_sibling(), answer) else ["# Work here.\n", cell]


def exercises_of(doctree: nodes.document) -> Iterator[nodes.section]:
    """Yield the exercises of a page, which are the numbered sections of its section "Exercises"."""
    for section in doctree.findall(nodes.section):
        title, around = section.next_node(nodes.title), section.parent
        inside = isinstance(around, nodes.section) and around.next_node(nodes.title).astext() == "Exercises"
        if inside and re.match(r"\d+\. ", title.astext()):
            yield section


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the exercises of a page and their solutions."""
    if app.builder.format != "html":  # sphinx-design makes dropdowns for HTML alone
        return
    for exercise in exercises_of(doctree):
        parts = exercise.children
        folds = [place for place, part in enumerate(parts) if part.tagname == "dropdown_main"]
        solutions = (place for place in folds if parts[place].next_node(nodes.inline).astext().strip() == "Solution")
        if (begin := next(solutions, None)) is None:
            raise ExtensionError(f"{docname}: expected a dropdown with a solution in {exercise['ids'][0]!r}")
        exercise["classes"].append("exercise")
        for part in [parts[begin], *(part for part in parts[begin:] if isinstance(part, nodes.container))]:
            part["classes"].append("solution")
        name = f"{docname}#{exercise['ids'][0]}"
        asks = "Show the solution" if exercise.next_node(answer) else "I wrote mine: show the solution"
        exercise.insert(begin, site_only(html=ASK.format(asks), styles=STYLES))
        state = f' <span class="exercise-state" data-name="{name}" data-state="open"></span>'
        exercise.next_node(nodes.title).append(site_only(html=state))
    for node in doctree.findall(answer):
        node["cells"] = notebook_cells(node)


def count(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return the number of exercises of a page, with the data for the script."""
    page, names = place["page"], [section["ids"][0] for section in exercises_of(app.env.get_doctree(place["page"]))]
    data = f'data-exercises="{" ".join(names)}" data-page="{page}"'
    return site_only(html=f'<span class="progress" {data}>{len(names)} exercises</span>', styles=STYLES)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive and the role."""
    app.setup_extension("site_parts")
    app.add_node(answer, html=(visit, None))
    app.add_directive("answer", Answer)
    add_fact(app, "exercises", count)
    app.connect("doctree-resolved", resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
