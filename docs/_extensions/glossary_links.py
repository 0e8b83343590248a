"""Link each term of the glossary where a page first uses it, and show the first sentence of its definition there.

The sentence is in the link's ``aria-description``, which screen readers read and ``glossary.css`` shows. Terms are
linked in paragraphs, including list items: not in headings, links, code, equations, captions, tables or cards, nor on
the glossary's page and API pages. The longest term wins, whatever its case; an entry with several terms is linked once.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

# up to a full stop with a capital or nothing behind it; a dollar stands for an equation, which no attribute can show
FIRST_SENTENCE = re.compile(r"[^$]*?[.!?](?=\s+[^\sa-z]|\s*$)")
LINKS = (nodes.citation, nodes.reference, nodes.footnote_reference)
NOT_LINKED = (*LINKS, nodes.table, nodes.figure, nodes.literal, nodes.math, nodes.raw)
ENTRIES = "glossary_entries"  # what Sphinx' environment keeps of a page
log = logging.getLogger(__name__)


class glossary_link(nodes.Inline, nodes.TextElement):
    """A term with a link to its entry."""


def store_entries(app: Sphinx, doctree: nodes.document) -> None:
    """Store the page, the anchor and the first sentence of each term that a page defines."""
    glossaries = doctree.findall(addnodes.glossary)
    for item in (item for glossary in glossaries for item in glossary.findall(nodes.definition_list_item)):
        terms, texts = list(item.findall(nodes.term)), item.next_node(nodes.paragraph).findall(nodes.Text)
        words = "".join("$" if isinstance(text.parent, nodes.math) else text for text in texts).split()
        if sentence := FIRST_SENTENCE.match(" ".join(words)):
            entry, forms = (app.env.docname, terms[0]["ids"][0], sentence[0]), ("", "s", "es")
            facts = app.env.metadata[app.env.docname].setdefault(ENTRIES, {})
            facts |= {f"{term.astext().lower()}{s}": entry for term in terms for s in forms}
        else:
            log.warning("%s: expected a first sentence without an equation.", terms[0].astext(), location=item)


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the terms of a page that is about to be written, in reading order."""
    pages = app.env.metadata.values()
    entries, linked = {term: entry for facts in pages for term, entry in facts.get(ENTRIES, {}).items()}, set()
    has_no_prose = doctree.next_node(addnodes.glossary) or doctree.next_node(addnodes.desc)
    if app.builder.format != "html" or has_no_prose or not entries:
        return
    # whole words, longest first, also across line breaks
    terms = (r"\s+".join(map(re.escape, term.split())) for term in sorted(entries, key=len, reverse=True))
    wanted = re.compile(rf"(?<![\w-])({'|'.join(terms)})(?![\w-])", re.IGNORECASE)

    def in_text(text: str) -> Iterator[nodes.Node]:
        for k, part in enumerate(wanted.split(text)):
            entry = entries[" ".join(part.lower().split())] if k % 2 else None  # between two terms is other text
            if entry is None or entry in linked:
                yield nodes.Text(part)
            else:
                linked.add(entry)
                address = f"{app.builder.get_relative_uri(docname, entry[0])}#{entry[1]}"
                yield glossary_link("", part, refuri=address, meaning=entry[2])

    def in_element(element: nodes.Element, prose: bool) -> None:
        children = [*element.children]
        element.clear()
        for is_text, group in groupby(children, lambda child: isinstance(child, nodes.Text)):
            if is_text and prose:
                element += list(in_text("".join(group)))  # the parser makes three of the two lines of "hidden\nstate"
                continue
            for child in group:
                if not is_text and not isinstance(child, NOT_LINKED) and child.get("design_component") != "card":
                    in_element(child, prose or isinstance(child, nodes.paragraph))
                element += child

    in_element(doctree, prose=False)


def visit_html(self: HTML5Translator, node: glossary_link) -> None:
    """Open the link, with the definition for screen readers and the style sheet."""
    attributes = {"href": node["refuri"], "aria-description": node["meaning"]}
    self.body.append(self.starttag(node, "a", "", CLASS="reference internal glossary-term", **attributes))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.add_css_file("glossary.css")
    app.add_node(glossary_link, html=(visit_html, HTML5Translator.depart_reference))
    app.connect("doctree-read", store_entries)
    app.connect("doctree-resolved", link_terms)
    return {"version": "2", "env_version": 3, "parallel_read_safe": True, "parallel_write_safe": True}
