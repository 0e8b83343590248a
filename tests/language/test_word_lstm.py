import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from rnn_tutorial.language.ngram_models import perplexity
from rnn_tutorial.language.word_lstm import LanguageModel, classifier_from, next_word_probabilities, read_text
from rnn_tutorial.theory.cells import unroll
from rnn_tutorial.theory.from_keras import cell_from_keras


@pytest.fixture
def model():
    keras.utils.set_random_seed(3)
    model = LanguageModel(vocabulary_size=12, units=5, dropout=0.5)
    model.b_y.assign(np.linspace(-1, 1, 12))
    return model


def by_hand(model, ids):
    E = model.embedding.get_weights()[0]
    h = unroll(cell_from_keras(model.lstm), E[ids]).h
    return h @ E.T + model.b_y.numpy()


def test_it_predicts_what_a_cell_by_hand_and_the_embedding_predict(model):
    ids = np.random.default_rng(1).integers(12, size=(3, 8))
    assert np.allclose(model(ids), by_hand(model, ids), atol=1e-5)


def test_probabilities_are_those_of_one_pass_however_the_text_is_cut(model):
    ids = np.random.default_rng(2).integers(12, size=(2, 41))
    log_p = log_softmax(by_hand(model, ids[:, :-1]), axis=-1)
    expected = np.exp(np.take_along_axis(log_p, ids[:, 1:, None], axis=-1)).ravel()
    for steps in (40, 8, 5):
        assert np.allclose(next_word_probabilities(model, ids.ravel(), streams=2, steps=steps), expected, atol=1e-6)


def test_it_learns_and_the_same_seed_learns_the_same():
    text, found = np.tile([2, 7, 5, 7, 2, 9], 200), []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        model, heard = LanguageModel(10, 8), []
        read_text(model, text, epochs=9, learning_rate=0.05, streams=4, steps=10, seed=1, after_epoch=heard.append)
        assert heard == list(range(1, 10))
        found.append(model.get_weights())
    p = next_word_probabilities(model, text, streams=2)
    assert perplexity(p) < 1.5  # what follows a 7 depends on what was before
    assert all(np.array_equal(*pair) for pair in zip(*found, strict=True))


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match=r"`ids`: expected at least 2,112 words, got 100\."):
        read_text(LanguageModel(10, 4), np.ones(100, int), epochs=1)


def test_a_judge_begins_with_the_models_weights_and_trains_apart(model):
    classifier, new = classifier_from(model), classifier_from(model, has_read=False)
    E, before = model.embedding.get_weights()[0], model.get_weights()
    ids = np.array([[1, 4, 5, 0], [1, 6, 0, 0]])
    h = unroll(cell_from_keras(model.lstm), E[ids], ids != 0).h
    V, b = classifier.layers[-1].get_weights()
    a = np.stack([h[0, :3].mean(axis=0), h[1, :2].mean(axis=0)]) @ V + b
    assert np.allclose(classifier(ids), 1 / (1 + np.exp(-a)), atol=1e-6)
    assert not np.allclose(new.layers[0].get_weights()[0], E)
    classifier.compile(loss="binary_crossentropy", optimizer="adam")
    classifier.fit(ids, np.array([0, 1]), verbose=0)
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))
