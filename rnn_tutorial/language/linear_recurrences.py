"""Linear recurrences in NumPy, step by step and as a scan, whose rounds double the steps that a pair stands for.

In h_t = a_t ⊙ h_{t-1} + b_t, all a_t and b_t are known before the first step, so that steps can be joined in any
grouping. Time is the first axis here, so all numbers of a step lie side by side. The cell of
:mod:`rnn_tutorial.language.minimal_cells` is such a recurrence.
"""

import numpy as np

__all__ = ["compose", "recur", "scan", "lru_eigenvalues"]

Pair = tuple[np.ndarray, np.ndarray]


def compose(first: Pair, then: Pair) -> Pair:
    """Join two steps of a linear recurrence into one.

    (a₁, b₁) then (a₂, b₂) is (a₂ ⊙ a₁, a₂ ⊙ b₁ + b₂), equation :eq:`compose-steps`

    A pair (a, b) stands for the function h ↦ a ⊙ h + b. The composition is associative and not commutative.

    :param first: a₁ and b₁, of shapes that broadcast with the others
    :param then: a₂ and b₂

    >>> from rnn_tutorial.language.linear_recurrences import compose
    >>> compose((0.5, 1.0), (2.0, 3.0))  # 2 (0.5 h + 1) + 3 = h + 5
    (1.0, 5.0)
    """
    (a_1, b_1), (a_2, b_2) = first, then
    return a_2 * a_1, a_2 * b_1 + b_2


def recur(a: np.ndarray, b: np.ndarray, h_0: np.ndarray | None = None) -> np.ndarray:
    """Compute a linear recurrence, h_t = a_t ⊙ h_{t-1} + b_t, one step after another; :eq:`linear-recurrence`.

    :param a: the factors, real or complex, shape (time, ...)
    :param b: what each step adds, of the same shape
    :param h_0: the state before the first step, shape (...); ``None`` is zeros
    :returns: the states, shape (time, ...)
    :raises ValueError: if the shapes differ, or there is no time step

    Example: a running mean of inputs that are 1.

    >>> import numpy as np
    >>> from rnn_tutorial.language.linear_recurrences import recur
    >>> recur(np.full(4, 0.5), np.full(4, 0.5))
    array([0.5   , 0.75  , 0.875 , 0.9375])
    """
    a, b = _prepared(a, b, h_0)
    h = np.empty_like(b)
    h[0] = b[0]
    for t in range(1, len(b)):
        h[t] = a[t] * h[t - 1] + b[t]
    return h


def scan(a: np.ndarray, b: np.ndarray, h_0: np.ndarray | None = None) -> np.ndarray:
    """Compute a linear recurrence in ⌈log₂ T⌉ rounds, in each of which all pairs are joined at once.

    Round k = 0, 1, … joins the pair at t with that at t - 2ᵏ by :func:`compose`, equation :eq:`compose-steps`. Then it
    stands for the last 2ᵏ⁺¹ steps up to t, or for all of them. With h_0 in b_1, its b is h_t. The results of
    :func:`recur` are the same up to rounding; it also takes over if a product of many factors overflows.

    The rounds together compute about T log₂ T pairs; what Blelloch describes, up and down a tree, needs about 2 T pairs
    and twice as many rounds.

    :param a: as in :func:`recur`
    :param b: as in :func:`recur`
    :param h_0: as in :func:`recur`
    :returns: the states, shape (time, ...)
    :raises ValueError: if the shapes differ, or there is no time step

    Sources: Hillis and Steele, Data Parallel Algorithms, Communications of the ACM 29 (1986); Blelloch, Prefix Sums and
    Their Applications, CMU-CS-90-190 (1990); for recurrent layers, Martin and Cundy, Parallelizing Linear Recurrent
    Neural Nets Over Sequence Length, ICLR 2018.

    >>> import numpy as np
    >>> from rnn_tutorial.language.linear_recurrences import recur, scan
    >>> a, b = np.random.default_rng(1).uniform(-1, 1, size=(2, 1000, 3))
    >>> np.allclose(scan(a, b), recur(a, b))
    True
    """
    given = a, b, h_0
    a, b = _prepared(*given)
    by = 1
    with np.errstate(over="ignore", invalid="ignore"):
        while by < len(b):
            joined = compose((a[:-by], b[:-by]), (a[by:], b[by:]))
            a, b = (np.concatenate([old[:by], new]) for old, new in zip((a, b), joined, strict=True))
            by *= 2
    return b if np.isfinite(a).all() and np.isfinite(b).all() else recur(*given)


def _prepared(a: np.ndarray, b: np.ndarray, h_0: np.ndarray | None) -> Pair:
    """Check the arrays, give them one dtype, and put the state before the first step into b_1; copies."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"`a`, `b`: expected the same shape, (time, ...), got {a.shape} and {b.shape}.")
    if not a.ndim or not len(a):
        raise ValueError(f"`a`, `b`: expected the shape (time, ...) with at least one time step, got {a.shape}.")
    h_0 = np.zeros(b.shape[1:], b.dtype) if h_0 is None else np.asarray(h_0)
    if h_0.shape != b.shape[1:]:
        raise ValueError(f"`h_0`: expected the shape {b.shape[1:]}, that of one step, got {h_0.shape}.")
    dtype = np.result_type(a, b, h_0)
    a, b = a.astype(dtype), b.astype(dtype)
    b[0] += a[0] * h_0
    return a, b


def lru_eigenvalues(nu: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Compute the factors of a linear recurrent unit (LRU), which cannot leave the unit circle.

    λ = exp(-exp(ν) + iθ), of size exp(-exp(ν)) < 1, equation :eq:`lru-eigenvalues`

    Whatever training does to ν, no state explodes. λ is the same at all steps.

    :param nu: ν, real, any shape
    :param theta: θ, the angle by which a step turns the number, of the same shape
    :returns: λ, complex, of the same shape

    Source: Orvieto et al., Resurrecting Recurrent Neural Networks for Long Sequences, ICML 2023; there θ is exp of what
    is trained.

    >>> import numpy as np
    >>> from rnn_tutorial.language.linear_recurrences import lru_eigenvalues
    >>> np.abs(lru_eigenvalues(np.array([-5.0, 0.0, 1.0]), np.zeros(3))).round(3)
    array([0.993, 0.368, 0.066])
    """
    return np.exp(-np.exp(nu) + 1j * np.asarray(theta))
