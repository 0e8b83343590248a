"""A grid of trainings: every setting of an experiment with every seed, here or on a cluster.

``nox -s experiments -- NAME`` runs one and writes ``NAME.jsonl`` in the package's folder ``experiments``, a line for
each run. What is written is not run again, so an interrupted grid goes on where it was. The work goes through joblib's
plain ``Parallel()``: who calls :func:`run_grid` inside ``joblib.parallel_config`` decides where it is done.
"""

import argparse
import datetime
import hashlib
import html
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from importlib.metadata import version
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any, Literal

import joblib
import keras
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from scipy.special import expit, logit
from sklearn.pipeline import Pipeline

from rnn_tutorial import keras_models, keras_parts
from rnn_tutorial.baselines import as_texts, naive_bayes, tfidf_regression
from rnn_tutorial.cells import Cell, GRUCell, LSTMCell, SimpleRNNCell
from rnn_tutorial.claims import say_on_page
from rnn_tutorial.evaluation import calibration_error
from rnn_tutorial.keras_optimizers import averaged_adam, falling_adam, steady_clipped_adam
from rnn_tutorial.keras_training import Run, plain_sgd, predict, train, training_facts
from rnn_tutorial.keras_variants import (
    convolution,
    longer_steps_for_rare_words,
    momentum_sgd,
    pad_behind,
    plain_adam,
    stacked_lstm,
)
from rnn_tutorial.linear_answers import with_linear_answers
from rnn_tutorial.linear_models import LinearModel, Pieces, choose_linear, count_pieces, fit_linear
from rnn_tutorial.networks import Network, chrono_biases, fit, score
from rnn_tutorial.piece_ratios import with_piece_ratios
from rnn_tutorial.progress import tell
from rnn_tutorial.provenance import machine
from rnn_tutorial.recorded import FOLDER, RecordedRun, read_runs, write_run
from rnn_tutorial.refit import join_validation, watch_training
from rnn_tutorial.reviews import Reviews, ReviewSplit, load_reviews
from rnn_tutorial.routines import chosen_routines
from rnn_tutorial.tasks import Examples, adding_problem, copy_memory, temporal_order
from rnn_tutorial.word_order import order_scores

__all__ = [
    "EXPERIMENTS", "LAGS", "SOLVED", "Experiment", "Setting", "LinearSetting", "BaselineSetting", "TaskSetting",
    "run_grid", "recorded_runs", "what_changed",
]  # fmt: skip

_WHAT = {  # what decides a run and is too long to be written out
    "model": "the layers of the model",
    "optimizer": "the optimiser",
    "settings": "the settings",
    "reviews": "the reviews",
}
_BOX = '<div class="admonition warning"><p>', "</p></div>"

TRAINING_VERSION = 1
"""Raised by hand when the same setting and seed would no longer train to the same network."""

VOCABULARY = 10_000
WHOLE = 2500  # ids; no review has more
DEATHS = 3  # workers that may die before the grid gives up

LAGS = (10, 50, 100, 200, 400)
"""The lags of the experiment ``lags``, in steps; :doc:`/theory/lstm` shows who learns them."""

SOLVED = 0.05
"""A network has solved a task when its validation loss is this share of that of chance, as on :doc:`/theory/lstm`."""


@dataclass(frozen=True)
class Setting:
    """One model and how it is trained.

    :param model: what builds it
    :param training: what :func:`~rnn_tutorial.keras_training.train` is told beside the model, the reviews and the seed
    :param ratios: whether the reviews are written with the ratios of their pieces, see
        :func:`~rnn_tutorial.piece_ratios.with_piece_ratios`
    :param beside: the name of a :class:`LinearSetting` whose log-odds are averaged with those of the network, as a run
        of its own; none if it is empty
    :param answers: whether they are written with the answers of a linear model, too, see
        :func:`~rnn_tutorial.linear_answers.with_linear_answers`
    :param vocabulary: the number of ids of the words
    :param length: ids that are kept of a review before ratios or answers are added; a network that is told neither has
        its own in ``training``
    :param longest: the most words of a piece that has a ratio
    :param validation: whether the validation split ``"chooses"`` the epoch that is kept, or the last one is kept and
        the split is ``"unused"`` or ``"learnt"`` from, see :mod:`~rnn_tutorial.refit`

    :doc:`/sentiment/comparison` compares four of them.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> EXPERIMENTS["networks"].settings["bag_of_words"].training
    {'learning_rate': 0.01}
    """

    model: Callable[[], keras.Model]
    training: Mapping[str, Any] = field(default_factory=dict)
    ratios: bool = False
    beside: str = ""
    answers: bool = False
    vocabulary: int = VOCABULARY
    length: int = 500
    longest: int = 3
    validation: Literal["chooses", "unused", "learnt"] = "chooses"


@dataclass(frozen=True)
class LinearSetting:
    """One linear model, and what it reads. It draws nothing at random, so it is fitted with the first seed alone.

    :param longest: the most words of a piece
    :param length: ids that are kept of a review
    :param vocabulary: the number of ids of the words
    :param validation: whether the validation split only ``"chooses"`` C, or is ``"learnt"`` from, too, when it has

    :doc:`/sentiment/official-split` sets three of them beside the networks.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> EXPERIMENTS["best"].settings["triples"].longest
    3
    """

    longest: int
    length: int = 500
    vocabulary: int = VOCABULARY
    validation: Literal["chooses", "learnt"] = "chooses"


@dataclass(frozen=True)
class BaselineSetting:
    """One of scikit-learn's models, on the texts of :func:`~rnn_tutorial.baselines.as_texts`; fitted with one seed.

    :param model: what builds it

    :doc:`/sentiment/official-split` sets two of them beside the networks.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> [name for name, _ in EXPERIMENTS["best"].settings["tfidf"].model().steps]
    ['tfidfvectorizer', 'logisticregression']
    """

    model: Callable[[], Pipeline]


