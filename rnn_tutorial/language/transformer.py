"""One block of a transformer in NumPy: positions, attention with several heads, and a position-wise network.

Forward only; the gradients of the attention itself are in :mod:`rnn_tutorial.language.attention`. See
:doc:`/language/transformer`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_tutorial.language.attention import Attention, dot_attention
from rnn_tutorial.language.mixers import DeltaMixer, MinGRUMixer
from rnn_tutorial.records import Record
from rnn_tutorial.theory.cells import check_shapes, glorot_uniform

__all__ = ["sinusoidal_positions", "layer_norm", "MultiHeadAttention", "TransformerBlock"]


def sinusoidal_positions(time: int, size: int) -> np.ndarray:
    """Compute a vector for each position, to be added to the input there.

    p_t = [sin(ω_i t); cos(ω_i t)],  ω_i = 10000^(-2i/size),  i = 0, …, size/2 - 1

    This is equation :eq:`positions`; t counts from 0 here, and sines come before cosines instead of alternating. The
    vector of a later position is a rotation of p_t that depends only on the distance.

    :param time: positions
    :param size: numbers in a vector, even
    :returns: float64, shape (time, size)
    :raises ValueError: if the size is odd or a number is below 1

    Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017.

    Example: the dot product of two positions depends only on their distance.

    >>> import numpy as np
    >>> from rnn_tutorial.language.transformer import sinusoidal_positions
    >>> p = sinusoidal_positions(50, 8)
    >>> np.allclose(p[3] @ p[7], p[40] @ p[44])
    True
    """
    if time < 1 or size < 2 or size % 2:
        raise ValueError(f"`time`, `size`: expected at least 1 position and an even size, got {time} and {size}.")
    angles = np.outer(np.arange(time), 10_000.0 ** (-np.arange(0, size, 2) / size))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def layer_norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray, epsilon: float = 1e-3) -> np.ndarray:
    """Give each vector the mean 0 and the variance 1, then a gain and a bias for each number.

    gain ⊙ (x - mean) / √(variance + ε) + bias, equation :eq:`layer-norm`

    :param x: vectors, shape (..., size)
    :param gain: shape (size,); Keras' ``gamma``
    :param bias: shape (size,); Keras' ``beta``
    :param epsilon: ε; 1e-3 as in Keras
    :returns: shape (..., size), float32 or more exact

    Source: Ba et al., Layer Normalization, arXiv:1607.06450 (2016).

    >>> import numpy as np
    >>> from rnn_tutorial.language.transformer import layer_norm
    >>> layer_norm(np.array([1.0, 3.0, 5.0]), np.ones(3), np.zeros(3)).round(2)
    array([-1.22,  0.  ,  1.22])
    """
    x = np.asarray(x, np.result_type(x, np.float32))  # squares overflow in half precision
    centred = x - x.mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + epsilon) + bias


@dataclass(frozen=True, eq=False)
class MultiHeadAttention(Record):
    """Several dot-product attentions side by side, each on a projection of its own.

    head_i = attention of W_q,i x, W_k,i x and W_v,i x with scores scaled by 1/√(size of a head)

    MultiHead(x) = W_o [head_1; …; head_n], equation :eq:`multi-head`, without biases; the arrays are read-only copies

    :param W_q: to the queries, shape (heads · head size, size), one head below the other
    :param W_k: to the keys, the same shape
    :param W_v: to the values, the same shape
    :param W_o: from the heads to the output, shape (size, heads · head size)
    :param heads: how many
    :raises ValueError: if a shape does not fit

    Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017.

    >>> import numpy as np
    >>> from rnn_tutorial.language.transformer import MultiHeadAttention
    >>> layer = MultiHeadAttention.random(size=6, heads=2, seed=1)
    >>> weights, y = layer(np.ones((4, 5, 6)))  # 4 sequences of 5 steps
    >>> weights.shape, y.shape
    ((4, 2, 5, 5), (4, 5, 6))
    """

    W_q: np.ndarray
    W_k: np.ndarray
    W_v: np.ndarray
    W_o: np.ndarray
    heads: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.W_q.ndim != 2:
            raise ValueError(f"`W_q`: expected the shape (heads · head size, size), got {self.W_q.shape}.")
        rows, size = self.W_q.shape
        if self.heads < 1 or rows % self.heads:
            raise ValueError(f"`heads`: expected a divisor of the {rows} rows of W_q, got {self.heads}.")
        check_shapes(self, W_k=(rows, size), W_v=(rows, size), W_o=(size, rows))

    @classmethod
    def random(cls, size: int, heads: int, seed: int, dtype: str = "float32") -> MultiHeadAttention:
        """Initialise the four matrices with :func:`~rnn_tutorial.theory.cells.glorot_uniform`.

        :param size: numbers in a vector, a multiple of the heads
        :param heads: how many
        :param seed: the same seed gives the same matrices
        :param dtype: ``"float32"`` or ``"float64"``
        :returns: the layer, its heads of size / heads numbers
        """
        random = np.random.default_rng(seed)
        W_q, W_k, W_v, W_o = (glorot_uniform(random, size, size).astype(dtype) for _ in range(4))
        return cls(W_q, W_k, W_v, W_o, heads)

    def __call__(self, x: np.ndarray, memory: np.ndarray | None = None, mask: np.ndarray | None = None) -> Attention:
        """Attend from each step of x to each step of another sequence, or of x itself.

        :param x: gives the queries, shape (batch, steps, size)
        :param memory: gives keys and values, shape (batch, time, size); ``None`` is x: **self-attention**
        :param mask: as in :func:`~rnn_tutorial.language.attention.dot_attention`, broadcast to the weights' shape
        :returns: the weights, shape (batch, heads, steps, time), and the output, shape (batch, steps, size)
        :raises ValueError: if a shape does not fit, or the mask is not bool
        """
        memory = x if memory is None else memory
        for name, given in {"x": x, "memory": memory}.items():
            if given.ndim != 3 or given.shape[2] != self.W_q.shape[1]:
                raise ValueError(f"`{name}`: expected the shape (batch, time, {self.W_q.shape[1]}), got {given.shape}.")
        q, k, v = (self._split(of @ W.T) for of, W in ((x, self.W_q), (memory, self.W_k), (memory, self.W_v)))
        weights, context = dot_attention(q, k, v, scale=q.shape[-1] ** -0.5, mask=mask)
        joined = context.swapaxes(1, 2).reshape(*x.shape[:2], -1)
        return Attention(weights, joined @ self.W_o.T)

    def _split(self, projected: np.ndarray) -> np.ndarray:
        """(batch, time, heads · head size) to (batch, heads, time, head size)."""
        return projected.reshape(*projected.shape[:2], self.heads, -1).swapaxes(1, 2)


@dataclass(frozen=True, eq=False)
class TransformerBlock(Record):
    """Self-attention, then a network on each position by itself, each added to its input and normalised.

    z = norm(x + MultiHead(x)),  y = norm(z + W_2 relu(W_1 z + b_1) + b_2)

    This is equation :eq:`transformer-block`, with :func:`layer_norm` after each sum, as in the original; many later
    networks have it before. The arrays are read-only copies.

    :param attention: the self-attention, or one of :mod:`~rnn_tutorial.language.mixers` in its place
    :param W_1: shape (hidden, size)
    :param b_1: shape (hidden,)
    :param W_2: shape (size, hidden)
    :param b_2: shape (size,)
    :param gains: of the two norms, shape (2, size)
    :param biases: of the two norms, shape (2, size)
    :raises ValueError: if a shape does not fit

    Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017.

    Example: without positions, a block treats steps that are swapped as swapped steps.

    >>> import numpy as np
    >>> from rnn_tutorial.language.transformer import TransformerBlock
    >>> block = TransformerBlock.random(size=6, heads=2, hidden=12, seed=1)
    >>> x = np.random.default_rng(1).normal(size=(1, 5, 6))
    >>> np.allclose(block(x)[:, ::-1], block(x[:, ::-1]))
    True
    """

    attention: MultiHeadAttention | MinGRUMixer | DeltaMixer
    W_1: np.ndarray
    b_1: np.ndarray
    W_2: np.ndarray
    b_2: np.ndarray
    gains: np.ndarray
    biases: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        size, hidden = len(self.attention.W_o), self.b_1.size
        of_network = {"W_1": (hidden, size), "b_1": (hidden,), "W_2": (size, hidden), "b_2": (size,)}
        check_shapes(self, **of_network, gains=(2, size), biases=(2, size))

    @classmethod
    def random(cls, size: int, heads: int, hidden: int, seed: int, dtype: str = "float32") -> TransformerBlock:
        """Initialise a block: matrices by :func:`~rnn_tutorial.theory.cells.glorot_uniform`, biases 0, gains 1.

        :param size: numbers in a vector
        :param heads: of the attention, a divisor of the size
        :param hidden: units of the position-wise network
        :param seed: the same seed gives the same block
        :param dtype: ``"float32"`` or ``"float64"``
        """
        random, attention = np.random.default_rng([seed, 1]), MultiHeadAttention.random(size, heads, seed, dtype)
        W_1, W_2 = (glorot_uniform(random, *shape).astype(dtype) for shape in ((hidden, size), (size, hidden)))
        ones, zeros = np.ones((2, size), dtype), np.zeros((2, size), dtype)
        return cls(attention, W_1, np.zeros(hidden, dtype), W_2, zeros[0], ones, zeros)

    def __call__(self, x: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        """Apply the block.

        :param x: shape (batch, time, size)
        :param mask: as in :class:`MultiHeadAttention`, such as :func:`~rnn_tutorial.language.attention.causal_mask`
        :returns: shape (batch, time, size)
        """
        z = layer_norm(x + self.attention(x, mask=mask).context, self.gains[0], self.biases[0])
        hidden = np.maximum(z @ self.W_1.T + self.b_1, 0)
        return layer_norm(z + hidden @ self.W_2.T + self.b_2, self.gains[1], self.biases[1])
