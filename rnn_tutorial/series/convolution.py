"""A convolution over more than a year: recurrence's rival on a series."""

import keras
import numpy as np
from keras import layers, ops

__all__ = ["dilated_convolution", "fit_convolution", "simulate_by", "SEEN"]

DILATIONS = tuple(2**k for k in range(9))

#: How many days one output sees.
SEEN = 1 + sum(DILATIONS)


def dilated_convolution(channels: int, inputs: int) -> keras.Model:
    """Stack causal convolutions over two days, each twice as far apart as those below.

    h^k_t = relu(W_0 h^{k-1}_t + W_1 h^{k-1}_{t - 2^k} + b),  k = 0, …, 8

    :param channels: the size of each h
    :param inputs: the size of x_t
    :returns: sequences of any length from 512 on to a number for each day from the 512th on

    Source: van den Oord et al., WaveNet, arXiv:1609.03499 (2016).

    >>> from rnn_tutorial.series.convolution import SEEN, dilated_convolution
    >>> SEEN, dilated_convolution(16, 3).compute_output_shape((1, SEEN + 4, 3))
    (512, (1, 5, 1))
    """
    model = keras.Sequential([keras.Input((None, inputs))], name="convolution")
    for dilation in DILATIONS:
        model.add(layers.Conv1D(channels, 2, dilation_rate=dilation, activation="relu"))
    model.add(layers.Dense(1))
    return model


def fit_convolution(
    x: np.ndarray,
    y: np.ndarray,
    channels: int,
    *,
    judged: int = 365,
    updates: int = 480,
    batch_size: int = 16,
    learning_rate: float = 0.01,
    seed: int = 1,
) -> keras.Model:
    """Train one as :func:`~rnn_tutorial.series.training.fit_windows` trains a recurrent network.

    :param x: scaled inputs of the training part, shape (days, inputs)
    :param y: the scaled target, shape (days,)
    :param channels: of each layer
    :param judged: days of a window whose error counts; the 511 before them are read, too
    :param updates: how many
    :param batch_size: windows per update
    :param learning_rate: Adam's first η
    :param seed: of the weights and the windows
    """
    keras.utils.set_random_seed(seed)
    model, random = dilated_convolution(channels, x.shape[1]), np.random.default_rng(seed)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, updates)
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(rate, global_clipnorm=1.0))
    for _ in range(updates):
        first = random.integers(len(x) - SEEN - judged + 2, size=(batch_size, 1))
        days = first + np.arange(SEEN - 1 + judged)
        model.train_on_batch(x[days], y[days][:, SEEN - 1 :, None])
    return model


def simulate_by(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Compute the target of each day; before the first one there is mean weather."""
    before = np.zeros((SEEN - 1, x.shape[1]), x.dtype)
    return ops.convert_to_numpy(model(np.concatenate([before, x])[None]))[0, :, 0]