@dataclass(frozen=True)
class TaskSetting:
    """A network of :mod:`~rnn_tutorial.networks`, and the task that it learns. It reads no reviews.

    :param cell: its cell, of 32 units
    :param task: the task, such as ``partial(temporal_order, lag=50)``
    :param learning_rate: Adam's η
    :param forget_bias: as in :meth:`Cell.random <rnn_tutorial.cells.Cell.random>`; ``None`` starts as Keras does
    :param longest: the longest lag of :func:`~rnn_tutorial.networks.chrono_biases`, or 0 for other biases
    :param updates: the most updates; :func:`~rnn_tutorial.networks.fit` stops where the task is solved
    :param after: the setting with the shorter lag; it is run first, and if no seed solves that, this one is not run
    :param seeds: with how many of the experiment's seeds it is run, the first ones; 0 is all

    :doc:`/theory/lstm` shows how far back each kind of network learns.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> setting = EXPERIMENTS["lags"].settings["order_50_lstm_chrono"]
    >>> setting.cell.__name__, setting.task.keywords, setting.after
    ('LSTMCell', {'lag': 50}, 'order_10_lstm_chrono')
    """

    cell: type[Cell[Any]]
    task: partial[Examples]
    learning_rate: float
    forget_bias: float | None = None
    longest: int = 0
    updates: int = 2000
    after: str = ""
    seeds: int = 0

    def new(self, seed: int) -> Network:
        """Draw the network.

        :param seed: gives the same network again
        :returns: the network, before training
        """
        network = Network.random(self.cell, 32, self.task(2), seed, forget_bias=self.forget_bias)
        return chrono_biases(network, self.longest, seed) if self.longest else network


AnySetting = Setting | LinearSetting | BaselineSetting | TaskSetting


@dataclass(frozen=True)
class Experiment:
    """A question, and the settings and seeds that answer it.

    :param question: the question
    :param settings: a name for each setting
    :param seeds: the seeds, fixed before the first run
    :param trials: whether settings are only tried, to choose among them: a run is recorded with its validation losses,
        and the test split is not looked at
    :param log_odds: the settings whose log-odds on the test reviews are recorded, too, so that pages can average them
        (:func:`~rnn_tutorial.recorded.mean_run`)

    :doc:`/sentiment/comparison` asks one.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> EXPERIMENTS["networks"].question
    'Which of the networks is right most often, and by how much?'
    """

    question: str
    settings: Mapping[str, AnySetting]
    seeds: Sequence[int] = tuple(range(101, 111))
    trials: bool = False
    log_odds: Sequence[str] = ()


_BEST: dict[str, Any] = {"epochs": 2, "learning_rate": 0.003}
_WITH_RATIOS: dict[str, Any] = _BEST | {"length": 2000}  # of 500 steps


def _told(
    dropped: float = 0.6,
    beside: str = "",
    vocabulary: int = VOCABULARY,
    size: int = 50,
    units: int = 64,
    longest: int = 3,
    **training: Any,
) -> Setting:
    """The LSTM with ratios, of which there are 61 classes for each length of a piece."""
    sizes: dict[str, Any] = {"embedding_dim": size, "units": units, "ids_per_step": 1 + longest, "dropped": dropped}
    model = partial(keras_models.ratio_lstm, vocabulary + 61 * longest, **sizes)
    told = _BEST | {"length": 500 * (1 + longest)} | training
    return Setting(model, told, ratios=True, beside=beside, vocabulary=vocabulary, longest=longest)


def _answered() -> Setting:
    """The same, with a linear model's answer at each step, which is a fifth id."""
    model = partial(keras_models.ratio_lstm, 10_183 + 25, embedding_dim=50, ids_per_step=5, dropped=0.6)
    return Setting(model, _BEST | {"length": 2500}, ratios=True, answers=True)


def _without(part: keras_parts.Part, beside: str = "", size: int = 50, **training: Any) -> Setting:
    """The same less one part."""
    model = partial(keras_parts.ratio_lstm_without, part, 10_183, embedding_dim=size, dropped=0.6)
    return Setting(model, _WITH_RATIOS | training, ratios=True, beside=beside)


def _flat(**told: Any) -> Setting:
    """The network without recurrence, at its best."""
    return _without("recurrence", **{"epochs": 4, "learning_rate": 0.01, **told})


def _each_step(**told: Any) -> Setting:
    """The network whose layer reads each step alone."""
    return _without("memory", **{"epochs": 4, **told})


def _whole(setting: Setting, beside: str = "") -> Setting:
    """A network with ratios, on whole reviews."""
    training = {**setting.training, "length": 4 * WHOLE}  # four ids a step
    return replace(setting, length=WHOLE, beside=beside, training=training)


def _untold(dropped: float = 0.6, **training: Any) -> Setting:
    """The same without ratios: one id a step."""
    model = partial(keras_models.ratio_lstm, 10_000, embedding_dim=50, ids_per_step=1, dropped=dropped)
    return Setting(model, _BEST | training)


def _trained_by(name: str, optimizer: Callable[..., keras.optimizers.Optimizer], **told: float) -> Setting:
    """A network of ``networks`` as there, but for its optimiser."""
    setting = _NETWORKS[name]
    return replace(setting, training={**setting.training, "optimizer": optimizer, **told})


def _with_longer_steps(name: str, learning_rate: float, factor: float, power: float) -> Setting:
    """The same with plain gradient descent, but for the length of its words' steps."""
    setting = _trained_by(name, plain_sgd, learning_rate=learning_rate)
    make = setting.model
    return replace(setting, model=lambda: longer_steps_for_rare_words(make(), factor, power))


def _padded(name: str) -> dict[str, Setting]:
    """A recurrent network on reviews padded to one length, in the three ways that differ."""
    make, training = getattr(keras_models, name), {"batching": "padded"}
    return {
        f"{name}_front": Setting(make, training),
        f"{name}_behind": Setting(lambda: pad_behind(make(mask_padding=True)), training),
        f"{name}_masked": Setting(lambda: make(mask_padding=True), training),
    }


