import pytest
from keras import layers
from recurrences import OF_KERAS

from rnn_tutorial.theory.from_keras import cell_from_keras


def test_each_layer_becomes_the_cell_of_its_name():
    for name, kind in OF_KERAS.items():
        layer = getattr(layers, name)(2, dropout=0.5, recurrent_dropout=0.5, return_state=True)
        layer.build((None, None, 3))
        assert type(cell_from_keras(layer)) is kind


class Tripled:
    def __call__(self, z):
        return 3 * z

    def __repr__(self):
        return "Tripled()"


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (layers.LSTM(2, stateful=True), "stateful"),
        (layers.LSTM(2, dtype="mixed_bfloat16"), "float32 and computes in bfloat16"),
        (layers.LSTM(2, activation=Tripled()), r"activation one of tanh, .*, got Tripled\(\)"),
        (layers.LSTM(2, recurrent_activation="silu"), "recurrent_activation one of tanh, .*, got silu"),
    ],
)
def test_layers_that_no_cell_equals_are_refused_with_reason(layer, says):
    with pytest.raises(ValueError, match="^`layer`: .* has no weights yet"):
        cell_from_keras(layer)
    layer.build((1, 4, 3))
    with pytest.raises(ValueError, match=f"^`layer`: .*{says}"):
        cell_from_keras(layer)


@pytest.mark.parametrize(("layer", "says"), [(layers.Dense(2), ""), (layers.Bidirectional(layers.LSTM(2)), "forward")])
def test_layers_of_other_kinds_are_refused(layer, says):
    with pytest.raises(TypeError, match=f"^`layer`: expected .*, got {type(layer).__name__}.*{says}"):
        cell_from_keras(layer)
