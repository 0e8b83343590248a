"""A grid records each run once, whatever stops it, on this machine and on Dask's workers."""

import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

import joblib
import numpy as np
import psutil
import pytest
from filelock import FileLock

from rnn_tutorial.experiments import runner, settings
from rnn_tutorial.experiments.plans import EXPERIMENTS, FRESH, Experiment
from rnn_tutorial.experiments.results import read_runs
from rnn_tutorial.experiments.runner import run_grid
from rnn_tutorial.experiments.settings import KerasSetting, TaskSetting
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.reviews import load_reviews
from rnn_tutorial.sentiment.training import train
from rnn_tutorial.theory.cells import GRUCell, SimpleRNNCell
from rnn_tutorial.theory.tasks import temporal_order


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Write a CSV of 60 short reviews."""
    path = tmp_path_factory.mktemp("reviews") / "mine.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for number, label in product(range(30), (0, 1)):
            writer.writerow([f"film {number} was {('bad', 'good')[label]}", label])
    return str(path)


SMALL = {
    "one": KerasSetting(lambda: models.bag_of_words(200, 4), {"epochs": 1, "learning_rate": 0.1}),
    "two": KerasSetting(lambda: models.lstm(200, 4, 4, mask_padding=True), {"epochs": 1}),
}


@pytest.fixture
def small(monkeypatch):
    """Let the experiment train small models."""
    monkeypatch.setitem(EXPERIMENTS, "small", Experiment("?", SMALL, seeds=(1, 2)))


@pytest.fixture(scope="module")
def grid(tmp_path_factory, source):
    """Run the small experiment once; give its file, of which each test takes a copy."""
    file = tmp_path_factory.mktemp("grid") / "grid.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EXPERIMENTS, "small", Experiment("?", SMALL, seeds=(1, 2)))
        assert run_grid("small", file, source) == []
    return file


def pairs(file):
    return [(run.setting, run.seed) for run in read_runs(file)]


@pytest.mark.slow
def test_a_grid_records_what_train_gives_and_runs_nothing_twice(tmp_path, source, small, grid, monkeypatch):
    file = Path(shutil.copy(grid, tmp_path))
    assert pairs(file) == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]
    reviews, setting = load_reviews(source), EXPERIMENTS["small"].settings["two"]
    run = train(setting.model(), reviews, seed=2, **setting.training)
    recorded = read_runs(file)[-1]
    assert np.array_equal(recorded.correct, (run.test_probabilities > 0.5) == reviews.test.labels)
    assert {name: recorded.test[name] for name in run.test} == pytest.approx(run.test, rel=1e-5)
    assert (recorded.validation, recorded.best_epoch) == (run.validation, run.best_epoch)
    assert recorded.parameters == run.model.count_params()
    assert recorded.settings["epochs"] == "1"

    monkeypatch.setattr(settings, "train", lambda *a, **k: pytest.fail("it is trained again"))
    assert run_grid("small", file, source) == []


@pytest.mark.slow
def test_a_run_that_fails_is_told_and_the_others_are_recorded(tmp_path, source, small, monkeypatch):
    trained = settings.train

    def fails(model, reviews, *, seed, **settings):
        if seed == 1 and model.name == "lstm":
            raise MemoryError("no room")
        return trained(model, reviews, seed=seed, **settings)

    monkeypatch.setattr(settings, "train", fails)
    (failure,) = run_grid("small", tmp_path / "grid.jsonl", source)
    assert failure.startswith("two, seed 1: ")
    assert "MemoryError: no room" in failure
    assert pairs(tmp_path / "grid.jsonl") == [("one", 1), ("one", 2), ("two", 2)]


@pytest.mark.slow
def test_an_interrupt_keeps_the_runs_that_had_ended(tmp_path, source, small, monkeypatch):
    trained = settings.train

    def interrupted(model, reviews, *, seed, **settings):
        if seed == 2:
            raise KeyboardInterrupt
        return trained(model, reviews, seed=seed, **settings)

    monkeypatch.setattr(settings, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_grid("small", tmp_path / "grid.jsonl", source)
    assert pairs(tmp_path / "grid.jsonl") == [("one", 1), ("two", 1)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"experiment": "nets"}, "`experiment`: expected one of lags, networks, .*, got 'nets'"),
        ({"seeds": [101, 102, 101]}, "`seeds`: expected each seed once, got 101, 102, 101"),
        ({"seeds": []}, "`seeds`: expected each seed once, got none"),
        ({"settings": ["one", "perceptron"]}, "`settings`: expected some of one, two, got perceptron"),
        ({"source": "no-such-folder"}, "there is nothing there"),
    ],
)
def test_mistakes_are_told_before_the_first_run(tmp_path, small, source, monkeypatch, arguments, message):
    monkeypatch.setattr(runner, "run_one", lambda *a: pytest.fail("a run has begun"))
    given = {"experiment": "small", "file": tmp_path / "grid.jsonl", "source": source} | arguments
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        run_grid(**given)
    assert not (tmp_path / "grid.jsonl").exists()


def test_a_second_grid_on_one_file_is_refused(tmp_path, small, source, monkeypatch, capsys):
    monkeypatch.setattr(runner.signal, "signal", lambda *_: None)
    monkeypatch.setattr(runner, "run_grid", lambda *a: pytest.fail("a run has begun"))
    with FileLock(tmp_path / "small-mine.lock"):
        assert runner.main(["small", "--reviews", source, "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith(f"Another run of this experiment is writing {tmp_path}")


# ------------------------------------------------------------------------------------------------- several processes


def start(tmp_path, source):
    """Start a grid on two workers, as the session does."""
    command = [
        sys.executable,
        "-m",
        "rnn_tutorial.experiments.runner",
        "networks",
        "--reviews",
        source,
        "--workers",
        "2",
    ]
    command += ["--settings", "bag_of_words", "--folder", str(tmp_path)]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, start_new_session=True, **output)


def wait_for(condition, process, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_a_killed_grid_and_one_whose_worker_dies_go_on_where_they_were(tmp_path, source):
    file = tmp_path / "networks-mine.jsonl"
    first = start(tmp_path, source)
    wait_for(lambda: file.is_file() and len(read_runs(file)) >= 2, first)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    had = pairs(file)
    assert 2 <= len(had) < 10

    second = start(tmp_path, source)
    wait_for(lambda: len(read_runs(file)) > len(had), second)
    workers_of(second)[-1].kill()
    output, _ = second.communicate(timeout=300)
    assert second.returncode == 1
    assert "A worker died" in output and "Traceback" not in output
    assert len(pairs(file)) > len(had)

    third = start(tmp_path, source)
    output, _ = third.communicate(timeout=300)
    assert third.returncode == 0, output
    assert pairs(file) == [("bag_of_words", seed) for seed in FRESH]


def workers_of(process):
    return [child for child in psutil.Process(process.pid).children() if "loky" in " ".join(child.cmdline())]


@pytest.mark.slow
def test_a_grid_that_is_ended_ends_its_workers_and_says_how_to_go_on(tmp_path, source):
    file = tmp_path / "networks-mine.jsonl"
    grid = start(tmp_path, source)
    wait_for(lambda: file.is_file() and read_runs(file), grid)
    workers = workers_of(grid)
    assert workers
    grid.send_signal(signal.SIGTERM)  # to the grid alone; Ctrl-C reaches the workers, too
    output, _ = grid.communicate(timeout=300)
    assert grid.returncode == 130
    assert f"Interrupted. Finished runs are recorded in {file}" in output
    assert "Traceback" not in output
    assert psutil.wait_procs(workers, timeout=300)[1] == []
    assert read_runs(file)


def check_the_same_runs(here, there):
    """Check that two files hold the same runs, whatever the last bits of their numbers."""
    for one, other in zip(read_runs(here), read_runs(there), strict=True):
        assert (one.setting, one.seed, one.facts) == (other.setting, other.seed, other.facts)
        assert other.test == pytest.approx(one.test, rel=1e-5)  # another seed changes the loss by 0.001 and more
        assert np.array_equal(one.correct, other.correct)


@pytest.mark.slow
def test_a_grid_runs_on_the_workers_of_dask_with_the_same_numbers(tmp_path, source):
    from distributed import Client, LocalCluster

    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    grid = {"experiment": "networks", "source": source, "seeds": [101, 102], "settings": ["bag_of_words"]}
    run_grid(file=here, **grid)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config("dask"),
    ):
        assert run_grid(file=there, **grid) == []
    check_the_same_runs(here, there)


@pytest.mark.slow
def test_random_numbers_that_another_thread_draws_change_no_run(tmp_path, source):
    """Dask's workers draw some at each heartbeat, from the generator that gives Keras the seeds of its weights."""
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    grid = {"experiment": "networks", "source": source, "seeds": [101], "settings": ["bag_of_words"]}
    run_grid(file=here, **grid)
    ended = threading.Event()

    def draw():
        while not ended.wait(0.0001):
            random.random()

    drawing = threading.Thread(target=draw)
    drawing.start()
    try:
        with joblib.parallel_config("threading", n_jobs=2):
            assert run_grid(file=there, **grid) == []
    finally:
        ended.set()
        drawing.join()
    check_the_same_runs(here, there)


