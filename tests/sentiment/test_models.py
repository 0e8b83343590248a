"""Models: their sizes as formulas, and what they compute, by hand in NumPy."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_tutorial._cache.keras_key import run_facts
from rnn_tutorial.sentiment import layers, models
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit
from rnn_tutorial.sentiment.vocabulary import Vocabulary
from rnn_tutorial.theory.cells import unroll
from rnn_tutorial.theory.from_keras import cell_from_keras

RECURRENT = [models.simple_rnn, models.lstm, models.gru, models.bidirectional_lstm]


def count(name, n, d, u, length=500):
    """Count parameters by the formulas of the docstrings."""
    return {
        "feed_forward": n * d + (length * d + 1) * u + (u + 1),
        "bag_of_words": n * d + (d + 1),
        "simple_rnn": n * d + u * (d + u + 1) + (u + 1),
        "lstm": n * d + 4 * u * (d + u + 1) + (u + 1),
        "gru": n * d + 3 * u * (d + u + 2) + (u + 1),
        "bidirectional_lstm": n * d + 8 * u * (d + u + 1) + (2 * u + 1),
    }[name]


@pytest.mark.parametrize("model", [models.feed_forward, models.bag_of_words, *RECURRENT])
def test_default_sizes_are_those_of_the_docstring(model):
    built = model()
    assert f" {built.count_params():,} by default" in " ".join(model.__doc__.split())
    assert built.name == model.__name__


@settings(max_examples=5)
@given(n=st.integers(5, 50), d=st.integers(1, 8), u=st.integers(1, 8), length=st.integers(1, 20))
def test_sizes_follow_the_formulas(n, d, u, length):
    assert models.bag_of_words(n, d).count_params() == count("bag_of_words", n, d, u)
    assert models.feed_forward(n, length, d, u).count_params() == count("feed_forward", n, d, u, length)
    for model in RECURRENT:
        assert model(n, d, u).count_params() == count(model.__name__, n, d, u)


# ---------------------------------------------------------------------------------------------------- by hand in NumPy


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def read_simple_rnn(x, W, U, b):
    h = np.zeros(len(U))
    for x_t in x:
        h = np.tanh(x_t @ W + h @ U + b)
    return h


def read_lstm(x, W, U, b):
    h = c = np.zeros(len(U))
    for x_t in x:
        i, f, candidate, o = np.split(x_t @ W + h @ U + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
    return h


def read_gru(x, W, U, b):
    h = np.zeros(len(U))
    for x_t in x:
        z_x, r_x, h_x = np.split(x_t @ W + b[0], 3)
        z_h, r_h, h_h = np.split(h @ U + b[1], 3)
        z, r = sigmoid(z_x + z_h), sigmoid(r_x + r_h)
        h = z * h + (1 - z) * np.tanh(h_x + r * h_h)
    return h


def by_hand(name, weights, ids):
    E, *hidden, V, c = weights
    x = E[ids]
    if name == "feed_forward":
        h = np.maximum(0, x.reshape(-1) @ hidden[0] + hidden[1])
    elif name == "bag_of_words":
        h = x.mean(axis=0)
    elif name == "bidirectional_lstm":
        h = np.concatenate([read_lstm(x, *hidden[:3]), read_lstm(x[::-1], *hidden[3:])])
    else:
        h = {"simple_rnn": read_simple_rnn, "lstm": read_lstm, "gru": read_gru}[name](x, *hidden)
    return (1 / (1 + np.exp(-(h @ V + c)))).item()


def with_random_weights(model):
    random = np.random.default_rng(1)
    model.set_weights([random.normal(scale=0.5, size=weights.shape) for weights in model.get_weights()])
    return model


def build(model, mask):
    sizes = {"vocabulary_size": 30, "embedding_dim": 5}
    if model is models.feed_forward:
        return with_random_weights(model(**sizes, units=6, length=12))
    if model is models.bag_of_words:
        return with_random_weights(model(**sizes))
    return with_random_weights(model(**sizes, units=6, mask_padding=mask))


@pytest.mark.parametrize("model", [models.feed_forward, models.bag_of_words, *RECURRENT])
def test_a_model_computes_its_equation(model):
    built = build(model, mask=True)
    ids = np.random.default_rng(2).integers(1, 30, size=(4, 12))
    expected = [by_hand(model.__name__, built.get_weights(), row) for row in ids]
    assert built(ids).numpy()[:, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("model", [models.bag_of_words, *RECURRENT])
@pytest.mark.parametrize("in_front", [True, False])
def test_masked_padding_changes_nothing(model, in_front):
    built = build(model, mask=True)
    ids = np.random.default_rng(2).integers(1, 30, size=(4, 12))
    padded = np.pad(ids, [(0, 0), (7, 0) if in_front else (0, 7)])
    assert built(padded).numpy() == pytest.approx(built(ids).numpy(), abs=1e-6)


@pytest.mark.parametrize("model", RECURRENT)
def test_padding_is_read_like_a_word_unless_masked(model):
    built = build(model, mask=False)
    ids = np.pad(np.random.default_rng(2).integers(1, 30, size=(1, 12)), [(0, 0), (0, 7)])
    assert built(ids).numpy().item() == pytest.approx(by_hand(model.__name__, built.get_weights(), ids[0]), abs=1e-6)


def test_a_bag_of_words_knows_no_order_and_a_recurrent_network_does():
    ids = np.arange(1, 13)[None]
    for model in (models.bag_of_words, *RECURRENT):
        built = build(model, mask=True)
        same = np.isclose(built(ids).numpy(), built(ids[:, ::-1]).numpy(), atol=1e-6).item()
        assert same == (model is models.bag_of_words)


# -------------------------------------------------------------------------- a network with n-gram features


@pytest.fixture
def ngram_lstm():
    return with_random_weights(models.ngram_lstm(40, embedding_dim=5, units=3))


@pytest.fixture
def ngram_convolution():
    return with_random_weights(models.ngram_convolution(40, embedding_dim=5, units=3))


def test_the_size_of_a_network_with_ratios_follows_its_formula():
    for n, d, u in ((40, 5, 3), (11, 2, 4)):
        built = models.ngram_lstm(n, embedding_dim=d, units=u)
        assert built.count_params() == n * d + 8 * u * (d + u + 1) + (4 * u + 1)


def test_a_network_with_ratios_computes_its_equations(ngram_lstm):
    ids = np.random.default_rng(2).integers(1, 40, 28)  # seven steps
    E = ngram_lstm.layers[0].get_weights()[0]
    x = E[ids].reshape(7, 4, 5).sum(axis=1)
    bidirectional = next(layer for layer in ngram_lstm.layers if isinstance(layer, keras.layers.Bidirectional))
    layers = bidirectional.forward_layer, bidirectional.backward_layer
    forward, backward = (unroll(cell_from_keras(layer), x[None]).h[0] for layer in layers)
    h = np.concatenate([forward, backward[::-1]], axis=1)  # the backward one reads the last step first
    V, b_y = ngram_lstm.layers[-1].get_weights()
    y = sigmoid(np.concatenate([h.mean(axis=0), h.max(axis=0)]) @ V + b_y)
    assert ngram_lstm(ids[None]).numpy().item() == pytest.approx(y.item(), abs=1e-5)


def test_a_convolution_on_ratios_computes_its_equations(ngram_convolution):
    ids = np.random.default_rng(2).integers(1, 40, 28)  # seven steps
    E, W, b, V, b_y = ngram_convolution.get_weights()  # W: (5, d, 2 u)
    x = np.pad(E[ids].reshape(7, 4, 5).sum(axis=1), [(2, 2), (0, 0)])
    h = np.tanh(np.stack([x[t : t + 5].ravel() for t in range(7)]) @ W.reshape(25, 6) + b)
    y = sigmoid(np.concatenate([h.mean(axis=0), h.max(axis=0)]) @ V + b_y)
    assert ngram_convolution(ids[None]).numpy().item() == pytest.approx(y.item(), abs=1e-5)


@pytest.mark.parametrize("before", [0, 8])
@pytest.mark.parametrize("name", ["ngram_lstm", "ngram_convolution"])
def test_padding_changes_nothing_for_a_network_with_ratios(name, before, request):
    model = keras.models.clone_model(built := request.getfixturevalue(name))  # training clones it
    model.set_weights(built.get_weights())
    ids = np.random.default_rng(3).integers(1, 40, (2, 20))
    padded = np.pad(ids, [(0, 0), (before, 12)])
    assert model(ids).numpy() == pytest.approx(model(padded).numpy(), abs=1e-6)
    assert not np.allclose(model(ids), model(np.where(padded == 0, 39, padded)))


def test_the_maximum_is_that_of_the_steps_that_are_read():
    h = np.array([[[-0.5, -0.2], [-0.1, -0.9], [0.7, 0.8]]], "float32")
    mask = np.array([[True, True, False]])
    assert layers.MeanAndMax()(h, mask=mask).numpy() == pytest.approx(np.array([[-0.3, -0.55, -0.1, -0.2]]))
    assert layers.MeanAndMax()(h).numpy()[0, 2:].tolist() == pytest.approx([0.7, 0.8])


def test_a_network_with_ratios_is_saved_and_described(ngram_lstm, tmp_path):
    file = tmp_path / "ngram_lstm.keras"
    ngram_lstm.save(file)
    ids = np.random.default_rng(4).integers(1, 40, (1, 12))
    assert np.array_equal(keras.models.load_model(file)(ids), ngram_lstm(ids))
    split = ReviewSplit([ids[0].astype("int32")], np.array([1]))
    reviews = Reviews(split, split, split, Vocabulary(["good"]), "made up", 0)
    facts = [
        run_facts(model, keras.optimizers.SGD(), reviews, {}) for model in (ngram_lstm, models.ngram_lstm(40, 5, 4))
    ]
    assert None not in facts
    assert facts[0]["model"] != facts[1]["model"]


@pytest.mark.parametrize("words", [1, 3, 5])
def test_a_convolution_looks_for_the_clearest_window(words):
    n, d, u, ids = 40, 5, 3, np.random.default_rng(1).integers(1, 40, 7)
    model = with_random_weights(models.convolution(n, d, u, words))
    assert model.count_params() == n * d + u * (words * d + 1) + u + 1
    E, W, b, V, b_y = model.get_weights()  # W: (words, d, u)
    x = np.pad(E[ids], [(words // 2, words // 2), (0, 0)])
    windows = np.stack([x[t : t + words].ravel() for t in range(len(ids))])
    h = np.maximum(windows @ W.reshape(words * d, u) + b, 0).max(axis=0)
    assert model(ids[None]).numpy()[0] == pytest.approx(sigmoid(h @ V + b_y), abs=1e-6)
