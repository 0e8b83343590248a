"""Linear models on words and their neighbours: what a network that reads reviews has to beat.

A piece is a word, or a few neighbouring words. A review becomes a vector f with a place for each piece: 1 if the review
has it, 0 if not. So a linear model on single words knows no order, and one on pairs knows who stands beside whom.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from rnn_tutorial.reviews import Reviews, ReviewSplit

__all__ = ["count_pieces", "log_count_ratios", "fit_linear", "choose_linear", "Pieces", "LinearModel"]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Which review has which piece.

    :doc:`/sentiment/comparison` counts single words, and words and pairs.

    :param names: the ids of each piece, one tuple a piece
    :param train: 1 where a review has a piece, float32, shape (reviews, pieces)
    :param validation: the same of the validation split
    :param test: the same of the test split
    :param vectorizer: what counted them

    Example: see :func:`count_pieces`.

    >>> from scipy.sparse import csr_array
    >>> from rnn_tutorial.linear_models import Pieces
    >>> f = csr_array([[1.0, 0.0]])
    >>> Pieces([(4,), (4, 5)], f, f, f).train.shape
    (1, 2)
    """

    names: list[tuple[int, ...]]
    train: csr_array
    validation: csr_array
    test: csr_array
    vectorizer: CountVectorizer | None = None

    def of(self, split: ReviewSplit) -> csr_array:
        """Return which of other reviews has which of these pieces.

        :param split: the reviews
        :returns: 1 where a review has a piece, float32, shape (reviews, pieces)
        :raises ValueError: if these pieces were not counted by :func:`count_pieces`
        """
        if self.vectorizer is None:
            raise ValueError("`self`: expected pieces that `count_pieces` found.")
        return csr_array(self.vectorizer.transform(split.sequences))


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A linear model and its answers: y = σ(w · f + b_y).

    :func:`fit_linear` makes one; :doc:`/sentiment/comparison` sets it beside the networks.

    :param w: the weight of each piece, shape (pieces,)
    :param b_y: the bias
    :param validation_probabilities: what it answers to each validation review, shape (reviews,)
    :param test_probabilities: what it answers to each test review, shape (reviews,)

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.linear_models import LinearModel
    >>> LinearModel(np.array([1.0, -1.0]), 0.0, np.array([0.9]), np.array([0.2])).w
    array([ 1., -1.])
    """

    w: np.ndarray
    b_y: float
    validation_probabilities: np.ndarray
    test_probabilities: np.ndarray

    def answer(self, f: csr_array) -> np.ndarray:
        """Return what it answers to other reviews.

        :param f: which review has which piece, shape (reviews, pieces)
        :returns: y, shape (reviews,)
        """
        return expit(f @ self.w + self.b_y)


def count_pieces(reviews: Reviews, longest: int = 2, length: int = 500, at_least: int = 2) -> Pieces:
    """Find the pieces of the training split, and which review has which of them.

    :param reviews: the reviews
    :param longest: the most words of a piece: 1 takes words alone, 2 pairs of neighbours, too
    :param length: ids that are kept of a review, the last ones, as the networks keep them
    :param at_least: the number of training reviews that a piece has to stand in
    :returns: the pieces
    :raises ValueError: if a number is below 1, or no piece stands in so many reviews

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.linear_models import count_pieces
    >>> from rnn_tutorial.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.vocabulary import Vocabulary
    >>> vocabulary = Vocabulary(["not", "bad"])
    >>> split = ReviewSplit(
    ...     [vocabulary.encode("not bad"), vocabulary.encode("bad")], np.array([1, 0])
    ... )
    >>> reviews = Reviews(split, split, split, vocabulary, "made up", 0)
    >>> pieces = count_pieces(reviews, longest=2, at_least=1)
    >>> pieces.names  # ids 1, 4 and 5: start, not, bad
    [(1,), (1, 4), (1, 5), (4,), (4, 5), (5,)]
    >>> pieces.train.toarray()
    array([[1., 1., 0., 1., 1., 1.],
           [1., 0., 1., 0., 0., 1.]], dtype=float32)
    """
    for name, value in {"longest": longest, "length": length, "at_least": at_least}.items():
        if value < 1:
            raise ValueError(f"`{name}`: expected at least 1, got {value}.")

    def of_review(ids: np.ndarray) -> list[tuple[int, ...]]:
        kept = ids[-length:].tolist()
        return [tuple(kept[i : i + n]) for n in range(1, longest + 1) for i in range(len(kept) - n + 1)]

    vectorizer = CountVectorizer(analyzer=of_review, binary=True, min_df=at_least, dtype=np.float32)
    try:
        train = vectorizer.fit_transform(reviews.train.sequences)
    except ValueError as error:
        raise ValueError(
            f"`at_least`: expected pieces that stand in {at_least} training reviews or more, got none in "
            f"{len(reviews.train):,} reviews. Lower it, or give more reviews."
        ) from error
    others = (csr_array(vectorizer.transform(part.sequences)) for part in (reviews.validation, reviews.test))
    names = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
    return Pieces(names, csr_array(train), *others, vectorizer)  # type: ignore[call-arg] # two others


def log_count_ratios(f: csr_array, labels: np.ndarray) -> np.ndarray:
    """Return how much more often each piece stands in positive reviews than in negative ones, as a logarithm.

    r = ln[(p / ‖p‖₁) / (q / ‖q‖₁)],  p = 1 + Σ f_i over the positive reviews,  q = 1 + Σ f_i over the negative ones

    This is equation :eq:`log-count-ratios`. As weights these numbers are those of multinomial naive Bayes.

    :param f: which review has which piece, shape (reviews, pieces)
    :param labels: 1 for a positive review, 0 for a negative one, shape (reviews,)
    :returns: a number for each piece, float32, shape (pieces,)
    :raises ValueError: if one of the classes has no review

    Source: Wang and Manning, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification, ACL 2012.

    Example: two pieces, one in both reviews, one in the positive review alone.

    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from rnn_tutorial.linear_models import log_count_ratios
    >>> f = csr_array(np.array([[1.0, 1.0], [1.0, 0.0]]))
    >>> # ln[(2/4) / (2/3)] and ln[(2/4) / (1/3)]
    >>> log_count_ratios(f, np.array([1, 0])).round(3)
    array([-0.288,  0.405], dtype=float32)
    """
    if not 0 < np.mean(labels == 1) < 1:
        raise ValueError("`labels`: expected reviews of both classes, 1 and 0, got one class alone.")
    p, q = (1.0 + f[np.flatnonzero(labels == label)].sum(axis=0) for label in (1, 0))
    return np.log((p / p.sum()) / (q / q.sum())).astype(np.float32)


def fit_linear(pieces: Pieces, labels: np.ndarray, C: float = 0.1) -> LinearModel:
    """Fit logistic regression to pieces that are scaled by their log-count ratios.

    y = σ(v · (r ⊙ f) + b_y), so w = v ⊙ r, with v and b_y that make ½ ‖v‖² + ½ b_y² + C Σ loss smallest

    This is equation :eq:`nbsvm`. The loss is the cross-entropy, and :math:`r` that of :func:`log_count_ratios`.
    Nothing is drawn at random, so there is no seed.

    :param pieces: what :func:`count_pieces` gives
    :param labels: those of the training split
    :param C: how much the reviews count against a small v; choose it by the validation split
    :returns: the model and its answers
    :raises ValueError: if C is not above 0, or one of the classes has no review

    Sources: Wang and Manning (2012), with a support vector machine; with logistic regression Mesnil et al., Ensemble of
    Generative and Discriminative Techniques for Sentiment Analysis of Movie Reviews, ICLR 2015 (workshop).

    Example:

    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from rnn_tutorial.linear_models import Pieces, fit_linear
    >>> f = csr_array(np.array([[1.0, 1.0], [1.0, 0.0]], "float32"))
    >>> model = fit_linear(Pieces([(4,), (5,)], f, f, f), np.array([1, 0]), C=100.0)
    >>> (model.test_probabilities > 0.5).tolist()
    [True, False]
    """
    if not C > 0:
        raise ValueError(f"`C`: expected a number above 0, got {C}.")
    r = log_count_ratios(pieces.train, labels)
    fitted = LogisticRegression(C=C, solver="liblinear").fit(pieces.train * r, labels)
    answers = (fitted.predict_proba(part * r)[:, 1] for part in (pieces.validation, pieces.test))
    return LinearModel(fitted.coef_[0] * r, float(fitted.intercept_[0]), *answers)


def choose_linear(
    pieces: Pieces, reviews: Reviews, strengths: Sequence[float] = (0.01, 0.1, 1.0)
) -> tuple[LinearModel, dict[float, float]]:
    """Fit a linear model with each of several C, and return the one that is right most often on the validation split.

    :doc:`/sentiment/comparison` chooses so.

    :param pieces: what :func:`count_pieces` gives
    :param reviews: the same reviews
    :param strengths: the values of C; of two that are equally good the larger one is taken
    :returns: the model, and the validation accuracy for each C

    Example: see :func:`count_pieces` for the reviews.

    >>> import numpy as np
    >>> from rnn_tutorial.linear_models import choose_linear, count_pieces
    >>> from rnn_tutorial.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.vocabulary import Vocabulary
    >>> vocabulary = Vocabulary(["good", "bad"])
    >>> split = ReviewSplit(
    ...     [vocabulary.encode("good"), vocabulary.encode("bad")], np.array([1, 0])
    ... )
    >>> reviews = Reviews(split, split, split, vocabulary, "made up", 0)
    >>> model, found = choose_linear(count_pieces(reviews, at_least=1), reviews)
    >>> found
    {0.01: 1.0, 0.1: 1.0, 1.0: 1.0}
    """
    models = {C: fit_linear(pieces, reviews.train.labels, C) for C in strengths}
    found = {
        C: float(np.mean((model.validation_probabilities > 0.5) == reviews.validation.labels))
        for C, model in models.items()
    }
    return models[max(found, key=lambda C: (found[C], C))], found
