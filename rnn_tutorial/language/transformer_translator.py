"""A translator without recurrence: a transformer of one block that reads and one that writes, in Keras.

It does the task of :mod:`rnn_tutorial.language.translator`, on the same numbers. The equations are those of
:doc:`/language/transformer`, which trains one.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from rnn_tutorial.language.dictation import END, WORDS, dictations
from rnn_tutorial.language.transformer import MultiHeadAttention, TransformerBlock, sinusoidal_positions
from rnn_tutorial.language.translator import OUTPUTS, Translation

__all__ = ["TransformerTranslator", "fit_transformer"]

LONGEST = 40  # words


class TransformerTranslator(keras.Model):
    r"""A transformer that writes dictated numbers in digits.

    The encoder reads x_j = E[word_j] + p_j with one block, equation :eq:`transformer-block`. The decoder reads the
    digit before each, d_{t-1}, in the same way, with the causal mask :eq:`causal`. Between its self-attention and its
    small network it attends to what the encoder gives: queries from the digits, keys and values from the words. Then
    y_t = softmax(V z_t + b_y). The positions p are those of equation :eq:`positions`.

    :param size: numbers in a vector
    :param heads: of each attention, a divisor of the size
    :param hidden: units of the small networks

    Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017.

    Example:

    >>> from rnn_tutorial.language.transformer_translator import TransformerTranslator
    >>> from rnn_tutorial.language.dictation import dictations
    >>> model = TransformerTranslator(size=8, heads=2, hidden=16)
    >>> examples = dictations(3)
    >>> model.translate(examples.words).digits.shape[0]
    3
    """

    def __init__(self, size: int = 64, heads: int = 4, hidden: int = 128) -> None:
        super().__init__()
        self.words, self.digits = layers.Embedding(len(WORDS), size), layers.Embedding(OUTPUTS, size)
        self.positions = tf.constant(sinusoidal_positions(3 * LONGEST // 2 + 2, size), tf.float32)
        attention: dict[str, Any] = {"num_heads": heads, "key_dim": size // heads, "use_bias": False}
        # of the encoder, of the decoder, and from the decoder to the words
        self.attentions = [layers.MultiHeadAttention(**attention) for _ in range(3)]
        self.networks = [[layers.Dense(hidden, "relu"), layers.Dense(size)] for _ in range(2)]
        self.norms = [layers.LayerNormalization(epsilon=1e-3) for _ in range(5)]
        self.read_out = layers.Dense(OUTPUTS)
        self((np.zeros((1, 1), int), np.zeros((1, 1), int)))

    def encode(self, words: tf.Tensor) -> tf.Tensor:
        """Read words, ids of shape (batch, time), padded with -1 at the end; return shape (batch, time, size)."""
        x, there = self._input(self.words, words), (words >= 0)[:, None]
        z = self.norms[0](x + self.attentions[0](x, x, attention_mask=there))
        return self._each(0, z, self.norms[1])

    def decode(self, memory: tf.Tensor, words: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
        """Return the logits of each digit, shape (batch, steps, 11), from those before it, shape (batch, steps)."""
        x, there = self._input(self.digits, before), (words >= 0)[:, None]
        x = self.norms[2](x + self.attentions[1](x, x, use_causal_mask=True))
        z = self.norms[3](x + self.attentions[2](x, memory, attention_mask=there))
        return self.read_out(self._each(1, z, self.norms[4]))

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """Read words, and return the logits of each digit, given those before it."""
        words, before = map(tf.convert_to_tensor, inputs)
        return self.decode(self.encode(words), words, before)

    def translate(self, words: np.ndarray) -> Translation:
        """Write the most probable digit at each step, and read it at the next one, until all have ended.

        :param words: ids, shape (count, time), padded with -1 at the end
        :returns: digits and probabilities; at most 3/2 digits a word, and two
        :raises ValueError: if there are more than 40 words, for which it has no positions
        """
        if words.shape[1] > LONGEST:
            raise ValueError(f"`words`: expected at most {LONGEST}, got {words.shape[1]}.")
        memory, steps = self.encode(tf.convert_to_tensor(words)), 3 * words.shape[1] // 2 + 2
        before, y = np.full((len(words), 1), END), np.zeros((len(words), 0, OUTPUTS))
        for _ in range(steps):
            y = tf.nn.softmax(self.decode(memory, tf.convert_to_tensor(words), tf.convert_to_tensor(before))).numpy()
            before = np.concatenate([before, y[:, -1:].argmax(axis=-1)], axis=1)
            if (before[:, 1:] == END).any(axis=1).all():
                break
        digits, ended = before[:, 1:], np.cumsum(before == END, axis=1)[:, :-1] > 1
        return Translation(np.where(ended, -1, digits), y, None)

    def block(self) -> TransformerBlock:
        """Return the encoder's block as the one in NumPy."""
        W_q, W_k, W_v, W_o = self.attentions[0].get_weights()  # (size, heads, part), and W_o (heads, part, size)
        size, heads, _ = W_q.shape
        W_q, W_k, W_v = (W.reshape(size, -1).T for W in (W_q, W_k, W_v))
        attention = MultiHeadAttention(W_q, W_k, W_v, W_o.reshape(-1, size).T, heads)
        (W_1, b_1), (W_2, b_2) = (layer.get_weights() for layer in self.networks[0])
        gains, biases = zip(*(norm.get_weights() for norm in self.norms[:2]), strict=True)
        return TransformerBlock(attention, W_1.T, b_1, W_2.T, b_2, np.stack(gains), np.stack(biases))

    def _input(self, embedding: layers.Embedding, ids: tf.Tensor) -> tf.Tensor:
        return embedding(tf.maximum(ids, 0)) + self.positions[: tf.shape(ids)[1]]

    def _each(self, block: int, z: tf.Tensor, norm: layers.LayerNormalization) -> tf.Tensor:
        first, second = self.networks[block]
        return norm(z + second(first(z)))


