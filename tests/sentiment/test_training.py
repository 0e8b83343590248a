import dataclasses
import functools
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from rnn_tutorial.sentiment import models, training
from rnn_tutorial.sentiment.optimizers import clipped_adam, plain_sgd
from rnn_tutorial.sentiment.reviews import ReviewSplit
from rnn_tutorial.sentiment.training import predict, train

SIZES = {"vocabulary_size": 20, "embedding_dim": 8}


@pytest.fixture(scope="module")
def model():
    return models.bag_of_words(**SIZES)


@pytest.fixture(scope="module")
def run(model, small_reviews):
    weights = model.get_weights()
    run = train(model, small_reviews, epochs=4, learning_rate=0.05, batch_size=16)
    assert all(map(np.array_equal, weights, model.get_weights()))  # it stays as it is
    assert run.model is not model
    return run


@pytest.fixture
def no_fit(monkeypatch):
    """Let `train` do all but fit and predict, which take a second."""

    def fit(self, batches, callbacks, **settings):
        for callback in callbacks:
            if isinstance(callback, keras.callbacks.EarlyStopping):
                callback.on_train_begin()
        return SimpleNamespace(history={"val_loss": [0.7], "val_accuracy": [0.5]})

    monkeypatch.setattr(keras.Model, "fit", fit)
    monkeypatch.setattr(training, "predict", lambda model, split, *a: np.full(len(split), 0.5, np.float32))


def test_a_model_learns(run):
    assert run.test["accuracy"] > 0.95
    assert run.history["loss"][-1] < run.history["loss"][0]


@pytest.mark.slow
@pytest.mark.parametrize("model", [models.simple_rnn, models.lstm])
def test_the_same_call_gives_the_same_numbers(small_reviews, model):
    built = model(**SIZES, units=6, mask_padding=True)
    one, two = (train(built, small_reviews, epochs=1, batch_size=16, seed=5) for _ in range(2))
    assert one.history == two.history
    assert one.losses == two.losses
    assert (one.test_probabilities == two.test_probabilities).all()
    assert one == one and one != two  # each has a model of its own


def test_the_record_holds_what_was_measured(run, small_reviews):
    assert {name: len(values) for name, values in run.history.items()} == dict.fromkeys(
        ["loss", "accuracy", "val_loss", "val_accuracy"], 4
    )
    assert run.best_epoch == 1 + int(np.argmin(run.history["val_loss"]))
    assert run.validation["loss"] == min(run.history["val_loss"])
    assert len(run.losses) % 4 == 0
    assert run.losses[-1] == pytest.approx(run.history["loss"][-1])
    assert run.seconds > 0
    assert (run.seed, run.settings["epochs"], run.settings["optimizer"]) == (1, 4, "clipped_adam")
    assert run.versions.keys() == {"rnn_tutorial", "Python", "tensorflow", "keras", "numpy"}
    assert run.provenance()["train / validation / test"] == "300 / 80 / 100"
    y, labels = run.test_probabilities.astype(float), small_reviews.test.labels
    assert run.test["accuracy"] == np.mean((y > 0.5) == labels)
    assert run.test["loss"] == pytest.approx(-np.mean(np.where(labels == 1, np.log(y), np.log(1 - y))), rel=1e-4)


def test_the_weights_of_the_best_epoch_are_kept(small_reviews):
    flipped = ReviewSplit(small_reviews.validation.sequences, 1 - small_reviews.validation.labels)
    misled = dataclasses.replace(small_reviews, validation=flipped)  # the more is learnt, the worse this part gets
    run = train(models.bag_of_words(**SIZES), misled, epochs=4, learning_rate=0.05, batch_size=16)
    y = predict(run.model, flipped).astype(float)
    assert run.best_epoch == 1
    assert -np.mean(np.where(flipped.labels == 1, np.log(y), np.log(1 - y))) == pytest.approx(
        run.validation["loss"], rel=1e-4
    )


@pytest.mark.parametrize("batching", ["bucketed", "padded"])
def test_predictions_come_in_the_order_of_the_part(small_reviews, batching):
    model = models.bag_of_words(**SIZES)
    one_by_one = [float(model(ids[None])[0, 0]) for ids in small_reviews.test.sequences[:20]]
    part = ReviewSplit(small_reviews.test.sequences[:20], small_reviews.test.labels[:20])
    assert predict(model, part, batching, length=70) == pytest.approx(one_by_one, abs=1e-5)


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_alone(small_reviews, capsys, monkeypatch, terminal):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    model = models.feed_forward(**SIZES, length=60, units=8)
    run = train(model, small_reviews, batching="padded", length=60, seed=np.int64(3))
    assert ("Epoch 2/2" in (shown := capsys.readouterr().out)) == bool(shown) == terminal
    assert "padded" in run.settings["batches"]
    assert type(run.seed) is int


@pytest.mark.parametrize(
    ("settings", "name", "rate"),
    [
        ({}, "clipped_adam", 0.002),
        ({"optimizer": plain_sgd}, "plain_sgd", 0.01),
        ({"learning_rate": 1}, "clipped_adam", 1.0),
        ({"optimizer": functools.partial(clipped_adam, learning_rate=0.05)}, "clipped_adam", 0.05),
        ({"optimizer": functools.partial(plain_sgd, learning_rate=0.05), "learning_rate": 0.1}, "plain_sgd", 0.1),
        ({"optimizer": lambda steps: keras.optimizers.RMSprop()}, "RMSprop", 0.001),
    ],
)
def test_the_record_names_the_optimizer_and_its_learning_rate(model, small_reviews, no_fit, settings, name, rate):
    run = train(model, small_reviews, epochs=1, **settings)
    assert (run.settings["optimizer"], run.settings["learning rate"]) == (name, rate)
    assert run.provenance()["learning rate"] == str(rate)
