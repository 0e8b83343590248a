"""Reviews that a model learns within seconds."""

import numpy as np

from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit
from rnn_tutorial.sentiment.vocabulary import Vocabulary


def make_part(count, seed):
    """Make reviews whose label is told by one word: id 4 stands in positive ones, id 5 in negative ones."""
    random = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % 2
    sequences = []
    for label in labels:
        ids = random.integers(6, 20, size=random.integers(3, 60), dtype=np.int32)
        ids[0], ids[-1] = 1, 5 - label
        sequences.append(ids)
    return ReviewSplit(sequences, labels)


def make_reviews():
    vocabulary = Vocabulary([f"word{i}" for i in range(16)])
    return Reviews(make_part(300, 1), make_part(80, 2), make_part(100, 3), vocabulary, "made up", 0)