def _at_lags() -> Iterator[tuple[str, TaskSetting]]:
    """Each kind of network on each task, the lags rising, so that each setting names the one before it."""
    tasks: dict[str, tuple[Callable[[int], partial[Examples]], float]] = {
        "order": (lambda lag: partial(temporal_order, lag=lag), 0.003),
        "adding": (lambda lag: partial(adding_problem, length=lag), 0.01),
        "copying": (lambda lag: partial(copy_memory, lag=lag, copied=2), 0.01),
    }
    kinds: dict[str, tuple[type[Cell[Any]], float | None, bool]] = {  # forget bias, chrono initialisation
        "simple_rnn": (SimpleRNNCell, None, False),
        "gru": (GRUCell, None, False),
        "gru_chrono": (GRUCell, None, True),
        "lstm": (LSTMCell, None, False),
        "lstm_bias_5": (LSTMCell, 5.0, False),
        "lstm_chrono": (LSTMCell, None, True),
    }
    for (name, (task_at, learning_rate)), (kind, (cell, bias, chrono)) in product(tasks.items(), kinds.items()):
        after = ""
        for lag in LAGS:
            task = task_at(lag)
            longest = task(2).inputs.shape[1] if chrono else 0
            seeds = 5 if lag > 50 else 0
            setting = f"{name}_{lag}_{kind}"
            yield setting, TaskSetting(cell, task, learning_rate, bias, longest, after=after, seeds=seeds)
            after = setting


_NETWORKS = {
    "bag_of_words": Setting(keras_models.bag_of_words, {"learning_rate": 0.01}),
    "feed_forward": Setting(keras_models.feed_forward, {"batching": "padded"}),
    "simple_rnn": Setting(lambda: keras_models.simple_rnn(mask_padding=True)),
    "lstm": Setting(lambda: keras_models.lstm(mask_padding=True)),
}

_RATES, _DROPOUT = (0.001, 0.003, 0.01), (0.0, 0.5)
_COMPARED = (
    "average", "position_wise_ngrams", "simple_rnn", "feed_forward", "lstm", "gru", "lstm_ngrams",
    "bidirectional_lstm", "convolution", "stacked_lstm",
)  # fmt: skip


def _compared(name: str, learning_rate: float, dropout: float) -> Setting:
    """A network of the fair comparison, trained until its validation loss has not fallen for two epochs."""
    training: dict[str, Any] = {
        "epochs": 8, "patience": 2, "optimizer": steady_clipped_adam, "learning_rate": learning_rate
    }  # fmt: skip
    if name.endswith("_ngrams"):  # 183 classes of ratios beside the words, four ids a step
        sizes: dict[str, Any] = {"embedding_dim": 50, "dropped": dropout}
        model: Callable[[], keras.Model] = partial(keras_models.ratio_lstm, 10_183, **sizes)
        if name.startswith("position_wise"):
            model = partial(keras_parts.ratio_lstm_without, "memory", 10_183, **sizes)
        return Setting(model, training | {"length": 2000}, ratios=True)
    make = {
        "average": keras_models.bag_of_words,
        "feed_forward": keras_models.feed_forward,
        "convolution": convolution,
        "simple_rnn": partial(keras_models.simple_rnn, mask_padding=True),
        "lstm": partial(keras_models.lstm, mask_padding=True),
        "gru": partial(keras_models.gru, mask_padding=True),
        "bidirectional_lstm": partial(keras_models.bidirectional_lstm, mask_padding=True),
        "stacked_lstm": partial(stacked_lstm, mask_padding=True),
    }[name]
    if name in ("feed_forward", "convolution"):
        training["batching"] = "padded"
    return Setting(lambda: keras_models.drop_words(make(), dropout) if dropout else make(), training)


_WITH_EACH_OPTIMIZER = ("feed_forward", "simple_rnn", "lstm")

