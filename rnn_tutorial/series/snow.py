"""Snow as hydrologists store it, which no network of these pages has seen."""

from dataclasses import replace

import numpy as np

from rnn_tutorial.series.sources import Series

__all__ = ["degree_day_store", "with_melt"]


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
