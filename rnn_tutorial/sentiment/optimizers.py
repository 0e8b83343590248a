"""The optimisers that pages compare: gradient descent with and without momentum, and Adam with and without clipping.

Each function gets the number of updates of the run, ``steps``, which :func:`~rnn_tutorial.sentiment.training.train`
knows and a learning rate that falls needs; ``learning_rate`` is η.
"""

import keras

__all__ = ["plain_sgd", "momentum_sgd", "plain_adam", "clipped_adam", "steady_clipped_adam"]


def plain_sgd(steps: int, learning_rate: float = 0.01) -> keras.optimizers.Optimizer:
    """Stochastic gradient descent, equation :eq:`sgd`: θ ← θ - η ∇L, with a constant learning rate.

    >>> import keras
    >>> from rnn_tutorial.sentiment.optimizers import plain_sgd
    >>> theta = keras.Variable([1.0])
    >>> plain_sgd(steps=1).apply([keras.ops.array([2.0])], [theta])
    >>> theta.numpy().round(4)  # 1 - 0.01 · 2
    array([0.98], dtype=float32)
    """
    return keras.optimizers.SGD(learning_rate)


def momentum_sgd(steps: int, learning_rate: float = 0.01) -> keras.optimizers.Optimizer:
    """Gradient descent with momentum: v ← 0.9 v - η ∇L, θ ← θ + v, with a constant learning rate.

    Where all gradients agree, v grows to ten times an update of :func:`plain_sgd`.

    Source: Polyak, Some Methods of Speeding up the Convergence of Iteration Methods, USSR Computational Mathematics and
    Mathematical Physics 4 (1964).

    Example: two updates with the same gradient; the second is larger.

    >>> import keras
    >>> from rnn_tutorial.sentiment.optimizers import momentum_sgd
    >>> theta, optimizer = keras.Variable([1.0]), momentum_sgd(steps=2)
    >>> for step in range(2):
    ...     optimizer.apply([keras.ops.array([2.0])], [theta])
    ...     print(theta.numpy().round(4))  # 1 - 0.01 · 2, then - 0.9 · 0.02 - 0.02
    [0.98]
    [0.942]
    """
    return keras.optimizers.SGD(learning_rate, momentum=0.9)


def plain_adam(steps: int) -> keras.optimizers.Optimizer:
    """Adam with Keras' defaults: a constant learning rate of 0.001, and no clipping.

    Source: Kingma and Ba, Adam, ICLR 2015.
    """
    return keras.optimizers.Adam()


def clipped_adam(steps: int, learning_rate: float = 0.002) -> keras.optimizers.Optimizer:
    """Adam on clipped gradients, with a learning rate that falls linearly to zero.

    The gradient g of all weights together is scaled to g / max(1, ‖g‖) before Adam uses it, so that an exploding one
    does no harm. At update k of K the learning rate is η (1 - k / K), with k counted from 0.

    :param steps: K, the number of updates of the run
    :param learning_rate: η, the initial learning rate

    Sources: Kingma and Ba, Adam, ICLR 2015; Pascanu et al., On the Difficulty of Training Recurrent Neural Networks,
    ICML 2013.

    >>> import keras
    >>> from rnn_tutorial.sentiment.optimizers import clipped_adam
    >>> optimizer, theta = clipped_adam(steps=4), keras.Variable([1.0])
    >>> for update in range(4):  # the learning rate of each
    ...     print(round(float(optimizer.learning_rate), 4))
    ...     optimizer.apply([keras.ops.array([2.0])], [theta])
    0.002
    0.0015
    0.001
    0.0005
    """
    schedules = keras.optimizers.schedules
    falling = schedules.PolynomialDecay(learning_rate, decay_steps=steps, end_learning_rate=0.0)
    return keras.optimizers.Adam(falling, global_clipnorm=1.0)


def steady_clipped_adam(steps: int, learning_rate: float = 0.001) -> keras.optimizers.Optimizer:
    """Adam with a constant learning rate, on clipped gradients: g / max(1, ‖g‖), with g that of all weights together.

    Source: Pascanu et al., On the Difficulty of Training Recurrent Neural Networks, ICML 2013.

    Example: after a large gradient, a small one moves a weight farther than without clipping.

    >>> import keras
    >>> from rnn_tutorial.sentiment.optimizers import plain_adam, steady_clipped_adam
    >>> for make in (plain_adam, steady_clipped_adam):
    ...     optimizer, theta = make(steps=2), keras.Variable([0.0])
    ...     for gradient in (1000.0, 1.0):
    ...         optimizer.apply([keras.ops.array([gradient])], [theta])
    ...     print(round(float(theta[0]), 4))
    -0.0017
    -0.002
    """
    return keras.optimizers.Adam(learning_rate, global_clipnorm=1.0)
