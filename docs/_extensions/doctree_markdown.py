r"""Write what a page says as Markdown that Jupyter, VS Code and Colab render as they are.

It reads the page after Sphinx has resolved it: references have their texts, glued numbers are text, equations have
their numbers. What only a site can do is put into words: a reference without an address is its text, a dropdown is
``<details>``, a diagram is an image that holds itself, in the colours of a light page.

The package sphinx-markdown-builder (0.6.11, MIT) has a translator too. Of the pages here it would write the paragraphs,
the lists and the headings. It knows neither captions nor equation numbers, leaves ``$``, ``|`` and ``<`` of the text as
they are, and breaks tables whose equations hold a ``|``. What would remain of it is less than what subclassing needs.
"""

import base64
import html
import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import admonitionlabels
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
MARKED = re.compile(r"\\class\{symbol-[a-z]+\}\{((?:[^{}]|\{[^{}]*\})*)\}")
SPECIAL = re.compile(r"[\\`*_$]|~(?=~)|\](?=[(:])")
BLOCK_START = re.compile(r"^(?:(?=#{1,6}(?:\s|$)|[-+](?:\s|$)|-{3}|>)|(\d+)(?=[.)](?:\s|$)))")
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*\\end\{\1\}", re.DOTALL)
NUMBER = re.compile(r"\([\d.]+\)")
NOTHING = (nodes.target, nodes.comment, nodes.substitution_definition, addnodes.index, addnodes.toctree)
PYTHON = {"default": "python", "ipython3": "python"}  # Sphinx' names for it
WRAPPERS = {nodes.emphasis: "*", nodes.title_reference: "*", nodes.strong: "**"}
TAGS = {nodes.subscript: "sub", nodes.superscript: "sup", nodes.footnote_reference: "sup"}


@dataclass(frozen=True)
class Code:
    """A code cell of a page."""

    source: str
    folded: bool
    title: str = ""  # of a folded cell that has one


def uncoloured(equation: str) -> str:
    """Take out the marks that symbol_colours.py put into an equation."""
    return MARKED.sub(r"\1", equation)


def escaped(text: str) -> str:
    """Write text so that Markdown reads it as text."""
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;")
    return SPECIAL.sub(r"\\\g<0>", text)


def data_uri(content: bytes, mime_type: str) -> str:
    """Give the address of an image that holds itself."""
    return f"data:{mime_type};base64,{base64.b64encode(content).decode()}"


def image(alt: str, uri: str) -> str:
    """Write an image."""
    return f"![{' '.join(alt.split()).replace('[', '(').replace(']', ')')}]({uri})"


def fixed(svg: str, colours: dict[str, tuple[str, str]]) -> str:
    """Give a diagram its size and the colours of a light page, on a ground of its own, for a notebook may be dark."""
    svg = re.sub(r"var\(--symbol-([a-z]+)\)", lambda match: colours[match[1]][0], svg)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if not size:
        raise ValueError('the diagram has no viewBox="0 0 width height"')
    svg = svg.replace("<svg ", f'<svg width="{size[1]}" height="{size[2]}" color="#333333" ', 1)
    return svg.replace(">", '><rect width="100%" height="100%" fill="#ffffff"/>', 1)


