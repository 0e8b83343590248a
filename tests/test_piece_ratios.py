"""Facts about reviews that are written with ratios: the ratios by hand, and no label finds its way into its review."""

import math

import numpy as np
import pytest

from rnn_tutorial.linear_models import count_pieces, log_count_ratios
from rnn_tutorial.piece_ratios import CLASSES, LARGEST, WIDTH, with_piece_ratios
from rnn_tutorial.reviews import Reviews, ReviewSplit, load_reviews
from rnn_tutorial.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def reviews():
    """Every tenth bundled review."""
    whole = load_reviews(vocabulary_size=2_000)
    parts = (ReviewSplit(p.sequences[::10], p.labels[::10]) for p in (whole.train, whole.validation, whole.test))
    return Reviews(*parts, whole.vocabulary, "every tenth", 0)


@pytest.fixture(scope="module")
def written(reviews):
    return with_piece_ratios(reviews, length=500)


def rows(ids, longest=3):
    return ids.reshape(-1, 1 + longest)


def test_the_words_stay_and_each_has_a_ratio_of_each_kind(reviews, written):
    read, _ = written
    size = len(reviews.vocabulary)
    for part in ("train", "validation", "test"):
        before, after = getattr(reviews, part), getattr(read, part)
        assert np.array_equal(before.labels, after.labels)
        for ids, more in zip(before.sequences, after.sequences, strict=True):
            assert np.array_equal(rows(more)[:, 0], ids[-500:])
            kinds = (rows(more)[:, 1:] - size) // CLASSES
            assert np.array_equal(kinds, np.tile([0, 1, 2], (len(kinds), 1)))
    assert len(read.vocabulary) == size + 3 * CLASSES


def test_a_test_review_gets_the_log_count_ratios_of_the_training_split(reviews, written):
    read, _ = written
    for n in (1, 2, 3):
        pieces = count_pieces(reviews, longest=n)
        of_n = [place for place, name in enumerate(pieces.names) if len(name) == n]
        found = log_count_ratios(pieces.train[:, of_n], reviews.train.labels)
        r = {pieces.names[place]: float(value) for place, value in zip(of_n, found, strict=True)}
        for ids, more in zip(reviews.test.sequences[:40], read.test.sequences[:40], strict=True):
            kept = ids[-500:].tolist()
            for step, column in enumerate(rows(more)[:, n]):
                value = r.get(tuple(kept[step + 1 - n : step + 1]), 0.0) if step >= n - 1 else 0.0
                given = WIDTH * (column - len(reviews.vocabulary) - CLASSES * (n - 1) - CLASSES // 2)
                assert abs(given - np.clip(value, -LARGEST, LARGEST)) <= WIDTH / 2 + 1e-6


def test_a_training_review_does_not_find_its_own_label(reviews):
    """Turn the label of one review, and another one's of the other class, in the same fold: its ids stay the same."""
    labels = reviews.train.labels.copy()
    one, other = np.flatnonzero(labels == 0)[0], np.flatnonzero(labels == 1)[0]  # the first of each class: fold 0
    turned = labels.copy()
    turned[[one, other]] = turned[[other, one]]
    sequences = list(reviews.train.sequences)
    swapped = [*sequences]
    swapped[one], swapped[other] = swapped[other], swapped[one]
    before, _ = with_piece_ratios(reviews, length=500)
    parts = (ReviewSplit(swapped, labels), reviews.validation, reviews.test)
    after, _ = with_piece_ratios(Reviews(*parts, reviews.vocabulary, "swapped", 0), length=500)
    # the same two texts, each with the other's label, and not a number of theirs is another
    assert np.array_equal(before.train.sequences[one], after.train.sequences[other])
    assert np.array_equal(before.train.sequences[other], after.train.sequences[one])
    # but those of the other folds and of the test split have changed
    changed = [not np.array_equal(a, b) for a, b in zip(before.test.sequences, after.test.sequences, strict=True)]
    assert any(changed)


def test_by_hand():
    vocabulary = Vocabulary(["not", "good", "bad"])
    texts = {"good": 1, "not bad": 1, "bad": 0, "not good": 0}
    split = ReviewSplit([vocabulary.encode(text) for text in texts], np.array(list(texts.values())))
    reviews = Reviews(split, split, split, vocabulary, "made up", 0)
    read, write = with_piece_ratios(reviews, longest=2, folds=2, at_least=1)
    # "not good" stands in one negative review; of pairs there are 1 + 4 in each class: <start> good, <start> not, …
    p, q = {"<start> good": 2, "<start> not": 2, "not bad": 2}, {"<start> bad": 2, "<start> not": 2, "not good": 2}
    pairs = p.keys() | q.keys()
    ratio = math.log(p.get("not good", 1) / sum(p.get(pair, 1) for pair in pairs))
    ratio -= math.log(q["not good"] / sum(q.get(pair, 1) for pair in pairs))
    assert read.vocabulary.decode(read.test.sequences[3]).split()[-1] == f"2:{ratio:+.1f}"
    again = write(reviews.test)
    assert again == read.test


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"longest": 0}, "`longest`: expected at least 1, got 0"),
        ({"length": 0}, "`length`: expected at least 1, got 0"),
        ({"at_least": 0}, "`at_least`: expected at least 1, got 0"),
        ({"folds": 1}, "`folds`: expected 2 to"),
        ({"folds": 10**6}, "`folds`: expected 2 to"),
    ],
)
def test_wrong_arguments_are_told(reviews, arguments, message):
    with pytest.raises(ValueError, match=message):
        with_piece_ratios(reviews, **arguments)
