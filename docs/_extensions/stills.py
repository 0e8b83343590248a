"""Draw the still of a reading, which stands for a widget on paper, from disk and where there are no scripts."""

from html import escape
from typing import Any

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
