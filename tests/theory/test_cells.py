import re
from functools import partial
from math import tanh
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from recurrences import ACTIVATION_NAMES, CELLS, KINDS, OF_KERAS, cases, drawn, keras_layer, sigmoid
from refusals import refuses

from rnn_tutorial.theory.cells import ACTIVATIONS, GRUCell, LSTMCell, SimpleRNNCell, SimpleRNNState, unroll
from rnn_tutorial.theory.from_keras import cell_from_keras


def written_out(cell, x, h, *others):
    """Compute all parts of a state of one example from the equations, one number at a time, with nothing but Python."""
    n = len(h)
    units = range(n)

    def product(matrix, vector, row):
        return sum(float(matrix[row, column]) * float(vector[column]) for column in range(len(vector)))

    def z(block, state=h):
        return [product(cell.U, state, block * n + j) + product(cell.W, x, block * n + j) + cell.b[block * n + j] for j in units]  # fmt: skip # noqa: E501

    if isinstance(cell, SimpleRNNCell):
        return ([tanh(value) for value in z(0)],)  # rnn-state
    if isinstance(cell, LSTMCell):  # lstm-step-gates, lstm-step-candidate
        i, f, candidate, o = ([sigmoid(v) for v in z(k)] if k != 2 else [tanh(v) for v in z(2)] for k in range(4))
        c = [f[j] * others[0][j] + i[j] * candidate[j] for j in units]  # lstm-step-cell
        return [o[j] * tanh(c[j]) for j in units], c, i, f, candidate, o  # lstm-step-hidden
    if not cell.reset_after:  # gru-step-gates, gru-step-candidate
        update, r = ([sigmoid(v) for v in z(k)] for k in range(2))
        from_h, candidate = h, [tanh(v) for v in z(2, [r[j] * h[j] for j in units])]
    else:
        update, r = ([sigmoid(v + cell.recurrent_b[k * n + j]) for j, v in enumerate(z(k))] for k in range(2))
        from_h = [product(cell.U, h, 2 * n + j) + cell.recurrent_b[2 * n + j] for j in units]
        candidate = [tanh(r[j] * from_h[j] + product(cell.W, x, 2 * n + j) + cell.b[2 * n + j]) for j in units]
    h = [update[j] * h[j] + (1 - update[j]) * candidate[j] for j in units]  # gru-step-state
    return h, update, r, candidate, from_h


@pytest.mark.parametrize(
    ("kind", "options"), [(SimpleRNNCell, {}), (LSTMCell, {}), (GRUCell, {}), (GRUCell, {"reset_after": False})]
)
def test_three_steps_are_the_equations_written_out(kind, options):
    cell = drawn(kind, **options)
    inputs = np.random.default_rng(2).normal(size=(2, 3, 3))
    states = unroll(cell, inputs)
    for example in range(2):
        state = [[0.0] * 4] * 2
        for t in range(3):
            state = written_out(cell, inputs[example, t], *state)
            for part, expected in zip(states, state, strict=True):  # the gates, too
                np.testing.assert_allclose(part[example, t], expected, atol=1e-14)


@settings(max_examples=60)
@given(cases(kinds=tuple(OF_KERAS), most_steps=20))
def test_unrolled_states_are_those_of_keras(case):
    layer = keras_layer(case)
    expected = layer(case.inputs, mask=case.mask).numpy()
    states = unroll(cell_from_keras(layer), case.inputs, case.mask)
    assert states.h.dtype == case.inputs.dtype
    largest = max(1, np.abs(expected).max())  # relu and linear states may be larger than 1, and so their last digit
    tolerance = 1e-6 if states.h.dtype == "float32" else 1e-12
    np.testing.assert_allclose(states.h, expected, rtol=0, atol=tolerance * largest)


def test_every_cell_of_the_package_is_in_the_list_that_these_tests_go_through():
    sources = (path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2] / "rnn_tutorial").rglob("*.py"))
    classes = {name for source in sources for name in re.findall(r"^class (\w+)\(\w*Cell\b", source, re.MULTILINE)}
    apart = {"BucketCell"}  # it reads weather alone, and tests/series has it
    assert classes - apart == {kind.__name__ for kind in KINDS.values()}


@settings(max_examples=100)
@given(cases())
def test_feeding_one_by_one_gives_the_same_bits(case):
    cell, inputs = case.cell, case.inputs[:, ::-1] if case.cell.go_backwards else case.inputs
    states = unroll(cell, case.inputs)
    state = cell.initial_state(len(inputs))
    for t in range(inputs.shape[1]):
        state = cell.step(np.ascontiguousarray(inputs[:, t]), state)
        for name in cell.State._fields:
            np.testing.assert_array_equal(getattr(state, name), getattr(states, name)[:, t])


