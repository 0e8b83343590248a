"""The LSTM with ratios, less one of its parts, to see what each is worth.

:func:`~rnn_tutorial.keras_models.ratio_lstm` reads steps in both directions and pools its states. Here one of these is
left out, and all else stays as it is. Two other parts need no function: without ratios it has one id a step,
``ids_per_step=1``, and without dropout ``dropped=0``.
"""

from typing import Literal, get_args

import keras
from keras import layers

from rnn_tutorial.keras_models import ratio_lstm

__all__ = ["ratio_lstm_without"]

Part = Literal["recurrence", "memory", "backward", "pooling"]


def ratio_lstm_without(
    part: Part, ids: int, embedding_dim: int = 100, units: int = 64, ids_per_step: int = 4, dropped: float = 0.4
) -> keras.Model:
    """The LSTM with ratios without one of its parts.

    With all of them, h_t = [h_t of the forward LSTM; h_t of the backward LSTM] and y = σ(V [mean_t h_t; max_t h_t] +
    b_y), equation :eq:`mean-and-max`. Without

    * ``"recurrence"``: h_t = x_t, so that no step knows of another one
    * ``"memory"``: h_t = tanh(W x_t + b), a layer of as many units, 2 u, that reads each step alone
    * ``"backward"``: h_t is that of the forward LSTM alone
    * ``"pooling"``: y = σ(V [h_T of the forward LSTM; h_1 of the backward LSTM] + b_y)

    The vectors x_t are those of :eq:`sum-of-step` in all cases.

    Parameters: n d, and beside these 2 d + 1, 2 u (d + 1) + (4 u + 1), 4 u (d + u + 1) + (2 u + 1) or
    8 u (d + u + 1) + (2 u + 1).

    :param part: what is left out
    :param ids: n, as for :func:`~rnn_tutorial.keras_models.ratio_lstm`
    :param embedding_dim: d, numbers per vector
    :param units: u, hidden units per direction
    :param ids_per_step: see :func:`~rnn_tutorial.piece_ratios.with_piece_ratios`
    :param dropped: the share of vectors that is left out while it is trained
    :returns: a model from ids, shape (batch, time · ids_per_step), to probabilities, shape (batch, 1)
    :raises ValueError: if there is no such part

    :doc:`/sentiment/ratio-lstm` tells what each is worth.

    Example: 200 · 10 numbers for the vectors, and 2 · 10 + 1 for the answer.

    >>> from rnn_tutorial.keras_parts import ratio_lstm_without
    >>> ratio_lstm_without("recurrence", 200, embedding_dim=10).count_params()
    2021
    """
    if part not in get_args(Part):
        raise ValueError(f"`part`: expected one of {', '.join(get_args(Part))}, got {part!r}.")
    whole = ratio_lstm(ids, embedding_dim, units, ids_per_step, dropped)
    *steps, _, pooling, _ = whole.layers
    reading = {
        "recurrence": [pooling],
        "memory": [layers.Dense(2 * units, activation="tanh"), pooling],
        "backward": [layers.LSTM(units, return_sequences=True), pooling],
        "pooling": [layers.Bidirectional(layers.LSTM(units))],
    }
    answer = layers.Dense(1, activation="sigmoid")
    name = f"{whole.name}_without_{part}"
    return keras.Sequential([keras.Input((None,), dtype="int32"), *steps, *reading[part], answer], name=name)
