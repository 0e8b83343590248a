"""Claims: results of training, stated with a margin and checked again in every build.

Statements that mathematics decides are ``assert`` statements on a page. Results of training are not certain: another
seed, or a processor that rounds the last bit differently, gives another network. So a page claims them for all of its
runs and with a margin.
"""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

__all__ = ["claim", "Claim", "glue_numbers", "say_on_page"]


@dataclass(frozen=True)
class Claim:
    """A claim about some runs, and their results, from :func:`claim`.

    :param statement: the claim in words
    :param values: the numbers, one per run or for each thing that the statement is about
    :param above: the lower bound of each number, or ``None``
    :param below: the upper bound of each number, or ``None``
    :param at_least: how many of the numbers must lie within the bounds
    :param seeds: those of the runs, each once; empty if nothing is random, and ``None`` if they were not given
    """

    statement: str
    values: tuple[float, ...]
    above: float | None
    below: float | None
    at_least: int
    seeds: tuple[int, ...] | None = None

    @property
    def runs(self) -> int:
        """How many of the numbers lie within the bounds; NaN never does."""
        values = np.array(self.values)
        low = -np.inf if self.above is None else self.above
        high = np.inf if self.below is None else self.below
        return int(((values > low) & (values < high)).sum())

    @property
    def holds(self) -> bool:
        """Whether enough numbers lie within the bounds."""
        return self.runs >= self.at_least

    @property
    def expected(self) -> str:
        """The bounds, as text."""
        bounds = [f"{word} {bound:g}" for word in ("above", "below") if (bound := getattr(self, word)) is not None]
        of = len(self.values)
        if of == 1:
            return " and ".join(bounds)
        which = f"each of {of}" if self.at_least == of else f"at least {self.at_least} of {of}"
        return f"{' and '.join(bounds)} for {which} numbers"

    @property
    def found(self) -> str:
        """The numbers, as text."""
        if len(self.values) == 1:
            return f"{self.values[0]:.3g}"
        spread, of = f"{min(self.values):.3g} to {max(self.values):.3g}", len(self.values)
        return spread if self.runs == of else f"{spread}, as claimed for {self.runs} of {of}"

    def __str__(self) -> str:
        """Return the claim as a sentence, for a terminal."""
        verdict = "It holds" if self.holds else "IT DOES NOT HOLD HERE"
        return f"Claimed: {self.statement}: {self.expected}. {verdict}: {self.found}."

    def _ipython_display_(self) -> None:
        """Show nothing when a cell ends with a claim, because :func:`claim` has already shown it."""

    def html(self) -> str:
        """Return the claim as HTML: hidden if it holds, a box if it does not."""
        record = html.escape(json.dumps(asdict(self)))
        if self.holds:
            return f'<p class="claim" data-claim="{record}" hidden></p>'
        statement, expected, found = map(html.escape, (self.statement, self.expected, self.found))
        return (
            f'<div class="admonition warning claim" data-claim="{record}">'
            '<p class="admonition-title">This claim does not hold on this machine</p>'
            f"<p>Claimed: {statement}: {expected}.</p><p>Found: {found}. So what the text says about it does not hold "
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
    """Claim that above < v < below for at least n of some numbers v, such as one per run, and warn if it is not so.

    The bounds leave a margin around the results, wide enough for other seeds and other processors: ``nox -s robust``
    runs the pages with both. A claim that holds shows nothing; the foot of a page lists its claims. One that does not
    hold is shown as a box in its place, or printed outside a notebook. It raises nothing, so that a reader whose
    processor rounds differently gets the rest of the page; a build in continuous integration fails. A page whose claims
    are about one set of runs gives their seeds once: ``claim = partial(claim, seeds=seeds)``.

    :param statement: the claim in words, without the bounds
    :param values: one number, or several: one per run, or for each thing that the statement is about
    :param above: the lower bound
    :param below: the upper bound
    :param at_least: n; ``None`` means all of them
    :param seeds: those of the runs, even if a number comes from several; ``()`` if nothing is random
    :returns: the claim, with the results
    :raises ValueError: if there is no number, no bound, a bound that is not finite, or n is out of range

    >>> from rnn_tutorial.claims import claim
    >>> claim("test accuracy", [0.81, 0.86, 0.84], above=0.75).holds
    True
    >>> claim("test accuracy", 0.66, above=0.75).holds
    Claimed: test accuracy: above 0.75. IT DOES NOT HOLD HERE: 0.66.
    False
    """
    several = list(values) if isinstance(values, Iterable) else [values]
    numbers = tuple(float(number) for number in np.ravel(several))
    if not numbers:
        raise ValueError("`values`: expected at least one number, got none.")
    if above is None and below is None:
        raise ValueError("`above`, `below`: expected at least one of the two bounds, got none.")
    if not np.isfinite([bound for bound in (above, below) if bound is not None]).all():
        raise ValueError(f"`above`, `below`: expected finite bounds, got {above} and {below}.")
    above, below = (bound if bound is None else float(bound) for bound in (above, below))  # for JSON
    needed = len(numbers) if at_least is None else int(at_least)
    if not 1 <= needed <= len(numbers):
        raise ValueError(f"`at_least`: expected 1 to {len(numbers)}, as many as there are numbers, got {needed}.")
    each_once = None if seeds is None else tuple(dict.fromkeys(map(int, seeds)))
    made = Claim(statement, numbers, above, below, needed, each_once)
    say_on_page(made.html(), "" if made.holds else str(made))
    return made


def say_on_page(html: str, text: str) -> None:
    """Display something as an output of the running cell, or print it outside a notebook.

    :param html: for a page
    :param text: for a terminal; an empty one is not printed

    >>> from rnn_tutorial.claims import say_on_page
    >>> say_on_page("<p>It was run.</p>", "It was run.")
    It was run.
    """
    ipython = sys.modules.get("IPython")  # which a notebook has loaded
    if ipython is None or ipython.get_ipython() is None:
        print(text, end="\n" * bool(text))
    else:
        ipython.display.publish_display_data({"text/html": html, "text/plain": text})


def glue_numbers(*, seeds: Iterable[int] | None = None, **numbers: float | str) -> None:
    """Make numbers available to the text of a page, where ``{glue:text}`NAME:.1f``` shows one of them.

    One call is enough for all numbers of a section that come from the same runs. The home page, the index of a section
    and the lead of a page, all that stands before its first section, show only numbers that need no seed or come from
    at least three: the build refuses others.

    :param seeds: as for :func:`claim`; ``None`` if no lead needs the numbers
    :param numbers: a number or a text for each name
    """
    from IPython import get_ipython

    if get_ipython() is not None:
        from IPython.display import publish_display_data
        from myst_nb.ext.glue import GLUE_PREFIX  # as its `glue` does it, which takes no metadata

        metadata = {} if seeds is None else {"seeds": sorted({int(seed) for seed in seeds})}
        for name, number in numbers.items():
            shown = repr(number.item() if isinstance(number, np.generic) else number)
            place = {"scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX}}
            publish_display_data({f"{GLUE_PREFIX}text/plain": shown}, place | metadata)
