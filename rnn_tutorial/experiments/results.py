"""Recorded training runs, in small files that pages read.

Some experiments take hours, so a build does not run them. Each run is a line of JSON in the package's folder
``experiments``: the setting and the seed, the results, which test reviews it predicted correctly, what determined it,
and a checksum. ``nox -s experiments`` writes the lines; :mod:`~rnn_tutorial.experiments.plans` has the settings.
"""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from rnn_tutorial.claims import say_on_page
from rnn_tutorial.records import Record
from rnn_tutorial.sentiment.reviews import Reviews

__all__ = [
    "recorded_runs", "of_setting", "RecordedRun", "read_runs", "write_run", "letter_models", "LAGS", "SOLVED", "MODELS",
    "LADDER",
]  # fmt: skip

FOLDER = Path(__file__).parent / "runs"

LAGS = (10, 50, 100, 200, 400)
"""The lags of the experiment ``lags``, in time steps; :doc:`/theory/long-lags` shows which networks learn them."""

SOLVED = 0.05
"""A task is solved when the validation loss, relative to chance, falls to this, as on :doc:`/theory/long-lags`."""

MODELS = {
    "words": "linear, words",
    "pairs": "linear, words and pairs",
    "triples": "linear, up to triples",
    "tfidf": "linear, TF-IDF of words and pairs",
    "average": "average of word vectors",
    "feed_forward": "feed-forward",
    "simple_rnn": "simple RNN",
    "lstm": "LSTM",
    "gru": "GRU",
    "bidirectional_lstm": "bidirectional LSTM",
    "convolution": "convolution over 5 words",
    "position_wise_ngrams": "position-wise, n-gram features",
    "convolution_ngrams": "convolution over 5 steps, n-gram features",
    "lstm_ngrams": "bidirectional LSTM, n-gram features",
}
"""The models of the experiment ``official`` in words, as :doc:`/sentiment/comparison` lists them."""

LADDER = {
    "counted n-grams": "counts",
    "simple_rnn": "simple_rnn",
    "gru": "gru",
    "transformer": "transformer",
    "minGRU": "mingru",
    "delta rule": "delta",
    "delta rule, attention": "hybrid",
}
"""What predicts letters, and how its settings of the experiment ``letters`` begin; the pages on language compare it."""


@dataclass(frozen=True, eq=False)
class RecordedRun(Record):
    """One run of a grid. What an example leaves out is empty.

    :param setting: which setting of the grid, such as ``lstm``
    :param seed: the seed of initial weights and order
    :param parameters: the number of trained parameters
    :param seconds: the training time on one thread: CPU time, on the bundled reviews wall-clock time
    :param best_epoch: the epoch of the best checkpoint
    :param validation: ``loss`` and ``accuracy`` on the validation split
    :param test: the same on the test split, and for models of reviews ``calibration_error``
    :param correct: whether each test review was predicted correctly, bool, shape (reviews,)
    :param word_order: its scores for word order, :func:`~rnn_tutorial.sentiment.word_order.order_scores`
    :param losses: of a network that learns a task of :mod:`~rnn_tutorial.theory.tasks`: the validation loss relative to
        chance, one each ``eval_every`` updates; of others: the validation loss after each epoch
    :param eval_every: updates between two of them
    :param curves: if the run was followed, such as the numbers of
        :func:`~rnn_tutorial.theory.networks.cue_gradient` before training and each ``eval_every`` updates
    :param settings: how it was trained, in words
    :param reviews: what it was trained on, in words
    :param facts: what determined it: digests of model, optimiser, settings and reviews, the version of the training,
        those of the libraries, and the instruction set of their CPU kernels
    :param python: Python's version
    :param machine: the processor
    :param trained: when it was trained

    >>> import numpy as np
    >>> from rnn_tutorial.experiments.results import RecordedRun
    >>> RecordedRun("lstm", 101, correct=np.array([True, False, True])).accuracy
    0.6666666666666666
    """

    setting: str
    seed: int
    parameters: int = 0
    seconds: float = 0.0
    best_epoch: int = 1
    validation: dict[str, float] | None = None
    test: dict[str, float] | None = None
    correct: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    word_order: dict[str, float] | None = None
    losses: list[float] = field(default_factory=list)
    eval_every: int = 0
    curves: dict[str, list[float]] = field(default_factory=dict)
    settings: dict[str, str] | None = None
    reviews: str = ""
    facts: dict[str, Any] | None = None
    python: str = ""
    machine: str = ""
    trained: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.correct.dtype != bool:
            raise ValueError(f"`correct`: expected True or False for each review, got {self.correct.dtype}.")

    @property
    def cpu_kernels(self) -> dict[str, str]:
        """The environment variables that selected the CPU kernels of the libraries."""
        return (self.facts or {}).get("cpu_kernels", {})

    def provenance(self) -> dict[str, str]:
        """Return how it was run, for the end of a page: a title and a value for each fact."""
        libraries = {"Python": self.python} | (self.facts or {}).get("versions", {})
        return {
            "reviews": self.reviews,
            **(self.settings or {}),
            "seed": str(self.seed),
            "seconds": f"{self.seconds:.1f}",
            "trained": f"{self.trained[:10]}, {self.machine}",
            "versions": ", ".join(f"{name} {value}" for name, value in libraries.items()),
        }

    def updates_until(self, fraction: float) -> float:
        """Return the number of updates until the validation loss first fell to a fraction of chance, or infinity.

        >>> from rnn_tutorial.experiments.results import RecordedRun
        >>> run = RecordedRun("lstm", 101, losses=[0.9, 0.2, 0.04], eval_every=50)
        >>> run.updates_until(0.05), run.updates_until(0.01)
        (150, inf)
        """
        reached = np.flatnonzero(np.asarray(self.losses) <= fraction)
        return self.eval_every * (int(reached[0]) + 1) if len(reached) else np.inf

    @property
    def accuracy(self) -> float:
        """The accuracy on the test reviews."""
        return float(np.mean(self.correct))


