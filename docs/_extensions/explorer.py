"""Put the explorer into a page: a network that this build has trained, running in the reader's browser.

The page that trains the networks hands their files over with ``glue("explorer/lstm.safetensors", …)``, as base64. So
they are outputs of that page, kept and made anew with its others. This extension writes them beside the modules in
``_static/explorer/``, and tells a page that wants them where they are::

    ```{explorer} lstm
    :label: The LSTM reads a sentence
    :show: words curve
    :controls: padding
    :text: not bad at all
    ```

    ```{gradient-norms}
    ```

Without JavaScript, from the disk, and in a notebook, a sentence stands in their place. Where they can run, what they
begin with takes its room before their module comes, so that nothing below them moves.
"""

import base64
import hashlib
import json
from ast import literal_eval
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

FOLDER = "explorer/"
NETWORKS = ("simple_rnn", "lstm", "bag_of_words")
PANELS = ("words", "curve", "unrolled", "units", "unit", "gradient")
CONTROLS = ("text", "network", "shuffle", "padding")
SAMPLES, NORMS, VOCABULARY = "samples.json", "gradient-norms.safetensors", "vocabulary.txt"
MISSING = (
    "Here {what}, in your browser. That needs JavaScript, and a page that comes from a web server: browsers load no "
    "modules from the disk. Where you have the site as a folder, run "
)
START = """\
<button type="button" class="explorer-start" disabled>Run the network here ({size:.1f} MB)</button>
<p class="explorer-hint">It runs in your browser. What you type stays there.</p>
"""  # explorer.js brings it to life
SERVE = "python3 -m http.server"
log = logging.getLogger(__name__)


class explorer(nodes.container):
    """The place of an explorer; its options are attributes, its children what a reader without it sees."""


class gradient_norms(nodes.container):
    """The place of the sliders over a gradient's norm."""


def some_of(allowed: tuple[str, ...], argument: str | None) -> list[str]:
    """Read an option that names some of a few things; raises ValueError, which docutils shows to the author."""
    names = (argument or "").split()
    if unknown := [name for name in names if name not in allowed]:
        raise ValueError(f"expected some of {', '.join(allowed)}, got {', '.join(unknown)}")
    return names


def fallback(what: str, page: str) -> nodes.paragraph:
    """Say what would be here, what that needs, and how to get it."""
    return nodes.paragraph(
        "", "", nodes.Text(MISSING.format(what=what)), nodes.literal("", SERVE), nodes.Text(" in it, and open "),
        nodes.literal("", f"localhost:8000/{page}.html"), nodes.Text("."), classes=["explorer-missing"],
    )  # fmt: skip


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
        node = explorer("", fallback("a network of this build reads a text word by word", self.env.docname))
        node["data"] = {"network": network, "label": label, "text": self.options.get("text", "")}
        node["data"] |= {name: " ".join(self.options.get(name, [])) for name in ("show", "controls")}
        return [node]


class GradientNorms(SphinxDirective):
    """The ``gradient-norms`` directive."""

    def run(self) -> list[nodes.Node]:
        """Keep the place."""
        node = gradient_norms("", fallback("you choose the norm of U and see the gradient change", self.env.docname))
        node["data"] = {}
        return [node]


def glued_files(app: Sphinx) -> dict[str, bytes]:
    """Give the content of each file that a page has handed over, by its name."""
    if not hasattr(app, "explorer_files"):
        app.explorer_files = {}
        for docname, known in NbMetadataCollector.get_doc_data(app.env).items():
            if names := [name for name in known.get("glue", []) if name.startswith(FOLDER)]:
                outputs = read_glue_cache(app.env.mystnb_config.output_folder, docname)
                for name in names:
                    content = base64.b64decode(literal_eval(outputs[name]["data"]["text/plain"]), validate=True)
                    app.explorer_files[name.removeprefix(FOLDER)] = content
    return app.explorer_files


def find_files(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Tell each explorer of a page where its files are, by addresses that change when they do."""
    static = f"{'../' * docname.count('/')}_static/{FOLDER}"

    def described(name: str, node: nodes.Node) -> dict[str, Any]:
        content = glued_files(app).get(name)
        if content is None:
            log.warning("no page glues explorer/%s", name, location=node, type="explorer")
            return {}
        return {"url": f"{static}{name}?v={hashlib.sha256(content).hexdigest()[:8]}", "bytes": len(content)}

    for node in doctree.findall(explorer):
        controls = node["data"]["controls"].split()
        networks = NETWORKS if "network" in controls else (node["data"]["network"],)
        files = {"vocabulary": VOCABULARY} | {network: f"{network}.safetensors" for network in networks}
        described_files = {key: described(name, node) for key, name in files.items()}
        node["data"]["files"] = json.dumps(described_files)
        node["bytes"] = sum(described_files[key].get("bytes", 0) for key in ("vocabulary", node["data"]["network"]))
        if "text" in controls and described(SAMPLES, node):
            node["data"]["samples"] = glued_files(app)[SAMPLES].decode()
    for node in doctree.findall(gradient_norms):
        node["data"]["file"] = json.dumps(described(NORMS, node))


def add_style(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Bring the style sheet to the pages that need it."""
    if doctree is not None and any(doctree.findall(lambda node: isinstance(node, explorer | gradient_norms))):
        app.add_css_file("explorer/explorer.css")


def visit(translator: HTML5Translator, node: explorer | gradient_norms) -> None:
    """Write the place, with what the module has to know."""
    data = {f"data-{name}": value for name, value in node["data"].items() if value}
    translator.body.append(translator.starttag(node, "div", CLASS=type(node).__name__.replace("_", "-"), **data))
    if node.get("bytes"):
        translator.body.append(START.format(size=node["bytes"] / 1e6))


def depart(translator: HTML5Translator, node: explorer | gradient_norms) -> None:
    """End it."""
    translator.body.append("</div>\n")


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the files beside the modules that read them."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static" / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in glued_files(app).items():
            (folder / name).write_bytes(content)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directives, and connect to the end of the build."""
    app.setup_extension("fresh_outputs")
    app.add_config_value("explorer_page", "explorer", "env", types=(str,))
    app.add_directive("explorer", Explorer)
    app.add_directive("gradient-norms", GradientNorms)
    for node in (explorer, gradient_norms):
        app.add_node(node, html=(visit, depart))
    app.connect("doctree-resolved", find_files)
    app.connect("html-page-context", add_style)
    app.connect("build-finished", write_files)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
