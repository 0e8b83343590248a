from functools import partial

import keras
import numpy as np
import pytest
from refusals import refuses
from scipy.sparse import csr_array

from rnn_tutorial.sentiment import evaluation, models
from rnn_tutorial.sentiment.batches import bucketed_batches, count_batches, padded_batches
from rnn_tutorial.sentiment.ngrams import NGrams, log_count_ratios, nbsvm, with_ngram_ratios
from rnn_tutorial.sentiment.optimizers import plain_sgd
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit, load_reviews
from rnn_tutorial.sentiment.training import predict, train
from rnn_tutorial.sentiment.vocabulary import Vocabulary
from rnn_tutorial.sentiment.word_order import order_scores, shuffle_words

WORDS = Vocabulary(["good", "bad"])
SPLIT = ReviewSplit([WORDS.encode("good"), WORDS.encode("bad")], np.array([1, 0]))
REVIEWS = Reviews(SPLIT, SPLIT, SPLIT, WORDS, "made up", 0)
NONE = ReviewSplit([], np.zeros(0, int))
RUNS = np.array([[1, 0], [1, 1]])
ONES = np.ones(2)
BATCHES = padded_batches, bucketed_batches
BAG, RNN, FIXED = models.bag_of_words(6, 2), models.simple_rnn(6, 2, 2), models.feed_forward(6, 60, 2, 2)

WRONG = [
    *[(name, partial(of, SPLIT, **{name: 0})) for of in BATCHES for name in ("batch_size", "length")],
    *[("split", partial(of, NONE)) for of in BATCHES],
    *[("values", partial(evaluation.mean_interval, values)) for values in ([], [0.9])],
    *[("correct", partial(evaluation.accuracy_interval, wrong)) for wrong in (2 * RUNS - 1, np.ones(20), RUNS[:0])],
    ("correct", lambda: evaluation.compare({"a": np.ones((2, 20)), "b": np.ones((3, 20))}, [("a", "b")])),
    ("correct", lambda: evaluation.compare({"a": np.ones((2, 20)), "b": np.ones((2, 19))}, [("a", "b")])),
    ("b", lambda: evaluation.compare({"a": RUNS, "b": 90.0 * RUNS}, [("a", "b")])),
    ("labels", lambda: evaluation.calibration_error(ONES, np.array([1, -1]))),
    *[("probabilities", partial(evaluation.calibration_error, np.array([y, 1]), ONES)) for y in (80, -0.1, np.nan)],
    ("bins", lambda: evaluation.calibration_error(ONES, ONES, bins=0)),
    *[("probabilities`, `labels", partial(evaluation.calibration_error, ONES, np.ones(count))) for count in (0, 1, 3)],
    ("labels", lambda: evaluation.prediction_changes(ONES, ONES, np.array([1, -1]))),
    ("after", lambda: evaluation.prediction_changes(ONES, np.array([1, 50]), ONES)),
    ("before`, `after`, `labels", lambda: evaluation.prediction_changes(ONES, np.ones(3), ONES)),
    ("probabilities", lambda: evaluation.most_confident_predictions(np.ones(1), SPLIT, WORDS)),
    *[(n, partial(evaluation.most_confident_predictions, ONES, SPLIT, WORDS, **{n: -1})) for n in ("count", "words")],
    ("probabilities", lambda: evaluation.sample_reviews(np.ones(3), SPLIT, WORDS)),
    ("probabilities", lambda: evaluation.sample_reviews(90 * ONES, SPLIT, WORDS)),
    ("model", lambda: models.post_pad(RNN)),  # nothing marks the padding
    *[(name, partial(NGrams, **{name: n})) for name in ("longest", "shortest", "length") for n in (0, 1.5, np.nan)],
    *[("labels", partial(log_count_ratios, csr_array(np.eye(2)), np.full(2, label))) for label in (0, 1)],
    ("labels", lambda: nbsvm().fit([[1, 4], [1, 5]] * 2, [1, -1] * 2)),
    *[
        (name, partial(with_ngram_ratios, REVIEWS, **{name: value}))
        for name, value in [("longest", 0), ("length", 0), ("folds", 1), ("folds", 10**6)]
    ],
    *[("vocabulary_size", partial(load_reviews, vocabulary_size=size)) for size in (-1, 0, 1, 4)],
    *[("validation_fraction", partial(load_reviews, validation_fraction=fraction)) for fraction in (0, 1, -0.1)],
    *[("labels", partial(ReviewSplit, [[1, 4]] * 2, wrong)) for wrong in ([1], [[1], [0]], [1, -1], [1, 0.5], None)],
    *[("sequences", partial(ReviewSplit, [ids], np.ones(1))) for ids in ([1, -7], [10**12], [1.2, 1.9], ["a"], None)],
    *[("text", partial(WORDS.encode, text)) for text in ("", "  ", "?!", "… 😀", None, np.nan)],
    ("words", lambda: Vocabulary("good")),
    *[("ids", partial(WORDS.decode, [id_])) for id_ in (3, 6, -1, 1.2, "good")],
    *[(name, partial(shuffle_words, SPLIT, 1, **{name: 0})) for name in ("together", "within", "length")],
    # Keras' own predict returns (reviews, 1), which would compare each prediction with each label
    ("predict", lambda: order_scores(lambda split: np.ones((len(split), 1)), REVIEWS)),
    ("split", lambda: predict(BAG, NONE)),
    *[("batching", partial(count_batches, SPLIT, batching)) for batching in ("bucket", None)],
    ("length", lambda: predict(BAG, SPLIT, length=0)),
]


test_a_wrong_argument_is_named = refuses(*WRONG)


@pytest.mark.parametrize(
    ("argument", "model", "settings"),
    [
        ("model", models.bag_of_words(5, 2), {}),  # too few rows
        ("model", keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]), {}),
        ("batching", BAG, {"batching": "bucket"}),
        ("batching", RNN, {}),  # buckets need a mask
        ("batching", FIXED, {}),  # of 60 ids
        ("batching", FIXED, {"batching": "padded"}),
    ],
)
def test_neither_training_nor_prediction_takes_batches_that_do_not_fit(argument, model, settings):
    for call in (partial(train, model, REVIEWS), partial(predict, model, SPLIT)):
        with pytest.raises(ValueError, match=f"^`{argument}`: "):
            call(**settings)


@pytest.mark.parametrize(
    ("argument", "settings"),
    [
        ("epochs", {"epochs": 0}),
        ("patience", {"patience": 0}),
        ("batch_size", {"batch_size": 0}),
        *[("optimizer", {"optimizer": wrong}) for wrong in ("adam", keras.optimizers.SGD, lambda steps: "adam")],
        ("optimizer", {"optimizer": lambda steps: keras.optimizers.SGD(), "learning_rate": 0.1}),
        *[("learning_rate", {"learning_rate": rate}) for rate in (-0.1, float("nan"), float("inf"), "fast")],
        ("learning_rate", {"optimizer": partial(plain_sgd, learning_rate=-1.0)}),
    ],
)
def test_a_wrong_setting_is_named_before_training(argument, settings, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", lambda *a, **k: pytest.fail("training began"))
    with pytest.raises(ValueError, match=f"^`{argument}`: expected .*got"):
        train(BAG, REVIEWS, **settings)
