import dataclasses

import numpy as np
import pytest

from rnn_tutorial.experiments.settings import language as settings
from rnn_tutorial.language.characters import new_writer, read_stream, review_stream, train_on_stream
from rnn_tutorial.language.dictation import dictations
from rnn_tutorial.language.letter_transformer import LetterTransformer, fit_letter_transformer
from rnn_tutorial.language.ngram_models import NGramModel
from rnn_tutorial.language.translator import exact_match, fit_translator
from rnn_tutorial.language.word_lstm import LanguageModel, classifier_from
from rnn_tutorial.theory.cells import SimpleRNNCell

from recorded import different  # isort: skip


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
def test_a_letter_setting_reads_once_and_is_judged_on_the_same_letters_as_the_others(kind, sizes, monkeypatch):
    monkeypatch.setattr(settings, "_written_by", lambda model, seed: f"{model.__class__.__name__} zyx the film")
    monkeypatch.setattr(settings, "_HELD", 2**13)
    rate = 0.02 if kind != "counts" else 0
    setting = settings.LetterSetting(kind, 0.02, sizes, rate, order=3)
    found = setting.run(2)
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
    for name in ("validation", "test"):
        all_of = settings._of_later_letters(model, held[name].reshape(-1, 64)).reshape(-1, 31)
        assert np.allclose(all_of[:50][:, [0, 7, 30]].ravel(), list(judged(model, name)), rtol=1e-4)
        assert found[name]["loss"] == pytest.approx(-np.log(all_of).mean())
    if kind != "counts":
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


def test_the_facts_of_settings_of_letters_and_duels_name_what_they_are():
    usual = settings.LetterSetting("gru", 6, {"units": 128}, 0.01)
    for other, name in (({"sizes": {"units": 256}}, "model"), ({"learning_rate": 0.003}, "settings")):
        assert different(usual.facts(1, None), dataclasses.replace(usual, **other).facts(1, None)) == {name}
    usual = settings.DuelSetting("recall", "gru gru", 0.01)
    for other, name in (({"size": 16}, "model"), ({"task": "parity"}, "settings"), ({"updates": 9}, "settings")):
        assert different(usual.facts(1, None), dataclasses.replace(usual, **other).facts(1, None)) == {name}


def test_a_language_model_reads_and_classifies_with_so_many_labels(small_reviews):
    setting = settings.ReadingSetting(units=4, epochs=2, dropout=0.1, labels={50: 1, 0: 1}, words=50)
    found = setting.run(2, small_reviews)
    everything = len(small_reviews.train)
    names = {f"{who} {count}" for who in ("pairs", "has read", "new") for count in (50, everything)}
    assert found["test"].keys() == {"loss", *names}
    assert all(found["test"][name] in np.arange(101) / len(small_reviews.test) for name in names)
    assert len(found["losses"]) == 2 and found["validation"] == {"loss": found["losses"][-1]}
    assert found["parameters"] == 50 * 4 + 50 + 4 * 4 * 9


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
