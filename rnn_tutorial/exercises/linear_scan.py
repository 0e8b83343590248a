"""Write the states of a linear recurrence, h_t = a_t ⊙ h_{t-1} + b_t for all t, from h_0 = 0.

A loop over t will do. A scan needs ⌈log₂ T⌉ rounds: each joins every pair (a_t, b_t) with an earlier one, by
(a_1, b_1) then (a_2, b_2) = (a_2 ⊙ a_1, a_2 ⊙ b_1 + b_2), first with the one before, then two, four, … before.
"""

import numpy as np

from rnn_tutorial.language.linear_recurrences import recur

HINT = "In a round, `a[by:] * b[:-by] + b[by:]` are the new b from place `by` on; the first ones stay as they are."
CALL = "linear_scan(np.full((4, 1), 0.5), np.ones((4, 1)))"


def linear_scan(a, b):
    """Return the states h_1 to h_T, shape (time, units).

    a and b have the shape (time, units).
    """
    by = 1
    while by < len(a):
        b = np.concatenate([b[:by], a[by:] * b[:-by] + b[by:]])
        a = np.concatenate([a[:by], a[by:] * a[:-by]])
        by *= 2
    return b


def draw(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a and b, of so many steps that no fixed number of rounds will do."""
    time, units = random.integers(17, 80), random.integers(2, 6)
    return random.uniform(-1, 1, size=(time, units)), random.normal(size=(time, units))


def expected(a, b) -> np.ndarray:
    """Take one step after another."""
    return recur(a, b)


SLIPS = {
    "a is missing: this is the sum of all b so far": lambda a, b: np.cumsum(b, axis=0),
    "a_t multiplies only the state, and not b_t": lambda a, b: linear_scan(a, a * b),
    "a is one step late: a_t multiplies h_{t-1}": lambda a, b: linear_scan(np.roll(a, 1, axis=0), b),
    "this runs from the last step to the first": lambda a, b: linear_scan(a[::-1], b[::-1])[::-1],
    "this is only the last state; return all of them": lambda a, b: linear_scan(a, b)[-1],
    "this is one round: go on until a pair stands for all steps": lambda a, b: b + a * np.pad(b, ((1, 0), (0, 0)))[:-1],
}
