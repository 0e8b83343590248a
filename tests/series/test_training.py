"""Training on windows: what an update computes, and what it does not see."""

import numpy as np
import pytest

from rnn_tutorial.series.training import fit_windows, new_network, simulate
from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.networks import loss_and_gradients
from rnn_tutorial.theory.tasks import Examples
from rnn_tutorial.theory.training import Adam

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(200, 2)).astype("float32")
Y = np.convolve(X[:, 0], [0.5, 0.3, 0.2])[:200].astype("float32")


@pytest.mark.parametrize("cell", [SimpleRNNCell, GRUCell, LSTMCell])
def test_an_update_is_that_of_the_network_on_a_window(cell):
    network = new_network(cell, 4, inputs=2, seed=1)
    fitted = fit_windows(network, X[:20], Y[:20], warm_up=0, judged=20, batch_size=1, updates=1, learning_rate=0.1)
    examples = Examples(X[None, :20], Y[None, :20], "squared error", chance=1, best=0)
    grads = loss_and_gradients(network, examples)[1]
    expected = Adam(0.1, max_norm=1.0).update(network.parameters, grads)
    for name, values in fitted.parameters.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-6)


def test_what_comes_in_the_warm_up_is_not_judged():
    network = new_network(GRUCell, 4, inputs=2, seed=1)
    targets = np.stack([Y, -Y], axis=1)
    how = {"warm_up": 10, "judged": 10, "batch_size": 1, "updates": 1}
    other = targets[:20] + np.float32(9) * (np.arange(20) < 10)[:, None]
    two = new_network(GRUCell, 4, inputs=2, seed=1, outputs=2)
    one, same = (fit_windows(two, X[:20], to[:20], **how) for to in (targets, other))
    assert one == same != fit_windows(two, X[:20], -targets[:20], **how)
    assert simulate(one, X).shape == (200, 2) and simulate(network, X).shape == (200,)


def test_it_learns_a_filter_and_reads_a_series_from_a_state_of_zero():
    how = {"warm_up": 5, "judged": 20, "updates": 300, "learning_rate": 0.03}
    network = fit_windows(new_network(LSTMCell, 8, inputs=2, seed=1), X, Y, **how)
    y = simulate(network, X)
    assert np.mean((y - Y)[5:] ** 2) < 0.2 * Y.var()
    np.testing.assert_array_equal(y, network.read_out(unroll(network.cell, X[None]).h)[0, :, 0])


def test_the_same_network_is_trained_once(empty_cache, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    network = new_network(GRUCell, 4, inputs=2, seed=1)
    for x, y, count in ((X, Y, 1), (X, Y, 1), (X + 1, Y, 2), (X, -Y, 3)):
        assert fit_windows(network, x, y, judged=9, warm_up=9, updates=1) != network
        assert len(list(empty_cache.rglob("*.pickle"))) == count


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"judged": 0}, "`judged`"),
        ({"warm_up": -1}, "`warm_up`"),
        ({"updates": 1.5}, "`updates`"),
        ({"learning_rate": 0}, "`learning_rate`: expected a positive number, got 0"),
        ({"judged": 201, "warm_up": 0}, "`x`: expected at least 201 days, those of a window, got 200"),
    ],
)
def test_what_is_wrong_is_told(options, told):
    with pytest.raises(ValueError, match=told):
        fit_windows(new_network(LSTMCell, 2, inputs=2, seed=1), X, Y, **options)
