"""Keras layers that Keras itself lacks, registered, so that Keras can save and load a model that has one."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

__all__ = ["AttentionPooling", "SumOfStep", "MaskedConvolution", "MeanAndMax", "PostPadding", "RankedEmbedding"]


@keras.saving.register_keras_serializable("rnn_tutorial")
class AttentionPooling(layers.Layer):
    """Pool the states of all steps with weights of attention: h = Σ_t α_t h_t, with α = softmax over t of w · h_t.

    The query w is learnt, shape (u,), and zero at first, where the result is the mean. Masked steps get the weight 0.

    Source: Raffel and Ellis, Feed-Forward Networks with Attention Can Solve Some Long-Term Memory Problems (2015).

    Example: the third step is masked.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.layers import AttentionPooling
    >>> h = np.array([[[0.5], [-0.1], [0.9]]])
    >>> AttentionPooling()(h, mask=np.array([[True, True, False]])).numpy().round(3)
    array([[0.2]], dtype=float32)
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the query."""
        self.query = self.add_weight(shape=input_shape[-1:], initializer="zeros", name="query")

    def call(self, h: Any, mask: Any = None) -> Any:
        """Return the weighted sum, shape (batch, u), of states of shape (batch, time, u)."""
        scores = ops.sum(h * self.query, axis=-1)
        if mask is not None:
            scores = ops.where(mask, scores, ops.cast(-1e9, h.dtype))
        return ops.sum(ops.softmax(scores, axis=1)[..., None] * h, axis=1)

    def compute_mask(self, h: Any, previous_mask: Any = None) -> None:
        """Return no mask: there is no time axis any more."""

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, u)."""
        return input_shape[0], input_shape[2]


@keras.saving.register_keras_serializable("rnn_tutorial")
class SumOfStep(layers.Layer):
    """Add the vectors of each step: x_t = e_{t,1} + … + e_{t,k}, equation :eq:`sum-of-step`.

    :param vectors: k, the number of neighbouring vectors in a step

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.layers import SumOfStep
    >>> e = np.array([[[1.0], [2.0], [10.0], [20.0]]])  # two steps of two vectors
    >>> SumOfStep(vectors=2)(e).numpy().ravel()
    array([ 3., 30.], dtype=float32)
    """

    def __init__(self, vectors: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.vectors, self.supports_masking = vectors, True

    def call(self, e: Any) -> Any:
        """Return the sums, shape (batch, time, d), of vectors of shape (batch, time · k, d)."""
        return ops.sum(ops.reshape(e, (ops.shape(e)[0], -1, self.vectors, e.shape[-1])), axis=2)

    def compute_mask(self, e: Any, previous_mask: Any = None) -> Any:
        """Return the mask of the first vector of each step."""
        return None if previous_mask is None else previous_mask[:, :: self.vectors]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, time, d)."""
        steps = input_shape[1] // self.vectors if input_shape[1] else None
        return input_shape[0], steps, input_shape[2]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration from which Keras rebuilds the layer."""
        return super().get_config() | {"vectors": self.vectors}


@keras.saving.register_keras_serializable("rnn_tutorial")
class MaskedConvolution(layers.Conv1D):
    """Keras' ``Conv1D`` for sequences with a mask: windows see zeros in masked steps, and the mask is passed on.

    Example: with a filter that adds three neighbours, the masked 9 counts as 0.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.layers import MaskedConvolution
    >>> layer = MaskedConvolution(1, 3, padding="same", kernel_initializer="ones")
    >>> x, mask = np.array([[[9.0], [1.0], [2.0]]]), np.array([[False, True, True]])
    >>> layer(x, mask=mask).numpy().ravel()
    array([1., 3., 3.], dtype=float32)
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        """Return the filters' outputs, shape (batch, time, filters), of vectors of shape (batch, time, d)."""
        return super().call(x if mask is None else x * ops.cast(mask[..., None], x.dtype))

    def compute_mask(self, x: Any, previous_mask: Any = None) -> Any:
        """Return the mask as it was."""
        return previous_mask


@keras.saving.register_keras_serializable("rnn_tutorial")
class MeanAndMax(layers.Layer):
    """Pool the states of all steps: [(1/T) Σ_t h_t; max_t h_t], equation :eq:`mean-and-max`.

    Masked steps do not count. Keras' ``GlobalMaxPooling1D`` would count them.

    Example: the third step is masked.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.layers import MeanAndMax
    >>> h = np.array([[[0.5], [-0.1], [0.9]]])
    >>> MeanAndMax()(h, mask=np.array([[True, True, False]])).numpy().round(3)
    array([[0.2, 0.5]], dtype=float32)
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.supports_masking = True

    def call(self, h: Any, mask: Any = None) -> Any:
        """Return mean and maximum, shape (batch, 2 u), of states of shape (batch, time, u)."""
        read = ops.ones_like(h[..., :1]) if mask is None else ops.cast(mask[..., None], h.dtype)
        lowest = ops.cast(-1e9, h.dtype)
        return ops.concatenate(
            [ops.sum(h * read, axis=1) / ops.sum(read, axis=1), ops.max(ops.where(read > 0, h, lowest), axis=1)],
            axis=-1,
        )

    def compute_mask(self, h: Any, previous_mask: Any = None) -> None:
        """Return no mask: there is no time axis any more."""

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, 2 u)."""
        return input_shape[0], 2 * (input_shape[2] or 0)


@keras.saving.register_keras_serializable("rnn_tutorial")
class PostPadding(layers.Layer):
    """Change pre-padding to post-padding, and remove the mask.

    With p masked steps first, x_t becomes the vector that was at step (t + p) mod T.

    Example: the first two steps are padding.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.layers import PostPadding
    >>> x = np.array([[[0.0], [0.0], [7.0], [8.0]]])
    >>> PostPadding()(x, mask=np.array([[False, False, True, True]])).numpy().ravel()
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


@keras.saving.register_keras_serializable("rnn_tutorial")
class RankedEmbedding(layers.Embedding):
    """An embedding that multiplies the gradient of its row i by factor · i^power.

    With s_i = factor · i^power, the output is e_i + (s_i - 1) (e_i - [e_i]), where the brackets count as a constant.
    Its value is e_i, and its derivative with respect to e_i is s_i. So gradient descent updates
    e_i ← e_i - η s_i ∂L/∂e_i.

    :param factor: the factor for row 1
    :param power: how the factor grows with the row
    :param input_dim: as in Keras' Embedding
    :param output_dim: as in Keras' Embedding

    Example: row 3 gets three times the gradient of row 1.

    >>> import keras
    >>> import numpy as np
    >>> import tensorflow as tf
    >>> from rnn_tutorial.sentiment.layers import RankedEmbedding
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
