"""What every page promises to its reader: figures that the text refers to, words and sources."""

import re
from pathlib import Path

import pytest

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    f"{path.parent.name}/{path.stem}": path.read_text(encoding="utf-8")
    for folder in ("theory", "sentiment")
    for path in sorted((DOCS / folder).glob("*.md"))
    if path.stem != "index"
}
EACH = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
PLOT = re.compile(r"^    alt: .*\n  figure:\n    name: (?P<name>fig-[a-z-]+)\n    caption: >-\n(?P<caption>(?: {6}.*\n)+)---\n", re.M)  # fmt: skip # noqa: E501
DIAGRAM = re.compile(r"^```{diagram} [\w-]+\n:name: (?P<name>fig-[a-z-]+)\n(?::.*\n)*\n?(?P<caption>(?:(?!```).*\n)+)```\n", re.M)  # fmt: skip # noqa: E501


def figures(page):
    """Give the caption of each figure by its name, and count what is drawn."""
    found = {match["name"]: match["caption"] for kind in (PLOT, DIAGRAM) for match in kind.finditer(page)}
    return found, page.count("\n    alt: ") + page.count("\n```{diagram} ")


@EACH
def test_every_plot_and_diagram_has_a_name_and_a_caption(page):
    found, drawn = figures(page)
    assert len(found) == drawn
    assert all(caption.strip().endswith(".") for caption in found.values())


@EACH
def test_no_caption_states_a_measured_number(page):
    for caption in figures(page)[0].values():
        assert re.findall(r"\d*\.\d+|\d+ ?%", caption.replace("95 %", "")) == []


@EACH
def test_each_item_of_a_list_begins_a_line(page):
    """A tool that fills paragraphs runs the items of a list together, and the page shows one long item."""
    lists = re.findall(r"^(?:1\.|-) (?:.+\n)+", re.sub(r"^```.*?^```", "", page, flags=re.M | re.S), re.M)
    assert [item for item in lists if re.search(r"\S (?:[2-9]\.|-) \*\*", item)] == []


def test_the_names_of_figures_are_unique():
    names = [name for page in PAGES.values() for name in figures(page)[0]]
    assert len(names) == len(set(names))


def test_the_glossary_is_in_alphabetical_order():
    glossary = (DOCS / "reference" / "glossary.md").read_text(encoding="utf-8")
    entries = re.search(r"```{glossary}\n(.*)```", glossary, re.DOTALL)[1].split("\n\n")
    first_terms = [entry.split("\n")[0].lower() for entry in entries]
    assert first_terms == sorted(first_terms)


def test_the_notation_lists_every_symbol_that_has_a_colour():
    notation = (DOCS / "reference" / "notation.md").read_text(encoding="utf-8")
    symbols = {rf"\tilde{{{letter}}}_t" for letter in "ch"} | {
        f"{name}_t" for name in SYMBOL_COLOURS if len(name) == 1
    }  # fmt: skip
    assert len(symbols) > 8
    assert all(f"${symbol}$" in notation for symbol in symbols)


REFERENCES = re.split(r"^@", (DOCS / "references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda entry: re.search(r"{([^,]*),", entry)[1])
def test_a_source_can_be_found_by_its_doi_or_at_a_stable_address(reference):
    doi = re.search(r"^  doi = {10\.\d{4,}/[^\s{}]+},?$", reference, re.MULTILINE)
    address = re.search(r"^  url = {https://[^\s{}]+},?$", reference, re.MULTILINE)
    assert doi or address
