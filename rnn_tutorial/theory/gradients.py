"""Backpropagation through time in NumPy, written once for all cells; gradient norms, Jacobians and clipping.

A cell knows the chain rule of one step, :meth:`~rnn_tutorial.theory.cells.Cell.backward`. Everything here is that step,
repeated from the last time step to the first. The equations are those of :doc:`/theory/backpropagation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rnn_tutorial.records import Record, check_count, checked_numbers
from rnn_tutorial.theory.cells import Cell, prepare_inputs, prepare_state, prepare_step, unroll

__all__ = [
    "backpropagate_through_time", "Gradients", "gradient_norms_by_lag", "state_jacobian", "global_norm",
    "clip_by_global_norm",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Gradients(Record):
    """The gradients of a loss L, from :func:`backpropagate_through_time`. The arrays are read-only.

    ∂L/∂h_t is that of equation :eq:`bptt-state`, and the parameters' gradients are those of :eq:`bptt-parameters`.

    :param parameters: ∂L/∂W, ∂L/∂U and so on by the parameter's name, summed over batch and time
    :param inputs: ∂L/∂x_t for each t, shape (batch, time, inputs)
    :param states: ∂L/∂h_t for each t, along all paths from h_t to the loss, under ``"h"``, and for an LSTM ∂L/∂c_t
        along the paths through later steps under ``"c"`` (h_t counts as a variable of its own, so that c_T has none);
        shape (batch, time, units)
    :param initial_state: ∂L/∂h_0, and for an LSTM ∂L/∂c_0, by the same names; shape (batch, units)
    """

    parameters: dict[str, np.ndarray]
    inputs: np.ndarray
    states: dict[str, np.ndarray]
    initial_state: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        for named in (self.parameters, {"inputs": self.inputs}, self.states, self.initial_state):
            for array in named.values():
                array.flags.writeable = False


def backpropagate_through_time(
    cell: Cell,
    inputs: np.ndarray,
    grad_h: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    initial_state: Any = None,
    states: Any = None,
    truncation: int | None = None,
) -> Gradients:
    """Compute the gradients of a loss with respect to everything that an unrolled cell depends on.

    ∂L/∂h_t = ∂ℓ/∂h_t + (∂h_{t+1}/∂h_t)ᵀ ∂L/∂h_{t+1}, from the last t to the first

    ∂ℓ/∂h_t is the direct effect of h_t on the loss, through an output at t, and ∂L/∂h_t the whole effect, through later
    states too. Equation :eq:`bptt-state` is this recurrence, and :eq:`bptt-one-unit` writes it out for one unit and
    three steps; the parameters' gradients are sums of the contributions of all steps, equation :eq:`bptt-parameters`. A
    masked step passes its gradient on unchanged.

    With truncation, states are carried from chunk to chunk and gradients are not, equation :eq:`truncated`. So the
    gradient of the initial state comes only from the first chunk.

    :param cell: a cell
    :param inputs: the sequences, shape (batch, time, inputs)
    :param grad_h: ∂ℓ/∂h_t, zero where no output reads the state, shape (batch, time, units); in the order of reading,
        if the cell goes backwards, as the states of :func:`~rnn_tutorial.theory.cells.unroll` are
    :param mask: as in :func:`~rnn_tutorial.theory.cells.unroll`
    :param initial_state: as in :func:`~rnn_tutorial.theory.cells.unroll`
    :param states: what :func:`~rnn_tutorial.theory.cells.unroll` returned for the same; computed if it is ``None``
    :param truncation: the steps of a chunk; ``None`` does not truncate
    :raises ValueError: if a shape or the type of a state does not fit the cell, or ``truncation`` is less than 1

    Sources: Werbos, Backpropagation Through Time, Proceedings of the IEEE 78 (1990); truncation by a window that moves
    several steps at a time, of which chunks are the extreme case: Williams and Peng, An Efficient Gradient-Based
    Algorithm for On-Line Training of Recurrent Network Trajectories, Neural Computation 2 (1990).

    Example: a linear unit whose last state is the loss: ∂L/∂x_t is u to the power of the steps between.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.gradients import backpropagate_through_time
    >>> one = np.array([[1.0]])
    >>> cell = SimpleRNNCell(W=one, U=0.5 * one, b=np.zeros(1), activation="linear")
    >>> x, grad_h = np.ones((1, 4, 1)), np.array([0.0, 0.0, 0.0, 1.0]).reshape(1, 4, 1)
    >>> backpropagate_through_time(cell, x, grad_h).inputs[0, :, 0]
    array([0.125, 0.25 , 0.5  , 1.   ])
    >>> backpropagate_through_time(cell, x, grad_h, truncation=2).inputs[0, :, 0]
    array([0. , 0. , 0.5, 1. ])
    """
    if truncation is not None:
        check_count("truncation", truncation)
    if states is None:
        states = unroll(cell, inputs, mask, initial_state)
    inputs, mask = prepare_inputs(cell, inputs, mask)
    batch, time, _ = inputs.shape
    grad_h = checked_numbers("grad_h", grad_h, cell.dtype)
    for name, array in {"grad_h": grad_h, "states": states.h}.items():
        if array.shape != (batch, time, cell.units):
            raise ValueError(f"`{name}`: expected the shape {(batch, time, cell.units)}, got {array.shape}.")
    first = prepare_state(cell, batch, initial_state)

    parameters = {name: np.zeros_like(array) for name, array in cell.parameters.items()}
    grad_inputs = np.empty((time, batch, cell.inputs), cell.dtype).swapaxes(0, 1)
    grad_states = {name: np.empty((time, batch, cell.units), cell.dtype).swapaxes(0, 1) for name in cell.carried}
    grads = tuple(np.zeros((batch, cell.units), cell.dtype) for _ in cell.carried)  # from later steps
    by_step = [first, *map(cell.State._make, zip(*(part.swapaxes(0, 1) for part in states), strict=True))]
    for t in reversed(range(time)):
        grads = (grads[0] + grad_h[:, t], *grads[1:])
        for name, grad in zip(cell.carried, grads, strict=True):
            grad_states[name][:, t] = grad
        before, after = by_step[t : t + 2]
        through = grads if mask is None else tuple(grad * mask[:, t, None] for grad in grads)
        grad_inputs[:, t], grads_before, shares = cell.backward(inputs[:, t], before, after, through)
        if mask is not None:  # the gradient of a masked step bypasses it
            around = (grad - part for grad, part in zip(grads, through, strict=True))
            grads_before = tuple(a + b for a, b in zip(grads_before, around, strict=True))
        grads = grads_before
        for name, share in shares.items():
            parameters[name] += share
        if t and truncation is not None and t % truncation == 0:  # between two chunks, not before the first
            grads = tuple(np.zeros_like(grad) for grad in grads)
    if cell.go_backwards:
        grad_inputs = grad_inputs[:, ::-1]
    return Gradients(parameters, grad_inputs, grad_states, dict(zip(cell.carried, grads, strict=True)))


def gradient_norms_by_lag(
    cell: Cell,
    inputs: np.ndarray,
    grad_last: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    of: Literal["h", "c", "inputs"] = "h",
) -> np.ndarray:
    """Compute the norm of the gradient at each lag, steps back from the last one.

    n_k = mean over the batch of ‖∂L/∂h_{T-k}‖₂, for k = 0, …, T - 1, equation :eq:`norms-by-lag`

    L depends only on the last hidden state. For a simple recurrent cell, n_k ≤ (γ ‖U‖₂)ᵏ n_0 with γ the largest slope
    of its activation, equation :eq:`gradient-bound`. With relu, and orthonormal columns times a factor as U, the
    gradient changes by a factor of about ‖U‖₂ √p per step, with p the fraction of units above 0, equation
    :eq:`active-share`. The mean n_k is dominated by the largest gradients.

    :param cell: a cell
    :param inputs: the sequences, shape (batch, time, inputs)
    :param grad_last: ∂L/∂h_T, shape (batch, units)
    :param mask: as in :func:`~rnn_tutorial.theory.cells.unroll`
    :param of: ``"h"``, ``"c"`` (an LSTM's cell state), or ``"inputs"`` for ‖∂L/∂x_{T-k}‖₂
    :returns: n_k for each lag k, shape (time,)
    :raises ValueError: if a shape does not fit, or the cell carries no such state

    Example: a linear unit with u = 1/2 halves the gradient at each step.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.gradients import gradient_norms_by_lag
    >>> one = np.array([[1.0]])
    >>> cell = SimpleRNNCell(W=one, U=0.5 * one, b=np.zeros(1), activation="linear")
    >>> gradient_norms_by_lag(cell, np.ones((1, 4, 1)), grad_last=one)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    if of not in (*cell.carried, "inputs"):
        raise ValueError(f"`of`: expected one of {', '.join((*cell.carried, 'inputs'))}, got {of!r}.")
    grad_last = checked_numbers("grad_last", grad_last, cell.dtype)
    if grad_last.shape != (len(inputs), cell.units):
        raise ValueError(f"`grad_last`: expected the shape {(len(inputs), cell.units)}, got {grad_last.shape}.")
    grad_h = np.zeros((*np.shape(inputs)[:2], cell.units), cell.dtype)
    grad_h[:, -1] = grad_last
    grads = backpropagate_through_time(cell, inputs, grad_h, mask=mask)
    wanted = grads.states.get(of, grads.inputs)
    if of == "inputs" and cell.go_backwards:
        wanted = wanted[:, ::-1]  # the input read last is stored first
    return np.linalg.norm(wanted, axis=2).mean(axis=0)[::-1]


def state_jacobian(cell: Cell, x_t: np.ndarray, state: Any) -> np.ndarray:
    """Compute the Jacobian of one step with respect to the state before it.

    J = ∂s_t/∂s_{t-1}, which for a simple recurrent cell is diag(g'(a_t)) U, equation :eq:`step-jacobian`

    J is a factor of the product :eq:`jacobian-product`. s is h, and for an LSTM h followed by c. Row j is the gradient
    of the j-th number of s_t.

    :param cell: a cell
    :param x_t: the input at time t, shape (batch, inputs)
    :param state: the state after time t - 1, each part of shape (batch, units)
    :returns: J for each example, shape (batch, n, n), where n is the units, or twice the units for an LSTM
    :raises ValueError: if the state is of another cell's type, or a shape does not fit

    Source: Pascanu et al., On the Difficulty of Training Recurrent Neural Networks, ICML 2013.

    Example: at a_t = 0 the slope of tanh is 1, and the Jacobian is U itself.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.gradients import state_jacobian
    >>> U = np.array([[0.0, 0.5], [-0.5, 0.0]])
    >>> cell = SimpleRNNCell(W=np.ones((2, 1)), U=U, b=np.zeros(2))
    >>> state_jacobian(cell, np.zeros((1, 1)), cell.initial_state(batch=1))
    array([[[ 0. ,  0.5],
            [-0.5,  0. ]]])
    """
    x_t, state = prepare_step(cell, x_t, state)
    size = cell.units * len(cell.carried)
    x_t, before = np.repeat(x_t, size, axis=0), cell.State(*(np.repeat(part, size, axis=0) for part in state))
    rows = np.tile(np.eye(size, dtype=cell.dtype), (len(x_t) // size, 1))  # (batch · n, n)
    grads = tuple(np.split(rows, len(cell.carried), axis=1))
    _, grads, _ = cell.backward(x_t, before, cell.step(x_t, before), grads)
    return np.concatenate(grads, axis=1).reshape(-1, size, size)


def global_norm(grads: Mapping[str, np.ndarray]) -> float:
    """Compute the norm of several gradients together, ‖G‖ = √(Σ G²) over all numbers, as in equation :eq:`clipping`.

    :param grads: gradients by the names of their parameters
    """
    return float(np.sqrt(sum(np.sum(np.square(grad)) for grad in grads.values())))


def clip_by_global_norm(grads: Mapping[str, np.ndarray], max_norm: float) -> dict[str, np.ndarray]:
    """Scale gradients down to a maximum global norm, without changing their direction.

    G · min(1, m / ‖G‖), with :func:`global_norm` as ‖G‖, equation :eq:`clipping`

    :param grads: gradients by the names of their parameters
    :param max_norm: m, the largest global norm
    :returns: the gradients by the same names; copies
    :raises ValueError: if ``max_norm`` is not positive, or a gradient is not finite, which no scaling fixes

    Source: Pascanu et al., On the Difficulty of Training Recurrent Neural Networks, ICML 2013.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.gradients import clip_by_global_norm
    >>> grads = {"W": np.array([[3.0]]), "b": np.array([4.0])}
    >>> {name: grad.round(2) for name, grad in clip_by_global_norm(grads, 1).items()}
    {'W': array([[0.6]]), 'b': array([0.8])}
    """
    if not max_norm > 0:
        raise ValueError(f"`max_norm`: expected a positive number, got {max_norm}.")
    norm = global_norm(grads)
    if not np.isfinite(norm):
        raise ValueError(f"`grads`: expected finite gradients, got the norm {norm}. Lower the learning rate.")
    return {name: grad * min(1, max_norm / norm) if norm else grad.copy() for name, grad in grads.items()}
