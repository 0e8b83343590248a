"""Facts about the official reviews; they need Stanford's files, whose path $RNN_TUTORIAL_ACLIMDB tells."""

import json
import os
from collections import Counter
from functools import cache, partial
from itertools import chain
from pathlib import Path

import pytest

from rnn_tutorial.experiments.settings import sentiment
from rnn_tutorial.sentiment import sources
from rnn_tutorial.sentiment.ngrams import with_ngram_ratios
from rnn_tutorial.sentiment.reviews import load_reviews
from rnn_tutorial.sentiment.vocabulary import Vocabulary, tokenize

from recorded import RECORDED, check_facts  # isort: skip

ACLIMDB = os.environ.get("RNN_TUTORIAL_ACLIMDB")
pytestmark = pytest.mark.skipif(not ACLIMDB, reason="$RNN_TUTORIAL_ACLIMDB does not name Stanford's aclImdb")


@pytest.fixture(scope="module")
def texts():
    return sources._official_texts(Path(ACLIMDB))


@pytest.fixture(scope="module")
def index():
    return json.loads((Path(ACLIMDB).parent / "imdb_word_index.json").read_text(encoding="utf-8"))


def test_ranks_are_those_of_keras_but_for_ties(texts, index):
    counts = Counter(chain.from_iterable(tokenize(text) for c in ("neg", "pos") for text in texts["train", c]))
    assert index.keys() == counts.keys()
    ours = sorted(counts, key=lambda word: (-counts[word], word))
    theirs = sorted(index, key=index.__getitem__)
    assert [counts[word] for word in ours] == [counts[word] for word in theirs]


def test_the_first_review_of_keras_has_the_known_ids(texts, index):
    vocabulary = Vocabulary(sorted(index, key=index.__getitem__)[: 10_000 - 4])
    beginning = [1, 14, 22, 16, 43, 530, 973, 1622]
    encoded = [vocabulary.encode(text) for text in texts["train", "pos"] if text.startswith("this film was just")]
    assert [len(ids) for ids in encoded if ids[:8].tolist() == beginning] == [218]


@pytest.fixture(scope="module")
def loaded(texts, tmp_path_factory):
    """Load the texts that were read above into a cache of their own; meanwhile each kind of ratios is counted once.

    Reading the archive takes 8 seconds, and counting and writing the ratios 20.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNN_TUTORIAL_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(sources, "_official_texts", {Path(ACLIMDB): texts}.__getitem__)
        loaded = load_reviews(ACLIMDB)
        written = cache(partial(with_ngram_ratios, loaded))
        patch.setattr(
            sentiment,
            "with_ngram_ratios",
            lambda reviews, **told: written(**told) if reviews is loaded else with_ngram_ratios(reviews, **told),
        )
        yield loaded


def test_the_official_split_keeps_the_test_half_whole(loaded):
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [22_383, 2_478, 25_000]
    assert loaded.duplicates_removed == 139


def test_the_bundled_reviews_are_the_official_training_half(texts):
    bundled = sources._bundled_texts(sources._bundled_path())
    for name in ("neg", "pos"):
        assert bundled["train", name] + bundled["test", name] == texts["train", name]


@pytest.mark.parametrize("file", [file for file in RECORDED if file.endswith("-aclImdb")])
def test_the_recorded_runs_are_about_these_reviews_and_this_training(loaded, file):
    check_facts(file, loaded)
