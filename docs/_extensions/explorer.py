"""Put what runs in the reader's browser into a page: an explorer of a trained network, or sliders over a gradient.

The page that trains the networks hands their files over with ``glue("explorer/lstm.safetensors", …)``, as base64. So
they are outputs of that page, kept and made anew with its others. This extension writes them beside the modules that
read them, in ``_static/explorer/`` and ``_static/gradient-norms/``, and tells a page that wants them where they are::

    ```{explorer} lstm
    :label: The LSTM reads a sentence
    :show: words curve
    :controls: padding
    :text: not bad at all
    ```

    ```{gradient-norms}
    ```

Which networks there are, :data:`rnn_tutorial.explorer.NETWORKS` says. Without JavaScript, from the disk, and in a
notebook, a sentence stands in their place. Where they can run, what they begin with takes its room before their module
comes, so that nothing below them moves.
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
    """The place of a widget: its ``kind``, its ``data``, and as children what a reader without it sees."""


def place(kind: str, what: str, page: str, **data: str) -> widget:
    """Return the place of a widget, with a sentence: what would be there, what that needs, and how to get it."""
    sentence = nodes.paragraph(
        "", "", nodes.Text(MISSING.format(what=what)), nodes.literal("", SERVE), nodes.Text(" in it, and open "),
        nodes.literal("", f"localhost:8000/{page}.html"), nodes.Text("."), classes=["widget-missing"],
    )  # fmt: skip
    return widget("", sentence, kind=kind, data=data)


def folder_of(name: str) -> str:
    """Return the folder in ``_static`` of the modules that read a file."""
    return "gradient-norms" if name == NORMS else "explorer"


def glued_files(app: Sphinx) -> dict[str, bytes]:
    """Return the content of each file that a page has handed over, by its name."""
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
    """Return a file's address, which changes when the file does, and its size; nothing if no page hands it over."""
    content = glued_files(app).get(name)
    if content is None:
        log.warning("no page glues explorer/%s", name, location=node, type="explorer")
        return {}
    version = hashlib.sha256(content).hexdigest()[:8]
    static = f"{'../' * docname.count('/')}_static/{folder_of(name)}"
    return {"url": f"{static}/{name}?v={version}", "bytes": len(content)}


def find_files(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Tell each widget of a page where its files are."""
    for node in doctree.findall(widget):
        described = partial(describe_file, app, node=node, docname=docname)
        if node["kind"] == "explorer":
            find_networks(app, node, described)
        else:
            node["data"]["file"] = json.dumps(described(NORMS))


def add_styles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Bring the style sheets to the pages that need them."""
    if kinds := {node["kind"] for node in doctree.findall(widget)} if doctree is not None else set():
        for name in ("widgets", *sorted(kinds)):
            app.add_css_file(f"{name}/{name}.css")


def visit(translator: HTML5Translator, node: widget) -> None:
    """Write the place, with what the module has to know."""
    data = {f"data-{name}": value for name, value in node["data"].items() if value}
    translator.body.append(translator.starttag(node, "div", CLASS=node["kind"], **data))
    if node.get("bytes"):
        translator.body.append(START.format(size=node["bytes"] / 1e6))


def depart(translator: HTML5Translator, node: widget) -> None:
    """End it."""
    translator.body.append("</div>\n")


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the files beside the modules that read them."""
    if error is None and app.builder.format == "html":
        for name, content in glued_files(app).items():
            folder = Path(app.outdir) / "_static" / folder_of(name)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


# --- the explorer

PANELS = ("words", "curve", "unrolled", "units", "unit", "gradient")
CONTROLS = ("text", "network", "shuffle", "padding")
SAMPLES, VOCABULARY = "samples.json", "vocabulary.txt"
START = """\
<button type="button" class="explorer-start" disabled>Run the network here ({size:.1f} MB)</button>
<p class="explorer-hint">It runs in your browser. What you type stays there.</p>
"""  # explorer.js brings it to life


def some_of(allowed: tuple[str, ...], argument: str | None) -> list[str]:
    """Read an option that names some of a few things; raises ValueError, which docutils shows to the author."""
    names = (argument or "").split()
    if unknown := [name for name in names if name not in allowed]:
        raise ValueError(f"expected some of {', '.join(allowed)}, got {', '.join(unknown)}")
    return names


def title_of(network: str) -> str:
    """Return what a reader calls a network, by its cell: Simple RNN, LSTM."""
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
        """Keep the place, and remember that the page shows what another page makes."""
        network, label = self.arguments[0], self.options.get("label", "")
        if network not in NETWORKS:
            raise self.error(f"expected the network {' or '.join(NETWORKS)}, got {network}.")
        if not label:
            raise self.error("The explorer needs a :label:, by which a screen reader names it.")
        fresh_outputs.borrow(self.env, self.config.explorer_page)
        lists = {name: " ".join(self.options.get(name, [])) for name in ("show", "controls")}
        what, text = "a network of this build reads a text word by word", self.options.get("text", "")
        return [place("explorer", what, self.env.docname, network=network, label=label, text=text, **lists)]


def find_networks(app: Sphinx, node: widget, described: Callable[[str], dict[str, Any]]) -> None:
    """Tell an explorer where its networks, their vocabulary and its samples are, and what the networks are called."""
    data, controls = node["data"], node["data"]["controls"].split()
    networks = list(NETWORKS) if "network" in controls else [data["network"]]
    files = {network: described(f"{network}.safetensors") | {"title": title_of(network)} for network in networks}
    files["vocabulary"] = described(VOCABULARY)
    data["files"] = json.dumps(files)
    node["bytes"] = sum(files[key].get("bytes", 0) for key in ("vocabulary", data["network"]))
    if "text" in controls and described(SAMPLES):
        data["samples"] = glued_files(app)[SAMPLES].decode()


# --- the sliders over the norm of a gradient


class GradientNorms(SphinxDirective):
    """The ``gradient-norms`` directive."""

    def run(self) -> list[nodes.Node]:
        """Keep the place."""
        return [place("gradient-norms", "you choose the norm of U and see the gradient change", self.env.docname)]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directives, and connect to the end of the build."""
    app.setup_extension("fresh_outputs")
    app.add_config_value("explorer_page", "explorer", "env", types=(str,))
    app.add_directive("explorer", Explorer)
    app.add_directive("gradient-norms", GradientNorms)
    app.add_node(widget, html=(visit, depart))
    app.connect("doctree-resolved", find_files)
    app.connect("html-page-context", add_styles)
    app.connect("build-finished", write_files)
    return {"version": "1", "env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
