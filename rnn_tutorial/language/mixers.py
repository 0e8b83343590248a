"""What may stand in the place of attention in a block: a minGRU, or the delta rule with a matrix for each head.

Both read a text with a state of fixed size. As in the networks in use, a short convolution lets each step see the three
before it. Equations and pages: :doc:`/language/linear-recurrences` and :doc:`/language/memory`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_tutorial.language.attention import Attention
from rnn_tutorial.language.linear_recurrences import scan
from rnn_tutorial.records import Record
from rnn_tutorial.theory.cells import ACTIVATIONS, check_shapes

__all__ = ["RECENT", "MinGRUMixer", "DeltaMixer", "with_recent"]

RECENT = 4
"""How many steps the short convolution sees, with the present one."""

_sigmoid = ACTIVATIONS["sigmoid"].function


def with_recent(x: np.ndarray, recent: np.ndarray) -> np.ndarray:
    """Add to each vector the ones before it, each number with a weight of its own: a causal convolution.

    u_t = Σ_i recent_i ⊙ x_{t-i}, with zeros before the first step

    :param x: shape (batch, time, size)
    :param recent: the weights of the present step, of the one before it, and so on, shape (steps, size)
    :returns: u, shape (batch, time, size)

    >>> import numpy as np
    >>> from rnn_tutorial.language.mixers import with_recent
    >>> with_recent(np.array([[[1], [2], [3]]]), np.array([[1], [10]])).ravel()
    array([ 1, 12, 23])
    """
    u = recent[0] * x
    for back in range(1, min(len(recent), x.shape[1])):
        u[:, back:] += recent[back] * x[:, :-back]
    return u


@dataclass(frozen=True, eq=False)
class MinGRUMixer(Record):
    """A minGRU between two matrices of a block, equation :eq:`min-gru`, computed by a scan.

    z_t = σ(W_z u_t + b_z),  h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ W_h u_t,  output W_o h_t

    u is :func:`with_recent` of the input. The arrays are read-only copies.

    :param recent: shape (steps, size)
    :param W_z: of the gate, shape (size, size)
    :param b_z: shape (size,)
    :param W_h: of the candidate, shape (size, size)
    :param W_o: of the output, shape (size, size)
    :raises ValueError: if a shape does not fit

    Source: Feng et al., Were RNNs All We Needed?, arXiv:2410.01201 (2024).

    >>> import numpy as np
    >>> from rnn_tutorial.language.mixers import MinGRUMixer
    >>> one, zero = np.eye(1), np.zeros(1)
    >>> mixer = MinGRUMixer(one, 0 * one, zero, one, one)
    >>> mixer(np.ones((1, 3, 1))).context[0, :, 0]
    array([0.5  , 0.75 , 0.875])
    """

    recent: np.ndarray
    W_z: np.ndarray
    b_z: np.ndarray
    W_h: np.ndarray
    W_o: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shapes(self, **self.shapes(len(self.W_o)) | {"recent": (len(self.recent), len(self.W_o))})

    @staticmethod
    def shapes(size: int, heads: int = 1) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the arrays by name, for vectors of this size."""
        square = (size, size)
        return {"recent": (RECENT, size), "W_z": square, "b_z": (size,), "W_h": square, "W_o": square}

    def __call__(self, x: np.ndarray, mask: np.ndarray | None = None) -> Attention:
        """Read a batch of sequences from zeros.

        :param x: shape (batch, time, size)
        :param mask: not read, as no step sees a later one
        :returns: no weights, and the output, shape (batch, time, size)
        """
        u = with_recent(x, self.recent).swapaxes(0, 1)
        z = _sigmoid(u @ self.W_z.T + self.b_z)
        h = scan(z, (1 - z) * (u @ self.W_h.T))
        return Attention(np.zeros(0), h.swapaxes(0, 1) @ self.W_o.T)


@dataclass(frozen=True, eq=False)
class DeltaMixer(Record):
    """The delta rule between the matrices of a block: each head writes to a matrix and reads it.

    S_t = S_{t-1} - β_t (S_{t-1} k_t - v_t) k_tᵀ,  output W_o [S_t q_t of all heads]

    q, k and v are W_q u, W_k u and W_v u, the first two divided by their lengths, and β = 2 σ(W_beta u), between 0 and
    2; u is :func:`with_recent` of the input. The arrays are copied, and the copies are read-only.

    :param recent: shape (steps, size)
    :param W_q: shape (size, size), one head below the other
    :param W_k: the same shape
    :param W_v: the same shape
    :param W_beta: shape (heads, size)
    :param W_o: shape (size, size)
    :raises ValueError: if a shape does not fit

    Sources: Schlag et al., Linear Transformers Are Secretly Fast Weight Programmers, ICML 2021; β up to 2 from Grazzi
    et al., Unlocking State-Tracking in Linear RNNs Through Negative Eigenvalues, ICLR 2025.

    Example: what is written is read at once where β is 1.

    >>> import numpy as np
    >>> from rnn_tutorial.language.mixers import DeltaMixer
    >>> one = np.eye(2)
    >>> mixer = DeltaMixer(np.ones((1, 2)), one, one, one, np.zeros((1, 2)), one)
    >>> mixer(np.array([[[3.0, 4.0]]])).context.round(3)
    array([[[3., 4.]]])
    """

    recent: np.ndarray
    W_q: np.ndarray
    W_k: np.ndarray
    W_v: np.ndarray
    W_beta: np.ndarray
    W_o: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        size = len(self.W_o)
        check_shapes(self, **self.shapes(size, len(self.W_beta)) | {"recent": (len(self.recent), size)})

    @staticmethod
    def shapes(size: int, heads: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the arrays by name, for vectors of this size and so many heads."""
        of_matrices = dict.fromkeys(("W_q", "W_k", "W_v"), (size, size))
        return {"recent": (RECENT, size), **of_matrices, "W_beta": (heads, size), "W_o": (size, size)}

    @property
    def heads(self) -> int:
        """How many matrices it writes to."""
        return len(self.W_beta)

    def __call__(self, x: np.ndarray, mask: np.ndarray | None = None) -> Attention:
        """Read a batch of sequences from zeros.

        :param x: shape (batch, time, size)
        :param mask: not read, as no step sees a later one
        :returns: no weights, and the output, shape (batch, time, size)
        """
        batch, time, size = x.shape
        u = with_recent(x, self.recent)
        by_head = batch, time, self.heads, size // self.heads
        q, k, v = ((u @ W.T).reshape(by_head) for W in (self.W_q, self.W_k, self.W_v))
        q, k = (a / np.sqrt((a**2).sum(axis=-1, keepdims=True) + 1e-6) for a in (q, k))
        beta, read = 2 * _sigmoid(u @ self.W_beta.T), np.empty_like(v)
        S = np.zeros((batch, self.heads, by_head[-1], by_head[-1]), v.dtype)
        for t in range(time):
            old = S @ k[:, t, :, :, None]
            S = S + (beta[:, t, :, None] * (v[:, t] - old[..., 0]))[..., None] * k[:, t, :, None]
            read[:, t] = (S @ q[:, t, :, :, None])[..., 0]
        return Attention(np.zeros(0), read.reshape(x.shape) @ self.W_o.T)
