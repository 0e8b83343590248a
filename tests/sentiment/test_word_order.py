import numpy as np
import pytest

from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit, load_reviews
from rnn_tutorial.sentiment.vocabulary import START, Vocabulary
from rnn_tutorial.sentiment.word_order import opposites, order_scores, shuffle_words

KINDS = ("not first", "not last")


@pytest.fixture(scope="module")
def reviews():
    return load_reviews()


@pytest.fixture(scope="module")
def pairs(reviews):
    return opposites(reviews)


@pytest.mark.parametrize("how", [{}, {"together": 10}, {"within": 10}, {"together": 2, "within": 7}])
def test_a_shuffled_review_keeps_its_last_words_and_its_label(reviews, how):
    shuffled = shuffle_words(reviews.test, 1, **how)
    for before, after in zip(reviews.test.sequences, shuffled.sequences, strict=True):
        assert after[0] == START
        assert sorted(after[1:]) == sorted(before[1:][-499:])
    assert np.array_equal(shuffled.labels, reviews.test.labels)


def test_the_seed_decides_the_order(reviews):
    one, again, other = (shuffle_words(reviews.test, seed).digest for seed in (1, 1, 2))
    assert one == again != other


def test_the_texts_of_a_pair_have_the_same_words(pairs):
    for name, (better, worse) in pairs.items():
        assert len(better) == len(worse) > 50
        for one, other in zip(better.sequences, worse.sequences, strict=True):
            assert sorted(one) == sorted(other)
            assert not np.array_equal(one, other)
        assert better.labels.all(), name
        assert not worse.labels.any(), name


@pytest.fixture(scope="module")
def weight(reviews, pairs):
    """Give 1 for each word that is good, and -1 for each that is bad."""
    weight = np.zeros(len(reviews.vocabulary))
    for split, sign in zip(pairs["not first"], (1, -1), strict=True):
        weight[[ids[-1] for ids in split.sequences]] = sign
    return weight


def test_a_model_without_order_gets_no_pair_and_the_end_tells_one_kind(reviews, weight):
    def counts(split):
        return np.array([0.5 + weight[ids[1:][-499:]].sum() / 1e4 for ids in split.sequences])

    def ends(split):
        return np.array([0.5 + weight[ids[-1]] / 2 for ids in split.sequences])

    without, by_the_end = order_scores(counts, reviews), order_scores(ends, reviews)
    assert {without[name] for name in KINDS} == {0}
    assert len({without[name] for name in ("as they are", "all words shuffled", "tens shuffled")}) == 1
    # the end alone gets one kind right, and the other one wrong
    assert (by_the_end["not first"], by_the_end["not last"]) == (1, 0)


def test_a_model_that_reads_not_gets_both_kinds(reviews, weight):
    not_ = reviews.vocabulary.encode("not")[1]

    def reads(split):
        turned = [np.where(np.append(0, ids[:-1]) == not_, -0.5, 1) for ids in split.sequences]
        pairs = zip(split.sequences, turned, strict=True)
        return np.array([0.5 + (weight[ids] * sign).sum() / 1e4 for ids, sign in pairs])

    scores = order_scores(reads, reviews)
    assert (scores["not first"], scores["not last"]) == (1, 1)


def test_reviews_without_such_words_have_no_pairs():
    vocabulary = Vocabulary(["good", "bad"])
    split = ReviewSplit([vocabulary.encode("good"), vocabulary.encode("bad bad")], np.array([1, 0]))
    reviews = Reviews(split, split, split, vocabulary, "made up", 0)
    assert {name: len(better) for name, (better, _) in opposites(reviews).items()} == dict.fromkeys(KINDS, 0)
    scores = order_scores(lambda split: np.ones(len(split)), reviews, every=1)
    assert set(scores) == {"as they are", "all words shuffled", "words shuffled within ten", "tens shuffled"}
    assert set(scores.values()) == {0.5}
