"""Other ways to read a review, and to train: a second LSTM, a convolution, padding behind the words, Adam as it comes.

The experiments set these beside the networks of :mod:`~rnn_tutorial.keras_models`, in whose letters they are written:
n ids, vectors x_t of d numbers, u units.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

__all__ = [
    "stacked_lstm",
    "convolution",
    "pad_behind",
    "PaddingBehind",
    "RankedEmbedding",
    "longer_steps_for_rare_words",
    "plain_adam",
    "momentum_sgd",
]


def stacked_lstm(
    vocabulary_size: int = 10_000, embedding_dim: int = 100, units: int = 100, mask_padding: bool = False
) -> keras.Model:
    """Two LSTMs, of which the second one reads the states of the first, read out after the last word.

    h_t = LSTM(x_t, h_{t-1}),  h'_t = LSTM'(h_t, h'_{t-1}),  y = σ(V h'_T + b_y)

    Each has the equations of :func:`~rnn_tutorial.keras_models.lstm`.

    Parameters: n d + 4 u (d + u + 1) + 4 u (2 u + 1) + (u + 1), 1,160,901 by default.

    :param vocabulary_size: n, the number of ids
    :param embedding_dim: d, numbers per word vector
    :param units: u, hidden units in each of the two
    :param mask_padding: skip the steps whose id is 0
    :returns: a model from ids, shape (batch, time), to probabilities, shape (batch, 1)

    Source: Graves et al., Speech Recognition with Deep Recurrent Neural Networks, ICASSP 2013.

    An exercise of :doc:`/sentiment/official-split` counts its parameters.

    Example:

    >>> from rnn_tutorial.keras_variants import stacked_lstm
    >>> stacked_lstm().count_params()
    1160901
    """
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(vocabulary_size, embedding_dim, mask_zero=mask_padding),
            layers.LSTM(units, return_sequences=True),
            layers.LSTM(units),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="stacked_lstm",
    )


def convolution(
    vocabulary_size: int = 10_000, embedding_dim: int = 100, units: int = 100, words: int = 5
) -> keras.Model:
    """A convolution: what it finds in a few neighbouring words, wherever it finds it most clearly.

    h_t = relu(W [x_{t-2}; …; x_{t+2}] + b) for windows of five words,  y = σ(V max_t h_t + b_y)

    Before the first word and behind the last one a window reads zeros. All windows share W, and none knows of another.
    Padding is read as a word, so it takes reviews that are padded to one length.

    Parameters: n d + u (k d + 1) + (u + 1) for windows of k words, 1,050,201 by default.

    :param vocabulary_size: n, the number of ids
    :param embedding_dim: d, numbers per word vector
    :param units: u, how many things it looks for
    :param words: k, the words of a window
    :returns: a model from ids, shape (batch, time), to probabilities, shape (batch, 1)

    Source: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014, with windows of 3, 4 and 5.

    :doc:`/sentiment/official-split` compares it with networks that remember.

    Example: two words that stand elsewhere in the review are found there, too.

    >>> import numpy as np
    >>> from rnn_tutorial.keras_variants import convolution
    >>> model = convolution(vocabulary_size=20, embedding_dim=3, units=4, words=2)
    >>> early, late = np.array([[0, 7, 8, 0, 0]]), np.array([[0, 0, 7, 8, 0]])
    >>> np.allclose(model(early), model(late), atol=1e-6)
    True
    """
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(vocabulary_size, embedding_dim),
            layers.Conv1D(units, words, padding="same", activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="convolution",
    )


def pad_behind(model: keras.Model) -> keras.Model:
    """The same model without its mask, on reviews whose padding stands behind the words.

    :func:`~rnn_tutorial.keras_batches.padded_batches` pads in front. So whoever asks what becomes of a network whose
    reviews are padded behind can train this one on the same batches.

    :param model: one of :mod:`~rnn_tutorial.keras_models`, or another chain of layers that begins with an embedding;
        it has a mask, which tells where the padding stands
    :returns: a model from ids, shape (batch, time), to probabilities, shape (batch, 1), with the layers of ``model``
    :raises ValueError: if there is no mask

    :doc:`/sentiment/padding` tells how three such networks fare.

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.keras_models import lstm
    >>> from rnn_tutorial.keras_variants import pad_behind
    >>> masked = lstm(vocabulary_size=20, embedding_dim=3, units=4, mask_padding=True)
    >>> moved = pad_behind(masked)
    >>> words, padded = np.array([[7, 8]]), np.array([[0, 0, 7, 8]])
    >>> np.allclose(masked(padded), masked(words))
    True
    >>> np.allclose(moved(padded), moved(words))  # it reads on behind the words
    False
    """
    embedding, *rest = model.layers
    if not getattr(embedding, "mask_zero", False):
        raise ValueError("`model`: expected an embedding with mask_zero=True first, which tells where padding stands.")
    chain = [keras.Input(model.input_shape[1:], dtype="int32"), embedding, PaddingBehind(), *rest]
    return keras.Sequential(chain, name=f"{model.name}_padded_behind")


@keras.saving.register_keras_serializable("rnn_tutorial")
class PaddingBehind(layers.Layer):
    """Move the steps of padding from the front of each review behind its words, and take the mask away.

    With p masked steps in front, x_t becomes the vector that stood at step (t + p) mod T.

    :func:`pad_behind` puts it behind the embedding, for the runs of :doc:`/sentiment/padding`.

    Example: the first two steps are padding.

    >>> import numpy as np
    >>> from rnn_tutorial.keras_variants import PaddingBehind
    >>> x = np.array([[[0.0], [0.0], [7.0], [8.0]]])
    >>> PaddingBehind()(x, mask=np.array([[False, False, True, True]])).numpy().ravel()
    array([7., 8., 0., 0.], dtype=float32)
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        """Return the vectors, shape (batch, time, d), those of the words first."""
        if mask is None:
            return x
        length = ops.shape(x)[1]
        padding = ops.sum(1 - ops.cast(mask, "int32"), axis=1, keepdims=True)
        return tf.gather(x, (ops.arange(length, dtype="int32") + padding) % length, batch_dims=1)

    def compute_mask(self, x: Any, previous_mask: Any = None) -> None:
        """Return none, so that the padding is read."""

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, time, d)."""
        return input_shape


def longer_steps_for_rare_words(model: keras.Model, factor: float = 10.0, power: float = 1.0) -> keras.Model:
    """The same model, but each update moves the vector of word i by factor · i^power times as much.

    Ids are ranks, 1 for the most frequent word and so on, and a word of rank i is about 1/i times as frequent as the
    first one. So with a power of 1, vectors that seldom get a gradient take longer steps, and over an epoch all words'
    steps add up to about as much. A power of 0 makes the steps of all words longer alike.

    :param model: one of :mod:`~rnn_tutorial.keras_models`, or another chain of layers that begins with an embedding
    :param factor: by how much the step of rank 1 is longer
    :param power: how a step grows with the rank
    :returns: a model from ids to probabilities, with the layers of ``model`` but its embedding

    Source: Zipf, Human Behavior and the Principle of Least Effort (1949), for the frequencies.

    :doc:`/sentiment/autopsy` uses it to find out why plain gradient descent does not learn.

    Example: it gives the same answers, before it is trained.

    >>> import keras
    >>> import numpy as np
    >>> from rnn_tutorial.keras_models import bag_of_words
    >>> from rnn_tutorial.keras_variants import longer_steps_for_rare_words
    >>> plain, ids = bag_of_words(20, embedding_dim=3), np.array([[7, 8]])
    >>> other = longer_steps_for_rare_words(plain)
    >>> other.set_weights(plain.get_weights())
    >>> np.allclose(plain(ids), other(ids))
    True
    """
    embedding, *rest = model.layers
    size = embedding.input_dim, embedding.output_dim
    ranked = RankedEmbedding(factor, power, *size, mask_zero=embedding.mask_zero)
    return keras.Sequential([keras.Input(model.input_shape[1:], dtype="int32"), ranked, *rest], name=model.name)


@keras.saving.register_keras_serializable("rnn_tutorial")
class RankedEmbedding(layers.Embedding):
    """An embedding whose row i has a gradient that is factor · i^power times as long.

    With s_i = factor · i^power it gives e_i + (s_i - 1) (e_i - [e_i]), where what stands in brackets counts as a
    constant. Its value is e_i, and its derivative by e_i is s_i. So gradient descent makes the step of equation
    :eq:`ranked-step`.

    :func:`longer_steps_for_rare_words` begins with it, and :doc:`/sentiment/autopsy` tells what it is for.

    :param factor: by how much the gradient of row 1 is longer
    :param power: how that grows with the row
    :param input_dim: as in Keras' Embedding
    :param output_dim: as in Keras' Embedding

    Example: row 3 is moved three times as far as row 1, with one gradient for both.

    >>> import keras
    >>> import numpy as np
    >>> import tensorflow as tf
    >>> from rnn_tutorial.keras_variants import RankedEmbedding
    >>> layer = RankedEmbedding(1.0, 1.0, 4, 1)
    >>> with tf.GradientTape() as tape:
    ...     total = keras.ops.sum(layer(np.array([1, 3])))
    >>> gradient = tape.gradient(total, layer.trainable_variables[0])
    >>> tf.convert_to_tensor(gradient).numpy().ravel()
    array([0., 1., 0., 3.], dtype=float32)
    """

    def __init__(self, factor: float, power: float, input_dim: int, output_dim: int, **settings: Any) -> None:
        super().__init__(input_dim, output_dim, **settings)
        self.factor, self.power = factor, power

    def call(self, ids: Any) -> Any:
        """Return the vectors, shape (…, d), of ids of any shape."""
        e = super().call(ids)
        s = self.factor * ops.power(ops.cast(ids, e.dtype), self.power)[..., None]
        return e + (s - 1) * (e - ops.stop_gradient(e))

    def get_config(self) -> dict[str, Any]:
        """Return what Keras needs to make the layer again."""
        return super().get_config() | {"factor": self.factor, "power": self.power}


def plain_adam(steps: int) -> keras.optimizers.Optimizer:
    """Adam as Keras makes it, with a constant learning rate of 0.001 and without clipping.

    The notebook's recipe becomes this one if ``'SGD'`` is replaced by ``'adam'``. Most pages train with
    :func:`~rnn_tutorial.keras_training.clipped_adam` instead.

    :param steps: the number of updates of the run, which this optimiser does not need
    :returns: a new optimiser

    Source: Kingma and Ba, Adam, ICLR 2015.

    :doc:`/sentiment/autopsy` compares it with gradient descent.

    Example: the first step moves a number by the learning rate, however long its gradient is.

    >>> import keras
    >>> from rnn_tutorial.keras_variants import plain_adam
    >>> for gradient in (2.0, 0.0002):
    ...     theta = keras.Variable([1.0])
    ...     plain_adam(steps=1).apply([keras.ops.array([gradient])], [theta])
    ...     print(theta.numpy().round(4))
    [0.999]
    [0.999]
    """
    return keras.optimizers.Adam()


def momentum_sgd(steps: int, learning_rate: float = 0.01) -> keras.optimizers.Optimizer:
    """Gradient descent with momentum: v ← 0.9 v - η ∇L, θ ← θ + v, with a constant learning rate.

    This is equation :eq:`momentum`. Where all gradients agree, v grows to ten times a step of
    :func:`~rnn_tutorial.keras_training.plain_sgd`.

    :param steps: the number of updates of the run, which this optimiser does not need
    :param learning_rate: η
    :returns: a new optimiser

    Source: Polyak, Some Methods of Speeding up the Convergence of Iteration Methods, USSR Computational Mathematics and
    Mathematical Physics 4 (1964).

    :doc:`/sentiment/autopsy` compares it with Adam.

    Example: two steps with one gradient, of which the second one is longer.

    >>> import keras
    >>> from rnn_tutorial.keras_variants import momentum_sgd
    >>> theta, optimizer = keras.Variable([1.0]), momentum_sgd(steps=2)
    >>> for step in range(2):
    ...     optimizer.apply([keras.ops.array([2.0])], [theta])
    ...     print(theta.numpy().round(4))  # 1 - 0.01 · 2, then - 0.9 · 0.02 - 0.02
    [0.98]
    [0.942]
    """
    return keras.optimizers.SGD(learning_rate, momentum=0.9)
