"""Windows of a series, its split in time, its scaling, and what a forecast is worth."""

import numpy as np

from rnn_tutorial.records import check_count
from rnn_tutorial.series.sources import Series

__all__ = ["sliding_windows", "split_in_time", "standardise", "nash_sutcliffe", "day_of_year"]


def sliding_windows(values: np.ndarray, steps: int) -> np.ndarray:
    """Return all windows of consecutive rows, as a recurrent network takes them.

    window_k = (x_k, …, x_{k + steps - 1}),  k = 0, …, days - steps, equation :eq:`window` of :doc:`/series/forecast`

    :param values: a row for each day, shape (days, features)
    :param steps: days in a window
    :returns: a view, shape (days - steps + 1, steps, features)
    :raises ValueError: if there are fewer days than steps, or values has another shape

    >>> import numpy as np
    >>> from rnn_tutorial.series.windows import sliding_windows
    >>> sliding_windows(np.arange(4.0)[:, None], 3)[:, :, 0].tolist()
    [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]
    """
    check_count("steps", steps)
    if values.ndim != 2 or len(values) < steps:
        raise ValueError(f"`values`: expected the shape (days ≥ {steps}, features), got {values.shape}.")
    return np.lib.stride_tricks.sliding_window_view(values, steps, axis=0).swapaxes(1, 2)


def split_in_time(days: int, validation: int, test: int) -> tuple[slice, slice, slice]:
    """Split a series: the last days are the test, those before are for validation, the others for training.

    :param days: of the series
    :param validation: days of the validation part
    :param test: days of the test part
    :raises ValueError: if nothing is left for training

    >>> from rnn_tutorial.series.windows import split_in_time
    >>> split_in_time(10, validation=2, test=3)
    (slice(0, 5, None), slice(5, 7, None), slice(7, 10, None))
    """
    check_count("validation", validation)
    check_count("test", test)
    if (end := days - validation - test) < 1:
        raise ValueError(
            f"`days`: expected more than {validation + test}, or nothing is left for training, got {days}."
        )
    return slice(0, end), slice(end, end + validation), slice(end + validation, days)


def standardise(series: Series, train: slice) -> tuple[np.ndarray, np.ndarray]:
    """Scale inputs and target to mean 0 and standard deviation 1 over the training part.

    (x - mean) / deviation, equation :eq:`standardise` of :doc:`/series/forecast`

    :param series: the series
    :param train: its training part, from which both numbers come
    :returns: inputs, float32, shape (days, inputs), and target, float32, shape (days,)
    :raises ValueError: if an input or the target never changes in the training part

    >>> from rnn_tutorial.series.sources import load_river
    >>> from rnn_tutorial.series.windows import standardise
    >>> x, y = standardise(load_river("Leaf"), slice(0, 1000))
    >>> bool(abs(x[:1000].mean()) < 1e-6), round(float(y[:1000].std()), 4)
    (True, 1.0)
    """
    scaled = []
    for name, values in (("inputs", series.inputs), ("target", series.target)):
        if not (deviation := values[train].std(axis=0)).all():
            raise ValueError(f"`series`: expected numbers that change in the training part, got constant {name}.")
        scaled.append(((values - values[train].mean(axis=0)) / deviation).astype(np.float32))
    return scaled[0], scaled[1]


def nash_sutcliffe(predicted: np.ndarray, observed: np.ndarray) -> float:
    """Compute the Nash-Sutcliffe efficiency of a prediction.

    NSE = 1 - Σ (predicted - observed)² / Σ (observed - mean)², equation :eq:`nse` of :doc:`/series/forecast`

    1 is perfect, and 0 no better than the mean of what was observed. Statisticians call it R².

    :param predicted: shape (days,)
    :param observed: shape (days,)
    :returns: at most 1
    :raises ValueError: if the shapes differ, or all observed numbers are equal

    Source: Nash and Sutcliffe, River flow forecasting through conceptual models, Journal of Hydrology 10 (1970).

    >>> import numpy as np
    >>> from rnn_tutorial.series.windows import nash_sutcliffe
    >>> observed = np.array([1.0, 2.0, 3.0])
    >>> nash_sutcliffe(observed, observed), nash_sutcliffe(np.full(3, 2.0), observed)
    (1.0, 0.0)
    """
    if predicted.shape != observed.shape:
        raise ValueError(f"`predicted`: expected the shape {observed.shape}, got {predicted.shape}.")
    if not (spread := np.sum((observed - observed.mean()) ** 2)):
        raise ValueError("`observed`: expected numbers that differ, got equal ones.")
    return float(1 - np.sum((predicted - observed) ** 2) / spread)


def day_of_year(dates: np.ndarray) -> np.ndarray:
    """Return the days since 1 January.

    :param dates: datetime64, shape (days,)
    :returns: whole numbers from 0 on, of the same shape
    """
    return (dates.astype("datetime64[D]") - dates.astype("datetime64[Y]")).astype(int)
