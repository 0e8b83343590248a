"""What several tests use."""

import os

import numpy as np
import pytest

from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit
from rnn_tutorial.sentiment.vocabulary import Vocabulary

# programs, which --doctest-modules would import
collect_ignore = ["builds.py", "mutation", "pytorch_page.py"]


def pytest_configure(config):
    """Train in each test, and leave the user's own store alone; a test of the store turns it on."""
    os.environ["RNN_TUTORIAL_RUNS"] = "off"


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """Give a cache folder of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("RNN_TUTORIAL_CACHE", str(folder))
    return folder


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


@pytest.fixture(scope="session")
def small_reviews():
    """Give reviews that a model learns within seconds."""
    vocabulary = Vocabulary([f"word{i}" for i in range(16)])
    return Reviews(make_part(300, 1), make_part(80, 2), make_part(100, 3), vocabulary, "made up", 0)
