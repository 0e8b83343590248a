r"""Make of a page in HTML what readers need, where the theme and other libraries fall short of it.

A folded cell is labelled with its title or the number of its checks: code that draws a figure or makes a table has the
class ``of-output``, and is reached from its corner; imports and checks have ``quiet``, and stay out of the text until
the drawer at the foot of the page shows them. That drawer gets the page's last section as ``made``.

``{minutes}`page` `` is the reading time of a page, and ``{exercise_minutes}`page` `` the time that its exercises take,
as their first lines say; for a folder, ``theory/``, both are sums in hours. ``{thumbnail}`page` `` is the first figure
of a page, or a diagram by its name. Templates find both times of their own page in its metadata.

A thumbnail only decorates: a screen reader passes it over, and a browser fetches it when the reader comes near. An
image cannot take its colours from the page, so one of a diagram is written in the light ones; custom.css inverts both.
"""

import ast
import re
from collections.abc import Callable, Iterator
from html import escape
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import imagesize
from diagrams import in_light_colours
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

EMPTY_HEADING = re.compile(r"<th\b([^>]*)>((?:\s|&nbsp;)*)</th>")
# in a table, what begins no tag that pandas writes
FOREIGN = re.compile(
    r"<(?!/?(?:table|thead|tbody|tr|th|td|div)"
    r'(?:\s+(?:(?:id|class|border|rowspan|colspan)="[\w -]*"|style="text-align: right;"))*\s*>)'
)
RUN = re.compile(r'<section id="how-this-page-was-run">\s*(.*?)<h2>How this page was run.*?</h2>', re.DOTALL)
BLOCK, BETWEEN = re.compile(r'<div class="(?:doctest )?highlight-.*?</pre></div>\s*</div>', re.DOTALL), "\n<!-- -->\n"
CHECK = re.compile(r"^\s*(?:assert\b|(?:\w+ = )?claim\()", re.MULTILINE)
CHECKED = "Checked in this build"
STYLE_SHEET = re.compile(r'<link (?=[^>]*rel="stylesheet")[^>]*href="[^"?:]*?_static/([^"?]+)[^>]*>')
LARGEST = 20_000  # bytes of a style sheet that stands in pages; the colours of code, light and dark, are the largest
SECONDS = {"word": 60 / 200, "math": 60 / 200, "line": 7, "math_block": 45, "widget": 180}  # to read one
OF_EXERCISE = re.compile(r" · (\d+) minutes\.$")
FOLDED = {"dropdown", "tag_hide-input", "tag_hide-cell", "cell_code_output"}
IMAGE = '<img class="thumbnail" src="{}" alt="" loading="lazy" width="96" height="64">'


class site_only(nodes.Invisible, nodes.Inline, nodes.Element):
    """HTML, as ``html``; any node can name in ``styles`` the style sheets that its page needs."""


class fact(nodes.Inline, nodes.Element):
    """Placeholder for what the function ``show`` returns for ``page``, on the page ``docname``, when all are read."""


def around(node: nodes.Node, kind: type[nodes.Element]) -> Iterator[Any]:
    """Yield the elements of a kind that a node stands in, from the innermost."""
    while node := node.parent:
        if isinstance(node, kind):
            yield node


def with_text_in_cells(output: str) -> str:
    """Return an output in HTML with what is not a tag of its table, such as the name of a reader's file, as text."""
    styles, table, rest = output.partition("<table")
    return styles + FOREIGN.sub("&lt;", table + rest)


def mend_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Turn what stands in the tables of outputs into text, and empty headings, which are announced, into cells."""
    for node in doctree.findall(nodes.raw):
        if node.get("format") == "html":
            text = EMPTY_HEADING.sub(r"<td\1>\2</td>", with_text_in_cells(node.astext()))
            node.children = [nodes.Text(text.replace(" %", "\N{NO-BREAK SPACE}%"))]


def state_sizes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set the sizes of a page's images, in pixels, unless the page does, so that it stands still while they load."""
    for image in doctree.findall(nodes.image):
        path, sized = app.srcdir / image["uri"], {"width", "height", "scale"} & image.attributes.keys()
        if not sized and path.is_file() and (size := imagesize.get(path))[0] > 0:
            image["width"], image["height"] = (str(round(number)) for number in size)


