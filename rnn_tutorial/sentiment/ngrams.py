"""N-grams: linear models on them, the baseline for networks that read reviews, and their ratios as input of a network.

An n-gram is a word or a few neighbouring words. A review becomes a vector f with an entry for each n-gram: 1 if the
review contains it, 0 if not. So a linear model on single words has no word order, and one on pairs knows which words
are neighbours. The models are pipelines of scikit-learn, fitted to the ids of reviews:
``nbsvm().fit(split.sequences, split.labels)``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from rnn_tutorial.records import check_count
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit, check_binary
from rnn_tutorial.sentiment.vocabulary import Vocabulary

__all__ = [
    "nbsvm", "choose_C", "tfidf_regression", "log_count_ratios", "LogCountRatios", "NGrams", "with_ngram_ratios",
]  # fmt: skip

WIDTH, LARGEST = 0.1, 3.0  # of a bin of ratios; ratios beyond ±3 are clipped to ±3
BINS = 2 * round(LARGEST / WIDTH) + 1


@dataclass(frozen=True)
class NGrams:
    """Find the n-grams of a review, single words first; an ``analyzer`` for scikit-learn.

    :param longest: the n of the longest n-grams: 1 takes single words, 2 also pairs of neighbours
    :param shortest: the n of the shortest
    :param length: number of ids used of each review, the last ones, as in the networks
    :raises ValueError: if a number is below 1

    >>> from rnn_tutorial.sentiment.ngrams import NGrams
    >>> NGrams(longest=2)([1, 4, 5])
    ['1', '4', '5', '1 4', '4 5']
    """

    longest: int = 2
    shortest: int = 1
    length: int = 500

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            check_count(name, value)

    def __call__(self, ids: Sequence[int] | np.ndarray) -> list[str]:
        """Return the n-grams of a review's ids, the ids of each separated by spaces."""
        kept = list(map(str, np.asarray(ids)[-int(self.length) :].tolist()))
        sizes = range(self.shortest, self.longest + 1)
        return [" ".join(kept[i : i + n]) for n in sizes for i in range(len(kept) - n + 1)]


def log_count_ratios(f: Any, labels: np.ndarray) -> np.ndarray:
    """Compute how much more frequent each n-gram is in positive than in negative reviews, as a logarithm.

    r = ln[(p / ‖p‖₁) / (q / ‖q‖₁)],  p = 1 + Σ f_i over the positive reviews,  q = 1 + Σ f_i over the negative ones

    This is equation :eq:`log-count-ratios`. These ratios are the weights of multinomial naive Bayes.

    :param f: which review contains which n-gram, a sparse matrix of shape (reviews, n-grams)
    :param labels: 1 for a positive review, 0 for a negative one, shape (reviews,)
    :returns: a number for each n-gram, float32, shape (n-grams,)
    :raises ValueError: if a label is neither 0 nor 1, or one of the classes has no review

    Source: Wang and Manning, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification, ACL 2012.

    Example: two n-grams, one in both reviews, one in the positive review only.

    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from rnn_tutorial.sentiment.ngrams import log_count_ratios
    >>> f = csr_array(np.array([[1.0, 1.0], [1.0, 0.0]]))
    >>> # ln[(2/4) / (2/3)] and ln[(2/4) / (1/3)]
    >>> log_count_ratios(f, np.array([1, 0])).round(3)
    array([-0.288,  0.405], dtype=float32)
    """
    check_binary("labels", labels)
    if not 0 < np.mean(labels == 1) < 1:
        raise ValueError("`labels`: expected reviews of both classes, 1 and 0, got one class alone.")
    p, q = (1 + np.asarray(f[np.flatnonzero(labels == label)].sum(axis=0)).ravel() for label in (1, 0))
    return np.log((p / p.sum()) / (q / q.sum())).astype(np.float32)


class LogCountRatios(TransformerMixin, BaseEstimator):
    """Scale each n-gram by its log-count ratio in the training reviews: f becomes r ⊙ f, as in equation :eq:`nbsvm`.

    ``ratios_`` are the :func:`log_count_ratios` of the reviews that it was fitted to.
    """

    def fit(self, X: Any, y: np.ndarray) -> Self:
        """Compute the ratios from f, a sparse matrix of shape (reviews, n-grams), and the labels."""
        self.ratios_ = log_count_ratios(X, np.asarray(y))
        return self

    def transform(self, X: Any) -> Any:
        """Return r ⊙ f, of the shape of f."""
        return X.multiply(self.ratios_).tocsr()


