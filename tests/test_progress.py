"""Progress: trainings tell a build how far they are, in lines that do not mix, and nobody else."""

import json
from functools import partial

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor

from rnn_tutorial import keras_models, progress
from rnn_tutorial.cells import LSTMCell
from rnn_tutorial.keras_training import train
from rnn_tutorial.networks import Network, fit, fit_seeds
from rnn_tutorial.tasks import temporal_order

TASK = partial(temporal_order, lag=3, window=2)


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Let progress be told to a file, at every update; give what reads it."""
    file = tmp_path / "progress.jsonl"
    monkeypatch.setenv("RNN_TUTORIAL_PROGRESS", str(file))
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    return lambda: [json.loads(line) for line in file.read_text().splitlines()]


def test_a_training_tells_its_start_its_epochs_and_its_end(told, small_reviews):
    model = keras_models.bag_of_words(vocabulary_size=20, embedding_dim=4)
    train(model, small_reviews, epochs=2, batch_size=100, seed=7)
    first, *between, last = told()
    assert (first["event"], last["event"]) == ("network", "network end")
    assert {event["event"] for event in between} == {"network at"}
    assert {event["network"] for event in told()} == {first["network"]}
    assert (first["name"], first["seed"], first["unit"], first["of"]) == ("bag_of_words", 7, "epoch", 2)
    done = [event["done"] for event in between]
    assert done == sorted(done)
    assert done[-1] == 2.0
    assert 0 < done[0] < 1


def test_a_fit_tells_its_start_its_updates_and_its_end(told):
    fit(Network.random(LSTMCell, 4, TASK(2), 1), TASK, updates=3, seed=5)
    assert [(event["event"], event.get("done")) for event in told()] == [
        ("network", None), ("network at", 1), ("network at", 2), ("network at", 3), ("network end", None),
    ]  # fmt: skip
    assert {(event["name"], event["seed"], event["unit"], event["of"]) for event in told()} == {
        ("LSTMCell", 5, "update", 3)
    }


def test_seeds_side_by_side_are_told_apart(told):
    get_reusable_executor().shutdown(wait=True)  # workers know the variables of the time when they were started
    fit_seeds(partial(Network.random, LSTMCell, 4, TASK(2)), TASK, seeds=(1, 2, 3), updates=20)
    ends = [event for event in told() if event["event"] == "network end"]
    assert sorted(event["seed"] for event in ends) == [1, 2, 3]
    assert len({event["network"] for event in ends}) == 3


def test_a_network_is_told_of_every_two_seconds_at_most(told, monkeypatch):
    monkeypatch.setattr(progress, "PAUSE", 2.0)
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    network = progress.Network("lstm", 1, "update", 100)
    for update in range(1, 101):
        now[0] = update / 20
        network.at(update)
    assert [event["done"] for event in told() if "done" in event] == [40, 80]


def test_what_is_told_changes_no_number(told, small_reviews, monkeypatch):
    def results():
        run = train(keras_models.bag_of_words(20, 4), small_reviews, epochs=1, batch_size=100, seed=3)
        return run.losses, run.history, run.test_probabilities, fit(Network.random(LSTMCell, 4, TASK(2), 1), TASK, updates=3).losses  # fmt: skip # noqa: E501

    loud = results()
    assert told()
    monkeypatch.delenv("RNN_TUTORIAL_PROGRESS")
    for one, other in zip(loud, results(), strict=True):
        np.testing.assert_equal(one, other)


def test_without_the_variable_and_without_the_folder_nothing_happens(tmp_path, monkeypatch):
    monkeypatch.delenv("RNN_TUTORIAL_PROGRESS", raising=False)
    progress.report(event="unheard")
    monkeypatch.setenv("RNN_TUTORIAL_PROGRESS", str(tmp_path / "missing" / "progress.jsonl"))
    progress.report(event="unheard")
    assert list(tmp_path.iterdir()) == []
