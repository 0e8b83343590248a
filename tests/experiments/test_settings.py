import dataclasses
from functools import partial

import numpy as np
import pytest

from rnn_tutorial.experiments import settings
from rnn_tutorial.language.characters import new_writer, read_stream, review_stream, train_on_stream
from rnn_tutorial.language.dictation import dictations
from rnn_tutorial.language.letter_transformer import LetterTransformer, fit_letter_transformer
from rnn_tutorial.language.ngram_models import NGramModel
from rnn_tutorial.language.translator import exact_match, fit_translator
from rnn_tutorial.language.word_lstm import LanguageModel, classifier_from
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.ngrams import choose_C, nbsvm, tfidf_regression, with_ngram_ratios
from rnn_tutorial.sentiment.training import train
from rnn_tutorial.theory.cells import GRUCell, SimpleRNNCell
from rnn_tutorial.theory.networks import Network, chrono_biases, score
from rnn_tutorial.theory.tasks import first_letter, temporal_order
from rnn_tutorial.theory.training import fit

NEAR = partial(temporal_order, lag=0, window=2)
BAG = settings.KerasSetting(lambda: models.bag_of_words(200, 4), {"epochs": 2, "learning_rate": 0.1})


def check(found, predictions, reviews):
    labels = reviews.test.labels
    of_the_label = np.where(labels == 1, predictions, 1 - predictions)
    assert np.array_equal(found["correct"], (predictions > 0.5) == labels)
    assert found["test"]["accuracy"] == np.mean(found["correct"])
    assert found["test"]["loss"] == pytest.approx(-np.log(of_the_label).mean(), rel=1e-4)
    assert found["word_order"]["as they are"] == pytest.approx(np.mean(found["correct"][::5]))


def test_a_keras_setting_trains_and_a_trial_reads_no_test_split(small_reviews):
    run = train(BAG.model(), small_reviews, seed=2, **BAG.training)
    found = BAG.run(2, small_reviews)
    check(found, run.test_probabilities, small_reviews)
    assert found["parameters"] == run.model.count_params()
    tried = BAG.run(2, small_reviews, trial=True)
    assert list(tried["losses"]) == pytest.approx(run.history["val_loss"])
    for one in (found, tried):
        assert (one["best_epoch"], one["validation"]) == (run.best_epoch, run.validation)
    assert not tried.keys() & {"test", "correct", "word_order"}


def test_a_network_with_ngram_features_reads_encoded_reviews(small_reviews):
    make = partial(models.position_wise, len(small_reviews.vocabulary) + 183, 4, 3)
    setting = settings.KerasSetting(make, {"epochs": 1, "length": 2000}, ngrams=True)
    encoded, _ = with_ngram_ratios(small_reviews)
    run = train(make(), encoded, seed=2, epochs=1, length=2000)
    check(setting.run(2, small_reviews), run.test_probabilities, small_reviews)


def test_a_network_with_few_labels_is_followed_and_that_of_its_best_epoch_tested(small_reviews):
    make = partial(models.stacked, "GRU", 3, 2, vocabulary_size=200, embedding_dim=4)
    whole = settings.FewLabelsSetting(make, 0.1, labels=20, patience=8)
    sooner = dataclasses.replace(whole, patience=1)
    found, stopped = (setting.run(2, small_reviews) for setting in (whole, sooner))
    tried = sooner.run(2, small_reviews, trial=True)
    best = int(np.argmin(found["losses"]))
    assert [len(curve) for curve in found["curves"].values()] == [8] * 4
    assert found["curves"]["loss"] == found["losses"]
    for one in (found, stopped, tried):
        assert one["best_epoch"] == best + 1
        assert one["validation"] == {name: found["curves"][name][best] for name in ("loss", "accuracy")}
    assert stopped["losses"] == found["losses"][: best + 2] == tried["losses"]
    assert stopped["correct"].tolist() == found["correct"].tolist()
    assert not tried.keys() & {"test", "correct", "curves"}
    assert different(whole.facts(2, small_reviews), sooner.facts(2, small_reviews)) == {"settings"}


def test_linear_models_have_one_seed_and_predict_as_their_functions(small_reviews):
    linear, tfidf = settings.LinearSetting(partial(nbsvm, 1), chosen=True), settings.LinearSetting(tfidf_regression)
    assert linear.seeds == tfidf.seeds == 1
    model, _ = choose_C(nbsvm(1), small_reviews)
    fitted = tfidf_regression().fit(small_reviews.train.sequences, small_reviews.train.labels)
    for setting, expected in ((linear, model), (tfidf, fitted)):
        found = setting.run(1, small_reviews)
        check(found, expected.predict_proba(small_reviews.test.sequences)[:, 1], small_reviews)
        assert found["parameters"] == len(expected[0].vocabulary_) + 1


