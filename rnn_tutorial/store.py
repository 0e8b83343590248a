"""A store on the disk for what takes long to compute: a record and arrays, in files that are whole or not there.

A result is kept under a digest of all that decided it, its facts. Asked with the same facts, the store gives it back;
a fact that changed asks for another file. A file has the format safetensors, which holds numbers and text and runs no
code. It carries its facts and a checksum, so that a file that was cut, altered or put there by somebody else is set
aside, and the result is computed again. A store that cannot be written to costs time and no result.

:mod:`rnn_tutorial.sources` keeps parsed reviews so, and :mod:`rnn_tutorial.keras_training` trained networks.
"""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from rnn_tutorial.progress import tell

__all__ = ["keep", "look_up"]

FORMAT = "rnn_tutorial.store 1"
LARGEST = 4_000_000_000  # bytes in one folder; beyond it, what was not used for the longest time is deleted


def keep(folder: Path, facts: Mapping[str, Any], record: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Keep a result under its facts.

    The file gets its name when all of it is written, so that a cut leaves no half of one, and of two builds that keep
    the same result each leaves a whole one. Where nothing can be written, that is told, and the program goes on.
    :doc:`/sentiment/comparison` keeps its trained networks so.

    :param folder: where the files lie; it is made if it is not there
    :param facts: what decided the result, as JSON can hold it
    :param record: the result, as JSON can hold it
    :param arrays: and its arrays

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
        tell(f"A result could not be kept in {folder}, and will be computed again the next time: {error}")


def look_up(folder: Path, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """Return what is kept under some facts.

    A file that is not whole is told, renamed so that it ends in ``.damaged``, and not used.
    :doc:`/sentiment/feed-forward` finds the networks so that :doc:`/sentiment/comparison` trained.

    :param folder: where the files lie
    :param facts: what decided the result
    :returns: the record and the arrays, or ``None`` if nothing is kept

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
        tell(f"The kept result {file} cannot be read, and is computed again: {error}")
        return None
    try:
        arrays = load(content)
        size = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + size])["__metadata__"]
        about = metadata[FORMAT]
        if metadata["checksum"] != _checksum(about, arrays) or json.loads(about)["facts"] != _as_json(facts):
            raise ValueError("its content does not have the checksum or the facts that it names")
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        tell(f"The kept result {file} is not whole, and is computed again: {error}")
        with contextlib.suppress(OSError):
            file.replace(file.with_suffix(".damaged"))
        return None
    with contextlib.suppress(OSError):
        file.touch()  # when it was used
    return json.loads(about)["record"], arrays


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
    """Delete what was not used for the longest time, until the rest is small enough."""
    used = []
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another build may delete, too
            used.append((file.stat().st_mtime, file.stat().st_size, file))
    total = 0
    for _, size, file in sorted(used, reverse=True):
        total += size
        if total > LARGEST:
            file.unlink(missing_ok=True)
