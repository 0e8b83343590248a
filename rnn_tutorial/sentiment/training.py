"""Training of Keras models on reviews, with a record of each run.

How a review becomes a number: :mod:`~rnn_tutorial.sentiment.sources` splits it into words and numbers them,
:mod:`~rnn_tutorial.sentiment.reviews` keeps the frequent ones, :mod:`~rnn_tutorial.sentiment.batches` pads them, here a
trained model gives a probability, and :mod:`~rnn_tutorial.sentiment.evaluation` compares those of several models.
"""

import datetime
import operator
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from numbers import Real
from typing import Any, Literal

import keras
import numpy as np

from rnn_tutorial._cache.memory import kept
from rnn_tutorial.provenance import versions
from rnn_tutorial.records import Record, check_count
from rnn_tutorial.sentiment._keras_key import run_facts
from rnn_tutorial.sentiment.batches import BUCKET_WIDTH, bucketed_batches, count_batches, padded_batches
from rnn_tutorial.sentiment.optimizers import clipped_adam
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit

__all__ = ["train", "TrainConfig", "Run", "predict"]

Batching = Literal["bucketed", "padded"]
EVALUATION_BATCH = 256
_BATCHES = {"bucketed": bucketed_batches, "padded": padded_batches}


@dataclass(frozen=True)
class TrainConfig:
    """How :func:`train` trains a model.

    :param epochs: passes over the training split
    :param patience: training stops when the validation loss has not fallen for this many epochs; ``None`` never stops
    :param batching: ``"bucketed"`` or ``"padded"``, see :mod:`rnn_tutorial.sentiment.batches`
    :param batch_size: reviews per batch
    :param length: the maximum number of ids per review
    :param optimizer: a function from the number of updates to an optimiser, see
        :mod:`~rnn_tutorial.sentiment.optimizers`
    :param learning_rate: passed to ``optimizer`` by this name, at least 0; ``None`` takes its default
    :param seed: of the weights and of the order of the reviews
    :raises ValueError: if there is no epoch, or no patience
    """

    epochs: int = 2
    patience: int | None = None
    batching: Batching = "bucketed"
    batch_size: int = 128
    length: int = 500
    optimizer: Callable[..., keras.optimizers.Optimizer] = field(default_factory=lambda: clipped_adam)
    learning_rate: float | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        check_count("epochs", self.epochs)
        if self.patience is not None:
            check_count("patience", self.patience)
        object.__setattr__(self, "seed", operator.index(self.seed))  # Keras takes no integer of NumPy


@dataclass(frozen=True, eq=False)
class Run(Record):
    """The record of one training run, from :func:`train`.

    :param model: the trained model, with the weights of the best epoch
    :param history: a list of values, one per epoch, for ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy``; the
        first two are averages while the weights change, the others are measured at the end of an epoch
    :param losses: the training loss after each update, averaged over the epoch so far
    :param best_epoch: the epoch with the lowest validation loss, counted from 1
    :param validation: ``loss`` (in nats per review) and ``accuracy`` (0 to 1) on the validation split after that epoch
    :param test: the same on the test split
    :param test_probabilities: the predicted probability that each test review is positive, shape (reviews,)
    :param seconds: the time of training and testing, in seconds
    :param seed: the seed of the initial weights and of the order of the reviews
    :param settings: the settings of the training; the learning rate is that of the first update
    :param reviews: the source and the sizes of the splits: :meth:`~rnn_tutorial.sentiment.reviews.Reviews.provenance`
    :param versions: the versions of the libraries
    :param trained: the date and time of the training, such as 2026-11-26 09:43:10

    >>> from rnn_tutorial.sentiment.training import Run
    >>> Run(model=None, seconds=12.34, settings={"epochs": 2}).provenance()
    {'epochs': '2', 'seed': '1', 'seconds': '12.3', 'trained': '', 'versions': ''}
    """

    model: keras.Model
    history: dict[str, list[float]] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    best_epoch: int = 1
    validation: dict[str, float] = field(default_factory=dict)
    test: dict[str, float] = field(default_factory=dict)
    test_probabilities: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    seconds: float = 0.0
    seed: int = 1
    settings: dict[str, Any] = field(default_factory=dict)
    reviews: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    trained: str = ""

    def provenance(self) -> dict[str, str]:
        """Return a title and a value for the reviews, the settings and the versions."""
        return {
            **self.reviews,
            **{name: str(value) for name, value in self.settings.items()},
            "seed": str(self.seed),
            "seconds": f"{self.seconds:.1f}",
            "trained": self.trained[:10],
            "versions": ", ".join(f"{name} {value}" for name, value in self.versions.items()),
        }


