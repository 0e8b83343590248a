"""Facts about reviews that carry a linear model's answers: whose they are, and that no label finds its review."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

from rnn_tutorial.linear_answers import CLASSES, with_linear_answers
from rnn_tutorial.linear_models import choose_linear, count_pieces
from rnn_tutorial.piece_ratios import with_piece_ratios
from rnn_tutorial.reviews import Reviews, ReviewSplit
from rnn_tutorial.vocabulary import Vocabulary

LENGTH = 200


@pytest.fixture(scope="module")
def reviews():
    """Draw short reviews: a word is more frequent in one class than in the other, from much to hardly."""
    random = np.random.default_rng(1)
    lean = np.linspace(-0.4, 0.4, 60)

    def drawn(count):
        labels = np.tile([0, 1], count // 2)
        chances = np.exp(np.outer(2 * labels - 1, lean))
        words = [random.choice(60, size=30, p=chance / chance.sum()) for chance in chances]
        return ReviewSplit([np.r_[1, 4 + of_review].astype("int32") for of_review in words], labels.astype("int32"))

    return Reviews(drawn(400), drawn(60), drawn(60), Vocabulary([f"w{k}" for k in range(60)]), "drawn", 0)


@pytest.fixture(scope="module")
def written(reviews):
    return with_linear_answers(reviews, longest=2, length=LENGTH, folds=4)


def answers(split, first):
    """Give the class of each review's answer, from 0 to 24."""
    classes = [ids.reshape(-1, 4)[:, 3] - first for ids in split.sequences]
    assert all((of_review == of_review[0]).all() for of_review in classes)
    return np.array([of_review[0] for of_review in classes])


def test_words_and_ratios_stay_and_test_reviews_get_the_answer_of_the_linear_model(reviews, written):
    read, write = written
    told, _ = with_piece_ratios(reviews, 2, LENGTH, 4)
    first = len(told.vocabulary)
    assert len(read.vocabulary) == first + CLASSES
    for part in ("train", "validation", "test"):
        before, after = getattr(told, part), getattr(read, part)
        assert np.array_equal(before.labels, after.labels)
        for ids, more in zip(before.sequences, after.sequences, strict=True):
            assert np.array_equal(ids.reshape(-1, 3), more.reshape(-1, 4)[:, :3])
    model, _ = choose_linear(count_pieces(reviews, 2, LENGTH), reviews)
    for part, y in (("validation", model.validation_probabilities), ("test", model.test_probabilities)):
        classes = answers(getattr(read, part), first)
        assert np.abs(0.5 * (classes - 12) - logit(y).clip(-6, 6)).max() <= 0.25 + 1e-6
        assert len(set(classes)) > 6
        assert read.vocabulary.words[-CLASSES:][classes[0]] == f"linear:{0.5 * (classes[0] - 12):+.1f}"
    again = write(reviews.test)
    assert all(np.array_equal(a, b) for a, b in zip(again.sequences, read.test.sequences, strict=True))


def test_a_training_review_is_answered_by_a_model_that_has_not_seen_its_fold(reviews, written):
    """Turn the label of one review, and another one's of the other class, in the same fold: their answers stay."""
    read, _ = written
    first = len(read.vocabulary) - CLASSES
    one, other = (np.flatnonzero(reviews.train.labels == label)[0] for label in (0, 1))  # the first fold of both
    sequences = list(reviews.train.sequences)
    sequences[one], sequences[other] = sequences[other], sequences[one]
    turned = replace(reviews, train=ReviewSplit(sequences, reviews.train.labels))
    swapped, _ = with_linear_answers(turned, longest=2, length=LENGTH, folds=4)
    before, after = answers(read.train, first), answers(swapped.train, first)
    assert (before[one], before[other]) == (after[other], after[one])
    before[[one, other]] = before[[other, one]]
    assert (before != after).any()


def test_answers_out_of_fold_are_right_less_often_than_those_of_a_model_that_has_seen_the_reviews(reviews, written):
    read, _ = written
    first = len(read.vocabulary) - CLASSES
    pieces = count_pieces(reviews, 2, LENGTH)
    model, _ = choose_linear(pieces, reviews)
    seen = np.mean((model.answer(pieces.train) > 0.5) == reviews.train.labels)
    classes = answers(read.train, first)
    out_of_fold = np.mean((classes > 12) == reviews.train.labels)
    assert 0.6 < out_of_fold < seen - 0.1
