"""Write the windows of a series for forecasting, and what follows each of them.

Window k holds the days k to k + steps - 1. Its target lies ``lead`` days behind its last day: 1 is tomorrow.
"""

import numpy as np

from rnn_tutorial.series.windows import sliding_windows

HINT = "How many windows have a target? Then `values[k : k + steps]` is window k; `np.stack` makes one array of them."
CALL = "make_windows(np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]), 2, 1)"
RESULTS = "windows", "targets"


def make_windows(values, steps, lead):
    """Return the windows, shape (count, steps, features), and for each the first feature ``lead`` days later.

    values has a row for each day, shape (days, features); targets has the shape (count,).
    """
    count = len(values) - steps - lead + 1
    windows = np.stack([values[k : k + steps] for k in range(count)])
    targets = np.array([values[k + steps - 1 + lead, 0] for k in range(count)])
    return windows, targets


def draw(random: np.random.Generator) -> tuple[np.ndarray, int, int]:
    """Draw a series, and sizes that all differ."""
    features, lead, steps = random.choice([2, 3, 4, 5], 3, replace=False)
    return random.normal(size=(random.integers(15, 25), features)), int(steps), int(lead)


def expected(values, steps, lead) -> tuple[np.ndarray, np.ndarray]:
    """Take the windows of the package, but those without a target."""
    windows = sliding_windows(values, steps)[:-lead]
    return windows, values[steps + lead - 1 :, 0]


def _shifted(values, steps, lead, by):
    windows, _ = make_windows(values, steps, lead)
    return windows, values[steps + lead - 1 + by :, 0][: len(windows)]


SLIPS = {
    "the target is a day early: with a lead of 1 it lies inside the window": lambda values, steps, lead: _shifted(
        values, steps, lead, -1
    ),
    "the target does not depend on the lead": lambda values, steps, lead: _shifted(values, steps, lead, 1 - lead),
    "the target is the first day of the window": lambda values, steps, lead: _shifted(
        values, steps, lead, 1 - steps - lead
    ),
    "the windows do not overlap: there is one for each day": lambda values, steps, lead: tuple(
        part[::steps] for part in make_windows(values, steps, lead)
    ),
    "the last axis is the features, and not the days": lambda values, steps, lead: (
        make_windows(values, steps, lead)[0].swapaxes(1, 2),
        make_windows(values, steps, lead)[1],
    ),
    "the target is the first feature alone, and not the whole row": lambda values, steps, lead: (
        make_windows(values, steps, lead)[0],
        values[steps + lead - 1 :],
    ),
    "the last window that has a target is missing": lambda values, steps, lead: tuple(
        part[:-1] for part in make_windows(values, steps, lead)
    ),
}
