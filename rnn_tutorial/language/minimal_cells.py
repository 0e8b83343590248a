"""minGRU in NumPy: a gated cell whose gate and candidate read only the input, so that a scan computes all its steps.

It follows the protocol of :class:`~rnn_tutorial.theory.cells.Cell`, so unrolling, backpropagation through time,
networks and plots take it. In addition, :func:`~rnn_tutorial.language.linear_recurrences.scan` computes its states
from its :meth:`~MinGRUCell.coefficients`.
"""

from dataclasses import KW_ONLY, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from rnn_tutorial.records import compared_by_content
from rnn_tutorial.theory.cells import ACTIVATIONS, Arrays, Cell, StepGradients, blocks, checked_step, glorot_uniform

__all__ = ["MinGRUCell", "MinGRUState"]

_SIGMOID = ACTIVATIONS["sigmoid"]


@compared_by_content
class MinGRUState(NamedTuple):
    """What a :class:`MinGRUCell` computes in a step, equation :eq:`min-gru`. Only h is carried on to the next one.

    :param h: the hidden state, shape (batch, units), with time before units in what ``unroll`` gives
    :param z: the update gate: how much of the old state stays
    :param candidate: h̃, what the state moves towards
    """

    h: np.ndarray
    z: np.ndarray
    candidate: np.ndarray


@dataclass(frozen=True, eq=False)
class MinGRUCell(Cell[MinGRUState]):
    """A GRU without a reset gate, whose update gate and candidate read only the input.

    z_t = σ(W_z x_t + b_z),  h̃_t = g(W_h x_t + b_h),  h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t

    This is equation :eq:`min-gru` of :doc:`/language/linear-recurrences`; :meth:`step` computes it, and
    :meth:`backward` equation :eq:`min-gru-back`. It is a linear recurrence, equation :eq:`linear-recurrence`, whose
    a_t and b_t :meth:`coefficients` gives for all steps at once. There is no U to train; it is zero.

    :param W: input to hidden, shape (2 · units, inputs), its blocks in the order z, h̃
    :param b: bias, shape (2 · units,)
    :param activation: g, a name in :data:`~rnn_tutorial.theory.cells.ACTIVATIONS`; the paper has none
    :param go_backwards: as in :class:`~rnn_tutorial.theory.cells.Cell`
    :raises ValueError: if a shape, a dtype or an activation is not as described

    Source: Feng et al., Were RNNs All We Needed?, arXiv:2410.01201 (2024), whose z is our 1 - z, as in their GRU.

    Example: with a bias of 0, the update gate retains half of the state.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import unroll
    >>> from rnn_tutorial.language.minimal_cells import MinGRUCell
    >>> cell = MinGRUCell(W=np.array([[0.0], [1.0]]), b=np.zeros(2))
    >>> x = np.array([1.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1)
    >>> unroll(cell, x).h[0, :, 0]  # (1 - z) h̃ = 1 / 2, then z h_{t-1}
    array([0.5   , 0.25  , 0.125 , 0.0625])
    """

    U: np.ndarray = field(init=False, repr=False)
    _: KW_ONLY
    activation: str = "linear"

    blocks = 2
    State = MinGRUState
    forget_gate = 0

    def __post_init__(self) -> None:
        W = np.asarray(self.W)
        if W.ndim != 2 or not len(W) or len(W) % 2:
            raise ValueError(f"`W`: expected the shape (2 · units, inputs), got {W.shape}.")
        object.__setattr__(self, "U", np.zeros((len(W), len(W) // 2), W.dtype))
        super().__post_init__()

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The trainable parameters, by name."""
        return {"W": self.W, "b": self.b}

    @classmethod
    def _random_matrices(cls, inputs: int, units: int, seed: int, dtype: str) -> dict[str, Any]:
        return {"W": glorot_uniform(np.random.default_rng(seed), 2 * units, inputs).astype(dtype)}

    def _gates(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a_z, a_h = blocks(inputs @ self.W.T + self.b, 2)
        return _SIGMOID.function(a_z), ACTIVATIONS[self.activation].function(a_h)

    def coefficients(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute a_t = z_t and b_t = (1 - z_t) ⊙ h̃_t of equation :eq:`linear-recurrence` for all inputs at once.

        :param inputs: in the cell's dtype, shape (..., inputs)
        :returns: a and b, each of shape (..., units)

        Example: a scan over time then computes all states.

        >>> import numpy as np
        >>> from rnn_tutorial.theory.cells import unroll
        >>> from rnn_tutorial.language.linear_recurrences import scan
        >>> from rnn_tutorial.language.minimal_cells import MinGRUCell
        >>> cell = MinGRUCell.random(inputs=2, units=3, seed=1, dtype="float64")
        >>> x = np.random.default_rng(1).normal(size=(4, 50, 2))
        >>> by_scan = scan(*cell.coefficients(x.swapaxes(0, 1))).swapaxes(0, 1)
        >>> np.allclose(by_scan, unroll(cell, x).h)
        True
        """
        z, candidate = self._gates(inputs)
        return z, (1 - z) * candidate

    @checked_step
    def step(self, x_t: np.ndarray, state: MinGRUState) -> MinGRUState:
        """Compute equation :eq:`min-gru`; see :meth:`.Cell.step`."""
        z, candidate = self._gates(x_t)
        return MinGRUState(z * state.h + (1 - z) * candidate, z, candidate)  # min-gru

    def backward(self, x_t: np.ndarray, before: MinGRUState, after: MinGRUState, grads: Arrays) -> StepGradients:
        """Apply the chain rule to one step, equation :eq:`min-gru-back`; see :meth:`.Cell.backward`.

        δ_z = z_t ⊙ (1 - z_t) ⊙ (h_{t-1} - h̃_t) ⊙ ∂L/∂h_t,  δ_h̃ = (1 - z_t) ⊙ ∂L/∂h_t without an activation
        """
        (grad_h,), (_, z, candidate) = grads, after
        delta_z = grad_h * (before.h - candidate) * _SIGMOID.derivative(z)  # min-gru-back
        delta_h = grad_h * (1 - z) * ACTIVATIONS[self.activation].derivative(candidate)
        delta = np.concatenate([delta_z, delta_h], axis=1)
        return delta @ self.W, (grad_h * z,), {"W": delta.T @ x_t, "b": delta.sum(axis=0)}
