"""The optimiser of the comparison: Adam with gradient clipping and a constant learning rate."""

import keras

__all__ = ["steady_clipped_adam"]


def steady_clipped_adam(steps: int, learning_rate: float = 0.001) -> keras.optimizers.Optimizer:
    """Adam with a constant learning rate, on clipped gradients: g / max(1, ‖g‖), with g that of all weights together.

    It clips as :func:`~rnn_tutorial.keras_training.clipped_adam` does, but its learning rate does not fall.

    :param steps: the number of updates of the run, not used
    :param learning_rate: η
    :returns: a new optimiser

    Source: Pascanu et al., On the Difficulty of Training Recurrent Neural Networks, ICML 2013.

    :doc:`/sentiment/comparison` trains all networks with it.

    Example: after a large gradient, a small one moves a weight farther than without clipping.

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
