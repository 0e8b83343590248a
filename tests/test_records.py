"""Records: what they equal, and what nobody can change in them."""

import copy
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from rnn_tutorial.records import Record, read_only


@dataclass(frozen=True, eq=False)
class Held(Record):
    what: Any


@dataclass(frozen=True, eq=False)
class Other(Record):
    what: Any


@dataclass(frozen=True, eq=False)
class Kept(Record):
    """A record whose array nobody changes."""

    array: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "array", read_only(self.array))


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.array([[1.0, 2.0]]),
        lambda: np.array([1.0, np.nan]),
        lambda: np.array(["a", "b"]),
        lambda: np.zeros((0, 3)),
        lambda: {"W": np.ones(2), "b": np.zeros(1)},
        lambda: [np.ones(2), [np.zeros(1)], (np.ones(1),)],
        lambda: [{"loss": 0.5}, {"loss": 0.25}],
        lambda: Held(np.ones(2)),
        lambda: "tanh",
        lambda: None,
    ],
    ids=["matrix", "NaN", "text", "empty", "dictionary", "list", "scores", "record", "name", "none"],
)
def test_a_record_equals_one_that_holds_the_same(make):
    assert Held(make()) == Held(make())
    assert Held(make()) != Other(make())
    assert Held(make()) != "another"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array([1.0, 2.0]), np.array([1.0, 3.0])),
        (np.array([1.0, 2.0]), np.array([1.0, 2.0], "float32")),
        (np.array([1.0, 2.0]), np.array([[1.0, 2.0]])),
        (np.array([1.0, 1.0]), np.array([1.0])),
        (np.array([1.0]), 1.0),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        ({"W": np.ones(2)}, {"U": np.ones(2)}),
        ({"W": np.ones(2)}, {"W": np.zeros(2)}),
        ({"W": np.ones(2)}, {"W": np.ones(2), "U": np.ones(2)}),
        ([np.ones(2)], [np.ones(2), np.ones(2)]),
        ([np.ones(2)], [np.zeros(2)]),
        ([np.ones(2)], (np.ones(2),)),
        (Held(np.ones(2)), Held(np.zeros(2))),
        (Held(np.ones(2)), Other(np.ones(2))),
        ("tanh", "relu"),
        (None, np.ones(1)),
    ],
)
def test_a_record_does_not_equal_one_that_holds_something_else(one, other):
    assert Held(one) != Held(other)
    assert Held(other) != Held(one)


def test_a_record_has_no_hash_as_a_list_has_none():
    with pytest.raises(TypeError, match="unhashable type: 'Held'"):
        hash(Held("tanh"))


def test_a_read_only_array_is_a_copy_in_the_same_order_of_memory():
    for mine in (np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2).T):
        kept = read_only(mine)
        mine[0, 0] = 9
        assert kept.tolist() in ([[0, 1, 2], [3, 4, 5]], [[0, 2, 4], [1, 3, 5]])
        assert kept.strides == mine.strides
        with pytest.raises(ValueError, match="read-only"):
            kept[0, 0] = 9
    assert read_only([[1, 2]]).tolist() == [[1, 2]]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda kept: pickle.loads(pickle.dumps(kept))])
def test_a_copy_of_a_record_cannot_be_changed_either(again):
    kept = Kept(np.ones(3))
    other = again(kept)
    assert other == kept and other is not kept
    with pytest.raises(ValueError, match="read-only"):
        other.array[0] = 2
