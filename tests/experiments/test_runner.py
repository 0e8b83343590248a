import os
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import product

import joblib
import numpy as np
import psutil
import pytest
from filelock import FileLock

from rnn_tutorial._cpu_kernels import AVX2
from rnn_tutorial.experiments import runner
from rnn_tutorial.experiments.plans import EXPERIMENTS, FRESH, Experiment
from rnn_tutorial.experiments.results import read_runs, write_run
from rnn_tutorial.experiments.runner import run_grid
from rnn_tutorial.experiments.settings import sentiment, theory
from rnn_tutorial.experiments.settings.sentiment import KerasSetting
from rnn_tutorial.experiments.settings.theory import TaskSetting
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.reviews import load_reviews
from rnn_tutorial.theory.cells import GRUCell, SimpleRNNCell
from rnn_tutorial.theory.tasks import temporal_order


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("reviews") / "mine.csv"
    rows = [f"film {number} was {word},{label}" for number in range(30) for label, word in enumerate(("bad", "good"))]
    path.write_text("\n".join(["text,label", *rows]))
    return str(path)


SMALL = {
    "one": KerasSetting(lambda: models.bag_of_words(200, 4), {"epochs": 1, "learning_rate": 0.1}),
    "two": KerasSetting(lambda: models.lstm(200, 4, 4, mask_padding=True), {"epochs": 1}),
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "small", Experiment("?", SMALL, seeds=(1, 2)))
    monkeypatch.setitem(EXPERIMENTS, "tasks", Experiment("?", ON_TASKS, seeds=(1, 2)))


def pairs(file):
    return [(run.setting, run.seed) for run in read_runs(file)]


@pytest.mark.slow
def test_a_grid_records_what_train_gives_and_runs_nothing_twice(tmp_path, source, small, monkeypatch):
    file = tmp_path / "grid.jsonl"
    assert run_grid("small", file, source) == []
    assert pairs(file) == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]
    recorded, found = read_runs(file)[-1], SMALL["two"].run(2, load_reviews(source))
    assert np.array_equal(recorded.correct, found["correct"])
    for name in ("test", "validation", "best_epoch", "parameters"):
        assert getattr(recorded, name) == found[name]
    assert recorded.settings["epochs"] == "1"

    monkeypatch.setattr(sentiment, "train", lambda *a, **k: pytest.fail("it is trained again"))
    assert run_grid("small", file, source) == []


def test_a_trial_records_nothing_of_the_test_split(source, small, monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "trials", Experiment("?", SMALL, seeds=(11,), trials=True))
    run, tried = (runner.run_one(of, "one", 11, source) for of in ("small", "trials"))
    assert tried.validation == run.validation
    assert (tried.test, tried.word_order, len(tried.correct)) == (None, None, 0)


@pytest.mark.slow
@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_a_run_that_fails_or_is_interrupted_keeps_the_others(tmp_path, source, small, monkeypatch, error):
    trained = sentiment.train

    def fails(model, reviews, *, seed, **settings):
        if seed == 2:
            raise error("no room")
        return trained(model, reviews, seed=seed, **settings)

    monkeypatch.setattr(sentiment, "train", fails)
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            run_grid("small", tmp_path / "grid.jsonl", source)
    else:
        one, two = sorted(run_grid("small", tmp_path / "grid.jsonl", source))
        assert one.startswith("one, seed 2: ") and two.startswith("two, seed 2: ") and "MemoryError: no room" in one
    assert pairs(tmp_path / "grid.jsonl") == [("one", 1), ("two", 1)]


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        ("experiment", {"experiment": "nets"}),
        ("seeds", {"seeds": [101, 102, 101]}),
        ("seeds", {"seeds": []}),
        ("settings", {"settings": ["one", "perceptron"]}),
        ("source", {"source": "no-such-folder"}),
    ],
)
def test_mistakes_are_told_before_the_first_run(tmp_path, small, source, monkeypatch, argument, given):
    monkeypatch.setattr(runner, "run_one", lambda *a: pytest.fail("a run has begun"))
    with pytest.raises((ValueError, FileNotFoundError), match=f"`{argument}`: expected"):
        run_grid(**{"experiment": "small", "file": tmp_path / "grid.jsonl", "source": source} | given)
    assert not (tmp_path / "grid.jsonl").exists()


def test_a_run_in_a_thread_is_refused_in_words(tmp_path, small, source, monkeypatch):
    monkeypatch.setattr(sentiment, "train", lambda *a, **k: pytest.fail("it is trained"))
    file = tmp_path / "grid.jsonl"
    with joblib.parallel_config("threading", n_jobs=2), pytest.raises(RuntimeError, match=r"parallel_config\('loky'\)"):
        run_grid("small", file, source)
    assert not file.exists()


def test_a_second_grid_on_one_file_is_refused(tmp_path, small, source, monkeypatch, capsys):
    monkeypatch.setattr(runner.signal, "signal", lambda *_: None)
    monkeypatch.setattr(runner, "run_grid", lambda *a: pytest.fail("a run has begun"))
    with FileLock(tmp_path / "small-mine.lock"):
        assert runner.main(["small", "--reviews", source, "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith(f"Another run of this experiment is writing {tmp_path}")


def start(tmp_path, source):
    command = [sys.executable, "-m", "rnn_tutorial.experiments.runner", "networks", "--settings", "bag_of_words"]
    command += ["--reviews", source, "--workers", "2", "--folder", str(tmp_path)]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, start_new_session=True, **output)


def wait_for(file, process, runs):
    while not file.is_file() or len(read_runs(file)) < runs:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)


