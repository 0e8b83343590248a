"""Write the probability of each next letter from counts of single letters, pairs and triples, interpolated.

p_n(w | u) = λ_n c(u w) / c(u ·) + (1 - λ_n) p_{n-1}(w | u') for n = 1, 2, 3, with p_0 = 1 / size. u are the n - 1
letters before, and u' lacks the first of them. Where c(u ·) = 0, p_n = p_{n-1}.
"""

import numpy as np

from rnn_tutorial.language.ngram_models import NGramCounts, NGramModel

HINT = "After the letters i, j the counts are `trigrams[i, j]`, an array of shape (size,); c(i j ·) is its sum."
CALL = "interpolated_ngrams((0, 1), np.array([2, 2]), np.array([[0, 2], [1, 0]]), np.ones((2, 2, 2)), [0.5, 0.5, 0.5])"


def interpolated_ngrams(context, unigrams, bigrams, trigrams, weights):
    """Return the probability of each letter after two others, shape (size,).

    context holds the numbers of the two letters before, the last one last. unigrams are counts, shape (size,), bigrams
    of shape (size, size), and trigrams of shape (size, size, size); their last axis is the next letter. weights holds
    λ_1, λ_2 and λ_3.
    """
    i, j = context
    p = np.full(len(unigrams), 1 / len(unigrams))
    for n, counts in enumerate((unigrams, bigrams[j], trigrams[i, j])):
        if counts.sum() > 0:
            p = weights[n] * counts / counts.sum() + (1 - weights[n]) * p
    return p


def draw(random: np.random.Generator) -> tuple:
    """Draw a context that was counted once or never, or its last letter only, other counts, and weights."""
    size = random.integers(4, 7)
    i, j = random.choice(size, 2, replace=False).tolist()
    of_both, of_last = [(1, 0), (0, 0), (0, 5)][random.integers(3)]
    trigrams = random.poisson(0.5, (size,) * 3)
    trigrams[:, j] = 0
    trigrams[i, j] = random.multinomial(of_both, np.full(size, 1 / size))
    bigrams = trigrams.sum(axis=0)
    bigrams[j] += random.multinomial(of_last, np.full(size, 1 / size))
    return (i, j), bigrams.sum(axis=0) + 1, bigrams, trigrams, random.uniform(0.1, 0.9, 3)


def expected(context, unigrams, bigrams, trigrams, weights) -> np.ndarray:
    """Ask the package's model, given the same counts."""
    tables = []
    for counts in (unigrams, bigrams, trigrams):
        rows = counts.reshape(-1, len(unigrams))
        ngrams, totals = np.flatnonzero(rows), rows.sum(axis=1)
        followers = np.stack([(of == rows).sum(axis=1) for of in (1, 2)] + [(rows > 2).sum(axis=1)], axis=1)
        seen = np.flatnonzero(totals)
        tables.append(NGramCounts(ngrams, rows.ravel()[ngrams], seen, totals[seen], followers[seen]))
    return NGramModel(len(unigrams), tuple(tables), "interpolation", tuple(weights)).distribution(list(context))


def _without_fallback(context, unigrams, bigrams, trigrams, weights):
    p = 1 / len(unigrams)
    for counts, weight in zip((unigrams, bigrams[context[1]], trigrams[context]), weights, strict=True):
        p = weight * counts / max(counts.sum(), 1) + (1 - weight) * p
    return p


SLIPS = {
    "where a context was never counted, p_{n-1} has to be used alone; here p does not sum to 1": _without_fallback,
    "the context is read the wrong way round: its last letter stands directly before the next one": lambda *given: (
        interpolated_ngrams(given[0][::-1], *given[1:])
    ),
    "λ and 1 - λ are exchanged": lambda u, c_1, c_2, c_3, λ: interpolated_ngrams(u, c_1, c_2, c_3, 1 - np.array(λ)),
    "p_0 = 1 / size is missing": lambda u, c_1, c_2, c_3, λ: interpolated_ngrams(u, c_1, c_2, c_3, [1, *λ[1:]]),
    "the trigrams are missing": lambda u, c_1, c_2, c_3, λ: interpolated_ngrams(u, c_1, c_2, c_3, [*λ[:2], 0]),
}
