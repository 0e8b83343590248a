"""Run the pages before Sphinx reads them, two at a time, and end the build at the first cell that fails.

On reviews other than the bundled ones, the build goes on, and ``claims_file`` says on the page what failed.

MyST-NB runs a page when Sphinx reads it, and the error of a failed cell is lost in Sphinx's output. Here each page that
has to run does so first, and its outputs go into MyST-NB's cache, where MyST-NB finds them when Sphinx reads the page.
So an interrupted build loses only the pages in progress. The cache lies in the user's cache folder, for all checkouts
on this machine; the foot of each page shows the day on which its cells ran.

Only the mode "cache" is supported; in another, MyST-NB works as without this extension.
"""

import asyncio
import os
import re
import shutil
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from filelock import FileLock
from fresh_outputs import stamped
from joblib import cpu_count
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.cache.db import OrmBase
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from page_code import loads_given_reviews, page_code
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata
from sqlalchemy.exc import DatabaseError

from rnn_tutorial.sentiment.sources import cache_folder, parsed_reviews

LOG, UNCHECKED = "failed-cell.log", 3  # an exit code: docs/build.py then checks the sources before pages run
TITLE = re.compile(r"^# (.+?)\s*$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(r"Cell In\[\d+\], line (\d+)")
log = logging.getLogger(__name__)


@dataclass
class Page:
    """A page that has to run."""

    title: str
    path: Path
    notebook: NotebookNode
    digest: str
    may_fail: bool


class PageFailed(Exception):
    """Raised if a page, its only argument, does not run to its end; the cause is the error, or none if code changed."""


class Loop(asyncio.SelectorEventLoop):
    """An event loop in which nbclient handles no signals, because it would end only the kernel that started last."""

    def add_signal_handler(self, *_: object) -> None:
        """Refuse, in the way that nbclient expects of a loop outside the main thread."""
        raise RuntimeError


def choose_cache(app: Sphinx, config: Config) -> None:
    """Put MyST-NB's cache into the user's cache folder, or into the checkout if ``RNN_TUTORIAL_RUNS=off``."""
    if not config.nb_execution_cache_path:
        own = os.environ.get("RNN_TUTORIAL_RUNS") == "off"
        folder = Path(app.confdir).parent / "build" / "nb-cache" if own else cache_folder().resolve() / "pages"
        config.nb_execution_cache_path = str(folder)


def open_cache(folder: Path) -> JupyterCacheAbstract:
    """Open MyST-NB's cache; a damaged database is started anew, and one of a stopped build gets its missing tables."""
    cache = get_cache(folder)
    try:
        OrmBase.metadata.create_all(cache.db)
    except DatabaseError:
        cache.db.dispose()
        shutil.rmtree(folder)
        return open_cache(folder)
    return cache


def are_kept(cache: JupyterCacheAbstract, notebook: NotebookNode) -> bool:
    """Return whether the outputs of a page are in the cache; partial ones of a stopped build are removed.

    jupyter-cache adds a page to its database, creates the page's folder, and writes a file into it, in this order.
    MyST-NB would fail to read a partial file, and to create a folder that exists.
    """
    with FileLock(cache.path / "lock"):  # for another build may be writing them
        with suppress(KeyError, ValueError):  # no entry or no file, and half a file
            cache.merge_match_into_notebook(notebook)
            return True
        _, key = cache.create_hashed_notebook(notebook)
        shutil.rmtree(cache.path / "executed" / key, ignore_errors=True)
        return False


def explain(error: BaseException, page: Page, file: Path) -> None:
    """Report where a page failed and why, and save the traceback in a file."""
    notebook, path = page.notebook, page.path
    traceback = COLOUR.sub("", str(error))
    file.write_text(traceback + "\n", encoding="utf-8")
    kind, message = type(error).__name__, traceback
    if isinstance(error, CellExecutionError):
        kind, message = error.ename, COLOUR.sub("", error.evalue)
    elif isinstance(error, DeadKernelError):  # which may die before it tells that the next cell has begun
        message = "the kernel died in this cell or in the one behind it"
    cells = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    count = max((i for i, (_, cell) in enumerate(cells) if cell.execution_count), default=0)  # the last that began
    index, cell = cells[count]
    code, lines = cell.source.split("\n"), path.read_text(encoding="utf-8").split("\n")
    begins = notebook.metadata.source_map[index]  # options may lie between this line and the code
    while begins < len(lines) - len(code) and lines[begins : begins + len(code)] != code:
        begins += 1
    place = PLACE.search(traceback)
    inside = int(place[1]) if place and int(place[1]) <= len(code) else 1
    with suppress(ValueError):
        path = path.relative_to(Path.cwd())
    log.error(
        "cell %d of %d failed in its line %d, and the build ends here:\n    %s\n%s: %s\nThe whole traceback is in %s",
        count + 1, len(cells), inside, code[inside - 1].strip(), kind, message.strip(), file,
        location=f"{path}:{begins + inside}",
    )  # fmt: skip


def pages_at_a_time() -> int:
    """Return how many pages run at a time: two, or one on a single core; each that trains needs about 2 GB.

    Also one if Keras downloads the reviews, because two pages would write to the same file.
    """
    return 1 if os.environ.get("RNN_TUTORIAL_REVIEWS") == "keras" else min(2, cpu_count())


async def run_pages(
    pages: list[Page], config: NbParserConfig, cache: JupyterCacheAbstract, digest_of: Callable[[Path], str | None]
) -> None:
    """Run pages, one or two at a time, and save the outputs of each; the first failure also ends the other page.

    One lane takes pages from the front and the other from the back. Those that train with Keras come first, and those
    on theory and language, which train small networks in single-threaded processes, last. So the two kinds run at the
    same time, and each uses the cores that the other leaves idle. Pages that show the same networks are neighbours, so
    that one of them mostly finds what another has trained.
    """
    waiting, running, count = deque(pages), set[NotebookClient](), len(pages)

    async def run_lane(take: Callable[[], Page]) -> None:
        while waiting:
            page = take()
            client = NotebookClient(
                page.notebook,
                timeout=config.execution_timeout,
                record_timing=False,
                allow_errors=page.may_fail,
                resources={"metadata": {"path": str(page.path.parent)}},
            )
            running.add(client)
            number = count - len(waiting)
            log.info("page %d of %d: %s", number, count, page.title)
            began = monotonic()
            try:
                await client.async_execute(env=os.environ)
            except (CellControlSignal, DeadKernelError) as failure:
                raise PageFailed(page) from failure
            running.remove(client)
            if digest_of(page.path) != page.digest:
                raise PageFailed(page) from None
            seconds = monotonic() - began
            facts = {"execution_seconds": seconds, "ran": datetime.now(UTC).isoformat(timespec="seconds")}
            bundle = CacheBundleIn(page.notebook, str(page.path), data=facts)
            with FileLock(cache.path / "lock"):
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            log.info("page %d of %d ran: %s, %.0f s", number, count, page.title, seconds)

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


def run(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the pages that are about to be read and whose outputs are not in the cache."""
    config = env.mystnb_config
    if config.execution_mode != "cache":
        return
    cache, pages, notebooks = open_cache(Path(config.execution_cache_path)), list[Page](), dict[str, NotebookNode]()
    days = set()

    def stamped_now(path: Path) -> tuple[str, str | None]:
        return stamped(path.read_text(encoding="utf-8-sig"), Path(app.config.fresh_outputs_package))

    def day_of(notebook: NotebookNode) -> str:
        return (cache.match_cache_notebook(notebook).data or {}).get("ran", "")[:10]

    for docname in sorted(docnames, key=lambda name: (name.startswith("language/"), name)):
        path = Path(env.doc2path(docname))
        source, digest = stamped_now(path)
        reader = create_nb_reader(str(path), env.myst_config, config, source) if digest else None
        if reader and digest:
            notebooks[docname] = notebook = reader.read(source)
            if are_kept(cache, notebook):
                days.add(day_of(notebook))
            else:
                title = TITLE.search(source)
                may_fail = config.execution_allow_errors and loads_given_reviews(page_code(source))
                pages.append(Page(title[1] if title else docname, path, notebook, digest, may_fail))
    if pages and "RNN_TUTORIAL_UNCHECKED" in os.environ:
        raise SystemExit(UNCHECKED)
    if any(page.may_fail for page in pages):
        try:
            parsed_reviews(os.environ.get("RNN_TUTORIAL_REVIEWS") or "bundled")
        except (OSError, ValueError) as error:  # with them each cell would fail
            log.error("RNN_TUTORIAL_REVIEWS: %s", error)
            raise SystemExit(2) from None
    if days:
        when = " to ".join(dict.fromkeys((min(days), max(days))))
        log.info("%d of %d pages ran earlier, %s", len(notebooks) - len(pages), len(notebooks), when)
    try:
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(run_pages(pages, config, cache, lambda path: stamped_now(path)[1]))
    except PageFailed as failure:
        page = failure.args[0]
        if failure.__cause__:
            explain(failure.__cause__, page, Path(app.doctreedir) / LOG)
        else:
            log.error("code that this page uses changed while it ran; build again", location=f"{page.path}:1")
        raise SystemExit(2) from None  # Sphinx would bury the message of an exception in a report on itself
    # what Sphinx' environment keeps of all pages
    env.execution_days = getattr(env, "execution_days", {}) | {name: day_of(run) for name, run in notebooks.items()}


def add_day(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Give a page's template the day, in UTC, on which its cells ran."""
    context["page_ran"] = getattr(app.env, "execution_days", {}).get(pagename, "")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("fresh_outputs")
    app.connect("config-inited", choose_cache)
    app.connect("env-before-read-docs", run)
    app.connect("html-page-context", add_day)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
