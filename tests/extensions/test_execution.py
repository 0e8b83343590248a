"""Pages run before Sphinx reads any: two at a time, once, and no further than the first cell that fails."""

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import nbformat
import psutil
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.db import OrmBase
from sqlalchemy import create_engine

from builds import CONF, HEAD, ToySite, sphinx, write  # isort: skip
import execution

PAGE = (
    HEAD
    + """# Page {name}

```{{code-cell}} python
with open({log!r}, "a") as file:
    file.write("{name} ")
```

```{{code-cell}} python
---
tags: [hide-input]
---

{code}
```
"""
)


LEXER = 'suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language\n'


LANES = "import execution\nexecution.pages_at_a_time = lambda: {}\n"  # whatever the machine has


class Pages:
    """A site of three pages that write down when they run."""

    def __init__(self, root, lanes=1):
        self.root, self.log = root, root / "log"
        self.log.touch()
        write(root, {"docs/conf.py": CONF.replace("fresh_outputs", "execution") + LEXER + LANES.format(lanes)})
        for name in ("index", "alpha", "zulu"):
            self.page(name)

    def page(self, name, code="print(6 * 7)"):
        text = PAGE.format(name=name, log=str(self.log), code=code)
        tree = "\n```{toctree}\nzulu\nalpha\n```\n" if name == "index" else ""
        write(self.root, {f"docs/{name}.md": text + tree})

    def build(self, *options):
        return sphinx(self.root, "--keep-going", "-d", "doctrees", *options, "docs", "html")

    def wait_for(self, page):
        """Return code that waits until another page runs."""
        return f"import time\nwhile {page!r} not in open({str(self.log)!r}).read():\n    time.sleep(0.05)\n"

    @property
    def ran(self):
        return self.log.read_text().split()


def told(done):
    """Return the lines of a build that tell of pages."""
    return re.findall(r"^(?:page )?\d+ of \d+.*", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_pages_run_once_and_say_so_and_a_cell_that_fails_ends_the_build_with_its_place_and_reason(tmp_path):
    site = Pages(tmp_path)
    done = site.build("-D", "nb_execution_mode=off")
    assert done.returncode == 0, done.stderr
    assert (site.ran, told(done)) == ([], [])

    site.page("index", "x = 1\n\nassert x == 2, 'it is one'")
    done = site.build()
    assert done.returncode != 0
    line = (tmp_path / "docs" / "index.md").read_text().split("\n").index("assert x == 2, 'it is one'") + 1
    assert done.stderr.rstrip().split("\n")[-4:] == [
        f"docs/index.md:{line}: ERROR: cell 2 of 2 failed in its line 3, and the build ends here:",
        "    assert x == 2, 'it is one'",
        "AssertionError: it is one",
        f"The whole traceback is in {tmp_path}/doctrees/failed-cell.log",
    ]
    assert "Cell In[2], line 3" in (tmp_path / "doctrees" / "failed-cell.log").read_text()
    assert site.ran == ["alpha", "index"]
    assert "cell_output" not in (tmp_path / "html" / "alpha.html").read_text()  # nothing is written

    site.page("index")
    done = site.build()
    assert done.returncode == 0
    assert site.ran == ["alpha", "index", "index", "zulu"]  # the page that ran is kept
    assert "cell_output" in (tmp_path / "html" / "alpha.html").read_text()
    earlier, *lines = told(done)
    assert earlier == f"1 of 3 pages ran earlier, {datetime.now(UTC).date()}"
    for place, page in enumerate(("index", "zulu")):
        assert lines[2 * place] == f"page {place + 1} of 2: Page {page}"
        assert re.fullmatch(rf"page {place + 1} of 2 ran: Page {page}, \d+ s", lines[2 * place + 1])

    done = site.build("-E")  # all pages are read again, from the cache
    assert done.returncode == 0
    assert len(site.ran) == 4
    assert told(done) == [f"3 of 3 pages ran earlier, {datetime.now(UTC).date()}"]


@pytest.mark.slow
def test_where_the_sources_are_not_checked_no_page_runs_and_the_exit_code_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_UNCHECKED", "1")
    site = Pages(tmp_path)
    assert (site.build().returncode, site.ran) == (execution.UNCHECKED, [])
    monkeypatch.delenv("RNN_TUTORIAL_UNCHECKED")
    assert site.build().returncode == 0
    monkeypatch.setenv("RNN_TUTORIAL_UNCHECKED", "1")
    assert site.build("-E").returncode == 0  # no page has to run


@pytest.mark.slow
def test_outputs_are_not_kept_if_the_code_that_a_page_uses_changed_while_it_ran(tmp_path):
    site = ToySite(tmp_path)
    conf = tmp_path / "docs" / "conf.py"
    conf.write_text(conf.read_text().replace("fresh_outputs", "execution"))
    toy = tmp_path / "toy" / "behind.py"
    site.page(code=f"open({str(toy)!r}, 'w').write('number = 99')\nprint(used.behind.number)")
    before = toy.read_text()
    done = site.build()
    assert done.returncode == 2
    assert "index.md:1: ERROR: code that this page uses changed while it ran; build again" in done.stderr
    toy.write_text(before)
    assert site.build().returncode == 2  # it runs again, and changes the code again
    assert site.runs == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "def f():\n    return 1 / 0\nf()",  # where the cell calls it
            r"cell 2 of 2 failed in its line 3, and the build ends here:\n    f\(\)\nZeroDivisionError: division",
        ),
        (
            "import os\nos._exit(1)",
            r"cell [12] of 2 failed[^\0]*DeadKernelError: the kernel died in this cell or in the one behind it",
        ),
    ],
)
def test_a_failure_inside_a_function_and_a_kernel_that_dies_are_told_too(tmp_path, code, says):
    site = Pages(tmp_path)
    site.page("alpha", code)
    done = site.build()
    assert done.returncode != 0
    assert re.search(rf"alpha\.md:\d+: ERROR: {says}", done.stderr)


