"""Write backpropagation through time for h_t = tanh(U h_{t-1} + W x_t + b), for a batch that starts from h_0 = 0.

Given is the direct effect ∂ℓ/∂h_t of each state on the loss. From the last t to the first, add what comes back from the
next step, ∂L/∂h_t = ∂ℓ/∂h_t + Uᵀ δ_{t+1}, and sum the contributions of all steps to the gradients of U, W and b.
"""

import numpy as np

from rnn_tutorial.exercises.gradient_check import differences
from rnn_tutorial.theory.cells import SimpleRNNCell, unroll

HINT = "With an example in each row, Uᵀ δ becomes `delta @ U`, and the sum of δ hᵀ over the batch `delta.T @ h`."
CALL = "backpropagate(np.ones((1, 2, 1)), np.array([[[0.5], [0.8]]]), np.ones((1, 2, 1)), np.array([[0.5]]))"
RESULTS = "grad_U", "grad_W", "grad_b"


def backpropagate(x, h, direct, U):
    """Return the gradients of the loss with respect to U, W and b, summed over batch and time.

    x holds the inputs, shape (batch, time, inputs), h the states h_1 to h_T, shape (batch, time, units), and direct
    the direct effects ∂ℓ/∂h_t, shaped as h. U has the shape (units, units). The state before the first step is zero.
    """
    batch, time, units = h.shape
    grad_U, grad_W, grad_b = np.zeros((units, units)), np.zeros((units, x.shape[2])), np.zeros(units)
    later = np.zeros((batch, units))  # what comes back from the next step
    for t in reversed(range(time)):
        delta = (1 - h[:, t] ** 2) * (direct[:, t] + later)
        if t > 0:
            grad_U += delta.T @ h[:, t - 1]
        grad_W += delta.T @ x[:, t]
        grad_b += delta.sum(axis=0)
        later = delta @ U
    return grad_U, grad_W, grad_b


def draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw inputs, states, direct effects and U."""
    batch, time, inputs, units = random.permutation([2, 3, 4, 5])
    shapes = (batch, time, inputs), (batch, time, units), (batch, time, units), (units, units)
    x, a, direct, U = (random.normal(size=shape) / 2 for shape in shapes)
    return x, np.tanh(a), direct, U


def expected(x, h, direct, U) -> tuple[np.ndarray, ...]:
    """Compute differences of L = Σ direct · h; what else led to each state is an input of the cell."""
    before = np.pad(h[:, :-1], ((0, 0), (1, 0), (0, 0)))
    inputs = np.concatenate([x, np.arctanh(h) - before @ U.T], axis=2)
    W = np.hstack([np.zeros((len(U), x.shape[2])), np.eye(len(U))])

    def loss(U, W, b):
        return np.sum(direct * unroll(SimpleRNNCell(W, U, b), inputs).h)

    grad_U, grad_W, grad_b = differences(loss, U, W, np.zeros(len(U)))
    return grad_U, grad_W[:, : x.shape[2]], grad_b


def _forwards(x, h, direct, U):
    """Sum Σ δ hᵀ as Σ δ xᵀ, with the states before as inputs, for reversed they are not those before."""
    before = np.pad(h[:, :-1], ((0, 0), (1, 0), (0, 0)))
    h, direct = h[:, ::-1], direct[:, ::-1]
    _, grad_W, grad_b = backpropagate(x[:, ::-1], h, direct, U)
    return backpropagate(before[:, ::-1], h, direct, U)[1], grad_W, grad_b


SLIPS = {
    "at t = 0, `h[:, t - 1]` is the last state; the state before the first step is zero": lambda x, h, direct, U: (
        backpropagate(np.roll(h, 1, axis=1), h, direct, U)[1],
        *backpropagate(x, h, direct, U)[1:],
    ),
    "the loop goes forwards: what comes back from step t + 1 is needed at step t, so begin with the last": _forwards,
    "what comes back from the next step is missing: each state has only its direct effect": lambda x, h, direct, U: (
        backpropagate(x, h, direct, 0 * U)
    ),
    "U where its transpose belongs: Uᵀ δ is `delta @ U`": lambda x, h, direct, U: backpropagate(x, h, direct, U.T),
    "the gradient is transposed: a row for each unit": lambda *given: tuple(part.T for part in backpropagate(*given)),
    "this is the mean over the batch, and not the sum": lambda x, *given: tuple(
        part / len(x) for part in backpropagate(x, *given)
    ),
    "this is only the last step; each step adds to the gradients of the shared weights": lambda x, h, direct, U: (
        backpropagate(x[:, -1:], h[:, -1:], direct[:, -1:], U)
    ),
}
