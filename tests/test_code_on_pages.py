"""The code that pages show: it fits into its column."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "```{code-cell}" in path.read_text(encoding="utf-8"))
CELL = re.compile(r"^```{code-cell}[^\n]*\n(?:---\n.*?^---\n|(?::[^\n]*\n)*)(.*?)^```", re.MULTILINE | re.DOTALL)
COLUMNS = 88  # that a page has room for at most widths; from 1440 px on it has room for 100


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_no_line_of_a_cell_is_longer_than_a_page_has_room_for(page):
    cells = CELL.findall(page.read_text(encoding="utf-8"))
    assert cells
    assert [line for cell in cells for line in cell.splitlines() if len(line) > COLUMNS] == []
