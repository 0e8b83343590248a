"""The optimiser of the comparison is Adam with one part of the usual one."""

from rnn_tutorial.keras_optimizers import steady_clipped_adam
from rnn_tutorial.keras_training import clipped_adam
from rnn_tutorial.keras_variants import plain_adam


def settings_of(optimizer):
    """Return an optimiser's settings, but for its name."""
    return optimizer.get_config() | {"name": ""}


def test_it_clips_as_the_usual_one_and_its_learning_rate_stays():
    usual, plain = settings_of(clipped_adam(8)), settings_of(plain_adam(8))
    assert settings_of(steady_clipped_adam(8)) == plain | {"global_clipnorm": usual["global_clipnorm"]}
    assert usual["global_clipnorm"] and usual["learning_rate"] != plain["learning_rate"]
    assert float(steady_clipped_adam(8, 0.25).learning_rate) == 0.25
