"""Provenance of results: settings, versions and machine, as pages show them at their end.

Nothing that takes long to load is imported.
"""

import contextlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

import rnn_tutorial

__all__ = ["shared_provenance", "versions", "machine", "HasProvenance"]


class HasProvenance(Protocol):
    """Anything that records how it was produced, such as a :class:`~rnn_tutorial.sentiment.training.Run`."""

    def provenance(self) -> dict[str, str]:
        """Return a title and a value for each fact."""


def shared_provenance(runs: Mapping[str, HasProvenance]) -> dict[str, str]:
    """Summarise how several runs were produced: one value where all agree, otherwise one per run.

    :param runs: a title for each run
    :returns: a title and a value for each fact

    >>> from rnn_tutorial.sentiment.training import Run
    >>> from rnn_tutorial.provenance import shared_provenance
    >>> runs = {name: Run(model=None, seed=seed) for seed, name in enumerate("ab")}
    >>> shared_provenance(runs)["seed"]
    'a: 0; b: 1'
    """
    by_run = {title: run.provenance() for title, run in runs.items()}
    shared = {}
    for fact in next(iter(by_run.values())):
        values = {title: provenance[fact] for title, provenance in by_run.items()}
        alike = len(set(values.values())) == 1
        each = "; ".join(f"{title}: {value}" for title, value in values.items())
        shared[fact] = next(iter(values.values())) if alike else each
    return shared


def versions() -> dict[str, str]:
    """Return the versions of this package, Python and the libraries that results depend on, if installed."""
    libraries = {}
    for name in ("tensorflow", "keras", "numpy"):
        with contextlib.suppress(PackageNotFoundError):  # a browser has NumPy alone
            libraries[name] = version(name)
    return {"rnn_tutorial": rnn_tutorial.__version__, "Python": platform.python_version()} | libraries


def machine() -> str:
    """Return the number of cores of this machine and the name of its processor."""
    name = platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
        name = next(line for line in lines if line.startswith("model name")).partition(":")[2].strip()
    return f"{os.cpu_count()} cores, {name}"
