"""What scikit-learn makes of the reviews in a few lines: naive Bayes, and logistic regression on TF-IDF.

They count words and pairs of neighbouring words, as :mod:`rnn_tutorial.linear_models` does, but nothing in them is this
package's own.
"""

from typing import Any

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline

from rnn_tutorial.reviews import ReviewSplit

__all__ = ["naive_bayes", "tfidf_regression", "as_texts"]

_PIECES: dict[str, Any] = {"token_pattern": r"\S+", "ngram_range": (1, 2), "min_df": 2}


def naive_bayes() -> Pipeline:
    """Multinomial naive Bayes on words and pairs.

    ln y/(1 - y) = ln N₊/N₋ + Σ_j f_j r_j, with the log-count ratios r of equation :eq:`log-count-ratios`

    f_j is 1 where a review has piece j, and N₊ and N₋ count the reviews of each class. Each ratio is taken as evidence
    of its own, as if pieces did not come together.

    :returns: a new pipeline, from texts to probabilities

    Sources: scikit-learn's ``MultinomialNB``; Wang and Manning, Baselines and Bigrams, ACL 2012.

    :doc:`/sentiment/official-split` sets it beside the networks.

    Example: "bad" stands in negative reviews alone.

    >>> from rnn_tutorial.baselines import naive_bayes
    >>> texts, labels = ["not bad", "good", "bad film", "bad"], [1, 1, 0, 0]
    >>> model = naive_bayes().set_params(countvectorizer__min_df=1).fit(texts, labels)
    >>> model.predict(["good", "bad film"])
    array([1, 0])
    """
    return make_pipeline(CountVectorizer(**_PIECES, binary=True), MultinomialNB())


def tfidf_regression(C: float = 10.0) -> Pipeline:
    """Logistic regression on the TF-IDF of words and pairs.

    v_j = (1 + ln n_j) (1 + ln (1 + N)/(1 + N_j)), f = v / ‖v‖,  y = σ(w · f + b)

    n_j counts piece j in a review, where it stands at all, and N_j of the N training reviews have it. w and b minimise
    the cross-entropy of the training reviews plus ‖w‖² / (2 C).

    :param C: how much the reviews count beside the size of w, above 0
    :returns: a new pipeline, from texts to probabilities

    Source: the documentation of scikit-learn's ``TfidfVectorizer`` and ``LogisticRegression``.

    :doc:`/sentiment/official-split` sets it beside the networks.

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
    """Return reviews as texts, whose words are the ids: what these models read.

    :param split: the reviews
    :param length: ids that are kept of a review, the last ones
    :returns: a text for each review

    :doc:`/sentiment/official-split` has them read the same ids as the networks.

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.baselines import as_texts
    >>> from rnn_tutorial.reviews import ReviewSplit
    >>> as_texts(ReviewSplit([np.array([1, 4, 5])], np.array([1])), length=2)
    ['4 5']
    """
    return [" ".join(map(str, ids[-length:])) for ids in split.sequences]
