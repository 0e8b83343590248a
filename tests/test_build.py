"""The driver of a build: what it says, how it counts, and how it ends."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from builds import EXTENSIONS  # isort: skip

DRIVER = EXTENSIONS.parent / "build.py"
spec = importlib.util.spec_from_file_location("docs_build", DRIVER)
docs_build = importlib.util.module_from_spec(spec)
sys.modules["docs_build"] = docs_build  # where dataclasses look for it
spec.loader.exec_module(docs_build)

TABLE = {
    "rest": 10.0,
    "pages": {
        "a": {"networks": [20.0, 40.0], "seconds": 60.0},
        "b": {"networks": [], "seconds": 30.0},
    },
}


def progress(*events, table=TABLE, pages=("a", "b"), lanes=1):
    made = docs_build.Progress(table)
    made.read({"event": "pages", "pages": [[page, page.upper()] for page in pages], "lanes": lanes, "all": True})
    for event in events:
        made.read(event)
    return made


def network(event, at, done=None, number=1, **others):
    facts = {"page": "a", "network": str(number), "name": "lstm", "seed": 3, "unit": "epoch", "of": 2} | others
    return {"event": event, "time": at, **facts} | ({} if done is None else {"done": done})


A = {"event": "page", "page": "a", "time": 1000.0}
A_END = {"event": "page end", "page": "a", "seconds": 120.0}


def test_the_time_left_is_that_of_the_table_while_nothing_else_is_known():
    assert progress().left(1000.0) == 100.0
    assert progress(A).left(1010.0) == 90.0
    assert progress(A).left(1090.0) == 80.0  # the first network did not end yet


def test_a_slow_machine_is_believed_once_it_has_shown_its_pace():
    slow = progress(A, network("network", 1000.0), network("network end", 1040.0))  # 20 s in the table
    pace = (40 + docs_build.PRIOR) / (20 + docs_build.PRIOR)
    assert slow.left(1040.0) == pytest.approx((100 - max(20, 40 / pace)) * pace)
    slow.read(A_END)
    pace = (120 + docs_build.PRIOR) / (60 + docs_build.PRIOR)
    assert slow.left(1120.0) == pytest.approx(40 * pace)
    slow.read({"event": "page", "page": "b", "time": 1120.0})
    slow.read({"event": "page end", "page": "b", "seconds": 60.0})
    slow.read({"event": "pages end", "time": 1180.0})
    assert slow.left(1180.0) == pytest.approx(10 * (180 + docs_build.PRIOR) / (90 + docs_build.PRIOR))
    assert slow.left(9999.0) == 0


def test_a_page_that_no_table_knows_and_more_networks_than_it_knows_break_nothing():
    assert progress(table={}).left(0.0) is None
    assert progress(A, table={}).now(1000.0) == ["page 1 of 2: A"]
    new = progress({"event": "page", "page": "new", "time": 0.0}, pages=("new", "b"))
    assert new.left(5.0) == 40.0
    new.read(network("network", 5.0, page="unknown"))
    more = progress(A)
    for number in range(1, 6):
        more.read(network("network", 1000.0 + number, number=number))
        if number < 5:
            more.read(network("network end", 1001.0 + number, number=number))
        assert more.left(1002.0 + number) > 0
    assert more.now(1006.0)[1] == "network 5 (lstm, seed 3), epoch 1 of 2"


def test_what_runs_is_said_with_its_number():
    running = progress(A, network("network", 1000.0), network("network at", 1005.0, done=1.25))
    assert running.now(1010.0) == [
        "page 1 of 2: A", "network 1 of 2 (lstm, seed 3), epoch 2 of 2", "1 min 30 s left",
    ]  # fmt: skip
    running.read(network("network", 1006.0, number=2, unit="update", of=400))
    running.read(network("network end", 1020.0))
    running.read(network("network at", 1022.0, done=137, number=2, unit="update", of=400))
    assert running.now(1020.0)[1] == "network 2 of 2 (lstm, seed 3), update 137 of 400"
    running.read(A_END)
    assert running.now(1120.0)[0] == "Sphinx looks for what changed"
    assert running.messages == ["page 1 of 2 ran: A, 2 min 00 s, 1 network"]


def test_two_pages_that_run_are_both_said_with_their_own_networks():
    b = {"event": "page", "page": "b", "time": 1000.0}
    two = progress(b, A, network("network", 1001.0), network("network", 1002.0, page="b", of=5), lanes=2)
    assert two.now(1010.0) == [
        "page 1 of 2: B", "network 1 (lstm, seed 3), epoch 1 of 5",
        "page 2 of 2: A", "network 1 of 2 (lstm, seed 3), epoch 1 of 2",
        "1 min 00 s left",
    ]  # fmt: skip
    two.read({"event": "page end", "page": "b", "seconds": 30.0})
    two.read(network("network end", 1030.0))
    assert two.now(1030.0)[0] == "page 2 of 2: A"
    assert [page.ended for page in two.pages] == [[30.0], []]


def test_two_lanes_take_half_of_the_time_but_no_less_than_the_longest_page():
    three = TABLE["pages"] | {"c": {"networks": [], "seconds": 50.0}}
    assert progress(table=TABLE, lanes=2).left(0.0) == 60 + 10
    assert progress(table=TABLE | {"pages": three}, pages="abc", lanes=2).left(0.0) == (60 + 30 + 50) / 2 + 10


def test_a_build_writes_the_table_that_the_next_one_reads():
    ran = progress(A, network("network", 1000.0), network("network end", 1007.25), A_END)
    ran.read({"event": "page", "page": "b", "time": 1120.0})
    ran.read({"event": "page end", "page": "b", "seconds": 3.0})
    text = ran.measured(rest=12.34)
    table = json.loads(text)
    assert table.pop("machine").startswith(f"{os.cpu_count()} cores, ")
    assert table == {
        "rest": 12.3,
        "pages": {"a": {"networks": [7.2], "seconds": 120.0}, "b": {"networks": [], "seconds": 3.0}},
    }
    assert progress(table=table).left(0.0) == pytest.approx(135.3)


def test_the_table_of_the_site_is_one_and_has_a_row_for_each_page_that_runs():
    folder = EXTENSIONS.parent
    table = json.loads((folder / "workload.json").read_text(encoding="utf-8"))
    pages = [path for path in folder.rglob("*.md") if "display_name: Python 3" in path.read_text(encoding="utf-8")]
    assert set(table["pages"]) == {path.relative_to(folder).with_suffix("").as_posix() for path in pages}
    assert table["rest"] > 0
    for facts in table["pages"].values():
        assert facts["networks"] == sorted(facts["networks"])
        assert max([0, *facts["networks"]]) <= facts["seconds"]


@pytest.mark.parametrize(
    ("seconds", "says"), [(0.4, "0 s"), (59.4, "59 s"), (59.7, "1 min 00 s"), (754, "12 min 34 s")]
)
def test_times_are_said_in_minutes_and_seconds(seconds, says):
    assert docs_build.spoken(seconds) == says


# In a process of its own: this one shares TensorFlow's pages with whatever else runs on the machine.
MEMORY = """
import os, subprocess, sys, time