@pytest.mark.slow
def test_a_run_that_fails_in_a_process_of_its_own_says_how(source):
    with ThreadPoolExecutor() as pool:
        said = pool.submit(runner.run_one, "networks", "perceptron", 101, source).result()
    assert said.startswith("perceptron, seed 101: Traceback") and "KeyError: 'perceptron'" in said


def test_a_process_that_ends_without_a_result_says_why(source, monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with ThreadPoolExecutor() as pool:
        said = pool.submit(runner.run_one, "networks", "bag_of_words", 101, source).result()
    assert said.startswith("bag_of_words, seed 101: its process ended with 1: ")


# ------------------------------------------------------------------------------------------------------ lags of tasks

NEAR = partial(temporal_order, lag=0, window=2)
ON_TASKS = {
    "near": TaskSetting(SimpleRNNCell, NEAR, learning_rate=0.03, updates=300),
    "far": TaskSetting(SimpleRNNCell, partial(temporal_order, lag=60), 0.03, updates=60, after="near"),
    "further": TaskSetting(SimpleRNNCell, partial(temporal_order, lag=70), 0.03, updates=60, after="far"),
    "kept": TaskSetting(GRUCell, NEAR, learning_rate=0.03, longest=12, updates=200),
    "once": TaskSetting(GRUCell, NEAR, learning_rate=0.03, updates=20, seeds=1),
}


@pytest.fixture
def on_tasks(monkeypatch):
    """Let an experiment train small networks on tasks."""
    monkeypatch.setitem(EXPERIMENTS, "tasks", Experiment("?", ON_TASKS, seeds=(1, 2)))


def test_what_no_seed_solves_at_one_lag_is_not_tried_at_the_next_and_no_reviews_are_read(tmp_path, on_tasks):
    file = tmp_path / "grid.jsonl"
    assert run_grid("tasks", file, "there are no such reviews") == []
    assert pairs(file) == [*product(("far", "kept", "near"), (1, 2)), ("once", 1)]
    runs = {(run.setting, run.seed): run for run in read_runs(file)}
    assert runs["near", 1].updates_until(0.05) <= 300 < runs["far", 1].updates_until(0.05) == np.inf
    assert len(runs["far", 1].losses) == 2  # after 50 updates and after 60


def test_a_grid_on_tasks_goes_on_where_it_was(tmp_path, on_tasks, monkeypatch):
    file = tmp_path / "grid.jsonl"
    monkeypatch.setattr(settings, "fit", partial(fails_with_seed_2, settings.fit))
    assert sum("seed 2: Traceback" in failure for failure in run_grid("tasks", file)) == 3
    assert pairs(file) == [("far", 1), ("kept", 1), ("near", 1), ("once", 1)]
    monkeypatch.undo()
    monkeypatch.setitem(EXPERIMENTS, "tasks", Experiment("?", ON_TASKS, seeds=(1, 2)))
    assert run_grid("tasks", file) == []
    assert len(pairs(file)) == 7
    monkeypatch.setattr(settings, "fit", lambda *a, **k: pytest.fail("it is trained again"))
    assert run_grid("tasks", file) == []


def fails_with_seed_2(trains, *arguments, seed, **settings):
    if seed == 2:
        raise MemoryError
    return trains(*arguments, seed=seed, **settings)
