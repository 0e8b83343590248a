"""The optimisers are Keras' own, with the settings that the docstrings name; their examples show the updates."""

import keras
import pytest

from rnn_tutorial.sentiment.optimizers import clipped_adam, momentum_sgd, plain_adam, plain_sgd, steady_clipped_adam


def settings_of(optimizer):
    """Return an optimiser's settings, but for its name."""
    return optimizer.get_config() | {"name": ""}


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (plain_sgd, keras.optimizers.SGD(0.01, momentum=0.0)),
        (momentum_sgd, keras.optimizers.SGD(0.01, momentum=0.9)),
        (plain_adam, keras.optimizers.get("adam")),  # as the notebook names it
        (steady_clipped_adam, keras.optimizers.Adam(0.001, global_clipnorm=1.0)),
    ],
)
def test_an_optimiser_has_the_settings_of_its_docstring(make, expected):
    assert type(make(8)) is type(expected)
    assert settings_of(make(8)) == settings_of(expected)


def test_clipped_adam_clips_and_its_learning_rate_falls():
    optimizer = clipped_adam(steps=10, learning_rate=0.4)
    assert float(optimizer.learning_rate) == pytest.approx(0.4)
    usual = settings_of(optimizer)
    assert usual.pop("learning_rate")["config"]["end_learning_rate"] == 0
    assert usual == {name: value for name, value in settings_of(steady_clipped_adam(8)).items() if name in usual}
