"""Evaluation of trained models: confidence intervals, comparisons, calibration, and predictions for single reviews."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import numpy as np

from rnn_tutorial.records import check_count, checked_numbers
from rnn_tutorial.sentiment.reviews import ReviewSplit, check_binary
from rnn_tutorial.sentiment.vocabulary import UNKNOWN, Vocabulary

__all__ = [
    "mean_interval", "accuracy_interval", "compare", "Comparison",
    "most_confident_predictions", "Prediction", "sample_reviews", "SampleReview", "prediction_changes",
    "PredictionChanges", "calibration_error",
]  # fmt: skip

LABELS = ("negative", "positive")


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """Compute the mean of a few values and the half-width of its 95 % confidence interval.

    m = (1/n) Σ v_i,  m ± t s / √n, equation :eq:`seed-interval`

    s is the standard deviation with n - 1 in its denominator and t the quantile of Student's distribution with n - 1
    degrees of freedom: 4.30 for three values. The interval covers the variation between seeds only.

    :param values: at least two values, such as accuracies of several seeds
    :returns: m and t s / √n, in the unit of the values
    :raises ValueError: if there are fewer than two values

    Source: Student, The Probable Error of a Mean, Biometrika 6 (1908).

    >>> from rnn_tutorial.sentiment.evaluation import mean_interval
    >>> mean, half_width = mean_interval([0.80, 0.82, 0.84])
    >>> round(mean, 2), round(half_width, 2)  # 4.30 · 0.02 / √3
    (0.82, 0.05)
    """
    if len(values) < 2:
        raise ValueError(f"`values`: expected at least two (one value has no spread), got {len(values)}.")
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return float(np.mean(values)), float(_quantile(0.975, len(values) - 1) * error)


def accuracy_interval(correct: np.ndarray) -> tuple[float, float]:
    """Compute a model's accuracy over its runs and the half-width of its 95 % interval over seeds and reviews.

    m ± t √(s_seeds² / R + s_reviews² / n) for R runs on n reviews

    s_seeds is the standard deviation of the runs' accuracies, s_reviews that of the reviews' accuracies over the runs,
    and t the quantile of Student's distribution with Satterthwaite's degrees of freedom. Both terms contain the
    interaction of seed and review, so the interval is rather too wide than too narrow. It holds for one training set.

    :param correct: whether each run predicts each review correctly, shape (runs, reviews); a deterministic model has
        one run
    :returns: m and the half-width, in points from 0 to 100
    :raises ValueError: if the shape is not (runs, reviews), there are fewer than two reviews, or a value is neither
        True nor False

    Source: Satterthwaite, An Approximate Distribution of Estimates of Variance Components, Biometrics 2 (1946).

    Example: two runs, which agree on three of four reviews.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.evaluation import accuracy_interval
    >>> accuracy, half_width = accuracy_interval(np.array([[1, 1, 0, 1], [1, 1, 0, 0]]))
    >>> round(accuracy, 1)
    62.5
    """
    mean, half_width, _ = _over_seeds_and_reviews(_runs_by_reviews("correct", correct))
    return mean, half_width


class Comparison(NamedTuple):
    """The difference between the accuracies of two models, as :func:`compare` computes it.

    :param one: the first model
    :param other: the second
    :param points: accuracy of the first minus accuracy of the second, in points from -100 to 100
    :param half_width: half-width of its 95 % interval, over seeds and reviews
    :param p: its two-sided p-value, corrected for the number of comparisons
    """

    one: str
    other: str
    points: float
    half_width: float
    p: float

    @property
    def verdict(self) -> str:
        """The more accurate model, or ``undecided`` if p is 5 % or more."""
        return "undecided" if not self.p < 0.05 else self.one if self.points > 0 else self.other


def compare(correct: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]]) -> list[Comparison]:
    """Compare models pairwise on the same reviews, and correct the p-values for the number of comparisons.

    d_ri = c_ri - c'_ri,  m ± t √(s_seeds² / R + s_reviews² / n)

    c_ri is 1 if run r of the first model predicts review i correctly. Runs with the same seed are paired, and so are
    the reviews; the error is that of :func:`accuracy_interval`. Holm's correction sorts the k p-values in ascending
    order and multiplies them by k, k - 1, … 1; none may be smaller than the one before it. Before this, no p-value of n
    reviews is below 2^(1-n), the probability, if the models are equal, that all reviews favour the same one.

    :param correct: for each model, whether each run predicts each review correctly, shape (runs, reviews), the seeds in
        the same order; a deterministic model has one run, which is compared with each
    :param pairs: the names of the two models of each comparison
    :returns: a comparison for each pair
    :raises ValueError: if two models differ in the number of reviews, or in the number of runs while neither has just
        one; and as :func:`accuracy_interval`

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6 (1979).

    Example: of ten reviews, one model predicts nine correctly in each of two runs, and the other six.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.evaluation import compare
    >>> correct = {
    ...     "one": np.arange(10) < [[9], [9]],
    ...     "other": np.arange(10) < [[6], [6]],
    ... }
    >>> [comparison] = compare(correct, [("one", "other")])
    >>> round(comparison.points), round(comparison.half_width), comparison.verdict
    (30, 35, 'undecided')
    """
    differences = []
    for one, other in pairs:
        first, second = (_runs_by_reviews(name, correct[name]) for name in (one, other))
        if first.shape[1] != second.shape[1] or len({len(first), len(second)} - {1}) > 1:
            raise ValueError(
                f"`correct`: expected {one} and {other} with equal numbers of runs, or one, on the same reviews; got "
                f"shapes {first.shape} and {second.shape}."
            )
        differences.append(_over_seeds_and_reviews(first - second))
    p = np.array([p for *_, p in differences])
    order, corrected = np.argsort(p), np.ones(len(p))
    corrected[order] = np.maximum.accumulate(np.fmin(1.0, np.arange(len(p), 0, -1) * p[order]))
    return [
        Comparison(one, other, points, half_width, float(p))
        for (one, other), (points, half_width, _), p in zip(pairs, differences, corrected, strict=True)
    ]


def _runs_by_reviews(name: str, correct: np.ndarray) -> np.ndarray:
    check_binary(name, correct, "True or False for each run and review")
    runs = np.asarray(correct, float)
    if runs.ndim != 2 or runs.shape[1] < 2 or not len(runs):
        raise ValueError(f"`{name}`: expected the shape (runs, reviews), at least two reviews, got {runs.shape}.")
    return runs


def _over_seeds_and_reviews(values: np.ndarray) -> tuple[float, float, float]:
    """Return the mean in points, the half-width of its 95 % interval, and the p-value of a true mean of 0."""
    counts = np.array(values.shape)
    variances = np.array([values.mean(axis=1).var(ddof=1) if counts[0] > 1 else 0.0, values.mean(axis=0).var(ddof=1)])
    parts = variances / counts
    mean, error = float(values.mean()), float(np.sqrt(parts.sum()))
    least = 2.0 ** (1 - counts[1])  # of a sign test
    if not error:
        return 100 * mean, 0.0, least if mean else 1.0
    freedom = parts.sum() ** 2 / (parts**2 / np.maximum(counts - 1, 1)).sum()
    half_width = _quantile(0.975, freedom) * error
    return 100 * mean, float(100 * half_width), max(least, 2 * _tail(abs(mean) / error, freedom))


def _tail(t: float, freedom: float) -> float:
    """Return the probability of more than t >= 0 under Student's distribution; browsers run this, and lack SciPy."""
    # with t = √ν tan θ the density is cos(θ)^(ν - 1), up to a factor, on 0 to π/2
    ends = np.linspace(math.atan(t / math.sqrt(freedom)), math.pi / 2, 101)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    theta = ends[:-1, None] + np.diff(ends)[:, None] * (nodes + 1) / 2
    area = (np.cos(theta) ** (freedom - 1) @ weights * np.diff(ends) / 2).sum()
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    return float(scale * area)


