"""Write dot-product attention: α_tj = softmax over j of q_t · k_j, and the mean v̄_t = Σ_j α_tj v_j."""

import numpy as np

from rnn_tutorial.language.attention import dot_attention

HINT = "All scores at once are `queries @ keys.T`, with a row for each query. The softmax goes along the rows."
CALL = "attention(np.array([[0.0, 3.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[10.0], [20.0]]))"
RESULTS = "weights", "context"


def attention(queries, keys, values):
    """Return the weights α, shape (steps, time), and the means v̄, shape (steps, value size).

    queries has the shape (steps, size), keys (time, size), and values (time, value size).
    """
    scores = queries @ keys.T
    exp = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = exp / exp.sum(axis=1, keepdims=True)
    return weights, weights @ values


def draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw queries, keys and values; scores are large in half of the draws."""
    steps, time, size, value_size = random.permutation([2, 3, 4, 5])
    queries = random.normal(size=(steps, size)) * random.choice([1, 1000])
    return queries, random.normal(size=(time, size)), random.normal(size=(time, value_size))


def expected(queries, keys, values) -> tuple[np.ndarray, np.ndarray]:
    """Attend by the package."""
    return dot_attention(queries, keys, values)


def _over_queries(queries, keys, values):
    weights = attention(keys, queries, queries)[0].T
    return weights, weights @ values


def _unshifted(queries, keys, values):
    exp = np.exp(queries @ keys.T)
    weights = exp / exp.sum(axis=1, keepdims=True)
    return weights, weights @ values


SLIPS = {
    "exp overflows where scores are large: subtract the maximum of each row first": _unshifted,
    "the softmax goes over the queries; for each query the weights of all keys sum to 1": _over_queries,
    "the softmax is missing: these are the scores": lambda q, k, v: (q @ k.T, q @ k.T @ v),
    "scores are divided by √size; here they are q_t · k_j": lambda q, k, v: attention(q / np.sqrt(k.shape[1]), k, v),
    "the results are exchanged: return the weights first": lambda *given: attention(*given)[::-1],
    "this is the mean of the keys; the weights belong to the values": lambda q, k, v: attention(q, k, k),
}
