"""Linear models on n-grams, the baseline for networks that read reviews.

An n-gram is a word or a few neighbouring words. A review becomes a vector f with an entry for each n-gram: 1 if the
review contains it, 0 if not. So a linear model on single words has no word order, and one on pairs knows which words
are neighbours.
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
    """Which review contains which n-gram.

    :doc:`/sentiment/comparison` uses n-grams of up to one, two and three words.

    :param names: the ids of each n-gram, one tuple each
    :param train: 1 where a review contains an n-gram, float32, shape (reviews, n-grams)
    :param validation: the same for the validation split
    :param test: the same for the test split
    :param vectorizer: the vectoriser that counted them

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
        """Find which of these n-grams other reviews contain.

        :param split: the reviews
        :returns: 1 where a review contains an n-gram, float32, shape (reviews, n-grams)
        :raises ValueError: if these n-grams were not counted by :func:`count_pieces`
        """
        if self.vectorizer is None:
            raise ValueError("`self`: expected n-grams counted by `count_pieces`.")
        return csr_array(self.vectorizer.transform(split.sequences))


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A linear model and its predictions: y = σ(w · f + b_y).

    :func:`fit_linear` returns one; :doc:`/sentiment/comparison` compares it with the networks.

    :param w: the weight of each n-gram, shape (n-grams,)
    :param b_y: the bias
    :param validation_probabilities: its prediction for each validation review, shape (reviews,)
    :param test_probabilities: its prediction for each test review, shape (reviews,)

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
        """Predict the probability that each of other reviews is positive.

        :param f: which review contains which n-gram, shape (reviews, n-grams)
        :returns: y, shape (reviews,)
        """
        return expit(f @ self.w + self.b_y)


def count_pieces(reviews: Reviews, longest: int = 2, length: int = 500, at_least: int = 2) -> Pieces:
    """Find the n-grams of the training split, and which review contains which of them.

    :param reviews: the reviews
    :param longest: the n of the longest n-grams: 1 takes single words, 2 also pairs of neighbours
    :param length: number of ids used of each review, the last ones, as in the networks
    :param at_least: number of training reviews that must contain an n-gram
    :returns: the n-grams
    :raises ValueError: if a number is below 1, or no n-gram occurs in so many reviews

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
            f"`at_least`: expected n-grams that occur in {at_least} training reviews or more, got none in "
            f"{len(reviews.train):,} reviews. Lower it, or give more reviews."
        ) from error
    others = (csr_array(vectorizer.transform(part.sequences)) for part in (reviews.validation, reviews.test))
    names = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
    return Pieces(names, csr_array(train), *others, vectorizer)  # type: ignore[call-arg] # two others


def log_count_ratios(f: csr_array, labels: np.ndarray) -> np.ndarray:
    """Compute how much more frequent each n-gram is in positive than in negative reviews, as a logarithm.

    r = ln[(p / ‖p‖₁) / (q / ‖q‖₁)],  p = 1 + Σ f_i over the positive reviews,  q = 1 + Σ f_i over the negative ones

    This is equation :eq:`log-count-ratios`. These ratios are the weights of multinomial naive Bayes.

    :param f: which review contains which n-gram, shape (reviews, n-grams)
    :param labels: 1 for a positive review, 0 for a negative one, shape (reviews,)
    :returns: a number for each n-gram, float32, shape (n-grams,)
    :raises ValueError: if one of the classes has no review

    Source: Wang and Manning, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification, ACL 2012.

    Example: two n-grams, one in both reviews, one in the positive review only.

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
    """Fit a logistic regression to n-grams that are scaled by their log-count ratios.

    y = σ(v · (r ⊙ f) + b_y), so w = v ⊙ r, with v and b_y that minimise ½ ‖v‖² + ½ b_y² + C Σ loss

    This is equation :eq:`nbsvm`. The loss is the cross-entropy, and :math:`r` that of :func:`log_count_ratios`. Nothing
    is random, so there is no seed.

    :param pieces: the n-grams, from :func:`count_pieces`
    :param labels: those of the training split
    :param C: inverse strength of the regularisation; choose it on the validation split
    :returns: the model and its predictions
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
    """Fit a linear model with each of several C, and select the one with the highest validation accuracy.

    The linear models of :doc:`/sentiment/comparison` are selected in this way.

    :param pieces: the n-grams, from :func:`count_pieces`
    :param reviews: the same reviews
    :param strengths: the values of C; of two with the same accuracy the larger one is selected
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
