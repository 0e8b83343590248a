"""Grids of training runs: every setting of an experiment with every seed, in parallel processes.

``nox -s experiments -- NAME`` runs one and writes ``runs/NAME.jsonl``, a line for each run. Recorded runs
are not repeated, so an interrupted grid can be resumed. Inside ``joblib.parallel_config("loky", n_jobs=4)``,
:func:`run_grid` has four runs at once, and inside ``joblib.parallel_config("dask")`` as many as a cluster has workers,
each in a process of its own. Threads would share one random generator, so they are refused.
"""

import argparse
import datetime
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import joblib
import keras
import numpy as np
from filelock import FileLock, Timeout
from joblib.externals.loky.process_executor import TerminatedWorkerError
from rich.progress import Progress

from rnn_tutorial._cpu_kernels import VARIABLES, chosen_cpu_kernels, pinned_cpu_kernels
from rnn_tutorial.experiments.plans import EXPERIMENTS, VOCABULARY
from rnn_tutorial.experiments.results import FOLDER, SOLVED, RecordedRun, read_runs, write_run
from rnn_tutorial.experiments.settings import Setting
from rnn_tutorial.provenance import machine
from rnn_tutorial.sentiment.reviews import Reviews, load_reviews

PASSED_ON = (*VARIABLES, "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "RNN_TUTORIAL_RUNS")  # to other machines


def run_one(experiment: str, name: str, seed: int, source: str) -> RecordedRun | str:
    """Train one setting; return the run, or an error message."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "A run cannot share its process: Keras seeds initial weights from Python's global generator, from which "
            "other threads draw, too. Use `joblib.parallel_config('loky')` or `'dask'`, and no threads."
        )
    try:
        keras.utils.clear_session()  # a worker trains many networks
        setting = EXPERIMENTS[experiment].settings[name]
        reviews = _reviews(source) if setting.reads_reviews else None
        unseen = ("test", "correct", "word_order") if EXPERIMENTS[experiment].trials else ()
        return RecordedRun(
            name,
            seed,
            **{name: value for name, value in setting.run(seed, reviews).items() if name not in unseen},
            reviews=reviews.source if reviews else "",
            facts=setting.facts(seed, reviews),
            python=platform.python_version(),
            machine=machine(),
            trained=datetime.datetime.now().isoformat(" ", "seconds"),
        )
    except Exception:
        return f"{name}, seed {seed}: {traceback.format_exc()}"


def _in_its_own_process(
    environment: Mapping[str, str], experiment: str, name: str, seed: int, source: str
) -> RecordedRun | str:
    """Do the same on a worker of Dask, which draws from its process' generator; the environment selects CPU kernels."""
    if environment.keys() & set(VARIABLES) and not pinned_cpu_kernels():
        return f"{name}, seed {seed}: the processor of {platform.node()} lacks AVX2, with whose kernels this is run."
    code = "import sys, joblib; from rnn_tutorial.experiments.runner import run_one; "
    code += "*what, seed, source, file = sys.argv[1:]; joblib.dump(run_one(*what, int(seed), source), file)"
    others = {name: value for name, value in os.environ.items() if name not in PASSED_ON}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "run")
        command = [sys.executable, "-c", code, experiment, name, str(seed), source, str(file)]
        ran = subprocess.run(command, env=others | dict(environment), capture_output=True, text=True, check=False)
        if ran.returncode:
            return f"{name}, seed {seed}: its process ended with {ran.returncode}: {ran.stderr[-2000:]}"
        return joblib.load(file)


@cache
def _reviews(source: str) -> Reviews:
    return load_reviews(source, VOCABULARY)


def run_grid(
    experiment: str,
    file: Path,
    source: str = "bundled",
    seeds: Sequence[int] | None = None,
    settings: Sequence[str] | None = None,
) -> list[str]:
    """Run what is missing of an experiment, and record each run as soon as it ends.

    Inside ``joblib.parallel_config("loky")`` the runs go to its workers, each of which loads the reviews itself, from
    the same ``source``. Inside ``("dask")`` they go to the workers of a cluster, where each run is a process of its own
    with the CPU kernels and threads of this one. A run that fails does not affect the others. An interrupt, or a worker
    that dies, loses only the runs in progress; Dask starts these again on another.

    :param seeds: the seeds, or ``None`` for those of the experiment; so are the settings
    :returns: error messages, one for each run that failed
    :raises ValueError: if there is no such experiment or setting, or a seed is given twice
    :raises RuntimeError: if a run would share its process, as with threads
    """
    if experiment not in EXPERIMENTS:
        raise ValueError(f"`experiment`: expected one of {', '.join(EXPERIMENTS)}, got {experiment!r}.")
    planned = EXPERIMENTS[experiment].seeds
    asked = list(planned if seeds is None else seeds)
    if len(set(asked)) != len(asked) or not asked:
        raise ValueError(f"`seeds`: expected each seed once, got {', '.join(map(str, asked)) or 'none'}.")
    known = EXPERIMENTS[experiment].settings
    if settings is not None and (unknown := set(settings) - known.keys()):
        raise ValueError(f"`settings`: expected some of {', '.join(known)}, got {', '.join(sorted(unknown))}.")
    if any(setting.reads_reviews for setting in known.values()):
        _reviews(source)  # first, so that missing reviews are reported before any work
    failures: list[str] = []
    run = run_one
    if "Dask" in type(joblib.parallel.get_active_backend()[0]).__name__:
        run = partial(_in_its_own_process, {name: os.environ[name] for name in PASSED_ON if name in os.environ})
    with Progress() as progress:
        everything = [
            (setting, seed)
            for seed in asked
            for setting in settings or known
            if seed not in planned or seed in planned[: known[setting].seeds or None]
        ]
        bar = progress.add_task(experiment, total=len(everything))
        begun: set[tuple[str, int]] = set()  # a run that failed is not started again
        while left := [pair for pair in _to_run(everything, known, file) if pair not in begun]:
            progress.update(bar, completed=len(everything) - len(left))
            begun.update(left)
            calls = [joblib.delayed(run)(experiment, setting, seed, source) for setting, seed in left]
            for result in joblib.Parallel(return_as="generator_unordered")(calls):
                if isinstance(result, str):
                    failures.append(result)
                else:
                    write_run(file, result)
                progress.advance(bar)
        progress.update(bar, completed=len(everything))
    return failures


