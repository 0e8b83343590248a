"""Files for the site's widgets: trained networks, which run in the reader's browser, and what networks say of texts.

:doc:`/explorer` runs the networks that the page itself has trained. A :class:`TrainedReader` holds one of them in the
notation of the site, and reads and writes files with 8-bit weights.

A file has the format `safetensors <https://github.com/huggingface/safetensors>`__: the length of the header in eight
bytes, the header in JSON, and then the numbers. Its metadata have one entry, ``rnn_tutorial``, in JSON: the type of the
cell (:func:`~rnn_tutorial.theory.networks.tensor_file`), the ``version`` of the format (3), the ``network``, the
maximum ``length`` in ids that it was trained on, and the ``words`` where they are given. Its tensors:

===============  ========  ==========================  ====================================================
name             numbers   shape                       meaning
===============  ========  ==========================  ====================================================
``E``            int8      (vocabulary, inputs)        the embedding, a row per word
``E.scale``      float32   (vocabulary,)               what a row of E is multiplied by
``W``            float16   (blocks · units, inputs)    input to hidden; not for a bag of words
``U``            float16   (blocks · units, units)     hidden to hidden; not for a bag of words
``b``            float32   (blocks · units,)           bias; not for a bag of words
``recurrent_b``  float32   (3 · units,)                b', the second bias; only for a GRU
``V``            float32   (1, units)                  hidden to output
``b_y``          float32   (1,)                        output bias
===============  ========  ==========================  ====================================================

Nearly all weights are in E, where 8 bits are enough: each word is read once. W and U act at every time step, and so do
their errors. Further files hold the vocabulary, a word per line in the order of the ids, and a few reviews, those of
:func:`~rnn_tutorial.sentiment.evaluation.sample_reviews` in JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tutorial.records import Record
from rnn_tutorial.series.snow import degree_day_store, find_store
from rnn_tutorial.series.windows import standardise
from rnn_tutorial.theory.cells import ACTIVATIONS, Cell, GRUCell, LSTMCell, SimpleRNNCell, check_shapes, unroll
from rnn_tutorial.theory.networks import Network

if TYPE_CHECKING:
    import keras

    from rnn_tutorial.sentiment.evaluation import SampleReview
    from rnn_tutorial.sentiment.vocabulary import Vocabulary
    from rnn_tutorial.series.sources import Series

__all__ = [
    "TrainedReader", "NETWORKS", "quantise_rows", "dequantise_rows", "glue_file", "files_for_browser", "readings_file",
    "files_of_home", "phrase_file", "river_years_file",
]  # fmt: skip

FORMAT, VERSION = "rnn_tutorial", 3
FILES = "RNN_TUTORIAL_FILES"  # the variable with the folder of a page's files

#: The networks that the explorer knows, and the type of their cell; a bag of words has none.
NETWORKS: dict[str, type[Cell[Any]] | None] = {
    "simple_rnn": SimpleRNNCell, "lstm": LSTMCell, "gru": GRUCell, "bag_of_words": None
}  # fmt: skip

TURNS = (
    "the actors are great but the story is so dull",
    "the start is wonderful but the end is dull",
    "a great cast but a dull plot",
)
NOT_BAD = "this movie was not bad at all i loved it"  # which home asks
PRAISE = (
    "i have nothing bad to say about this film",
    "this film is never boring",
    "nothing about it is bad",
    "you will not regret it",
)

#: Keras' defaults, and the only ones that the browser has.
_OPTIONS: dict[str, Any] = {
    "activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False, "reset_after": True
}  # fmt: skip


def quantise_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantise each row of a matrix to 8 bits per number and one scale.

    q_rk = round(M_rk / s_r),  s_r = max_k abs(M_rk) / 127, so that s_r q_rk has an error of at most half a scale

    :param matrix: M, shape (rows, columns)
    :returns: q, int8, shape (rows, columns), and s, float32, shape (rows,); the scale of a row of zeros is 1
    :raises ValueError: if it is not a matrix, or holds numbers that are not finite

    Source: Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference,
    CVPR 2018, here without a zero point, and with a scale for each row.

    >>> import numpy as np
    >>> from rnn_tutorial.pages.widget_files import quantise_rows
    >>> quantise_rows(np.array([[1.27, -0.5]]))
    (array([[127, -50]], dtype=int8), array([0.01], dtype=float32))
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2:
        raise ValueError(f"`matrix`: expected two dimensions, got the shape {matrix.shape}.")
    if not np.isfinite(matrix).all():
        raise ValueError("`matrix`: expected finite numbers, got some that are not. Did training diverge?")
    largest = np.abs(matrix).max(axis=1, initial=0)
    scales = (np.where(largest > 0, largest, 127) / 127).astype(np.float32)
    return np.clip(np.round(matrix / scales[:, None]), -127, 127).astype(np.int8), scales


def dequantise_rows(values: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Convert 8-bit rows and their scales back to a matrix.

    M̂_rk = s_r q_rk

    :param values: q, int8, shape (rows, columns)
    :param scales: s, shape (rows,)
    :returns: M̂, float32, shape (rows, columns)

    Example: the largest number of a row is restored exactly, any other within half a scale.

    >>> import numpy as np
    >>> from rnn_tutorial.pages.widget_files import quantise_rows, dequantise_rows
    >>> dequantise_rows(*quantise_rows(np.array([[1.27, -0.501]]))).round(3)
    array([[ 1.27, -0.5 ]], dtype=float32)
    """
    return values.astype(np.float32) * scales.astype(np.float32)[:, None]


