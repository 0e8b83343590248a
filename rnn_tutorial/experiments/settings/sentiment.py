"""What an experiment can run on reviews: Keras networks and linear models."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
from sklearn.pipeline import Pipeline

from rnn_tutorial.experiments.settings import Setting
from rnn_tutorial.sentiment._keras_key import run_facts
from rnn_tutorial.sentiment.batches import bucketed_batches
from rnn_tutorial.sentiment.evaluation import calibration_error
from rnn_tutorial.sentiment.ngrams import choose_C, with_ngram_ratios
from rnn_tutorial.sentiment.optimizers import steady_clipped_adam
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit
from rnn_tutorial.sentiment.training import TrainConfig, predict, train, training_facts
from rnn_tutorial.sentiment.vocabulary import Vocabulary
from rnn_tutorial.sentiment.word_order import order_scores


@dataclass(frozen=True)
class KerasSetting(Setting):
    """A Keras model and how it is trained.

    :param model: a function that builds it
    :param training: further arguments of :func:`~rnn_tutorial.sentiment.training.train`
    :param ngrams: whether its input has n-gram log-count ratios, too
    """

    model: Callable[[], keras.Model]
    training: Mapping[str, Any] = field(default_factory=dict)
    ngrams: bool = False

    def run(self, seed: int, reviews: Reviews) -> dict[str, Any]:
        """Train, and evaluate on the test split and its shuffled reviews."""
        encoded, encode = _encoded(reviews, self.ngrams)
        began = time.process_time()
        run = train(self.model(), encoded, seed=seed, **self.training)
        found = {
            "seconds": round(time.process_time() - began, 1),  # CPU time, whatever else the machine does
            "parameters": run.model.count_params(),
            "best_epoch": run.best_epoch,
            "validation": run.validation,
            "settings": {title: str(value) for title, value in run.settings.items()},
        }
        batches = {name: value for name, value in self.training.items() if name in ("batching", "length")}
        return found | _evaluated(
            run.test_probabilities, lambda split: predict(run.model, encode(split), **batches), reviews
        )

    def determined_by(self, seed: int, reviews: Reviews) -> Mapping[str, Any]:
        """Return what determines a run."""
        config = TrainConfig(seed=seed, **self.training)
        facts = training_facts(self.model(), _encoded(reviews, self.ngrams)[0], config)
        assert facts is not None, "the settings of experiments are Keras' own or this package's"
        return facts


@dataclass(frozen=True)
class FewLabelsSetting(Setting):
    """A network that learns from few labelled reviews, cut to 200 tokens, and is followed from epoch to epoch.

    It is the network of the epoch with the lowest validation loss that is tested.

    :param model: a function that builds it
    :param learning_rate: Adam's η
    :param labels: how many reviews, drawn by the seed; 0 is all
    :param patience: training ends after 8 epochs, or when the validation loss has not fallen for so many
    """

    model: Callable[[], keras.Model]
    learning_rate: float
    labels: int = 3000
    patience: int = 2

    def run(self, seed: int, reviews: Reviews) -> dict[str, Any]:
        """Train, and record loss, accuracy and confidence (the mean of max(y, 1 - y)) on the validation split."""
        drawn = np.random.default_rng(seed).permutation(len(reviews.train))[: self.labels or None]
        labelled = ReviewSplit([reviews.train.sequences[i] for i in drawn], reviews.train.labels[drawn])
        keras.utils.set_random_seed(seed)
        model, truth, seconds, best = self.model(), reviews.validation.labels, 0.0, 0
        curves: dict[str, list[float]] = {"training loss": [], "loss": [], "accuracy": [], "confidence": []}
        model.compile(loss="binary_crossentropy", optimizer=steady_clipped_adam(1, self.learning_rate))
        for epoch in range(8):
            began = time.process_time()
            batches = bucketed_batches(labelled, 64, 200, 10 * seed + epoch)
            fitted = model.fit(batches, shuffle=False, verbose=0).history["loss"][0]
            seconds += time.process_time() - began
            y = predict(model, reviews.validation, length=200)
            loss = -np.log(np.where(truth == 1, y, 1 - y).clip(1e-7)).mean()
            now = fitted, loss, np.mean((y > 0.5) == truth), np.maximum(y, 1 - y).mean()
            for curve, number in zip(curves.values(), now, strict=True):
                curve.append(round(float(number), 4))
            if curves["loss"][-1] <= min(curves["loss"]):
                best, weights = epoch, model.get_weights()
            elif epoch - best >= self.patience:
                break
        model.set_weights(weights)
        correct = (predict(model, reviews.test, length=200) > 0.5) == reviews.test.labels
        return {
            "seconds": round(seconds, 1),
            "parameters": model.count_params(),
            "best_epoch": best + 1,
            "validation": {name: curves[name][best] for name in ("loss", "accuracy")},
            "losses": curves["loss"],
            "curves": curves,
            "correct": correct,
            "test": {"accuracy": float(np.mean(correct))},
        }

    def determined_by(self, seed: int, reviews: Reviews) -> Mapping[str, Any]:
        """Return what determines a run."""
        settings: dict[str, Any] = {"labels": self.labels, "patience": self.patience}
        facts = run_facts(self.model(), steady_clipped_adam(1, self.learning_rate), reviews, **settings)
        assert facts is not None, "the settings of experiments are Keras' own or this package's"
        return facts


@dataclass(frozen=True)
class LinearSetting(Setting):
    """A linear model on n-grams.

    :param model: a function that builds the pipeline
    :param chosen: whether its C is chosen on the validation split
    :param change: how training and test reviews are changed first, or ``None``
    """

    model: Callable[[], Pipeline]
    chosen: bool = False
    change: Callable[[ReviewSplit, Vocabulary], ReviewSplit] | None = None
    seeds: int = field(default=1, kw_only=True)  # nothing is random

    def run(self, seed: int, reviews: Reviews) -> dict[str, Any]:
        """Fit, and evaluate on the test split and its shuffled reviews."""
        if self.change:
            train, test = (self.change(split, reviews.vocabulary) for split in (reviews.train, reviews.test))
            reviews = replace(reviews, train=train, test=test)
        began, model = time.process_time(), self.model()
        if self.chosen:
            model, _ = choose_C(model, reviews)
        else:
            model.fit(reviews.train.sequences, reviews.train.labels)
        seconds = round(time.process_time() - began, 1)

        def predicted(split: ReviewSplit) -> np.ndarray:
            return model.predict_proba(split.sequences)[:, 1]

        evaluated = _evaluated(predicted(reviews.test), predicted, reviews)
        return {"seconds": seconds, "parameters": model[-1].coef_.size + 1, **evaluated}

    def determined_by(self, seed: int, reviews: Reviews) -> Mapping[str, Any]:
        """Return what determines a run."""
        return {
            "model": [repr(self.model()), self.chosen, *([self.change.__name__] if self.change else [])],
            "reviews": reviews.digests,
            "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
        }


def _evaluated(
    predictions: np.ndarray, predict: Callable[[ReviewSplit], np.ndarray], reviews: Reviews
) -> dict[str, Any]:
    """Evaluate a model's predictions for the test split, and what it makes of shuffled reviews."""
    labels = reviews.test.labels
    of_the_label = np.where(labels == 1, predictions, 1 - predictions).clip(1e-7)
    correct = (predictions > 0.5) == labels
    return {
        "test": {
            "loss": float(-np.log(of_the_label).mean()),
            "accuracy": float(np.mean(correct)),
            "calibration_error": calibration_error(predictions, labels),
        },
        "correct": correct,
        "word_order": order_scores(predict, reviews),
    }


_last_encoded: dict[Any, tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]] = {}  # it takes 20 s, for each seed


def _encoded(reviews: Reviews, ngrams: bool) -> tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]:
    """Encode reviews as a network's input, and return the encoder for others."""
    if not ngrams:
        return reviews, lambda split: split
    key = tuple(reviews.digests)
    if key not in _last_encoded:
        _last_encoded.clear()
        _last_encoded[key] = with_ngram_ratios(reviews)
    return _last_encoded[key]
