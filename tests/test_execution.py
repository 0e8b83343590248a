"""Pages run before Sphinx reads any: two at a time, once, and no further than the first cell that fails."""

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.db import OrmBase
from sqlalchemy import create_engine

from builds import CONF, HEAD, sphinx, write  # isort: skip
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
        self.root, self.log, self.events = root, root / "log", root / "events"
        self.log.touch()
        write(root, {"docs/conf.py": CONF.replace("fresh_outputs", "execution") + LEXER + LANES.format(lanes)})
        for name in ("index", "alpha", "zulu"):
            self.page(name)

    def page(self, name, code="print(6 * 7)"):
        text = PAGE.format(name=name, log=str(self.log), code=code)
        tree = "\n```{toctree}\nzulu\nalpha\n```\n" if name == "index" else ""
        write(self.root, {f"docs/{name}.md": text + tree})

    def build(self, *options):
        self.events.write_text("")
        told = {"RNN_TUTORIAL_PROGRESS": str(self.events)}
        return sphinx(self.root, "--keep-going", "-d", "doctrees", *options, "docs", "html", **told)

    def wait_for(self, page):
        """Return code that waits until another page runs."""
        return f"import time\nwhile {page!r} not in open({str(self.log)!r}).read():\n    time.sleep(0.05)\n"

    @property
    def ran(self):
        return self.log.read_text().split()

    @property
    def told(self):
        return [json.loads(line) for line in self.events.read_text().splitlines()]


def test_pages_run_once_and_say_so_and_a_cell_that_fails_ends_the_build_with_its_place_and_reason(tmp_path):
    site = Pages(tmp_path)
    done = site.build("-D", "nb_execution_mode=off")
    assert done.returncode == 0, done.stderr
    assert (site.ran, site.told) == ([], [])

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
    assert site.build().returncode == 0
    assert site.ran == ["alpha", "index", "index", "zulu"]  # the page that ran is kept
    assert "cell_output" in (tmp_path / "html" / "alpha.html").read_text()
    plan, *told, end = site.told
    assert (plan["event"], plan["lanes"], plan["all"], end["event"]) == ("pages", 1, False, "pages end")
    assert plan["pages"] == [["index", "Page index"], ["zulu", "Page zulu"]]
    assert [(event["event"], event["page"]) for event in told] == [
        (kind, page) for page in ("index", "zulu") for kind in ("page", "page end")
    ]
    assert all(event["seconds"] > 0 for event in told if event["event"] == "page end")

    assert site.build("-E").returncode == 0  # all pages are read again, from the cache
    assert len(site.ran) == 4
    assert site.told[0]["pages"] == []
    assert [event["event"] for event in site.told] == ["pages", "pages end"]


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


def test_two_pages_run_side_by_side_from_both_ends_and_what_each_trains_is_told_apart(tmp_path):
    site = Pages(tmp_path, lanes=2)
    for page, other in (("alpha", "zulu"), ("zulu", "alpha")):
        network = f"from rnn_tutorial.progress import Network; Network('{page}', 101, 'epoch', 2)"
        train = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {network!r}], check=True)"
        site.page(page, site.wait_for(other) + train)
    done = site.build()
    assert done.returncode == 0, done.stderr
    began = [event for event in site.told if event["event"] == "page"]
    assert [event["page"] for event in began] == ["alpha", "zulu", "index"]
    names = [[json.loads(line)["name"] for line in Path(event["file"]).read_text().splitlines()] for event in began]
    assert names == [["alpha"], ["zulu"], []]


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


# -------------------------------------------------------------------- what an earlier build on this machine kept


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """Give a cache folder of the user's that all checkouts share."""
    monkeypatch.setenv("RNN_TUTORIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    return tmp_path / "cache" / "pages"


def checkout(tmp_path, name):
    (tmp_path / name).mkdir()
    return Pages(tmp_path / name)


def use_one_log(sites):
    """Let pages of all checkouts have the same cells."""
    for site in sites[1:]:
        for page in (site.root / "docs").glob("*.md"):
            page.write_text(page.read_text().replace(str(site.log), str(sites[0].log)))


def test_another_checkout_shows_what_an_earlier_build_kept_and_runs_what_changed(tmp_path, shared, monkeypatch):
    sites = [checkout(tmp_path, name) for name in ("one", "other", "third")]
    one, other, third = sites
    use_one_log(sites)
    assert one.build().returncode == 0
    day = datetime.now(UTC).date().isoformat()
    assert one.ran == ["alpha", "index", "zulu"]
    assert "message" not in [event["event"] for event in one.told]
    assert len(list(shared.glob("*.safetensors"))) == 3

    alpha = other.root / "docs" / "alpha.md"
    alpha.write_text(alpha.read_text().replace("6 * 7", "2 * 8"))
    assert other.build().returncode == 0
    assert one.ran == ["alpha", "index", "zulu", "alpha"]
    assert other.told[0]["pages"] == [["alpha", "Page alpha"]]
    assert other.told[1]["message"] == (
        f"2 of 3 pages do not run again: an earlier build on this machine ran them ({day}), and nothing has changed "
        "that decides what they give. RNN_TUTORIAL_RUNS=off runs all."
    )
    assert ">42\n" in (other.root / "html" / "zulu.html").read_text()
    assert ">16\n" in (other.root / "html" / "alpha.html").read_text()

    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "off")
    assert third.build().returncode == 0
    assert one.ran[4:] == ["alpha", "index", "zulu"]
    assert len(list(shared.glob("*.safetensors"))) == 4


@pytest.mark.parametrize("what", ["machine", "installed"])
def test_outputs_of_another_processor_or_of_other_libraries_are_not_taken(cache, shared, monkeypatch, what):
    one = execution.Page("1", "One", Path("1.md"), page(1))
    assert not execution.take_outputs(cache, one)
    execution.keep_outputs(cache, one, {"ran": "2026-11-27T10:00:00+00:00"})
    assert execution.take_outputs(cache, one)
    assert execution.day_of(cache, one.notebook) == "2026-11-27"
    monkeypatch.setattr(execution, what, lambda: "another")
    assert not execution.take_outputs(cache, one)


@pytest.mark.parametrize("damage", ["cut", "read-only", "no folder"])
def test_outputs_that_cannot_be_kept_or_read_cost_a_run_and_no_result(cache, shared, damage):
    one = execution.Page("1", "One", Path("1.md"), page(1))
    if damage == "no folder":
        shared.parent.mkdir()
        shared.write_text("a file stands where the folder would be")
    execution.keep_outputs(cache, one, {})
    assert execution.are_kept(cache, one.notebook)
    for file in shared.glob("*"):
        file.write_bytes(file.read_bytes()[:-20]) if damage == "cut" else file.chmod(0)
    if damage == "read-only":
        assert execution.take_outputs(cache, one) == (os.geteuid() == 0)  # whom no right keeps out
    else:
        assert not execution.take_outputs(cache, one)
