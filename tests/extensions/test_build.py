"""The driver of a build: what it says, how it counts, and how it ends."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from builds import EXTENSIONS  # isort: skip

pytestmark = pytest.mark.slow
DRIVER = EXTENSIONS.parent / "build.py"
spec = importlib.util.spec_from_file_location("docs_build", DRIVER)
docs_build = importlib.util.module_from_spec(spec)
sys.modules["docs_build"] = docs_build  # where dataclasses look for it
spec.loader.exec_module(docs_build)

# In a process of its own: this one shares TensorFlow's pages with whatever else runs on the machine.
MEMORY = """
import os, subprocess, sys, threading, time

sys.path.insert(0, sys.argv[1])
import build

held = bytearray(b"x" * 80_000_000)
if not (sharing := os.fork()):
    time.sleep(60)
hold = "import time; held = bytearray(b'x' * 80_000_000); print('ready', flush=True); time.sleep(60)"
owning = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
owning.stdout.readline()
threading.Thread(target=build.watch, daemon=True).start()
time.sleep(2)
print(max(build.memory))
os.kill(sharing, 9)
owning.kill()
"""


def test_the_memory_is_that_of_all_processes_together():
    command = [sys.executable, "-c", MEMORY, str(DRIVER.parent)]
    peak = int(subprocess.check_output(command, text=True))
    once = 160e6 if docs_build.psutil.LINUX else 240e6  # elsewhere a shared page counts for each that shares it
    assert once < peak < once + 60e6


# ------------------------------------------------------------------------------------------------- on a site of its own

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "execution"]
nb_execution_mode = "cache"
nb_execution_cache_path = {{cache!r}}
nb_execution_raise_on_error = True
nb_output_stderr = "error"
suppress_warnings = ["myst-nb.lexer"]
import execution
execution.pages_at_a_time = lambda: {{lanes}}  # whatever the machine has
"""
PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# Page {name}

{prose}

```{{code-cell}} python
import os, time
os.system("echo FOREIGN; echo FOREIGN >&2")
with open({log!r}, "a") as file:
    file.write("{name} ")
while os.path.exists({wait!r}):
    time.sleep(0.05)
{code}
```
"""


class Site:
    """A site of two pages; the cell of the second one, `index`, waits while there is a file `wait`."""

    def __init__(self, root, lanes=1):
        self.root, self.log, self.wait, self.html = root, root / "log", root / "wait", root / "build" / "html"
        self.log.touch()
        (root / "docs").mkdir()
        (root / "docs" / "conf.py").write_text(CONF.format(cache=str(root / "build" / "nb-cache"), lanes=lanes))
        self.page("alpha", wait="")
        self.page("index")

    def page(self, name, prose="Prose.", code="1", wait=None):
        wait = str(self.wait) if wait is None else wait
        text = PAGE.format(name=name, prose=prose, log=str(self.log), wait=wait, code=code)
        text += "\n```{toctree}\nalpha\n```\n" if name == "index" else ""
        (self.root / "docs" / f"{name}.md").write_text(text)

    def start(self, *options, **environment):
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.Popen(
            [sys.executable, str(DRIVER), *options],
            cwd=self.root,
            env=kept | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def build(self, *options, **environment):
        process = self.start(*options, **environment)
        output, _ = process.communicate()
        return process.returncode, output

    def started(self):
        """Start a build whose second page waits, and return its process when that page runs."""
        before = len(self.runs)
        self.wait.touch()
        process = self.start()
        while self.runs[before:][-1:] != ["index"]:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.05)
        return process

    @property
    def runs(self):
        return self.log.read_text().split()


def content(folder):
    """Return the files of a site, without the digests of style sheets that Sphinx had not copied yet."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): re.sub(rb"\.css\?v=\w+", b".css", path.read_bytes()) for path in files}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build a site; give it, what the build said, and what it wrote."""
    site = Site(tmp_path_factory.mktemp("site"))
    code, output = site.build(FORCE_COLOR="1", CI="true")
    assert code == 0, output
    return site, output, content(site.html)


def test_a_build_says_what_it_does_and_nothing_else(built):
    site, output, _ = built
    *pages, empty, end, where = output.splitlines()
    for number, name in enumerate(["alpha", "index"], start=1):
        assert pages[2 * number - 2] == f"page {number} of 2: Page {name}"
        assert re.fullmatch(rf"page {number} of 2 ran: Page {name}, \d+ s", pages[2 * number - 1])
    assert (len(pages), empty) == (4, "")
    assert re.fullmatch(r"The site is built: \d min \d\d s, \d\.\d GB of memory, all processes together\.", end)
    assert where == f"Open {(site.html / 'index.html').as_uri()}"
    assert "FOREIGN" in (site.root / "build" / "docs.log").read_text()
    assert site.runs == ["alpha", "index"]


def test_an_interrupt_ends_both_pages_and_all_processes(tmp_path):
    site = Site(tmp_path, lanes=2)
    site.page("alpha")
    site.wait.touch()
    process = site.start()
    while sorted(site.runs) != ["alpha", "index"]:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    children = docs_build.psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 3  # Sphinx and two kernels
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=300)
    assert process.returncode == 130
    assert docs_build.psutil.wait_procs(children, timeout=300)[1] == []


def test_a_build_shows_what_the_cache_says_and_which_claims_do_not_hold(tmp_path):
    site = Site(tmp_path)
    conf = site.root / "docs" / "conf.py"
    conf.write_text(conf.read_text().replace('"execution"]', '"execution", "claims_file"]'))
    site.page("alpha", wait="", code="""
from rnn_tutorial.claims import claim
from rnn_tutorial._cache.memory import log
log.warning("The disk is full.")
claim("the LSTM's lead", 0.5, above=1)
""")  # fmt: skip
    code, output = site.build()
    assert code == 0, output
    assert "rnn_tutorial: The disk is full." in output.splitlines()
    assert re.search(r"rnn_tutorial: alpha:\d+: on this machine it came out otherwise: the LSTM's lead", output)


