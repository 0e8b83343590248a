"""Build the site in ``build/next``, and replace ``build/html`` when it is complete; a second build waits for the first.

Two renames replace it; a process that ends between them leaves the last site in ``build/html.old`` for the next one.
``--check`` only checks references, docstrings, citations and anchors. Other arguments go to sphinx-build.
"""

import os
import shutil
import signal
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from filelock import FileLock, Timeout
from sphinx.cmd.build import main as sphinx

BUILD = ["-b", "html", "-j", "2", "-d", "build/next/doctrees", "docs", "build/next/html"]
CHECK = ["-W", "-E", "-b", "dummy", "-D", "nb_execution_mode=off", "-d", "build/check", "docs", "build/check/out"]
CHECK += ["-D", "suppress_warnings=glue,myst-nb.lexer,predict,ref.numref"]  # of outputs
QUIET = ["--quiet", "--nitpicky", "--keep-going"]
SITE, NEXT, OLD, STATE = (Path("build", name) for name in ("html", "next", "html.old", "state.txt"))
READ = ["docs", "rnn_tutorial", "README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md"]  # by the site
LOCK, LOG = Path("build/lock"), Path("build/docs.log")
REVIEWS = os.environ.get("RNN_TUTORIAL_REVIEWS") or "bundled"  # on others a claim may fail


def state(*paths: Path) -> str:
    """Return all files in some folders, with their sizes and times."""
    files = sorted(file for path in paths for file in (path, *path.rglob("*")) if file.is_file())
    return repr([(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.suffix != ".pyc"])


def build(options: list[str]) -> int:
    """Build the site, unless nothing has changed since the last build; return an exit code."""
    facts = [sys.version, options, sorted(item for item in os.environ.items() if item[0].startswith("RNN_TUTORIAL_"))]
    facts += sorted(f"{library.name} {library.version}" for library in distributions())
    facts += [tomllib.loads(file.read_text(encoding="utf-8"))["project"] for file in Path().glob("pyproject.toml")]
    sources = repr(facts) + state(*map(Path, READ), Path(REVIEWS).expanduser())
    if OLD.exists() and not SITE.exists():  # a build ended between the two renames
        OLD.rename(SITE)
        print("The last build ended while it replaced the site. build/html is the site from before.")
    if SITE.exists() and STATE.is_file() and STATE.read_bytes() == (sources + state(SITE)).encode():
        print(f"Nothing has changed since the last build. Open {SITE.resolve().as_uri()}/index.html")
        return 0
    shutil.rmtree(NEXT, ignore_errors=True)
    if code := sphinx([*QUIET, *options, *BUILD, *["-W"] * (REVIEWS == "bundled")]):
        return code
    shutil.rmtree(OLD, ignore_errors=True)
    if SITE.exists():
        SITE.rename(OLD)
    (NEXT / "html").rename(SITE)
    shutil.rmtree(OLD, ignore_errors=True)
    STATE.write_bytes((sources + state(SITE)).encode())
    print(f"Open {SITE.resolve().as_uri()}/index.html")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs in the background ignore it
    options = [argument for argument in sys.argv[1:] if argument != "--check"]
    lock = FileLock(LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print("Another build is under way here; this one waits for it.", flush=True)
    with lock:
        # what libraries print from C++, such as TensorFlow's first lines, goes to a file
        sys.stderr = sys.__stderr__ = os.fdopen(os.dup(2), "w", buffering=1)
        os.dup2(os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
        sys.exit(build(options) if options == sys.argv[1:] else sphinx([*QUIET, *options, *CHECK]))
