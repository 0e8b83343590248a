from dataclasses import replace

import keras
import numpy as np
import pytest
from refusals import refuses

from rnn_tutorial.language.attention import causal_mask
from rnn_tutorial.language.transformer import MultiHeadAttention, TransformerBlock, layer_norm, sinusoidal_positions

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(3, 5, 6)).astype("float32")


def keras_attention(layer, size):
    heads, of_head = layer.heads, size // layer.heads
    twin = keras.layers.MultiHeadAttention(heads, of_head, use_bias=False)
    twin.build((None, None, size), (None, None, size))
    into = [W.T.reshape(size, heads, of_head) for W in (layer.W_q, layer.W_k, layer.W_v)]
    twin.set_weights([*into, layer.W_o.T.reshape(heads, of_head, size)])
    return twin


@pytest.mark.parametrize("heads", [1, 2, 3])
@pytest.mark.parametrize("causal", [False, True])
def test_multi_head_attention_is_that_of_keras(heads, causal):
    layer = MultiHeadAttention.random(6, heads, seed=2)
    y, weights = keras_attention(layer, 6)(X, X, use_causal_mask=causal, return_attention_scores=True)
    ours = layer(X, mask=causal_mask(5)[None, None] if causal else None)
    assert np.allclose(ours.weights, weights, atol=1e-6) and np.allclose(ours.context, y, atol=1e-6)

    memory = RANDOM.normal(size=(3, 4, 6)).astype("float32")
    assert np.allclose(layer(X, memory).context, keras_attention(layer, 6)(X, memory), atol=1e-6)


def test_a_mask_of_keys_hides_them_from_each_head_and_step():
    layer, there = MultiHeadAttention.random(6, heads=3, seed=2), np.arange(5) < np.array([[5], [2], [4]])
    weights, y = layer(X, mask=there[:, None, None])
    assert np.array_equal(weights > 0, np.broadcast_to(there[:, None, None], weights.shape))
    assert np.allclose(y[1], layer(X[1:2], X[1:2, :2]).context)


def test_the_norm_of_large_numbers_in_half_precision():
    assert np.allclose(layer_norm(np.array([-400, 400], np.float16), np.ones(2), np.zeros(2)), [-1, 1])


@pytest.mark.parametrize("causal", [False, True])
def test_a_block_is_that_of_keras_layers(causal):
    block = TransformerBlock.random(6, heads=2, hidden=8, seed=3)
    arrays = {name: RANDOM.normal(size=getattr(block, name).shape) for name in ("b_1", "b_2", "gains", "biases")}
    block = TransformerBlock(block.attention, block.W_1, arrays["b_1"], block.W_2, *list(arrays.values())[1:])
    hidden, out = keras.layers.Dense(8, activation="relu"), keras.layers.Dense(6)
    norms = [keras.layers.LayerNormalization() for _ in range(2)]
    for layer, shape, weights in (
        (hidden, (None, 6), [block.W_1.T, block.b_1]),
        (out, (None, 8), [block.W_2.T, block.b_2]),
        (norms[0], X.shape, [block.gains[0], block.biases[0]]),
        (norms[1], X.shape, [block.gains[1], block.biases[1]]),
    ):
        layer.build(shape)
        layer.set_weights(weights)
    z = norms[0](X + keras_attention(block.attention, 6)(X, X, use_causal_mask=causal))
    y = norms[1](z + out(hidden(z)))
    assert np.allclose(block(X, mask=causal_mask(5)[None, None] if causal else None), y, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_block_computes_in_one_dtype_float32_unless_it_is_said(dtype):
    block = TransformerBlock.random(6, heads=3, hidden=8, seed=1, **({} if dtype == "float32" else {"dtype": dtype}))
    assert block(X.astype(dtype)).dtype == block.attention(X.astype(dtype)).weights.dtype == dtype
    assert np.allclose(block.W_1, TransformerBlock.random(6, heads=3, hidden=8, seed=1, dtype="float64").W_1)


def test_positions_are_sines_and_cosines_and_differ():
    p = sinusoidal_positions(100, 4)
    assert p[0].tolist() == [0, 0, 1, 1]
    assert np.allclose(p[7], [np.sin(7), np.sin(0.07), np.cos(7), np.cos(0.07)])
    distance = np.linalg.norm(p[:, None] - p[None], axis=2)
    assert (distance[~np.eye(100, dtype=bool)] > 0.01).all()


def block_with(**parts):
    return replace(TransformerBlock.random(6, heads=2, hidden=8, seed=1), **parts)


def masked(mask):
    return MultiHeadAttention.random(6, heads=3, seed=2)(X[:, :3], mask=mask)


test_what_does_not_fit_is_refused_by_name = refuses(
    ("time`, `size", lambda: sinusoidal_positions(3, 5)),
    ("time`, `size", lambda: sinusoidal_positions(0, 4)),
    ("heads", lambda: MultiHeadAttention.random(6, 4, seed=1)),
    ("W_o", lambda: MultiHeadAttention(*np.ones((3, 6, 6)), np.ones((5, 6)), 2)),
    ("W_q", lambda: MultiHeadAttention(*np.ones((4, 6)), 2)),
    ("x", lambda: MultiHeadAttention.random(6, 1, seed=1)(X[0])),
    ("mask", lambda: masked(np.ones((3, 3, 3), bool))),  # per head or batch?
    ("mask", lambda: masked(np.ones((3, 3), bool))),  # of keys, or of steps and keys?
    ("mask", lambda: masked(np.ones((1, 1, 1, 2), bool))),
    ("mask", lambda: masked(np.where(causal_mask(3), 0, -1e9)[None, None])),
    ("W_1", lambda: block_with(W_1=np.ones((6, 8)))),
    ("gains", lambda: block_with(gains=np.ones(2))),
)