@cache
def _quantile(p: float, freedom: float) -> float:
    """Return the number that Student's distribution stays below with probability p > 1/2."""
    low, high = 0.0, 1.0
    while _tail(high, freedom) > 1 - p:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(middle, freedom) > 1 - p else (low, middle)
    return (low + high) / 2


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """Compute the expected calibration error (ECE) of predicted probabilities.

    Σ_b (n_b / n) abs(mean of y in b - fraction of positive reviews in b)

    b goes through ten bins of probability: below 0.1, from 0.1 to below 0.2, and so on. A calibrated model has an error
    of 0: of the reviews for which it predicts 0.8, 80 % are positive.

    :param probabilities: a model's prediction for each review, shape (reviews,)
    :param labels: 1 for a positive review, 0 for a negative one, shape (reviews,)
    :param bins: the number of bins
    :returns: the error, from 0 to 1
    :raises ValueError: if there is no review, not a label for each probability, or a number is out of range

    Source: Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015.

    Example: the prediction for four reviews is 0.8, and one of them is negative.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.evaluation import calibration_error
    >>> round(calibration_error(np.full(4, 0.8), np.array([1, 1, 1, 0])), 3)
    0.05
    """
    y = _checked_probabilities("probabilities", probabilities).astype(float)
    positive = checked_numbers("labels", labels, float)
    if y.shape != positive.shape or not y.size:
        raise ValueError(
            f"`probabilities`, `labels`: expected one label for each probability, got shapes {y.shape} and "
            f"{positive.shape}."
        )
    check_binary("labels", positive)
    check_count("bins", bins)
    places = np.minimum((y * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(places, y - positive, minlength=bins)).sum() / y.size)


