import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors.numpy import load, save

from rnn_tutorial import models
from rnn_tutorial.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tutorial.explorer import TrainedReader, changed_answers, quantise_rows, restore_rows, sample_reviews
from rnn_tutorial.reviews import ReviewPart, Vocabulary

NUMBERS = st.floats(-1e6, 1e6, width=32).filter(lambda number: number == 0 or abs(number) > 1e-30)
MATRICES = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=NUMBERS)


def trained_like(name, **sizes):
    """Give a model of which no weight is zero, as after training."""
    if name != "bag_of_words":
        sizes = {"units": 7, "mask_padding": True} | sizes
    model = getattr(models, name)(30, embedding_dim=5, **sizes)
    random = np.random.default_rng(1)
    model.set_weights([random.normal(size=weights.shape).astype("float32") for weights in model.get_weights()])
    return model


@pytest.fixture(params=["bag_of_words", "simple_rnn", "lstm"])
def model(request):
    return trained_like(request.param)


@pytest.fixture
def reader(model):
    return TrainedReader.from_keras(model)


def arrays_of(reader):
    return {"E": reader.E, "V": reader.V, "c": reader.c} | (reader.cell.parameters if reader.cell else {})


# --------------------------------------------------------------------------------------------------------- eight bits


@given(MATRICES)
def test_no_number_is_off_by_more_than_half_a_scale(matrix):
    values, scales = quantise_rows(matrix)
    assert values.dtype == np.int8
    assert scales.dtype == np.float32
    error = np.abs(restore_rows(values, scales).astype(float) - matrix)
    assert (error <= scales[:, None].astype(float) * 0.5001).all()


@given(MATRICES)
def test_the_largest_number_of_a_row_uses_all_of_the_range_and_stays(matrix):
    values, scales = quantise_rows(matrix)
    for row, ints, restored in zip(matrix, values, restore_rows(values, scales), strict=True):
        largest = np.argmax(np.abs(row))
        if row[largest] != 0:
            assert abs(int(ints[largest])) == 127
            assert restored[largest] == pytest.approx(row[largest], rel=1e-6)


def test_a_row_of_zeros_stays_a_row_of_zeros():
    values, scales = quantise_rows(np.zeros((2, 3)))
    assert (restore_rows(values, scales) == 0).all()
    assert scales.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (np.zeros(3), r"`matrix`: expected two dimensions, got the shape \(3,\)"),
        (np.array([[1, np.nan]]), "`matrix`: expected finite numbers"),
        (np.array([[np.inf, 1]]), "`matrix`: expected finite numbers"),
    ],
)
def test_what_cannot_be_quantised_is_named(matrix, says):
    with pytest.raises(ValueError, match=says):
        quantise_rows(matrix)


# ----------------------------------------------------------------------------------------------------------- the file


def test_a_file_gives_back_the_network_as_exactly_as_its_numbers_allow(reader):
    restored = TrainedReader.from_file(reader.to_file())
    assert (restored.network, restored.length) == (reader.network, reader.length)
    for name, array in arrays_of(reader).items():
        after = arrays_of(restored)[name]
        assert after.dtype == np.float32
        error = {
            "E": np.abs(array).max(axis=-1, keepdims=True) / 254 * 1.0001,  # half a scale
            "W": np.abs(array) * 2.0**-11,  # a half has eleven digits
            "U": np.abs(array) * 2.0**-11,
        }
        assert (np.abs(after - array) <= error.get(name, 0)).all()


def test_a_file_holds_what_its_module_says(reader):
    content = reader.to_file()
    kinds = {"E": "int8", "E.scale": "float32", "W": "float16", "U": "float16", "b": "float32"}
    if reader.cell is None:
        kinds = {name: kinds[name] for name in ("E", "E.scale")}
    assert {name: str(tensor.dtype) for name, tensor in load(content).items()} == kinds | dict.fromkeys("Vc", "float32")
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    about = json.loads(header["__metadata__"]["rnn_tutorial.explorer"])
    assert about == {"version": 1, "network": reader.network, "length": 500}
    assert reader.to_file() == content  # the same weights, the same file


def test_keras_computes_with_the_weights_that_a_reader_gives(model, reader):
    ids = np.array([1, 7, 2, 29, 4])
    before = model.predict(ids[None], verbose=0)
    model.set_weights(reader.weights())
    assert (model.predict(ids[None], verbose=0) == before).all()


