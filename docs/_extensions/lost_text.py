"""Refuse a page that lost a part of its text.

Markdown drops without a word what it takes for something else than text: a line that looks like a comment, or like the
definition of a link. So each paragraph of a page's source, read by the rules that all Markdown shares, is looked up in
the page that became of it. Some block of that page shall have its words, in their order. Words that a role or a cell
adds may stand between them.
"""

import re
from itertools import pairwise
from pathlib import Path

from docutils import nodes
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

BLOCKS = (nodes.TextElement, nodes.entry)
NOT_TEXT = re.compile(
    r"^:{3,}.*$"  # the fence of a directive
    r"|^:[\w-]+:(?: .*)?$"  # one of its options
    r"|^\([^)\s]+\)=$|\[\^[^\]]+\]"  # a target, a footnote's name
    r"|{[\w:+.-]+}`(?:[^`<]*(?=<))?[^`]*`"  # a role: its text may be another's title
    r"|\$\$.*?\$\$(?: \([^)\s]+\))?|\$[^$]+\$"  # mathematics
    r"|^\[[^\]]+\]: \S*[./#]\S*$"  # the definition of a link
    r"|\]\([^)\s]*\)|\]\[[^\]]*\]|<[^>\s]+>"  # addresses
    r"|(?<=[\]`])\{[^}]*\}"  # attributes
    r"|^\\begin\{.*?\\end\{\w+\*?\}$",
    re.MULTILINE | re.DOTALL,
)
WORD = re.compile(r"[^\W_]+")


def words_of(source: str) -> list[str]:
    """Give the words of a paragraph's source that a reader shall find on the page."""
    return WORD.findall(NOT_TEXT.sub(" ", source))


def paragraphs(page: str) -> list[tuple[int, str]]:
    """Give the paragraphs and headings of a page with their lines, counted from 1."""
    rules = MarkdownIt("commonmark").enable("table").disable("reference")
    tokens = rules.use(front_matter_plugin).use(deflist_plugin).parse(page)
    return [
        (token.map[0] + 1, token.content)
        for before, token in pairwise(tokens)
        if token.type == "inline" and token.map and before.type != "td_open"
    ]


def shown_words(doctree: nodes.document) -> list[list[str]]:
    """Give the words of each block of a page."""
    blocks = []
    for block in doctree.findall(lambda node: isinstance(node, BLOCKS)):
        texts = (t for t in block.findall(nodes.Text) if not isinstance(t.parent, nodes.math | nodes.math_block))
        blocks.append(WORD.findall("".join(text.astext() for text in texts)))
    return blocks


def is_shown(words: list[str], blocks: list[list[str]]) -> bool:
    """Tell whether some block has the words, in their order."""
    return not words or any(all(word in rest for word in words) for rest in map(iter, blocks))


def check(app: Sphinx, doctree: nodes.document) -> None:
    """Report each paragraph that is not on its page."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".md":
        return
    blocks = shown_words(doctree)
    for line, source in paragraphs(path.read_text(encoding="utf-8")):
        if not is_shown(words_of(source), blocks):
            logging.getLogger(__name__).warning(
                "a part of this paragraph is missing on the page: %s", " ".join(source.split())[:200],
                location=(app.env.docname, line), type="lost_text",
            )  # fmt: skip


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to each page that was read."""
    app.connect("doctree-read", check)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
