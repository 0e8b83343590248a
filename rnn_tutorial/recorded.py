"""Recorded runs: what a grid of trainings gave, in a small file that pages read.

A grid takes hours, so a build does not run it. Each of its runs is a line of JSON in the package's folder
``experiments``: the setting and the seed, what it reached, which test reviews it answered rightly, and what decided it.
:func:`read_runs` reads such a file; :mod:`rnn_tutorial.keras_grid` writes it, and says whether the same run would come
out otherwise today.
"""

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from rnn_tutorial.records import Record, read_only

__all__ = [
    "RecordedRun", "read_runs", "write_run", "of_setting", "mean_run", "paired_difference", "judge", "Verdict",
    "official_lengths",
]  # fmt: skip


FOLDER = Path(__file__).parent / "experiments"
STEP = 1 / 16  # of log-odds in a file, which has a byte for each


@dataclass(frozen=True, eq=False)
class RecordedRun(Record):
    """One run of a grid.

    :doc:`/sentiment/comparison` shows many. What is left out in an example is empty.

    :param setting: which setting of the grid, such as ``lstm``
    :param seed: the seed of weights and order
    :param beside: which linear model of the grid its log-odds were averaged with, or empty
    :param parameters: how many numbers were trained
    :param seconds: the time that the training took, on one thread of the machine: the processor's, and in the runs on
        the bundled reviews that of a clock
    :param best_epoch: the epoch whose weights were kept
    :param validation: ``loss`` and ``accuracy`` on the validation split
    :param test: the same on the test split
    :param right: whether each test review was answered rightly, bool, shape (reviews,)
    :param log_odds: ln(y / (1 - y)) of its answer y to each test review, if its experiment records them, shape
        (reviews,); a file has them in steps of 1/16, from -8 to 8, and with their signs
    :param order: what it made of the order of words, :func:`~rnn_tutorial.word_order.order_scores`
    :param losses: of a network that learns a task of :mod:`~rnn_tutorial.tasks`: the validation loss as a share of that
        of chance, one each ``eval_every`` updates; of a trial: the validation loss after each epoch
    :param eval_every: updates between two of them
    :param settings: how it was trained, in words
    :param reviews: what it was trained on, in words
    :param facts: what decided it: digests of the model, the optimiser, the settings, the reviews and the code, the
        versions of the libraries, and the machine code that they were told to run
    :param python: Python's version
    :param machine: its processors
    :param trained: when it was trained
    :raises ValueError: if there are log-odds, and not one for each answer

    Example:

    >>> from rnn_tutorial.recorded import RecordedRun
    >>> RecordedRun("lstm", 101, right=[True, False, True]).accuracy
    0.6666666666666666
    """

    setting: str
    seed: int
    beside: str = ""
    parameters: int = 0
    seconds: float = 0.0
    best_epoch: int = 1
    validation: dict[str, float] | None = None
    test: dict[str, float] | None = None
    right: Any = ()
    log_odds: Any = ()
    order: dict[str, float] | None = None
    losses: Sequence[float] = ()
    eval_every: int = 0
    settings: dict[str, str] | None = None
    reviews: str = ""
    facts: dict[str, Any] | None = None
    python: str = ""
    machine: str = ""
    trained: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "right", read_only(np.asarray(self.right, dtype=bool)))
        object.__setattr__(self, "log_odds", read_only(np.asarray(self.log_odds, dtype=float)))
        object.__setattr__(self, "losses", tuple(self.losses))
        if len(self.log_odds) not in (0, len(self.right)):
            raise ValueError(
                f"`log_odds`: expected one for each of {len(self.right)} answers, got {len(self.log_odds)}."
            )

    @property
    def routines(self) -> dict[str, str]:
        """The machine code that the libraries were told to run: environment variables."""
        return (self.facts or {}).get("routines", {})

    def provenance(self) -> dict[str, str]:
        """Return how it was run, for the end of a page.

        :returns: a title and a value for each fact
        """
        libraries = {"Python": self.python} | (self.facts or {}).get("versions", {})
        return {
            "reviews": self.reviews,
            **(self.settings or {}),
            "seed": str(self.seed),
            "seconds": f"{self.seconds:.1f}",
            "trained": f"{self.trained[:10]}, {self.machine}",
            "versions": ", ".join(f"{name} {value}" for name, value in libraries.items()),
        }

    def updates_until(self, share: float) -> float:
        """Return after how many updates a network that learns a task was first so good, or infinity.

        :param share: what the validation loss had to fall to, as a share of that of chance
        :returns: a multiple of ``eval_every``

        Example:

        >>> from rnn_tutorial.recorded import RecordedRun
        >>> run = RecordedRun("lstm", 101, losses=[0.9, 0.2, 0.04], eval_every=50)
        >>> run.updates_until(0.05), run.updates_until(0.01)
        (150, inf)
        """
        reached = np.flatnonzero(np.asarray(self.losses) <= share)
        return self.eval_every * (int(reached[0]) + 1) if len(reached) else np.inf

    @property
    def accuracy(self) -> float:
        """The share of the test reviews that were answered rightly."""
        return float(np.mean(self.right))


