import math
from collections import Counter

import numpy as np
import pytest
from scipy.special import expit

from rnn_tutorial.sentiment.ngrams import (
    BINS,
    LARGEST,
    WIDTH,
    NGrams,
    choose_C,
    nbsvm,
    tfidf_regression,
    with_ngram_ratios,
)
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit, load_reviews


def of_review(ids, longest, length=500):
    """Find the n-grams of a review, each as often as it occurs, by slices."""
    kept = list(map(str, ids.tolist()[-length:]))
    return [" ".join(kept[i : i + n]) for n in range(1, longest + 1) for i in range(len(kept)) if i + n <= len(kept)]


@pytest.mark.parametrize(("longest", "length"), [(1, 500), (2, 500), (3, 20), (2, 1)])
def test_ngrams_are_those_that_slices_find(small_reviews, longest, length):
    for ids in small_reviews.test.sequences[:20]:
        assert NGrams(longest, length=length)(ids) == of_review(ids, longest, length)
    assert NGrams(2, 2)([1, 4, 5]) == ["1 4", "4 5"]


def fitted(model, reviews):
    """Fit; return the model, the names of its n-grams, and its features of the training reviews as a matrix."""
    model.fit(reviews.train.sequences, reviews.train.labels)
    return model, sorted(model[0].vocabulary_), model[:-1].transform(reviews.train.sequences).toarray()


def test_the_features_are_the_frequent_ngrams_scaled_by_their_ratios(small_reviews):
    model, names, scaled = fitted(nbsvm(), small_reviews)
    found = [set(of_review(ids, 2)) for ids in small_reviews.train.sequences]
    counts = Counter(ngram for of in found for ngram in of)
    assert names == sorted(ngram for ngram, count in counts.items() if count >= 2)
    f = np.array([[name in of for name in names] for of in found])
    assert np.allclose(scaled, f * model[1].ratios_)


@pytest.mark.parametrize("C", [0.01, 1.0])
def test_the_convex_loss_has_no_slope(small_reviews, C):
    model, _, scaled = fitted(nbsvm(C=C), small_reviews)
    v, b_y, labels = model[-1].coef_[0], model[-1].intercept_[0], small_reviews.train.labels
    y = expit(scaled @ v + b_y)
    assert model.predict_proba(small_reviews.train.sequences)[:, 1] == pytest.approx(y, abs=1e-6)
    slopes = np.append(v + C * scaled.T @ (y - labels), b_y + C * np.sum(y - labels))
    begun = C * np.linalg.norm(np.append(scaled.T @ (0.5 - labels), np.sum(0.5 - labels)))
    assert np.linalg.norm(slopes) < 0.01 * begun


def test_the_chosen_model_is_that_of_the_best_C_and_learns(small_reviews):
    model, found = choose_C(nbsvm(), small_reviews, strengths=(1e-6, 0.1))
    test, validation = small_reviews.test, small_reviews.validation
    again = nbsvm(C=0.1).fit(small_reviews.train.sequences, small_reviews.train.labels)
    assert (model.predict_proba(test.sequences) == again.predict_proba(test.sequences)).all()
    assert found[0.1] == again.score(validation.sequences, validation.labels) >= found[1e-6]
    assert model.score(test.sequences, test.labels) > 0.95


def test_tf_idf_is_that_of_its_equation(small_reviews):
    model, names, f = fitted(tfidf_regression(C=3.0), small_reviews)
    found = [Counter(of_review(ids, 2)) for ids in small_reviews.train.sequences]
    counts = np.array([[of[name] for name in names] for of in found])
    assert ((counts > 0).sum(axis=0) >= 2).all()
    tf = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0)
    v = tf * (1 + np.log((1 + len(counts)) / (1 + (counts > 0).sum(axis=0))))
    assert f == pytest.approx(v / np.linalg.norm(v, axis=1, keepdims=True))
    assert model[-1].C == 3


@pytest.fixture(scope="module")
def reviews():
    whole = load_reviews(vocabulary_size=2_000)
    parts = (ReviewSplit(p.sequences[::10], p.labels[::10]) for p in (whole.train, whole.validation, whole.test))
    return Reviews(*parts, whole.vocabulary, "every tenth", 0)


@pytest.fixture(scope="module")
def encoded(reviews):
    encoded, encode = with_ngram_ratios(reviews, length=500)
    assert encode(reviews.test) == encoded.test
    return encoded


def rows(ids, longest=3):
    return ids.reshape(-1, 1 + longest)


def test_the_words_stay_and_each_has_a_ratio_of_each_kind(reviews, encoded):
    size = len(reviews.vocabulary)
    for part in ("train", "validation", "test"):
        before, after = getattr(reviews, part), getattr(encoded, part)
        assert np.array_equal(before.labels, after.labels)
        for ids, more in zip(before.sequences, after.sequences, strict=True):
            assert np.array_equal(rows(more)[:, 0], ids[-500:])
            kinds = (rows(more)[:, 1:] - size) // BINS
            assert np.array_equal(kinds, np.tile([0, 1, 2], (len(kinds), 1)))
    assert len(encoded.vocabulary) == size + 3 * BINS


def test_a_test_review_gets_the_log_count_ratios_of_the_training_split(reviews, encoded):
    labels = reviews.train.labels
    for n in (1, 2, 3):
        found = [{ngram for ngram in of_review(ids, n) if len(ngram.split()) == n} for ids in reviews.train.sequences]
        p, q = (Counter(g for of, k in zip(found, labels, strict=True) if k == label for g in of) for label in (1, 0))
        known = [ngram for ngram in p | q if p[ngram] + q[ngram] >= 2]
        of_p, of_q = (sum(1 + counts[ngram] for ngram in known) for counts in (p, q))
        r = {ngram: math.log((1 + p[ngram]) / of_p / ((1 + q[ngram]) / of_q)) for ngram in known}
        for ids, more in zip(reviews.test.sequences[:40], encoded.test.sequences[:40], strict=True):
            kept = ids[-500:].tolist()
            for step, column in enumerate(rows(more)[:, n]):
                value = r.get(" ".join(map(str, kept[step + 1 - n : step + 1])), 0.0) if step >= n - 1 else 0.0
                given = WIDTH * (column - len(reviews.vocabulary) - BINS * (n - 1) - BINS // 2)
                assert abs(given - np.clip(value, -LARGEST, LARGEST)) <= WIDTH / 2 + 1e-6


def test_a_training_review_does_not_find_its_own_label(reviews, encoded):
    """Swap the labels of one review and another one of the other class, in the same fold: their ids stay the same."""
    labels = reviews.train.labels
    one, other = np.flatnonzero(labels == 0)[0], np.flatnonzero(labels == 1)[0]  # the first of each class: fold 0
    swapped = [*reviews.train.sequences]
    swapped[one], swapped[other] = swapped[other], swapped[one]
    parts = (ReviewSplit(swapped, labels), reviews.validation, reviews.test)
    after, _ = with_ngram_ratios(Reviews(*parts, reviews.vocabulary, "swapped", 0), length=500)
    assert np.array_equal(encoded.train.sequences[one], after.train.sequences[other])
    assert np.array_equal(encoded.train.sequences[other], after.train.sequences[one])
    # but those of the other folds and of the test split have changed
    changed = [not np.array_equal(a, b) for a, b in zip(encoded.test.sequences, after.test.sequences, strict=True)]
    assert any(changed)
