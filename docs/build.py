"""Build the site, and say which page runs.

``python docs/build.py`` runs in the project's root, in the environment of the dependency group ``docs``. Sphinx works
on a copy of the last complete build and writes only what changed; when the copy is complete, it replaces that build. So
``build/html`` is a whole site at any time. If there is one and pages have to run, references, docstrings, citations and
anchors are checked first, without running a cell; with ``--check`` it ends there. Other arguments go to sphinx-build.
What Sphinx, kernels and libraries print goes to ``build/docs.log``.
"""

import contextlib
import ctypes
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import Progress

BUILD = Path("build")
SITE, OLD = BUILD / "html", BUILD / "html.old"
STATE, WORK = BUILD / "state", BUILD / "next"  # what Sphinx knows of the complete site, and the build under way
LOG, WARNINGS = BUILD / "docs.log", BUILD / "docs-warnings.txt"
SPHINX = [sys.executable, "-m", "sphinx", "--nitpicky", "--keep-going", "--no-color"]
# on other reviews cells may fail, as conf.py says, and what shows their outputs warns
STRICT = ["-W"] * (os.environ.get("RNN_TUTORIAL_REVIEWS", "") in ("", "bundled"))
SHOWN = re.compile(r"page (\d+) of (\d+)\b|\d+ of \d+ pages|rnn_tutorial: ")  # of a build and the cache
# -E: Sphinx tells most faults only when it reads a page
CHECK = ["-E", "-b", "dummy", "-D", "nb_execution_mode=off", "-d", "build/check/doctrees", "docs", "build/check/out"]
# of outputs, which only the build itself has
CHECK += ["-W", "-D", "suppress_warnings=widget,myst-nb.lexer,mystnb.glue,mystnb.glue_ref,predict,ref.numref"]
# PR_SET_PDEATHSIG: Linux ends Sphinx if this driver is killed and cannot do it
DIE_WITH_PARENT = partial(ctypes.CDLL(None).prctl, 1, signal.SIGKILL) if sys.platform == "linux" else None
UNCHECKED = 3  # the exit code of a build that found pages to run

console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, force_terminal=sys.stdout.isatty())
memory = [0]  # bytes of all processes together, of each measurement


