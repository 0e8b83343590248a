"""minGRU and minLSTM against their equations, the scan, central differences and automatic differentiation."""

from dataclasses import replace
from functools import partial
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrences import make_mask, relative_error

from rnn_tutorial.language.linear_recurrences import scan
from rnn_tutorial.language.minimal_cells import MinGRUCell, MinLSTMCell
from rnn_tutorial.theory.cells import GRUCell, LSTMCell, prepare_inputs, unroll
from rnn_tutorial.theory.gradients import backpropagate_through_time, gradient_norms_by_lag, state_jacobian
from rnn_tutorial.theory.networks import Network, chrono_biases
from rnn_tutorial.theory.tasks import temporal_order
from rnn_tutorial.theory.training import fit

KINDS = {"MinGRU": MinGRUCell, "MinLSTM": MinLSTMCell}
EACH = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
STEP = 1e-5  # of a central difference


def sigmoid(a):
    return 1 / (1 + exp(-a))


def drawn(kind, seed=1, inputs=3, units=4, dtype="float64", **options):
    """Draw a cell none of whose parameters is zero."""
    random = np.random.default_rng(seed)
    W, b = random.normal(size=(kind.blocks * units, inputs)), random.normal(size=kind.blocks * units)
    return kind(W.astype(dtype), b.astype(dtype), **options)


@st.composite
def cases(draw, dtypes=("float32", "float64"), most_steps=50):
    kind, dtype = draw(st.sampled_from(list(KINDS.values()))), draw(st.sampled_from(dtypes))
    units, inputs, batch = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    time, seed = draw(st.integers(1, most_steps)), draw(st.integers(0, 2**32 - 1))
    options = {"activation": draw(st.sampled_from(["linear", "tanh"])), "go_backwards": draw(st.booleans())}
    random = np.random.default_rng(seed)
    mask = make_mask(draw(st.sampled_from(["none", "behind", "anywhere"])), batch, time, random)
    arrays = (random.normal(size=(batch, time, n)).astype(dtype) for n in (inputs, units))
    return drawn(kind, seed, inputs, units, dtype, **options), *arrays, mask


@EACH
def test_three_steps_are_the_equations_written_out(kind):
    cell = drawn(kind)
    inputs = np.random.default_rng(2).normal(size=(2, 3, 3))
    states = unroll(cell, inputs)
    for example in range(2):
        h = [0.0] * 4
        for t in range(3):
            a = [sum(w * x for w, x in zip(row, inputs[example, t], strict=True)) for row in cell.W] + cell.b
            for j in range(4):
                if kind is MinGRUCell:  # min-gru
                    z = sigmoid(a[j])
                    h[j] = z * h[j] + (1 - z) * a[4 + j]
                else:  # min-lstm
                    i, f = sigmoid(a[j]), sigmoid(a[4 + j])
                    h[j] = (f * h[j] + i * a[8 + j]) / (f + i)
            np.testing.assert_allclose(states.h[example, t], h, atol=1e-13)


@pytest.mark.parametrize("options", [{}, {"reset_after": False}])
def test_a_min_gru_is_a_gru_without_its_reads_of_the_state(options):
    cell = drawn(MinGRUCell, activation="tanh")
    W = np.concatenate([cell.W[:4], np.ones((4, 3)), cell.W[4:]])  # z, r, h̃
    gru = GRUCell(W, np.zeros((12, 4)), np.concatenate([cell.b[:4], np.ones(4), cell.b[4:]]), **options)
    inputs = np.random.default_rng(2).normal(size=(2, 20, 3))
    np.testing.assert_allclose(unroll(cell, inputs).h, unroll(gru, inputs).h, atol=1e-14)


def test_a_min_lstm_whose_gates_add_up_to_1_is_an_lstms_cell_state():
    random = np.random.default_rng(3)
    of_gate, of_candidate = random.normal(size=(2, 4, 3))
    W = np.concatenate([-of_gate, of_gate, of_candidate])  # σ(-a) = 1 - σ(a)
    cell = MinLSTMCell(W, np.zeros(12))
    lstm = LSTMCell(np.concatenate([W, W[:4]]), np.zeros((16, 4)), np.zeros(16), activation="linear")
    inputs = random.normal(size=(2, 20, 3))
    np.testing.assert_allclose(unroll(cell, inputs).h, unroll(lstm, inputs).c, atol=1e-14)


@settings(max_examples=80)
@given(cases())
def test_the_scan_is_the_loop(case):
    cell, inputs, _, _ = case
    ordered, _ = prepare_inputs(cell, inputs)
    by_scan = scan(*cell.coefficients(ordered.swapaxes(0, 1))).swapaxes(0, 1)
    assert by_scan.dtype == cell.dtype
    tolerance = 1e-5 if cell.dtype == "float32" else 1e-12
    np.testing.assert_allclose(by_scan, unroll(cell, inputs).h, rtol=0, atol=tolerance * max(1, np.abs(by_scan).max()))


