import keras
import numpy as np
import pytest
from scipy.special import expit

from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.layers import AttentionPooling
from rnn_tutorial.theory.cells import unroll
from rnn_tutorial.theory.from_keras import cell_from_keras

RECURRENT = [models.simple_rnn, models.lstm, models.gru, models.bidirectional_lstm]


@pytest.mark.parametrize("model", [models.feed_forward, models.bag_of_words, *RECURRENT])
def test_default_sizes_are_those_of_the_docstring(model):
    built = model()
    assert f" {built.count_params():,} by default" in " ".join(model.__doc__.split())
    assert built.name == model.__name__


def last_state(layer, x):
    """Read with a cell of :mod:`rnn_tutorial.theory.cells`, which other tests compare with Keras."""
    return unroll(cell_from_keras(layer), x[None]).h[0, -1]


def by_hand(model, ids):
    E, *hidden, V, b_y = model.get_weights()
    layer, x = model.layers[1], E[ids]
    if model.name == "feed_forward":
        h = np.maximum(0, x.reshape(-1) @ hidden[0] + hidden[1])
    elif model.name == "bag_of_words":
        h = x.mean(axis=0)
    elif model.name == "bidirectional_lstm":
        h = np.concatenate(
            [last_state(layer.forward_layer, x), last_state(layer.backward_layer, x)]
        )  # which reads the end first
    else:
        h = last_state(layer, x)
    return expit(h @ V + b_y).item()


def with_random_weights(model):
    random = np.random.default_rng(1)
    model.set_weights([random.normal(scale=0.5, size=weights.shape) for weights in model.get_weights()])
    return model


def build(model, mask):
    others = {models.feed_forward: {"units": 6, "length": 12}, models.bag_of_words: {}}
    how = others.get(model, {"units": 6, "mask_padding": mask})
    return with_random_weights(model(vocabulary_size=30, embedding_dim=5, **how))


@pytest.mark.parametrize("model", [models.feed_forward, models.bag_of_words, *RECURRENT])
def test_a_model_computes_its_equation(model):
    built = build(model, mask=True)
    ids = np.random.default_rng(2).integers(1, 30, size=(4, 12))
    expected = [by_hand(built, row) for row in ids]
    assert built(ids).numpy()[:, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("model", [models.bag_of_words, *RECURRENT])
@pytest.mark.parametrize("pad", [(7, 0), (0, 7)])
def test_padding_changes_nothing_if_masked_and_is_else_read_as_a_word(model, pad):
    masked, ids = build(model, mask=True), np.random.default_rng(2).integers(1, 30, size=(1, 12))
    padded = np.pad(ids, [(0, 0), pad])
    assert masked(padded).numpy() == pytest.approx(masked(ids).numpy(), abs=1e-6)
    if model in RECURRENT:
        built = build(model, mask=False)
        assert built(padded).numpy().item() == pytest.approx(by_hand(built, padded[0]), abs=1e-6)


@pytest.mark.parametrize("pooling", [None, keras.layers.GlobalAveragePooling1D, AttentionPooling])
def test_layers_on_top_of_each_other_read_the_states_below(pooling):
    model = with_random_weights(models.stacked("GRU", 6, 2, pooling, vocabulary_size=30, embedding_dim=5))
    ids = np.random.default_rng(2).integers(1, 30, 12)
    h = model.layers[0].get_weights()[0][ids][None]
    for layer in model.layers[1:3]:
        h = unroll(cell_from_keras(layer), h).h
    V, b_y = model.layers[-1].get_weights()
    pooled = h[0, -1] if pooling is None else model.layers[3](h)[0].numpy()
    y = expit(pooled @ V + b_y).item()
    for padded in (ids, np.pad(ids, (0, 7))):
        assert model(padded[None]).numpy().item() == pytest.approx(y, abs=1e-6)


def windows_of(x, words):
    padded = np.pad(x, [(words // 2, words // 2), (0, 0)])
    return np.stack([padded[t : t + words].ravel() for t in range(len(x))])


@pytest.mark.parametrize("make", [models.ngram_lstm, models.ngram_convolution])
def test_a_network_with_ratios_computes_its_equations(make):
    model, ids = with_random_weights(make(40, embedding_dim=5, units=3)), np.random.default_rng(2).integers(1, 40, 28)
    E, *hidden, V, b_y = model.get_weights()
    x = E[ids].reshape(7, 4, 5).sum(axis=1)  # seven steps
    if make is models.ngram_lstm:
        layers = model.get_layer("states").forward_layer, model.get_layer("states").backward_layer
        forward, backward = (unroll(cell_from_keras(layer), x[None]).h[0] for layer in layers)
        h = np.concatenate([forward, backward[::-1]], axis=1)  # the backward one reads the last step first
    else:
        W, b = hidden  # W: (5, d, 2 u)
        h = np.tanh(windows_of(x, 5) @ W.reshape(25, 6) + b)
    y = expit(np.concatenate([h.mean(axis=0), h.max(axis=0)]) @ V + b_y)
    assert model(ids[None]).numpy().item() == pytest.approx(y.item(), abs=1e-5)


@pytest.mark.parametrize("before", [0, 8])
@pytest.mark.parametrize("make", [models.ngram_lstm, models.ngram_convolution])
def test_padding_changes_nothing_for_a_network_with_ratios(make, before):
    model = with_random_weights(keras.models.clone_model(make(40, embedding_dim=5, units=3)))  # training clones it
    ids = np.random.default_rng(3).integers(1, 40, (2, 20))
    padded = np.pad(ids, [(0, 0), (before, 12)])
    assert model(ids).numpy() == pytest.approx(model(padded).numpy(), abs=1e-6)
    assert not np.allclose(model(ids), model(np.where(padded == 0, 39, padded)))


@pytest.mark.parametrize("words", [1, 3, 5])
def test_a_convolution_looks_for_the_clearest_window(words):
    n, d, u, ids = 40, 5, 3, np.random.default_rng(1).integers(1, 40, 7)
    model = with_random_weights(models.convolution(n, d, u, words))
    assert model.count_params() == n * d + u * (words * d + 1) + u + 1
    E, W, b, V, b_y = model.get_weights()  # W: (words, d, u)
    h = np.maximum(windows_of(E[ids], words) @ W.reshape(words * d, u) + b, 0).max(axis=0)
    assert model(ids[None]).numpy()[0] == pytest.approx(expit(h @ V + b_y), abs=1e-6)
