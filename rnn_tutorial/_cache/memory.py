"""Results that take long, kept on disk under everything that determines them.

A file holds a checksum and a pickle. joblib.Memory has neither checksum nor lock, and erases all results of a function
whose code differs, which another checkout may need. Loading a pickle runs code, so the folders are the user's alone. A
cache that cannot be read or written costs time and a line on the terminal.
"""

import contextlib
import hashlib
import json
import logging
import os
import pickle
import sys
from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import platformdirs
from filelock import FileLock

P = ParamSpec("P")
R = TypeVar("R")
Facts = Mapping[str, Any] | None

TRAINING_VERSION = 1  # of recorded runs; raised by hand when the same settings and seed give another network
LARGEST = 4_000_000_000  # bytes per folder; beyond it, the least recently used results are deleted
SUFFIXES = (".pickle", ".part", ".damaged")  # the last two are of older versions

log = logging.getLogger(__name__)
_handler = logging.StreamHandler(sys.__stderr__)  # in a notebook, sys.stderr would make an output of a warning
_handler.setFormatter(logging.Formatter("rnn_tutorial: %(message)s"))
log.addHandler(_handler)
warn_once = cache(log.warning)


def cache_folder() -> Path:
    """Return the cache folder: ``$RNN_TUTORIAL_CACHE``, or the user's cache folder.

    It holds parsed reviews, trained networks and the outputs of pages. :doc:`/reference/your-own-reviews` says more.

    >>> import os
    >>> from unittest.mock import patch
    >>> from rnn_tutorial.sentiment.sources import cache_folder
    >>> with patch.dict(os.environ, RNN_TUTORIAL_CACHE="kept-reviews"):
    ...     print(cache_folder())
    kept-reviews
    """
    folder = os.environ.get("RNN_TUTORIAL_CACHE")
    return Path(folder).expanduser() if folder else platformdirs.user_cache_path("rnn_tutorial")


def kept(facts: Callable[..., Facts]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the results of a function under the facts that another function returns for the same arguments."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **named: P.kwargs) -> R:
            return result("runs", facts(*args, **named), lambda: function(*args, **named))

        return call

    return decorate


def result(kind: str, facts: Facts, compute: Callable[[], R]) -> R:
    """Load the result with these facts, or compute and save it; two processes that want the same one compute it once.

    :param facts: what determines the result, as JSON can hold it; nothing is kept if they are, or ``code`` is, ``None``
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a folder that cannot be written has no lock
            if file := _file(kind, facts):
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                stack.enter_context(FileLock(file.with_suffix(".lock")))
        for found in look_up(kind, facts):
            return cast(R, found)
        save(kind, facts, found := compute())
        return found


def look_up(kind: str, facts: Facts) -> list[Any]:
    """Return a list of the kept result, or an empty one."""
    if not (file := _file(kind, facts)):
        return []
    try:
        content = file.read_bytes()
        if _checksum(file, content[32:]) != content[:32]:
            raise ValueError("its content does not match its checksum")
        found = [pickle.loads(content[32:])]
        with contextlib.suppress(OSError):  # of a folder that can only be read
            os.utime(file)  # the time of its last use
        return found
    except (FileNotFoundError, NotADirectoryError):
        return []
    except Exception as error:  # whatever a pickle of another version raises
        warn_once("%s cannot be read, and what it held is computed again: %s", file, str(error))
        return []


def save(kind: str, facts: Facts, found: Any) -> None:
    """Keep a result, in a file that gets its name when it is complete."""
    if not (file := _file(kind, facts)):
        return
    content, part, total = pickle.dumps(found), file.with_suffix(f".{os.getpid()}.pickle"), 0
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.write_bytes(_checksum(file, content) + content)
        part.replace(file)
    except OSError as error:
        warn_once("%s cannot be written, and results are computed each time: %s", file.parent, error.strerror)
    with contextlib.suppress(OSError):  # another process may delete files, too
        part.unlink(missing_ok=True)
        kept = [other for other in file.parent.iterdir() if other.suffix in SUFFIXES]
        for other in sorted(kept, key=lambda other: other.stat().st_mtime, reverse=True):
            total += other.stat().st_size
            if total > LARGEST:
                other.unlink()


def _file(kind: str, facts: Facts) -> Path | None:
    """Return the file of a result; ``RNN_TUTORIAL_RUNS=off`` keeps nothing but parsed reviews."""
    off = os.environ.get("RNN_TUTORIAL_RUNS") == "off" and kind != "reviews"
    if off or facts is None or ("code" in facts and facts["code"] is None):
        return None
    with contextlib.suppress(AttributeError, TypeError):  # a value that JSON cannot hold
        text = json.dumps(facts, sort_keys=True, default=lambda array: [array.dtype.str, array.tolist()])
        return cache_folder() / kind / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.pickle"
    return None


def _checksum(file: Path, content: bytes) -> bytes:
    return hashlib.sha256(file.name.encode() + content).digest()
