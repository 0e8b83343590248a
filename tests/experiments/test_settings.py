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


OF_LETTERS = ("counts", {"order": 4}), ("simple_rnn", {"units": 16}), ("delta attention", {"size": 8, "hidden": 16})


@pytest.mark.parametrize(("kind", "sizes"), OF_LETTERS)
@pytest.mark.parametrize("trial", [False, True])
def test_a_letter_setting_reads_once_and_is_judged_on_the_same_letters_as_the_others(kind, sizes, trial, monkeypatch):
    monkeypatch.setattr(settings, "_written_by", lambda model, seed: f"{model.__class__.__name__} zyx the film")
    monkeypatch.setattr(settings, "_HELD", 2**13)
    rate = 0.02 if kind != "counts" else 0
    setting = settings.LetterSetting(kind, 0.02, sizes, rate, order=3)
    found = setting.run(2, trial=trial)
    text = review_stream("train", 20_000 + 2**13, seed=2)[0]
    text, held = text[:20_000], {"validation": text[20_000:], "test": review_stream("test", 2**13, seed=1)[0]}

    def judged(model, name):
        windows = held[name].reshape(-1, 64)[:50]
        for window in windows:
            for t in (33, 40, 63):  # letters before
                if kind == "counts" or isinstance(model, NGramModel):
                    yield model.probabilities(window[t - len(model.tables) + 1 : t + 1])
                elif kind == "simple_rnn":
                    yield read_stream(model, window[:t])[1][-1, window[t]]
                else:
                    yield model(window[None, :t])[1][0, -1, window[t]]

    if kind == "counts":
        model = NGramModel.fit(text, 4, 52)
        assert found["parameters"] == sum(len(table.ngrams) for table in model.tables)
    else:
        if kind == "simple_rnn":
            new = new_writer(16, 2, SimpleRNNCell)
            model, _ = train_on_stream(new, text, streams=32, seed=2, learning_rate=rate)
        else:
            options = {"mixers": ["delta", "attention"], "learning_rate": rate}
            model = LetterTransformer.from_keras(fit_letter_transformer(text, 2, **sizes, **options))
        assert found["parameters"] == sum(array.size for array in model.parameters.values())
    name = "validation" if trial else "test"
    all_of = settings._of_later_letters(model, held[name].reshape(-1, 64)).reshape(-1, 31)
    assert np.allclose(all_of[:50][:, [0, 7, 30]].ravel(), list(judged(model, name)), rtol=1e-4)
    assert found[name]["loss"] == pytest.approx(-np.log(all_of).mean())
    assert ("test" in found, found.get("losses")) == ((False, [found["validation"]["loss"]]) if trial else (True, None))
    if kind != "counts" and not trial:
        counts = NGramModel.fit(text, 3, 52)
        w, of_counts = found["test"]["weight"], settings._of_later_letters(counts, held["test"].reshape(-1, 64))
        assert found["test"]["mixed"] == pytest.approx(-np.log(w * all_of.ravel() + (1 - w) * of_counts).mean())
        assert found["test"]["known"] == pytest.approx(100 / 3)  # "the", of three words before the last


@pytest.mark.parametrize(("kind", "sizes"), OF_LETTERS)
def test_what_a_model_of_letters_writes_is_sampled_from_its_predictions(kind, sizes):
    text = review_stream("train", 20_000, seed=2)[0]
    model = (
        NGramModel.fit(text, 4, 52)
        if kind == "counts"
        else settings.LetterSetting(kind, 1, sizes, 0.02)._network(text, 2)
    )
    written = settings._written_by(model, seed=3, length=40)
    assert len(written) == 40 and written == settings._written_by(model, seed=3, length=40)
    assert written != settings._written_by(model, seed=4, length=40)


def test_a_duel_asks_for_what_was_written_and_for_the_parity_of_what_was_read():
    ids, targets = settings.recall_examples(20, 1)
    for text, wanted in zip(ids, targets, strict=True):
        [asked] = np.nonzero(wanted >= 0)
        n = asked[0]
        assert n in settings.PAIRS and len(asked) == 16 and (np.diff(asked) == 1).all()
        written = dict(zip(text[:n, 0].tolist(), text[:n, 1].tolist(), strict=True))
        assert len(written) == n  # each key once
        for t in asked:
            assert text[t, 1] == 80 and written[int(text[t, 0])] == 64 + wanted[t]
    ids, targets = settings.parity_examples(20, 1, slice(48, None))
    assert (targets[:, :48] == -1).all() and (ids[:, :, 0] == ids[:, :, 1]).all()
    assert (targets[:, -1] == ids[:, :, 0].sum(axis=1) % 2).all()


def test_a_duel_setting_trains_and_is_tested_with_each_number_of_pairs():
    setting = settings.DuelSetting("recall", "attention delta", 0.01, size=8, updates=4)
    found = setting.run(1)
    assert list(found["test"]) == [f"{n} pairs" for n in settings.PAIRS] and 0 < found["test"]["4 pairs"] < 0.3
    parity = dataclasses.replace(setting, task="parity", updates=150, mixers="delta delta", size=16)
    found = parity.run(1)
    assert found["test"]["bits 1 to 16"] > 0.9 and set(found["test"]) == {"bits 1 to 16", "bits 49 to 64"}
    assert 0 < dataclasses.replace(parity, updates=4).run(1, trial=True)["losses"][0] < 3


def test_the_facts_of_settings_of_letters_and_duels_name_what_they_are():
    usual = settings.LetterSetting("gru", 6, {"units": 128}, 0.01)
    for other, name in (({"sizes": {"units": 256}}, "model"), ({"learning_rate": 0.003}, "settings")):
        assert different(usual.facts(1, None), dataclasses.replace(usual, **other).facts(1, None)) == {name}
    usual = settings.DuelSetting("recall", "gru gru", 0.01)
    for other, name in (({"size": 16}, "model"), ({"task": "parity"}, "settings"), ({"updates": 9}, "settings")):
        assert different(usual.facts(1, None), dataclasses.replace(usual, **other).facts(1, None)) == {name}


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
