from dataclasses import astuple

import numpy as np
import pytest
from scipy import stats

from rnn_tutorial.sentiment import evaluation
from rnn_tutorial.sentiment.evaluation import (
    PredictionChanges,
    accuracy_interval,
    compare,
    most_confident_predictions,
    prediction_changes,
    sample_reviews,
)
from rnn_tutorial.sentiment.reviews import ReviewSplit
from rnn_tutorial.sentiment.vocabulary import Vocabulary


def test_the_most_confident_predictions_come_first_right_then_wrong():
    vocabulary = Vocabulary([f"w{i}" for i in range(10)])
    split = ReviewSplit([np.array([1, 4 + i, 5], dtype=np.int32) for i in range(6)], np.array([1, 1, 0, 0, 1, 0]))
    rows = most_confident_predictions(np.array([0.99, 0.6, 0.02, 0.7, 0.1, 0.9]), split, vocabulary, count=2, words=2)
    assert [(row.verdict, row.label, row.y) for row in rows] == [
        ("correct", "positive", 0.99),
        ("correct", "negative", 0.02),
        ("wrong", "positive", 0.1),
        ("wrong", "negative", 0.9),
    ]
    assert rows[0].ending == "… w0 w1"
    (row,) = most_confident_predictions(np.full(6, 0.9), split, vocabulary, count=1, words=1)[:1]
    assert row.ending == "… w1"


def test_answers_that_change_are_counted_and_weighed_against_the_labels():
    before, after = np.array([0.6, 0.4, 0.9, 0.1, 0.5]), np.array([0.4, 0.6, 0.8, 0.1, 0.5])
    changed = prediction_changes(before, after, np.array([0, 1, 1, 0, 0]))
    assert astuple(changed) == pytest.approx((0.1, 0.2, 0.4, 0.4))
    assert prediction_changes(before, before, np.ones(5)) == PredictionChanges(0, 0, 0, 0)


@pytest.mark.parametrize("freedom", [1, 2.7, 9, 100, 24_999])
def test_students_distribution_is_that_of_scipy(freedom):
    assert evaluation._quantile(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-7)
    for t in (0, 0.5, 3, 12):
        assert evaluation._tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-7)


VOCABULARY = Vocabulary(["good", "bad"])


def split_of(*texts):
    """Give reviews, each written as its label and its text."""
    labels, sequences = zip(*((int(text[0]), VOCABULARY.encode(text[2:])) for text in texts), strict=True)
    return ReviewSplit(list(sequences), np.array(labels))


def test_samples_are_confident_predictions_without_unknown_words():
    split = split_of("1 good dull", "1 good", "1 good good", "0 bad", "0 bad good bad", "1 bad", "0 good")
    y = np.array([0.99, 0.9, 0.8, 0.3, 0.1, 0.2, 0.6])
    samples = sample_reviews(y, split, VOCABULARY, short=3)
    assert [(sample.title, sample.text) for sample in samples] == [
        ("positive, and it says so", "good"),
        ("negative, and it says so", "bad"),  # what it is surer of is longer
        ("positive, and it says negative", "bad"),
        ("a long one, negative", "bad good bad"),
    ]
    assert [sample.label for sample in samples] == [1, 0, 1, 0]
    assert "says so" in sample_reviews(np.array([0.9]), split_of("1 good good"), VOCABULARY, short=3)[0].title


def test_a_kind_that_no_review_is_of_is_left_out():
    samples = sample_reviews(np.array([0.9]), split_of("1 good"), VOCABULARY)
    assert [sample.title for sample in samples] == ["positive, and it says so", "a long one, positive"]
    assert sample_reviews(np.array([0.9]), split_of("1 dull"), VOCABULARY) == []


def test_a_long_review_is_no_longer_than_asked():
    split = split_of("1 good good good", "1 good good")
    samples = sample_reviews(np.array([0.9, 0.8]), split, VOCABULARY, long=3)
    assert samples[-1].text == "good good"


def runs_of(accuracy, spread, seed, runs=10, reviews=2000):
    """Draw runs whose accuracies differ by seed, on reviews of which some are harder."""
    random = np.random.default_rng(seed)
    chance = accuracy + spread * random.normal(size=(runs, 1)) + 0.1 * random.normal(size=reviews)
    return random.random((runs, reviews)) < chance


def test_the_interval_of_an_accuracy_holds_it_as_often_as_it_says():
    """Seeds, reviews and both together are drawn anew each time; the interval errs on the wide side."""
    inside = [abs(mean - 80) < width for mean, width in (accuracy_interval(runs_of(0.8, 0.02, s)) for s in range(400))]
    assert 0.93 < np.mean(inside) < 0.99


def test_an_interval_over_reviews_alone_misses_what_seeds_do():
    correct = runs_of(0.8, 0.02, 1)
    _, width = accuracy_interval(correct)
    sampling = 196 * np.sqrt(correct.mean(axis=0).var(ddof=1) / 2000)
    assert width > 1.5 * sampling
    mean, half_width = accuracy_interval(np.array([[1, 1, 0, 1]]))  # of a model without seeds: Student's of the reviews
    assert (mean, half_width) == (75, pytest.approx(100 * 3.182446 * 0.5 / 2, rel=1e-6))
    mean, alone = accuracy_interval(correct[:1])
    assert alone == pytest.approx(196 * np.sqrt(mean / 100 * (1 - mean / 100) / 2000), rel=0.01)


def test_comparisons_pair_seeds_and_reviews_and_are_corrected():
    one = runs_of(0.8, 0.0, 1)
    worse = one & (np.random.default_rng(2).random(one.shape) < 0.985)
    correct = {"one": one, "again": one, "worse": worse, "linear": one[:1]}
    alone = compare(correct, [("one", "worse")])[0]
    assert alone.points == pytest.approx(100 * (one.mean() - worse.mean()))
    assert (alone.verdict, compare(correct, [("worse", "one")])[0].verdict) == ("one", "one")
    many = compare(correct, [("one", "worse"), ("one", "linear"), ("one", "again")])
    assert many[0].p == pytest.approx(3 * alone.p)
    assert (many[2].points, many[2].p, many[2].verdict) == (0, 1, "undecided")
    assert many[1].half_width > 0


def test_holm_orders_the_p_values_and_none_falls_below_the_one_before_it():
    """Of three equal p-values the first is multiplied by three, and the others may not be smaller."""
    one, random = runs_of(0.8, 0.0, 1), np.random.default_rng(2)
    correct = {"a": one} | {name: one & (random.random(one.shape) < kept) for name, kept in (("b", 0.997), ("c", 0.99))}
    alone, less = (compare(correct, [("a", name)])[0].p for name in "bc")
    assert [made.p for made in compare(correct, [("a", "b")] * 3)] == pytest.approx([3 * alone] * 3)
    assert 2 * less < alone < 0.5
    assert [made.p for made in compare(correct, [("a", "b"), ("a", "c")])] == pytest.approx([alone, 2 * less])


@pytest.mark.parametrize("reviews", [2, 5])
def test_a_few_reviews_cannot_be_sure(reviews):
    """All reviews favour one of two equal models in 2 of 2^n cases."""
    always, never = np.ones((3, reviews)), np.zeros((3, reviews))
    (made,) = compare({"always": always, "never": never}, [("always", "never")])
    assert (made.points, made.p) == (100, 2 / 2**reviews)
    never[0] = 1  # where seeds differ, and reviews do not
    assert compare({"always": always, "never": never}, [("always", "never")])[0].p >= 2 / 2**reviews
