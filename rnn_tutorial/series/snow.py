"""Snow as hydrologists store it, which no network of these pages has seen."""

import numpy as np

__all__ = ["degree_day_store"]


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
