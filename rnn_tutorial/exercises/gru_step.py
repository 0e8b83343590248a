"""Write one step of a GRU in Keras' default form, for one example: h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t.

z_t and r_t are σ(U h_{t-1} + b' + W x_t + b), each with parameters of its own, and the candidate is
h̃_t = tanh(r_t ⊙ (U_h h_{t-1} + b'_h) + W_h x_t + b_h). W, U, b and b' hold the blocks in the order z, r, h̃.
"""

import numpy as np

from rnn_tutorial.theory.cells import GRUCell

HINT = "Cut both products before you add them: `np.split(U @ h + recurrent_b, 3)` and `np.split(W @ x_t + b, 3)`."
CALL = "gru_step(np.ones(1), np.array([0.5]), np.ones((3, 1)), np.ones((3, 1)), np.zeros(3), np.ones(3))"


def gru_step(x_t, h, W, U, b, recurrent_b):
    """Return h_t, shape (units,).

    x_t is the input, shape (inputs,), and h the state before the step, shape (units,). W has the shape
    (3 · units, inputs), U (3 · units, units), b and recurrent_b, which is b', (3 · units,).
    """
    from_h = np.split(U @ h + recurrent_b, 3)
    from_x = np.split(W @ x_t + b, 3)
    z = 1 / (1 + np.exp(-from_h[0] - from_x[0]))
    r = 1 / (1 + np.exp(-from_h[1] - from_x[1]))
    return z * h + (1 - z) * np.tanh(r * from_h[2] + from_x[2])


def draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw x_t, h, W, U, b and b'."""
    inputs, units = random.choice([2, 3, 4, 5], 2, replace=False)
    shapes = (inputs,), (units,), (3 * units, inputs), (3 * units, units), (3 * units,), (3 * units,)
    return tuple(random.normal(size=shape) for shape in shapes)


def expected(x_t, h, W, U, b, recurrent_b=None) -> np.ndarray:
    """Take the step of the package's cell; without b', of the form whose reset gate comes before the product."""
    cell = GRUCell(W, U, b, recurrent_b=recurrent_b, reset_after=recurrent_b is not None)
    return cell.step(x_t[None], cell.initial_state(1)._replace(h=h[None])).h[0]


def _negated_z(part):
    units = len(part) // 3
    return np.concatenate([-part[:units], part[units:]])


def _r_before(x_t, h, W, U, b, more):
    return expected(x_t, h, W, U, b + more)


SLIPS = {
    "z_t and 1 - z_t are exchanged: z_t of the old state stays": lambda x_t, h, *given: gru_step(
        x_t, h, *map(_negated_z, given)
    ),
    "the reset gate comes before the product, as in U_h (r_t ⊙ h); in this form it multiplies U_h h + b'_h": _r_before,
    "the reset gate multiplies b'_h, too": lambda x_t, h, W, U, b, more: gru_step(x_t, h, W, U, b + more, 0 * b),
    "b' is missing: recurrent_b": lambda x_t, h, W, U, b, more: gru_step(x_t, h, W, U, b, 0 * b),
    "the reset gate is missing: r_t ⊙ (U_h h + b'_h)": lambda x_t, h, W, U, b, more: gru_step(
        x_t, h, W, U, b + np.repeat([0, 1e3, 0], len(h)), more
    ),
}
