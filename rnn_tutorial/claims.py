"""Claims: what training found, said with a margin, and judged again by every build.

What mathematics decides is an ``assert`` in a page. What training finds is not certain: another seed, or a processor
that rounds the last bit otherwise, gives another network. So a page claims it, over all of its runs and with a margin.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

__all__ = ["claim", "Claim", "glue_numbers", "say_on_page"]


@dataclass(frozen=True)
class Claim:
    """What was claimed of some runs, and what was found.

    :param statement: the claim in words
    :param values: the numbers, one per run or for each thing that the statement speaks of
    :param above: what each number is claimed to exceed, or ``None``
    :param below: what each number is claimed to stay under, or ``None``
    :param at_least: how many of the numbers
    :param seeds: those of the runs behind the numbers, each once; none where nothing was drawn at random, and ``None``
        where it was not said

    :func:`claim` makes one; the claims of :doc:`/sentiment/comparison` are such records.

    Example:

    >>> from rnn_tutorial.claims import Claim
    >>> one = Claim(
    ...     "coins fall on heads", (0.4, 0.6), above=0.5, below=None, at_least=2
    ... )
    >>> one.holds, one.expected, one.found
    (False, 'above 0.5 for each of 2 numbers', '0.4 to 0.6, as claimed for 1 of 2')
    """

    statement: str
    values: tuple[float, ...]
    above: float | None
    below: float | None
    at_least: int
    seeds: tuple[int, ...] | None = None

    @property
    def runs(self) -> int:
        """How many of the numbers are as claimed; one that is no number (NaN) never is."""
        values = np.array(self.values)
        low = -np.inf if self.above is None else self.above
        high = np.inf if self.below is None else self.below
        return int(((values > low) & (values < high)).sum())

    @property
    def holds(self) -> bool:
        """Whether as many numbers as claimed are as claimed."""
        return self.runs >= self.at_least

    @property
    def expected(self) -> str:
        """The claim in numbers."""
        bounds = [f"{word} {bound:g}" for word in ("above", "below") if (bound := getattr(self, word)) is not None]
        of = len(self.values)
        if of == 1:
            return " and ".join(bounds)
        which = f"each of {of}" if self.at_least == of else f"at least {self.at_least} of {of}"
        return f"{' and '.join(bounds)} for {which} numbers"

    @property
    def found(self) -> str:
        """What the numbers are."""
        if len(self.values) == 1:
            return f"{self.values[0]:.3g}"
        spread, of = f"{min(self.values):.3g} to {max(self.values):.3g}", len(self.values)
        return spread if self.runs == of else f"{spread}, as claimed for {self.runs} of {of}"

    def __str__(self) -> str:
        """Return the claim as a sentence, for a terminal."""
        verdict = "It holds" if self.holds else "IT DOES NOT HOLD HERE"
        return f"Claimed: {self.statement}: {self.expected}. {verdict}: {self.found}."

    def _ipython_display_(self) -> None:
        """Show nothing where a cell ends with a claim, because :func:`claim` has shown it already."""

    def html(self) -> str:
        """Return the claim for a page: nothing that is seen where it holds, a box where it does not."""
        record = html.escape(json.dumps(asdict(self)))
        if self.holds:
            return f'<p class="claim" data-claim="{record}" hidden></p>'
        statement, expected, found = map(html.escape, (self.statement, self.expected, self.found))
        return (
            f'<div class="admonition warning claim" data-claim="{record}">'
            '<p class="admonition-title">On this machine it came out otherwise</p>'
            f"<p>Claimed: {statement}: {expected}.</p><p>Found: {found}. So what the text says of it does not hold "
            "for the numbers on this page.</p></div>"
        )


def claim(
    statement: str,
    values: float | Iterable[float],
    *,
    above: float | None = None,
    below: float | None = None,
    at_least: int | None = None,
    seeds: Iterable[int] | None = None,
) -> Claim:
    """Claim that numbers lie above or below a bound, such as one number per run, and speak up where they do not.

    above < v_r < below  for at least n of the numbers v_r

    The bound leaves a margin to what was found, wide enough for other seeds and other processors: ``nox -s robust``
    runs the pages with both. A claim that holds shows nothing; the foot of a page lists its claims. One that does not
    hold is shown as a box in its place, or printed outside a notebook. It raises nothing, so that a reader whose
    processor rounds otherwise gets the rest of the page; a build in continuous integration fails. A page whose claims
    are about one set of runs says once which: ``claim = partial(claim, seeds=seeds)``.

    :param statement: the claim in words, without the bound
    :param values: one number, or several: one per run, or for each thing that the statement speaks of
    :param above: what the numbers exceed
    :param below: what the numbers stay under
    :param at_least: n; ``None`` means all of them
    :param seeds: those of the runs behind the numbers, whether each number is one run's or is made of several; ``()``
        where nothing was drawn at random
    :returns: the claim, with what was found
    :raises ValueError: if there is no number, no bound, or if n is not between 1 and how many numbers there are

    Every page that trains makes claims; :doc:`/sentiment/comparison` explains how to read one.

    Example:

    >>> from rnn_tutorial.claims import claim
    >>> claim("test accuracy", [0.81, 0.86, 0.84], above=0.75).holds
    True
    >>> claim("accuracy", [0.66, 0.84], above=0.75).holds
    Claimed: accuracy: above 0.75 for each of 2 numbers. IT DOES NOT HOLD HERE: 0.66 to 0.84, as claimed for 1 of 2.
    False
    """
    several = list(values) if isinstance(values, Iterable) else [values]
    numbers = tuple(float(number) for number in np.ravel(several))
    if not numbers:
        raise ValueError("`values`: expected at least one number, got none.")
    if above is None and below is None:
        raise ValueError("`above`, `below`: expected at least one of the two bounds, got none.")
    needed = len(numbers) if at_least is None else at_least
    if not 1 <= needed <= len(numbers):
        raise ValueError(f"`at_least`: expected 1 to {len(numbers)}, as many as there are numbers, got {needed}.")
    each_once = None if seeds is None else tuple(dict.fromkeys(map(int, seeds)))
    made = Claim(statement, numbers, above, below, needed, each_once)
    say_on_page(made.html(), "" if made.holds else str(made))
    return made


def say_on_page(html: str, text: str) -> None:
    """Show something as an output of the cell that runs, or print it where there is no cell.

    The claims of :doc:`/sentiment/comparison` are shown so.

    :param html: for a page
    :param text: for a terminal; an empty one is not printed

    Example:

    >>> from rnn_tutorial.claims import say_on_page
    >>> say_on_page("<p>It was run.</p>", "It was run.")
    It was run.
    """
    try:
        from IPython import get_ipython
        from IPython.display import publish_display_data
    except ImportError:
        running = None
    else:
        running = get_ipython()
    if running is None:
        print(text, end="\n" * bool(text))
    else:
        publish_display_data({"text/html": html, "text/plain": text})


def glue_numbers(**numbers: float | str) -> None:
    """Give numbers to the text of a page, where ``{glue:text}`NAME:.1f``` shows one of them.

    One call does for a section. :doc:`/sentiment/comparison` gives its accuracies so.

    :param numbers: a number or a text for each name

    Example: outside a notebook nothing happens.

    >>> from rnn_tutorial.claims import glue_numbers
    >>> glue_numbers(accuracy=88.4, epochs=2)
    """
    from IPython import get_ipython

    if get_ipython() is not None:
        from myst_nb import glue

        for name, number in numbers.items():
            glue(name, number.item() if isinstance(number, np.generic) else number, display=False)
