import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from built_site import SITE
from safetensors.numpy import load, save

from rnn_tutorial.pages.widget_files import NETWORKS, TrainedReader
from rnn_tutorial.sentiment.reviews import load_reviews
from rnn_tutorial.sentiment.vocabulary import PADDING, UNKNOWN, Vocabulary, tokenize
from rnn_tutorial.theory.gradients import backpropagate_through_time

FOLDER = SITE / "_static" / "explorer"
REQUEST = {"network": "lstm", "text": "good", "shuffle": None, "padding": "none", "steps": 0, "mask": False}

# A worker of the site's own, which a test asks as the page does. Arrays come back as base64.
START = """(files) => {
  window.worker = new Worker("/_static/explorer/worker.js", {type: "module"});
  window.files = files;
  window.number = 0;
}"""
ASK = """(request) => new Promise((done, failed) => {
  const id = ++window.number;
  setTimeout(() => failed(new Error("no answer within five minutes")), 300_000);
  window.worker.onerror = (event) => failed(new Error(`the worker failed: ${event.message}`));
  const packed = (value) => ArrayBuffer.isView(value) ? new Uint8Array(value.buffer).toBase64() : value;
  window.worker.onmessage = ({data}) => {
    if (data.id !== id || "loaded" in data) return;
    done(JSON.parse(JSON.stringify(data, (key, value) => packed(value))));
  };
  window.worker.postMessage({...request, files: window.files, id});
})"""


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary((FOLDER / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1])


@pytest.fixture(scope="module")
def reviews():
    return load_reviews("bundled")


@pytest.fixture
def ask(blank, address):
    """Give a function that asks a worker, which it starts in the blank page."""
    names = {"vocabulary": "vocabulary.txt"} | {network: f"{network}.safetensors" for network in NETWORKS}
    sizes = {key: (name, (FOLDER / name).stat().st_size) for key, name in names.items()}
    files = {key: {"url": f"/_static/explorer/{name}", "bytes": size} for key, (name, size) in sizes.items()}

    def asked(**request):
        if not blank.evaluate("'worker' in window"):
            blank.goto(f"{address}/reference/index.html")  # a page without an explorer of its own
            blank.evaluate(START, files)
        return blank.evaluate(ASK, REQUEST | request)

    return asked


def unpacked(text, kind=np.float32):
    return np.frombuffer(base64.b64decode(text), kind)


def in_double(reader):
    """Give a network with the same weights that computes in double precision, as the browser does."""
    cell = reader.cell and replace(
        reader.cell, **{name: array.astype(float) for name, array in reader.cell.parameters.items()}
    )
    return replace(reader, E=reader.E.astype(float), cell=cell, V=reader.V.astype(float), b_y=reader.b_y.astype(float))


def expected(reader, ids, mask):
    """Compute what the browser should: the states, the beliefs, and the gradients of the last belief."""
    states, y = reader.forward(ids, mask)
    last = y[-1] * (1 - y[-1]) * reader.V[0]
    if reader.cell is None:  # the average of n inputs: its last one keeps n_t / n of the one at t
        counts = np.cumsum(np.ones(len(ids)) if mask is None else mask)
        return states, y, {"h": (counts / counts[-1])[:, None] * last}
    grad_h = np.zeros((1, *states.h.shape))
    grad_h[0, -1] = last
    batch_mask = None if mask is None else mask[None]
    gradients = backpropagate_through_time(reader.cell, reader.E[ids][None], grad_h, mask=batch_mask)
    return states, y, {name: part[0] for name, part in gradients.states.items()}


