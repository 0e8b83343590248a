"""Grids of training runs: every setting of an experiment with every seed, on this machine or on a cluster.

``nox -s experiments -- NAME`` runs one and writes ``NAME.jsonl`` in the package's folder ``experiments``, a line for
each run. Recorded runs are not repeated, so an interrupted grid can be resumed. The runs are distributed by joblib's
plain ``Parallel()``: calling :func:`run_grid` inside ``joblib.parallel_config`` decides where they run.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib.metadata import version
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import joblib
import keras
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sklearn.pipeline import Pipeline

from rnn_tutorial import keras_models
from rnn_tutorial._cache.memory import TRAINING_VERSION
from rnn_tutorial.baselines import as_texts, tfidf_regression
from rnn_tutorial.cells import Cell, GRUCell, LSTMCell, SimpleRNNCell
from rnn_tutorial.claims import say_on_page
from rnn_tutorial.evaluation import calibration_error
from rnn_tutorial.keras_optimizers import steady_clipped_adam
from rnn_tutorial.keras_training import Run, plain_sgd, predict, train, training_facts
from rnn_tutorial.keras_variants import (
    convolution,
    longer_steps_for_rare_words,
    momentum_sgd,
    pad_behind,
    plain_adam,
)
from rnn_tutorial.linear_models import choose_linear, count_pieces
from rnn_tutorial.networks import Network, chrono_biases, fit, score
from rnn_tutorial.piece_ratios import with_piece_ratios
from rnn_tutorial.provenance import machine
from rnn_tutorial.recorded import FOLDER, RecordedRun, read_runs, write_run
from rnn_tutorial.reviews import Reviews, ReviewSplit, load_reviews
from rnn_tutorial.routines import chosen_routines
from rnn_tutorial.tasks import Examples, adding_problem, copy_memory, temporal_order
from rnn_tutorial.word_order import order_scores

__all__ = [
    "EXPERIMENTS", "LAGS", "SOLVED", "Experiment", "Setting", "LinearSetting", "BaselineSetting", "TaskSetting",
    "run_grid", "recorded_runs", "what_changed",
]  # fmt: skip

_WHAT = {  # facts of a run that are recorded as digests
    "model": "the layers of the model",
    "optimizer": "the optimiser",
    "settings": "the settings",
    "reviews": "the reviews",
}
_BOX = '<div class="admonition warning"><p>', "</p></div>"

VOCABULARY = 10_000
FRESH = tuple(range(201, 211))  # seeds that no trial has used

LAGS = (10, 50, 100, 200, 400)
"""The lags of the experiment ``lags``, in time steps; :doc:`/theory/lstm` shows which networks learn them."""

SOLVED = 0.05
"""A task is solved when the validation loss, relative to chance, falls to this, as on :doc:`/theory/lstm`."""


@dataclass(frozen=True)
class Setting:
    """A model and how it is trained.

    :param model: a function that builds it
    :param training: further arguments of :func:`~rnn_tutorial.keras_training.train`, besides the model, the reviews and
        the seed
    :param ngrams: whether it gets n-gram log-count ratios as input, too, see
        :func:`~rnn_tutorial.piece_ratios.with_piece_ratios`

    :doc:`/sentiment/comparison` compares several.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> EXPERIMENTS["networks"].settings["bag_of_words"].training
    {'learning_rate': 0.01}
    """

    model: Callable[[], keras.Model]
    training: Mapping[str, Any] = field(default_factory=dict)
    ngrams: bool = False


@dataclass(frozen=True)
class LinearSetting:
    """A linear model on n-grams. It is deterministic, so it is fitted with the first seed only.

    :param longest: the n of the longest n-grams

    :doc:`/sentiment/comparison` compares three of them with the networks.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> EXPERIMENTS["comparison"].settings["triples"].longest
    3
    """

    longest: int


@dataclass(frozen=True)
class BaselineSetting:
    """A scikit-learn model on the texts of :func:`~rnn_tutorial.baselines.as_texts`, fitted with the first seed only.

    :param model: a function that builds it

    :doc:`/sentiment/comparison` compares one with the networks.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> [name for name, _ in EXPERIMENTS["comparison"].settings["tfidf"].model().steps]
    ['tfidfvectorizer', 'logisticregression']
    """

    model: Callable[[], Pipeline]


@dataclass(frozen=True)
class TaskSetting:
    """A network of :mod:`~rnn_tutorial.networks` and the task that it learns; it reads no reviews.

    :param cell: its cell, of 32 units
    :param task: the task, such as ``partial(temporal_order, lag=50)``
    :param learning_rate: Adam's η
    :param forget_bias: as in :meth:`Cell.random <rnn_tutorial.cells.Cell.random>`; ``None`` initialises it as Keras
        does
    :param longest: the longest lag of :func:`~rnn_tutorial.networks.chrono_biases`, or 0 for other biases
    :param updates: the maximum number of updates; :func:`~rnn_tutorial.networks.fit` stops when the task is solved
    :param after: the setting with the shorter lag; it is run first, and if no seed solves it, this one is not run
    :param seeds: how many of the experiment's seeds are used, the first ones; 0 is all

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
        """Initialise the network.

        :param seed: the same seed gives the same network
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
    :param trials: whether the runs only serve to choose among settings: each is recorded with its validation losses,
        and the test split is not used

    :doc:`/sentiment/comparison` answers one.

    Example:

    >>> from rnn_tutorial.keras_grid import EXPERIMENTS
    >>> EXPERIMENTS["networks"].question
    'Which network is most accurate, and by how much?'
    """

    question: str
    settings: Mapping[str, AnySetting]
    seeds: Sequence[int] = tuple(range(101, 111))
    trials: bool = False