def write_run(file: Path, run: RecordedRun) -> None:
    """Append a run to a file. An interruption leaves the file as it was, and several processes may write at once.

    :param file: the file, created if it does not exist
    :param run: the run

    >>> import tempfile
    >>> from pathlib import Path
    >>> from rnn_tutorial.experiments.results import RecordedRun, read_runs, write_run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_run(Path(folder, "grid.jsonl"), RecordedRun("lstm", 101))
    ...     [(run.setting, run.seed) for run in read_runs(Path(folder, "grid.jsonl"))]
    [('lstm', 101)]
    """
    packed = base64.b64encode(np.packbits(run.correct).tobytes()).decode()
    line = _with_checksum(json.dumps(vars(run) | {"correct": [len(run.correct), packed]}))
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock"):
        part = file.with_suffix(".part")  # which gets the file's name when it is complete
        part.write_bytes((file.read_bytes() if file.is_file() else b"") + f"{line}\n".encode())
        part.replace(file)


def read_runs(file: str | Path) -> list[RecordedRun]:
    """Read the runs of a file, sorted by setting and seed.

    Of two lines with the same setting, seed and instruction set the later one counts. :func:`recorded_runs` reads the
    project's own.

    :param file: the file
    :returns: the runs
    :raises FileNotFoundError: if there is no such file
    :raises ValueError: if a line is damaged or was edited

    Example: see :func:`write_run`.

    >>> from rnn_tutorial.experiments.results import read_runs
    >>> read_runs("missing.jsonl")
    Traceback (most recent call last):
    FileNotFoundError: `file`: expected recorded runs in missing.jsonl, ...
    """
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(
            f"`file`: expected recorded runs in {path}, but there is no such file. The project's are in {FOLDER}; "
            "`nox -s experiments` makes them."
        )
    content, runs = path.read_text(encoding="utf-8", errors="replace"), {}
    for number, line in enumerate(content.removesuffix("\n").split("\n") if content else [], start=1):
        try:
            run = _parsed(line)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"`file`: expected a recorded run in line {number} of {path}, got {error!r}.") from error
        runs[run.setting, run.seed, tuple(sorted(run.cpu_kernels.items()))] = run
    return [runs[key] for key in sorted(runs)]


def _with_checksum(line: str) -> str:
    return f'{line[:-1]}, "checksum": "{hashlib.sha256(line.encode()).hexdigest()[:16]}"}}'