def test_relu_and_hard_sigmoid_have_no_slope_where_they_are_flat():
    assert ACTIVATIONS["relu"].derivative(np.array([0.0, 1e-9, 2.0])).tolist() == [0, 1, 1]
    derivative = ACTIVATIONS["hard_sigmoid"].derivative(np.array([0.0, 1e-9, 0.5, 1 - 1e-9, 1.0]))
    assert derivative.tolist() == pytest.approx([0, 1 / 6, 1 / 6, 1 / 6, 0])


@CELLS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_feeding_one_by_one_gives_the_same_bits_at_the_size_of_pages(kind, dtype):
    cell = kind.random(100, 100, 1, dtype)
    for batch in (1, 64):
        inputs = np.random.default_rng(2).normal(size=(batch, 12, 100)).astype(dtype)
        states, state = unroll(cell, inputs), cell.initial_state(batch)
        for t in range(12):
            state = cell.step(np.ascontiguousarray(inputs[:, t]), state)
        np.testing.assert_array_equal(state.h, states.h[:, -1])


@settings(max_examples=60)
@given(cases())
def test_masked_steps_keep_every_part_of_the_state(case):
    if case.mask is None:
        case.mask = np.ones(case.inputs.shape[:2], bool)
    inputs = np.where(case.mask[:, :, None], case.inputs, 1e3)
    states = unroll(case.cell, inputs, case.mask)
    mask = case.mask[:, ::-1] if case.cell.go_backwards else case.mask
    first = case.cell.initial_state(len(inputs))
    for part, start in zip(states, first, strict=True):
        previous = np.concatenate([start[:, None], part[:, :-1]], axis=1)
        np.testing.assert_array_equal(part[~mask], previous[~mask])
    for row in range(len(inputs)):  # and the steps that are left are those of the shorter sequence
        if case.mask[row].any():
            short = unroll(case.cell, inputs[row : row + 1, case.mask[row]])
            np.testing.assert_allclose(states.h[row, mask[row]], short.h[0], rtol=1e-5, atol=1e-6)


@CELLS
def test_inputs_and_states_are_converted_to_the_dtype_of_the_cell(kind):
    cell, inputs = kind.random(3, 5, 1, "float32"), np.random.default_rng(3).normal(size=(2, 7, 3))
    np.testing.assert_array_equal(unroll(cell, inputs).h, unroll(cell, inputs.astype("float32")).h)
    inputs = inputs.astype("float32")
    wide = cell.State(*np.random.default_rng(4).normal(size=(len(cell.State._fields), 2, 5)))
    narrow = cell.State(*(part.astype("float32") for part in wide))
    states = [unroll(cell, inputs, initial_state=state).h for state in (wide, narrow)]
    np.testing.assert_array_equal(*states)
    after = cell.step(inputs[:, 0].astype("float64"), wide)
    for part, expected in zip(after, cell.step(inputs[:, 0], narrow), strict=True):
        assert part.dtype == np.float32
        np.testing.assert_array_equal(part, expected)


def test_a_step_reads_the_carried_parts_of_a_state_alone():
    cell, h, c = drawn(LSTMCell), np.ones((2, 4)), np.zeros((2, 4))
    alone, whole = LSTMCell.State(h, c, *[None] * 4), LSTMCell.State(h, c, *[c] * 4)
    np.testing.assert_array_equal(cell.step(Z((2, 3)), alone).h, cell.step(Z((2, 3)), whole).h)


def test_a_step_that_checks_nothing_can_be_unrolled():
    class Mine(SimpleRNNCell):
        def step(self, x_t, state):
            return SimpleRNNState(state.h + x_t.sum(axis=1, keepdims=True))

    states = unroll(Mine.random(3, 2, 1), np.ones((1, 4, 3)))
    assert states.h[0, :, 0].tolist() == [3, 6, 9, 12]


Z_VALUES = np.array([-40.0, -4.0, -2.7, -1.0, -0.3, 0.2, 0.9, 2.2, 3.5, 40.0])


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_each_activation_is_that_of_keras_and_has_its_derivative(name):
    from keras import activations

    activation, step = ACTIVATIONS[name], 1e-6
    y = activation.function(Z_VALUES)
    np.testing.assert_allclose(y, np.asarray(activations.get(name)(Z_VALUES)), rtol=0, atol=1e-15)
    slope = (activation.function(Z_VALUES + step) - activation.function(Z_VALUES - step)) / (2 * step)
    np.testing.assert_allclose(activation.derivative(y), slope, rtol=0, atol=1e-8)
    for array in (y.astype("float32"), y):
        assert activation.derivative(array).dtype == array.dtype