def train(model: keras.Model, reviews: Reviews, **settings: Any) -> Run:
    """Train a copy of a model on the training split, restore its best epoch, and evaluate it once on the test split.

    The loss is the binary cross-entropy, -(1/n) Σ [l log y + (1 - l) log(1 - y)] for labels l and probabilities y,
    equation :eq:`cross-entropy`. The copy is initialised from the seed, so the same call gives the same numbers on one
    machine, and ``model`` does not change. The best epoch is the one with the lowest validation loss. Progress is shown
    only on a terminal.

    The same call loads the run from the user's cache folder, unless the model or the optimiser is somebody's own code
    or ``RNN_TUTORIAL_RUNS=off``. Random numbers after the call are the same in both cases. Keras initialises weights
    from Python's random numbers, which no other thread may use during the call.

    :param model: one of :mod:`rnn_tutorial.sentiment.models`; ids in, probability out
    :param reviews: the result of :func:`~rnn_tutorial.sentiment.reviews.load_reviews`
    :param settings: the fields of :class:`TrainConfig`, such as ``epochs=2``
    :raises ValueError: if model and reviews do not fit, ``optimizer`` gives no optimiser, or a number is out of range

    Example: two reviews of one word each.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import bag_of_words
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
    >>> from rnn_tutorial.sentiment.training import train
    >>> words = Vocabulary(["good", "bad"])
    >>> ids = [words.encode("good"), words.encode("bad")]
    >>> split = ReviewSplit(ids, np.array([1, 0]))
    >>> reviews = Reviews(split, split, split, words, "made up", duplicates_removed=0)
    >>> model = bag_of_words(len(words), embedding_dim=2)
    >>> train(model, reviews, epochs=10, learning_rate=0.5).test["accuracy"]
    1.0
    """
    config = TrainConfig(**settings)
    _check(model, len(reviews.vocabulary), config.batching, config.length)
    optimizer = _make_optimizer(reviews, config)  # raises early; each training makes its own
    weights, record, probabilities = _fit(model, reviews, config)
    trained = keras.models.clone_model(model)
    trained.set_weights(weights)
    keras.utils.set_random_seed(config.seed)
    return Run(
        model=trained,
        test_probabilities=probabilities,
        seed=config.seed,
        settings=_described(model, optimizer, config),
        reviews=reviews.provenance(),
        **record,
    )


def training_facts(
    model: keras.Model, reviews: Reviews, config: TrainConfig, by_code: bool = False
) -> dict[str, Any] | None:
    """What determines the result of :func:`train`, without training, for the cache and for recorded runs."""
    settings = {name: value for name, value in vars(config).items() if name not in ("optimizer", "learning_rate")}
    if config.patience is None:
        del settings["patience"]  # recorded runs are older than it
    return run_facts(model, _make_optimizer(reviews, config), reviews, by_code, **settings)


@kept(partial(training_facts, by_code=True))
def _fit(
    model: keras.Model, reviews: Reviews, config: TrainConfig
) -> tuple[list[np.ndarray], dict[str, Any], np.ndarray]:
    """Train a copy of a model; return its weights, fields of a :class:`Run`, and its predictions on the test split."""
    began, batches, length, seed = time.perf_counter(), _BATCHES[config.batching], config.length, config.seed
    losses: list[float] = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda update, logs: losses.append(logs["loss"])  # of the epoch so far
    )
    best = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=config.patience or config.epochs, restore_best_weights=True
    )

    optimizer = _make_optimizer(reviews, config)
    keras.utils.set_random_seed(seed)
    trained = keras.models.clone_model(model)
    trained.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    history = trained.fit(
        batches(reviews.train, config.batch_size, length, seed),
        validation_data=batches(reviews.validation, EVALUATION_BATCH, length),
        epochs=config.epochs,
        shuffle=False,  # the batches are shuffled already
        callbacks=[best, record],
        verbose=1 if sys.stdout.isatty() else 0,
    ).history
    probabilities = predict(trained, reviews.test, config.batching, length)
    record = {
        "history": history,
        "losses": losses,
        "best_epoch": best.best_epoch + 1,
        "validation": {name: history[f"val_{name}"][best.best_epoch] for name in ("loss", "accuracy")},
        "test": _metrics(probabilities, reviews.test.labels),
        "seconds": time.perf_counter() - began,
        "versions": versions(),
        "trained": datetime.datetime.now().isoformat(" ", "seconds"),
    }
    return trained.get_weights(), record, probabilities


