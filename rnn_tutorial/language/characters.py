"""A recurrent network that reads text letter by letter, predicts the next one, and writes.

In homage to Andrej Karpathy's `min-char-rnn.py <https://gist.github.com/karpathy/d4dee566867f8291f086>`__: a hundred
lines of NumPy. Cell, output, gradients and optimiser are those of the theory pages. New here is a stream: a text
without an end, read in chunks, with the state carried on. :doc:`/language/next-word` trains one.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from rnn_tutorial._cache.memory import kept
from rnn_tutorial.language.ngram_models import adjust_distribution
from rnn_tutorial.records import checked_ids
from rnn_tutorial.sentiment.sources import bundled_texts
from rnn_tutorial.theory.cells import Cell, GRUCell, glorot_uniform, unroll
from rnn_tutorial.theory.networks import Network, softmax_cross_entropy
from rnn_tutorial.theory.tasks import one_hot
from rnn_tutorial.theory.training import Adam, training_facts

__all__ = [
    "ALPHABET", "encode", "decode", "review_stream", "review_text", "new_writer", "chunk_loss_and_gradients",
    "train_on_stream", "read_stream", "write", "writer_file",
]  # fmt: skip

#: The characters that a network knows, in the order of their ids. The first, a line break, begins each review.
ALPHABET = "\n abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'\"()-/&*"

_IDS = {character: number for number, character in enumerate(ALPHABET)}
_BREAK, _SPACES = re.compile(r"<br\s*/?>"), re.compile(r"[^\S\n]+")


def encode(text: str) -> np.ndarray:
    r"""Encode a text as ids of characters.

    Letters are lower-cased, several spaces become one, and what is not in :data:`ALPHABET` is dropped.

    :returns: ids, int32, shape (time,)

    >>> from rnn_tutorial.language.characters import decode, encode
    >>> encode("A  film")
    array([ 2,  1,  7, 10, 13, 14], dtype=int32)
    >>> decode(encode("Très \n BON"))
    'trs \n bon'
    """
    return np.array([_IDS[c] for c in _SPACES.sub(" ", text.lower()) if c in _IDS], np.int32)


def decode(ids: np.ndarray | list[int]) -> str:
    """Decode ids of characters to a text; the inverse of :func:`encode`.

    :raises ValueError: if an id is no whole number, or out of range
    """
    return "".join(ALPHABET[i] for i in checked_ids("ids", ids, len(ALPHABET)))


def review_stream(half: str, length: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    r"""Join the bundled reviews, in random order, to a stream of characters.

    Each review begins with a line break, and has no other. A review of the training half that the test half has, too,
    is left out.

    :param half: ``"train"`` or ``"test"``
    :param length: how many characters
    :param seed: of the order
    :returns: the ids and, for each character, the label of its review, 1 if it is positive; int32, shape (length,)
    :raises ValueError: if there are not so many characters

    >>> from rnn_tutorial.language.characters import decode, review_stream
    >>> ids, labels = review_stream("test", 1000, seed=1)
    >>> ids.shape, labels.shape, decode(ids[:1])
    ((1000,), (1000,), '\n')
    """
    texts = bundled_texts()
    held_out = {text for name in ("neg", "pos") for text in texts["test", name]} if half == "train" else set()
    labelled = [(text, label) for label, name in enumerate(("neg", "pos")) for text in texts[half, name]]
    ids: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    count = 0
    for place in np.random.default_rng(seed).permutation(len(labelled)):
        text, label = labelled[place]
        if text not in held_out and count < length:
            ids.append(encode("\n" + " ".join(_BREAK.sub(" ", text).split())))
            labels.append(np.full(len(ids[-1]), label, np.int32))
            count += len(ids[-1])
    if count < length:
        raise ValueError(f"`length`: expected at most {count:,} characters in this half, got {length:,}.")
    return np.concatenate(ids)[:length], np.concatenate(labels)[:length]


def review_text() -> str:
    """Return the first 950,000 characters of :func:`review_stream`, those that :doc:`/language/from-scratch` reads.

    Where a browser runs Python there are no reviews, so the site brings this text along.
    """
    brought = Path(__file__).with_name("review_text.txt")
    return brought.read_text() if brought.is_file() else decode(review_stream("train", 950_000, seed=1)[0])


def new_writer(units: int, seed: int, cell_type: type[Cell[Any]] = GRUCell, dtype: str = "float32") -> Network:
    """Initialise a network that reads and predicts characters of :data:`ALPHABET`.

    y_t = softmax(V h_t + b_y), equation :eq:`next-token`

    :param units: the size of h_t
    :param seed: the same seed gives the same network
    :param cell_type: the class of the cell
    :param dtype: ``"float32"`` or ``"float64"``

    Example: W, U and V have one row or column for each of 52 characters.

    >>> from rnn_tutorial.language.characters import new_writer
    >>> network = new_writer(units=16, seed=1)
    >>> network.cell.W.shape, network.cell.U.shape, network.V.shape
    ((48, 52), (48, 16), (52, 16))
    """
    size = len(ALPHABET)
    V = glorot_uniform(np.random.default_rng([seed, 1]), size, units).astype(dtype)
    return Network(cell_type.random(size, units, seed, dtype=dtype), V, np.zeros(size, dtype), "softmax")


def chunk_loss_and_gradients(
    network: Network, ids: np.ndarray, state: Any = None
) -> tuple[float, dict[str, np.ndarray], Any]:
    """Read a chunk of some streams, and compute the loss and its gradients within this chunk.

    L = -(1/n) Σ ln y_t[x_{t+1}], over all n characters that are predicted

    The state is carried into the chunk, and gradients do not leave it: truncated backpropagation, equation
    :eq:`truncated`. Whatever the network would have predicted, it reads what stands in the text (teacher forcing).

    :param network: the network
    :param ids: time + 1 characters of each stream, of which the last is only predicted, shape (streams, time + 1)
    :param state: the state after the previous chunk; ``None`` is zeros
    :returns: L, the gradients by the names of the network's parameters, and the state for the next chunk, which begins
        with the last character of this one

    Example: with V = 0 all 52 characters are equally probable.

    >>> import numpy as np
    >>> from rnn_tutorial.language.characters import (
    ...     chunk_loss_and_gradients,
    ...     encode,
    ...     new_writer,
    ... )
    >>> network = new_writer(units=4, seed=1)
    >>> network = network.with_parameters(
    ...     network.parameters | {"V": np.zeros_like(network.V)}
    ... )
    >>> loss, grads, state = chunk_loss_and_gradients(network, encode("a film")[None])
    >>> round(float(np.exp(loss))), state.h.shape
    (52, (1, 4))
    """
    ids = checked_ids("ids", ids, len(ALPHABET))
    x = one_hot(ids[:, :-1], len(ALPHABET), network.cell.dtype)
    states = unroll(network.cell, x, initial_state=state)
    loss, grad_a = softmax_cross_entropy(network.logits(states.h), ids[:, 1:])
    grads = network.backward(x, states, grad_a, initial_state=state)
    return loss, grads, type(states)(*(part[:, -1] for part in states))


def _facts(network: Network, ids: np.ndarray, **settings: Any) -> dict[str, Any] | None:
    return training_facts(train_on_stream, network, ids, **settings)


@kept(_facts)
def train_on_stream(
    network: Network,
    ids: np.ndarray,
    *,
    streams: int = 64,
    steps: int = 32,
    learning_rate: float = 0.01,
    restart: float = 0.05,
    seed: int = 1,
) -> tuple[Network, np.ndarray]:
    """Train a network to predict the next character, on one pass through a text.

    The text is cut into ``streams`` parts, which are read side by side in chunks of ``steps`` characters, with an
    update of :class:`~rnn_tutorial.theory.training.Adam` after each. Gradients are clipped to norm 1, and the learning
    rate falls to a tenth in equal steps. Before a chunk each stream's state is carried on, or, with probability
    ``restart``, set to zeros: a network that never began with zeros may fail when it does. The same call loads its
    result from the user's cache folder.

    :param network: the network to start from; it is not changed
    :param ids: the text, shape (time,); what is left at its end is not read
    :param streams: how many parts are read side by side
    :param steps: the characters of a chunk: how far gradients go back
    :param learning_rate: Adam's η at the beginning
    :param restart: the probability that a stream forgets its state before a chunk
    :param seed: of the restarts
    :returns: the trained network, and the loss of each chunk before its update, shape (updates,)
    :raises ValueError: if the text is shorter than a chunk of each stream

    >>> from rnn_tutorial.language.characters import encode, new_writer, train_on_stream
    >>> network, text = new_writer(16, seed=1), encode("a good or a bad film. " * 300)
    >>> trained, losses = train_on_stream(network, text, streams=4, steps=10)
    >>> bool(losses[-1] < losses[0] / 3)
    True
    """
    updates = (len(ids) // streams - 1) // steps
    if updates < 1:
        raise ValueError(f"`ids`: expected at least {streams * (steps + 1):,} characters, got {len(ids):,}.")
    rows = ids[: streams * (len(ids) // streams)].reshape(streams, -1)
    adam, losses, random = Adam(learning_rate, max_norm=1.0), [], np.random.default_rng(seed)
    state = network.cell.initial_state(streams)
    with threadpool_limits(1, user_api="blas"):  # the number of threads changes the last bits
        for update in range(updates):
            adam.learning_rate = learning_rate * (1 - 0.9 * update / updates)
            chunk = rows[:, update * steps : (update + 1) * steps + 1]
            carried = random.random((streams, 1)) >= restart
            state = type(state)(*(part * carried for part in state))
            loss, grads, state = chunk_loss_and_gradients(network, chunk, state)
            network = network.with_parameters(adam.update(network.parameters, grads))
            losses.append(loss)
    return network, np.array(losses)


def read_stream(network: Network, ids: np.ndarray, streams: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Compute the hidden states and the predictions of a network along a text.

    :param network: the network
    :param ids: the text, shape (time,)
    :param streams: read so many equal parts of it side by side, which is faster; each begins with a state of zeros
    :returns: h_t, shape (time, units), and y_t, the probabilities of the next character, shape (time, characters)
    :raises ValueError: if the text cannot be cut into so many equal parts

    >>> from rnn_tutorial.language.characters import encode, new_writer, read_stream
    >>> h, y = read_stream(new_writer(units=16, seed=1), encode("a film"))
    >>> h.shape, y.shape
    ((6, 16), (6, 52))
    """
    if not len(ids) or len(ids) % streams:
        raise ValueError(f"`streams`: expected a divisor of the {len(ids):,} characters, got {streams}.")
    x = one_hot(checked_ids("ids", ids, len(ALPHABET)).reshape(streams, -1), len(ALPHABET))
    with threadpool_limits(1, user_api="blas"):
        h = unroll(network.cell, x).h.reshape(len(ids), -1)
        return h, network.read_out(h)


