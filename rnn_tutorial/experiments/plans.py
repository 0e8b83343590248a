"""The experiments: for each the question, the settings and the seeds, all fixed before the first run.

``nox -s experiments -- NAME`` runs one. :mod:`~rnn_tutorial.experiments.results` reads what was recorded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import keras

from rnn_tutorial.experiments.results import LAGS
from rnn_tutorial.experiments.settings import Setting, language
from rnn_tutorial.experiments.settings.sentiment import FewLabelsSetting, KerasSetting, LinearSetting
from rnn_tutorial.experiments.settings.series import RiverSetting
from rnn_tutorial.experiments.settings.theory import TaskSetting
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.layers import AttentionPooling, MeanAndMax
from rnn_tutorial.sentiment.ngrams import nbsvm, tfidf_regression
from rnn_tutorial.sentiment.optimizers import momentum_sgd, plain_adam, plain_sgd, steady_clipped_adam
from rnn_tutorial.sentiment.reviews import ReviewSplit
from rnn_tutorial.sentiment.vocabulary import Vocabulary
from rnn_tutorial.sentiment.word_order import hide_numbers, shuffle_words
from rnn_tutorial.series.buckets import BucketCell
from rnn_tutorial.series.sources import RIVERS
from rnn_tutorial.theory.cells import Cell, GRUCell, LSTMCell, SimpleRNNCell
from rnn_tutorial.theory.tasks import Examples, adding_problem, copy_memory, first_letter, temporal_order

__all__ = ["EXPERIMENTS", "Experiment"]

VOCABULARY = 10_000
FRESH = tuple(range(201, 211))  # seeds that no trial has used


@dataclass(frozen=True)
class Experiment:
    """A question, and the settings and seeds that answer it.

    :param question: the question
    :param settings: a name for each setting
    :param seeds: the seeds, fixed before the first run
    :param trials: whether the runs only serve to choose among settings: what a test split gives is not recorded

    >>> from rnn_tutorial.experiments.plans import EXPERIMENTS
    >>> EXPERIMENTS["networks"].question
    'Which network is most accurate, and by how much?'
    """

    question: str
    settings: Mapping[str, Setting]
    seeds: Sequence[int] = tuple(range(101, 111))
    trials: bool = False


def _trained_by(name: str, optimizer: Callable[..., keras.optimizers.Optimizer], **settings: float) -> KerasSetting:
    """Return a setting of ``networks`` with another optimiser."""
    setting = _NETWORKS[name]
    return replace(setting, training={**setting.training, "optimizer": optimizer, **settings})


def _with_larger_updates(name: str, learning_rate: float, factor: float, power: float) -> KerasSetting:
    """Return a setting of ``networks`` with plain gradient descent and larger updates of rare words' vectors."""
    setting = _trained_by(name, plain_sgd, learning_rate=learning_rate)
    make = setting.model
    return replace(setting, model=lambda: models.larger_updates_for_rare_words(make(), factor, power))


def _padded(name: str) -> dict[str, KerasSetting]:
    """Return three settings of a recurrent network on padded reviews: pre-padding, post-padding and a mask."""
    make, training = getattr(models, name), {"batching": "padded"}
    return {
        f"{name}_pre": KerasSetting(make, training),
        f"{name}_post": KerasSetting(lambda: models.post_pad(make(mask_padding=True)), training),
        f"{name}_masked": KerasSetting(lambda: make(mask_padding=True), training),
    }