EXPERIMENTS = {
    "architectures": Experiment(
        "What do a GRU, a convolution and two LSTMs in one network reach, beside the four of the comparison?",
        {
            "convolution": Setting(convolution, {"batching": "padded"}),
            "gru": Setting(lambda: keras_models.gru(mask_padding=True)),
            "bidirectional_lstm": Setting(lambda: keras_models.bidirectional_lstm(mask_padding=True)),
            "stacked_lstm": Setting(lambda: stacked_lstm(mask_padding=True)),
        },
        seeds=tuple(range(101, 106)),
    ),
    "best": Experiment(
        "How well can one recurrent network do that knows what a linear model counts, and what does it add to that?",
        {
            "words": LinearSetting(1),
            "pairs": LinearSetting(2),
            "triples": LinearSetting(3),
            "naive_bayes": BaselineSetting(naive_bayes),
            "tfidf": BaselineSetting(tfidf_regression),
            "ratio_lstm": _told(beside="triples"),
        },
    ),
    "dropout": Experiment(
        "Does the verdict change if half of the words are left out while the networks are trained?",
        {
            "bag_of_words": Setting(
                lambda: keras_models.drop_words(keras_models.bag_of_words()), {"epochs": 3, "learning_rate": 0.01}
            ),
            "lstm": Setting(lambda: keras_models.drop_words(keras_models.lstm(mask_padding=True)), {"epochs": 3}),
        },
    ),
    "lags": Experiment(
        "How many steps back does each kind of network learn, and in how many updates?", dict(_at_lags())
    ),
    "networks": Experiment("Which of the networks is right most often, and by how much?", _NETWORKS),
    "optimizers": Experiment(
        "Was it the optimiser that kept the notebook's networks from learning, and if so, what does it lack?",
        {
            **{f"{name}_sgd": _trained_by(name, plain_sgd) for name in _WITH_EACH_OPTIMIZER},
            "feed_forward_tuned": _trained_by("feed_forward", momentum_sgd, learning_rate=0.03),
            "simple_rnn_tuned": _trained_by("simple_rnn", momentum_sgd, learning_rate=0.01),
            "lstm_tuned": _trained_by("lstm", momentum_sgd, learning_rate=0.3),
            "feed_forward_ranked": _with_longer_steps("feed_forward", 0.03, factor=10, power=1),
            "simple_rnn_ranked": _with_longer_steps("simple_rnn", 0.003, factor=10, power=1),
            "lstm_ranked": _with_longer_steps("lstm", 0.1, factor=10, power=1),
            # a power next to 0 leaves padding, id 0, alone and is 1 for all words; in the others padding has a mask
            "feed_forward_words": _with_longer_steps("feed_forward", 0.1, factor=300, power=0.001),
            "simple_rnn_words": _with_longer_steps("simple_rnn", 0.003, factor=3000, power=0),
            "lstm_words": _with_longer_steps("lstm", 0.1, factor=1000, power=0),
            "feed_forward_alike": _with_longer_steps("feed_forward", 0.01, factor=900, power=0),
            **{f"{name}_adam": _trained_by(name, plain_adam) for name in _WITH_EACH_OPTIMIZER},
            "feed_forward_steady": _trained_by("feed_forward", steady_clipped_adam),
            "feed_forward_unclipped": _trained_by("feed_forward", falling_adam),
            "simple_rnn_padded_sgd": Setting(keras_models.simple_rnn, {"batching": "padded", "optimizer": plain_sgd}),
            "simple_rnn_padded_adam": Setting(keras_models.simple_rnn, {"batching": "padded", "optimizer": plain_adam}),
        },
        seeds=tuple(range(101, 106)),
    ),
    "padding": Experiment(
        "Where may the padding stand, and what is a mask worth?",
        _padded("simple_rnn") | _padded("lstm") | _padded("gru"),
        seeds=(101, 102, 103),
    ),
    "parts": Experiment(
        "Which parts of that network pay, and does recurrence add something to the linear model?",
        {
            "triples": LinearSetting(3),
            "without_recurrence": _flat(beside="triples"),
            "without_memory": _each_step(beside="triples"),
            "without_backward": _without("backward"),
            "without_pooling": _without("pooling"),
            "without_dropout": _told(dropped=0.0, beside="triples"),
            "without_ratios": _untold(),
        },
        seeds=tuple(range(101, 106)),
    ),
    "refit": Experiment(
        "What do the last epoch and all labelled reviews give the LSTM with ratios, once nothing is left to choose?",
        {
            "triples": LinearSetting(3, validation="learnt"),
            "last_epoch": replace(_told(epochs=4), validation="unused"),
            "all_reviews": replace(_told(beside="triples", epochs=4), validation="learnt"),
            "all_reviews_without_recurrence": replace(_flat(beside="triples"), validation="learnt"),
            "all_reviews_without_memory": replace(_each_step(beside="triples"), validation="learnt"),
        },
        seeds=tuple(range(101, 106)),
        log_odds=("triples", "all_reviews", "all_reviews_without_recurrence"),
    ),
    "told_more": Experiment(
        "What does the LSTM with ratios gain by more epochs, averaged weights, more words, whole reviews or a linear "
        "model's answers?",
        {
            "triples": LinearSetting(3),
            "triples_30000": LinearSetting(3, vocabulary=30_000),
            "linear_answers": _answered(),
            "four_epochs": _told(beside="triples", epochs=4),
            "averaged": _told(epochs=4, optimizer=averaged_adam),
            "vocabulary_30000": _told(vocabulary=30_000),
            "triples_whole": LinearSetting(3, length=WHOLE),
            "whole_reviews": _whole(_told(epochs=4, size=100), beside="triples_whole"),
            "whole_reviews_without_recurrence": _whole(_flat(size=100), beside="triples_whole"),
        },
        seeds=tuple(range(101, 106)),
    ),
    "search": Experiment(
        "Which learning rate and which dropout give each network of the comparison the lowest validation loss?",
        {
            f"{name}_{learning_rate}_{dropout}": _compared(name, learning_rate, dropout)
            for name, learning_rate, dropout in product(_COMPARED, _RATES, _DROPOUT)
        },
        seeds=(11,),
        trials=True,
    ),
    "trials": Experiment(
        "Which settings give the LSTM with ratios and its two rivals without memory the lowest validation loss?",
        {
            "lstm": _told(epochs=4),
            "lstm_rate_0.002": _told(epochs=4, learning_rate=0.002),
            "lstm_rate_0.005": _told(epochs=4, learning_rate=0.005),
            "lstm_6_epochs": _told(epochs=6),
            "lstm_8_epochs": _told(epochs=8),
            "lstm_100_numbers": _told(epochs=4, size=100),
            "lstm_128_units": _told(epochs=4, units=128),
            "lstm_4_words": _told(epochs=4, longest=4),
            "lstm_less_dropout": _told(epochs=4, dropped=0.4),
            "lstm_whole_reviews": _whole(_told(epochs=4)),
            "lstm_whole_reviews_100_numbers": _whole(_told(epochs=4, size=100)),
            "flat": _flat(),
            "flat_rate_0.005": _flat(learning_rate=0.005),
            "flat_rate_0.02": _flat(learning_rate=0.02),
            "flat_8_epochs": _flat(epochs=8),
            "flat_8_epochs_rate_0.005": _flat(epochs=8, learning_rate=0.005),
            "flat_100_numbers": _flat(size=100),
            "flat_100_numbers_rate_0.005": _flat(size=100, learning_rate=0.005),
            "flat_100_numbers_8_epochs_rate_0.005": _flat(size=100, epochs=8, learning_rate=0.005),
            "flat_200_numbers": _flat(size=200),
            "flat_whole_reviews": _whole(_flat()),
            "flat_whole_reviews_100_numbers": _whole(_flat(size=100)),
            "each_step": _each_step(),
            "each_step_rate_0.001": _each_step(learning_rate=0.001),
            "each_step_rate_0.01": _each_step(learning_rate=0.01),
            "each_step_8_epochs": _each_step(epochs=8),
            "each_step_8_epochs_rate_0.001": _each_step(epochs=8, learning_rate=0.001),
            "each_step_8_epochs_rate_0.01": _each_step(epochs=8, learning_rate=0.01),
        },
        seeds=(1,),
        trials=True,
    ),
    "untold": Experiment(
        "Can that network do without the ratios, if it reads whole reviews, for longer, or leaves out no words?",
        {
            "no_dropout": _untold(dropped=0.0),
            "four_epochs": _untold(epochs=4),
            "whole_reviews": _untold(length=WHOLE),
            "whole_reviews_four_epochs": _untold(epochs=4, length=WHOLE),
        },
        seeds=tuple(range(101, 106)),
    ),
}
"""The experiments: ``networks`` is that of :doc:`/sentiment/comparison`."""


