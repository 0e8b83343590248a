"""Build the site, and report progress.

``python docs/build.py`` runs in the project's root, in the environment of the dependency group ``docs``. It first
checks what needs no cell: references, docstrings, citations and anchors, in a build without execution, unless the same
sources have passed on this machine. With ``--check`` it ends there. Then pages run, and Sphinx writes them. The output
of Sphinx, kernels and libraries goes to ``build/docs.log``; if a build fails, the part that matters is shown. Other
arguments go to sphinx-build.

Sphinx takes every page that it finds as up to date, even one that a killed build left half-written. So all pages are
written again, from the outputs cached in ``build/nb-cache``. They replace those in ``build/html`` when all are written:
``build/html`` contains a complete site at any time.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rnn_tutorial.provenance import machine
from rnn_tutorial.sources import cache_folder

LOG, WARNINGS, EVENTS = Path("build/docs.log"), Path("build/docs-warnings.txt"), Path("build/progress.jsonl")
CHECK, LOCK = Path("build/check"), Path("build/lock")
WORKLOAD, MEASURED = Path("docs/workload.json"), Path("build/workload.json")
SPHINX = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--nitpicky", "--keep-going", "--no-color"]
SITE, PART, DOCTREES = Path("build/html"), Path("build/html.part"), Path("build/doctrees")
FIGURES = Path("build/jupyter_execute")  # where MyST-NB puts what cells gave, and never writes a figure again
WHAT = "references, docstrings, citations and anchors"
LINE_EVERY, SAMPLE_EVERY = 30.0, 0.5  # seconds
PRIOR = 15.0  # seconds of the table that count before this machine has shown its own pace


def spoken(seconds: float) -> str:
    """Format a duration as a person would say it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@dataclass
class Page:
    """A page that has to run. Its times are in seconds since its start."""

    name: str
    title: str
    marks: list[float]  # when the table expects the end of each network, and last the end of the page
    number: int = 0  # pages are numbered as they begin
    began: float | None = None
    seconds: float | None = None
    started: int = 0
    running: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: list[float] = field(default_factory=list)  # when each network ended


