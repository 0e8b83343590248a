import copy
import pickle
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from rnn_tutorial.language.attention import (
    additive_attention_backward,
    causal_mask,
    dot_attention,
    dot_attention_backward,
)
from rnn_tutorial.language.characters import new_writer, read_stream
from rnn_tutorial.language.dictation import dictations
from rnn_tutorial.language.ngram_models import adjust_distribution
from rnn_tutorial.records import Record, read_only
from rnn_tutorial.theory.cells import SimpleRNNCell, unroll
from rnn_tutorial.theory.gradients import backpropagate_through_time
from rnn_tutorial.theory.networks import softmax_cross_entropy


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


CELL, ONES, Q = SimpleRNNCell.random(2, 3, seed=1), np.ones((1, 4, 2)), np.eye(2)
ATTENTION = dot_attention(Q, Q, Q)
NAN, INF = float("nan"), float("inf")
WRONG = [
    *[("cell", partial(unroll, cell, ONES)) for cell in (None, SimpleRNNCell)],
    *[("inputs", partial(unroll, CELL, x)) for x in (None, "text", ONES.astype(str), ONES * 1j, [[[1], [1, 2]]])],
    ("x_t", lambda: CELL.step("text", CELL.initial_state(1))),
    ("state", lambda: CELL.step(ONES[0], CELL.State("text"))),
    ("W", lambda: SimpleRNNCell(None, np.eye(2), np.zeros(2))),
    *[("units", partial(SimpleRNNCell.random, 2, units, seed=1)) for units in (None, -1, 2.5)],
    ("grad_h", lambda: backpropagate_through_time(CELL, ONES, "text")),
    *[
        ("truncation", partial(backpropagate_through_time, CELL, ONES, np.ones((1, 4, 3)), truncation=steps))
        for steps in (0, 1.5, NAN, "2")
    ],
    *[
        ("targets", partial(softmax_cross_entropy, np.zeros((1, 2)), np.array(targets)))
        for targets in ([2], [-7], [10**12], [0.5], [0, 1], ["a"])
    ],
    *[("keys", partial(dot_attention, Q, keys, Q)) for keys in (None, "text", Q.astype(str), Q * 1j)],
    ("attention", lambda: dot_attention_backward(Q, Q, Q, None, Q)),
    ("queries", lambda: dot_attention_backward(Q[:, :1], Q, Q, ATTENTION, Q)),
    ("grad_context", lambda: dot_attention_backward(Q, Q, Q, ATTENTION, Q[:1])),
    ("w", lambda: additive_attention_backward(Q, Q, Q, np.array(2.0), ATTENTION, Q)),
    *[("time", partial(causal_mask, time)) for time in (-1, 2.5)],
    *[
        ("probabilities", partial(adjust_distribution, p))
        for p in (0.5, "text", [0.5, NAN], [-1, 2], [0, 0], [[0.5, 0.5]])
    ],
    ("top_k", lambda: adjust_distribution([0.5, 0.5], top_k=1.5)),
    *[("ids", partial(read_stream, new_writer(4, seed=1), np.array(ids))) for ids in ([-7], [10**12], [0.5])],
    *[("count", partial(dictations, count)) for count in (-1, 1.5, INF, 10**12)],
]


@pytest.mark.parametrize(("argument", "call"), WRONG)
def test_hostile_arguments_are_refused_by_name_and_at_once(argument, call):
    with pytest.raises(ValueError, match=f"^`{argument}`.*: expected .*, got"):
        call()