def workers_of(process):
    return [child for child in psutil.Process(process.pid).children() if "loky" in " ".join(child.cmdline())]


@pytest.mark.slow
def test_a_grid_goes_on_where_it_was_killed_ended_or_lost_a_worker(tmp_path, source):
    file = tmp_path / "networks-mine.jsonl"
    killed = start(tmp_path, source)
    wait_for(file, killed, 1)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    first = pairs(file)

    ended = start(tmp_path, source)
    wait_for(file, ended, len(first) + 1)
    workers = workers_of(ended)
    ended.send_signal(signal.SIGTERM)  # to the grid alone; Ctrl-C reaches the workers, too
    output, _ = ended.communicate()
    assert ended.returncode == 130
    assert f"Interrupted. Finished runs are recorded in {file}" in output and "Traceback" not in output
    assert workers and psutil.wait_procs(workers)[1] == []
    second = pairs(file)
    assert len(first) < len(second)

    lost = start(tmp_path, source)
    wait_for(file, lost, len(second) + 1)
    workers_of(lost)[-1].kill()
    output, _ = lost.communicate()
    assert lost.returncode == 1
    assert "A worker died" in output and "Traceback" not in output
    assert len(second) < len(pairs(file)) < len(FRESH)

    whole = start(tmp_path, source)
    output, _ = whole.communicate()
    assert whole.returncode == 0, output
    assert pairs(file) == [("bag_of_words", seed) for seed in FRESH]


@pytest.mark.slow
def test_a_grid_on_the_workers_of_dask_gives_what_it_gives_here(tmp_path, source, monkeypatch, capfd):
    """Whatever kernels their environment selects, and although one of them dies."""
    from distributed import Client, LocalCluster

    here, there = (tmp_path / name / "networks-mine.jsonl" for name in ("here", "there"))
    grid = ["networks", "--settings", "bag_of_words", "feed_forward", "--every", "5", "--reviews", source]
    monkeypatch.setattr(runner.signal, "signal", lambda *_: None)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            pids = list(client.run(os.getpid).values())
        for name, value in (AVX2 | {"TF_NUM_INTRAOP_THREADS": "1"}).items():
            monkeypatch.setenv(name, value)

        def kill_one_and_write(file, run):
            if len(pids) > 1:
                os.kill(pids.pop(), signal.SIGKILL)
            write_run(file, run)

        with monkeypatch.context() as during:
            during.setattr(runner, "write_run", kill_one_and_write)
            assert runner.main([*grid, "--folder", str(there.parent), "--scheduler", cluster.scheduler_address]) == 0
        assert "is gone; other workers start its runs again" in capfd.readouterr().out
    assert runner.main([*grid, "--folder", str(here.parent), "--workers", "2"]) == 0
    assert len(read_runs(there)) == 4
    for one, other in zip(read_runs(here), read_runs(there), strict=True):
        assert (one.setting, one.seed, one.facts) == (other.setting, other.seed, other.facts)
        assert (one.losses, one.test, one.cpu_kernels) == (other.losses, other.test, AVX2)
        assert np.array_equal(one.correct, other.correct)
    monkeypatch.setattr(runner, "run_one", lambda *_: pytest.fail("it runs again"))
    assert runner.main([*grid, "--folder", str(there.parent), "--workers", "1"]) == 0


@pytest.mark.slow
def test_an_address_without_a_scheduler_is_told(tmp_path, source, monkeypatch, capsys):
    monkeypatch.setattr(runner.signal, "signal", lambda *_: None)
    grid = ["networks", "--reviews", source, "--folder", str(tmp_path), "--scheduler", "tcp://127.0.0.1:1"]
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    assert runner.main(grid) == 1
    assert capsys.readouterr().out.startswith("--scheduler: expected the address of a scheduler of Dask")


NEAR = partial(temporal_order, lag=0, window=2)
ON_TASKS = {
    "near": TaskSetting(SimpleRNNCell, NEAR, learning_rate=0.03, updates=300),
    "far": TaskSetting(SimpleRNNCell, partial(temporal_order, lag=60), 0.03, updates=60, after="near"),
    "further": TaskSetting(SimpleRNNCell, partial(temporal_order, lag=70), 0.03, updates=60, after="far"),
    "kept": TaskSetting(GRUCell, NEAR, learning_rate=0.03, longest=12, updates=200),
    "once": TaskSetting(GRUCell, NEAR, learning_rate=0.03, updates=20, seeds=1),
}


def test_what_no_seed_solves_at_one_lag_is_not_tried_at_the_next(tmp_path, small, monkeypatch):
    file = tmp_path / "grid.jsonl"
    assert run_grid("tasks", file, "there are no such reviews") == []
    assert pairs(file) == [*product(("far", "kept", "near"), (1, 2)), ("once", 1)]
    runs = {(run.setting, run.seed): run for run in read_runs(file)}
    assert runs["near", 1].updates_until(0.05) <= 300 < runs["far", 1].updates_until(0.05) == np.inf
    assert len(runs["far", 1].losses) == 2  # after 50 updates and after 60
    monkeypatch.setattr(theory, "fit", lambda *a, **k: pytest.fail("it is trained again"))
    assert run_grid("tasks", file) == []
