"""Results that take long, kept on disk under everything that determines them.

A file holds a digest and a pickle. It gets its name when it is complete; one that is damaged is set aside, and its
result computed again. If nothing can be saved, that costs time but no result. Loading a pickle runs code, so the cache
folder must not be one that others can write to.
"""

import contextlib
import hashlib
import json
import logging
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import platformdirs
from filelock import FileLock

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", covariant=True)
Facts = Mapping[str, Any]

TRAINING_VERSION = 1  # raised by hand when the same settings and seed give another network; tests/test_replay.py tells
LARGEST = 4_000_000_000  # bytes per folder; beyond it, the least recently used results are deleted

log = logging.getLogger(__name__)
_handler = logging.StreamHandler(sys.__stderr__)  # in a notebook, sys.stderr would make an output of a warning
_handler.setFormatter(logging.Formatter("rnn_tutorial: %(message)s"))
log.addHandler(_handler)


def cache_folder() -> Path:
    """Return the cache folder: ``$RNN_TUTORIAL_CACHE``, or the user's cache folder.

    It holds parsed reviews, trained networks and the outputs of pages. :doc:`/sentiment/your-own-reviews` says more.

    :returns: the folder, which need not exist yet

    Example:

    >>> import os
    >>> from unittest.mock import patch
    >>> from rnn_tutorial.sentiment.sources import cache_folder
    >>> with patch.dict(os.environ, RNN_TUTORIAL_CACHE="kept-reviews"):
    ...     print(cache_folder())
    kept-reviews
    """
    folder = os.environ.get("RNN_TUTORIAL_CACHE")
    return Path(folder).expanduser() if folder else platformdirs.user_cache_path("rnn_tutorial")


class Kept(Protocol[P, S]):
    """A function whose results are kept."""

    def __call__(self, *args: P.args, **named: P.kwargs) -> S:
        """Return the kept result, or call the function and keep what it returns."""

    def look_up(self, *args: P.args, **named: P.kwargs) -> S | None:
        """Return the kept result, or ``None``."""


def kept(
    facts: Callable[..., Facts | None],
    pack: Callable[[Any], Any] = lambda found: found,
    unpack: Callable[..., Any] = lambda saved, *args, **named: saved,
) -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Keep the results of a function, unless ``RNN_TUTORIAL_RUNS=off``; two that want the same one compute it once.

    :param facts: called with the arguments of the function; returns what determines the result, as JSON can hold it, or
        ``None`` if that is not known, because somebody else's code takes part
    :param pack: from a result to what is saved of it
    :param unpack: from that, and the arguments of the function, to the result
    :returns: a decorator
    """

    def decorate(function: Callable[P, R]) -> Kept[P, R]:
        def file(*args: P.args, **named: P.kwargs) -> Path | None:
            known = None if os.environ.get("RNN_TUTORIAL_RUNS") == "off" else facts(*args, **named)
            with contextlib.suppress(AttributeError, TypeError):  # a value that JSON cannot hold
                return _file("runs", known) if known else None
            return None

        @wraps(function)
        def call(*args: P.args, **named: P.kwargs) -> R:
            place = file(*args, **named)
            if not place:
                return function(*args, **named)
            with _locked(place):
                if saved := _load(place):
                    return cast(R, unpack(saved[0], *args, **named))
                found = function(*args, **named)
                _keep(place, pack(found))
                return found

        def look_up(*args: P.args, **named: P.kwargs) -> R | None:
            place = file(*args, **named)
            saved = _load(place) if place else []
            return unpack(saved[0], *args, **named) if saved else None

        call.look_up = look_up  # type: ignore[attr-defined]
        return cast(Kept[P, R], call)

    return decorate


def result(kind: str, facts: Facts, compute: Callable[[], R]) -> R:
    """Load the result with these facts, or compute and save it."""
    file = _file(kind, facts)
    found = _load(file)
    if not found:
        found = [compute()]
        _keep(file, found[0])
    return cast(R, found[0])


def _file(kind: str, facts: Facts) -> Path:
    text = json.dumps(facts, sort_keys=True, default=lambda array: [array.dtype.str, array.tolist()])
    return cache_folder() / kind / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.pickle"


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Let one process at a time compute a result; the others wait, and load it."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a folder that cannot be written has no lock
            file.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(file.with_suffix(".lock")))
        yield


def _load(file: Path) -> list[Any]:
    """Return a list of the saved result, or an empty one."""
    try:
        content = file.read_bytes()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            raise ValueError("its content does not match its digest")
        found = [pickle.loads(content[32:])]
        os.utime(file)  # the time of its last use
        return found
    except FileNotFoundError:
        return []
    except Exception as error:  # whatever a pickle of another version raises
        log.warning("The saved result %s cannot be read and is computed again: %s", file, error)
        with contextlib.suppress(OSError):
            file.replace(file.with_suffix(".damaged"))
        return []


def _keep(file: Path, found: Any) -> None:
    content = pickle.dumps(found)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
            try:
                part.write(hashlib.sha256(content).digest() + content)
                part.close()
                Path(part.name).replace(file)
            except BaseException:
                part.close()
                Path(part.name).unlink()
                raise
    except OSError as error:
        log.warning("A result could not be saved in %s and will be computed again next time: %s", file.parent, error)
    total = 0
    with contextlib.suppress(OSError):  # another build may delete results, too
        for other in sorted(file.parent.glob("*.pickle"), key=lambda other: other.stat().st_mtime, reverse=True):
            total += other.stat().st_size
            if total > LARGEST:
                other.unlink()
