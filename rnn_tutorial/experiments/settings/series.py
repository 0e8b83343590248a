"""What an experiment can run on series of numbers: models of rivers."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from rnn_tutorial.experiments.settings import Setting
from rnn_tutorial.series.baselines import fit_ridge, fit_trees
from rnn_tutorial.series.buckets import BucketCell
from rnn_tutorial.series.convolution import fit_convolution, simulate_by
from rnn_tutorial.series.snow import degree_day_store, snow_scores, with_melt
from rnn_tutorial.series.sources import Series, load_river
from rnn_tutorial.series.training import fit_windows, new_network, simulate
from rnn_tutorial.series.windows import nash_sutcliffe, sliding_windows, split_in_time, standardise
from rnn_tutorial.theory.cells import Cell, unroll
from rnn_tutorial.theory.networks import Network

_NO_NETWORKS = ("ridge", "ridge_melt", "trees")


@dataclass(frozen=True)
class RiverSetting(Setting):
    """A model that computes the discharge of a river from the weather up to the same day.

    The last 6 years are the test, the 3 before them for validation, all others for training.

    :param river: one of :data:`~rnn_tutorial.series.sources.RIVERS`
    :param model: the class of a cell, or ``"convolution"``, ``"ridge"``, ``"ridge_melt"`` (it gets what
        melts of a store of snow) or ``"trees"``
    :param size: units or channels; the days that a linear model sees; the longest sum of trees
    :param learning_rate: Adam's first η; the others choose theirs on the validation part
    :param memory: days that a recurrent network sees; 0 is all: in training, a year before each day whose error counts
    :param probe: whether :func:`~rnn_tutorial.series.snow.snow_scores` is recorded, too; of Leaf, which has no
        temperature, with the snow of Au Saumon on the same days
    """

    river: str
    model: type[Cell[Any]] | str
    size: int
    learning_rate: float = 0.0
    memory: int = 0
    probe: bool = False
    reads_reviews = False

    def _new(self, river: Series, train: slice, seed: int) -> Network:
        """Return a new network; stores of water begin with their discharge as the output."""
        assert isinstance(self.model, type)
        if self.model is not BucketCell:
            return new_network(self.model, self.size, river.inputs.shape[1], seed)
        mean, deviation = river.target[train].mean(), river.target[train].std()
        V = np.full((1, self.size), 1 / (deviation * self.size), np.float32)
        return Network(BucketCell.random(3, self.size, seed), V, np.array([-mean / deviation], np.float32), "linear")

    def run(self, seed: int, reviews: None = None) -> dict[str, Any]:
        """Train, and compute the Nash-Sutcliffe efficiency on the validation part, and the test part."""
        river = load_river(self.river)
        train, validation, test = split_in_time(len(river), 1096, 2192)
        (x, y), parameters, probed, began = standardise(river, train), 0, {}, time.process_time()
        of_train: tuple[np.ndarray, np.ndarray] = (x[train], y[train])
        how: dict[str, Any] = {"learning_rate": self.learning_rate, "seed": seed}
        if self.model in ("ridge", "ridge_melt"):
            told = with_melt(river) if self.model == "ridge_melt" else river
            predicted, parameters = fit_ridge(told, self.size, train, validation)
        elif self.model == "trees":
            predicted = fit_trees(river, train, validation, self.size)
        elif self.model == "convolution":
            model = fit_convolution(*of_train, self.size, **how)
            predicted, parameters = simulate_by(model, x), model.count_params()
        else:
            new = self._new(river, train, seed)
            if self.memory:
                how |= {"judged": 1, "warm_up": self.memory - 1, "batch_size": 256}
            x = river.inputs.astype(np.float32) if self.model is BucketCell else x
            network = fit_windows(new, x[train], y[train], **how)
            parameters = sum(array.size for array in network.parameters.values())
            if self.memory:
                windows = sliding_windows(x, self.memory)
                last = np.concatenate([unroll(network.cell, some).h[:, -1] for some in np.array_split(windows, 8)])
                predicted = np.pad(network.read_out(last)[:, 0], (self.memory - 1, 0))
            else:
                predicted = simulate(network, x)
            if self.probe:
                probed = snow_scores(network, new, river.dates, x, *_snow_on(river), train)
        observed = river.target if self.model in _NO_NETWORKS else y
        scores = [{"nse": nash_sutcliffe(predicted[part], observed[part])} for part in (validation, test)]
        seconds = round(time.process_time() - began, 1)
        return {"seconds": seconds, "parameters": parameters, "validation": scores[0], "test": scores[1] | probed}

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        model = self.model if isinstance(self.model, str) else self.model.__name__
        libraries = {"convolution": ("keras", "tensorflow")} | dict.fromkeys(_NO_NETWORKS, ("scikit-learn",))
        return {
            "model": [model, self.size],
            "settings": [self.river, self.learning_rate, self.memory],
            "versions": {name: version(name) for name in ("numpy", *libraries.get(model, ()))},
        }


def _snow_on(river: Series) -> tuple[np.ndarray, np.ndarray]:
    """Return a river's snow and water, or those of Au Saumon on the same days if its series has no temperature."""
    colder = river if "T" in river.names else load_river("Au Saumon")
    P, _, T = colder.inputs.T
    days = (river.dates - colder.dates[0]).astype(int)
    there = (days >= 0) & (days < len(colder))
    store, water = (part[np.where(there, days, 0)] for part in degree_day_store(P, T))
    return np.where(there, store, np.nan), np.where(there, water, 0)
