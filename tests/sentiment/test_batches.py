"""Batches: what padding keeps, what buckets hold, and that nothing is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_tutorial.sentiment.batches import bucketed_batches, padded_batches
from rnn_tutorial.sentiment.reviews import ReviewSplit

BOTH = [padded_batches, bucketed_batches]


def make(lengths):
    """Make reviews of given lengths, in which no id occurs twice."""
    starts = np.cumsum([1, *lengths])[:-1]
    sequences = [np.arange(a, a + n, dtype=np.int32) for a, n in zip(starts, lengths, strict=True)]
    return ReviewSplit(sequences, np.arange(len(lengths), dtype=np.int32) % 2)


def collect(epoch):
    """Return each review's ids without padding, and its label, by the ids."""
    return sorted(
        (row[row != 0].tolist(), int(label)) for ids, labels in epoch for row, label in zip(ids, labels, strict=True)
    )


def order(batches):
    return [int(row[-1]) for ids, _ in batches.as_numpy_iterator() for row in ids]


def test_padding_stands_in_front_and_the_last_ids_are_kept():
    ((ids, labels),) = padded_batches(make([2, 7]), batch_size=2, length=4).as_numpy_iterator()
    assert ids.tolist() == [[0, 0, 1, 2], [6, 7, 8, 9]]
    assert labels.tolist() == [0, 1]


def test_a_bucket_is_post_padded_to_its_own_longest_review():
    batches = list(bucketed_batches(make([3, 5, 60]), batch_size=2).as_numpy_iterator())
    assert batches[0][0].tolist() == [[1, 2, 3, 0, 0], [4, 5, 6, 7, 8]]
    assert batches[1][0].shape == (1, 60)


def test_buckets_keep_the_last_ids():
    ((ids, _),) = bucketed_batches(make([7]), length=4).as_numpy_iterator()
    assert ids.tolist() == [[4, 5, 6, 7]]


@settings(max_examples=15)
@given(
    lengths=st.lists(st.integers(1, 120), min_size=1, max_size=60),
    batch_size=st.integers(1, 9),
    length=st.integers(1, 130),
    seed=st.none() | st.integers(0, 9),
)
@pytest.mark.parametrize("batches_of", BOTH)
def test_every_review_comes_once_an_epoch(batches_of, lengths, batch_size, length, seed):
    part = make(lengths)
    batches = batches_of(part, batch_size, length, seed)
    expected = [(sequence[-length:].tolist(), i % 2) for i, sequence in enumerate(part.sequences)]
    for _ in range(2):
        epoch = list(batches.as_numpy_iterator())
        assert collect(epoch) == expected
        assert len(epoch) == int(batches.cardinality())
        assert all(len(ids) <= batch_size and ids.shape[1] <= length for ids, _ in epoch)


@settings(max_examples=15)
@given(lengths=st.lists(st.integers(1, 600), min_size=1, max_size=60))
def test_reviews_in_a_bucket_differ_by_less_than_its_width(lengths):
    for ids, _ in bucketed_batches(make(lengths), batch_size=4).as_numpy_iterator():
        assert np.ptp((ids != 0).sum(axis=1)) < 25


@pytest.mark.parametrize("batches_of", BOTH)
def test_a_seed_gives_the_same_order_again_and_another_one_each_epoch(batches_of):
    part = make([5] * 200)
    one, two = batches_of(part, 8, seed=1), batches_of(part, 8, seed=1)
    first, second = order(one), order(one)
    assert first != second
    assert first == order(two)
    assert first != order(batches_of(part, 8, seed=2))


@pytest.mark.parametrize("batches_of", BOTH)
@pytest.mark.parametrize(("argument", "value"), [("batch_size", 0), ("length", 0), ("length", -5)])
def test_sizes_below_one_are_refused(batches_of, argument, value):
    with pytest.raises(ValueError, match=f"`{argument}`: expected at least 1, got {value}"):
        batches_of(make([3]), **{argument: value})


@pytest.mark.parametrize("batches_of", BOTH)
@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint8, bool, np.float32])
def test_ids_and_labels_come_as_int32_whatever_they_were(batches_of, kind):
    sequences = [np.array([1, 4, 5], np.int64), np.array([1, 6], np.int64)]
    ((ids, labels),) = batches_of(ReviewSplit(sequences, np.array([1, 0], kind)), length=4)
    assert ids.dtype == labels.dtype == np.int32
    assert labels.numpy().tolist() == [1, 0]


@pytest.mark.parametrize("batches_of", BOTH)
def test_an_unsigned_length_cuts_as_any_other(batches_of):
    ((ids, _),) = batches_of(make([7]), length=np.uint8(4)).as_numpy_iterator()
    assert ids.tolist() == [[4, 5, 6, 7]]


@pytest.mark.parametrize("batches_of", BOTH)
def test_no_review_is_refused(batches_of):
    with pytest.raises(ValueError, match="at least one review"):
        batches_of(ReviewSplit([], np.array([], dtype=np.int32)))
