"""Language models that count, how good one is, and how to sample from it.

A language model gives each token of a vocabulary the probability that it comes next. Tokens are ids, of words or of
characters alike: :class:`NGramModel` counts both. :mod:`rnn_tutorial.language.characters` trains a recurrent network on
the same task. The equations are those of :doc:`/language/next-word`.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rnn_tutorial.records import Record, check_count, checked_ids, checked_numbers

__all__ = ["NGramModel", "NGramCounts", "cross_entropy", "perplexity", "adjust_distribution"]

Smoothing = Literal["kneser-ney", "interpolation"]


class NGramCounts(NamedTuple):
    """How often the n-grams of one length occur, and what follows each context, their first n - 1 tokens.

    An n-gram is one number, its ids as the digits of a number to the base of the vocabulary's size; both lists of these
    are sorted.

    :param ngrams: the n-grams, int64, shape (n-grams,)
    :param counts: c(n-gram), or in a Kneser-Ney model the number of different tokens before a shorter n-gram
    :param contexts: the contexts, shape (contexts,)
    :param totals: c(context ·), the sum of the counts of all n-grams with this context
    :param followers: how many different tokens follow once, twice, and more often, shape (contexts, 3)

    :class:`NGramModel` holds one for each length; see equation :eq:`interpolation`.

    Example: of the bigrams of "0 1 0 2", those that begin with 0.

    >>> from rnn_tutorial.language.ngram_models import NGramModel
    >>> model = NGramModel.fit([0, 1, 0, 2], order=2, size=3, smoothing="interpolation")
    >>> of_pairs = model.tables[1]
    >>> of_pairs.ngrams  # 0 1, 0 2 and 1 0, to the base of 3
    array([1, 2, 3])
    >>> of_pairs.totals, of_pairs.followers[:, 0]  # after 0, after 1
    (array([2, 1]), array([2, 1]))
    """

    ngrams: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray
    followers: np.ndarray


@dataclass(frozen=True, eq=False)
class NGramModel(Record):
    """A language model that counts n-grams and mixes each length with the shorter ones.

    p_n(w | context) = (own + rest · p_{n-1}(w | shorter context)) / c(context ·), and p_0 = 1 / size

    With ``"interpolation"`` own = λ_n c(context w) and rest = (1 - λ_n) c(context ·), equation :eq:`interpolation`.
    With ``"kneser-ney"`` own = c(context w) - D, and rest is the sum of all D of this context, equation
    :eq:`kneser-ney`. It is *modified* Kneser-Ney smoothing: D depends on whether c is 1, 2 or more. In all lengths but
    the longest c counts the different tokens that stand before an n-gram, not how often it occurs. Where a context was
    never seen, p_n = p_{n-1}.

    :param size: how many tokens the vocabulary has
    :param tables: the counts of the single tokens, of the pairs, and so on
    :param smoothing: ``"kneser-ney"`` or ``"interpolation"``
    :param amounts: λ_n for each length, or the three D

    Sources: Jelinek and Mercer, Interpolated Estimation of Markov Source Parameters from Sparse Data, 1980; Kneser and
    Ney, Improved Backing-off for M-gram Language Modeling, ICASSP 1995, as modified by Chen and Goodman, An Empirical
    Study of Smoothing Techniques for Language Modeling, Computer Speech and Language 13 (1999).

    Example: after 0 came 1 twice and 2 once.

    >>> from rnn_tutorial.language.ngram_models import NGramModel
    >>> model = NGramModel.fit(
    ...     [0, 1, 0, 2, 0, 1], order=2, size=3, smoothing="interpolation", weight=0.5
    ... )
    >>> model.distribution([0]).round(3)  # half of it (0, 2/3, 1/3)
    array([0.208, 0.5  , 0.292])
    """

    size: int
    tables: tuple[NGramCounts, ...]
    smoothing: Smoothing
    amounts: tuple[Any, ...]

    @classmethod
    def fit(
        cls, ids: np.ndarray, order: int, size: int, smoothing: Smoothing = "kneser-ney", weight: float = 0.5
    ) -> "NGramModel":
        """Count the n-grams of a text.

        :param ids: the text, one id after the other, shape (time,)
        :param order: n of the longest n-grams; 2 makes a bigram model
        :param size: the number of ids, so that each is from 0 to size - 1
        :param smoothing: how lengths are mixed
        :param weight: λ_n of ``"interpolation"``, for all lengths; the discounts of ``"kneser-ney"`` are computed from
            the text, as i - (i + 1) n_{i+1}/n_i · n_1 / (n_1 + 2 n_2) for counts of i = 1, 2 and at least 3, where n_i
            n-grams have a count of i
        :raises ValueError: if a number is out of range, an id no whole number, or the text shorter than an n-gram
        """
        ids, size = np.asarray(ids), int(size)  # powers of NumPy's 32-bit numbers overflow
        if smoothing not in ("kneser-ney", "interpolation"):
            raise ValueError(f"`smoothing`: expected 'kneser-ney' or 'interpolation', got {smoothing!r}.")
        if not (order >= 1 and size ** min(order, 64) < 2**63):
            raise ValueError(f"`order`: expected at least 1, and size ** order below 2 ** 63, got {order}.")
        if ids.ndim != 1 or len(ids) < order:
            raise ValueError(f"`ids`: expected the shape (time,) with at least {order} ids, got {ids.shape}.")
        ids = checked_ids("ids", ids, size)
        if not 0 <= weight < 1:
            raise ValueError(f"`weight`: expected at least 0 and below 1, got {weight}.")
        tables: list[NGramCounts] = []
        for k in range(order, 0, -1):
            if tables and smoothing == "kneser-ney":
                numbers = tables[0].ngrams % size**k  # each longer n-gram once, without its first token
            else:
                numbers = _as_numbers(sliding_window_view(ids, k), size)
            ngrams, counts = np.unique(numbers, return_counts=True)
            contexts, first = np.unique(ngrams // size, return_index=True)
            of_count = [np.add.reduceat(once.astype(int), first) for once in (counts == 1, counts == 2, counts > 2)]
            followers = np.stack(of_count, axis=1)
            tables.insert(0, NGramCounts(ngrams, counts, contexts, np.add.reduceat(counts, first), followers))
        amounts = tuple(_discounts(table.counts) if smoothing == "kneser-ney" else weight for table in tables)
        return cls(size, tuple(tables), smoothing, amounts)

    def probabilities(self, windows: np.ndarray) -> np.ndarray:
        """Compute the probability of the last id of each window, given those before it.

        :param windows: ids, shape (..., length); of a longer one the last n are used, of a shorter one all
        :returns: the probabilities, shape (...,)
        :raises ValueError: if an id is no whole number, or out of range

        Example: in a text of two ids in turn, each is sure but for the discount.

        >>> import numpy as np
        >>> from rnn_tutorial.language.ngram_models import NGramModel
        >>> model = NGramModel.fit([0, 1] * 50, order=2, size=2, smoothing="interpolation")
        >>> model.probabilities(np.array([[0, 1], [0, 0]]))
        array([0.75, 0.25])
        """
        windows = checked_ids("windows", windows, self.size)
        p = np.full(windows.shape[:-1], 1 / self.size)
        for k, (table, amount) in enumerate(zip(self.tables, self.amounts, strict=True), start=1):
            if k > windows.shape[-1]:
                break
            wanted = _as_numbers(windows[..., -k:], self.size)
            count = _look_up(table.ngrams, table.counts, wanted)
            total = _look_up(table.contexts, table.totals, wanted // self.size)
            if self.smoothing == "kneser-ney":
                D = np.array([0, *amount])
                own = count - D[np.minimum(count, 3)]
                rest = _look_up(table.contexts, table.followers, wanted // self.size) @ D[1:]
            else:
                own, rest = amount * count, (1 - amount) * total
            p = np.where(total > 0, (own + rest * p) / np.maximum(total, 1), p)
        return p

    def distribution(self, context: np.ndarray | list[int]) -> np.ndarray:
        """Compute the probability of each id after a context.

        :param context: the ids before it, shape (time,); the last n - 1 are used, and there may be fewer
        :returns: the probabilities, which sum to 1, shape (size,)
        :raises ValueError: if an id is no whole number, or out of range
        """
        before = checked_ids("context", context, self.size)[max(0, len(context) - len(self.tables) + 1) :]
        return self.probabilities(np.column_stack([np.tile(before, (self.size, 1)), np.arange(self.size)]))


def _as_numbers(windows: np.ndarray, size: int) -> np.ndarray:
    number = np.zeros(windows.shape[:-1], np.int64)
    for k in range(windows.shape[-1]):
        number = number * size + windows[..., k]
    return number


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((keys[place] == wanted).reshape(wanted.shape + (1,) * (values.ndim - 1)), values[place], 0)


def _discounts(counts: np.ndarray) -> tuple[float, ...]:
    n = [np.sum(counts == i) for i in (1, 2, 3, 4)]
    if not all(n):
        return 0.5, 0.5, 0.5  # a text that is too short to say
    once = n[0] / (n[0] + 2 * n[1])
    return tuple(float(np.clip(i - (i + 1) * once * n[i] / n[i - 1], 0, i)) for i in (1, 2, 3))


def cross_entropy(probabilities: np.ndarray) -> float:
    """Compute the mean surprise at what came, in nats.

    L = -(1/T) Σ_t ln p_t, which is in equation :eq:`perplexity`; divided by ln 2, it is in bits

    :param probabilities: p_t, what a model gave to the token that came at t, shape (time,)
    :raises ValueError: if there is none, or one is not above 0 and at most 1

    >>> import numpy as np
    >>> from rnn_tutorial.language.ngram_models import cross_entropy
    >>> cross_entropy(np.array([0.5, 0.125])) / float(np.log(2))  # (1 + 3) / 2
    2.0
    """
    probabilities = np.asarray(probabilities)
    if not probabilities.size or not ((probabilities > 0) & (probabilities <= 1)).all():
        raise ValueError("`probabilities`: expected numbers above 0 and at most 1, at least one.")
    return float(-np.log(probabilities).mean())


def perplexity(probabilities: np.ndarray) -> float:
    """Compute among how many equally probable tokens a choice would be as hard.

    exp L, with L from :func:`cross_entropy`; equation :eq:`perplexity`

    :param probabilities: p_t, what a model gave to the token that came at t, shape (time,)
    :raises ValueError: as :func:`cross_entropy`

    >>> import numpy as np
    >>> from rnn_tutorial.language.ngram_models import perplexity
    >>> round(perplexity(np.full(10, 1 / 6)), 6)  # a die
    6.0
    """
    return float(np.exp(cross_entropy(probabilities)))


def adjust_distribution(
    probabilities: np.ndarray, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> np.ndarray:
    """Sharpen or flatten a distribution, and drop its improbable tokens, before a token is drawn from it.

    q_i ∝ p_i^(1/τ), equation :eq:`temperature`

    Then the ``top_k`` most probable tokens are kept, then the fewest most probable ones whose q sum to at least
    ``top_p`` (nucleus sampling); what is kept is divided by its sum. ``top_k=1`` is greedy. Of equal probabilities the
    first ids are kept.

    :param probabilities: p, shape (size,)
    :param temperature: τ, above 0
    :param top_k: how many tokens are kept; ``None`` keeps all
    :param top_p: the probability that is kept at least, above 0 and at most 1; ``None`` keeps all
    :returns: q, which sums to 1, shape (size,)
    :raises ValueError: if a number is out of range

    Sources: Fan et al., Hierarchical Neural Story Generation, ACL 2018, for top-k; Holtzman et al., The Curious Case of
    Neural Text Degeneration, ICLR 2020, for the nucleus.

    >>> import numpy as np
    >>> from rnn_tutorial.language.ngram_models import adjust_distribution
    >>> p = np.array([0.5, 0.3, 0.2])
    >>> adjust_distribution(p, temperature=0.5).round(2)  # squares
    array([0.66, 0.24, 0.11])
    >>> adjust_distribution(p, top_k=1), adjust_distribution(p, top_p=0.6).round(3)
    (array([1., 0., 0.]), array([0.625, 0.375, 0.   ]))
    """
    p = checked_numbers("probabilities", probabilities, np.float64)
    if p.ndim != 1 or not (p >= 0).all() or not 0 < p.sum() < np.inf:
        raise ValueError(f"`probabilities`: expected a number from 0 on for each token, not all 0, got {p}.")
    if not temperature > 0:
        raise ValueError(f"`temperature`: expected above 0 (greedy is top_k=1), got {temperature}.")
    if top_k is not None:
        check_count("top_k", top_k)
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"`top_p`: expected a number above 0 and at most 1, or None, got {top_p}.")
    q = (p / p.max()) ** (1 / temperature)
    q /= q.sum()
    order = np.argsort(-q, kind="stable")
    if top_k is not None:
        q[order[top_k:]] = 0
        q /= q.sum()
    if top_p is not None:
        enough = np.searchsorted(np.cumsum(q[order]), top_p - 1e-12) + 1
        q[order[enough:]] = 0
    return q / q.sum()