def predict(model: keras.Model, split: ReviewSplit, batching: Batching = "bucketed", length: int = 500) -> np.ndarray:
    """Predict the probability that a review is positive, for each review of a split.

    A model without a mask needs the padding that it was trained with: pass the same ``batching`` and ``length``. With a
    mask, buckets are faster.

    :param model: a trained model
    :param split: the reviews
    :param batching: ``"bucketed"`` or ``"padded"``, as in :func:`train`
    :param length: the maximum number of ids per review
    :returns: probabilities in the order of the split, float32, shape (reviews,)
    :raises ValueError: if the model cannot take such batches or such reviews, or there is no review

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import bag_of_words
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> from rnn_tutorial.sentiment.training import predict
    >>> model, split = bag_of_words(6, 2), ReviewSplit([[1, 4, 4], [1, 5]], [1, 0])
    >>> y = predict(model, split)
    >>> y.shape, np.allclose(y[0], model(np.array([[1, 4, 4]])))
    ((2,), True)
    """
    _check(model, 1 + max((int(ids.max()) for ids in split.sequences), default=0), batching, length)
    batches = _BATCHES[batching](split, EVALUATION_BATCH, length)
    buckets = np.minimum(split.lengths, length) // (BUCKET_WIDTH if batching == "bucketed" else length + 1)
    probabilities = np.empty(len(split), dtype=np.float32)
    in_batches = model.predict(batches.map(lambda ids, labels: ids), verbose=0)[:, 0]
    probabilities[np.argsort(buckets, kind="stable")] = in_batches
    return probabilities


def _metrics(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    return {
        "loss": float(keras.metrics.BinaryCrossentropy()(labels[:, None], probabilities[:, None])),
        "accuracy": float(np.mean((probabilities > 0.5) == labels)),
    }


def _make_optimizer(reviews: Reviews, config: TrainConfig) -> keras.optimizers.Optimizer:
    """Make the optimiser of a run; raise early if it is none, or has no usable learning rate."""
    wanted = (
        "`optimizer`: expected a function that makes an optimiser of the number of updates, such as clipped_adam or "
        f"lambda steps: keras.optimizers.RMSprop(), and takes `learning_rate` where that is given, got "
        f"{config.optimizer!r}"
    )
    if isinstance(config.optimizer, type):  # Keras' own would take the number of updates for a learning rate
        raise ValueError(f"{wanted}.")
    if not isinstance(config.learning_rate, Real | None):
        raise ValueError(f"`learning_rate`: expected a number from 0 on, got {config.learning_rate!r}.")
    updates = config.epochs * count_batches(reviews.train, config.batching, config.batch_size, config.length)
    try:
        given: dict[str, float] = {} if config.learning_rate is None else {"learning_rate": float(config.learning_rate)}
        optimizer = config.optimizer(updates, **given)
        rate = float(optimizer.learning_rate)
        if not isinstance(optimizer, keras.optimizers.Optimizer):
            raise TypeError(f"it makes {optimizer!r}")
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{wanted}: {error}.") from error
    if not 0 <= rate < float("inf"):
        raise ValueError(f"`learning_rate`: expected a number from 0 on, got {rate}.")
    return optimizer


def _described(model: keras.Model, optimizer: keras.optimizers.Optimizer, config: TrainConfig) -> dict[str, Any]:
    """The settings of a run, in words."""
    made_by = config.optimizer.func if isinstance(config.optimizer, partial) else config.optimizer
    name = getattr(made_by, "__name__", "<lambda>")
    dropout = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    return {
        "model": model.name,
        **({"dropout": dropout[0]} if dropout else {}),
        "epochs": config.epochs if config.patience is None else f"at most {config.epochs}, patience {config.patience}",
        "optimizer": type(optimizer).__name__ if name == "<lambda>" else name,
        "learning rate": float(str(np.float32(optimizer.learning_rate))),  # 0.002, not 0.0020000000949949026
        "batches": f"{config.batching}, {config.batch_size} reviews of at most {config.length} ids",
    }


def _check(model: keras.Model, ids: int, batching: str, length: int) -> None:
    """Raise early for inputs that would fail or mislead in training; ``ids`` is the number that the reviews use."""
    if batching not in _BATCHES:
        raise ValueError(f"`batching`: expected one of {', '.join(map(repr, _BATCHES))}, got {batching!r}.")
    embedding = model.layers[0]
    if not isinstance(embedding, keras.layers.Embedding):
        raise ValueError(f"`model`: expected an Embedding as the first layer, got {type(embedding).__name__}.")
    if embedding.input_dim < ids:
        raise ValueError(
            f"`model`: its embedding has {embedding.input_dim:,} rows, but the reviews use {ids:,} ids. Encode them "
            f"with the vocabulary that it was built for, or build it with vocabulary_size={ids}."
        )
    fixed = model.input_shape[1]
    if fixed is not None and (batching, length) != ("padded", fixed):
        raise ValueError(
            f"`batching`: {model.name} takes exactly {fixed} ids per review, got {batching} batches of at most "
            f"{length}. Pass batching='padded', length={fixed}."
        )
    if batching == "bucketed" and not embedding.mask_zero:
        raise ValueError(
            f"`batching`: buckets are post-padded, and {model.name} does not mask padding: it would read on after "
            "the last word. Build it with mask_padding=True, or pass batching='padded'."
        )
