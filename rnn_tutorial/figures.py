"""The plots that pages share: dark on a transparent ground; the site turns their lightness round on dark pages."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from rnn_tutorial.experiments import mean_interval
from rnn_tutorial.reviews import Reviews
from rnn_tutorial.training import Run

__all__ = ["COLOURS", "review_lengths", "learning_curves", "accuracies", "accuracy_by_length"]

#: One colour a model, from Okabe and Ito's palette (which colour-blind readers can tell apart), darkened until each has
#: a contrast of at least 3 to white.
COLOURS = {
    "bag_of_words": "#c05000",
    "feed_forward": "#007aa8",
    "simple_rnn": "#008060",
    "lstm": "#a84a7c",
}
_TEXT = "#333333"
_STYLE: dict[Any, Any] = {
    "figure.constrained_layout.use": True,
    "savefig.transparent": True,
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "legend.frameon": False,
    **dict.fromkeys(["text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"], _TEXT),
}


def review_lengths(reviews: Reviews, length: int = 500) -> Figure:
    """Draw how long the reviews of the train part are, and where padding and cutting begin.

    :param reviews: the reviews
    :param length: the length that reviews are padded or cut to, in ids
    :returns: the figure
    """
    lengths = reviews.train.lengths
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7, 2.8))
        bins = np.arange(0, 1525, 25).tolist()
        axes.hist(np.minimum(lengths, bins[-1] - 1), bins=bins, color=COLOURS["feed_forward"])
        axes.axvline(length, color=_TEXT, linestyle="--")
        axes.text(length + 10, axes.get_ylim()[1] * 0.9, f"{length} ids")
        axes.set(xlabel="ids in a review (the last bar: all longer ones)", ylabel="reviews")
    plt.close(figure)
    return figure


def learning_curves(runs: Mapping[str, Run]) -> Figure:
    """Draw the training loss of several runs, update by update, and their validation accuracy, epoch by epoch.

    :param runs: a title for each run
    :returns: the figure
    """
    with plt.rc_context(_STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.1))
        for (title, run), line in zip(runs.items(), ("-", "--", ":"), strict=False):
            colour = COLOURS.get(run.model.name, _TEXT)
            epochs = len(run.history["loss"])
            progress = np.linspace(0, epochs, len(run.losses) + 1)[1:]
            left.plot(progress, run.losses, line, color=colour, label=title)
            right.plot(range(1, epochs + 1), run.history["val_accuracy"], line, marker="o", color=colour, label=title)
        left.axhline(np.log(2), color=_TEXT, linewidth=0.8)
        left.text(epochs, np.log(2) + 0.01, "guessing: ln 2", ha="right", va="bottom", fontsize="small")
        left.set(xlabel="epochs", ylabel="training loss, mean of the epoch so far", ylim=(0, None))
        right.axhline(0.5, color=_TEXT, linewidth=0.8)
        right.set(xlabel="epochs", ylabel="validation accuracy", ylim=(0.4, 1), xticks=range(1, epochs + 1))
        figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=len(runs))
    plt.close(figure)
    return figure


def accuracies(runs: Mapping[str, Sequence[Run]]) -> Figure:
    """Draw the test accuracy of every run, with the mean and its 95 % interval over the seeds.

    :param runs: the runs of each model, one a seed, at least two
    :returns: the figure
    :raises ValueError: if a model has fewer than two runs
    """
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7, 0.5 + 0.55 * len(runs)))
        for row, (name, of_model) in enumerate(runs.items()):
            values = [run.test["accuracy"] for run in of_model]
            mean, half_width = mean_interval(values)
            colour = COLOURS.get(name, _TEXT)
            axes.plot(values, [row] * len(values), "o", color=colour, fillstyle="none")
            axes.errorbar(mean, row + 0.25, xerr=half_width, fmt="d", color=colour, capsize=4)
        axes.set(xlabel="test accuracy", yticks=range(len(runs)), yticklabels=list(runs), ylim=(len(runs) - 0.4, -0.6))
    plt.close(figure)
    return figure


def accuracy_by_length(
    runs: Mapping[str, Sequence[Run]], reviews: Reviews, edges: Sequence[int] = (0, 100, 150, 200, 300, 500, 5000)
) -> Figure:
    """Draw the test accuracy, averaged over seeds, for short and for long reviews.

    :param runs: the runs of each model, one a seed
    :param reviews: the reviews that they were tested on
    :param edges: the limits of the classes of length, in ids, rising
    :returns: the figure
    """
    lengths, labels = reviews.test.lengths, reviews.test.labels
    titles = [f"{low}–{high}" for low, high in pairwise(edges[:-1])] + [f"> {edges[-2]}"]
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7, 2.8))
        for (name, of_model), marker in zip(runs.items(), "osDv^", strict=False):
            right = np.mean([(run.test_probabilities > 0.5) == labels for run in of_model], axis=0)
            by_class = [right[(low < lengths) & (lengths <= high)].mean() for low, high in pairwise(edges)]
            axes.plot(titles, by_class, marker=marker, color=COLOURS.get(name, _TEXT), label=name)
        axes.set(xlabel="ids in the review", ylabel="test accuracy")
        axes.legend()
    plt.close(figure)
    return figure