class Progress:
    """The progress of a build, reported by its processes, and its remaining time, by the timings of an earlier one."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.table, self.rest = table.get("pages", {}), table.get("rest", 0.0)
        self.pages: list[Page] = []
        self.running: list[Page] = []
        self.lanes = 1  # how many pages run at a time
        self.all_run = False
        self.messages: list[str] = []  # that nobody has read yet
        self.kept: list[str] = []  # when each network was trained that was found in the store of runs
        self.ran: float | None = None  # when the last page had run, a time of day

    def read(self, event: dict[str, Any]) -> None:
        """Process one reported line."""
        kind, network = event.get("event"), event.get("network", "")
        page = next((page for page in self.pages if page.name == event.get("page")), None)
        if kind == "message":
            self.messages.append(event["message"])
        elif kind == "pages":
            self.all_run, self.lanes = event["all"], event["lanes"]
            for name, title in event["pages"]:
                known = self.table.get(name, {"networks": [], "seconds": 0.0})
                self.pages.append(Page(name, title, [*known["networks"], known["seconds"]]))
        elif kind == "pages end":
            self.ran = event["time"]
        elif page is None:
            pass  # a network that no page trains
        elif kind == "page":
            page.began, page.number = event["time"], sum(page.number > 0 for page in self.pages) + 1
            self.running.append(page)
        elif kind == "page end":
            page.seconds = event["seconds"]
            self.running.remove(page)
            self.messages.append(self.finished(page))
        elif kind == "network":
            page.started += 1
            self.kept += [event["kept"]] if event.get("kept") else []
            page.running[network] = event | {"number": page.started}
        elif network in page.running:
            page.running[network] |= event
            if kind == "network end":
                del page.running[network]
                page.ended.append(round(event["time"] - (page.began or 0.0), 1))

    def left(self, now: float) -> float | None:
        """Estimate the remaining seconds from earlier timings and this machine's speed; None without timings."""
        if not self.table:
            return None
        taken = expected = PRIOR
        for page in self.pages:
            if page.seconds is not None:
                taken, expected = taken + page.seconds, expected + page.marks[-1]
            elif page.ended and len(page.ended) < len(page.marks):
                taken, expected = taken + page.ended[-1], expected + page.marks[len(page.ended) - 1]
        pace = taken / expected
        rest = self.rest if self.ran is None else max(self.rest - (now - self.ran) / pace, 0.0)
        left = [0.0]  # of each page
        for page in self.pages:
            if page.began is None:
                left.append(page.marks[-1])
            elif page.seconds is None:  # a page is behind the last end of a network, and before the next
                ends = [0.0, *page.marks]
                behind, before = (ends[min(len(page.ended) + i, len(page.marks))] for i in (0, 1))
                left.append(page.marks[-1] - min(max((now - page.began) / pace, behind), before))
        return (rest + max(sum(left) / self.lanes, max(left))) * pace

    def now(self, now: float) -> list[str]:
        """Return what is running, the largest part first, and last the remaining time."""
        left, parts = self.left(now), list[str]()
        for page in self.running:
            parts.append(f"page {page.number} of {len(self.pages)}: {page.title}")
            if page.running:
                network = min(page.running.values(), key=lambda network: network["number"])
                number, of = network["number"], len(page.marks) - 1
                which = f"network {number} of {of}" if number <= of else f"network {number}"
                done = int(network.get("done", 0))
                if network["unit"] == "epoch":  # which is spoken of while it lasts
                    done = min(done + 1, network["of"])
                which += f" ({network['name']}, seed {network['seed']})"
                parts.append(f"{which}, {network['unit']} {done} of {network['of']}")
        parts = parts or ["Sphinx reads and writes the pages" if self.ran else "Sphinx looks for what changed"]
        return [*parts, f"{spoken(left)} left"] if left is not None and self.pages else parts

    def finished(self, page: Page) -> str:
        """Return the line that reports the end of a page."""
        count = len(page.ended)
        networks = f", {count} network{'s' * (count > 1)}" if count else ""
        return f"page {page.number} of {len(self.pages)} ran: {page.title}, {spoken(page.seconds or 0)}{networks}"

    def measured(self, rest: float) -> str:
        """Return the timings of this build as JSON, a page per line, so that changes are easy to read."""
        pages = {page.name: {"networks": page.ended, "seconds": page.seconds} for page in self.pages}
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(facts)}" for name, facts in sorted(pages.items()))
        head = f' "machine": {json.dumps(machine())},\n "rest": {rest:.1f},\n'
        return f'{{\n{head} "pages": {{\n{lines}\n }}\n}}\n'


class Events:
    """The reports of Sphinx, and those of each page's networks, which are in a file of their own."""

    def __init__(self) -> None:
        self.files: list[tuple[Path, dict[str, str]]] = [(EVENTS, {})]  # and whose lines are in it
        self.behind = Counter[Path]()  # bytes of each that were read

    def new(self) -> list[dict[str, Any]]:
        """Return the reports since the last call, in the order of their times."""
        found = []
        for file, whose in self.files:  # to which a page that begins adds its own
            for line in file.read_bytes()[self.behind[file] :].splitlines(keepends=True):
                if line.endswith(b"\n"):  # else it is being written
                    self.behind[file] += len(line)
                    event = whose | json.loads(line)
                    found.append(event)
                    if event["event"] == "page":
                        self.files.append((Path(event["file"]), {"page": event["page"]}))
        return sorted(found, key=lambda event: event["time"])