@pytest.mark.parametrize("cut", [0, 7, 8, 100, -1])
def test_a_file_that_is_cut_off_is_refused(reader, cut):
    with pytest.raises(ValueError, match="`content`: expected a whole file in the format safetensors"):
        TrainedReader.from_file(reader.to_file()[:cut])


ABOUT = {"version": 1, "network": "bag_of_words", "length": 500}


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"rnn_tutorial.explorer": json.dumps(ABOUT | {"version": 2})}, "version 1, got 2. Write it anew"),
        ({"format": "pt"}, "expected rnn_tutorial.explorer of version 1, got something else"),
        ({}, "got something else"),
        (
            {"rnn_tutorial.explorer": json.dumps(ABOUT | {"network": "gru"})},
            "`network`: expected one of bag_of_words, simple_rnn, lstm, got 'gru'",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused(metadata, says):
    content = TrainedReader.from_keras(trained_like("bag_of_words")).to_file()
    with pytest.raises(ValueError, match=says):
        TrainedReader.from_file(save(load(content), metadata))


@pytest.mark.parametrize("lacking", ["E", "E.scale", "W", "U", "b", "V", "c"])
def test_a_file_that_lacks_a_tensor_is_refused(lacking):
    content = TrainedReader.from_keras(trained_like("lstm", units=3)).to_file()
    tensors = {name: tensor for name, tensor in load(content).items() if name != lacking}
    with pytest.raises(ValueError, match=rf"`content`: the file lacks {lacking}\. Write it anew"):
        TrainedReader.from_file(save(tensors, {"rnn_tutorial.explorer": json.dumps(ABOUT | {"network": "lstm"})}))


# -------------------------------------------------------------------------------------------------------- the network


def test_each_belief_is_what_keras_answers_for_the_words_so_far(model, reader):
    ids = np.random.default_rng(1).integers(1, 30, 12)
    so_far = np.tril(np.tile(ids, (12, 1)))  # the first word, the first two, …, and padding behind
    by_keras = model.predict(so_far, verbose=0)[:, 0]
    assert np.allclose(reader.read(ids)[1], by_keras, atol=1e-5)


def test_masked_steps_change_no_state(reader):
    ids = np.array([0, 1, 7, 8, 0, 0])
    states, y = reader.read(ids, mask=ids != 0)
    alone, y_alone = reader.read(np.array([1, 7, 8]))
    assert np.allclose(states.h[1:4], alone.h, atol=1e-6)
    assert (states.h[4:] == states.h[3]).all()
    assert np.allclose(y[-1], y_alone[-1], atol=1e-6)
    assert (states.h[0] == 0).all()
    assert not np.allclose(reader.read(ids)[1][-1], y[-1], atol=1e-3)


def test_the_order_of_the_words_changes_the_last_answer_of_all_but_the_bag(reader):
    one, other = (reader.read(np.array(ids))[1][-1] for ids in ([1, 7, 8, 9], [1, 9, 8, 7]))
    assert np.isclose(one, other, atol=1e-6) == (reader.network == "bag_of_words")


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ([], r"`ids`: expected the shape \(time,\) with at least one id, got \(0,\)"),
        ([[1, 2]], r"got \(1, 2\)"),
        ([1, 30], "`ids`: expected 0 to 29, got 1 to 30"),
        ([-1, 3], "`ids`: expected 0 to 29, got -1 to 3"),
    ],
)
def test_ids_that_cannot_be_read_are_named(reader, ids, says):
    with pytest.raises(ValueError, match=says):
        reader.read(np.array(ids, int))


@pytest.mark.parametrize("name", ["gru", "bidirectional_lstm"])
def test_another_model_is_refused(name):
    with pytest.raises(ValueError, match=f"expected one of bag_of_words, simple_rnn, lstm .*, got '{name}'"):
        TrainedReader.from_keras(getattr(models, name)(30, embedding_dim=5, units=7))


