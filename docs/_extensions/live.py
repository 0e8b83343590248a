"""Let readers run the cells of pages where they read them: Python for the browser, and what each cell needs.

The wheel open-webui on PyPI carries an unmodified Pyodide with NumPy, pandas and Matplotlib for the browser, which no
index has by themselves. While the pages run, it is fetched into the cache folder, once. A file enters the site only if
its hash is in ``pyodide.txt``, which has those of Pyodide's lock. A folder or an archive of an official release that
``RNN_TUTORIAL_PYODIDE`` names takes its place. Where neither can be had, a line says so, and pages have no buttons.

A cell is live if whatever it imports, or a cell that it needs, is there. ``_static/live/cells.py`` decides what a cell
needs, here and in the browser. Live cells get the class ``live`` and one with their number among the page's cells.
"""

import hashlib
import json
import os
import pickle
import re
import shutil
import sys
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import given
from docutils import nodes
from execution import OUTPUTS, record
from notebooks import loaded, runs_in
from page import site_only
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.code import PACKAGE
from rnn_tutorial._cache.download import fetch_wheel
from rnn_tutorial.language.characters import review_text
from rnn_tutorial.sentiment.sources import cache_folder
from rnn_tutorial.series.sources import RIVERS, river_file

DOCS = Path(__file__).parents[1]
WHEEL = "open-webui==0.12.4"
LOCK = "pyodide-lock.json"
PINNED = {name: digest for digest, name in map(str.split, (DOCS / "pyodide.txt").read_text().splitlines())}
# what reads and writes files that no browser has, and what measures time
READS = re.compile(r"\b(?:load_reviews|review_stream|to_file|writer_file|thread_time|perf_counter)\(")
NEEDS = "Cells without a Run button need what no browser has, such as Keras or all reviews. The notebook has them."
LENT = " They ran with this build, and cells below them take what they left."
LARGE = {"pandas", "matplotlib"}  # loaded for the cells that need them; the other packages come at once
PURE = {"jinja2": "jinja2", "markupsafe": "markupsafe", "filelock": "filelock", "IPython": "ipython/lib/pretty.py"}
THERE = {*sys.stdlib_module_names, *LARGE, *PURE}
THERE |= {"numpy", "joblib", "threadpoolctl", "platformdirs", "myst_nb", "__main__", PACKAGE.name}
SHIMS = {  # what cells import to speak to Jupyter and to the page
    "IPython/__init__.py": "version_info = (9,)\ndef get_ipython():\n    return None\n",
    "IPython/lib/__init__.py": "",
    "myst_nb/__init__.py": "def glue(*_, **__):\n    pass\n",
    "cells_backend.py": (  # Matplotlib's: `plt.show()` shows figures in the page
        "from cells import show_figures as show\n"
        "from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas\n"
        "from matplotlib import rcParams\n"
        "rcParams.update({'figure.facecolor': 'none', 'axes.facecolor': 'none'})\n"  # for dark pages
    ),
}


def intact(folder: Path) -> bool:
    """Return whether a folder has all files, each with its hash."""
    files = ((folder / name, digest) for name, digest in PINNED.items())
    return all(f.is_file() and hashlib.sha256(f.read_bytes()).hexdigest() == digest for f, digest in files)


def unpack(archive: Path, folder: Path) -> None:
    """Copy what is needed out of a wheel, a tar archive or a folder of a distribution."""
    wanted = {*PINNED, LOCK}
    if archive.is_dir():
        for name in wanted:
            shutil.copy(archive / name, folder)
    elif zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for member in packed.namelist():
                if Path(member).name in wanted:
                    Path(folder, Path(member).name).write_bytes(packed.read(member))
    else:
        with tarfile.open(archive) as files:
            for file in files:
                if Path(file.name).name in wanted and (content := files.extractfile(file)):
                    Path(folder, Path(file.name).name).write_bytes(content.read())


@dataclass
class Live:
    """The folder with the distribution, what fetches it, and what the scripts of all pages need."""

    folder: Path | None = None  # until it is there
    about: dict[str, Any] = field(default_factory=dict)
    thread: threading.Thread = field(default_factory=threading.Thread)


def fetch(live: Live) -> None:
    """Bring the distribution into the cache folder, unless it is there; note its folder, or say why there is none."""
    own = os.environ.get("RNN_TUTORIAL_PYODIDE", "")
    kept = cache_folder() / f"pyodide-{hashlib.sha256(repr(PINNED).encode()).hexdigest()[:8]}"
    try:
        if not intact(kept):
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
                archive = Path(own).expanduser() if own else fetch_wheel(WHEEL, folder)
                (unpacked := Path(folder, "unpacked")).mkdir()
                unpack(archive, unpacked)
                if not intact(unpacked):
                    raise ValueError("it lacks a file, or has another one than docs/pyodide.txt says")
                shutil.rmtree(kept, ignore_errors=True)
                unpacked.rename(kept)
        live.folder = kept
    except (OSError, ValueError, tarfile.TarError) as error:
        print(f"rnn_tutorial: no Python for the pages, so their code has no buttons ({error})", flush=True)


def begin(live: Live, app: Sphinx) -> None:
    """Begin to fetch, if the build makes the site."""
    live.thread = threading.Thread(target=fetch, args=[live], daemon=True)
    if app.builder.name == "html":
        live.thread.start()


def unfit(code: str) -> bool:
    """Return whether code by itself needs what no browser has."""
    return bool(READS.search(code)) or not loaded(code) <= THERE


