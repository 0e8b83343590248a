"""Training of the translators of :mod:`rnn_tutorial.language.translator`, with gradients by hand.

Gradients through time and the optimiser are those of the theory pages, those of the attention are from
:mod:`rnn_tutorial.language.attention`.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.special import log_softmax
from threadpoolctl import threadpool_limits

from rnn_tutorial.language.attention import dot_attention_backward
from rnn_tutorial.language.dictation import END, WORDS, Dictations, dictations
from rnn_tutorial.language.translator import OUTPUTS, PARTS, Translator, one_hot
from rnn_tutorial.theory.cells import unroll
from rnn_tutorial.theory.gradients import backpropagate_through_time, clip_by_global_norm
from rnn_tutorial.theory.networks import Adam

__all__ = ["translation_loss", "fit_translator", "fit_translators"]


def translation_loss(translator: Translator, examples: Dictations) -> tuple[float, dict[str, np.ndarray]]:
    """Compute the loss with teacher forcing and its gradients.

    L is the cross-entropy in nats, averaged over all digits and ends; the decoder reads the correct digit before each.
    The gradient takes three ways to the encoder's states: as values, as keys, and through s_0, equations
    :eq:`attention-back` and :eq:`dot-back` of :doc:`/language/attention`.

    :param translator: the network
    :param examples: dictated numbers
    :returns: L, and ∂L/∂θ by the parameters' names

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.language.dictation import dictations
    >>> from rnn_tutorial.language.translator_training import translation_loss
    >>> from rnn_tutorial.language.translator import Translator
    >>> translator = Translator.random(8, attention=True, seed=1)
    >>> loss, grads = translation_loss(translator, dictations(100))
    >>> bool(abs(loss - np.log(11)) < 0.5), grads.keys() == translator.parameters.keys()
    (True, True)
    """
    words, wanted = examples.words, examples.digits
    before = np.concatenate([np.full((len(wanted), 1), END), wanted[:, :-1]], axis=1)
    h, read = translator.read(words), one_hot(before, OUTPUTS)
    first = translator.start(h)
    s = unroll(translator.decoder, read, initial_state=first)
    a, attention = translator.write(h, words, s.h)
    there, correct = wanted >= 0, one_hot(wanted, OUTPUTS)
    log_y = log_softmax(a, axis=-1)
    grad_a = ((np.exp(log_y) - correct) * there[..., None] / np.float32(there.sum())).astype(a.dtype)

    shown = s.h if attention is None else np.concatenate([s.h, attention.context], axis=-1)
    flat = grad_a.reshape(-1, OUTPUTS)
    grads = {"V": flat.T @ shown.reshape(-1, shown.shape[-1]), "b_y": flat.sum(axis=0)}
    units = translator.encoder.units
    grad_s, grad_mean = np.split(grad_a @ translator.V, [units], axis=-1)
    grad_h = np.zeros_like(h.h)
    if attention is not None and translator.A is not None:
        queries = s.h @ translator.A.T
        grad_q, grad_keys, grad_values = dot_attention_backward(queries, h.h, h.h, attention, grad_mean)
        grad_h = grad_keys + grad_values
        grads["A"] = grad_q.reshape(-1, units).T @ s.h.reshape(-1, units)
        grad_s = grad_s + grad_q @ translator.A
    decoder = backpropagate_through_time(translator.decoder, read, grad_s, initial_state=first, states=s)
    grad_h[:, -1] += decoder.initial_state["h"]
    encoder = backpropagate_through_time(
        translator.encoder, one_hot(words, len(WORDS)), grad_h, mask=words >= 0, states=h
    )
    for part, of in zip(PARTS, (encoder, decoder), strict=True):
        grads |= {f"{part}.{name}": grad for name, grad in of.parameters.items()}
    return float(-np.sum(log_y * correct) / there.sum()), grads


def fit_translator(
    attention: bool,
    seed: int,
    *,
    units: int = 64,
    updates: int = 1000,
    batch_size: int = 64,
    learning_rate: float = 0.009,
    lengths: tuple[int, int] = (3, 8),
) -> Translator:
    """Train a translator, on new numbers at every update, none of them held out.

    Gradients are clipped to the norm 1 and applied by :class:`~rnn_tutorial.theory.networks.Adam`, whose learning rate
    falls linearly to 0 in the last 60 % of the updates. One thread computes, see
    :func:`~rnn_tutorial.theory.networks.fit`.

    :param attention: whether it has attention
    :param seed: of the network and of the numbers
    :param units: of both cells
    :param updates: how many
    :param batch_size: numbers per update
    :param learning_rate: the first η
    :param lengths: the least and the largest number of digits
    :returns: the trained network; :doc:`/language/attention` measures it

    Example:

    >>> from rnn_tutorial.language.dictation import dictations
    >>> from rnn_tutorial.language.translator_training import (
    ...     fit_translator,
    ...     translation_loss,
    ... )
    >>> translator = fit_translator(True, seed=1, units=8, updates=20)
    >>> translation_loss(translator, dictations(100))[0] < 2.4  # ln 11 is guessing
    True
    """
    translator, adam = Translator.random(units, attention, seed), Adam(learning_rate)
    with threadpool_limits(1, user_api="blas"):
        for update in range(updates):
            adam.learning_rate = learning_rate * min(1.0, (1 - update / updates) / 0.6)
            _, grads = translation_loss(translator, dictations(batch_size, lengths, seed=[seed, update]))
            translator = translator.with_parameters(adam.update(translator.parameters, clip_by_global_norm(grads, 1.0)))
    return translator


def fit_translators(attention: bool, seeds: Iterable[int], **settings: Any) -> list[Translator]:
    """Train a translator for each seed by :func:`fit_translator`, on all cores.

    :doc:`/language/attention` trains several.

    :param attention: whether they have attention
    :param seeds: one per network
    :param settings: passed to :func:`fit_translator`
    :returns: the trained networks, in the order of the seeds

    Example:

    >>> from rnn_tutorial.language.translator_training import fit_translators
    >>> [
    ...     network.V.shape
    ...     for network in fit_translators(False, (1,), units=8, updates=2)
    ... ]
    [(11, 8)]
    """
    calls = [delayed(fit_translator)(attention, seed, **settings) for seed in seeds]
    return list(Parallel(n_jobs=-1)(calls))
