import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from refusals import refuses
from safetensors.numpy import load

from rnn_tutorial.language.dictation import END, WORDS, Dictations, dictations
from rnn_tutorial.language.translator import Translator, exact_match, fit_translator, translation_loss
from rnn_tutorial.theory.cells import unroll
from rnn_tutorial.theory.training import over_seeds

STEP = 1e-5  # of a central difference in float64
EXAMPLES = dictations(20, seed=1)
FEW = dictations(5, seed=1)
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


def that_ends(attention, bias=100):
    """Give a translator that always writes the end, or never, with a bias below 0."""
    translator = Translator.random(6, attention, seed=1)
    b_y = np.where(np.arange(11) == END, np.float32(bias), 0)
    return translator.with_parameters(translator.parameters | {"b_y": b_y})


@BOTH
def test_nothing_is_written_after_the_end(attention):
    assert that_ends(attention).translate(EXAMPLES.words).digits.tolist() == [[END]] * 20
    endless = that_ends(attention, bias=-100).translate(EXAMPLES.words)
    assert endless.digits.shape[1] == 3 * EXAMPLES.words.shape[1] // 2 + 2


@BOTH
def test_the_end_is_no_choice_before_the_least_number_of_digits(attention):
    assert that_ends(attention).translate(EXAMPLES.words, at_least=3).digits[:, 3:].tolist() == [[END]] * 20
    translator = Translator.random(6, attention, seed=1)
    free, forced = (translator.translate(EXAMPLES.words, at_least=least) for least in (0, 2))
    digits = free.probabilities[:, 0, :END]
    assert (forced.probabilities[:, :2, END] == 0).all() and (forced.digits[:, :2] < END).all()
    assert np.allclose(forced.probabilities[:, 0, :END], digits / digits.sum(axis=1, keepdims=True), atol=1e-6)


def test_a_match_has_every_digit_and_the_end():
    nothing = Dictations(np.zeros((2, 3), int), np.array([[END, -1], [0, END]]))
    assert exact_match(that_ends(True), nothing) == 0.5


@BOTH
def test_the_file_holds_the_parameters(attention):
    translator = Translator.random(6, attention, seed=1)
    content = translator.to_file()
    tensors = load(content)
    assert tensors.keys() == translator.parameters.keys() and ("A" in tensors) == attention
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    about = json.loads(header["__metadata__"]["rnn_tutorial"])
    assert about == {"cells": {"encoder.": "GRUCell", "decoder.": "GRUCell"}, "words": list(WORDS)}
    assert translator.with_parameters(tensors) == translator


def in_float64(attention):
    translator = Translator.random(4, attention, seed=1)
    random = np.random.default_rng(2)
    drawn = {name: random.normal(size=array.shape) / 2 for name, array in translator.parameters.items()}
    return translator.with_parameters(drawn)


@BOTH
def test_gradients_are_central_differences(attention):
    translator, random = in_float64(attention), np.random.default_rng(3)
    _, grads = translation_loss(translator, FEW)
    for name, array in translator.parameters.items():
        way = random.normal(size=array.shape)
        ends = [
            translation_loss(translator.with_parameters(translator.parameters | {name: array + by * way}), FEW)[0]
            for by in (STEP, -STEP)
        ]
        assert np.isclose(np.sum(grads[name] * way), (ends[0] - ends[1]) / (2 * STEP), rtol=1e-5, atol=1e-8), name


def test_padding_changes_no_loss():
    translator, alone = in_float64(True), []
    for k in range(5):
        words, digits = (ids[k][ids[k] >= 0][None] for ids in (FEW.words, FEW.digits))
        alone.append(translation_loss(translator, replace(FEW, words=words, digits=digits))[0] * digits.size)
    together = translation_loss(translator, FEW)[0]
    assert np.isclose(together, sum(alone) / (FEW.digits >= 0).sum())


@BOTH
def test_the_same_seed_gives_the_same_network(attention):
    settings = {"units": 6, "updates": 3, "batch_size": 4}
    one, other = over_seeds(partial(fit_translator, attention, **settings), (1, 1))
    assert one == other != fit_translator(attention, 2, **settings)


@pytest.mark.slow
def test_a_small_task_is_learnt():
    translator = fit_translator(True, seed=1, units=32, updates=600, learning_rate=0.01, lengths=(3, 4))
    assert exact_match(translator, dictations(300, (3, 4), test=True, seed=1)) > 0.9


def changed(**parameters):
    translator = Translator.random(6, True, seed=1)
    return translator.with_parameters(translator.parameters | parameters)


test_what_does_not_fit_is_refused_by_name = refuses(
    ("V", lambda: changed(V=np.zeros((11, 6)))),
    ("A", lambda: changed(A=np.zeros((5, 6)))),
    ("b_y", lambda: changed(b_y=np.zeros(10))),
    ("encoder", lambda: changed(**{"encoder.W": np.zeros((18, 20), "float32")})),
)
