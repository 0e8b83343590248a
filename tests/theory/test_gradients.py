from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from recurrences import CELLS, KINDS, OF_KERAS, cases, keras_layer, relative_error
from recurrences import drawn as drawn_cell
from refusals import refuses

from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.gradients import (
    backpropagate_through_time,
    clip_by_global_norm,
    global_norm,
    gradient_norms_by_lag,
    state_jacobian,
)

STEP = 1e-5  # of a central difference in float64
SMOOTH = {"tanh", "sigmoid", "linear"}
drawn = partial(drawn_cell, scale=0.5)


def random_state(cell, batch, seed=4):
    random = np.random.default_rng(seed)
    return cell.State(*(random.normal(size=(batch, cell.units)).astype(cell.dtype) for _ in cell.State._fields))


def losses(case, cell, inputs, initial_state):
    """Give Σ grad_h ⊙ h for each example, and on which side of its kinks each number is."""
    states = unroll(cell, inputs, case.mask, initial_state)
    names = {cell.activation, getattr(cell, "recurrent_activation", "tanh")}
    sides = [] if names <= SMOOTH else [(part > 0) + 2 * (part < 1) for part in states]
    return np.sum(case.grad_h * states.h, axis=(1, 2)), np.array(sides)


def slope(case, at):
    """Give the central difference of the losses, where ``at`` moves one number of the recurrence by its argument.

    It is the one of fourth order: after many steps, a loss may be too bent for that of second order.
    """
    values, sides = zip(*(losses(case, *at(by * STEP)) for by in (-2, -1, 1, 2)), strict=True)
    assume(all(np.array_equal(sides[0], other) for other in sides))  # there is no slope to compare with at a kink
    return (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * STEP)


def moved(array, index, by):
    array = array.copy()
    array[index] += by
    return array


@settings(max_examples=60)
@given(cases(dtypes=("float64",), most_steps=20))
def test_every_gradient_is_the_central_difference(case):  # bptt-state, lstm-step-back, gru-step-back, rnn-step-back
    cell, inputs, first = case.cell, case.inputs, random_state(case.cell, len(case.inputs))
    grads = backpropagate_through_time(cell, inputs, case.grad_h, mask=case.mask, initial_state=first)

    for name, array in cell.parameters.items():
        slopes = np.array([
            slope(case, lambda by, i=i, name=name, array=array: (replace(cell, **{name: moved(array, i, by)}), inputs, first)).sum()  # noqa: E501
            for i in np.ndindex(array.shape)
        ])  # fmt: skip
        assert relative_error(grads.parameters[name], slopes.reshape(array.shape)) < 1e-7, name

    for t, i in np.ndindex(inputs.shape[1:]):  # all examples at once: each one's loss depends on its own inputs
        slopes = slope(case, lambda by, t=t, i=i: (cell, moved(inputs, (slice(None), t, i), by), first))
        assert np.abs(grads.inputs[:, t, i] - slopes).max() < 1e-7 * max(1, np.linalg.norm(grads.inputs)), (t, i)

    for name in cell.carried:
        for j in range(cell.units):
            slopes = slope(
                case,
                lambda by, j=j, name=name: (
                    cell, inputs, first._replace(**{name: moved(getattr(first, name), (slice(None), j), by)}),
                ),
            )  # fmt: skip
            wanted = grads.initial_state[name]
            assert np.abs(wanted[:, j] - slopes).max() < 1e-7 * max(1, np.linalg.norm(wanted)), (name, j)