def write(network: Network, beginning: str, length: int, seed: int, **options: Any) -> str:
    r"""Sample a continuation of a text, one character after another, each read before the next.

    :param network: the network
    :param beginning: what it reads first, after the line break that begins a review
    :param length: how many characters it writes
    :param seed: the same seed draws the same characters
    :param options: passed to :func:`~rnn_tutorial.language.ngram_models.adjust_distribution`, such as ``temperature``
    :returns: what it wrote, without the beginning

    Example: greedy choices need no luck.

    >>> from rnn_tutorial.language.characters import (
    ...     encode,
    ...     new_writer,
    ...     train_on_stream,
    ...     write,
    ... )
    >>> text = encode("\na good film." * 900)
    >>> trained, _ = train_on_stream(new_writer(16, seed=1), text, streams=4, steps=12)
    >>> write(trained, "a go", length=8, seed=1, top_k=1)
    'od film.'
    """
    random, state = np.random.default_rng(seed), network.cell.initial_state(1)
    written: list[int] = []
    to_read = list(encode("\n" + beginning))
    for _ in range(length):
        for i in to_read:
            state = network.cell.step(one_hot([i], len(ALPHABET)), state)
        to_read = [int(random.choice(len(ALPHABET), p=adjust_distribution(network.read_out(state.h)[0], **options)))]
        written += to_read
    return decode(written)


def writer_file(network: Network) -> bytes:
    """Serialise a network for the browser: its parameters in float32, and the alphabet.

    :param network: the network, or a :class:`~rnn_tutorial.language.letter_transformer.LetterTransformer`
    """
    from rnn_tutorial.theory.networks import tensor_file  # no browser has what this needs, where the rest runs

    tensors = {name: array.astype(np.float32) for name, array in network.parameters.items()}
    return tensor_file(tensors, {"": network.cell} if isinstance(network, Network) else {}, alphabet=ALPHABET)