@settings(max_examples=20)
@given(cases(dtypes=("float64",), most_steps=6))
def test_every_gradient_is_the_central_difference(case):
    cell, inputs, grad_h, mask = case
    first = cell.initial_state(len(inputs))
    first = first._replace(h=np.random.default_rng(4).normal(size=first.h.shape))
    grads = backpropagate_through_time(cell, inputs, grad_h, mask=mask, initial_state=first)

    def slopes(array, at):
        """Give the central differences of the loss in each number of an array."""
        found = np.empty(array.shape)
        for place in np.ndindex(array.shape):
            by = np.zeros(array.shape)
            by[place] = STEP
            up, down = (np.sum(grad_h * unroll(*at(array + sign * by)).h) for sign in (1, -1))
            found[place] = (up - down) / (2 * STEP)
        return found

    for name, array in cell.parameters.items():
        moved = slopes(array, lambda new, name=name: (replace(cell, **{name: new}), inputs, mask, first))
        assert relative_error(grads.parameters[name], moved) < 1e-6, name
    assert relative_error(grads.inputs, slopes(inputs, lambda new: (cell, new, mask, first))) < 1e-6
    of_first = slopes(first.h, lambda new: (cell, inputs, mask, first._replace(h=new)))
    assert relative_error(grads.initial_state["h"], of_first) < 1e-6


@EACH
@pytest.mark.parametrize("options", [{}, {"activation": "tanh", "go_backwards": True}])
def test_every_gradient_is_that_of_the_gradient_tape(kind, options):
    import tensorflow as tf

    cell, random = drawn(kind, **options), np.random.default_rng(2)
    inputs, grad_h = random.normal(size=(2, 12, 3)), random.normal(size=(2, 12, 4))
    variables = W, b, x = [tf.Variable(array) for array in (cell.W, cell.b, inputs)]
    with tf.GradientTape() as tape:
        h, loss = tf.zeros((2, 4), "float64"), 0
        for t, x_t in enumerate(tf.unstack(x, axis=1)[:: -1 if cell.go_backwards else 1]):
            *gates, candidate = tf.split(x_t @ tf.transpose(W) + b, cell.blocks, axis=1)
            candidate = tf.tanh(candidate) if cell.activation == "tanh" else candidate
            i, f = (1 - tf.sigmoid(gates[0]), tf.sigmoid(gates[0])) if kind is MinGRUCell else map(tf.sigmoid, gates)
            h = (f * h + i * candidate) / (f + i)
            loss += tf.reduce_sum(h * grad_h[:, t])
    grads = backpropagate_through_time(cell, inputs, grad_h)
    for got, expected in zip((*grads.parameters.values(), grads.inputs), tape.gradient(loss, variables), strict=True):
        assert relative_error(got, expected.numpy()) < 1e-11


@EACH
def test_the_gradient_to_the_state_before_is_the_factor_alone(kind):
    cell = drawn(kind)
    inputs = np.random.default_rng(5).normal(size=(1, 30, 3))
    a, _ = cell.coefficients(inputs)
    state = cell.initial_state(1)._replace(h=np.random.default_rng(6).normal(size=(1, 4)))
    np.testing.assert_allclose(state_jacobian(cell, inputs[:, 0], state)[0], np.diag(a[0, 0]), atol=1e-14)
    norms = gradient_norms_by_lag(cell, inputs, np.ones((1, 4)))
    products = np.cumprod(np.vstack([np.ones(4), a[0, :0:-1]]), axis=0)
    np.testing.assert_allclose(norms, np.linalg.norm(products, axis=1), rtol=1e-12)


@EACH
@pytest.mark.parametrize("bias", [-80.0, -20.0, 20.0, 80.0])
def test_closed_and_open_gates_give_numbers(kind, bias):
    """In float32, a gate with a bias of -20 is 0, and 0 / 0 would be none."""
    cell = kind(np.zeros((kind.blocks, 1), "float32"), np.full(kind.blocks, bias, "float32"))
    inputs = np.ones((1, 5, 1), "float32")
    assert np.isfinite(unroll(cell, inputs).h).all()
    if kind is MinLSTMCell:
        np.testing.assert_allclose(unroll(cell, inputs).stays, 0.5, rtol=1e-6)


@EACH
def test_a_random_cell(kind):
    cell = kind.random(30, 20, 5)
    assert (cell.dtype, cell.inputs, cell.units) == (np.float32, 30, 20)
    limit = (6 / (30 + 20 * kind.blocks)) ** 0.5
    assert 0.95 * limit < np.abs(cell.W).max() <= limit
    assert not cell.b.any()
    assert not cell.U.any()
    assert cell == kind.random(30, 20, 5) != kind.random(30, 20, 6)
    assert MinGRUCell.random(2, 3, seed=1, forget_bias=5).b.tolist() == [5, 5, 5, 0, 0, 0]


TASK = partial(temporal_order, lag=0, window=2)


@EACH
def test_networks_train_with_it(kind):
    assert fit(Network.random(kind, 8, TASK(2), seed=1), TASK, updates=300, learning_rate=0.03).solved


Z = np.zeros


@pytest.mark.parametrize(
    ("argument", "make"),
    [
        ("W", lambda: MinGRUCell(Z((3, 2)), Z(3))),
        ("W", lambda: MinLSTMCell(Z(3), Z(3))),
        ("b", lambda: MinGRUCell(Z((4, 2)), Z(3))),
        ("activation", lambda: MinGRUCell(Z((4, 2)), Z(4), activation="swish")),
        ("forget_bias", lambda: MinLSTMCell.random(2, 3, 1, forget_bias=5)),
        ("state", lambda: drawn(MinGRUCell).step(Z((2, 3)), drawn(MinLSTMCell).initial_state(2))),
        ("network", lambda: chrono_biases(Network.random(MinLSTMCell, 8, TASK(2), seed=1), longest=100, seed=1)),
    ],
)
def test_what_does_not_fit_is_refused_by_name(argument, make):
    with pytest.raises(ValueError, match=f"^`{argument}`: expected"):
        make()