def _parsed(line: str) -> RecordedRun:
    content = line.rpartition(', "checksum": ')[0] + "}"
    if line != _with_checksum(content):
        raise ValueError("a line that does not match its checksum; restore it with Git")
    facts = json.loads(content)
    count, packed = facts["correct"]
    bits = np.unpackbits(np.frombuffer(base64.b64decode(packed), np.uint8), count=count)
    return RecordedRun(**facts | {"correct": bits.astype(bool)})


def recorded_runs(experiment: str, reviews: Reviews | None = None) -> list[RecordedRun]:
    """Load the recorded runs of an experiment for a page.

    :param experiment: its name, followed by ``-aclImdb`` for runs on the official split
    :param reviews: the page's reviews; if the runs used others, the page shows a warning
    :returns: the runs, including those with another instruction set
    :raises FileNotFoundError: if there is no file of this name
    :raises ValueError: if it has no run, or a line that is damaged

    Example: the first seed and the last one.

    >>> from rnn_tutorial.experiments.results import recorded_runs
    >>> runs = recorded_runs("lags")
    >>> min(run.seed for run in runs), max(run.seed for run in runs)
    (101, 110)
    """
    if not (runs := read_runs(file := FOLDER / f"{experiment}.jsonl")):
        raise ValueError(f"`experiment`: expected recorded runs in {file}, got an empty file. Restore it with Git.")
    if reviews is not None and runs[0].reviews != reviews.source:
        text = f"The recorded runs are about other reviews: {runs[0].reviews}."
        say_on_page(f'<div class="admonition warning"><p>{html.escape(text)}</p></div>', text)
    return runs


def of_setting(runs: Sequence[RecordedRun], setting: str) -> list[RecordedRun]:
    """Select the runs of one setting, one for each seed.

    Some seeds were also run with another instruction set. The selected runs have that of the first of ``runs``, with
    which every seed was run.

    :param runs: runs of any settings
    :param setting: the setting

    >>> from rnn_tutorial.experiments.results import RecordedRun, of_setting
    >>> runs = [RecordedRun("lstm", 101), RecordedRun("gru", 101)]
    >>> [run.seed for run in of_setting(runs, "lstm")]
    [101]
    """
    wanted = (setting, runs[0].cpu_kernels) if runs else None
    return [run for run in runs if (run.setting, run.cpu_kernels) == wanted]


def letter_models(runs: list[RecordedRun]) -> list[dict[str, Any]]:
    """Summarise the experiment ``letters``: each model after each length of text, means over seeds.

    :param runs: ``recorded_runs("letters")``
    :returns: for each its name in :data:`LADDER` and its size (the n of counts, the units or numbers of a vector); the
        ``millions`` of letters; the ``numbers`` that it stores; ``bits`` per letter of other reviews, those of the
        worst and the best seed, and those of a mixture with counts (``mixed``); the percentage of written words that
        are in its text (``known``); ``seconds``, ``seeds``, ``rate``, and a ``sample``

    >>> from rnn_tutorial.experiments.results import letter_models, recorded_runs
    >>> runs = recorded_runs("letters")
    >>> models = [one for one in letter_models(runs) if one["name"] == "gru"]
    >>> sorted({one["size"] for one in models})
    [32, 64, 128, 256]
    """
    names, models = {kind: name for name, kind in LADDER.items()}, []
    for setting in dict.fromkeys(run.setting for run in runs):
        kind, size, millions = setting.rsplit("_", 2)
        of = of_setting(runs, setting)
        bits, mixed, known = (
            np.array([(run.test or {}).get(name, np.nan) for run in of]) for name in ("loss", "mixed", "known")
        )
        told = of[0].settings or {}
        models.append(
            {"name": names[kind], "size": int(size), "millions": float(millions), "numbers": of[0].parameters}
            | {"bits": bits.mean() / np.log(2), "lowest": bits.min() / np.log(2), "highest": bits.max() / np.log(2)}
            | {"validation": np.mean([(run.validation or {}).get("loss", np.nan) for run in of]) / np.log(2)}
            | {"mixed": mixed.mean() / np.log(2), "known": known.mean(), "seeds": len(of)}
            | {"seconds": np.mean([run.seconds for run in of]), "rate": told.get("learning rate", "")}
            | {"sample": told.get("sample", "")}
        )
    return models