def write_run(file: Path, run: RecordedRun) -> None:
    """Add a run to the end of a file, so that a cut leaves the runs before it whole.

    The grid of :doc:`/sentiment/comparison` is written so.

    :param file: the file, which is made if it is not there
    :param run: the run

    Example:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from rnn_tutorial.recorded import RecordedRun, read_runs, write_run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "grid.jsonl")
    ...     write_run(file, RecordedRun("lstm", 101, right=[True, False]))
    ...     write_run(file, RecordedRun("lstm", 102, right=[True, True]))
    ...     [run.accuracy for run in read_runs(file)]
    [0.5, 1.0]
    """
    facts = vars(run) | {"right": [len(run.right), _text(np.packbits(run.right))]}
    if len(run.log_odds):
        steps = np.ceil(run.log_odds / STEP) - 1  # -1 and 0 lie on either side of 0
        facts["log_odds"] = _text(steps.clip(-128, 127).astype(np.int8))
    else:
        del facts["log_odds"]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab+") as opened:
        if opened.tell():
            opened.seek(-1, os.SEEK_END)
            if opened.read() != b"\n":  # a line that was cut ends here
                opened.write(b"\n")
        opened.write(json.dumps(facts).encode() + b"\n")
        opened.flush()
        os.fsync(opened.fileno())


