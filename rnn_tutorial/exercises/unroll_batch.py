"""Write a loop that reads a batch of sequences: h_t = tanh(U h_{t-1} + W x_t + b) for all t, from h_0 = 0.

An example is a row of the batch, so U h_{t-1} becomes `h @ U.T`. Return the states of all steps.
"""

import numpy as np

from rnn_tutorial.theory.cells import SimpleRNNCell, unroll

HINT = "Start with zeros of shape (batch, units). In step t read `x[:, t]`; at the end, `np.stack(states, axis=1)`."
CALL = "unroll_batch(np.array([[[1.0], [0.0], [0.0]]]), np.array([[1.0]]), np.array([[0.5]]), np.zeros(1))"


def unroll_batch(x, W, U, b):
    """Return the states h_1 to h_T, shape (batch, time, units).

    x holds the sequences, shape (batch, time, inputs). W has the shape (units, inputs), U (units, units), and b
    (units,). The state before the first step is zero.
    """
    h = np.zeros((len(x), len(b)))
    states = []
    for t in range(x.shape[1]):
        h = np.tanh(h @ U.T + x[:, t] @ W.T + b)
        states.append(h)
    return np.stack(states, axis=1)


def draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw x, W, U and b."""
    batch, time, inputs, units = random.permutation([2, 3, 4, 5])
    shapes = (batch, time, inputs), (units, inputs), (units, units), (units,)
    return tuple(random.normal(size=shape) / 2 for shape in shapes)


def expected(x, W, U, b) -> np.ndarray:
    """Unroll the package's cell."""
    return unroll(SimpleRNNCell(W, U, b), x).h


SLIPS = {
    "U is transposed: with an example in each row, U h is `h @ U.T`": lambda x, W, U, b: unroll_batch(x, W, U.T, b),
    "no state is carried on: each step starts from zeros": lambda x, W, U, b: unroll_batch(x, W, 0 * U, b),
    "the bias is missing": lambda x, W, U, b: unroll_batch(x, W, U, 0 * b),
    "this is only the last state; return the states of all steps": lambda x, W, U, b: unroll_batch(x, W, U, b)[:, -1],
    "time is the first axis; the batch comes first here": lambda x, W, U, b: unroll_batch(x, W, U, b).swapaxes(0, 1),
    "the sequence is read from its end": lambda x, W, U, b: unroll_batch(x[:, ::-1], W, U, b),
}