@dataclass(frozen=True)
class Prediction:
    """A prediction for a review, with its label and its last words.

    :param verdict: whether the prediction is ``correct`` or ``wrong``
    :param label: the review's label
    :param y: the predicted probability that the review is positive
    :param ending: the last words of the review
    """

    verdict: Literal["correct", "wrong"]
    label: str
    y: float
    ending: str


def most_confident_predictions(
    probabilities: np.ndarray, split: ReviewSplit, vocabulary: Vocabulary, count: int = 2, words: int = 40
) -> list[Prediction]:
    """Select a model's most confident predictions: the correct ones first, then the wrong ones.

    Confidence is the distance of the probability from 1/2. Half of the ``count`` correct and of the ``count`` wrong
    predictions are for reviews labelled positive, if both labels have enough.

    :param probabilities: the predicted probabilities, in the order of the split, shape (reviews,)
    :param split: the reviews
    :param vocabulary: decodes their ids
    :param count: how many correct predictions, and how many wrong ones
    :param words: words shown of each review; the last ones, which truncation leaves
    :raises ValueError: if there is not one probability for each review, or a number is out of range

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.evaluation import most_confident_predictions
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
    >>> words, labels = Vocabulary(["good", "bad"]), np.array([1, 0, 1])
    >>> ids = [words.encode(text) for text in ("good", "bad", "not bad")]
    >>> y, split = np.array([0.9, 0.2, 0.3]), ReviewSplit(ids, labels)
    >>> for prediction in most_confident_predictions(y, split, words):
    ...     print(prediction.verdict, prediction.y, prediction.ending)
    correct 0.9 … <start> good
    correct 0.2 … <start> bad
    wrong 0.3 … <start> <unknown> bad
    """
    check_count("count", count)
    check_count("words", words)
    correct, confidence = _correct_and_confidence(probabilities, split)
    most_confident = np.argsort(-confidence, kind="stable")
    chosen = []
    for wanted in (True, False):
        for label, half in ((1, (count + 1) // 2), (0, count // 2)):
            chosen += [i for i in most_confident if correct[i] == wanted and split.labels[i] == label][:half]
    return [
        Prediction(
            "correct" if correct[i] else "wrong",
            LABELS[split.labels[i]],
            float(probabilities[i]),
            f"… {vocabulary.decode(split.sequences[i][-words:])}",
        )
        for i in chosen
    ]


@dataclass(frozen=True)
class SampleReview:
    """A sample review, which :doc:`/explorer` offers as a text to start with.

    :param title: what it is a sample of
    :param label: 1 for a positive review, 0 for a negative one
    :param text: its words
    """

    title: str
    label: int
    text: str


def sample_reviews(
    probabilities: np.ndarray, split: ReviewSplit, vocabulary: Vocabulary, *, short: int = 100, long: int = 500
) -> list[SampleReview]:
    """Select sample reviews: a network's most confident correct and wrong predictions, and a long review.

    Only reviews without unknown words are selected, because only these can be written out.

    :param probabilities: y of a network for each review, shape (reviews,)
    :param split: the reviews
    :param vocabulary: decodes their ids
    :param short: the maximum number of ids of the first three
    :param long: the maximum number of ids of the last one, the longest
    :returns: at most four reviews; a sample that no review fits is left out
    :raises ValueError: if there is not one probability for each review, from 0 to 1

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.evaluation import sample_reviews
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
    >>> words, labels = Vocabulary(["good", "bad"]), np.array([1, 0, 0])
    >>> ids = [words.encode(text) for text in ("good", "bad", "bad good")]
    >>> y, split = np.array([0.9, 0.2, 0.7]), ReviewSplit(ids, labels)
    >>> for sample in sample_reviews(y, split, words):
    ...     print(sample.title, "|", sample.label, "|", sample.text)
    positive, and it says so | 1 | good
    negative, and it says so | 0 | bad
    negative, and it says positive | 0 | bad good
    a long one, negative | 0 | bad good
    """
    correct, confidence = _correct_and_confidence(probabilities, split)
    positive, lengths = split.labels == 1, split.lengths
    known = np.array([UNKNOWN not in sequence for sequence in split.sequences])
    confidence = confidence * (known & (lengths <= short))
    samples = []
    for title, values in (
        ("{label}, and it says so", confidence * (correct & positive)),
        ("{label}, and it says so", confidence * (correct & ~positive)),
        ("{label}, and it says {other}", confidence * ~correct),
        ("a long one, {label}", lengths * (known & (lengths <= long))),
    ):
        place = int(np.argmax(values))
        if values[place] > 0:
            label = int(split.labels[place])
            text = title.format(label=LABELS[label], other=LABELS[1 - label])
            samples.append(SampleReview(text, label, vocabulary.decode(split.sequences[place][1:])))
    return samples


@dataclass(frozen=True)
class PredictionChanges:
    """How much predictions changed; :doc:`/explorer` shows it for its files.

    :param mean: the mean change of y (0 to 1)
    :param largest: the largest change of y
    :param flipped: the fraction of reviews whose predicted label changed
    :param accuracy: the change of the accuracy (-1 to 1)
    """

    mean: float
    largest: float
    flipped: float
    accuracy: float


def prediction_changes(before: np.ndarray, after: np.ndarray, labels: np.ndarray) -> PredictionChanges:
    """Measure how much predictions change, for instance when weights are stored with fewer bits.

    A prediction is positive if y > 1/2.

    :param before: y, the probabilities before, shape (reviews,)
    :param after: the probabilities after, shape (reviews,)
    :param labels: 1 for a positive review, 0 for a negative one, shape (reviews,)
    :returns: the changes
    :raises ValueError: if the three shapes differ, or a number is out of range

    Example: of three predictions one crosses 1/2, and it was correct before.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.evaluation import prediction_changes
    >>> before, after = np.array([0.9, 0.51, 0.2]), np.array([0.9, 0.49, 0.2])
    >>> changes = prediction_changes(before, after, labels=np.array([1, 1, 0]))
    >>> round(changes.largest, 2), round(changes.flipped, 2), round(changes.accuracy, 2)
    (0.02, 0.33, -0.33)
    """
    before, after, labels = map(np.asarray, (before, after, labels))
    if not before.shape == after.shape == labels.shape:
        raise ValueError(
            f"`before`, `after`, `labels`: expected one shape, got {before.shape}, {after.shape} and {labels.shape}."
        )
    before, after = _checked_probabilities("before", before), _checked_probabilities("after", after)
    check_binary("labels", labels)
    old, new, changes = before > 0.5, after > 0.5, np.abs(after - before)
    gained = np.mean(new == labels) - np.mean(old == labels)
    return PredictionChanges(*map(float, (changes.mean(), changes.max(), np.mean(old != new), gained)))


def _correct_and_confidence(probabilities: np.ndarray, split: ReviewSplit) -> tuple[np.ndarray, np.ndarray]:
    """Return which predictions are correct, and how far each is from 1/2."""
    if len(probabilities) != len(split):
        raise ValueError(
            f"`probabilities`: expected one for each of {len(split):,} reviews, got {len(probabilities):,}."
        )
    probabilities = _checked_probabilities("probabilities", probabilities)
    return (probabilities > 0.5) == (split.labels == 1), np.abs(probabilities - 0.5)


def _checked_probabilities(name: str, values: np.ndarray) -> np.ndarray:
    values = checked_numbers(name, values)
    if len(wrong := values[~((values >= 0) & (values <= 1))]):
        raise ValueError(f"`{name}`: expected numbers from 0 to 1, got {wrong[0]}. Divide percentages by 100.")
    return values
