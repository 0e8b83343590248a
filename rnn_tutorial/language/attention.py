"""Attention in NumPy, forward and backward: a weighted mean of vectors whose weights are computed from them.

A query q_t is compared with each key k_j by a dot product, which gives a score a_tj. The softmax over j turns scores
into weights, and the result is the mean of the values v_j with these weights. The equations are those of
:doc:`/language/attention`.

In the shapes below, ``...`` are any leading axes, such as the batch or the heads, the same in all arguments; steps
counts queries, time counts keys and values.
"""

from typing import NamedTuple

import numpy as np

from rnn_tutorial.records import check_count, checked_numbers, compared_by_content
from rnn_tutorial.theory.networks import softmax

__all__ = ["Attention", "dot_attention", "dot_attention_backward", "causal_mask"]


@compared_by_content
class Attention(NamedTuple):
    """The weights of an attention, equation :eq:`attention-weights`, and the weighted means, :eq:`attention-mean`.

    :param weights: α_tj, shape (..., steps, time); each row sums to 1
    :param context: v̄_t = Σ_j α_tj v_j, shape (..., steps, size of a value)
    """

    weights: np.ndarray
    context: np.ndarray


def dot_attention(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray, *, scale: float = 1.0, mask: np.ndarray | None = None
) -> Attention:
    """Attend to the keys that have a large dot product with the query.

    a_tj = scale · q_t · k_j,  α_tj = softmax over j of a_tj,  v̄_t = Σ_j α_tj v_j

    These are equations :eq:`dot-score`, :eq:`attention-weights` and :eq:`attention-mean`.

    :param queries: q_t, shape (..., steps, size)
    :param keys: k_j, shape (..., time, size)
    :param values: v_j, shape (..., time, any size)
    :param scale: the factor of the scores; 1/√size for the scaled dot product, :eq:`scaled-dot`
    :param mask: True where query t may attend to key j, bool, shape (..., steps, time), where any axis may have the
        length 1; ``None`` is everywhere
    :returns: the weights and the weighted means
    :raises ValueError: if sizes do not fit, the mask is not bool, or a query may attend to no key

    Sources: Luong et al., Effective Approaches to Attention-Based Neural Machine Translation, EMNLP 2015; the scale
    from Vaswani et al., Attention Is All You Need, NeurIPS 2017.

    Example: the query has the direction of the second key.

    >>> import numpy as np
    >>> from rnn_tutorial.language.attention import dot_attention
    >>> keys = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    >>> values = np.array([[10.0], [20.0], [30.0]])
    >>> weights, context = dot_attention(np.array([[0.0, 5.0]]), keys, values)
    >>> weights.round(2), context.round(1)
    (array([[0.01, 0.99, 0.01]]), array([[20.]]))
    """
    queries, keys, values = _checked(queries, keys, values)
    scores = scale * queries @ keys.swapaxes(-1, -2)
    if mask is not None:
        mask = np.asarray(mask)
        if mask.dtype != bool:
            raise ValueError(f"`mask`: expected bool, got {mask.dtype}. One that is added to scores is `mask == 0`.")
        axes = zip(mask.shape, scores.shape, strict=False)
        if mask.ndim != scores.ndim or any(n not in (1, full) for n, full in axes):
            none = ", None" * (scores.ndim - 2)
            hint = f" For (steps, time) it is mask[{none[2:]}], for (batch, time) mask[:{none}]." if none else ""
            raise ValueError(f"`mask`: expected the shape {scores.shape}, or 1 in its places, got {mask.shape}.{hint}")
        if not np.broadcast_to(mask, scores.shape).any(axis=-1).all():
            raise ValueError("`mask`: expected a key that each query may attend to, got a row without True.")
        scores = np.where(mask, scores, np.array(-np.inf, scores.dtype))
    weights = softmax(scores)
    return Attention(weights, weights @ values)


def dot_attention_backward(
    queries: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    attention: Attention,
    grad_context: np.ndarray,
    *,
    scale: float = 1.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Apply the chain rule to :func:`dot_attention`, equations :eq:`attention-back` and :eq:`dot-back`.

    :param queries: q_t, shape (..., steps, size)
    :param keys: k_j, shape (..., time, size)
    :param values: v_j, shape (..., time, any size)
    :param attention: the result of :func:`dot_attention` for these arguments; its weights hold the mask
    :param grad_context: ∂L/∂v̄_t, shape (..., steps, size of a value)
    :param scale: as in :func:`dot_attention`
    :returns: ∂L/∂q_t, ∂L/∂k_j and ∂L/∂v_j, shaped as the arguments
    :raises ValueError: if sizes do not fit, or ``attention`` is no result of :func:`dot_attention`

    Example: with equal weights, each value gets an equal part of the gradient.

    >>> import numpy as np
    >>> from rnn_tutorial.language.attention import (
    ...     dot_attention,
    ...     dot_attention_backward,
    ... )
    >>> given = np.zeros((1, 2)), np.eye(2), np.array([[10.0], [20.0]])
    >>> grads = dot_attention_backward(*given, dot_attention(*given), np.ones((1, 1)))
    >>> grads[0], grads[2].ravel()  # towards the second key, whose value is larger
    (array([[-2.5,  2.5]]), array([0.5, 0.5]))
    """
    queries, keys, values = _checked(queries, keys, values)
    if not isinstance(attention, Attention):
        raise ValueError(f"`attention`: expected the Attention of these arguments, got {type(attention).__name__}.")
    weights, grad_context = attention.weights, checked_numbers("grad_context", grad_context)
    if grad_context.shape != attention.context.shape:
        raise ValueError(f"`grad_context`: expected the shape {attention.context.shape}, got {grad_context.shape}.")
    grad_weights = grad_context @ values.swapaxes(-1, -2)
    mean = (grad_weights * weights).sum(axis=-1, keepdims=True)
    grad_scores = weights * (grad_weights - mean) * scale
    return grad_scores @ keys, grad_scores.swapaxes(-1, -2) @ queries, weights.swapaxes(-1, -2) @ grad_context


def causal_mask(time: int) -> np.ndarray:
    """Build a mask with which each step attends to itself and to earlier steps, as in a decoder.

    mask_tj is True for j ≤ t; equation :eq:`causal`. For a batch it is ``causal_mask(time)[None]``, with heads
    ``causal_mask(time)[None, None]``.

    :param time: steps
    :returns: bool, shape (time, time)
    :raises ValueError: if ``time`` is no whole number from 1 on

    >>> from rnn_tutorial.language.attention import causal_mask
    >>> causal_mask(3).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    check_count("time", time)
    return np.tri(time, dtype=bool)


def _checked(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> list[np.ndarray]:
    given = {"queries": queries, "keys": keys, "values": values}
    queries, keys, values = (checked_numbers(name, array) for name, array in given.items())
    if queries.ndim < 2 or queries.shape[-1] != keys.shape[-1]:
        raise ValueError(f"`queries`: expected the shape (..., steps, {keys.shape[-1]}), got {queries.shape}.")
    if values.shape[:-1] != keys.shape[:-1]:
        raise ValueError(f"`values`: expected one per key, the shape {(*keys.shape[:-1], 'any')}, got {values.shape}.")
    return [queries, keys, values]