@dataclass(frozen=True)
class Page:
    """Writes one page.

    ``name`` is the page's in ``titles``, which has those of all pages; ``address`` that of the page on the web, or
    empty; ``sources`` the folder that its images are relative to; ``colours`` a light and a dark one for each symbol;
    ``number`` tells "Fig. 1" of a figure or table and "1" of an equation, or nothing.
    """

    name: str
    titles: dict[str, str]
    address: str
    sources: Path
    colours: dict[str, tuple[str, str]]
    number: Callable[[nodes.Node], str] = lambda _: ""

    def cells(self, document: nodes.Node) -> Iterator[str | Code]:
        """Give the page's text and code in their order, with a new piece of text for each heading."""
        text: list[str] = []
        for part in self._parts(document, 0):
            if isinstance(part, Code) or part.startswith("#"):
                if text:
                    yield "\n\n".join(text)
                text = []
            if isinstance(part, Code):
                yield part
            else:
                text.append(part)
        if text:
            yield "\n\n".join(text)

    def _parts(self, parent: nodes.Node, level: int) -> Iterator[str | Code]:
        for node in parent.children:
            if isinstance(node, nodes.section):
                yield from self._parts(node, level + 1)
            elif isinstance(node, nodes.title):
                yield f"{'#' * min(level, 6)} {self.inline(node)}"
            elif node.get("nb_element") == "cell_code":
                tags = node["cell_metadata"].get("tags", [])
                for source in node.findall(lambda part: _is(part, "cell_code_source")):
                    folded = not {"hide-cell", "hide-input"}.isdisjoint(tags)
                    given = "code_prompt_show" in node["cell_metadata"].get("mystnb", {})
                    yield Code(source.astext(), folded, node["prompt_show"] if folded and given else "")
                for output in node.findall(lambda part: _is(part, "cell_code_output")):
                    # the output is made anew, and the text may speak of its number
                    yield from (self._caption(caption) for caption in output.findall(nodes.caption))
            else:
                yield from self.blocks(node)

    def inside(self, parent: nodes.Node) -> list[str]:
        """Write the blocks inside a node."""
        return [block for child in parent.children for block in self.blocks(child)]

    def blocks(self, node: nodes.Node) -> list[str]:
        """Write a part of the page that stands on lines of its own, as blocks between which an empty line belongs."""
        match node:
            case nodes.paragraph() | nodes.attribution():
                return [BLOCK_START.sub(r"\1\\", self.inline(node))]
            case nodes.rubric():
                return [f"**{self.inline(node)}**"]
            case nodes.math_block():
                return [self._display(node)]
            case nodes.literal_block() | nodes.doctest_block():
                language = node.get("language", "pycon" if isinstance(node, nodes.doctest_block) else "")
                text, fence = node.astext().strip("\n"), "`" * max(3, 1 + _longest_run(node.astext()))
                return [f"{fence}{PYTHON.get(language, language)}\n{text}\n{fence}"]
            case nodes.bullet_list() | nodes.enumerated_list():
                return [self._list(node)]
            case nodes.definition_list():
                return [self._definitions(node)]
            case nodes.block_quote():
                return [_prefixed("> ", "\n\n".join(self.inside(node)))]
            case nodes.Admonition() | addnodes.versionmodified():
                return [self._admonition(node)]
            case nodes.transition():
                return ["---"]
            case nodes.table():
                return self._table(node)
            case nodes.image() | nodes.reference():
                return [self._span(node)]
            case nodes.caption():
                return [self._caption(node)]
            case nodes.raw() if "<svg" in node.astext() and _within(node, nodes.figure):
                title = re.search(r"<title[^>]*>(.*?)</title>", node.astext(), re.DOTALL)
                svg = fixed(node.astext(), self.colours)
                return [image(html.unescape(title[1]) if title else "", data_uri(svg.encode(), "image/svg+xml"))]
            case nodes.footnote():
                label, *content = node.children
                return [f"<sup>{self.inline(label)}</sup> " + "\n\n".join(b for c in content for b in self.blocks(c))]
            case nodes.Element(tagname="dropdown_main"):
                title, *content = node.children
                (text,) = (part for part in title.findall(nodes.inline) if "sd-summary-text" in part["classes"])
                summary = f"<summary>{html.escape(text.astext(), quote=False)}</summary>"
                body = [block for child in content for block in self.blocks(child)]
                return ["\n\n".join([f"<details>\n{summary}", *body, "</details>"])]
            case nodes.container() | nodes.figure() | nodes.legend() | nodes.compound():
                return self.inside(node)
            case _ if isinstance(node, NOTHING):
                return []
        LOGGER.warning("a notebook cannot show <%s>", node.tagname, location=node, type="notebooks")
        return [escaped(node.astext())]

    def inline(self, node: nodes.Node) -> str:
        """Write the inside of a paragraph, on one line."""
        return "".join(map(self._span, node.children))

    def _span(self, node: nodes.Node) -> str:
        match node:
            case nodes.Text():
                return escaped(node.astext().replace("\n", " "))
            case nodes.math():
                return f"${self._equation(node)}$"
            case nodes.literal():
                return self._literal(node)
            case nodes.reference() | nodes.Element(tagname="glossary_link"):
                return self._reference(node)
            case nodes.image():
                return self._image(node)
            case nodes.Inline() if type(node) in TAGS:
                return f"<{TAGS[type(node)]}>{self.inline(node)}</{TAGS[type(node)]}>"
            case nodes.Inline() if type(node) in WRAPPERS:
                return f"{WRAPPERS[type(node)]}{self.inline(node)}{WRAPPERS[type(node)]}"
            case _ if isinstance(node, NOTHING):
                return ""
            case nodes.inline() | nodes.abbreviation() | nodes.generated() | addnodes.download_reference():
                return self.inline(node)
        LOGGER.warning("a notebook cannot show <%s>", node.tagname, location=node, type="notebooks")
        return escaped(node.astext())

    def _equation(self, node: nodes.Node) -> str:
        equation = uncoloured(node.astext()).replace("\n", " ")
        if _within(node, nodes.table):  # a bar would end the table's field
            equation = equation.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
        return equation.strip()

    def _display(self, node: nodes.math_block) -> str:
        equation = uncoloured(node.astext()).strip()
        if node.get("no-wrap"):
            return equation
        # as Sphinx does it for MathJax: an empty line parts two equations, \\ two lines of one
        lines = [
            rf"\begin{{split}}{part}\end{{split}}" if r"\\" in ENVIRONMENT.sub("", part) else part
            for part in re.split(r"\n\s*\n", equation)
        ]
        if len(lines) > 1:
            lines = [r"\begin{aligned}", " \\\\\n".join(lines), r"\end{aligned}"]
        tag = [rf"\tag{{{number}}}"] if (number := self.number(node)) else []
        return "\n".join(["$$", *lines, *tag, "$$"])

    def _literal(self, node: nodes.literal) -> str:
        text = node.astext().replace("\n", " ")
        fence = "`" * (1 + _longest_run(text))
        space = " " if text[:1] == "`" or text[-1:] == "`" else ""
        if _within(node, nodes.table):
            text = text.replace("|", r"\|")
        return f"{fence}{space}{text}{space}{fence}"

    def _reference(self, node: nodes.Element) -> str:
        text, target = self.inline(node), node.get("refuri", "")
        if target and not urlsplit(target).scheme:
            other = urljoin(self.name, target).partition(".html")[0]
            if NUMBER.fullmatch(text) and other != self.name:  # the notebook may have an equation of that number
                text = f"{text} of “{escaped(self.titles[other])}”"
            target = urljoin(self.address, target) if self.address else ""
        return f"[{text}]({target})" if target.startswith(("http:", "https:", "mailto:")) else text

    def _image(self, node: nodes.image) -> str:
        if "only-dark" in node["classes"]:
            return ""
        uri = node["uri"]
        if ":" not in uri:
            kind = mimetypes.guess_type(uri)[0] or "application/octet-stream"
            uri = data_uri((self.sources / uri).read_bytes(), kind)
        return image(node.get("alt", ""), uri)

    def _caption(self, node: nodes.caption) -> str:
        number = self.number(node.parent)
        return f"**{number}** {self.inline(node)}" if number else self.inline(node)

    def _list(self, node: nodes.Element) -> str:
        first = node.get("start", 1) if isinstance(node, nodes.enumerated_list) else None
        items, loose = [], False
        for k, item in enumerate(node.children):
            marker = "- " if first is None else f"{first + k}. "
            blocks = self.inside(item)
            loose = loose or len(blocks) > 1
            items.append(marker + _prefixed(" " * len(marker), "\n\n".join(blocks))[len(marker) :])
        return ("\n\n" if loose else "\n").join(items)

    def _definitions(self, node: nodes.definition_list) -> str:
        items = []
        for item in node.children:
            terms = ", ".join(f"**{self.inline(term)}**" for term in item.findall(nodes.term))
            blocks = [block for part in item.findall(nodes.definition) for block in self.inside(part)]
            items.append("- " + _prefixed("  ", f"{terms}: " + "\n\n".join(blocks))[2:])
        return "\n".join(items)

    def _admonition(self, node: nodes.Element) -> str:
        head, content = admonitionlabels.get(node.tagname, ""), node.children
        if content and isinstance(content[0], nodes.title):
            head, content = self.inline(content[0]), content[1:]
        blocks = [block for child in content for block in self.blocks(child)]
        return _prefixed("> ", "\n\n".join([f"**{head}**", *blocks] if head else blocks))

    def _table(self, node: nodes.table) -> list[str]:
        rows = [[self._entry(entry) for entry in row.children] for row in node.findall(nodes.row)]
        classes = [entry.get("classes", []) for entry in next(iter(node.findall(nodes.row))).children]
        rule = ["---:" if "text-right" in k else ":---:" if "text-center" in k else "---" for k in classes]
        if not any(node.findall(nodes.thead)):  # Markdown has no table without one
            rows.insert(0, [""] * len(rule))
        rows.insert(1, rule)
        lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        number = self.number(node)
        titles = [f"**{number}** {self.inline(title)}".strip() for title in node.findall(nodes.title)]
        return [*titles, lines]

    def _entry(self, entry: nodes.entry) -> str:
        blocks = [self.inline(child) for child in entry.children]
        return "<br>".join(blocks)


def _is(node: nodes.Node, element: str) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == element


def _within(node: nodes.Node, kind: type[nodes.Node]) -> bool:
    while node := node.parent:
        if isinstance(node, kind):
            return True
    return False


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _prefixed(prefix: str, text: str) -> str:
    return "\n".join((prefix + line).rstrip() for line in text.split("\n"))
