"""More models and optimisers: a convolution, post-padding, larger embedding updates, Adam, momentum.

The experiments compare these with the networks of :mod:`~rnn_tutorial.keras_models`, whose notation they share: n ids,
vectors x_t of d numbers, u units.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

__all__ = [
    "convolution",
    "pad_behind",
    "PaddingBehind",
    "RankedEmbedding",
    "longer_steps_for_rare_words",
    "plain_adam",
    "momentum_sgd",
]


def convolution(
    vocabulary_size: int = 10_000, embedding_dim: int = 100, units: int = 100, words: int = 5
) -> keras.Model:
    """A convolution over windows of a few words, with max pooling over time.

    h_t = relu(W [x_{t-2}; …; x_{t+2}] + b) for windows of five words,  y = σ(V max_t h_t + b_y)

    All windows share W. Before the first word and after the last one a window reads zeros. There is no mask: padding is
    read as a word, so it takes reviews that are padded to one length.

    Parameters: n d + u (k d + 1) + (u + 1) for windows of k words, 1,050,201 by default.

    :param vocabulary_size: n, the number of ids
    :param embedding_dim: d, numbers per word vector
    :param units: u, the number of filters
    :param words: k, the words in a window
    :returns: a model from ids, shape (batch, time), to probabilities, shape (batch, 1)

    Source: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014, with windows of 3, 4 and 5.

    :doc:`/sentiment/word-order` compares it with recurrent networks.

    Example: two words give the same output anywhere in the review.

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
    """Change a model's input from pre-padding to post-padding, and remove its mask.

    :func:`~rnn_tutorial.keras_batches.padded_batches` gives pre-padded reviews. This model moves the padding behind the
    words, so that the effect of post-padding can be measured on the same batches.

    :param model: one of :mod:`~rnn_tutorial.keras_models`, or another chain of layers that begins with an embedding;
        its mask marks the padding
    :returns: a model from ids, shape (batch, time), to probabilities, shape (batch, 1), with the layers of ``model``
    :raises ValueError: if there is no mask

    :doc:`/sentiment/stuck-at-chance` shows the accuracy of three such networks.

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.keras_models import lstm
    >>> from rnn_tutorial.keras_variants import pad_behind
    >>> masked = lstm(vocabulary_size=20, embedding_dim=3, units=4, mask_padding=True)
    >>> moved = pad_behind(masked)
    >>> words, padded = np.array([[7, 8]]), np.array([[0, 0, 7, 8]])
    >>> np.allclose(masked(padded), masked(words))
    True
    >>> np.allclose(moved(padded), moved(words))  # it reads the padding, too
    False
    """
    embedding, *rest = model.layers
    if not getattr(embedding, "mask_zero", False):
        raise ValueError("`model`: expected an embedding with mask_zero=True first, which marks the padding.")
    chain = [keras.Input(model.input_shape[1:], dtype="int32"), embedding, PaddingBehind(), *rest]
    return keras.Sequential(chain, name=f"{model.name}_padded_behind")


@keras.saving.register_keras_serializable("rnn_tutorial")
class PaddingBehind(layers.Layer):
    """Change pre-padding to post-padding, and remove the mask.

    With p masked steps first, x_t becomes the vector that was at step (t + p) mod T.

    :func:`pad_behind` puts it after the embedding, for the runs of :doc:`/sentiment/stuck-at-chance`.

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
        """Return no mask, so that the padding is read."""

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, time, d)."""
        return input_shape


def longer_steps_for_rare_words(model: keras.Model, factor: float = 10.0, power: float = 1.0) -> keras.Model:
    """Multiply a model's updates of its word vectors by factor · i^power, for the word with id i.

    Ids follow the frequency ranks of words, and the word of rank i is about 1/i times as frequent as the first one. So
    with a power of 1, word vectors that seldom get a gradient get larger updates, and over an epoch the updates of each
    word add up to about as much. With a power of 0, the updates of all words are equally larger.

    :param model: one of :mod:`~rnn_tutorial.keras_models`, or another chain of layers that begins with an embedding
    :param factor: the factor for id 1
    :param power: how the factor grows with the id
    :returns: a model from ids to probabilities, with the layers of ``model`` except its embedding

    Source: Zipf, Human Behavior and the Principle of Least Effort (1949), for the frequencies.

    :doc:`/sentiment/stuck-at-chance` uses it to find out why plain gradient descent does not learn.

    Example: before training, the predictions are the same.

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
    """An embedding that multiplies the gradient of its row i by factor · i^power.

    With s_i = factor · i^power, the output is e_i + (s_i - 1) (e_i - [e_i]), where the brackets count as a constant.
    Its value is e_i, and its derivative with respect to e_i is s_i. So gradient descent makes the update of equation
    :eq:`ranked-step`.

    It is the first layer of :func:`longer_steps_for_rare_words`; :doc:`/sentiment/stuck-at-chance` explains its use.

    :param factor: the factor for row 1
    :param power: how the factor grows with the row
    :param input_dim: as in Keras' Embedding
    :param output_dim: as in Keras' Embedding

    Example: row 3 gets three times the gradient of row 1.

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
        """Return the configuration from which Keras rebuilds the layer."""
        return super().get_config() | {"factor": self.factor, "power": self.power}


def plain_adam(steps: int) -> keras.optimizers.Optimizer:
    """Adam with Keras' defaults: a constant learning rate of 0.001, and no clipping.

    It is the notebook's optimiser after ``'SGD'`` is replaced by ``'adam'``. Most pages train with
    :func:`~rnn_tutorial.keras_training.clipped_adam` instead.

    :param steps: the number of updates of the run, not used
    :returns: a new optimiser

    Source: Kingma and Ba, Adam, ICLR 2015.

    :doc:`/sentiment/stuck-at-chance` compares it with gradient descent.

    Example: the first update changes a number by the learning rate, however large its gradient is.

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

    This is equation :eq:`momentum`. Where all gradients agree, v grows to ten times an update of
    :func:`~rnn_tutorial.keras_training.plain_sgd`.

    :param steps: the number of updates of the run, not used
    :param learning_rate: η
    :returns: a new optimiser

    Source: Polyak, Some Methods of Speeding up the Convergence of Iteration Methods, USSR Computational Mathematics and
    Mathematical Physics 4 (1964).

    :doc:`/sentiment/stuck-at-chance` compares it with Adam.

    Example: two updates with the same gradient; the second is larger.

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
