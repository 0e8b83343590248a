r"""Ask the reader: for the answer of an exercise, which the page checks, and for a result before the page shows it.

An answer is a number, or one of several choices, declared in YAML::

    ```{answer} 4.97
    of: the forget bias that leaves half after 100 steps
    tolerance: 0.02
    slips:
      0.993: That is the gate. The bias is asked for.
    ```

``of`` says what is asked, and in which unit, ``tolerance`` the maximum error of a number, 0 for counts; or ``choices``
lists the choices. Three or more are shuffled, unless they are declared in the order of the alphabet or of their
numbers. A slip is a wrong answer with an explanation of the mistake. The page's notebook has an empty cell for each
exercise with an answer, and one that checks it. Each numbered section of "Exercises", and each other one that asks for
a function, gets the class ``exercise``, and its solution, in words and in code, the class ``solution``, which hides it
until a script shows it.
``{exercises}`page` `` is the number of exercises of a page, which a script turns into how many the reader has done, and
the minutes that they take.

A function to write is an exercise of :mod:`rnn_tutorial.exercises`, by its name: ``{write}`` shows what the reader
begins with, the browser checks what it becomes, and the notebook has a cell that does::

    ```{write} recurrent_step
    ```

A prediction has a question, and as content the result as glued numbers say it, with its interval and its unit::

    ```{predict} How many of the words are unknown?
    :from: 0
    :to: 50

    {glue:text}`unknown:.1f` %
    ```

The reader moves a slider between ``from`` and ``to``, in steps of ``step`` (1), or on a ``logarithmic`` scale. Until
then a style sheet hides the next block of the page, or as many as ``hides`` says. Paper, notebooks and browsers without
JavaScript show these blocks and nothing else. A section has one prediction, because all its blocks show together.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator
from html import escape
from typing import Any, ClassVar

import yaml
from docutils import nodes
from docutils.parsers.rst.directives import flag, positive_int
from page import add_fact, fact, site_only, visit
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from rnn_tutorial.exercises import names, starter
from rnn_tutorial.pages.answers import LONGEST, encode

# what a network that writes is built of, in the order of the pages; language/from-scratch collects it
QUEST = (
    "recurrent_step", "unroll_batch", "gradient_check", "softmax_cross_entropy", "backpropagate", "clip_gradients",
    "gru_step", "temperature_top_k", "interpolated_ngrams",
)  # fmt: skip
ASK = '<p class="exercise-ask"><button type="button">{}</button></p>'
STATE = ' <span class="exercise-state" data-name="{}" data-state="open"></span>'
SLIDER = """<form class="predict" {data} method="dialog">
<label for="{name}">{asks}</label><div><input type="range" id="{name}" {slider}><output for="{name}"></output><button>\
Predict</button><button type="button">Show</button></div><p role="status" tabindex="-1"></p></form>
"""
STYLES = ["widgets/widgets.css", "answer/answer.css"]
NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
log = logging.getLogger(__name__)


class answer(site_only):
    """A declared answer, with the data that :func:`read_answer` returns."""


class write(nodes.container):
    """What the reader begins to write, with the cells of the notebook."""


class predict(site_only):
    """A question with its result as content."""


def number(text: object) -> float:
    """Parse a number as people write it, such as 12,500,000; raises ValueError."""
    return float(str(text).replace(",", ""))


def read_answer(value: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return a declared answer as data; raises ValueError with a message that says what is wrong."""
    if not fields.get("of") or not fields.keys() <= {"of", "tolerance", "choices", "slips"}:
        raise ValueError(f"expected of, and tolerance or choices, and slips; got {', '.join(fields) or 'nothing'}")
    data = {"of": fields["of"], "value": value}
    slips = {str(slip): meaning for slip, meaning in (fields.get("slips") or {}).items()}
    if "choices" in fields:
        data["choices"] = choices = in_fair_order(fields["choices"])
        if "tolerance" in fields or value not in choices or not slips.keys() <= set(choices) - {value}:
            raise ValueError(f"expected {value!r} and the other slips among the choices {choices}, and no tolerance")
    else:
        data["tolerance"] = tolerance = number(fields.get("tolerance", "nan"))
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
        """Store the answer as data and as a field, which stands there from the beginning, so that nothing moves."""
        try:
            data = read_answer(self.arguments[0], yaml.safe_load("\n".join(self.content)) or {})
        except (ValueError, AttributeError, yaml.YAMLError) as error:
            raise self.error(f"answer: {error}") from error
        return [answer(data=data, html=field(data, f"answer-{self.env.new_serialno('answer')}"), styles=STYLES)]