def test_a_task_setting_fits_a_network_with_its_biases():
    found = settings.TaskSetting(GRUCell, NEAR, learning_rate=0.03, longest=12, updates=100).run(2)
    initial = chrono_biases(Network.random(GRUCell, 32, NEAR(2), 2), 12, seed=2)
    fitted = fit(initial, NEAR, updates=100, learning_rate=0.03, seed=2)
    assert found["losses"] == pytest.approx([scored["loss"] / np.log(2) for scored in fitted.evaluations], abs=1e-5)
    assert found["validation"] == fitted.evaluations[-1]
    assert found["test"] == score(fitted.network, NEAR(1000, seed=[2, 101]))
    assert found["parameters"] == sum(array.size for array in initial.parameters.values())


def test_a_task_setting_scales_the_recurrent_matrix():
    setting = settings.TaskSetting(SimpleRNNCell, NEAR, learning_rate=0.03, updates=50, norm=1.5)
    initial = Network.random(SimpleRNNCell, 32, NEAR(2), 2)
    initial = initial.with_parameters(initial.parameters | {"U": np.float32(1.5) * initial.cell.U})
    fitted = fit(initial, NEAR, updates=50, learning_rate=0.03, seed=2)
    assert setting.run(2)["validation"] == fitted.evaluations[-1]


def test_a_task_setting_learns_another_task_first_and_follows_the_gradient():
    task, first = partial(first_letter, length=6), partial(first_letter, length=3)
    setting = settings.TaskSetting(GRUCell, task, learning_rate=0.03, updates=50, first=first, follow=True)
    before = fit(Network.random(GRUCell, 32, task(2), 2), first, updates=500, learning_rate=0.03, solved_at=0, seed=2)
    fitted = fit(before.network, task, updates=50, learning_rate=0.03, seed=2, follow=True)
    found = setting.run(2)
    assert found["curves"].keys() == {"reach", "signal", "gate"}
    assert found["curves"]["reach"] == pytest.approx([scored["reach"] for scored in fitted.evaluations], rel=1e-3)
    assert len(found["losses"]) == len(fitted.evaluations) - 1
    plain = dataclasses.replace(setting, first=None)
    assert plain.determined_by(2) != setting.determined_by(2)
    unseen = dataclasses.replace(plain, follow=False)  # which changes no weight
    assert unseen.determined_by(2) == plain.determined_by(2)


@pytest.mark.parametrize("attention", [False, True])
def test_a_translator_setting_fits_and_translates_held_out_numbers(attention):
    setting = settings.TranslatorSetting(attention, updates=60, units=16, learning_rate=0.02)
    found, fitted = setting.run(2), fit_translator(attention, 2, units=16, updates=60, learning_rate=0.02)
    assert found["test"]["3 digits"] == exact_match(fitted, dictations(1000, (3, 3), test=True, seed=5))
    steps = fitted.translate(dictations(1000, (9, 9), test=True, seed=5).words).digits.tolist()
    assert found["test"]["9 digits, ended after 8"] == np.mean([10 in row and row.index(10) == 8 for row in steps])
    assert found["parameters"] == sum(array.size for array in fitted.parameters.values())


SMALLER = ("gru", {"units": 16}), ("transformer", {"size": 8, "hidden": 16, "blocks": 1})


@pytest.mark.parametrize(("kind", "sizes"), [("counts", {}), ("gru", {}), ("transformer", {}), *SMALLER])
def test_a_letter_setting_reads_once_and_is_tested_on_the_same_letters_as_the_others(kind, sizes):
    trial = bool(sizes)  # of another rate, on letters of the training half
    rate = {"learning_rate": 0.02} if trial else {}
    found = settings.LetterSetting(kind, 0.02, sizes, **rate).run(2, trial=trial)
    text = review_stream("train", 20_000 + 2**17, seed=2)[0]
    held = text[20_000:] if trial else review_stream("test", 2**17, seed=1)[0]
    text, windows = text[:20_000], held.reshape(-1, 64)
    if kind == "counts":
        p = NGramModel.fit(text, 4, 52).probabilities(windows[:, :4])
        assert found["parameters"] == sum(len(table.ngrams) for table in NGramModel.fit(text, 7, 52).tables)
    else:
        if kind == "gru":
            new = new_writer(sizes.get("units", 128), 2)
            network, _ = train_on_stream(new, text, streams=32, seed=2, **rate)
            y = read_stream(network, windows[:, :3].ravel(), len(windows))[1].reshape(-1, 3, 52)
        else:
            network = LetterTransformer.from_keras(fit_letter_transformer(text, 2, **sizes, **rate))
            y = network(windows[:, :3])[1]
        p = y[np.arange(len(windows)), 2, windows[:, 3]]
        assert found["parameters"] == sum(array.size for array in network.parameters.values())
    assert found["validation" if trial else "test"]["after 3"] == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert ("test" in found, found.get("losses")) == ((False, [found["validation"]["loss"]]) if trial else (True, None))