class Processes:
    """All processes below this one: their memory, and how to end them."""

    def __init__(self) -> None:
        self.peak, self.largest, self.seen = 0, 0.0, set[psutil.Process]()

    def sample(self) -> None:
        """Measure the memory of this process and those below; with PSS, where available, a shared page counts once."""
        me = psutil.Process()
        self.seen = set(me.children(recursive=True))
        total = self.total({me, *self.seen}, shares=False)
        if total > self.largest:  # PSS takes the system 12 ms for a process that has loaded TensorFlow, RSS none
            self.largest = 1.005 * total
            self.peak = max(self.peak, self.total({me, *self.seen}, shares=psutil.LINUX))

    def total(self, processes: set[psutil.Process], shares: bool) -> int:
        """Add up the memory of processes, by PSS if ``shares``, otherwise by RSS."""
        total = 0
        for process in processes:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss if shares else process.memory_info().rss
        return total

    def end(self) -> None:
        """Kill them, including those whose parents have just ended."""
        for process in self.seen | set(psutil.Process().children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                process.kill()


class Screen:
    """Output for the user: on a terminal lines with a progress bar below them, elsewhere lines only."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, force_terminal=sys.stdout.isatty())  # CI may ask for colours
        self.bar = self.console.is_terminal and not self.console.is_dumb_terminal
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.spoke = -LINE_EVERY

    def say(self, *lines: str) -> None:
        """Print lines that stay."""
        for line in lines:
            self.console.print(Text(line), soft_wrap=True)
        self.spoke = time.monotonic()

    def show(self, *parts: str, share: float | None = None, at_once: bool = False) -> None:
        """Show what is happening: always on a terminal, elsewhere now and then, in one line."""
        if self.bar:
            first = Table.grid(padding=(0, 1))
            bar = ProgressBar(total=1.0, completed=share or 0.0, width=20, pulse=share is None)
            first.add_row(bar, parts[-1])
            below = [Text(f"  {part}", no_wrap=True, overflow="ellipsis") for part in parts[:-1]]
            self.live.update(Group(first, *below), refresh=True)
        elif at_once or time.monotonic() - self.spoke >= LINE_EVERY:
            self.say(", ".join(parts))


def die_with_parent() -> None:
    """Make Linux end a child process if the driver is killed and cannot do it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def sphinx(arguments: list[str], processes: Processes, step: Callable[[], None]) -> int:
    """Run Sphinx, call ``step`` twice a second, and return the exit code."""
    WARNINGS.write_bytes(b"")
    EVENTS.write_bytes(b"")
    environment = os.environ | {"RNN_TUTORIAL_PROGRESS": str(EVENTS.resolve())}
    command = [*SPHINX, "-w", str(WARNINGS), *arguments]
    with LOG.open("ab") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, env=environment, preexec_fn=die_with_parent)
    while child.returncode is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(SAMPLE_EVERY)
        processes.sample()
        step()
    return child.returncode


def explain(screen: Screen, title: str) -> None:
    """Show what Sphinx reported of a failed build, or the end of the log if it reported nothing."""
    said = WARNINGS.read_text(encoding="utf-8") or LOG.read_text(encoding="utf-8", errors="replace")[-2000:]
    screen.say(title, "", said.strip(), "", f"All that was printed is in {LOG}")


def checked(options: list[str]) -> Path:
    """Return the file that exists if a build on this machine has checked the same sources."""
    files = [*Path().glob("*.*"), *Path("docs").rglob("*"), *Path("rnn_tutorial").rglob("*")]
    digest = hashlib.sha256(f"{sys.version} {options}".encode())
    for file in sorted(file for file in files if file.is_file() and file.parent.name != "__pycache__"):
        digest.update(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}".encode())
    return cache_folder() / "checked" / digest.hexdigest()[:32]


def check(screen: Screen, processes: Processes, options: list[str]) -> int:
    """Check the pages and docstrings without running a cell."""
    began, passed = time.monotonic(), CHECK / "passed"
    places = ["-b", "dummy", "-d", f"{CHECK}/doctrees", "docs", f"{CHECK}/out"]  # it resolves all pages each time

    def run() -> int:
        passed.unlink(missing_ok=True)
        arguments = [*options, "-D", "nb_execution_mode=off", *places]
        return sphinx(arguments, processes, lambda: screen.show(f"checking {WHAT}"))

    code = run() if passed.is_file() else 1
    if code:  # Sphinx tells most faults only when it reads a page, and some that are none where a label moved
        shutil.rmtree(CHECK, ignore_errors=True)
        code = run()
    if code:
        explain(screen, f"The check of {WHAT} failed, and no page ran:")
    else:
        passed.touch()
        screen.say(f"checked {WHAT}: {spoken(time.monotonic() - began)}")
    return code


