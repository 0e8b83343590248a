"""Training of a recurrent network on windows of a series, and reading a whole series."""

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from rnn_tutorial._cache.memory import kept
from rnn_tutorial.records import check_count
from rnn_tutorial.theory.cells import Cell, glorot_uniform, unroll
from rnn_tutorial.theory.networks import Network
from rnn_tutorial.theory.training import Adam, training_facts

__all__ = ["new_network", "fit_windows", "simulate"]


def new_network(cell_type: type[Cell[Any]], units: int, inputs: int, seed: int, outputs: int = 1) -> Network:
    """Initialise a network that computes a number or more from each state.

    Gates that keep the state begin with a bias of 3, so that they keep 95 % of it.

    :param cell_type: the class of the cell
    :param units: the size of h_t
    :param inputs: the size of x_t
    :param seed: the same seed gives the same network
    :param outputs: how many numbers
    :returns: the network, float32

    >>> from rnn_tutorial.series.training import new_network
    >>> from rnn_tutorial.theory.cells import LSTMCell
    >>> new_network(LSTMCell, 2, inputs=3, seed=1).cell.b.reshape(4, 2)[1]
    array([3., 3.], dtype=float32)
    """
    cell = cell_type.random(inputs, units, seed, forget_bias=None if cell_type.forget_gate is None else 3.0)
    V = glorot_uniform(np.random.default_rng([seed, 1]), outputs, units).astype(cell.dtype)
    return Network(cell, V, np.zeros(outputs, cell.dtype), "linear")


def _facts(network: Network, x: np.ndarray, y: np.ndarray, **settings: Any) -> dict[str, Any] | None:
    return training_facts(fit_windows, network, x, y, **settings)


@kept(_facts)
def fit_windows(
    network: Network,
    x: np.ndarray,
    y: np.ndarray,
    *,
    judged: int = 365,
    warm_up: int = 365,
    updates: int = 480,
    batch_size: int = 16,
    learning_rate: float = 0.01,
    seed: int = 1,
) -> Network:
    """Train a network to compute a target from the inputs up to the same day.

    Each update draws windows of ``warm_up + judged`` days. The state begins at zero, so the first days only fill it,
    and the loss is the mean squared error of the others. Its gradient comes from backpropagation through time over the
    whole window, clipped to a norm of 1; Adam's learning rate falls to 0 along half a cosine. The same call loads its
    result from the user's cache folder.

    :param network: linear outputs, one for each target of a day; it is not changed
    :param x: scaled inputs of the training part, shape (days, inputs)
    :param y: the scaled targets, shape (days,) or (days, outputs)
    :param judged: days of a window whose error counts
    :param warm_up: days before them
    :param updates: how many
    :param batch_size: windows per update
    :param learning_rate: Adam's first η
    :param seed: of the windows
    :raises ValueError: if a number is out of range, or there are fewer days than in a window

    >>> from rnn_tutorial.series import sources, training, windows
    >>> from rnn_tutorial.theory.cells import GRUCell
    >>> x, y = windows.standardise(sources.load_river("Leaf"), slice(0, 1000))
    >>> network = training.new_network(GRUCell, 3, inputs=2, seed=1)
    >>> how = {"judged": 30, "warm_up": 30, "updates": 40, "learning_rate": 0.03}
    >>> trained = training.fit_windows(network, x[:1000], y[:1000], **how)
    >>> predicted = training.simulate(trained, x)
    >>> windows.nash_sutcliffe(predicted[30:1000], y[30:1000]) > 0.3
    True
    """
    for name, count in {"judged": judged, "updates": updates, "batch_size": batch_size}.items():
        check_count(name, count)
    check_count("warm_up", warm_up, 0)
    if not learning_rate > 0:
        raise ValueError(f"`learning_rate`: expected a positive number, got {learning_rate}.")
    y = y.reshape(len(y), -1)
    days, adam, random = warm_up + judged, Adam(learning_rate, max_norm=1.0), np.random.default_rng(seed)
    if len(x) < days:
        raise ValueError(f"`x`: expected at least {days} days, those of a window, got {len(x)}.")
    with threadpool_limits(1, user_api="blas"):
        for update in range(updates):
            place = random.integers(len(x) - days + 1, size=(batch_size, 1)) + np.arange(days)
            inputs, targets = x[place], y[place][:, warm_up:]
            states = unroll(network.cell, inputs)
            error = network.read_out(states.h[:, warm_up:]) - targets
            grads = network.backward(inputs, states, 2 / error.size * error)
            adam.learning_rate = learning_rate * (1 + np.cos(np.pi * update / updates)) / 2
            network = network.with_parameters(adam.update(network.parameters, grads))
    return network


def simulate(network: Network, x: np.ndarray) -> np.ndarray:
    """Read a whole series from a state of zero, and compute the targets of each day.

    :param network: linear outputs
    :param x: scaled inputs, shape (days, inputs)
    :returns: the scaled targets as the network computes them, shape (days,), or (days, outputs) if it has several
    """
    y = network.read_out(unroll(network.cell, x[None]).h)[0]
    return y[:, 0] if y.shape[1] == 1 else y
