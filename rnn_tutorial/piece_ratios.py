"""N-gram log-count ratios as input features of a network, at each time step.

A linear model on pairs and triples of words is more accurate than networks on single words. A network can get the same
statistics as input: at each time step, how much more frequent the word, the pair and the triple that end there are in
positive than in negative reviews.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from rnn_tutorial.reviews import Reviews, ReviewSplit
from rnn_tutorial.vocabulary import Vocabulary

__all__ = ["with_piece_ratios"]

WIDTH, LARGEST = 0.1, 3.0  # of a bin of ratios; ratios beyond ±3 are clipped to ±3
CLASSES = 2 * round(LARGEST / WIDTH) + 1


def with_piece_ratios(
    reviews: Reviews, longest: int = 3, length: int = 500, folds: int = 10, at_least: int = 2
) -> tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]:
    """Encode each word as several ids: the word, and the binned log-count ratios of the n-grams that end there.

    The n-gram of n words that ends at step t has the log-count ratio r of equation :eq:`log-count-ratios`, computed
    among the n-grams of n words; r is 0 for an n-gram in fewer than ``at_least`` training reviews. Its id is vocabulary
    size + 61 (n - 1) + 30 + round(10 r), with r between -3 and 3. So a review of T ids becomes one of T (1 + longest)
    ids, in the order word, word's ratio, pair's ratio, triple's ratio, word, …

    The ratios of a training review must not contain its own label. So the training reviews of each class are divided
    into folds, in the order of the files, where neighbours are often about the same film, and the ratios of a review
    are computed from the other folds. Validation and test reviews get the ratios of the whole training split.

    :param reviews: the reviews
    :param longest: the n of the longest n-grams
    :param length: number of ids used of each review, the last ones, before its ratios are added
    :param folds: the number of folds
    :param at_least: number of training reviews that must contain an n-gram
    :returns: the encoded reviews, with a vocabulary that names the bins; and a function that encodes other reviews like
        the test split
    :raises ValueError: if a number is below 1, there are fewer than two folds, or a class has fewer reviews than folds

    :doc:`/sentiment/word-order` shows a network that was trained on such reviews.

    Source: the ratios are those of Wang and Manning, Baselines and Bigrams, ACL 2012.

    Example: "good" occurs in two positive reviews, one of which is the review itself.

    >>> import numpy as np
    >>> from rnn_tutorial.piece_ratios import with_piece_ratios
    >>> from rnn_tutorial.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.vocabulary import Vocabulary
    >>> vocabulary = Vocabulary(["good", "bad"])
    >>> texts = ["good", "good", "bad", "bad"]
    >>> split = ReviewSplit(
    ...     [vocabulary.encode(text) for text in texts], np.array([1, 1, 0, 0])
    ... )
    >>> reviews = Reviews(split, split, split, vocabulary, "made up", 0)
    >>> written, write = with_piece_ratios(reviews, longest=1, folds=2)
    >>> written.vocabulary.decode(written.train.sequences[0])
    '<start> 1:+0.0 good 1:+0.7'
    >>> written.vocabulary.decode(written.test.sequences[0])
    '<start> 1:+0.0 good 1:+1.1'
    """
    for name, value in {"longest": longest, "length": length, "at_least": at_least}.items():
        if value < 1:
            raise ValueError(f"`{name}`: expected at least 1, got {value}.")
    labels, size = reviews.train.labels, len(reviews.vocabulary)
    fewest = int(np.bincount(labels, minlength=2).min())
    if not 2 <= folds <= fewest:
        raise ValueError(f"`folds`: expected 2 to {fewest}, the training reviews of the smaller class, got {folds}.")
    fold = np.zeros(len(labels), int)
    for label in (0, 1):
        of_class = np.flatnonzero(labels == label)
        fold[of_class] = np.arange(len(of_class)) * folds // len(of_class)

    counted = []
    for n in range(1, longest + 1):
        keys, owners = _keys([ids[-length:] for ids in reviews.train.sequences], n, size)
        counted.append(_ratios(keys, owners, labels, fold, folds, at_least))

    def write(split: ReviewSplit, without: np.ndarray | None = None) -> ReviewSplit:
        kept = [ids[-length:] for ids in split.sequences]
        columns = [np.concatenate(kept)]
        for n, (known, r) in enumerate(counted, start=1):
            keys, owners = _keys(kept, n, size)
            column = np.full(len(keys), folds) if without is None else without[owners]  # the last column: all folds
            row = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            found = np.where(known[row] == keys, r[row, column], 0.0) if len(known) else np.zeros(len(keys))
            classes = np.round(np.clip(found, -LARGEST, LARGEST) / WIDTH).astype(np.int32) + CLASSES // 2
            columns.append(size + CLASSES * (n - 1) + classes)
        ends = np.cumsum([len(ids) for ids in kept])[:-1]
        rows = np.split(np.stack(columns, axis=1).astype(np.int32), ends)
        return ReviewSplit([of_review.ravel() for of_review in rows], split.labels)

    values = WIDTH * (np.arange(CLASSES) - CLASSES // 2)
    names = [f"{n}:{value:+.1f}" for n in range(1, longest + 1) for value in values]
    written = replace(
        reviews,
        train=write(reviews.train, without=fold),
        validation=write(reviews.validation),
        test=write(reviews.test),
        vocabulary=Vocabulary([*reviews.vocabulary.words, *names]),
    )
    return written, write


def _keys(sequences: Sequence[np.ndarray], n: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for the n-gram of n words that ends at each step of all reviews, and each step's review.

    At the first n - 1 steps of a review no n-gram ends; their number is -1.
    """
    ids = np.concatenate(sequences).astype(np.int64)
    lengths = np.array([len(sequence) for sequence in sequences])
    keys = ids.copy()
    for back in range(1, n):
        keys[back:] += ids[:-back] * size**back
    steps = np.arange(len(ids)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    keys[steps < n - 1] = -1
    return keys, np.repeat(np.arange(len(sequences)), lengths)


def _ratios(
    keys: np.ndarray, owners: np.ndarray, labels: np.ndarray, fold: np.ndarray, folds: int, at_least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the n-grams in enough reviews, and their ratios without each fold and, in the last column, with all."""
    known, where = np.unique(keys, return_inverse=True)
    once = np.unique(where * np.int64(len(labels)) + owners)  # each n-gram once per review
    piece, review = np.divmod(once, len(labels))
    enough = (np.bincount(piece, minlength=len(known)) >= at_least) & (known >= 0)
    counts = []
    for label in (1, 0):
        of_class = labels[review] == label
        places = piece[of_class] * folds + fold[review[of_class]]
        by_fold = np.bincount(places, minlength=len(known) * folds).reshape(-1, folds)[enough]
        everywhere = by_fold.sum(axis=1, keepdims=True)
        counts.append(1.0 + np.hstack([everywhere - by_fold, everywhere]))
    p, q = counts
    return known[enough], np.log((p / p.sum(axis=0)) / (q / q.sum(axis=0)))
