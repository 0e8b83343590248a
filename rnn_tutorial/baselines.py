"""Logistic regression on TF-IDF features of words and pairs of neighbouring words, with scikit-learn."""

from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from rnn_tutorial.reviews import ReviewSplit

__all__ = ["tfidf_regression", "as_texts"]

_PIECES: dict[str, Any] = {"token_pattern": r"\S+", "ngram_range": (1, 2), "min_df": 2}


def tfidf_regression(C: float = 10.0) -> Pipeline:
    """Build a logistic regression on TF-IDF features of words and pairs of neighbouring words.

    v_j = (1 + ln n_j) (1 + ln (1 + N)/(1 + N_j)), f = v / ‖v‖,  y = σ(w · f + b)

    n_j is the number of times that n-gram j occurs in a review that contains it, and N_j of the N training reviews
    contain it. w and b minimise the cross-entropy of the training reviews plus ‖w‖² / (2 C).

    :param C: inverse strength of the regularisation, above 0
    :returns: a new pipeline, from texts to probabilities

    Source: the documentation of scikit-learn's ``TfidfVectorizer`` and ``LogisticRegression``.

    :doc:`/sentiment/comparison` compares it with the networks.

    Example:

    >>> from rnn_tutorial.baselines import tfidf_regression
    >>> texts, labels = ["not bad", "good", "bad film", "bad"], [1, 1, 0, 0]
    >>> model = tfidf_regression().set_params(tfidfvectorizer__min_df=1)
    >>> model.fit(texts, labels).predict(["good", "bad film"])
    array([1, 0])
    """
    weigh = TfidfVectorizer(**_PIECES, sublinear_tf=True)
    return make_pipeline(weigh, LogisticRegression(C=C, max_iter=1000))


def as_texts(split: ReviewSplit, length: int = 500) -> list[str]:
    """Convert encoded reviews to texts whose words are the ids, the input of these models.

    :param split: the reviews
    :param length: number of ids used of each review, the last ones
    :returns: a text for each review

    On :doc:`/sentiment/comparison` these models get the same ids as the networks.

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.baselines import as_texts
    >>> from rnn_tutorial.reviews import ReviewSplit
    >>> as_texts(ReviewSplit([np.array([1, 4, 5])], np.array([1])), length=2)
    ['4 5']
    """
    return [" ".join(map(str, ids[-length:])) for ids in split.sequences]