def field(data: dict[str, Any], name: str) -> str:
    """Return the field, and the data for the script."""
    asked = escape((data["of"][0].upper() + data["of"][1:]).replace(" -", " −"))
    if "choices" in data:
        radio = f'<label><input type="radio" name="{name}" value="{{0}}">{{0}}</label>'
        radios = "".join(radio.format(escape(choice)) for choice in data["choices"])
        asks = f"<fieldset><legend>{asked}</legend>{radios}</fieldset>"
    else:
        typed = f'<input type="text" id="{name}" inputmode="decimal" autocomplete="off" maxlength="{LONGEST}">'
        # outside of a dialog the method does nothing, so that a page without the script stays as it is
        asks = f'<form method="dialog"><label for="{name}">{asked}</label>{typed}<button>Check</button></form>'
    encoded = escape(json.dumps(data, ensure_ascii=False))
    return f'<div class="answer" data-answer="{encoded}">\n{asks}<p role="status"></p></div>\n'


def notebook_cells(node: answer) -> list[str]:
    """Return the cells with which a notebook asks for an answer, after an empty one for all answers of an exercise."""
    data = node["data"]
    choices = f"# One of: {', '.join(map(repr, data['choices']))}\n" if "choices" in data else ""
    asked = f"# {data['of'][0].upper()}{data['of'][1:]}\n{choices}"
    cell = f'{asked}from rnn_tutorial.pages.answers import check_answer\n\ncheck_answer(..., """\n{encode(data)}""")'
    return [cell] if isinstance(node.previous_sibling(), answer) else ["# Work here.\n", cell]


class Write(SphinxDirective):
    """The ``write`` directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Insert the beginning of a function."""
        name = self.arguments[0]
        if name not in names():
            raise self.error(f"write: expected one of {', '.join(names())}; got {name}")
        begin = starter(name)
        code = nodes.container("", nodes.literal_block(begin, begin, language="python"), classes=["cell_input"])
        asks = f"from rnn_tutorial.exercises import check_function\n\ncheck_function({name})"
        return [write("", code, name=name, cells=[begin, asks], classes=["cell", "write"])]


def visit_write(self: HTML5Translator, node: write) -> None:
    """Open the element, with the name of the exercise."""
    self.body.append(self.starttag(node, "div", **{"data-write": node["name"]}))


def exercises_of(doctree: nodes.document) -> Iterator[nodes.section]:
    """Yield the exercises of a page: the numbered sections of its section "Exercises", and functions to write."""
    for section in doctree.findall(nodes.section):
        title, around = section.next_node(nodes.title), section.parent
        inside = isinstance(around, nodes.section) and around.next_node(nodes.title).astext() == "Exercises"
        if any(isinstance(part, write) for part in section) or (inside and re.match(r"\d+\. ", title.astext())):
            yield section