def run_one(experiment: str, setting: str, seed: int, source: str) -> list[RecordedRun] | str:
    """Train one network of an experiment, in any process that has this package; where it fails, say how."""
    if threading.current_thread() is not threading.main_thread():
        return _in_its_own_process(experiment, setting, seed, source)
    try:
        keras.utils.clear_session()  # a worker trains many
        asked = EXPERIMENTS[experiment].settings[setting]
        on_task, vocabulary = isinstance(asked, TaskSetting), getattr(asked, "vocabulary", VOCABULARY)
        return _train(experiment, setting, seed, None if on_task else _reviews(source, vocabulary))
    except Exception:
        return f"{setting}, seed {seed}: {traceback.format_exc()}"


def _in_its_own_process(experiment: str, setting: str, seed: int, source: str) -> list[RecordedRun] | str:
    """Do the same where no other thread draws random numbers.

    Keras draws the seeds of the weights from numbers that all threads of a process share, and a worker of Dask draws
    from these at every heartbeat. One draw between a run's seed and its weights makes another run of it.
    """
    code = "import sys, joblib; from rnn_tutorial.keras_grid import run_one; *what, seed, source, file = sys.argv[1:]; "
    code += "joblib.dump(run_one(*what, int(seed), source), file)"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "runs"
        command = [sys.executable, "-c", code, experiment, setting, str(seed), source, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{setting}, seed {seed}: its process ended with {done.returncode}: {done.stderr[-2000:]}"
        return joblib.load(file)


def _train(experiment: str, name: str, seed: int, reviews: Reviews | None) -> list[RecordedRun]:
    setting = EXPERIMENTS[experiment].settings[name]
    if isinstance(setting, TaskSetting):
        return [_on_task(name, setting, seed)]
    assert reviews is not None, "all other settings read reviews"

    def kept(y: np.ndarray) -> dict[str, Any]:
        return {"log_odds": _log_odds(y)} if name in EXPERIMENTS[experiment].log_odds else {}

    if isinstance(setting, LinearSetting):
        model, pieces, seconds = _linear(setting, reviews)
        answers, answer = model.test_probabilities, lambda split: model.answer(pieces.of(split))
        decided, about = _facts(setting, seed, reviews), kept(answers) | {"parameters": len(model.w) + 1}
        return [_record(name, seed, reviews, answers, answer, decided, seconds, **about)]
    if isinstance(setting, BaselineSetting):
        return [_baseline(name, setting, seed, reviews)]
    read, write = _written(reviews, setting)
    began = time.process_time()
    run = train(setting.model(), read, seed=seed, **setting.training)
    seconds = time.process_time() - began  # whatever else the machine does meanwhile
    how = {key: value for key, value in setting.training.items() if key in ("batching", "length")}

    def answer_alone(split: ReviewSplit) -> np.ndarray:
        return predict(run.model, write(split), **how)

    about = {"parameters": run.model.count_params(), "best_epoch": run.best_epoch}
    about["settings"] = {title: str(value) for title, value in run.settings.items()}
    decided = _facts(setting, seed, read)
    if EXPERIMENTS[experiment].trials:
        return [_trial(name, seed, reviews, run, decided, seconds, **about)]
    y = run.test_probabilities
    apart = {"validation": run.validation} if setting.validation == "chooses" else {}
    runs = [_record(name, seed, reviews, y, answer_alone, decided, seconds, **apart, **kept(y), **about)]
    if setting.beside:
        linear = EXPERIMENTS[experiment].settings[setting.beside]
        assert isinstance(linear, LinearSetting)
        model, pieces, more = _linear(linear, reviews)

        def answer_together(split: ReviewSplit) -> np.ndarray:
            return _mean_log_odds(answer_alone(split), model.answer(pieces.of(split)))

        together = _mean_log_odds(y, model.test_probabilities)
        decided = _facts(setting, seed, read, beside=_name_of(linear))
        about |= {"beside": setting.beside, "parameters": about["parameters"] + len(model.w) + 1}
        runs.insert(0, _record(name, seed, reviews, together, answer_together, decided, seconds + more, **about))
    return runs  # that of the network alone last, for with it the run counts as done


def _trial(
    name: str, seed: int, reviews: Reviews, run: Run, decided: dict[str, Any], seconds: float, **about: Any
) -> RecordedRun:
    """Record what the validation split says of a network, and nothing of the test split."""
    return RecordedRun(
        name,
        seed,
        seconds=round(seconds, 1),
        validation=run.validation,
        losses=run.history["val_loss"],
        reviews=reviews.source,
        facts=decided,
        python=platform.python_version(),
        machine=machine(),
        trained=datetime.datetime.now().isoformat(" ", "seconds"),
        **about,
    )


def _on_task(name: str, setting: TaskSetting, seed: int) -> RecordedRun:
    """Train a network on a task, on examples that are new at each update, and test it on further ones."""
    network, chance = setting.new(seed), setting.task(2).chance
    began = time.process_time()
    with redirect_stdout(StringIO()):  # a terminal has the grid's progress
        run = fit(
            network,
            setting.task,
            updates=setting.updates,
            learning_rate=setting.learning_rate,
            seed=seed,
            solved_at=SOLVED,
        )
    seconds = time.process_time() - began
    return RecordedRun(
        name,
        seed,
        parameters=sum(array.size for array in network.parameters.values()),
        seconds=round(seconds, 1),
        validation=run.evaluations[-1],
        test=score(run.network, setting.task(1000, seed=[seed, setting.updates + 1])),
        losses=[round(scored["loss"] / chance, 5) for scored in run.evaluations],
        eval_every=run.eval_every,
        facts=_facts(setting, seed),
        python=platform.python_version(),
        machine=machine(),
        trained=datetime.datetime.now().isoformat(" ", "seconds"),
    )


def _baseline(name: str, setting: BaselineSetting, seed: int, reviews: Reviews) -> RecordedRun:
    began, pipeline = time.process_time(), setting.model()
    pipeline.fit(as_texts(reviews.train), reviews.train.labels)
    seconds = time.process_time() - began

    def answer(split: ReviewSplit) -> np.ndarray:
        return pipeline.predict_proba(as_texts(split))[:, 1]

    decided, pieces = _facts(setting, seed, reviews), len(pipeline[0].get_feature_names_out())
    return _record(name, seed, reviews, answer(reviews.test), answer, decided, seconds, parameters=pieces + 1)


def _record(
    name: str,
    seed: int,
    reviews: Reviews,
    answers: np.ndarray,
    answer: Callable[[ReviewSplit], np.ndarray],
    decided: dict[str, Any],
    seconds: float,
    **about: Any,
) -> RecordedRun:
    """Measure a model on the test split and on what asks for the order of words."""
    labels = reviews.test.labels
    chances = np.where(labels == 1, answers, 1 - answers).clip(1e-7)  # of what came true
    return RecordedRun(
        name,
        seed,
        seconds=round(seconds, 1),
        test={
            "loss": float(-np.log(chances).mean()),
            "accuracy": float(np.mean((answers > 0.5) == labels)),
            "calibration": calibration_error(answers, labels),
        },
        right=(answers > 0.5) == labels,
        order=order_scores(answer, reviews),
        reviews=reviews.source,
        facts=decided,
        python=platform.python_version(),
        machine=machine(),
        trained=datetime.datetime.now().isoformat(" ", "seconds"),
        **about,
    )


def _mean_log_odds(y: np.ndarray, other: np.ndarray) -> np.ndarray:
    return expit((_log_odds(y) + _log_odds(other)) / 2)


def _log_odds(y: np.ndarray) -> np.ndarray:
    return logit(y.clip(1e-6, 1 - 1e-6))


_fitted: dict[Any, tuple[LinearModel, Pieces, float]] = {}  # a worker needs one for each of its networks


def _linear(setting: LinearSetting, reviews: Reviews) -> tuple[LinearModel, Pieces, float]:
    """Fit a linear model, and tell the processor's seconds for it."""
    key = setting, reviews.train.digest, reviews.validation.digest
    if key not in _fitted:
        began = time.process_time()
        pieces = count_pieces(reviews, setting.longest, setting.length)
        model, found = choose_linear(pieces, reviews)
        if setting.validation == "learnt":
            reviews, C = join_validation(reviews), max(found, key=lambda of: (found[of], of))  # that of the model
            pieces = count_pieces(reviews, setting.longest, setting.length)
            model = fit_linear(pieces, reviews.train.labels, C)
        _fitted[key] = model, pieces, time.process_time() - began
    return _fitted[key]


def run_grid(
    experiment: str,
    file: Path,
    source: str = "bundled",
    seeds: Sequence[int] | None = None,
    settings: Sequence[str] | None = None,
) -> list[str]:
    """Run what is not recorded yet of an experiment, and record each run as soon as it ends.

    Inside ``joblib.parallel_config`` the runs go to its workers, each of which loads the reviews by itself, from the
    same ``source``. A run that fails, or whose worker dies, leaves the others as they are. An interrupt loses the runs
    under way and no other. :doc:`/sentiment/comparison` reads what it writes.

    :param experiment: one of :data:`EXPERIMENTS`
    :param file: where the runs are recorded
    :param source: the reviews, as :func:`~rnn_tutorial.reviews.load_reviews` takes them
    :param seeds: the seeds, or ``None`` for those of the experiment
    :param settings: the settings, or ``None`` for all of the experiment
    :returns: what went wrong, a text for each run that failed
    :raises ValueError: if there is no such experiment or setting, or a seed is given twice
    :raises FileNotFoundError: if there are no reviews

    Example:

    >>> from pathlib import Path
    >>> from rnn_tutorial.keras_grid import run_grid
    >>> run_grid("networks", Path("new.jsonl"), seeds=[101, 101])
    Traceback (most recent call last):
    ValueError: `seeds`: expected each seed once, got 101, 101.
    """
    if experiment not in EXPERIMENTS:
        raise ValueError(f"`experiment`: expected one of {', '.join(EXPERIMENTS)}, got {experiment!r}.")
    asked = list(EXPERIMENTS[experiment].seeds if seeds is None else seeds)
    if len(set(asked)) != len(asked) or not asked:
        raise ValueError(f"`seeds`: expected each seed once, got {', '.join(map(str, asked)) or 'none'}.")
    known = EXPERIMENTS[experiment].settings
    if settings is not None and (unknown := set(settings) - known.keys()):
        raise ValueError(f"`settings`: expected some of {', '.join(known)}, got {', '.join(sorted(unknown))}.")
    if not all(isinstance(setting, TaskSetting) for setting in known.values()):
        _reviews(source)  # here, so that their absence is told before any work
    failures: list[str] = []
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    ) as progress:
        everything = [
            (setting, seed)
            for seed in asked
            for setting in settings or known
            if seed in _seeds_of(known[setting], asked)
        ]
        bar = progress.add_task(experiment, total=len(everything))
        for _ in range(DEATHS):
            failures.clear()
            begun: set[tuple[str, int]] = set()  # a run that failed is not begun again
            try:
                while left := [pair for pair in _to_run(everything, known, file) if pair not in begun]:
                    progress.update(bar, completed=len(everything) - len(left))
                    begun.update(left)
                    for result in _run_all(experiment, left, source):
                        if isinstance(result, str):
                            failures.append(result)
                        else:
                            for run in result:
                                write_run(file, run)
                        progress.advance(bar)
                progress.update(bar, completed=len(everything))
                return failures
            except TerminatedWorkerError as error:
                failures.append(f"a worker died: {str(error).splitlines()[0]}")
    return failures


