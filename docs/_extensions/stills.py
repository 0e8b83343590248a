"""Draw the figures that stand for this site's widgets on paper, from disk and without JavaScript."""

import json
from html import escape

import numpy as np

from rnn_tutorial.theory.cells import SimpleRNNCell, unroll
from rnn_tutorial.theory.tasks import one_hot

ROW, LEFT, WIDE, NUMBER = 20, 130, 300, 60  # the height of a word's row, and the widths of its three columns
FAINT = 'stroke="currentColor" stroke-opacity="0.3"'
FIGURE = '<figure class="widget-still">{drawing}<figcaption>{caption}</figcaption></figure>\n'
CHART = FIGURE.format(
    drawing='<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}" font-size="14" fill="currentColor">'
    "{content}</svg>",
    caption="{caption}",
)


def line(x: np.ndarray, y: np.ndarray, look: str, digits: str) -> str:
    """Return a line through points."""
    points = " ".join(f"{across:.1f},{down:{digits}}" for across, down in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" {look}/>'


def reading(file: bytes) -> str:
    """Return the first reading: each word with the probability after it, as a line and in percent."""
    first = json.loads(file)[0]
    y, heights = np.array(first["y"]), ROW * (np.arange(len(first["y"])) + 1.5)
    bottom = ROW * (len(y) + 1)
    content = "".join(
        f'<path d="M{LEFT + WIDE * part:g} {ROW}V{bottom}" {FAINT}/>'
        f'<text x="{LEFT + WIDE * part:g}" y="{ROW - 6}" text-anchor="middle">{100 * part:.0f} %</text>'
        for part in (0, 0.5, 1)
    )
    content += line(LEFT + WIDE * y, heights, 'stroke="var(--symbol-y)" stroke-width="2.5"', "g")
    labels = [(escape(word), f"{100 * part:.0f} %") for word, part in zip(first["words"], y, strict=True)]
    for (word, percent), height in zip(labels, heights, strict=True):
        content += f'<text x="{LEFT - 12}" y="{height + 5:g}" text-anchor="end">{word}</text>'
        content += f'<text x="{LEFT + WIDE + 12}" y="{height + 5:g}">{percent}</text>'
    return CHART.format(
        width=LEFT + WIDE + NUMBER, height=bottom + 4, content=content,
        label=f"After each word: {', '.join(map(' '.join, labels))}",
        caption="The LSTM of this build reads a sentence: the probability, after each word, that the review is "
        "positive.",
    )  # fmt: skip


def phrase(file: bytes) -> str:
    """Return a table of what each network predicts of the first phrase, at each position, in the run shown first."""
    data = json.loads(file)
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("Position", *data["networks"]))
    rows = ""
    for start, y in enumerate(zip(*(runs[data["first"]][0] for runs in data["networks"].values()), strict=True)):
        numbers = "".join(f"<td>{int(100 * of_one + 0.5)} %</td>" for of_one in y)
        rows += f'<tr><th scope="row">{start}{"•" * (start in data["seen"])}</th>{numbers}</tr>'
    return FIGURE.format(
        drawing=f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>",
        caption=f"The probability of “positive”, by the position of “{escape(data['phrases'][0])}” in "
        f"“{escape(' '.join(data['fillers']))}”. A dot: seen in training.",
    )


def detective(file: bytes) -> str:
    """Return a list of the stalled trainings, with the result of each test and with their faults."""
    data = json.loads(file)
    items = ""
    for culprit, _, (loss, heart, size, change, reviews, arrives) in data["cases"]:
        lost = len({word for text, _ in reviews for word in text.split()}) == 1
        labels = ", ".join(("negative", "positive")[label] for _, label in reviews)
        results = f"loss {loss:.2f}; by heart {heart:.1g}; first update {size:.1g} of the weights; "
        results += f"change by zeros {change:.1g}; {'unknown words, ' * lost}{labels}; gradient left {arrives:.1g}."
        items += f"<li><strong>{escape(culprit)}</strong>: {results}</li>"
    three = "; ".join(escape(f"“{text}”") for text, _ in data["cases"][0][2][4])
    return FIGURE.format(
        drawing=f"<ol>{items}</ol>",
        caption="Five faults, and the results of six tests: the loss at the end, that of 100 reviews learned by heart, "
        "the size of the first update, the change of a prediction by zeros after a review, the labels of three reviews "
        f"({three}), and the fraction of the gradient that reaches the last word.",
    )


def story(file: bytes) -> str:
    """Return the plane of the network of home, with the paths of two sentences of the same words."""
    W, U, b, V, b_y = (np.array(json.loads(file)["simple_rnn"][name]) for name in ("W", "U", "b", "V", "b_y"))
    tiles, content = ["not", "bad", "but", "good", "so"], f'<rect width="300" height="300" fill="none" {FAINT}/>'
    for sentence, dashes in (("not bad but good", ""), ("not good but bad", 'stroke-dasharray="6 4"')):
        read = one_hot([tiles.index(word) for word in sentence.split()], len(tiles))[None]
        states = np.vstack([np.zeros(2), unroll(SimpleRNNCell(W, U, b), read).h[0]])
        x, y = 150 + 120 * states[:, 0], 150 - 120 * states[:, 1]
        content += line(x, y, f'stroke="currentColor" stroke-width="2" {dashes}', ".1f")
        end = ("criticism", "praise")[int(np.argmax(V @ states[-1] + b_y))]
        content += f'<text x="{x[-1]:.1f}" y="{y[-1] - 6:.1f}" text-anchor="middle">{end}</text>'
    return CHART.format(
        width=300, height=300, content=content, label="Two paths that begin alike and end apart",
        caption="The memory of two numbers, after each word of “not bad but good”, and dashed of “not good but bad”.",
    )  # fmt: skip


STILLS = {
    "story/networks.json": story,
    "detective/detective.json": detective,
    "phrase/phrase.json": phrase,
    "explorer/readings.json": reading,
}
