import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from rnn_tutorial.pages import figures
from rnn_tutorial.pages.colours import COLOURS, SYMBOL_COLOURS


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


LIGHT, DARK = ([pair[k] for pair in SYMBOL_COLOURS.values()] for k in (0, 1))
GROUNDS = dict.fromkeys([*COLOURS.values(), figures.TEXT, *LIGHT], "#ffffff") | dict.fromkeys(DARK, "#131416")


@pytest.mark.parametrize(("colour", "ground"), GROUNDS.items())
def test_a_colour_can_be_read_as_text_on_its_ground(colour, ground):
    darker, lighter = sorted(map(luminance, (colour, ground)))
    assert re.fullmatch("#[0-9a-f]{6}", colour)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_the_symbols_of_one_cell_have_colours_of_their_own():
    for cell in ("xhyc" + "ifo", "xhy" + "zr"):
        for pairs in zip(*(SYMBOL_COLOURS[name] for name in (*cell, "candidate", "gradient")), strict=True):
            assert len(set(pairs)) == len(pairs)