def _seeds_of(setting: AnySetting, seeds: Sequence[int]) -> Sequence[int]:
    """Return the seeds with which a setting is run."""
    if isinstance(setting, TaskSetting):
        return seeds[: setting.seeds or None]
    return seeds if isinstance(setting, Setting) else seeds[:1]  # the others draw nothing at random


def _to_run(pairs: Sequence[tuple[str, int]], known: Mapping[str, AnySetting], file: Path) -> list[tuple[str, int]]:
    """Return what is not recorded yet, and has not to wait for a setting with a shorter lag that nobody has solved."""
    runs = [run for run in _recorded(file) if not run.beside]
    recorded = {(run.setting, run.seed) for run in runs}
    unsolved = {setting for setting, _ in pairs} - {run.setting for run in runs if run.updates_until(SOLVED) < np.inf}
    return [pair for pair in pairs if pair not in recorded and getattr(known[pair[0]], "after", "") not in unsolved]


def recorded_runs(experiment: str, reviews: Reviews | None, of: str = "") -> list[RecordedRun]:
    """Return the recorded runs of an experiment for a page, and say on it what changed since they were run.

    Where the reviews are others than those of the runs, such as a CSV of one's own, the runs say nothing about them. So
    two seeds of each setting are trained then, unless the experiment was recorded on these reviews, too.
    :doc:`/sentiment/comparison` gets its runs here.

    :param experiment: one of :data:`EXPERIMENTS`
    :param reviews: what the page has loaded; ``None`` where the experiment reads no reviews
    :param of: ``"aclImdb"`` for the runs on the official split, which the page need not have loaded; then the reviews
        are not compared, nor the optimiser, for that is made for a number of updates
    :returns: the runs, those with other machine code among them

    Example: the first seed and the last one.

    >>> from rnn_tutorial.keras_grid import recorded_runs
    >>> runs = recorded_runs("lags", None)
    >>> min(run.seed for run in runs), max(run.seed for run in runs)
    (101, 110)
    """
    others = sorted(file.stem for file in FOLDER.glob(f"{experiment}-*.jsonl"))
    for name in [f"{experiment}-{of}"] if of else [experiment, *others]:
        runs = read_runs(FOLDER / f"{name}.jsonl")
        changed = what_changed(experiment, runs, reviews, not of)
        if not any(what.startswith(_WHAT["reviews"]) for what in changed):
            told = _when_and_where(runs)
            break
    else:
        asked = EXPERIMENTS[experiment]
        pairs = [(name, seed) for name in asked.settings for seed in asked.seeds[:2]]
        runs = [run for name, seed in pairs for run in _train(experiment, name, seed, reviews)]
        told = f"The recorded runs are about other reviews. So {len(runs)} networks were trained here."
        say_on_page(html.escape(told).join(_BOX), told)
        return runs
    if changed:
        again = f"`nox -s experiments -- {experiment}{' --reviews PATH' * bool(of)}`"
        told += f" Since then this changed: {', '.join(changed)}. {again} runs them again."
        tell(f"{experiment}: {told}")
        say_on_page(html.escape(told).join(_BOX), told)
    return runs