def test_what_does_not_fit_together_is_named():
    lstm = TrainedReader.from_keras(trained_like("lstm"))
    bag = TrainedReader.from_keras(trained_like("bag_of_words"))
    for changed, says in [
        (lambda: replace(lstm, cell=None), "`cell`: expected LSTMCell for lstm, got NoneType"),
        (lambda: replace(lstm, cell=GRUCell.random(5, 7, seed=1)), "got GRUCell"),
        (lambda: replace(bag, cell=lstm.cell), "`cell`: expected NoneType for bag_of_words, got LSTMCell"),
        (lambda: replace(lstm, E=lstm.E[:, :4]), r"`E`: expected the shape \(vocabulary, 5\), got \(30, 4\)"),
        (lambda: replace(bag, E=bag.E[0]), r"`E`: expected the shape \(vocabulary, inputs\), got \(5,\)"),
        (lambda: replace(lstm, V=lstm.V.T), r"`V`: expected the shape \(1, 7\), got \(7, 1\)"),
        (lambda: replace(bag, c=np.zeros(2)), r"`c`: expected the shape \(1,\), got \(2,\)"),
        (
            lambda: replace(lstm, cell=replace(lstm.cell, activation="relu")),
            "`cell`: expected tanh, and gates of sigmoid, got",
        ),
        (
            lambda: replace(lstm, cell=LSTMCell.random(5, 7, seed=1, recurrent_activation="hard_sigmoid")),
            "`cell`: expected tanh, and gates of sigmoid, got",
        ),
        (
            lambda: TrainedReader(
                "simple_rnn", lstm.E, SimpleRNNCell.random(5, 7, seed=1, go_backwards=True), lstm.V, lstm.c
            ),
            "go_backwards",
        ),
    ]:
        with pytest.raises(ValueError, match=says):
            changed()


# ----------------------------------------------------------------------------------------- answers, and a few reviews


def test_answers_that_change_are_counted_and_weighed_against_the_labels():
    before, after = np.array([0.6, 0.4, 0.9, 0.1, 0.5]), np.array([0.4, 0.6, 0.8, 0.1, 0.5])
    changed = changed_answers(before, after, np.array([0, 1, 1, 0, 0]))
    assert changed == pytest.approx(
        {"mean change": 0.1, "largest change": 0.2, "flipped, %": 40, "accuracy, points": 40}
    )
    assert changed_answers(before, before, np.ones(5)) == {
        "mean change": 0,
        "largest change": 0,
        "flipped, %": 0,
        "accuracy, points": 0,
    }


def test_answers_of_other_reviews_are_refused():
    with pytest.raises(ValueError, match=r"expected one shape, got \(2,\), \(3,\) and \(2,\)"):
        changed_answers(np.zeros(2), np.zeros(3), np.zeros(2))


VOCABULARY = Vocabulary(["good", "bad"])


def part_of(*texts):
    """Give reviews, each written as its label and its text."""
    labels, sequences = zip(*((int(text[0]), VOCABULARY.encode(text[2:])) for text in texts), strict=True)
    return ReviewPart(list(sequences), np.array(labels))


def test_the_surest_answers_are_chosen_right_and_wrong_and_none_with_an_unknown_word():
    part = part_of("1 good dull", "1 good", "1 good good", "0 bad", "0 bad good bad", "1 bad", "0 good")
    y = np.array([0.99, 0.9, 0.8, 0.3, 0.1, 0.2, 0.6])
    samples = sample_reviews(y, part, VOCABULARY, short=3)
    assert [(sample["title"], sample["text"]) for sample in samples] == [
        ("positive, and it says so", "good"),
        ("negative, and it says so", "bad"),  # what it is surer of is longer
        ("positive, and it says negative", "bad"),
        ("a long one, negative", "bad good bad"),
    ]
    assert [sample["label"] for sample in samples] == [1, 0, 1, 0]


def test_a_kind_that_no_review_is_of_is_left_out():
    samples = sample_reviews(np.array([0.9]), part_of("1 good"), VOCABULARY)
    assert [sample["title"] for sample in samples] == ["positive, and it says so", "a long one, positive"]
    assert sample_reviews(np.array([0.9]), part_of("1 dull"), VOCABULARY) == []


def test_a_long_review_is_no_longer_than_asked():
    part = part_of("1 good good good", "1 good good")
    samples = sample_reviews(np.array([0.9, 0.8]), part, VOCABULARY, long=3)
    assert samples[-1]["text"] == "good good"


def test_probabilities_of_other_reviews_are_refused():
    with pytest.raises(ValueError, match="`probabilities`: expected one for each of 1 reviews, got 2"):
        sample_reviews(np.zeros(2), part_of("1 good"), VOCABULARY)
