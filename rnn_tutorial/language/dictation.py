"""Telephone numbers in words, to be written as digits: a translation task whose correct answer is known.

A number is dictated digit by digit, with three rules:

- a digit that comes twice may be said "double seven", one that comes three times "triple seven";
- two digits may be said in the old way, ones first: 24 is "four and twenty";
- everything else is one word per digit.

The words mean exactly one number, so what a network writes is right or wrong.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_tutorial.records import Record

__all__ = ["Dictations", "dictations", "dictate", "take_down", "held_out", "WORDS", "END"]

ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

#: The words of a dictation; the place of a word is its id, so that of a digit's word is the digit.
WORDS: tuple[str, ...] = (*ONES, *TENS, "and", "double", "triple")

#: The output that ends a number, after the ten digits.
END = 10

Seed = int | Sequence[int]
_IDS = {word: place for place, word in enumerate(WORDS)}


@dataclass(frozen=True, eq=False)
class Dictations(Record):
    """Numbers in words and in digits. The arrays are read-only copies.

    :param words: ids in :data:`WORDS`, shape (count, time); shorter ones are padded with -1 at the end
    :param digits: the digits and :data:`END`, shape (count, steps); shorter ones are padded with -1 at the end
    :raises ValueError: if there is not a number in digits for each in words

    >>> from rnn_tutorial.language.dictation import dictations
    >>> examples = dictations(2, lengths=(4, 4), seed=1)
    >>> examples.read(0)
    ('eight double zero eight', '8008')
    """

    words: np.ndarray
    digits: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.words) != len(self.digits):
            raise ValueError(f"`digits`: expected a row per row of words, {len(self.words)}, got {len(self.digits)}.")

    def __len__(self) -> int:
        """Count the numbers."""
        return len(self.words)

    def read(self, example: int) -> tuple[str, str]:
        """Return an example, by its place, as text: its words, separated by spaces, and its digits."""
        digits = self.digits[example]
        said = " ".join(WORDS[word] for word in self.words[example] if word >= 0)
        return said, "".join(str(digit) for digit in digits if 0 <= digit < END)


def dictate(digits: str, random: np.random.Generator) -> str:
    """Say a number in words.

    Repeated digits are always "double" or "triple". Two different digits are said in the old way in one of two cases,
    where that is possible: the first is at least 2, the second not 0 and not the first of a repetition.

    :param digits: the number
    :param random: chooses where the old way is taken
    :returns: its words, separated by spaces
    :raises ValueError: if there is something else than digits

    >>> import numpy as np
    >>> from rnn_tutorial.language.dictation import dictate
    >>> random = np.random.default_rng(0)
    >>> dictate("7724", random), dictate("7724", random)
    ('double seven two four', 'double seven four and twenty')
    """
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"`digits`: expected the digits 0 to 9, at least one, got {digits!r}.")
    words, at = [], 0
    while at < len(digits):
        first, rest = digits[at], digits[at:]
        repeated = min(3, len(rest) - len(rest.lstrip(first)))
        if repeated > 1:
            words += ["double" if repeated == 2 else "triple", ONES[int(first)]]
            at += repeated
        elif len(rest) > 1 and first >= "2" and "0" != rest[1] != rest[2:3] and random.random() < 0.5:
            words += [ONES[int(rest[1])], "and", TENS[int(first) - 2]]
            at += 2
        else:
            words.append(ONES[int(first)])
            at += 1
    return " ".join(words)


def take_down(words: str) -> str:
    """Write a dictated number in digits, by the rules: the target that a network has to predict.

    :param words: the words, separated by spaces
    :raises ValueError: if a word is unknown, or the words do not follow the rules

    >>> from rnn_tutorial.language.dictation import take_down
    >>> take_down("double seven four and twenty")
    '7724'
    """
    said, digits = words.split(), ""
    if unknown := [word for word in said if word not in WORDS]:
        raise ValueError(f"`words`: expected words of a dictation, such as 'double seven', got {unknown[0]!r}.")
    while said:
        word, *said = said
        if said[:1] == ["and"] and word in ONES[1:] and said[1:2] and said[1] in TENS:
            digits += f"{TENS.index(said[1]) + 2}{ONES.index(word)}"
            said = said[2:]
        elif word in ("double", "triple") and said and said[0] in ONES and said[1:2] != ["and"]:
            digits += str(ONES.index(said[0])) * (2 if word == "double" else 3)
            said = said[1:]
        elif word in ONES:
            digits += str(ONES.index(word))
        else:
            raise ValueError(f"`words`: expected a digit after double or triple, or 'four and twenty', got {words!r}.")
    return digits


def held_out(digits: str) -> bool:
    """Say whether a number is held out, and never trained on: one in ten, by a checksum of its digits.

    :param digits: the number

    >>> from rnn_tutorial.language.dictation import held_out
    >>> sum(held_out(f"{number:04}") for number in range(10_000))
    1026
    """
    return zlib.crc32(digits.encode()) % 10 == 0


def dictations(count: int, lengths: tuple[int, int] = (3, 8), *, test: bool = False, seed: Seed = 0) -> Dictations:
    """Sample numbers and dictate them.

    Each length is equally probable. A digit repeats the one before it with probability 1/4, and is else uniform.

    :param count: examples
    :param lengths: the least and the largest number of digits, both included
    :param test: whether to sample held-out numbers, and not those to train on
    :param seed: the same seed gives the same examples
    :raises ValueError: if an argument is out of range

    >>> from rnn_tutorial.language.dictation import dictations, held_out
    >>> examples = dictations(100, test=True, seed=1)
    >>> all(held_out(examples.read(k)[1]) for k in range(100))
    True
    """
    least, largest = lengths
    if not isinstance(count, int | np.integer) or not 1 <= count <= 10**7 or not 3 <= least <= largest:
        raise ValueError(f"`count`, `lengths`: expected 1 to 10⁷ and 3 digits or more, got {count!r} and {lengths}.")
    if test not in (False, True):
        raise ValueError(f"`test`: expected True or False, got {test!r}.")
    random = np.random.default_rng(seed)
    said: list[list[int]] = []
    written: list[list[int]] = []
    while len(said) < count:
        digits = ""
        fresh = random.integers(40, size=random.integers(least, largest + 1))  # 10 and more is no repetition
        for number in map(str, fresh.tolist()):
            digits += digits[-1] if digits and len(number) == 1 else number[-1]
        if held_out(digits) == test:
            said.append([_IDS[word] for word in dictate(digits, random).split()])
            written.append([*map(int, digits), END])
    return Dictations(_padded(said), _padded(written))


def _padded(rows: list[list[int]]) -> np.ndarray:
    longest = max(map(len, rows))
    return np.array([row + [-1] * (longest - len(row)) for row in rows])
