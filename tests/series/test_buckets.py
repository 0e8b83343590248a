"""The hydrologist's cell: three days by hand, its water balance, and gradients by finite differences."""

from dataclasses import replace

import numpy as np
import pytest
from recurrences import differences

from rnn_tutorial.series.buckets import BucketCell
from rnn_tutorial.theory.cells import unroll
from rnn_tutorial.theory.gradients import backpropagate_through_time

RANDOM = np.random.default_rng(1)
WEATHER = np.stack(
    [RANDOM.exponential(4, (2, 30)), RANDOM.uniform(0, 3, (2, 30)), RANDOM.normal(0, 5, (2, 30))], axis=2
)
CELL = BucketCell.random(inputs=3, units=2, seed=1, dtype="float64")


def test_three_days_by_hand():
    """Snow below T_0, all of it; then half melts, and of that half runs off an almost full soil."""
    T_0, m, C, e, k, d = 0.0, np.log(2) / 40, 5.0, 0.1, 0.25, 0.1
    logit = [np.log(p / (1 - p)) for p in (k, d)]
    cell = BucketCell(np.array([T_0, np.log(m), np.log(C), np.log(e), *logit]))
    states = unroll(cell, np.array([[[8.0, 0.0, -40.0], [0.0, 0.0, 40.0], [0.0, 2.0, -40.0]]]))
    np.testing.assert_allclose(states.snow[0, :, 0], [8, 4, 4])
    soil = [0, 0.9 * 4, 0.9 * np.exp(-0.2) * 3.6]  # nothing runs off a soil that is dry
    np.testing.assert_allclose(states.soil[0, :, 0], soil)
    np.testing.assert_allclose(states.river[0, :, 0], 0, atol=1e-12)
    np.testing.assert_allclose(states.h[0, :, 0], [0, 0.1 * 4, 0.1 * 3.6])
    third = unroll(cell, np.array([[[8.0, 0.0, -40.0], [0.0, 0.0, 40.0], [10.0, 0.0, 40.0]]]))
    runs_off = (1 - np.exp(-3.6 / 5)) * (10 + 2)
    np.testing.assert_allclose(third.river[0, 2, 0], 0.25 * runs_off)
    np.testing.assert_allclose(third.h[0, 2, 0], 0.75 * runs_off + 0.1 * (3.6 + 12 - runs_off))


def test_no_water_is_lost_or_made_without_evaporation():
    dry = WEATHER * [1, 0, 1]
    states = unroll(CELL, dry)
    stored = (states.snow + states.soil + states.river)[:, -1]
    np.testing.assert_allclose(states.h.sum(axis=1) + stored, dry[..., :1].sum(axis=1) * np.ones(2))
    assert (unroll(CELL, WEATHER).soil[:, -1] < states.soil[:, -1]).all()


def test_gradients_through_thirty_days_equal_finite_differences():
    grad_h = RANDOM.normal(size=(2, 30, 2))
    grads = backpropagate_through_time(CELL, WEATHER, grad_h)

    def loss(cell, weather):
        return float(np.sum(grad_h * unroll(cell, weather).h))

    of_b = differences(lambda b: loss(replace(CELL, b=b), WEATHER), CELL.b, step=1e-6)
    assert grads.parameters["b"] == pytest.approx(of_b, rel=1e-5, abs=1e-6)
    of_inputs = differences(lambda weather: loss(CELL, weather), WEATHER, step=1e-6)
    assert grads.inputs == pytest.approx(of_inputs, rel=1e-5, abs=1e-6)


def test_what_is_wrong_is_told():
    with pytest.raises(ValueError, match=r"`b`: expected the shape .6 · units,., got .7,."):
        BucketCell(np.zeros(7))
    with pytest.raises(ValueError, match="`inputs`: expected 3, precipitation, evaporation and temperature, got 2"):
        BucketCell.random(inputs=2, units=1, seed=1)
    with pytest.raises(ValueError, match="`forget_bias`: expected None for a BucketCell, got 1.0"):
        BucketCell.random(inputs=3, units=1, seed=1, forget_bias=1.0)
