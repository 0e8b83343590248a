"""A recurrent network in NumPy, its loss and its gradients, as on the theory pages.

Nothing here needs Keras or TensorFlow. The recurrence is in :mod:`rnn_tutorial.theory.cells` and its gradients in
:mod:`rnn_tutorial.theory.gradients`; this module adds the output and the loss on the tasks of
:mod:`rnn_tutorial.theory.tasks`. :mod:`rnn_tutorial.theory.training` trains it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from rnn_tutorial.records import Record, check_count, checked_ids
from rnn_tutorial.theory.cells import Cell, check_dtypes, check_shapes, glorot_uniform, unroll
from rnn_tutorial.theory.gradients import backpropagate_through_time
from rnn_tutorial.theory.tasks import Examples, one_hot

__all__ = [
    "Network", "chrono_biases", "loss_and_gradients", "softmax", "softmax_cross_entropy", "score", "cue_gradient",
    "tensor_file",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Network(Record):
    """A recurrent layer and an output layer.

    y_t = f(V h_t + b_y), with h_t from the cell, equation :eq:`rnn-output`

    The arrays are copied, and the copies are read-only.

    :param cell: a cell
    :param V: hidden to output, shape (outputs, units); float32 or float64, not necessarily the cell's
    :param b_y: output bias, shape (outputs,), in the dtype of V
    :param output: f, ``"softmax"`` for classes or ``"linear"`` for numbers
    :raises ValueError: if a shape does not fit, f is neither, or V and b_y are not both float32 or both float64

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network
    >>> cell = SimpleRNNCell.random(inputs=2, units=3, seed=1)
    >>> network = Network(cell, V=np.zeros((4, 3)), b_y=np.zeros(4), output="softmax")
    >>> network.read_out(np.ones((5, 3)))[0]
    array([0.25, 0.25, 0.25, 0.25])
    """

    cell: Cell[Any]
    V: np.ndarray
    b_y: np.ndarray
    output: Literal["softmax", "linear"]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.output not in ("softmax", "linear"):
            raise ValueError(f"`output`: expected 'softmax' or 'linear', got {self.output!r}.")
        if self.V.ndim != 2 or self.V.shape[1] != self.cell.units:
            raise ValueError(f"`V`: expected the shape (outputs, {self.cell.units}), got {self.V.shape}.")
        check_shapes(self, b_y=(len(self.V),))
        check_dtypes({"V": self.V, "b_y": self.b_y})

    @classmethod
    def random(cls, cell_type: type[Cell[Any]], units: int, examples: Examples, seed: int, **options: Any) -> "Network":
        """Initialise a network for a task.

        :param cell_type: the class of the cell
        :param units: the size of h_t
        :param examples: examples of the task; their inputs and targets give the other sizes
        :param seed: the same seed gives the same network
        :param options: passed to :meth:`Cell.random <rnn_tutorial.theory.cells.Cell.random>`
        :returns: the network, V initialised as W is, b_y zero

        >>> from rnn_tutorial.theory.cells import LSTMCell
        >>> from rnn_tutorial.theory.networks import Network
        >>> from rnn_tutorial.theory.tasks import temporal_order
        >>> network = Network.random(LSTMCell, 3, temporal_order(2), seed=1)
        >>> network.V.shape, network.output  # two classes
        ((2, 3), 'softmax')
        """
        cell = cell_type.random(examples.inputs.shape[2], units, seed, **options)
        V = glorot_uniform(np.random.default_rng([seed, 1]), examples.outputs, units).astype(cell.dtype)
        return cls(cell, V, np.zeros(examples.outputs, cell.dtype), _output(examples))

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The trainable parameters, by name."""
        return self.cell.parameters | {"V": self.V, "b_y": self.b_y}

    def with_parameters(self, parameters: dict[str, np.ndarray]) -> "Network":
        """Return the same network with other parameters: all of them, by name.

        :raises KeyError: if one is missing
        :raises ValueError: if a shape or a dtype does not fit
        """
        of_cell: dict[str, Any] = {name: parameters[name] for name in self.cell.parameters}
        return Network(replace(self.cell, **of_cell), parameters["V"], parameters["b_y"], self.output)

    def read_out(self, h: np.ndarray) -> np.ndarray:
        """Compute y = f(V h + b_y), equation :eq:`rnn-output`; f may be the softmax, :eq:`softmax`.

        :param h: hidden states, shape (..., units)
        :returns: the outputs, shape (..., outputs); for softmax, probabilities

        >>> import numpy as np
        >>> from rnn_tutorial.theory.cells import SimpleRNNCell
        >>> from rnn_tutorial.theory.networks import Network
        >>> cell, V = SimpleRNNCell.random(1, 1, seed=1), np.array([[np.log(3)], [0.0]])
        >>> network = Network(cell, V, b_y=np.zeros(2), output="softmax")
        >>> network.read_out(np.array([1.0])).round(2)  # at h = 1 the odds are 3 to 1
        array([0.75, 0.25])
        """
        a = self.logits(h)
        return a if self.output == "linear" else softmax(a)  # rnn-output

    def logits(self, h: np.ndarray) -> np.ndarray:
        """Compute a = V h + b_y, to which f is applied, for states of shape (..., units)."""
        return h @ self.V.T + self.b_y

    def backward(self, inputs: np.ndarray, states: Any, grad_a: np.ndarray, **options: Any) -> dict[str, np.ndarray]:
        """Compute the gradient of a loss with respect to each parameter from that with respect to the logits.

        :param inputs: the sequences, shape (batch, time, inputs)
        :param states: what :func:`~rnn_tutorial.theory.cells.unroll` returned for them
        :param grad_a: ∂L/∂a_t at the last steps, or at all, shape (batch, steps, outputs)
        :param options: passed to :func:`~rnn_tutorial.theory.gradients.backpropagate_through_time`
        :returns: the gradients by the names of :attr:`parameters`
        """
        steps = grad_a.shape[1]
        grad_h = np.zeros_like(states.h)
        grad_h[:, -steps:] = grad_a @ self.V
        grads = backpropagate_through_time(self.cell, inputs, grad_h, states=states, **options).parameters
        h, grad_a = states.h[:, -steps:].reshape(-1, self.cell.units), grad_a.reshape(-1, len(self.b_y))
        return grads | {"V": grad_a.T @ h, "b_y": grad_a.sum(axis=0)}


