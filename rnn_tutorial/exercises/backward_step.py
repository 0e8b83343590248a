"""Write the chain rule of one step h_t = tanh(U h_{t-1} + W x_t + b), given ∂L/∂h_t.

With δ = (1 - h_t²) ⊙ ∂L/∂h_t, the gradients are Uᵀ δ for h_{t-1}, Wᵀ δ for x_t, δ h_{t-1}ᵀ for U, δ x_tᵀ for W, and δ
for b.
"""

import numpy as np

from rnn_tutorial.exercises.gradient_check import differences
from rnn_tutorial.theory.cells import SimpleRNNCell, SimpleRNNState

HINT = "Compute δ once. The matrix δ hᵀ of two vectors is `np.outer(delta, h)`: a row for each component of δ."
CALL = "backward_step(np.array([1.0, 2.0]), np.ones(1), np.ones(2), np.array([0.0, 0.5]), np.ones((2, 1)), np.eye(2))"
RESULTS = "grad_h", "grad_x", "grad_U", "grad_W", "grad_b"


def backward_step(grad, x_t, h, h_t, W, U):
    """Return the gradients with respect to h, x_t, U, W and b, each shaped as what it belongs to.

    grad is ∂L/∂h_t, shape (units,). The step read the input x_t, shape (inputs,), and the state h before it, and gave
    h_t, both of shape (units,). W has the shape (units, inputs), and U (units, units).
    """
    delta = (1 - h_t**2) * grad
    return U.T @ delta, W.T @ delta, np.outer(delta, h), np.outer(delta, x_t), delta


def draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw ∂L/∂h_t, a step, W and U."""
    inputs, units = random.choice([2, 3, 4, 5], 2, replace=False)
    shapes = (units,), (inputs,), (units,), (units,), (units, inputs), (units, units)
    grad, x_t, h, a_t, W, U = (random.normal(size=shape) for shape in shapes)
    return grad, x_t, h, np.tanh(a_t), W, U


def expected(grad, x_t, h, h_t, W, U) -> tuple[np.ndarray, ...]:
    """Compute differences of L = grad · h_t, with the b that leads to h_t."""

    def loss(h, x_t, U, W, b):
        return grad @ SimpleRNNCell(W, U, b).step(x_t[None], SimpleRNNState(h[None])).h[0]

    return differences(loss, h, x_t, U, W, np.arctanh(h_t) - U @ h - W @ x_t)


SLIPS = {
    "U where its transpose belongs: h_{t-1} enters as U h, so the gradient goes back through Uᵀ": lambda *given: (
        backward_step(*(*given[:-1], given[-1].T))
    ),
    "the slope of tanh is missing: 1 - h_t²": lambda grad, x_t, h, h_t, W, U: backward_step(grad, x_t, h, 0, W, U),
    "h_t is tanh(a_t) already: the slope is 1 - h_t²": lambda grad, x_t, h, h_t, W, U: backward_step(
        grad, x_t, h, np.tanh(h_t), W, U
    ),
    "h where h_t belongs: the slope of tanh is 1 - h_t²": lambda grad, x_t, h, h_t, W, U: backward_step(
        (1 - h**2) * grad, x_t, h, 0, W, U
    ),
    "h_t where h_{t-1} belongs": lambda grad, x_t, h, h_t, W, U: backward_step(grad, x_t, h_t, h_t, W, U),
    "it is transposed: there is a row for each unit": lambda *given: tuple(part.T for part in backward_step(*given)),
}
