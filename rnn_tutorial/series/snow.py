"""Snow as hydrologists store it, which no network of these pages has seen."""

from dataclasses import replace
from typing import Any

import numpy as np

from rnn_tutorial.series.sources import Series
from rnn_tutorial.theory.cells import LSTMState, unroll
from rnn_tutorial.theory.networks import Network

__all__ = ["degree_day_store", "with_melt", "find_store", "simulate_emptied"]


def degree_day_store(P: np.ndarray, T: np.ndarray, melt: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Store snow, and let it melt by the degree and day.

    m_t = min(melt · max(T_t, 0), S_{t-1} + snow_t),  S_t = S_{t-1} + snow_t - m_t,  S_0 = 0

    snow_t is P_t below 0 °C, else 0. This is equation :eq:`degree-day` of :doc:`/series/river`.

    :param P: precipitation in mm, shape (..., days)
    :param T: temperature in °C, of the same shape
    :param melt: mm per degree and day
    :returns: the store S of each day in mm, and the water that rained or melted on it, of the same shape

    >>> import numpy as np
    >>> from rnn_tutorial.series.snow import degree_day_store
    >>> degree_day_store(np.array([5.0, 0.0, 2.0]), np.array([-1.0, 1.0, 4.0]))
    (array([5., 2., 0.]), array([0., 3., 4.]))
    """
    snow, warmth = np.where(T < 0, P, 0.0), melt * np.maximum(T, 0)
    store, left = np.empty_like(snow), np.zeros(snow.shape[:-1])
    for t in range(snow.shape[-1]):
        left = np.maximum(left + snow[..., t] - warmth[..., t], 0)
        store[..., t] = left
    return store, P - np.diff(store, axis=-1, prepend=0)


def with_melt(series: Series, melt: float = 3.0) -> Series:
    """Replace the precipitation of a series by what rains and melts, so that its reader needs no store of snow.

    :param series: a series with the inputs P and T
    :param melt: as of :func:`degree_day_store`
    :returns: the same series, with another first input
    :raises ValueError: if it has no T

    >>> from rnn_tutorial.series.snow import with_melt
    >>> from rnn_tutorial.series.sources import load_river
    >>> river = with_melt(load_river("Au Saumon"))
    >>> bool(river.inputs[:, 0].max() > 60)  # mm, on a warm day with rain on snow
    True
    """
    if not {"P", "T"} <= set(series.names):
        raise ValueError(f"`series`: expected the inputs P and T, got {', '.join(series.names)}.")
    inputs = series.inputs.copy()
    P, T = (inputs[:, series.names.index(name)] for name in "PT")
    inputs[:, series.names.index("P")] = degree_day_store(P, T, melt)[1]
    return replace(series, inputs=inputs)


def find_store(cells: np.ndarray, store: np.ndarray) -> dict[str, Any]:
    """Find the cell that follows a store best, and the line by which it does.

    c_t ≈ empty + slope · S_t, by least squares, for the cell whose correlation with S has the largest size

    :param cells: cell states of an LSTM, shape (days, units)
    :param store: a store in mm, shape (days,)
    :returns: ``unit``, ``correlation``, ``slope``, and ``empty``, the cell's number where the store is 0

    >>> import numpy as np
    >>> from rnn_tutorial.series.snow import find_store
    >>> store = np.array([0.0, 10.0, 20.0, 5.0])
    >>> found = find_store(np.stack([store % 3, 1 - 0.1 * store], axis=1), store)
    >>> found["unit"], round(found["slope"], 6), round(found["empty"], 6)
    (1, -0.1, 1.0)
    """
    correlations = np.corrcoef(cells.T, store)[-1, :-1]
    unit = int(np.abs(correlations).argmax())
    slope, empty = np.polyfit(store, cells[:, unit], 1)
    return {"unit": unit, "correlation": float(correlations[unit]), "slope": float(slope), "empty": float(empty)}


def simulate_emptied(network: Network, x: np.ndarray, day: int, unit: int, empty: float) -> np.ndarray:
    """Read a series, but set a cell to another number before one day: c_k ← empty, h_k ← o_k tanh(empty).

    :param network: one linear output, and an LSTM with tanh
    :param x: scaled inputs, shape (days, inputs)
    :param day: before which, 1 to days - 1
    :param unit: k
    :param empty: the cell's new number
    :returns: the scaled target of each day, shape (days,), as :func:`~rnn_tutorial.series.training.simulate` has it
    :raises ValueError: if the cell is no LSTM
    """
    before = unroll(network.cell, x[None, :day])
    if not isinstance(before, LSTMState):
        raise ValueError(f"`network`: expected an LSTM, got a {type(network.cell).__name__}.")
    state = LSTMState(*(part[:, -1].copy() for part in before))
    state.c[0, unit], state.h[0, unit] = empty, state.o[0, unit] * np.tanh(empty)
    after = unroll(network.cell, x[None, day:], initial_state=state)
    return network.read_out(np.concatenate([before.h, after.h], axis=1))[0, :, 0]
