"""A page runs again exactly when its outputs could change, and with which CPU kernels."""

from types import SimpleNamespace

import pytest

from builds import EXTENSIONS, ToySite, sphinx, write  # isort: skip
import fresh_outputs

LOADS_REVIEWS = """import os
def load_reviews():
    path = os.environ.get("RNN_TUTORIAL_REVIEWS")
    return open(path).read() if path else "none"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a site, beside its page one that borrows a number from it."""
    site = ToySite(tmp_path_factory.mktemp("site"))
    glue = "from myst_nb import glue\nglue('lent', used.behind.number, display=False)"
    site.page(code=f"{glue}\nimport os; print('reviews:', os.environ.get('RNN_TUTORIAL_REVIEWS'))")
    site.write("docs/more/other.md", "---\norphan: true\n---\n# Other\n\nIt is {glue:text}`../index.md::lent:.1f`.\n")
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.runs == 1
    assert "reviews: None" in site.html
    assert ">41.0<" in borrower(site)
    return site


def borrower(site):
    return (site.root / "html" / "more" / "other.html").read_text(encoding="utf-8")


def test_prose_and_unused_modules_run_nothing_and_used_ones_run_the_page_and_write_the_borrower(site):
    page = site.root / "docs" / "index.md"
    page.write_text(page.read_text().replace("Some prose.", "Other prose."))
    site.write("toy/other.py", "number = 2")
    site.write("toy/used.py", '"""Prose."""\n\nfrom toy import behind  # and a reason')
    assert site.build(RNN_TUTORIAL_REVIEWS="keras").returncode == 0  # the page loads no reviews
    assert site.runs == 1
    assert "Other prose." in site.html
    assert "reviews: None" in site.html

    site.write("toy/behind.py", "number = 42")
    assert site.build().returncode == 0
    assert site.runs == 2
    assert ">42.0<" in borrower(site)


@pytest.mark.slow
def test_other_reviews_run_a_page_that_loads_some_and_a_path_means_the_folder_of_the_command(tmp_path):
    site = ToySite(tmp_path)
    site.page(code=f"{LOADS_REVIEWS}\nprint('reviews:', load_reviews())")
    site.write("own/mine.csv", "a review")
    done = site.build(RNN_TUTORIAL_REVIEWS="own/mine.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reviews: a review" in site.html
    assert site.build().returncode == 0
    assert site.runs == 2
    assert "reviews: none" in site.html
    assert site.build(RNN_TUTORIAL_REVIEWS="own/mine.csv").returncode == 0
    assert site.runs == 2  # what the page said of them before is kept
    assert "reviews: a review" in site.html


@pytest.mark.slow
def test_other_recorded_runs_run_a_page_that_reads_some(tmp_path):
    site = ToySite(tmp_path)
    site.page(code="def recorded_runs(): return open('../toy/experiments/one.jsonl').read()\nprint(recorded_runs())")
    for runs in (1, 2):
        site.write("toy/experiments/one.jsonl", f"recorded {runs}")
        assert site.build().returncode == 0
        assert site.build().returncode == 0
        assert site.runs == runs
        assert f"recorded {runs}" in site.html


@pytest.mark.slow
def test_a_startup_file_of_the_readers_own_changes_no_page(tmp_path):
    site = ToySite(tmp_path)
    site.write("home/.ipython/profile_default/startup/mine.py", "mine = 1")
    site.page(code="print('there is', 'mine' in globals())")
    done = site.build(HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "there is False" in site.html


def test_a_stray_warning_fails_the_build(tmp_path):
    site = ToySite(tmp_path)
    site.page(code="import warnings; warnings.warn('stray')")
    done = site.build()
    assert done.returncode != 0
    assert "stderr" in done.stdout + done.stderr


@pytest.mark.parametrize("what", ["machine", "installed"])
def test_another_processor_or_library_gives_another_digest(monkeypatch, what):
    before = fresh_outputs.page_digest("", fresh_outputs.PACKAGE)
    monkeypatch.setattr(fresh_outputs, what, lambda: "another")
    assert fresh_outputs.page_digest("", fresh_outputs.PACKAGE) != before


def test_what_installs_libraries_and_the_faces_of_the_site_run_no_page_again(monkeypatch):
    names = ["uv", "numpy", "pip", "fontpkg-source-sans-3", "Brotli", "uvicorn"]
    monkeypatch.setattr(
        fresh_outputs, "distributions", lambda: [SimpleNamespace(name=name, version="1") for name in names]
    )
    assert fresh_outputs.installed.__wrapped__() == ["numpy 1", "uvicorn 1"]


# -------------------------------------------------------------------------------- what pages share


SHARED = f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['myst_parser', 'fresh_outputs']\n"
PAGES = {
    "docs/conf.py": SHARED,
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
