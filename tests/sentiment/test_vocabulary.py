import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_tutorial.sentiment.vocabulary import Vocabulary, tokenize


def test_only_ascii_letters_become_small():
    assert tokenize("ÉTUDE Ünder\xa0ice") == ["Étude", "Ünder\xa0ice"]


TYPED = {
    "I didn’t like it. It wasn’t good.": "i didn't like it it wasn't good",
    "“A ‘great’ film”, she said": "a great film she said",
    "bad–really bad — and dull … the end": "bad really bad and dull the end",
    "don´t, don′t, donʼt": "don't don't don't",
    "«Très» bien, ¡qué! £20 ½": "très bien qué 20 ½",
    "great😀 👍🏽 film ❤️ 👩\u200d👩\u200d👧 🇫🇷 ★★ 3️⃣": "great film 3",
    "good\u00a0film\u2003bad\u2028dull\x85": "good film bad dull",
    "naïve CAFÉ Ünder فيلم جيد": "naïve cafÉ Ünder فيلم جيد",
    "می\u200cخواهم": "می\u200cخواهم",  # what joins letters stays
    "– … 😀 ’ \ufe0f": "",
}


@pytest.mark.parametrize(("text", "words"), TYPED.items())
def test_typographic_marks_part_words_and_curly_apostrophes_are_straight(text, words):
    assert tokenize(text, known=()) == words.split()


def test_a_known_word_stays_as_it_is():
    known = ["it´s", "–", "\x96", "it's", "the"]
    assert tokenize("It´s the – don´t \x96 it’s", known) == ["it´s", "the", "–", "don't", "\x96", "it's"]
    assert Vocabulary(known).encode("it´s – — it’s").tolist() == [1, 4, 5, 7]


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_texts_are_split_as_keras_did_whatever_is_known(text):
    assert tokenize(text, known=()) == tokenize(text)


@given(st.text(), st.sets(st.text(max_size=3)))
def test_splitting_for_a_vocabulary_is_idempotent(text, known):
    words = tokenize(text, known)
    assert tokenize(" ".join(words), known) == words