def _at_lags() -> Iterator[tuple[str, TaskSetting]]:
    """Yield each kind of network on each task, with increasing lags, so that each setting names the one before it.

    A task's first learning rate was chosen in trials at short lags. The second one shows what depends on that choice.
    """
    tasks: dict[str, tuple[Callable[[int], partial[Examples]], tuple[float, float]]] = {
        "order": (lambda lag: partial(temporal_order, lag=lag), (0.003, 0.01)),
        "adding": (lambda lag: partial(adding_problem, length=lag), (0.01, 0.003)),
        "copying": (lambda lag: partial(copy_memory, lag=lag, copied=2), (0.01, 0.003)),
    }
    kinds: dict[str, tuple[type[Cell[Any]], float | None, bool]] = {  # forget bias, chrono initialisation
        "simple_rnn": (SimpleRNNCell, None, False),
        "gru": (GRUCell, None, False),
        "gru_chrono": (GRUCell, None, True),
        "lstm": (LSTMCell, None, False),
        "lstm_bias_5": (LSTMCell, 5.0, False),
        "lstm_chrono": (LSTMCell, None, True),
    }
    for (name, (task_at, rates)), (kind, (cell, bias, chrono)), second in product(
        tasks.items(), kinds.items(), (False, True)
    ):
        after = ""
        for lag in LAGS:
            task = task_at(lag)
            longest = task(2).inputs.shape[1] if chrono else 0
            seeds = 5 if second or lag > 50 else 0
            setting = f"{name}_{lag}_{kind}" + f"_{rates[1]}" * second
            yield setting, TaskSetting(cell, task, rates[second], bias, longest, after=after, seeds=seeds)
            after = setting


def _remembering() -> Iterator[tuple[str, TaskSetting]]:
    """Yield each kind of network on two tasks without a short lag, at two learning rates.

    The second rate has half of the seeds. Two controls get targets of other sequences: nothing can be learnt.
    """
    letter, adding = partial(first_letter, length=50), partial(adding_problem, length=50, window=10)
    short = partial(first_letter, length=20, shortest=2)
    kinds: dict[str, tuple[type[Cell[Any]], dict[str, Any]]] = {
        "simple_rnn": (SimpleRNNCell, {}),
        "simple_rnn_1.5": (SimpleRNNCell, {"norm": 1.5}),
        "lstm": (LSTMCell, {}),
        "lstm_bias_4": (LSTMCell, {"forget_bias": 4.0}),
        "gru": (GRUCell, {}),
    }
    for (name, (task, rates)), (kind, (cell, options)), second in product(
        {"letter": (letter, (0.003, 0.01)), "adding": (adding, (0.01, 0.003))}.items(), kinds.items(), (False, True)
    ):
        how = {"learning_rate": rates[second], "seeds": 5 * second, "follow": True}
        yield f"{name}_{kind}" + f"_{rates[1]}" * second, TaskSetting(cell, task, **how, **options)
        if kind == "simple_rnn" and name == "letter":
            setting = TaskSetting(cell, task, **how, first=short)
            yield "letter_simple_rnn_short_first" + f"_{rates[1]}" * second, setting
    for kind in ("lstm", "gru"):
        shuffled = partial(adding, shuffled=True)
        yield f"shuffled_{kind}", TaskSetting(kinds[kind][0], shuffled, 0.01, updates=500, follow=True)


def _of_mixed_lengths() -> Iterator[tuple[str, TaskSetting]]:
    """Yield the networks that learn the first of 20 to 100 letters, all in as many updates."""
    mixed, short = partial(first_letter, length=100, shortest=20), partial(first_letter, length=20, shortest=2)
    kinds: dict[str, tuple[type[Cell[Any]], int, dict[str, Any]]] = {  # cell, units
        "simple_rnn": (SimpleRNNCell, 34, {}),
        "simple_rnn_1.5": (SimpleRNNCell, 34, {"norm": 1.5}),
        "simple_rnn_short_first": (SimpleRNNCell, 34, {"first": short, "updates": 500}),
        "lstm": (LSTMCell, 16, {}),
        "lstm_bias_4": (LSTMCell, 16, {"forget_bias": 4.0}),
    }
    for name, (cell, units, options) in kinds.items():
        how: dict[str, Any] = {"updates": 1000, "solved_at": 0, "units": units, "letters": (20, 100)}
        yield name, TaskSetting(cell, mixed, 0.003, **how | options)


