"""A recurrent network in NumPy, trained with our own gradients, as on the theory pages.

Nothing here needs Keras or TensorFlow. The recurrence is in :mod:`rnn_tutorial.theory.cells` and its gradients in
:mod:`rnn_tutorial.theory.gradients`; this module adds the output, the loss, and gradient descent on the tasks of
:mod:`rnn_tutorial.theory.tasks`.
"""

import hashlib
import inspect
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import scipy
from joblib import Parallel, delayed
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_limits

from rnn_tutorial._cache.cpu_kernels import chosen_cpu_kernels
from rnn_tutorial._cache.memory import TRAINING_VERSION, kept
from rnn_tutorial.records import Record, read_only
from rnn_tutorial.theory.cells import ACTIVATIONS, Cell, LSTMCell, glorot_uniform, unroll
from rnn_tutorial.theory.gradients import backpropagate_through_time, clip_by_global_norm, global_norm
from rnn_tutorial.theory.tasks import Examples, Task

__all__ = [
    "Network", "chrono_biases", "fit", "fit_seeds", "Fit", "loss_and_gradients", "score", "normalised_loss", "Adam",
]  # fmt: skip

_ACTIVATIONS = dict(ACTIVATIONS)  # a copy, for a caller may add functions


@dataclass(frozen=True, eq=False)
class Network(Record):
    """A recurrent layer and an output layer.

    y_t = f(V h_t + b_y), with h_t from the cell

    This is equation :eq:`rnn-output`. The arrays are copied, and the copies are read-only.

    :param cell: one of the three cells
    :param V: hidden to output, shape (outputs, units); float32 or float64, not necessarily the cell's
    :param b_y: output bias, shape (outputs,), in the dtype of V
    :param output: f, ``"softmax"`` for classes or ``"linear"`` for numbers
    :raises ValueError: if a shape does not fit the cell, f is neither of the two, or V and b_y are not both float32 or
        both float64; integers cannot be trained

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network
    >>> cell = SimpleRNNCell.random(inputs=2, units=3, seed=1)
    >>> network = Network(cell, V=np.zeros((4, 3)), b_y=np.zeros(4), output="softmax")
    >>> # V and b_y are zero: four equal probabilities
    >>> network.read_out(np.ones((5, 3)))[0]
    array([0.25, 0.25, 0.25, 0.25])
    """

    cell: Cell[Any]
    V: np.ndarray
    b_y: np.ndarray
    output: Literal["softmax", "linear"]

    def __post_init__(self) -> None:
        for name in ("V", "b_y"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        if self.output not in ("softmax", "linear"):
            raise ValueError(f"`output`: expected 'softmax' or 'linear', got {self.output!r}.")
        if self.V.ndim != 2 or self.V.shape[1] != self.cell.units:
            raise ValueError(f"`V`: expected the shape (outputs, {self.cell.units}), got {self.V.shape}.")
        if self.b_y.shape != (len(self.V),):
            raise ValueError(
                f"`b_y`: expected the shape ({len(self.V)},), for V has {len(self.V)} rows, got {self.b_y.shape}."
            )
        dtypes = {"V": self.V.dtype.name, "b_y": self.b_y.dtype.name}
        if set(dtypes.values()) not in ({"float32"}, {"float64"}):
            raise ValueError(f"`V`, `b_y`: expected all float32 or all float64, got {dtypes}.")

    @classmethod
    def random(cls, cell_type: type[Cell[Any]], units: int, examples: Examples, seed: int, **options: Any) -> "Network":
        """Initialise a network for a task.

        :param cell_type: the class of the cell
        :param units: the size of h_t
        :param examples: examples of the task; their inputs and targets give the other sizes
        :param seed: the same seed gives the same network
        :param options: passed to :meth:`Cell.random <rnn_tutorial.theory.cells.Cell.random>`
        :returns: the network, V initialised as W is, b_y zero

        Example:

        >>> from rnn_tutorial.theory.cells import LSTMCell
        >>> from rnn_tutorial.theory.networks import Network
        >>> from rnn_tutorial.theory.tasks import adding_problem, temporal_order
        >>> classifier = Network.random(LSTMCell, 3, temporal_order(2), seed=1)
        >>> classifier.V.shape, classifier.output  # two classes
        ((2, 3), 'softmax')
        >>> adder = Network.random(LSTMCell, 3, adding_problem(2), seed=1)
        >>> adder.V.shape, adder.output  # one number
        ((1, 3), 'linear')
        """
        cell = cell_type.random(examples.inputs.shape[2], units, seed, **options)
        V = glorot_uniform(np.random.default_rng([seed, 1]), examples.outputs, units).astype(cell.dtype)
        output: Literal["softmax", "linear"] = "softmax" if examples.loss == "cross-entropy" else "linear"
        return cls(cell, V, np.zeros(examples.outputs, cell.dtype), output)

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The trainable parameters, by name."""
        return self.cell.parameters | {"V": self.V, "b_y": self.b_y}

    def with_parameters(self, parameters: dict[str, np.ndarray]) -> "Network":
        """Return the same network with other parameters.

        :param parameters: all of them, by name
        :returns: a new network
        :raises KeyError: if one is missing
        :raises ValueError: if a shape or a dtype does not fit

        Example:

        >>> import numpy as np
        >>> from rnn_tutorial.theory.cells import LSTMCell
        >>> from rnn_tutorial.theory.networks import Network
        >>> from rnn_tutorial.theory.tasks import temporal_order
        >>> network = Network.random(LSTMCell, 3, temporal_order(2), seed=1)
        >>> changed = network.with_parameters(
        ...     network.parameters | {"b_y": np.array([1, 0], "float32")}
        ... )
        >>> network.b_y.tolist(), changed.b_y.tolist()
        ([0.0, 0.0], [1.0, 0.0])
        """
        of_cell: dict[str, Any] = {name: parameters[name] for name in self.cell.parameters}
        return Network(replace(self.cell, **of_cell), parameters["V"], parameters["b_y"], self.output)

    def read_out(self, h: np.ndarray) -> np.ndarray:
        """Compute y = f(V h + b_y), equation :eq:`rnn-output`; f may be the softmax, :eq:`softmax`.

        :param h: hidden states, shape (..., units)
        :returns: the outputs, shape (..., outputs); for softmax, probabilities

        Example:

        >>> import numpy as np
        >>> from rnn_tutorial.theory.cells import SimpleRNNCell
        >>> from rnn_tutorial.theory.networks import Network
        >>> cell = SimpleRNNCell.random(inputs=1, units=1, seed=1)
        >>> network = Network(
        ...     cell, V=np.array([[np.log(3)], [0.0]]), b_y=np.zeros(2), output="softmax"
        ... )
        >>> # at h = 1 the odds are 3 to 1
        >>> network.read_out(np.array([[0.0], [1.0]])).round(2)
        array([[0.5 , 0.5 ],
               [0.75, 0.25]])
        """
        a = h @ self.V.T + self.b_y
        return a if self.output == "linear" else softmax(a, axis=-1)


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
    if longest < 3:
        raise ValueError(f"`longest`: expected at least 3 steps, got {longest}.")
    b = cell.b.reshape(cell.blocks, cell.units).copy()
    b[cell.forget_gate] = np.log(np.random.default_rng(seed).uniform(1, longest - 1, cell.units))
    if isinstance(cell, LSTMCell):
        b[0] = -b[cell.forget_gate]  # the input gate
    changed: dict[str, Any] = {"b": b.reshape(-1)}
    return replace(network, cell=replace(cell, **changed))


def loss_and_gradients(
    network: Network, examples: Examples, truncation: int | None = None
) -> tuple[float, dict[str, np.ndarray]]:
    """Compute the loss of a network and its gradient with respect to each parameter.

    Cross-entropy: L = -(1/n) Σ log y[target], whose gradient with respect to V h + b_y is (y - one-hot target) / n.
    Squared error: L = (1/n) Σ (y - target)², with gradient 2 (y - target) / n. n counts targets, not examples.
    :doc:`/theory/learning` has both, equations :eq:`log-loss` and :eq:`squared-error`, and :eq:`slope` for one weight.

    :param network: the network
    :param examples: examples of a task; if they have one target each, only the last state is read
    :param truncation: as in :func:`~rnn_tutorial.theory.gradients.backpropagate_through_time`
    :returns: L, and the gradients by the names of :attr:`Network.parameters`
    :raises ValueError: if the network does not fit the examples: an output per class, or one number

    Example: a network whose output layer is zero gives each class 1/2, and its loss is ln 2. With V = 0 nothing reaches
    the cell yet.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network, loss_and_gradients
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> examples = temporal_order(8)
    >>> cell = SimpleRNNCell.random(examples.inputs.shape[2], units=3, seed=1)
    >>> network = Network(
    ...     cell, np.zeros((2, 3), "float32"), np.zeros(2, "float32"), "softmax"
    ... )
    >>> loss, grads = loss_and_gradients(network, examples)
    >>> round(loss, 4), bool(grads["U"].any()), bool(grads["V"].any())
    (0.6931, False, True)
    """
    _check(network, examples)
    states = unroll(network.cell, examples.inputs)
    everywhere = examples.targets.ndim == 2
    read = states.h if everywhere else states.h[:, -1:]  # (batch, targets, units)
    loss, grad_a = _loss(read @ network.V.T + network.b_y, examples)
    grad_read = grad_a @ network.V
    grad_h = grad_read if everywhere else np.zeros_like(states.h)
    grad_h[:, -read.shape[1] :] = grad_read
    grads = backpropagate_through_time(network.cell, examples.inputs, grad_h, states=states, truncation=truncation)
    flat, of_read = grad_a.reshape(-1, len(network.b_y)), read.reshape(-1, network.cell.units)
    return loss, grads.parameters | {"V": flat.T @ of_read, "b_y": flat.sum(axis=0)}


def _check(network: Network, examples: Examples) -> None:
    wanted = "softmax" if examples.loss == "cross-entropy" else "linear"
    if network.output != wanted or len(network.V) != examples.outputs:
        raise ValueError(
            f"`network`: expected output={wanted!r} and {examples.outputs} row(s) in V for these examples, "
            f"got {network.output!r} and {len(network.V)}. Network.random creates one that fits."
        )


def _loss(a: np.ndarray, examples: Examples) -> tuple[float, np.ndarray]:
    """Return the loss, and its gradient with respect to a, to which f is applied; shape (batch, targets, outputs)."""
    targets = examples.targets.reshape(a.shape[:2])
    if examples.loss == "squared error":
        error = a - targets[..., None].astype(a.dtype)
        return float(np.mean(error**2)), 2 / error.size * error
    wanted = np.eye(a.shape[-1], dtype=a.dtype)[targets]
    log_y = log_softmax(a, axis=-1)
    return float(-np.sum(log_y * wanted) / targets.size), (np.exp(log_y) - wanted) / targets.size


def score(network: Network, examples: Examples) -> dict[str, float]:
    """Compute the loss of a network and, if the targets are classes, its accuracy.

    :param network: the network
    :param examples: examples of a task
    :returns: ``loss``, and for classes ``accuracy`` (0 to 1, over all targets)
    :raises ValueError: if the network does not fit the examples

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network, score
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> examples = temporal_order(8)
    >>> cell = SimpleRNNCell.random(examples.inputs.shape[2], units=3, seed=1)
    >>> network = Network(
    ...     cell, np.zeros((2, 3), "float32"), np.array([1, 0], "float32"), "softmax"
    ... )
    >>> score(network, examples)["accuracy"]  # always predicts "A came first"
    0.5
    """
    _check(network, examples)
    h = unroll(network.cell, examples.inputs).h
    a = (h if examples.targets.ndim == 2 else h[:, -1:]) @ network.V.T + network.b_y
    loss, _ = _loss(a, examples)
    if examples.loss == "squared error":
        return {"loss": loss}
    return {"loss": loss, "accuracy": float(np.mean(a.argmax(axis=-1) == examples.targets.reshape(a.shape[:2])))}


class Adam:
    """The Adam optimiser for a dictionary of parameters.

    m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  θ ← θ - η √(1 - β₂ᵏ) / (1 - β₁ᵏ) · m / (√v + ε)

    at update k, with β₁ = 0.9, β₂ = 0.999 and ε = 1e-7, as in Keras. This is equation :eq:`adam`; the factor after η
    corrects for running means m and v that start at zero. :doc:`/theory/vanishing-gradients` uses it with clipped
    gradients.

    :param learning_rate: η

    Source: Kingma and Ba, Adam, ICLR 2015.

    Example: the first update changes each number by η, however large its gradient is.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.networks import Adam
    >>> adam = Adam(learning_rate=0.1)
    >>> theta, grads = np.array([1.0, 1.0, 1.0]), np.array([0.1, 100.0, -5.0])
    >>> adam.update({"W": theta}, {"W": grads})["W"].round(3)
    array([0.9, 0.9, 1.1])
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self._updates = 0
        self._m: dict[str, Any] = {}
        self._v: dict[str, Any] = {}

    def update(self, parameters: dict[str, np.ndarray], grads: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Update the parameters once.

        :param parameters: θ, by name, each float32 or float64; not changed
        :param grads: g, by the same names
        :returns: the new θ, each in its own dtype
        :raises ValueError: if a parameter has another dtype, such as integers, which would lose small updates, or its
            gradient another shape
        """
        for name, theta in parameters.items():
            if theta.dtype.name not in ("float32", "float64"):
                raise ValueError(
                    f"`parameters`: expected float32 or float64, got {theta.dtype} for {name!r}. "
                    "Convert it with astype('float64')."
                )
            if np.shape(grads[name]) != theta.shape:
                raise ValueError(
                    f"`grads`: expected the shape {theta.shape} for {name!r}, got {np.shape(grads[name])}."
                )
        self._updates += 1
        first, second = 1 - 0.9**self._updates, 1 - 0.999**self._updates
        rate = self.learning_rate * np.sqrt(second) / first
        updated = {}
        for name, theta in parameters.items():
            g = grads[name]
            self._m[name] = m = 0.9 * self._m.get(name, 0.0) + 0.1 * g
            self._v[name] = v = 0.999 * self._v.get(name, 0.0) + 0.001 * g**2
            updated[name] = (theta - rate * m / (np.sqrt(v) + 1e-7)).astype(theta.dtype)
        return updated


@dataclass(frozen=True, eq=False)
class Fit(Record):
    """The record of one training run on a task.

    The runs of :doc:`/theory/vanishing-gradients` and :doc:`/theory/lstm` are such records.

    :param network: the trained network
    :param losses: the loss of each batch, before the update on it
    :param norms: the norm of each batch's gradient, before clipping
    :param evaluations: the scores on the validation examples, one every ``eval_every`` updates
    :param eval_every: updates between two evaluations
    :param solved: whether the validation loss fell to ``solved_at`` times the loss of chance
    :param seed: the seed of the examples

    Example:

    >>> from functools import partial
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network, fit
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> task = partial(temporal_order, lag=0, window=2)
    >>> network = Network.random(SimpleRNNCell, 4, task(2), seed=1)
    >>> record = fit(network, task, updates=20, eval_every=10, solved_at=0)
    >>> # one per update, one per update, one per evaluation
    >>> len(record.losses), len(record.norms), len(record.evaluations)
    (20, 20, 2)
    """

    network: Network
    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    evaluations: list[dict[str, float]] = field(default_factory=list)
    eval_every: int = 50
    solved: bool = False
    seed: int = 1


def _facts(network: Network, task: Task, **settings: Any) -> dict[str, Any] | None:
    """Return what determines a run of :func:`fit`, or ``None`` if code takes part that is not this package's."""
    draws: Any
    draws, args, named = (task.func, task.args, task.keywords) if type(task) is partial else (task, (), {})
    cell, parameters = network.cell, network.parameters
    homes = [(code, getattr(code, "__module__", "")) for code in (type(network), type(cell), draws)]
    ours = all(
        at.startswith("rnn_tutorial.") and vars(sys.modules[at]).get(code.__name__) is code for code, at in homes
    )
    if not ours or ACTIVATIONS != _ACTIVATIONS:
        return None
    if not all(array.dtype.isnative for array in parameters.values()):
        return None
    given = inspect.signature(fit).bind(network, task, **settings)
    given.apply_defaults()
    options = {part.name: getattr(cell, part.name) for part in fields(cell) if part.name not in parameters}
    return {
        "cell": [type(cell).__name__, options],
        "output": network.output,
        # the memory layout changes the last bits of a product
        "parameters": {
            name: [array.dtype.str, array.shape, array.strides, hashlib.sha256(array.tobytes("A")).hexdigest()]
            for name, array in parameters.items()
        },
        "task": [draws.__name__, args, named],
        "settings": given.kwargs,
        "versions": {"Python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
        "cpu_kernels": chosen_cpu_kernels(),
        "machine": platform.machine(),
        "training_version": TRAINING_VERSION,
    }


@kept(_facts)
def fit(
    network: Network,
    task: Task,
    *,
    updates: int = 1000,
    batch_size: int = 32,
    learning_rate: float = 0.01,
    max_norm: float | None = 1.0,
    truncation: int | None = None,
    solved_at: float = 0.05,
    eval_every: int = 50,
    seed: int = 1,
) -> Fit:
    """Train a network on a task, with new examples at every update.

    Each update computes the gradients of a batch by :func:`loss_and_gradients`, clips them by
    :func:`~rnn_tutorial.theory.gradients.clip_by_global_norm`, and applies :class:`Adam` instead of plain gradient
    descent, :eq:`descent`. Training stops early when the loss on 500 separate validation examples falls to
    ``solved_at`` times the loss of chance.

    Training uses one thread, because the number of threads changes the last bits of a matrix product. The same call
    loads the run from the user's cache folder instead of training again, unless the cell, the task or an activation is
    somebody's own code or ``RNN_TUTORIAL_RUNS=off``.

    :param network: the network to start from; it is not changed
    :param task: gives examples, called as ``task(count, seed=[seed, number])``
    :param updates: the maximum number of updates
    :param batch_size: examples per update
    :param learning_rate: Adam's η
    :param max_norm: the norm that gradients are clipped to; ``None`` does not clip
    :param truncation: as in :func:`~rnn_tutorial.theory.gradients.backpropagate_through_time`
    :param solved_at: the validation loss that ends training, as a fraction of the loss of chance
    :param eval_every: updates between two evaluations on the validation examples
    :param seed: of the examples
    :returns: the record of the run
    :raises ValueError: if a number is out of range, the network does not fit the examples, or a gradient to clip is not
        finite

    Example: two symbols, A B or B A. Which came first?

    >>> from functools import partial
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network, fit, score
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> task = partial(temporal_order, lag=0, window=2)
    >>> network = Network.random(SimpleRNNCell, 4, task(2), seed=1)
    >>> record = fit(network, task, updates=300, learning_rate=0.03)
    >>> record.solved, score(record.network, task(500, seed=5))["accuracy"]
    (True, 1.0)
    """
    for name, number in {"updates": updates, "batch_size": batch_size, "eval_every": eval_every}.items():
        if number < 1:
            raise ValueError(f"`{name}`: expected at least 1, got {number}.")
    if not learning_rate > 0:
        raise ValueError(f"`learning_rate`: expected a positive number, got {learning_rate}.")
    max_norm = max_norm if max_norm is None else float(max_norm)  # NumPy's would make all gradients float64
    validation, adam = task(500, seed=[seed, 0]), Adam(float(learning_rate))
    losses, norms, evaluations, solved = [], [], [], False
    with threadpool_limits(1, user_api="blas"):
        for update in range(1, updates + 1):
            loss, grads = loss_and_gradients(network, task(batch_size, seed=[seed, update]), truncation)
            losses.append(loss)
            norms.append(global_norm(grads))
            if max_norm is not None:
                grads = clip_by_global_norm(grads, max_norm)
            network = network.with_parameters(adam.update(network.parameters, grads))
            if update % eval_every == 0 or update == updates:
                evaluations.append(score(network, validation))
                if sys.stdout.isatty():
                    loss = evaluations[-1]["loss"]
                    print(f"\rupdate {update} of {updates}, validation loss {loss:.4f}", end="", flush=True)
                if solved := evaluations[-1]["loss"] <= solved_at * validation.chance:
                    break
    if sys.stdout.isatty():
        print()
    return Fit(network, losses, norms, evaluations, eval_every, solved, seed)


def fit_seeds(make: Callable[..., Network], task: Task, seeds: Iterable[int], **settings: Any) -> list[Fit]:
    """Train a network once for each seed, on all cores, or load its cached run as :func:`fit` does.

    Equation :eq:`seed-interval` is the confidence interval of a mean over seeds.

    :param make: creates a network, called as ``make(seed=seed)``
    :param task: as in :func:`fit`
    :param seeds: of the networks and of the examples, one per run
    :param settings: passed to :func:`fit`
    :returns: one record per seed, in their order
    :raises ValueError: as :func:`fit` does

    Example:

    >>> from functools import partial
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network, fit_seeds
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> task = partial(temporal_order, lag=0, window=2)
    >>> make = partial(Network.random, SimpleRNNCell, 4, task(2))
    >>> [run.seed for run in fit_seeds(make, task, seeds=(1, 2, 3), updates=10)]
    [1, 2, 3]
    """
    networks = [(make(seed=seed), seed) for seed in seeds]
    runs = [fit.look_up(network, task, seed=seed, **settings) for network, seed in networks]
    calls = [delayed(fit)(network, task, seed=seed, **settings) for network, seed in networks]
    missing = [call for call, run in zip(calls, runs, strict=True) if not run]
    trained = iter(Parallel(n_jobs=-1)(missing) if missing else [])  # starting processes takes a second
    return [run or next(trained) for run in runs]


def normalised_loss(runs: Sequence[Fit], examples: Examples) -> np.ndarray:
    """Compute the test loss of several runs relative to chance.

    L / L_chance for each run: 0 is perfect, 1 is chance, see :class:`~rnn_tutorial.theory.tasks.Examples`

    :param runs: the result of :func:`fit_seeds`
    :param examples: test examples of the task, sampled separately from those of the runs
    :returns: a normalised loss for each run, shape (runs,)
    :raises ValueError: if a network does not fit the examples

    Example: predictions that ignore the inputs have the loss of chance.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Fit, Network, normalised_loss
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> examples = temporal_order(8)
    >>> cell = SimpleRNNCell.random(examples.inputs.shape[2], units=3, seed=1)
    >>> network = Network(
    ...     cell, np.zeros((2, 3), "float32"), np.zeros(2, "float32"), "softmax"
    ... )
    >>> normalised_loss([Fit(network)], examples).round(3)
    array([1.])
    """
    return np.array([score(run.network, examples)["loss"] for run in runs]) / examples.chance
