"""Write gradient clipping by the global norm: G · min(1, m / ‖G‖), where ‖G‖ = √(Σ G²) over all arrays together."""

import numpy as np

from rnn_tutorial.theory.gradients import clip_by_global_norm, global_norm

HINT = "The norm is one number for all arrays: `np.sqrt(sum(np.sum(g**2) for g in grads))`. A small one scales nothing."
CALL = "clip_gradients([np.array([3.0]), np.array([[4.0]]), np.zeros(2)], 1.0)"
RESULTS = "grads[0]", "grads[1]", "grads[2]"


def clip_gradients(grads, max_norm):
    """Return the gradients, scaled down together if their global norm is above max_norm.

    grads is a list of arrays of any shapes, and max_norm a positive number. The result is a list of arrays shaped as
    those in grads.
    """
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [g * min(1, max_norm / norm) for g in grads]


def draw(random: np.random.Generator) -> tuple[list[np.ndarray], float]:
    """Draw three gradients and a maximum, which some exceed and others do not; some are 0."""
    inputs, units = random.choice([2, 3, 4, 5], 2, replace=False)
    scale = random.choice([0, 1, 2, 4])
    grads = [scale * random.normal(size=shape) for shape in ((units, units), (units, inputs), (units,))]
    return grads, random.uniform(2, 8)


def expected(grads, max_norm) -> list[np.ndarray]:
    """Clip by the package."""
    return list(clip_by_global_norm(dict(zip("UWb", grads, strict=True)), max_norm).values())


def _norm(grads):
    return np.float64(global_norm(dict(zip("UWb", grads, strict=False))))  # which may be divided by, being 0


SLIPS = {
    "each array has a norm of its own, which changes the direction; take one norm of all together": lambda grads, m: [
        g * m / max(_norm([g]), m) for g in grads
    ],
    "each number is clipped, which changes the direction": lambda grads, m: [np.clip(g, -m, m) for g in grads],
    "small gradients are scaled up: the factor is at most 1": lambda grads, m: [g * m / _norm(grads) for g in grads],
    "the root is missing: ‖G‖ = √(Σ G²)": lambda grads, m: [g * min(1, m / _norm(grads) ** 2) for g in grads],
}
