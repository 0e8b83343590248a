import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from refusals import refuses
from safetensors.numpy import load, save

from rnn_tutorial.pages.widget_files import (
    NETWORKS,
    PRAISE,
    TURNS,
    TrainedReader,
    dequantise_rows,
    files_for_browser,
    files_of_home,
    phrase_file,
    quantise_rows,
    river_years_file,
)
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.evaluation import SampleReview
from rnn_tutorial.sentiment.vocabulary import Vocabulary
from rnn_tutorial.series.snow import degree_day_store, find_store
from rnn_tutorial.series.sources import load_river
from rnn_tutorial.series.training import new_network
from rnn_tutorial.series.windows import standardise
from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.networks import Network
from rnn_tutorial.theory.tasks import Examples

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


@pytest.fixture(params=NETWORKS)
def model(request):
    return trained_like(request.param)


@pytest.fixture
def reader(model):
    return TrainedReader.from_keras(model)


def arrays_of(reader):
    return {"E": reader.E, "V": reader.V, "b_y": reader.b_y} | (reader.cell.parameters if reader.cell else {})


@given(MATRICES)
def test_no_number_is_off_by_more_than_half_a_scale(matrix):
    values, scales = quantise_rows(matrix)
    assert (values.dtype, scales.dtype) == (np.int8, np.float32)
    error = np.abs(dequantise_rows(values, scales).astype(float) - matrix)
    assert (error <= scales[:, None].astype(float) * 0.5001).all()
    assert (scales[(matrix == 0).all(axis=1)] == 1).all()  # of a row of zeros


def test_a_file_gives_back_the_network_within_its_rounding(reader):
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


def test_keras_computes_with_the_weights_that_a_reader_gives(model, reader):
    ids = np.array([1, 7, 2, 29, 4])
    before, given = model.predict(ids[None], verbose=0), reader.weights()
    assert [weights.shape for weights in given] == [weights.shape for weights in model.get_weights()]
    model.set_weights([np.zeros_like(weights) for weights in given])
    model.set_weights(given)
    assert (model.predict(ids[None], verbose=0) == before).all()


def test_each_probability_is_what_keras_answers_for_the_words_so_far(model, reader):
    ids = np.random.default_rng(1).integers(1, 30, 12)
    so_far = np.tril(np.tile(ids, (12, 1)))  # the first word, the first two, …, and padding behind
    by_keras = model.predict(so_far, verbose=0)[:, 0]
    assert np.allclose(reader.forward(ids)[1], by_keras, atol=1e-5)


def test_masked_steps_change_no_state(reader):
    ids = np.array([0, 1, 7, 8, 0, 0])
    states, y = reader.forward(ids, mask=ids != 0)
    alone, y_alone = reader.forward(np.array([1, 7, 8]))
    assert np.allclose(states.h[1:4], alone.h, atol=1e-6)
    assert (states.h[0] == 0).all() and (states.h[4:] == states.h[3]).all()
    assert np.allclose(y[-1], y_alone[-1], atol=1e-6)
    assert not np.allclose(reader.forward(ids)[1][-1], y[-1], atol=1e-3)


BAG, LSTM, GRU = (TrainedReader.from_keras(trained_like(name)) for name in ("bag_of_words", "lstm", "gru"))
ABOUT = {"version": 3, "network": "gru", "length": 500}


def of_file(reader=GRU, lacking="", **about):
    """Read a file that lacks a tensor, or has other metadata."""
    tensors = {name: tensor for name, tensor in load(reader.to_file()).items() if name != lacking}
    return TrainedReader.from_file(save(tensors, {"rnn_tutorial": json.dumps(ABOUT | about)}))


test_what_does_not_fit_is_refused_by_its_name = refuses(
    ("vocabulary", lambda: LSTM.to_file(Vocabulary([f"w{k}" for k in range(27)]))),
    ("matrix", lambda: quantise_rows(np.zeros(3))),
    ("matrix", lambda: quantise_rows(np.array([[1, np.nan]]))),
    *[("ids", lambda ids=ids: LSTM.forward(np.array(ids, int))) for ids in ([], [1, 30], [-1, 3])],
    ("model", lambda: TrainedReader.from_keras(models.bidirectional_lstm(30, embedding_dim=5, units=7))),
    ("cell", lambda: replace(LSTM, cell=None)),
    ("cell", lambda: replace(LSTM, cell=GRU.cell)),
    ("E", lambda: replace(LSTM, E=LSTM.E[:, :4])),
    ("V", lambda: replace(LSTM, V=LSTM.V.T)),
    ("b_y", lambda: replace(BAG, b_y=np.zeros(2))),
    ("cell", lambda: replace(LSTM, cell=replace(LSTM.cell, activation="relu"))),
    ("cell", lambda: replace(LSTM, network="simple_rnn", cell=SimpleRNNCell.random(5, 7, 1, go_backwards=True))),
    ("cell", lambda: replace(GRU, cell=GRUCell.random(5, 7, seed=1, reset_after=False))),
    *[("content", lambda cut=cut: TrainedReader.from_file(GRU.to_file()[:cut])) for cut in (0, 8, 100, -1)],
    *[("content", lambda lacking=lacking: of_file(lacking=lacking)) for lacking in ("E.scale", "recurrent_b")],
    ("content", lambda: of_file(version=1)),
    ("content", lambda: TrainedReader.from_file(save(load(GRU.to_file()), {}))),
    ("network", lambda: of_file(BAG, network="cnn")),
)


