"""The linear models: what counts as a piece, naive Bayes' weights, and the smallest loss."""

from collections import Counter

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.naive_bayes import MultinomialNB

from rnn_tutorial.linear_models import Pieces, count_pieces, fit_linear, log_count_ratios


def by_hand(reviews, longest, length, at_least):
    """Count pieces with sets and nothing else."""

    def of_review(ids):
        kept = tuple(ids.tolist()[-length:])
        return {kept[i : i + n] for n in range(1, longest + 1) for i in range(len(kept)) if i + n <= len(kept)}

    counts = Counter(piece for ids in reviews.train.sequences for piece in of_review(ids))
    names = sorted(piece for piece, count in counts.items() if count >= at_least)
    parts = (reviews.train, reviews.validation, reviews.test)
    found = [[of_review(ids) for ids in part.sequences] for part in parts]
    return names, [np.array([[n in pieces for n in names] for pieces in of_part]) for of_part in found]


@pytest.mark.parametrize(("longest", "length", "at_least"), [(1, 500, 2), (2, 500, 2), (3, 20, 3), (2, 1, 1)])
def test_pieces_are_those_that_sets_find(small_reviews, longest, length, at_least):
    pieces = count_pieces(small_reviews, longest, length, at_least)
    names, parts = by_hand(small_reviews, longest, length, at_least)
    assert pieces.names == names
    for found, expected in zip((pieces.train, pieces.validation, pieces.test), parts, strict=True):
        assert np.array_equal(found.toarray(), expected)


def test_ratios_are_the_weights_of_naive_bayes(small_reviews):
    f, labels = count_pieces(small_reviews).train, small_reviews.train.labels
    bayes = MultinomialNB(alpha=1).fit(f, labels)
    r = log_count_ratios(f, labels)
    assert np.allclose(r, bayes.feature_log_prob_[1] - bayes.feature_log_prob_[0], atol=1e-5)
    scores = bayes.predict_joint_log_proba(f)
    prior = np.log(labels.mean() / (1 - labels.mean()))
    assert np.allclose(f @ r + prior, scores[:, 1] - scores[:, 0], atol=1e-3)


@pytest.mark.parametrize("C", [0.01, 1.0])
def test_no_small_step_makes_the_loss_smaller(small_reviews, C):
    pieces, labels = count_pieces(small_reviews), small_reviews.train.labels
    model = fit_linear(pieces, labels, C)
    r = log_count_ratios(pieces.train, labels).astype(float)
    scaled = pieces.train.toarray() * r

    def loss(v, b):
        a = scaled @ v + b
        return (v @ v + b * b) / 2 + C * np.sum(np.logaddexp(0, a) - labels * a)

    v = np.divide(model.w, r, where=r != 0, out=np.zeros_like(r))
    error = expit(scaled @ v + model.b_y) - labels
    slopes = np.append(v + C * scaled.T @ error, model.b_y + C * error.sum())
    begun = C * np.linalg.norm(np.append(scaled.T @ (0.5 - labels), np.sum(0.5 - labels)))
    assert np.linalg.norm(slopes) < 0.01 * begun
    random = np.random.default_rng(1)
    least = loss(v, model.b_y)
    for _ in range(20):
        step = random.normal(size=len(v) + 1)
        step *= 0.3 / np.linalg.norm(step)
        assert loss(v + step[:-1], model.b_y + step[-1]) > least


def test_answers_are_those_of_the_weights(small_reviews):
    pieces = count_pieces(small_reviews)
    model = fit_linear(pieces, small_reviews.train.labels)
    assert np.allclose(model.validation_probabilities, expit(pieces.validation @ model.w + model.b_y), atol=1e-6)
    assert np.allclose(model.test_probabilities, expit(pieces.test @ model.w + model.b_y), atol=1e-6)
    assert np.mean((model.test_probabilities > 0.5) == small_reviews.test.labels) > 0.95


def test_the_same_call_gives_the_same_numbers(small_reviews):
    pieces, labels = count_pieces(small_reviews), small_reviews.train.labels
    one, other = fit_linear(pieces, labels), fit_linear(pieces, labels)
    assert (one.w == other.w).all()
    assert one.b_y == other.b_y


@pytest.mark.parametrize("name", ["longest", "length", "at_least"])
def test_a_number_out_of_range_is_told(small_reviews, name):
    with pytest.raises(ValueError, match=f"`{name}`: expected at least 1, got 0"):
        count_pieces(small_reviews, **{name: 0})


def test_reviews_without_a_frequent_piece_are_told(small_reviews):
    with pytest.raises(ValueError, match="`at_least`: .* got none in 300 reviews. Lower it"):
        count_pieces(small_reviews, at_least=301)


@pytest.mark.parametrize("labels", [[1, 1], [0, 0]])
def test_one_class_alone_is_told(labels):
    f = csr_array(np.eye(2, dtype="float32"))
    with pytest.raises(ValueError, match="`labels`: expected reviews of both classes"):
        fit_linear(Pieces([(4,), (5,)], f, f, f), np.array(labels))


@pytest.mark.parametrize("C", [0, -1.0, float("nan")])
def test_a_cost_that_is_not_above_0_is_told(C):
    f = csr_array(np.eye(2, dtype="float32"))
    with pytest.raises(ValueError, match="`C`: expected a number above 0"):
        fit_linear(Pieces([(4,), (5,)], f, f, f), np.array([0, 1]), C)
