r"""Convert a page to Markdown that Jupyter, VS Code and Colab render without extensions.

The input is the page after Sphinx has resolved it: references have their texts, glued numbers are text, equations have
their numbers. A reference without an address becomes its text, a dropdown becomes ``<details>``, a diagram becomes an
embedded image in the colours of a light page. What no page with code has, such as backticks in code, is a warning.

The package sphinx-markdown-builder supports neither captions nor equation numbers, and does not escape ``$`` and ``|``.
"""

import base64
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urljoin, urlsplit

from diagrams import fixed
from docutils import nodes
from page import around
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
SPECIAL = re.compile(r"[\\`*_$]|~(?=~)|\](?=[(:])")
BLOCK_START = re.compile(r"^(?:(?=#{1,6}(?:\s|$)|[-+](?:\s|$)|-{3}|>)|(\d+)(?=[.)](?:\s|$)))")
NUMBER = re.compile(r"\([\d.]+\)")
PYTHON = {"default": "python", "ipython3": "python"}  # Sphinx' names for it
MARKS = {
    nodes.emphasis: ("*", "*"),
    nodes.strong: ("**", "**"),
    nodes.footnote_reference: ("<sup>", "</sup>"),
    nodes.inline: ("", ""),
}


@dataclass(frozen=True)
class Code:
    """A code cell of a page; ``index`` is its position among the page's code cells, if it is one."""

    source: str
    index: int | None
    folded: bool
    title: str = ""  # of a folded cell that has one


def escaped(text: str) -> str:
    """Escape text for Markdown."""
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;")
    return SPECIAL.sub(r"\\\g<0>", text)


def picture(svg: str) -> str:
    """Return a diagram as an embedded image, with its title as alternative text."""
    title = re.search(r"<title[^>]*>(.*?)</title>", svg, re.DOTALL)
    alt = " ".join(html.unescape(title[1] if title else "").split()).replace("[", "(").replace("]", ")")
    return f"![{alt}](data:image/svg+xml;base64,{base64.b64encode(fixed(svg).encode()).decode()})"