def _trained_by(name: str, optimizer: Callable[..., keras.optimizers.Optimizer], **told: float) -> Setting:
    """Return a setting of ``networks`` with another optimiser."""
    setting = _NETWORKS[name]
    return replace(setting, training={**setting.training, "optimizer": optimizer, **told})


def _with_longer_steps(name: str, learning_rate: float, factor: float, power: float) -> Setting:
    """Return a setting of ``networks`` with plain gradient descent and larger updates of rare words' vectors."""
    setting = _trained_by(name, plain_sgd, learning_rate=learning_rate)
    make = setting.model
    return replace(setting, model=lambda: longer_steps_for_rare_words(make(), factor, power))


def _padded(name: str) -> dict[str, Setting]:
    """Return three settings of a recurrent network on padded reviews: pre-padding, post-padding and a mask."""
    make, training = getattr(keras_models, name), {"batching": "padded"}
    return {
        f"{name}_front": Setting(make, training),
        f"{name}_behind": Setting(lambda: pad_behind(make(mask_padding=True)), training),
        f"{name}_masked": Setting(lambda: make(mask_padding=True), training),
    }


def _at_lags() -> Iterator[tuple[str, TaskSetting]]:
    """Yield each kind of network on each task, with increasing lags, so that each setting names the one before it."""
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

_IDS = VOCABULARY + 3 * 61  # words, and bins of n-gram ratios up to n = 3; four ids a step
_RATES, _DROPOUT = (0.001, 0.003, 0.01), (0.0, 0.5)
_COMPARED = (
    "average", "position_wise_ngrams", "simple_rnn", "feed_forward", "lstm", "gru", "lstm_ngrams",
    "bidirectional_lstm", "convolution",
)  # fmt: skip


