import base64
import html
import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "html" / "notebooks"
NOTEBOOKS = sorted({*FOLDER.glob("*.ipynb")} - {FOLDER / "functions.ipynb"})  # which is no page
IMAGE = re.compile(r"!\[([^\]]*)\]\(data:image/(?:svg\+xml|png);base64,[A-Za-z0-9+/]+=*\)")
CODE = re.compile(r"^(`{3,})\w*\n.*?^\1$|(?<![`\\])(`+)(?!`).+?(?<!`)\2(?!`)", re.MULTILINE | re.DOTALL)
MATH = re.compile(r"(?<!\\)(\$\$?)(.+?)(?<!\\)\1", re.DOTALL)


def read(file):
    return nbformat.read(file, as_version=4)


def code_cells(file):
    return [cell for cell in read(file).cells if cell.cell_type == "code"]


def texts(file):
    """Give the text cells, without the images that were found in order."""
    return [IMAGE.sub(r"\1", cell.source) for cell in read(file).cells if cell.cell_type == "markdown"]


def prose(text):
    return MATH.sub("", CODE.sub("", text))


each = pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)


def test_each_page_that_runs_code_has_a_notebook_and_says_on_which_day_it_ran():
    site, docs = FOLDER.parent, ROOT / "docs"
    pages = {page.relative_to(docs) for page in docs.rglob("*.md") if "\nkernelspec:" in page.read_text("utf-8")[:300]}
    day = re.compile(r"The code of this page ran on 20\d\d-\d\d-\d\d\.")
    told = {file.relative_to(site) for file in site.rglob("*.html") if day.search(file.read_text("utf-8"))}
    assert pages and told == {page.with_suffix(".html") for page in pages}
    assert [file.stem for file in NOTEBOOKS] == sorted("-".join(page.with_suffix("").parts) for page in pages)


@each
def test_a_notebook_is_valid_and_shows_the_outputs_of_this_build(file):
    notebook = read(file)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    install, *cells = code_cells(file)
    assert install.outputs == []
    assert any(cell.outputs for cell in cells)
    assert not re.search(r"\bglue\(|myst_nb", "".join(cell.source for cell in cells))
    kinds = {kind for cell in cells for output in cell.outputs for kind in output.get("data", ())}
    assert kinds <= {"text/plain", "text/html", "image/svg+xml", "text/latex"}


@each
def test_no_markup_of_the_site_is_left_in_the_text(file):
    for text in texts(file):
        assert not re.search(r"\{[\w:.-]+\}`", text)  # a role
        assert not re.search(r"^\s*(:{3,}|(`{3,}|~{3,})\{)", text, re.MULTILINE)  # a directive
        assert not re.search(r"^\s*\([\w-]+\)=", prose(text), re.MULTILINE)  # a target
        assert "<!--" not in text
        assert r"\class" not in text
        assert not re.search(r"\bdata:\w+/", text)
        tags = re.findall(r"</?(\w+)", re.sub(r"<https?://[^\s>]*>", "", prose(text)))
        assert set(tags) <= {"details", "summary", "sup", "sub", "br"}


@each
def test_equations_are_whole_and_have_the_numbers_of_the_page(file):
    for text in texts(file):
        assert "$" not in prose(text).replace(r"\$", "")
        for _, equation in MATH.findall(CODE.sub("", text)):
            without_escaped = re.sub(r"\\[{}]", "", equation)
            assert without_escaped.count("{") == without_escaped.count("}")
            assert "\n\n" not in equation
    numbers = [int(number) for text in texts(file) for number in re.findall(r"\\tag\{(\d+)\}", text)]
    page = (FOLDER.parent / file.stem.replace("-", "/", 1)).with_suffix(".html").read_text(encoding="utf-8")
    assert numbers == [int(number) for number in re.findall(r'class="eqno">\((\d+)\)', page)]


@each
def test_a_cell_asks_for_each_answer_of_its_page_and_hides_it(file, capsys):
    page = (FOLDER.parent / file.stem.replace("-", "/", 1)).with_suffix(".html").read_text(encoding="utf-8")
    declared = [json.loads(html.unescape(data)) for _, data in re.findall(r"data-answer=(['\"])(.*?)\1", page)]
    cells = [cell.source for cell in code_cells(file) if "pages.answers import check_answer\n" in cell.source]
    written = [cell.source for cell in code_cells(file) if "exercises import check_function\n" in cell.source]
    assert [f"check_function({name})" for name in re.findall(r'data-write="(\w+)"', page)] == [
        source.splitlines()[-1] for source in written
    ]
    assert len(cells) == len(declared)
    asked = []
    for cell in cells:
        exec(compile(cell, file.name, "exec"), {})
        assert capsys.readouterr().out == "Put your answer in place of the dots.\n"
        (text,) = re.findall('"""(.*?)"""', cell, re.DOTALL)
        exercise = json.loads(base64.b64decode(text))
        asked.append(exercise)
        exec(compile(cell.replace("...", repr(exercise["value"]), 1), file.name, "exec"), {})
        assert capsys.readouterr().out == "✓ Right.\n"
    assert sorted(map(json.dumps, asked)) == sorted(map(json.dumps, declared))
    assert all(cell.outputs == [] for cell in code_cells(file) if cell.source == "# Work here.\n")
    assert any(cell.source == "# Work here.\n" for cell in code_cells(file)) == bool(declared)
