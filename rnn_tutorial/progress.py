"""Progress reports of training, for the build that waits for it.

A build of the site sets an environment variable to the name of a file, and reads from it which network is being trained
and how far it is. Without the variable nothing happens. Reports change no computed number.
"""

import contextlib
import json
import logging
import os
import time
from typing import Any

__all__ = ["report", "tell"]

log = logging.getLogger(__name__)

VARIABLE = "RNN_TUTORIAL_PROGRESS"
PAUSE = 2.0  # seconds between two reports of one network


def report(**facts: Any) -> None:
    """Append one line of JSON to the file that the environment variable ``RNN_TUTORIAL_PROGRESS`` names.

    Each line is a single write to the end of the file, so that lines of several processes do not mix. It contains the
    time and the facts. Without the variable nothing happens, and write errors are ignored: no training fails because of
    its progress reports. So the build knows which network of :doc:`/sentiment/comparison` is being trained.

    :param facts: what to report, as values that JSON can hold

    Example:

    >>> import os, tempfile
    >>> from pathlib import Path
    >>> from rnn_tutorial.progress import report
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.environ["RNN_TUTORIAL_PROGRESS"] = f"{folder}/progress.jsonl"
    ...     report(event="network", name="lstm", seed=1)
    ...     print(Path(folder, "progress.jsonl").read_text().partition(", ")[2].strip())
    ...     del os.environ["RNN_TUTORIAL_PROGRESS"]
    "event": "network", "name": "lstm", "seed": 1}
    """
    if file := os.environ.get(VARIABLE):
        line = json.dumps({"time": time.time(), **facts}) + "\n"
        with contextlib.suppress(OSError):
            descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)


def tell(message: str) -> None:
    """Report a problem that stops nothing: to the build if there is one, otherwise as a warning in the log.

    A build of :doc:`/sentiment/comparison` reports in this way that a cached network was damaged and is trained again.

    :param message: what happened, and what to do

    Example:

    >>> import logging
    >>> from rnn_tutorial.progress import tell
    >>> with_the_message = logging.Handler()
    >>> with_the_message.emit = lambda record: print(record.getMessage())
    >>> log = logging.getLogger("rnn_tutorial.progress")
    >>> log.addHandler(with_the_message)
    >>> tell("The disk is full.")
    The disk is full.
    >>> log.removeHandler(with_the_message)
    """
    if os.environ.get(VARIABLE):
        report(event="message", message=message)  # a line on stderr would become an output of the page
    else:
        log.warning("%s", message)


class Network:
    """Progress reports of one network's training: its start, its progress every two seconds at most, its end."""

    count = 0  # networks of this process so far, to number them

    def __init__(self, name: str, seed: int, unit: str, of: int, kept: str = "") -> None:
        Network.count += 1
        self.facts = {"network": f"{os.getpid()}-{Network.count}", "name": name, "seed": seed, "unit": unit, "of": of}
        self.last = time.monotonic()
        report(event="network", kept=kept, **self.facts)  # kept: when it was trained, if it comes from the cache

    def at(self, done: float) -> None:
        """Report how many units are done, unless the last report is less than two seconds old."""
        now = time.monotonic()
        if now - self.last >= PAUSE:
            self.last = now
            report(event="network at", done=round(done, 3), **self.facts)

    def end(self) -> None:
        """Report the end of the training."""
        report(event="network end", **self.facts)
