"""Draw the stills that stand for widgets on paper, from disk and where there are no scripts."""

from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
from safetensors.numpy import load

from rnn_tutorial.theory.cells import SimpleRNNCell
from rnn_tutorial.theory.gradients import gradient_norms_by_lag

MEASURED, BOUND = 'stroke="var(--symbol-gradient)"', 'stroke="currentColor" stroke-dasharray="6 4"'
FACTOR, STEPS = 1.5, 60  # what the sliders over a gradient begin with
ROW, LEFT, WIDE, NUMBER = 20, 130, 300, 60  # the height of a word's row, and the widths of its three columns


def reading_still(reading: dict[str, Any]) -> str:
    """Return a figure of a reading of the player: each word with the probability after it, as a line and in percent."""
    words, y = reading["words"], reading["y"]
    rows = [(word, probability, ROW * (k + 1.5)) for k, (word, probability) in enumerate(zip(words, y, strict=True))]
    bottom = ROW * (len(rows) + 1)
    line = " ".join(f"{LEFT + WIDE * probability:.1f},{height:g}" for _, probability, height in rows)
    texts = "".join(
        f'<text x="{LEFT - 12}" y="{height + 5:g}" text-anchor="end">{escape(word)}</text>'
        f'<text x="{LEFT + WIDE + 12}" y="{height + 5:g}">{100 * probability:.0f} %</text>'
        for word, probability, height in rows
    )
    scale = "".join(
        f'<path d="M{LEFT + WIDE * part:g} {ROW}V{bottom}" stroke="currentColor" stroke-opacity="0.3"/>'
        f'<text x="{LEFT + WIDE * part:g}" y="{ROW - 6}" text-anchor="middle">{100 * part:.0f} %</text>'
        for part in (0, 0.5, 1)
    )
    percent = ", ".join(f"{word} {100 * probability:.0f} %" for word, probability, _ in rows)
    return (
        f'<figure class="widget-still"><svg viewBox="0 0 {LEFT + WIDE + NUMBER} {bottom + 4}" role="img" '
        f'aria-label="After each word: {escape(percent)}" font-size="14" fill="currentColor">{scale}'
        f'<polyline points="{line}" fill="none" stroke="var(--symbol-y)" stroke-width="2.5"/>{texts}</svg>'
        "<figcaption>The LSTM of this build reads a sentence: the probability, after each word, that the review is "
        "positive.</figcaption></figure>\n"
    )


def norms_still(content: bytes) -> str:
    """Return a chart of how long gradients are at each lag, measured and bounded, as the sliders begin."""
    tensors = load(content)
    cell = SimpleRNNCell(tensors["W"], tensors["U"], tensors["b"])  # tanh, whose largest slope is 1
    inputs = np.eye(cell.inputs)[tensors["symbols"][:, -STEPS:]]
    norms = gradient_norms_by_lag(replace(cell, U=FACTOR * cell.U), inputs, tensors["grad_last"])
    measured, bound = norms / norms[0], FACTOR ** np.arange(len(norms))
    fives = np.log10([measured, bound]) / 5
    low, high = 5 * np.floor(fives.min()), 5 * np.ceil(fives.max())
    across, tall = np.linspace(60, 470, len(norms)), 200

    def height(power: Any) -> Any:
        return 20 + tall * (high - power) / (high - low)

    def line(values: np.ndarray, look: str) -> str:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, height(np.log10(values)), strict=True))
        return f'<polyline points="{points}" fill="none" stroke-width="2.5" {look}/>'

    scale = "".join(
        f'<path d="M60 {height(power):.1f}H470" stroke="currentColor" stroke-opacity="0.3"/>'
        f'<text x="52" y="{height(power) + 5:.1f}" text-anchor="end">'
        f'10<tspan dy="-5" font-size="11">{power:.0f}</tspan></text>'
        for power in np.arange(low, high + 1, 5)
    ) + "".join(
        f'<text x="{across[lag]:.1f}" y="{tall + 40}" text-anchor="middle">{lag}</text>'
        for lag in range(0, len(norms), 10)
    )
    ends = f"at lag {len(norms) - 1} {measured[-1]:.2g} measured, bound {bound[-1]:.0e}"
    return (
        f'<figure class="widget-still"><svg viewBox="0 0 490 {tall + 50}" role="img" aria-label="Gradient norm by lag: '
        f'{ends}" font-size="14" fill="currentColor">{scale}{line(measured, MEASURED)}{line(bound, BOUND)}</svg>'
        f"<figcaption>The gradient norm by lag, lag 0 is 1, with tanh and ‖U‖ = {FACTOR}. Solid is measured, dashed "
        "the bound (γ‖U‖)ᵏ at lag k.</figcaption></figure>\n"
    )


def phrase_still(predictions: dict[str, Any]) -> str:
    """Return a table of what each network predicts of the first phrase, at each position, in the run shown first."""
    first, seen = predictions["first"], predictions["seen"]
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("Position", *predictions["networks"]))
    rows = ""
    for start, of_each in enumerate(zip(*(runs[first][0] for runs in predictions["networks"].values()), strict=True)):
        numbers = "".join(f"<td>{int(100 * y + 0.5)} %</td>" for y in of_each)
        rows += f'<tr><th scope="row">{start}{"•" * (start in seen)}</th>{numbers}</tr>'
    phrase, fillers = predictions["phrases"][0], " ".join(predictions["fillers"])
    return (
        f'<figure class="widget-still"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table><figcaption>The probability of “positive”, by the position of "
        f"“{escape(phrase)}” in “{escape(fillers)}”. A dot: seen in training.</figcaption></figure>\n"
    )