def test_the_facts_of_a_letter_setting_name_its_sizes_and_its_rate():
    others = {"sizes": {"units": 256}}, {"learning_rate": 0.003}
    usual, larger, slower = (settings.LetterSetting("gru", 6, **other).facts(1, None) for other in ({}, *others))
    assert (different(usual, larger), different(usual, slower)) == ({"model"}, {"settings"})


def different(one, other):
    assert one.keys() == other.keys()
    return {name for name in one if one[name] != other[name]}


def test_facts_change_with_what_they_name_and_with_nothing_else(small_reviews, monkeypatch):
    other = dataclasses.replace(small_reviews, test=small_reviews.validation)
    words, pairs = (settings.LinearSetting(partial(nbsvm, n), chosen=True) for n in (1, 2))
    for setting in (BAG, words):
        assert different(setting.facts(1, small_reviews), setting.facts(1, other)) == {"reviews"}
    for changed in (pairs, dataclasses.replace(words, chosen=False)):
        assert different(words.facts(1, other), changed.facts(1, other)) == {"model"}
    before = words.facts(1, other)
    monkeypatch.setattr(settings, "TRAINING_VERSION", 0)
    assert different(before, words.facts(1, other)) == {"training_version"}


def test_a_language_model_reads_and_classifies_with_so_many_labels(small_reviews):
    setting = settings.ReadingSetting(units=4, epochs=2, dropout=0.1, labels={50: 1, 0: 1}, words=50)
    found = setting.run(2, small_reviews)
    everything = len(small_reviews.train)
    names = {f"{who} {count}" for who in ("pairs", "has read", "new") for count in (50, everything)}
    assert found["test"].keys() == {"loss", *names}
    assert all(found["test"][name] in np.arange(101) / len(small_reviews.test) for name in names)
    assert len(found["losses"]) == 2 and found["validation"] == {"loss": found["losses"][-1]}
    assert found["parameters"] == 50 * 4 + 50 + 4 * 4 * 9
    assert setting.run(2, small_reviews)["test"] == found["test"]
    tried = setting.run(2, small_reviews, trial=True)
    assert tried["losses"] == found["losses"] and tried["test"]["loss"] == pytest.approx(tried["losses"][-1], abs=1e-5)


def test_a_probe_takes_states_and_word_vectors_without_padding(small_reviews):
    classifier = classifier_from(LanguageModel(200, 4))
    embedding, lstm, *_ = classifier.layers
    inputs, labels = settings._frozen(classifier, small_reviews.test)
    expected = []
    for ids, label in zip(small_reviews.test.sequences, small_reviews.test.labels, strict=True):
        h, x = lstm(embedding(ids[None]))[0].numpy(), embedding(ids).numpy()
        expected.append([*h.mean(axis=0), *h[-1], *x.mean(axis=0), label])
    found = np.column_stack([inputs["mean"], inputs["last"], inputs["vectors"], labels])
    distances = np.abs(found[:, None] - np.array(expected)).max(axis=2)  # the batches have another order
    assert ((distances < 1e-6).sum(axis=0) == 1).all()


def test_a_probe_classifies_by_each_input_with_each_number_of_labels(small_reviews):
    setting = settings.ProbeSetting(units=4, epochs=1, dropout=0.1, labels={50: 0, 100: 0}, words=50)
    found = setting.run(2, small_reviews)["test"]
    inputs = ("mean", "last", "vectors")
    names = {f"{who}, {part} {count}" for who in ("has read", "new") for part in inputs for count in (50, 100)}
    assert found.keys() == {"loss", *names}
    assert all(found[name] in np.arange(101) / len(small_reviews.test) for name in names)