def chrono_biases(network: Network, longest: int, seed: int) -> Network:
    """Initialise the gates of a network to remember for up to ``longest`` steps.

    b_f = log u,  b_i = -b_f

    with u uniform between 1 and ``longest`` - 1 for each unit. The other biases do not change. A GRU's update gate has
    b_z = log u, and needs no other bias, because it writes as much as it forgets. This is the chrono initialisation,
    equation :eq:`chrono-biases`.

    :param network: a network with an LSTM or a GRU
    :param longest: the longest lag, in steps, at least 3
    :param seed: the same seed gives the same biases
    :returns: a new network, with the biases in its own dtype
    :raises ValueError: if the cell has no gates, or ``longest`` is less than 3

    Source: Tallec and Ollivier, Can recurrent neural networks warp time?, ICLR 2018.

    Example: in an LSTM, the biases of the input gates are minus those of the forget gates.

    >>> from rnn_tutorial.theory.cells import LSTMCell
    >>> from rnn_tutorial.theory.networks import Network, chrono_biases
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> network = Network.random(LSTMCell, 3, temporal_order(2), seed=1)
    >>> started = chrono_biases(network, longest=200, seed=1)
    >>> started.cell.b.reshape(4, 3)[:2].round(1)  # input gates, forget gates
    array([[-4.6, -5.2, -3.4],
           [ 4.6,  5.2,  3.4]], dtype=float32)
    """
    cell = network.cell
    if cell.forget_gate is None:
        raise ValueError(f"`network`: expected an LSTM or a GRU, got a {type(cell).__name__}, which has no gates.")
    check_count("longest", longest, 3)
    b = cell.b.reshape(cell.blocks, cell.units).copy()
    b[cell.forget_gate] = np.log(np.random.default_rng(seed).uniform(1, longest - 1, cell.units))
    if cell.input_gate is not None:
        b[cell.input_gate] = -b[cell.forget_gate]
    return network.with_parameters(network.parameters | {"b": b.reshape(-1)})