def _when_and_where(runs: Sequence[RecordedRun]) -> str:
    days = sorted({run.trained[:10] for run in runs})
    machines, pythons = sorted({run.machine for run in runs}), sorted({run.python for run in runs})
    when = f"on {days[0]}" if len(days) == 1 else f"between {days[0]} and {days[-1]}"
    return f"{len(runs)} runs, recorded {when} on {' and '.join(machines)}, with Python {' and '.join(pythons)}."


def what_changed(
    experiment: str, runs: Sequence[RecordedRun], reviews: Reviews | None, same_reviews: bool = True
) -> list[str]:
    """Return in words what decided recorded runs and is otherwise today, so that a page can say so.

    Python's version and the machine are not looked at; a run says them of itself. :doc:`/sentiment/comparison` shows
    the words.

    :param experiment: one of :data:`EXPERIMENTS`
    :param runs: its recorded runs
    :param reviews: the reviews that they would be trained on today; ``None`` where the experiment reads none
    :param same_reviews: whether those should be the same; otherwise they are not compared, nor the optimiser
    :returns: a text for each thing that changed, and nothing where nothing did

    Example: a run of a setting that there is no longer.

    >>> from rnn_tutorial.keras_grid import what_changed
    >>> from rnn_tutorial.recorded import RecordedRun
    >>> what_changed("networks", [RecordedRun("perceptron", 101)], reviews=None)
    ['the setting perceptron is not there any more (1 of 1 runs)']
    """
    changed: Counter[str] = Counter()
    settings = EXPERIMENTS[experiment].settings
    models: dict[str, keras.Model] = {}
    read: dict[str, Reviews | None] = {}
    todays: dict[tuple[str, str, int], dict[str, Any]] = {}
    for run in runs:
        name, beside = run.setting, run.beside
        if gone := [which for which in (name, beside) if which and which not in settings]:
            changed[f"the setting {gone[0]} is not there any more"] += 1
            continue
        setting = settings[name]
        if isinstance(setting, Setting) and name not in models:
            models[name] = setting.model()
            read[name] = _written(reviews, setting)[0] if reviews and same_reviews else reviews
        if (key := (name, beside, run.seed)) not in todays:
            linear = settings.get(beside)
            other = _name_of(linear) if isinstance(linear, LinearSetting) else ""
            todays[key] = _facts(setting, run.seed, read.get(name, reviews), other, models.get(name))
        then, now = run.facts or {}, todays[key]
        asked = set(_WHAT) & now.keys() - (set() if same_reviews else {"reviews", "optimizer"})
        changed["the version of the training"] += then.get("training_version") != now["training_version"]
        changed.update(what for fact, what in _WHAT.items() if fact in asked and then.get(fact) != now[fact])
        of_then = then.get("versions", {})
        changed.update(
            f"{name} was {of_then.get(name)} and is {version}"
            for name, version in now["versions"].items()
            if name != "Python" and of_then.get(name) != version
        )
    return [f"{what} ({count} of {len(runs)} runs)" for what, count in changed.items() if count]


