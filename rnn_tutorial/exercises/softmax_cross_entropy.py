"""Write the cross-entropy of y = softmax(a), L = -(1/n) Σ ln y[target], and its gradient ∂L/∂a = (y - one-hot) / n.

n counts the examples. Logits may be large: e¹⁰⁰⁰ overflows, and the softmax of a - max(a) is the same.
"""

import numpy as np

from rnn_tutorial.exercises.gradient_check import gradient_check
from rnn_tutorial.theory import networks

HINT = "`y[np.arange(n), targets]` is the probability of each target. Subtract 1 there, and divide by n: the gradient."
CALL = "softmax_cross_entropy(np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([1, 0]))"
RESULTS = "loss", "grad_a"


def softmax_cross_entropy(a, targets):
    """Return the mean loss in nats, a number, and its gradient with respect to a, shaped as a.

    a holds the logits, shape (batch, classes), and targets the number of each example's class, shape (batch,).
    """
    n = len(a)
    exp = np.exp(a - a.max(axis=1, keepdims=True))
    y = exp / exp.sum(axis=1, keepdims=True)
    loss = -np.log(y[np.arange(n), targets]).mean()
    grad_a = y.copy()
    grad_a[np.arange(n), targets] -= 1
    return loss, grad_a / n


def draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw logits, of which some rows are large, above 0 or below, and targets."""
    batch, classes = random.choice([2, 3, 4, 5], 2, replace=False)
    a = random.normal(size=(batch, classes)) + random.choice([-1000, 0, 1000], (batch, 1))
    return a, random.integers(classes, size=batch)


def expected(a, targets) -> tuple[float, np.ndarray]:
    """Compute the loss by the package, and the gradient by differences."""
    loss = networks.softmax_cross_entropy(a, targets)[0]
    return loss, gradient_check(lambda changed: networks.softmax_cross_entropy(changed, targets)[0], a, 1e-5)


def _times(of_loss, of_gradient, a, targets):
    loss, grad_a = softmax_cross_entropy(a, targets)
    return of_loss * loss, of_gradient * grad_a


SLIPS = {
    "the minus is missing: L = -ln y": lambda a, targets: _times(-1, -1, a, targets),
    "this is the sum over the batch, and not the mean": lambda a, targets: _times(len(a), len(a), a, targets),
    "the gradient is not divided by n, and the loss is": lambda a, targets: _times(1, len(a), a, targets),
    "this is in bits: take the natural logarithm, `np.log`": lambda a, targets: _times(1 / np.log(2), 1, a, targets),
    "1 is not subtracted at the target": lambda a, targets: (expected(a, targets)[0], networks.softmax(a) / len(a)),
    "exp overflows where logits are large: subtract the maximum of each row first": lambda a, targets: (
        softmax_cross_entropy(np.where(np.abs(a) > 700, np.nan, a), targets)
    ),
}
