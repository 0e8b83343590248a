"""What several tests use."""

import os

import pytest
from small_reviews import make_part

from rnn_tutorial.sentiment.reviews import Reviews
from rnn_tutorial.sentiment.vocabulary import Vocabulary

# programs, which --doctest-modules would import
collect_ignore = ["builds.py", "pytorch_page.py"]


def pytest_configure(config):
    """Train in each test, and leave the user's own store alone; a test of the store turns it on."""
    os.environ["RNN_TUTORIAL_RUNS"] = "off"


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """Give a cache folder of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("RNN_TUTORIAL_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def small_reviews():
    """Give reviews that a model learns within seconds."""
    vocabulary = Vocabulary([f"word{i}" for i in range(16)])
    return Reviews(make_part(300, 1), make_part(80, 2), make_part(100, 3), vocabulary, "made up", 0)