def _translators(name: str, rivals: int = 0, **settings: Any) -> dict[str, language.TranslatorSetting]:
    """Return a translator with attention and one without, each with two budgets of updates; rivals get fewer seeds."""
    return {
        f"{kind}{name}_{updates}": language.TranslatorSetting(attention, updates, seeds=rivals, **settings)
        for (kind, attention), updates in product({"attention": True, "without": False}.items(), (1000, 4000))
    }


_NETWORKS = {
    "bag_of_words": KerasSetting(models.bag_of_words, {"learning_rate": 0.01}),
    "feed_forward": KerasSetting(models.feed_forward, {"batching": "padded"}),
    "simple_rnn": KerasSetting(lambda: models.simple_rnn(mask_padding=True)),
    "lstm": KerasSetting(lambda: models.lstm(mask_padding=True)),
}


_IDS = VOCABULARY + 3 * 61  # words, and bins of n-gram ratios up to n = 3; four ids a step


#: The networks of the comparison, each with the learning rate and the word dropout of the trial of ``search`` with the
#: lowest validation loss.
_COMPARED: dict[str, tuple[Callable[..., keras.Model], float, float]] = {
    "average": (models.bag_of_words, 0.01, 0.0),
    "position_wise_ngrams": (models.position_wise, 0.003, 0.5),
    "simple_rnn": (partial(models.simple_rnn, mask_padding=True), 0.001, 0.5),
    "feed_forward": (models.feed_forward, 0.003, 0.0),
    "lstm": (partial(models.lstm, mask_padding=True), 0.01, 0.5),
    "gru": (partial(models.gru, mask_padding=True), 0.01, 0.5),
    "lstm_ngrams": (models.ngram_lstm, 0.003, 0.5),
    "bidirectional_lstm": (partial(models.bidirectional_lstm, mask_padding=True), 0.01, 0.0),
    "convolution": (models.convolution, 0.003, 0.0),
    "convolution_ngrams": (models.ngram_convolution, 0.003, 0.0),
}


def _compared(name: str, learning_rate: float, dropout: float) -> KerasSetting:
    """Return a network of the comparison, trained until its validation loss has not fallen for two epochs."""
    make, *_ = _COMPARED[name]
    training: dict[str, Any] = {
        "epochs": 8, "patience": 2, "optimizer": steady_clipped_adam, "learning_rate": learning_rate
    }  # fmt: skip
    if name.endswith("_ngrams"):
        model = partial(make, _IDS, embedding_dim=50, dropout=dropout)
        return KerasSetting(model, training | {"length": 2000}, ngrams=True)
    if name in ("feed_forward", "convolution"):
        training["batching"] = "padded"
    return KerasSetting(lambda: models.drop_words(make(), dropout) if dropout else make(), training)


_LINEAR = {
    "words": LinearSetting(partial(nbsvm, 1), chosen=True),
    "pairs": LinearSetting(partial(nbsvm, 2), chosen=True),
    "triples": LinearSetting(partial(nbsvm, 3), chosen=True),
    "tfidf": LinearSetting(tfidf_regression),
}

_OF_RIVERS: dict[str, type[Cell[Any]] | str] = {
    "convolution": "convolution", "simple_rnn": SimpleRNNCell, "gru": GRUCell, "lstm": LSTMCell
}  # fmt: skip
#: The units of each network of a river and its learning rate: those of the trial of ``river_search`` with the highest
#: efficiency in the validation years; those of the simple RNN of Au Saumon are 0.0005 below it.
_CHOSEN = {
    "Au Saumon": {"convolution": (32, 0.01), "simple_rnn": (32, 0.003), "gru": (32, 0.03), "lstm": (16, 0.03)},
    "Baskatong": {"convolution": (32, 0.003), "simple_rnn": (32, 0.003), "gru": (32, 0.01), "lstm": (32, 0.03)},
    "Leaf": {"convolution": (32, 0.003), "simple_rnn": (32, 0.01), "gru": (16, 0.01), "lstm": (32, 0.01)},
}
_MEMORIES = (7, 30, 90, 180, 365)