def _text(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()


def _numbers(text: str, kind: type[np.generic]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def read_runs(file: str | Path) -> list[RecordedRun]:
    """Read the runs of a file, sorted by setting and seed.

    A line that was cut while it was written is left out, because its run is done again. Of two lines about the same
    setting, linear model beside it, seed and machine code the later one counts. :doc:`/sentiment/comparison` reads one
    file.

    :param file: the file
    :returns: the runs
    :raises FileNotFoundError: if there is no such file
    :raises ValueError: if a line is whole and no run

    Example: see :func:`write_run`.

    >>> from rnn_tutorial.recorded import read_runs
    >>> read_runs("missing.jsonl")
    Traceback (most recent call last):
    FileNotFoundError: `file`: expected recorded runs in missing.jsonl, ...
    """
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(
            f"`file`: expected recorded runs in {path}, and there is no such file. The project's lie in {FOLDER}; "
            "`nox -s experiments` makes them."
        )
    runs = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            facts = json.loads(line)
        except ValueError:
            continue  # it was cut
        try:
            count, text = facts["right"]
            bits = np.unpackbits(_numbers(text, np.uint8))
            if not 0 <= len(bits) - count < 8:
                raise ValueError(f"{len(bits)} bits for {count} answers")
            log_odds = STEP * (_numbers(facts.get("log_odds", ""), np.int8) + 0.5)
            run = RecordedRun(**facts | {"right": bits[:count], "log_odds": log_odds})
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"`file`: expected a recorded run in line {number} of {path}, got {error!r}.") from error
        runs[run.setting, run.beside, run.seed, tuple(sorted(run.routines.items()))] = run
    return [runs[key] for key in sorted(runs)]


def of_setting(runs: Sequence[RecordedRun], setting: str, beside: str = "") -> list[RecordedRun]:
    """Return the runs of one setting, one for each seed.

    Some seeds were run once more with other machine code. The runs are those with the machine code of the first of
    ``runs``, with which every seed was run.

    :param runs: runs of any settings
    :param setting: the setting
    :param beside: the linear model that its log-odds were averaged with, or empty for the setting alone
    :returns: its runs, in the order of ``runs``

    :doc:`/sentiment/comparison` sorts its runs so.

    Example:

    >>> from rnn_tutorial.recorded import RecordedRun, of_setting
    >>> runs = [
    ...     RecordedRun("lstm", 101),
    ...     RecordedRun("gru", 101),
    ...     RecordedRun("lstm", 102),
    ... ]
    >>> [run.seed for run in of_setting(runs, "lstm")]
    [101, 102]
    """
    wanted = (setting, beside, runs[0].routines) if runs else None
    return [run for run in runs if (run.setting, run.beside, run.routines) == wanted]


def mean_run(setting: str, runs: Sequence[RecordedRun]) -> RecordedRun:
    """Return the run of a model that answers with the mean of several runs' log-odds, :eq:`mean-log-odds`.

    ln(y / (1 - y)) is the mean of the ln(y_i / (1 - y_i)), shape (reviews,). A mean of 0 counts as a negative answer,
    as 1/2 does. Log-odds in steps have such means where two runs are equally sure of the opposite.

    Nothing is trained for it, so its parameters and seconds are the sums of theirs. A mean can be averaged again, which
    gives weights: the mean of a linear model and of the mean of five networks has half of its weight from the linear
    model. :doc:`/sentiment/ratio-lstm` averages so.

    :param setting: a name for the mean
    :param runs: the runs, all with log-odds on the same test reviews
    :returns: the mean, with the seed of the first run
    :raises ValueError: if there is no run, or one has no log-odds, or they answered other reviews, which shows in their
        number or in labels that differ

    Example: the second run is surer of the first review, and the first one of the second.

    >>> from rnn_tutorial.recorded import RecordedRun, mean_run
    >>> runs = [
    ...     RecordedRun("lstm", 101, right=[False, True], log_odds=[-0.5, -2]),
    ...     RecordedRun("lstm", 102, right=[True, False], log_odds=[1.5, 1]),
    ... ]
    >>> mean = mean_run("two LSTMs", runs)
    >>> mean.log_odds, mean.right
    (array([ 0.5, -0.5]), array([ True,  True]))
    """
    counts = sorted({len(run.log_odds) for run in runs})
    expected = "`runs`: expected runs with log-odds on the same test reviews, got"
    if len(counts) != 1 or not counts[0]:
        many = " and ".join(map(str, counts)) or "no"
        raise ValueError(f"{expected} {len(runs)} with log-odds on {many} reviews.")
    labels = np.array([(run.log_odds > 0) == run.right for run in runs])
    if other := int((labels != labels[0]).any(axis=0).sum()):
        raise ValueError(
            f"{expected} {len(runs)} that do not agree about the labels of {other} of {counts[0]} reviews."
        )
    log_odds = np.mean([run.log_odds for run in runs], axis=0)
    return RecordedRun(
        setting,
        runs[0].seed,
        parameters=sum(run.parameters for run in runs),
        seconds=sum(run.seconds for run in runs),
        right=(log_odds > 0) == labels[0],
        log_odds=log_odds,
    )


def paired_difference(ones: Sequence[RecordedRun], others: Sequence[RecordedRun]) -> tuple[float, float]:
    """Return by how much some runs are ahead of others, and the sampling error of that.

    d_i is the share of the first runs that are right about test review i, less that of the other runs. The difference
    is the mean of d_i, and its sampling error s / √n, with the standard deviation s of d_i over the n reviews. All
    runs answered the same reviews, so what both get right or both get wrong cancels. :doc:`/sentiment/comparison` uses
    it.

    :param ones: runs of one setting, one for each seed
    :param others: runs of another setting
    :returns: the difference and its error, as shares from 0 to 1
    :raises ValueError: if there is no run, or they did not answer as many reviews

    Source: for one run of each this is the error behind McNemar's test, Psychometrika 12 (1947).

    Example: of three reviews, both are right about the first, and only one about the second.

    >>> from rnn_tutorial.recorded import RecordedRun, paired_difference
    >>> one = RecordedRun("one", 101, right=[True, True, False])
    >>> other = RecordedRun("other", 101, right=[True, False, False])
    >>> difference, error = paired_difference([one], [other])
    >>> round(difference, 3), round(error, 3)
    (0.333, 0.333)
    """
    counts = {len(run.right) for run in [*ones, *others]}
    if not ones or not others or len(counts) != 1:
        raise ValueError(
            f"`ones`, `others`: expected runs of both, which answered the same reviews; got {len(ones)} and "
            f"{len(others)} runs, and {sorted(counts)} reviews."
        )
    right_of_ones, right_of_others = (np.mean([run.right for run in runs], axis=0) for runs in (ones, others))
    d = right_of_ones - right_of_others
    return float(d.mean()), float(d.std(ddof=1) / np.sqrt(len(d)))


class Verdict(NamedTuple):
    """What :func:`judge` says of two settings of a grid.

    :doc:`/sentiment/comparison` shows six of them.

    :param points: by how much the first is ahead, in points of accuracy, from -100 to 100
    :param error: the sampling error of that, in points
    :param better: the share of seeds with which the first has the higher accuracy
    :param verdict: whether the first is ``"ahead"``, ``"behind"`` or ``"level"``

    Example:

    >>> from rnn_tutorial.recorded import Verdict
    >>> Verdict(points=2.0, error=0.5, better=1.0, verdict="ahead").errors
    4.0
    """

    points: float
    error: float
    better: float
    verdict: Literal["ahead", "behind", "level"]

    @property
    def errors(self) -> float:
        """How many sampling errors the first is ahead; 0 where both answer every review alike."""
        return self.points / self.error if self.error else 0.0


def judge(ones: Sequence[RecordedRun], others: Sequence[RecordedRun]) -> Verdict:
    """Say whether one setting is ahead of another, by the rule of :doc:`/sentiment/protocol`.

    It is ahead if it has the higher accuracy with at least nine seeds of ten, and if the difference of the means is
    more than twice its sampling error, :func:`paired_difference`. It is behind if the other is ahead of it, and
    otherwise the two are level.

    :param ones: runs of one setting, one for each seed
    :param others: runs of the other with the same seeds, or the one run of a linear model, which stands beside each
    :returns: the verdict, with the numbers behind it
    :raises ValueError: if the seeds differ, or as in :func:`paired_difference`

    Example: ten reviews, of which one setting gets nine right, and the other six.

    >>> from rnn_tutorial.recorded import RecordedRun, judge
    >>> ones = [RecordedRun("one", s, right=[True] * 9 + [False]) for s in (101, 102)]
    >>> others = [RecordedRun("other", 101, right=[True] * 6 + [False] * 4)]
    >>> judge(ones, others).verdict, judge(others * 2, others).verdict
    ('level', 'level')
    >>> round(judge(ones, others).errors, 2)
    1.96
    """
    difference, error = paired_difference(ones, others)
    beside = others if len(others) > 1 else [*others] * len(ones)
    seeds = [run.seed for run in ones], [run.seed for run in beside]
    if len(others) > 1 and seeds[0] != seeds[1]:
        raise ValueError(f"`ones`, `others`: expected runs with the same seeds, got {seeds[0]} and {seeds[1]}.")
    pairs = list(zip(ones, beside, strict=True))
    better, worse = (
        float(np.mean([sign * (one.accuracy - other.accuracy) > 0 for one, other in pairs])) for sign in (1, -1)
    )
    verdict: Literal["ahead", "behind", "level"] = "level"
    if better >= 0.9 and difference > 2 * error:
        verdict = "ahead"
    elif worse >= 0.9 and difference < -2 * error:
        verdict = "behind"
    return Verdict(100 * difference, 100 * error, better, verdict)


def official_lengths() -> np.ndarray:
    """Return how many ids each test review of the official split has.

    They stand in the order of ``right`` of a :class:`RecordedRun`. A page that shows recorded runs need not have these
    reviews, but it can say how runs fare on short and on long ones, as :doc:`/sentiment/official-split` does.

    :returns: the lengths, with the start id, before a review is cut; int, shape (reviews,)

    Example:

    >>> from rnn_tutorial.recorded import official_lengths
    >>> lengths = official_lengths()
    >>> len(lengths), int((lengths > 500).sum())
    (25000, 1984)
    """
    return np.array(json.loads((FOLDER / "test-lengths-aclImdb.json").read_text(encoding="utf-8"))["lengths"])
