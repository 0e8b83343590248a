"""Figures: they can be read, and show what they are given."""

import re
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from matplotlib_inline.config import InlineBackend

from rnn_tutorial.pages import figures
from rnn_tutorial.pages.colours import COLOURS
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.evaluation import mean_interval
from rnn_tutorial.sentiment.training import train


@pytest.fixture(scope="module")
def run(small_reviews):
    return train(models.bag_of_words(20, 4), small_reviews, learning_rate=0.05)


def test_each_figure_names_its_axes_and_is_closed(run, small_reviews):
    drawn = [
        figures.review_lengths(small_reviews),
        figures.learning_curves({"one": run, "other": run}),
        figures.scores({"lstm": [0.1, 0.2]}, "loss"),
        figures.lines({"lstm": np.arange(3)}, "lag", "norm"),
        figures.plane({"lstm": np.eye(2)}, "first", "second", joined=True, unit_circle=True),
    ]
    assert all(axes.get_xlabel() for figure in drawn for axes in figure.axes)
    assert plt.get_fignums() == []


def test_all_longer_reviews_stand_in_the_last_bar(small_reviews):
    bars = figures.review_lengths(small_reviews).axes[0].patches
    assert sum(bar.get_height() for bar in bars) == len(small_reviews.train)


def test_curves_show_every_update_and_break_where_the_mean_begins_anew(run):
    first, second, _ = figures.learning_curves({"run": run}).axes[0].lines
    assert [*first.get_ydata(), *second.get_ydata()] == run.losses
    assert (first.get_xdata()[-1], second.get_xdata()[-1]) == (1, 2)
    assert first.get_color() == second.get_color()


def run_of(losses, accuracies, name="lstm"):
    """Give of a run what its curves show."""
    history = {"loss": [0.5] * len(accuracies), "val_accuracy": accuracies}
    return SimpleNamespace(model=SimpleNamespace(name=name), losses=losses, history=history)


def test_curves_of_any_number_of_runs_are_drawn_each_with_a_look_of_its_own():
    runs = {f"run {k}": run_of([0.7, 0.6], [0.5 + k / 100]) for k in range(9)}
    figure = figures.learning_curves(runs)
    left, right = figure.axes
    assert [line.get_label() for line in right.lines[:9]] == list(runs)
    assert [line.get_ydata()[0] for line in right.lines[:9]] == [
        run.history["val_accuracy"][0] for run in runs.values()
    ]
    for axes in (left, right):
        assert len({(line.get_linestyle(), line.get_marker()) for line in axes.lines[:9]}) == 9
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(runs)


def test_curves_reach_as_far_as_the_longest_run_and_as_low_as_the_worst():
    _, right = figures.learning_curves(
        {"long": run_of([0.7] * 6, [0.5, 0.6, 0.7]), "short": run_of([0.7] * 2, [0.25])}
    ).axes
    assert right.get_xticks().tolist() == [1, 2, 3]
    assert right.get_ylim() == (0.25, 1)


def test_no_run_has_no_curve():
    before = plt.get_fignums()
    with pytest.raises(ValueError, match="`runs`: expected at least one run, got none"):
        figures.learning_curves({})
    assert plt.get_fignums() == before


# --- scores of several seeds


def test_scores_of_one_model_share_its_colour():
    (axes,) = figures.scores({"lstm, masked": [0.1, 0.2], "gru, masked": [0.1, 0.2], "masked": [0.1, 0.2]}, "loss").axes
    found = [line.get_color() for line in axes.lines if line.get_marker() == "o"]
    assert found == [COLOURS["lstm"], COLOURS["gru"], figures.TEXT]


