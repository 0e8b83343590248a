"""minGRU and minLSTM against their equations and the scan; tests/theory has what they share with all cells."""

import numpy as np
import pytest
from hypothesis import given, settings
from recurrences import cases, drawn, sigmoid
from refusals import refuses

from rnn_tutorial.language.linear_recurrences import scan
from rnn_tutorial.language.minimal_cells import MinGRUCell, MinLSTMCell
from rnn_tutorial.theory.cells import prepare_inputs, unroll
from rnn_tutorial.theory.networks import Network, chrono_biases
from rnn_tutorial.theory.tasks import temporal_order

KINDS = {"MinGRU": MinGRUCell, "MinLSTM": MinLSTMCell}
EACH = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


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


@settings(max_examples=80)
@given(cases(kinds=tuple(KINDS)))
def test_the_scan_is_the_loop(case):
    cell, inputs = case.cell, case.inputs
    ordered, _ = prepare_inputs(cell, inputs)
    by_scan = scan(*cell.coefficients(ordered.swapaxes(0, 1))).swapaxes(0, 1)
    assert by_scan.dtype == cell.dtype
    tolerance = 1e-5 if cell.dtype == "float32" else 1e-12
    np.testing.assert_allclose(by_scan, unroll(cell, inputs).h, rtol=0, atol=tolerance * max(1, np.abs(by_scan).max()))


@EACH
@pytest.mark.parametrize("bias", [-80.0, -20.0, 20.0, 80.0])
def test_closed_and_open_gates_give_numbers(kind, bias):
    """In float32, a gate with a bias of -20 is 0, and 0 / 0 would be none."""
    cell = kind(np.zeros((kind.blocks, 1), "float32"), np.full(kind.blocks, bias, "float32"))
    inputs = np.ones((1, 5, 1), "float32")
    assert np.isfinite(unroll(cell, inputs).h).all()
    if kind is MinLSTMCell:
        np.testing.assert_allclose(unroll(cell, inputs).stays, 0.5, rtol=1e-6)


Z = np.zeros


test_what_does_not_fit_is_refused_by_name = refuses(
    ("W", lambda: MinGRUCell(Z((3, 2)), Z(3))),
    ("W", lambda: MinLSTMCell(Z(3), Z(3))),
    ("b", lambda: MinGRUCell(Z((4, 2)), Z(3))),
    ("activation", lambda: MinGRUCell(Z((4, 2)), Z(4), activation="swish")),
    ("state", lambda: drawn(MinGRUCell).step(Z((2, 3)), drawn(MinLSTMCell).initial_state(2))),
    (
        "network",
        lambda: chrono_biases(Network.random(MinLSTMCell, 8, temporal_order(2), seed=1), longest=100, seed=1),
    ),
)