def _rivers() -> Iterator[tuple[str, RiverSetting]]:
    """Yield each model on each river, then models that see only the last days of one."""
    for river in RIVERS:
        for days in (7, 30, 365):
            yield f"{river}_ridge_{days}", RiverSetting(river, "ridge", days, seeds=1)
        if river != "Leaf":  # whose series has no temperature
            yield f"{river}_ridge_melt", RiverSetting(river, "ridge_melt", 30, seeds=1)
        yield f"{river}_trees", RiverSetting(river, "trees", 365, seeds=1)
        for name, (size, rate) in _CHOSEN[river].items():
            yield f"{river}_{name}", RiverSetting(river, _OF_RIVERS[name], size, rate)
    size, rate = _CHOSEN[river := "Au Saumon"]["lstm"]
    for days in _MEMORIES:
        yield f"memory_ridge_{days}", RiverSetting(river, "ridge", days, seeds=1)
        yield f"memory_trees_{days}", RiverSetting(river, "trees", days, seeds=1)
        yield f"memory_lstm_{days}", RiverSetting(river, LSTMCell, size, rate, memory=days, seeds=5)


#: The networks that read letters: a cell, or what mixes the steps in two blocks, the units or numbers of a vector, and
#: the rate of the lowest loss in ``letter_rates``.
_OF_LETTERS = {
    "simple_rnn_256": ("simple_rnn", 256, 0.004),
    "gru_32": ("gru", 32, 0.03),
    "gru_64": ("gru", 64, 0.03),
    "gru_128": ("gru", 128, 0.015),
    "gru_256": ("gru", 256, 0.003),
    "transformer_32": ("attention attention", 32, 0.01),
    "transformer_64": ("attention attention", 64, 0.005),
    "transformer_128": ("attention attention", 128, 0.005),
    "mingru_64": ("mingru mingru", 64, 0.01),
    "delta_64": ("delta delta", 64, 0.01),
    "hybrid_64": ("delta attention", 64, 0.01),
}
_LETTER_RATES = {name: rate for name, (*_, rate) in _OF_LETTERS.items()}


def _of_letters(name: str, millions: float, rate: float) -> language.LetterSetting:
    kind, size, _ = _OF_LETTERS[name]
    sizes = {"size": size, "hidden": 4 * size} if " " in kind else {"units": size}
    return language.LetterSetting(kind, millions, sizes, rate)


#: The rates after each length of text in millions; at 24 million with the rates of earlier trials.
_RATES_AFTER = {
    1.5: {name: rate for name, rate in _LETTER_RATES.items() if name.startswith(("gru", "transformer"))},
    6: _LETTER_RATES,
    24: {"gru_128": 0.01, "gru_256": 0.003, "transformer_64": 0.005},
}
#: Those that did not solve their task at a rate of 0.003, at the better rate of ``duel_rates``.
_DUEL_RATES = {
    "recall_gru_gru": 0.008,
    "recall_mingru_mingru": 0.008,
    "recall_delta_delta": 0.008,
    "parity_mingru_mingru": 0.002,
    "parity_attention_attention": 0.008,
    "parity_delta_attention": 0.002,
}
_DUELS = ("gru", "gru"), ("mingru", "mingru"), ("delta", "delta"), ("attention", "attention"), ("delta", "attention")

#: What changes the LSTM that learns from few labels.
_FEW: dict[str, Callable[[], keras.Model]] = {
    "lstm": models.stacked,
    "units": partial(models.stacked, units=25),
    "vectors": partial(models.stacked, embedding_dim=16),
    "dropout": partial(models.stacked, dropout=0.5),
    "recurrent_dropout": partial(models.stacked, recurrent_dropout=0.5),
    "words": lambda: models.drop_words(models.stacked(), 0.5),
    "mean": partial(models.stacked, pooling=keras.layers.GlobalAveragePooling1D),
    "mean_and_max": partial(models.stacked, pooling=MeanAndMax),
    "attention": partial(models.stacked, pooling=AttentionPooling),
}
#: The rates of the lowest validation loss in ``pooling_search``; that of the LSTM in ``size_search`` is 0.001.
_OWN_RATES = {"recurrent_dropout": 0.0003, "mean": 0.003, "mean_and_max": 0.01, "attention": 0.003}
_LAYERS = (25, 1), (25, 2), (100, 1), (100, 2), (400, 1)
_WITH_EACH_OPTIMIZER = ("feed_forward", "simple_rnn", "lstm")


