"""Write the gradient of a function f of an array by central differences, to check one derived by hand.

Change one element w_k at a time: ∂f/∂w_k ≈ (f(w + ε e_k) - f(w - ε e_k)) / (2 ε), where e_k is 1 at k and 0 elsewhere.
"""

from collections.abc import Callable

import numpy as np

HINT = "`for place in np.ndindex(w.shape)` goes through all. Put ε at one place of `np.zeros(w.shape)`, and add that."
CALL = "gradient_check(lambda w: np.sum(w**2), np.array([1.0, 2.0, 3.0]), 1e-5)"


def gradient_check(f, w, epsilon):
    """Return the central differences of f at w, shaped as w.

    f takes an array shaped as w and returns a number. w has any shape, and epsilon is half the distance of the two
    points.
    """
    gradient = np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        change = np.zeros(w.shape)
        change[place] = epsilon
        gradient[place] = (f(w + change) - f(w - change)) / (2 * epsilon)
    return gradient


def draw(random: np.random.Generator) -> tuple:
    """Draw a quadratic function, for which central differences are exact, a matrix and ε."""
    rows, columns, middle = random.permutation([2, 3, 4])
    A, B = random.normal(size=(middle, rows)), random.normal(size=(rows, columns))
    return (
        lambda w: np.sum((A @ w) ** 2) + np.sum(B * w),
        random.normal(size=(rows, columns)),
        random.uniform(0.01, 0.1),
    )


def expected(f, w, epsilon) -> np.ndarray:
    """Compute the derivative from an imaginary step, exact but for rounding."""
    steps = np.eye(w.size).reshape(-1, *w.shape) * 1e-20j
    return np.array([f(w + step).imag for step in steps]).reshape(w.shape) / 1e-20


def differences(f: Callable[..., float], *at: np.ndarray) -> tuple[np.ndarray, ...]:
    """Compute the central differences of f with respect to each of its arguments, for the other exercises."""
    return tuple(gradient_check(lambda v, k=k: f(*at[:k], v, *at[k + 1 :]), at[k], 1e-5) for k in range(len(at)))


SLIPS = {
    "the two points are 2 ε apart: divide by 2 ε": lambda f, w, epsilon: gradient_check(lambda v: 2 * f(v), w, epsilon),
    "this is one-sided, and its error proportional to ε: the second point is w - ε e_k": lambda f, w, epsilon: (
        gradient_check(lambda v: 2 * f(np.maximum(v, w)), w, epsilon)
    ),
    "the sign is the other way round: f(w + ε e_k) comes first": lambda f, w, epsilon: -gradient_check(f, w, epsilon),
    "all elements change at once; change one at a time": lambda f, w, epsilon: np.full(
        w.shape, (f(w + epsilon) - f(w - epsilon)) / (2 * epsilon)
    ),
}
