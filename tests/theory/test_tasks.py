import re
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refuses

from rnn_tutorial.theory.tasks import (
    FILLERS,
    adding_problem,
    copy_memory,
    first_letter,
    same_words,
    temporal_order,
    verdicts,
)  # fmt: skip

EACH = temporal_order, same_words, adding_problem, copy_memory, first_letter, verdicts
TASKS = {task.__name__: task for task in EACH}
ALL = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


@pytest.mark.parametrize(
    ("examples", "inputs", "targets", "outputs"),
    [
        (temporal_order(6, lag=3, window=5, distractors=2), (6, 8, 4), (6,), 2),
        (same_words(6, 7, starts=range(1, 4)), (6, 7, 10), (6,), 2),
        (adding_problem(5, 7), (5, 7, 2), (5,), 1),
        (copy_memory(5, 4, symbols=3, copied=2), (5, 8, 5), (5, 8), 4),
        (first_letter(20, 7, letters=3), (20, 7, 3), (20,), 3),
        (verdicts(6, gap=3), (6, 7, 5), (6,), 2),
    ],
    ids=TASKS,
)
def test_examples_have_the_shapes_and_the_dtypes_that_are_promised(examples, inputs, targets, outputs):
    assert examples.inputs.shape == inputs
    assert examples.inputs.dtype == np.float32
    assert examples.targets.shape == targets
    assert examples.outputs == outputs
    assert len(examples) == inputs[0]
    assert examples.best == 0
    if examples.loss == "squared error":
        assert examples.targets.dtype == np.float32
        assert examples.symbols == ()
    else:
        assert examples.targets.dtype == np.int64
        assert set(np.unique(examples.targets)) == set(range(outputs))
        assert len(examples.symbols) == inputs[2] == len(set(examples.symbols))


@ALL
def test_the_same_seed_gives_the_same_examples_and_another_one_others(task):
    seeds = [0, 1, 2, [1, 2], [2, 1], [1, 2, 3]]
    drawn = [task(20, seed=seed) for seed in seeds]
    for k, (seed, examples) in enumerate(zip(seeds, drawn, strict=True)):
        assert task(20, seed=tuple(seed) if isinstance(seed, list) else seed) == examples
        assert not any(np.array_equal(other.inputs, examples.inputs) for other in drawn[:k])
    assert task(20) == drawn[0]  # 0 is the seed that is not given


@pytest.mark.parametrize("task", [task for task in EACH if task is not adding_problem])
def test_symbols_are_one_hot_and_read_by_their_names(task):
    examples = task(20, seed=1)
    assert set(np.unique(examples.inputs)) == {0, 1}
    np.testing.assert_array_equal(examples.inputs.sum(axis=2), np.ones(examples.inputs.shape[:2]))
    for number in range(4):
        ids = [examples.symbols.index(name) for name in examples.read(number).split(" ")]
        assert ids == examples.inputs[number].argmax(axis=1).tolist()


def test_not_turns_the_next_verdict_round_and_but_begins_anew():
    examples = verdicts(400, gap=2, seed=1)
    for k, praises in enumerate(examples.targets):
        turned, verdict = re.findall(r"(not (?:so |not )*)?(good|bad)", examples.read(k))[-1]
        assert praises == ((verdict == "good") != bool(turned))
    assert (examples.targets[::2] + examples.targets[1::2] == 1).all()