def _to_run(pairs: Sequence[tuple[str, int]], known: Mapping[str, Setting], file: Path) -> list[tuple[str, int]]:
    """Return the runs that are not recorded yet, without settings whose shorter lag no seed has solved."""
    runs = read_runs(file) if file.is_file() else []
    runs = [run for run in runs if run.cpu_kernels == chosen_cpu_kernels()]
    recorded = {(run.setting, run.seed) for run in runs}
    unsolved = {setting for setting, _ in pairs} - {run.setting for run in runs if run.updates_until(SOLVED) < np.inf}
    return [pair for pair in pairs if pair not in recorded and known[pair[0]].after not in unsolved]


@contextmanager
def _workers(scheduler: str | None, here: int) -> Iterator[None]:
    """Give runs to the workers of a scheduler, and say when one goes or comes; or to processes of this machine."""
    if scheduler is None:
        with joblib.parallel_config("loky", n_jobs=here):
            yield
        return
    from distributed import Client
    from distributed.diagnostics.plugin import SchedulerPlugin

    class Tell(SchedulerPlugin):
        def add_worker(self, scheduler: Any, worker: str) -> None:
            scheduler.log_event("workers", f"{worker} works")

        def remove_worker(self, scheduler: Any, worker: str, **_: Any) -> None:
            scheduler.log_event("workers", f"{worker} is gone; other workers start its runs again")

    with Client(scheduler) as client:
        client.register_plugin(Tell(), "rnn_tutorial")
        client.subscribe_topic("workers", lambda event: print(event[1]))
        client.wait_for_workers(1)
        with joblib.parallel_config("dask"):
            yield


def main(arguments: list[str]) -> int:
    """Run an experiment on this machine."""
    parser = argparse.ArgumentParser("nox -s experiments --", description="Run an experiment on this machine.")
    questions = "; ".join(f"{name}: {experiment.question}" for name, experiment in EXPERIMENTS.items())
    parser.add_argument("experiment", choices=list(EXPERIMENTS), help=questions)
    parser.add_argument("--reviews", default="bundled", help="bundled, or a path to Stanford's aclImdb")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count(), help="parallel processes, of at least 1.5 GB each"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of Dask, such as tcp://HOST:8786: its workers run it")
    parser.add_argument("--settings", nargs="+", help="some of the experiment's settings")
    parser.add_argument("--every", type=int, default=1, help="5 runs every fifth seed")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args(arguments)
    source = "" if given.reviews == "bundled" else f"-{re.split('[._]', Path(given.reviews).name)[0]}"  # aclImdb
    file = given.folder / f"{given.experiment}{source}.jsonl"
    if not (seeds := EXPERIMENTS[given.experiment].seeds[given.every - 1 :: given.every]):
        return 0
    # a shell makes background processes ignore interrupts, and an ignored one would swallow SIGTERM too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with FileLock(file.with_suffix(".lock"), timeout=0), _workers(given.scheduler, given.workers):
            failures = run_grid(given.experiment, file, given.reviews, seeds, given.settings)
    except KeyboardInterrupt:
        print(f"Interrupted. Finished runs are recorded in {file}; the same command resumes the rest.")
        return 130
    except Timeout:
        print(f"Another run of this experiment is writing {file}. Wait for it, or give another --folder.")
        return 1
    except OSError as error:
        if given.scheduler is None:
            raise
        print(f"--scheduler: expected the address of a scheduler of Dask, such as tcp://HOST:8786, got {error}.")
        return 1
    except TerminatedWorkerError:
        print(f"A worker died, perhaps for lack of memory. Finished runs are in {file}; the same command resumes.")
        return 1
    print("\n".join(failures), end="\n" * bool(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    from rnn_tutorial.experiments import runner  # workers find its functions there, not in a program's __main__

    sys.exit(runner.main(sys.argv[1:]))
