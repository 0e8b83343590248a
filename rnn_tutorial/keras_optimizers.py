"""Optimisers beside the one that most networks are trained with: its two parts alone, and averages of weights."""

import keras

from rnn_tutorial.keras_training import clipped_adam

__all__ = ["averaged_adam", "falling_adam", "steady_clipped_adam"]


def averaged_adam(steps: int, learning_rate: float = 0.002) -> keras.optimizers.Optimizer:
    """Adam as :func:`~rnn_tutorial.keras_training.clipped_adam` makes it, and a running mean of the weights.

    θ̄ ← 0.99 θ̄ + 0.01 θ

    after each update k, and θ̄ = θ after the first. Four times in a run, after each quarter of its updates, the weights
    are replaced by their mean: θ ← θ̄. In a run of four epochs that is at the end of each, before the validation split
    is looked at.

    :param steps: the number of updates of the run
    :param learning_rate: what it begins with
    :returns: a new optimiser

    Source: Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, SIAM Journal on Control and
    Optimization 30 (1992); the running mean is that of Keras.

    :doc:`/sentiment/ratio-lstm` tells what it is worth.

    Example: a weight that falls with each update stands higher after the second one of eight, when it is its mean.

    >>> import keras
    >>> from rnn_tutorial.keras_optimizers import averaged_adam
    >>> optimizer, theta = (
    ...     averaged_adam(steps=8, learning_rate=1.0),
    ...     keras.Variable([0.0]),
    ... )
    >>> for update in range(2):
    ...     optimizer.apply([keras.ops.array([2.0])], [theta])
    ...     print(round(float(theta[0]), 2))
    -1.0
    -1.01
    """
    told = clipped_adam(steps, learning_rate).get_config()
    told |= {"use_ema": True, "ema_momentum": 0.99, "ema_overwrite_frequency": max(1, steps // 4)}
    return keras.optimizers.Adam.from_config(told)


def steady_clipped_adam(steps: int, learning_rate: float = 0.001) -> keras.optimizers.Optimizer:
    """Adam as Keras makes it, on clipped gradients: g / max(1, ‖g‖), with g the gradient of all weights together.

    It has the clipping of :func:`~rnn_tutorial.keras_training.clipped_adam`, and not its falling learning rate.

    :param steps: the number of updates of the run, which this optimiser does not need
    :param learning_rate: η, which stays
    :returns: a new optimiser

    Source: Pascanu et al., On the Difficulty of Training Recurrent Neural Networks, ICML 2013.

    :doc:`/sentiment/autopsy` asks which of the two parts saves a network.

    Example: after a long gradient a short one moves a weight farther than without clipping.

    >>> import keras
    >>> from rnn_tutorial.keras_optimizers import steady_clipped_adam
    >>> from rnn_tutorial.keras_variants import plain_adam
    >>> for make in (plain_adam, steady_clipped_adam):
    ...     optimizer, theta = make(steps=2), keras.Variable([0.0])
    ...     for gradient in (1000.0, 1.0):
    ...         optimizer.apply([keras.ops.array([gradient])], [theta])
    ...     print(round(float(theta[0]), 4))
    -0.0017
    -0.002
    """
    return keras.optimizers.Adam(learning_rate, global_clipnorm=1.0)


def falling_adam(steps: int, learning_rate: float = 0.002) -> keras.optimizers.Optimizer:
    """Adam with a learning rate that falls linearly to zero: η (1 - k / K) at update k of K, with k counted from 0.

    It has the learning rate of :func:`~rnn_tutorial.keras_training.clipped_adam`, and not its clipping.

    :param steps: K, the number of updates of the run
    :param learning_rate: η, what it begins with
    :returns: a new optimiser

    :doc:`/sentiment/autopsy` asks which of the two parts saves a network.

    Example:

    >>> import keras
    >>> from rnn_tutorial.keras_optimizers import falling_adam
    >>> optimizer, theta = falling_adam(steps=2), keras.Variable([1.0])
    >>> for update in range(2):  # the learning rate of each
    ...     print(round(float(optimizer.learning_rate), 4))
    ...     optimizer.apply([keras.ops.array([2.0])], [theta])
    0.002
    0.001
    """
    told = clipped_adam(steps, learning_rate).get_config() | {"global_clipnorm": None}
    return keras.optimizers.Adam.from_config(told)