def test_what_warns_fails_a_build_of_the_bundled_reviews_alone(tmp_path):
    site = Site(tmp_path)
    site.page("alpha", wait="", code="import sys; print('a line', file=sys.stderr)")
    assert site.build()[0] == 1
    assert site.build(RNN_TUTORIAL_REVIEWS="keras")[0] == 0


def test_a_build_that_is_stopped_leaves_a_whole_site_and_the_next_one_loses_the_page_under_way_alone(built):
    site, _, before = built
    for folder in ("nb-cache", "state"):
        shutil.rmtree(site.root / "build" / folder)
    log = len(site.runs)
    interrupted = site.started()
    assert site.build() == (
        1, f"expected no other build in {site.root / 'build'}, but one is running; wait until it has ended\n",
    )  # fmt: skip
    children = docs_build.psutil.Process(interrupted.pid).children(recursive=True)
    assert len(children) >= 2  # Sphinx and the kernel
    interrupted.send_signal(signal.SIGINT)
    output, _ = interrupted.communicate(timeout=300)
    assert interrupted.returncode == 130
    assert output.splitlines()[-1] == (
        "Interrupted. The pages that ran are kept; the next build goes on with the others."
    )
    assert docs_build.psutil.wait_procs(children, timeout=300)[1] == []
    assert content(site.html) == before

    killed = site.started()
    killed.kill()
    killed.communicate()
    assert content(site.html) == before

    for name in before.keys() | {"environment.pickle", "alpha.doctree"}:  # as if it had been killed while it wrote
        for folder in ("html", "doctrees"):
            path = site.root / "build" / "next" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"half")
    site.wait.unlink()
    code, output = site.build()
    assert code == 0, output
    assert content(site.html) == before
    assert site.runs[log:] == ["alpha", "index", "index", "index"]


@pytest.mark.parametrize("done", ["nothing", "old renamed", "new renamed", "state gone"])
def test_a_build_killed_while_it_replaces_the_site_leaves_one_that_the_next_build_takes_up(built, done):
    site, _, before = built
    build = site.root / "build"
    if done != "nothing":
        shutil.rmtree(build / "state")
    if done == "old renamed":
        (build / "html").rename(build / "html.old")
    if done == "new renamed":
        shutil.copytree(build / "html", build / "html.old")
    assert content(build / "html" if (build / "html").exists() else build / "html.old") == before
    assert site.build()[0] == 0
    assert content(site.html) == before
    assert not (build / "html.old").exists()


def test_what_fails_is_all_that_a_failed_build_shows_and_it_leaves_the_site_that_was_there(built):
    site, _, before = built
    log = len(site.runs)
    site.page("index", prose="See {ref}`nowhere`.\n\nAnd {unknown}`role`.")
    for option in (["--check"], []):  # each time
        code, output = site.build(*option)
        assert code != 0
        assert "docs/index.md:10: WARNING: undefined label: 'nowhere' [ref.ref]" in output
        assert 'docs/index.md:12: WARNING: Unknown interpreted text role "unknown"' in output
    assert site.runs[log:] == []

    site.page("index", code="assert 1 > 2, 'no'")
    code, output = site.build()
    assert code == 2
    line = (site.root / "docs" / "index.md").read_text().split("\n").index("assert 1 > 2, 'no'") + 1
    assert output.splitlines()[2:] == [
        "This failed:",
        "",
        f"docs/index.md:{line}: ERROR: cell 1 of 1 failed in its line 7, and the build ends here:",
        "    assert 1 > 2, 'no'",
        "AssertionError: no",
        f"The whole traceback is in {site.root}/build/next/doctrees/failed-cell.log",
        "",
        "All that was printed is in build/docs.log",
    ]
    assert site.runs[log:] == ["index"]
    assert content(site.html) == before

    site.page("index")
    code, output = site.build("--check")
    assert (code, site.runs[log:]) == (0, ["index"])
    assert "The site is built" not in output


def test_where_nothing_changed_nothing_is_done_and_a_change_is_written_alone(built):
    site, _, before = built
    assert site.build()[0] == 0
    code, output = site.build()
    assert code == 0, output
    assert output.startswith("nothing has changed since the last build\n\nThe site is built: ")
    assert (site.root / "build" / "docs.log").read_text() == ""
    assert content(site.html) == before
    with (site.html / "alpha.html").open("a") as file:
        file.write("altered")
    (site.html / "index.html").unlink()
    assert site.build()[0] == 0
    assert content(site.html) == before
    code, output = site.build("-b", "dummy")
    assert (code, output.splitlines()[-1]) == (
        1, "expected a builder that writes index.html, and this one wrote none; build/html stays as it was"
    )  # fmt: skip
    code, output = site.build("--help")
    assert (code, output.partition(":")[0]) == (0, "usage")
    assert content(site.html) == before
    site.page("alpha", prose="Other prose.", wait="")
    assert site.build()[0] == 0
    after = content(site.html)
    assert {name for name in after if after[name] != before[name]} == {
        "alpha.html",
        "searchindex.js",
        "_sources/alpha.md.txt",
    }
    site.page("alpha", wait="")
    assert site.build()[0] == 0
    last = content(site.html)
    assert {name for name in last if last[name] != before[name]} == {"searchindex.js"}  # it keeps words without a page