def test_two_pages_run_side_by_side_from_both_ends(tmp_path):
    site = Pages(tmp_path, lanes=2)
    for page, other in (("alpha", "zulu"), ("zulu", "alpha")):
        site.page(page, site.wait_for(other))
    done = site.build()
    assert done.returncode == 0, done.stderr
    began = [line for line in told(done) if " ran: " not in line]
    assert began == ["page 1 of 3: Page alpha", "page 2 of 3: Page zulu", "page 3 of 3: Page index"]


@pytest.mark.slow
def test_a_page_that_fails_ends_the_one_beside_it_and_is_the_one_that_is_told(tmp_path):
    site = Pages(tmp_path, lanes=2)
    sleep = f"with open({str(site.log)!r}, 'a') as file:\n    file.write(f'{{os.getpid()}} asleep ')\ntime.sleep(600)"
    site.page("alpha", f"import os, time\n{sleep}")
    site.page("zulu", site.wait_for("asleep") + "1 / 0")
    done = site.build()
    assert done.returncode == 2
    assert "zulu.md:" in done.stderr and "ZeroDivisionError" in done.stderr and "alpha.md" not in done.stderr
    (kernel,) = [int(said) for said in site.ran if said.isdecimal()]
    assert not psutil.pid_exists(kernel)
    assert "index" not in site.ran


@pytest.mark.parametrize(("reviews", "cores", "lanes"), [("", 1, 1), ("", 2, 2), ("", 64, 2), ("keras", 64, 1)])
def test_two_pages_run_where_there_are_two_cores_unless_they_would_download(monkeypatch, reviews, cores, lanes):
    monkeypatch.setenv("RNN_TUTORIAL_REVIEWS", reviews)
    monkeypatch.setattr(execution, "cpu_count", lambda: cores)
    assert execution.pages_at_a_time() == lanes


# ------------------------------------------------------------------------------------- what a stopped build left behind


