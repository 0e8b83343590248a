import dataclasses
from functools import partial

import numpy as np
import pytest

from rnn_tutorial.experiments.settings import sentiment as settings
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.ngrams import choose_C, nbsvm, tfidf_regression, with_ngram_ratios
from rnn_tutorial.sentiment.reviews import ReviewSplit
from rnn_tutorial.sentiment.training import train

from recorded import different  # isort: skip

BAG = settings.KerasSetting(lambda: models.bag_of_words(200, 4), {"epochs": 2, "learning_rate": 0.1})


def check(found, predictions, reviews):
    labels = reviews.test.labels
    of_the_label = np.where(labels == 1, predictions, 1 - predictions)
    assert np.array_equal(found["correct"], (predictions > 0.5) == labels)
    assert found["test"]["accuracy"] == np.mean(found["correct"])
    assert found["test"]["loss"] == pytest.approx(-np.log(of_the_label).mean(), rel=1e-4)
    assert found["word_order"]["as they are"] == pytest.approx(np.mean(found["correct"][::5]))


def test_a_keras_setting_trains_and_is_evaluated(small_reviews):
    run = train(BAG.model(), small_reviews, seed=2, **BAG.training)
    found = BAG.run(2, small_reviews)
    check(found, run.test_probabilities, small_reviews)
    assert found["parameters"] == run.model.count_params()
    assert (found["best_epoch"], found["validation"]) == (run.best_epoch, run.validation)


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
    best = int(np.argmin(found["losses"]))
    assert [len(curve) for curve in found["curves"].values()] == [8] * 4
    assert found["curves"]["loss"] == found["losses"]
    for one in (found, stopped):
        assert one["best_epoch"] == best + 1
        assert one["validation"] == {name: found["curves"][name][best] for name in ("loss", "accuracy")}
    assert stopped["losses"] == found["losses"][: best + 2]
    assert stopped["correct"].tolist() == found["correct"].tolist()
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


def test_facts_change_with_what_they_name_and_with_nothing_else(small_reviews, monkeypatch):
    other = dataclasses.replace(small_reviews, test=small_reviews.validation)
    words, pairs = (settings.LinearSetting(partial(nbsvm, n), chosen=True) for n in (1, 2))
    for setting in (BAG, words):
        assert different(setting.facts(1, small_reviews), setting.facts(1, other)) == {"reviews"}
    for changed in (pairs, dataclasses.replace(words, chosen=False)):
        assert different(words.facts(1, other), changed.facts(1, other)) == {"model"}
    before = words.facts(1, other)
    monkeypatch.setattr("rnn_tutorial.experiments.settings.TRAINING_VERSION", 0)
    assert different(before, words.facts(1, other)) == {"training_version"}


def test_a_linear_model_is_fitted_to_changed_reviews(small_reviews):
    def all_alike(split, vocabulary):
        return ReviewSplit([ids[:1] for ids in split.sequences], split.labels)

    setting = settings.LinearSetting(partial(nbsvm, 1), change=all_alike)
    found, labels = setting.run(1, small_reviews), small_reviews.test.labels
    assert found["parameters"] == 2  # one weight, for the start, and a bias
    assert len({*(found["correct"] == labels).tolist()}) == 1  # the same prediction for all
    assert dataclasses.replace(setting, change=None).facts(1, small_reviews) != setting.facts(1, small_reviews)
