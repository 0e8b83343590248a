"""Facts about the optimiser that averages weights, and about the two parts of the usual one."""

import keras
import numpy as np
import pytest

from rnn_tutorial.keras_models import bag_of_words
from rnn_tutorial.keras_optimizers import averaged_adam, falling_adam, steady_clipped_adam
from rnn_tutorial.keras_training import clipped_adam, train
from rnn_tutorial.keras_variants import plain_adam
from rnn_tutorial.reviews import Reviews, ReviewSplit
from rnn_tutorial.vocabulary import Vocabulary


def test_each_quarter_of_the_updates_ends_with_the_running_mean_of_the_weights():
    gradients = np.random.default_rng(1).normal(size=(8, 3)).astype("float32")
    averaged, plain = averaged_adam(8, 0.1), clipped_adam(8, 0.1)
    theta, steps_of = keras.Variable(np.zeros(3)), keras.Variable(np.zeros(3))
    by_hand, mean = np.zeros(3), None
    for update, gradient in enumerate(gradients, start=1):
        before = steps_of.numpy()
        plain.apply([keras.ops.array(gradient)], [steps_of])
        averaged.apply([keras.ops.array(gradient)], [theta])
        by_hand = by_hand + steps_of.numpy() - before  # Adam's step does not depend on where the weights stand
        mean = by_hand if mean is None else 0.99 * mean + 0.01 * by_hand
        if update % 2 == 0:
            by_hand = mean
        assert theta.numpy() == pytest.approx(by_hand, abs=1e-6)
    assert not np.allclose(theta.numpy(), steps_of.numpy(), atol=0.01)


def test_in_a_run_of_four_epochs_each_epoch_ends_with_the_mean():
    """Until the first one ends nothing differs from training without averages; then the validation split is asked."""
    random = np.random.default_rng(2)
    ids, labels = random.integers(4, 20, size=(64, 6)).astype("int32"), np.tile([0, 1], 32).astype("int32")
    split = ReviewSplit(list(ids), labels)
    reviews = Reviews(split, split, split, Vocabulary([f"w{k}" for k in range(16)]), "made up", 0)
    settings = {"epochs": 4, "batch_size": 16, "learning_rate": 0.1, "seed": 1}
    averaged, plain = (
        train(bag_of_words(20, 3), reviews, optimizer=optimizer, **settings)
        for optimizer in (averaged_adam, clipped_adam)
    )
    assert averaged.losses[:4] == plain.losses[:4]
    assert averaged.losses[4] != pytest.approx(plain.losses[4], rel=1e-3)
    assert averaged.history["val_loss"][0] != pytest.approx(plain.history["val_loss"][0], rel=1e-3)


def settings_of(optimizer):
    """Return what an optimiser is told, but for its name."""
    return optimizer.get_config() | {"name": ""}


def test_each_part_of_the_usual_optimiser_is_all_that_differs():
    usual, plain = settings_of(clipped_adam(8)), settings_of(plain_adam(8))
    steady, falling = settings_of(steady_clipped_adam(8)), settings_of(falling_adam(8))
    assert steady == plain | {"global_clipnorm": usual["global_clipnorm"]}
    assert falling == plain | {"learning_rate": usual["learning_rate"]}
    assert usual == falling | {"global_clipnorm": steady["global_clipnorm"]}
    assert usual["global_clipnorm"] and usual["learning_rate"] != plain["learning_rate"]


def test_a_learning_rate_can_be_given_to_each_part():
    assert float(steady_clipped_adam(8, 0.25).learning_rate) == float(falling_adam(8, 0.25).learning_rate) == 0.25
