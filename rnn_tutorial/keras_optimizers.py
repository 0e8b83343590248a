"""An optimiser that leaves averages of weights behind, beside the one that all networks are trained with."""

import keras

from rnn_tutorial.keras_training import clipped_adam

__all__ = ["averaged_adam"]


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

    :doc:`/sentiment/official-split` tells what it is worth.

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