def loss_and_gradients(
    network: Network, examples: Examples, truncation: int | None = None
) -> tuple[float, dict[str, np.ndarray]]:
    """Compute the loss of a network and its gradient with respect to each parameter.

    Cross-entropy: :func:`softmax_cross_entropy` of V h + b_y. Squared error: L = (1/n) Σ (y - target)², whose gradient
    with respect to V h + b_y is 2 (y - target) / n. n counts targets, not examples.
    :doc:`/theory/learning` has both, equations :eq:`log-loss` and :eq:`squared-error`, and :eq:`slope` for one weight.

    :param network: the network
    :param examples: examples of a task; if they have one target each, only the last state is read
    :param truncation: as in :func:`~rnn_tutorial.theory.gradients.backpropagate_through_time`
    :returns: L, and the gradients by the names of :attr:`Network.parameters`
    :raises ValueError: if the network does not fit the examples: an output per class, or one number

    Example: with V = 0 each class has the probability 1/2, the loss is ln 2, and nothing reaches the cell yet.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network, loss_and_gradients
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> cell = SimpleRNNCell.random(inputs=6, units=3, seed=1)
    >>> network = Network(cell, np.zeros((2, 3)), np.zeros(2), "softmax")
    >>> loss, grads = loss_and_gradients(network, temporal_order(8))
    >>> round(loss, 4), bool(grads["U"].any()), bool(grads["V"].any())
    (0.6931, False, True)
    """
    states, a = _states_and_logits(network, examples)
    loss, grad_a = _loss(a, examples)
    return loss, network.backward(examples.inputs, states, grad_a, truncation=truncation)


def _output(examples: Examples) -> Literal["softmax", "linear"]:
    return "softmax" if examples.loss == "cross-entropy" else "linear"


def _states_and_logits(network: Network, examples: Examples) -> tuple[Any, np.ndarray]:
    """Return all states, and a = V h + b_y where there is a target, shape (batch, targets, outputs)."""
    expected = _output(examples), examples.outputs
    if (got := (network.output, len(network.V))) != expected:
        raise ValueError(f"`network`: expected the output and the rows of V {expected} for these examples, got {got}.")
    states = unroll(network.cell, examples.inputs)
    return states, network.logits(states.h if examples.targets.ndim == 2 else states.h[:, -1:])


def _loss(a: np.ndarray, examples: Examples) -> tuple[float, np.ndarray]:
    """Return the loss, and its gradient with respect to a, to which f is applied; shape (batch, targets, outputs)."""
    targets = examples.targets.reshape(a.shape[:2])
    if examples.loss == "cross-entropy":
        return softmax_cross_entropy(a, targets)
    error = a - targets[..., None].astype(a.dtype)
    return float(np.mean(error**2)), 2 / error.size * error


