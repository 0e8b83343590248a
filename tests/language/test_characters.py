import json
from functools import partial

import numpy as np
import pytest
from refusals import refuses
from safetensors.numpy import load

from rnn_tutorial.language.characters import (
    ALPHABET,
    chunk_loss_and_gradients,
    decode,
    encode,
    new_writer,
    read_stream,
    review_stream,
    review_text,
    train_on_stream,
    write,
    writer_file,
)
from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.gradients import backpropagate_through_time

SENTENCES = "\nthe film was good. the end was not.\nthe book was long and the end was good."


def test_the_alphabet_has_each_character_once_and_ids_are_read_back():
    assert len(set(ALPHABET)) == len(ALPHABET) == 52
    assert decode(encode(ALPHABET)) == ALPHABET
    assert decode(encode("Tréma!  “quoted”\tend")) == "trma! quoted end"
    assert encode("").shape == (0,)


def test_the_stream_is_whole_reviews_with_their_labels():
    ids, labels = review_stream("test", 20_000, seed=1)
    text = decode(ids)
    assert len(ids) == len(labels) == 20_000 and text[0] == "\n"
    assert "<br" not in text and "  " not in text
    starts = np.flatnonzero(ids == 0)
    assert (np.flatnonzero(np.diff(labels)) + 1).tolist() == [i for i in starts[1:] if labels[i] != labels[i - 1]]
    assert 0.2 < labels.mean() < 0.8  # both classes, mixed
    again, _ = review_stream("test", 10_000, seed=1)
    assert np.array_equal(again, ids[:10_000])
    assert not np.array_equal(review_stream("test", 10_000, seed=2)[0], again)
    train, _ = review_stream("train", 20_000, seed=1)
    assert not set(decode(train).split("\n")[1:-1]) & set(text.split("\n")[1:-1])


def test_the_text_of_a_page_is_the_beginning_of_the_stream_and_fits_in_a_megabyte():
    text = review_text()
    assert len(text.encode()) < 1e6
    assert np.array_equal(encode(text[:1000]), review_stream("train", 1000, seed=1)[0])


@pytest.mark.parametrize("kind", [SimpleRNNCell, LSTMCell, GRUCell])
def test_chunks_with_a_carried_state_are_one_truncated_pass(kind):
    ids = encode(SENTENCES)[:25][None]
    network = new_writer(5, seed=1, cell_type=kind, dtype="float64")
    first, first_grads, state = chunk_loss_and_gradients(network, ids[:, :13])
    second, second_grads, last = chunk_loss_and_gradients(network, ids[:, 12:], state)
    one_hot = np.eye(len(ALPHABET))
    x, wanted = one_hot[ids[:, :-1]], one_hot[ids[:, 1:]]
    states = unroll(network.cell, x)
    y = network.read_out(states.h)
    assert (first + second) / 2 == pytest.approx(-np.log((y * wanted).sum(axis=-1)).mean())
    assert np.allclose(last.h, states.h[:, -1])
    # each chunk has half of the characters, so its gradient counts half
    whole = backpropagate_through_time(network.cell, x, (y - wanted) / 24 @ network.V, states=states, truncation=12)
    for name, grad in whole.parameters.items():
        assert np.allclose((first_grads[name] + second_grads[name]) / 2, grad)


def test_a_short_text_is_learnt_by_heart_and_written():
    text = encode(SENTENCES * 400)
    network, losses = train_on_stream(new_writer(48, seed=1), text, streams=4, steps=19)
    assert losses[0] == pytest.approx(np.log(52), abs=0.3) and losses[-1] < 0.3
    assert len(losses) == (len(text) // 4 - 1) // 19
    written = write(network, "the film", 60, seed=1, top_k=1)
    assert written.startswith(" was good. the end was")
    assert written == write(network, "the film", 60, seed=2, top_k=1)  # greedy
    drawn = {write(network, "the ", 30, seed=s, temperature=2.0) for s in range(4)}
    assert len(drawn) == 4
    assert write(network, "The FILM", 20, seed=1, top_k=1) == written[:20]


def test_reading_side_by_side_is_reading_each_part():
    network, ids = new_writer(6, seed=1), encode(SENTENCES)[:40]
    h, y = read_stream(network, ids, streams=2)
    for half in (slice(0, 20), slice(20, 40)):
        alone_h, alone_y = read_stream(network, ids[half])
        assert np.allclose(h[half], alone_h, atol=1e-6) and np.allclose(y[half], alone_y, atol=1e-6)
    assert np.allclose(y.sum(axis=1), 1, atol=1e-5)


def test_the_file_has_the_parameters_and_the_alphabet():
    network = new_writer(7, seed=1)
    content = writer_file(network)
    tensors = load(content)
    assert network.with_parameters(tensors) == network and tensors.keys() == network.parameters.keys()
    size = int.from_bytes(content[:8], "little")
    assert json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["rnn_tutorial"]) == {
        "cells": {"": "GRUCell"},
        "alphabet": ALPHABET,
    }
    assert writer_file(network) == content


@pytest.mark.parametrize(("restart", "carried"), [(0.0, True), (1.0, False)])
def test_a_state_is_carried_on_or_begins_anew(restart, carried):
    ids, network = encode(SENTENCES)[:66].reshape(2, 33), new_writer(6, seed=1, dtype="float64")
    _, losses = train_on_stream(network, ids.ravel(), streams=2, steps=16, learning_rate=1e-9, restart=restart)
    first, _, state = chunk_loss_and_gradients(network, ids[:, :17])
    second, _, _ = chunk_loss_and_gradients(network, ids[:, 16:33], state if carried else None)
    other, _, _ = chunk_loss_and_gradients(network, ids[:, 16:33], None if carried else state)
    assert losses == pytest.approx([first, second], rel=1e-7)
    assert abs(second - other) > 1e-5


def test_a_run_is_kept_by_its_text_and_else_as_those_of_fit(empty_cache, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    text, network = encode(SENTENCES * 4), new_writer(4, seed=1)
    one, same, other = (train_on_stream(network, ids, streams=2, steps=8) for ids in (text, text, text[1:]))
    assert one[0] == same[0] != other[0] and np.array_equal(one[1], same[1])
    assert len(list(empty_cache.rglob("*.pickle"))) == 2


test_what_does_not_fit_is_refused_by_name = refuses(
    *(("ids", partial(decode, ids)) for ids in ([-1], [0.5])),
    *(("ids", partial(read_stream, new_writer(4, seed=1), np.array(ids))) for ids in ([-7], [10**12], [0.5])),
    *(("streams", partial(read_stream, new_writer(4, seed=1), encode("a film"), streams=k)) for k in (4, 7)),
    ("ids", lambda: train_on_stream(new_writer(4, seed=1), encode(SENTENCES), streams=8)),
    ("length", lambda: review_stream("test", 10**9, seed=1)),
)
