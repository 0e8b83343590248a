"""Tests of whether a model uses word order: shuffled reviews, and pairs of texts with the same words.

A model without word order gives the same prediction for the same words in any order. So its predictions for reordered
reviews, and for pairs of texts with the same words, show what it makes of the order and of nothing else.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np
from scipy.special import logit
from sklearn.feature_extraction.text import CountVectorizer

from rnn_tutorial.records import check_count
from rnn_tutorial.sentiment.ngrams import NGrams, log_count_ratios
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit
from rnn_tutorial.sentiment.vocabulary import FIRST_WORD, START, UNKNOWN, Vocabulary

__all__ = ["shuffle_words", "hide_numbers", "opposites", "order_scores"]

Predict = Callable[[ReviewSplit], np.ndarray]
POLAR = 10  # positive adjectives, and as many negative ones
ROUNDING = 1e-4  # log-odds that differ by less count as equal
COMMON = 30  # training reviews in which such an adjective must follow "very"


def shuffle_words(
    split: ReviewSplit, seed: int, *, together: int = 1, within: int | None = None, length: int = 500
) -> ReviewSplit:
    """Shuffle the words of each review.

    :param split: the reviews
    :param seed: the seed of the shuffling
    :param together: how many neighbouring words stay together, in their order
    :param within: shuffle only within stretches of this many words; ``None`` shuffles all words
    :param length: number of ids used of each review, the last ones, as in the networks; only these are shuffled, so
        that a network reads the same words as before
    :returns: the same reviews with the same labels, each with its start id in front
    :raises ValueError: if a number is below 1

    Example: six words, shuffled in pairs, and within the first and the second half.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> from rnn_tutorial.sentiment.word_order import shuffle_words
    >>> split = ReviewSplit([np.array([1, 11, 12, 13, 14, 15, 16])], np.array([1]))
    >>> shuffle_words(split, seed=2, together=2).sequences[0]
    array([ 1, 15, 16, 11, 12, 13, 14])
    >>> shuffle_words(split, seed=2, within=3).sequences[0]
    array([ 1, 13, 11, 12, 16, 15, 14])
    """
    for name, value in {"together": together, "within": within, "length": length}.items():
        if value is not None:
            check_count(name, value)
    random = np.random.default_rng(seed)

    def of_review(ids: np.ndarray) -> np.ndarray:
        words = ids[1:][max(len(ids) - int(length), 0) :]
        stretches = [words[i : i + within] for i in range(0, len(words), within)] if within else [words]
        mixed = [ids[:1]]
        for stretch in stretches:
            pieces = [stretch[i : i + together] for i in range(0, len(stretch), together)]
            mixed += [pieces[place] for place in random.permutation(len(pieces))]
        return np.concatenate(mixed)

    return ReviewSplit([of_review(ids) for ids in split.sequences], split.labels)


def hide_numbers(split: ReviewSplit, vocabulary: Vocabulary) -> ReviewSplit:
    """Replace each number of a split by the id of an unknown word, because many reviews name their rating.

    :param split: the reviews
    :param vocabulary: their vocabulary
    :returns: the same reviews with the same labels and lengths

    >>> from rnn_tutorial.sentiment.reviews import ReviewSplit
    >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
    >>> from rnn_tutorial.sentiment.word_order import hide_numbers
    >>> vocabulary = Vocabulary(["good", "7", "10"])
    >>> split = ReviewSplit([vocabulary.encode("good 7 10")], [1])
    >>> vocabulary.decode(hide_numbers(split, vocabulary).sequences[0])
    '<start> good <unknown> <unknown>'
    """
    numbers = [i for i, word in enumerate(vocabulary.words, start=FIRST_WORD) if word.isdigit()]
    hidden = [np.where(np.isin(ids, numbers), UNKNOWN, ids) for ids in split.sequences]
    return ReviewSplit(hidden, split.labels)


def opposites(reviews: Reviews) -> dict[str, tuple[ReviewSplit, ReviewSplit]]:
    """Build pairs of short texts with the same words and opposite meanings, the positive text first.

    **not first**: "it is not *bad* it is *good*" and "it is not *good* it is *bad*". **not last**: "it is *good* it is
    not *bad*" and "it is *bad* it is not *good*". A model that gives more weight to the end of a text than to its
    beginning gets one of the two kinds right without using "not", and the other one wrong. The adjectives are the ten
    with the highest and the ten with the lowest log-count ratio, :eq:`log-count-ratios`, among the words that follow
    "very" in at least 30 training reviews; each of the first is paired with each of the last.

    :param reviews: the reviews; their training split gives the ratios
    :returns: for each kind the better texts and the worse ones, in pairs; empty if the reviews lack the words

    Source: negation is tested by Socher et al., Recursive Deep Models for Semantic Compositionality Over a Sentiment
    Treebank, EMNLP 2013.

    >>> from rnn_tutorial.sentiment.reviews import load_reviews
    >>> from rnn_tutorial.sentiment.word_order import opposites
    >>> reviews = load_reviews()
    >>> for split in opposites(reviews)["not first"]:
    ...     reviews.vocabulary.decode(split.sequences[0])
    '<start> it is not poorly it is touching'
    '<start> it is not touching it is poorly'
    """
    vocabulary, training = reviews.vocabulary, reviews.train
    words = CountVectorizer(analyzer=NGrams(longest=1), binary=True, dtype=np.float32)
    f, weight = words.fit_transform(training.sequences), np.zeros(len(vocabulary))
    weight[words.get_feature_names_out().astype(int)] = log_count_ratios(f, training.labels)
    weight[:FIRST_WORD] = 0  # the special ids

    it, is_, not_, very = (_id(word, vocabulary) for word in ("it", "is", "not", "very"))
    after = Counter(
        word for ids in training.sequences for word in set(ids[1:][ids[:-1] == very].tolist()) if word >= FIRST_WORD
    )
    common = sorted((word for word, count in after.items() if count >= COMMON), key=lambda word: weight[word])
    bad = [word for word in common[:POLAR] if weight[word] < 0]
    good = [word for word in common[: -POLAR - 1 : -1] if weight[word] > 0]
    if min(it, is_, not_) < 0:
        good = []
    first = [([it, is_, not_, b, it, is_, g], [it, is_, not_, g, it, is_, b]) for g in good for b in bad]
    last = [([it, is_, g, it, is_, not_, b], [it, is_, b, it, is_, not_, g]) for g in good for b in bad]

    return {"not first": _pairs(first), "not last": _pairs(last)}


def order_scores(predict: Predict, reviews: Reviews, every: int = 5, seed: int = 1) -> dict[str, float]:
    """Measure how a model uses word order: its accuracy on shuffled reviews, and its predictions for "not" pairs.

    The first four scores are accuracies on a part of the test reviews: as they are, with all words shuffled, with words
    shuffled within stretches of ten, and with stretches of ten shuffled. Then follows, for each kind of
    :func:`opposites`, the fraction of pairs whose better text gets the higher log odds, :eq:`log-odds`. A model without
    word order has the same accuracy four times, and none of the pairs.

    :param predict: predicts a probability for each review of a split, shape (reviews,)
    :param reviews: the reviews
    :param every: the interval of the test reviews that are used: 5 is every fifth
    :param seed: the seed of the shuffling
    :returns: a score from 0 to 1 for each, without the kinds of pairs for which the reviews lack the words
    :raises ValueError: if ``predict`` does not return one probability for each review

    Example: a model that only checks whether a text ends with "good".

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.reviews import load_reviews
    >>> from rnn_tutorial.sentiment.word_order import order_scores
    >>> reviews = load_reviews()
    >>> good = reviews.vocabulary.encode("good")[1]
    >>> def ends_with_good(split):
    ...     return np.array([float(ids[-1] == good) for ids in split.sequences])
    >>> scores = order_scores(ends_with_good, reviews)
    >>> scores["not first"], round(scores["not last"], 2)
    (0.0, 0.0)
    """

    def checked(split: ReviewSplit) -> np.ndarray:
        y = np.asarray(predict(split))
        if y.shape != (len(split),):
            raise ValueError(f"`predict`: expected probabilities of shape ({len(split)},), got {y.shape}.")
        return y

    some = ReviewSplit(reviews.test.sequences[::every], reviews.test.labels[::every])
    versions = {
        "as they are": some,
        "all words shuffled": shuffle_words(some, seed),
        "words shuffled within ten": shuffle_words(some, seed, within=10),
        "tens shuffled": shuffle_words(some, seed, together=10),
    }
    scores = {name: float(np.mean((checked(split) > 0.5) == split.labels)) for name, split in versions.items()}
    for name, (better, worse) in opposites(reviews).items():
        if len(better):
            one, other = (logit(np.clip(checked(texts), 1e-6, 1 - 1e-6)) for texts in (better, worse))
            scores[name] = float(np.mean(one - other > ROUNDING))
    return scores


def _pairs(texts: list[tuple[list[int], list[int]]]) -> tuple[ReviewSplit, ReviewSplit]:
    better, worse = ([np.array([START, *pair[end]], np.int32) for pair in texts] for end in (0, 1))
    return ReviewSplit(better, np.ones(len(better), int)), ReviewSplit(worse, np.zeros(len(worse), int))


def _id(word: str, vocabulary: Vocabulary) -> int:
    """Return the id of a word, or -1, which no text contains, if it is unknown."""
    return int(vocabulary.encode(word)[1]) if word in vocabulary else -1
