"""The optimisers are Keras' own; their examples show the updates, and the recorded runs hold all their settings."""

import pytest

from rnn_tutorial.sentiment.optimizers import clipped_adam, steady_clipped_adam


def test_clipped_adam_clips_and_its_learning_rate_falls():
    optimizer = clipped_adam(steps=10, learning_rate=0.4)
    assert float(optimizer.learning_rate) == pytest.approx(0.4)
    settings = optimizer.get_config() | {"name": ""}
    assert settings.pop("learning_rate")["config"]["end_learning_rate"] == 0
    steady = steady_clipped_adam(8).get_config() | {"name": ""}
    assert settings == {name: value for name, value in steady.items() if name in settings}
    assert settings["global_clipnorm"] == 1