def test_the_code_of_the_explorer_s_page_writes_a_network_with_its_words(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "explorer.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.+?)^```", page, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    model, vocabulary = trained_like("lstm"), Vocabulary([f"w{k}" for k in range(26)])
    runs, reviews = {"lstm": SimpleNamespace(model=model)}, SimpleNamespace(vocabulary=vocabulary)
    exec(code, {"TrainedReader": TrainedReader, "runs": runs, "reviews": reviews})
    content = Path("own.safetensors").read_bytes()
    about = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]["rnn_tutorial"]
    assert json.loads(about)["words"] == vocabulary.words
    ids = vocabulary.encode("w3 w9 w25")
    of_keras = float(model.predict(ids[None], verbose=0)[0, 0])
    assert TrainedReader.from_file(content).forward(ids)[1][-1] == pytest.approx(of_keras, abs=0.01)


def test_the_browser_gets_each_network_the_words_and_the_samples(reader):
    samples = [SampleReview("a long one, positive", 1, "très bon")]
    files = files_for_browser([reader], Vocabulary(["très", "bon"]), samples)
    assert files[f"explorer/{reader.network}.safetensors"] == reader.to_file()
    assert files["explorer/vocabulary.txt"].decode() == "très\nbon\n"
    assert json.loads(files["explorer/samples.json"]) == [
        {"title": "a long one, positive", "label": 1, "text": "très bon"}
    ]
    assert len(files) == 3


def test_a_still_shows_what_the_networks_differ_on_and_a_game_begins_with_what_fools_the_lstm():
    words = sorted({word for text in [*TURNS, *PRAISE] for word in text.split()} | {"not", "movie", "loved"})
    vocabulary, of_words = Vocabulary(words), (trained_like("lstm"), trained_like("simple_rnn"))
    E = np.random.default_rng(1).normal(size=(len(words) + 4, 5)).astype("float32")
    lstm, simple = (replace(TrainedReader.from_keras(model), E=E) for model in of_words)
    files = files_of_home(lstm, simple, vocabulary, ["one more"])

    def last(reader, text):
        return reader.forward(vocabulary.encode(text))[1][-1]

    (played,) = json.loads(files["explorer/readings.json"])
    apart = [abs(last(lstm, text) - last(simple, text)) for text in TURNS]
    assert " ".join(played["words"][1:]) == TURNS[np.argmax(apart)]
    praise = PRAISE[np.argmin([max(last(lstm, text), last(simple, text)) for text in PRAISE])]
    fool = json.loads(files["fool/fool.json"])
    assert fool["y"] == pytest.approx(last(lstm, praise), abs=0.001)
    assert fool["texts"][0] == praise
    assert set(fool["texts"]) == {"this movie was not bad at all i loved it", *PRAISE, "one more"}


def test_a_network_of_the_four_words_is_asked_at_each_place():
    symbols = sorted(["so", "the", "film", "was", "it", "then", "not", "bad", "but", "good"])
    lstm = Network.random(
        LSTMCell, 3, Examples(np.zeros((1, 12, 10)), np.array([1]), "cross-entropy", 1, 0, outputs=2), 1
    )
    shown = json.loads(phrase_file({"lstm": [lstm]}, symbols, [0, 2], [101], 0))
    texts = ["not bad but good so the film was it was so then", "so the film was it was so then not good but bad"]
    inputs = np.eye(10)[[[symbols.index(word) for word in text.split()] for text in texts]]
    y = lstm.read_out(unroll(lstm.cell, inputs).h[:, -1])[:, 1]
    assert np.shape(shown["networks"]["LSTM"]) == (1, 2, 9)
    of_first, of_second = shown["networks"]["LSTM"][0]
    np.testing.assert_allclose([of_first[0], of_second[-1]], y, atol=0.0006)


def test_a_file_has_a_river_s_years_its_network_and_the_cell_that_follows_its_snow():
    river, network = load_river("Au Saumon"), new_network(LSTMCell, 4, inputs=3, seed=1)
    content = river_years_file(network, river, slice(0, 3000), [1990, 2000])
    tensors = load(content)
    first = int(np.flatnonzero(river.dates == np.datetime64("2000-10-01"))[0])
    np.testing.assert_allclose(tensors["weather"][1], river.inputs[first - 365 : first + 365], rtol=1e-6)
    np.testing.assert_allclose(tensors["observed"][1], river.target[first - 1 : first + 365], rtol=1e-6)
    np.testing.assert_array_equal(tensors["U"], network.cell.U)
    length = int.from_bytes(content[:8], "little")
    about = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["rnn_tutorial"])
    assert about["years"] == ["1990 to 1991", "2000 to 2001"] and about["cells"] == {"": "LSTMCell"}
    np.testing.assert_allclose(about["mean"], [*river.inputs[:3000].mean(axis=0), river.target[:3000].mean()])
    states = unroll(network.cell, standardise(river, slice(0, 3000))[0][None]).c[0]
    store = degree_day_store(river.inputs[:, 0], river.inputs[:, 2])[0]
    assert about["snow"] == find_store(states[365:3000], store[365:3000])