def test_scores_are_a_point_a_seed_and_the_interval_of_their_mean():
    values = {"lstm": [0.5, 0.75, 0.25], "of another name": [1.0, 2.0]}
    (axes,) = figures.scores(values, "loss").axes
    assert axes.get_xlabel() == "loss"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["LSTM", "of another name"]
    points, intervals = axes.lines[::4], axes.containers  # each interval is a marker and two caps
    assert len(points) == len(intervals) == 2
    for row, (name, of_name) in enumerate(values.items()):
        colour = to_rgb(COLOURS.get(name, figures.TEXT))
        assert points[row].get_xdata().tolist() == of_name
        assert points[row].get_ydata().tolist() == [row] * len(of_name)
        assert (points[row].get_linestyle(), to_rgb(points[row].get_color())) == ("None", colour)
        middle, _, (bar,) = intervals[row]
        mean, half_width = mean_interval(of_name)
        assert middle.get_xdata().tolist() == [mean]
        (ends,) = bar.get_segments()
        assert ends[:, 0].tolist() == pytest.approx([mean - half_width, mean + half_width])
        assert set(ends[:, 1]) == set(middle.get_ydata()) != {row}
        assert to_rgb(middle.get_color()) == colour
    low, high = axes.get_ylim()
    assert low > 1.25 and high < 0  # all rows are inside, the first one on top


def test_costs_have_an_open_mark_a_run_and_a_full_one_for_the_mean():
    runs = {"lstm": ([90.0, 110.0], [0.5, 0.75]), "of another name": ([2.0], [0.25])}
    figure = figures.costs(runs, "seconds", "accuracy", levels={"published": 0.7, "just above": 0.705})
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_xlabel(), axes.get_ylabel()) == ("log", "seconds", "accuracy")
    marks, levels = axes.lines[:4], axes.lines[4:]
    for (name, (cost, reached)), each, mean in zip(runs.items(), marks[::2], marks[1::2], strict=True):
        assert (each.get_xdata().tolist(), each.get_ydata().tolist()) == (cost, reached)
        assert np.asarray(mean.get_xydata()).ravel().tolist() == [np.mean(cost), np.mean(reached)]
        assert (each.get_fillstyle(), mean.get_fillstyle()) == ("none", "full")
        assert mean.get_label() == figures.title(name)
    assert to_rgb(marks[1].get_color()) == to_rgb(COLOURS["lstm"])
    assert [level.get_ydata()[0] for level in levels] == [0.7, 0.705]
    # of two levels that lie close, the lower one has its name below
    assert [(text.get_text(), text.get_va()) for text in axes.texts] == [("published", "top"), ("just above", "bottom")]
    for narrow in (True, False):
        figure.arrange(narrow=narrow)
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()] == ["LSTM", "of another name"]


def test_a_median_has_no_interval():
    (axes,) = figures.scores({"lstm": [0.0, 0.1, 1.0]}, "loss", median=True).axes
    (middle,) = (line for line in axes.lines if line.get_marker() == "d")
    assert middle.get_xdata().tolist() == [0.1]
    assert not axes.collections


def test_a_single_seed_has_no_interval_to_draw():
    with pytest.raises(ValueError) as caught:
        figures.scores({"lstm": [0.5, 0.75], "gru": [0.5]}, "loss")
    assert str(caught.value) == "`values`: expected at least two (one value has no spread), got 1."


# --- lines


def test_lines_are_drawn_where_they_are_given_each_with_a_colour_and_a_marker_of_its_own():
    values = {"lstm": np.array([1.0, np.nan, 4.0]), "one": np.array([3.0, 2.0, 1.0]), "two": np.array([0.0, 1.0, 1.0])}
    (axes,) = figures.lines(values, "steps", "norm", x=[10, 20, 40]).axes
    for line, (name, numbers) in zip(axes.lines, values.items(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [10, 20, 40])
        np.testing.assert_array_equal(line.get_ydata(), numbers)
        assert (line.get_label(), line.get_linestyle()) == (figures.title(name), "-")
    assert axes.lines[0].get_color() == COLOURS["lstm"]
    assert len({line.get_color() for line in axes.lines}) == len({line.get_marker() for line in axes.lines}) == 3
    assert names_in_the_legend(axes.figure) == ["LSTM", "one", "two"]  # two ends meet
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale()) == ("steps", "norm", "linear")


def names_at_the_ends(axes):
    """Give the names that stand at ends of lines, with their texts."""
    return {text.get_text(): text for text in axes.texts}


