"""Small trainings give what they gave before; if one changes on purpose, TRAINING_VERSION is raised.

Recorded runs are known by this version and not by the code. This file, run with ``PYTHONPATH=tests``, writes the
outcomes of today. They are compared to five digits, for processors round the last bit differently.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from rnn_tutorial._cache.memory import TRAINING_VERSION
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.optimizers import clipped_adam, plain_sgd, steady_clipped_adam
from rnn_tutorial.sentiment.training import train
from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tutorial.theory.networks import Network
from rnn_tutorial.theory.tasks import adding_problem, copy_memory, same_words, temporal_order
from rnn_tutorial.theory.training import fit

RECORD = Path(__file__).with_suffix(".json")
CHANGED = "another outcome: raise TRAINING_VERSION, run this file as a program, record the experiments anew"
FITS = {
    "fit simple_rnn": (SimpleRNNCell, partial(temporal_order, lag=3), {}),
    "fit lstm": (LSTMCell, partial(adding_problem, length=5), {"max_norm": None, "truncation": 3}),
    "fit gru": (GRUCell, partial(copy_memory, lag=3, copied=2), {"learning_rate": 0.03}),
    "fit words": (LSTMCell, same_words, {"batch_size": 8}),
}
MODELS = {
    "train bag_of_words": (models.bag_of_words, {"optimizer": plain_sgd}),
    "train feed_forward": (partial(models.feed_forward, length=60), {"batching": "padded"}),
    "train simple_rnn": (partial(models.simple_rnn, units=4, mask_padding=True), {"optimizer": steady_clipped_adam}),
    "train lstm": (partial(models.lstm, units=4, mask_padding=True), {"optimizer": clipped_adam}),
    "train gru": (partial(models.gru, units=4, mask_padding=True), {}),
    "train bidirectional_lstm": (partial(models.bidirectional_lstm, units=4, mask_padding=True), {}),
    "train convolution": (partial(models.convolution, units=4), {"batching": "padded"}),
}


def outcome(name, reviews):
    if name in FITS:
        cell, task, how = FITS[name]
        run = fit(Network.random(cell, 4, task(2), 1), task, updates=3, seed=5, **how)
        return [*run.losses, *run.norms, run.evaluations[-1]["loss"]]
    make, how = MODELS[name]
    run = train(make(vocabulary_size=20, embedding_dim=3), reviews, epochs=1, batch_size=50, length=60, seed=5, **how)
    return [*run.losses, run.validation["loss"], run.test["loss"]]


@pytest.mark.parametrize("name", [*FITS, *MODELS])
def test_a_network_learns_what_it_learnt_before(name, small_reviews):
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert record["training_version"] == TRAINING_VERSION, CHANGED
    assert outcome(name, small_reviews) == pytest.approx(record[name], rel=1e-5, abs=1e-6), CHANGED


if __name__ == "__main__":
    from small_reviews import make_reviews

    rounded = {name: np.array(outcome(name, make_reviews())).round(7).tolist() for name in [*FITS, *MODELS]}
    lines = [f" {json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in rounded.items()]
    head = f'{{\n "training_version": {TRAINING_VERSION},\n'
    RECORD.write_text(head + ",\n".join(lines) + "\n}\n", encoding="utf-8")