@dataclass(frozen=True, eq=False)
class TrainedReader(Record):
    """A trained network that reads a text word by word and makes a prediction after each word.

    x_t = E[id_t],  h_t by the cell,  y_t = σ(V h_t + b_y), equation :eq:`belief`

    For the bag of words h_t is the average of the vectors so far, equation :eq:`running-average`; the network was
    trained on the last one.

    :param network: ``"bag_of_words"``, ``"simple_rnn"``, ``"lstm"`` or ``"gru"``
    :param E: the embedding, float32, shape (vocabulary, inputs)
    :param cell: the recurrence, for a GRU with ``reset_after``; None for the bag of words
    :param V: hidden to output, float32, shape (1, units)
    :param b_y: output bias, float32, shape (1,)
    :param length: the maximum number of ids that it was trained on
    :raises ValueError: if the network is none of these, or a shape does not fit

    >>> import numpy as np
    >>> from rnn_tutorial.pages.widget_files import TrainedReader
    >>> E, one = np.float32([[0], [0], [0], [0], [2], [-2]]), np.float32([[1]])
    >>> reader = TrainedReader("bag_of_words", E, None, V=one, b_y=np.float32([0]))
    >>> reader.forward(np.array([4, 4, 5]))[1].round(2)  # good, good, bad
    array([0.88, 0.88, 0.66], dtype=float32)
    """

    network: str
    E: np.ndarray
    cell: Cell[Any] | None
    V: np.ndarray
    b_y: np.ndarray
    length: int = 500

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.network not in NETWORKS:
            raise ValueError(f"`network`: expected one of {', '.join(NETWORKS)}, got {self.network!r}.")
        wanted, got = NETWORKS[self.network] or type(None), type(self.cell)
        if got is not wanted:
            raise ValueError(f"`cell`: expected {wanted.__name__} for {self.network}, got {got.__name__}.")
        inputs = self.cell.inputs if self.cell else self.E.shape[-1]
        units = self.cell.units if self.cell else inputs
        check_shapes(self, E=(len(self.E), inputs), V=(1, units), b_y=(1,))
        for option, default in _OPTIONS.items():
            if (got := getattr(self.cell, option, default)) != default:
                raise ValueError(f"`cell`: expected {option}={default!r}, got {got!r}.")

    @classmethod
    def from_keras(cls, model: keras.Model, length: int = 500) -> TrainedReader:
        """Copy the weights of :func:`~rnn_tutorial.sentiment.models.bag_of_words`, ``simple_rnn``, ``lstm`` or ``gru``.

        :param model: the model, whose name says which of the four it is
        :param length: the maximum number of ids that it was trained on
        :raises ValueError: if it is another model
        """
        from rnn_tutorial.theory.from_keras import cell_from_keras

        if model.name not in NETWORKS:
            raise ValueError(
                f"`model`: expected one of {', '.join(NETWORKS)} of rnn_tutorial.sentiment.models, got {model.name!r}."
            )
        embedding, layer, output = model.layers
        cell = cell_from_keras(layer) if NETWORKS[model.name] else None
        (E,), (V, b_y) = embedding.get_weights(), output.get_weights()
        return cls(model.name, E, cell, V.T, b_y, length)

    def weights(self) -> list[np.ndarray]:
        """Return the weights as Keras orders and shapes them, for ``model.set_weights``.

        :returns: E, then Wᵀ, Uᵀ and b if there is a cell, then Vᵀ and b_y; for a GRU, b and b' in one array of two rows

        >>> from rnn_tutorial.pages.widget_files import TrainedReader
        >>> from rnn_tutorial.sentiment.models import simple_rnn
        >>> model = simple_rnn(20, embedding_dim=3, units=4)
        >>> model.set_weights(TrainedReader.from_keras(model).weights())
        """
        of_cell: list[np.ndarray] = []
        if self.cell:
            W, U, *biases = self.cell.parameters.values()
            of_cell = [W.T, U.T, np.stack(biases) if len(biases) > 1 else biases[0]]
        return [self.E, *of_cell, self.V.T, self.b_y]

    def forward(self, ids: np.ndarray, mask: np.ndarray | None = None) -> tuple[Any, np.ndarray]:
        """Read a text, and return all states and all predicted probabilities.

        :param ids: the text's ids, with that of the start, shape (time,)
        :param mask: True where there is a word, bool, shape (time,); ``None`` is True everywhere
        :returns: the states, each part of shape (time, units), and y_t, shape (time,)
        :raises ValueError: if there is no id, or one without a row in the embedding

        >>> import numpy as np
        >>> from rnn_tutorial.pages.widget_files import TrainedReader
        >>> from rnn_tutorial.sentiment.models import lstm
        >>> model = lstm(20, embedding_dim=3, units=4)
        >>> states, y = TrainedReader.from_keras(model).forward(np.array([1, 7, 8]))
        >>> states.c.shape, np.allclose(y[-1], model(np.array([[1, 7, 8]])), atol=1e-6)
        ((3, 4), True)
        """
        ids = np.asarray(ids)
        if ids.ndim != 1 or not len(ids):
            raise ValueError(f"`ids`: expected the shape (time,) with at least one id, got {ids.shape}.")
        if ids.min() < 0 or ids.max() >= len(self.E):
            raise ValueError(f"`ids`: expected 0 to {len(self.E) - 1}, got {ids.min()} to {ids.max()}.")
        x = self.E[ids]
        if self.cell:
            batch = unroll(self.cell, x[None], None if mask is None else np.asarray(mask)[None])
            states = type(batch)(*(part[0] for part in batch))
        else:
            there = np.ones(len(ids), bool) if mask is None else np.asarray(mask)
            sums, counts = np.cumsum(x * there[:, None], axis=0), np.cumsum(there)
            states = SimpleRNNCell.State(sums / np.maximum(counts, 1)[:, None].astype(x.dtype))
        return states, ACTIVATIONS["sigmoid"].function(states.h @ self.V[0] + self.b_y)

    def to_file(self, vocabulary: Vocabulary | None = None) -> bytes:
        """Serialise the network in the format that the module describes.

        :param vocabulary: its words, with which :doc:`/explorer` opens a file of your own
        :returns: the content of a file, the same for the same weights
        :raises ValueError: if the vocabulary has more ids than the embedding has rows

        >>> from rnn_tutorial.pages.widget_files import TrainedReader
        >>> from rnn_tutorial.sentiment.models import lstm
        >>> file = TrainedReader.from_keras(lstm(1000)).to_file()
        >>> lstm(1000).count_params(), round(len(file), -3)  # bytes: 1 in E, 2 in W and U
        (180501, 267000)
        """
        from rnn_tutorial.theory.networks import tensor_file  # no browser has what this needs, where the rest runs

        if vocabulary and len(vocabulary) > len(self.E):
            raise ValueError(f"`vocabulary`: expected at most {len(self.E)} ids, got {len(vocabulary)}.")
        words = {"words": vocabulary.words} if vocabulary else {}
        tensors: dict[str, np.ndarray] = dict(zip(("E", "E.scale"), quantise_rows(self.E), strict=True))
        if self.cell:
            halves = {"W": self.cell.W.astype(np.float16), "U": self.cell.U.astype(np.float16)}
            tensors |= self.cell.parameters | halves
        tensors |= {"V": self.V, "b_y": self.b_y}
        cells = {"": self.cell} if self.cell else {}
        return tensor_file(tensors, cells, version=VERSION, network=self.network, length=self.length, **words)

    @classmethod
    def from_file(cls, content: bytes) -> TrainedReader:
        """Load what :meth:`to_file` wrote: the network that the browser computes with.

        :param content: the content of the file
        :returns: the network, in float32
        :raises ValueError: if it is not such a file, incomplete, or of another version

        Example: the restored weights are close to the original ones.

        >>> import numpy as np
        >>> from rnn_tutorial.pages.widget_files import TrainedReader
        >>> from rnn_tutorial.sentiment.models import simple_rnn
        >>> reader = TrainedReader.from_keras(simple_rnn(50))
        >>> restored = TrainedReader.from_file(reader.to_file())
        >>> np.allclose(restored.E, reader.E, rtol=0, atol=np.abs(reader.E).max() / 250)
        True
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            tensors = load(content)
        except SafetensorError as error:
            raise ValueError(f"`content`: expected a complete file in the format safetensors: {error}") from error
        size = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + size]).get("__metadata__", {})
        about = json.loads(metadata.get(FORMAT, "{}"))
        if about.get("version") != VERSION:
            raise ValueError(
                f"`content`: expected {FORMAT} of version {VERSION}, got {about.get('version', 'something else')}. "
                "Write it again with to_file."
            )
        cell_type = NETWORKS.get(about["network"])
        of_gru = ["recurrent_b"] if cell_type is GRUCell else []
        needed = ["E", "E.scale", *(["W", "U", "b", *of_gru] if cell_type else []), "V", "b_y"]
        if missing := [name for name in needed if name not in tensors]:
            raise ValueError(f"`content`: expected {', '.join(missing)}, which it lacks. Write it again with to_file.")
        single = {name: tensor.astype(np.float32) for name, tensor in tensors.items() if name != "E"}
        E = dequantise_rows(tensors["E"], single["E.scale"])
        biases: dict[str, Any] = {name: single[name] for name in of_gru}
        cell = cell_type(single["W"], single["U"], single["b"], **biases) if cell_type else None
        return cls(about["network"], E, cell, single["V"], single["b_y"], about["length"])


def glue_file(name: str, content: bytes) -> None:
    """Give the site a file, at this place below ``_static``, for its widgets; a notebook writes none."""
    if folder := os.environ.get(FILES):
        (file := Path(folder, name)).parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def files_for_browser(
    readers: Iterable[TrainedReader], vocabulary: Vocabulary, samples: Iterable[SampleReview]
) -> dict[str, bytes]:
    """Create all files that :doc:`/explorer` reads, by their places: the networks, their vocabulary and the samples."""
    return {
        **{f"explorer/{reader.network}.safetensors": reader.to_file() for reader in readers},
        "explorer/vocabulary.txt": "".join(f"{word}\n" for word in vocabulary.words).encode(),
        "explorer/samples.json": json.dumps(list(map(asdict, samples)), ensure_ascii=False).encode(),
    }


def readings_file(reader: TrainedReader, vocabulary: Vocabulary, texts: Iterable[str]) -> bytes:
    r"""Write what a network computes on a few texts, y_t = σ(V h_t + b_y), for a page that does not load the network.

    :returns: a list in JSON: ``words`` with the start, and ``y`` after each

    >>> import numpy as np
    >>> from rnn_tutorial.pages.widget_files import TrainedReader, readings_file
    >>> from rnn_tutorial.sentiment.vocabulary import Vocabulary
    >>> E, one = np.float32([[0], [0], [0], [0], [2], [-2]]), np.float32([[1]])
    >>> bag = TrainedReader("bag_of_words", E, None, V=one, b_y=np.float32([0]))
    >>> readings_file(bag, Vocabulary(["good", "bad"]), ["good"])
    b'[{"words": ["start", "good"], "y": [0.5, 0.731]}]'
    """
    readings = []
    for text in texts:
        _, y = reader.forward(ids := vocabulary.encode(text))
        words = ["start", *(vocabulary.decode([number]) for number in ids[1:])]
        readings.append({"words": words, "y": [round(float(number), 3) for number in y]})
    return json.dumps(readings).encode()


def files_of_home(
    lstm: TrainedReader, simple_rnn: TrainedReader, vocabulary: Vocabulary, others: Sequence[str]
) -> dict[str, bytes]:
    """Create what stands for the explorer where it does not run, and what *Fool the LSTM* begins with.

    The former is what the LSTM computes on a sentence with a *but*, on which the two networks differ most; the latter
    is praise with a negation, of which both think least.

    :param vocabulary: the words of both
    :param others: more texts that give no score
    :returns: the content of each file, by its place
    """

    def last(text: str) -> tuple[float, float]:
        one, other = (float(reader.forward(vocabulary.encode(text))[1][-1]) for reader in (lstm, simple_rnn))
        return one, other

    turn = max(TURNS, key=lambda text: abs(last(text)[0] - last(text)[1]))
    known = [min(PRAISE, key=lambda text: max(last(text))), NOT_BAD, *PRAISE, *others]
    return {
        "explorer/readings.json": readings_file(lstm, vocabulary, [turn]),
        "fool/fool.json": json.dumps({"y": round(last(known[0])[0], 3), "texts": known}).encode(),
    }


def phrase_file(
    networks: Mapping[str, Sequence[Network]],
    symbols: Sequence[str],
    seen: Sequence[int],
    seeds: Iterable[int],
    first: int,
) -> bytes:
    """Write what networks say of *not bad but good* and *not good but bad* at each of nine places in a sentence.

    :param networks: of each kind one a seed
    :param symbols: the words, in the order of the inputs
    :param seen: the places of the training, from 0
    :param first: which seed is shown first
    :returns: in JSON, with the probability of the second class for each kind, seed, phrase and place
    """
    fillers, phrases = ["so", "the", "film", "was", "it", "was", "so", "then"], ("not bad but good", "not good but bad")
    places = range(len(fillers) + 1)
    texts = [[*fillers[:k], *phrase.split(), *fillers[k:]] for phrase in phrases for k in places]
    inputs = np.eye(len(symbols), dtype="float32")[[[symbols.index(word) for word in text] for text in texts]]
    as_read = {"bag_of_words": inputs.sum(axis=1, keepdims=True), "feed_forward": inputs.reshape(len(texts), 1, -1)}
    titles = {
        "bag_of_words": "Bag of words",
        "feed_forward": "Feed-forward",
        "simple_rnn": "Simple RNN",
        "lstm": "LSTM",
    }
    found = {}
    for kind, of_kind in networks.items():
        y = [one.read_out(unroll(one.cell, as_read.get(kind, inputs)).h[:, -1])[:, 1] for one in of_kind]
        of_second = np.reshape(y, (len(of_kind), len(phrases), len(places))).astype(float)
        found[titles[kind]] = np.round(of_second, 3).tolist()
    shown = {"fillers": fillers, "phrases": phrases, "seen": list(seen), "seeds": list(seeds), "first": first}
    return json.dumps(shown | {"networks": found}, separators=(",", ":")).encode()


def river_years_file(network: Network, river: Series, train: slice, years: Sequence[int]) -> bytes:
    """Write a network that reads a river's weather, and some years of it, for the river in the reader's hands.

    The metadata say which cell stores the snow, :func:`~rnn_tutorial.series.snow.find_store`, and what scales numbers.

    :param network: an LSTM trained on the training part
    :param river: with the inputs P, E0 and T
    :param train: its training part
    :param years: in whose October a year begins; the 365 days before it are in the file, too
    :returns: a file of :func:`~rnn_tutorial.theory.networks.tensor_file`, with ``weather``, shape (years, 730, 3), and
        ``observed``, shape (years, 366), from the day before on
    """
    from rnn_tutorial.theory.networks import tensor_file  # no browser has what this needs, where the rest runs

    x, _ = standardise(river, train)
    P, _, T = river.inputs.T
    known = slice(365, train.stop)
    snow = find_store(unroll(network.cell, x[None]).c[0, known], degree_day_store(P, T)[0][known])
    firsts = [int((np.datetime64(f"{year}-10-01") - river.dates[0]).astype(int)) for year in years]
    scaled = np.column_stack([river.inputs, river.target])[train]
    tensors = network.parameters | {
        "weather": np.array([river.inputs[first - 365 : first + 365] for first in firsts], np.float32),
        "observed": np.array([river.target[first - 1 : first + 365] for first in firsts], np.float32),
    }
    about: dict[str, Any] = {"years": [f"{year} to {year + 1}" for year in years], "snow": snow}
    about |= {"mean": scaled.mean(axis=0).tolist(), "deviation": scaled.std(axis=0).tolist()}
    return tensor_file(tensors, {"": network.cell}, **about)