def nbsvm(longest: int = 2, C: float = 0.1) -> Pipeline:
    """Build a logistic regression on n-grams that are scaled by their log-count ratios.

    y = σ(v · (r ⊙ f) + b_y), with v and b_y that minimise ½ ‖v‖² + ½ b_y² + C Σ loss

    This is equation :eq:`nbsvm`. The loss is the cross-entropy, and :math:`r` that of :func:`log_count_ratios`. n-grams
    of a single training review are left out. Nothing is random, so there is no seed.

    :param longest: the n of the longest n-grams
    :param C: inverse strength of the regularisation, above 0; :func:`choose_C` chooses it
    :returns: a new pipeline, from ids to probabilities

    Sources: Wang and Manning (2012), with a support vector machine; with logistic regression Mesnil et al., Ensemble of
    Generative and Discriminative Techniques for Sentiment Analysis of Movie Reviews, ICLR 2015 (workshop).

    Example: ids 4 and 5, and the start 1.

    >>> from rnn_tutorial.sentiment.ngrams import nbsvm
    >>> sequences, labels = [[1, 4], [1, 5], [1, 4], [1, 5]], [1, 0, 1, 0]
    >>> nbsvm(longest=1, C=10.0).fit(sequences, labels).predict([[1, 5], [4]])
    array([0, 1])
    """
    counts = CountVectorizer(analyzer=NGrams(longest), binary=True, min_df=2, dtype=np.float32)
    return make_pipeline(counts, LogCountRatios(), LogisticRegression(C=C, solver="liblinear"))


def choose_C(
    model: Pipeline, reviews: Reviews, strengths: Sequence[float] = (0.01, 0.1, 1.0)
) -> tuple[Pipeline, dict[float, float]]:
    """Fit a linear model with each of several C, and select the one with the highest validation accuracy.

    :param model: a new pipeline, such as :func:`nbsvm` builds, of a vectoriser and what follows it
    :param reviews: their training split is fitted to, their validation split decides
    :param strengths: the values of C; of two with the same accuracy the larger one is selected
    :returns: the fitted model, and the validation accuracy for each C
    """
    vectorizer, rest = clone(model[0]), model[1:]
    train, validation = vectorizer.fit_transform(reviews.train.sequences), reviews.validation
    validated, accuracies, fitted = vectorizer.transform(validation.sequences), {}, {}
    for C in strengths:
        fitted[C] = clone(rest).set_params(**{f"{rest.steps[-1][0]}__C": C}).fit(train, reviews.train.labels)
        accuracies[C] = float(fitted[C].score(validated, validation.labels))
    best = fitted[max(accuracies, key=lambda C: (accuracies[C], C))]
    return make_pipeline(vectorizer, *(step for _, step in best.steps)), accuracies


def tfidf_regression(longest: int = 2, C: float = 10.0) -> Pipeline:
    """Build a logistic regression on TF-IDF features of n-grams.

    v_j = (1 + ln n_j) (1 + ln (1 + N)/(1 + N_j)), f = v / ‖v‖,  y = σ(w · f + b)

    n_j is the number of times that n-gram j occurs in a review that contains it, and N_j of the N training reviews
    contain it. w and b minimise the cross-entropy of the training reviews plus ‖w‖² / (2 C). n-grams of a single
    training review are left out.

    :param longest: the n of the longest n-grams
    :param C: inverse strength of the regularisation, above 0
    :returns: a new pipeline, from ids to probabilities

    Source: the documentation of scikit-learn's ``TfidfVectorizer`` and ``LogisticRegression``.
    """
    weights = TfidfVectorizer(analyzer=NGrams(longest), min_df=2, sublinear_tf=True)
    return make_pipeline(weights, LogisticRegression(C=C, max_iter=1000))