def watch() -> None:
    """Measure the memory twice a second; on Linux, what processes share counts once."""
    while True:
        total, me = 0, psutil.Process()
        for process in [me, *me.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += getattr(info := process.memory_full_info(), "pss", info.rss)
        memory.append(total)
        time.sleep(0.5)


def sphinx(bar: Progress, *arguments: str, **variables: str) -> int:
    """Run Sphinx, log what it prints, show some of it or why it failed, and return its exit code."""
    if "dummy" in arguments:
        console.print("checking references, docstrings, citations and anchors")
    WARNINGS.write_bytes(b"")
    child = subprocess.Popen(
        [*SPHINX, "-w", str(WARNINGS), *arguments], env=os.environ | {"PYTHONUNBUFFERED": "1"} | variables,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", preexec_fn=DIE_WITH_PARENT,
    )  # fmt: skip
    with child, LOG.open("a", encoding="utf-8") as log:
        for line in child.stdout:
            log.write(line)
            if match := SHOWN.match(line):
                console.print(line.rstrip())
                if match[2]:
                    bar.update(bar.task_ids[0], total=int(match[2]), completed=int(match[1]) - 1)
    if child.returncode not in (0, UNCHECKED):  # where Sphinx reported nothing, the log may tell
        said = WARNINGS.read_text(encoding="utf-8") or LOG.read_text(encoding="utf-8", errors="replace")[-2000:]
        console.print(f"This failed:\n\n{said.strip()}\n\nAll that was printed is in {LOG}")
    return child.returncode


def digests(options: list[str]) -> list[str]:
    """Return a digest of what decides the site, and one of what Sphinx does not watch: all but pages and package."""
    reviews = Path(os.environ.get("RNN_TUTORIAL_REVIEWS", "")).expanduser()
    paths = [*Path().glob("*.*"), *Path("docs").rglob("*"), *Path("rnn_tutorial").rglob("*"), reviews]
    files = [path for path in sorted(paths) if path.is_file() and path.suffix != ".pyc"]
    ours = [file for file in files if file.parts[0] == "docs" and file.suffix != ".md"]
    variables = sorted(item for item in os.environ.items() if item[0].startswith("RNN_TUTORIAL_"))
    facts = [sys.version, options, variables, sorted(f"{found.name} {found.version}" for found in distributions())]
    read = [[(str(file), file.read_bytes()) for file in part] for part in (files, ours)]
    return [hashlib.sha256(repr([facts, part]).encode()).hexdigest() for part in read]


def listing(site: Path) -> set[str]:
    """Return the files of a site, with their sizes and times."""
    files = [(path.relative_to(site), path.stat()) for path in site.rglob("*") if path.is_file()]
    return {f"{name} {state.st_size} {state.st_mtime_ns}" for name, state in files}


def build(bar: Progress, options: list[str]) -> int:
    """Run the pages and write the site, on a copy of the last one if it was made by the same extensions."""
    if OLD.is_dir() and not SITE.exists():  # a build was killed between two lines at the end of this function
        OLD.rename(SITE)
    shutil.rmtree(WORK, ignore_errors=True)
    now, stamp = digests(options), STATE / "digests"
    made, *files = stamp.read_text(encoding="utf-8").splitlines() if stamp.is_file() else [""]
    before = made.split() if set(files) <= listing(SITE) else []  # a site that was altered is made anew
    if before == now:
        console.print("nothing has changed since the last build")
        return 0
    if before[1:] == now[1:]:
        shutil.copytree(STATE, WORK)
        shutil.copytree(SITE, WORK / "html", symlinks=True)
    places = [*STRICT, "-b", "html", "-d", str(WORK / "doctrees"), "docs", str(WORK / "html"), *options]
    # who builds for the first time has changed nothing yet, and need not wait for the check
    code = sphinx(bar, *places, **({"RNN_TUTORIAL_UNCHECKED": "1"} if SITE.is_dir() else {}))
    if code == UNCHECKED:
        code = sphinx(bar, *CHECK, *options) or sphinx(bar, *places)
    if not code and not (WORK / "html" / "index.html").is_file():
        console.print(f"expected a builder that writes index.html, and this one wrote none; {SITE} stays as it was")
        return 1
    if not code:
        (WORK / stamp.name).write_text("\n".join([" ".join(now), *listing(WORK / "html")]), encoding="utf-8")
        shutil.rmtree(STATE, ignore_errors=True)
        shutil.rmtree(OLD, ignore_errors=True)
        if SITE.exists():
            SITE.rename(OLD)
        (WORK / "html").rename(SITE)
        WORK.rename(STATE)
        shutil.rmtree(OLD, ignore_errors=True)
    return code


def main(arguments: list[str]) -> int:
    """Build, unless another build is running in the same folder."""
    if {"-h", "--help", "--version"} & set(arguments):
        return subprocess.call([*SPHINX, *arguments])
    BUILD.mkdir(exist_ok=True)
    # a shell lets what it starts in the background ignore interrupts, and an ignored one would swallow SIGTERM too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    threading.Thread(target=watch, daemon=True).start()
    began, options = time.monotonic(), [argument for argument in arguments if argument != "--check"]
    bar = Progress(console=console, transient=True, disable=not console.is_terminal)
    only_check = options != arguments
    try:
        with FileLock(BUILD / "lock", timeout=0), bar:
            bar.add_task("", total=None)
            LOG.write_bytes(b"")
            code = sphinx(bar, *CHECK, *options) if only_check else build(bar, options)
        if not code and not only_check:
            minutes, seconds = divmod(round(time.monotonic() - began), 60)
            took = f"{minutes} min {seconds:02} s, {max(memory) / 1e9:.1f} GB of memory, all processes together"
            console.print(f"\nThe site is built: {took}.\nOpen {(SITE / 'index.html').resolve().as_uri()}")
        return code
    except Timeout:
        console.print(f"expected no other build in {BUILD.resolve()}, but one is running; wait until it has ended")
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted. The pages that ran are kept; the next build goes on with the others.")
        return 130
    finally:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