def mark_exercises(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the exercises of a page and their solutions."""
    if app.builder.format != "html":  # sphinx-design makes dropdowns for HTML alone
        return
    for exercise in exercises_of(doctree):
        name = f"{docname}#{exercise['ids'][0]}"
        folds = [part for part in exercise if part.tagname == "dropdown_main"]
        solutions = [fold for fold in folds if fold.next_node(nodes.inline).astext().strip() == "Solution"]
        exercise["classes"].append("exercise")
        exercise.next_node(nodes.title).append(site_only(html=STATE.format(name)))
        if not solutions and exercise.next_node(write):
            continue  # the solution is shown after a try
        if not solutions:
            raise ExtensionError(f"{name}: expected a dropdown with a solution")
        begin = exercise.index(solutions[0])
        for part in exercise[begin:]:
            if part is solutions[0] or isinstance(part, nodes.container):
                part["classes"].append("solution")
        asks = "Show the solution" if exercise.next_node(answer) else "I wrote mine: show the solution"
        exercise.insert(begin, site_only(html=ASK.format(asks), styles=STYLES))
    for node in doctree.findall(answer):
        node["cells"] = notebook_cells(node)


def note_exercises(app: Sphinx, doctree: nodes.document) -> None:
    """Note the exercises of a page, and which ask for functions, with the minutes that these take."""
    exercises = list(exercises_of(doctree))
    app.env.metadata[app.env.docname]["exercises"] = [exercise["ids"][0] for exercise in exercises]
    app.env.metadata[app.env.docname]["functions"] = {
        asks["name"]: (exercise["ids"][0], re.findall(r"(\d+) minutes", exercise.astext())[0])
        for exercise in exercises
        for asks in exercise.findall(write)
    }


def add_quest(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give each page the functions of the quest, for its bar."""
    asked = dict[str, dict[str, str]]()
    for docname, facts in app.env.metadata.items():
        address = context["pathto"](docname).rstrip("#")
        for name, (place, minutes) in facts.get("functions", {}).items():
            about = {"name": f"{docname}#{place}", "href": f"{address}#{place}", "minutes": minutes}
            asked[name] = {"title": name} | about
    context["quest"] = [asked[name] for name in QUEST if name in asked]


def count(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return the number of exercises of a page, with the data for the script, and their minutes."""
    page, names = place["page"], app.env.metadata[place["page"]]["exercises"]
    data = f'data-exercises="{" ".join(names)}" data-page="{page}"'
    time = f", {app.env.metadata[page]['exercise_minutes']} min"
    return site_only(html=f'<span class="progress" {data}>{len(names)} exercises</span>{time}', styles=STYLES)


class Predict(SphinxDirective):
    """The ``predict`` directive."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"from": float, "to": float, "step": float, "logarithmic": flag, "hides": positive_int}

    def run(self) -> list[nodes.Node]:
        """Store the question and the result."""
        options = {"from": math.nan, "to": math.nan, "step": 1.0, "hides": 1} | self.options
        low, high, step, logarithmic = options["from"], options["to"], options["step"], "logarithmic" in options
        if not low < high or not step > 0 or (logarithmic and low <= 0):
            raise self.error("predict: expected from below to, both above 0 on a logarithmic scale, and a step above 0")
        if logarithmic:  # the slider moves over exponents of 10: 1, 3, 10, 30, …
            low, high, step = math.log10(low), math.log10(high), 0.5
        middle = low + step * round((high - low) / step / 2)
        node = predict(
            asks=escape(self.arguments[0]),
            slider=f'min="{low:g}" max="{high:g}" step="{step:g}" value="{middle:g}"',
            scale='data-logarithmic="" ' * logarithmic,
            name=f"predict-{self.env.new_serialno('predict')}",
            hides=options["hides"],
            styles=STYLES,
        )
        self.set_source_info(node)
        node += self.parse_content_to_nodes()
        return [node]


def mark_results(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Read each predicted result, now that it is text, and mark the blocks that show it."""
    for node in doctree.findall(predict):
        result = node.astext().strip()
        if not NUMBER.search(result):
            log.warning("predict: expected a number as content, got %r", result, location=node, type="predict")
            node["html"] = ""  # its cell failed, and there is nothing to predict
            continue
        if sum(isinstance(other, predict) for other in node.parent) > 1:
            log.warning("predict: expected one prediction in a section", location=node)
        attributes = f'{node["scale"]}data-name="{docname}#{node["name"]}" data-result="{escape(result)}"'
        node["html"] = SLIDER.format(data=attributes, **node.attributes)
        after = node.parent.children[node.parent.index(node) + 1 :]
        blocks = [block for block in after if not isinstance(block, nodes.Invisible | nodes.Titular | nodes.section)]
        if len(blocks) < node["hides"]:
            log.warning("predict: expected %d blocks after it, got %d", node["hides"], len(blocks), location=node)
        for block in blocks[: node["hides"]]:
            block["classes"].append("predicted")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives and the role."""
    app.setup_extension("page")
    for node, name, directive in ((answer, "answer", Answer), (predict, "predict", Predict)):
        app.add_node(node, html=(visit, None))
        app.add_directive(name, directive)
    app.add_node(write, html=(visit_write, lambda self, _: self.body.append("</div>\n")))
    app.add_directive("write", Write)
    add_fact(app, "exercises", count)
    app.connect("doctree-read", note_exercises)
    app.connect("html-page-context", add_quest)
    app.connect("doctree-resolved", mark_exercises)
    app.connect("doctree-resolved", mark_results)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
