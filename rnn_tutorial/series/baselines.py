"""What a network has to beat: the mean of the season, a linear model and boosted trees on the weather before."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from rnn_tutorial.series.sources import Series
from rnn_tutorial.series.windows import day_of_year, nash_sutcliffe, sliding_windows

__all__ = ["climatology", "fit_ridge", "fit_trees", "weather_sums"]

SUMS = (1, 2, 3, 5, 7, 14, 30, 60, 90, 180, 365)  # days
RIDGES = tuple(10.0**k for k in range(6))
TREES = [(rate, leaves) for rate in (0.03, 0.1) for leaves in (7, 15, 31)]


def climatology(series: Series, train: slice, width: int = 15) -> np.ndarray:
    """Predict the mean of the season: that of the training days near the same day of the year.

    :param series: the series, a row for each day
    :param train: its training part
    :param width: days of the running mean around the year
    :returns: a prediction for all days, shape (days,)

    >>> from rnn_tutorial.series.baselines import climatology
    >>> from rnn_tutorial.series.sources import load_river
    >>> river = load_river("Au Saumon")
    >>> mean = climatology(river, slice(0, 7000))
    >>> day = mean[365:730].argmax() + 365  # the day of most water in a year
    >>> str(river.dates[day])[5:7]
    '04'
    """
    day = day_of_year(series.dates)
    sums, counts = (np.bincount(day[train], weights, 366) for weights in (series.target[train], None))
    around = np.arange(366)[:, None] + np.arange(width) - width // 2
    return (sums[around % 366].sum(axis=1) / np.maximum(1, counts[around % 366].sum(axis=1)))[day]


def weather_sums(series: Series, longest: int = 365) -> np.ndarray:
    """Return what a model without a state needs to be told of the weather before a day.

    Sums of each input over the last 1 to 365 days; with a temperature T, those of the precipitation below 0 °C and of
    the degrees above; and sine and cosine of the season.

    :param series: the series
    :param longest: days of the longest sum
    :returns: shape (days, features); sums begin with the series
    """
    columns = [series.inputs]
    if "T" in series.names:
        P, T = (series.inputs[:, series.names.index(name)] for name in "PT")
        columns += [np.where(T < 0, P, 0)[:, None], np.maximum(T, 0)[:, None]]
    total = np.cumsum(np.pad(np.concatenate(columns, axis=1), ((longest, 0), (0, 0))), axis=0)
    ends = np.arange(longest, len(total))
    sums = [total[ends] - total[ends - days] for days in SUMS if days <= longest]
    season = 2 * np.pi * day_of_year(series.dates) / 365.25
    return np.concatenate([*sums, np.sin(season)[:, None], np.cos(season)[:, None]], axis=1)


def fit_ridge(series: Series, days: int, train: slice, validation: slice) -> tuple[np.ndarray, int]:
    """Fit a linear model on the weather of the last days, its strength chosen on the validation part.

    :param series: the series
    :param days: how many days it sees, that of the prediction included
    :param train: the training part
    :param validation: the validation part
    :returns: a prediction for all days, nan for the first ones, and the number of weights
    """
    from sklearn.linear_model import Ridge  # no browser has it, where the rest runs

    windows = sliding_windows(series.inputs, days).reshape(len(series) - days + 1, -1)
    windows = (windows - windows[: train.stop].mean(axis=0)) / windows[: train.stop].std(axis=0)
    return _best((Ridge(alpha) for alpha in RIDGES), windows, series, train, validation), windows.shape[1] + 1


def fit_trees(series: Series, train: slice, validation: slice, longest: int = 365) -> np.ndarray:
    """Fit boosted trees on :func:`weather_sums`, learning rate and leaves chosen on the validation part.

    :param series: the series
    :param train: the training part
    :param validation: the validation part
    :param longest: days of the longest sum
    :returns: a prediction for all days, nan for those of the first year
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    models = (
        HistGradientBoostingRegressor(learning_rate=rate, max_leaf_nodes=leaves, max_iter=300, early_stopping=False)
        for rate, leaves in TREES
    )
    return _best(models, weather_sums(series, longest)[364:], series, train, validation)


def _best(models: Iterable[Any], features: np.ndarray, series: Series, train: slice, validation: slice) -> np.ndarray:
    """Fit models on the training part, and return the predictions of the one that is best on the validation part."""
    skipped = len(series) - len(features)
    fitted = [model.fit(features[: train.stop - skipped], series.target[skipped : train.stop]) for model in models]
    predictions = [np.pad(model.predict(features), (skipped, 0), constant_values=np.nan) for model in fitted]
    return max(predictions, key=lambda p: nash_sutcliffe(p[validation], series.target[validation]))
