"""What every theory page promises: equations that name their code, code that names its equations, and exercises."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = {
    path.stem: path.read_text() for path in sorted((ROOT / "docs" / "theory").glob("*.md")) if path.stem != "index"
}
SOURCES = "\n".join(path.read_text() for path in (ROOT / "rnn_tutorial").glob("*.py"))
EACH = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)

EQUATION = re.compile(r"^```{math}\n:label: (?P<label>[\w-]+)\n.*?^```\n", re.MULTILINE | re.DOTALL)
FIGURE = re.compile(r"^(lines|scores|plane|reading)\(", re.MULTILINE)
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


@EACH
def test_a_page_ends_in_at_least_four_exercises_with_hint_and_solution(page):
    exercises = EXERCISE.findall(page[page.index("\n## Exercises\n") :])
    assert len(exercises) >= 4
    for exercise in exercises:
        assert exercise.count(":::{dropdown} Hint") == 1
        assert exercise.count(":::{dropdown} Solution") == 1
        assert exercise.index("Hint") < exercise.index(":::{dropdown} Solution")
        code = re.search(r"^```{code-cell} python\n---\n.*?^---\n(.*?)^```", exercise, re.MULTILINE | re.DOTALL)
        assert "tags: [hide-cell]" in code[0]
        assert "assert " in code[1], "the solution proves nothing"


@EACH
def test_a_page_says_what_you_do_learn_and_need_and_how_it_was_run(page):
    for heading in (
        "**What you'll do.**",
        "**What you'll learn.**",
        "**What you'll need.**",
        "## How this page was run",
    ):
        assert page.count(heading) == 1
    assert "```{diagram} " in page


@EACH
def test_every_figure_of_a_page_has_a_text_for_those_who_do_not_see_it(page):
    cells = re.findall(r"^```{code-cell} python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    figures = [cell for cell in cells if FIGURE.search(cell)]
    assert all(re.search(r"^    alt: .{40,}$", cell, re.MULTILINE) for cell in figures)
    assert all(FIGURE.search(cell) for cell in cells if "    alt: " in cell)
