"""Immutable records of arrays, compared by content."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

__all__ = ["Record", "compared_by_content", "read_only"]

AnyTuple = TypeVar("AnyTuple", bound=tuple[Any, ...])
_ARRAYS = (np.ndarray, np.ndarray | None, "np.ndarray", "np.ndarray | None")  # a string if annotations are postponed


@dataclass(frozen=True, eq=False)
class Record:
    """A frozen dataclass whose arrays are read-only copies, compared by content.

    A field that is annotated as an array is replaced by a read-only copy, in copies of the record too. Two records are
    equal if their classes and all fields are. Arrays are equal if their dtypes, shapes and all numbers are, with NaN
    equal to NaN, also inside lists, tuples and dictionaries. Like a list, a record has no hash.

    Declare a subclass with ``@dataclass(frozen=True, eq=False)``; without ``eq=False`` it would get the usual equality
    of dataclasses, which fails on arrays. A ``__post_init__`` of its own begins with ``super().__post_init__()``.

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from rnn_tutorial.records import Record
    >>> @dataclass(frozen=True, eq=False)
    ... class Point(Record):
    ...     place: np.ndarray
    >>> Point([1.0, 2.0]) == Point([1.0, 2.0]), Point([1.0]) == Point([1])
    (True, False)
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type in _ARRAYS[::2] and value is None:
                raise ValueError(f"`{field.name}`: expected an array, got None.")
            if field.type in _ARRAYS and value is not None:
                object.__setattr__(self, field.name, read_only(value))

    def __setstate__(self, state: dict[str, Any]) -> None:
        # a copy's arrays would be writable
        self.__dict__.update(state)
        self.__post_init__()

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(getattr(self, field.name), getattr(other, field.name)) for field in fields(self))


def compared_by_content(named_tuple: type[AnyTuple]) -> type[AnyTuple]:
    """Compare a named tuple of arrays by content, as a :class:`Record`; without this, ``==`` fails on arrays."""
    named_tuple.__eq__ = _same  # type: ignore[method-assign]
    named_tuple.__ne__ = lambda one, other: not _same(one, other)  # type: ignore[method-assign]
    return named_tuple


def read_only(values: Any) -> np.ndarray:
    """A read-only copy of values, as an array with the same memory layout."""
    array = np.array(values)
    array.flags.writeable = False
    return array


def checked_numbers(name: str, values: Any, dtype: Any = None) -> np.ndarray:
    """Return values as an array; raise an error that names the argument unless they are real numbers."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of several lengths
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"`{name}`: expected an array of numbers, got {type(values).__name__} of {array.dtype}.")
    return array.astype(dtype or array.dtype, copy=False)


def checked_ids(name: str, ids: Any, size: int, least: int = 0) -> np.ndarray:
    """Return ids as int64; raise an error unless they are whole numbers from the least to size - 1."""
    array = checked_numbers(name, ids)
    if array.size and (array.dtype.kind not in "iu" or array.min() < least or array.max() >= size):
        got = f"{array.dtype} from {array.min()} to {array.max()}"
        raise ValueError(f"`{name}`: expected whole numbers from {least} to {size - 1}, got {got}.")
    return array.astype(np.int64, copy=False)


def check_count(name: str, value: Any, least: int = 1) -> None:
    """Raise an error that names the argument unless it is a whole number that is large enough."""
    if not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"`{name}`: expected a whole number, at least {least}, got {value!r}.")


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        if type(one) is not type(other) or one.dtype != other.dtype:
            return False
        return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")  # isnan takes only numbers
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(part, other[name]) for name, part in one.items())
    if isinstance(one, list | tuple) or isinstance(other, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(_same, one, other))
    return one is other or bool(one == other)