sys.path.insert(0, sys.argv[1])
import build

held = bytearray(b"x" * 80_000_000)
if not (sharing := os.fork()):
    time.sleep(60)
hold = "import time; held = bytearray(b'x' * 80_000_000); print('ready', flush=True); time.sleep(60)"
owning = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
owning.stdout.readline()
processes = build.Processes()
processes.sample()
processes.end()
killed = [os.waitstatus_to_exitcode(os.waitpid(sharing, 0)[1]), owning.wait(timeout=10)]
peak = processes.peak
processes.sample()
print(peak, processes.peak == peak, *killed)
"""


def test_the_memory_is_that_of_all_processes_together():
    command = [sys.executable, "-c", MEMORY, str(DRIVER.parent)]
    peak, stays, *killed = subprocess.check_output(command, text=True).split()
    once = 160e6 if docs_build.psutil.LINUX else 240e6  # elsewhere a shared page counts for each that shares it
    assert once < int(peak) < once + 60e6
    assert (stays, killed) == ("True", ["-9", "-9"])


def test_without_a_terminal_lines_come_now_and_then(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(docs_build.time, "monotonic", lambda: now[0])
    screen = docs_build.Screen()
    for second in range(100):
        now[0] = 100.0 + second
        screen.show("page 1 of 2: A", f"{second} s", share=0.1)
    screen.say("page 1 of 2 ran: " + "A" * 100)
    assert capsys.readouterr().out.splitlines() == [
        "page 1 of 2: A, 0 s", "page 1 of 2: A, 30 s", "page 1 of 2: A, 60 s", "page 1 of 2: A, 90 s",
        "page 1 of 2 ran: " + "A" * 100,
    ]  # fmt: skip


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
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build a site; give it, what the build said, and what it wrote."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.wait.unlink(missing_ok=True)
    (site.root / "docs" / "workload.json").write_text(
        '{"rest": 1, "pages": {"index": {"networks": [1], "seconds": 2}}}'
    )
    code, output = site.build(FORCE_COLOR="1", CI="true")
    assert code == 0, output
    return site, output, content(site.html)


def test_a_build_says_what_it_does_and_nothing_else(built):
    site, output, _ = built
    lines = output.splitlines()
    assert lines[0] == "checking references, docstrings, citations and anchors"
    assert lines[1].startswith("checked references, docstrings, citations and anchors: ")
    for number, name in enumerate(["alpha", "index"], start=1):
        assert re.fullmatch(rf"page {number} of 2: Page {name}, \d+ s left", lines[2 * number])
        assert lines[2 * number + 1].startswith(f"page {number} of 2 ran: Page {name}, ")
    assert lines[6:8] == ["index: not the networks of docs/workload.json. Copy build/workload.json there.", ""]
    assert lines[8].startswith("The site is built: ") and "GB of memory at the most" in lines[8]
    assert lines[9:] == [f"Open {(site.html / 'index.html').as_uri()}"]
    assert "FOREIGN" in (site.root / "build" / "docs.log").read_text()
    assert sorted(json.loads((site.root / "build" / "workload.json").read_text())["pages"]) == ["alpha", "index"]
    assert site.runs == ["alpha", "index"]


def test_two_pages_at_a_time_are_told_apart_and_an_interrupt_ends_both(tmp_path):
    site = Site(tmp_path, lanes=2)
    train = "from rnn_tutorial.progress import Network\nNetwork('lstm', 101, 'epoch', 2).end()\n"
    site.page("alpha", code=train + train)
    site.page("index", code=train)
    site.wait.touch()
    process = site.start()
    while sorted(site.runs) != ["alpha", "index"]:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    children = docs_build.psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 3  # Sphinx and two kernels
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert docs_build.psutil.wait_procs(children, timeout=10)[1] == []

    site.wait.unlink()
    code, output = site.build()
    assert code == 0, output
    assert "page 1 of 2: Page alpha, page 2 of 2: Page index\n" in output
    assert re.search(r"page 1 of 2 ran: Page alpha, \d+ s, 2 networks\n", output)
    assert re.search(r"page 2 of 2 ran: Page index, \d+ s, 1 network\n", output)


def test_a_build_says_what_was_not_trained_again_and_what_the_store_tells(tmp_path):
    site = Site(tmp_path)
    site.page(
        "alpha",
        wait="",
        code="""
