import dataclasses
import random
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from rnn_tutorial import _cpu_kernels as cpu_kernels
from rnn_tutorial.sentiment import _keras_key as keras_key
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment._keras_key import run_facts
from rnn_tutorial.sentiment.optimizers import clipped_adam, plain_sgd
from rnn_tutorial.sentiment.reviews import ReviewSplit
from rnn_tutorial.sentiment.training import train

SIZES = {"vocabulary_size": 20, "embedding_dim": 3}
SETTINGS = {"epochs": 2, "batching": "bucketed", "batch_size": 128, "length": 500, "seed": 101}


def model(**settings):
    return models.lstm(**SIZES | {"units": 4, "mask_padding": True} | settings)


@pytest.fixture(scope="module")
def facts(small_reviews):
    return run_facts(model(), clipped_adam(10), small_reviews, **SETTINGS)


@pytest.mark.parametrize("build", [models.lstm, models.bidirectional_lstm, models.gru])
def test_a_model_made_again_has_the_same_facts(small_reviews, build):
    one, other = (
        run_facts(build(**SIZES, units=4), clipped_adam(10), small_reviews, by_code=True, **SETTINGS) for _ in range(2)
    )
    assert one == other
    assert len(one["code"]) == 64


def test_the_weights_and_the_name_of_the_model_that_is_passed_do_not_matter(facts, small_reviews):
    other = model()
    other.set_weights([weights + 1 for weights in other.get_weights()])
    other(np.ones((2, 7)))
    other.compile("sgd", "mse")
    renamed = keras.Sequential([keras.Input((None,), dtype="int32"), *other.layers], name="another")
    assert run_facts(renamed, clipped_adam(10), small_reviews, **SETTINGS) == facts


@pytest.mark.parametrize(
    ("made", "optimizer", "settings"),
    [
        (lambda: model(units=5), clipped_adam(10), {}),
        (lambda: models.drop_words(model()), clipped_adam(10), {}),
        (model, clipped_adam(11), {}),
        (model, plain_sgd(10), {}),
        *((model, clipped_adam(10), {name: value + 1}) for name, value in SETTINGS.items() if name != "batching"),
        (model, clipped_adam(10), {"batching": "padded"}),
    ],
)
def test_another_model_optimizer_or_setting_asks_for_another_run(facts, small_reviews, made, optimizer, settings):
    assert run_facts(made(), optimizer, small_reviews, **SETTINGS | settings) != facts


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_other_reviews_ask_for_another_run(facts, small_reviews, part):
    (one, two, *others), labels = getattr(small_reviews, part).sequences, getattr(small_reviews, part).labels
    moved = [one[:-1], np.concatenate([one[-1:], two]), *others]  # the same ids in a row
    for other in (ReviewSplit(moved, labels), ReviewSplit([one, two, *others], 1 - labels)):
        reviews = dataclasses.replace(small_reviews, **{part: other})
        assert run_facts(model(), clipped_adam(10), reviews, **SETTINGS) != facts


@pytest.mark.parametrize("name", [*cpu_kernels.VARIABLES, *keras_key.LIBRARIES, "TRAINING_VERSION", "epsilon"])
def test_other_cpu_kernels_libraries_and_training_ask_for_another_run(facts, small_reviews, monkeypatch, name):
    version = keras_key.version
    monkeypatch.setenv(name, "another")
    monkeypatch.setattr(keras_key, "version", lambda of: "99" if of == name else version(of))
    monkeypatch.setattr(keras_key, "TRAINING_VERSION", 0 if name == "TRAINING_VERSION" else keras_key.TRAINING_VERSION)
    monkeypatch.setattr(keras.config, "epsilon", lambda: 1e-5 if name == "epsilon" else 1e-7)
    assert run_facts(model(), clipped_adam(10), small_reviews, **SETTINGS) != facts


@pytest.mark.parametrize(
    ("layer", "known"),
    [
        (lambda: layers.SimpleRNN(4, activation=keras.activations.relu), True),
        (lambda: layers.SimpleRNN(4, kernel_regularizer=keras.regularizers.L2(0.1)), True),
        (lambda: layers.SimpleRNN(4, activation=lambda values: values), False),
        (lambda: layers.Lambda(lambda values: values), False),
        (lambda: type("Mine", (layers.Dense,), {})(4), False),
        (lambda: layers.Bidirectional(layers.LSTM(4)), True),
    ],
)
def test_code_that_no_digest_covers_has_no_facts(small_reviews, layer, known):
    ids, embedding = keras.Input((None,), dtype="int32"), layers.Embedding(20, 3)
    made = keras.Sequential([ids, embedding, layer(), layers.Dense(1)])
    assert (run_facts(made, clipped_adam(10), small_reviews, **SETTINGS) is not None) == known
    assert run_facts(model(), type("MySGD", (keras.optimizers.SGD,), {})(), small_reviews, **SETTINGS) is None


def test_two_ways_to_wire_the_same_layers_have_other_facts(small_reviews):
    def wired(crossed):
        ids = keras.Input((None,), dtype="int32")
        x = layers.Embedding(20, 3)(ids)
        one, other = layers.Dense(3), layers.Dense(3)
        y = one(other(x)) if crossed else one(x) + other(x)
        return keras.Model(ids, layers.Dense(1)(layers.GlobalAveragePooling1D()(y)))

    plain, again, crossed = (
        run_facts(wired(kind), clipped_adam(10), small_reviews, **SETTINGS) for kind in (False, False, True)
    )
    assert plain == again != crossed


@pytest.mark.parametrize("build", [model, lambda: models.drop_words(model())])
def test_a_run_is_trained_once_and_then_found_to_the_last_bit(empty_cache, small_reviews, monkeypatch, build):
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    once = partial(train, reviews=small_reviews, epochs=2, batch_size=16, seed=5)
    trained = once(build())
    drawn = keras.random.normal((3,)), random.random()
    monkeypatch.setattr(keras.Model, "fit", lambda *a, **k: pytest.fail("it is trained again"))
    found = once(build())
    assert trained == dataclasses.replace(found, model=trained.model)
    assert all(map(np.array_equal, trained.model.get_weights(), found.model.get_weights()))
    found.model.set_weights([weights + 1 for weights in found.model.get_weights()])  # it is a copy
    again = once(build()).model.get_weights()
    assert all(map(np.array_equal, trained.model.get_weights(), again))
    # what is drawn next does not depend on it
    assert np.array_equal(drawn[0], keras.random.normal((3,)))
    assert drawn[1] == random.random()
