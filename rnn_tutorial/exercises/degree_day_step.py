"""Write a day of a snow store: precipitation is snow below 0 °C, and warmth melts what lies there.

The water of a day is what rained and what melted: ``melt`` mm per degree above 0 °C, but not more than there is.
"""

import numpy as np

from rnn_tutorial.series.snow import degree_day_store

HINT = "`np.where(T < 0, P, 0)` is the snow. What melts is the smaller of `melt * max(T, 0)` and what lies there."
CALL = "degree_day_step(np.array([10.0, 2.0]), np.array([5.0, 1.0]), np.array([-3.0, 4.0]), 3.0)"
RESULTS = "store", "water"


def degree_day_step(store, P, T, melt):
    """Return the store after a day, and the water that it lets go, both in mm.

    store, P (precipitation, mm) and T (°C) have the shape (places,); melt is a number.
    """
    snow = np.where(T < 0, P, 0.0)
    melted = np.minimum(melt * np.maximum(T, 0), store + snow)
    return store + snow - melted, P - snow + melted


def draw(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Draw cold and warm places, some with more snow than can melt."""
    places = random.integers(6, 12)
    temperature = random.permutation(np.linspace(-5, 5, places))
    return random.uniform(0, 12, places), random.uniform(1, 9, places), temperature, float(random.uniform(1, 4))


def expected(store, P, T, melt) -> tuple[np.ndarray, np.ndarray]:
    """Take the last day of two, the first of which brings the store as snow."""
    days = np.stack([store, P], axis=1), np.stack([np.full_like(T, -1), T], axis=1)
    after, water = degree_day_store(*days, melt)
    return after[:, -1], water[:, -1]


def _with(store, P, T, melt, snow, melted):
    return store + snow - melted, P - snow + melted


SLIPS = {
    "all precipitation goes into the store, also rain": lambda store, P, T, melt: _with(
        store, P, T, melt, P, np.minimum(melt * np.maximum(T, 0), store + P)
    ),
    "more melts than there is": lambda store, P, T, melt: _with(
        store, P, T, melt, np.where(T < 0, P, 0.0), melt * np.maximum(T, 0)
    ),
    "cold melts a negative amount: only degrees above 0 melt": lambda store, P, T, melt: _with(
        store, P, T, melt, np.where(T < 0, P, 0.0), np.minimum(melt * T, store + np.where(T < 0, P, 0.0))
    ),
    "nothing melts": lambda store, P, T, melt: _with(store, P, T, melt, np.where(T < 0, P, 0.0), 0.0),
    "`melt` is missing: a degree melts 1 mm": lambda store, P, T, melt: degree_day_step(store, P, T, 1.0),
    "rain never becomes water of the day": lambda store, P, T, melt: (
        degree_day_step(store, P, T, melt)[0],
        degree_day_step(store, P, T, melt)[1] - np.where(T < 0, 0.0, P),
    ),
    "what melts stays in the store": lambda store, P, T, melt: (
        store + np.where(T < 0, P, 0.0),
        degree_day_step(store, P, T, melt)[1],
    ),
}
