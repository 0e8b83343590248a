"""Does a model read the order of words? The same words in another order, and its answers to them.

A model that knows no order gives both the same answer. So what it answers to reordered reviews, and to pairs of
texts of which each has the words of the other, shows what it makes of the order and of nothing else.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np
from scipy.special import logit

from rnn_tutorial.linear_models import count_pieces, log_count_ratios
from rnn_tutorial.reviews import Reviews, ReviewSplit
from rnn_tutorial.vocabulary import FIRST_WORD, START, Vocabulary

__all__ = ["shuffle_words", "opposites", "order_scores"]

Answer = Callable[[ReviewSplit], np.ndarray]
POLAR = 10  # adjectives for and against
ROUNDING = 1e-4  # two log-odds that are closer than this are equal
COMMON = 30  # training reviews in which such an adjective stands after "very"


def shuffle_words(
    split: ReviewSplit, seed: int, *, together: int = 1, within: int | None = None, length: int = 500
) -> ReviewSplit:
    """Shuffle the words of each review, so that each keeps its words and loses their order.

    :param split: the reviews
    :param seed: of the order
    :param together: so many neighbouring words stay together, as they are
    :param within: a word stays within its stretch of so many words; ``None`` lets it go anywhere
    :param length: ids that are kept of a review, the last ones, as the networks keep them; only these are shuffled, so
        that a network reads the same words as before
    :returns: the same reviews with the same labels, each with its start id in front
    :raises ValueError: if a number is below 1

    :doc:`/sentiment/official-split` asks the models about such reviews.

    Example: six words in pairs, and within the first and the second half.

    >>> import numpy as np
    >>> from rnn_tutorial.reviews import ReviewSplit
    >>> from rnn_tutorial.word_order import shuffle_words
    >>> split = ReviewSplit([np.array([1, 11, 12, 13, 14, 15, 16])], np.array([1]))
    >>> shuffle_words(split, seed=2, together=2).sequences[0]
    array([ 1, 15, 16, 11, 12, 13, 14])
    >>> shuffle_words(split, seed=2, within=3).sequences[0]
    array([ 1, 13, 11, 12, 16, 15, 14])
    """
    for name, value in {"together": together, "within": within, "length": length}.items():
        if value is not None and value < 1:
            raise ValueError(f"`{name}`: expected at least 1, got {value}.")
    random = np.random.default_rng(seed)

    def of_review(ids: np.ndarray) -> np.ndarray:
        words = ids[1:][-(length - 1) :]
        stretches = [words[i : i + within] for i in range(0, len(words), within)] if within else [words]
        mixed = [ids[:1]]
        for stretch in stretches:
            pieces = [stretch[i : i + together] for i in range(0, len(stretch), together)]
            mixed += [pieces[place] for place in random.permutation(len(pieces))]
        return np.concatenate(mixed)

    return ReviewSplit([of_review(ids) for ids in split.sequences], split.labels)


def opposites(reviews: Reviews) -> dict[str, tuple[ReviewSplit, ReviewSplit]]:
    """Return pairs of short texts with the same words, of which the first says the better thing.

    **not first**: "it is not *bad* it is *good*" beside "it is not *good* it is *bad*". **not last**: "it is *good* it
    is not *bad*" beside "it is *bad* it is not *good*". A model that weighs the end of a text more than its beginning
    gets one of the two kinds right without reading "not", and the other one wrong. The adjectives are the ten with the
    highest and the ten with the lowest log-count ratio, :eq:`log-count-ratios`, among the words that stand after "very"
    in at least 30 training reviews; each of the first is paired with each of the last.

    :param reviews: the reviews; their training split gives the ratios
    :returns: for each kind the better texts and the worse ones, in pairs; none where the reviews have none

    Source: negation is tested by Socher et al., Recursive Deep Models for Semantic Compositionality Over a Sentiment
    Treebank, EMNLP 2013.

    :doc:`/sentiment/official-split` asks the networks about them.

    Example:

    >>> from rnn_tutorial.reviews import load_reviews
    >>> from rnn_tutorial.word_order import opposites
    >>> reviews = load_reviews()
    >>> decode = reviews.vocabulary.decode
    >>> for kind in ("not first", "not last"):
    ...     better, worse = opposites(reviews)[kind]
    ...     print(decode(better.sequences[0]), "|", decode(worse.sequences[0]))
    <start> it is not poorly it is touching | <start> it is not touching it is poorly
    <start> it is touching it is not poorly | <start> it is poorly it is not touching
    """
    vocabulary, training = reviews.vocabulary, reviews.train
    pieces = count_pieces(reviews, longest=1, at_least=1)
    weight = np.zeros(len(vocabulary))
    weight[[ids for (ids,) in pieces.names]] = log_count_ratios(pieces.train, training.labels)
    weight[:FIRST_WORD] = 0  # what is no word

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


def order_scores(answer: Answer, reviews: Reviews, every: int = 5, seed: int = 1) -> dict[str, float]:
    """Return what a model makes of the order of words: how often it is right when the order changes.

    The first four numbers are accuracies on a share of the test reviews: as they are, with all words shuffled, with
    words shuffled within stretches of ten, and with stretches of ten shuffled. Then for each kind of :func:`opposites`
    the fraction of the pairs whose better text gets the higher probability. A model that knows no order answers the
    first four alike, and gets none of the pairs.

    :param answer: gives a probability for each review of a split
    :param reviews: the reviews
    :param every: every so many of the test reviews
    :param seed: of the shuffling
    :returns: a number from 0 to 1 for each, but none for a kind of pairs of which the reviews have none

    :doc:`/sentiment/official-split` shows them for each network.

    Example: "good" at the end is all that this model reads.

    >>> import numpy as np
    >>> from rnn_tutorial.reviews import load_reviews
    >>> from rnn_tutorial.word_order import order_scores
    >>> reviews = load_reviews()
    >>> good = reviews.vocabulary.encode("good")[1]
    >>> def ends_with_good(split):
    ...     return np.array([float(ids[-1] == good) for ids in split.sequences])
    >>> scores = order_scores(ends_with_good, reviews)
    >>> scores["not first"], round(scores["not last"], 2)
    (0.0, 0.0)
    """
    some = ReviewSplit(reviews.test.sequences[::every], reviews.test.labels[::every])
    versions = {
        "as they are": some,
        "all words shuffled": shuffle_words(some, seed),
        "words shuffled within ten": shuffle_words(some, seed, within=10),
        "tens shuffled": shuffle_words(some, seed, together=10),
    }
    scores = {name: float(np.mean((answer(split) > 0.5) == split.labels)) for name, split in versions.items()}
    for name, (better, worse) in opposites(reviews).items():
        if len(better):
            one, other = (logit(np.clip(answer(texts), 1e-6, 1 - 1e-6)) for texts in (better, worse))
            scores[name] = float(np.mean(one - other > ROUNDING))
    return scores


def _pairs(texts: list[tuple[list[int], list[int]]]) -> tuple[ReviewSplit, ReviewSplit]:
    better, worse = ([np.array([START, *pair[end]], np.int32) for pair in texts] for end in (0, 1))
    return ReviewSplit(better, np.ones(len(better), int)), ReviewSplit(worse, np.zeros(len(worse), int))


def _id(word: str, vocabulary: Vocabulary) -> int:
    """Return the id of a word, and -1, which no text has, if it is not known."""
    return int(vocabulary.encode(word)[1]) if word in vocabulary else -1
