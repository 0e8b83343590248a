"""Facts about reviews for the last training: what is learnt from, what is watched, and that nothing else changes."""

import numpy as np
import pytest

from rnn_tutorial.refit import join_validation, watch_training
from rnn_tutorial.reviews import Reviews, ReviewSplit
from rnn_tutorial.vocabulary import Vocabulary


def split(first, count):
    """Make reviews of one word each, none of which is in another split."""
    return ReviewSplit([np.array([1, first + k]) for k in range(count)], np.arange(count) % 2)


@pytest.fixture(scope="module")
def reviews():
    return Reviews(split(4, 40), split(50, 6), split(60, 8), Vocabulary([f"w{k}" for k in range(70)]), "made up", 0)


def words(of):
    return [int(ids[1]) for ids in of.sequences]


def test_validation_reviews_are_learnt_from_behind_the_others_with_their_labels(reviews):
    joined = join_validation(reviews)
    assert words(joined.train) == [*range(4, 44), *range(50, 56)]
    assert np.array_equal(joined.train.labels, np.r_[reviews.train.labels, reviews.validation.labels])
    assert joined.validation is reviews.validation


def test_every_tenth_training_review_is_watched_and_all_are_learnt_from(reviews):
    watched = watch_training(reviews)
    assert watched.train is reviews.train
    assert words(watched.validation) == [4, 14, 24, 34]
    assert np.array_equal(watched.validation.labels, reviews.train.labels[::10])


@pytest.mark.parametrize("change", [join_validation, watch_training])
def test_the_test_split_and_all_else_stay_as_they_are(reviews, change):
    changed = change(reviews)
    assert changed.test is reviews.test
    assert (changed.vocabulary, changed.source) == (reviews.vocabulary, reviews.source)