@settings(max_examples=40)
@given(cases(kinds=tuple(OF_KERAS)))
def test_every_gradient_is_that_of_the_gradient_tape(case):
    import tensorflow as tf

    layer = keras_layer(case)
    inputs = tf.constant(case.inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = tf.reduce_sum(layer(inputs, mask=case.mask) * case.grad_h)
    of_inputs, of_W, of_U, *of_b = tape.gradient(
        loss, [inputs, *layer.trainable_variables], unconnected_gradients="zero"
    )

    grads = backpropagate_through_time(case.cell, case.inputs, case.grad_h, mask=case.mask)
    tolerance = 1e-5 if case.inputs.dtype == np.float32 else 1e-11
    assert relative_error(grads.inputs, of_inputs) < tolerance
    assert relative_error(grads.parameters["W"].T, of_W) < tolerance
    assert relative_error(grads.parameters["U"].T, of_U) < tolerance
    if of_b:
        biases = [grads.parameters[name] for name in ("b", "recurrent_b") if name in grads.parameters]
        assert relative_error(np.stack(biases).reshape(of_b[0].shape), of_b[0]) < tolerance


@settings(max_examples=40)
@given(cases(dtypes=("float64",)), st.integers(1, 55))
def test_truncated_gradients_are_those_of_the_pieces_one_by_one(case, truncation):
    cell = case.cell
    order = slice(None, None, -1) if cell.go_backwards else slice(None)
    inputs, mask = case.inputs[:, order], None if case.mask is None else case.mask[:, order]
    grads = backpropagate_through_time(cell, case.inputs, case.grad_h, mask=case.mask, truncation=truncation)
    if truncation >= inputs.shape[1]:  # it cuts nothing, and changes no bit
        assert grads == backpropagate_through_time(cell, case.inputs, case.grad_h, mask=case.mask)

    expected = {name: np.zeros_like(array) for name, array in cell.parameters.items()}
    of_inputs, of_h, of_first, state, forward = [], [], [], None, replace(cell, go_backwards=False)
    for begin in range(0, inputs.shape[1], truncation):
        part = slice(begin, begin + truncation)
        here = {"mask": None if mask is None else mask[:, part], "initial_state": state}
        piece = backpropagate_through_time(forward, inputs[:, part], case.grad_h[:, part], **here)
        for name, share in piece.parameters.items():
            expected[name] += share
        of_inputs.append(piece.inputs)
        of_h.append(piece.states["h"])
        of_first.append(piece.initial_state)
        state = cell.State(*(values[:, -1] for values in unroll(forward, inputs[:, part], **here)))
    for name, array in expected.items():
        np.testing.assert_allclose(grads.parameters[name], array, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads.inputs[:, order], np.concatenate(of_inputs, axis=1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads.states["h"], np.concatenate(of_h, axis=1), rtol=1e-12, atol=1e-12)
    for name, grad in of_first[0].items():  # the first piece begins at the initial state, and nothing is cut there
        np.testing.assert_allclose(grads.initial_state[name], grad, rtol=1e-12, atol=1e-12)


@settings(max_examples=40)
@given(cases(dtypes=("float64",)))
def test_the_gradient_of_a_state_is_that_of_the_rest_of_the_sequence(case):
    """∂L/∂h_t and ∂L/∂c_t by their meaning: t is the start, and what comes after it is a sequence of its own."""
    cell = replace(case.cell, go_backwards=False)
    states = unroll(cell, case.inputs, case.mask)
    grads = backpropagate_through_time(cell, case.inputs, case.grad_h, mask=case.mask, states=states)
    assert list(grads.states) == list(cell.carried)
    for t in range(case.inputs.shape[1] - 1):
        rest = backpropagate_through_time(
            cell,
            case.inputs[:, t + 1 :],
            case.grad_h[:, t + 1 :],
            mask=None if case.mask is None else case.mask[:, t + 1 :],
            initial_state=cell.State(*(part[:, t] for part in states)),
        )
        direct = {"h": case.grad_h[:, t], "c": 0}
        for name in cell.carried:
            expected = rest.initial_state[name] + direct[name]
            np.testing.assert_allclose(grads.states[name][:, t], expected, rtol=1e-10, atol=1e-12)


@CELLS
def test_states_that_are_passed_are_used_and_change_nothing(kind):
    cell, inputs = drawn(kind), np.random.default_rng(2).normal(size=(2, 5, 3))
    first, grad_h = random_state(cell, 2), np.ones((2, 5, 4))
    states = unroll(cell, inputs, initial_state=first)
    one = backpropagate_through_time(cell, inputs, grad_h, initial_state=first)
    assert backpropagate_through_time(cell, inputs, grad_h, initial_state=first, states=states) == one
    wrong = cell.State(*(part * 0 for part in states))
    none = backpropagate_through_time(cell, inputs, grad_h, states=wrong)
    assert not np.allclose(none.parameters["W"], one.parameters["W"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_have_the_dtype_of_the_cell_and_stay(dtype):
    cell, x, grad_h = LSTMCell.random(3, 4, 1, dtype), np.ones((2, 5, 3)), np.ones((2, 5, 4))
    wide = cell.State(*np.random.default_rng(4).normal(size=(6, 2, 4)))  # an initial state is converted
    narrow = cell.State(*(part.astype(dtype) for part in wide))
    grads = backpropagate_through_time(cell, x, grad_h, initial_state=narrow)
    for states in (None, unroll(cell, x, initial_state=narrow)):
        assert backpropagate_through_time(cell, x, grad_h, initial_state=wide, states=states) == grads
    everything = [*grads.parameters.values(), grads.inputs, *grads.states.values(), *grads.initial_state.values()]
    assert {grad.dtype.name for grad in [*everything, state_jacobian(cell, x[:, 0], wide)]} == {dtype}
    for grad in everything:
        with pytest.raises(ValueError, match="read-only"):
            grad[0] = 0


@pytest.mark.parametrize(
    ("kind", "options"), [*((kind, {}) for kind in KINDS.values()), (GRUCell, {"reset_after": False})]
)
def test_the_jacobian_of_a_step_is_the_central_difference(kind, options):
    cell = drawn(kind, **options)
    x_t, state = np.random.default_rng(2).normal(size=(5, 3)), random_state(cell, 5)
    jacobian = state_jacobian(cell, x_t, state)
    columns = []
    for name in cell.carried:
        for j in range(cell.units):
            ends = [
                cell.step(x_t, state._replace(**{name: moved(getattr(state, name), (slice(None), j), by)}))
                for by in (STEP, -STEP)
            ]
            plus, minus = (np.concatenate([getattr(end, part) for part in cell.carried], axis=1) for end in ends)
            columns.append((plus - minus) / (2 * STEP))
    np.testing.assert_allclose(jacobian, np.stack(columns, axis=2), atol=1e-9)


@pytest.mark.parametrize("backwards", [False, True])
@CELLS
def test_norms_by_lag_are_read_from_the_last_step_to_the_first(kind, backwards):
    cell = drawn(kind, go_backwards=backwards)
    inputs, last = np.random.default_rng(2).normal(size=(3, 6, 3)), np.random.default_rng(3).normal(size=(3, 4))
    mask = np.arange(6) < np.array([[6], [4], [5]])
    grad_h = np.zeros((3, 6, 4))
    grad_h[:, 5] = last
    grads = backpropagate_through_time(cell, inputs, grad_h, mask=mask)
    of_inputs = grads.inputs[:, ::-1] if backwards else grads.inputs
    for name, array in {**grads.states, "inputs": of_inputs}.items():
        by_lag = [np.mean([np.linalg.norm(array[example, 5 - lag]) for example in range(3)]) for lag in range(6)]
        got = gradient_norms_by_lag(cell, inputs, last, mask=mask, of=name)
        assert got.tolist() == pytest.approx(by_lag)
    assert gradient_norms_by_lag(cell, inputs, last)[0] == pytest.approx(np.linalg.norm(last, axis=1).mean())


def test_clipping_is_that_of_tensorflow():
    import tensorflow as tf

    grads = {"W": np.random.default_rng(1).normal(size=(3, 2)), "b": np.random.default_rng(2).normal(size=3)}
    for max_norm in (0.5, 50.0):
        expected, norm = tf.clip_by_global_norm(list(grads.values()), max_norm)
        assert global_norm(grads) == pytest.approx(float(norm))
        clipped = clip_by_global_norm(grads, max_norm)
        for name, wanted in zip(grads, expected, strict=True):
            np.testing.assert_allclose(clipped[name], wanted)
            assert clipped[name] is not grads[name]


def test_a_gradient_of_zero_stays_zero_and_float32_stays_float32():
    clipped = clip_by_global_norm({"W": np.zeros((2, 2), np.float32)}, 1.0)
    assert clipped["W"].tolist() == [[0, 0], [0, 0]]
    assert clip_by_global_norm({"W": np.full(9, 2, np.float32)}, 1.0)["W"].dtype == np.float32


CELL, X = drawn(SimpleRNNCell), np.ones((2, 5, 3))


def back(units=4, **options):
    return backpropagate_through_time(CELL, X, np.ones((2, 5, units)), **options)


test_what_does_not_fit_is_refused_by_name = refuses(
    *(("grad_h", partial(back, units=units)) for units in (3, 5)),
    ("states", lambda: back(states=unroll(CELL, X[:, :4]))),
    ("grad_h", lambda: backpropagate_through_time(CELL, X, "text")),
    *(("truncation", partial(back, truncation=steps)) for steps in (0, 1.5, np.nan, "2")),
    ("initial_state", lambda: back(states=unroll(CELL, X), initial_state=CELL.initial_state(1))),
    ("state", lambda: state_jacobian(CELL, X[:, 0], CELL.initial_state(1))),
    ("x_t", lambda: state_jacobian(CELL, X, CELL.initial_state(2))),
    *(("grad_last", partial(gradient_norms_by_lag, CELL, X, np.ones((2, units)))) for units in (3, 5)),
    ("of", lambda: gradient_norms_by_lag(CELL, X, np.ones((2, 4)), of="c")),
    *(("max_norm", partial(clip_by_global_norm, {"W": X}, max_norm)) for max_norm in (0, -1)),
    ("grads", lambda: clip_by_global_norm({"W": X * np.inf}, 1)),
)


@CELLS
def test_what_stands_at_a_masked_step_reaches_no_gradient(kind):
    cell, x = drawn(kind), np.ones((2, 5, 3))
    mask = np.array([[True, True, False, True, True], [False, True, True, True, False]])
    grad_h = np.ones((2, 5, cell.units))
    expected = backpropagate_through_time(cell, x, grad_h, mask=mask)
    for garbage in (np.nan, np.inf):
        found = backpropagate_through_time(cell, np.where(mask[..., None], x, garbage), grad_h, mask=mask)
        assert all(np.array_equal(found.parameters[name], g) for name, g in expected.parameters.items())
        assert np.array_equal(found.inputs, expected.inputs)
