from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from refusals import refuses

from rnn_tutorial.language.ngram_models import NGramModel, adjust_distribution, perplexity

SMOOTHINGS = ("kneser-ney", "interpolation")
LONG = np.random.default_rng(1).integers(0, 5, 120).tolist()  # in which n-grams occur once, twice, three and four times
TEXTS = st.lists(st.integers(0, 4), min_size=3, max_size=120)
DISTRIBUTIONS = st.lists(st.floats(0.01, 1), min_size=2, max_size=8).map(lambda p: np.array(p) / sum(p))


def by_dictionaries(text, order, size, smoothing, weight):
    """Count with dictionaries, and return a function of a context and a token; no array takes part."""
    tables = {}
    for k in range(order, 0, -1):
        if smoothing == "kneser-ney" and k < order:
            tables[k] = Counter(ngram[1:] for ngram in tables[k + 1])
        else:
            tables[k] = Counter(tuple(text[i : i + k]) for i in range(len(text) - k + 1))

    def probability(context, token):
        k = len(context) + 1
        shorter = probability(context[1:], token) if context else 1 / size
        after = {ngram[-1]: count for ngram, count in tables[k].items() if ngram[:-1] == context}
        total = sum(after.values())
        if not total:
            return shorter
        if smoothing == "interpolation":
            return weight * after.get(token, 0) / total + (1 - weight) * shorter
        n = Counter(tables[k].values())
        discounts = {0: 0, 1: 0.5, 2: 0.5, 3: 0.5}
        if all(n[i] for i in (1, 2, 3, 4)):
            Y = n[1] / (n[1] + 2 * n[2])
            found = {1: 1 - 2 * Y * n[2] / n[1], 2: 2 - 3 * Y * n[3] / n[2], 3: 3 - 4 * Y * n[4] / n[3]}
            discounts |= {i: min(max(D, 0), i) for i, D in found.items()}
        freed = sum(discounts[min(count, 3)] for count in after.values())
        own = after.get(token, 0)
        return (own - discounts[min(own, 3)] + freed * shorter) / total

    return probability


@given(text=TEXTS, order=st.integers(1, 3), smoothing=st.sampled_from(SMOOTHINGS))
@example(text=LONG, order=3, smoothing="kneser-ney")
def test_probabilities_are_those_that_dictionaries_give(text, order, smoothing):
    model = NGramModel.fit(text, order, 5, smoothing, weight=0.7)
    expected = by_dictionaries(text, order, 5, smoothing, 0.7)
    windows = np.stack(np.meshgrid(*[range(5)] * order, indexing="ij"), axis=-1).reshape(-1, order)
    found = model.probabilities(windows)
    assert np.allclose(found, [expected(tuple(w[:-1]), w[-1]) for w in windows.tolist()])


@given(text=TEXTS, order=st.integers(1, 4), smoothing=st.sampled_from(SMOOTHINGS), context=TEXTS)
def test_what_comes_next_sums_to_1_after_any_context(text, order, smoothing, context):
    order = min(order, len(text))
    model = NGramModel.fit(text, order, 5, smoothing)
    for before in (context, context[:1], []):
        y = model.distribution(before)
        assert y.shape == (5,) and (y > 0).all() and y.sum() == pytest.approx(1)
    # what stands before the last n - 1 tokens makes no difference
    assert np.array_equal(model.distribution(context), model.distribution(context[len(context) - order + 1 :]))


def test_numbers_of_32_bits_count_as_others_do():
    text = np.random.default_rng(1).integers(0, 1500, 2000).astype(np.int32)  # 1500³ is above 2³¹
    models = [NGramModel.fit(text, 4, size) for size in (text.max() + 1, int(text.max()) + 1)]
    assert models[0] == models[1]


@given(p=DISTRIBUTIONS, temperature=st.floats(0.2, 5), top_k=st.integers(1, 9), top_p=st.floats(0.05, 1))
def test_what_is_kept_is_the_most_probable_and_sums_to_1(p, temperature, top_k, top_p):
    warm = p ** (1 / temperature) / (p ** (1 / temperature)).sum()
    assert np.allclose(adjust_distribution(p, temperature), warm)
    for q, enough in (
        (adjust_distribution(p, temperature, top_k=top_k), min(top_k, len(p))),
        (adjust_distribution(p, temperature, top_p=top_p), None),
    ):
        kept = q > 0
        assert q.sum() == pytest.approx(1)
        assert np.allclose(q[kept], warm[kept] / warm[kept].sum())
        assert kept.all() or warm[kept].min() >= warm[~kept].max()
        if enough:
            assert kept.sum() == enough
        else:
            assert warm[kept].sum() >= top_p - 1e-9
            assert kept.sum() == 1 or warm[kept].sum() - warm[kept].min() < top_p + 1e-9


def test_extremes_of_the_temperature():
    p = np.array([0.2, 0.5, 0.3])
    assert np.allclose(adjust_distribution(p), p)
    assert np.allclose(adjust_distribution(p, 1e-3), [0, 1, 0])  # and no overflow
    assert np.allclose(adjust_distribution(p, 1e6), 1 / 3)
    assert adjust_distribution(p, top_k=1).tolist() == [0, 1, 0]
    assert adjust_distribution(np.array([0.4, 0.4, 0.2]), top_k=1).tolist() == [1, 0, 0]


FIT = {"ids": [0, 1, 2], "order": 2, "size": 3}
MODEL = NGramModel.fit(**FIT)
OF_FIT = [("order", 0), ("order", 40), ("order", 1000), ("smoothing", "laplace"), ("weight", 1.0)]
OF_FIT += [("ids", wrong) for wrong in ([1], [[1, 2]], [0, 3], [0, np.nan, 1])]
OF_ADJUST = [("temperature", 0), ("top_k", 0), ("top_k", 1.5), ("top_p", 0), ("top_p", 1.5)]
WRONG_DISTRIBUTIONS = 0.5, "text", [0.5, np.nan], [-1, 2], [0, 0], [[0.5, 0.5]]


test_what_does_not_fit_is_refused_by_name = refuses(
    *((name, partial(NGramModel.fit, **FIT | {name: value})) for name, value in OF_FIT),
    *(("windows", partial(MODEL.probabilities, wrong)) for wrong in ([0, 3], [0.5, 1])),
    *(("context", partial(MODEL.distribution, wrong)) for wrong in ([0, 3], [0.5, 1])),
    *(("probabilities", partial(perplexity, np.array(wrong))) for wrong in ([], [0.0], [1.1], [0.5, np.nan])),
    *(("probabilities", partial(adjust_distribution, wrong)) for wrong in WRONG_DISTRIBUTIONS),
    *((name, partial(adjust_distribution, np.ones(3) / 3, **{name: value})) for name, value in OF_ADJUST),
)
