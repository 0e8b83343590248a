"""Start over where the build before was stopped, so that a broken site never passes for a whole one.

Sphinx takes every page that it finds written as current. A build that is killed leaves pages without figures, without
code links and outside the search, and the next builds neither notice nor mend that. The same holds for a build that
warned: a page that was read is not read again, so its warning is not told again either, and the exit code is 0.

So the output folder and the doctrees each hold a small file that says how the last build in them ended. It says
``unfinished`` while a build runs. A build that finds this, before Sphinx loads what it knows, empties both folders and
makes every page anew. What the pages' cells gave is kept elsewhere, so no network trains again; where a stop damaged
that, the damaged part alone is removed.

A folder is emptied only where its file says that it was empty when the first build came. Anything else could hold what
Sphinx did not make: ``sphinx-build docs .`` writes into the checkout. A lock on the folder keeps a second build from
taking a first one, which still runs, for one that was stopped; the system releases it however a process ends.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.config import Config
from sphinx.errors import SphinxError
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

try:
    import fcntl
except ImportError:  # Windows, where two builds at once stay as harmful as they are
    fcntl = None

STATE = ".build-state"
PART = ".build-state.part"
UNFINISHED, WARNED, FINISHED = "unfinished", "warned", "finished"
NAMED_BY_CONTENT = re.compile(r"([0-9a-f]{64})\.\w+")  # as MyST-NB names figures
log = logging.getLogger(__name__)


class FolderError(SphinxError):
    """A folder that cannot be used; Sphinx shows the message alone."""

    category = "Build folder error"


class Folder:
    """A folder that Sphinx fills, and what its file says of the last build."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock: int | None = None
        path.mkdir(parents=True, exist_ok=True)
        if fcntl:
            self.lock = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.release()
                raise FolderError(
                    f"expected to be alone in {path}, but another build is running there; wait until it has ended"
                ) from None
            except OSError:  # some network disks have no locks; a build works there as it did
                self.release()
        self.last, self.made = self._read()

    def _read(self) -> tuple[str | None, bool]:
        """Tell how the last build ended, if that is known, and whether the folder was empty before the first one."""
        try:
            known = json.loads((self.path / STATE).read_text(encoding="utf-8"))
            return known["last build"], known["made by Sphinx"]
        except FileNotFoundError:
            return None, not any(entry.name != PART for entry in self.path.iterdir())
        except (ValueError, TypeError, KeyError):
            return UNFINISHED, False

    def say(self, last: str) -> None:
        """Write how the build ended, or that it runs; whoever reads finds the old content or the new."""
        content = json.dumps({"last build": last, "made by Sphinx": self.made}) + "\n"
        (self.path / PART).write_text(content, encoding="utf-8")
        (self.path / PART).replace(self.path / STATE)

    def empty(self, kept: set[Path]) -> None:
        """Remove everything but the file and what is to be kept; a stop on the way leaves the file as it was."""
        _remove_below(self.path, kept | {self.path / STATE})

    def release(self) -> None:
        """Let other builds come."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None


def _remove_below(folder: Path, kept: set[Path]) -> None:
    for entry in list(folder.iterdir()):
        if entry in kept:
            continue
        if any(entry in path.parents for path in kept):
            _remove_below(entry, kept)
        elif entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def begin(app: Sphinx, config: Config) -> None:
    """Start over if the last build did not end well, and say that a build runs."""
    output = Folder(Path(app.outdir))  # the first of the two, for it may be empty and then hold the other
    doctrees = Folder(Path(app.doctreedir))
    app.unfinished_builds = folders = [output, doctrees]
    ends = {folder.last for folder in folders}
    executed = executed_folder(app, config)
    app.unfinished_builds_warned = WARNED in ends
    if UNFINISHED in ends or (WARNED in ends and app._fail_on_warnings):
        sources = {Path(app.srcdir), Path(app.confdir)}
        foreign = [
            str(folder.path)
            for folder in folders
            if not folder.made or any(folder.path in (source, *source.parents) for source in sources)
        ]
        if foreign and UNFINISHED in ends:
            raise FolderError(
                "the last build was stopped, so all pages have to be made anew; expected folders of Sphinx alone, "
                f"but {' and '.join(foreign)} held something before the first build, so nothing is emptied. Build into "
                "an empty folder, or remove by hand what Sphinx made in these: "
                f"{' and '.join(str(folder.path) for folder in folders)}"
            )
        log.info("the last build was stopped or warned: all pages are made anew, from the outputs that are kept")
        for folder in folders:
            folder.say(UNFINISHED)  # in both, before one is emptied without the other
        if foreign:  # after a warning the files are whole, and it is enough that Sphinx reads and writes all pages
            (Path(app.doctreedir) / ENV_PICKLE_FILENAME).unlink(missing_ok=True)
        else:
            for folder in folders:
                folder.empty({executed, *(other.path for other in folders if other is not folder)})
            drop_damaged_figures(Path(app.outdir).parent / "jupyter_execute")
        app.unfinished_builds_warned = False
    else:
        for folder in folders:
            folder.say(UNFINISHED)
    if executed.is_dir():
        app.unfinished_builds_executed = mend_alone(executed)


def end(app: Sphinx, error: Exception | None) -> None:
    """Say that the build ended, and whether it warned; after an error the file stays as it is."""
    if error is None:
        # A warning outlives builds that read other pages: only a build of all pages shows that it is mended.
        last = WARNED if app._warncount or app.unfinished_builds_warned else FINISHED
        for folder in app.unfinished_builds:
            folder.say(last)
    else:
        for folder in app.unfinished_builds:
            folder.say(UNFINISHED)
    for folder in app.unfinished_builds:
        folder.release()
    if (lock := getattr(app, "unfinished_builds_executed", None)) is not None:
        os.close(lock)
        app.unfinished_builds_executed = None


def executed_folder(app: Sphinx, config: Config) -> Path:
    """Give the folder in which jupyter-cache keeps what cells gave, as MyST-NB finds it."""
    named = getattr(config, "nb_execution_cache_path", "")
    return Path(named).resolve() if named else Path(app.outdir).parent / ".jupyter_cache"


def drop_damaged_figures(folder: Path) -> None:
    """Remove figures that are not written to their end.

    MyST-NB names a figure by the digest of its content, and writes none whose name is there. Notebooks and glued
    values beside them are written anew whenever their page is read.
    """
    for file in folder.glob("*.*"):
        if (named := NAMED_BY_CONTENT.fullmatch(file.name)) and named[1] != _digest(file):
            file.unlink()


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def mend_alone(executed: Path) -> int | None:
    """Mend the kept outputs unless another build uses them; give the lock that tells others that this one does.

    Another build may be between an entry of the database and its file, which is no damage while it lives.
    """
    if not fcntl:
        mend(executed)
        return None
    lock = os.open(executed, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mend(executed)
        fcntl.flock(lock, fcntl.LOCK_SH)
    except BlockingIOError:
        fcntl.flock(lock, fcntl.LOCK_SH)  # it waits at most while another build mends
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
            raise
        mend(executed)
    return lock


def mend(executed: Path) -> None:
    """Remove what a stopped build left half-written among the kept outputs, so that only these pages run again.

    jupyter-cache makes the tables of its database one by one. It enters a page into the database first, then makes its
    folder, then writes the file. After a stop in between it finds the entry, fails to read the file, and does so in
    each later build; a folder without an entry it cannot make again.
    """
    database, pages = executed / "global.db", executed / "executed"
    whole = {file.parent.name for file in pages.glob("*/base.ipynb") if _is_json(file)}
    for folder in pages.glob("*"):
        if folder.name not in whole:
            log.info("the outputs in %s were not written to their end: that page runs again", folder)
            shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database)) as connection, connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "nbcache" in tables:
                entered = {key for (key,) in connection.execute("SELECT hashkey FROM nbcache")}
                gone = [(key,) for key in entered - whole]
                connection.executemany("DELETE FROM nbcache WHERE hashkey = ?", gone)
    except sqlite3.OperationalError:
        raise  # a full disk, or a database in use: nothing says that it is damaged
    except sqlite3.DatabaseError as error:
        log.info("%s cannot be read (%s): all pages run again", database, error)
        for file in executed.glob("global.db*"):
            file.unlink()
        return
    if not {"nbcache", "nbproject", "settings"} <= tables:
        from jupyter_cache.cache.db import DB_NAME, OrmBase  # here, for a site without notebooks need not have it
        from sqlalchemy import create_engine

        engine = create_engine(f"sqlite:///{executed / DB_NAME}")
        OrmBase.metadata.create_all(engine)  # those that are missing
        engine.dispose()


def _is_json(file: Path) -> bool:
    """Tell whether a file is written to its end: no part of a JSON object is one."""
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the start, before any extension writes, and to the end, when all have."""
    app.connect("config-inited", begin, priority=10)
    app.connect("build-finished", end, priority=1000)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