def _compared(name: str, learning_rate: float, dropout: float) -> Setting:
    """Return a network of the comparison, trained until its validation loss has not fallen for two epochs."""
    training: dict[str, Any] = {
        "epochs": 8, "patience": 2, "optimizer": steady_clipped_adam, "learning_rate": learning_rate
    }  # fmt: skip
    if name.endswith("_ngrams"):
        model = getattr(keras_models, {"lstm_ngrams": "ratio_lstm", "position_wise_ngrams": "position_wise"}[name])
        return Setting(
            partial(model, _IDS, embedding_dim=50, dropped=dropout), training | {"length": 2000}, ngrams=True
        )
    makers: dict[str, Callable[[], keras.Model]] = {
        "average": keras_models.bag_of_words,
        "feed_forward": keras_models.feed_forward,
        "convolution": convolution,
        "simple_rnn": partial(keras_models.simple_rnn, mask_padding=True),
        "lstm": partial(keras_models.lstm, mask_padding=True),
        "gru": partial(keras_models.gru, mask_padding=True),
        "bidirectional_lstm": partial(keras_models.bidirectional_lstm, mask_padding=True),
    }
    make = makers[name]
    if name in ("feed_forward", "convolution"):
        training["batching"] = "padded"
    return Setting(lambda: keras_models.drop_words(make(), dropout) if dropout else make(), training)


_WITH_EACH_OPTIMIZER = ("feed_forward", "simple_rnn", "lstm")

