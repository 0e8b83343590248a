"""Cells from Keras layers: the same weights and options, and reasons where no cell does the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from recurrences import KINDS, cases, keras_layer

from rnn_tutorial.theory.cells import unroll
from rnn_tutorial.theory.from_keras import cell_from_keras


def test_each_layer_becomes_the_cell_of_its_name():
    from keras import layers

    for name, kind in KINDS.items():
        layer = getattr(layers, name)(2, dropout=0.5, recurrent_dropout=0.5, return_state=True)
        layer.build((None, None, 3))
        assert type(cell_from_keras(layer)) is kind


@settings(max_examples=20)
@given(cases())
def test_every_option_of_a_layer_is_copied(case):
    cell = cell_from_keras(keras_layer(case))
    assert cell.parameters.keys() == case.cell.parameters.keys()
    for name, array in case.cell.parameters.items():
        np.testing.assert_array_equal(cell.parameters[name], array)
    for option in ("activation", "recurrent_activation", "go_backwards", "reset_after"):
        assert getattr(cell, option, None) == getattr(case.cell, option, None)


def test_both_layers_of_a_bidirectional_one_are_taken():
    from keras import layers

    both = layers.Bidirectional(layers.LSTM(4, return_sequences=True))
    inputs = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32")
    mask = np.arange(6) < np.array([[6], [4]])
    expected = both(inputs, mask=mask).numpy()
    forward, backward = cell_from_keras(both.forward_layer), cell_from_keras(both.backward_layer)
    states = [unroll(forward, inputs, mask).h, unroll(backward, inputs, mask).h[:, ::-1]]
    np.testing.assert_allclose(np.concatenate(states, axis=2)[mask], expected[mask], rtol=0, atol=1e-6)


def built(kind, **options):
    from keras import layers

    layer = getattr(layers, kind)(**options)
    layer.build((1, 4, 3))
    return layer


class Tripled:
    def __call__(self, z):
        return 3 * z

    def __repr__(self):
        return "Tripled()"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kind": "Dense"}, "expected a keras.layers.SimpleRNN or .*, got Dense.$"),
        ({"kind": "LSTM", "stateful": True, "name": "l2"}, "l2 is stateful"),
        ({"kind": "LSTM", "dtype": "mixed_bfloat16", "name": "l4"}, "l4 stores float32 and computes in bfloat16"),
        ({"kind": "LSTM", "activation": Tripled()}, r"as activation one of tanh, .*, got Tripled\(\)."),
        ({"kind": "LSTM", "recurrent_activation": "silu"}, "as recurrent_activation one of tanh, .*, got silu."),
    ],
)
def test_layers_that_no_cell_equals_are_refused_with_reason(options, says):
    with pytest.raises(TypeError if options["kind"] == "Dense" else ValueError, match=f"^`layer`: .*{says}"):
        cell_from_keras(built(units=2, **options))


def test_a_layer_without_weights_and_a_bidirectional_one_are_refused():
    from keras import layers

    with pytest.raises(ValueError, match="^`layer`: l1 has no weights yet"):
        cell_from_keras(layers.LSTM(2, name="l1"))
    with pytest.raises(TypeError, match="got Bidirectional. Pass its forward_layer or backward_layer.$"):
        cell_from_keras(layers.Bidirectional(layers.LSTM(2)))