def names_in_the_legend(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_a_line_has_its_name_at_its_end_in_its_colour_where_no_two_names_meet():
    values = {"lstm": np.array([1.0, 4.0]), "one": np.array([3.0, 2.0]), "two": np.array([0.0, 0.0])}
    (axes,) = figures.lines(values, "steps", "norm").axes
    names = names_at_the_ends(axes)
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
    assert names_at_the_ends(axes) == {}


def test_names_go_into_a_legend_when_a_page_moves_their_lines_together():
    figure = figures.lines({"one": np.array([1.0, 2.0]), "two": np.array([2.0, 1.0])}, "steps", "norm")
    assert not figure.legends
    figure.axes[0].set_ylim(-100, 100)
    figure._repr_mimebundle_()
    assert names_in_the_legend(figure) == ["one", "two"] and names_at_the_ends(figure.axes[0]) == {}


@pytest.mark.parametrize("colour", [*COLOURS.values(), figures.TEXT])
def test_the_colour_of_a_line_can_be_read_as_text(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    assert 1.05 / (np.dot([0.2126, 0.7152, 0.0722], linear) + 0.05) >= 4.5


def test_lines_count_from_0_where_no_places_are_given():
    (axes,) = figures.lines({"lstm": np.array([1.0, 2.0]), "gru": np.array([3.0, 2.0, 5.0])}, "lag", "norm").axes
    assert [line.get_xdata().tolist() for line in axes.lines] == [[0, 1], [0, 1, 2]]


def test_dashed_lines_have_the_colour_of_the_line_of_their_name():
    values = {"lstm": np.array([1.0, 2.0]), "other": np.array([3.0, 2.0]), "gru": np.array([1.0, 1.0])}
    dashed = {"lstm": np.array([5.0, 6.0]), "other": np.array([7.0, 8.0])}
    (axes,) = figures.lines(values, "lag", "norm", dashed=dashed, logarithmic=True).axes
    assert axes.get_yscale() == "log"
    whole = {line.get_label(): line for line in axes.lines if line.get_linestyle() == "-"}
    bounds = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert list(whole) == ["LSTM", "other", "GRU"]
    for line, (name, numbers) in zip(bounds, dashed.items(), strict=True):
        assert line.get_ydata().tolist() == numbers.tolist()
        assert line.get_xdata().tolist() == [0, 1]
        assert line.get_color() == whole[figures.title(name)].get_color()
    assert names_at_the_ends(axes).keys() == {"LSTM", "other", "GRU"} - set(names_in_the_legend(axes.figure))


def test_a_band_has_the_colour_of_the_line_of_its_name_and_lies_between_its_edges():
    values, edges = {"lstm": np.array([1.0, 2.0]), "one": np.array([0.0, 0.0])}, ([0.5, 1.0], [2.0, 4.0])
    (axes,) = figures.lines(values, "lag", "norm", bands={"lstm": edges}).axes
    (band,) = axes.collections
    assert to_rgb(band.get_facecolor()[0, :3]) == to_rgb(COLOURS["lstm"])
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert corners == {(0, 0.5), (1, 1), (1, 4), (0, 2)}


def test_points_in_a_plane_have_one_scale_and_a_path_marks_its_beginning():
    points = {"simple_rnn": np.array([[0.0, 1.0], [2.0, 3.0], [4.0, -1.0]]), "other": np.array([[1.0, 1.0]])}
    (axes,) = figures.plane(points, "first", "second").axes
    assert axes.get_aspect() == 1
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), points["simple_rnn"])
    assert [line.get_linestyle() for line in axes.lines] == ["None", "None"] and not axes.patches
    assert axes.lines[0].get_color() == COLOURS["simple_rnn"] != axes.lines[1].get_color()
    (axes,) = figures.plane(points, "first", "second", joined=True, unit_circle=True).axes
    path, ring, *_ = axes.lines
    assert path.get_linestyle() == "-" and ring.get_xydata().tolist() == [[0, 1]]
    (circle,) = axes.patches
    assert (circle.center, circle.radius, circle.get_fill()) == ((0, 0), 1, False)


def test_a_long_line_has_some_markers_and_a_short_one_has_all():
    (axes,) = figures.lines({"lstm": np.arange(100.0), "gru": np.arange(5.0)}, "lag", "norm").axes
    assert [line.get_markevery() for line in axes.lines] == [10, 1]


def test_lines_have_colours_of_their_own_even_beside_all_that_have_one():
    names = ["a", "b", "c", "d", "lstm"]
    (axes,) = figures.lines(dict.fromkeys(names, np.array([1.0, 2.0])), "lag", "norm").axes
    assert len({line.get_color() for line in axes.lines}) == 5
    (axes,) = figures.lines(dict.fromkeys([*COLOURS, "other"], np.array([1.0, 2.0])), "lag", "norm").axes
    assert len({line.get_color() for line in axes.lines}) == len(COLOURS) + 1
    (axes,) = figures.lines(dict.fromkeys("abcdef", np.array([1.0, 2.0])), "lag", "norm").axes
    assert len({line.get_color() for line in axes.lines}) == 6


