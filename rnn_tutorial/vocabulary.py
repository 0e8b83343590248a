"""Words and their ids: how a text is split into words, and which id stands for which word.

Words become ids as in ``keras.datasets.imdb``: 0 pads, 1 starts a review, 2 stands for an unknown word, and the word of
frequency rank r (1 is the most frequent) has the id r + 3.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence

import numpy as np

__all__ = ["Vocabulary", "tokenize"]

PADDING, START, UNKNOWN, FIRST_WORD = 0, 1, 2, 4

# What keras.preprocessing.text.Tokenizer did for keras.datasets.imdb: ASCII letters become lower case, these characters
# blanks; apostrophes and everything outside ASCII stay.
_TOKENISER: dict[int, str | int] = {ord(c): " " for c in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'}
_TOKENISER |= {c: c + 32 for c in range(ord("A"), ord("Z") + 1)}


_APOSTROPHES = "‘’ʼ′´"
_OF_EMOJI = "\ufe0e\ufe0f\u20e3"  # what makes a character an emoji, and is no symbol by itself


def tokenize(text: str, known: Container[str] | None = None) -> list[str]:
    """Split a text into words the way Keras' IMDB data set was split.

    ASCII letters are lower-cased, ASCII punctuation except the apostrophe becomes a blank, and
    blanks separate words. The line break ``<br />`` of the raw reviews therefore counts as the word
    ``br``.

    Keras left everything outside ASCII in the words, so that ``didn’t`` with a curly apostrophe is
    another word than ``didn't``, and a dash or an emoji is a word. A text that somebody types is
    better read with ``known``. Then a word that is known, or all ASCII, stays as it is. In any
    other, punctuation, symbols, blanks and control characters outside ASCII become blanks as well.
    A curly apostrophe becomes a straight one, or is dropped at an end of the word, where it is a
    quotation mark. What is left without a letter or a digit is no word.

    :param text: any text
    :param known: the words that stay as they are, such as a :class:`Vocabulary`; ``None`` splits as
        Keras did
    :returns: its words, in order

    Example:

    >>> from rnn_tutorial.vocabulary import tokenize
    >>> tokenize("It's a GREAT film,<br />isn't it?")
    ["it's", 'a', 'great', 'film', 'br', "isn't", 'it']
    >>> (
    ...     tokenize("“Great” – it isn’t 😀"),
    ...     tokenize("“Great” – it isn’t 😀", known=()),
    ... )
    (['“great”', '–', 'it', 'isn’t', '😀'], ['great', 'it', "isn't"])
    """
    words = [word for word in text.translate(_TOKENISER).split(" ") if word]
    if known is None:
        return words
    plain: list[str] = []
    for word in words:
        plain += [word] if word.isascii() or word in known else _plain_words(word)
    return plain


def _plain_words(word: str) -> list[str]:
    """Split a word that has more than ASCII and is not known, as :func:`tokenize` tells."""
    parts = "".join(" " if _is_mark(character) else character for character in word).split(" ")
    straight = (re.sub(f"[{_APOSTROPHES}]", "'", part.strip(_APOSTROPHES)) for part in parts)
    return [plain for plain in straight if any(map(str.isalnum, plain))]


def _is_mark(character: str) -> bool:
    """Return whether a character parts words: punctuation, a symbol, a blank or a control character."""
    if character in "'" + _APOSTROPHES:
        return False
    category = unicodedata.category(character)
    return category[0] in "PSZ" or category == "Cc" or character in _OF_EMOJI


class Vocabulary:
    """The words that a model knows, and the ids that stand for them.

    The id of the word with frequency rank r is r + 3, equation :eq:`word-id`. Ids 0, 1 and 2 stand for padding, the
    start of a review and an unknown word, so that ``size`` ids hold ``size - 4`` words (rank 0, and so the id 3, is
    never used, as in Keras).

    :param words: the known words, the most frequent first

    Example:

    >>> from rnn_tutorial.vocabulary import Vocabulary
    >>> vocabulary = Vocabulary(["the", "film", "good"])
    >>> vocabulary
    Vocabulary of 7 ids: the, film, good, …
    >>> len(vocabulary), "good" in vocabulary, "dull" in vocabulary
    (7, True, False)
    """

    def __init__(self, words: Sequence[str]):
        self.words = list(words)
        self._ids = {word: FIRST_WORD + i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        """Count the ids: the rows that an embedding needs."""
        return FIRST_WORD + len(self.words)

    def __eq__(self, other: object) -> bool:
        return self.words == other.words if isinstance(other, Vocabulary) else NotImplemented

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self):,} ids: {', '.join(self.words[:5])}, …"

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def encode(self, text: str) -> np.ndarray:
        """Turn a text into ids: the start id, then one id per word.

        Words are split by :func:`tokenize` for this vocabulary: curly apostrophes are read as straight ones, and
        dashes, quotation marks and emoji part words, unless the vocabulary has a word with them.

        :param text: a text with at least one word
        :returns: ids, int32, shape (words + 1,)
        :raises ValueError: if the text has no word

        Example:

        >>> from rnn_tutorial.vocabulary import Vocabulary
        >>> # two unknown words
        >>> Vocabulary(["the", "film", "good"]).encode("The film: good – or dull?")
        array([1, 4, 5, 6, 2, 2], dtype=int32)
        """
        words = tokenize(text, known=self)
        if not words:
            raise ValueError(f"`text`: expected at least one word, got {text!r}. Pass a review's text.")
        return np.array([START, *(self._ids.get(word, UNKNOWN) for word in words)], dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids back into text; the special ids read ``<pad>``, ``<start>`` and ``<unknown>``.

        :param ids: ids as :meth:`encode` gives them, shape (time,)
        :returns: the words, separated by blanks
        :raises ValueError: if an id is not in the vocabulary

        Example:

        >>> from rnn_tutorial.vocabulary import Vocabulary
        >>> Vocabulary(["the", "film", "good"]).decode([1, 4, 5, 2, 0])
        '<start> the film <unknown> <pad>'
        """
        names = {PADDING: "<pad>", START: "<start>", UNKNOWN: "<unknown>"}
        words = []
        for i in map(int, ids):
            if i not in names and not FIRST_WORD <= i < len(self):
                raise ValueError(f"`ids`: expected 0, 1, 2 or {FIRST_WORD} to {len(self) - 1}, got {i}.")
            words.append(names[i] if i in names else self.words[i - FIRST_WORD])
        return " ".join(words)
