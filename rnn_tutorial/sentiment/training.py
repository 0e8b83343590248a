"""Training of Keras models on reviews, with a record of each run."""

import datetime
import inspect
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from numbers import Real
from typing import Any, Literal

import keras
import numpy as np

from rnn_tutorial._cache.keras_key import run_facts
from rnn_tutorial._cache.memory import kept
from rnn_tutorial.provenance import versions
from rnn_tutorial.records import Record, read_only
from rnn_tutorial.sentiment.batches import BUCKET_WIDTH, bucketed_batches, count_batches, padded_batches
from rnn_tutorial.sentiment.optimizers import clipped_adam
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit

__all__ = ["train", "Run", "predict"]

Batching = Literal["bucketed", "padded"]
EVALUATION_BATCH = 256
_BATCHES = {"bucketed": bucketed_batches, "padded": padded_batches}


@dataclass(frozen=True, eq=False)
class Run(Record):
    """The record of one training run.

    :doc:`/sentiment/feed-forward` reads one. Two runs are equal if all fields are, and they hold the same model object.
    :func:`train` fills in all fields.

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

    Example:

    >>> from rnn_tutorial.sentiment.training import Run
    >>> run = Run(model=None, seconds=12.34, settings={"epochs": 2})
    >>> run.provenance()
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "test_probabilities", read_only(self.test_probabilities))

    def provenance(self) -> dict[str, str]:
        """Return the reviews, the settings and the versions, for the end of a page.

        :returns: a title and a value for each fact
        """
        return {
            **self.reviews,
            **{name: str(value) for name, value in self.settings.items()},
            "seed": str(self.seed),
            "seconds": f"{self.seconds:.1f}",
            "trained": self.trained[:10],
            "versions": ", ".join(f"{name} {value}" for name, value in self.versions.items()),
        }


def train(
    model: keras.Model,
    reviews: Reviews,
    *,
    epochs: int = 2,
    patience: int | None = None,
    batching: Batching = "bucketed",
    batch_size: int = 128,
    length: int = 500,
    optimizer: Callable[..., keras.optimizers.Optimizer] = clipped_adam,
    learning_rate: float | None = None,
    seed: int = 1,
) -> Run:
    """Train a copy of a model on the training split, restore its best epoch, and evaluate it once on the test split.

    The loss is the binary cross-entropy, -(1/n) Σ [l log y + (1 - l) log(1 - y)] for labels l and probabilities y,
    equation :eq:`cross-entropy`. The copy is initialised from the seed, so the same call gives the same numbers on one
    machine, and ``model`` does not change. The best epoch is the one with the lowest validation loss. Progress is shown
    only on a terminal.

    The same call loads the run from the user's cache folder instead of training again, unless the model or the
    optimiser is somebody's own code or ``RNN_TUTORIAL_RUNS=off``. Random numbers after the call are the same in both
    cases. Keras initialises weights from Python's random numbers, which all threads of a process share, so no other
    thread may use them during the call.

    :param model: one of :mod:`rnn_tutorial.sentiment.models`; ids in, probability out
    :param reviews: the result of :func:`~rnn_tutorial.sentiment.reviews.load_reviews`
    :param epochs: passes over the training split
    :param patience: training stops when the validation loss has not fallen for this many epochs; ``None`` trains for
        all ``epochs``
    :param batching: ``"bucketed"`` or ``"padded"``, see :mod:`rnn_tutorial.sentiment.batches`
    :param batch_size: reviews per batch
    :param length: the maximum number of ids per review
    :param optimizer: a function from the number of updates to an optimiser: one of
        :mod:`~rnn_tutorial.sentiment.optimizers`, or your own, such as ``lambda steps: keras.optimizers.RMSprop()``
    :param learning_rate: passed to ``optimizer`` by this name, at least 0; ``None`` takes its default
    :param seed: of the weights and of the order of the reviews
    :returns: the record of the run
    :raises ValueError: if the model cannot take such batches or such reviews, ``optimizer`` does not return an
        optimiser, or a number is out of range

    Example: two reviews of one word each.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import bag_of_words
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
    >>> from rnn_tutorial.sentiment.training import train
    >>> vocabulary = Vocabulary(["good", "bad"])
    >>> split = ReviewSplit(
    ...     [vocabulary.encode("good"), vocabulary.encode("bad")], np.array([1, 0])
    ... )
    >>> reviews = Reviews(
    ...     split, split, split, vocabulary, source="made up", duplicates_removed=0
    ... )
    >>> model = bag_of_words(len(vocabulary), embedding_dim=2)
    >>> run = train(model, reviews, epochs=10, learning_rate=0.5)
    >>> run.test["accuracy"]
    1.0
    """
    seed = seed.item() if isinstance(seed, np.integer) else seed  # Keras takes no other integers
    made, used, decided = _decide(
        model, reviews, epochs, patience, batching, batch_size, length, optimizer, learning_rate, seed
    )
    fresh, record, probabilities = _fit(model, made, reviews, **decided)
    keras.utils.set_random_seed(seed)
    dropped = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    return Run(
        model=fresh,
        test_probabilities=probabilities,
        seed=seed,
        settings={
            "model": model.name,
            **({"dropout": dropped[0]} if dropped else {}),
            "epochs": epochs if patience is None else f"at most {epochs}, patience {patience}",
            **used,
            "batches": f"{batching}, {batch_size} reviews of at most {length} ids",
        },
        reviews=reviews.provenance(),
        **record,
    )


def _decide(
    model: keras.Model,
    reviews: Reviews,
    epochs: int,
    patience: int | None,
    batching: Batching,
    batch_size: int,
    length: int,
    optimizer: Callable[..., keras.optimizers.Optimizer],
    learning_rate: float | None,
    seed: int,
) -> tuple[keras.optimizers.Optimizer, dict[str, Any], dict[str, Any]]:
    """Check the arguments of :func:`train`; return the optimiser, its description, and the settings of the fit."""
    if epochs < 1:
        raise ValueError(f"`epochs`: expected at least 1, got {epochs}.")
    if patience is not None and patience < 1:
        raise ValueError(f"`patience`: expected at least 1 epoch, or None, got {patience}.")
    _check(model, len(reviews.vocabulary), batching, length)
    steps = epochs * count_batches(reviews.train, batching, batch_size, length)
    made, used = _make_optimizer(optimizer, steps, learning_rate)
    numbers = {"epochs": epochs, "batch_size": batch_size, "length": length, "seed": seed}
    early = {} if patience is None else {"patience": patience}
    return made, used, {"batching": batching, **numbers, **early}


def training_facts(model: keras.Model, reviews: Reviews, **settings: Any) -> dict[str, Any] | None:
    """Return everything that determines the result of :func:`train`, without training, for recorded runs."""
    given = inspect.signature(train).bind(model, reviews, **settings)
    given.apply_defaults()
    made, _, decided = _decide(**given.arguments)
    return run_facts(model, made, reviews, decided)


Trained = tuple[keras.Model, dict[str, Any], np.ndarray]


def _restored(
    saved: tuple[list[np.ndarray], dict[str, Any], np.ndarray], model: keras.Model, *_: Any, **__: Any
) -> Trained:
    fresh = keras.models.clone_model(model)
    fresh.set_weights(saved[0])
    return fresh, *saved[1:]


@kept(
    lambda model, optimizer, reviews, **settings: run_facts(model, optimizer, reviews, settings),
    pack=lambda trained: (trained[0].get_weights(), *trained[1:]),
    unpack=_restored,
)
def _fit(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    reviews: Reviews,
    epochs: int,
    batching: Batching,
    batch_size: int,
    length: int,
    seed: int,
    patience: int | None = None,
) -> Trained:
    """Train a copy of a model; return it, the fields of its :class:`Run`, and its predictions on the test split."""
    began, batches = time.perf_counter(), _BATCHES[batching]
    losses: list[float] = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda update, logs: losses.append(logs["loss"])  # of the epoch so far
    )
    best = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience or epochs, restore_best_weights=True)

    keras.utils.set_random_seed(seed)
    fresh = keras.models.clone_model(model)
    fresh.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    history = fresh.fit(
        batches(reviews.train, batch_size, length, seed),
        validation_data=batches(reviews.validation, EVALUATION_BATCH, length),
        epochs=epochs,
        shuffle=False,  # the batches are shuffled already
        callbacks=[best, record],
        verbose=1 if sys.stdout.isatty() else 0,
    ).history
    epoch = best.best_epoch
    probabilities = predict(fresh, reviews.test, batching, length)

    return (
        fresh,
        {
            "history": history,
            "losses": losses,
            "best_epoch": epoch + 1,
            "validation": {name: history[f"val_{name}"][epoch] for name in ("loss", "accuracy")},
            "test": _metrics(probabilities, reviews.test.labels),
            "seconds": time.perf_counter() - began,
            "versions": versions(),
            "trained": datetime.datetime.now().isoformat(" ", "seconds"),
        },
        probabilities,
    )


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

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import bag_of_words
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> from rnn_tutorial.sentiment.training import predict
    >>> long, short = np.array([1] + [4] * 60), np.array([1, 5])
    >>> model = bag_of_words(vocabulary_size=6, embedding_dim=2)
    >>> # buckets put the short one first
    >>> y = predict(model, ReviewSplit([long, short], np.array([1, 0])))
    >>> y.shape, np.allclose(y[0], model(long[None]))
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


def _make_optimizer(
    optimizer: Callable[..., keras.optimizers.Optimizer], steps: int, learning_rate: float | None
) -> tuple[keras.optimizers.Optimizer, dict[str, Any]]:
    """Make the optimiser of a run and its description; refuse a wrong one before training starts."""
    wanted = (
        "`optimizer`: expected a function that makes an optimiser of the number of updates, such as clipped_adam or "
        "lambda steps: keras.optimizers.RMSprop()"
    )
    if isinstance(optimizer, type) or not callable(optimizer):
        raise ValueError(f"{wanted}, got {optimizer!r}.")
    if learning_rate is not None and not isinstance(learning_rate, Real):
        raise ValueError(f"`learning_rate`: expected a number from 0 on, got {learning_rate!r}.")
    given: dict[str, float] = {} if learning_rate is None else {"learning_rate": float(learning_rate)}
    try:
        inspect.signature(optimizer).bind(steps, **given)
    except TypeError as error:
        raise ValueError(
            f"{wanted}, and takes `learning_rate` where that is given, got {optimizer!r}: {error}."
        ) from None
    made = optimizer(steps, **given)
    if not isinstance(made, keras.optimizers.Optimizer):
        raise ValueError(f"{wanted}, got {optimizer!r} that makes {made!r}.")
    rate = float(str(np.float32(made.learning_rate)))  # 0.002, where float() gives 0.0020000000949949026
    if not 0 <= rate < math.inf:
        raise ValueError(f"`learning_rate`: expected a number from 0 on, got {rate}.")
    name = getattr(optimizer.func if isinstance(optimizer, partial) else optimizer, "__name__", "<lambda>")
    return made, {"optimizer": type(made).__name__ if name == "<lambda>" else name, "learning rate": rate}


def _check(model: keras.Model, ids: int, batching: str, length: int) -> None:
    """Refuse before training starts what would fail or mislead later; ``ids`` is the number that the reviews use."""
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
