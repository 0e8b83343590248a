"""Training of translators: gradients against central differences, and what training does."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_tutorial.language.dictation import dictations
from rnn_tutorial.language.translator import Translator, exact_match
from rnn_tutorial.language.translator_training import fit_translator, fit_translators, translation_loss

STEP = 1e-5  # of a central difference in float64
EXAMPLES = dictations(5, seed=1)
BOTH = pytest.mark.parametrize("attention", [False, True])


def in_float64(attention):
    translator = Translator.random(4, attention, seed=1)
    random = np.random.default_rng(2)
    drawn = {name: random.normal(size=array.shape) / 2 for name, array in translator.parameters.items()}
    return translator.with_parameters(drawn)


@BOTH
def test_gradients_are_central_differences(attention):
    translator, random = in_float64(attention), np.random.default_rng(3)
    _, grads = translation_loss(translator, EXAMPLES)
    for name, array in translator.parameters.items():
        way = random.normal(size=array.shape)
        ends = [
            translation_loss(translator.with_parameters(translator.parameters | {name: array + by * way}), EXAMPLES)[0]
            for by in (STEP, -STEP)
        ]
        assert np.isclose(np.sum(grads[name] * way), (ends[0] - ends[1]) / (2 * STEP), rtol=1e-5, atol=1e-8), name


def test_padding_changes_no_loss():
    translator, alone = in_float64(True), []
    for k in range(5):
        words, digits = (ids[k][ids[k] >= 0][None] for ids in (EXAMPLES.words, EXAMPLES.digits))
        alone.append(translation_loss(translator, replace(EXAMPLES, words=words, digits=digits))[0] * digits.size)
    together = translation_loss(translator, EXAMPLES)[0]
    assert np.isclose(together, sum(alone) / (EXAMPLES.digits >= 0).sum())


@BOTH
def test_the_same_seed_gives_the_same_network(attention):
    settings = {"units": 6, "updates": 3, "batch_size": 4}
    one, other = fit_translators(attention, (1, 1), **settings)
    assert one == other != fit_translator(attention, 2, **settings)


@pytest.mark.slow
def test_a_small_task_is_learnt():
    translator = fit_translator(True, seed=1, units=32, updates=600, learning_rate=0.01, lengths=(3, 4))
    assert exact_match(translator, dictations(300, (3, 4), test=True, seed=1)) > 0.9