def build(screen: Screen, processes: Processes, options: list[str]) -> int:
    """Run the pages and write the site."""
    progress = Progress(json.loads(WORKLOAD.read_text(encoding="utf-8")) if WORKLOAD.is_file() else {})
    began, events = time.time(), Events()

    def step() -> None:
        for event in events.new():
            progress.read(event)
            while progress.messages:
                screen.say(progress.messages.pop(0))
            if event["event"] == "page":
                show(at_once=True)
        show()

    def show(at_once: bool = False) -> None:
        left, elapsed = progress.left(time.time()), time.time() - began
        share = elapsed / (elapsed + left + 1) if left is not None and progress.pages else None
        screen.show(*progress.now(time.time()), share=share, at_once=at_once)

    for old in (PART, DOCTREES, FIGURES):
        shutil.rmtree(old, ignore_errors=True)
    code = sphinx(["-b", "html", "-d", str(DOCTREES), "docs", str(PART), *options], processes, step)
    if code:
        explain(screen, "The build failed:")
        return code
    shutil.rmtree(SITE, ignore_errors=True)
    PART.replace(SITE)
    earlier = sum(datetime.fromisoformat(kept).timestamp() < began - 1 for kept in progress.kept)
    if progress.kept:
        count = sum(len(page.ended) for page in progress.pages)
        screen.say(
            f"{len(progress.kept)} of {count} networks were not trained again, {earlier} of them because an earlier "
            "build had kept them. RNN_TUTORIAL_RUNS=off trains all."
        )
    if progress.all_run and progress.pages and not earlier:
        MEASURED.write_text(progress.measured(time.time() - (progress.ran or began)), encoding="utf-8")
        others = [page.name for page in progress.pages if len(page.ended) != len(page.marks) - 1]
        if others and "CI" in os.environ:
            screen.say(f"{', '.join(others)}: not the networks of {WORKLOAD}. Copy {MEASURED} there.")
    return 0


def claims(screen: Screen) -> None:
    """List the claims that do not hold on this machine."""
    file = DOCTREES / "claims.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    if found:
        screen.say("", "These claims did not hold on this machine; their pages say so:")
    for claim in found:
        screen.say(f"  {claim['page']}:{claim['line']}: {claim['statement']}: found {claim['found']}")


def run(arguments: list[str]) -> int:
    """Check, build, and report the result."""
    began, processes, screen = time.monotonic(), Processes(), Screen()
    options = [argument for argument in arguments if argument != "--check"]
    LOG.write_bytes(b"")
    # a shell lets what it starts in the background ignore interrupts, and an ignored one would swallow SIGTERM too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with screen.live if screen.bar else contextlib.nullcontext():
            known = checked(options)  # before the check, during which sources may change
            code = 0 if known.is_file() and "--check" not in arguments else check(screen, processes, options)
            if not code:
                with contextlib.suppress(OSError):  # no cache folder can be written: the next build checks again
                    known.parent.mkdir(parents=True, exist_ok=True)
                    known.touch()
            if code or "--check" in arguments:
                return code
            code = build(screen, processes, options)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.say("Interrupted. The pages that ran are kept; the next build goes on with the others.")
        return 130
    finally:
        processes.end()
    if code == 0:
        claims(screen)
        time_and_memory = f"{spoken(time.monotonic() - began)}, {processes.peak / 1e9:.1f} GB of memory at the most"
        screen.say("", f"The site is built: {time_and_memory}, all processes together.")
        screen.say(f"Open {(SITE / 'index.html').resolve().as_uri()}")
    return code


def main(arguments: list[str]) -> int:
    """Run the build, unless another one is running in the same folder."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:  # the system releases it however a process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"expected no other build in {LOCK.parent.resolve()}, but one is running; wait until it has ended")
            return 1
        return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
