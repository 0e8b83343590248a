import os

import pytest
from small_reviews import make_reviews

collect_ignore = ["pytorch_page.py"]  # a program, which --doctest-modules would import


def pytest_configure(config):
    """Train in each test, and leave the user's own store alone; a test of the store turns it on."""
    os.environ["RNN_TUTORIAL_RUNS"] = "off"


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("RNN_TUTORIAL_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def small_reviews():
    return make_reviews()