@CELLS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_random_cell_has_the_sizes_the_dtype_and_the_numbers_of_its_seed(kind, dtype):
    cell = kind.random(30, 20, 5, dtype)
    assert (cell.dtype, cell.inputs, cell.units) == (dtype, 30, 20)
    first = cell.initial_state(2)
    assert not any(part.any() for part in first)
    assert {(part.dtype.name, part.shape) for part in (*first, *cell.step(Z((2, 30)), first))} == {(dtype, (2, 20))}
    limit = (6 / (30 + 20 * kind.blocks)) ** 0.5
    assert 0.95 * limit < cell.W.max() <= limit
    assert -limit <= cell.W.min() < -0.95 * limit
    assert {name: array.any() for name, array in cell.parameters.items() if name not in "WU"} == {
        name: name == "b" and kind.keras_forget_bias > 0 for name in cell.parameters if name not in "WU"
    }
    assert cell == kind.random(30, 20, 5, dtype) != kind.random(30, 20, 6, dtype)
    assert kind.random(3, 2, 1, activation="relu").activation == "relu"


@CELLS
def test_the_gate_that_keeps_can_start_elsewhere(kind):
    if kind.forget_gate is None:
        with pytest.raises(ValueError, match="^`forget_bias`: expected None"):
            kind.random(3, 2, 1, forget_bias=5)
        return
    cell, expected = kind.random(3, 2, 1, forget_bias=5), Z((kind.blocks, 2))
    expected[kind.forget_gate] = 5
    assert np.array_equal(cell.b, expected.ravel()) and np.array_equal(cell.W, kind.random(3, 2, 1).W)


@CELLS
def test_states_are_equal_that_hold_the_same_numbers(kind):
    cell, inputs = drawn(kind), np.ones((2, 5, 3))
    states = unroll(cell, inputs)
    assert states == unroll(cell, inputs)
    assert (states != unroll(cell, inputs)) is False
    assert states != unroll(cell, 2 * inputs)


Z, X = np.zeros, np.ones((2, 5, 3))


def zeros(kind, batch, **parts):
    return drawn(kind).initial_state(batch)._replace(**parts)


def read(kind, shape=(2, 5, 3), mask=None, state=None):
    return unroll(drawn(kind), Z(shape), mask, state)


test_what_does_not_fit_is_refused_by_name = refuses(
    *(("U", partial(LSTMCell, Z((8, 3)), Z(shape), Z(8))) for shape in [(6, 2), (10, 2)]),
    *(("U", partial(SimpleRNNCell, Z((2, 3)), Z(shape), Z(2))) for shape in [(2, 2, 2), 4, (0, 0)]),
    *(("W", partial(LSTMCell, Z(shape), Z((8, 2)), Z(8))) for shape in [(3, 8), 8, (9, 3), (8, 3, 1)]),
    *(("b", partial(SimpleRNNCell, Z((2, 3)), Z((2, 2)), Z(size))) for size in (1, 3)),
    ("W", lambda: SimpleRNNCell(None, np.eye(2), np.zeros(2))),
    *(("units", partial(SimpleRNNCell.random, 2, units, seed=1)) for units in (None, -1, 2.5)),
    ("recurrent_b", lambda: GRUCell(Z((6, 3)), Z((6, 2)), Z(6), recurrent_b=Z((2, 6)))),
    ("recurrent_b", lambda: GRUCell(Z((6, 3)), Z((6, 2)), Z(6), recurrent_b=Z(6), reset_after=False)),
    ("W`, `U`, `b", lambda: SimpleRNNCell(Z((2, 3)), Z((2, 2), "float32"), Z(2))),
    ("W`, `U`, `b", lambda: SimpleRNNCell([[1]], [[1]], [1])),
    ("activation", lambda: drawn(SimpleRNNCell, activation="swish")),
    ("recurrent_activation", lambda: drawn(LSTMCell, recurrent_activation="swish")),
    *(("inputs", partial(read, LSTMCell, n)) for n in [(2, 5, 4), (2, 5, 2), (2, 5, 3, 1), (2, 3), (2, 0, 3)]),
    ("inputs", lambda: unroll(drawn(LSTMCell), "text")),
    *(("cell", partial(unroll, cell, X)) for cell in (None, SimpleRNNCell)),
    *(("mask", partial(read, LSTMCell, mask=mask)) for mask in (Z((5, 2), bool), Z((1, 5), bool), Z((2, 5)))),
    ("initial_state", lambda: read(LSTMCell, state=SimpleRNNState(Z((2, 4))))),
    ("initial_state", lambda: read(LSTMCell, state=zeros(LSTMCell, 2, o=Z(4)))),
    ("initial_state", lambda: read(GRUCell, state=zeros(GRUCell, 2, recurrent=None))),
    ("state", lambda: drawn(LSTMCell).step(Z((2, 3)), zeros(LSTMCell, 2, c=Z(4)))),
    ("state", lambda: drawn(GRUCell).step(Z((2, 3)), SimpleRNNState(Z((2, 4))))),
    *(("x_t", partial(drawn(kind).step, Z((2, 4)), zeros(kind, 2))) for kind in KINDS.values()),
    ("x_t", lambda: drawn(SimpleRNNCell).step("text", zeros(SimpleRNNCell, 1))),
)
