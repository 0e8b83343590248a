"""Windows, split, scaling and the measure of the field."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_tutorial.series.sources import Series
from rnn_tutorial.series.windows import nash_sutcliffe, sliding_windows, split_in_time, standardise

VALUES = np.random.default_rng(1).normal(size=(30, 2))
SERIES = Series("mine", np.arange(30).astype("datetime64[D]"), VALUES, VALUES[:, 0] * 3 + 1, ("P", "T"))


def test_only_the_training_part_scales():
    x, y = standardise(SERIES, slice(0, 20))
    np.testing.assert_allclose(x[:20].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(x[:20].std(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(y, x[:, 0], atol=1e-6)
    changed = np.concatenate([VALUES[:20], VALUES[20:] + 9])
    assert (standardise(replace(SERIES, inputs=changed), slice(0, 20))[0][:20] == x[:20]).all()


def test_the_efficiency_of_the_mean_is_zero():
    observed = VALUES[:, 0]
    assert nash_sutcliffe(np.full(30, observed.mean()), observed) == pytest.approx(0)
    error = 0.1 * np.random.default_rng(2).normal(size=30)
    assert nash_sutcliffe(observed + error, observed) == pytest.approx(1 - np.mean(error**2) / observed.var())


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: sliding_windows(VALUES, 31), "`values`: expected the shape .days ≥ 31, features., got .30, 2."),
        (lambda: sliding_windows(VALUES[:, 0], 3), "`values`: expected the shape"),
        (lambda: sliding_windows(VALUES, 0), "`steps`"),
        (lambda: split_in_time(10, 5, 5), "`days`: expected more than 10, .* got 10"),
        (lambda: nash_sutcliffe(VALUES, VALUES[:, 0]), "`predicted`: expected the shape .30,., got .30, 2."),
        (lambda: nash_sutcliffe(VALUES[:, 0], np.ones(30)), "`observed`: expected numbers that differ"),
        (lambda: standardise(replace(SERIES, inputs=0 * VALUES), slice(0, 3)), "got constant inputs"),
    ],
)
def test_what_is_wrong_is_told(call, told):
    with pytest.raises(ValueError, match=told):
        call()
