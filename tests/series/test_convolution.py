"""The dilated convolution: what a day sees, and that it learns from it."""

import numpy as np

from rnn_tutorial.series.convolution import SEEN, dilated_convolution, fit_convolution, simulate_by


def test_a_day_sees_512_days_and_none_after_it():
    model, x = dilated_convolution(4, 2), np.random.default_rng(1).normal(size=(600, 2)).astype("float32")
    before = simulate_by(model, x)
    assert before.shape == (600,)
    for day in (50, 599 - SEEN + 1, 300):
        changed = x.copy()
        changed[day] += 5
        moved = np.flatnonzero(np.abs(simulate_by(model, changed) - before) > 1e-6)
        assert moved.min() >= day and moved.max() <= day + SEEN - 1


def test_it_learns_the_rain_of_today_and_yesterday():
    x = np.random.default_rng(1).normal(size=(700, 1)).astype("float32")
    y = x[:, 0] + np.roll(x[:, 0], 1)
    model = fit_convolution(x, y, 8, judged=30, updates=150, learning_rate=0.01)
    assert np.mean((simulate_by(model, x) - y)[SEEN:] ** 2) < 0.3 * y.var()