def test_every_model_with_a_colour_has_a_name_in_words():
    titles = [figures.title(name) for name in COLOURS]
    assert len(set(titles)) == len(COLOURS) and not set(titles) & set(COLOURS)


def test_scores_that_are_refused_leave_no_figure_open():
    before = plt.get_fignums()
    with pytest.raises(ValueError, match="expected at least two"):
        figures.scores({"lstm": [0.5]}, "accuracy")
    assert plt.get_fignums() == before


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


@pytest.mark.parametrize(
    ("words", "y", "h"), [(3, (2,), (3, 5)), (2, (3,), (3, 5)), (3, (3, 1), (3, 5)), (3, (3,), (2, 5)), (3, (3,), (3,))]
)
def test_a_reading_of_unequal_lengths_is_refused(words, y, h):
    before = plt.get_fignums()
    with pytest.raises(ValueError) as caught:
        figures.reading(["film"] * words, np.full(y, 0.5), np.zeros(h))
    assert str(caught.value) == (
        f"`words`, `y`, `h`: expected a word, a probability and a row of states for each step, got {words} words, "
        f"probabilities of shape {y} and states of shape {h}. The start of a text is a step, too: give it a word."
    )
    assert plt.get_fignums() == before


# --- two layouts

LONG = "a name that is long, and has a comma"


@pytest.fixture(params=["lengths", "curves", "scores", "lines", "powers", "places", "plane", "reading"])
def drawn(request, small_reviews):
    """Return one figure of each kind."""
    two = {"lstm": run_of([0.7, 0.6], [0.5, 0.6]), "other": run_of([0.7, 0.5], [0.5, 0.7], "gru")}
    falling = {"lstm": np.array([1.0, 1e-9]), LONG: np.array([1.0, 1e-10]), "one": np.array([1.0, 1e-30])}
    return {
        "lengths": lambda: figures.review_lengths(small_reviews),
        "curves": lambda: figures.learning_curves(two),
        "scores": lambda: figures.scores({"lstm": [0.1, 0.2], LONG: [0.3, 0.5]}, "loss, as a share of chance"),
        "lines": lambda: figures.lines({"lstm": np.arange(3), LONG: np.ones(3)}, "lag, in steps back", "norm"),
        "powers": lambda: figures.lines(falling, "lag", "gradient norm, lag 0 is 1", logarithmic=True),
        "places": lambda: figures.lines({"lstm": np.arange(3)}, "ids", "accuracy", x=["up to 128", "to 289", "more"]),
        "plane": lambda: figures.plane({LONG: np.eye(2), "lstm": -np.eye(2)}, "first", "second"),
        "reading": lambda: figures.reading(["word"] * 45, np.full(45, 0.5), np.sin(np.arange(405.0)).reshape(45, 9)),
    }[request.param]()


def size_of(svg):
    """Give the width and the height of an SVG, in CSS pixels."""
    root = ElementTree.fromstring(svg)
    return [float(root.get(side).removesuffix("pt")) * 96 / 72 for side in ("width", "height")]


def visible_texts(figure):
    figure.draw_without_rendering()
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def test_a_figure_has_a_narrow_layout_in_which_each_text_is_whole_and_large_enough_for_a_phone(drawn):
    assert size_of(drawn.narrow_svg())[0] == pytest.approx(358)
    drawn.arrange(narrow=True)
    texts = visible_texts(drawn)
    assert len(texts) > 5
    box = drawn.get_tightbbox()
    assert box.x0 >= 0 and box.y0 >= 0 and (box.max <= drawn.get_size_inches()).all()
    for text in texts:
        smaller = 0.7 if re.search(r"[_^]", text.get_text()) else 1  # an exponent, an index
        assert text.get_size() * smaller * 96 / 72 >= 11, text


