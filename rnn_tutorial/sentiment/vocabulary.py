"""Tokenisation, and a vocabulary that maps words to ids.

Ids are those of ``keras.datasets.imdb``: 0 is padding, 1 the start of a review, 2 an unknown word, and the word of
frequency rank r (1 is the most frequent) has the id r + 3.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence

import numpy as np

from rnn_tutorial.records import checked_ids

__all__ = ["Vocabulary", "tokenize"]

PADDING, START, UNKNOWN, FIRST_WORD = 0, 1, 2, 4

# As keras.preprocessing.text.Tokenizer did for keras.datasets.imdb: ASCII letters are lower-cased, these characters
# become spaces; apostrophes and everything outside ASCII are unchanged.
_TOKENISER: dict[int, str | int] = {ord(c): " " for c in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'}
_TOKENISER |= {c: c + 32 for c in range(ord("A"), ord("Z") + 1)}


_APOSTROPHES = "‘’ʼ′´"
_OF_EMOJI = "\ufe0e\ufe0f\u20e3"  # variation selectors and the keycap: parts of emoji that are not symbols themselves


def tokenize(text: str, known: Container[str] | None = None) -> list[str]:
    """Split a text into words the way Keras' IMDB data set was split.

    ASCII letters are lower-cased, ASCII punctuation except the apostrophe becomes a space, and spaces separate words.
    The line break ``<br />`` of the raw reviews therefore counts as the word ``br``.

    Keras left everything outside ASCII in the words, so ``didn’t`` with a curly apostrophe is not the same word as
    ``didn't``, and a dash or an emoji is a word. For typed text, pass ``known``: words that are known or all ASCII do
    not change. In all others, punctuation, symbols, spaces and control characters outside ASCII become spaces, too, and
    a curly apostrophe becomes a straight one, or is dropped at an end of the word, where it is a quotation mark. What
    then has no letter or digit is dropped.

    :param text: any text
    :param known: words that do not change, such as a :class:`Vocabulary`; ``None`` splits as Keras did
    :returns: its words, in order
    :raises ValueError: if it is no text

    >>> from rnn_tutorial.sentiment.vocabulary import tokenize
    >>> tokenize("It's a GREAT film,<br />isn't it?")
    ["it's", 'a', 'great', 'film', 'br', "isn't", 'it']
    >>> tokenize("“Great” – it isn’t 😀"), tokenize("“Great” – it isn’t 😀", known=())
    (['“great”', '–', 'it', 'isn’t', '😀'], ['great', 'it', "isn't"])
    """
    if not isinstance(text, str):
        raise ValueError(f"`text`: expected a text, got {text!r}.")
    words = [word for word in text.translate(_TOKENISER).split(" ") if word]
    if known is None:
        return words
    plain: list[str] = []
    for word in words:
        plain += [word] if word.isascii() or word in known else _plain_words(word)
    return plain


def _plain_words(word: str) -> list[str]:
    """Split an unknown word that is not all ASCII, as :func:`tokenize` describes."""
    parts = "".join(" " if _is_mark(character) else character for character in word).split(" ")
    straight = (re.sub(f"[{_APOSTROPHES}]", "'", part.strip(_APOSTROPHES)) for part in parts)
    return [plain for plain in straight if any(map(str.isalnum, plain))]


def _is_mark(character: str) -> bool:
    """Return whether a character separates words: punctuation, a symbol, a space or a control character."""
    if character in "'" + _APOSTROPHES:
        return False
    category = unicodedata.category(character)
    return category[0] in "PSZ" or category == "Cc" or character in _OF_EMOJI


class Vocabulary:
    """The words that a model knows, and their ids.

    The id of the word with frequency rank r is r + 3, equation :eq:`word-id`. Ids 0, 1 and 2 stand for padding, the
    start of a review and an unknown word. Id 3 (rank 0) is never used, as in Keras, so n ids hold n - 4 words.

    :param words: the known words, the most frequent first
    :raises ValueError: if they are one text instead of a list

    >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
    >>> vocabulary = Vocabulary(["the", "film", "good"])
    >>> len(vocabulary), "good" in vocabulary, "dull" in vocabulary
    (7, True, False)
    """

    def __init__(self, words: Sequence[str]):
        if isinstance(words, str):
            raise ValueError(f"`words`: expected a list of words, got the text {words!r}.")
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
        """Encode a text as ids: the start id, then one id per word.

        The text is split by :func:`tokenize`, with the words of the vocabulary as known.

        :param text: a text with at least one word
        :returns: ids, int32, shape (words + 1,)
        :raises ValueError: if the text has no word

        >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
        >>> Vocabulary(["the", "film", "good"]).encode("The film: good – or dull?")
        array([1, 4, 5, 6, 2, 2], dtype=int32)
        """
        words = tokenize(text, known=self)
        if not words:
            raise ValueError(f"`text`: expected at least one word, got {text!r}. Pass a review's text.")
        return np.array([START, *(self._ids.get(word, UNKNOWN) for word in words)], dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """Decode ids to text; the special ids become ``<pad>``, ``<start>`` and ``<unknown>``.

        :param ids: ids, as from :meth:`encode`, shape (time,)
        :returns: the words, separated by spaces
        :raises ValueError: if an id is not in the vocabulary

        >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
        >>> Vocabulary(["the", "film", "good"]).decode([1, 4, 5, 2, 0])
        '<start> the film <unknown> <pad>'
        """
        names = {PADDING: "<pad>", START: "<start>", UNKNOWN: "<unknown>"}
        words = []
        for i in checked_ids("ids", list(ids), len(self)).tolist():
            if i not in names and i < FIRST_WORD:
                raise ValueError(f"`ids`: expected 0, 1, 2 or {FIRST_WORD} to {len(self) - 1}, got {i}.")
            words.append(names[i] if i in names else self.words[i - FIRST_WORD])
        return " ".join(words)
