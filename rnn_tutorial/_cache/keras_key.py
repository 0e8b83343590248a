"""What determines a training run with Keras, as JSON can hold it."""

import platform
import warnings
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from rnn_tutorial._cache.cpu_kernels import chosen_cpu_kernels
from rnn_tutorial._cache.memory import TRAINING_VERSION

if TYPE_CHECKING:
    from rnn_tutorial.sentiment.reviews import Reviews

LIBRARIES = ("tensorflow", "keras", "numpy")


def run_facts(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, reviews: "Reviews", settings: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what determines the result of a training run, or ``None`` if that is not known.

    A layer, an activation or an optimiser from outside Keras and this package is code that no version here covers.

    :param model: the model to train; its weights do not count, because the seed initialises them again
    :param optimizer: the optimiser
    :param reviews: the reviews
    :param settings: the numbers and strings that :func:`~rnn_tutorial.sentiment.training.train` was called with
    """
    with warnings.catch_warnings(action="ignore"):  # Keras warns of lambdas, which are rejected below
        config = _without(model.get_config(), ("build_config", "build_input_shape"))
        described = {"model": config, "optimizer": keras.optimizers.serialize(optimizer)}
    modules = set(_modules(described))
    if any(module.partition(".")[0] not in ("keras", "rnn_tutorial") for module in modules):
        return None
    config["name"] = described["optimizer"]["config"]["name"] = ""
    # Keras numbers the names of layers within a process: lstm, lstm_1, …
    places = {name: f"layer {place}" for place, name in enumerate(_names(config["layers"]))}
    return {
        **_renamed(described, places),
        "settings": dict(settings),
        "reviews": [part.digest for part in (reviews.train, reviews.validation, reviews.test)],
        "versions": {"Python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "cpu_kernels": chosen_cpu_kernels(),
        "devices": sorted({device.device_type for device in tf.config.list_physical_devices()}),
        "machine": platform.machine(),
        "training_version": TRAINING_VERSION,
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
    """Replace each layer's name by its place, where it is defined and referred to, and leave out its module."""
    if isinstance(part, Mapping):
        return {key: _renamed(value, places, key) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_renamed(value, places, key) for value in part]
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
        for value in part.values():
            yield from _modules(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _modules(value)
