"""The recurrence in NumPy: cells behind one protocol, and one function that unrolls them.

A cell holds the parameters of a recurrent layer and knows one time step: :meth:`Cell.step` forward, and
:meth:`Cell.backward`, its chain rule, which :mod:`rnn_tutorial.theory.gradients` repeats through time. :func:`unroll`
repeats the step. Nothing here depends on Keras; :mod:`rnn_tutorial.theory.from_keras` converts a Keras layer to a cell.

Rows are examples, so a product with a matrix of shape (units, inputs) reads ``x_t @ W.T``. In the shapes below, batch,
time, inputs and units are counts. A cell computes in the dtype of its parameters, float32 or float64.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import wraps
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar, cast

import numpy as np

from rnn_tutorial.records import Record, check_count, checked_numbers, compared_by_content

__all__ = [
    "SimpleRNNCell", "LSTMCell", "GRUCell", "unroll",
    "Cell", "SimpleRNNState", "LSTMState", "GRUState", "Activation", "ACTIVATIONS",
    "prepare_inputs", "prepare_step", "prepare_state", "checked_step", "glorot_uniform",
]  # fmt: skip


class Activation(NamedTuple):
    """An activation g, applied element by element, and its derivative.

    The derivative is written in terms of y = g(a), as in equation :eq:`sigmoid-derivative`: states hold these values.

    :param function: a ↦ g(a)
    :param derivative: g(a) ↦ g'(a)

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import ACTIVATIONS
    >>> ACTIVATIONS["tanh"].derivative(np.tanh([0.0, 0.5, 3.0])).round(2)  # 1 - y²
    array([1.  , 0.79, 0.01])
    """

    function: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray]


def _sigmoid(a: np.ndarray) -> np.ndarray:
    # 1 / (1 + exp(-a)) without overflow; scipy.special.expit takes three times as long
    return 0.5 * np.tanh(0.5 * a) + 0.5


#: The activations of the cells, by their names in Keras: tanh with g' = 1 - g², sigmoid with g' = g (1 - g) (equation
#: :eq:`sigmoid-derivative`), relu, linear, and hard_sigmoid, min(max(a / 6 + 1/2, 0), 1).
ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(np.tanh, lambda y: 1 - y**2),
    "sigmoid": Activation(_sigmoid, lambda y: y * (1 - y)),
    "relu": Activation(lambda a: np.maximum(a, 0), lambda y: (y > 0).astype(y.dtype)),
    "linear": Activation(lambda a: a, np.ones_like),
    "hard_sigmoid": Activation(lambda a: np.clip(a / 6 + 0.5, 0, 1), lambda y: ((y > 0) & (y < 1)).astype(y.dtype) / 6),
}


@compared_by_content
class SimpleRNNState(NamedTuple):
    """What a :class:`SimpleRNNCell` computes in a step: the hidden state of equation :eq:`rnn-state`.

    :param h: the hidden state, shape (batch, units); (batch, time, units) from :func:`unroll`
    """

    h: np.ndarray


@compared_by_content
class LSTMState(NamedTuple):
    """What an :class:`LSTMCell` computes in a step. Only h and c are carried on to the next one.

    Its parts are those of equations :eq:`lstm-step-gates`, :eq:`lstm-step-candidate`, :eq:`lstm-step-cell` and
    :eq:`lstm-step-hidden`, all of the same shape.

    :param h: the hidden state, shape (batch, units); (batch, time, units) from :func:`unroll`
    :param c: the cell state
    :param i: the input gate
    :param f: the forget gate
    :param candidate: c̃, what the input gate lets into the cell state
    :param o: the output gate

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import LSTMCell, unroll
    >>> cell = LSTMCell.random(inputs=2, units=3, seed=1)
    >>> h, c, i, f, candidate, o = unroll(cell, np.ones((1, 2, 2)))
    >>> np.allclose(c[:, 1], f[:, 1] * c[:, 0] + i[:, 1] * candidate[:, 1])
    True
    """

    h: np.ndarray
    c: np.ndarray
    i: np.ndarray
    f: np.ndarray
    candidate: np.ndarray
    o: np.ndarray


@compared_by_content
class GRUState(NamedTuple):
    """What a :class:`GRUCell` computes in a step. Only h is carried on to the next one.

    Its parts are those of equations :eq:`gru-step-gates`, :eq:`gru-step-candidate` and :eq:`gru-step-state`, all of the
    same shape.

    :param h: the hidden state, shape (batch, units); (batch, time, units) from :func:`unroll`
    :param z: the update gate: how much of the old state stays
    :param r: the reset gate
    :param candidate: h̃, what the state moves towards
    :param recurrent: what the reset gate multiplies: U_h h_{t-1} + b'_h, or h_{t-1} without ``reset_after``
    """

    h: np.ndarray
    z: np.ndarray
    r: np.ndarray
    candidate: np.ndarray
    recurrent: np.ndarray


StateT = TypeVar("StateT", bound=NamedTuple)
StepT = TypeVar("StepT", bound=Callable[..., Any])
Arrays = tuple[np.ndarray, ...]
StepGradients = tuple[np.ndarray, Arrays, dict[str, np.ndarray]]  # of x_t, the carried parts before, and parameters


def checked_step(step: StepT) -> StepT:
    """Decorate a cell's :meth:`~Cell.step`: its arguments go through :func:`prepare_step` first.

    :func:`unroll` checks a whole sequence at once and repeats the step alone, equation :eq:`unrolled`.

    :param step: gets an input and a state whose shapes fit, in the cell's dtype
    """

    @wraps(step)
    def checked(cell: Cell[Any], x_t: np.ndarray, state: Any) -> Any:
        return step(cell, *prepare_step(cell, x_t, state))

    checked.unchecked = step  # type: ignore[attr-defined]
    return cast(StepT, checked)


@dataclass(frozen=True, eq=False)
class Cell(Record, ABC, Generic[StateT]):
    """What cells have in common: parameters, one step forward, and one step back.

    W, U and b hold ``blocks`` gates one below the other, each of ``units`` rows. What :func:`unroll` repeats, equation
    :eq:`unrolled`, is :meth:`step`; what :func:`~rnn_tutorial.theory.gradients.backpropagate_through_time` repeats,
    equation :eq:`bptt-state`, is :meth:`backward`. The arrays are copied, and the copies are read-only.

    :param W: input to hidden, shape (blocks · units, inputs)
    :param U: hidden to hidden, shape (blocks · units, units)
    :param b: bias, shape (blocks · units,)
    :param activation: g, a name in :data:`ACTIVATIONS`
    :param go_backwards: whether :func:`unroll` reads the sequence from its last step to its first
    :raises ValueError: if a shape, a dtype or an activation is not as described

    >>> from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell
    >>> for cell_type in (SimpleRNNCell, LSTMCell, GRUCell):  # blocks of 3 rows
    ...     cell = cell_type.random(inputs=2, units=3, seed=1)
    ...     print(cell.W.shape, cell.U.shape, cell.b.shape)
    (3, 2) (3, 3) (3,)
    (12, 2) (12, 3) (12,)
    (9, 2) (9, 3) (9,)
    """

    W: np.ndarray
    U: np.ndarray
    b: np.ndarray
    _: KW_ONLY
    activation: str = "tanh"
    go_backwards: bool = False

    blocks: ClassVar[int]
    carried: ClassVar[tuple[str, ...]] = ("h",)  # the parts of the state that the next step reads
    State: ClassVar[type[Any]]
    forget_gate: ClassVar[int | None] = None  # the block of the gate that decides how much of the state stays
    input_gate: ClassVar[int | None] = None  # the block of a gate of its own for what is written
    keras_forget_bias: ClassVar[float] = 0.0  # Keras' initial value of its bias

    def __post_init__(self) -> None:
        super().__post_init__()
        rows, units = self.U.shape if self.U.ndim == 2 else (0, 0)
        if rows != self.blocks * units or not units:
            raise ValueError(
                f"`U`: expected the shape ({self.blocks} · units, units) for {type(self).__name__}, "
                f"got {self.U.shape}. Keras' recurrent_kernel is its transpose."
            )
        if self.W.ndim != 2 or len(self.W) != rows:
            raise ValueError(f"`W`: expected the shape ({rows}, inputs), Keras' kernel transposed, got {self.W.shape}.")
        check_shapes(self, **dict.fromkeys(self.parameters.keys() - {"W", "U"}, (rows,)))
        check_dtypes(self.parameters)
        for field in ("activation", "recurrent_activation"):
            if (name := getattr(self, field, "tanh")) not in ACTIVATIONS:
                raise ValueError(f"`{field}`: expected one of {', '.join(ACTIVATIONS)}, got {name!r}.")

    @property
    def inputs(self) -> int:
        """The size of x_t."""
        return self.W.shape[1]

    @property
    def units(self) -> int:
        """The size of h_t."""
        return self.U.shape[1]

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the parameters and the states."""
        return self.W.dtype

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The trainable parameters, by name."""
        return {"W": self.W, "U": self.U, "b": self.b}

    def initial_state(self, batch: int) -> StateT:
        """Return the state before the first step: zeros, each part of shape (batch, units)."""
        return self.State(*(np.zeros((batch, self.units), self.dtype) for _ in self.State._fields))

    @abstractmethod
    def step(self, x_t: np.ndarray, state: StateT) -> StateT:
        """Take one time step: read an input, return the next state.

        :param x_t: the input at time t, shape (batch, inputs), converted to the cell's dtype
        :param state: the state after time t - 1; its carried parts are read, and converted as well
        :raises ValueError: if the state is of another cell's type, or a shape does not fit
        """

    @abstractmethod
    def backward(self, x_t: np.ndarray, before: StateT, after: StateT, grads: Arrays) -> StepGradients:
        """Apply the chain rule to one time step, ``after = step(x_t, before)``.

        :param x_t: the input at time t, shape (batch, inputs)
        :param before: the state after time t - 1
        :param after: the state after time t
        :param grads: the loss' gradient with respect to each carried part of ``after``, each of shape (batch, units)
        :returns: the gradients with respect to x_t, the carried parts of ``before``, and, summed, each parameter
        """

    @classmethod
    def random(
        cls,
        inputs: int,
        units: int,
        seed: int,
        dtype: str = "float32",
        forget_bias: float | None = None,
        **options: Any,
    ) -> Self:
        """Initialise a cell as Keras initialises a layer.

        W is uniform within ±√(6 / (inputs + blocks · units)) (Glorot and Bengio 2010), U has orthonormal columns, and
        biases are 0, except an LSTM's forget bias, which is 1.

        :param inputs: the size of x_t
        :param units: the size of h_t
        :param seed: the same seed gives the same cell
        :param dtype: ``"float32"`` or ``"float64"``
        :param forget_bias: initial bias of the gate that keeps the state; ``None`` is 1 for an LSTM and 0 for a GRU
        :param options: passed to the cell, such as ``activation``
        :raises ValueError: if a size is no whole number from 1 on, or ``forget_bias`` is given and there is no gate

        >>> import numpy as np
        >>> from rnn_tutorial.theory.cells import LSTMCell
        >>> cell = LSTMCell.random(inputs=2, units=3, seed=1)
        >>> cell.b.reshape(4, 3)[1]  # the forget bias
        array([1., 1., 1.], dtype=float32)
        """
        check_count("inputs", inputs)
        check_count("units", units)
        b = np.zeros((cls.blocks, units), dtype)
        if cls.forget_gate is not None:
            b[cls.forget_gate] = cls.keras_forget_bias if forget_bias is None else forget_bias
        elif forget_bias is not None:
            raise ValueError(f"`forget_bias`: expected None for a {cls.__name__}, got {forget_bias}.")
        return cls(**cls._random_matrices(inputs, units, seed, dtype), b=b.ravel(), **options)

    @classmethod
    def _random_matrices(cls, inputs: int, units: int, seed: int, dtype: str) -> dict[str, Any]:
        random, rows = np.random.default_rng(seed), cls.blocks * units
        W = glorot_uniform(random, rows, inputs).astype(dtype)
        U, triangle = np.linalg.qr(random.normal(size=(rows, units)))
        U = (U * np.sign(np.diag(triangle))).astype(dtype)  # else the signs would not be uniform
        return {"W": W, "U": U}


@dataclass(frozen=True, eq=False)
class SimpleRNNCell(Cell[SimpleRNNState]):
    """A simple recurrent cell.

    h_t = g(U h_{t-1} + W x_t + b)

    This is equation :eq:`rnn-state` of :doc:`/theory/recurrence`; :meth:`step` computes it, and :meth:`backward`
    equation :eq:`rnn-step-back` of :doc:`/theory/backpropagation`.

    Source: Elman, Finding Structure in Time, Cognitive Science 14 (1990).

    Example: an input is read at the first step, and its trace fades.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell, unroll
    >>> cell = SimpleRNNCell(np.array([[1.0]]), np.array([[0.5]]), np.zeros(1))
    >>> x = np.array([1.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1)
    >>> unroll(cell, x).h[0, :, 0].round(2)  # tanh(1), then tanh(h_{t-1} / 2)
    array([0.76, 0.36, 0.18, 0.09])
    """

    blocks = 1
    State = SimpleRNNState

    @checked_step
    def step(self, x_t: np.ndarray, state: SimpleRNNState) -> SimpleRNNState:
        """Compute h_t = g(U h_{t-1} + W x_t + b), equation :eq:`rnn-state`; see :meth:`Cell.step`."""
        g = ACTIVATIONS[self.activation].function
        return SimpleRNNState(g(state.h @ self.U.T + x_t @ self.W.T + self.b))

    def backward(self, x_t: np.ndarray, before: SimpleRNNState, after: SimpleRNNState, grads: Arrays) -> StepGradients:
        """Apply the chain rule to one step, equation :eq:`rnn-step-back`; see :meth:`Cell.backward`.

        With δ = g'(a_t) ⊙ ∂L/∂h_t, where a_t is what g is applied to: ∂L/∂h_{t-1} = Uᵀ δ, ∂L/∂x_t = Wᵀ δ, and this
        step adds δ h_{t-1}ᵀ to ∂L/∂U, δ x_tᵀ to ∂L/∂W, δ to ∂L/∂b.

        >>> import numpy as np
        >>> from rnn_tutorial.theory.cells import SimpleRNNCell, SimpleRNNState
        >>> one = np.array([[1.0]])
        >>> cell = SimpleRNNCell(W=one, U=0.5 * one, b=np.zeros(1))
        >>> before = SimpleRNNState(h=-2 * one)
        >>> after = cell.step(one, before)  # tanh has slope 1 here, at 0
        >>> _, grads, shares = cell.backward(one, before, after, (one,))
        >>> grads, shares["U"]  # U and h_{t-1}
        ((array([[0.5]]),), array([[-2.]]))
        """
        (grad_h,) = grads
        delta = grad_h * ACTIVATIONS[self.activation].derivative(after.h)  # rnn-step-back; (batch, units)
        parameters = {"W": delta.T @ x_t, "U": delta.T @ before.h, "b": delta.sum(axis=0)}
        return delta @ self.W, (delta @ self.U,), parameters


@dataclass(frozen=True, eq=False)
class LSTMCell(Cell[LSTMState]):
    """A long short-term memory cell.

    i_t = σ(U_i h_{t-1} + W_i x_t + b_i), and likewise f_t and o_t with parameters of their own

    c̃_t = g(U_c h_{t-1} + W_c x_t + b_c),  c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t,  h_t = o_t ⊙ g(c_t)

    These are equations :eq:`lstm-step-gates`, :eq:`lstm-step-candidate`, :eq:`lstm-step-cell` and
    :eq:`lstm-step-hidden` of :doc:`/theory/lstm`; :meth:`step` computes them, and :meth:`backward` equation
    :eq:`lstm-step-back`. W, U and b hold the blocks i, f, c̃, o in Keras' order. See :class:`Cell` for other arguments.

    :param recurrent_activation: σ, of the three gates, a name in :data:`ACTIVATIONS`
    :raises ValueError: if a shape, a dtype or an activation is not as described

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997); the forget gate is from
    Gers et al., Learning to Forget, Neural Computation 12 (2000).

    Example: with its forget gate open, it remembers what it has read; in a simple recurrent cell that fades.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import LSTMCell, unroll
    >>> W, b = np.array([[0.0], [0.0], [1.0], [0.0]]), np.array([0.0, 100.0, 0.0, 0.0])
    >>> cell = LSTMCell(W=W, U=np.zeros((4, 1)), b=b)  # b_f = 100, so f = 1
    >>> x = np.array([1.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1)
    >>> unroll(cell, x).c[0, :, 0].round(2)  # i c̃ = tanh(1) / 2, then f c_{t-1}
    array([0.38, 0.38, 0.38, 0.38])
    """

    _: KW_ONLY
    recurrent_activation: str = "sigmoid"

    blocks = 4
    carried = ("h", "c")
    State = LSTMState
    forget_gate, input_gate = 1, 0
    keras_forget_bias = 1.0

    @checked_step
    def step(self, x_t: np.ndarray, state: LSTMState) -> LSTMState:
        """Compute equations :eq:`lstm-step-gates` to :eq:`lstm-step-hidden`; see :meth:`Cell.step`."""
        g, sigma = ACTIVATIONS[self.activation].function, ACTIVATIONS[self.recurrent_activation].function
        a = state.h @ self.U.T + x_t @ self.W.T + self.b  # (batch, 4 · units)
        a_i, a_f, a_c, a_o = blocks(a, 4)
        i, f, o = sigma(a_i), sigma(a_f), sigma(a_o)  # lstm-step-gates
        candidate = g(a_c)  # lstm-step-candidate
        c = f * state.c + i * candidate  # lstm-step-cell
        h = o * g(c)  # lstm-step-hidden
        return LSTMState(h, c, i, f, candidate, o)

    def backward(self, x_t: np.ndarray, before: LSTMState, after: LSTMState, grads: Arrays) -> StepGradients:
        """Apply the chain rule: :eq:`lstm-cell-back`, :eq:`lstm-step-back`; see :meth:`Cell.backward`.

        The gradient through h_t = o_t ⊙ g(c_t) is added to what reaches c_t from the next step. Only the sum ∂L/∂c_t
        goes on: to the gates and the candidate, and as f_t ⊙ ∂L/∂c_t to c_{t-1}.

        >>> import numpy as np
        >>> from rnn_tutorial.theory.cells import LSTMCell
        >>> zero, b = np.zeros((4, 1)), np.array([0.0, 100.0, 0.0, 0.0])  # f = 1
        >>> cell, x_t = LSTMCell(zero, zero, b), np.zeros((1, 1))
        >>> before = cell.initial_state(batch=1)
        >>> after, grads = cell.step(x_t, before), (np.zeros((1, 1)), np.ones((1, 1)))
        >>> cell.backward(x_t, before, after, grads)[1][1]  # ∂L/∂c_{t-1}, undiminished
        array([[1.]])
        """
        grad_h, grad_c = grads
        g, sigma = ACTIVATIONS[self.activation], ACTIVATIONS[self.recurrent_activation]
        g_c = g.function(after.c)
        grad_c = grad_c + grad_h * after.o * g.derivative(g_c)  # lstm-cell-back
        delta_i = grad_c * after.candidate * sigma.derivative(after.i)  # lstm-step-back
        delta_f = grad_c * before.c * sigma.derivative(after.f)
        delta_c = grad_c * after.i * g.derivative(after.candidate)
        delta_o = grad_h * g_c * sigma.derivative(after.o)
        delta = np.concatenate([delta_i, delta_f, delta_c, delta_o], axis=1)  # (batch, 4 · units)
        parameters = {"W": delta.T @ x_t, "U": delta.T @ before.h, "b": delta.sum(axis=0)}
        return delta @ self.W, (delta @ self.U, grad_c * after.f), parameters


@dataclass(frozen=True, eq=False)
class GRUCell(Cell[GRUState]):
    """A gated recurrent cell, in both of Keras' forms.

    z_t = σ(U_z h_{t-1} + b'_z + W_z x_t + b_z),  r_t = σ(U_r h_{t-1} + b'_r + W_r x_t + b_r)

    h̃_t = g(r_t ⊙ (U_h h_{t-1} + b'_h) + W_h x_t + b_h) with ``reset_after``,
    g(U_h (r_t ⊙ h_{t-1}) + W_h x_t + b_h) without

    h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t

    These are equations :eq:`gru-step-gates`, :eq:`gru-step-candidate` and :eq:`gru-step-state` of
    :doc:`/theory/long-lags`; :meth:`step` computes them, and :meth:`backward` equation :eq:`gru-step-back`. The state
    is an average, whose variance is that of equation :eq:`state-variance`. W, U and b hold the blocks z, r, h̃ in
    Keras' order. See :class:`Cell` for other arguments.

    :param recurrent_activation: σ, of the two gates, a name in :data:`ACTIVATIONS`
    :param recurrent_b: b', shape (3 · units,), only with ``reset_after``; ``None`` is zeros
    :param reset_after: whether the reset gate is applied after the product with U_h
    :raises ValueError: if a shape, a dtype or an activation is not as described

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, EMNLP 2014, has the reset gate before
    the product; Keras' default follows the first version, arXiv:1406.1078v1.

    Example: with a bias of 0, the update gate retains half of the state.

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import GRUCell, unroll
    >>> W = np.array([[0.0], [0.0], [1.0]])
    >>> cell = GRUCell(W=W, U=np.zeros((3, 1)), b=np.zeros(3))
    >>> x = np.array([1.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1)
    >>> unroll(cell, x).h[0, :, 0].round(2)  # (1 - z) h̃ = tanh(1) / 2, then z h_{t-1}
    array([0.38, 0.19, 0.1 , 0.05])
    """

    _: KW_ONLY
    recurrent_activation: str = "sigmoid"
    recurrent_b: np.ndarray | None = None
    reset_after: bool = True

    blocks = 3
    State = GRUState
    forget_gate = 0

    def __post_init__(self) -> None:
        if self.reset_after and self.recurrent_b is None:
            object.__setattr__(self, "recurrent_b", np.zeros_like(self.b))
        elif not self.reset_after and self.recurrent_b is not None:
            raise ValueError("`recurrent_b`: expected None with reset_after=False, for b then serves both products.")
        super().__post_init__()

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The trainable parameters, by name; b' only with ``reset_after``."""
        return super().parameters | ({"recurrent_b": self.recurrent_b} if self.recurrent_b is not None else {})

    @checked_step
    def step(self, x_t: np.ndarray, state: GRUState) -> GRUState:
        """Compute equations :eq:`gru-step-gates` to :eq:`gru-step-state`; see :meth:`Cell.step`."""
        g, sigma = ACTIVATIONS[self.activation].function, ACTIVATIONS[self.recurrent_activation].function
        from_x_z, from_x_r, from_x_h = blocks(x_t @ self.W.T + self.b, 3)
        if self.recurrent_b is not None:
            from_h_z, from_h_r, recurrent = blocks(state.h @ self.U.T + self.recurrent_b, 3)
            z, r = sigma(from_h_z + from_x_z), sigma(from_h_r + from_x_r)  # gru-step-gates
            candidate = g(r * recurrent + from_x_h)  # gru-step-candidate
        else:
            gates, U_h = self.U[: 2 * self.units], self.U[2 * self.units :]
            from_h_z, from_h_r = blocks(state.h @ gates.T, 2)
            z, r = sigma(from_h_z + from_x_z), sigma(from_h_r + from_x_r)
            recurrent = state.h
            candidate = g((r * recurrent) @ U_h.T + from_x_h)
        h = z * state.h + (1 - z) * candidate  # gru-step-state
        return GRUState(h, z, r, candidate, recurrent)

    def backward(self, x_t: np.ndarray, before: GRUState, after: GRUState, grads: Arrays) -> StepGradients:
        """Apply the chain rule to one step, equation :eq:`gru-step-back`; see :meth:`Cell.backward`."""
        (grad_h,) = grads
        g, sigma = ACTIVATIONS[self.activation], ACTIVATIONS[self.recurrent_activation]
        delta_z = grad_h * (before.h - after.candidate) * sigma.derivative(after.z)  # gru-step-back
        delta_h = grad_h * (1 - after.z) * g.derivative(after.candidate)
        if self.recurrent_b is not None:
            delta_r = delta_h * after.recurrent * sigma.derivative(after.r)
            from_h = np.concatenate([delta_z, delta_r, delta_h * after.r], axis=1)  # through U
            grad_before = grad_h * after.z + from_h @ self.U
            parameters = {"U": from_h.T @ before.h, "recurrent_b": from_h.sum(axis=0)}
        else:
            gates, U_h = self.U[: 2 * self.units], self.U[2 * self.units :]
            grad_reset = delta_h @ U_h  # with respect to r ⊙ h_{t-1}
            delta_r = grad_reset * before.h * sigma.derivative(after.r)
            from_h = np.concatenate([delta_z, delta_r], axis=1)
            grad_before = grad_h * after.z + grad_reset * after.r + from_h @ gates
            parameters = {"U": np.concatenate([from_h.T @ before.h, delta_h.T @ (after.r * before.h)])}
        delta = np.concatenate([delta_z, delta_r, delta_h], axis=1)  # (batch, 3 · units), through W
        parameters |= {"W": delta.T @ x_t, "b": delta.sum(axis=0)}
        return delta @ self.W, (grad_before,), parameters


def unroll(
    cell: Cell[StateT], inputs: np.ndarray, mask: np.ndarray | None = None, initial_state: StateT | None = None
) -> StateT:
    """Run a cell over sequences: the same :meth:`Cell.step`, with the same parameters, at each time step.

    s_t = step(x_t, s_{t-1}) where there is an input at t, and s_t = s_{t-1} where the mask says that there is none

    This is equation :eq:`unrolled` of :doc:`/theory/unrolling`, with the mask of equation :eq:`masked-step`. Feeding
    the inputs one by one to :meth:`Cell.step` gives the same bits. All states are returned.

    :param cell: the cell
    :param inputs: the sequences, shape (batch, time, inputs), converted to the cell's dtype
    :param mask: True where there is an input, bool, shape (batch, time); ``None`` is True everywhere
    :param initial_state: each part of shape (batch, units), converted to the cell's dtype; ``None`` is zeros
    :returns: the states, each part of shape (batch, time, units), in the order of reading if the cell goes backwards
    :raises ValueError: if a shape does not fit, the mask is not bool, or the state is of another cell's type

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell, unroll
    >>> cell = SimpleRNNCell.random(inputs=2, units=3, seed=1)
    >>> x, mask = np.ones((1, 5, 2)), np.array([[True, True, True, False, False]])
    >>> h = unroll(cell, x, mask).h  # two steps of post-padding
    >>> h.shape, np.array_equal(h[:, -1], unroll(cell, x[:, :3]).h[:, -1])
    ((1, 5, 3), True)
    """
    inputs, mask = prepare_inputs(cell, inputs, mask)
    state = prepare_state(cell, len(inputs), initial_state)
    batch, time, _ = inputs.shape
    states = cell.State(*(np.empty((time, batch, cell.units), cell.dtype) for _ in cell.State._fields))
    step = getattr(type(cell).step, "unchecked", type(cell).step)  # all that it checks is checked by now
    for t, kept in enumerate(map(cell.State._make, zip(*states, strict=True))):
        after = step(cell, inputs[:, t], state)
        if mask is not None:
            there = mask[:, t, None]
            after = [np.where(there, new, old) for new, old in zip(after, state, strict=True)]
        for part, values in zip(kept, after, strict=True):
            part[:] = values
        state = kept
    return cell.State(*(part.swapaxes(0, 1) for part in states))


def prepare_inputs(
    cell: Cell[Any], inputs: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Check sequences against a cell, and reverse them in time if it goes backwards.

    :func:`unroll` and :func:`~rnn_tutorial.theory.gradients.backpropagate_through_time` begin with it.

    :param cell: a cell
    :param inputs: the sequences, shape (batch, time, inputs)
    :param mask: as in :func:`unroll`
    :returns: the inputs in the cell's dtype and the mask, both in the order in which the cell reads
    :raises ValueError: if a shape does not fit the cell, or the mask is not bool

    >>> import numpy as np
    >>> from rnn_tutorial.theory.cells import SimpleRNNCell, prepare_inputs
    >>> cell = SimpleRNNCell.random(inputs=1, units=3, seed=1, go_backwards=True)
    >>> prepare_inputs(cell, np.array([[[1.0], [2.0], [3.0]]]))[0][0, :, 0]
    array([3., 2., 1.], dtype=float32)
    """
    if not isinstance(cell, Cell):
        raise ValueError(f"`cell`: expected a cell, such as SimpleRNNCell.random(…), got {cell!r}.")
    inputs = checked_numbers("inputs", inputs, cell.dtype)
    if inputs.ndim != 3 or inputs.shape[2] != cell.inputs or not inputs.shape[1]:
        raise ValueError(f"`inputs`: expected the shape (batch, time ≥ 1, {cell.inputs}), got {inputs.shape}.")
    if mask is not None:
        mask = np.asarray(mask)
        if mask.shape != inputs.shape[:2] or mask.dtype != bool:
            raise ValueError(f"`mask`: expected bool of shape {inputs.shape[:2]}, got {mask.dtype} of {mask.shape}.")
        inputs = np.where(mask[..., None], inputs, 0)  # a NaN that nobody reads would reach the gradients
    if cell.go_backwards:
        inputs, mask = inputs[:, ::-1], None if mask is None else mask[:, ::-1]
    # Contiguous in time: a step then has the same memory layout, and so gives the same bits, as in a stream.
    return np.ascontiguousarray(inputs.swapaxes(0, 1)).swapaxes(0, 1), mask


def prepare_state(cell: Cell[StateT], batch: int, initial_state: StateT | None = None) -> StateT:
    """Check the state before the first step of equation :eq:`unrolled` against a cell.

    :param cell: a cell
    :param batch: examples
    :param initial_state: as in :func:`unroll`
    :returns: the state, all its parts in the cell's dtype
    :raises ValueError: if the state is of another cell's type, or a shape does not fit
    """
    if initial_state is None:
        return cell.initial_state(batch)
    return _fitting_state(cell, batch, initial_state, cell.State._fields, "initial_state")


def prepare_step(cell: Cell[StateT], x_t: np.ndarray, state: StateT) -> tuple[np.ndarray, StateT]:
    """Check the input and the state of a step, equation :eq:`unrolled`, against a cell.

    :param cell: a cell
    :param x_t: the input at time t, shape (batch, inputs)
    :param state: the state after time t - 1
    :returns: the input, and the state with its carried parts, in the cell's dtype
    :raises ValueError: if the state is of another cell's type, or a shape does not fit
    """
    x_t = checked_numbers("x_t", x_t, cell.dtype)
    if x_t.ndim != 2 or x_t.shape[1] != cell.inputs:
        raise ValueError(f"`x_t`: expected the shape (batch, {cell.inputs}), got {x_t.shape}.")
    return x_t, _fitting_state(cell, len(x_t), state, cell.carried, "state")


def _fitting_state(cell: Cell[StateT], batch: int, state: StateT, parts: tuple[str, ...], argument: str) -> StateT:
    if not isinstance(state, cell.State):
        raise ValueError(f"`{argument}`: expected a {cell.State.__name__}, got {type(state).__name__}.")
    shape, dtype = (batch, cell.units), cell.dtype
    for name in parts:
        part = checked_numbers(argument, given := getattr(state, name), dtype)
        if part.shape != shape:
            raise ValueError(f"`{argument}`: expected the shape {shape} for {name}, got {part.shape}.")
        if part is not given:
            state = state._replace(**{name: part})
    return state


def blocks(a: np.ndarray, count: int) -> list[np.ndarray]:
    """Return equal parts of the last axis, as ``np.split`` does in ten times the time."""
    size = a.shape[-1] // count
    return [a[..., start : start + size] for start in range(0, count * size, size)]


def check_shapes(record: Record, **shapes: tuple[int, ...]) -> None:
    """Raise an error that names the first array whose shape is not as expected."""
    for name, shape in shapes.items():
        if (got := getattr(record, name).shape) != shape:
            raise ValueError(f"`{name}`: expected the shape {shape}, got {got}.")


def check_dtypes(parameters: dict[str, np.ndarray]) -> None:
    """Raise an error unless all parameters are float32 or all float64."""
    dtypes = {name: array.dtype.name for name, array in parameters.items()}
    if set(dtypes.values()) not in ({"float32"}, {"float64"}):
        raise ValueError(f"`{'`, `'.join(dtypes)}`: expected all float32 or all float64, got {dtypes}.")


def glorot_uniform(random: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Sample a matrix as Keras initialises a kernel, uniform within ±√(6 / (rows + columns)).

    :param random: the random number generator
    :param rows: outputs of the matrix
    :param columns: inputs of the matrix
    :returns: float64, shape (rows, columns)

    Source: Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, AISTATS 2010.
    """
    limit = np.sqrt(6 / (rows + columns))
    return random.uniform(-limit, limit, (rows, columns))
