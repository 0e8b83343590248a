"""minGRU against its equation and the scan; tests/theory has what it shares with all cells."""

import numpy as np
from hypothesis import given, settings
from recurrences import cases, drawn, sigmoid
from refusals import refuses

from rnn_tutorial.language.linear_recurrences import scan
from rnn_tutorial.language.minimal_cells import MinGRUCell
from rnn_tutorial.theory.cells import prepare_inputs, unroll


def test_three_steps_are_the_equation_written_out():
    cell = drawn(MinGRUCell)
    inputs = np.random.default_rng(2).normal(size=(2, 3, 3))
    states = unroll(cell, inputs)
    for example in range(2):
        h = [0.0] * 4
        for t in range(3):
            a = [sum(w * x for w, x in zip(row, inputs[example, t], strict=True)) for row in cell.W] + cell.b
            for j in range(4):
                z = sigmoid(a[j])  # min-gru
                h[j] = z * h[j] + (1 - z) * a[4 + j]
            np.testing.assert_allclose(states.h[example, t], h, atol=1e-13)


@settings(max_examples=80)
@given(cases(kinds=("MinGRU",)))
def test_the_scan_is_the_loop(case):
    cell, inputs = case.cell, case.inputs
    ordered, _ = prepare_inputs(cell, inputs)
    by_scan = scan(*cell.coefficients(ordered.swapaxes(0, 1))).swapaxes(0, 1)
    assert by_scan.dtype == cell.dtype
    tolerance = 1e-5 if cell.dtype == "float32" else 1e-12
    np.testing.assert_allclose(by_scan, unroll(cell, inputs).h, rtol=0, atol=tolerance * max(1, np.abs(by_scan).max()))


Z = np.zeros


test_what_does_not_fit_is_refused_by_name = refuses(
    ("W", lambda: MinGRUCell(Z((3, 2)), Z(3))),
    ("W", lambda: MinGRUCell(Z(4), Z(4))),
    ("b", lambda: MinGRUCell(Z((4, 2)), Z(3))),
)
