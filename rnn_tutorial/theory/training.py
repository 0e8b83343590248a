"""Training of the networks in NumPy: Adam, one run on a task, and runs from several seeds."""

import hashlib
import inspect
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, TypeVar

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from rnn_tutorial._cache.code import loaded_code
from rnn_tutorial._cache.memory import kept
from rnn_tutorial._cpu_kernels import chosen_cpu_kernels
from rnn_tutorial.records import Record, check_count
from rnn_tutorial.theory.cells import ACTIVATIONS
from rnn_tutorial.theory.gradients import clip_by_global_norm, global_norm
from rnn_tutorial.theory.networks import Network, cue_gradient, loss_and_gradients, score
from rnn_tutorial.theory.tasks import Examples, Task

__all__ = ["fit", "over_seeds", "Fit", "normalised_loss", "Adam"]

T = TypeVar("T")

_ACTIVATIONS = dict(ACTIVATIONS)  # a copy, for a caller may add functions


class Adam:
    """The Adam optimiser for a dictionary of parameters.

    m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  θ ← θ - η √(1 - β₂ᵏ) / (1 - β₁ᵏ) · m / (√v + ε)

    at update k, with β₁ = 0.9, β₂ = 0.999 and ε = 1e-7, as in Keras. This is equation :eq:`adam`; the factor after η
    corrects for running means m and v that start at zero.

    :param learning_rate: η
    :param max_norm: what :func:`~rnn_tutorial.theory.gradients.clip_by_global_norm` clips to first, unless ``None``

    Source: Kingma and Ba, Adam, ICLR 2015.

    Example: the first update changes each number by η, however large its gradient is.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.training import Adam
    >>> theta, grads = np.array([1.0, 1.0, 1.0]), np.array([0.1, 100.0, -5.0])
    >>> Adam(learning_rate=0.1).update({"W": theta}, {"W": grads})["W"].round(3)
    array([0.9, 0.9, 1.1])
    """

    def __init__(self, learning_rate: float, max_norm: float | None = None) -> None:
        self.learning_rate, self.max_norm = learning_rate, max_norm
        self._updates = 0
        self._m: dict[str, Any] = {}
        self._v: dict[str, Any] = {}

    def update(self, parameters: dict[str, np.ndarray], grads: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Update the parameters once.

        :param parameters: θ, by name, each float32 or float64; not changed
        :param grads: g, by the same names
        :returns: the new θ, each in its own dtype
        :raises ValueError: if a parameter is neither float32 nor float64, or a gradient has another shape or, to be
            clipped, is not finite
        """
        for name, theta in parameters.items():
            if theta.dtype.name not in ("float32", "float64"):
                raise ValueError(f"`parameters`: expected float32 or float64, got {theta.dtype} for {name!r}.")
            if (got := np.shape(grads[name])) != theta.shape:
                raise ValueError(f"`grads`: expected the shape {theta.shape} for {name!r}, got {got}.")
        if self.max_norm is not None:
            grads = clip_by_global_norm(grads, self.max_norm)
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
    """The record of one training run on a task; :func:`fit` has an example.

    :param network: the trained network
    :param losses: the loss of each batch, before the update on it
    :param norms: the norm of each batch's gradient, before clipping
    :param evaluations: the scores on the validation examples, one every ``eval_every`` updates
    :param eval_every: updates between two evaluations
    :param solved: whether the validation loss fell to ``solved_at`` times the loss of chance
    :param seed: the seed of the examples
    """

    network: Network
    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    evaluations: list[dict[str, float]] = field(default_factory=list)
    eval_every: int = 50
    solved: bool = False
    seed: int = 1


def training_facts(
    train: Callable[..., Any], network: Network, *data: Any, by: Sequence[Any] = (), **settings: Any
) -> dict[str, Any] | None:
    """Return what determines the training of a network, or ``None`` if code takes part that is not this package's.

    :param train: what is called with the network, the data and the settings
    :param by: further code that takes part
    """
    cell, parameters = network.cell, network.parameters
    homes = [(code, getattr(code, "__module__", "")) for code in (train, type(network), type(cell), *by)]
    ours = all(
        at.startswith("rnn_tutorial.") and vars(sys.modules[at]).get(code.__name__) is code for code, at in homes
    )
    if not ours or ACTIVATIONS != _ACTIVATIONS:
        return None
    if not all(array.dtype.isnative for array in parameters.values()):
        return None
    given = inspect.signature(train).bind(network, *data, **settings)
    given.apply_defaults()
    options = {part.name: getattr(cell, part.name) for part in fields(cell) if part.name not in parameters}
    return {
        "trained by": f"{train.__module__}.{train.__name__}",
        "cell": [type(cell).__name__, options],
        "output": network.output,
        "parameters": {name: _array_facts(array) for name, array in parameters.items()},
        "data": [_array_facts(part) if isinstance(part, np.ndarray) else part for part in given.args[1:]],
        "settings": given.kwargs,
        "versions": {"Python": platform.python_version(), "numpy": np.__version__},
        "cpu_kernels": chosen_cpu_kernels(),
        "machine": platform.machine(),
        "code": loaded_code(*(at for _, at in homes)),
    }


def _array_facts(array: np.ndarray) -> list[Any]:
    # the memory layout changes the last bits of a product
    return [array.dtype.str, array.shape, array.strides, hashlib.sha256(array.tobytes("A")).hexdigest()]


def _facts(network: Network, task: Task, **settings: Any) -> dict[str, Any] | None:
    draws: Any
    draws, args, named = (task.func, task.args, task.keywords) if type(task) is partial else (task, (), {})
    drawn = [getattr(draws, "__name__", ""), args, named]
    return training_facts(fit, network, drawn, by=[draws], **settings)


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
    follow: bool = False,
    seed: int = 1,
) -> Fit:
    """Train a network on a task, with new examples at every update.

    Each update computes the gradients of a batch by :func:`~rnn_tutorial.theory.networks.loss_and_gradients`, clips
    them, and applies :class:`Adam` instead of plain gradient descent, :eq:`descent`. Training stops early when the loss
    on 500 separate validation examples falls to ``solved_at`` times the loss of chance.

    Training uses one thread, because the number of threads changes the last bits of a matrix product. The same call
    loads the run from the user's cache folder, unless the cell, the task or an activation is somebody's own code or
    ``RNN_TUTORIAL_RUNS=off``.

    :param network: the network to start from; it is not changed
    :param task: gives examples, called as ``task(count, seed=[seed, number])``
    :param updates: the maximum number of updates
    :param batch_size: examples per update
    :param learning_rate: Adam's η
    :param max_norm: the norm that gradients are clipped to; ``None`` does not clip
    :param truncation: as in :func:`~rnn_tutorial.theory.gradients.backpropagate_through_time`
    :param solved_at: the validation loss that ends training, as a fraction of the loss of chance
    :param eval_every: updates between two evaluations on the validation examples
    :param follow: whether evaluations, a first one before training too, have
        :func:`~rnn_tutorial.theory.networks.cue_gradient`
    :param seed: of the examples
    :raises ValueError: if a number is out of range, the network does not fit, or a gradient to clip is not finite

    Example: two symbols, A B or B A. Which came first?

    >>> from functools import partial
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell
    >>> from rnn_tutorial.theory.networks import Network, score
    >>> from rnn_tutorial.theory.tasks import temporal_order
    >>> from rnn_tutorial.theory.training import fit
    >>> task = partial(temporal_order, lag=0, window=2)
    >>> network = Network.random(SimpleRNNCell, 4, task(2), seed=1)
    >>> record = fit(network, task, updates=300, learning_rate=0.03)
    >>> record.solved, score(record.network, task(500, seed=5))["accuracy"]
    (True, 1.0)
    """
    for name, number in {"updates": updates, "batch_size": batch_size, "eval_every": eval_every}.items():
        check_count(name, number)
    if not learning_rate > 0:
        raise ValueError(f"`learning_rate`: expected a positive number, got {learning_rate}.")
    max_norm = max_norm if max_norm is None else float(max_norm)  # NumPy's would make all gradients float64
    validation, adam = task(500, seed=[seed, 0]), Adam(float(learning_rate), max_norm)
    losses, norms, evaluations, solved = [], [], [], False

    def evaluate() -> dict[str, float]:
        return score(network, validation) | (cue_gradient(network, validation) if follow else {})

    with threadpool_limits(1, user_api="blas"):
        if follow:
            evaluations.append(evaluate())
        for update in range(1, updates + 1):
            loss, grads = loss_and_gradients(network, task(batch_size, seed=[seed, update]), truncation)
            losses.append(loss)
            norms.append(global_norm(grads))
            network = network.with_parameters(adam.update(network.parameters, grads))
            if update % eval_every == 0 or update == updates:
                evaluations.append(evaluate())
                if sys.stdout.isatty():
                    loss = evaluations[-1]["loss"]
                    print(f"\rupdate {update} of {updates}, validation loss {loss:.4f}", end="", flush=True)
                if solved := evaluations[-1]["loss"] <= solved_at * validation.chance:
                    break
    if sys.stdout.isatty():
        print()
    return Fit(network, losses, norms, evaluations, eval_every, solved, seed)


def over_seeds(train: Callable[[int], T], seeds: Iterable[int]) -> list[T]:
    """Train once for each seed, on all cores.

    :param train: called with a seed, such as :func:`fit` with its other arguments fixed
    :param seeds: one for each run; :eq:`seed-interval` is the confidence interval of their mean
    :returns: what ``train`` returned for each seed, in their order

    >>> from rnn_tutorial.theory.training import over_seeds
    >>> over_seeds(lambda seed: f"trained from {seed}", seeds=(1, 2))
    ['trained from 1', 'trained from 2']
    """
    return list(Parallel(n_jobs=-1)(delayed(train)(seed) for seed in seeds))


def normalised_loss(runs: Sequence[Fit], examples: Examples) -> np.ndarray:
    """Compute the test loss of several runs relative to chance, L / L_chance: 0 is perfect, 1 is chance.

    :param runs: records of networks on the task, such as one for each seed
    :param examples: test examples of the task, sampled separately from those of the runs
    :returns: a normalised loss for each run, shape (runs,)
    :raises ValueError: if a network does not fit the examples
    """
    return np.array([score(run.network, examples)["loss"] for run in runs]) / examples.chance
