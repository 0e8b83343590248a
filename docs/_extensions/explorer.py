"""Insert widgets that run in the reader's browser: an explorer of a trained network, a player, sliders for gradients.

The page that trains the networks passes their files on with ``glue("explorer/lstm.safetensors", …)``, as base64. So
they are outputs of that page, cached and updated with the others. This extension writes them next to the modules that
read them, in ``_static/explorer/`` and ``_static/gradient-norms/``, and gives their addresses to the pages with
widgets::

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

The networks are those of :data:`rnn_tutorial.explorer.NETWORKS`. The explorer of the page ``explorer_page`` is the
whole instrument, as wide as its page, and begins by itself; any other begins when the reader asks for it. Without
JavaScript, from disk, and in a notebook, a sentence replaces the widget, and in the page a still of a reading
(``stills.py``) an explorer; so it does on paper, unless it runs. Where it can run, its initial view takes its space
before its module has loaded, so that nothing below it moves.
"""

import base64
import hashlib
import json
import re
from ast import literal_eval
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import fresh_outputs
from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator
from stills import reading_still

from rnn_tutorial.explorer import NETWORKS

GLUED = "explorer/"
NORMS = "gradient-norms.safetensors"
MISSING = (
    "Here {what}, in your browser. That needs JavaScript, and a page that comes from a web server: browsers load no "
    "modules from the disk. Where you have the site as a folder, run "
)
SERVE = "python3 -m http.server"
log = logging.getLogger(__name__)


class widget(nodes.container):
    """Placeholder of a widget: its ``kind``, its ``data``, and as children what is shown without it."""


def place(kind: str, what: str, page: str, **data: str) -> widget:
    """Return the placeholder of a widget, with a sentence that says what it shows, what it needs, and how to get it."""
    sentence = nodes.paragraph(
        "", "", nodes.Text(MISSING.format(what=what)), nodes.literal("", SERVE), nodes.Text(" in it, and open "),
        nodes.literal("", f"localhost:8000/{page}.html"), nodes.Text("."), classes=["widget-missing"],
    )  # fmt: skip
    return widget("", sentence, kind=kind, data=data)


def folder_of(name: str) -> str:
    """Return the folder in ``_static`` of the modules that read a file."""
    return "gradient-norms" if name == NORMS else "explorer"


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


def describe_file(app: Sphinx, name: str, node: widget, docname: str) -> dict[str, Any]:
    """Return a file's address, which changes with its content, and its size; nothing if no page glues it."""
    content = glued_files(app).get(name)
    if content is None:
        log.warning("no page glues explorer/%s", name, location=node, type="explorer")
        return {}
    version = hashlib.sha256(content).hexdigest()[:8]
    static = f"{'../' * docname.count('/')}_static/{folder_of(name)}"
    return {"url": f"{static}/{name}?v={version}", "bytes": len(content)}


def find_files(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each widget of a page the addresses of its files."""
    for node in doctree.findall(widget):
        described = partial(describe_file, app, node=node, docname=docname)
        if node["kind"] in ("explorer", "player"):
            find_networks(app, node, described)
        elif node["kind"] == "gradient-norms":
            node["data"]["file"] = json.dumps(described(NORMS))


def add_styles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the style sheets to the pages that need them."""
    if kinds := {node["kind"] for node in doctree.findall(widget)} if doctree is not None else set():
        for name in ("widgets", *sorted(kinds)):
            app.add_css_file(f"{name}/{name}.css")


def visit(translator: HTML5Translator, node: widget) -> None:
    """Write the placeholder, with the data that its module needs."""
    data = {f"data-{name}": value for name, value in node["data"].items() if value}
    translator.body.append(translator.starttag(node, "div", CLASS=node["kind"], **data))
    if node["kind"] == "explorer" and node.get("bytes"):
        typed = " What you type stays there." * ("text" in node["data"]["controls"].split())
        translator.body.append(START.format(size=node["bytes"] / 1e6, typed=typed) + node.get("still", ""))


def depart(translator: HTML5Translator, node: widget) -> None:
    """Close the element."""
    translator.body.append("</div>\n")


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the files next to the modules that read them."""
    if error is None and app.builder.format == "html":
        for name, content in glued_files(app).items():
            folder = Path(app.outdir) / "_static" / folder_of(name)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


# --- the explorer

PANELS = ("curve", "units", "unit", "gradient", "why", "cell")
CONTROLS = ("text", "network", "shuffle", "padding")
SAMPLES, READINGS, VOCABULARY = "samples.json", "readings.json", "vocabulary.txt"
START = """\
<button type="button" class="explorer-start" disabled>Run the network here ({size:.1f} MB)</button>
<p class="explorer-hint">It runs in your browser.{typed}</p>
"""  # explorer.js brings it to life


def some_of(allowed: tuple[str, ...], argument: str | None) -> list[str]:
    """Parse an option that names some of several things; raises ValueError, which docutils shows to the author."""
    names = (argument or "").split()
    if unknown := [name for name in names if name not in allowed]:
        raise ValueError(f"expected some of {', '.join(allowed)}, got {', '.join(unknown)}")
    return names


def title_of(network: str) -> str:
    """Return a network's name for readers, from its cell: Simple RNN, LSTM."""
    cell = NETWORKS[network]
    if cell is None:
        return network.replace("_", " ").capitalize()
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell.__name__.removesuffix("Cell"))


