"""An encoder-decoder in NumPy, with attention or without, for dictated numbers.

The encoder reads the words of :mod:`rnn_tutorial.language.dictation`. The decoder starts from its last state and writes
digits, each as a function of its own state and, with attention, of a weighted mean of all states of the encoder.
:mod:`rnn_tutorial.language.translator_training` trains it. No Keras is needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import save
from scipy.special import softmax

from rnn_tutorial.language.attention import Attention, dot_attention
from rnn_tutorial.language.dictation import END, WORDS, Dictations
from rnn_tutorial.records import Record, compared_by_content, read_only
from rnn_tutorial.theory.cells import GRUCell, glorot_uniform, unroll

__all__ = ["Translator", "Translation", "exact_match"]

OUTPUTS = END + 1
PARTS = ("encoder", "decoder")


@compared_by_content
class Translation(NamedTuple):
    """What a :class:`Translator` writes, from :meth:`Translator.translate`.

    :param digits: the digits and the end, as in :class:`~rnn_tutorial.language.dictation.Dictations`, shape (count,
        steps)
    :param probabilities: y_t, shape (count, steps, 11)
    :param weights: α_tj, equation :eq:`attention-weights`, shape (count, steps, time); ``None`` without attention

    Example:

    >>> from rnn_tutorial.language.dictation import dictations
    >>> from rnn_tutorial.language.translator import Translator
    >>> written = Translator.random(8, attention=True, seed=1).translate(
    ...     dictations(2).words
    ... )
    >>> written.digits.shape == written.probabilities.shape[
    ...     :2
    ... ] == written.weights.shape[:2]
    True
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
    are copied, and the copies are read-only.

    :param encoder: 21 inputs, the one-hot words
    :param decoder: 11 inputs, the one-hot digit before, or the end as a start
    :param A: from s_t to the query, shape (units, units); ``None`` without attention
    :param V: to the outputs, shape (11, 2 · units), without attention (11, units)
    :param b_y: shape (11,)
    :raises ValueError: if a shape does not fit

    Sources: Cho et al. and Sutskever et al. (2014) without attention; Luong et al. (2015), score "general", with it.

    Example:

    >>> from rnn_tutorial.language.translator import Translator
    >>> plain, attentive = (
    ...     Translator.random(8, attention, seed=1) for attention in (False, True)
    ... )
    >>> plain.V.shape, attentive.V.shape
    ((11, 8), (11, 16))
    """

    encoder: GRUCell
    decoder: GRUCell
    A: np.ndarray | None
    V: np.ndarray
    b_y: np.ndarray

    def __post_init__(self) -> None:
        for name in ("A", "V", "b_y"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name)))
        units = self.encoder.units
        expected = {"V": (OUTPUTS, units if self.A is None else 2 * units), "b_y": (OUTPUTS,)}
        for name, shape in expected.items() if self.A is None else (expected | {"A": (units, units)}).items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"`{name}`: expected the shape {shape}, got {getattr(self, name).shape}.")
        for part, inputs in zip(PARTS, (len(WORDS), OUTPUTS), strict=True):
            cell = getattr(self, part)
            if (cell.inputs, cell.units) != (inputs, units):
                got = (cell.inputs, cell.units)
                raise ValueError(f"`{part}`: expected {inputs} inputs and {units} units, got {got}.")

    @classmethod
    def random(cls, units: int, attention: bool, seed: int) -> Translator:
        """Initialise a translator in float32.

        :param units: of both cells
        :param attention: whether it has attention
        :param seed: the same seed gives the same network
        :returns: the network; A and V are initialised as W is, b_y is zero
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
        """Return the same network with other parameters.

        :param parameters: all of them, by name
        :returns: a new network
        """
        cells = []
        for part in PARTS:
            cell = getattr(self, part)
            given: dict[str, Any] = {name: parameters[f"{part}.{name}"] for name in cell.parameters}
            cells.append(replace(cell, **given))
        encoder, decoder = cells
        return Translator(encoder, decoder, parameters.get("A"), parameters["V"], parameters["b_y"])

    def translate(self, words: np.ndarray) -> Translation:
        """Write the most probable digit at each step, and read it at the next one, until all have ended.

        :param words: ids, shape (count, time), padded with -1 at the end
        :returns: digits, probabilities and weights; at most 3/2 digits a word, and two
        """
        h = self.read(words)
        state, last = self.start(h), np.full(len(words), END)
        steps, done = [], np.zeros(len(words), bool)
        for _ in range(3 * words.shape[1] // 2 + 2):
            state = self.decoder.step(one_hot(last, OUTPUTS), state)
            a, attention = self.write(h, words, state.h[:, None])
            last = a[:, 0].argmax(axis=-1)
            weights = None if attention is None else attention.weights[:, 0]
            steps.append((np.where(done, -1, last), softmax(a[:, 0], axis=-1), weights))
            done |= last == END
            if done.all():
                break
        digits, y, alpha = zip(*steps, strict=True)
        stacked = None if self.A is None else np.stack(alpha, axis=1)
        return Translation(np.stack(digits, axis=1), np.stack(y, axis=1), stacked)

    def to_file(self) -> bytes:
        """Serialise the network for the browser, in the format safetensors: its parameters in float32, by their names.

        :returns: the content of a file, with the words in its metadata
        """
        tensors = {name: np.ascontiguousarray(array, np.float32) for name, array in self.parameters.items()}
        return save(tensors, {"rnn_tutorial.translator": json.dumps({"version": 1, "words": WORDS})})

    def read(self, words: np.ndarray) -> Any:
        """Return all states of the encoder.

        :param words: ids, shape (count, time), padded with -1 at the end
        :returns: the states, each part of shape (count, time, units)
        """
        return unroll(self.encoder, one_hot(words, len(WORDS)), mask=words >= 0)

    def start(self, h: Any) -> Any:
        """Return s_0, the decoder's first state: the encoder's last.

        :param h: what :meth:`read` returned
        :returns: the state, each part of shape (count, units)
        """
        return self.decoder.initial_state(len(h.h))._replace(h=h.h[:, -1])

    def write(self, h: Any, words: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, Attention | None]:
        """Return a_t = V [s_t; h̄_t] + b_y, of which y_t is the softmax, and the attention.

        :param h: what :meth:`read` returned
        :param words: as there
        :param s: states of the decoder, shape (count, steps, units)
        :returns: a_t, shape (count, steps, 11), and weights and means, or ``None``
        """
        if self.A is None:
            return s @ self.V.T + self.b_y, None
        attention = dot_attention(s @ self.A.T, h.h, h.h, mask=(words >= 0)[:, None])
        return np.concatenate([s, attention.context], axis=-1) @ self.V.T + self.b_y, attention


def one_hot(ids: np.ndarray, size: int) -> np.ndarray:
    """Return a vector for each id, all 0 for padding, -1; shape (..., size)."""
    return np.asarray(ids[..., None] == np.arange(size), np.float32)


def exact_match(translator: Translator, examples: Dictations) -> float:
    """Compute the fraction of numbers of which every digit, and the end, is correct.

    :doc:`/language/attention` draws it by length.

    :param translator: the network
    :param examples: dictated numbers
    :returns: 0 to 1

    Example: an untrained network gets none right.

    >>> from rnn_tutorial.language.dictation import dictations
    >>> from rnn_tutorial.language.translator import Translator, exact_match
    >>> exact_match(Translator.random(8, attention=True, seed=1), dictations(100))
    0.0
    """
    written, wanted = translator.translate(examples.words).digits, examples.digits
    steps = max(written.shape[1], wanted.shape[1])
    same = [np.pad(ids, ((0, 0), (0, steps - ids.shape[1])), constant_values=-1) for ids in (written, wanted)]
    return float((same[0] == same[1]).all(axis=1).mean())
