"""An encoder-decoder in NumPy, with attention or without, for dictated numbers.

The encoder reads the words of :mod:`rnn_tutorial.language.dictation`. The decoder starts from its last state and writes
digits, each as a function of its own state and, with attention, of a weighted mean of all states of the encoder.
Its gradients are by hand, and no Keras is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from rnn_tutorial.language.attention import dot_attention, dot_attention_backward
from rnn_tutorial.language.dictation import END, WORDS, Dictations, dictations
from rnn_tutorial.records import Record, compared_by_content
from rnn_tutorial.theory.cells import GRUCell, GRUState, check_shapes, glorot_uniform, unroll
from rnn_tutorial.theory.gradients import backpropagate_through_time
from rnn_tutorial.theory.networks import softmax, softmax_cross_entropy
from rnn_tutorial.theory.tasks import one_hot
from rnn_tutorial.theory.training import Adam

__all__ = ["Translator", "Translation", "exact_match", "translation_loss", "fit_translator"]

OUTPUTS = END + 1
PARTS = ("encoder", "decoder")


@compared_by_content
class Translation(NamedTuple):
    """What a :class:`Translator` writes, from :meth:`Translator.translate`.

    :param digits: as in :class:`~rnn_tutorial.language.dictation.Dictations`, shape (count, steps)
    :param probabilities: y_t, shape (count, steps, 11)
    :param weights: α_tj, equation :eq:`attention-weights`, shape (count, steps, time); ``None`` without attention
    """

    digits: np.ndarray
    probabilities: np.ndarray
    weights: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Translator(Record):
    """A GRU that reads words, and a GRU that writes digits, with dot-product attention or without.

    h_j = GRU(word_j, h_{j-1}),  s_t = GRU(digit_{t-1}, s_{t-1}) with s_0 the last h

    y_t = softmax(V [s_t; h̄_t] + b_y),  h̄_t the mean of the h_j weighted by attention with the query A s_t

    Without attention h̄_t is left out. These are equations :eq:`encoder-decoder` and :eq:`attention-output`. The arrays
    are read-only copies.

    :param encoder: 21 inputs, the one-hot words
    :param decoder: 11 inputs, the one-hot digit before, or the end as a start
    :param A: from s_t to the query, shape (units, units); ``None`` without attention
    :param V: to the outputs, shape (11, 2 · units), without attention (11, units)
    :param b_y: shape (11,)
    :raises ValueError: if a shape does not fit

    Sources: Cho et al. and Sutskever et al. (2014) without attention; Luong et al. (2015), score "general", with it.

    >>> from rnn_tutorial.language.translator import Translator
    >>> for attention in (False, True):
    ...     Translator.random(8, attention, seed=1).V.shape
    (11, 8)
    (11, 16)
    """

    encoder: GRUCell
    decoder: GRUCell
    A: np.ndarray | None
    V: np.ndarray
    b_y: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        units = self.encoder.units
        check_shapes(self, V=(OUTPUTS, units if self.A is None else 2 * units), b_y=(OUTPUTS,))
        if self.A is not None:
            check_shapes(self, A=(units, units))
        for part, inputs in zip(PARTS, (len(WORDS), OUTPUTS), strict=True):
            cell = getattr(self, part)
            if (got := (cell.inputs, cell.units)) != (inputs, units):
                raise ValueError(f"`{part}`: expected {inputs} inputs and {units} units, got {got}.")

    @classmethod
    def random(cls, units: int, attention: bool, seed: int) -> Translator:
        """Initialise a translator in float32: A and V as W is, b_y zero.

        :param units: of both cells
        :param attention: whether it has attention
        :param seed: the same seed gives the same network
        """
        random = np.random.default_rng([seed, 3])
        V = glorot_uniform(random, OUTPUTS, 2 * units if attention else units).astype(np.float32)
        A = glorot_uniform(random, units, units).astype(np.float32) if attention else None
        # two numbers make a seed: the cells begin differently
        encoder = GRUCell.random(len(WORDS), units, seed=2 * seed)
        return cls(encoder, GRUCell.random(OUTPUTS, units, seed=2 * seed + 1), A, V, np.zeros(OUTPUTS, np.float32))

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The trainable parameters, by name: those of the cells after ``encoder.`` and ``decoder.``, A, V and b_y."""
        cells = {f"{part}.{name}": array for part in PARTS for name, array in getattr(self, part).parameters.items()}
        return cells | ({} if self.A is None else {"A": self.A}) | {"V": self.V, "b_y": self.b_y}

    def with_parameters(self, parameters: dict[str, np.ndarray]) -> Translator:
        """Return the same network with other parameters: all of them, by name."""
        cells = []
        for part in PARTS:
            cell = getattr(self, part)
            given: dict[str, Any] = {name: parameters[f"{part}.{name}"] for name in cell.parameters}
            cells.append(replace(cell, **given))
        encoder, decoder = cells
        return Translator(encoder, decoder, parameters.get("A"), parameters["V"], parameters["b_y"])

    def translate(self, words: np.ndarray, *, at_least: int = 0) -> Translation:
        """Write the most probable digit at each step, and read it at the next one, until all have ended.

        :param words: ids, shape (count, time), padded with -1 at the end
        :param at_least: digits before which the end has the probability 0
        :returns: digits, probabilities and weights; at most 3/2 digits a word, and two

        >>> from rnn_tutorial.language.dictation import dictations
        >>> from rnn_tutorial.language.translator import Translator
        >>> translator = Translator.random(8, attention=True, seed=1)
        >>> translator.translate(dictations(2).words).probabilities.shape[::2]
        (2, 11)
        """
        h = self.read(words)
        state, last = self.start(h), np.full(len(words), END)
        digits, y, weights = [], [], []
        done = np.zeros(len(words), bool)
        for step in range(3 * words.shape[1] // 2 + 2):
            state = self.decoder.step(one_hot(last, OUTPUTS), state)
            a, _, _, attention = self.read_out(h, words, state.h[:, None])
            if step < at_least:
                a[..., END] = -np.inf
            last = a[:, 0].argmax(axis=-1)
            digits.append(np.where(done, -1, last))
            y.append(softmax(a[:, 0]))
            if attention is not None:
                weights.append(attention.weights[:, 0])
            done |= last == END
            if done.all():
                break
        stacked = np.stack(weights, axis=1) if weights else None
        return Translation(np.stack(digits, axis=1), np.stack(y, axis=1), stacked)

    def to_file(self) -> bytes:
        """Serialise the network for the browser: its parameters in float32, and the words."""
        from rnn_tutorial.theory.networks import tensor_file  # no browser has what this needs, where the rest runs

        tensors = {name: array.astype(np.float32) for name, array in self.parameters.items()}
        return tensor_file(tensors, {"encoder.": self.encoder, "decoder.": self.decoder}, words=WORDS)

    def read(self, words: np.ndarray) -> GRUState:
        """Return all states of the encoder, each part of shape (count, time, units).

        :param words: ids, shape (count, time), padded with -1 at the end
        """
        return unroll(self.encoder, one_hot(words, len(WORDS)), mask=words >= 0)

    def start(self, h: GRUState) -> GRUState:
        """Return s_0, the decoder's first state: the encoder's last."""
        return self.decoder.initial_state(len(h.h))._replace(h=h.h[:, -1])

    def read_out(self, h: GRUState, words: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray, Any, Any]:
        """Compute a_t = V [s_t; h̄_t] + b_y, of which y_t is the softmax, equation :eq:`attention-output`.

        :param h: what :meth:`read` returned
        :param words: as there
        :param s: states of the decoder, shape (count, steps, units)
        :returns: a_t, shape (count, steps, 11), and on the way to it [s_t; h̄_t], the queries A s_t, and the
            :class:`~rnn_tutorial.language.attention.Attention`; without attention s_t, ``None`` and ``None``
        """
        features, queries, attention = s, None, None
        if self.A is not None:
            queries = s @ self.A.T
            attention = dot_attention(queries, h.h, h.h, mask=(words >= 0)[:, None])
            features = np.concatenate([s, attention.context], axis=-1)
        return features @ self.V.T + self.b_y, features, queries, attention


def exact_match(translator: Translator, examples: Dictations) -> float:
    """Compute the fraction, 0 to 1, of numbers of which every digit, and the end, is correct."""
    both = translator.translate(examples.words).digits, examples.digits
    steps = max(digits.shape[1] for digits in both)
    written, targets = (np.pad(digits, ((0, 0), (0, steps - digits.shape[1])), constant_values=-1) for digits in both)
    return float((written == targets).all(axis=1).mean())


def translation_loss(translator: Translator, examples: Dictations) -> tuple[float, dict[str, np.ndarray]]:
    """Compute the loss with teacher forcing and its gradients.

    L is the cross-entropy in nats, averaged over all digits and ends; the decoder reads the correct digit before each.
    The gradient takes three ways to the encoder's states: as values, as keys, and through s_0, equations
    :eq:`attention-back` and :eq:`dot-back` of :doc:`/language/attention`.

    :param translator: the network
    :param examples: dictated numbers
    :returns: L, and ∂L/∂θ by the parameters' names

    >>> from rnn_tutorial.language.dictation import dictations
    >>> from rnn_tutorial.language.translator import Translator, translation_loss
    >>> translator = Translator.random(8, attention=True, seed=1)
    >>> loss, grads = translation_loss(translator, dictations(100))
    >>> abs(loss - 2.4) < 0.5, grads.keys() == translator.parameters.keys()  # ln 11
    (True, True)
    """
    words, targets = examples.words, examples.digits
    before = np.concatenate([np.full((len(targets), 1), END), targets[:, :-1]], axis=1)
    x, h, digits = one_hot(words, len(WORDS)), translator.read(words), one_hot(before, OUTPUTS)
    s_0 = translator.start(h)
    s = unroll(translator.decoder, digits, initial_state=s_0)
    a, features, queries, attention = translator.read_out(h, words, s.h)
    loss, grad_a = softmax_cross_entropy(a, targets)

    units = translator.encoder.units
    grads = {
        "V": grad_a.reshape(-1, OUTPUTS).T @ features.reshape(-1, features.shape[-1]),
        "b_y": grad_a.reshape(-1, OUTPUTS).sum(axis=0),
    }
    grad_s, grad_context = np.split(grad_a @ translator.V, [units], axis=-1)
    grad_h = np.zeros_like(h.h)
    if translator.A is not None:
        grad_queries, grad_keys, grad_values = dot_attention_backward(queries, h.h, h.h, attention, grad_context)
        grad_h = grad_keys + grad_values
        grads["A"] = grad_queries.reshape(-1, units).T @ s.h.reshape(-1, units)
        grad_s = grad_s + grad_queries @ translator.A
    decoder = backpropagate_through_time(translator.decoder, digits, grad_s, initial_state=s_0, states=s)
    grad_h[:, -1] += decoder.initial_state["h"]
    encoder = backpropagate_through_time(translator.encoder, x, grad_h, mask=words >= 0, states=h)
    for part, of in zip(PARTS, (encoder, decoder), strict=True):
        grads |= {f"{part}.{name}": grad for name, grad in of.parameters.items()}
    return loss, grads


def fit_translator(
    attention: bool,
    seed: int,
    *,
    units: int = 64,
    updates: int = 1000,
    batch_size: int = 64,
    learning_rate: float = 0.009,
    lengths: tuple[int, int] = (3, 8),
) -> Translator:
    """Train a translator, on new numbers at every update, none of them held out.

    Gradients are clipped to the norm 1 and applied by :class:`~rnn_tutorial.theory.training.Adam`, whose learning rate
    falls linearly to 0 in the last 60 % of the updates. One thread computes, see
    :func:`~rnn_tutorial.theory.training.fit`.

    :param attention: whether it has attention
    :param seed: of the network and of the numbers
    :param units: of both cells
    :param updates: how many
    :param batch_size: numbers per update
    :param learning_rate: the first η
    :param lengths: the least and the largest number of digits

    >>> from rnn_tutorial.language.dictation import dictations
    >>> from rnn_tutorial.language.translator import fit_translator, translation_loss
    >>> translator = fit_translator(True, seed=1, units=8, updates=20)
    >>> translation_loss(translator, dictations(100))[0] < 2.4  # ln 11 is guessing
    True
    """
    translator, adam = Translator.random(units, attention, seed), Adam(learning_rate, max_norm=1.0)
    with threadpool_limits(1, user_api="blas"):
        for update in range(updates):
            adam.learning_rate = learning_rate * min(1.0, (1 - update / updates) / 0.6)
            _, grads = translation_loss(translator, dictations(batch_size, lengths, seed=[seed, update]))
            translator = translator.with_parameters(adam.update(translator.parameters, grads))
    return translator
