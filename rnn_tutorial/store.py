"""A cache on disk for results that take long to compute: a record and arrays, in files that are complete or absent.

Each result is saved under a digest of its facts, which are everything that determines it. Given the same facts, the
cache returns the result; a changed fact leads to another file. A file has the format safetensors, which holds numbers
and text and runs no code. It contains its facts and a checksum, so that a file that was truncated, altered or put there
by somebody else is set aside, and the result is computed again. If nothing can be saved, that costs time but no result.

:mod:`rnn_tutorial.sources` caches parsed reviews, and :mod:`rnn_tutorial.keras_training` trained networks.
"""

import contextlib
import hashlib
import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.numpy import load, save

__all__ = ["keep", "locked", "look_up"]

log = logging.getLogger(__name__)
_handler = logging.StreamHandler(sys.__stderr__)  # in a notebook, sys.stderr would make an output of a warning
_handler.setFormatter(logging.Formatter("rnn_tutorial: %(message)s"))
log.addHandler(_handler)

FORMAT = "rnn_tutorial.store 1"
LARGEST = 4_000_000_000  # bytes per folder; beyond it, the least recently used files are deleted


def keep(folder: Path, facts: Mapping[str, Any], record: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Save a result under its facts.

    The file gets its name when it is complete, so that an interruption leaves no partial file, and two builds that save
    the same result each write a complete one. If writing fails, a message says so and the program goes on.
    :doc:`/sentiment/comparison` caches its trained networks in this way.

    :param folder: the folder of the files, created if it does not exist
    :param facts: what determines the result, as values that JSON can hold
    :param record: the result, as values that JSON can hold
    :param arrays: its arrays

    Example:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from rnn_tutorial.store import keep, look_up
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep(Path(folder), {"seed": 1}, {"accuracy": 0.5}, {"U": np.ones(2)})
    ...     print(look_up(Path(folder), {"seed": 1}))
    ...     print(look_up(Path(folder), {"seed": 2}))
    ({'accuracy': 0.5}, {'U': array([1., 1.])})
    None
    """
    about = json.dumps({"facts": facts, "record": record}, sort_keys=True)
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    content = save(arrays, {FORMAT: about, "checksum": _checksum(about, arrays)})
    file = _file(folder, facts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=file.stem, suffix=".part", delete=False) as part:
            try:
                part.write(content)
                part.close()
                Path(part.name).replace(file)
            except BaseException:
                part.close()
                Path(part.name).unlink()
                raise
        _forget_the_oldest(folder)
    except OSError as error:
        log.warning("A result could not be saved in %s and will be computed again next time: %s", folder, error)


def look_up(folder: Path, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """Load the result that was saved under some facts.

    A damaged file is reported, renamed to end in ``.damaged``, and not used. This is how :doc:`/sentiment/feed-forward`
    finds the networks that :doc:`/sentiment/comparison` trained.

    :param folder: the folder of the files
    :param facts: what determines the result
    :returns: the record and the arrays, or ``None`` if nothing is saved

    Example: see :func:`keep`.

    >>> from pathlib import Path
    >>> from rnn_tutorial.store import look_up
    >>> look_up(Path("a-folder-that-is-not-there"), {"seed": 1})
    """
    file = _file(folder, facts)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("The saved result %s cannot be read and is computed again: %s", file, error)
        return None
    try:
        arrays = load(content)
        size = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + size])["__metadata__"]
        about = metadata[FORMAT]
        if metadata["checksum"] != _checksum(about, arrays) or json.loads(about)["facts"] != _as_json(facts):
            raise ValueError("its content does not match its checksum or its facts")
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        log.warning("The saved result %s is damaged and is computed again: %s", file, error)
        with contextlib.suppress(OSError):
            file.replace(file.with_suffix(".damaged"))
        return None
    with contextlib.suppress(OSError):
        file.touch()  # the time of its last use
    return json.loads(about)["record"], arrays


@contextlib.contextmanager
def locked(folder: Path, facts: Mapping[str, Any]) -> Iterator[None]:
    """Wait until no other process computes the result with these facts, so that it can then be loaded.

    :doc:`/sentiment/comparison` and the pages that run beside it train each network once in this way. If the folder
    cannot be written, there is no lock.

    :param folder: the folder of the files, created if it does not exist
    :param facts: what determines the result

    Example:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from rnn_tutorial.store import keep, locked, look_up
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with locked(Path(folder), {"seed": 1}):
    ...         keep(Path(folder), {"seed": 1}, {"accuracy": 0.5}, {})
    ...     print(look_up(Path(folder), {"seed": 1}))
    ({'accuracy': 0.5}, {})
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(_file(folder, facts).with_suffix(".lock")))
        yield


def _file(folder: Path, facts: Mapping[str, Any]) -> Path:
    digest = hashlib.sha256(json.dumps([FORMAT, facts], sort_keys=True).encode()).hexdigest()
    return folder / f"{digest[:32]}.safetensors"


def _as_json(facts: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(facts))


def _checksum(about: str, arrays: Mapping[str, np.ndarray]) -> str:
    checksum = hashlib.blake2b(about.encode(), digest_size=16)
    for name in sorted(arrays):
        array = arrays[name]
        checksum.update(f"{name} {array.dtype} {array.shape} ".encode())
        checksum.update(array.data)
    return checksum.hexdigest()


def _forget_the_oldest(folder: Path) -> None:
    """Delete the least recently used files until the rest is small enough."""
    used = []
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another build may delete files, too
            used.append((file.stat().st_mtime, file.stat().st_size, file))
    total = 0
    for _, size, file in sorted(used, reverse=True):
        total += size
        if total > LARGEST:
            file.unlink(missing_ok=True)
