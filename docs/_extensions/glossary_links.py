"""Link each term of the glossary where a page first uses it, and show its definition there.

A reader who meets a term for the first time can point at it, or reach it with the keyboard, and read the first sentence
of its definition. The sentence is in the link's ``aria-description``, which screen readers read and ``glossary.css``
shows.

Terms are linked in paragraphs, including list items, and nowhere else: not in headings, links, code, equations,
captions, tables or cards, not on the glossary's own page, and not on API pages. The longest term wins, whatever its
case, and an entry with several terms is linked once. The cached doctrees do not change: links are added when a page is
written, and every page is written again when the glossary has changed.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

FIRST_SENTENCE = re.compile(r".*?[.!?](?=\s+[^\sa-z]|\s*$)")  # up to a full stop with a capital or nothing behind it
EQUATION = "\N{OBJECT REPLACEMENT CHARACTER}"
NOT_PROSE = (nodes.table, nodes.figure, nodes.citation)
NOT_LINKED = (nodes.reference, nodes.literal, nodes.math, nodes.raw, nodes.footnote_reference)
log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """An entry of the glossary: its place, and the first sentence of its definition."""

    docname: str
    anchor: str
    meaning: str


class glossary_link(nodes.General, nodes.Inline, nodes.TextElement):
    """A term with a link to its entry."""


def first_sentence(text: str) -> str:
    """Return the first sentence of a definition; raises ValueError if there is none in plain text."""
    match = FIRST_SENTENCE.match(text)
    if match is None:
        raise ValueError("its definition has no full stop")
    if EQUATION in match[0]:
        raise ValueError("the first sentence of its definition holds an equation; say it in words")
    return match[0]


def entries(docname: str, doctree: nodes.document) -> dict[str, Entry]:
    """Return the entry of each term that a page's glossaries define; faulty entries cause warnings."""
    found = {}
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            terms = list(item.findall(nodes.term))
            paragraph = item.next_node(nodes.paragraph).deepcopy()
            for equation in list(paragraph.findall(nodes.math)):
                equation.replace_self(nodes.Text(EQUATION))
            try:
                meaning = first_sentence(" ".join(paragraph.astext().split()))
            except ValueError as error:
                log.warning("The glossary's %s: %s.", terms[0].astext(), error, location=terms[0])
                continue
            entry = Entry(docname, terms[0]["ids"][0], meaning)  # all terms of an entry lead to its first one
            found.update({term.astext().lower(): entry for term in terms})
    return found


def pattern(terms: list[str]) -> re.Pattern[str]:
    """Return a pattern for the terms as whole words or their plural, longest first, also across line breaks."""
    longest_first = sorted(terms, key=len, reverse=True)
    words = "|".join(r"\s+".join(map(re.escape, term.split())) for term in longest_first)
    return re.compile(rf"(?<![\w-])({words})(?:e?s)?(?![\w-])", re.IGNORECASE)


def is_prose(node: nodes.Node) -> bool:
    """Return whether a node is in running text, not in a table, a figure, the bibliography or a card.

    A card is itself a link.
    """
    while node := node.parent:
        if isinstance(node, NOT_PROSE) or node.get("design_component") == "card":
            return False
    return True


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the terms of a page that is about to be written, in reading order."""
    known: dict[str, Entry] = app.env.glossary_links_entries
    of_glossary = any(entry.docname == docname for entry in known.values())
    if app.builder.format != "html" or not known or of_glossary or doctree.next_node(addnodes.desc):
        return
    wanted, linked = pattern(list(known)), set[Entry]()

    def in_text(text: str) -> Iterator[nodes.Node]:
        """Split a text at the terms whose entries have not been linked yet."""
        end = 0
        for match in wanted.finditer(text):
            entry = known[" ".join(match[1].lower().split())]
            if entry not in linked:
                linked.add(entry)
                yield nodes.Text(text[end : match.start()])
                address = f"{app.builder.get_relative_uri(docname, entry.docname)}#{entry.anchor}"
                yield glossary_link("", match[0], refuri=address, meaning=entry.meaning)
                end = match.end()
        yield nodes.Text(text[end:])

    def in_element(element: nodes.Element) -> None:
        """Link the terms in an element and its children, but not in links, code and equations."""
        children = [*element.children]
        element.clear()
        for is_text, group in groupby(children, lambda child: isinstance(child, nodes.Text)):
            if is_text:
                element += list(in_text("".join(group)))  # the parser makes three of the two lines of "hidden\nstate"
                continue
            for child in group:
                if not isinstance(child, NOT_LINKED):
                    in_element(child)
                element += child

    for paragraph in filter(is_prose, list(doctree.findall(nodes.paragraph))):
        in_element(paragraph)


def update(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Read the glossary; if it has changed, return all pages, so that they are written again."""
    explaining = {docname for *_, kind, docname, _, _ in env.domains.standard_domain.get_objects() if kind == "term"}
    known: dict[str, Entry] = {}
    for docname in sorted(explaining):
        known |= entries(docname, env.get_doctree(docname))
    changed = known != getattr(env, "glossary_links_entries", None)
    env.glossary_links_entries = known
    return sorted(env.found_docs) if changed else []


def visit_html(self: HTML5Translator, node: glossary_link) -> None:
    """Open the link, with the definition for screen readers and the style sheet."""
    attributes = {"href": node["refuri"], "aria-description": node["meaning"]}
    self.body.append(self.starttag(node, "a", "", CLASS="reference internal glossary-term", **attributes))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.add_css_file("glossary.css")
    app.add_node(glossary_link, html=(visit_html, HTML5Translator.depart_reference))
    app.connect("env-updated", update)
    app.connect("doctree-resolved", link_terms)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
