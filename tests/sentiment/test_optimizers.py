"""The optimisers: gradient descent as in the notebook, momentum by hand, and Adam as Keras makes it."""

import keras
import pytest

from rnn_tutorial.sentiment.optimizers import clipped_adam, momentum_sgd, plain_adam, plain_sgd, steady_clipped_adam


def test_plain_sgd_is_that_of_the_notebook():
    optimizer = plain_sgd(steps=10)
    assert (type(optimizer).__name__, float(optimizer.learning_rate.numpy()), optimizer.momentum) == (
        "SGD",
        pytest.approx(0.01),
        0.0,
    )


def test_momentum_adds_nine_tenths_of_the_last_step():
    theta, optimizer, by_hand, v = keras.Variable([1.0]), momentum_sgd(steps=5, learning_rate=0.1), 1.0, 0.0
    for gradient in (2.0, -1.0, 0.5, 0.0, 0.0):
        optimizer.apply([keras.ops.array([gradient])], [theta])
        v = 0.9 * v - 0.1 * gradient
        by_hand += v
        assert theta.numpy().item() == pytest.approx(by_hand, abs=1e-6)


def test_plain_adam_is_what_keras_makes_of_its_name():
    made, named = plain_adam(steps=10).get_config(), keras.optimizers.get("adam").get_config()
    assert made | {"name": ""} == named | {"name": ""}


def test_clipped_adam_begins_with_its_learning_rate_and_clips_the_norm_of_all_gradients_to_1():
    optimizer = clipped_adam(steps=10, learning_rate=0.4)
    assert float(optimizer.learning_rate) == pytest.approx(0.4)
    assert optimizer.global_clipnorm == 1.0


def settings_of(optimizer):
    """Return an optimiser's settings, but for its name."""
    return optimizer.get_config() | {"name": ""}


def test_it_clips_as_the_usual_one_and_its_learning_rate_stays():
    usual, plain = settings_of(clipped_adam(8)), settings_of(plain_adam(8))
    assert settings_of(steady_clipped_adam(8)) == plain | {"global_clipnorm": usual["global_clipnorm"]}
    assert usual["global_clipnorm"] and usual["learning_rate"] != plain["learning_rate"]
    assert float(steady_clipped_adam(8, 0.25).learning_rate) == 0.25
