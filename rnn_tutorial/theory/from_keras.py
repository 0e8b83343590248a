"""Conversion of Keras layers to NumPy cells with the same weights."""

from typing import Any

import keras
import numpy as np
from keras import activations, layers, ops

from rnn_tutorial.theory.cells import ACTIVATIONS, Cell, GRUCell, LSTMCell, SimpleRNNCell

__all__ = ["cell_from_keras"]

_CELL_TYPES: dict[type[keras.Layer], type[Cell[Any]]] = {
    layers.SimpleRNN: SimpleRNNCell,
    layers.LSTM: LSTMCell,
    layers.GRU: GRUCell,
}


def cell_from_keras(layer: keras.Layer) -> Cell[Any]:
    """Copy the parameters of a built Keras layer into the cell that computes the same.

    W is the transpose of Keras' ``kernel``, and U that of its ``recurrent_kernel``, as in the table of
    :doc:`/theory/recurrence`. Dropout is not copied, because it acts only in training. With ``zero_output_for_mask``,
    which Keras' Bidirectional sets, a layer gives zeros at masked steps, where
    :func:`~rnn_tutorial.theory.cells.unroll` gives the state that is carried over.

    :param layer: a keras.layers.SimpleRNN, LSTM or GRU whose weights exist
    :returns: a :class:`~rnn_tutorial.theory.cells.SimpleRNNCell`, :class:`~rnn_tutorial.theory.cells.LSTMCell` or
        :class:`~rnn_tutorial.theory.cells.GRUCell`
    :raises TypeError: if it is another kind of layer
    :raises ValueError: if the layer has no weights yet, or an option that the cells do not have

    >>> import keras
    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import unroll
    >>> from rnn_tutorial.theory.from_keras import cell_from_keras
    >>> layer, x = keras.layers.LSTM(3), np.ones((1, 5, 2), "float32")
    >>> h = keras.ops.convert_to_numpy(layer(x))  # builds the layer
    >>> cell = cell_from_keras(layer)
    >>> type(cell).__name__, np.allclose(unroll(cell, x).h[:, -1], h, atol=1e-6)
    ('LSTMCell', True)
    """
    cell_type = _CELL_TYPES.get(type(layer))
    if cell_type is None:
        hint = " Pass its forward_layer or backward_layer." if isinstance(layer, layers.Bidirectional) else ""
        raise TypeError(
            "`layer`: expected a keras.layers.SimpleRNN or keras.layers.LSTM or keras.layers.GRU, "
            f"got {type(layer).__name__}.{hint}"
        )
    if not layer.built:
        raise ValueError(f"`layer`: {layer.name} has no weights yet. Call it once, or build it with its input shape.")
    if layer.stateful:
        raise ValueError(f"`layer`: {layer.name} is stateful, which no cell is. Build it with stateful=False.")
    if layer.compute_dtype != layer.variable_dtype:
        raise ValueError(
            f"`layer`: {layer.name} stores {layer.variable_dtype} and computes in {layer.compute_dtype}. "
            "Build it with dtype='float32' or 'float64'."
        )
    names = {activations.get(name): name for name in ACTIVATIONS}
    options: dict[str, Any] = {"go_backwards": layer.go_backwards}
    for option in ("activation", "recurrent_activation"):
        function = getattr(layer, option, activations.tanh)  # a SimpleRNN has only the first
        if function not in names:
            called = getattr(function, "__name__", function)
            raise ValueError(f"`layer`: expected as {option} one of {', '.join(ACTIVATIONS)}, got {called}.")
        if hasattr(layer, option):
            options[option] = names[function]
    if cell_type is GRUCell:
        options["reset_after"] = layer.reset_after
    W, U = (ops.convert_to_numpy(kernel).T for kernel in (layer.cell.kernel, layer.cell.recurrent_kernel))
    b = ops.convert_to_numpy(layer.cell.bias) if layer.use_bias else np.zeros(len(U), U.dtype)
    if b.ndim == 2:  # a GRU with reset_after has both biases in one array
        b, options["recurrent_b"] = b
    return cell_type(W, U, b, **options)
