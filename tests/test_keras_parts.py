"""Each network without a part has the others, and computes what its equations say."""

import keras
import numpy as np
import pytest
from scipy.special import expit as sigmoid

from rnn_tutorial import keras_models
from rnn_tutorial.cells import unroll
from rnn_tutorial.keras_cells import cell_from_keras
from rnn_tutorial.keras_parts import ratio_lstm_without

N, D, U = 40, 5, 3
PARTS = ("recurrence", "memory", "backward", "pooling")
IDS = np.random.default_rng(1).integers(1, N, 28)  # seven steps


def states(network, x):
    """Return the states of a recurrent layer by NumPy, one array for each direction, in the order of reading."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.Bidirectional):
            both = layer.forward_layer, layer.backward_layer  # the second cell turns x round by itself
            return [unroll(cell_from_keras(one), x[None]).h[0] for one in both]
        if isinstance(layer, keras.layers.LSTM):
            return [unroll(cell_from_keras(layer), x[None]).h[0]]
    for layer in network.layers[:-1]:
        if isinstance(layer, keras.layers.Dense):
            W, b = layer.get_weights()
            return [np.tanh(x @ W + b)]
    return [x]


@pytest.mark.parametrize(
    ("part", "directions", "parameters"),
    [
        ("recurrence", 1, N * D + 2 * D + 1),
        ("memory", 1, N * D + 2 * U * (D + 1) + 4 * U + 1),
        ("backward", 1, N * D + 4 * U * (D + U + 1) + 2 * U + 1),
        ("pooling", 2, N * D + 8 * U * (D + U + 1) + 2 * U + 1),
    ],
)
def test_a_network_without_a_part_computes_its_equations(part, directions, parameters):
    keras.utils.set_random_seed(1)
    network = ratio_lstm_without(part, N, embedding_dim=D, units=U)
    assert network.count_params() == parameters
    x = network.layers[0].get_weights()[0][IDS].reshape(7, 4, D).sum(axis=1)
    found = states(network, x)
    assert len(found) == directions
    if part == "pooling":
        h = np.concatenate([of_direction[-1] for of_direction in found])  # what each read last
    else:
        h = np.concatenate([found[0].mean(axis=0), found[0].max(axis=0)])
    V, b_y = network.layers[-1].get_weights()
    y = sigmoid(h @ V + b_y).item()
    assert network(IDS[None]).numpy().item() == pytest.approx(y, abs=1e-6)
    padded = np.pad(IDS[None], [(0, 0), (0, 12)])
    assert network(padded).numpy().item() == pytest.approx(y, abs=1e-6)


def test_only_a_network_that_reads_each_step_alone_knows_no_order():
    turned = IDS.reshape(7, 4)[::-1].ravel()
    for part in PARTS:
        network = ratio_lstm_without(part, N, embedding_dim=D, units=U)
        same = np.isclose(network(IDS[None]).numpy(), network(turned[None]).numpy(), atol=1e-6).item()
        assert same == (part in ("recurrence", "memory"))


def test_what_is_not_left_out_is_that_of_the_whole_network():
    kinds = [type(layer) for layer in keras_models.ratio_lstm(N, D, U).layers]
    for part in PARTS:
        network = ratio_lstm_without(part, N, D, U, dropped=0.25)
        assert [type(layer) for layer in network.layers[:3]] == kinds[:3]
        assert network.layers[1].rate == 0.25
        assert part in network.name


def test_a_part_that_there_is_not_is_told():
    with pytest.raises(ValueError, match=f"`part`: expected one of {', '.join(PARTS)}, got 'attention'"):
        ratio_lstm_without("attention", N)