def _shuffled(split: ReviewSplit, _: Vocabulary) -> ReviewSplit:
    return shuffle_words(split, seed=101)


# What the searches for these rates tried is in ``runs/searches.json``; commit 8247b83 has their plans and all runs.
EXPERIMENTS = {
    # with the C that the page chooses, which is the default
    "bigrams": Experiment(
        "Do pairs of words help because of their order, and how much of that is ratings in digits?",
        {
            "pairs_shuffled": LinearSetting(partial(nbsvm, 2), change=_shuffled),
            "words_hidden": LinearSetting(partial(nbsvm, 1), change=hide_numbers),
            "pairs_hidden": LinearSetting(partial(nbsvm, 2), change=hide_numbers),
        },
    ),
    "duel": Experiment(
        "Which blocks recall what was written, which keep track of a parity, and which do both?",
        {
            f"{task}_{'_'.join(mixers)}_{size}": language.DuelSetting(
                task, " ".join(mixers), _DUEL_RATES.get(f"{task}_{'_'.join(mixers)}", 0.003), size
            )
            for task, mixers, size in product(("recall", "parity"), _DUELS, (16, 32, 64))
            if size == 32 or (task, mixers) == ("recall", ("delta", "delta"))
        },
        seeds=FRESH[:3],
    ),
    "lags": Experiment(
        "How many steps back does each kind of network learn, and in how many updates?", dict(_at_lags())
    ),
    # the rate of the plain network in ``size_search``
    "few_labels": Experiment(
        "What keeps an LSTM with 3,000 labelled reviews from overfitting, and what should pool its states?",
        {name: FewLabelsSetting(make, _OWN_RATES.get(name, 0.001), patience=8) for name, make in _FEW.items()}
        | {f"{name}_0.001": FewLabelsSetting(_FEW[name], 0.001, patience=8) for name in _OWN_RATES}
        | {"labels": FewLabelsSetting(models.stacked, 0.001, labels=0, patience=8)},
        seeds=FRESH[:5],
    ),
    # each network at the rate of the lowest loss in ``letter_rates``
    "letters": Experiment(
        "How well do counts and networks predict letters, by the numbers that they store and the letters they read?",
        {
            f"counts_{n}_{millions}": language.LetterSetting(
                "counts", millions, {"order": n}, seeds=3 if millions < 24 else 1
            )
            for n, millions in product(range(1, 11), (1.5, 6, 24))
            if millions < 24 or n > 4
        }
        | {
            f"{name}_{millions}": _of_letters(name, millions, rate)
            for millions, rates in _RATES_AFTER.items()
            for name, rate in rates.items()
        },
        seeds=FRESH[:3],
    ),
    # chosen in trials with seeds 11 to 14: the length, the rates as in ``lags``, the two controls
    "memory": Experiment(
        "What keeps a network from remembering: too little gradient, or a gradient without a direction?",
        dict(_remembering()),
        seeds=FRESH,
    ),
    # the networks that the page itself trained before, with its seeds
    "mixed_lengths": Experiment(
        "Which networks remember the first letter if the sequences differ in length, and how much gradient reaches it?",
        dict(_of_mixed_lengths()),
        seeds=tuple(range(101, 106)),
    ),
    "networks": Experiment("Which network is most accurate, and by how much?", _NETWORKS, seeds=FRESH),
    "official": Experiment(
        "Which model is most accurate on the official split, and what does it cost?",
        _LINEAR | {name: _compared(name, rate, dropout) for name, (_, rate, dropout) in _COMPARED.items()},
        seeds=FRESH,
    ),
    "optimizers": Experiment(
        "Did the optimiser keep the notebook's networks from learning, and if so, what does it lack?",
        {
            **{f"{name}_sgd": _trained_by(name, plain_sgd) for name in _WITH_EACH_OPTIMIZER},
            "feed_forward_tuned": _trained_by("feed_forward", momentum_sgd, learning_rate=0.03),
            "simple_rnn_tuned": _trained_by("simple_rnn", momentum_sgd, learning_rate=0.01),
            "lstm_tuned": _trained_by("lstm", momentum_sgd, learning_rate=0.3),
            "feed_forward_ranked": _with_larger_updates("feed_forward", 0.03, factor=10, power=1),
            "simple_rnn_ranked": _with_larger_updates("simple_rnn", 0.003, factor=10, power=1),
            "lstm_ranked": _with_larger_updates("lstm", 0.1, factor=10, power=1),
            **{f"{name}_adam": _trained_by(name, plain_adam) for name in _WITH_EACH_OPTIMIZER},
            **{
                f"{name}_sgd_long": replace(_trained_by(name, plain_sgd, epochs=20), seeds=1)
                for name in _WITH_EACH_OPTIMIZER
            },
        },
        seeds=tuple(range(101, 106)),
    ),
    "padding": Experiment(
        "How accurate are networks with pre-padding, post-padding and a mask?",
        _padded("simple_rnn") | _padded("lstm") | _padded("gru"),
        seeds=(101, 102, 103),
    ),
    # it reads once, and as often as in ``reading``; rivals are new weights, word vectors alone, and the pairs there
    "probe": Experiment(
        "Do the states of an LSTM that has read help a logistic regression to judge reviews, if nothing else learns?",
        {
            name: language.ProbeSetting(128, epochs, 0.1, labels=dict.fromkeys((100, 300, 1000, 3000), 0))
            for name, epochs in {"frozen_128": 1, "frozen_128_6": 6}.items()
        },
        seeds=(101, 102, 103),
    ),
    "reading": Experiment(
        "How much must an LSTM read to predict words better than counting does, and does it judge reviews better then?",
        {"lstm_128": language.ReadingSetting(128, 6, 0.1, labels={100: 12, 300: 8, 1000: 6, 3000: 4, 0: 2})},
        seeds=tuple(range(101, 106)),
    ),
    # what a linear model, trees and a convolution see is said of each; trials chose the rest of ``river``
    "river": Experiment(
        "Which model computes the discharge of a river best from its weather, and how many days of it does it need?",
        dict(_rivers()),
        seeds=FRESH,
    ),
    # each cell at the rate of the lowest validation loss of one layer in ``size_search``
    "sizes": Experiment(
        "What do more units, a second layer or another cell change with 3,000 labels?",
        {
            f"{cell}_{units}_{depth}": FewLabelsSetting(partial(models.stacked, cell, units, depth), rate)
            for (cell, rate), (units, depth) in product({"LSTM": 0.001, "GRU": 0.0003}.items(), _LAYERS)
        },
        seeds=FRESH[:5],
    ),
    # the networks of ``river``; stores of water at the better of two rates, 0.01 and 0.03, with seed 1
    "snow": Experiment(
        "Does an LSTM that computes a river's discharge store its snow, and what is a model with known stores worth?",
        {f"{river}_lstm": RiverSetting(river, LSTMCell, *_CHOSEN[river]["lstm"], probe=True) for river in RIVERS}
        | {
            f"{river}_buckets_{units}": RiverSetting(river, BucketCell, units, 0.03)
            for river, units in product(RIVERS[:2], (1, 4))
        },
        seeds=FRESH,
    ),
    # rivals: another learning rate, and one vector of twice the size
    "translators": Experiment(
        "Does attention make a translator more accurate, or does it make it learn in fewer updates?",
        _translators("")
        | _translators("_faster", rivals=5, learning_rate=0.02)
        | {
            f"without_wide_{updates}": language.TranslatorSetting(False, updates, units=128, seeds=5)
            for updates in (1000, 4000)
        },
        seeds=FRESH,
    ),
}
"""The experiments; ``networks`` and ``official`` are those of :doc:`/sentiment/comparison`.

:meta hide-value:
"""
