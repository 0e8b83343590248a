"""Scikit-learn's models compute the equations that their docstrings give."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import expit

from rnn_tutorial.baselines import as_texts, tfidf_regression
from rnn_tutorial.reviews import ReviewSplit

RANDOM = np.random.default_rng(1)
LABELS = RANDOM.integers(0, 2, 60)
TEXTS = as_texts(ReviewSplit([RANDOM.integers(4 + label, 12, 9) for label in LABELS], LABELS))


def test_the_texts_are_the_last_ids():
    split = ReviewSplit([np.array([1, 4, 5, 6]), np.array([1])], np.array([1, 0]))
    assert as_texts(split) == ["1 4 5 6", "1"]
    assert as_texts(split, length=2) == ["5 6", "1"]


def test_tf_idf_is_that_of_its_equation():
    model = tfidf_regression().fit(TEXTS, LABELS)
    pieces = model[0].get_feature_names_out()
    words = [text.split() for text in TEXTS]
    found = [of + [f"{a} {b}" for a, b in pairwise(of)] for of in words]
    counts = np.array([[of.count(piece) for piece in pieces] for of in found])
    assert ((counts > 0).sum(axis=0) >= 2).all()
    everywhere = {piece for of in found for piece in of}
    rare = everywhere - set(pieces)
    assert rare and all(sum(piece in of for of in found) == 1 for piece in rare)
    tf = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0)
    v = tf * (1 + np.log((1 + len(TEXTS)) / (1 + (counts > 0).sum(axis=0))))
    f = v / np.linalg.norm(v, axis=1, keepdims=True)
    assert model[0].transform(TEXTS).toarray() == pytest.approx(f)
    z = f @ model[1].coef_[0] + model[1].intercept_[0]
    assert model.predict_proba(TEXTS)[:, 1] == pytest.approx(expit(z))


def test_logistic_regression_ends_where_its_gradient_is_zero():
    C = 3.0
    model = tfidf_regression(C).fit(TEXTS, LABELS)
    model[1].set_params(tol=1e-8).fit(model[0].transform(TEXTS), LABELS)
    f, y = model[0].transform(TEXTS).toarray(), model.predict_proba(TEXTS)[:, 1]
    assert f.T @ (y - LABELS) + model[1].coef_[0] / C == pytest.approx(np.zeros(f.shape[1]), abs=1e-4)
    assert np.sum(y - LABELS) == pytest.approx(0, abs=1e-4)
