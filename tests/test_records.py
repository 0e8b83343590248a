import copy
import pickle
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from refusals import refuses

from rnn_tutorial.records import Record, check_count, checked_ids, checked_numbers, read_only


@dataclass(frozen=True, eq=False)
class Held(Record):
    what: Any


@dataclass(frozen=True, eq=False)
class Other(Record):
    what: Any


@dataclass(frozen=True, eq=False)
class Kept(Record):
    array: np.ndarray
    postponed: "np.ndarray"
    other: np.ndarray | None = None


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.array([1.0, np.nan]),
        lambda: np.array(["a", "b"]),
        lambda: np.zeros((0, 3)),
        lambda: {"W": np.ones(2), "b": np.zeros(1)},
        lambda: [np.ones(2), [np.zeros(1)], (np.ones(1),), {"loss": 0.5}, Held(np.ones(2)), "tanh", None],
    ],
)
def test_a_record_equals_one_that_holds_the_same(make):
    assert Held(make()) == Held(make()) != Other(make())
    assert Held(make()) != "another"


ARRAY, ONES = np.array([1.0, 2.0]), np.ones(2)
NAMED = {"W": ONES}


@pytest.mark.parametrize(
    ("one", "others"),
    [
        (ARRAY, [np.array([1.0, 3.0]), ARRAY.astype("float32"), ARRAY[None], ARRAY[:1], [1.0, 2.0], None]),
        (ARRAY[:1], [1.0]),
        (NAMED, [{"U": ONES}, {"W": np.zeros(2)}, NAMED | {"U": ONES}]),
        ([ONES], [[ONES, ONES], [np.zeros(2)], (ONES,)]),
        (Held(ONES), [Held(np.zeros(2)), Other(ONES)]),
        ("tanh", ["relu"]),
    ],
)
def test_a_record_does_not_equal_one_that_holds_something_else(one, others):
    for other in others:
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


test_what_is_no_number_no_count_and_no_id_is_refused_by_name = refuses(
    *(("x", partial(checked_numbers, "x", x)) for x in (None, "text", ONES.astype(str), ONES * 1j, [[1], [1, 2]])),
    *(("n", partial(check_count, "n", n)) for n in (0, -1, 1.5, np.nan, np.inf, "2", None)),
    *(("ids", partial(checked_ids, "ids", ids, 5)) for ids in ([-1], [5], [10**12], [0.5], [np.nan], ["a"], None)),
)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda kept: pickle.loads(pickle.dumps(kept))])
def test_nobody_changes_the_arrays_of_a_record_or_its_copy(again):
    mine = np.ones(3)
    kept = Kept(mine, [1.0, 2.0])
    other = again(kept)
    mine[0] = 9
    assert other == kept == Kept(np.ones(3), np.array([1.0, 2.0])) and other.other is None
    for array in (kept.array, kept.postponed, other.array, other.postponed):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 2
