"""Reviews that a model learns within seconds."""

import numpy as np

from rnn_tutorial.sentiment.reviews import ReviewSplit


def make_part(count, seed, words=16):
    """Make reviews whose label is told by one word: id 4 stands in positive ones, id 5 in negative ones."""
    random = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % 2
    sequences = []
    for label in labels:
        ids = random.integers(6, 4 + words, size=random.integers(3, 60), dtype=np.int32)
        ids[0], ids[-1] = 1, 5 - label
        sequences.append(ids)
    return ReviewSplit(sequences, labels)