def _run_all(experiment: str, pairs: Iterable[tuple[str, int]], source: str) -> Iterator[list[RecordedRun] | str]:
    calls = [joblib.delayed(run_one)(experiment, setting, seed, source) for setting, seed in pairs]
    try:
        one_by_one = joblib.Parallel(return_as="generator_unordered")
    except ValueError:  # Ray gives results when all are there; asked for a few at a time, an interrupt loses no more
        workers = joblib.effective_n_jobs()
        for start in range(0, len(calls), workers):
            yield from joblib.Parallel()(calls[start : start + workers])
    else:
        yield from one_by_one(calls)


def _recorded(file: Path) -> list[RecordedRun]:
    """Return what is recorded with the machine code of this process."""
    return [run for run in read_runs(file) if run.routines == chosen_routines()] if file.is_file() else []


def _facts(
    setting: AnySetting,
    seed: int,
    reviews: Reviews | None = None,
    beside: str = "",
    model: keras.Model | None = None,
) -> dict[str, Any]:
    """Return what decides a run, what is long as a digest; the reviews as the model reads them."""
    facts: dict[str, Any] | None
    if isinstance(setting, TaskSetting):
        task = [setting.task.func.__name__, setting.task.keywords]
        facts = {
            "model": [setting.cell.__name__, setting.forget_bias, setting.longest],
            "settings": [task, setting.learning_rate, setting.updates, SOLVED],
            "versions": {name: version(name) for name in ("numpy", "scipy")},
            "routines": chosen_routines(),
        }
        return _short(facts | {"training_version": TRAINING_VERSION})
    assert reviews is not None, "all other settings read reviews"
    if not isinstance(setting, Setting):
        described: Any = repr(setting.model()) if isinstance(setting, BaselineSetting) else _told_of(setting)
        facts = {
            "model": described,
            "reviews": [part.digest for part in (reviews.train, reviews.validation, reviews.test)],
            "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
            "routines": chosen_routines(),
        }
    else:
        facts = training_facts(model or setting.model(), reviews, seed=seed, **setting.training)
        assert facts is not None, "the settings of experiments are Keras' own or this package's"
        facts["model"] = [facts["model"], beside] if beside else facts["model"]
    facts.pop("code", None)  # a digest, for the cache of trained networks alone
    return _short(facts | {"training_version": TRAINING_VERSION})


def _told_of(setting: LinearSetting) -> dict[str, int | str]:
    """Return what it is told; runs from before these could be named had the usual ones."""
    usual = {"vocabulary": VOCABULARY, "validation": "chooses"}
    return {name: value for name, value in asdict(setting).items() if usual.get(name) != value}


def _name_of(setting: LinearSetting) -> str:
    return f"LinearSetting({', '.join(f'{name}={value}' for name, value in _told_of(setting).items())})"


def _short(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Put a digest in the place of what is long."""
    return {
        name: hashlib.sha256(json.dumps(fact, sort_keys=True).encode()).hexdigest()[:16] if name in _WHAT else fact
        for name, fact in facts.items()
    }


@cache
def _reviews(source: str, vocabulary: int = VOCABULARY) -> Reviews:
    return load_reviews(source, vocabulary)


_last_written: dict[Any, tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]] = {}  # a worker needs it for each seed


def _written(reviews: Reviews, setting: Setting) -> tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]:
    """Return the reviews as a network reads them, and what writes others so."""
    learnt = join_validation(reviews) if setting.validation == "learnt" else reviews
    read, write = _with_ratios(learnt, setting) if setting.ratios else (learnt, lambda split: split)
    return (read if setting.validation == "chooses" else watch_training(read)), write


def _with_ratios(reviews: Reviews, setting: Setting) -> tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]:
    """Write reviews with ratios, which takes 20 s, or with a linear model's answers, too, which takes minutes."""
    told = {"longest": setting.longest, "length": setting.length}
    key = setting.answers, *told.values(), *(part.digest for part in (reviews.train, reviews.validation, reviews.test))
    if key not in _last_written:
        _last_written.clear()
        write = with_linear_answers if setting.answers else with_piece_ratios
        _last_written[key] = write(reviews, **told)
    return _last_written[key]


def main(arguments: list[str]) -> int:
    """Run an experiment on this machine."""
    parser = argparse.ArgumentParser("nox -s experiments --", description="Run an experiment on this machine.")
    questions = "; ".join(f"{name}: {experiment.question}" for name, experiment in EXPERIMENTS.items())
    parser.add_argument("experiment", choices=list(EXPERIMENTS), help=questions)
    parser.add_argument("--reviews", default="bundled", help="bundled, or a path to Stanford's aclImdb")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count(), help="processes side by side, from 1.5 GB each on"
    )
    parser.add_argument("--settings", nargs="+", help="some of the experiment's settings")
    parser.add_argument("--every", type=int, default=1, help="5 runs every fifth seed")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args(arguments)
    source = "" if given.reviews == "bundled" else f"-{Path(given.reviews).name.partition('.')[0]}"
    file = given.folder / f"{given.experiment}{source}.jsonl"
    seeds = EXPERIMENTS[given.experiment].seeds[given.every - 1 :: given.every]
    # a shell lets what it starts in the background ignore interrupts, and an ignored one would swallow SIGTERM too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with joblib.parallel_config("loky", n_jobs=given.workers):
            failures = run_grid(given.experiment, file, given.reviews, seeds, given.settings)
    except KeyboardInterrupt:
        print(f"Interrupted. What ended is recorded in {file}; the same command goes on with the rest.")
        return 130
    print("\n".join(failures), end="\n" * bool(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    from rnn_tutorial import keras_grid  # workers find its functions there, and not in a program's __main__

    sys.exit(keras_grid.main(sys.argv[1:]))