def softmax(a: np.ndarray) -> np.ndarray:
    """Compute the softmax over the last axis.

    y_j = exp(a_j) / Σ_k exp(a_k), equation :eq:`softmax`

    The largest number is subtracted from all first, which changes no y and keeps the exponentials finite.

    :param a: numbers, shape (..., classes)
    :returns: probabilities, of the same shape
    """
    exponentials = np.exp(a - a.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def softmax_cross_entropy(a: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the cross-entropy of y = softmax(a) in nats, and its gradient with respect to a.

    L = -(1/n) Σ log y[target],  ∂L/∂a = (y - one-hot target) / n

    This is equation :eq:`log-loss`. n counts the targets, without padding; without any target, both are 0.

    :param a: the logits, shape (..., classes)
    :param targets: class numbers, or -1 for padding, shape (...)
    :returns: L, and ∂L/∂a in the dtype of a, which is 0 at padding
    :raises ValueError: if there is not a target for each row of a, or one is no class number or -1

    Example: two classes are equally probable, and the second is the target.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.networks import softmax_cross_entropy
    >>> loss, grad_a = softmax_cross_entropy(np.zeros((1, 2)), np.array([1]))
    >>> round(loss, 4), grad_a  # ln 2
    (0.6931, array([[ 0.5, -0.5]]))
    """
    targets = checked_ids("targets", targets, a.shape[-1], -1)
    if targets.shape != a.shape[:-1]:
        raise ValueError(f"`targets`: expected the shape {a.shape[:-1]}, got {targets.shape}.")
    mask, expected = targets >= 0, one_hot(targets, a.shape[-1], a.dtype)
    count, shifted = max(1, int(mask.sum())), a - a.max(axis=-1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return float(-np.sum(log_y * expected) / count), (np.exp(log_y) - expected) * mask[..., None] / count


def score(network: Network, examples: Examples) -> dict[str, float]:
    """Compute the loss of a network and, if the targets are classes, its accuracy.

    :param network: the network
    :param examples: examples of a task
    :returns: ``loss``, and for classes ``accuracy`` (0 to 1, over all targets)
    :raises ValueError: if the network does not fit the examples
    """
    _, a = _states_and_logits(network, examples)
    loss, _ = _loss(a, examples)
    if examples.loss == "squared error":
        return {"loss": loss}
    return {"loss": loss, "accuracy": float(np.mean(a.argmax(axis=-1) == examples.targets.reshape(a.shape[:2])))}


def cue_gradient(network: Network, examples: Examples) -> dict[str, float]:
    """Measure how much gradient reaches the steps that decide the target, and how much of it is signal.

    reach = rms ‖g_t‖ / rms ‖g_T‖,  signal = rms_c ‖mean_c g_t‖ / rms ‖g_t‖,  with g_t = ∂s/∂x_t at each cue t

    These are equations :eq:`reach` and :eq:`signal`. s is the output that is asked for: the logit of the right class
    minus the mean of all logits, or the number. So unlike the gradient of the loss, g does not vanish where all is
    learnt. mean_c is over the examples of class c, or over all if the target is a number. An update adds up many
    examples, and different directions cancel: signal is 1 if all of a class point in one direction, and about 0 if they
    are random. The square of each mean is estimated without the bias of few examples, so the result can be exactly 0.

    :param network: the network
    :param examples: examples of a task that has cues, with one target each
    :returns: ``reach``, ``signal`` (NaN without a gradient), and with gates ``gate``, the mean of what keeps the state
    :raises ValueError: if the examples have no cues, a target at each step, or fewer than two of a class

    Example: a linear unit with u = 1/2 halves the gradient at each of four steps, and its direction is always the same.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network, cue_gradient
    >>> from rnn_tutorial.theory.tasks import adding_problem
    >>> W, U, b = np.array([[1.0, 0.0]]), np.array([[0.5]]), np.zeros(1)
    >>> cell = SimpleRNNCell(W, U, b, activation="linear")
    >>> network = Network(cell, np.array([[1.0]]), np.zeros(1), "linear")
    >>> cue_gradient(network, adding_problem(100, length=6, window=2))
    {'reach': 0.049..., 'signal': 0.9...}
    """
    if examples.cues is None or examples.targets.ndim != 1:
        raise ValueError("`examples`: expected a task with cues and one target a sequence, such as first_letter.")
    states, a = _states_and_logits(network, examples)
    cell, classes = network.cell, np.zeros(len(examples), int)
    grad_a = np.ones_like(a[:, 0])
    if examples.loss == "cross-entropy":
        classes = examples.targets
        grad_a = one_hot(classes, examples.outputs, a.dtype) - 1 / examples.outputs
    grad_h = np.zeros_like(states.h)
    grad_h[:, -1] = grad_a @ network.V
    grads = backpropagate_through_time(cell, examples.inputs, grad_h, states=states).inputs.astype(float)
    at_cues, of_class = grads[examples.cues], np.repeat(classes, examples.cues.sum(axis=1))
    size, last = np.mean(np.sum(at_cues**2, axis=1)), np.mean(np.sum(grads[:, -1] ** 2, axis=1))
    signal = 0.0
    for group in (at_cues[of_class == c] for c in np.unique(of_class)):
        if len(group) < 2:
            raise ValueError("`examples`: expected at least two cues of each class.")
        signal += (np.sum(group.sum(axis=0) ** 2) - np.sum(group**2)) / (len(group) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        measures = {"reach": np.sqrt(size / last), "signal": np.sqrt(max(0.0, signal / len(at_cues)) / size)}
    if cell.forget_gate is not None:
        measures["gate"] = states[len(cell.carried) + cell.forget_gate].mean()
    return {name: float(number) for name, number in measures.items()}


def tensor_file(tensors: Mapping[str, np.ndarray], cells: Mapping[str, Cell[Any]], **about: Any) -> bytes:
    """Serialise a network for the browser, in the format `safetensors <https://huggingface.co/docs/safetensors>`__.

    The metadata have one entry, ``rnn_tutorial``, in JSON: the type of each cell, and what else is said of the network.

    :param cells: the cells, each by what the names of its parameters begin with
    :param about: what else the metadata say

    >>> from safetensors.numpy import load
    >>> from rnn_tutorial.theory.cells import GRUCell
    >>> from rnn_tutorial.theory.networks import tensor_file
    >>> cell = GRUCell.random(inputs=2, units=3, seed=1)
    >>> sorted(load(tensor_file(cell.parameters, {"": cell})))
    ['U', 'W', 'b', 'recurrent_b']
    """
    from safetensors.numpy import save  # no browser has it, where the rest runs

    kinds = {prefix: type(cell).__name__ for prefix, cell in cells.items()}
    whole = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}  # or save mixes numbers up
    return save(whole, {"rnn_tutorial": json.dumps({"cells": kinds} | about)})
