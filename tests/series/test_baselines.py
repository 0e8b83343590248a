"""Baselines: what each may look at, and that it uses it."""

import numpy as np

from rnn_tutorial.series.baselines import climatology, fit_ridge, fit_trees, weather_sums
from rnn_tutorial.series.sources import Series

DAYS = np.datetime64("2001-01-01") + np.arange(5 * 365)
RANDOM = np.random.default_rng(1)
P, T = RANDOM.exponential(2, len(DAYS)), 10 * np.sin(np.arange(len(DAYS)) / 58) + RANDOM.normal(size=len(DAYS))
TRAIN, VALIDATION, TEST = slice(0, 1100), slice(1100, 1460), slice(1460, 1825)


def series(target, names=("P", "T")):
    return Series("mine", DAYS, np.stack([P, T], axis=1), target, names)


def test_the_mean_of_the_season_comes_from_training_days_near_it():
    by_day = np.arange(len(DAYS)) % 365.0
    mean = climatology(series(np.where(np.arange(len(DAYS)) < 1100, by_day, -999)), TRAIN)
    np.testing.assert_allclose(mean[100:200], by_day[100:200], atol=1)
    np.testing.assert_allclose(mean[365 + 100 : 365 + 200], mean[100:200], atol=1e-9)


def test_sums_of_weather_end_with_the_day_itself():
    sums = weather_sums(series(P))
    snow, warmth = np.where(T < 0, P, 0), np.maximum(T, 0)
    for k, column in enumerate([P, T, snow, warmth]):
        np.testing.assert_allclose(sums[:, k], column)  # of one day
        np.testing.assert_allclose(sums[400, 4 * 6 + k], column[371:401].sum())  # of thirty
    assert sums.shape == (len(DAYS), 4 * 11 + 2)
    assert weather_sums(series(P, names=("P", "E0")), longest=7).shape == (len(DAYS), 2 * 5 + 2)


def test_a_linear_model_finds_a_filter_within_its_window_alone():
    target = P + 0.5 * np.concatenate([np.zeros(5), P[:-5]])
    wide, weights = fit_ridge(series(target), 7, TRAIN, VALIDATION)
    narrow, _ = fit_ridge(series(target), 3, TRAIN, VALIDATION)
    assert weights == 7 * 2 + 1 and np.isnan(wide[:6]).all()
    np.testing.assert_allclose(wide[TEST], target[TEST], atol=0.1)
    assert np.mean((narrow - target)[TEST] ** 2) > 0.2 * target.var()


def test_trees_know_no_more_than_their_longest_sum():
    total = np.convolve(P, np.ones(30))[: len(P)]
    fitted = [fit_trees(series(total), TRAIN, VALIDATION, longest) for longest in (7, 30)]
    assert all(np.isnan(of[:364]).all() for of in fitted)
    errors = [np.mean((of - total)[TEST] ** 2) for of in fitted]
    assert errors[1] < 0.1 * total.var() < 0.5 * errors[0]