def lay_aside(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Leave sphinx_codeautolink the blocks of code alone: it parses whatever it gets, also a thousand equations."""
    if doctree:
        body = context["body"]
        context |= {"around": BLOCK.split(body), "body": BETWEEN.join(BLOCK.findall(body))}


def put_back(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the blocks of code, which have links now, back into the text around them."""
    if around := context.pop("around", None):
        context["body"] = "".join(chain(*zip_longest(around, context["body"].split(BETWEEN), fillvalue="")))


def set_apart(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Move the last section of a page's text, if it says how the page was run, to what templates call ``made``."""
    if begin := RUN.search(body := context.get("body", "")):
        made, _, after = body[begin.end() :].rsplit("</section>", 2)  # its own end, and that of the page's section
        context |= {"body": f"{body[: begin.start()]}</section>{after}", "made": begin[1] + made}
        context["toc"] = context["toc"].replace("How this page was run", "How this page was made")


def add_styles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the style sheets that a page needs, first that of all widgets, which others build on."""
    wanted = {name for node in doctree.findall(nodes.Element) for name in node.get("styles", ())} if doctree else ()
    for name in sorted(wanted, key=lambda name: (not name.startswith("widgets/"), name)):
        app.add_css_file(name)


def inline_styles(app: Sphinx, error: Exception | None) -> None:
    """Put the small style sheets into the pages, for which a browser waits before it paints; not while one edits."""
    if error or app.builder.format != "html" or "live" in app.config.html_context:
        return
    static, small = Path(app.outdir) / "_static", {}
    for file in static.rglob("*.css"):
        style = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        if len(style) <= LARGEST and "url(" not in style:
            small[file.relative_to(static).as_posix()] = f"<style>{style}</style>"
    for file in Path(app.outdir).rglob("*.html"):
        page = file.read_text(encoding="utf-8")
        file.write_text(STYLE_SHEET.sub(lambda link: small.get(link[1], link[0]), page), encoding="utf-8")


def kind_of(code: str, parts: list[nodes.Node]) -> str:
    """Return what a folded cell is for, by its code and the parts among which its output is."""
    lines = [part for part in ast.parse(code).body if not isinstance(part, ast.Assign)]
    if lines and all(isinstance(part, ast.Import | ast.ImportFrom) for part in lines):
        return "imports"
    if any(part.next_node(nodes.image) for part in parts):
        return "figure"
    return "table" if any("<table" in raw.astext() for part in parts for raw in part.findall(nodes.raw)) else ""


def visit_folded(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Open a folded cell, labelled with its title and the number of its checks."""
    code = "\n".join(block.astext() for block in node.findall(nodes.literal_block))
    name, classes, checks = node["prompt_show"], [*node["classes"]], len(CHECK.findall(code))
    failed = any(child.get("failed") for child in node)
    count = f"({checks} check{'s' if checks > 1 else ''})"
    plain = name == self.config.nb_code_prompt_show
    kind = kind_of(code, [*node, *([node.parent] if node.parent else [])]) if plain else ""
    if checks and (name.startswith(CHECKED) or (plain and (failed or kind in {"", "imports"}))):
        classes += [] if failed else ["quiet"]
        label = f"{'✗' if failed else '✓'}<span> {escape(CHECKED if plain else name)} {count}</span>"
    elif plain:
        classes += ["quiet" if kind == "imports" else "of-output"]
        label = f"{name}<span>{f': {kind}' * bool(kind)}{f' {count}' * bool(checks)}</span>"
    else:
        label = escape(name)
    self.body.append(f'<details class="hide {" ".join(classes)}">\n<summary>{label}</summary>\n')


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Open a citation, and before the first one their list; docutils' role has left the standard."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def visit(self: HTML5Translator, node: site_only) -> None:
    """Write the HTML."""
    self.body.append(node["html"])
    raise nodes.SkipNode


def add_fact(app: Sphinx, role: str, show: Callable[[Sphinx, fact, str], nodes.Node]) -> None:
    """Add a role that inserts a fact about the page that it names."""
    app.add_role(role, lambda name, source, page, line, inliner: ([fact(show=show, page=page, role=name)], []))


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each placeholder by the fact."""
    for place in list(doctree.findall(fact)) if app.builder.format == "html" else ():
        place.replace_self(place["show"](app, place, docname))


def note_facts(app: Sphinx, doctree: nodes.document) -> None:
    """Note a page's first image, its reading time, without folds, outputs and exercises, and the time of these."""

    def seconds(node: nodes.Node) -> float:
        if isinstance(node, nodes.Text):
            return SECONDS["word"] * len(re.findall(r"\w+", node))
        if node.tagname in SECONDS:
            return SECONDS[node.tagname]
        if isinstance(node, nodes.literal_block):
            return SECONDS["line"] * len(re.findall(r"^.*\S", node.astext(), re.MULTILINE))
        kinds = {node.get("design_component"), node.get("nb_element"), *node["classes"]}
        if isinstance(node, nodes.raw | nodes.comment) or kinds & FOLDED or "exercises" in node["ids"]:
            return 0
        return sum(map(seconds, node.children))

    times = [OF_EXERCISE.search(begin.astext()) for begin in doctree.findall(nodes.emphasis)]
    image = doctree.next_node(nodes.image)
    app.env.metadata[app.env.docname] |= {
        "minutes": round(seconds(doctree) / 60),
        "exercise_minutes": sum(int(of[1]) for of in times if of),
        "image": image["uri"] if image else "",
    }


def minutes_of(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return one of the times of a page as text, or that of a folder in hours."""
    page, role, metadata = place["page"], place["role"], app.env.metadata
    if page.endswith("/"):
        return nodes.Text(f"{sum(metadata[name][role] for name in metadata if name.startswith(page)) / 60:.0f}")
    return nodes.Text(str(metadata[page][role]))


def thumbnail(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return the image of a page's first figure, or of a diagram, which is written."""
    diagram = Path(app.srcdir, "_static", "diagrams", f"{place['page']}.svg")
    if diagram.is_file():
        address, svg = f"_static/thumbnails/{diagram.name}", in_light_colours(diagram.read_text(encoding="utf-8"))
        (file := Path(app.outdir, address)).parent.mkdir(parents=True, exist_ok=True)
        file.write_text(svg.replace("<svg ", '<svg font-family="sans-serif" ', 1), encoding="utf-8")
    else:
        address = f"_images/{app.env.images[app.env.metadata[place['page']]['image']][1]}"
    return nodes.raw("", IMAGE.format("../" * docname.count("/") + address), format="html")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the roles, replace the writers of citations and folded cells, and connect the events."""
    for role, show in (("minutes", minutes_of), ("exercise_minutes", minutes_of), ("thumbnail", thumbnail)):
        add_fact(app, role, show)
    app.add_node(site_only, html=(visit, None))
    app.add_node(nodes.citation, override=True, html=(visit_citation, HTML5Translator.depart_citation))
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_HideCellInput))
    app.connect("doctree-read", mend_tables)
    app.connect("doctree-read", note_facts)
    app.connect("doctree-resolved", state_sizes)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", lay_aside, priority=400)  # codeautolink 0.20 has 500, see test_inside.py
    app.connect("html-page-context", put_back, priority=600)
    app.connect("html-page-context", set_apart, priority=700)
    app.connect("html-page-context", add_styles)
    app.connect("build-finished", inline_styles, priority=900)  # furo adds its dark colours to a style sheet until then
    return {"version": "3", "parallel_read_safe": True, "parallel_write_safe": True}
