"""A decoder-only transformer that reads text letter by letter and predicts the next one, as GPT does with its tokens.

Its blocks are those of :mod:`rnn_tutorial.language.transformer`, in NumPy; Keras trains them. The letters are those of
:mod:`rnn_tutorial.language.characters`, and so is its rival, a recurrent network. :doc:`/language/transformer` trains
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from keras import layers
from threadpoolctl import threadpool_limits

from rnn_tutorial.language.attention import causal_mask
from rnn_tutorial.language.characters import ALPHABET
from rnn_tutorial.language.transformer import MultiHeadAttention, TransformerBlock, sinusoidal_positions
from rnn_tutorial.records import Record
from rnn_tutorial.theory.cells import check_shapes
from rnn_tutorial.theory.networks import softmax

__all__ = ["CONTEXT", "LetterTransformer", "fit_letter_transformer"]

CONTEXT = 64
"""The number of letters that a :class:`LetterTransformer` reads at once."""


@dataclass(frozen=True, eq=False)
class LetterTransformer(Record):
    """A decoder-only transformer over the characters of :data:`~rnn_tutorial.language.characters.ALPHABET`.

    z_t = √d E[id_t] + p_t, then the blocks with the causal mask, and y_t = softmax(V z_t + b_y)

    These are equations :eq:`decoder-only`, :eq:`transformer-block` and :eq:`causal`; the positions p are those of
    :eq:`positions`.

    :param E: the embedding, shape (characters, d)
    :param blocks: one or more
    :param V: shape (characters, d)
    :param b_y: shape (characters,)
    :raises ValueError: if a shape does not fit

    Source: Radford et al., Improving Language Understanding by Generative Pre-Training, 2018, here with the positions
    of Vaswani et al., Attention Is All You Need, NeurIPS 2017, and separate matrices E and V.

    Example: what comes later changes nothing.

    >>> import numpy as np
    >>> from rnn_tutorial.language.characters import encode
    >>> from rnn_tutorial.language.letter_transformer import LetterTransformer
    >>> from rnn_tutorial.language.transformer import TransformerBlock
    >>> E, V = np.random.default_rng(1).normal(size=(2, 52, 8))
    >>> block = TransformerBlock.random(8, heads=2, hidden=16, seed=1)
    >>> network = LetterTransformer(E, (block,), V, np.zeros(52))
    >>> one, other = (network.read(encode(text)) for text in ("a film", "a fine"))
    >>> np.allclose(one[:4], other[:4]), np.allclose(one[4], other[4])
    (True, False)
    """

    E: np.ndarray
    blocks: tuple[TransformerBlock, ...]
    V: np.ndarray
    b_y: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        shape = len(ALPHABET), self.blocks[0].W_2.shape[0]
        check_shapes(self, E=shape, V=shape, b_y=shape[:1])

    @classmethod
    def from_keras(cls, model: keras.Model) -> LetterTransformer:
        """Convert what :func:`fit_letter_transformer` has trained.

        :param model: the model
        :returns: the same network in NumPy
        """

        def of(kind: type[layers.Layer]) -> list[list[np.ndarray]]:
            return [layer.get_weights() for layer in model.layers if isinstance(layer, kind)]

        (E,), *dense = *of(layers.Embedding), *of(layers.Dense)
        blocks, norms = [], of(layers.LayerNormalization)
        for k, (*W, W_o) in enumerate(of(layers.MultiHeadAttention)):  # (d, heads, part), and W_o (heads, part, d)
            W_q, W_k, W_v = (w.reshape(len(w), -1).T for w in W)
            attention = MultiHeadAttention(W_q, W_k, W_v, W_o.reshape(-1, W_o.shape[2]).T, len(W_o))
            (W_1, b_1), (W_2, b_2) = dense[2 * k : 2 * k + 2]
            gains, biases = map(np.stack, zip(*norms[2 * k : 2 * k + 2], strict=True))
            blocks.append(TransformerBlock(attention, W_1.T, b_1, W_2.T, b_2, gains, biases))
        return cls(E, tuple(blocks), dense[-1][0].T, dense[-1][1])

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """All weights by name, those of block k with ``k.`` before it, W_q, W_k and W_v with an axis for the heads."""
        named = {"E": self.E, "V": self.V, "b_y": self.b_y}
        for k, block in enumerate(self.blocks):
            heads, arrays = block.attention.heads, vars(block.attention) | vars(block)
            for name, array in arrays.items():
                if isinstance(array, np.ndarray):
                    split = name in ("W_q", "W_k", "W_v")
                    named[f"{k}.{name}"] = array.reshape(heads, -1, array.shape[1]) if split else array
        return named

    def __call__(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read windows of a text.

        :param ids: characters, at most :data:`CONTEXT` in a window, shape (batch, time)
        :returns: the attention weights of all blocks, shape (blocks, batch, heads, time, time), and y_t, the
            probabilities of the next character, shape (batch, time, characters)
        :raises ValueError: if a window is longer
        """
        if ids.shape[1] > CONTEXT:
            raise ValueError(f"`ids`: expected windows of at most {CONTEXT} characters, got {ids.shape[1]}.")
        size, mask, weights = self.E.shape[1], causal_mask(ids.shape[1])[None, None], []
        z = np.sqrt(self.E.dtype.type(size)) * self.E[ids] + sinusoidal_positions(CONTEXT, size)[: ids.shape[1]]
        z = z.astype(self.E.dtype)
        for block in self.blocks:
            weights.append(block.attention(z, mask=mask).weights)
            z = block(z, mask)
        return np.array(weights), softmax(z @ self.V.T + self.b_y)

    def read(self, ids: np.ndarray) -> np.ndarray:
        """Predict the next character along a text, from half a window before it to a whole one.

        When a window is full, a new one begins with its second half.

        :param ids: the text, shape (time,)
        :returns: y_t, shape (time, characters)
        """
        half = CONTEXT // 2
        starts = np.arange(0, max(len(ids) - half, 1), half)
        windows = np.pad(ids, (0, CONTEXT))[starts[:, None] + np.arange(CONTEXT)]
        with threadpool_limits(1, user_api="blas"):  # the number of threads changes the last bits
            y = np.concatenate([self(some)[1] for some in np.array_split(windows, len(windows) // 128 + 1)])
        return np.concatenate([y[0, :half], *y[:, half:]])[: len(ids)]


def fit_letter_transformer(
    ids: np.ndarray,
    seed: int,
    *,
    size: int = 64,
    heads: int = 4,
    hidden: int = 256,
    blocks: int = 2,
    batch_size: int = 16,
    learning_rate: float = 0.005,
) -> keras.Model:
    """Train a transformer to predict the next character, on one pass through a text.

    The text is cut into windows of :data:`CONTEXT`, read once each, in random order. Adam's rate rises for a
    tenth of the updates and then falls to 0 as half a cosine; gradients are clipped to the norm 1. The loss is that of
    equation :eq:`perplexity`.

    :param ids: the text, shape (time,); what is left at its end is not read
    :param seed: of the weights and of the order
    :param size: d, the numbers in a vector
    :param heads: of each attention, a divisor of d
    :param hidden: units of the position-wise networks
    :param blocks: how many
    :param batch_size: windows per update
    :param learning_rate: the highest η
    :returns: the trained network, which gives logits; :meth:`LetterTransformer.from_keras` converts it
    :raises ValueError: if the text is shorter than a batch

    >>> from rnn_tutorial.language.characters import encode
    >>> from rnn_tutorial.language.letter_transformer import fit_letter_transformer
    >>> text = encode("a good film and a bad film. " * 40)
    >>> model = fit_letter_transformer(text, seed=1, size=8, heads=2, hidden=16)
    >>> model.count_params()
    2020
    """
    updates = (len(ids) - 1) // CONTEXT // batch_size
    if updates < 1:
        raise ValueError(f"`ids`: expected at least {batch_size * CONTEXT + 1:,} characters, got {len(ids):,}.")
    order = np.random.default_rng(seed).permutation(updates * batch_size)
    inputs, targets = (part[: order.size * CONTEXT].reshape(-1, CONTEXT)[order] for part in (ids[:-1], ids[1:]))
    keras.utils.set_random_seed(int(seed))  # of NumPy's integers it takes none
    model = _in_keras(size, heads, hidden, blocks)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, updates - updates // 10, warmup_target=learning_rate, warmup_steps=updates // 10
    )
    model.compile(
        keras.optimizers.Adam(schedule, global_clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.fit(inputs, targets, batch_size, shuffle=False, verbose=0)
    return model


def _in_keras(size: int, heads: int, hidden: int, blocks: int) -> keras.Model:
    attention = partial(layers.MultiHeadAttention, heads, size // heads, use_bias=False)
    norm = partial(layers.LayerNormalization, epsilon=1e-3)
    ids = keras.Input((CONTEXT,), dtype="int32")
    z = size**0.5 * layers.Embedding(len(ALPHABET), size)(ids)
    z = z + sinusoidal_positions(CONTEXT, size).astype("float32")
    for _ in range(blocks):
        z = norm()(z + attention()(z, z, use_causal_mask=True))
        z = norm()(z + layers.Dense(size)(layers.Dense(hidden, "relu")(z)))
    return keras.Model(ids, layers.Dense(len(ALPHABET))(z))