def live_cells(
    sources: Sequence[str], changes: Sequence[Sequence[str]] = (), lent: Collection[int] = ()
) -> dict[int, tuple[list[str], list[int]]]:
    """Return the large libraries of each cell that can run in a browser, and the cells that run for it.

    Where cells are lent, all others can.
    """
    page, found = given.Page(sources, changes), {}
    page.read(sources)
    for k in sorted(set(range(len(sources))) - set(lent)):
        ran = [j for j in page.plan(k) if j not in lent]
        lines = [line for j in ran for line in page.takes[j].values() if isinstance(line, str)]
        code = "\n".join([*(sources[j] for j in ran), *lines])
        if lent or not unfit(code):
            found[k] = sorted(loaded(code) & LARGE), ran
    return found


def add_bar(node: nodes.Element, name: str, seconds: float = 0) -> None:
    """Give a cell its classes, and room for its buttons, so that nothing moves when these come.

    What takes long says so before: a browser needs about five times the seconds that a build needs that runs two pages.
    """
    node["classes"] += ["live", name]
    node["styles"] = ["live/live.css"]
    block = node.next_node(lambda part: "cell_input" in getattr(part, "attributes", {}).get("classes", ()))
    tens = round(5 * seconds / 10)
    took = f"{tens}0 s" if tens < 12 else f"{round(tens / 6)} minutes"
    long = f'<span class="live-long">About {took}, with the cells that it needs.</span>' if tens else ""
    block.parent.insert(block.parent.index(block) + 1, site_only(html=f'<div class="live-bar">{long}</div>'))


def brought(code: str) -> dict[str, str]:
    """Return the files that code reads: where they lie on the site, and in the package."""
    files = {f"runs/{name}.zlib": f"experiments/runs/{name}.jsonl" for name in runs_in(code)}
    if "load_river(" in code:
        rivers = [name for name in RIVERS if f'"{name}"' in code]
        files |= {f"rivers/{name.replace(' ', '-')}.zlib": f"series/{name}.csv" for name in rivers}
    if "review_text()" in code:
        files["text/reviews.zlib"] = "language/review_text.txt"
    return files


def content(place: str) -> bytes:
    """Return such a file, by where it lies in the package."""
    if place.startswith("series"):
        return river_file(Path(place).stem).read_bytes()
    return review_text().encode() if place.startswith("language") else Path(PACKAGE, place).read_bytes()


def mark(live: Live, app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the cells of a page that can run, and those that cannot."""
    ran = record(app.env, docname)["cells"]
    if not ran or not live.about:
        return
    cells = [cell["source"] for cell in ran]
    folder = Path(app.env.metadata[docname][OUTPUTS], "given")
    changes = json.loads((folder / "changes.json").read_text())
    without = {k for k in range(len(cells)) if unfit(cells[k])}
    lent = given.lend(folder, cells, without) if (folder / "0.pickle").is_file() else {}
    can_run = live_cells(cells, changes, lent)
    said = False
    for node in [*doctree.findall(nodes.container)]:
        if node.get("nb_element") == "cell_code":
            k = node["exec_count"] - 1
            if k in can_run:
                add_bar(node, f"live-{k}", sum(ran[j]["seconds"] for j in can_run[k][1]))
            elif not said and can_run:
                said, text = True, NEEDS + LENT * any(lent.values())
                node.parent.insert(node.parent.index(node), site_only(html=f'<p class="live-bar">{text}</p>'))
    for node in doctree.findall(lambda node: "write" in getattr(node, "attributes", {}).get("classes", ())):
        add_bar(node, "live-write")
    static = Path(app.outdir, "_static", "live")
    files = brought("\n".join(cells[k] for k in can_run))
    for name, place in files.items():
        if not (static / name).is_file():
            write(static / name, zlib.compress(content(place)))
    place = f"lent/{docname}.pickle" if any(lent.values()) else ""
    if place:
        files[f"lent/{docname}.zlib"] = place
        write(static / f"lent/{docname}.zlib", zlib.compress(pickle.dumps(lent)))
    large = {k: names for k, (names, _) in can_run.items()}
    page = {"cells": cells, "changes": changes, "files": files, "libraries": large, "lent": place}
    write(static / "pages" / f"{docname}.json", json.dumps(live.about | page, ensure_ascii=False).encode())


def write(file: Path, data: bytes) -> None:
    """Write a file of the site."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def begin_to_write(live: Live, app: Sphinx, builder: Any) -> None:
    """Write Python, and what pure Python cells need, into the site."""
    if builder.name == "html":
        live.thread.join()
    if not live.folder:
        return
    (folder := Path(builder.outdir, "_static", "pyodide")).mkdir(parents=True, exist_ok=True)
    for name in PINNED:
        shutil.copyfile(live.folder / name, folder / name)
    lock = json.loads((live.folder / LOCK).read_text())
    used = {name: about for name, about in lock["packages"].items() if about["file_name"] in PINNED}
    for about in used.values():
        about["sha256"] = PINNED[about["file_name"]]
        about["depends"] = [other for other in about["depends"] if other in used]  # fonttools is for PDF alone
    (folder / LOCK).write_text(json.dumps({"info": lock["info"], "packages": used}))
    with zipfile.ZipFile(folder / "pure.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in SHIMS.items():
            packed.writestr(name, text)
        for project, place in PURE.items():
            for source in distribution(project).files or ():
                if source.suffix == ".py" and source.as_posix().lower().startswith(place):
                    packed.write(source.locate(), source.as_posix())
    (wheel,) = Path(builder.outdir, "notebooks").glob("*.whl")
    sizes = {file.name: file.stat().st_size for file in sorted(folder.iterdir())}
    live.about = {"wheel": f"../../notebooks/{wheel.name}", "sizes": sizes}


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("execution")
    app.setup_extension("notebooks")
    live = Live()
    app.connect("builder-inited", partial(begin, live))
    app.connect("doctree-resolved", partial(mark, live))
    app.connect("write-started", partial(begin_to_write, live))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