@pytest.mark.parametrize("network", NETWORKS)
def test_the_browser_computes_what_the_package_computes(ask, vocabulary, reviews, network):
    reader = in_double(TrainedReader.from_file((FOLDER / f"{network}.safetensors").read_bytes()))
    random, compared, paddings = np.random.default_rng(1), 0, []
    for place in random.choice(len(reviews.test), 200, replace=False):
        words = vocabulary.decode(reviews.test.sequences[place][1:]).replace("<unknown>", "sesquipedalianly")
        padding, steps = str(random.choice(["none", "front", "behind"])), int(random.integers(1, 60))
        mask = bool(random.integers(2))
        reading = ask(network=network, text=words, padding=padding, steps=steps, mask=mask)["reading"]

        ids = reviews.test.sequences[place][-500:]
        ids = np.pad(ids, {"none": (0, 0), "front": (steps, 0), "behind": (0, steps)}[padding])
        assert [token["id"] for token in reading["tokens"]] == ids.tolist()
        states, y, gradients = expected(reader, ids, ids != PADDING if mask else None)
        terms = {name: unpacked(reading["states"].pop(name)) for name in ("past", "input") if name in reading["states"]}
        assert set(reading["states"]) == set(states._fields)
        if network == "simple_rnn":
            there = ids != PADDING if mask else np.full(len(ids), True)
            summed = np.tanh(terms["past"] + terms["input"]).reshape(states.h.shape)
            assert np.abs(summed - states.h)[there].max() < 1e-5
        assert set(reading["gradients"]) == set(gradients)
        pairs = [(reading["y"], y)]
        pairs += [(reading["states"][part], getattr(states, part)) for part in states._fields]
        pairs += [(reading["gradients"][part], values) for part, values in gradients.items()]
        for found, wanted in pairs:
            assert np.abs(unpacked(found).reshape(wanted.shape) - wanted).max() < 1e-5
            compared += wanted.size
        for part, norms in reading["norms"].items():
            lengths = np.linalg.norm(gradients[part], axis=1)
            assert np.allclose(unpacked(norms, np.float64), lengths, rtol=1e-9, atol=1e-300)
        paddings.append((padding, mask))
    assert len(set(paddings)) == 6
    assert compared > 200 * 100 * 100