def with_ngram_ratios(
    reviews: Reviews, longest: int = 3, length: int = 500, folds: int = 10
) -> tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]:
    """Encode each word as several ids: the word, and the binned log-count ratios of the n-grams that end there.

    A linear model on pairs and triples of words is more accurate than networks on single words; so a network can get
    the same statistics as input. The n-gram of n words that ends at step t has the log-count ratio r of equation
    :eq:`log-count-ratios`, computed among the n-grams of n words; r is 0 for an n-gram in fewer than two training
    reviews. Its id is vocabulary size + 61 (n - 1) + 30 + round(10 r), with r between -3 and 3. So a review of
    T ids becomes one of T (1 + longest) ids, in the order word, word's ratio, pair's ratio, triple's ratio, word, …

    The ratios of a training review must not contain its own label. So the training reviews of each class are divided
    into folds, in the order of the files, where neighbours are often about the same film, and the ratios of a review
    are computed from the other folds. Validation and test reviews get the ratios of the whole training split.

    :param reviews: the reviews
    :param longest: the n of the longest n-grams
    :param length: number of ids used of each review, the last ones, before its ratios are added
    :param folds: the number of folds
    :returns: the encoded reviews, with a vocabulary that names the bins; and a function that encodes other reviews like
        the test split
    :raises ValueError: if a number is below 1, there are fewer than two folds, a class has fewer reviews than folds, or
        no n-gram of some length is in two training reviews

    Source: the ratios are those of Wang and Manning, Baselines and Bigrams, ACL 2012.

    Example: "good" occurs in two positive reviews, one of which is the review itself.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.ngrams import with_ngram_ratios
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
    >>> words = Vocabulary(["good", "bad"])
    >>> ids = [words.encode(text) for text in ("good", "good", "bad", "bad")]
    >>> split = ReviewSplit(ids, np.array([1, 1, 0, 0]))
    >>> reviews = Reviews(split, split, split, words, "made up", duplicates_removed=0)
    >>> encoded, encode = with_ngram_ratios(reviews, longest=1, folds=2)
    >>> for split in (encoded.train, encoded.test):
    ...     encoded.vocabulary.decode(split.sequences[0])
    '<start> 1:+0.0 good 1:+0.7'
    '<start> 1:+0.0 good 1:+1.1'
    """
    NGrams(longest, length=length)  # raises errors
    labels, size = reviews.train.labels, len(reviews.vocabulary)
    fewest = int(np.bincount(labels, minlength=2).min())
    if not 2 <= folds <= fewest:
        raise ValueError(f"`folds`: expected 2 to {fewest}, the training reviews of the smaller class, got {folds}.")
    fold = np.zeros(len(labels), int)
    for label in (0, 1):
        of_class = np.flatnonzero(labels == label)
        fold[of_class] = np.arange(len(of_class)) * folds // len(of_class)

    counted = []  # for each n: the column of each n-gram, and the bins without each fold and with all
    for n in range(1, longest + 1):
        counts = CountVectorizer(analyzer=NGrams(n, n, length), binary=True, min_df=2)
        f = counts.fit_transform(reviews.train.sequences)
        ratios = [log_count_ratios(f[fold != k], labels[fold != k]) for k in range(folds)]
        ratios.append(log_count_ratios(f, labels))
        bins = np.round(np.clip(ratios, -LARGEST, LARGEST) / WIDTH).astype(np.int32)
        counted.append((NGrams(n, n, length), counts.vocabulary_, np.pad(bins, [(0, 0), (0, 1)])))  # unknown: 0

    def encode(split: ReviewSplit, without: Sequence[int] | None = None) -> ReviewSplit:
        rows = []
        for ids, k in zip(split.sequences, [folds] * len(split) if without is None else without, strict=True):
            columns = [ids[-int(length) :]]
            for n, (ngrams, places, bins) in enumerate(counted, start=1):
                of_ngrams = bins[k, [places.get(ngram, -1) for ngram in ngrams(ids)]]
                missing = len(columns[0]) - len(of_ngrams)  # at the first steps no n-gram ends
                columns.append(size + BINS * (n - 1) + BINS // 2 + np.pad(of_ngrams, (missing, 0)))
            rows.append(np.stack(columns, axis=1).astype(np.int32).ravel())
        return ReviewSplit(rows, split.labels)

    values = WIDTH * (np.arange(BINS) - BINS // 2)
    names = [f"{n}:{value:+.1f}" for n in range(1, longest + 1) for value in values]
    encoded = replace(
        reviews,
        train=encode(reviews.train, without=fold.tolist()),
        validation=encode(reviews.validation),
        test=encode(reviews.test),
        vocabulary=Vocabulary([*reviews.vocabulary.words, *names]),
    )
    return encoded, encode
