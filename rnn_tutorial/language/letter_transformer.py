"""A decoder-only transformer that reads text letter by letter and predicts the next one, as GPT does with its tokens.

Its blocks are those of :mod:`rnn_tutorial.language.transformer`, in NumPy; Keras trains them. Each has attention, or
one of :mod:`rnn_tutorial.language.mixers` in its place. Its rival is the recurrent network of
:mod:`rnn_tutorial.language.characters`. :doc:`/language/transformer` trains one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from keras import layers, ops
from threadpoolctl import threadpool_limits

from rnn_tutorial.language.attention import causal_mask
from rnn_tutorial.language.characters import ALPHABET
from rnn_tutorial.language.mixers import RECENT, DeltaMixer, MinGRUMixer
from rnn_tutorial.language.transformer import MultiHeadAttention, TransformerBlock, sinusoidal_positions
from rnn_tutorial.records import Record
from rnn_tutorial.theory.cells import check_shapes
from rnn_tutorial.theory.networks import softmax

__all__ = ["CONTEXT", "LetterTransformer", "fit_letter_transformer", "fit_with_warmup", "through_blocks"]

CONTEXT = 64
"""The number of letters that a :class:`LetterTransformer` reads at once."""


@dataclass(frozen=True, eq=False)
class LetterTransformer(Record):
    """A decoder-only transformer over the characters of :data:`~rnn_tutorial.language.characters.ALPHABET`.

    z_t = √d E[id_t] + p_t, then the blocks with the causal mask, and y_t = softmax(V z_t + b_y)

    These are equations :eq:`decoder-only`, :eq:`transformer-block` and :eq:`causal`; the positions p are those of
    :eq:`positions`, and are left out where a block has a recurrence, which sees the order by itself.

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
        """Convert what :func:`fit_letter_transformer` has trained to NumPy.

        :param model: the model
        """

        def of(kind: type[layers.Layer]) -> list[list[np.ndarray]]:
            return [layer.get_weights() for layer in model.layers if isinstance(layer, kind)]

        (E,), *dense = *of(layers.Embedding), *of(layers.Dense)
        blocks, norms = [], of(layers.LayerNormalization)
        mixers = [one for one in model.layers if isinstance(one, layers.MultiHeadAttention | _Recurrent)]
        for k, mixer in enumerate(mixers):
            attention: MultiHeadAttention | MinGRUMixer | DeltaMixer
            if isinstance(mixer, _Recurrent):
                attention = mixer.kind(*mixer.get_weights())
            else:
                *W, W_o = mixer.get_weights()  # (d, heads, part), and W_o (heads, part, d)
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
            for name, array in (vars(block.attention) | vars(block)).items():
                if isinstance(array, np.ndarray):
                    heads = getattr(block.attention, "heads", 1) if name in ("W_q", "W_k", "W_v") else 0
                    named[f"{k}.{name}"] = array.reshape(heads, -1, array.shape[1]) if heads else array
        return named

    def __call__(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read windows of a text.

        :param ids: characters, at most :data:`CONTEXT` in a window, shape (batch, time)
        :returns: the weights of all blocks with attention, shape (blocks, batch, heads, time, time), and y_t, the
            probabilities of the next character, shape (batch, time, characters)
        :raises ValueError: if a window is longer
        """
        if ids.shape[1] > CONTEXT:
            raise ValueError(f"`ids`: expected windows of at most {CONTEXT} characters, got {ids.shape[1]}.")
        size, mask, weights = self.E.shape[1], causal_mask(ids.shape[1])[None, None], []
        z = np.sqrt(self.E.dtype.type(size)) * self.E[ids]
        if all(isinstance(block.attention, MultiHeadAttention) for block in self.blocks):
            z = z + sinusoidal_positions(CONTEXT, size)[: ids.shape[1]].astype(z.dtype)
        for block in self.blocks:
            if isinstance(block.attention, MultiHeadAttention):
                weights.append(block.attention(z, mask=mask).weights)
            z = block(z, mask)
        return np.array(weights), softmax(z @ self.V.T + self.b_y)

    def read(self, ids: np.ndarray) -> np.ndarray:
        """Predict the next character along a text; a full window is followed by one that begins with its second half.

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
    mixers: Sequence[str] = ("attention", "attention"),
    batch_size: int = 16,
    learning_rate: float = 0.005,
) -> keras.Model:
    """Train a transformer to predict the next character, on one pass through a text.

    The text is cut into windows of :data:`CONTEXT`, read once each, in random order, as :func:`fit_with_warmup` does.
    The loss is that of equation :eq:`perplexity`.

    :param ids: the text, shape (time,); what is left at its end is not read
    :param seed: of the weights and of the order
    :param size: d, the numbers in a vector
    :param heads: of each attention, a divisor of d
    :param hidden: units of the position-wise networks
    :param mixers: what mixes the letters in each block, as in :func:`through_blocks`
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
    model = _in_keras(size, heads, hidden, mixers)
    fit_with_warmup(model, inputs, targets, batch_size, learning_rate)
    return model


def fit_with_warmup(
    model: keras.Model, inputs: np.ndarray, targets: np.ndarray, batch_size: int, learning_rate: float
) -> None:
    """Train on each example once, in the order given, with Adam and clipped gradients.

    The rate rises for a tenth of the updates and then falls to 0 as half a cosine.

    :param model: gives logits; it is trained in place
    :param inputs: a multiple of the batch size
    :param targets: classes, -1 where none is judged
    :param batch_size: examples per update
    :param learning_rate: the highest η
    """
    updates = len(inputs) // batch_size
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, updates - updates // 10, warmup_target=learning_rate, warmup_steps=updates // 10
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model.compile(keras.optimizers.Adam(schedule, global_clipnorm=1.0), loss, jit_compile=False)
    model.fit(inputs, targets, batch_size, shuffle=False, verbose=0)


def _in_keras(size: int, heads: int, hidden: int, mixers: Sequence[str]) -> keras.Model:
    ids = keras.Input((CONTEXT,), dtype="int32")
    z = layers.Rescaling(size**0.5)(layers.Embedding(len(ALPHABET), size)(ids))
    return keras.Model(ids, through_blocks(z, heads, hidden, mixers, len(ALPHABET)))


def through_blocks(
    z: keras.KerasTensor, heads: int, hidden: int, mixers: Sequence[str], outputs: int
) -> keras.KerasTensor:
    """Build blocks in Keras, and the logits after them; positions are added if all blocks have attention.

    :param z: vectors, shape (batch, time, size), of a known time
    :param heads: of attention and delta rule, a divisor of the size
    :param hidden: units of the position-wise networks
    :param mixers: for each block ``"attention"``, ``"mingru"``, ``"delta"`` or ``"gru"``
    :param outputs: how many logits
    :returns: the logits, shape (batch, time, outputs)
    """
    _, time, size = z.shape
    if set(mixers) == {"attention"}:
        z = z + sinusoidal_positions(time, size).astype("float32")
    norm = partial(layers.LayerNormalization, epsilon=1e-3)
    for name in mixers:
        if name == "attention":
            mixed = layers.MultiHeadAttention(heads, size // heads, use_bias=False)(z, z, use_causal_mask=True)
        elif name == "gru":
            mixed = layers.GRU(size, return_sequences=True, unroll=True)(z)
        else:
            mixed = _Recurrent(name, heads)(z)
        z = norm()(z + mixed)
        z = norm()(z + layers.Dense(size)(layers.Dense(hidden, "relu")(z)))
    return layers.Dense(outputs)(z)


class _Recurrent(layers.Layer):
    """A mixer in Keras: a minGRU, or the delta rule with all steps at once, by a triangular system for each head."""

    # S_t = Σ_j w_j k_jᵀ, where w_t = β_t (v_t - Σ_{j<t} (k_jᵀ k_t) w_j), which is linear in the w

    def __init__(self, name: str, heads: int) -> None:
        super().__init__()
        self.kind: type[MinGRUMixer] | type[DeltaMixer] = {"mingru": MinGRUMixer, "delta": DeltaMixer}[name]
        self.heads = heads

    def build(self, shape: tuple[int, ...]) -> None:
        size = shape[-1]
        start = {  # each step sees itself; the gates of a minGRU remember 2 to CONTEXT steps
            "recent": lambda shape, dtype: np.eye(RECENT, 1) * np.ones(size),
            "b_z": lambda shape, dtype: np.log(np.linspace(1, CONTEXT - 1, *shape)),
        }
        for name, of in self.kind.shapes(size, self.heads).items():
            setattr(self, name, self.add_weight(shape=of, initializer=start.get(name, "glorot_uniform"), name=name))

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        time, padded = x.shape[1], ops.pad(x, ((0, 0), (RECENT - 1, 0), (0, 0)))
        u = sum(self.recent[i] * padded[:, RECENT - 1 - i :][:, :time] for i in range(RECENT))
        if self.kind is MinGRUMixer:
            z = ops.sigmoid(u @ ops.transpose(self.W_z) + self.b_z)
            b, h = (1 - z) * (u @ ops.transpose(self.W_h)), [0 * z[:, 0]]
            for z_t, b_t in zip(ops.unstack(z, axis=1), ops.unstack(b, axis=1), strict=True):  # faster than a scan
                h.append(z_t * h[-1] + b_t)
            return ops.stack(h[1:], axis=1) @ ops.transpose(self.W_o)

        def by_head(W: keras.Variable) -> keras.KerasTensor:
            parts = ops.reshape(u @ ops.transpose(W), (-1, time, self.heads, W.shape[0] // self.heads))
            return ops.swapaxes(parts, 1, 2)

        q, k = (a / ops.sqrt(ops.sum(a**2, -1, keepdims=True) + 1e-6) for a in map(by_head, (self.W_q, self.W_k)))
        beta = 2 * ops.sigmoid(by_head(self.W_beta))
        system = ops.eye(time) + ops.tril(beta * (k @ ops.swapaxes(k, 2, 3)), -1)
        w = ops.solve_triangular(system, beta * by_head(self.W_v), lower=True)
        read = ops.swapaxes(ops.tril(q @ ops.swapaxes(k, 2, 3)) @ w, 1, 2)
        return ops.reshape(read, ops.shape(x)) @ ops.transpose(self.W_o)
