"""Reviews for the last training, when nothing is left to choose by the validation split.

The validation split chooses settings and the epoch whose weights are kept. Once the settings are chosen, its reviews
are as good to learn from as any others. But then nothing is left to choose the epoch by, so it is the last one.
"""

from dataclasses import replace

import numpy as np

from rnn_tutorial.reviews import Reviews, ReviewSplit

__all__ = ["join_validation", "watch_training"]

EVERY = 10  # one training review in so many is watched


def join_validation(reviews: Reviews) -> Reviews:
    """Return the reviews with those of the validation split behind the training split, to learn from, too.

    :param reviews: the reviews, whose validation split has chosen the settings
    :returns: the same reviews with a longer training split; the validation split stays, and is one no more

    :doc:`/sentiment/ratio-lstm` trains two networks so.

    Source: GridSearchCV of scikit-learn fits its best model so once more, which it calls refit.

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.refit import join_validation
    >>> from rnn_tutorial.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.vocabulary import Vocabulary
    >>> good, bad = (
    ...     ReviewSplit([np.array([1, 4 + k])], np.array([1 - k])) for k in (0, 1)
    ... )
    >>> reviews = Reviews(good, bad, bad, Vocabulary(["good", "bad"]), "made up", 0)
    >>> join_validation(reviews).train.labels
    array([1, 0])
    """
    train, apart = reviews.train, reviews.validation
    labels = np.concatenate([train.labels, apart.labels])
    return replace(reviews, train=ReviewSplit([*train.sequences, *apart.sequences], labels))


def watch_training(reviews: Reviews) -> Reviews:
    """Return the reviews with every tenth training review for a validation split, so that the last epoch is kept.

    :func:`~rnn_tutorial.keras_training.train` keeps the weights of the epoch with the lowest validation loss. The loss
    on reviews that it learns from falls from epoch to epoch, and so the last one is kept. It says nothing of other
    reviews. Whether it did fall, the run tells, by its best epoch.

    Reviews that are written with ratios are watched as they were learnt from: write them first. Otherwise they would be
    written with ratios that count their own labels, and those tell the answer.

    :param reviews: the reviews, written as the network reads them
    :returns: the same reviews with another validation split

    :doc:`/sentiment/ratio-lstm` trains three networks so.

    Example:

    >>> import numpy as np
    >>> from rnn_tutorial.refit import watch_training
    >>> from rnn_tutorial.reviews import ReviewSplit, Reviews
    >>> from rnn_tutorial.vocabulary import Vocabulary
    >>> split = ReviewSplit(
    ...     [np.array([1, 4 + k]) for k in range(20)], np.arange(20) % 2
    ... )
    >>> reviews = Reviews(split, split, split, Vocabulary([]), "made up", 0)
    >>> [int(ids[1]) for ids in watch_training(reviews).validation.sequences]
    [4, 14]
    """
    train = reviews.train
    return replace(reviews, validation=ReviewSplit(train.sequences[::EVERY], train.labels[::EVERY]))
