"""minGRU and minLSTM in NumPy: gated cells whose gates read only the input, so that a scan computes all their steps.

They follow the protocol of :class:`~rnn_tutorial.theory.cells.Cell`, so unrolling, backpropagation through time,
networks and plots take them. In addition, :func:`~rnn_tutorial.language.linear_recurrences.scan` computes their states
from their :meth:`~MinimalCell.coefficients`.
"""

from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from rnn_tutorial.records import compared_by_content
from rnn_tutorial.theory.cells import ACTIVATIONS, Cell, glorot_uniform, prepare_step

__all__ = ["MinGRUCell", "MinLSTMCell", "MinimalCell", "MinGRUState", "MinLSTMState"]

_SIGMOID = ACTIVATIONS["sigmoid"]


@compared_by_content
class MinGRUState(NamedTuple):
    """What a :class:`MinGRUCell` computes in a step, equation :eq:`min-gru`. Only h is carried on to the next one.

    :param h: the hidden state, shape (batch, units); (batch, time, units) from
        :func:`~rnn_tutorial.theory.cells.unroll`
    :param z: the update gate: how much of the old state stays
    :param candidate: h̃, what the state moves towards

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import unroll
    >>> from rnn_tutorial.language.minimal_cells import MinGRUCell
    >>> h, z, candidate = unroll(
    ...     MinGRUCell.random(inputs=2, units=3, seed=1), np.ones((1, 2, 2))
    ... )
    >>> np.allclose(h[:, 1], z[:, 1] * h[:, 0] + (1 - z[:, 1]) * candidate[:, 1])
    True
    """

    h: np.ndarray
    z: np.ndarray
    candidate: np.ndarray


@compared_by_content
class MinLSTMState(NamedTuple):
    """What a :class:`MinLSTMCell` computes in a step. Only h is carried on to the next one.

    :param h: the hidden state, shape (batch, units); (batch, time, units) from
        :func:`~rnn_tutorial.theory.cells.unroll`
    :param i: the input gate
    :param f: the forget gate
    :param stays: f / (f + i), how much of the old state stays
    :param candidate: h̃, what the state moves towards

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import unroll
    >>> from rnn_tutorial.language.minimal_cells import MinLSTMCell
    >>> h, i, f, stays, candidate = unroll(
    ...     MinLSTMCell.random(inputs=2, units=3, seed=1), np.ones((1, 2, 2))
    ... )
    >>> np.allclose(stays, f / (f + i))
    True
    """

    h: np.ndarray
    i: np.ndarray
    f: np.ndarray
    stays: np.ndarray
    candidate: np.ndarray


