"""Experiments: a model with several seeds, what their spread says, and which reviews it gets right and wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

if TYPE_CHECKING:  # Keras takes seconds to load, and only `repeat` needs it
    import keras

    from rnn_tutorial.reviews import ReviewPart, Reviews, Vocabulary
    from rnn_tutorial.training import Run

__all__ = ["repeat", "mean_interval", "surest_answers"]


def repeat(model: keras.Model, reviews: Reviews, seeds: Iterable[int], **settings: Any) -> list[Run]:
    """Train a model once for each seed.

    :param model: one of :mod:`rnn_tutorial.models`
    :param reviews: what :func:`~rnn_tutorial.reviews.load_reviews` gives
    :param seeds: the seeds, one a run
    :param settings: passed to :func:`~rnn_tutorial.training.train`
    :returns: one record a seed, in their order
    :raises ValueError: as :func:`~rnn_tutorial.training.train` does

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.experiments import repeat
    >>> from rnn_tutorial.models import bag_of_words
    >>> from rnn_tutorial.reviews import ReviewPart, Reviews, Vocabulary
    >>> vocabulary = Vocabulary(["good", "bad"])
    >>> part = ReviewPart(
    ...     [vocabulary.encode("good"), vocabulary.encode("bad")], np.array([1, 0])
    ... )
    >>> reviews = Reviews(part, part, part, vocabulary, source="made up", left_out=0)
    >>> model = bag_of_words(len(vocabulary), embedding_dim=2)
    >>> [run.seed for run in repeat(model, reviews, seeds=(1, 2), epochs=1)]
    [1, 2]
    """
    from rnn_tutorial.training import train

    return [train(model, reviews, seed=seed, **settings) for seed in seeds]


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Give the mean of a few values and the half-width of its confidence interval.

    m = (1/n) Σ v_i,  m ± t s / √n

    s is the standard deviation with n - 1 in its denominator and t the quantile of Student's distribution with n - 1
    degrees of freedom: 4.30 for three values and 95 %. The interval speaks of the seeds alone: the reviews are the same
    in every run.

    :param values: at least two values, such as accuracies of several seeds
    :param confidence: the share of such intervals that hold the true mean
    :returns: m and t s / √n, in the unit of the values
    :raises ValueError: if there are fewer than two values, or the confidence is not between 0 and 1

    Source: Student, The Probable Error of a Mean, Biometrika 6 (1908).

    Example:

    >>> from rnn_tutorial.experiments import mean_interval
    >>> mean, half_width = mean_interval([0.80, 0.82, 0.84])
    >>> round(mean, 2), round(half_width, 2)  # 4.30 · 0.02 / √3
    (0.82, 0.05)
    """
    if len(values) < 2:
        raise ValueError(f"`values`: expected at least two (one value has no spread), got {len(values)}.")
    if not 0 < confidence < 1:
        raise ValueError(f"`confidence`: expected a share between 0 and 1, got {confidence}.")
    quantile = stats.t.ppf((1 + confidence) / 2, df=len(values) - 1)
    return float(np.mean(values)), float(quantile * stats.sem(values))


def surest_answers(
    probabilities: np.ndarray, part: ReviewPart, vocabulary: Vocabulary, count: int = 2, words: int = 40
) -> list[dict[str, Any]]:
    """Pick the reviews that a model is surest of: the right answers first, then the wrong ones.

    An answer is the surer the further its probability is from 1/2. Half of the ``count`` right and of the ``count``
    wrong ones are reviews labelled positive, where both labels have enough.

    :param probabilities: what a model says, in the order of the part, shape (reviews,)
    :param part: the reviews
    :param vocabulary: turns their ids back into words
    :param count: reviews of each kind
    :param words: words shown of each; the last ones, which a cut review keeps
    :returns: for each review the answer, the label, the probability and the last words
    :raises ValueError: if there is not one probability for each review

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.experiments import surest_answers
    >>> from rnn_tutorial.reviews import ReviewPart, Vocabulary
    >>> vocabulary = Vocabulary(["good", "bad"])
    >>> part = ReviewPart(
    ...     [vocabulary.encode(text) for text in ("good", "bad", "not bad")],
    ...     np.array([1, 0, 1]),
    ... )
    >>> for answer in surest_answers(np.array([0.9, 0.2, 0.3]), part, vocabulary):
    ...     print(answer["answer"], answer["y"], answer["last words"])
    right 0.9 … <start> good
    right 0.2 … <start> bad
    wrong 0.3 … <start> <unknown> bad
    """
    if len(probabilities) != len(part):
        raise ValueError(
            f"`probabilities`: expected one for each of {len(part):,} reviews, got {len(probabilities):,}."
        )
    right = (probabilities > 0.5) == part.labels
    surest = np.argsort(-np.abs(probabilities - 0.5), kind="stable")
    chosen = []
    for answer in (True, False):
        for label, share in ((1, (count + 1) // 2), (0, count // 2)):
            chosen += [i for i in surest if right[i] == answer and part.labels[i] == label][:share]
    return [
        {
            "answer": "right" if right[i] else "wrong",
            "label": "positive" if part.labels[i] else "negative",
            "y": round(float(probabilities[i]), 3),
            "last words": "… " + vocabulary.decode(part.sequences[i][-words:]),
        }
        for i in chosen
    ]
