"""Builds that are stopped, and what the next build makes of their remains."""

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.db import OrmBase
from sqlalchemy import create_engine

from killed_builds import Builds, differences, digests  # isort: skip
from small_site import EXTENSIONS, SPHINX  # isort: skip
import unfinished_builds

CONF = f"""
import os, sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = [
    "myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinx_codeautolink",
    "code_links", "fresh_outputs", "kept_index_entries", "unfinished_builds",
]
myst_enable_extensions = ["attrs_inline"]
html_theme = "basic"
nb_execution_mode = "cache"
nb_execution_cache_path = os.path.abspath("../build/nb-cache")
nb_execution_raise_on_error = True
nb_output_stderr = "error"
fresh_outputs_package = os.path.abspath("../toy")
"""
HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n"
MODULE = '"""Numbers."""\n\n\ndef number():\n    """Give a number."""\n    return {number}\n'
FIGURE = """
import struct, time, zlib
from IPython.display import Image
from myst_nb import glue
from toy.numbers import number
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
def picture(colour):
    rows = b"".join(b"\\0" + bytes([colour] * 3 * 40) for _ in range(40))
    return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)) + chunk(
        b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
time.sleep(0.2)
glue("lent", number(), display=False)
Image(picture(number()))
"""
CELL = "```{code-cell} python\n%s\n```\n"
PAGES = {
    "index": "# Home\n\n```python\nfrom toy.numbers import number\n```\n\n"
    "```{toctree}\nfigure\ncells\nborrower\nprose\napi\n```\n",
    "figure": f"{HEAD}# Figure\n\nIt is drawn.\n\n{CELL % FIGURE.strip()}",
    "cells": f"{HEAD}# Cells\n\n{CELL % 'from toy.numbers import number'}\n"
    f"{CELL % 'import time; time.sleep(0.2)'}\n{CELL % 'number() + 1'}",
    "borrower": "# Borrower\n\nIt is {glue:text}`figure.md::lent:.1f`.\n",
    "prose": "# Prose{number}\n\n```{{index}} ! cell\n```\n\nWords of prose, and a [page](cells.md).\n",
    "api": "# toy.numbers\n\n```{eval-rst}\n.. automodule:: toy.numbers\n   :members:\n```\n",
}


