"""Records that hold arrays: what they equal, and how their arrays are kept from being changed."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

__all__ = ["Record", "compared_by_content", "read_only"]

AnyTuple = TypeVar("AnyTuple", bound=tuple[Any, ...])


@dataclass(frozen=True, eq=False)
class Record:
    """A frozen dataclass that is compared by what it holds, arrays too.

    A record equals another one of its own class that holds the same. Arrays are the same if dtype, shape and all
    numbers are, and NaN is the same as NaN. Arrays in lists, tuples and dictionaries are compared likewise. A record
    has no hash, as a list has none. The cells of :doc:`/theory/recurrence` and the examples that they read are records.

    A class of records is made with ``@dataclass(frozen=True, eq=False)``; without ``eq=False`` it would get the
    equality of all other dataclasses, which fails on arrays.

    Example:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from rnn_tutorial.records import Record
    >>> @dataclass(frozen=True, eq=False)
    ... class Point(Record):
    ...     place: np.ndarray
    >>> Point(np.array([1.0, 2.0])) == Point(np.array([1.0, 2.0]))
    True
    >>> Point(np.array([1.0, 2.0])) == Point(np.array([1.0, 2.0], "float32"))
    False
    """

    def __post_init__(self) -> None:
        """Check and keep the fields, where a class has something to check."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A copy, and what comes from another process, is checked and kept as the first one was.
        self.__dict__.update(state)
        self.__post_init__()

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(getattr(self, field.name), getattr(other, field.name)) for field in fields(self))


def compared_by_content(named_tuple: type[AnyTuple]) -> type[AnyTuple]:
    """Let a named tuple of arrays be compared as a :class:`Record` is; without it ``==`` fails on arrays.

    The states of :doc:`/theory/recurrence` are such tuples.

    :param named_tuple: the class
    :returns: the same class

    Example:

    >>> from typing import NamedTuple
    >>> import numpy as np
    >>> from rnn_tutorial.records import compared_by_content
    >>> @compared_by_content
    ... class Pair(NamedTuple):
    ...     x: np.ndarray
    ...     y: np.ndarray
    >>> Pair(np.zeros(2), np.ones(2)) == Pair(np.zeros(2), np.ones(2))
    True
    >>> Pair(np.zeros(2), np.ones(2)) != Pair(np.zeros(2), np.zeros(2))
    True
    """
    named_tuple.__eq__ = _same  # type: ignore[method-assign]
    named_tuple.__ne__ = lambda one, other: not _same(one, other)  # type: ignore[method-assign]
    return named_tuple


def read_only(values: Any) -> np.ndarray:
    """Copy numbers into an array that nobody can change.

    The cells of :doc:`/theory/recurrence` hold such arrays. So a cell stays as it is when the array that it was made of
    changes.

    :param values: an array, or what NumPy makes one of
    :returns: a copy in the same order of memory, which refuses to be written to

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.records import read_only
    >>> mine = np.array([1.0, 2.0])
    >>> kept = read_only(mine)
    >>> mine[0] = 5
    >>> kept
    array([1., 2.])
    >>> kept[0] = 5
    Traceback (most recent call last):
    ValueError: assignment destination is read-only
    """
    array = np.array(values)
    array.flags.writeable = False
    return array


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        if type(one) is not type(other) or one.dtype != other.dtype:
            return False
        return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")  # isnan takes numbers alone
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(part, other[name]) for name, part in one.items())
    if isinstance(one, list | tuple) or isinstance(other, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(_same, one, other))
    return one is other or bool(one == other)
