"""Reviews written with what a linear model answers to them, for a network to read beside the words.

On the reviews that a model was fitted to, it is right more often than on others. A network that read such answers would
learn to trust it too much. So each training review gets the answer of a model that was fitted without it.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import logit
from sklearn.model_selection import StratifiedKFold

from rnn_tutorial.linear_models import Pieces, choose_linear, count_pieces, fit_linear
from rnn_tutorial.piece_ratios import with_piece_ratios
from rnn_tutorial.reviews import Reviews, ReviewSplit
from rnn_tutorial.vocabulary import Vocabulary

__all__ = ["with_linear_answers"]

WIDTH, LARGEST = 0.5, 6.0  # of a class of log-odds; those beyond ±6 count as ±6
CLASSES = 2 * round(LARGEST / WIDTH) + 1


def with_linear_answers(
    reviews: Reviews, longest: int = 3, length: int = 500, folds: int = 10
) -> tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]:
    """Write each step of each review as its word, the ratios of its pieces, and a linear model's answer to the review.

    The first ids of a step are those of :func:`~rnn_tutorial.piece_ratios.with_piece_ratios`. The last one stands for
    the log-odds a = w · f + b_y of the review, by the linear model on the same pieces, equation :eq:`nbsvm`. It is 12 +
    round(2 a) above the ids of the ratios, with a between -6 and 6. It is the same at each step of a review.

    A training review must not be answered by a model that was fitted to it. So the training reviews of each class are
    cut into folds, in the order of the files, and each fold is answered by a model of the others, with the C that was
    chosen by the validation split. Validation and test reviews are answered by the model of all.

    :param reviews: the reviews
    :param longest: the most words of a piece
    :param length: ids that are kept of a review, the last ones, before others are added
    :param folds: the number of folds
    :returns: the same reviews with more ids and a vocabulary that names the classes; and a function that writes other
        reviews as it wrote the test split
    :raises ValueError: as :func:`~rnn_tutorial.piece_ratios.with_piece_ratios` and
        :func:`~rnn_tutorial.linear_models.count_pieces`

    :doc:`/sentiment/ratio-lstm` shows a network that was trained on such reviews.

    Source: answers out of fold are those of Wolpert, Stacked Generalization, Neural Networks 5 (1992).

    Example: each half of 40 reviews is answered by a model of the other half.

    >>> import numpy as np
    >>> from rnn_tutorial.linear_answers import with_linear_answers
    >>> from rnn_tutorial.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.vocabulary import Vocabulary
    >>> vocabulary = Vocabulary(["good", "bad"])
    >>> texts, labels = ["good"] * 20 + ["bad"] * 20, np.repeat([1, 0], 20)
    >>> split = ReviewSplit([vocabulary.encode(text) for text in texts], labels)
    >>> reviews = Reviews(split, split, split, vocabulary, "made up", 0)
    >>> written, write = with_linear_answers(reviews, longest=1, folds=2)
    >>> written.vocabulary.decode(written.train.sequences[0])
    '<start> 1:+0.0 linear:+3.0 good 1:+2.4 linear:+3.0'
    """
    told, add_ratios = with_piece_ratios(reviews, longest, length, folds)
    pieces = count_pieces(reviews, longest, length)
    model, found = choose_linear(pieces, reviews)
    C = max(found, key=lambda of: (found[of], of))  # that of the model
    labels, first = reviews.train.labels, len(told.vocabulary)

    out_of_fold = np.zeros(len(labels))
    for others, fold in StratifiedKFold(folds).split(labels, labels):
        f = pieces.train[fold]
        fitted = fit_linear(Pieces(pieces.names, pieces.train[others], f, f), labels[others], C)
        out_of_fold[fold] = fitted.test_probabilities

    def write(split: ReviewSplit, y: np.ndarray) -> ReviewSplit:
        a = logit(y.clip(1e-6, 1 - 1e-6)).clip(-LARGEST, LARGEST)
        ids = first + CLASSES // 2 + np.round(a / WIDTH).astype(np.int32)
        steps = [sequence.reshape(-1, 1 + longest) for sequence in split.sequences]
        longer = [np.c_[of_review, np.full(len(of_review), k)] for of_review, k in zip(steps, ids, strict=True)]
        return ReviewSplit([of_review.ravel().astype(np.int32) for of_review in longer], split.labels)

    values = WIDTH * (np.arange(CLASSES) - CLASSES // 2)
    written = replace(
        told,
        train=write(told.train, out_of_fold),
        validation=write(told.validation, model.validation_probabilities),
        test=write(told.test, model.test_probabilities),
        vocabulary=Vocabulary([*told.vocabulary.words, *(f"linear:{value:+.1f}" for value in values)]),
    )
    return written, lambda split: write(add_ratios(split), model.answer(pieces.of(split)))