def fit_transformer(
    seed: int,
    *,
    size: int = 64,
    heads: int = 4,
    hidden: int = 128,
    updates: int = 800,
    batch_size: int = 64,
    learning_rate: float = 0.005,
    lengths: tuple[int, int] = (3, 8),
) -> TransformerTranslator:
    """Train a transformer on the numbers of :func:`~rnn_tutorial.language.translator.fit_translator`.

    Teacher forcing, the cross-entropy averaged over digits and ends, and Adam, with gradients clipped to the norm 1 and
    a rate that rises for a tenth of the updates and then falls to 0 as half a cosine.

    :param seed: of the network and of the numbers
    :param size: numbers in a vector
    :param heads: of each attention
    :param hidden: units of the small networks
    :param updates: how many
    :param batch_size: numbers per update
    :param learning_rate: the highest η
    :param lengths: the least and the largest number of digits
    :returns: the trained network

    Example:

    >>> from rnn_tutorial.language.transformer_translator import fit_transformer
    >>> model = fit_transformer(seed=1, size=8, heads=2, hidden=16, updates=2)
    >>> model.count_params()
    1763
    """
    keras.utils.set_random_seed(int(seed))  # of NumPy's integers it takes none
    model = TransformerTranslator(size, heads, hidden)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, updates - updates // 10, warmup_target=learning_rate, warmup_steps=updates // 10
    )
    optimizer = keras.optimizers.Adam(schedule, global_clipnorm=1.0)
    variables = model.trainable_variables
    optimizer.build(variables)
    ids = tf.TensorSpec([None, None], tf.int64)

    @tf.function(input_signature=[ids, ids], autograph=False)
    def update(words: tf.Tensor, wanted: tf.Tensor) -> None:
        before = tf.concat([tf.fill([tf.shape(wanted)[0], 1], tf.constant(END, tf.int64)), wanted[:, :-1]], axis=1)
        there = tf.cast(wanted >= 0, tf.float32)
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(wanted, 0), model((words, before)))
            loss = tf.reduce_sum(losses * there) / tf.reduce_sum(there)
        grads = tape.gradient(loss, [variable.value for variable in variables])
        optimizer.apply_gradients(zip(map(tf.convert_to_tensor, grads), variables, strict=True))

    for number in range(updates):
        examples = dictations(batch_size, lengths, seed=[seed, number])
        update(tf.convert_to_tensor(examples.words), tf.convert_to_tensor(examples.digits))
    return model