@dataclass(frozen=True)
class Page:
    """Converts one page.

    ``name`` is the page's name in ``titles``, which contains the titles of all pages; ``address`` is that of the page
    on the web, or empty; ``number`` returns "Fig. 1" for a figure or table and "1" for an equation, or nothing.
    """

    name: str
    titles: dict[str, str]
    address: str
    number: Callable[[nodes.Node], str] = lambda _: ""

    def cells(self, document: nodes.Node) -> Iterator[str | Code]:
        """Yield the page's text and code in their order; each heading begins a new text cell."""
        text: list[str] = []
        for part in self._parts(document, 0):
            if text and (isinstance(part, Code) or part.startswith("#")):
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
            elif "cells" in node:  # with which a notebook asks for a declared answer
                yield from (Code(source, None, folded=False) for source in node["cells"])
            elif node.get("nb_element") == "cell_code":
                source = node.next_node(nodes.literal_block)
                settings = node["cell_metadata"]
                folded = not {"hide-cell", "hide-input"}.isdisjoint(settings.get("tags", []))
                titled = folded and "code_prompt_show" in settings.get("mystnb", {})
                number = (node["exec_count"] or 0) - 1  # none where the page did not run
                yield Code(source.astext(), number, folded, node["prompt_show"] if titled else "")
                # figures are made anew, and the text may speak of their numbers
                yield from map(self._caption, node.findall(nodes.caption))
            else:
                yield from self.blocks(node)

    def inside(self, children: list[nodes.Node]) -> list[str]:
        """Convert several nodes to blocks."""
        return list(chain.from_iterable(map(self.blocks, children)))

    def blocks(self, node: nodes.Node) -> list[str]:
        """Convert a block-level element to blocks, which empty lines separate."""
        match node:
            case nodes.paragraph():
                return [BLOCK_START.sub(r"\1\\", self.inline(node))]
            case nodes.math_block():
                tag = f"\\tag{{{number}}}\n" if (number := self.number(node)) else ""
                return [f"$$\n{node.astext().strip()}\n{tag}$$"]
            case nodes.literal_block() if "```" not in node.astext():
                language = node.get("language", "")
                return ["```{}\n{}\n```".format(PYTHON.get(language, language), node.astext().strip("\n"))]
            case nodes.bullet_list() | nodes.enumerated_list():
                return [self._list(node)]
            case nodes.Admonition():
                title, *content = node.children  # Sphinx gives each kind its title
                return [_prefixed("> ", "\n\n".join([f"**{self.inline(title)}**", *self.inside(content)]))]
            case nodes.transition():
                return ["---"]
            case nodes.table():
                return [self._table(node)]
            case nodes.caption():
                return [self._caption(node)]
            case nodes.raw() if "checks" in node["classes"]:  # they are those of the page's build
                return []
            case nodes.raw() if "<svg" in node.astext() and any(around(node, nodes.figure)):
                return [picture(node.astext())]
            case nodes.footnote():
                label, *content = node.children
                return [f"<sup>{self.inline(label)}</sup> " + "\n\n".join(self.inside(content))]
            case nodes.Element(tagname="dropdown_main"):
                title, *content = node.children
                (text,) = (part for part in title.findall(nodes.inline) if "sd-summary-text" in part["classes"])
                summary = f"<details>\n<summary>{html.escape(text.astext(), quote=False)}</summary>"
                return ["\n\n".join([summary, *self.inside(content), "</details>"])]
            case nodes.container() | nodes.figure():
                return self.inside(node.children)
            case nodes.Invisible():  # targets, comments, index entries, declared answers
                return []
        return [_unknown(node)]

    def inline(self, node: nodes.Node) -> str:
        """Convert the content of a paragraph to one line."""
        return "".join(map(self._span, node.children))

    def _span(self, node: nodes.Node) -> str:
        match node:
            case nodes.Text():
                return escaped(node.astext().replace("\n", " "))
            case nodes.math():
                equation = node.astext().strip().replace("\n", " ")
                if any(around(node, nodes.table)):  # a bar would end the table's field
                    equation = equation.replace(r"\|", r"\Vert ").replace("|", r"\vert ").strip()
                opening, closing = (escaped(node.get(side, "")) for side in ("opening", "closing"))
                return f"{opening}${equation}${closing}"
            case nodes.literal() if "`" not in node.astext():
                text = node.astext().replace("\n", " ")
                return "`{}`".format(text.replace("|", r"\|") if any(around(node, nodes.table)) else text)
            case nodes.reference() | nodes.Element(tagname="glossary_link"):
                return self._reference(node)
            case nodes.Inline() if type(node) in MARKS:
                return self.inline(node).join(MARKS[type(node)])
            case nodes.Invisible():
                return ""
        return _unknown(node)

    def _reference(self, node: nodes.Element) -> str:
        text, target = self.inline(node), node.get("refuri", "")
        if target and not urlsplit(target).scheme:
            other = urljoin(self.name, target).partition(".html")[0]
            if NUMBER.fullmatch(text) and other != self.name:  # the notebook may have an equation of that number
                text = f"{text} of “{escaped(self.titles[other])}”"
            target = urljoin(self.address, target) if self.address else ""
        return f"[{text}]({target})" if target.startswith(("http:", "https:", "mailto:")) else text

    def _caption(self, node: nodes.Element) -> str:
        number = self.number(node.parent)
        return f"**{number}** {self.inline(node)}" if number else self.inline(node)

    def _list(self, node: nodes.Element) -> str:
        blocks, items = [self.inside(item.children) for item in node.children], []
        for number, item in enumerate(blocks, start=node.get("start", 1)):
            marker = f"{number}. " if isinstance(node, nodes.enumerated_list) else "- "
            items.append(marker + _prefixed(" " * len(marker), "\n\n".join(item)).removeprefix(" " * len(marker)))
        return ("\n\n" if any(len(item) > 1 for item in blocks) else "\n").join(items)

    def _table(self, node: nodes.table) -> str:
        entries = [row.children for row in node.findall(nodes.row)]
        rows = [["<br>".join(map(self.inline, entry.children)) for entry in row] for row in entries]
        rows.insert(1, ["---:" if "text-right" in entry.get("classes", ()) else "---" for entry in entries[0]])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _prefixed(prefix: str, text: str) -> str:
    return "\n".join((prefix + line).rstrip() for line in text.split("\n"))


def _unknown(node: nodes.Node) -> str:
    LOGGER.warning("a notebook cannot show <%s>", node.tagname, location=node, type="notebooks")
    return escaped(node.astext())
