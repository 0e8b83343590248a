"""What determines a training run with Keras, as JSON can hold it."""

import platform
import warnings
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import keras
import tensorflow as tf

from rnn_tutorial._cache.code import loaded_code
from rnn_tutorial._cache.memory import TRAINING_VERSION
from rnn_tutorial._cpu_kernels import chosen_cpu_kernels
from rnn_tutorial.sentiment.reviews import Reviews

LIBRARIES = ("tensorflow", "keras", "numpy")


def run_facts(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    reviews: Reviews,
    by_code: bool = False,
    **settings: Any,
) -> dict[str, Any] | None:
    """Return what determines the result of a training run, or ``None`` if that is not known.

    A layer, an activation or an optimiser from outside Keras and this package is code that no version here covers.

    :param model: the model to train; its weights do not count, because the seed initialises them again
    :param optimizer: the optimiser
    :param reviews: the reviews
    :param by_code: whether a digest of the code is one of them, as for what a cache keeps
    :param settings: the numbers and strings that :func:`~rnn_tutorial.sentiment.training.train` was called with
    """
    with warnings.catch_warnings(action="ignore"):  # Keras warns of lambdas, which are rejected below
        described = {"model": model.get_config(), "optimizer": keras.optimizers.serialize(optimizer)}
    modules = sorted(set(_modules(described)))
    if any(module.partition(".")[0] not in ("keras", "rnn_tutorial") for module in modules):
        return None
    described["model"]["name"] = described["optimizer"]["config"]["name"] = ""
    ours = [module for module in modules if module.startswith("rnn_tutorial.")]
    code: dict[str, Any] = {"code": loaded_code("rnn_tutorial.sentiment.training", *ours)} if by_code else {}
    if (epsilon := keras.config.epsilon()) != 1e-7:  # recorded runs have Keras' own, and do not name it
        code["epsilon"] = epsilon
    return {
        **_normalised(described, {}),
        "settings": dict(settings),
        "reviews": [part.digest for part in (reviews.train, reviews.validation, reviews.test)],
        "versions": {"Python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "cpu_kernels": chosen_cpu_kernels(),
        "devices": sorted({device.device_type for device in tf.config.list_physical_devices()}),
        "machine": platform.machine(),
        "training_version": TRAINING_VERSION,
        **code,
    }


def _normalised(part: Any, places: dict[str, str], key: str = "") -> Any:
    """Replace each layer's name, which Keras numbers within a process, by its place, and leave out its module."""
    if isinstance(part, Mapping):
        if part.get("name") and part.keys() & {"trainable", "batch_shape", "inbound_nodes"}:
            places.setdefault(part["name"], f"layer {len(places)}")
        kept = {name: value for name, value in part.items() if name not in ("build_config", "build_input_shape")}
        return {name: _normalised(value, places, name) for name, value in kept.items()}
    if isinstance(part, list | tuple):
        return [_normalised(value, places, key) for value in part]
    if key == "module" and str(part).startswith("rnn_tutorial."):
        return "rnn_tutorial"
    return places.get(part, part) if key in ("name", "keras_history", "input_layers", "output_layers") else part


def _modules(part: Any) -> Iterator[str]:
    """Yield the modules whose code a description needs; a function of one's own has none."""
    if isinstance(part, Mapping):
        if "class_name" in part and "config" in part and part.get("class_name") != "__keras_tensor__":
            yield "none" if part["class_name"] in ("Lambda", "__lambda__", "function") else str(part.get("module"))
        elif "value" in part:  # the code of a lambda
            yield "none"
        part = list(part.values())
    if isinstance(part, list | tuple):
        for value in part:
            yield from _modules(value)
