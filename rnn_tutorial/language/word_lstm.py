"""An LSTM in Keras that predicts the next word, and a classifier of reviews that is initialised with its weights.

The equations are those of :doc:`/language/next-word`, which shows recorded runs of both.
"""

from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from keras import layers

__all__ = ["LanguageModel", "read_text", "next_word_probabilities", "classifier_from"]


class LanguageModel(keras.Model):
    r"""An LSTM that predicts the next word, with one matrix E as embedding and as output weights.

    x_t = E[id_t],  (h_t, c_t) = LSTM(x_t, h_{t-1}, c_{t-1}),  y_t = softmax(E h_t + b_y)

    These are equations :eq:`lstm-step-gates` to :eq:`lstm-step-hidden`, and :eq:`next-token` with V = E: the weights
    are *tied*, so word vectors have as many numbers as there are units, u. Parameters: n u + n + 4 u (2 u + 1).

    :param vocabulary_size: n, the number of ids
    :param units: u
    :param dropout: the fraction of each x_t and h_t that is set to zero in training, on the way into and out of the
        LSTM; what goes on from step to step is kept

    Sources: Zaremba et al., Recurrent Neural Network Regularization, 2014, for the dropout; Press and Wolf, Using the
    Output Embedding to Improve Language Models, EACL 2017, for the tied weights.

    Example: with ids of shape (batch, time) it returns the logits E h_t + b_y.

    >>> import numpy as np
    >>> from rnn_tutorial.language.word_lstm import LanguageModel
    >>> model = LanguageModel(vocabulary_size=10, units=4)
    >>> model(np.array([[1, 5, 6]])).shape, model.count_params()
    (TensorShape([1, 3, 10]), 194)
    """

    def __init__(self, vocabulary_size: int, units: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.embedding = layers.Embedding(vocabulary_size, units, keras.initializers.RandomUniform(-0.1, 0.1))
        self.lstm = layers.LSTM(units, return_sequences=True, return_state=True)
        self.dropout = layers.Dropout(dropout)
        self.embedding.build((None,))
        self.lstm.build((None, None, units))
        self.b_y = self.add_weight(shape=(vocabulary_size,), initializer="zeros", name="b_y")
        self.built = True

    def initial_state(self, streams: int) -> list[tf.Tensor]:
        """Return h_0 and c_0, zeros of shape (streams, units)."""
        return [tf.zeros((streams, self.lstm.units))] * 2

    def states(
        self, ids: tf.Tensor, state: list[tf.Tensor], training: bool = False
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Read on from a state; return h_t, shape (streams, time, units), and the last state."""
        x = self.dropout(self.embedding(ids), training=training)
        h, *last = self.lstm(x, initial_state=state, training=training)
        return self.dropout(h, training=training), last

    def logits(self, h: tf.Tensor) -> tf.Tensor:
        """Return E h_t + b_y, shape (..., vocabulary)."""
        return tf.einsum("...u,nu->...n", h, tf.convert_to_tensor(self.embedding.embeddings)) + self.b_y

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        """Read texts from their beginning."""
        ids = tf.convert_to_tensor(ids)
        return self.logits(self.states(ids, self.initial_state(ids.shape[0]))[0])


def _chunks(ids: np.ndarray, streams: int, steps: int) -> Iterator[np.ndarray]:
    """Cut a text into streams, and these into chunks of ``steps`` words and the one after them."""
    rows = ids[: streams * (len(ids) // streams)].reshape(streams, -1).astype(np.int32)
    for start in range(0, rows.shape[1] - steps, steps):
        yield rows[:, start : start + steps + 1]


def read_text(
    model: LanguageModel,
    ids: np.ndarray,
    *,
    epochs: int,
    learning_rate: float = 0.003,
    streams: int = 64,
    steps: int = 32,
    sampled: int = 512,
    seed: int = 1,
    after_epoch: Callable[[int], None] = lambda epoch: None,
) -> None:
    """Train a language model on a text for several epochs; its weights change.

    The text is read in ``streams`` side by side, in chunks of ``steps`` words, with the state carried on, and begins at
    another place in each epoch. The loss is a *sampled softmax*: the word that came against ``sampled`` others, drawn
    anew for each chunk, frequent ones more often, and corrected for that, so that a chunk does not need all words.
    Adam, with gradients clipped to norm 1; its rate falls to 0 as half a cosine.

    :param model: the model
    :param ids: the text, with the more frequent words as the lower ids, shape (time,)
    :param epochs: how often it is read
    :param learning_rate: Adam's η at the beginning
    :param streams: how many parts are read side by side
    :param steps: words of a chunk: how far gradients go back
    :param sampled: how many words the one that came is compared with
    :param seed: of the beginnings; Keras' own seed decides on dropout and samples
    :param after_epoch: called with the number of the epoch, from 1 on
    :raises ValueError: if the text is shorter than a chunk of each stream

    Source: Jean et al., On Using Very Large Target Vocabulary for Neural Machine Translation, ACL 2015, for the sampled
    softmax.

    Example: a text of ten words in turn.

    >>> import keras
    >>> import numpy as np
    >>> from rnn_tutorial.language.word_lstm import LanguageModel, read_text
    >>> keras.utils.set_random_seed(1)
    >>> model = LanguageModel(vocabulary_size=10, units=8)
    >>> text = np.arange(2000) % 10
    >>> read_text(
    ...     model, text, epochs=3, learning_rate=0.03, streams=4, steps=10, sampled=5
    ... )
    >>> int(np.argmax(model(np.array([[2, 3, 4]]))[0, -1]))
    5
    """
    updates = (len(ids) // streams - 1) // steps
    if updates < 1:
        raise ValueError(f"`ids`: expected at least {streams * (steps + 1):,} words, got {len(ids):,}.")
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(learning_rate, epochs * updates), global_clipnorm=1.0
    )
    variables = model.trainable_variables
    optimizer.build(variables)
    units, size = model.lstm.units, model.embedding.input_dim
    sampled = min(sampled, size - 1)

    @tf.function(autograph=False)
    def update(chunk: tf.Tensor, state: list[tf.Tensor]) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            h, last = model.states(chunk[:, :-1], state, training=True)
            came = tf.reshape(tf.cast(chunk[:, 1:], tf.int64), (-1, 1))
            E, b_y = (tf.convert_to_tensor(value) for value in (model.embedding.embeddings, model.b_y))
            losses = tf.nn.sampled_softmax_loss(E, b_y, came, tf.reshape(h, (-1, units)), sampled, size)
            loss = tf.reduce_mean(losses)
        grads = tape.gradient(loss, [variable.value for variable in variables])
        optimizer.apply_gradients(zip(map(tf.convert_to_tensor, grads), variables, strict=True))
        return last

    random = np.random.default_rng(seed)
    for epoch in range(epochs):
        state = model.initial_state(streams)
        for chunk in _chunks(np.roll(ids, -random.integers(len(ids))), streams, steps):
            state = update(chunk, state)
        after_epoch(epoch + 1)


def next_word_probabilities(model: LanguageModel, ids: np.ndarray, streams: int = 16, steps: int = 32) -> np.ndarray:
    """Compute the probability that a model gives to each word that came, with the softmax over all words.

    :param model: the model
    :param ids: the text, shape (time,)
    :param streams: read so many parts of it side by side, which is faster; each begins with a state of zeros
    :param steps: how many steps are computed at a time
    :returns: p_t for :func:`~rnn_tutorial.language.ngram_models.perplexity`, float64, one for each word but the first
        of each part, and what is left at the end

    Example: a new model takes all words to be about equally probable.

    >>> import numpy as np
    >>> from rnn_tutorial.language.word_lstm import LanguageModel
    >>> from rnn_tutorial.language.word_lstm import next_word_probabilities
    >>> from rnn_tutorial.language.ngram_models import perplexity
    >>> model = LanguageModel(vocabulary_size=10, units=4)
    >>> round(
    ...     perplexity(next_word_probabilities(model, np.arange(500) % 10, streams=2))
    ... )
    10
    """

    @tf.function(autograph=False)
    def read(chunk: tf.Tensor, state: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        h, last = model.states(chunk[:, :-1], state)
        surprise = tf.nn.sparse_softmax_cross_entropy_with_logits(chunk[:, 1:], model.logits(h))
        return surprise, last

    state, surprises = model.initial_state(streams), []
    for chunk in _chunks(ids, streams, steps):
        surprise, state = read(chunk, state)
        surprises.append(surprise.numpy())
    return np.exp(-np.concatenate(surprises, axis=1, dtype=np.float64)).ravel()


def classifier_from(model: LanguageModel, has_read: bool = True) -> keras.Model:
    r"""Build an LSTM that classifies reviews, as large as a language model and possibly with its weights.

    y = σ(V (1/T) Σ_t h_t + b_y), with the states of all words, not only of the last one, which had to predict what
    comes after the review

    :param model: a language model; it is not changed
    :param has_read: whether the weights are copied; if not, all are new
    :returns: a model from ids, shape (batch, time), to probabilities, shape (batch, 1); it skips steps whose id is 0

    Sources: Dai and Le, Semi-supervised Sequence Learning, NeurIPS 2015; Howard and Ruder, Universal Language Model
    Fine-tuning for Text Classification, ACL 2018, for the mean.

    >>> from rnn_tutorial.language.word_lstm import LanguageModel, classifier_from
    >>> model = LanguageModel(vocabulary_size=10, units=4)
    >>> classifier_from(model).count_params() - model.count_params()  # 4 + 1 for 10
    -5
    """
    size, units = model.embedding.input_dim, model.lstm.units
    classifier = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(size, units, mask_zero=True),
            layers.LSTM(units, return_sequences=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    if has_read:
        for layer, read in zip(classifier.layers, (model.embedding, model.lstm), strict=False):
            layer.set_weights(read.get_weights())
    return classifier
