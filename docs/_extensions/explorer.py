r"""Insert widgets that run in the reader's browser: explorers of trained networks, and networks that are trained there.

The page that trains the networks passes their files on with ``glue("explorer/lstm.safetensors", …)``, as base64. So
they are outputs of that page, cached and updated with the others. This extension writes them into the site and gives
their addresses to the pages with widgets::

    ```{explorer} lstm
    :label: The LSTM reads a sentence
    :show: curve
    :controls: padding
    :text: not bad at all
    ```

    ```{player}
    What stands there where it cannot run.
    ```

    ```{gradient-norms}
    ```

    ```{phrase}
    ```

    ```{scan}
    ```

    ```{alignment}
    ```

    ```{writer}
    ```

    ```{train} temporal-order
    :first: simple_rnn 8
    :second: lstm 8 3
    :lag: 20
    ```

The networks of explorers are those of :data:`rnn_tutorial.pages.widget_files.NETWORKS`, and the tasks of networks to
train those of :mod:`rnn_tutorial.theory.tasks`: ``same-words``, or a race of two networks, each a cell, its units, and
the forget bias of one that has a forget gate. The explorer of the page ``explorer_page`` is the whole instrument, as
wide as its page, and begins by itself; any other begins when the reader asks for it. Without JavaScript, from disk, and
in a notebook, a sentence replaces the widget, and in the page a still; so it does on paper, unless it runs. Where it
can run, its initial view takes its space before its module has loaded, so that nothing below it moves.
"""

import base64
import hashlib
import json
import re
from ast import literal_eval
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import fresh_outputs
from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.sphinx_ import NbMetadataCollector
from site_parts import absent
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator
from stills import norms_still, phrase_still, reading_still

from rnn_tutorial.pages.widget_files import NETWORKS

GLUED = "explorer/"
OWN_FILE = ("alignment", "gradient-norms", "writer")  # widgets that have a file of their name
SAMPLES, READINGS, PHRASE, VOCABULARY = "samples.json", "readings.json", "phrase.json", "vocabulary.txt"
MISSING = (
    "Here {what}, in your browser. That needs JavaScript, and a page that comes from a web server: browsers load no "
    "modules from the disk. Where you have the site as a folder, run "
)
START = """\
<button type="button" class="explorer-start" disabled>Run the network here ({size:.1f} MB)</button>
<p class="explorer-hint">It runs in your browser.{typed}</p>
"""  # explorer.js brings it to life
log = logging.getLogger(__name__)


class widget(nodes.container):
    """Placeholder of a widget: its ``kind``, its ``data``, and as children what is shown without it."""


def place(kind: str, missing: nodes.Node, **data: str) -> list[nodes.Node]:
    """Return the placeholder of a widget."""
    return [widget("", missing, kind=kind, data=data, styles=["widgets/widgets.css", f"{kind}/{kind}.css"])]


def sentence(what: str, page: str) -> nodes.paragraph:
    """Return a sentence that says what a widget shows, what it needs, and how to get it."""
    return nodes.paragraph(
        "", "", nodes.Text(MISSING.format(what=what)), nodes.literal("", "python3 -m http.server"),
        nodes.Text(" in it, and open "), nodes.literal("", f"localhost:8000/{page}.html"), nodes.Text("."),
        classes=["widget-missing"],
    )  # fmt: skip


def glued_files(app: Sphinx) -> dict[str, bytes]:
    """Return the content of each file that a page has glued, by its name."""
    if not hasattr(app, "explorer_files"):
        app.explorer_files = {}
        for docname, known in NbMetadataCollector.get_doc_data(app.env).items():
            if names := [name for name in known.get("glue", []) if name.startswith(GLUED)]:
                outputs = read_glue_cache(app.env.mystnb_config.output_folder, docname)
                for name in names:
                    content = base64.b64decode(literal_eval(outputs[name]["data"]["text/plain"]), validate=True)
                    app.explorer_files[name.removeprefix(GLUED)] = content
    return app.explorer_files


def find_files(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each widget of a page the addresses of its files, its networks, samples and readings."""
    missing: list[widget] = []
    glued, static = glued_files(app), f"{'../' * docname.count('/')}_static/explorer"

    def described(name: str) -> dict[str, Any]:
        """Return a file's address, which changes with its content, and its size; nothing if no page glues it."""
        if name not in glued:
            log.warning("no page glues explorer/%s", name, location=node, type="explorer")
            missing.append(node)
            return {}
        version = hashlib.sha256(glued[name]).hexdigest()[:8]
        return {"url": f"{static}/{name}?v={version}", "bytes": len(glued[name])}

    for node in doctree.findall(widget):
        kind, data = node["kind"], node["data"]
        if kind in OWN_FILE:
            data["file"] = json.dumps(described(own := f"{kind}.safetensors"))
            node["still"] = norms_still(glued[own]) if kind == "gradient-norms" and own in glued else ""
        elif kind == "phrase" and described(PHRASE):
            data["predictions"], node["still"] = glued[PHRASE].decode(), phrase_still(json.loads(glued[PHRASE]))
        elif kind in ("explorer", "player"):
            controls = data["controls"].split()
            names = list(NETWORKS) if "network" in controls else [data["network"]]
            files = {name: described(f"{name}.safetensors") | {"title": title_of(name)} for name in names}
            files["vocabulary"] = described(VOCABULARY)
            data["files"] = json.dumps(files)
            node["bytes"] = sum(files[key].get("bytes", 0) for key in ("vocabulary", data["network"]))
            node["still"] = reading_still(json.loads(glued[READINGS])[0]) if READINGS in glued else ""
            for name, wanted in ((SAMPLES, "text" in controls), (READINGS, kind == "player")):
                if wanted and described(name):
                    data[name.removesuffix(".json")] = glued[name].decode()
    for node in set(missing):
        node.replace_self(nodes.paragraph("", "", absent()))


def title_of(network: str) -> str:
    """Return a network's name for readers, from its cell: Simple RNN, LSTM, GRU."""
    cell = NETWORKS[network]
    if cell is None:
        return network.replace("_", " ").capitalize()
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell.__name__.removesuffix("Cell"))


