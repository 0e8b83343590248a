import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from refusals import refuses

from rnn_tutorial.language.dictation import END, WORDS, Dictations, dictate, dictations, held_out, take_down


@given(digits=st.text("0123456789", min_size=1, max_size=30), seed=st.integers(0, 1000))
def test_what_is_dictated_is_taken_down(digits, seed):
    assert take_down(dictate(digits, np.random.default_rng(seed))) == digits


def test_each_way_of_saying_occurs():
    said = [dictate("247738", np.random.default_rng(seed)) for seed in range(30)]
    assert set(said) == {
        first + " double seven " + last
        for first in ("two four", "four and twenty")
        for last in ("three eight", "eight and thirty")
    }


def test_examples_hold_words_and_digits_and_padding():
    examples = dictations(200, seed=3)
    assert len(examples) == 200 and examples == dictations(200, seed=3) != dictations(200, seed=4)
    for k in range(200):
        words, digits = examples.read(k)
        assert take_down(words) == digits and 3 <= len(digits) <= 8 and not held_out(digits)
        ids = [WORDS.index(word) for word in words.split()]
        assert examples.words[k].tolist() == ids + [-1] * (examples.words.shape[1] - len(ids))
        assert examples.digits[k][: len(digits) + 1].tolist() == [*map(int, digits), END]
        assert (examples.digits[k][len(digits) + 1 :] == -1).all()
    assert {len(examples.read(k)[1]) for k in range(200)} == set(range(3, 9))


WRONG = [(0,), (-1,), (1.5,), (np.inf,), (10**12,), (1, (4, 3))]
BROKEN = ["seven oh", "twenty", "double twenty", "double four and twenty", "zero and twenty", "four and"]


test_what_does_not_fit_is_refused_by_name = refuses(
    *(("words", lambda words=words: take_down(words)) for words in BROKEN),
    *(("digits", lambda digits=digits: dictate(digits, np.random.default_rng(1))) for digits in ("12a", "")),
    *(("count`, `lengths", lambda wrong=wrong: dictations(*wrong)) for wrong in WRONG),
    ("test", lambda: dictations(1, test="no")),
    ("digits", lambda: Dictations(np.zeros((2, 3), int), np.zeros((3, 3), int))),
)
