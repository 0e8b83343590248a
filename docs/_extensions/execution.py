"""Run the pages before Sphinx reads any, one after another, and end the build at the first cell that fails.

MyST-NB runs a page when Sphinx comes to it, and a cell that fails ends up in the middle of what Sphinx prints. Here
each page that has to run does so first, by MyST-NB's own reader and client, and its outputs go into MyST-NB's cache,
where MyST-NB finds them when Sphinx reads the page. So an interrupted build loses the page under way and no other, and
a build can tell how far it is: `rnn_tutorial.progress` writes a line when a page starts and when it ends.

Only the mode "cache" is served; with another one, MyST-NB works as it does without this extension.
"""

import re
import shutil
from contextlib import suppress
from pathlib import Path
from time import monotonic

from fresh_outputs import stamped
from jupyter_cache import get_cache
from jupyter_cache.base import JupyterCacheAbstract
from jupyter_cache.cache.db import OrmBase
from myst_nb.core.execute import ExecutionError, create_client
from myst_nb.core.read import create_nb_reader
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from page_code import KERNEL_NAME
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial.progress import report

LOG = "failed-cell.log"
TITLE = re.compile(r"^# (.+?)\s*$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(r"Cell In\[\d+\], line (\d+)")
log = logging.getLogger(__name__)


class Silent:
    """A logger for MyST-NB's client, which says the same again when Sphinx reads the page."""

    def info(self, *message: object, **options: object) -> None:
        """Say nothing."""

    debug = warning = error = info


def open_cache(folder: Path) -> JupyterCacheAbstract:
    """Return MyST-NB's cache in a folder, with all tables of its database: a build may have been stopped among them."""
    cache = get_cache(folder)
    OrmBase.metadata.create_all(cache.db)
    return cache


def are_kept(cache: JupyterCacheAbstract, notebook: NotebookNode) -> bool:
    """Return whether the outputs of a page are in the cache; what a stopped build left of them there is removed.

    jupyter-cache enters a page into its database, makes the page's folder, and writes a file into it, in this order.
    MyST-NB would fail to read a file that is not whole, and to make a folder that is there.
    """
    with suppress(KeyError, ValueError):  # no entry or no file, and half a file
        cache.merge_match_into_notebook(notebook)
        return True
    _, key = cache.create_hashed_notebook(notebook)
    shutil.rmtree(cache.path / "executed" / key, ignore_errors=True)
    return False


def explain(failure: Exception, notebook: NotebookNode, page: Path, file: Path) -> None:
    """Say where a page failed and why, and keep the traceback in a file."""
    error = failure.__cause__ or failure
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
    code, lines = cell.source.split("\n"), page.read_text(encoding="utf-8").split("\n")
    begins = notebook.metadata.source_map[index]  # options may lie between this line and the code
    while begins < len(lines) - len(code) and lines[begins : begins + len(code)] != code:
        begins += 1
    place = PLACE.search(traceback)
    inside = int(place[1]) if place and int(place[1]) <= len(code) else 1
    with suppress(ValueError):
        page = page.relative_to(Path.cwd())
    log.error(
        "cell %d of %d failed in its line %d, and the build ends here:\n    %s\n%s: %s\nThe whole traceback is in %s",
        count + 1, len(cells), inside, code[inside - 1].strip(), kind, message.strip(), file,
        location=f"{page}:{begins + inside}",
    )  # fmt: skip


def run(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the pages that are about to be read and whose outputs are not in the cache."""
    config = env.mystnb_config
    if config.execution_mode != "cache":
        return
    cache, pages = open_cache(Path(config.execution_cache_path)), []
    for docname in sorted(docnames):
        path = Path(env.doc2path(docname))
        source, digest = stamped(path.read_text(encoding="utf-8-sig"), Path(app.config.fresh_outputs_package))
        reader = create_nb_reader(str(path), env.myst_config, config, source) if digest else None
        if reader:
            notebook = reader.read(source)
            if config.metadata_key in notebook.metadata:
                continue  # a page with settings of its own runs when MyST-NB reads them
            if not are_kept(cache, notebook):
                title = TITLE.search(source)
                pages.append((docname, title[1] if title else docname, path, notebook, reader.read_fmt))
    runs_code = [name for name in env.found_docs if KERNEL_NAME in Path(env.doc2path(name)).read_text("utf-8")]
    report(event="pages", pages=[page[:2] for page in pages], all=len(pages) == len(runs_code))
    for docname, _, path, notebook, read_fmt in pages:
        report(event="page", page=docname)
        began = monotonic()
        try:
            with create_client(notebook, str(path), config, Silent(), read_fmt):
                pass
        except (ExecutionError, DeadKernelError) as failure:
            if getattr(failure.__cause__, "ename", "") == "KeyboardInterrupt":
                raise KeyboardInterrupt from None
            explain(failure, notebook, path, Path(app.doctreedir) / LOG)
            raise SystemExit(2) from None  # Sphinx would bury the message of an exception in a report on itself
        report(event="page end", page=docname, seconds=round(monotonic() - began, 1))
    report(event="pages end")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the moment before the first page is read."""
    app.setup_extension("fresh_outputs")
    app.connect("env-before-read-docs", run)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
