"""How a grid grows: what a run costs beside its training, measured here, and what follows for larger grids.

    nox -s benchmark -- grid

A run that trains nothing goes through joblib's processes and through Dask's workers, one and two of them. What it costs
is the scheduler's, and the writer's. A worker of Dask starts a process for each run, and what that costs is the
worker's. From these, and from the seconds of the recorded runs, the time of larger grids is computed: no cluster was
asked.
"""

import os
import pickle
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import joblib
import numpy as np
from distributed import Client, LocalCluster

from rnn_tutorial.keras_grid import run_one
from rnn_tutorial.recorded import FOLDER, read_runs, write_run
from rnn_tutorial.reviews import load_reviews

RUNS = 200
REVIEWS = 25_000  # answers that a run sends back


def seconds_of(command: Callable[[], object]) -> float:
    """Return how long a command takes."""
    began = time.perf_counter()
    command()
    return time.perf_counter() - began


def grid(runs: int) -> None:
    """Send back so many answers, so many times, without training."""
    calls = (joblib.delayed(np.zeros)(REVIEWS, bool) for _ in range(runs))
    for _ in joblib.Parallel(return_as="generator_unordered")(calls):
        pass


def cost_of_a_run() -> float:
    """Return the seconds that a run takes when it does nothing; the start of the workers is not counted."""
    grid(8)
    return min(seconds_of(lambda: grid(RUNS)) for _ in range(3)) / RUNS


def cost_of_a_process() -> float:
    """Return the seconds that a run which fails at once takes in a process of its own, as on Dask."""
    failing = threading.Thread(target=run_one, args=("networks", "no such setting", 101, "bundled"))
    return seconds_of(lambda: (failing.start(), failing.join()))


def main() -> None:
    """Measure, compute and print."""
    recorded = read_runs(FOLDER / "networks-aclImdb.jsonl")
    costs = {}
    for workers in (1, 2):
        with joblib.parallel_config("loky", n_jobs=workers):
            costs[f"joblib, {workers}"] = cost_of_a_run()
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster),
            joblib.parallel_config("dask"),
        ):
            costs[f"Dask, {workers}"] = cost_of_a_run()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "grid.jsonl"
        some = [recorded[number % len(recorded)] for number in range(RUNS)]
        writing = seconds_of(lambda: [write_run(file, run) for run in some]) / RUNS
        line = file.stat().st_size / RUNS
        reading = seconds_of(lambda: read_runs(file)) / len(recorded)
    load_reviews()  # they are in the cache now
    loading = seconds_of(load_reviews)
    process = min(cost_of_a_process() for _ in range(3))
    training = float(np.mean([run.seconds for run in recorded]))
    sent = len(pickle.dumps((run_one, ("networks", "lstm", 101, "bundled"))))

    print("What a run costs beside its training (with one worker joblib sends nothing):")
    for name, cost in costs.items():
        print(f"  {name} worker{'s' * (name[-1] != '1')}: {1000 * cost:.1f} ms")
    print(f"  to write it {1000 * writing:.1f} ms, to read it {1000 * reading:.2f} ms; its line has {line:,.0f} bytes")
    print(f"  sent to a worker {sent:,} bytes, and back {len(pickle.dumps(recorded[0])):,}")
    print(f"  joblib's workers load the reviews once, {loading:.1f} s")
    print(f"  Dask's start a process for each run, {process:.1f} s")
    print(f"A run trains {training:.0f} s on average.\n")

    each = costs["Dask, 2"] + writing
    print(f"Computed for Dask: one scheduler and one writer end {1 / each:,.0f} runs a second, enough for")
    print(f"{(process + training) / each:,.0f} workers.\n")
    print(f"{'runs':>8}{'workers':>9}{'hours':>9}{'busy, %':>9}{'file, MB':>10}{'to read it, s':>15}")
    for runs in (1_000, 100_000):
        for workers in (10, 100, 1_000):
            rounds = -(-runs // workers)  # the last one leaves workers idle
            took = max(rounds * (process + training), runs * each)
            busy = 100 * runs * training / (workers * took)
            size, read = runs * line / 1e6, runs * reading
            print(f"{runs:>8,}{workers:>9,}{took / 3600:>9.2f}{busy:>9.0f}{size:>10.0f}{read:>15.1f}")


if __name__ == "__main__":
    main()
