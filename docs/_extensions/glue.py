"""Show what pages glue: numbers in the text, and files in widgets, which run in the reader's browser.

``{glue:text}`name:.1f` `` shows a number of the page, ``{glue:text}`other.md::name:.1f` `` one of another page. On the
home page, on the index of a section and in the lead of a page a number is a headline:
:func:`rnn_tutorial.claims.glue_numbers` has to tell that at least three seeds are behind it, or none.

A page gives files by ``glue_file("writer/weights.safetensors", …)``. Its kernel writes them, and the site copies them
into ``_static``. A widget has the name of its folder in ``_static``, and each option becomes a ``data-`` attribute::

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

import json
import shutil
from ast import literal_eval
from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from execution import OUTPUTS, record
from page import around
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator
from stills import STILLS

HEADLINE = """\
a headline shows `%s`, whose glue_numbers has seeds=%s: expected those of at least three runs, or () if nothing is \
random; else say it without the number"""
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


class GluedNumber(SphinxRole):
    """The role of a glued number or text."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return it as text."""
        page, _, shown = self.text.rpartition("::")
        name, _, form = shown.partition(":")
        docname = self.env.docname
        if page:
            docname = self.env.path2doc(path := self.env.relfn2path(page)[1]) or ""
            self.env.note_dependency(path)
        outputs = [output for cell in record(self.env, docname)["cells"] for output in cell["outputs"]]
        for output in reversed(outputs):
            about = output.get("metadata", {})
            if (place := about.get("scrapbook", {})).get("name") == name:
                value = literal_eval(output["data"][f"{place['mime_prefix']}text/plain"])
                node = nodes.inline("", format(value, form), classes=["pasted-text"])
                node["glued"] = name, about.get("seeds")
                self.set_source_info(node)
                return [node], []
        log.warning("no page glues %s", self.text, location=self.get_location(), type="glue")
        return [], []


def check_headlines(app: Sphinx, doctree: nodes.document) -> None:
    """Refuse headlines from a lucky seed."""
    index = app.env.docname.rpartition("/")[2] == "index"
    for node in doctree.findall(nodes.inline):
        name, seeds = node.get("glued", ("", ()))
        in_lead = len([*around(node, nodes.section)]) < 2  # before the first section below the page's title
        if (seeds is None or 0 < len(seeds) < 3) and (index or in_lead):
            log.warning(HEADLINE, name, seeds, location=node, type="claims")


def files_of(env: BuildEnvironment) -> dict[str, tuple[Path, str]]:
    """Return where each file lies that a page gives, and its hash, by its place in ``_static``."""
    outputs = {docname: Path(folder, "files") for docname, folder in getattr(env, OUTPUTS, {}).items()}
    hashes = {docname: record(env, docname)["files"] for docname in outputs}
    return {name: (outputs[page] / name, file) for page, files in hashes.items() for name, file in files.items()}


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each widget of a page its data; leave out one whose file is missing."""
    glued, titles = files_of(app.env), app.config.widget_titles

    def described(name: str) -> dict[str, Any]:
        """Return a file's address, which changes with its content, its size, and its title if it has one."""
        path, digest = glued[name]
        about = {"url": f"{'../' * docname.count('/')}_static/{name}?v={digest[:8]}", "bytes": path.stat().st_size}
        return about | ({"title": titles[path.stem]} if path.stem in titles else {})

    for node in list(doctree.findall(widget)):
        data = dict(node["options"])
        inline = dict(entry.split("=") for entry in data.pop("inline", "").split())
        start, still, files = data.pop("start", ""), data.pop("still", ""), data.get("files", "").split()
        wanted = {*files, *inline.values(), still, data.get("file", "")} - {""}
        if missing := sorted(wanted - glued.keys()):
            log.warning("no page glues %s", ", ".join(missing), location=node, type="glue")
            node.parent.remove(node)
            continue
        data |= {name: glued[file][0].read_text(encoding="utf-8") for name, file in inline.items()}
        if "file" in data:
            data["file"] = json.dumps(described(data["file"]))
        by_name = {Path(name).stem: described(name) for name in files}
        if files:
            data["files"] = json.dumps(by_name)
        if start:
            size = sum(by_name[name]["bytes"] for name in start.split()) / 1e6
            typed = " What you type stays there." * ("text" in data.get("controls", ""))
            node["start"] = START.format(kind=node["kind"], size=size, typed=typed)
        node["data"] = {f"data-{name}": value for name, value in data.items()}
        node["still"] = STILLS[still](glued[still][0].read_bytes()) if still else ""


def visit(translator: HTML5Translator, node: widget) -> None:
    """Write the element with its data, and the button that starts the widget."""
    tag = translator.starttag(node, "div", CLASS=f"widget {node['kind']}", **{"data-kind": node["kind"]} | node["data"])
    translator.body.append(tag + node.get("start", ""))


def depart(translator: HTML5Translator, node: widget) -> None:
    """Write the still, and close the element."""
    translator.body.append(f"{node['still']}</div>\n")


def copy_files(app: Sphinx, error: Exception | None) -> None:
    """Copy the files into the site."""
    for name, (file, _) in files_of(app.env).items() if error is None and app.builder.name == "html" else ():
        (path := Path(app.outdir, "_static", name)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, path)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Replace the role, add the directive, and connect the events."""
    app.setup_extension("execution")
    app.setup_extension("page")  # it adds the style sheets
    app.add_config_value("widget_titles", {}, "html", types=(dict,))
    app.add_role_to_domain("glue", "text", GluedNumber(), override=True)
    app.add_directive("widget", Widget)
    app.add_node(widget, html=(visit, depart))
    app.connect("doctree-read", check_headlines)
    app.connect("doctree-resolved", resolve)
    app.connect("build-finished", copy_files)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