class SiteToKill:
    """A site of six pages: two with cells, a figure, a number that a page lends, links of code, a reference."""

    def __init__(self, root):
        self.root = root
        self.write("docs/conf.py", CONF)
        self.write("toy/__init__.py", "")
        for name, page in PAGES.items():
            if name != "prose":
                self.write(f"docs/{name}.md", page)
        self.change(0)
        command = [*SPHINX, "--keep-going", "-d", "build/doctrees", "docs", "build/html"]
        self.builds = Builds(root, command, "build/html", {"PYTHONPATH": str(root)})

    def write(self, name, content):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(content, encoding="utf-8")

    def change(self, number):
        """Change code of the package, so that two pages run, and a title that the home page shows."""
        self.write("toy/numbers.py", MODULE.format(number=40 + number))
        self.write("docs/prose.md", PAGES["prose"].format(number=number))

    def text(self, page):
        return (self.builds.site / f"{page}.html").read_text(encoding="utf-8")

    def remove(self, *names):
        for name in names:
            shutil.rmtree(self.root / "build" / name, ignore_errors=True)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Build both variants undisturbed, each from nothing; give the site, what they are, and the seconds they take."""
    site = SiteToKill(tmp_path_factory.mktemp("site"))
    expected, seconds = {}, {}
    for variant in (1, 0):
        site.remove("html", "doctrees", "jupyter_execute", "nb-cache")
        site.change(variant)
        code, said, seconds["from nothing"] = site.builds.whole()
        assert code == 0, said
        expected[variant] = digests(site.builds.site)
    site.remove("html", "doctrees", "jupyter_execute")
    code, said, seconds["with outputs"] = site.builds.whole()
    assert code == 0, said
    assert digests(site.builds.site) == expected[0]
    return site, expected, seconds


@pytest.fixture
def built(reference):
    """Give the site as it is after an undisturbed build."""
    site, _, _ = reference
    site.change(0)
    code, said, _ = site.builds.whole()
    assert code == 0, said
    return site


KINDS = ("from nothing", "with outputs", "after a change", "after a change")


def test_whenever_a_build_is_killed_the_next_one_equals_an_undisturbed_one(reference):
    site, expected, seconds = reference
    generator, variant, told = random.Random(9), 0, []
    for number in range(8):  # tests/killed_builds.py kills builds of the real site, as many as it is told
        kind = KINDS[number % len(KINDS)]
        variant = 1 - variant
        site.change(variant)
        if kind != "after a change":
            site.remove("html", "doctrees", "jupyter_execute", *(["nb-cache"] if kind == "from nothing" else []))
        moment = generator.uniform(0.2, 1) * seconds["from nothing" if kind == "from nothing" else "with outputs"]
        ran = site.builds.killed(moment)
        wrong = site.builds.recovered(expected[variant])
        told.append(f"{kind}, {'killed' if ran else 'ended before'} {moment:.2f} s: {wrong or 'equal'}")
    print(*told, sep="\n")
    assert all(line.endswith("equal") for line in told), "\n".join(told)
    assert sum("killed" in line for line in told) >= 3, "\n".join(told)


def test_a_change_of_code_and_of_a_title_leaves_every_code_link_once(built, reference):
    _, expected, _ = reference
    links = 'class="sphinx-codeautolink-a"'
    counts = {page: built.text(page).count(links) for page in ("index", "figure", "cells", "prose")}
    assert counts == {"index": 2, "figure": 4, "cells": 2, "prose": 0}
    built.change(1)
    code, said, _ = built.builds.whole()
    assert code == 0, said
    assert {page: built.text(page).count(links) for page in counts} == counts
    assert differences(digests(built.builds.site), expected[1]) == []


def test_a_page_that_is_not_written_keeps_its_file_byte_for_byte(built):
    names = ("cells", "figure", "borrower", "api")
    before = {page: ((built.builds.site / f"{page}.html").stat().st_mtime_ns, built.text(page)) for page in names}
    (built.root / "docs" / "prose.md").write_text(PAGES["prose"].format(number=0) + "\nMore.\n", encoding="utf-8")
    code, said, _ = built.builds.whole()
    assert code == 0, said
    assert "More." in built.text("prose")
    for page in names:
        assert ((built.builds.site / f"{page}.html").stat().st_mtime_ns, built.text(page)) == before[page]


def test_a_build_that_warned_warns_until_it_is_mended(built):
    page = built.root / "docs" / "prose.md"
    whole = page.read_text(encoding="utf-8")
    page.write_text(whole + "\n[nowhere](nowhere.md)\n", encoding="utf-8")
    for _ in range(2):
        code, said, _ = built.builds.whole()
        assert code == 1
        assert "nowhere" in said
    page.write_text(whole, encoding="utf-8")
    code, said, _ = built.builds.whole()
    assert code == 0, said


# ------------------------------------------------------------------------------------------------------------ folders


class Build:
    """What the extension sees of a build: two folders, and whether it warned."""

    def __init__(self, root, output="html", doctrees="doctrees", source="docs", fail=True, cache="nb-cache"):
        self.outdir, self.doctreedir = root / output, root / doctrees
        self.srcdir = self.confdir = root / source
        self.srcdir.mkdir(parents=True, exist_ok=True)
        self.outdir.mkdir(parents=True, exist_ok=True)  # as Sphinx does before its first event
        self._fail_on_warnings, self._warncount = fail, 0
        self.cache = root / cache

    def begin(self):
        unfinished_builds.begin(self, SimpleNamespace(nb_execution_cache_path=str(self.cache)))
        return self

    def killed(self):
        """Release what the system releases when a process is killed."""
        for folder in self.unfinished_builds:
            folder.release()

    def end(self, warnings=0, error=None):
        self._warncount = warnings
        unfinished_builds.end(self, error)


def write(*files):
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("content")


def test_folders_are_emptied_after_a_stop_and_stay_after_a_whole_build(tmp_path):
    build = Build(tmp_path).begin()
    files = [build.outdir / "_static" / "a.css", build.outdir / "index.html", build.doctreedir / "environment.pickle"]
    write(*files, build.cache / "global.db.kept")
    build.end()
    again = Build(tmp_path).begin()
    assert all(file.is_file() for file in files)
    again.killed()
    Build(tmp_path).begin()
    assert not any(file.exists() for file in files)
    assert (build.cache / "global.db.kept").is_file()


def test_an_error_counts_as_a_stop(tmp_path):
    build = Build(tmp_path).begin()
    write(build.outdir / "index.html")
    build.end(error=ValueError())
    Build(tmp_path).begin()
    assert not (build.outdir / "index.html").exists()


@pytest.mark.parametrize(
    ("output", "doctrees", "cache"),
    [("html", "html/.doctrees", "html/nb-cache"), ("a", "b/c", "b/d")],
)
def test_folders_within_each_other_are_emptied_and_the_kept_outputs_stay(tmp_path, output, doctrees, cache):
    folders = {"output": output, "doctrees": doctrees, "cache": cache}
    build = Build(tmp_path, **folders).begin()
    files = [build.outdir / "index.html", build.doctreedir / "environment.pickle"]
    write(*files, build.cache / "kept")
    build.killed()
    after = Build(tmp_path, **folders).begin()
    assert not any(file.exists() for file in files)
    assert (build.cache / "kept").is_file()
    write(*files)
    after.end()
    Build(tmp_path, **folders).begin()
    assert all(file.is_file() for file in files)


@pytest.mark.parametrize(("output", "doctrees"), [("html", "other"), ("other", "doctrees")])
def test_a_stop_is_known_where_only_one_of_the_two_folders_is_the_same(tmp_path, output, doctrees):
    Build(tmp_path, output, doctrees).begin().end()
    other = Build(tmp_path, output, doctrees)
    write(other.outdir / "index.html", other.doctreedir / "environment.pickle")
    Build(tmp_path).begin().killed()
    other.begin()
    assert not (other.outdir / "index.html").exists()
    assert not (other.doctreedir / "environment.pickle").exists()


def test_what_sphinx_did_not_make_is_never_emptied(tmp_path):
    own = tmp_path / "html" / "letters.txt"
    write(own)
    build = Build(tmp_path).begin()
    build.end()
    Build(tmp_path).begin().killed()
    write(build.doctreedir / "environment.pickle")
    with pytest.raises(
        unfinished_builds.FolderError, match=r"html held something before the first build.* remove by hand"
    ):
        Build(tmp_path).begin()
    assert own.is_file()
    assert (build.doctreedir / "environment.pickle").is_file()


def test_the_checkout_is_never_emptied(tmp_path):
    Build(tmp_path, output=".").begin().killed()
    with pytest.raises(unfinished_builds.FolderError):
        Build(tmp_path, output=".").begin()
    assert (tmp_path / "docs").is_dir()


def test_a_folder_that_holds_the_sources_by_now_is_never_emptied(tmp_path):
    Build(tmp_path, output="html", source="docs").begin().killed()
    with pytest.raises(unfinished_builds.FolderError):
        Build(tmp_path, output="html", source="html/docs").begin()
    assert (tmp_path / "html" / "docs").is_dir()


def test_a_link_to_a_folder_is_removed_and_not_what_it_leads_to(tmp_path):
    build = Build(tmp_path).begin()
    write(tmp_path / "elsewhere" / "file")
    (build.outdir / "link").symlink_to(tmp_path / "elsewhere")
    build.killed()
    Build(tmp_path).begin()
    assert not (build.outdir / "link").exists()
    assert (tmp_path / "elsewhere" / "file").is_file()


def test_emptying_that_is_stopped_goes_on(tmp_path, monkeypatch):
    build = Build(tmp_path).begin()
    files = [build.outdir / "_static" / "a.css", build.doctreedir / "environment.pickle"]
    write(*files)
    build.killed()

    def stop(folder):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(unfinished_builds.shutil, "rmtree", stop)
        stopped = Build(tmp_path)
        with pytest.raises(KeyboardInterrupt):
            stopped.begin()
        stopped.killed()
    Build(tmp_path).begin()
    assert not any(file.exists() for file in files)


@pytest.mark.parametrize("content", ["", '{"last', "null", "{}"])
def test_a_state_that_cannot_be_read_is_that_of_a_stop_in_a_folder_of_unknown_origin(tmp_path, content):
    build = Build(tmp_path).begin()
    build.end()
    (build.outdir / unfinished_builds.STATE).write_text(content)
    with pytest.raises(unfinished_builds.FolderError):
        Build(tmp_path).begin()


def test_a_stop_before_the_first_state_is_whole_leaves_an_empty_folder(tmp_path):
    write(tmp_path / "html" / unfinished_builds.PART)
    build = Build(tmp_path).begin()
    build.killed()
    write(build.outdir / "index.html")
    Build(tmp_path).begin()
    assert not (build.outdir / "index.html").exists()


def test_warnings_last_until_all_pages_are_made_anew_where_they_fail_a_build(tmp_path):
    build = Build(tmp_path, fail=False).begin()
    page = build.outdir / "index.html"
    write(page)
    build.end(warnings=1)
    Build(tmp_path, fail=False).begin().end()  # it read other pages
    assert page.is_file()
    strict = Build(tmp_path).begin()
    assert not page.exists()
    write(page)
    strict.end()
    Build(tmp_path).begin()
    assert page.is_file()


def test_a_warning_in_a_folder_that_is_not_emptied_lets_sphinx_read_all_pages(tmp_path):
    write(tmp_path / "html" / "letters.txt")
    build = Build(tmp_path).begin()
    write(build.doctreedir / "environment.pickle")
    build.end(warnings=1)
    Build(tmp_path).begin().end()
    assert not (build.doctreedir / "environment.pickle").exists()
    assert (build.outdir / "letters.txt").is_file()
    write(build.doctreedir / "environment.pickle")
    Build(tmp_path).begin()
    assert (build.doctreedir / "environment.pickle").is_file()


def test_two_builds_at_once_are_refused(tmp_path):
    first = Build(tmp_path).begin()
    write(first.outdir / "index.html")
    with pytest.raises(unfinished_builds.FolderError, match="another build is running"):
        Build(tmp_path).begin()
    assert (first.outdir / "index.html").is_file()


def test_a_figure_that_is_not_written_to_its_end_goes(tmp_path):
    figures = tmp_path / "jupyter_execute"
    figures.mkdir()
    whole, half = (figures / f"{hashlib.sha256(content).hexdigest()}.png" for content in (b"whole", b"half"))
    whole.write_bytes(b"whole")
    half.write_bytes(b"ha")
    write(figures / "page.ipynb")
    Build(tmp_path).begin().killed()
    Build(tmp_path).begin()
    assert sorted(path.name for path in figures.iterdir()) == sorted([whole.name, "page.ipynb"])


# ------------------------------------------------------------------------------------------------------- kept outputs


@pytest.fixture
def kept(tmp_path):
    """Give a cache that holds the outputs of two pages."""
    cache = get_cache(tmp_path / "nb-cache")
    for number in (1, 2):
        cache.cache_notebook_bundle(CacheBundleIn(page_of(number), f"{number}.md"), check_validity=False)
    cache.db.dispose()
    return cache.path


def page_of(number):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"print({number})", execution_count=1)])


def known(folder, number):
    """Tell whether MyST-NB finds the outputs of a page; where it does not, it must be able to keep new ones."""
    cache = get_cache(folder)
    try:
        cache.match_cache_notebook(page_of(number))
    except KeyError:
        cache.add_nb_to_project(str(folder / f"{number}.md"))
        cache.cache_notebook_bundle(CacheBundleIn(page_of(number), "new"), check_validity=False, overwrite=True)
        return False
    finally:
        cache.db.dispose()
    cache.merge_match_into_notebook(page_of(number))
    cache.db.dispose()
    return True


def file_of(folder, number):
    _, key = get_cache(folder).create_hashed_notebook(page_of(number))
    return folder / "executed" / key / "base.ipynb"


def without_file(folder):
    file_of(folder, 1).unlink()


def without_folder(folder):
    shutil.rmtree(file_of(folder, 1).parent)


def empty_file(folder):
    file_of(folder, 1).write_text("")


def half_a_file(folder):
    content = file_of(folder, 1).read_text()
    file_of(folder, 1).write_text(content[: len(content) // 2])


def cut_letter(folder):
    file_of(folder, 1).write_bytes(b'{"a": "\xc3')


def folder_without_entry(folder):
    without_file(folder)
    with closing(sqlite3.connect(folder / "global.db")) as database, database:
        database.execute("DELETE FROM nbcache WHERE hashkey = ?", [file_of(folder, 1).parent.name])


@pytest.mark.parametrize(
    "damage", [without_file, without_folder, empty_file, half_a_file, cut_letter, folder_without_entry]
)
def test_a_page_whose_outputs_are_half_kept_runs_again_and_no_other(kept, damage):
    damage(kept)
    unfinished_builds.mend(kept)
    assert not known(kept, 1)
    assert known(kept, 1)  # its new outputs
    assert known(kept, 2)


def test_what_is_whole_stays_as_it_is(kept):
    before = {file: file.read_bytes() for file in kept.rglob("*") if file.is_file()}
    unfinished_builds.mend(kept)
    assert {file: file.read_bytes() for file in kept.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("tables", [[], ["settings"], ["settings", "nbproject"], ["nbcache"]])
def test_a_database_without_all_its_tables_gets_them(tmp_path, tables):
    folder = tmp_path / "nb-cache"
    folder.mkdir()
    engine = create_engine(f"sqlite:///{folder / 'global.db'}")
    OrmBase.metadata.create_all(engine, tables=[OrmBase.metadata.tables[name] for name in tables])
    engine.dispose()
    (folder / "global.db").touch()
    unfinished_builds.mend(folder)
    assert not known(folder, 1)
    assert known(folder, 1)


def test_a_folder_without_a_database_is_none_of_a_problem(tmp_path):
    (tmp_path / "nb-cache").mkdir()
    unfinished_builds.mend(tmp_path / "nb-cache")
    assert not known(tmp_path / "nb-cache", 1)


def test_a_database_that_cannot_be_read_is_made_anew(kept):
    (kept / "global.db").write_bytes(b"no database" * 1000)
    unfinished_builds.mend(kept)
    assert not known(kept, 1)
    assert known(kept, 1)


def test_a_database_killed_within_a_change_takes_the_change_back(kept):
    script = "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA cache_spill = 1')\n"
    script += (
        "c.execute('PRAGMA cache_size = 1'); c.execute('DELETE FROM nbcache'); c.execute('DELETE FROM nbproject')\n"
    )
    script += (
        "c.executemany('INSERT INTO settings (key, value) VALUES (?, ?)', ((str(i), 'x' * 999) for i in range(999)))\n"
    )
    script += "os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script, str(kept / "global.db")])
    assert (kept / "global.db-journal").is_file()
    unfinished_builds.mend(kept)
    assert known(kept, 1)
    assert known(kept, 2)


def test_outputs_that_another_build_uses_are_left_to_it(kept):
    without_file(kept)
    first = unfinished_builds.mend_alone(kept)  # mends, and uses them
    without_folder_of_other = file_of(kept, 2)
    without_folder_of_other.unlink()  # as between the two steps of a build that runs
    second = unfinished_builds.mend_alone(kept)
    with closing(sqlite3.connect(kept / "global.db")) as database:
        assert database.execute("SELECT count(*) FROM nbcache").fetchone() == (1,)
    os.close(first)
    os.close(second)
    third = unfinished_builds.mend_alone(kept)
    os.close(third)
    assert not known(kept, 2)