@pytest.mark.parametrize("task", [temporal_order, same_words])
@given(pairs=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_pairs_hold_the_same_symbols_and_have_the_other_answer(task, pairs, seed):
    examples = task(2 * pairs, seed=seed)
    for first, second in zip(examples.inputs[::2], examples.inputs[1::2], strict=True):
        assert Counter(map(bytes, first)) == Counter(map(bytes, second))
        assert first.sum(axis=0).tobytes() == second.sum(axis=0).tobytes()  # no bit tells them apart without the order
        assert not np.array_equal(first, second)
    assert examples.targets.tolist() == [0, 1] * pairs


def test_A_and_B_stand_once_in_the_window_and_distractors_everywhere_else():
    examples = temporal_order(200, lag=4, window=6, distractors=3, seed=1)
    assert examples.symbols == ("A", "B", "c", "d", "e")
    symbols = examples.inputs.argmax(axis=2)
    for wanted in (0, 1):
        assert ((symbols[:, :6] == wanted).sum(axis=1) == 1).all()
        assert not (symbols[:, 6:] == wanted).any()
    for step in range(10):
        assert set(symbols[:, step]) >= {2, 3, 4}
    A, B = ((symbols == wanted).argmax(axis=1) for wanted in (0, 1))
    assert np.array_equal(examples.targets, A > B)


def test_the_distractors_of_a_pair_are_the_same():
    symbols = temporal_order(40, seed=1).inputs.argmax(axis=2)
    different = symbols[::2] != symbols[1::2]
    assert (different.sum(axis=1) == 2).all()
    assert (symbols[::2][different] < 2).all()


def test_every_pair_of_places_occurs_equally_often():
    count = 6_000
    symbols = temporal_order(2 * count, lag=0, window=4, seed=1).inputs.argmax(axis=2)[::2]
    places = Counter(tuple(np.flatnonzero(row < 2).tolist()) for row in symbols)
    assert set(places) == set(combinations(range(4), 2))
    deviation = (count * (1 / 6) * (5 / 6)) ** 0.5
    assert all(abs(times - count / 6) < 4 * deviation for times in places.values())


def test_the_four_words_begin_at_every_allowed_place_and_at_no_other():
    def begins(examples):
        return [examples.read(number).split().index("not") for number in range(len(examples))]

    assert set(begins(same_words(400, seed=1))) == set(range(9))
    for starts in ((0, 4, 6), [6], range(2, 5), np.array([1, 3])):
        found = begins(same_words(200, 10, starts=starts, seed=1))
        assert set(found) == set(starts)
        assert found[::2] == found[1::2]


def test_the_other_words_mean_nothing_and_are_the_same_in_a_pair():
    examples = same_words(400, seed=1)
    assert examples.symbols == ("not", "good", "but", "bad", *FILLERS)
    seen = Counter()
    for number in range(0, 400, 2):
        one, other = (examples.read(member).split() for member in (number, number + 1))
        begin = one.index("not")
        del one[begin : begin + 4], other[begin : begin + 4]
        assert one == other
        seen.update(one)
        assert (examples.read(number).split()[begin + 1], examples.targets[number]) == ("good", 0)
    assert set(seen) == set(FILLERS)
    assert sum(seen.values()) == 200 * 8


@pytest.mark.parametrize(("length", "half"), [(10, 5), (7, 3), (2, 1)])
def test_one_step_of_each_half_is_marked_and_each_step_can_be(length, half):
    marks = adding_problem(2_000, length, seed=1).inputs[:, :, 1]
    assert set(np.unique(marks)) <= {0, 1}
    assert (marks[:, :half].sum(axis=1) == 1).all()
    assert (marks[:, half:].sum(axis=1) == 1).all()
    assert marks.any(axis=0).all()


def test_numbers_are_uniform_between_0_and_1():
    counts, _ = np.histogram(adding_problem(2_000, 50, seed=1).inputs[:, :, 0], 10, (0, 1))
    assert counts.sum() == 100_000
    assert counts == pytest.approx(10_000, abs=4 * np.sqrt(9_000))


def test_every_symbol_is_shown_at_every_place():
    targets = copy_memory(500, 1, symbols=4, copied=3, seed=1).targets
    assert [set(targets[:, place]) for place in (-3, -2, -1)] == [{0, 1, 2, 3}] * 3


@pytest.mark.parametrize(("lag", "symbols", "copied"), [(20, 8, 10), (3, 2, 1), (1, 5, 4)])
def test_saying_blank_and_then_guessing_has_the_loss_of_chance(lag, symbols, copied):
    examples = copy_memory(30, lag, symbols=symbols, copied=copied, seed=1)
    y = np.zeros((30, lag + 2 * copied, symbols + 1))
    y[:, : lag + copied, symbols] = 1
    y[:, lag + copied :, :symbols] = 1 / symbols
    of_targets = np.take_along_axis(y, examples.targets[..., None], axis=-1)
    assert -np.log(of_targets).mean() == pytest.approx(examples.chance, rel=1e-12)


def test_sums_over_products_have_the_best_loss():
    examples = adding_problem(200, seed=1)
    y = np.einsum("nt,nt->n", examples.inputs[:, :, 0], examples.inputs[:, :, 1])
    assert np.mean((y - examples.targets) ** 2) == examples.best


OF_ORDER = [("lag", -1), ("window", 1), ("distractors", 0), ("distractors", 25)]
OF_COPY = [("lag", 0), ("symbols", 1), ("symbols", 27), ("copied", 0)]
OF_LETTERS = [("letters", 1), ("letters", 27), ("shortest", 0), ("shortest", 6)]
WRONG_TARGETS = ([[0, 1]], [-1, 1], [0.0, 1.0])


test_what_is_out_of_range_is_refused_by_name = refuses(
    *(("count", partial(task, 0)) for task in EACH),
    *(("count", partial(task, 3)) for task in (temporal_order, same_words, verdicts)),
    *((name, partial(temporal_order, 2, **{name: wrong})) for name, wrong in OF_ORDER),
    ("length", lambda: same_words(2, 3)),
    *(("starts", partial(same_words, 2, starts=starts)) for starts in [(-1, 8), [9, 0], ()]),
    ("length", lambda: adding_problem(1, 1)),
    *(("window", partial(adding_problem, 1, 5, window=wrong)) for wrong in (1, 6)),
    *((name, partial(first_letter, 1, 5, **{name: wrong})) for name, wrong in OF_LETTERS),
    ("inputs", lambda: adding_problem(1).read(0)),
    *((name, partial(copy_memory, 1, **{name: wrong})) for name, wrong in OF_COPY),
    *(("outputs", partial(replace, temporal_order(2), targets=np.array(wrong))) for wrong in ([4, 0], [2, 0])),
    *(("targets", partial(replace, temporal_order(2), targets=np.array(wrong))) for wrong in WRONG_TARGETS),
)


@pytest.mark.parametrize("examples", [temporal_order(2, distractors=24), copy_memory(1, symbols=26)])
def test_the_largest_numbers_of_symbols_end_with_z(examples):
    assert [name for name in examples.symbols if name.isalpha()][-1] == "z"


def test_the_first_letter_is_the_target_and_its_only_cue():
    lengths = set()
    for seed in range(40):
        examples = first_letter(8, 6, letters=5, shortest=3, seed=seed)
        lengths.add(examples.inputs.shape[1])
        assert examples.inputs[:, 0].argmax(axis=1).tolist() == examples.targets.tolist()
        assert examples.cues.tolist() == [[True] + [False] * (examples.inputs.shape[1] - 1)] * 8
    assert lengths == {3, 4, 5, 6}
    assert first_letter(2, 6).inputs.shape[1] == 6
    assert first_letter(2).chance == np.log(4)


@pytest.mark.parametrize("window", [2, 5, 10])
def test_numbers_to_add_are_in_the_window_and_are_the_cues(window):
    examples = adding_problem(500, 20, window=window, seed=1)
    assert (examples.cues == (examples.inputs[:, :, 1] == 1)).all()
    assert set(np.flatnonzero(examples.cues.any(axis=0))) == set(range(window))
    assert (examples.cues.sum(axis=1) == 2).all()


def test_shuffled_targets_are_those_of_other_sequences():
    one, other = (adding_problem(500, 20, shuffled=shuffled, seed=1) for shuffled in (False, True))
    assert (one.inputs == other.inputs).all()
    assert sorted(one.targets) == sorted(other.targets)
    assert (one.targets != other.targets).all()