def visit(translator: HTML5Translator, node: widget) -> None:
    """Write the placeholder, with the data that its module needs."""
    data = {f"data-{name}": value for name, value in node["data"].items() if value}
    translator.body.append(translator.starttag(node, "div", CLASS=node["kind"], **data))
    if node["kind"] == "explorer" and node.get("bytes"):
        typed = " What you type stays there." * ("text" in node["data"]["controls"].split())
        translator.body.append(START.format(size=node["bytes"] / 1e6, typed=typed))


def depart(translator: HTML5Translator, node: widget) -> None:
    """Write the still, and close the element."""
    translator.body.append(f"{node.get('still', '')}</div>\n")


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the files into the site."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static" / "explorer"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in glued_files(app).items():
            (folder / name).write_bytes(content)


# --- the directives


def some_of(*allowed: str) -> Callable[[str | None], str]:
    """Return a parser of an option that names some of several things; docutils shows its ValueError to the author."""

    def parse(argument: str | None) -> str:
        names = (argument or "").split()
        if unknown := [name for name in names if name not in allowed]:
            raise ValueError(f"expected some of {', '.join(allowed)}, got {', '.join(unknown)}")
        return " ".join(names)

    return parse


class Explorer(SphinxDirective):
    """The ``explorer`` directive."""

    required_arguments = 1
    option_spec = {  # noqa: RUF012
        "label": directives.unchanged_required,
        "show": some_of("curve", "units", "unit", "gradient", "why", "cell"),
        "controls": some_of("text", "network", "shuffle", "padding"),
        "text": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder, and note that the page shows the outputs of another page."""
        if self.arguments[0] not in NETWORKS:
            raise self.error(f"expected the network {' or '.join(NETWORKS)}, got {self.arguments[0]}.")
        if not self.options.get("label"):
            raise self.error("The explorer needs a :label:, by which a screen reader names it.")
        fresh_outputs.borrow(self.env, self.config.explorer_page)
        data = dict.fromkeys(self.option_spec, "") | self.options | {"network": self.arguments[0]}
        data["whole"] = "yes" * (self.env.docname == self.config.explorer_page)
        missing = sentence("a network of this build reads a text word by word", self.env.docname)
        return place("explorer", missing, **data)


class Player(SphinxDirective):
    """The ``player`` directive, whose content is shown where the player cannot run."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder."""
        fresh_outputs.borrow(self.env, self.config.explorer_page)
        content = nodes.container("", *self.parse_content_to_nodes(), classes=["widget-missing"])
        return place("player", content, network="lstm", controls="")


class Plain(SphinxDirective):
    """The directive of a widget without options, whose page glues what it shows."""

    SHOWS: ClassVar = {
        "alignment": "a network of this build writes the number that you type in digits, and shows where it looks",
        "gradient-norms": "you choose the norm of U and see the gradient change",
        "phrase": "you move four words and see which predictions move",
        "scan": "you go through the rounds of a scan, and change what it reads",
        "writer": "a network of this build goes on from what you type, letter by letter",
    }

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder."""
        return place(self.name, sentence(self.SHOWS[self.name], self.env.docname))


TASKS = {
    "same-words": "you train two units, and see their states move",
    "temporal-order": "two networks learn side by side which of two symbols came first",
}


def network(argument: str | None) -> str:
    """Parse the option that says which network is set; raises ValueError, which docutils shows to the author."""
    if not re.fullmatch(r"simple_rnn \d+|(lstm|gru) \d+ [01235]", argument or ""):
        raise ValueError(f"expected a network such as simple_rnn 8 or lstm 8 3, got {argument}")
    return str(argument)


class Train(SphinxDirective):
    """The ``train`` directive."""

    required_arguments = 1
    option_spec = {"first": network, "second": network, "lag": directives.nonnegative_int}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder."""
        task = self.arguments[0]
        if task not in TASKS:
            raise self.error(f"expected the task {' or '.join(TASKS)}, got {task}.")
        if task == "temporal-order" and self.options.keys() != self.option_spec.keys():
            raise self.error("The race needs a :first: and a :second: network, and a :lag:.")
        options = {name: str(value) for name, value in self.options.items()}
        return place("train", sentence(TASKS[task], self.env.docname), task=task, **options)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directives, and connect the events."""
    app.setup_extension("fresh_outputs")
    app.setup_extension("site_parts")  # it adds the style sheets
    app.add_config_value("explorer_page", "explorer", "env", types=(str,))
    app.add_directive("explorer", Explorer)
    for name in Plain.SHOWS:
        app.add_directive(name, Plain)
    app.add_directive("player", Player)
    app.add_directive("train", Train)
    app.add_node(widget, html=(visit, depart))
    app.connect("doctree-resolved", find_files)
    app.connect("build-finished", write_files)
    return {"version": "1", "env_version": 3, "parallel_read_safe": True, "parallel_write_safe": True}
