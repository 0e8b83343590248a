"""Facts that determine a training run with Keras, under which :func:`~rnn_tutorial.keras_training.train` caches it."""

import os
import platform
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from rnn_tutorial.code_digest import code_digest
from rnn_tutorial.reviews import Reviews
from rnn_tutorial.routines import chosen_routines
from rnn_tutorial.sources import cache_folder

__all__ = ["run_facts", "runs_folder"]

_code_of = cache(code_digest)  # code that a process has loaded stays as it is

LIBRARIES = ("tensorflow", "keras", "numpy")


def runs_folder() -> Path | None:
    """Return the folder of cached networks: ``runs`` in the cache folder, or none if ``RNN_TUTORIAL_RUNS=off``.

    So the networks of :doc:`/sentiment/comparison` are trained once for all pages that show them.

    :returns: the folder, which need not exist yet, or ``None``

    Example:

    >>> import os
    >>> from unittest.mock import patch
    >>> from rnn_tutorial.keras_store import runs_folder
    >>> with patch.dict(os.environ, RNN_TUTORIAL_RUNS="off"):
    ...     print(runs_folder())
    None
    """
    return None if os.environ.get("RNN_TUTORIAL_RUNS") == "off" else cache_folder() / "runs"


def run_facts(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, reviews: Reviews, settings: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Collect everything that determines the result of a training run, or return ``None`` if that is impossible.

    These are the layers with their settings, the optimiser with its own, the reviews, this package's code for training,
    the versions of the libraries, and the instruction set of their CPU kernels. A layer, an activation or an optimiser
    from outside Keras and this package is code that no digest here covers, so there are no facts. The order and the
    seed of :doc:`/sentiment/comparison` are among ``settings``.

    :param model: the model to train; its weights do not count, because the seed initialises them again
    :param optimizer: the optimiser
    :param reviews: the reviews
    :param settings: the numbers and strings that :func:`~rnn_tutorial.keras_training.train` was called with
    :returns: the facts, as values that JSON can hold

    Example: a model's own name does not matter, its size does.

    >>> import keras
    >>> import numpy as np
    >>> from rnn_tutorial.keras_models import bag_of_words
    >>> from rnn_tutorial.keras_store import run_facts
    >>> from rnn_tutorial.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.vocabulary import Vocabulary
    >>> split = ReviewSplit([np.array([1, 4])], np.array([1]))
    >>> reviews = Reviews(split, split, split, Vocabulary(["good"]), "made up", 0)
    >>> def facts(size):
    ...     model = bag_of_words(5, embedding_dim=size)
    ...     return run_facts(model, keras.optimizers.SGD(), reviews, {"seed": 1})
    >>> facts(2) == facts(2), facts(2) == facts(3)
    (True, False)
    """
    with warnings.catch_warnings(action="ignore"):  # Keras warns of lambdas, which are rejected below
        config = _without(model.get_config(), ("build_config", "build_input_shape"))
        described = {"model": config, "optimizer": keras.optimizers.serialize(optimizer)}
    modules = set(_modules(described))
    ours = sorted(module for module in modules if module.partition(".")[0] == "rnn_tutorial")
    if any(module.partition(".")[0] not in ("keras", "rnn_tutorial") for module in modules):
        return None
    config["name"] = described["optimizer"]["config"]["name"] = ""
    # Keras numbers the names of layers within a process: lstm, lstm_1, …
    places = {name: f"layer {place}" for place, name in enumerate(_names(config["layers"]))}
    imports = "\n".join(f"import {module}" for module in ("rnn_tutorial.keras_training", *ours))
    return {
        **_renamed(described, places),
        "settings": dict(settings),
        "reviews": [part.digest for part in (reviews.train, reviews.validation, reviews.test)],
        "code": _code_of(imports),
        "versions": {"Python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "routines": chosen_routines(),
        "devices": sorted({device.device_type for device in tf.config.list_physical_devices()}),
        "machine": platform.machine(),
    }


def _without(part: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(part, Mapping):
        return {key: _without(value, keys) for key, value in part.items() if key not in keys}
    return [_without(value, keys) for value in part] if isinstance(part, list | tuple) else part


def _names(part: Any) -> Iterator[str]:
    """Yield the names of all layers, including those inside other layers."""
    if isinstance(part, Mapping):
        if "name" in part and part.keys() & {"trainable", "batch_shape", "inbound_nodes"}:
            yield part["name"]
        part = list(part.values())
    if isinstance(part, list | tuple):
        for value in part:
            yield from _names(value)


def _renamed(part: Any, places: Mapping[str, str], key: str = "") -> Any:
    """Replace each layer's name by its place, both in its own settings and where other layers refer to it."""
    if isinstance(part, Mapping):
        return {key: _renamed(value, places, key) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_renamed(value, places, key) for value in part]
    return places.get(part, part) if key in ("name", "keras_history", "input_layers", "output_layers") else part


def _modules(part: Any) -> Iterator[str]:
    """Yield the modules whose code a description needs; a function of one's own has none."""
    if isinstance(part, Mapping):
        if "class_name" in part and "config" in part and part.get("class_name") != "__keras_tensor__":
            yield "none" if part["class_name"] in ("Lambda", "__lambda__", "function") else str(part.get("module"))
        elif "value" in part:  # the code of a lambda
            yield "none"
        for value in part.values():
            yield from _modules(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _modules(value)
