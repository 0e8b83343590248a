"""Pages run before Sphinx reads any: in order, once, and no further than the first cell that fails."""

import json
import os
import re
import subprocess

import pytest

from small_site import EXTENSIONS, SPHINX  # isort: skip

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "execution"]
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_output_stderr = "error"
suppress_warnings = ["myst-nb.lexer"]
"""
PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# Page {name}

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


class Pages:
    """A site of three pages that write down when they run; the table of contents wants the last name first."""

    def __init__(self, root):
        self.root, self.log, self.events = root, root / "log", root / "events"
        self.log.touch()
        (root / "docs").mkdir()
        (root / "docs" / "conf.py").write_text(CONF)
        for name in ("index", "alpha", "zulu"):
            self.page(name)

    def page(self, name, code="print(6 * 7)"):
        text = PAGE.format(name=name, log=str(self.log), code=code)
        if name == "index":
            text += "\n```{toctree}\nzulu\nalpha\n```\n"
        (self.root / "docs" / f"{name}.md").write_text(text)

    def build(self, *options):
        self.events.write_text("")
        return subprocess.run(
            [*SPHINX, "--keep-going", "-d", "doctrees", *options, "docs", "html"],
            cwd=self.root,
            env={**os.environ, "RNN_TUTORIAL_PROGRESS": str(self.events)},
            capture_output=True,
            text=True,
        )

    @property
    def ran(self):
        return self.log.read_text().split()

    @property
    def told(self):
        return [json.loads(line) for line in self.events.read_text().splitlines()]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    site = Pages(tmp_path_factory.mktemp("pages"))
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    return site


def test_pages_run_once_and_say_so_and_run_again_in_the_order_of_the_table_of_contents(built):
    assert built.ran == ["index", "alpha", "zulu"]  # nothing is known of a table of contents yet
    plan, *told, end = built.told
    assert (plan["event"], plan["all"], end["event"]) == ("pages", True, "pages end")
    assert plan["pages"] == [["index", "Page index"], ["alpha", "Page alpha"], ["zulu", "Page zulu"]]
    assert [(event["event"], event["page"]) for event in told] == [
        (kind, page) for page in ("index", "alpha", "zulu") for kind in ("page", "page end")
    ]
    assert all(event["seconds"] > 0 for event in told if event["event"] == "page end")
    assert "42" in (built.root / "html" / "zulu.html").read_text()

    for name in ("alpha", "zulu"):
        built.page(name, "print(7 * 7)")
    assert built.build().returncode == 0
    assert built.ran[3:] == ["zulu", "alpha"]
    assert built.told[0]["all"] is False
    assert "49" in (built.root / "html" / "zulu.html").read_text()

    assert built.build("-E").returncode == 0  # all pages are read again, from the cache
    assert len(built.ran) == 5
    assert [event["event"] for event in built.told] == ["pages", "pages end"]
    assert built.told[0]["pages"] == []


def test_a_cell_that_fails_ends_the_build_with_its_place_and_reason(tmp_path):
    site = Pages(tmp_path)
    site.page("alpha", "x = 1\n\nassert x == 2, 'it is one'")
    done = site.build()
    assert done.returncode != 0
    line = (tmp_path / "docs" / "alpha.md").read_text().split("\n").index("assert x == 2, 'it is one'") + 1
    assert done.stderr.rstrip().split("\n")[-4:] == [
        f"docs/alpha.md:{line}: ERROR: cell 2 of 2 failed in its line 3, and the build ends here:",
        "    assert x == 2, 'it is one'",
        "AssertionError: it is one",
        f"The whole traceback is in {tmp_path}/doctrees/failed-cell.log",
    ]
    assert "Cell In[2], line 3" in (tmp_path / "doctrees" / "failed-cell.log").read_text()
    assert site.ran == ["index", "alpha"]
    assert not (tmp_path / "html" / "index.html").exists()

    site.page("alpha")
    assert site.build().returncode == 0
    assert site.ran == ["index", "alpha", "alpha", "zulu"]  # the page that ran is kept


def test_a_failure_inside_a_function_is_placed_where_the_cell_calls_it(tmp_path):
    site = Pages(tmp_path)
    site.page("index", "def f():\n    return 1 / 0\nf()")
    done = site.build()
    assert done.returncode != 0
    assert (
        "cell 2 of 2 failed in its line 3, and the build ends here:\n    f()\nZeroDivisionError: division"
        in done.stderr
    )


def test_a_kernel_that_dies_ends_the_build_with_its_page(tmp_path):
    site = Pages(tmp_path)
    site.page("index", "import os\nos._exit(1)")
    done = site.build()
    assert done.returncode != 0
    assert re.search(r"index\.md:\d+: ERROR: cell [12] of 2 failed", done.stderr)
    assert "DeadKernelError: the kernel died in this cell or in the one behind it" in done.stderr


def test_without_execution_nothing_runs_and_nothing_is_told(tmp_path):
    site = Pages(tmp_path)
    done = site.build("-D", "nb_execution_mode=off")
    assert done.returncode == 0, done.stderr
    assert (site.ran, site.told) == ([], [])
