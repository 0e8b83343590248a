"""Write one step of an LSTM for one example: c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t and h_t = o_t ⊙ tanh(c_t).

The gates i_t, f_t and o_t are σ(U h_{t-1} + W x_t + b), and the candidate c̃_t is tanh of the same, each with parameters
of its own. W, U and b hold them one below the other, in the order i, f, c̃, o.
"""

import numpy as np

from rnn_tutorial.theory.cells import LSTMCell

HINT = "Compute a = U h + W x_t + b once, and cut it: `np.split(a, 4)`. σ(a) is `1 / (1 + np.exp(-a))`."
CALL = "lstm_step(np.array([1.0]), np.zeros(1), np.ones(1), np.ones((4, 1)), np.ones((4, 1)), np.zeros(4))"
RESULTS = "h_t", "c_t"


def lstm_step(x_t, h, c, W, U, b):
    """Return h_t and c_t, each of shape (units,).

    x_t is the input, shape (inputs,). h and c are the states before the step, shape (units,). W has the shape
    (4 · units, inputs), U (4 · units, units), and b (4 · units,).
    """
    i, f, candidate, o = np.split(U @ h + W @ x_t + b, 4)
    i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
    c_t = f * c + i * np.tanh(candidate)
    return o * np.tanh(c_t), c_t


def draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw x_t, h, c, W, U and b."""
    inputs, units = random.choice([2, 3, 4, 5], 2, replace=False)
    shapes = (inputs,), (units,), (units,), (4 * units, inputs), (4 * units, units), (4 * units,)
    return tuple(random.normal(size=shape) for shape in shapes)


def expected(x_t, h, c, W, U, b) -> tuple[np.ndarray, np.ndarray]:
    """Take the step of the package's cell."""
    cell = LSTMCell(W, U, b)
    after = cell.step(x_t[None], cell.initial_state(1)._replace(h=h[None], c=c[None]))
    return after.h[0], after.c[0]


def _in_order(blocks, x_t, h, c, *parameters):
    return lstm_step(x_t, h, c, *(np.concatenate([np.split(part, 4)[k] for k in blocks]) for part in parameters))


def _without_tanh(h_t, c_t):
    return h_t / np.tanh(c_t) * c_t, c_t


def _sigmoid_candidate(x_t, h, c, W, U, b):
    i, f, candidate, o = (1 / (1 + np.exp(-a)) for a in np.split(U @ h + W @ x_t + b, 4))
    c_t = f * c + i * candidate
    return o * np.tanh(c_t), c_t


SLIPS = {
    "the candidate is no gate: c̃_t is tanh of its sum, and not σ": _sigmoid_candidate,
    "i and f are exchanged: the blocks have the order i, f, c̃, o": lambda *given: _in_order([1, 0, 2, 3], *given),
    "c̃ and o are exchanged: the blocks have the order i, f, c̃, o": lambda *given: _in_order([0, 1, 3, 2], *given),
    "h_t and c_t are exchanged: return h_t first": lambda *given: lstm_step(*given)[::-1],
    "the bias is missing": lambda x_t, h, c, W, U, b: lstm_step(x_t, h, c, W, U, 0 * b),
    "the old cell state is missing: f_t ⊙ c_{t-1}": lambda x_t, h, c, W, U, b: lstm_step(x_t, h, 0 * c, W, U, b),
    "tanh is missing: h_t = o_t ⊙ tanh(c_t)": lambda *given: _without_tanh(*lstm_step(*given)),
}
