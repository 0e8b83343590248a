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
        for ids, _ in epoch:
            assert len(ids) <= batch_size and ids.shape[1] <= length
            padding = ids == 0
            assert not (padding[:, :-1] > padding[:, 1:]).any() or batches_of is padded_batches
            assert not (padding[:, :-1] < padding[:, 1:]).any() or batches_of is bucketed_batches
            width = length if batches_of is padded_batches else (~padding).sum(axis=1).max()
            assert ids.shape[1] == width


@settings(max_examples=15)
@given(lengths=st.lists(st.integers(1, 600), min_size=1, max_size=60))
def test_reviews_in_a_bucket_differ_by_less_than_its_width(lengths):
    for ids, _ in bucketed_batches(make(lengths), batch_size=4).as_numpy_iterator():
        assert np.ptp((ids != 0).sum(axis=1)) < 25


@pytest.mark.parametrize("batches_of", BOTH)
def test_a_seed_gives_the_same_order_and_another_each_epoch(batches_of):
    part = make([5] * 200)
    one, two = batches_of(part, 8, seed=1), batches_of(part, 8, seed=1)
    first, second = order(one), order(one)
    assert first != second
    assert first == order(two)
    assert first != order(batches_of(part, 8, seed=2))


@pytest.mark.parametrize("batches_of", BOTH)
@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint8, bool, np.float32])
def test_ids_and_labels_come_as_int32_whatever_they_were(batches_of, kind):
    sequences = [np.array([1, 4, 5], np.int64), np.array([1, 6], np.int64)]
    ((ids, labels),) = batches_of(ReviewSplit(sequences, np.array([1, 0], kind)), length=4)
    assert ids.dtype == labels.dtype == np.int32
    assert labels.numpy().tolist() == [1, 0]
