"""A page is written again when something that it shows of other pages has changed, and by no other change."""

import pytest

from builds import sphinx, write  # isort: skip
from builds import EXTENSIONS

CONF = f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['myst_parser', 'whole_site']\n"
PAGES = {
    "docs/conf.py": CONF,
    "docs/index.md": "# Start\n\nSee {ref}`place`.\n\n```{toctree}\none\nother\n```\n",
    "docs/one.md": "# One\n\n(place)=\n## A place\n\nProse.\n",
    "docs/other.md": "# Other\n\nProse.\n",
}


@pytest.mark.parametrize(
    ("before", "after", "written"),
    [
        ("Prose.", "Other prose.", {"one"}),
        ("# One", "# First", {"index", "one", "other"}),
        ("## A place", "## Another place", {"index", "one", "other"}),
        ("Prose.", "Prose.\n\n(new)=\n## New", {"index", "one", "other"}),
    ],
)
def test_what_pages_share_writes_all_and_prose_writes_its_page(tmp_path, before, after, written):
    write(tmp_path, PAGES)
    assert sphinx(tmp_path, "docs", "html").returncode == 0
    times = {name: (tmp_path / "html" / f"{name}.html").stat().st_mtime_ns for name in ("index", "one", "other")}
    write(tmp_path, {"docs/one.md": PAGES["docs/one.md"].replace(before, after)})
    assert sphinx(tmp_path, "docs", "html").returncode == 0
    after_it = {name: (tmp_path / "html" / f"{name}.html").stat().st_mtime_ns for name in times}
    found = {name for name in times if after_it[name] != times[name]}
    assert found - {"index"} == written - {"index"}  # Sphinx writes the page with the table of contents in any case
    assert found >= written