EXPERIMENTS = {
    "comparison": Experiment(
        "Which model is most accurate on the official split, and what does it cost?",
        {
            "words": LinearSetting(1),
            "pairs": LinearSetting(2),
            "triples": LinearSetting(3),
            "tfidf": BaselineSetting(tfidf_regression),
            "average": _NETWORKS["bag_of_words"],
            "feed_forward": _NETWORKS["feed_forward"],
            "convolution": Setting(convolution, {"batching": "padded"}),
            "simple_rnn": _NETWORKS["simple_rnn"],
            "lstm": _NETWORKS["lstm"],
            "gru": Setting(lambda: keras_models.gru(mask_padding=True)),
            "bidirectional_lstm": Setting(lambda: keras_models.bidirectional_lstm(mask_padding=True)),
            "position_wise_ngrams": Setting(
                partial(keras_models.position_wise, _IDS, embedding_dim=50, dropped=0.6),
                {"epochs": 4, "learning_rate": 0.003, "length": 2000},
                ngrams=True,
            ),
            "lstm_ngrams": Setting(
                partial(keras_models.ratio_lstm, _IDS, embedding_dim=50, dropped=0.6),
                {"epochs": 4, "learning_rate": 0.003, "length": 2000},
                ngrams=True,
            ),
        },
        seeds=tuple(range(101, 106)),
    ),
    "lags": Experiment(
        "How many steps back does each kind of network learn, and in how many updates?", dict(_at_lags())
    ),
    "networks": Experiment("Which network is most accurate, and by how much?", _NETWORKS, seeds=FRESH),
    "optimizers": Experiment(
        "Did the optimiser keep the notebook's networks from learning, and if so, what does it lack?",
        {
            **{f"{name}_sgd": _trained_by(name, plain_sgd) for name in _WITH_EACH_OPTIMIZER},
            "feed_forward_tuned": _trained_by("feed_forward", momentum_sgd, learning_rate=0.03),
            "simple_rnn_tuned": _trained_by("simple_rnn", momentum_sgd, learning_rate=0.01),
            "lstm_tuned": _trained_by("lstm", momentum_sgd, learning_rate=0.3),
            "feed_forward_ranked": _with_longer_steps("feed_forward", 0.03, factor=10, power=1),
            "simple_rnn_ranked": _with_longer_steps("simple_rnn", 0.003, factor=10, power=1),
            "lstm_ranked": _with_longer_steps("lstm", 0.1, factor=10, power=1),
            **{f"{name}_adam": _trained_by(name, plain_adam) for name in _WITH_EACH_OPTIMIZER},
        },
        seeds=tuple(range(101, 106)),
    ),
    "padding": Experiment(
        "How accurate are networks with pre-padding, post-padding and a mask?",
        _padded("simple_rnn") | _padded("lstm") | _padded("gru"),
        seeds=(101, 102, 103),
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
}
"""The experiments; ``networks`` and ``comparison`` are those of :doc:`/sentiment/comparison`."""


def run_one(experiment: str, setting: str, seed: int, source: str) -> list[RecordedRun] | str:
    """Train a network of an experiment in any process that has this package; return its runs, or an error message."""
    if threading.current_thread() is not threading.main_thread():
        return _in_its_own_process(experiment, setting, seed, source)
    try:
        keras.utils.clear_session()  # a worker trains many networks networks
        asked = EXPERIMENTS[experiment].settings[setting]
        return _train(experiment, setting, seed, None if isinstance(asked, TaskSetting) else _reviews(source))
    except Exception:
        return f"{setting}, seed {seed}: {traceback.format_exc()}"


def _in_its_own_process(experiment: str, setting: str, seed: int, source: str) -> list[RecordedRun] | str:
    """Do the same in a process in which no other thread draws random numbers.

    Keras draws the seeds of the weights from numbers that all threads of a process share, and a worker of Dask draws
    from these at every heartbeat. One draw between setting a run's seed and initialising its weights changes the run.
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

    if isinstance(setting, LinearSetting):
        return [_linear(name, setting, seed, reviews)]
    if isinstance(setting, BaselineSetting):
        return [_baseline(name, setting, seed, reviews)]
    read, write = _written(reviews, setting)
    began = time.process_time()
    run = train(setting.model(), read, seed=seed, **setting.training)
    seconds = time.process_time() - began  # CPU time, whatever else the machine does
    how = {key: value for key, value in setting.training.items() if key in ("batching", "length")}

    def answer_alone(split: ReviewSplit) -> np.ndarray:
        return predict(run.model, write(split), **how)

    about = {"parameters": run.model.count_params(), "best_epoch": run.best_epoch}
    about["settings"] = {title: str(value) for title, value in run.settings.items()}
    decided = _facts(setting, seed, read)
    if EXPERIMENTS[experiment].trials:
        return [_trial(name, seed, reviews, run, decided, seconds, **about)]
    y = run.test_probabilities
    return [_record(name, seed, reviews, y, answer_alone, decided, seconds, validation=run.validation, **about)]


def _trial(
    name: str, seed: int, reviews: Reviews, run: Run, decided: dict[str, Any], seconds: float, **about: Any
) -> RecordedRun:
    """Record a network's results on the validation split, and none on the test split."""
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
    """Train a network on a task, with new examples at each update, and test it on further ones."""
    network, chance = setting.new(seed), setting.task(2).chance
    began = time.process_time()
    with redirect_stdout(StringIO()):  # the terminal shows the grid's progress
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


def _linear(name: str, setting: LinearSetting, seed: int, reviews: Reviews) -> RecordedRun:
    began = time.process_time()
    pieces = count_pieces(reviews, setting.longest)
    model, _ = choose_linear(pieces, reviews)
    seconds = time.process_time() - began

    def answer(split: ReviewSplit) -> np.ndarray:
        return model.answer(pieces.of(split))

    decided, about = _facts(setting, seed, reviews), {"parameters": len(model.w) + 1}
    return _record(name, seed, reviews, model.test_probabilities, answer, decided, seconds, **about)


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
    """Evaluate a model on the test split and on tests of word order, and record the run."""
    labels = reviews.test.labels
    chances = np.where(labels == 1, answers, 1 - answers).clip(1e-7)  # of the true labels
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


def run_grid(
    experiment: str,
    file: Path,
    source: str = "bundled",
    seeds: Sequence[int] | None = None,
    settings: Sequence[str] | None = None,
) -> list[str]:
    """Run what is missing of an experiment, and record each run as soon as it ends.

    Inside ``joblib.parallel_config`` the runs go to its workers, each of which loads the reviews itself, from the same
    ``source``. A run that fails does not affect the others. An interrupt, or a worker that dies, loses only the runs
    in progress. :doc:`/sentiment/comparison` reads the results.

    :param experiment: one of :data:`EXPERIMENTS`
    :param file: where the runs are recorded
    :param source: the reviews, as :func:`~rnn_tutorial.reviews.load_reviews` takes them
    :param seeds: the seeds, or ``None`` for those of the experiment
    :param settings: the settings, or ``None`` for all of the experiment
    :returns: error messages, one for each run that failed
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
        _reviews(source)  # first, so that missing reviews are reported before any work
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
        begun: set[tuple[str, int]] = set()  # a run that failed is not started again
        while left := [pair for pair in _to_run(everything, known, file) if pair not in begun]:
            progress.update(bar, completed=len(everything) - len(left))
            begun.update(left)
            calls = [joblib.delayed(run_one)(experiment, setting, seed, source) for setting, seed in left]
            for result in joblib.Parallel(return_as="generator_unordered")(calls):
                if isinstance(result, str):
                    failures.append(result)
                else:
                    for run in result:
                        write_run(file, run)
                progress.advance(bar)
        progress.update(bar, completed=len(everything))
    return failures


def _seeds_of(setting: AnySetting, seeds: Sequence[int]) -> Sequence[int]:
    """Return the seeds with which a setting is run."""
    if isinstance(setting, TaskSetting):
        return seeds[: setting.seeds or None]
    return seeds if isinstance(setting, Setting) else seeds[:1]  # the others are deterministic


def _to_run(pairs: Sequence[tuple[str, int]], known: Mapping[str, AnySetting], file: Path) -> list[tuple[str, int]]:
    """Return the runs that are not recorded yet, without settings whose shorter lag no seed has solved."""
    runs = _recorded(file)
    recorded = {(run.setting, run.seed) for run in runs}
    unsolved = {setting for setting, _ in pairs} - {run.setting for run in runs if run.updates_until(SOLVED) < np.inf}
    return [pair for pair in pairs if pair not in recorded and getattr(known[pair[0]], "after", "") not in unsolved]


def recorded_runs(experiment: str, reviews: Reviews | None, of: str = "") -> list[RecordedRun]:
    """Load the recorded runs of an experiment for a page, and show on it what has changed since.

    If the page has other reviews, such as a CSV of one's own, the recorded runs do not apply to them. Then two seeds of
    each setting are trained, unless the experiment was also recorded on these reviews. :doc:`/sentiment/comparison`
    loads its runs in this way.

    :param experiment: one of :data:`EXPERIMENTS`
    :param reviews: the reviews that the page has loaded; ``None`` if the experiment reads none
    :param of: ``"aclImdb"`` for the runs on the official split, which the page need not have loaded; then the reviews
        are not compared, nor the optimiser, because it depends on the number of updates
    :returns: the runs, including those with another instruction set

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
        told = f"The recorded runs used other reviews. So {len(runs)} networks were trained here."
        say_on_page(html.escape(told).join(_BOX), told)
        return runs
    if changed:
        again = f"`nox -s experiments -- {experiment}{' --reviews PATH' * bool(of)}`"
        told += f" Since then this changed: {', '.join(changed)}. {again} runs them again."
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
    """List what determined recorded runs and has changed since, in words for a page.

    Python's version and the machine are not compared; each run names its own. :doc:`/sentiment/comparison` shows the
    list.

    :param experiment: one of :data:`EXPERIMENTS`
    :param runs: its recorded runs
    :param reviews: the reviews that they would be trained on today; ``None`` if the experiment reads none
    :param same_reviews: whether those should be the same; otherwise neither they nor the optimiser are compared
    :returns: a text for each thing that changed; empty if nothing did

    Example: a run of a setting that no longer exists.

    >>> from rnn_tutorial.keras_grid import what_changed
    >>> from rnn_tutorial.recorded import RecordedRun
    >>> what_changed("networks", [RecordedRun("perceptron", 101)], reviews=None)
    ['the setting perceptron no longer exists (1 of 1 runs)']
    """
    changed: Counter[str] = Counter()
    settings = EXPERIMENTS[experiment].settings
    models: dict[str, keras.Model] = {}
    read: dict[str, Reviews | None] = {}
    todays: dict[tuple[str, int], dict[str, Any]] = {}
    for run in runs:
        if (name := run.setting) not in settings:
            changed[f"the setting {name} no longer exists"] += 1
            continue
        setting = settings[name]
        if isinstance(setting, Setting) and name not in models:
            models[name] = setting.model()
            read[name] = _written(reviews, setting)[0] if reviews and same_reviews else reviews
        if (key := (name, run.seed)) not in todays:
            todays[key] = _facts(setting, run.seed, read.get(name, reviews), models.get(name))
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


def _recorded(file: Path) -> list[RecordedRun]:
    """Return the recorded runs with the instruction set of this process."""
    return [run for run in read_runs(file) if run.routines == chosen_routines()] if file.is_file() else []


def _facts(
    setting: AnySetting,
    seed: int,
    reviews: Reviews | None = None,
    model: keras.Model | None = None,
) -> dict[str, Any]:
    """Return what determines a run, long facts as digests; ``reviews`` are encoded as the model's input."""
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
        described: Any = repr(setting.model()) if isinstance(setting, BaselineSetting) else vars(setting)
        facts = {
            "model": described,
            "reviews": [part.digest for part in (reviews.train, reviews.validation, reviews.test)],
            "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
            "routines": chosen_routines(),
        }
    else:
        facts = training_facts(model or setting.model(), reviews, seed=seed, **setting.training)
        assert facts is not None, "the settings of experiments are Keras' own or this package's"
    return _short(facts | {"training_version": TRAINING_VERSION})


def _short(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Replace long facts by digests."""
    return {
        name: hashlib.sha256(json.dumps(fact, sort_keys=True).encode()).hexdigest()[:16] if name in _WHAT else fact
        for name, fact in facts.items()
    }


@cache
def _reviews(source: str) -> Reviews:
    return load_reviews(source, VOCABULARY)


_last_written: dict[Any, tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]] = {}  # a worker needs it for each seed


def _written(reviews: Reviews, setting: Setting) -> tuple[Reviews, Callable[[ReviewSplit], ReviewSplit]]:
    """Encode reviews as a network's input, and return the encoder for others; n-gram features take 20 s."""
    if not setting.ngrams:
        return reviews, lambda split: split
    key = tuple(part.digest for part in (reviews.train, reviews.validation, reviews.test))
    if key not in _last_written:
        _last_written.clear()
        _last_written[key] = with_piece_ratios(reviews)
    return _last_written[key]


def main(arguments: list[str]) -> int:
    """Run an experiment on this machine."""
    parser = argparse.ArgumentParser("nox -s experiments --", description="Run an experiment on this machine.")
    questions = "; ".join(f"{name}: {experiment.question}" for name, experiment in EXPERIMENTS.items())
    parser.add_argument("experiment", choices=list(EXPERIMENTS), help=questions)
    parser.add_argument("--reviews", default="bundled", help="bundled, or a path to Stanford's aclImdb")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count(), help="parallel processes, of at least 1.5 GB each"
    )
    parser.add_argument("--settings", nargs="+", help="some of the experiment's settings")
    parser.add_argument("--every", type=int, default=1, help="5 runs every fifth seed")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args(arguments)
    source = "" if given.reviews == "bundled" else f"-{Path(given.reviews).name.partition('.')[0]}"
    file = given.folder / f"{given.experiment}{source}.jsonl"
    seeds = EXPERIMENTS[given.experiment].seeds[given.every - 1 :: given.every]
    # a shell makes background processes ignore interrupts, and an ignored one would swallow SIGTERM too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with joblib.parallel_config("loky", n_jobs=given.workers):
            failures = run_grid(given.experiment, file, given.reviews, seeds, given.settings)
    except KeyboardInterrupt:
        print(f"Interrupted. Finished runs are recorded in {file}; the same command resumes the rest.")
        return 130
    except TerminatedWorkerError:
        print(f"A worker died, perhaps for lack of memory. Finished runs are in {file}; the same command resumes.")
        return 1
    print("\n".join(failures), end="\n" * bool(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    from rnn_tutorial import keras_grid  # workers find its functions there, not in a program's __main__

    sys.exit(keras_grid.main(sys.argv[1:]))
