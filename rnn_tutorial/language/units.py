"""What the units of a network follow in a text, and how many would seem to by chance.

A unit that goes up and down with a property of the text is easily found among many, and easily picked. Here each unit
is measured against each property, and against the same property shifted along the text, where nothing of it is left but
its own rhythm. Exercise 3 of :doc:`/language/reading-first` measures the units of a network before any training.
"""

from typing import NamedTuple

import numpy as np

from rnn_tutorial.language.characters import decode

__all__ = ["text_properties", "units_that_follow", "Followers"]


def text_properties(ids: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    r"""Compute three properties of each place in a stream of reviews.

    :param ids: the characters, as of :func:`~rnn_tutorial.language.characters.review_stream`, shape (time,)
    :param labels: the label of each character's review, shape (time,)
    :returns: numbers for each property, shape (time,), after the character at this place

    >>> import numpy as np
    >>> from rnn_tutorial.language.characters import encode
    >>> from rnn_tutorial.language.units import text_properties
    >>> found = text_properties(encode('\nsee "it" now'), np.zeros(13))
    >>> found["letters of the word so far"].astype(int)
    array([0, 1, 2, 3, 0, 0, 1, 2, 0, 0, 1, 2, 3])
    """
    text = decode(ids)
    word, quoted, rows = 0, False, []
    for c in text:
        word = word + 1 if c.isalnum() or c == "'" else 0
        quoted = False if c == "\n" else quoted != (c == '"')
        rows.append((word, quoted))
    of_word, of_quotes = np.array(rows, np.float32).T
    return {
        "letters of the word so far": of_word,
        "inside quotation marks": of_quotes,
        "the review is positive": np.asarray(labels, np.float32),
    }


class Followers(NamedTuple):
    """How many units follow a property, and how many would by chance; from :func:`units_that_follow`.

    :param correlations: r of each unit, shape (units,)
    :param units: the units that follow it, shape (found,)
    :param most_by_chance: the largest number of units that any shifted property gets in the same test
    """

    correlations: np.ndarray
    units: np.ndarray
    most_by_chance: int


def units_that_follow(h: np.ndarray, values: np.ndarray, shifts: int = 100, seed: int = 1) -> Followers:
    """Find the units whose correlation with a property is larger than with the same property shifted along the text.

    r_k = mean of (h_k - mean) (v - mean) / (s_h s_v)

    The property's values are shifted in a circle by random distances, at least a hundredth of the text, so that they
    keep their rhythm and lose the text. A unit follows the property if abs(r_k) is larger for the true values than for
    any shifted ones. Each shifted property is put to the same test against the other shifted ones: what the most
    successful one gets may be found by chance. A unit that never changes follows nothing.

    :param h: hidden states, shape (time, units)
    :param values: the property, shape (time,)
    :param shifts: how many shifted texts
    :param seed: of the shifts
    :raises ValueError: if the shapes differ, or the property is the same everywhere

    Example: two of three units follow, one of them downwards.

    >>> import numpy as np
    >>> from rnn_tutorial.language.units import units_that_follow
    >>> values, h, other = np.random.default_rng(1).normal(size=(3, 1000))
    >>> units_that_follow(np.column_stack([values, h - values, other]), values).units
    array([0, 1])
    """
    if h.ndim != 2 or values.shape != (len(h),):
        raise ValueError(f"`values`: expected one for each of {len(h)} states, got the shape {values.shape}.")
    if np.ptp(values) == 0:
        raise ValueError("`values`: expected a property that changes in the text, got the same number everywhere.")
    units = (h - h.mean(axis=0)) / np.maximum(h.std(axis=0), 1e-12) / len(h)
    scaled = ((values - values.mean()) / values.std()).astype(h.dtype)
    least = max(1, len(h) // 100)
    distances = np.random.default_rng(seed).integers(least, len(h) - least, shifts)
    r = units.T @ np.column_stack([scaled, *(np.roll(scaled, by) for by in distances)])  # (units, 1 + shifts)
    moving = np.flatnonzero(np.ptp(h, axis=0))
    sizes = np.abs(r[moving])
    votes = np.bincount(sizes[:, 1:].argmax(axis=1), minlength=1)  # the true property would take them from the shifts
    return Followers(r[:, 0], moving[sizes.argmax(axis=1) == 0], int(votes.max()))
