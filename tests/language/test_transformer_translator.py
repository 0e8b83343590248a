"""The transformer that writes numbers: its block is the one in NumPy, and what it has not read changes nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnn_tutorial.language.dictation import END, dictations
from rnn_tutorial.language.transformer import sinusoidal_positions
from rnn_tutorial.language.transformer_translator import TransformerTranslator, fit_transformer


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    model = TransformerTranslator(size=8, heads=2, hidden=12)
    random = np.random.default_rng(1)
    model.set_weights([weights + random.normal(0, 0.3, weights.shape) for weights in model.get_weights()])
    return model


def test_the_encoder_is_the_block_in_numpy(model):
    examples = dictations(5, seed=2)
    x = model.words.get_weights()[0][np.maximum(examples.words, 0)]
    x = x + sinusoidal_positions(x.shape[1], 8)
    there = examples.words >= 0
    expected = model.block()(x, mask=there[:, None, None])
    found = model.encode(tf.convert_to_tensor(examples.words)).numpy()
    assert np.allclose(found[there], expected[there], atol=1e-5)


def test_later_digits_and_padding_change_nothing(model):
    words, before = np.array([[1, 5, 9]]), np.array([[END, 1, 5, 9]])
    logits = model((words, before)).numpy()
    assert np.allclose(model((words, before[:, :2])), logits[:, :2], atol=1e-5)
    assert np.allclose(model((np.array([[1, 5, 9, -1, -1]]), before)), logits, atol=1e-5)
    assert not np.allclose(model((np.array([[1, 5, 8]]), before)), logits, atol=1e-2)
    assert not np.allclose(model((np.array([[1, 9, 5]]), before)), logits, atol=1e-2)  # it has positions


def test_it_writes_what_it_finds_most_probable_after_what_it_has_written(model):
    words = dictations(20, seed=3).words
    digits, y, _ = model.translate(words)
    before = np.concatenate([np.full((20, 1), END), np.maximum(digits[:, :-1], 0)], axis=1)
    logits, there = model((words, before)).numpy(), digits >= 0
    assert np.array_equal(logits.argmax(axis=-1)[there], digits[there])
    assert np.allclose(y[there], tf.nn.softmax(logits).numpy()[there], atol=1e-5)
    after = np.cumsum(digits == END, axis=1) - (digits == END) > 0
    assert np.array_equal(digits == -1, after)  # nothing follows an end


def test_more_words_than_it_has_positions_are_refused(model):
    with pytest.raises(ValueError, match=r"`words`: expected at most 40, got 41\."):
        model.translate(np.zeros((1, 41), int))


def test_it_learns_and_the_same_seed_learns_the_same():
    settings = {"size": 16, "heads": 2, "hidden": 32, "updates": 150, "lengths": (3, 3)}
    one, other = (fit_transformer(1, **settings) for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(one.get_weights(), other.get_weights(), strict=True))
    examples = dictations(200, (3, 3))
    before = np.concatenate([np.full((200, 1), END), examples.digits[:, :-1]], axis=1)
    right = np.mean(one((examples.words, before)).numpy().argmax(axis=-1) == examples.digits)
    assert right > 0.5  # one in four by always writing the end