@dataclass(frozen=True, eq=False)
class MinimalCell(Cell[MinGRUState | MinLSTMState]):
    """What the two cells have in common: their gates and candidates do not read the state.

    So a step is h_t = a_t ⊙ h_{t-1} + b_t, equation :eq:`linear-recurrence`, with a_t between 0 and 1 and
    b_t = (1 - a_t) ⊙ h̃_t, and :meth:`coefficients` gives all a_t and b_t at once. There is no U to train; it is zero.

    :param W: input to hidden, shape (blocks · units, inputs)
    :param b: bias, shape (blocks · units,)
    :param activation: g, of the candidate, a name in :data:`~rnn_tutorial.theory.cells.ACTIVATIONS`; the paper has none
    :param go_backwards: whether :func:`~rnn_tutorial.theory.cells.unroll` reads the sequence from its last step to its
        first
    :raises ValueError: if a shape, a dtype or an activation is not as described

    >>> from rnn_tutorial.language.minimal_cells import MinGRUCell, MinLSTMCell
    >>> for cell_type in (MinGRUCell, MinLSTMCell):
    ...     cell = cell_type.random(inputs=2, units=3, seed=1)
    ...     print({name: array.shape for name, array in cell.parameters.items()})
    {'W': (6, 2), 'b': (6,)}
    {'W': (9, 2), 'b': (9,)}
    """

    U: np.ndarray = field(init=False, repr=False)
    _: KW_ONLY
    activation: str = "linear"

    def __post_init__(self) -> None:
        W = np.asarray(self.W)
        if W.ndim != 2 or not len(W) or len(W) % self.blocks:
            raise ValueError(f"`W`: expected the shape ({self.blocks} · units, inputs), got {W.shape}.")
        object.__setattr__(self, "U", np.zeros((len(W), len(W) // self.blocks), W.dtype))
        super().__post_init__()

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The trainable parameters, by name."""
        return {"W": self.W, "b": self.b}

    @classmethod
    def _random_matrices(cls, inputs: int, units: int, seed: int, dtype: str) -> dict[str, Any]:
        return {"W": glorot_uniform(np.random.default_rng(seed), cls.blocks * units, inputs).astype(dtype)}

    @abstractmethod
    def _gates(self, inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the parts of the state but h for all inputs; the last two are a_t and the candidate h̃_t."""

    @abstractmethod
    def _gate_gradients(self, after: Any, delta_a: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return δ of each gate from δ_a, the gradient with respect to the number whose σ is a_t."""

    def coefficients(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute a_t and b_t = (1 - a_t) ⊙ h̃_t of equation :eq:`linear-recurrence` for all inputs at once.

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
        *_, a, candidate = self._gates(inputs)
        return a, (1 - a) * candidate

    def step(self, x_t: np.ndarray, state: Any) -> Any:
        """Compute the gates, the candidate and h_t = a_t ⊙ h_{t-1} + b_t; see :meth:`.Cell.step`."""
        x_t, state = prepare_step(self, x_t, state)
        *gates, a, candidate = self._gates(x_t)
        h = a * state.h + (1 - a) * candidate  # min-gru
        return self.State(h, *gates, a, candidate)

    def backward(
        self, x_t: np.ndarray, before: Any, after: Any, grads: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...], dict[str, np.ndarray]]:
        """Apply the chain rule to one step, for a minGRU :eq:`min-gru-back`; see :meth:`.Cell.backward`.

        δ_a = a_t ⊙ (1 - a_t) ⊙ (h_{t-1} - h̃_t) ⊙ ∂L/∂h_t,  δ_h̃ = (1 - a_t) ⊙ ∂L/∂h_t without an activation

        A minGRU has δ_z = δ_a. In a minLSTM a_t = f_t / (f_t + i_t) = σ(ln f_t - ln i_t), so δ_f = (1 - f_t) ⊙ δ_a and
        δ_i = -(1 - i_t) ⊙ δ_a.
        """
        (grad_h,) = grads
        *_, a, candidate = after
        delta_a = grad_h * (before.h - candidate) * _SIGMOID.derivative(a)  # min-gru-back
        delta_h = grad_h * (1 - a) * ACTIVATIONS[self.activation].derivative(candidate)
        delta = np.concatenate([*self._gate_gradients(after, delta_a), delta_h], axis=1)
        return delta @ self.W, (grad_h * a,), {"W": delta.T @ x_t, "b": delta.sum(axis=0)}


@dataclass(frozen=True, eq=False)
class MinGRUCell(MinimalCell):
    """A GRU without a reset gate, whose update gate and candidate read only the input.

    z_t = σ(W_z x_t + b_z),  h̃_t = W_h x_t + b_h

    h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t

    This is equation :eq:`min-gru` of :doc:`/language/linear-recurrences`; :meth:`.MinimalCell.step` computes it, and
    :meth:`.MinimalCell.backward` equation :eq:`min-gru-back`. W and b hold the two blocks in the order z, h̃.

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

    blocks = 2
    State = MinGRUState
    forget_gate = 0

    def _gates(self, inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        a_z, a_h = np.split(inputs @ self.W.T + self.b, 2, axis=-1)
        return _SIGMOID.function(a_z), ACTIVATIONS[self.activation].function(a_h)

    def _gate_gradients(self, after: MinGRUState, delta_a: np.ndarray) -> tuple[np.ndarray, ...]:
        return (delta_a,)


@dataclass(frozen=True, eq=False)
class MinLSTMCell(MinimalCell):
    """An LSTM without a cell state and an output gate, whose gates read only the input and are divided by their sum.

    i_t = σ(W_i x_t + b_i),  f_t = σ(W_f x_t + b_f),  h̃_t = W_h x_t + b_h

    h_t = (f_t ⊙ h_{t-1} + i_t ⊙ h̃_t) / (f_t + i_t)

    :meth:`.MinimalCell.step` computes this; :doc:`/language/linear-recurrences` trains it. W and b hold the three blocks
    in the order i, f, h̃.

    Source: Feng et al., Were RNNs All We Needed?, arXiv:2410.01201 (2024).

    Example: without inputs and biases both gates are 1/2, and half of the state stays.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import unroll
    >>> from rnn_tutorial.language.minimal_cells import MinLSTMCell
    >>> cell = MinLSTMCell(W=np.array([[0.0], [0.0], [1.0]]), b=np.zeros(3))
    >>> x = np.array([1.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1)
    >>> unroll(cell, x).h[0, :, 0]
    array([0.5   , 0.25  , 0.125 , 0.0625])
    """

    blocks = 3
    State = MinLSTMState

    def _gates(self, inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        a_i, a_f, a_h = np.split(inputs @ self.W.T + self.b, 3, axis=-1)
        # f / (f + i) = σ(ln f - ln i), which is a number even where both gates are rounded to 0
        stays = _SIGMOID.function(np.logaddexp(0, -a_i) - np.logaddexp(0, -a_f))
        return _SIGMOID.function(a_i), _SIGMOID.function(a_f), stays, ACTIVATIONS[self.activation].function(a_h)

    def _gate_gradients(self, after: MinLSTMState, delta_a: np.ndarray) -> tuple[np.ndarray, ...]:
        return -delta_a * (1 - after.i), delta_a * (1 - after.f)
