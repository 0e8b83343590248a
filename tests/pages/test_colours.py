import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from rnn_tutorial.pages import figures
from rnn_tutorial.pages.colours import COLOURS, SYMBOL_COLOURS


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("colour", [*COLOURS.values(), figures.TEXT])
def test_colours_can_be_read_as_text_on_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


@pytest.mark.parametrize(("light", "dark"), SYMBOL_COLOURS.values(), ids=SYMBOL_COLOURS)
def test_colours_of_symbols_can_be_read_on_light_and_dark_pages(light, dark):
    for colour in (light, dark):
        assert re.fullmatch("#[0-9a-f]{6}", colour)
    assert 1.05 / (luminance(light) + 0.05) >= 4.5
    assert (luminance(dark) + 0.05) / (luminance("#131416") + 0.05) >= 4.5  # the ground of Furo's dark pages


def test_the_symbols_of_one_cell_have_colours_of_their_own():
    for cell in ("xhyc" + "ifo", "xhy" + "zr"):
        for pairs in zip(*(SYMBOL_COLOURS[name] for name in (*cell, "candidate", "gradient")), strict=True):
            assert len(set(pairs)) == len(pairs)
