import re
from xml.etree import ElementTree

import pytest

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

from small_site import built, refused  # isort: skip
import equations

SYMBOLS = {letter: [f"{letter}_t", f"{letter}_{{t-1}}", f"{letter}_0"] for letter in "xhyciforz"}
SYMBOLS["candidate"] = [r"\tilde{c}_t", r"\tilde{h}_{t}"]


@pytest.mark.parametrize(("symbol", "name"), [(symbol, name) for name in SYMBOLS for symbol in SYMBOLS[name]])
def test_a_symbol_has_its_class_and_a_colour_whatever_stands_around(symbol, name):
    marked = rf"\class{{symbol-{name}}}{{{symbol}}}"
    assert name in SYMBOL_COLOURS
    assert equations.coloured(symbol) == marked
    for before in ("", "(", "{", "U ", "U", "2", r"\partial ", r"\odot ", r"\\", r"\,", "U_h ", "U_h", "W_{x}", "h_t"):
        assert equations.coloured(before + symbol) == equations.coloured(before) + marked
    for behind in ("^2", "}", " = 1", "x", r"\partial", "_"):
        assert equations.coloured(symbol + behind) == marked + behind


@pytest.mark.parametrize(
    "equation",
    [
        *("U_h", "b_f", "W_i", "W_{xh}", "b'_c", "h", "x + c", "h_", "z^h_t", "W_x_t"),
        *(r"\max_i", r"\max_{i}", r"\sum_t", r"\sum_{t=1}^{T}", r"\prod_{k}", r"\partial", r"\operatorname{diag}(v_t)"),
        *(r"\tilde{V}_t", r"\tilde{c}", r"\hat{y}_t", r"\begin{aligned} a &= b \\ c &= d \end{aligned}"),
    ],
)
def test_what_is_no_symbol_at_a_step_is_left_alone(equation):
    assert equations.coloured(equation) == equation


def test_an_equation_has_its_mathml_and_just_the_styles_of_its_glyphs():
    (found,), style = equations.typeset([(r"\class{symbol-h}{h_t} = \lVert U \rVert", False)], "../fonts")
    assert found.startswith('<mjx-container class="MathJax" jax="CHTML"><mjx-math aria-hidden="true"')
    assert re.search('<mjx-[a-z]+ class="[^"]*symbol-h"', found)
    mathml = re.search("<mjx-assistive-mml>(.*)</mjx-assistive-mml></mjx-container>$", found)[1]
    texts = [element.text for element in ElementTree.fromstring(mathml).iter() if element.text]
    assert texts == ["h", "t", "=", "\u2016", "U", "\u2016"]
    assert 'url("../fonts/MathJax_Math-Italic.woff")' in style
    assert "mjx-c.mjx-c1D448.TEX-I::before" in style  # an italic U
    assert "mjx-c.mjx-c1D449.TEX-I::before" not in style  # there is no V


def test_an_equation_is_drawn_once_with_its_tex_in_the_colours_and_the_size_of_the_text():
    drawn = equations.draw([("h_t < U", False), ("h_t < U", True), ("h_t < U", False)])
    assert list(drawn) == [("h_t < U", False), ("h_t < U", True)]
    for svg in map(ElementTree.fromstring, drawn.values()):
        assert svg.attrib["aria-label"] == "h_t < U" and svg.attrib["role"] == "img"
        assert re.fullmatch(r"[\d.]+em", svg.attrib["width"]) and "ex;" not in svg.attrib["style"]
        coloured = [part.attrib["fill"] for part in svg.iter() if "var(" in part.attrib.get("fill", "")]
        assert coloured == ["var(--symbol-h)"]
        assert not [part for part in svg.iter() if "id" in part.attrib]  # many stand on one page


PAGE = r"""# Page

Inline ($h_t$), 50 % and `50 %`, **50** %.

```{math}
:label: sum
b + x_t
```

\begin{align}
c_t &= 1
\end{align}

See {eq}`sum`.
"""
CONF = """
extensions = ["myst_parser", "equations"]
myst_enable_extensions = ["amsmath", "dollarmath"]
html_math_renderer = "equations"
"""


def test_a_page_shows_its_equations_without_a_script(tmp_path):
    page = built(tmp_path, {"conf.py": CONF, "index.md": PAGE})("index.html")
    assert [found.count("symbol-") for found in re.findall("<mjx-math.*?</mjx-math>", page)] == [1, 1, 1]
    assert "symbol-" not in "".join(re.findall("<mjx-assistive-mml>.*?</mjx-assistive-mml>", page))
    assert re.findall('<math alttext="(.*?)"', page) == ["h_t", "b + x_t", r"\begin{align} c_t &amp;= 1 \end{align}"]
    assert '<span class="eqno">(1)<a class="headerlink" href="#equation-sum"' in page
    assert "MathJax.js" not in page and "tex-chtml" not in page
    fonts = set(re.findall(r'url\("([^"]*)"\)', page))
    assert fonts and all((tmp_path / "html" / font).is_file() for font in fonts)
    kept = (
        r'<span class="math[^>]*>\(<mjx-.*</mjx-container>\),</span> 50\xa0% and .*>50</span> <span.*50</strong>\xa0%'
    )
    assert re.search(kept, page)  # a number and its sign on one line, an equation and what stands around it


def test_faulty_equations_and_those_in_headings_fail_the_build(tmp_path):
    told = refused(tmp_path, {"conf.py": CONF, "index.md": "# Page of $h$\n\nInline $\\undefinedcommand$.\n"})
    assert re.search(r"index\.md:3: WARNING: Undefined control sequence \\undefinedcommand", told)
    assert "an equation in a heading; write it in words: h" in told
