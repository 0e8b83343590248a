"""What an experiment can run of theory: NumPy cells on a task."""

import time
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from io import StringIO
from typing import Any

import numpy as np

from rnn_tutorial.experiments.results import SOLVED
from rnn_tutorial.experiments.settings import Setting
from rnn_tutorial.theory.cells import Cell
from rnn_tutorial.theory.networks import Network, chrono_biases, cue_gradient, score
from rnn_tutorial.theory.tasks import Examples, first_letter
from rnn_tutorial.theory.training import fit


@dataclass(frozen=True)
class TaskSetting(Setting):
    """A network of :mod:`~rnn_tutorial.theory.networks`, and the task that it learns.

    :param cell: its cell
    :param task: the task, such as ``partial(temporal_order, lag=50)``
    :param learning_rate: Adam's η
    :param forget_bias: as in :meth:`Cell.random <rnn_tutorial.theory.cells.Cell.random>`
    :param longest: the longest lag of :func:`~rnn_tutorial.theory.networks.chrono_biases`, or 0 for other biases
    :param updates: the maximum number of updates; training stops when the task is solved
    :param solved_at: at which loss relative to chance that is; 0 is never
    :param units: of the cell
    :param norm: multiplies the initial U of a simple RNN, whose spectral norm is 1
    :param first: a task that is learnt first, in 500 updates, or ``None``
    :param follow: whether the gradient at the cues is recorded, too
    :param letters: lengths at which the first letter is asked for; the gradient at the first of 50 is then recorded,
        too, of the new network and of the trained one
    """

    cell: type[Cell[Any]]
    task: partial[Examples]
    learning_rate: float
    forget_bias: float | None = None
    longest: int = 0
    updates: int = 2000
    solved_at: float = SOLVED
    units: int = 32
    norm: float = 1.0
    first: partial[Examples] | None = None
    follow: bool = False
    letters: tuple[int, ...] = ()
    reads_reviews = False

    def run(self, seed: int, reviews: None = None) -> dict[str, Any]:
        """Train on new examples at each update, and test on further ones."""
        network = Network.random(self.cell, self.units, self.task(2), seed, forget_bias=self.forget_bias)
        if self.longest:
            network = chrono_biases(network, self.longest, seed)
        if self.norm != 1:
            U = np.float32(self.norm) * network.parameters["U"]
            network = network.with_parameters(network.parameters | {"U": U})
        new, began, learn = network, time.process_time(), partial(fit, learning_rate=self.learning_rate, seed=seed)
        with redirect_stdout(StringIO()):  # the terminal shows the grid's progress
            if self.first:
                network = learn(network, self.first, updates=500, solved_at=0).network
            run = learn(network, self.task, updates=self.updates, solved_at=self.solved_at, follow=self.follow)
        chance = self.task(2).chance
        asked = {n: first_letter(1000, n, seed=100) for n in self.letters}
        found = {f"{n} letters": score(run.network, examples)["accuracy"] for n, examples in asked.items()}
        for when, of in {"new": new, "trained": run.network}.items() if asked else ():
            arrives = cue_gradient(of, first_letter(4000, 50, seed=100))
            found |= {f"{name}, {when}": arrives[name] for name in ("reach", "signal")}
        names = [name for name in run.evaluations[0] if name not in ("loss", "accuracy")]
        return {
            "seconds": round(time.process_time() - began, 1),
            "parameters": sum(array.size for array in network.parameters.values()),
            "validation": run.evaluations[-1],
            "test": score(run.network, self.task(1000, seed=[seed, self.updates + 1])) | found,
            "losses": [round(scored["loss"] / chance, 5) for scored in run.evaluations[self.follow :]],
            "eval_every": run.eval_every,
            "curves": {name: [float(f"{scored[name]:.4g}") for scored in run.evaluations] for name in names},
        }

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        tasks = [[task.func.__name__, task.keywords] for task in (self.task, self.first) if task]
        model = [self.cell.__name__, self.forget_bias, self.longest, *([self.norm] if self.norm != 1 else [])]
        return {
            "model": model + [f"{self.units} units"] * (self.units != 32),  # recorded runs are older than it
            "settings": [tasks[0], self.learning_rate, self.updates, self.solved_at, *tasks[1:]],
            "versions": {name: version(name) for name in ("numpy", "scipy")},
        }
