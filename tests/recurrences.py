"""Random cells, sequences and masks for the tests of cells and gradients, and Keras' layers of the same kinds."""

from dataclasses import dataclass, fields, replace
from functools import partial
from math import exp

import numpy as np
import pytest
from hypothesis import strategies as st

from rnn_tutorial.language.minimal_cells import MinGRUCell
from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tutorial.theory.networks import Network
from rnn_tutorial.theory.tasks import temporal_order

OF_KERAS = {"SimpleRNN": SimpleRNNCell, "LSTM": LSTMCell, "GRU": GRUCell}  # by the names of Keras' layers
KINDS = OF_KERAS | {"MinGRU": MinGRUCell}
CELLS = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
ACTIVATION_NAMES = ["tanh", "sigmoid", "relu", "linear", "hard_sigmoid"]


LAG_3 = partial(temporal_order, lag=3)


def sigmoid(z):
    return 1 / (1 + exp(-z))


def small(kind=LSTMCell, seed=1, units=8):
    return Network.random(kind, units, LAG_3(2), seed)


def drawn(kind, seed=1, inputs=3, units=4, scale=1, **options):
    """Draw a float64 cell none of whose parameters is zero."""
    cell = kind.random(inputs, units, seed, "float64", **options)
    random = np.random.default_rng(seed)
    return replace(cell, **{name: scale * random.normal(size=p.shape) for name, p in cell.parameters.items()})


@dataclass
class Case:
    """One recurrence: a cell, sequences for it, and a direct gradient at each state."""

    cell: object
    inputs: np.ndarray
    mask: np.ndarray | None
    grad_h: np.ndarray
    keras_options: dict


def make_mask(kind, batch, time, random):
    lengths = random.integers(0, time + 1, size=(batch, 1))
    return {
        "none": None,
        "behind": np.arange(time) < lengths,
        "in front": np.arange(time) >= lengths,
        "anywhere": random.random((batch, time)) < 0.6,
    }[kind]


@st.composite
def cases(draw, dtypes=("float32", "float64"), kinds=tuple(KINDS), most_steps=50):
    """Draw a recurrence. The weights shrink with the activation's reach, so that no state grows over 50 steps."""
    name = draw(st.sampled_from(kinds))
    kind = KINDS[name]
    optional = {field.name for field in fields(kind)}
    dtype = draw(st.sampled_from(dtypes))
    units, inputs, batch = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    time = draw(st.integers(1, most_steps))
    options = {"activation": draw(st.sampled_from(ACTIVATION_NAMES))}
    options |= {name: draw(st.booleans()) for name in ("go_backwards", "use_bias")}
    if "recurrent_activation" in optional:
        gates = ["sigmoid", "hard_sigmoid"]
        # A gate of tanh may be negative, so that a state grows and magnifies rounding; float64 has digits to spare.
        gates += ["tanh"] * (dtype == "float64")
        options["recurrent_activation"] = draw(st.sampled_from(gates))
    if "reset_after" in optional:
        options["reset_after"] = draw(st.booleans())
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cell = kind.random(inputs, units, 1, dtype, **{key: value for key, value in options.items() if key != "use_bias"})
    drawn = {key: 0.5 * random.normal(size=array.shape) * options["use_bias"] for key, array in cell.parameters.items()}
    drawn["W"] = random.normal(size=cell.W.shape) / np.sqrt(inputs)
    if "U" in drawn:
        drawn["U"] = random.normal(size=cell.U.shape)
        drawn["U"] *= 0.9 / max(np.linalg.norm(block, 2) for block in np.split(drawn["U"], kind.blocks))
    if "c" in kind.carried and options["activation"] in ("relu", "linear"):
        forget = slice(kind.forget_gate * units, (kind.forget_gate + 1) * units)
        drawn["U"][forget] *= 0.5
        drawn["b"][forget] -= 1.0 * options["use_bias"]
    cell = replace(cell, **{key: array.astype(dtype) for key, array in drawn.items()})
    return Case(
        cell,
        random.normal(size=(batch, time, inputs)).astype(dtype),
        make_mask(draw(st.sampled_from(["none", "behind", "in front", "anywhere"])), batch, time, random),
        random.normal(size=(batch, time, units)).astype(dtype),
        {"kind": name, "dtype": dtype, **options},
    )


def keras_layer(case):
    import keras

    options = dict(case.keras_options)
    layer = getattr(keras.layers, options.pop("kind"))(case.cell.units, return_sequences=True, **options)
    layer.build(case.inputs.shape)
    bias = np.stack([case.cell.b, case.cell.recurrent_b]) if options.get("reset_after") else case.cell.b
    layer.set_weights([case.cell.W.T, case.cell.U.T, *([bias] if options["use_bias"] else [])])
    return layer


def differences(function, array, step=1e-5):
    """Give the central difference of a function for each number of an array of float64."""
    slopes = np.empty(array.shape)
    for place in np.ndindex(array.shape):
        by = np.zeros(array.shape)
        by[place] = step
        slopes[place] = (function(array + by) - function(array - by)) / (2 * step)
    return slopes


def relative_error(got, expected):
    """Give ‖got - expected‖ / ‖expected‖, and ‖got‖ where nothing is expected."""
    scale = np.linalg.norm(expected)
    return np.linalg.norm(np.asarray(got) - np.asarray(expected)) / (scale or 1)