from datetime import datetime
from rnn_tutorial.progress import Network, tell
now = datetime.now().isoformat(" ", "seconds")
for kept in ("", now, "2020-02-29 12:00:00"):
    Network("lstm", 101, "epoch", 2, kept=kept).end()
tell("The disk is full.")
""",
    )
    code, output = site.build(CI="true")
    lines = output.splitlines()
    assert code == 0
    assert "The disk is full." in lines
    assert lines[-4] == (
        "2 of 3 networks were not trained again, 1 of them because an earlier build had kept them. "
        "RNN_TUTORIAL_RUNS=off trains all."
    )
    # its times are not those of a build in which every network is trained
    assert not (site.root / "build" / "workload.json").exists()


def test_claims_that_did_not_hold_are_listed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    docs_build.claims(docs_build.Screen())
    assert capsys.readouterr().out == ""
    claim = {"page": "index", "line": 7, "statement": "the LSTM is ahead", "expected": "more", "found": "0.5"}
    (tmp_path / "build" / "doctrees").mkdir(parents=True)
    (tmp_path / "build" / "doctrees" / "claims.json").write_text(json.dumps([claim]))
    docs_build.claims(docs_build.Screen())
    assert capsys.readouterr().out.splitlines() == [
        "", "These claims did not hold on this machine; their pages say so:", "  index:7: the LSTM is ahead: found 0.5",
    ]  # fmt: skip


def test_a_build_that_is_stopped_leaves_a_whole_site_and_the_next_one_loses_the_page_under_way_alone(built):
    site, _, before = built
    shutil.rmtree(site.root / "build" / "nb-cache")
    log = len(site.runs)
    interrupted = site.started()
    assert site.build() == (
        1, f"expected no other build in {site.root / 'build'}, but one is running; wait until it has ended\n",
    )  # fmt: skip
    children = docs_build.psutil.Process(interrupted.pid).children(recursive=True)
    assert len(children) >= 2  # Sphinx and the kernel
    interrupted.send_signal(signal.SIGINT)
    output, _ = interrupted.communicate(timeout=30)
    assert interrupted.returncode == 130
    assert output.splitlines()[-1] == (
        "Interrupted. The pages that ran are kept; the next build goes on with the others."
    )
    assert docs_build.psutil.wait_procs(children, timeout=10)[1] == []
    assert content(site.html) == before

    killed = site.started()
    killed.kill()
    killed.communicate()
    assert content(site.html) == before

    for folder in ("html.part", "doctrees", "jupyter_execute"):  # as if it had been killed while it wrote
        for name in before.keys() | {"environment.pickle", "alpha.doctree"}:
            path = site.root / "build" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"half")
    site.wait.unlink()
    code, output = site.build()
    assert code == 0, output
    assert "checking" not in output  # these sources have passed
    assert content(site.html) == before
    assert site.runs[log:] == ["alpha", "index", "index", "index"]


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
    assert output.splitlines()[3:] == [
        "The build failed:",
        "",
        f"docs/index.md:{line}: ERROR: cell 1 of 1 failed in its line 7, and the build ends here:",
        "    assert 1 > 2, 'no'",
        "AssertionError: no",
        f"The whole traceback is in {site.root}/build/doctrees/failed-cell.log",
        "",
        "All that was printed is in build/docs.log",
    ]
    assert site.runs[log:] == ["index"]
    assert content(site.html) == before

    site.page("index")
    code, output = site.build("--check")
    assert (code, site.runs[log:]) == (0, ["index"])
    assert "The site is built" not in output


def test_a_label_may_move_to_a_page_that_is_read_before(built):
    site, *_ = built
    equation = "```{math}\n:label: moved\n1\n```"
    site.page("index", prose=equation)
    assert site.build("--check")[0] == 0
    site.page("index")
    site.page("alpha", prose=equation)
    code, output = site.build("--check")
    assert code == 0, output
    site.page("alpha")
