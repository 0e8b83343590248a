"""Batches of reviews: padded to one length, as in the notebook, or in buckets of similar length."""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from rnn_tutorial.records import check_count
from rnn_tutorial.sentiment.reviews import ReviewSplit

__all__ = ["padded_batches", "bucketed_batches", "count_batches"]

BUCKET_WIDTH = 25


def padded_batches(
    split: ReviewSplit, batch_size: int = 128, length: int = 500, seed: int | None = None
) -> tf.data.Dataset:
    """Make batches of reviews that are all padded to one length.

    Shorter reviews are pre-padded with id 0, and longer ones are truncated to their last ``length`` ids. Both are the
    defaults of :func:`keras.utils.pad_sequences`; the notebook relies on them. A model without a mask reads id 0 as any
    other id: :doc:`/theory/unrolling` shows the effect, and :doc:`/sentiment/stuck-at-chance` that of post-padding.

    :param split: the reviews
    :param batch_size: reviews per batch
    :param length: ids per review
    :param seed: seed of the order of the reviews, which is shuffled anew in each epoch; ``None`` does not shuffle
    :returns: a ``tf.data.Dataset`` of (ids, labels), int32, shapes (batch, length) and (batch,)
    :raises ValueError: if a size is < 1, or there is no review

    >>> from rnn_tutorial.sentiment.batches import padded_batches
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> split = ReviewSplit([[1, 4, 5], [1, 6, 7, 8, 9]], [1, 0])
    >>> for ids, labels in padded_batches(split, length=4).as_numpy_iterator():
    ...     print(ids)
    [[0 1 4 5]
     [6 7 8 9]]
    """
    _check(split, batch_size, length)
    ids = keras.utils.pad_sequences(split.sequences, maxlen=int(length), padding="pre", truncating="pre")
    dataset = tf.data.Dataset.from_tensor_slices((ids, split.labels.astype(np.int32)))
    if seed is not None:
        dataset = dataset.shuffle(len(split), seed=seed)
    return _without_autotuning(dataset.batch(batch_size).prefetch(1))


def bucketed_batches(
    split: ReviewSplit, batch_size: int = 128, length: int = 500, seed: int | None = None
) -> tf.data.Dataset:
    """Make batches of reviews of similar length, padded only to the longest of the batch.

    Reviews are post-padded, so a recurrent layer needs a mask that marks where each review ends. Longer reviews are
    truncated to their last ``length`` ids, as in :func:`padded_batches`.

    :param split: the reviews
    :param batch_size: reviews per batch
    :param length: the maximum number of ids per review
    :param seed: seed of the order of the reviews, which is shuffled anew in each epoch; ``None`` does not shuffle
    :returns: a ``tf.data.Dataset`` of (ids, labels), int32, shapes (batch, time) and (batch,)
    :raises ValueError: if a size is < 1, or there is no review

    >>> from rnn_tutorial.sentiment.batches import bucketed_batches
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> split = ReviewSplit([[4] * length for length in (100, 30, 3, 40)], [0, 1, 0, 1])
    >>> for ids, labels in bucketed_batches(split).as_numpy_iterator():
    ...     print(ids.shape, labels)  # in buckets of 25 lengths
    (1, 3) [0]
    (2, 40) [1 1]
    (1, 100) [0]
    """
    _check(split, batch_size, length)
    kept = [sequence[-int(length) :] for sequence in split.sequences]
    lengths = np.array([len(sequence) for sequence in kept])
    ids = tf.RaggedTensor.from_row_lengths(np.concatenate(kept, dtype=np.int32), lengths)
    labels = tf.constant(split.labels, tf.int32)
    buckets = lengths // BUCKET_WIDTH
    random = None if seed is None else np.random.default_rng(seed)

    def positions_by_batch() -> Iterator[np.ndarray]:
        order = np.arange(len(split)) if random is None else random.permutation(len(split))
        batches = []
        for bucket in np.unique(buckets):
            members = order[buckets[order] == bucket]
            batches += [members[i : i + batch_size] for i in range(0, len(members), batch_size)]
        if random is not None:
            random.shuffle(batches)
        yield from batches

    count = count_batches(split, "bucketed", batch_size, length)
    signature = tf.TensorSpec([None], tf.int64)
    dataset = (
        tf.data.Dataset.from_generator(positions_by_batch, output_signature=signature)
        .apply(tf.data.experimental.assert_cardinality(count))
        .map(lambda positions: (tf.gather(ids, positions).to_tensor(), tf.gather(labels, positions)))
        .prefetch(1)
    )
    return _without_autotuning(dataset)


def count_batches(split: ReviewSplit, batching: str, batch_size: int = 128, length: int = 500) -> int:
    """Count the batches of a split without making them.

    :param split: the reviews
    :param batching: ``"bucketed"`` or ``"padded"``
    :param batch_size: reviews per batch
    :param length: the maximum number of ids per review
    :raises ValueError: as :func:`bucketed_batches` does

    >>> from rnn_tutorial.sentiment.batches import count_batches
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> split = ReviewSplit([[4] * length for length in (100, 30, 3, 40)], [0, 1, 0, 1])
    >>> count_batches(split, "bucketed"), count_batches(split, "padded")
    (3, 1)
    """
    _check(split, batch_size, length)
    if batching not in ("padded", "bucketed"):
        raise ValueError(f"`batching`: expected 'padded' or 'bucketed', got {batching!r}.")
    groups = [len(split)] if batching == "padded" else np.bincount(np.minimum(split.lengths, length) // BUCKET_WIDTH)
    return int(sum(-(-members // batch_size) for members in groups))


def _without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turn off tf.data's autotuning, which has nothing to tune here and takes up to half of an epoch's time.

    Its thread sleeps 10 ms, then 20, 40 and so on, and the end of ``fit`` waits until it wakes: an epoch of 13 s took
    20.47 s, one of 21 s 40.95 s (TensorFlow 2.21).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def _check(split: ReviewSplit, batch_size: int, length: int) -> None:
    for name, value in {"batch_size": batch_size, "length": length}.items():
        check_count(name, value)
    if len(split) == 0:
        raise ValueError("`split`: expected at least one review, got none.")