@pytest.mark.parametrize("gates", [{"f": 0}, {"i": 0.3}, {"o": 1}, {"f": 1, "i": 0, "o": 0.5}])
@pytest.mark.parametrize("at", [None, 5])
def test_forced_gates_are_the_equations_with_these_numbers(ask, vocabulary, gates, at):
    text = "a boring film but the music is wonderful"
    reading = ask(text=text, at=at, **gates)["reading"]
    reader = in_double(TrainedReader.from_file((FOLDER / "lstm.safetensors").read_bytes()))
    ids, state = vocabulary.encode(text), reader.cell.initial_state(1)
    wanted = []
    for t, x_t in enumerate(reader.E[ids], start=1):
        after = reader.cell.step(x_t[None], state)
        if at in (None, t):
            after = after._replace(**{gate: np.full_like(after.c, value) for gate, value in gates.items()})
            c = after.f * state.c + after.i * after.candidate
            after = after._replace(c=c, h=after.o * np.tanh(c))
        wanted.append(state := after)
    for part in state._fields:
        expected_part = np.concatenate([getattr(after, part) for after in wanted])
        np.testing.assert_allclose(unpacked(reading["states"][part]), expected_part.ravel(), atol=1e-5)
    a = np.concatenate([after.h for after in wanted]) @ reader.V[0] + reader.b_y
    np.testing.assert_allclose(unpacked(reading["y"]), 1 / (1 + np.exp(-a)), atol=1e-5)
    np.testing.assert_allclose(unpacked(reading["learned"], np.float64), reader.forward(ids)[1], atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_why_is_a_finite_difference_and_the_loss_of_a_word(ask, vocabulary, network):
    text = "not a bad film but the story is dull"
    why = ask(network=network, text=text, why=True)["why"]
    reader = TrainedReader.from_file((FOLDER / f"{network}.safetensors").read_bytes())
    ids = vocabulary.encode(text)
    last = reader.forward(ids)[1][-1]
    without = [reader.forward(ids, np.arange(len(ids)) != t)[1][-1] for t in range(len(ids))]
    np.testing.assert_allclose(unpacked(why["leftOut"]), last - np.array(without), atol=1e-5)
    for t in range(len(ids)):  # a step of its own for each word's row, and the row as large as before but for 1 %
        E = np.concatenate([reader.E, reader.E[ids[t]][None] * [[0.99], [1.01]]]).astype(np.float64)
        low, high = (
            replace(reader, E=E).forward(np.where(np.arange(len(ids)) == t, len(E) - 2 + k, ids))[1][-1] for k in (0, 1)
        )
        assert unpacked(why["gradient"])[t] == pytest.approx((high - low) / 0.02, abs=2e-4)


def test_words_are_what_the_package_makes_of_a_text(ask, vocabulary):
    texts = [
        "It's a GREAT film,<br />isn't it?",
        "naïve CAFÉ ÄÖÜ ß İstanbul ǅ",  # only ASCII letters become lower-case
        "good\u00a0film\u2003bad\r\nfilm\x0bdull\u2028bad",
        "I didn’t like it. It wasn’t good. “A ‘great’ film” – really—… ½ £20 «Très» don´t it´s – \x96 good\x85",
        "great😀 👍🏽 film ❤️ ★★ 3️⃣ 10′ ʼn",
        "😀 good 👩\u200d👩\u200d👧 film 🇫🇷",
        "فيلم جيد good סרט",
        "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~ 'quoted' film's",
        "constructor __proto__ toString hasOwnProperty",
    ]
    for text in texts:
        tokens = ask(text=text, network="bag_of_words")["reading"]["tokens"]
        assert [token["word"] for token in tokens[1:]] == tokenize(text, known=vocabulary)
        assert [token["id"] for token in tokens] == vocabulary.encode(text).tolist()
        kinds = ["start", *("unknown" if i == UNKNOWN else "word" for i in vocabulary.encode(text)[1:])]
        assert [token["kind"] for token in tokens] == kinds


def test_of_a_long_text_the_last_500_steps_are_read(ask):
    reading = ask(text="good bad " * 50_000)["reading"]
    assert (len(reading["tokens"]), reading["words"], reading["left"]) == (500, 100_000, 99_500)
    assert [token["word"] for token in reading["tokens"][-2:]] == ["good", "bad"]
    reading = ask(text="good " * 499)["reading"]
    assert (len(reading["tokens"]), reading["left"], reading["tokens"][0]["kind"]) == (500, 0, "start")


def test_a_text_without_a_word_is_answered_with_a_sentence(ask):
    for text in ("", " \n\t ", "?!", "<>", "… 😀"):
        assert ask(text=text)["error"].startswith("There is no word in the text yet.")


def test_a_seed_gives_an_order_and_the_words_stay_the_same(ask):
    text = " ".join(f"word{k}" for k in range(100))
    plain, one, again, other = (ask(text=text, shuffle=seed)["reading"]["tokens"] for seed in (None, 1, 1, 2))
    assert one == again
    orders = [[token["word"] for token in tokens] for tokens in (plain, one, other)]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    assert {order[0] for order in orders} == {"start"}


LSTM = (FOLDER / "lstm.safetensors").read_bytes() if FOLDER.is_dir() else b""


def with_tensors(**changes):
    """Give the LSTM's file with other tensors."""
    about = json.loads(LSTM[8 : 8 + int.from_bytes(LSTM[:8], "little")])["__metadata__"]
    return save(load(LSTM) | changes, about)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda: b"", "has 0 bytes, which is no model"),
        (lambda: b"<!doctype html><title>Not found</title>", "is cut off, or is no model"),
        (lambda: bytes([4, 0, 0, 0, 0, 0, 0, 0]) + b"nope", "has a header that cannot be read"),
        (lambda: LSTM.replace(b'"dtype":"I8"', b'"dtype":"I9"'), "has a damaged E"),
        (lambda: with_tensors(V=np.full((1, 100), np.nan, "float32")), "holds numbers in V that are none"),
    ],
)
def test_a_file_that_is_damaged_is_told_from_a_network(ask, blank, content, says):
    damaged = content()
    blank.route("**/lstm.safetensors*", lambda route: route.fulfill(body=damaged))
    error = ask()["error"]
    assert error.startswith("The file lstm.safetensors ") and says in error
    blank.unroute("**/lstm.safetensors*")
    assert "reading" in ask()  # it is fetched again


def test_a_file_that_the_server_does_not_have_is_named(ask, blank):
    blank.route("**/vocabulary.txt*", lambda route: route.fulfill(status=404))
    assert ask()["error"] == "The file vocabulary.txt did not come: the server says 404."


def test_a_vocabulary_has_at_most_as_many_words_as_the_network(ask, blank, vocabulary):
    served = [*vocabulary.words, "sesquipedalianly"]
    blank.route("**/vocabulary.txt*", lambda route: route.fulfill(body="\n".join([*served, ""])))
    assert "lstm.safetensors knows 10000 ids, the vocabulary 10001. Reload the page." in ask()["error"]
    blank.evaluate("window.worker.terminate(); delete window.worker")
    del served[100:]  # a CSV of one's own has few
    tokens = ask(text="the sesquipedalianly")["reading"]["tokens"]
    assert [token["kind"] for token in tokens] == ["start", "word", "unknown"]
