from itertools import pairwise

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from rnn_tutorial.pages import figures
from rnn_tutorial.pages.colours import COLOURS
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.evaluation import mean_interval
from rnn_tutorial.sentiment.training import train


@pytest.fixture(scope="module")
def run(small_reviews):
    return train(models.bag_of_words(20, 4), small_reviews, learning_rate=0.05)


def names_in_the_legend(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


@pytest.mark.parametrize(
    ("argument", "draw"),
    [
        ("runs", lambda: figures.learning_curves({})),
        ("values", lambda: figures.scores({"lstm": [0.5, 0.75], "gru": [0.5]}, "loss")),  # no spread, no interval
        ("words`, `y`, `h", lambda: figures.reading(["film"] * 3, np.ones((3, 1)), np.ones((3, 5)))),
        *(("words`, `y`, `h", lambda h=h: figures.reading(["film"] * 3, np.ones(3), np.ones(h))) for h in (3, (2, 5))),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_no_figure_stays_open(argument, draw):
    with pytest.raises(ValueError, match=f"`{argument}`: expected"):
        draw()
    assert plt.get_fignums() == []


def test_all_longer_reviews_stand_in_the_last_bar(small_reviews):
    (axes,) = figures.review_lengths(small_reviews).axes
    assert sum(bar.get_height() for bar in axes.patches) == len(small_reviews.train)
    assert axes.get_xlabel() and axes.get_ylabel()


def test_curves_show_every_update_and_break_after_each_epoch(run):
    first, second, _ = figures.learning_curves({"run": run}).axes[0].lines
    assert [*first.get_ydata(), *second.get_ydata()] == run.losses
    assert (first.get_xdata()[-1], second.get_xdata()[-1]) == (1, 2)
    assert first.get_color() == second.get_color()


def test_scores_are_a_point_a_seed_and_the_interval_of_their_mean():
    values = {"lstm": [0.5, 0.75, 0.25], "of another name": [1.0, 2.0]}
    (axes,) = figures.scores(values, "loss").axes
    assert axes.get_xlabel() == "loss"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["LSTM", "of another name"]
    points, intervals = axes.lines[::4], axes.containers  # each interval is a marker and two caps
    assert len(points) == len(intervals) == 2
    for row, (name, of_name) in enumerate(values.items()):
        assert points[row].get_xdata().tolist() == of_name
        assert points[row].get_ydata().tolist() == [row] * len(of_name)
        assert to_rgb(points[row].get_color()) == to_rgb(COLOURS.get(name, figures.TEXT))
        mean, half_width = mean_interval(of_name)
        (ends,) = intervals[row][2][0].get_segments()
        assert ends[:, 0].tolist() == pytest.approx([mean - half_width, mean + half_width])
    low, high = axes.get_ylim()
    assert low > 1.25 and high < 0  # all rows are inside, the first one on top

    (axes,) = figures.scores({"lstm, masked": [0.0, 0.1, 1.0], "gru": [0.1, 0.2]}, "loss", median=True).axes
    assert [line.get_color() for line in axes.lines if line.get_marker() == "o"] == [COLOURS["lstm"], COLOURS["gru"]]
    assert [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "d"] == pytest.approx([0.1, 0.15])
    assert not axes.collections  # no interval


def test_costs_have_an_open_mark_a_run_and_a_full_one_for_the_mean():
    runs = {"lstm": ([90.0, 110.0], [0.5, 0.75]), "of another name": ([2.0], [0.25])}
    figure = figures.costs(runs, "seconds", "accuracy", levels={"published": 0.7, "just above": 0.705})
    (axes,) = figure.axes
    marks, levels = axes.lines[:4], axes.lines[4:]
    for (name, (cost, reached)), each, mean in zip(runs.items(), marks[::2], marks[1::2], strict=True):
        assert (each.get_xdata().tolist(), each.get_ydata().tolist()) == (cost, reached)
        assert np.asarray(mean.get_xydata()).ravel().tolist() == [np.mean(cost), np.mean(reached)]
        assert (each.get_fillstyle(), mean.get_fillstyle(), mean.get_label()) == ("none", "full", figures.title(name))
    assert [level.get_ydata()[0] for level in levels] == [0.7, 0.705]
    # of two levels that lie close, the lower one has its name below
    assert [(text.get_text(), text.get_va()) for text in axes.texts] == [("published", "top"), ("just above", "bottom")]
    assert names_in_the_legend(figure) == ["LSTM", "of another name"]


def test_lines_have_their_places_colours_and_markers():
    values = {"lstm": np.array([1.0, np.nan, 4.0]), "one": np.array([3.0, 2.0, 1.0]), "two": np.array([0.0, 1.0, 1.0])}
    (axes,) = figures.lines(values, "steps", "norm", x=[10, 20, 40]).axes
    for line, (name, numbers) in zip(axes.lines, values.items(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [10, 20, 40])
        np.testing.assert_array_equal(line.get_ydata(), numbers)
        assert (line.get_label(), line.get_linestyle()) == (figures.title(name), "-")
    assert axes.lines[0].get_color() == COLOURS["lstm"]
    assert len({line.get_marker() for line in axes.lines}) == 3
    assert names_in_the_legend(axes.figure) == ["LSTM", "one", "two"]  # two ends meet
    (axes,) = figures.lines({"lstm": np.arange(100.0)}, "lag", "norm").axes  # no places are given
    assert axes.lines[0].get_xdata().tolist() == list(range(100)) and axes.lines[0].get_markevery() == 10


def test_a_line_has_its_name_at_its_end_if_no_two_names_meet():
    values = {"lstm": np.array([1.0, 4.0]), "one": np.array([3.0, 2.0]), "two": np.array([0.0, 0.0])}
    (axes,) = figures.lines(values, "steps", "norm").axes
    names = {text.get_text(): text for text in axes.texts}  # at the ends of the lines
    assert list(names) == ["LSTM", "one", "two"] and not axes.figure.legends
    for line in axes.lines:
        name = names[line.get_label()]
        assert name.xy == (1, line.get_ydata()[-1]) and name.get_color() == line.get_color()
    boxes = sorted((name.get_window_extent() for name in names.values()), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
    assert all(axes.figure.bbox.x0 < box.x0 and box.x1 < axes.figure.bbox.x1 for box in boxes)


@pytest.mark.parametrize(
    "values",
    [
        {"lstm": np.array([1.0, 4.0]), "one": np.array([3.0, 3.95]), "two": np.array([0.0, 0.0])},  # two names meet
        {"lstm": np.array([1.0, 2.0]), "one": np.array([3.0, 4.0, 5.0])},  # one line goes on
        {"lstm": np.array([1.0, 2.0]), "one": np.array([3.0, np.nan])},  # one has no end
        {"lstm": np.array([1.0, 2.0]), "a name " * 6: np.array([3.0, 4.0])},  # a name takes too much room
    ],
)
def test_else_a_legend_has_the_names(values):
    (axes,) = figures.lines(values, "steps", "norm").axes
    assert names_in_the_legend(axes.figure) == [figures.title(name) for name in values]
    assert not axes.texts


def test_dashed_lines_have_the_colour_of_the_line_of_their_name():
    values, dashed = {"lstm": [1.0, 2.0], "other": [3.0, 2.0]}, {"other": [7.0, 8.0]}
    (axes,) = figures.lines(values, "lag", "norm", dashed=dashed, logarithmic=True).axes
    assert axes.get_yscale() == "log"
    (bound,) = (line for line in axes.lines if line.get_linestyle() == "--")
    assert list(bound.get_ydata()) == dashed["other"]
    assert bound.get_color() == next(line for line in axes.lines if line.get_label() == "other").get_color()


def test_a_band_lies_between_its_edges_in_the_colour_of_its_line():
    edges = [0.5, 1.0], [2.0, 4.0]
    (axes,) = figures.lines({"lstm": np.array([1.0, 2.0])}, "lag", "norm", bands={"lstm": edges}).axes
    (band,) = axes.collections
    assert to_rgb(band.get_facecolor()[0, :3]) == to_rgb(COLOURS["lstm"])
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert corners == {(0, 0.5), (1, 1), (1, 4), (0, 2)}


def test_a_plane_has_one_scale_and_a_path_marks_its_beginning():
    points = {"simple_rnn": np.array([[0.0, 1.0], [2.0, 3.0], [4.0, -1.0]])}
    (axes,) = figures.plane(points, "first", "second", joined=True, unit_circle=True).axes
    assert axes.get_aspect() == 1
    path, ring, *_ = axes.lines
    np.testing.assert_array_equal(path.get_xydata(), points["simple_rnn"])
    assert path.get_linestyle() == "-" and ring.get_xydata().tolist() == [[0, 1]]
    (circle,) = axes.patches
    assert (circle.center, circle.radius, circle.get_fill()) == ((0, 0), 1, False)


def test_a_text_stands_where_the_paths_leave_room():
    across = {"path": np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]), "above": np.array([[0.0, 1.0], [2.0, 1.0]])}
    (axes,) = figures.plane(across, "first", "second", joined=True, texts={"path": ["", "middle"]}).axes
    _, middle = axes.texts
    assert (middle.get_text(), *middle.xy, middle.get_va()) == ("middle", 1, 0, "top")
    assert middle.get_color() == axes.lines[0].get_color()


def test_lines_have_colours_of_their_own_even_beside_all_that_have_one():
    for names in (["a", "b", "c", "d", "lstm"], [*COLOURS, "other"], list("abcdef")):
        (axes,) = figures.lines(dict.fromkeys(names, np.array([1.0, 2.0])), "lag", "norm").axes
        assert len({line.get_color() for line in axes.lines}) == len(names)
    titles = {figures.title(name) for name in COLOURS}
    assert len(titles) == len(COLOURS) and not titles & set(COLOURS)  # each has a name in words


def test_a_reading_shows_a_row_for_each_unit_and_a_column_for_each_word():
    h = np.random.default_rng(1).uniform(-1, 1, (3, 5))
    curve, states, _ = figures.reading(["a", "good", "film"], np.array([0.5, 0.9, 0.8]), h).axes
    shown = np.asarray(states.images[0].get_array())
    assert shown.shape == (5, 3)
    assert sorted(map(tuple, shown)) == sorted(map(tuple, h.T))
    assert (np.diff(shown.std(axis=1)) <= 0).all()  # the most active on top
    assert states.images[0].get_clim() == (-np.abs(h).max(), np.abs(h).max())
    assert [label.get_text() for label in states.get_xticklabels()] == ["a", "good", "film"]
    assert curve.get_ylim() == (0, 1)
