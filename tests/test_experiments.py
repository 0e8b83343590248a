"""Experiments: seeds, intervals, and the reviews that are shown."""

import numpy as np
import pytest

from rnn_tutorial import models
from rnn_tutorial.experiments import mean_interval, repeat, surest_answers
from rnn_tutorial.reviews import ReviewPart, Vocabulary


def test_a_model_is_trained_once_a_seed(small_reviews):
    runs = repeat(models.bag_of_words(20, 4), small_reviews, [3, 4], epochs=1)
    assert [run.seed for run in runs] == [3, 4]
    assert runs[0].losses != runs[1].losses


def test_the_interval_of_three_values_is_students():
    mean, half_width = mean_interval([1.0, 2.0, 3.0])
    assert mean == 2
    assert half_width == pytest.approx(4.302653 / np.sqrt(3), rel=1e-6)


def test_95_of_100_intervals_hold_the_mean():
    random = np.random.default_rng(1)
    held = 0
    for _ in range(2_000):
        mean, half_width = mean_interval(random.normal(size=3))
        held += abs(mean) <= half_width
    assert held / 2_000 == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("values", [[], [0.9]])
def test_one_value_has_no_interval(values):
    with pytest.raises(ValueError, match="`values`: expected at least two"):
        mean_interval(values)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_out_of_range_is_refused(confidence):
    with pytest.raises(ValueError, match="`confidence`"):
        mean_interval([1, 2], confidence)


def test_the_surest_answers_come_first_right_then_wrong():
    vocabulary = Vocabulary([f"w{i}" for i in range(10)])
    part = ReviewPart([np.array([1, 4 + i, 5], dtype=np.int32) for i in range(6)], np.array([1, 1, 0, 0, 1, 0]))
    rows = surest_answers(np.array([0.99, 0.6, 0.02, 0.7, 0.1, 0.9]), part, vocabulary, count=2, words=2)
    assert [(row["answer"], row["label"], row["y"]) for row in rows] == [
        ("right", "positive", 0.99),
        ("right", "negative", 0.02),
        ("wrong", "positive", 0.1),
        ("wrong", "negative", 0.9),
    ]
    assert rows[0]["last words"] == "… w0 w1"


def test_one_probability_a_review_is_needed():
    part = ReviewPart([np.array([1])], np.array([1]))
    with pytest.raises(ValueError, match="one for each of 1 reviews, got 2"):
        surest_answers(np.array([0.1, 0.2]), part, Vocabulary(["a"]))
