"""Write one step of a recurrent network for one example: h_t = tanh(U h_{t-1} + W x_t + b)."""

import numpy as np

from rnn_tutorial.theory.cells import SimpleRNNCell, SimpleRNNState

HINT = "A matrix times a vector is `W @ x_t`. Add the three parts, then apply `np.tanh` to the sum."
CALL = "recurrent_step(np.array([1.0, -1.0]), np.zeros(2), np.eye(2), np.eye(2), np.zeros(2))"


def recurrent_step(x_t, h, W, U, b):
    """Return h_t = tanh(U h + W x_t + b), shape (units,).

    x_t is the input, shape (inputs,), and h the state before the step, shape (units,). W has the shape (units, inputs),
    U (units, units), and b (units,).
    """
    return np.tanh(U @ h + W @ x_t + b)


def draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw x_t, h, W, U and b."""
    inputs, units = random.choice([2, 3, 4, 5], 2, replace=False)
    shapes = (inputs,), (units,), (units, inputs), (units, units), (units,)
    return tuple(random.normal(size=shape) / 2 for shape in shapes)


def expected(x_t, h, W, U, b) -> np.ndarray:
    """Take the step of the package's cell."""
    return SimpleRNNCell(W, U, b).step(x_t[None], SimpleRNNState(h[None])).h[0]


SLIPS = {
    "W is transposed: it has a row for each unit, so W @ x_t": lambda x_t, h, W, U, b: np.tanh(U @ h + W.T @ x_t + b),
    "U is transposed: a row belongs to a unit of h_t": lambda x_t, h, W, U, b: np.tanh(U.T @ h + W @ x_t + b),
    "the bias is missing": lambda x_t, h, W, U, b: np.tanh(U @ h + W @ x_t),
    "the state before is missing: U h": lambda x_t, h, W, U, b: np.tanh(W @ x_t + b),
    "tanh is missing: this is what it is applied to": lambda x_t, h, W, U, b: U @ h + W @ x_t + b,
    "U h is added behind tanh, and belongs into it": lambda x_t, h, W, U, b: U @ h + np.tanh(W @ x_t + b),
}
