"""Plots that pages share, dark on a transparent background; the site inverts their lightness on dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle, pairwise
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from rnn_tutorial.pages.colours import COLOURS, SYMBOL_COLOURS

if TYPE_CHECKING:  # these load Keras, which the plots of the theory pages do not need
    from rnn_tutorial.sentiment.reviews import Reviews
    from rnn_tutorial.sentiment.training import Run

__all__ = ["review_lengths", "learning_curves", "lines", "ladder", "plane", "scores", "costs", "reading", "title"]

TEXT = "#333333"
_MARKERS = "osDv^PX"
_TITLES = {
    "bag_of_words": "average of word vectors",
    "feed_forward": "feed-forward",
    "simple_rnn": "simple RNN",
    "lstm": "LSTM",
    "gru": "GRU",
    "ngram_lstm": "LSTM, n-gram features",
}
# From purple over transparent, at 0, to green, as in the explorer.
_DIVERGING = LinearSegmentedColormap.from_list(
    "diverging", [(0, "#762a83ff"), (0.5, "#762a8300"), (0.5, "#11773300"), (1, "#117733ff")]
)
_MOST = 0.3  # of a figure's width, for labels at the ends of lines
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "legend.frameon": False,
    **dict.fromkeys(["text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"], TEXT),
}


def title(name: str) -> str:
    """Return a model's name for legends and tables; any other name stays as it is.

    :param name: a key of :data:`~rnn_tutorial.pages.colours.COLOURS`, with or without a comma and what follows

    >>> from rnn_tutorial.pages.figures import title
    >>> title("simple_rnn"), title("lstm, forget bias 5"), title("norm of U: 2.0")
    ('simple RNN', 'LSTM, forget bias 5', 'norm of U: 2.0')
    """
    kind, comma, rest = name.partition(",")
    return _TITLES.get(kind, kind) + comma + rest


def _colours(names: Iterable[str]) -> dict[str, str]:
    """Give each model its colour, and each other name one of the remaining colours."""
    taken = [COLOURS[name] for name in names if name in COLOURS]
    spare = cycle([*(colour for colour in COLOURS.values() if colour not in taken), TEXT])
    return {name: COLOURS.get(name) or next(spare) for name in names}


@contextmanager
def _figure(height: float, width: float = 7, **subplots: Any) -> Iterator[tuple[Figure, Any]]:
    """Give a new figure, its sides in inches, and its axes, and the style in which they are drawn."""
    with suppress(ImportError):
        import matplotlib_inline  # noqa: F401  Jupyter shows figures as pictures once this is loaded

        rcParams["svg.fonttype"] = "none"  # in these, words stay words, and a page shows them in its face
    with rc_context(_STYLE):
        figure = Figure((width, height), layout="constrained", facecolor="none")
        yield figure, figure.subplots(**subplots)


def _name_axes(axes: Axes, xlabel: str, ylabel: str) -> None:
    axes.set(xlabel=fill(xlabel, 90), ylabel=fill(ylabel, 45))  # letters


def _legend(figure: Figure, axes: Axes, most: int) -> None:
    """Put the legend above the axes, in as many columns as fit."""
    for columns in range(most, 0, -1):
        legend = figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=columns)
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def _name_lines(figure: Figure, axes: Axes) -> None:
    """Label the lines at their right ends, or in a legend if labels would overlap, be too long or be crossed."""
    lines = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    ends = [tuple(points[-1]) for line in lines if len(points := np.asarray(line.get_xydata()))]
    if len(ends) == len(lines) and np.isfinite(ends).all() and len({place for place, _ in ends}) == 1:
        look: dict[str, Any] = {"va": "center", "annotation_clip": False}
        names = [
            axes.annotate(
                str(line.get_label()), end, (8, 0), axes.transData, "offset points", color=line.get_color(), **look
            )
            for line, end in zip(lines, ends, strict=True)
        ]
        figure.draw_without_rendering()  # this computes their places
        boxes = sorted((name.get_window_extent() for name in names), key=lambda box: box.y0)
        apart = all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
        if apart and max(box.width for box in boxes) <= _MOST * figure.bbox.width:
            return
        for name in names:
            name.remove()
    _legend(figure, axes, 3)


def review_lengths(reviews: Reviews, length: int = 500) -> Figure:
    """Plot the lengths of the training reviews, and where padding and truncation begin.

    :param length: the length that reviews are padded or truncated to, in ids
    """
    lengths = reviews.train.lengths
    with _figure(2.8) as (figure, axes):
        bins = np.arange(0, 1525, 25).tolist()
        axes.hist(np.minimum(lengths, bins[-1] - 1), bins=bins, color=COLOURS["feed_forward"])
        axes.axvline(length, color=TEXT, linestyle="--")
        axes.text(length + 10, axes.get_ylim()[1] * 0.9, f"{length} ids")
        _name_axes(axes, "ids per review (last bar: all longer ones)", "reviews")
    return figure


def learning_curves(runs: Mapping[str, Run]) -> Figure:
    """Plot the training loss of several runs by update, and their validation accuracy by epoch.

    :param runs: a title for each run
    :raises ValueError: if there is no run
    """
    if not runs:
        raise ValueError("`runs`: expected at least one run, got none. Pass a title and a run of train.")
    with _figure(3.1, ncols=2) as (figure, (left, right)):
        for number, (title, run) in enumerate(runs.items()):
            line, marker = ("-", "--", ":", "-.")[number % 4], _MARKERS[number // 4 % len(_MARKERS)]
            colour = COLOURS.get(run.model.name, TEXT)
            epochs = len(run.history["loss"])
            progress = np.linspace(0, epochs, len(run.losses) + 1)[1:]
            marks = {"marker": marker, "markevery": max(1, len(progress) // 10)} if number >= 4 else {}
            for at, means in zip(np.split(progress, epochs), np.split(np.array(run.losses), epochs), strict=True):
                left.plot(at, means, line, color=colour, **marks)  # the mean restarts with each epoch
            accuracy = run.history["val_accuracy"]
            right.plot(range(1, epochs + 1), accuracy, line, marker=marker, color=colour, label=title)
        epochs = max(len(run.history["loss"]) for run in runs.values())
        lowest = min(min(run.history["val_accuracy"]) for run in runs.values())
        left.axhline(np.log(2), color=TEXT, linewidth=0.8)
        left.text(epochs, np.log(2) + 0.01, "guessing: ln 2", ha="right", va="bottom")
        left.set_ylim(0, None)
        right.axhline(0.5, color=TEXT, linewidth=0.8)
        right.set(ylim=(min(0.4, lowest), 1), xticks=range(1, epochs + 1))
        _name_axes(left, "epochs", "training loss, running mean of the epoch")
        _name_axes(right, "epochs", "validation accuracy")
        _legend(figure, right, min(3, len(runs)))
    return figure


def scores(values: Mapping[str, Sequence[float]], label: str, *, median: bool = False) -> Figure:
    """Plot the scores of several seeds, with their mean and its 95 % interval, a row for each name.

    :param values: the scores of each name, one per seed, at least two; colours go by what stands before a comma
    :param label: label of the x-axis: what the scores are
    :param median: whether to plot the median instead, without an interval: if some runs succeed and others fail, no run
        is near the mean
    :raises ValueError: if a name has fewer than two scores

    >>> from rnn_tutorial.pages.figures import scores
    >>> figure = scores({"lstm": [0.8, 0.84], "gru": [0.81, 0.85]}, label="accuracy")
    >>> axes = figure.axes[0]
    >>> axes.get_xlabel(), [name.get_text() for name in axes.get_yticklabels()]
    ('accuracy', ['LSTM', 'GRU'])
    """
    from rnn_tutorial.sentiment.evaluation import mean_interval  # no other plot needs it

    middles = {name: (np.median(of), None) if median else mean_interval(of) for name, of in values.items()}
    with _figure(0.5 + 0.55 * len(values)) as (figure, axes):
        for row, (name, of_name) in enumerate(values.items()):
            middle, half_width = middles[name]
            colour = COLOURS.get(name.partition(",")[0], TEXT)
            axes.plot(of_name, [row] * len(of_name), "o", color=colour, fillstyle="none")
            axes.errorbar(middle, row + 0.25, xerr=half_width, fmt="d", color=colour, capsize=4)
        axes.set_ylim(len(values) - 0.4, -0.6)
        axes.set_yticks(range(len(values)), map(title, values))
        _name_axes(axes, label, "")
    return figure


def costs(
    runs: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    xlabel: str,
    ylabel: str,
    *,
    levels: Mapping[str, float] | None = None,
) -> Figure:
    """Plot the cost and the result of each run, models in their colours, with a logarithmic x-axis.

    The runs of a model are small open markers, and their mean is a large full one.

    :param runs: for each model, the cost and the result of each run
    :param xlabel: label of the x-axis: the cost, above 0; ``ylabel`` that of the y-axis
    :param levels: further results without a known cost: dashed lines with their names
    """
    colours = _colours(runs)
    with _figure(4.5) as (figure, axes):
        axes.set_xscale("log")
        for number, (name, (cost, reached)) in enumerate(runs.items()):
            look: dict[str, Any] = {"color": colours[name], "marker": _MARKERS[number % 7], "linestyle": "none"}
            axes.plot(cost, reached, fillstyle="none", markersize=4, alpha=0.6, **look)
            axes.plot(np.mean(cost), np.mean(reached), markersize=8, label=title(name), **look)
        for name, level in (levels or {}).items():
            axes.axhline(level, color=TEXT, linestyle="--", linewidth=0.8)
            above = not any(0 < other - level < 0.01 for other in (levels or {}).values())
            place = (0.01, level), (0, 2 if above else -2), axes.get_yaxis_transform(), "offset points"
            axes.annotate(name, *place, va="bottom" if above else "top")
        _name_axes(axes, xlabel, ylabel)
        _legend(figure, axes, 3)
    return figure


def lines(
    values: Mapping[str, np.ndarray],
    xlabel: str,
    ylabel: str,
    *,
    x: Sequence[float] | Sequence[str] | None = None,
    dashed: Mapping[str, np.ndarray] | None = None,
    bands: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
    logarithmic: bool = False,
) -> Figure:
    """Plot named lines over one axis, each with its own marker and label, models in their colours.

    :param values: the numbers of each line; missing ones may be nan
    :param xlabel: label of the x-axis; ``ylabel`` that of the y-axis
    :param x: x-coordinates, or a name for each place; ``None`` counts from 0
    :param dashed: further lines, dashed in the colour of the line of the same name, such as a bound on it
    :param bands: the lower and the upper edge of a band around the line of the same name, such as quartiles
    :param logarithmic: whether the y-axis is logarithmic

    >>> import numpy as np
    >>> from rnn_tutorial.pages.colours import COLOURS
    >>> from rnn_tutorial.pages.figures import lines
    >>> figure = lines({"lstm": np.array([1.0, 0.9])}, xlabel="lag", ylabel="norm")
    >>> line = figure.axes[0].lines[0]
    >>> line.get_color() == COLOURS["lstm"], line.get_xdata()
    (True, array([0, 1]))
    """
    colours = _colours(values)
    with _figure(3.6) as (figure, axes):
        for number, (name, line) in enumerate(values.items()):
            places = np.arange(len(line)) if x is None else np.asarray(x)
            colour = colours[name]
            marks = max(1, len(line) // 10)
            axes.plot(places, line, marker=_MARKERS[number % 7], markevery=marks, color=colour, label=title(name))
            if dashed and name in dashed:
                axes.plot(places, dashed[name], "--", color=colour, linewidth=1)
            if bands and name in bands:
                axes.fill_between(places, *bands[name], color=colour, alpha=0.15, linewidth=0)
        axes.set_yscale("log" if logarithmic else "linear")
        _name_axes(axes, xlabel, ylabel)
        _name_lines(figure, axes)
    return figure


def ladder(models: Sequence[Mapping[str, Any]], names: Sequence[str], solid: float = 6, dashed: float = 1.5) -> Figure:
    """Plot bits per letter against the numbers that models of letters store, after two lengths of text.

    :param models: what :func:`~rnn_tutorial.experiments.results.letter_models` gives
    :param names: which ones
    :param solid: the millions of letters of the lines; ``dashed`` those of the dashed ones

    >>> from rnn_tutorial.experiments.results import letter_models, recorded_runs
    >>> from rnn_tutorial.pages.figures import ladder
    >>> figure = ladder(letter_models(recorded_runs("letters")), ["gru"])
    >>> len(figure.axes[0].lines)
    2
    """
    colours = _colours(names)
    with _figure(4.4) as (figure, axes):
        for millions, look in ((solid, "-"), (dashed, "--")):
            for number, name in enumerate(names):
                own = [one for one in models if (one["name"], one["millions"]) == (name, millions)]
                own.sort(key=lambda one: one["numbers"])
                numbers, bits = ([one[of] for one in own] for of in ("numbers", "bits"))
                label = title(name) if millions == solid else "_"
                axes.plot(numbers, bits, look, marker=_MARKERS[number % 7], color=colours[name], label=label)
        axes.set(xscale="log", xlim=(8e3, 3e7), ylim=(1.65, 3))  # without the counts of 1 and 2 letters
        _name_axes(axes, "numbers stored: weights or counts", "bits per letter")
        _legend(figure, axes, 4)
    return figure


def plane(
    values: Mapping[str, np.ndarray],
    xlabel: str,
    ylabel: str,
    *,
    joined: bool = False,
    unit_circle: bool = False,
    texts: Mapping[str, Sequence[str]] | None = None,
) -> Figure:
    """Plot named points in a plane, with the same scale on both axes, models in their colours.

    :param values: the points of each name, shape (points, 2)
    :param xlabel: label of the x-axis; ``ylabel`` that of the y-axis
    :param joined: whether the points of a name are a path, joined in their order, with a ring around the first
    :param unit_circle: whether to plot the circle of radius 1 around 0, with which eigenvalues are compared
    :param texts: for each name, what stands at its first points, empty for nothing; each text is where most room is

    Example: the eigenvalues of a rotation lie on the unit circle.

    >>> import numpy as np
    >>> from rnn_tutorial.pages.figures import plane
    >>> eigenvalues = np.linalg.eigvals(np.array([[0.0, -1.0], [1.0, 0.0]]))
    >>> points = np.stack([eigenvalues.real, eigenvalues.imag], axis=1)
    >>> (axes,) = plane(
    ...     {"rotation": points}, "real part", "imaginary part", unit_circle=True
    ... ).axes
    >>> axes.lines[0].get_xydata().round(6).tolist()
    [[0.0, 1.0], [0.0, -1.0]]
    """
    colours = _colours(values)
    with _figure(4.4, width=5) as (figure, axes):
        for number, (name, points) in enumerate(values.items()):
            x, y = np.asarray(points).T
            marker, line = _MARKERS[number % 7], "-" if joined else "none"
            axes.plot(x, y, linestyle=line, marker=marker, markersize=4, color=colours[name], label=title(name))
            if joined:
                axes.plot(x[:1], y[:1], "o", color=colours[name], fillstyle="none", markersize=11)
        if unit_circle:
            axes.add_patch(Circle((0, 0), 1, fill=False, color=TEXT, linewidth=0.8))
        for name, of_points in (texts or {}).items():
            _label_points(axes, values, name, of_points, colours[name])
        axes.set_aspect("equal", adjustable="datalim")
        _name_axes(axes, xlabel, ylabel)
        _legend(figure, axes, 2)
    return figure


def _label_points(axes: Axes, paths: Mapping[str, np.ndarray], name: str, texts: Sequence[str], colour: str) -> None:
    """Write texts at the first points of a path, each on the side that all paths leave most room."""
    parts = [path[:-1] + part * np.diff(path, axis=0) for path in paths.values() for part in np.arange(5) / 5]
    crowd = np.concatenate(parts)
    for point, text in zip(paths[name], texts, strict=False):
        distance = point - crowd
        away = (distance / ((distance**2).sum(axis=1, keepdims=True) + 0.02)).sum(axis=0)
        away /= np.linalg.norm(away)
        horizontal, vertical = (round(part) + 1 for part in away)
        place: dict[str, Any] = {"ha": ("right", "center", "left")[horizontal]}
        place |= {"va": ("top", "center", "bottom")[vertical]}
        axes.annotate(text, point, 6 * away, textcoords="offset points", color=colour, **place)


def reading(words: Sequence[str], y: np.ndarray, h: np.ndarray) -> Figure:
    """Plot how a network reads a text: the predicted probability after each word, and its hidden states.

    The probability is y_t of equation :eq:`belief`. The states are a heat map with a row for each unit, sorted by their
    standard deviation over the text, the largest on top. A colour is full where a number is furthest from 0.

    :param words: the words, one for each time step; the start of a text is a step, too
    :param y: the predicted probability after each, shape (time,)
    :param h: the hidden states, shape (time, units)
    :raises ValueError: if there is not one probability and one row of states for each word
    """
    if np.shape(y) != (len(words),) or np.ndim(h) != 2 or len(h) != len(words):
        raise ValueError(
            f"`words`, `y`, `h`: expected a word, a probability and a row of states for each step, got {len(words)} "
            f"words, probabilities of shape {np.shape(y)} and states of shape {np.shape(h)}. "
            "The start of a text is a step, too: give it a word."
        )
    by_activity, furthest = np.argsort(-h.std(axis=0), kind="stable"), np.abs(h).max()
    map_of: dict[str, Any] = {"aspect": "auto", "interpolation": "none", "cmap": _DIVERGING}
    map_of |= {"vmin": -furthest, "vmax": furthest}
    with _figure(5.5, nrows=2, sharex=True, height_ratios=[1, 2]) as (figure, (curve, states)):
        curve.plot(y, marker="o", color=SYMBOL_COLOURS["y"][0])
        curve.axhline(0.5, color=TEXT, linewidth=0.8, linestyle=":")
        curve.set(ylim=(0, 1), ylabel="probability $y_t$")
        image = states.imshow(h.T[by_activity], **map_of)
        states.set(ylabel="unit, most active on top", yticks=[])
        states.set_xticks(range(len(words)), words, rotation=60, ha="right", rotation_mode="anchor")
        figure.colorbar(image, ax=states, label="$h_t$", pad=0.01)
    return figure
