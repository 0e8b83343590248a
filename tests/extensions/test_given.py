import json
import pickle
import zlib
from types import SimpleNamespace

import numpy as np
import pytest

from builds import EXTENSIONS  # noqa: F401  # isort: skip
import given
from cells import Page

from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit
from rnn_tutorial.sentiment.vocabulary import Vocabulary


def unpacked(value):
    return pickle.loads(zlib.decompress(given.packed(value)))


def test_numbers_text_and_arrays_come_back_and_a_model_is_none(monkeypatch):
    value = {"a": [1, 2.5, "text"], "b": (np.arange(3), np.float32(2))}
    assert repr(unpacked(value)) == repr(value)
    model = type("Model", (), {"__module__": "keras.models"})()
    assert unpacked([model, 1]) == [None, 1]
    assert given.packed(model) is None
    type(model).count_params = lambda _: 12
    assert unpacked(model).count_params() == 12
    record = type("Run", (), {"__module__": "rnn_tutorial.training"})()
    record.model, record.losses = model, [2.0, 1.0]
    monkeypatch.setitem(given.sys.modules, "rnn_tutorial.training", SimpleNamespace(keras=None))
    there = unpacked(record)
    assert there == SimpleNamespace(model=there.model, losses=[2.0, 1.0])


def test_what_a_browser_cannot_have_is_not_packed():
    pandas = pytest.importorskip("pandas")
    large = np.random.default_rng(1).normal(size=given.LARGEST)
    for value in (pandas.Series([1]), (k for k in range(3)), large, type("Own", (), {"__module__": "__main__"})()):
        assert given.packed(value) is None


def test_reviews_have_their_labels_and_lengths_and_the_first_sequences():
    split = ReviewSplit([np.full(1 + k, 1) for k in range(10)], np.arange(10) % 2)
    reviews = Reviews(split, split, split, Vocabulary(["good"]), source="made up", duplicates_removed=0)
    there = unpacked(reviews)
    assert there.provenance() == reviews.provenance()
    assert (there.test.labels == split.labels).all() and (there.test.lengths == split.lengths).all()
    assert (there.test.sequences[7] == split.sequences[7]).all()
    for wrong in (lambda: there.test.sequences[8], lambda: np.concatenate(there.test.sequences)):
        with pytest.raises(LookupError, match="only the first 8 reviews are here"):
            wrong()


def test_cells_run_on_what_those_left_that_fail(tmp_path):
    sources = [
        "import keras\nlosses = [3, 1]\nmodel = keras.Sequential()",
        "a = len(losses)\ndef double(x):\n    return 2 * x\nimport sklearn",
        "print(double(losses[0]), a)",
        "model.summary()",
        "losses.append(a)",
        "print(losses)",
    ]
    changes = [[], [], [], [], ["losses"], []]
    (tmp_path / "changes.json").write_text(json.dumps(changes))
    left = {0: {"losses": given.packed([3, 1])}, 1: {"a": given.packed(2)}, 3: {}}
    for k, values in left.items():
        (tmp_path / f"{k}.pickle").write_bytes(pickle.dumps(values))
    lent = given.lend(tmp_path, sources, unfit={0})
    assert lent == left
    page, shown = Page(sources, changes), []
    page.lent = lent
    page.read(sources)
    for k in (5, 2, 5):
        page.run(k, lambda *output: shown.append(output))
    assert shown == [(5, "text", "[3, 1, 2]\n"), (2, "text", "6 2\n"), (5, "text", "[3, 1, 2]\n")]
