"""Figures: they can be read, and show what they are given."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from rnn_tutorial import figures, models
from rnn_tutorial.experiments import repeat


@pytest.fixture(scope="module")
def runs(small_reviews):
    return {
        "bag_of_words": repeat(models.bag_of_words(20, 4), small_reviews, [1, 2], learning_rate=0.05),
        "simple_rnn": repeat(models.simple_rnn(20, 4, 4, mask_padding=True), small_reviews, [1, 2]),
    }


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize(
    ("colour", "contrast"), [*((colour, 3) for colour in figures.COLOURS.values()), (figures._TEXT, 4.5)]
)
def test_colours_stand_out_from_white(colour, contrast):
    assert 1.05 / (luminance(colour) + 0.05) >= contrast


def test_each_figure_names_its_axes_and_is_closed(runs, small_reviews):
    first = {name: of_model[0] for name, of_model in runs.items()}
    drawn = [
        figures.review_lengths(small_reviews),
        figures.learning_curves(first),
        figures.accuracies(runs),
        figures.accuracy_by_length(runs, small_reviews, edges=(0, 20, 40, 100)),
    ]
    assert all(axes.get_xlabel() for figure in drawn for axes in figure.axes)
    assert plt.get_fignums() == []


def test_all_longer_reviews_stand_in_the_last_bar(small_reviews):
    bars = figures.review_lengths(small_reviews).axes[0].patches
    assert sum(bar.get_height() for bar in bars) == len(small_reviews.train)


def test_curves_show_every_update(runs):
    run = runs["bag_of_words"][0]
    line = figures.learning_curves({"run": run}).axes[0].lines[0]
    assert line.get_ydata().tolist() == run.losses
    assert line.get_xdata()[-1] == 2


def test_accuracy_by_length_averages_over_seeds(runs, small_reviews):
    axes = figures.accuracy_by_length(runs, small_reviews, edges=(0, 30, 100)).axes[0]
    short, long = axes.lines[0].get_ydata()
    share = (small_reviews.test.lengths <= 30).mean()
    expected = np.mean([run.test["accuracy"] for run in runs["bag_of_words"]])
    assert share * short + (1 - share) * long == pytest.approx(expected)
