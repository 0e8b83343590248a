"""Synthetic sequence tasks whose best score is known: each tests one ability.

Each function samples examples, the same ones for the same seed. In the two tasks about order, examples come as
**minimal pairs**, one after the other: the same inputs in another order, with the other target. A model that does not
see the order must predict the same for both, so its accuracy is exactly 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from rnn_tutorial.records import Record

__all__ = [
    "Task", "Examples", "first_letter", "temporal_order", "same_words", "verdicts", "adding_problem", "copy_memory",
    "one_hot",
]  # fmt: skip

Seed = int | Sequence[int]


class Task(Protocol):
    """A function that samples examples: one of this module, its other arguments fixed by ``functools.partial``."""

    def __call__(self, count: int, *, seed: Seed = 0) -> Examples:
        """Sample ``count`` examples, the same ones for the same seed."""


@dataclass(frozen=True, eq=False)
class Examples(Record):
    """Examples of a task, and the losses of chance and of a perfect model.

    The arrays are copied, and the copies are read-only.

    :param inputs: the sequences, float32, shape (count, time, inputs)
    :param targets: class numbers from 0, or float32 numbers; one a sequence, shape (count,), or one a step
    :param loss: ``"cross-entropy"`` in nats, or ``"squared error"``; averaged over all targets
    :param chance: the lowest loss without order or memory; of :func:`adding_problem`, without the inputs
    :param best: the lowest loss with it
    :param symbols: a name for each input, where inputs are one-hot
    :param outputs: the numbers in one output: one per class, or one
    :param cues: the only steps that decide the target, bool, shape (count, time); ``None`` where a task marks none
    :raises ValueError: if the targets do not fit the inputs, or one is a class that has no output
    """

    inputs: np.ndarray
    targets: np.ndarray
    loss: Literal["cross-entropy", "squared error"]
    chance: float
    best: float
    symbols: tuple[str, ...] = ()
    outputs: int = 1
    cues: np.ndarray | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        one, each_step = self.inputs.shape[:1], self.inputs.shape[:2]
        if self.targets.shape not in (one, each_step):
            raise ValueError(f"`targets`: expected the shape {one} or {each_step}, got {self.targets.shape}.")
        if self.loss == "cross-entropy":
            if self.targets.dtype.kind not in "iu" or self.targets.min(initial=0) < 0:
                raise ValueError("`targets`: expected class numbers, whole and from 0 on, got others.")
            if (largest := self.targets.max(initial=0)) >= self.outputs:
                raise ValueError(f"`outputs`: expected more than {largest}, the largest class, got {self.outputs}.")

    def __len__(self) -> int:
        """Count the examples."""
        return len(self.targets)

    def read(self, example: int) -> str:
        """Return the symbols of an example, by its place, as text.

        :raises ValueError: if the inputs are numbers, not symbols

        >>> from rnn_tutorial.theory.tasks import temporal_order
        >>> examples = temporal_order(2, lag=3, window=2, distractors=1)
        >>> examples.read(0), examples.read(1)
        ('A B c c c', 'B A c c c')
        """
        if not self.symbols:
            raise ValueError("`inputs`: expected one-hot symbols, but the inputs of this task are numbers.")
        return " ".join(self.symbols[symbol] for symbol in self.inputs[example].argmax(axis=1))


def first_letter(
    count: int, length: int = 50, *, letters: int = 4, shortest: int | None = None, seed: Seed = 0
) -> Examples:
    """Ask for the first of many letters.

    All letters are drawn alike, so nothing but the place tells the first one. Best loss 0; without memory ln letters.

    :param count: examples
    :param length: letters in a sequence, at least 1
    :param letters: the number of different letters, 2 to 26
    :param shortest: if given, all examples of a call have one random length from ``shortest`` to ``length``
    :returns: inputs one-hot, shape (count, length, letters)
    :raises ValueError: if a number is out of range

    >>> from rnn_tutorial.theory.tasks import first_letter
    >>> examples = first_letter(3, length=5, seed=1)
    >>> examples.read(0), examples.symbols[examples.targets[0]]
    ('b c d d a', 'b')
    """
    least = length if shortest is None else shortest
    _check(count=(count, 1), length=(length, 1), letters=(letters, 2), shortest=(least, 1))
    if letters > 26:
        raise ValueError(f"`letters`: expected at most 26, one a letter from a to z, got {letters}.")
    if least > length:
        raise ValueError(f"`shortest`: expected at most the length, {length}, got {shortest}.")
    random = np.random.default_rng(seed)
    if shortest is not None:
        length = int(random.integers(shortest, length + 1))
    symbols = random.integers(letters, size=(count, length))
    names, cues = tuple(chr(ord("a") + k) for k in range(letters)), np.zeros(symbols.shape, bool)
    cues[:, 0] = True
    return _classes(symbols, symbols[:, 0], names, letters, cues)


def temporal_order(count: int, lag: int = 10, *, window: int = 10, distractors: int = 4, seed: Seed = 0) -> Examples:
    """Ask which of two symbols came first.

    A and B are at two random places of the first ``window`` steps; all other steps, and the ``lag`` steps after the
    window, hold distractors. Class 0 is A before B, class 1 is B before A. The output is read after the last step, so
    the order has to be remembered for ``lag`` steps at least. Best loss 0; without the order ln 2, and accuracy 1/2.

    :param count: examples, an even number
    :param lag: steps between the window and the output
    :param window: steps among which A and B are, at least 2
    :param distractors: the number of irrelevant symbols, at most 24
    :returns: minimal pairs; inputs one-hot, shape (count, window + lag, 2 + distractors)
    :raises ValueError: if a number is out of range

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997), experiment 6a, with two
    classes and a lag that can be chosen.

    Example: the two of a pair have the same symbols and different targets.

    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> examples = temporal_order(1000, lag=20)
    >>> examples.inputs.shape  # window + lag steps, A, B and four distractors
    (1000, 30, 6)
    >>> examples.targets[:4]
    array([0, 1, 0, 1])
    >>> often = examples.inputs.sum(axis=1)  # how often each symbol occurs
    >>> bool((often[0::2] == often[1::2]).all())
    True
    """
    _check(count=(count, 2), lag=(lag, 0), window=(window, 2), distractors=(distractors, 1))
    _check_even(count)
    if distractors > 24:
        raise ValueError(f"`distractors`: expected at most 24, one a letter from c to z, got {distractors}.")
    random, pairs = np.random.default_rng(seed), count // 2
    symbols = random.integers(2, 2 + distractors, size=(pairs, window + lag))
    places = np.sort(random.permuted(np.tile(np.arange(window), (pairs, 1)), axis=1)[:, :2], axis=1)
    paired = np.repeat(symbols, 2, axis=0)
    for member in (0, 1):
        np.put_along_axis(paired[member::2], places, np.array([[member, 1 - member]]), axis=1)
    names = ("A", "B", *(chr(ord("c") + k) for k in range(distractors)))
    return _classes(paired, np.tile([0, 1], pairs), names)


FILLERS = ("the", "film", "was", "it", "so", "then")


def same_words(count: int, length: int = 12, *, starts: Sequence[int] = tuple(range(9)), seed: Seed = 0) -> Examples:
    """Ask for the sentiment of sentences with the same words in another order.

    "not bad but good" (class 1, positive) and "not good but bad" (class 0, negative) are somewhere among neutral words.
    Best loss 0; without the order ln 2, and accuracy 1/2.

    :param count: sentences, an even number
    :param length: words in a sentence
    :param starts: the places at which the four words may begin, counted from 0
    :returns: minimal pairs; inputs one-hot, shape (count, length, 10)
    :raises ValueError: if a number is out of range, or the four words do not fit

    >>> from rnn_tutorial.theory.tasks import same_words
    >>> examples = same_words(2, length=4, starts=(0,))
    >>> [(examples.read(k), int(examples.targets[k])) for k in range(2)]
    [('not good but bad', 0), ('not bad but good', 1)]
    """
    _check(count=(count, 2), length=(length, 4))
    _check_even(count)
    if not len(starts) or min(starts) < 0 or max(starts) > length - 4:
        raise ValueError(f"`starts`: expected places from 0 to length - 4 = {length - 4}, got {tuple(starts)}.")
    names = ("not", "good", "but", "bad", *FILLERS)
    random, pairs = np.random.default_rng(seed), count // 2
    words = random.integers(4, len(names), size=(pairs, length))
    places = random.choice(starts, size=(pairs, 1)) + np.arange(4)
    paired = np.repeat(words, 2, axis=0)
    for member, phrase in enumerate(([0, 1, 2, 3], [0, 3, 2, 1])):
        np.put_along_axis(paired[member::2], places, np.array([phrase]), axis=1)
    return _classes(paired, np.tile([0, 1], pairs), names)


def verdicts(count: int, gap: int = 0, *, seed: Seed = 0) -> Examples:
    """Ask whether the last verdict praises, in sentences where *not* turns verdicts round, as on :doc:`/index`.

    Four words end in *good* or *bad*, then comes a gap. *Not* turns the next of these round, *but* begins anew. The
    second of a pair has *bad* for *good* and *good* for *bad*. Best loss 0; without *good* and *bad* ln 2.

    :param count: sentences, an even number
    :param gap: how many times *so* follows
    :returns: pairs, of which one praises (class 1); inputs one-hot, shape (count, 4 + gap, 5)
    :raises ValueError: if a number is out of range

    >>> from rnn_tutorial.theory.tasks import verdicts
    >>> examples = verdicts(2, gap=1, seed=3)
    >>> [(examples.read(k), int(examples.targets[k])) for k in range(2)]
    [('so not not bad so', 1), ('so not not good so', 0)]
    """
    _check(count=(count, 2), gap=(gap, 0))
    _check_even(count)
    names, random = ("not", "bad", "but", "good", "so"), np.random.default_rng(seed)
    words = random.integers(5, size=(count // 2, 4))
    words[:, 3] = random.choice([1, 3], size=count // 2)
    words = np.stack([words, np.array([0, 3, 2, 1, 4])[words]], axis=1).reshape(count, 4)
    turned, praise = np.zeros(count, bool), np.zeros(count, bool)
    for word in words.T:
        decides = (word == 1) | (word == 3)
        praise = np.where(decides, (word == 3) ^ turned, praise)
        turned = (word == 0) | (turned & (word == 4))
    return _classes(np.pad(words, ((0, 0), (0, gap)), constant_values=4), praise.astype(int), names)


def adding_problem(
    count: int, length: int = 50, *, window: int | None = None, shuffled: bool = False, seed: Seed = 0
) -> Examples:
    """Ask for the sum of the two numbers that are marked.

    Each step holds a number, uniform between 0 and 1, and a marker, which is 1 at one random step of the first half (of
    the window) and at one of the second, else 0. Best squared error 0; without the inputs, always predicting 1, it is
    1/6, the variance of the sum. With only the last step it can be a little lower: (1 - 1/length) / 6 for an even
    length.

    :param count: examples
    :param length: steps, at least 2
    :param window: if given, both markers are among so many first steps, so that no lag is short
    :param shuffled: whether each sequence gets the target of another one: a control in which nothing can be learnt
    :returns: inputs of shape (count, length, 2), the number before the marker
    :raises ValueError: if a number is out of range

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997), experiment 4, in the form
    of Arjovsky et al., Unitary Evolution Recurrent Neural Networks, ICML 2016.

    Example: always predicting 1 has the squared error 1/6.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.tasks import adding_problem
    >>> examples = adding_problem(100_000, length=4)
    >>> examples.inputs.shape, examples.targets.shape
    ((100000, 4, 2), (100000,))
    >>> round(float(np.mean((examples.targets - 1) ** 2)), 2), round(1 / 6, 2)
    (0.17, 0.17)
    """
    within = length if window is None else window
    _check(count=(count, 1), length=(length, 2), window=(within, 2))
    if within > length:
        raise ValueError(f"`window`: expected at most the length {length}, got {window}.")
    random = np.random.default_rng(seed)
    inputs = np.zeros((count, length, 2), np.float32)
    inputs[:, :, 0] = random.random((count, length))
    examples = np.arange(count)
    inputs[examples, random.integers(0, within // 2, count), 1] = 1
    inputs[examples, random.integers(within // 2, within, count), 1] = 1
    targets = (inputs[:, :, 0] * inputs[:, :, 1]).sum(axis=1)
    if shuffled:
        targets = np.roll(targets, 1)
    return Examples(inputs, targets, "squared error", chance=1 / 6, best=0.0, cues=inputs[:, :, 1] == 1)


def copy_memory(count: int, lag: int = 20, *, symbols: int = 8, copied: int = 10, seed: Seed = 0) -> Examples:
    """Ask to repeat symbols after a delay.

    ``copied`` random symbols are followed by ``lag`` blanks, of which the last is a signal, and by ``copied`` more
    blanks. The targets of these last steps are the symbols, in order, and before them blanks. Best loss 0; without
    memory (copied · ln symbols) / (lag + 2 · copied), by predicting blanks, then guessing.

    :param count: examples
    :param lag: blanks between the symbols and the steps that repeat them, the signal included, at least 1
    :param symbols: the number of different symbols, at most 26
    :param copied: the number of symbols to repeat
    :returns: inputs one-hot, shape (count, lag + 2 · copied, symbols + 2), a target at each step
    :raises ValueError: if a number is out of range

    Source: Hochreiter and Schmidhuber (1997) in the form of Arjovsky et al., Unitary Evolution Recurrent Neural
    Networks, ICML 2016.

    >>> from rnn_tutorial.theory.tasks import copy_memory
    >>> examples = copy_memory(1, lag=4, symbols=2, copied=2, seed=3)
    >>> examples.read(0), examples.targets[0]  # a is 0, and the blank is 2
    ('b a · · · ? · ·', array([2, 2, 2, 2, 2, 2, 1, 0]))
    """
    _check(count=(count, 1), lag=(lag, 1), symbols=(symbols, 2), copied=(copied, 1))
    if symbols > 26:
        raise ValueError(f"`symbols`: expected at most 26, one a letter, got {symbols}.")
    random, blank = np.random.default_rng(seed), symbols
    shown = random.integers(0, symbols, size=(count, copied))
    sequence = np.full((count, lag + 2 * copied), blank)
    sequence[:, :copied] = shown
    sequence[:, copied + lag - 1] = symbols + 1
    targets = np.full_like(sequence, blank)
    targets[:, -copied:] = shown
    chance = float(copied * np.log(symbols) / (lag + 2 * copied))
    names = (*(chr(ord("a") + k) for k in range(symbols)), "·", "?")
    inputs = one_hot(sequence, len(names))
    return Examples(inputs, targets, "cross-entropy", chance, 0.0, names, outputs=symbols + 1)


def one_hot(ids: np.ndarray | list[int], size: int, dtype: Any = np.float32) -> np.ndarray:
    """Encode each id as a vector that is 1 at its place and 0 elsewhere, and padding as zeros.

    :param ids: ids from 0 to size - 1, or -1 for padding, shape (...)
    :param size: the number of ids
    :param dtype: of the vectors
    :returns: the vectors, shape (..., size)

    >>> from rnn_tutorial.theory.tasks import one_hot
    >>> one_hot([0, 2, -1], size=3, dtype=int).tolist()
    [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    """
    return np.asarray(np.asarray(ids)[..., None] == np.arange(size), dtype)


def _classes(
    symbols: np.ndarray, targets: np.ndarray, names: tuple[str, ...], outputs: int = 2, cues: np.ndarray | None = None
) -> Examples:
    inputs, chance = one_hot(symbols, len(names)), float(np.log(outputs))
    return Examples(inputs, targets, "cross-entropy", chance, 0.0, names, outputs, cues)


def _check(**numbers: tuple[int, int]) -> None:
    for name, (value, least) in numbers.items():
        if value < least:
            raise ValueError(f"`{name}`: expected at least {least}, got {value}.")


def _check_even(count: int) -> None:
    if count % 2:
        raise ValueError(f"`count`: expected an even number, for examples come in pairs, got {count}.")
