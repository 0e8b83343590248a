"""Synthetic tasks: what an example holds, that pairs differ in their order alone, and that the scores are right."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_tutorial.theory.tasks import FILLERS, Examples, adding_problem, copy_memory, same_words, temporal_order

TASKS = {task.__name__: task for task in (temporal_order, same_words, adding_problem, copy_memory)}
ALL = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
ONE_HOT = pytest.mark.parametrize("task", [temporal_order, same_words, copy_memory], ids=lambda task: task.__name__)
PAIRED = pytest.mark.parametrize("task", [temporal_order, same_words], ids=lambda task: task.__name__)


def expected_loss(probabilities, targets):
    """Give the mean of -log p[target], one answer after another."""
    rows = probabilities.reshape(-1, probabilities.shape[-1])
    return -np.mean([np.log(row[target]) for row, target in zip(rows, targets.ravel(), strict=True)])


# --- all tasks


@pytest.mark.parametrize(
    ("examples", "inputs", "targets", "outputs"),
    [
        (temporal_order(6, lag=3, window=5, distractors=2), (6, 8, 4), (6,), 2),
        (same_words(6, 7, starts=range(1, 4)), (6, 7, 10), (6,), 2),
        (adding_problem(5, 7), (5, 7, 2), (5,), 1),
        (copy_memory(5, 4, symbols=3, copied=2), (5, 8, 5), (5, 8), 4),
    ],
    ids=TASKS,
)
def test_examples_have_the_shapes_and_the_dtypes_that_are_promised(examples, inputs, targets, outputs):
    assert examples.inputs.shape == inputs
    assert examples.inputs.dtype == np.float32
    assert examples.targets.shape == targets
    assert examples.outputs == outputs
    assert len(examples) == inputs[0]
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
        again = task(20, seed=tuple(seed) if isinstance(seed, list) else seed)
        np.testing.assert_array_equal(again.inputs, examples.inputs)
        np.testing.assert_array_equal(again.targets, examples.targets)
        for other in drawn[:k]:
            assert not np.array_equal(other.inputs, examples.inputs)
    np.testing.assert_array_equal(task(20).inputs, drawn[0].inputs)  # 0 is the seed that is not given


def test_nobody_changes_the_numbers_of_examples_in_them_or_where_they_took_them():
    mine = {"inputs": np.ones((2, 3, 4), np.float32), "targets": np.array([0, 1])}
    examples = Examples(**mine, loss="cross-entropy", chance=1.0, best=0.0, outputs=9)
    for name, array in mine.items():
        before = array.tolist()
        array += 1
        assert getattr(examples, name).tolist() == before
        with pytest.raises(ValueError, match="read-only"):
            getattr(examples, name)[0] = 0


@ALL
def test_examples_equal_those_of_the_same_seed(task):
    examples = task(20, seed=1)
    assert examples == task(20, seed=1)
    assert examples != task(20, seed=2)
    assert examples != replace(examples, targets=examples.targets[::-1])
    assert examples != replace(examples, chance=2.0)


@ONE_HOT
def test_each_step_of_symbols_holds_a_single_1(task):
    inputs = task(20, seed=1).inputs
    assert set(np.unique(inputs)) == {0, 1}
    np.testing.assert_array_equal(inputs.sum(axis=2), np.ones(inputs.shape[:2]))


@ONE_HOT
def test_examples_are_read_by_the_names_of_their_symbols(task):
    examples = task(4, seed=1)
    for number in range(4):
        assert [examples.symbols.index(name) for name in examples.read(number).split(" ")] == [
            np.flatnonzero(step).item() for step in examples.inputs[number]
        ]


def test_symbols_are_read_with_blanks_between():
    inputs = np.eye(3, dtype=np.float32)[[[2, 0, 1], [1, 1, 0]]]
    examples = Examples(inputs, np.array([0, 1]), "cross-entropy", 1.0, 0.0, ("A", "B", "c"), outputs=2)
    assert [examples.read(0), examples.read(1)] == ["c A B", "B B A"]


def test_a_class_that_has_no_output_is_refused():
    examples = temporal_order(2)
    assert replace(examples, targets=np.array([4, 0]), outputs=5).outputs == 5
    with pytest.raises(ValueError) as caught:
        replace(examples, targets=np.array([4, 0]))
    assert str(caught.value) == "`outputs`: expected at least 5, for there is a class 4, got 2."
    assert replace(examples, targets=np.array([4.0, 0.0]), loss="squared error", outputs=1).outputs == 1


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([[0, 1]]), r"`targets`: expected the shape \(2,\) or \(2, 20\), got \(1, 2\)"),
        (np.array([-1, 1]), "`targets`: expected class numbers"),
        (np.array([0.0, 1.0]), "`targets`: expected class numbers"),
    ],
)
def test_targets_that_do_not_fit_are_refused(targets, message):
    with pytest.raises(ValueError, match=message):
        replace(temporal_order(2), targets=targets)


# --- minimal pairs


@PAIRED
@given(pairs=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_pairs_hold_the_same_symbols_and_have_the_other_answer(task, pairs, seed):
    examples = task(2 * pairs, seed=seed)
    for first, second in zip(examples.inputs[::2], examples.inputs[1::2], strict=True):
        assert Counter(map(bytes, first)) == Counter(map(bytes, second))
        assert first.sum(axis=0).tobytes() == second.sum(axis=0).tobytes()  # no bit tells them apart without the order
        assert not np.array_equal(first, second)
    assert examples.targets.tolist() == [0, 1] * pairs


@PAIRED
def test_one_answer_for_both_of_a_pair_has_the_loss_of_chance_at_best_and_accuracy_one_half(task):
    examples = task(100, seed=1)
    assert examples.chance == np.log(2)
    losses = {}
    for p in (0.1, 0.4, 0.5, 0.6, 0.9):  # the probability of class 1
        losses[p] = expected_loss(np.tile([1 - p, p], (100, 1)), examples.targets)
        assert np.mean((p > 0.5) == examples.targets) == 0.5
    assert min(losses, key=losses.get) == 0.5
    assert losses[0.5] == pytest.approx(examples.chance, rel=1e-15)


# --- temporal order


def test_class_0_is_A_before_B():
    examples = temporal_order(200, lag=4, window=6, seed=1)
    for number, target in enumerate(examples.targets):
        text = examples.read(number).replace(" ", "")
        assert (text.index("B") < text.index("A")) == target


def test_A_and_B_stand_once_in_the_window_and_distractors_everywhere_else():
    examples = temporal_order(200, lag=4, window=6, distractors=3, seed=1)
    assert examples.symbols == ("A", "B", "c", "d", "e")
    symbols = examples.inputs.argmax(axis=2)
    for wanted in (0, 1):
        assert ((symbols[:, :6] == wanted).sum(axis=1) == 1).all()
        assert not (symbols[:, 6:] == wanted).any()
    for step in range(10):
        assert set(symbols[:, step]) >= {2, 3, 4}


def test_the_distractors_of_a_pair_are_the_same():
    examples = temporal_order(40, seed=1)
    symbols = examples.inputs.argmax(axis=2)
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


def test_the_shortest_window_and_no_lag_leave_A_and_B_alone():
    examples = temporal_order(2, lag=0, window=2, distractors=1)
    assert [examples.read(0), examples.read(1)] == ["A B", "B A"]


def test_the_answer_A_before_B_has_the_best_loss():
    examples = temporal_order(20, seed=1)
    places = [examples.inputs[:, :, symbol].argmax(axis=1) for symbol in (0, 1)]
    y = np.stack([places[0] < places[1], places[0] > places[1]], axis=1)
    assert expected_loss(y.astype(float), examples.targets) == examples.best == 0


# --- the same words


def test_class_1_is_not_bad_but_good():
    examples = same_words(100, seed=1)
    phrases = ("not good but bad", "not bad but good")
    for number, target in enumerate(examples.targets):
        assert phrases[target] in examples.read(number)
        assert phrases[1 - target] not in examples.read(number)


def test_the_four_words_begin_at_every_place_that_is_allowed_and_at_no_other():
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
    assert set(seen) == set(FILLERS)
    assert sum(seen.values()) == 200 * 8


def test_the_word_behind_not_has_the_best_loss():
    examples = same_words(20, seed=1)
    behind = [examples.read(number).split("not ")[1].split()[0] for number in range(20)]
    y = np.array([[word == "good", word == "bad"] for word in behind])
    assert expected_loss(y.astype(float), examples.targets) == examples.best == 0


# --- adding


@pytest.mark.parametrize(("length", "half"), [(10, 5), (7, 3), (2, 1)])
def test_one_step_of_each_half_is_marked_and_each_step_can_be(length, half):
    marks = adding_problem(2_000, length, seed=1).inputs[:, :, 1]
    assert set(np.unique(marks)) <= {0, 1}
    assert (marks[:, :half].sum(axis=1) == 1).all()
    assert (marks[:, half:].sum(axis=1) == 1).all()
    assert marks.any(axis=0).all()


def test_the_target_is_the_sum_of_the_marked_numbers():
    examples = adding_problem(50, 8, seed=1)
    for numbers, target in zip(examples.inputs, examples.targets, strict=True):
        first, second = (number for number, mark in numbers if mark)
        assert target == first + second


def test_numbers_are_uniform_between_0_and_1():
    numbers = adding_problem(2_000, 50, seed=1).inputs[:, :, 0].astype(float)
    assert numbers.min() >= 0
    assert numbers.max() <= 1
    assert numbers.mean() == pytest.approx(1 / 2, abs=4 / np.sqrt(12 * 100_000))
    assert np.histogram(numbers, 10, (0, 1))[0] == pytest.approx(10_000, abs=4 * np.sqrt(9_000))


def test_saying_1_always_has_the_loss_of_chance_which_is_the_variance_of_the_sum():
    examples = adding_problem(200_000, 2, seed=1)
    targets = examples.targets.astype(float)
    # (s - 1)² has the mean 1/6 and the fourth moment 1/15 for a sum s of two uniform numbers
    near = 4 * np.sqrt((1 / 15 - 1 / 36) / 200_000)
    assert examples.chance == 1 / 6
    assert np.mean((targets - 1) ** 2) == pytest.approx(examples.chance, abs=near)
    assert np.var(targets) == pytest.approx(examples.chance, abs=near)


def test_the_sum_over_the_products_has_the_best_loss():
    examples = adding_problem(200, seed=1)
    y = np.einsum("nt,nt->n", examples.inputs[:, :, 0], examples.inputs[:, :, 1])
    assert np.mean((y - examples.targets) ** 2) == examples.best == 0


# --- copying


def test_symbols_shown_are_wanted_after_the_signal():
    examples = copy_memory(3, 4, symbols=3, copied=2, seed=1)
    assert examples.symbols == ("a", "b", "c", "·", "?")
    for number in range(3):
        read, wanted = examples.read(number).split(), [examples.symbols[k] for k in examples.targets[number]]
        first, second = read[:2]
        assert {first, second} <= {"a", "b", "c"}
        assert read == [first, second, "·", "·", "·", "?", "·", "·"]
        assert wanted == ["·", "·", "·", "·", "·", "·", first, second]


def test_the_shortest_lag_is_the_signal_alone():
    examples = copy_memory(2, 1, symbols=2, copied=1, seed=1)
    for number in range(2):
        read = examples.read(number).split()
        assert read[1:] == ["?", "·"]
        assert [examples.symbols[k] for k in examples.targets[number]] == ["·", "·", read[0]]


def test_every_symbol_is_shown_at_every_place():
    shown = copy_memory(500, 1, symbols=4, copied=3, seed=1).targets[:, -3:]
    for place in range(3):
        assert set(shown[:, place]) == {0, 1, 2, 3}


@pytest.mark.parametrize(("lag", "symbols", "copied"), [(20, 8, 10), (3, 2, 1), (1, 5, 4)])
def test_saying_blank_and_then_guessing_has_the_loss_of_chance(lag, symbols, copied):
    examples = copy_memory(30, lag, symbols=symbols, copied=copied, seed=1)
    y = np.zeros((30, lag + 2 * copied, symbols + 1))
    y[:, : lag + copied, symbols] = 1
    y[:, lag + copied :, :symbols] = 1 / symbols
    assert expected_loss(y, examples.targets) == pytest.approx(examples.chance, rel=1e-12)


def test_saying_what_was_shown_has_the_best_loss():
    examples = copy_memory(30, 4, symbols=3, copied=2, seed=1)
    y = np.zeros((30, 8, 4))
    y[:, :6, 3] = 1
    y[:, 6:, :3] = examples.inputs[:, :2, :3]
    assert expected_loss(y, examples.targets) == examples.best == 0


# --- what is refused


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: temporal_order(0), "`count`: expected at least 2, got 0."),
        (lambda: temporal_order(5), "`count`: expected an even number, for examples come in pairs, got 5."),
        (lambda: temporal_order(2, -1), "`lag`: expected at least 0, got -1."),
        (lambda: temporal_order(2, window=1), "`window`: expected at least 2, got 1."),
        (lambda: temporal_order(2, distractors=0), "`distractors`: expected at least 1, got 0."),
        (
            lambda: temporal_order(2, distractors=25),
            "`distractors`: expected at most 24, one a letter from c to z, got 25.",
        ),
        (lambda: same_words(1), "`count`: expected at least 2, got 1."),
        (lambda: same_words(3), "`count`: expected an even number, for examples come in pairs, got 3."),
        (lambda: same_words(2, 3), "`length`: expected at least 4, got 3."),
        (
            lambda: same_words(2, 11),
            "`starts`: expected places from 0 to length - 4 = 7, got (0, 1, 2, 3, 4, 5, 6, 7, 8).",
        ),
        (lambda: same_words(2, starts=(-1, 8)), "`starts`: expected places from 0 to length - 4 = 8, got (-1, 8)."),
        (lambda: same_words(2, starts=[9, 0]), "`starts`: expected places from 0 to length - 4 = 8, got (9, 0)."),
        (lambda: same_words(2, starts=()), "`starts`: expected places from 0 to length - 4 = 8, got ()."),
        (lambda: adding_problem(0), "`count`: expected at least 1, got 0."),
        (lambda: adding_problem(1, 1), "`length`: expected at least 2, got 1."),
        (lambda: copy_memory(0), "`count`: expected at least 1, got 0."),
        (lambda: copy_memory(1, 0), "`lag`: expected at least 1, got 0."),
        (lambda: copy_memory(1, symbols=1), "`symbols`: expected at least 2, got 1."),
        (lambda: copy_memory(1, symbols=27), "`symbols`: expected at most 26, one a letter, got 27."),
        (
            lambda: adding_problem(1).read(0),
            "`inputs`: expected one-hot symbols, but the inputs of this task are numbers.",
        ),
        (lambda: copy_memory(1, copied=0), "`copied`: expected at least 1, got 0."),
    ],
)
def test_what_is_out_of_range_is_refused_with_reason(make, says):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == says


@pytest.mark.parametrize("make", [lambda: temporal_order(2, distractors=24), lambda: copy_memory(1, symbols=26)])
def test_the_largest_numbers_of_symbols_end_with_z(make):
    assert [name for name in make().symbols if name.isalpha()][-1] == "z"


@pytest.mark.parametrize(
    "make",
    [
        lambda: temporal_order(2, 0, window=2, distractors=1),
        lambda: same_words(2, 4, starts=[0]),
        lambda: adding_problem(1, 2),
        lambda: copy_memory(1, 1, symbols=2, copied=1),
    ],
    ids=TASKS,
)
def test_the_smallest_numbers_are_taken(make):
    assert len(make()) in (1, 2)
