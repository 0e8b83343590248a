import hashlib

import numpy as np
import pytest

from rnn_tutorial.sentiment import sources
from rnn_tutorial.sentiment.reviews import load_reviews


@pytest.fixture(scope="module")
def bundled():
    return load_reviews("bundled")


def test_the_bundled_reviews_are_25_000(bundled):
    assert len(bundled.train) + len(bundled.validation) + len(bundled.test) + bundled.duplicates_removed == 25_000
    assert len(bundled.test) == 5_000
    assert (bundled.test.labels == np.repeat([0, 1], 2_500)).all()
    assert len(bundled.vocabulary) == 10_000
    assert max(sequence.max() for sequence in bundled.train.sequences) == 9_999


def test_the_ids_of_the_bundled_reviews_are_those_of_the_pages(bundled):
    ids = np.concatenate([*bundled.train.sequences, *bundled.validation.sequences, *bundled.test.sequences])
    assert hashlib.sha256(ids.tobytes()).hexdigest().startswith("7c79f7848df9")
    raw = sources._bundled_texts(sources._bundled_path())["test", "neg"]
    plain = [(text, ids) for text, ids in zip(raw, bundled.test.sequences, strict=False) if text.isascii()]
    assert len(plain) > 2_000
    assert all((bundled.vocabulary.encode(text) == ids).all() for text, ids in plain)


def test_a_smaller_vocabulary_turns_rare_words_into_unknown_ones(bundled):
    small = load_reviews("bundled", vocabulary_size=100)
    large = bundled.train.sequences[0]
    assert (small.train.sequences[0] == np.where(large < 100, large, 2)).all()
    assert small.vocabulary.words == bundled.vocabulary.words[:96]


def test_validation_fraction_moves_the_cut(bundled):
    more = load_reviews("bundled", validation_fraction=0.2)
    assert len(more.validation) == pytest.approx(2 * len(bundled.validation), abs=20)
    assert more.test == bundled.test
