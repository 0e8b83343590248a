"""Five stalled trainings of an LSTM that reads film reviews, and the tests that tell what is to blame.

:doc:`/sentiment/stuck-at-chance` runs them, and its detective shows what they found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnn_tutorial.theory.cells import LSTMCell, unroll
from rnn_tutorial.theory.gradients import global_norm, gradient_norms_by_lag
from rnn_tutorial.theory.networks import Network, loss_and_gradients, score
from rnn_tutorial.theory.tasks import Examples
from rnn_tutorial.theory.training import Adam

if TYPE_CHECKING:
    from rnn_tutorial.sentiment.reviews import Reviews

__all__ = ["SUSPECTS", "Case", "investigations", "detective_file"]

Parameters = Mapping[str, np.ndarray]
Update = Callable[[Any, Any], Any]

#: Each suspect: the signs that it implies, as :class:`Case` has them, and what was done.
SUSPECTS = {
    "updates too small": ("=+<+++", "SGD(0.01), not Adam."),
    "padding without a mask": ("=-=-+-", "80 zeros are read last."),
    "words lost": ("=-=+w+", "Each id is 2, “unknown”."),
    "updates too large": (">+>+++", "Adam(1)."),
    "labels shuffled": ("=+=+l+", "The labels are permuted."),
    "too few units": ("=-=+++", ""),
}


class Case(NamedTuple):
    """What a training and its six tests gave.

    ``curve`` has 16 mean accuracies. ``found`` has the loss at the end, that of 100 reviews learned by heart, the size
    of the first update relative to the weights, the change of a prediction by zeros behind a review, three reviews with
    their labels, and the part of the gradient that reaches the last word. ``signs`` has a character for each.
    """

    curve: list[float]
    found: list[Any]
    signs: str


class _Training:
    """LSTMs on the last 20 words of 16,000 reviews, with fixed random vectors."""

    def __init__(self, reviews: Reviews, seed: int) -> None:
        sequences, labels = reviews.train.sequences, reviews.train.labels
        self.seed, self.decode, self.random = seed, reviews.vocabulary.decode, np.random.default_rng(seed)
        long = np.array(list(map(len, sequences))) >= 20
        chosen = self.random.permutation(np.flatnonzero(long))[:16_000]
        self.ids, self.labels = np.array([sequences[k][-20:] for k in chosen]), labels[chosen].astype(int)
        self.vectors = self.random.normal(0, 0.25, (10_000, 64)).astype("float32")

    def run(
        self, ids: np.ndarray, labels: np.ndarray, update: Update, units: int = 16, batch: int = 50, passes: int = 1
    ) -> tuple[list[float], np.ndarray, list[Network]]:
        """Return 16 mean accuracies, the loss before each update, and the networks."""
        task: dict[str, Any] = {"loss": "cross-entropy", "chance": np.log(2), "best": 0.0, "outputs": 2}
        pairs = zip(*(np.split(each, len(labels) // batch) for each in (ids, labels)), strict=True)
        parts = [Examples(self.vectors[few], of_few, **task) for few, of_few in pairs]
        networks, scores = [Network.random(LSTMCell, units, parts[0], seed=self.seed)], []
        for part in parts * passes:
            loss, grads = loss_and_gradients(networks[-1], part)
            scores.append((score(networks[-1], part)["accuracy"], loss))
            networks.append(networks[-1].with_parameters(update(networks[-1].parameters, grads)))
        accuracies, losses = np.transpose(scores)
        return accuracies.reshape(16, -1).mean(axis=1).round(3).tolist(), losses, networks

    def investigate(
        self, ids: np.ndarray | None = None, labels: np.ndarray | None = None, update: Update | None = None
    ) -> Case:
        """Train with a fault, and test."""
        ids, labels = self.ids if ids is None else ids, self.labels if labels is None else labels
        curve, losses, (new, updated, *_) = self.run(ids, labels, update or Adam(0.01).update)
        _, heart, _ = self.run(ids[:100], labels[:100], Adam(0.02).update, batch=20, passes=16)
        old, moved = new.parameters, updated.parameters
        size = global_norm({name: moved[name] - old[name] for name in old})
        zeros, padding = np.pad(ids[:100, :20], [(0, 0), (0, 5)]), ids.shape[1] - 20
        ways = (zeros[:, :20], None), (zeros, None if padding else zeros > 0)
        h = [unroll(new.cell, self.vectors[read], mask).h[:, -1] for read, mask in ways]
        change = np.abs(new.read_out(h[0]) - new.read_out(h[1])).max()
        at_end = np.tile(new.V[1] - new.V[0], (100, 1))
        norms = gradient_norms_by_lag(new.cell, self.vectors[ids[:100]], at_end)
        three = [506, 169, 170]
        found = losses[-20:].mean(), heart[-5:].mean(), size / global_norm(old), change
        loss, by_heart, size, change, arrives = map(float, (*found, norms[padding] / norms[0]))
        read = [(self.decode(ids[k, 8:20]), int(labels[k])) for k in three]
        signs = "=>"[loss > 0.75] + "-+"[by_heart < 0.1] + "<=>"[(size > 1e-3) + (size > 1)]
        wrong, lost = (labels != self.labels)[three].any(), ids.max() == 2
        signs += "+-"[change > 1e-5] + "+lw"[wrong + 2 * lost] + "-+"[arrives > 1e-3]
        return Case(curve, [loss, by_heart, size, change, read, arrives], signs)


def _sgd(parameters: Parameters, grads: Parameters) -> dict[str, np.ndarray]:
    return {name: parameters[name] - np.float32(0.01) * grads[name] for name in parameters}


def investigations(reviews: Reviews, seed: int) -> tuple[dict[str, Case], list[list[float]]]:
    """Run the trainings with one fault each, and two without.

    :param reviews: the reviews, of which 16,000 have at least 20 words
    :param seed: of the choice of reviews, of word vectors and of initial weights
    :returns: the case of each fault, and the accuracies without a fault, of 16 units and of 2
    """
    training = _Training(reviews, seed)
    ids, labels = training.ids, training.labels
    padded, permuted = np.pad(ids, [(0, 0), (0, 80)]), training.random.permutation(labels)
    faults: dict[str, dict[str, Any]] = {
        "updates too small": {"update": _sgd},
        "padding without a mask": {"ids": padded},
        "words lost": {"ids": 0 * ids + 2},
        "updates too large": {"update": Adam(1.0).update},
        "labels shuffled": {"labels": permuted},
    }
    cases = {name: training.investigate(**fault) for name, fault in faults.items()}
    return cases, [training.run(ids, labels, Adam(0.01).update, units)[0] for units in (16, 2)]


def detective_file(cases: Mapping[str, Case], without: list[list[float]], ends: list[float]) -> bytes:
    """Write for the widget, in JSON, what :func:`investigations` returned, and the last accuracies without a fault."""
    shown: dict[str, Any] = {"suspects": SUSPECTS, "fixed": without[0]}
    shown |= {"cases": [(name, *case[:2]) for name, case in cases.items()], "ends": ends}
    return json.dumps(shown).encode()
