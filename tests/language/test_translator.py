"""Translators: shapes, what attention changes, and the file for the browser."""

import json

import numpy as np
import pytest
from safetensors.numpy import load

from rnn_tutorial.language.dictation import END, WORDS, Dictations, dictations
from rnn_tutorial.language.translator import Translator, exact_match
from rnn_tutorial.theory.cells import unroll

EXAMPLES = dictations(20, seed=1)
BOTH = pytest.mark.parametrize("attention", [False, True])


@BOTH
def test_padding_changes_nothing(attention):
    translator = Translator.random(6, attention, seed=1)
    padded = np.pad(EXAMPLES.words, ((0, 0), (0, 3)), constant_values=-1)
    one, other = translator.translate(EXAMPLES.words), translator.translate(padded)
    steps = min(one.digits.shape[1], other.digits.shape[1])
    assert np.allclose(one.probabilities[:, :steps], other.probabilities[:, :steps], atol=1e-6)
    if attention:
        assert (other.weights[:, :, -3:] == 0).all()
        assert np.allclose(other.weights.sum(axis=-1), 1, atol=1e-6)
    else:
        assert one.weights is None


def test_a_step_by_hand():
    translator, words = Translator.random(6, True, seed=1), EXAMPLES.words[:1][:, :3]
    h = unroll(translator.encoder, np.eye(len(WORDS))[words]).h[0]
    start = translator.decoder.initial_state(1)._replace(h=h[-1:])
    s = translator.decoder.step(np.eye(11)[[END]], start).h[0]
    alpha = np.exp(h @ translator.A @ s)
    alpha /= alpha.sum()
    a = translator.V @ np.concatenate([s, alpha @ h]) + translator.b_y
    written = translator.translate(words)
    assert np.allclose(written.weights[0, 0], alpha, atol=1e-6)
    assert np.allclose(written.probabilities[0, 0], np.exp(a) / np.exp(a).sum(), atol=1e-6)
    assert written.digits[0, 0] == a.argmax()


@BOTH
def test_nothing_is_written_after_the_end(attention):
    translator = Translator.random(6, attention, seed=1)
    b_y = np.zeros(11, np.float32)
    b_y[END] = 100
    ended = translator.with_parameters(translator.parameters | {"b_y": b_y}).translate(EXAMPLES.words)
    assert ended.digits.tolist() == [[END]] * 20
    endless = translator.with_parameters(translator.parameters | {"b_y": -b_y}).translate(EXAMPLES.words)
    assert endless.digits.shape[1] == 3 * EXAMPLES.words.shape[1] // 2 + 2


def test_a_match_has_every_digit_and_the_end():
    translator = Translator.random(6, True, seed=1)
    b_y = np.zeros(11, np.float32)
    b_y[END] = 100
    ends = translator.with_parameters(translator.parameters | {"b_y": b_y})
    nothing = Dictations(np.zeros((2, 3), int), np.array([[END, -1], [0, END]]))
    assert exact_match(ends, nothing) == 0.5


@BOTH
def test_the_file_holds_the_parameters(attention):
    translator = Translator.random(6, attention, seed=1)
    content = translator.to_file()
    tensors = load(content)
    assert tensors.keys() == translator.parameters.keys() and ("A" in tensors) == attention
    assert all(np.array_equal(tensors[name], array) for name, array in translator.parameters.items())
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    about = json.loads(header["__metadata__"]["rnn_tutorial.translator"])
    assert about == {"version": 1, "words": list(WORDS)}
    assert translator.with_parameters(tensors) == translator


def test_the_default_is_small_enough_to_send():
    assert len(Translator.random(64, True, seed=1).to_file()) < 300_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"V": np.zeros((11, 6))}, r"`V`: expected the shape \(11, 12\)"),
        ({"A": np.zeros((5, 6))}, r"`A`: expected the shape \(6, 6\)"),
        ({"b_y": np.zeros(10)}, r"`b_y`: expected the shape \(11,\)"),
        ({"encoder.W": np.zeros((18, 20), "float32")}, "`encoder`: expected 21 inputs and 6 units"),
    ],
)
def test_errors_say_what_was_expected(change, message):
    translator = Translator.random(6, True, seed=1)
    with pytest.raises(ValueError, match=message):
        translator.with_parameters(translator.parameters | change)
