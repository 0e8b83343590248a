"""Place widgets, which run in the reader's browser, and give them the files that they load.

A page gives such files by ``glue_file("writer/weights.safetensors", …)``. So they are outputs of that page, cached
with the others, and are written into ``_static``. A widget has the name of its folder in ``_static``, and each option
becomes a ``data-`` attribute::

    ```{widget} writer
    :files: writer/weights.safetensors writer/letters.txt
    :inline: samples=writer/samples.json
    :start: weights letters
    :still: writer/samples.json
    :label: The network writes

    Here a network writes, in your browser.
    ```

``file`` and ``files`` give addresses and sizes, ``inline`` the content of files; ``start`` names what loads when the
reader presses a button. The content shows without JavaScript, from disk and in the notebook; what the widget needs is
added to a single paragraph. With it, and on paper, shows the figure that :mod:`stills` draws of the file ``still``.
"""

import base64
import hashlib
import json
from ast import literal_eval
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.sphinx_ import NbMetadataCollector
from page import absent
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator
from stills import STILLS

NEEDS = """\
That needs JavaScript, and a page that comes from a web server: browsers load no modules from the disk. Where you have \
the site as a folder, run `python3 -m http.server` in it, and open `localhost:8000/{}.html`."""
START = """\
<button type="button" class="{kind}-start" disabled>Run the network here ({size:.1f} MB)</button>
<p class="{kind}-hint">It runs in your browser.{typed}</p>
"""  # the widget's script enables it
log = logging.getLogger(__name__)


class widget(nodes.container):
    """A widget: its ``kind``, its ``options``, and as children what shows without it."""


class Widget(SphinxDirective):
    """The ``widget`` directive."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = defaultdict(lambda: directives.unchanged_required, file=directives.unchanged_required)

    def run(self) -> list[nodes.Node]:
        """Insert the widget."""
        kind, content = self.arguments[0], self.parse_content_to_nodes()
        if not content or not Path(self.env.srcdir, "_static", kind).is_dir():
            raise self.error(f"expected a folder of _static, and what shows without the widget; got {kind}")
        if len(content) == 1 and isinstance(content[0], nodes.paragraph):
            content[0] += [nodes.Text(" "), *self.parse_inline(NEEDS.format(self.env.docname))[0]]
        else:
            content = [nodes.container("", *content)]
        content[0]["classes"].append("widget-missing")
        styles = ["widgets/widgets.css", f"{kind}/{kind}.css"]
        node = widget("", *content, kind=kind, options=self.options, styles=styles)
        self.set_source_info(node)
        return [node]


@cache
def glued_files(env: Any) -> dict[str, bytes]:
    """Return the content of each glued file, by its place in ``_static``."""
    files = dict[str, bytes]()
    for docname, known in NbMetadataCollector.get_doc_data(env).items():
        if names := [name for name in known.get("glue", []) if "/" in name]:
            outputs = read_glue_cache(env.mystnb_config.output_folder, docname)
            files |= {name: base64.b64decode(literal_eval(outputs[name]["data"]["text/plain"])) for name in names}
    return files


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each widget of a page its data; where a file is missing, say so in its place."""
    glued, titles = glued_files(app.env), app.config.widget_titles

    def described(name: str) -> dict[str, Any]:
        """Return a file's address, which changes with its content, its size, and its title if it has one."""
        version = hashlib.sha256(glued[name]).hexdigest()[:8]
        known = {"url": f"{'../' * docname.count('/')}_static/{name}?v={version}", "bytes": len(glued[name])}
        return known | ({"title": titles[Path(name).stem]} if Path(name).stem in titles else {})

    for node in list(doctree.findall(widget)):
        data = dict(node["options"])
        inline = dict(entry.split("=") for entry in data.pop("inline", "").split())
        start, still, files = data.pop("start", ""), data.pop("still", ""), data.get("files", "").split()
        wanted = {*files, *inline.values(), still, data.get("file", "")} - {""}
        if missing := sorted(wanted - glued.keys()):
            log.warning("no page glues %s", ", ".join(missing), location=node, type="widget")
            node.replace_self(nodes.paragraph("", "", absent()))
            continue
        data |= {name: glued[file].decode() for name, file in inline.items()}
        if "file" in data:
            data["file"] = json.dumps(described(data["file"]))
        if files:
            known = {Path(name).stem: described(name) for name in files}
            data["files"] = json.dumps(known)
        if start:
            size = sum(known[name]["bytes"] for name in start.split()) / 1e6
            typed = " What you type stays there." * ("text" in data.get("controls", ""))
            node["start"] = START.format(kind=node["kind"], size=size, typed=typed)
        node["data"] = {f"data-{name}": value for name, value in data.items()}
        node["still"] = STILLS[still](glued[still]) if still else ""


def visit(translator: HTML5Translator, node: widget) -> None:
    """Write the element with its data, and the button that starts the widget."""
    tag = translator.starttag(node, "div", CLASS=f"widget {node['kind']}", **{"data-kind": node["kind"]} | node["data"])
    translator.body.append(tag + node.get("start", ""))


def depart(translator: HTML5Translator, node: widget) -> None:
    """Write the still, and close the element."""
    translator.body.append(f"{node['still']}</div>\n")


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the files into the site."""
    for name, content in glued_files(app.env).items() if error is None and app.builder.name == "html" else ():
        path = Path(app.outdir, "_static", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive, and connect the events."""
    app.setup_extension("page")  # it adds the style sheets
    app.add_config_value("widget_titles", {}, "html", types=(dict,))
    app.add_directive("widget", Widget)
    app.add_node(widget, html=(visit, depart))
    app.connect("doctree-resolved", resolve)
    app.connect("build-finished", write_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