class Explorer(SphinxDirective):
    """The ``explorer`` directive."""

    required_arguments = 1
    option_spec = {  # noqa: RUF012
        "label": directives.unchanged_required,
        "show": partial(some_of, PANELS),
        "controls": partial(some_of, CONTROLS),
        "text": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder, and note that the page shows the outputs of another page."""
        network, label = self.arguments[0], self.options.get("label", "")
        if network not in NETWORKS:
            raise self.error(f"expected the network {' or '.join(NETWORKS)}, got {network}.")
        if not label:
            raise self.error("The explorer needs a :label:, by which a screen reader names it.")
        fresh_outputs.borrow(self.env, self.config.explorer_page)
        lists = {name: " ".join(self.options.get(name, [])) for name in ("show", "controls")}
        what, text = "a network of this build reads a text word by word", self.options.get("text", "")
        whole = "yes" * (self.env.docname == self.config.explorer_page)
        return [
            place("explorer", what, self.env.docname, network=network, label=label, text=text, whole=whole, **lists)
        ]


def find_networks(app: Sphinx, node: widget, described: Callable[[str], dict[str, Any]]) -> None:
    """Give an explorer the names of its networks, and the addresses of their files, vocabulary and samples."""
    data, controls = node["data"], node["data"]["controls"].split()
    networks = list(NETWORKS) if "network" in controls else [data["network"]]
    files = {network: described(f"{network}.safetensors") | {"title": title_of(network)} for network in networks}
    files["vocabulary"] = described(VOCABULARY)
    data["files"] = json.dumps(files)
    node["bytes"] = sum(files[key].get("bytes", 0) for key in ("vocabulary", data["network"]))
    if node["kind"] == "explorer" and READINGS in (glued := glued_files(app)):
        node["still"] = reading_still(json.loads(glued[READINGS])[0])
    for name, wanted in ((SAMPLES, "text" in controls), (READINGS, node["kind"] == "player")):
        if wanted and described(name):
            data[name.removesuffix(".json")] = glued_files(app)[name].decode()


class Player(SphinxDirective):
    """The ``player`` directive, whose content is shown where the player cannot run."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder."""
        fresh_outputs.borrow(self.env, self.config.explorer_page)
        still = nodes.container("", *self.parse_content_to_nodes(), classes=["widget-missing"])
        return [widget("", still, kind="player", data={"network": "lstm", "controls": ""})]


# --- the sliders over the norm of a gradient


class GradientNorms(SphinxDirective):
    """The ``gradient-norms`` directive."""

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder."""
        return [place("gradient-norms", "you choose the norm of U and see the gradient change", self.env.docname)]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directives, and connect the events."""
    app.setup_extension("fresh_outputs")
    app.add_config_value("explorer_page", "explorer", "env", types=(str,))
    app.add_directive("explorer", Explorer)
    app.add_directive("gradient-norms", GradientNorms)
    app.add_directive("player", Player)
    app.add_node(widget, html=(visit, depart))
    app.connect("doctree-resolved", find_files)
    app.connect("html-page-context", add_styles)
    app.connect("build-finished", write_files)
    return {"version": "1", "env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
