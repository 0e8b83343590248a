"""What the pages of theory and language promise: equations that name their code, code that names them, exercises."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = [ROOT / "docs" / name for name in ("theory", "language")]
PAGES = {
    path.stem: path.read_text() for folder in FOLDERS for path in sorted(folder.glob("*.md")) if path.stem != "index"
}
SOURCES = "\n".join(path.read_text() for path in (ROOT / "rnn_tutorial").rglob("*.py"))
EACH = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)

EQUATION = re.compile(r"^```{math}\n:label: (?P<label>[\w-]+)\n.*?^```\n", re.MULTILINE | re.DOTALL)
FIGURE = re.compile(r"^(?:\w+ = )?(?:lines|scores|plane|reading)\(", re.MULTILINE)
SHOWN_CODE = re.compile(
    r"^```{(?:code-cell|literalinclude)}[^\n]*\n(?P<options>---\n.*?^---\n|(?::[^\n]*\n)*)(?P<code>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)
EXERCISE = re.compile(r"^### \d+\. .*?(?=^### |^## |\Z)", re.MULTILINE | re.DOTALL)


def equations():
    return [(name, match["label"]) for name, page in PAGES.items() for match in EQUATION.finditer(page)]


def test_every_page_has_equations():
    assert {name for name, _ in equations()} == set(PAGES)


@pytest.mark.parametrize(("name", "label"), equations(), ids=[label for _, label in equations()])
def test_an_equation_is_named_by_a_docstring_and_its_section_names_the_code(name, label):
    assert f":eq:`{label}`" in SOURCES, "no docstring names it"
    page = PAGES[name]
    equation = next(match for match in EQUATION.finditer(page) if match["label"] == label)
    begin = max(page.rfind("\n## ", 0, equation.start()), page.rfind("\n### ", 0, equation.start()))
    end = re.compile(r"^#{2,3} |\Z", re.MULTILINE).search(page, equation.end()).start()
    assert re.search(r"{py:(func|meth|data)}`[^`]*rnn_tutorial\.", page[begin:end]), "its section names no function"


def test_every_equation_that_a_docstring_names_exists():
    pages = "\n".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    labels = set(re.findall(r"^:label: ([\w-]+)", pages, re.MULTILINE))
    assert set(re.findall(r":eq:`([\w-]+)`", SOURCES)) <= labels


def rows_of_open_code(page):
    """Return how many blocks of code stand open one after another, with nothing but folded ones between."""
    rows, end = [0], 0
    for block in SHOWN_CODE.finditer(page):
        if page[end : block.start()].strip():
            rows.append(0)
        rows[-1] += "hide-" not in block["options"]
        end = block.end()
    return rows


@EACH
def test_the_code_that_is_the_lesson_stands_open_and_the_rest_is_folded(page):
    cells = [block for block in SHOWN_CODE.finditer(page) if block[0].startswith("```{code-cell}")]
    lines = dict.fromkeys((True, False), 0)
    for cell in cells:
        lines["hide-" in cell["options"]] += len(cell["code"].strip().splitlines())
    assert 0 < lines[False] <= lines[True]
    assert max(rows_of_open_code(page)) <= 2


def test_three_open_blocks_in_a_row_are_found():
    page = "```{code-cell} python\nx\n```\n\n```{code-cell} python\n:tags: [hide-input]\n\ny\n```\n\n"
    page += "```{literalinclude} a.py\n:dedent: 4\n```\n```{code-cell} python\nz\n```\n"
    assert rows_of_open_code(page) == [3]
    assert rows_of_open_code(page + "Text.\n" + page) == [3, 3]


@EACH
def test_a_page_ends_in_at_least_three_exercises_with_hint_and_solution(page):
    exercises = EXERCISE.findall(page[page.index("\n## Exercises\n") :])
    assert len(exercises) >= 3
    for exercise in exercises:
        assert exercise.count(":::{dropdown} Hint") == 1
        assert exercise.count(":::{dropdown} Solution") == 1
        assert exercise.index("Hint") < exercise.index(":::{dropdown} Solution")
        code = re.search(r"^```{code-cell} python\n---\n.*?^---\n(.*?)^```", exercise, re.MULTILINE | re.DOTALL)
        assert "tags: [hide-cell]" in code[0]
        assert re.search(r"assert |claim\(", code[1]), "the solution proves nothing"


@EACH
def test_a_page_says_it_in_short_and_how_it_was_run(page):
    assert page.count("**In short.**") == page.count("## How this page was run") == 1


@EACH
def test_every_figure_of_a_page_has_a_text_for_those_who_do_not_see_it(page):
    cells = re.findall(r"^```{code-cell} python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    figures = [cell for cell in cells if FIGURE.search(cell)]
    assert all(re.search(r"^    alt: .{40,}$", cell, re.MULTILINE) for cell in figures)
    assert all(FIGURE.search(cell) for cell in cells if "    alt: " in cell)


# ------------------------------------------------------------------------------------- terms, in the order of reading

READING_ORDER = [
    name
    for folder in FOLDERS
    for name in re.findall(r"^[a-z-]+$", (folder / "index.md").read_text().partition("```{toctree}")[2], re.MULTILINE)
]


def glossary_entries(glossary):
    """Return the terms of each entry of the glossary, such as a name and its abbreviation."""
    body = glossary.partition("```{glossary}\n")[2].partition("```")[0]
    blocks = re.findall(r"(?:^\S.*\n)+(?=  )", body, re.MULTILINE)
    return [block.splitlines() for block in blocks]


def paragraphs(page):
    """Return a page's paragraphs in order, with the text of links and all code, equations and headings blanked out.

    What stands above the first section announces what is coming and explains nothing, so it is left out, except for the
    index markers. A link's text leads to its explanation by itself.
    """
    text = re.sub(r"\A---\n.*?^---\n", "", page, flags=re.MULTILINE | re.DOTALL)
    head, heading, body = text.partition("\n## ")
    markers = re.compile(r"^```{index} (.*)\n```$", re.MULTILINE)
    text = "\n\n".join(markers.findall(head)) + heading + body
    text = markers.sub(r"\1", text)
    text = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\[[^\]]*\]\([^)]*\)|{[\w:]+}`[^`]*`|`[^`]*`|\$[^$]*\$", " ", text)
    text = re.sub(r"^#+ .*$|^:::.*$|^\|.*$", "", text, flags=re.MULTILINE)
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]


def first_uses(pages, entries):
    """Return a row for each entry that a page introduces: its first term, where it is explained, and first used.

    A place is the number of a page and of a paragraph on it. A page introduces a term in bold or by an index marker.
    """
    numbered = [((k, n), p) for k, page in enumerate(pages) for n, p in enumerate(paragraphs(page))]
    rows = []
    for terms in entries:
        term = "(?:" + "|".join(map(re.escape, sorted(terms, key=len, reverse=True))) + ")(?:s|es)?"
        bold = re.compile(rf"\*\*(?:the )?{term}\*\*|(?:^|, )! {term}(?=,|$)", re.IGNORECASE)
        used = re.compile(rf"(?<![\w-]){term}(?![\w-])", re.IGNORECASE)
        explained = next((place for place, paragraph in numbered if bold.search(paragraph)), None)
        if explained is not None:
            first = next((p for p, paragraph in numbered if paragraph[0] != "!" and used.search(paragraph)), explained)
            rows.append((terms[0], explained, first))
    return rows


def rows_of_the_theory():
    glossary = (ROOT / "docs" / "reference" / "glossary.md").read_text()
    return first_uses([PAGES[name] for name in READING_ORDER], glossary_entries(glossary))


def test_the_reading_order_holds_every_page():
    assert set(READING_ORDER) == set(PAGES)


def test_the_table_of_first_uses_is_printed():
    rows = sorted(rows_of_the_theory(), key=lambda row: row[1])
    for term, explained, first in rows:
        places = (f"{READING_ORDER[page]}, paragraph {paragraph}" for page, paragraph in (explained, first))
        verdict = "" if first >= explained else "  BEFORE"
        print("{:32}{:40}{:40}{}".format(term, *places, verdict))
    assert len(rows) > 30


@pytest.mark.parametrize("name", READING_ORDER)
def test_no_term_is_used_before_it_is_explained(name):
    page = READING_ORDER.index(name)
    assert [term for term, explained, first in rows_of_the_theory() if first[0] == page and first < explained] == []


def test_a_term_that_is_used_too_early_is_found():
    glossary = (
        "# Glossary\n\n```{glossary}\nloss\n  A number.\n\nmask\n  A flag.\n\n"
        "LSTM\nlong short-term memory\n  It.\n```\n"
    )
    first = "# One\n\nThe loss and masks.\n\n## A\n\nIts losses fall; a [mask](two.md) and `mask` are no use.\n"
    second = (
        "# Two\n\n```{index} ! LSTM\n```\n\n## B\n\nThe **loss** is it. A **mask** too.\n\n## C\n\nAn LSTM has masks.\n"
    )
    entries = glossary_entries(glossary)
    assert entries == [["loss"], ["mask"], ["LSTM", "long short-term memory"]]
    rows = {term: (explained, use) for term, explained, use in first_uses([first, second], entries)}
    assert rows["loss"] == ((1, 1), (0, 0))  # too early
    assert rows["mask"] == ((1, 1), (1, 1))
    assert rows["LSTM"] == ((1, 0), (1, 2))