@pytest.fixture
def cache(tmp_path):
    """Give a cache that holds the outputs of two pages."""
    cache = get_cache(tmp_path / "nb-cache")
    for number in (1, 2):
        cache.cache_notebook_bundle(CacheBundleIn(page(number), f"{number}.md"), check_validity=False)
    yield cache
    cache.db.dispose()


def page(number):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"print({number})", execution_count=1)])


def without_file(cache, file):
    file.unlink()


def without_folder(cache, file):
    shutil.rmtree(file.parent)


def empty_file(cache, file):
    file.write_text("")


def half_a_file(cache, file):
    file.write_text(file.read_text()[: file.stat().st_size // 2])


def cut_letter(cache, file):
    file.write_bytes(b'{"a": "\xc3')


def folder_without_entry(cache, file):
    file.unlink()
    with closing(sqlite3.connect(cache.path / "global.db")) as database, database:
        database.execute("DELETE FROM nbcache WHERE hashkey = ?", [file.parent.name])


@pytest.mark.parametrize(
    "damage", [without_file, without_folder, empty_file, half_a_file, cut_letter, folder_without_entry]
)
def test_a_page_whose_outputs_are_half_kept_runs_again_and_no_other(cache, damage):
    assert execution.are_kept(cache, page(1))
    _, key = cache.create_hashed_notebook(page(1))
    damage(cache, cache.path / "executed" / key / "base.ipynb")
    assert not execution.are_kept(cache, page(1))
    assert execution.are_kept(cache, page(2))
    cache.cache_notebook_bundle(CacheBundleIn(page(1), "new"), check_validity=False, overwrite=True)  # as MyST-NB does
    assert execution.are_kept(cache, page(1))


@pytest.mark.parametrize("tables", [[], ["settings"], ["settings", "nbproject"], ["nbcache"]])
def test_a_database_without_all_its_tables_gets_them(tmp_path, tables):
    folder = tmp_path / "cache"
    folder.mkdir()
    engine = create_engine(f"sqlite:///{folder / 'global.db'}")
    OrmBase.metadata.create_all(engine, tables=[OrmBase.metadata.tables[name] for name in tables])
    engine.dispose()
    (folder / "global.db").touch()
    cache = execution.open_cache(folder)
    assert not execution.are_kept(cache, page(1))
    cache.cache_notebook_bundle(CacheBundleIn(page(1), "1.md"), check_validity=False)
    assert execution.are_kept(cache, page(1))
    cache.db.dispose()


def test_a_damaged_database_is_made_anew(tmp_path):
    execution.open_cache(tmp_path / "cache").db.dispose()
    (tmp_path / "cache" / "global.db").write_bytes(b"SQLite format 3\x00cut")
    cache = execution.open_cache(tmp_path / "cache")
    assert not execution.are_kept(cache, page(1))
    cache.cache_notebook_bundle(CacheBundleIn(page(1), "1.md"), check_validity=False)
    assert execution.are_kept(cache, page(1))
    cache.db.dispose()


@pytest.mark.slow
def test_checkouts_share_a_cache_and_run_what_changed(tmp_path):
    sites = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        sites.append(site := Pages(tmp_path / name))
        for file in (site.root / "docs").glob("*.md"):  # pages of both have the same cells
            file.write_text(file.read_text().replace(str(site.log), str(sites[0].log)))
    one, other = sites
    shared = ("-D", f"nb_execution_cache_path={tmp_path / 'cache'}")
    assert one.build(*shared).returncode == 0
    alpha = other.root / "docs" / "alpha.md"
    alpha.write_text(alpha.read_text().replace("6 * 7", "2 * 8"))
    assert other.build(*shared).returncode == 0
    assert one.ran == ["alpha", "index", "zulu", "alpha"]
    assert ">42\n" in (other.root / "html" / "zulu.html").read_text()
    assert ">16\n" in (other.root / "html" / "alpha.html").read_text()
