"""What an experiment can run, by wing: what all settings promise. Import a wing's from its module."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rnn_tutorial._cache.memory import TRAINING_VERSION
from rnn_tutorial._cpu_kernels import chosen_cpu_kernels

DIGESTED = ("model", "optimizer", "settings", "reviews")  # facts that are long


@dataclass(frozen=True, kw_only=True)
class Setting(ABC):
    """One setting of an experiment: :meth:`run` trains it with a seed, :meth:`facts` says what determines the run."""

    after: str = ""  # the setting that some seed has to solve before this one is run
    seeds: int = 0  # how many of the experiment's seeds are used, the first ones; 0 is all
    reads_reviews: ClassVar[bool] = True

    @abstractmethod
    def run(self, seed: int, reviews: Any) -> dict[str, Any]:
        """Train, and return fields of a :class:`~rnn_tutorial.experiments.results.RecordedRun`.

        A setting that reads no reviews gets ``None``.
        """

    @abstractmethod
    def determined_by(self, seed: int, reviews: Any) -> Mapping[str, Any]:
        """Return what determines a run: the model, the settings, the reviews and the versions of the libraries."""

    def facts(self, seed: int, reviews: Any) -> dict[str, Any]:
        """Return what determines a run as it is recorded, long facts as digests."""
        facts = {**self.determined_by(seed, reviews), "cpu_kernels": chosen_cpu_kernels()}
        short = {name: _digest(fact) if name in DIGESTED else fact for name, fact in facts.items()}
        return short | {"training_version": TRAINING_VERSION}


def _digest(fact: Any) -> str:
    return hashlib.sha256(json.dumps(fact, sort_keys=True).encode()).hexdigest()[:16]
