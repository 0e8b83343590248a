"""The tutorial's Keras models: from the ids of a review to the probability that it is positive.

Each model begins with an embedding, E of shape (vocabulary, embedding), which turns the id at time t into the vector
x_t, and ends with one sigmoid unit, y = σ(V h + b_y). They differ only in how they get from the vectors to h.
The defaults of :func:`feed_forward`, :func:`simple_rnn` and :func:`lstm` are those of the notebook that the tutorial
grew from. In the parameter counts below, n is the vocabulary size, d the embedding's dimension and u the units.
Unless a function says otherwise, its model maps ids, shape (batch, time), to probabilities, shape (batch, 1).

The recurrent models take ``mask_padding``: whether steps whose id is 0 are skipped, so that h_t = h_{t-1} there. The
notebook did not mask.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from rnn_tutorial.sentiment.layers import MaskedConvolution, MeanAndMax, PostPadding, RankedEmbedding, SumOfStep

__all__ = [
    "feed_forward", "bag_of_words", "simple_rnn", "lstm", "gru", "bidirectional_lstm", "convolution", "drop_words",
    "ngram_lstm", "position_wise", "ngram_convolution", "post_pad", "larger_updates_for_rare_words", "stacked",
]  # fmt: skip


def feed_forward(
    vocabulary_size: int = 10_000, length: int = 500, embedding_dim: int = 100, units: int = 250
) -> keras.Model:
    """A feed-forward network on the concatenated embeddings.

    h = relu(W [x_1; …; x_T] + b),  y = σ(V h + b_y)

    Both are in equation :eq:`feed-forward`; the first is also :eq:`flattened`.

    Parameters: n d + (T d + 1) u + (u + 1), 13,500,501 by default. W has its own d columns for each position, so
    what W learns at one position does not help at another; only the embedding is shared.

    :param vocabulary_size: n, the number of ids
    :param length: T, the number of ids that each review is padded or truncated to
    :param embedding_dim: d, numbers per word vector
    :param units: u, hidden units
    :returns: a model from ids, shape (batch, length), to probabilities, shape (batch, 1)

    Source: Harvard CS109B (2019), lab 6.

    Example: twice the length has almost twice the parameters.

    >>> from rnn_tutorial.sentiment.models import feed_forward
    >>> feed_forward().count_params(), feed_forward(length=1000).count_params()
    (13500501, 26000501)
    """
    return keras.Sequential(
        [
            keras.Input((length,), dtype="int32"),
            layers.Embedding(vocabulary_size, embedding_dim),
            layers.Flatten(),
            layers.Dense(units, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="feed_forward",
    )


def bag_of_words(vocabulary_size: int = 10_000, embedding_dim: int = 100) -> keras.Model:
    """The average of the embeddings: a strong baseline that ignores word order.

    h = (1/T) Σ_t x_t over the T words that are not padding,  y = σ(V h + b_y)

    This is equation :eq:`bag-of-words`; :eq:`bag` is its form with one-hot words, a sum, and a hidden layer.

    Parameters: n d + (d + 1), 1,000,101 by default.

    Source: Iyyer et al., Deep Unordered Composition Rivals Syntactic Methods for Text Classification, ACL 2015.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import bag_of_words
    >>> model = bag_of_words(vocabulary_size=20, embedding_dim=3)
    >>> model.count_params()  # 20 · 3 + 3 + 1
    64
    >>> # another order, and padding
    >>> not_bad, bad_not = np.array([[7, 8]]), np.array([[8, 7, 0, 0]])
    >>> np.allclose(model(not_bad), model(bad_not))
    True
    """
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(vocabulary_size, embedding_dim, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="bag_of_words",
    )


def simple_rnn(
    vocabulary_size: int = 10_000, embedding_dim: int = 100, units: int = 100, mask_padding: bool = False
) -> keras.Model:
    """A simple recurrent network, read out after the last word.

    h_t = tanh(U h_{t-1} + W x_t + b),  y = σ(V h_T + b_y)

    These are equations :eq:`simple-rnn` and :eq:`simple-rnn-output`, masked as in :eq:`mask`.

    W has shape (u, d), U (u, u), b (u,). Parameters: n d + u (d + u + 1) + (u + 1), 1,020,201 by default.

    Source: Elman, Finding Structure in Time, Cognitive Science 14 (1990).

    Example: with a mask, it skips post-padding.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import simple_rnn
    >>> model = simple_rnn(20, embedding_dim=3, units=4, mask_padding=True)
    >>> model.count_params()  # 20 · 3 + 4 (3 + 4 + 1) + (4 + 1)
    97
    >>> np.allclose(model(np.array([[7, 8]])), model(np.array([[7, 8, 0, 0]])))
    True
    """
    embedding = _embedding(vocabulary_size, embedding_dim, mask_padding)
    return _classifier("simple_rnn", embedding, layers.SimpleRNN(units, name="recurrence"))


def lstm(
    vocabulary_size: int = 10_000, embedding_dim: int = 100, units: int = 100, mask_padding: bool = False
) -> keras.Model:
    """A long short-term memory network, read out after the last word.

    i_t = σ(U_i h_{t-1} + W_i x_t + b_i), and likewise f_t and o_t with weights of their own

    c̃_t = tanh(U_c h_{t-1} + W_c x_t + b_c),  c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t

    h_t = o_t ⊙ tanh(c_t),  y = σ(V h_T + b_y)

    These are equations :eq:`lstm-step-gates` to :eq:`lstm-step-hidden` and :eq:`simple-rnn-output`. The weights are
    four sets shaped as in :func:`simple_rnn`, and Keras initialises b_f to 1. Parameters:
    n d + 4 u (d + u + 1) + (u + 1), 1,080,501 by default.

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997); the forget gate is from
    Gers et al., Learning to Forget, Neural Computation 12 (2000).

    >>> from rnn_tutorial.sentiment.models import lstm, simple_rnn
    >>> lstm().layers[1].count_params() / simple_rnn().layers[1].count_params()
    4.0
    >>> lstm(units=2).layers[1].cell.bias.numpy()  # i, f, c̃, o, two units each
    array([0., 0., 1., 1., 0., 0., 0., 0.], dtype=float32)
    """
    embedding = _embedding(vocabulary_size, embedding_dim, mask_padding)
    return _classifier("lstm", embedding, layers.LSTM(units, name="recurrence"))


def gru(
    vocabulary_size: int = 10_000, embedding_dim: int = 100, units: int = 100, mask_padding: bool = False
) -> keras.Model:
    """A gated recurrent network, read out after the last word.

    z_t = σ(U_z h_{t-1} + W_z x_t + b_z),  r_t = σ(U_r h_{t-1} + W_r x_t + b_r)

    h̃_t = tanh(r_t ⊙ (U_h h_{t-1} + b'_h) + W_h x_t + b_h)

    h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t,  y = σ(V h_T + b_y)

    These are equations :eq:`gru-step-gates` to :eq:`gru-step-state` and :eq:`simple-rnn-output`. The weights are three
    sets shaped as in :func:`simple_rnn`. Keras gives each a second bias b', of which only b'_h differs in effect from
    the first. Parameters: n d + 3 u (d + u + 2) + (u + 1), 1,060,701 by default.

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, EMNLP 2014, which has
    U_h (r_t ⊙ h_{t-1}); Keras' default, written here, follows the first version, arXiv:1406.1078v1.

    >>> from rnn_tutorial.sentiment.models import gru
    >>> gru().layers[1].count_params()  # 3 · 100 (100 + 100 + 2)
    60600
    >>> tuple(gru(units=2).layers[1].cell.bias.shape)  # b and b', each for z, r and h̃
    (2, 6)
    """
    embedding = _embedding(vocabulary_size, embedding_dim, mask_padding)
    return _classifier("gru", embedding, layers.GRU(units, name="recurrence"))


def bidirectional_lstm(
    vocabulary_size: int = 10_000, embedding_dim: int = 100, units: int = 100, mask_padding: bool = False
) -> keras.Model:
    """Two LSTMs, one from the first word to the last and one from the last to the first.

    h = [h_T of the forward LSTM; h_1 of the backward LSTM],  y = σ(V h + b_y)

    Each has the equations of :func:`lstm`. Parameters: n d + 8 u (d + u + 1) + (2 u + 1), 1,161,001 by default.

    Source: Schuster and Paliwal, Bidirectional Recurrent Neural Networks, IEEE Trans. Signal Processing 45 (1997);
    Graves and Schmidhuber, Framewise Phoneme Classification with Bidirectional LSTM, Neural Networks 18 (2005).

    >>> from rnn_tutorial.sentiment.models import bidirectional_lstm
    >>> bidirectional_lstm().layers[1].output.shape  # 100 numbers from each end
    (None, 200)
    """
    embedding = _embedding(vocabulary_size, embedding_dim, mask_padding)
    both = layers.Bidirectional(layers.LSTM(units, name="lstm"), name="recurrence")
    return _classifier("bidirectional_lstm", embedding, both)


def stacked(
    cell: str = "LSTM",
    units: int = 100,
    depth: int = 1,
    pooling: Callable[[], keras.Layer] | None = None,
    vocabulary_size: int = 10_000,
    embedding_dim: int = 100,
    **settings: Any,
) -> keras.Model:
    """Recurrent layers on top of each other: each but the first reads the states of the one below it.

    h_t^(k) = step_k(h_{t-1}^(k), h_t^(k-1)),  h_t^(0) = x_t,  y = σ(V h_T^(depth) + b_y)

    Steps whose id is 0 are skipped. With a pooling, what it makes of all states takes the place of h_T.

    :param cell: ``LSTM``, ``GRU`` or ``SimpleRNN``
    :param depth: how many layers
    :param pooling: what makes a layer that pools the states of the last one
    :param settings: further arguments of Keras' layers, such as ``recurrent_dropout=0.5``

    Source: El Hihi and Bengio, Hierarchical Recurrent Neural Networks for Long-Term Dependencies, NIPS 1995.

    >>> from rnn_tutorial.sentiment.models import stacked
    >>> stacked("GRU", depth=2).layers[2].count_params()  # 3 · 100 (100 + 100 + 2)
    60600
    """
    whole = [k + 1 < depth or pooling is not None for k in range(depth)]
    kind = getattr(layers, cell)
    steps = [kind(units, return_sequences=all_h, name=f"recurrence_{k}", **settings) for k, all_h in enumerate(whole)]
    last = [pooling()] if pooling else []
    return _classifier("stacked", _embedding(vocabulary_size, embedding_dim, True), *steps, *last)


def drop_words(model: keras.Model, rate: float = 0.5) -> keras.Model:
    """Add word dropout to a model: whole word vectors are set to zero at random, in training only.

    x̂_t = m_t x_t / (1 - p), where m_t is 0 with the probability p and 1 otherwise, sampled anew in each update

    This is equation :eq:`word-dropout`. The new model shares the layers and weights of ``model``.

    :param model: one of this module, or another chain of layers that begins with an embedding
    :param rate: p, the fraction of words that is dropped, at least 0 and below 1

    Sources: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 15 (2014);
    dropout of whole words: Iyyer et al., Deep Unordered Composition Rivals Syntactic Methods, ACL 2015.

    Example: the remaining vectors are doubled, which preserves the mean.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import bag_of_words, drop_words
    >>> model = drop_words(bag_of_words(vocabulary_size=20, embedding_dim=3), rate=0.5)
    >>> embedding, dropout = model.layers[:2]
    >>> x = embedding(np.full((1, 8), 7))
    >>> ratios = (dropout(x, training=True) / x).numpy().round(3)
    >>> set(ratios.ravel().tolist()) <= {0.0, 2.0}
    True
    """
    embedding, *rest = model.layers
    return keras.Sequential(
        [
            keras.Input(model.input_shape[1:], dtype="int32"),
            embedding,
            layers.Dropout(rate, noise_shape=(None, None, 1)),  # one m_t for all of x_t
            *rest,
        ],
        name=model.name,
    )


def ngram_lstm(
    ids: int, embedding_dim: int = 100, units: int = 64, ids_per_step: int = 4, dropout: float = 0.4
) -> keras.Model:
    """A bidirectional LSTM with n-gram features: each step is a word and its n-gram log-count ratios, all as ids.

    x_t = e_{t,1} + … + e_{t,k}, the vectors of the k ids of step t

    h_t = [h_t of the forward LSTM; h_t of the backward LSTM],  y = σ(V [mean_t h_t; max_t h_t] + b_y)

    These are equations :eq:`sum-of-step` and :eq:`mean-and-max`. Each direction has the equations of :func:`lstm`.
    In training a fraction of the vectors e is dropped, as by :func:`drop_words`.

    Parameters: n d + 8 u (d + u + 1) + (4 u + 1) for n ids.

    :param ids: n, the number of ids, of words and of classes of ratios
    :param embedding_dim: d, numbers per vector
    :param units: u, hidden units per direction
    :param ids_per_step: k, see :func:`~rnn_tutorial.sentiment.ngrams.with_ngram_ratios`
    :param dropout: the fraction of vectors that is dropped
    :returns: a model from ids, shape (batch, time · k), to probabilities, shape (batch, 1)

    Sources: the ratios are those of Wang and Manning, ACL 2012; a bidirectional LSTM with pooled states is that of
    Johnson and Zhang, Supervised and Semi-Supervised Text Categorization using LSTM for Region Embeddings, ICML 2016.

    >>> from rnn_tutorial.sentiment.models import ngram_lstm
    >>> # 200 · 10 + 8 · 4 (10 + 4 + 1) + (4 · 4 + 1)
    >>> ngram_lstm(200, embedding_dim=10, units=4).count_params()
    2497
    """
    steps = _embedding(ids, embedding_dim, mask=True), SumOfStep(ids_per_step, name="steps")
    states = layers.Bidirectional(layers.LSTM(units, return_sequences=True, name="lstm"), name="states")
    return drop_words(_classifier("ngram_lstm", *steps, states, MeanAndMax(name="pooled")), dropout)


def position_wise(
    ids: int, embedding_dim: int = 100, units: int = 64, ids_per_step: int = 4, dropout: float = 0.4
) -> keras.Model:
    """The network of :func:`ngram_lstm` without recurrence: a position-wise dense layer.

    h_t = tanh(W x_t + b),  y = σ(V [mean_t h_t; max_t h_t] + b_y)

    It has 2 u units, as many as the two LSTMs together; inputs, pooling and dropout are the same. So the lead of the
    LSTM over it measures the LSTM's gates, state and additional weights together.

    Parameters: n d + 2 u (d + 1) + (4 u + 1) for n ids.

    :param units: u, half of the units; all other arguments are those of :func:`ngram_lstm`

    Source: Iyyer et al., Deep Unordered Composition Rivals Syntactic Methods for Text Classification, ACL 2015.

    >>> from rnn_tutorial.sentiment.models import position_wise
    >>> # 200 · 10 + 8 (10 + 1) + (4 · 4 + 1)
    >>> position_wise(200, embedding_dim=10, units=4).count_params()
    2105
    """
    steps = _embedding(ids, embedding_dim, mask=True), SumOfStep(ids_per_step, name="steps")
    states = layers.Dense(2 * units, activation="tanh", name="states")
    return drop_words(_classifier("position_wise", *steps, states, MeanAndMax(name="pooled")), dropout)


def ngram_convolution(
    ids: int, embedding_dim: int = 100, units: int = 64, ids_per_step: int = 4, dropout: float = 0.4, words: int = 5
) -> keras.Model:
    """The network of :func:`ngram_lstm` with a convolution over a few steps instead of recurrence.

    h_t = tanh(W [x_{t-2}; …; x_{t+2}] + b) for windows of five steps,  y = σ(V [mean_t h_t; max_t h_t] + b_y)

    It has 2 u filters; with windows of one step it is :func:`position_wise`. A window sees zeros beyond both ends.
    The lead of the LSTM over it measures its gates, state and additional weights together.

    Parameters: n d + 2 u (m d + 1) + (4 u + 1) for n ids and windows of m steps.

    :param units: u, half of the filters
    :param words: m, the steps in a window; all other arguments are those of :func:`ngram_lstm`

    Source: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014, pooled as in :func:`ngram_lstm`.

    >>> from rnn_tutorial.sentiment.models import ngram_convolution
    >>> # 200 · 10 + 8 (5 · 10 + 1) + (4 · 4 + 1)
    >>> ngram_convolution(200, embedding_dim=10, units=4).count_params()
    2425
    """
    steps = _embedding(ids, embedding_dim, mask=True), SumOfStep(ids_per_step, name="steps")
    states = MaskedConvolution(2 * units, words, padding="same", activation="tanh", name="states")
    return drop_words(_classifier("ngram_convolution", *steps, states, MeanAndMax(name="pooled")), dropout)


def convolution(
    vocabulary_size: int = 10_000, embedding_dim: int = 100, units: int = 100, words: int = 5
) -> keras.Model:
    """A convolution over windows of a few words, with max pooling over time.

    h_t = relu(W [x_{t-2}; …; x_{t+2}] + b) for windows of five words,  y = σ(V max_t h_t + b_y)

    All windows share W. Before the first word and after the last one a window reads zeros. There is no mask: padding is
    read as a word, so it takes reviews that are padded to one length. Parameters: n d + u (k d + 1) + (u + 1) for
    windows of k words, 1,050,201 by default.

    :param units: u, the number of filters
    :param words: k, the words in a window

    Source: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014, with windows of 3, 4 and 5.

    Example: two words give the same output anywhere in the review.

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import convolution
    >>> model = convolution(vocabulary_size=20, embedding_dim=3, units=4, words=2)
    >>> early, late = np.array([[0, 7, 8, 0, 0]]), np.array([[0, 0, 7, 8, 0]])
    >>> np.allclose(model(early), model(late), atol=1e-6)
    True
    """
    embedding = _embedding(vocabulary_size, embedding_dim)
    windows = layers.Conv1D(units, words, padding="same", activation="relu", name="windows")
    return _classifier("convolution", embedding, windows, layers.GlobalMaxPooling1D(name="maximum"))


def post_pad(model: keras.Model) -> keras.Model:
    """Change a model's input from pre-padding to post-padding, and remove its mask.

    :func:`~rnn_tutorial.sentiment.batches.padded_batches` gives pre-padded reviews. This model moves the padding behind
    the words, so that the effect of post-padding can be measured on the same batches.

    :param model: one of this module, or another chain of layers that begins with an embedding, whose mask it needs
    :raises ValueError: if there is no mask

    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import lstm, post_pad
    >>> masked = lstm(vocabulary_size=20, embedding_dim=3, units=4, mask_padding=True)
    >>> words, padded = np.array([[7, 8]]), np.array([[0, 0, 7, 8]])
    >>> np.allclose(masked(padded), masked(words))
    True
    >>> np.allclose(post_pad(masked)(padded), masked(words))  # reads the padding, too
    False
    """
    embedding, *rest = model.layers
    if not getattr(embedding, "mask_zero", False):
        raise ValueError("`model`: expected an embedding with mask_zero=True first, which marks the padding.")
    moved = PostPadding(name="post_padding")
    return _chain(f"{model.name}_post_padded", model.input_shape[1], embedding, moved, *rest)


def larger_updates_for_rare_words(model: keras.Model, factor: float = 10.0, power: float = 1.0) -> keras.Model:
    """Multiply a model's updates of its word vectors by factor · i^power, for the word with id i.

    Ids follow the frequency ranks of words, and the word of rank i is about 1/i times as frequent as the first one. So
    with a power of 1, word vectors that seldom get a gradient get larger updates, and over an epoch the updates of each
    word add up to about as much. With a power of 0, the updates of all words are equally larger.

    :param model: one of this module, or another chain of layers that begins with an embedding
    :param factor: the factor for id 1
    :param power: how the factor grows with the id

    Source: Zipf, Human Behavior and the Principle of Least Effort (1949), for the frequencies.

    Example: before training, the predictions are the same.

    >>> import keras
    >>> import numpy as np
    >>> from rnn_tutorial.sentiment.models import bag_of_words
    >>> from rnn_tutorial.sentiment.models import larger_updates_for_rare_words
    >>> plain, ids = bag_of_words(20, embedding_dim=3), np.array([[7, 8]])
    >>> other = larger_updates_for_rare_words(plain)
    >>> other.set_weights(plain.get_weights())
    >>> np.allclose(plain(ids), other(ids))
    True
    """
    embedding, *rest = model.layers
    size = embedding.input_dim, embedding.output_dim
    ranked = RankedEmbedding(factor, power, *size, mask_zero=embedding.mask_zero, name="embedding")
    return _chain(model.name, model.input_shape[1], ranked, *rest)


def _chain(name: str, length: int | None, *steps: keras.Layer) -> keras.Model:
    """A model from ids through some layers, one after another; any number of ids if ``length`` is ``None``."""
    return keras.Sequential([keras.Input((length,), dtype="int32", name="ids"), *steps], name=name)


def _classifier(name: str, *steps: keras.Layer) -> keras.Model:
    """A model from ids to y = σ(V h + b_y), in which the last of the layers gives h."""
    return _chain(name, None, *steps, layers.Dense(1, activation="sigmoid", name="probability"))


def _embedding(rows: int, dim: int, mask: bool = False) -> keras.Layer:
    return layers.Embedding(rows, dim, mask_zero=mask, name="embedding")