def test_the_narrow_layout_leaves_the_figure_as_it_was(drawn):
    def state():
        texts = [(text.get_text(), text.get_size(), text.get_window_extent().bounds) for text in visible_texts(drawn)]
        return texts, [axes.get_position().bounds for axes in drawn.axes], drawn.get_size_inches().tolist()

    before = state()
    drawn.narrow_svg()
    after = state()
    assert [text[:2] for text in after[0]] == [text[:2] for text in before[0]]
    for one, other in zip(after[0], before[0], strict=True):
        assert one[2] == pytest.approx(other[2], abs=0.5)
    assert np.array(after[1]) == pytest.approx(np.array(before[1]), abs=1e-3) and after[2] == before[2]


def test_the_narrow_layout_shows_what_a_page_added_to_the_axes():
    figure = figures.plane({"lstm": np.eye(2)}, "first", "second")
    figure.axes[0].text(0, 0, "added by the page")
    assert "added by the page" in figure.narrow_svg()


def test_curves_stand_one_above_the_other_and_a_reading_goes_down_in_the_narrow_layout():
    figure = figures.learning_curves({"one": run_of([0.7, 0.6], [0.5, 0.6])})
    places = {}
    for narrow in (False, True):
        figure.arrange(narrow=narrow)
        figure.draw_without_rendering()
        places[narrow] = [axes.get_position() for axes in figure.axes]
    (left, right), (upper, lower) = places[False], places[True]
    assert left.x1 < right.x0 and left.y0 == pytest.approx(right.y0)
    assert upper.y0 > lower.y1 and upper.x0 == pytest.approx(lower.x0)

    h, y = np.random.default_rng(1).uniform(-1, 1, (3, 5)), np.array([0.5, 0.9, 0.8])
    figure = figures.reading(["a", "good", "film"], y, h)
    wide = np.asarray(figure.axes[1].images[0].get_array())
    figure.arrange(narrow=True)
    curve, states, _ = figure.axes
    assert [label.get_text() for label in curve.get_yticklabels()] == ["a", "good", "film"]
    assert curve.lines[0].get_xdata().tolist() == y.tolist()
    np.testing.assert_array_equal(np.asarray(states.images[0].get_array()), wide.T)
    assert curve.get_ylim() == states.get_ylim() == (2.5, -0.5)  # the first word on top, in both


def test_the_names_of_rows_stand_above_them_in_the_narrow_layout():
    figure = figures.scores({"lstm": [0.1, 0.2], LONG: [0.3, 0.5]}, "loss")
    (axes,) = figure.axes
    figure.arrange(narrow=True)
    figure.draw_without_rendering()
    names = axes.get_yticklabels()
    assert [name.get_text() for name in names] == ["LSTM", LONG]
    for row, name in enumerate(names):
        box = name.get_window_extent()
        assert box.x0 >= axes.bbox.x0  # inside
        assert box.y0 > axes.transData.transform((0, row))[1] + 5  # above the circles


def test_the_numbers_below_close_scores_stand_apart_in_both_layouts():
    close = {"lstm": [0.9074, 0.9124, 0.9114, 0.9126, 0.9114], "gru": [0.9196, 0.9234, 0.9220, 0.9217, 0.9226]}
    figure = figures.scores(close, "test accuracy")
    for narrow in (True, False):
        figure.arrange(narrow=narrow)
        figure.draw_without_rendering()
        [axes] = figure.axes
        low, high = axes.get_xlim()
        numbers = [text for text in axes.get_xticklabels() if low <= text.get_position()[0] <= high]
        places = [text.get_window_extent() for text in numbers]
        assert len(places) >= 3
        assert all(right.x0 - left.x1 > 4 for left, right in pairwise(places))


@pytest.mark.parametrize("formats", [{"svg"}, {"png"}])
def test_a_notebook_that_keeps_svg_keeps_the_narrow_figure_beside_it(monkeypatch, formats):
    backend = SimpleNamespace(figure_formats=formats)
    monkeypatch.setattr(InlineBackend, "instance", classmethod(lambda cls: backend))
    figure = figures.scores({"lstm": [0.1, 0.2]}, "loss")
    _, metadata = DisplayFormatter().format(figure)
    assert metadata.keys() == ({"image/svg+xml"} if formats == {"svg"} else set())
    for of_svg in metadata.values():
        assert size_of(of_svg["narrow"])[0] == pytest.approx(358)
    assert figure.get_size_inches()[0] == 7
