"""The extension that typesets equations and colours their symbols."""

import re
from xml.etree import ElementTree

import pytest
from docutils import nodes

from rnn_tutorial.colours import SYMBOL_COLOURS

from small_site import DiagramSite, build_here  # isort: skip
import equations


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("h_t", "h"),
        ("h_{t-1}", "h"),
        ("x_t", "x"),
        ("y_T", "y"),
        ("c_0", "c"),
        ("i_t", "i"),
        ("f_t", "f"),
        ("o_t", "o"),
        ("r_t", "r"),
        ("z_t", "z"),
        (r"\tilde{c}_t", "candidate"),
        (r"\tilde{h}_{t}", "candidate"),
    ],
)
def test_each_symbol_has_its_class(symbol, name):
    marked = rf"\class{{symbol-{name}}}{{{symbol}}}"
    assert equations.coloured(symbol) == marked
    for before in ("", "(", "{", "U ", "U", "2", r"\partial ", r"\odot ", r"\\", r"\,", "U_h ", "U_h", "W_{x}", "h_t"):
        expected = equations.coloured(before) + marked
        assert equations.coloured(before + symbol) == expected
    for behind in ("^2", "}", " = 1", "x", r"\partial", "_"):
        assert equations.coloured(symbol + behind) == marked + behind


@pytest.mark.parametrize(
    "equation",
    [
        "U_h",
        "b_f",
        "W_i",
        "W_{xh}",
        "b'_c",
        "h",
        "x + c",
        r"\max_i",
        r"\max_{i}",
        r"\sum_t",
        r"\sum_{t=1}^{T}",
        r"\prod_{k}",
        r"\partial",
        r"\operatorname{diag}(v_t)",
        r"\tilde{V}_t",
        r"\tilde{c}",
        r"\hat{y}_t",
        "h_",
        "z^h_t",
        "W_x_t",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
    ],
)
def test_what_is_no_symbol_at_a_step_is_left_alone(equation):
    assert equations.coloured(equation) == equation


EQUATIONS = {
    r"h_t = g(U h_{t-1} + W x_t + b)": (
        r"\class{symbol-h}{h_t} = g(U \class{symbol-h}{h_{t-1}} + W \class{symbol-x}{x_t} + b)"
    ),
    r"c_t = f_t \odot c_{t-1} + i_t\odot\tilde{c}_t": (
        r"\class{symbol-c}{c_t} = \class{symbol-f}{f_t} \odot \class{symbol-c}{c_{t-1}}"
        r" + \class{symbol-i}{i_t}\odot\class{symbol-candidate}{\tilde{c}_t}"
    ),
    r"\frac{\partial L}{\partial h_t} = \max_i z_i": (
        r"\frac{\partial L}{\partial \class{symbol-h}{h_t}} = \max_i \class{symbol-z}{z_i}"
    ),
    "a &= h_t \\\\\nh_0 &= 0 \\\\x_t": (
        "a &= \\class{symbol-h}{h_t} \\\\\n\\class{symbol-h}{h_0} &= 0 \\\\\\class{symbol-x}{x_t}"
    ),
}


@pytest.mark.parametrize(("equation", "marked"), EQUATIONS.items())
def test_the_symbols_of_an_equation_are_marked(equation, marked):
    assert equations.coloured(equation) == marked


def test_each_symbol_that_is_marked_has_a_colour():
    assert SYMBOL_COLOURS.keys() >= {*"xhyciforz", "candidate"}


def test_the_style_sheet_holds_every_symbol_for_light_and_for_dark_pages():
    sheet = equations.style_sheet()
    rules = dict(re.findall(r"([^{}]+?) \{ ?([^{}]*?) \}", sheet.replace("(prefers-color-scheme: dark) {", "\n")))
    light, dark = (
        {f"--symbol-{name}": pair[k] for name, pair in SYMBOL_COLOURS.items()} for k in (0, 1)
    )  # fmt: skip
    declared = {
        selector.strip().removeprefix("@media").strip(): dict(re.findall(r"([\w-]+): ([^;]+);", body))
        for selector, body in rules.items()
    }
    assert declared["body"] == light
    assert declared["body[data-theme='dark']"] == dark
    assert declared["body:not([data-theme='light'])"] == dark
    assert "@media (prefers-color-scheme: dark) { body:not([data-theme='light']) {" in sheet
    for name in SYMBOL_COLOURS:
        assert declared[f".symbol-{name}"] == {"color": f"var(--symbol-{name})"}
    assert len(declared) == 3 + len(SYMBOL_COLOURS)
    assert sheet.count("{") == sheet.count("}")


def test_an_equation_is_typeset_with_its_mathml_and_just_the_styles_of_its_glyphs():
    (found,), style = equations.typeset([(r"\class{symbol-h}{h_t} = \lVert U \rVert", False)], "../fonts")
    assert found.startswith('<mjx-container class="MathJax" jax="CHTML"><mjx-math aria-hidden="true"')
    assert re.search('<mjx-[a-z]+ class="[^"]*symbol-h"', found)
    mathml = re.search("<mjx-assistive-mml>(.*)</mjx-assistive-mml></mjx-container>$", found)[1]
    assert [element.text for element in ElementTree.fromstring(mathml).iter() if element.text] == [
        *("h", "t", "=", "\u2016", "U", "\u2016")
    ]
    assert 'url("../fonts/MathJax_Math-Italic.woff")' in style
    assert "mjx-c.mjx-c1D448.TEX-I::before" in style  # an italic U
    assert "mjx-c.mjx-c1D449.TEX-I::before" not in style  # there is no V


@pytest.mark.parametrize(
    ("node", "tex"),
    [
        (nodes.math("", "a"), "a"),
        (nodes.math_block("", " a\n"), "a"),
        (nodes.math_block("", r"a &= b \\ &= c"), r"\begin{split}a &= b \\ &= c\end{split}"),
        (nodes.math_block("", "a\n\nb"), "\\begin{aligned}\na \\\\\nb\n\\end{aligned}"),
        (nodes.math_block("", "a\n \nb"), "\\begin{aligned}\na \\\\\nb\n\\end{aligned}"),
        (nodes.math_block("", r"\begin{align}a \\ b\end{align}", nowrap=True), r"\begin{align}a \\ b\end{align}"),
        (nodes.math_block("", r"a \\ b", **{"no-wrap": True}), r"a \\ b"),
    ],
)
def test_a_displayed_equation_of_several_lines_is_aligned_as_sphinx_does_it(node, tex):
    assert equations.tex(node) == tex


PAGE = r"""# Page

Inline $h_t$.

```{math}
:label: sum
b + x_t
```

$$
h_t = 1

\tilde{h}_t = U_h x_t
$$

\begin{align}
c_t &= 1
\end{align}

See {eq}`sum`.
"""
FAULTY = """# Page of $h$

Inline $\\undefinedcommand$.
"""


class Site(DiagramSite):
    """A site of a page with equations of each kind."""

    CONF = DiagramSite.CONF.replace('["dollarmath"]', '["amsmath", "dollarmath"]')


def test_a_page_shows_its_equations_without_a_script_and_faulty_ones_fail_the_build(tmp_path):
    site = Site(tmp_path)
    site.write("index.md", PAGE)
    done = build_here(tmp_path)
    assert done.returncode == 0, done.stderr
    assert [found.count("symbol-") for found in re.findall("<mjx-math.*?</mjx-math>", site.html)] == [1, 1, 3, 1]
    assert "symbol-" not in "".join(re.findall("<mjx-assistive-mml>.*?</mjx-assistive-mml>", site.html))
    assert '<span class="eqno">(1)<a class="headerlink" href="#equation-sum"' in site.html
    assert "MathJax.js" not in site.html and "tex-chtml" not in site.html
    assert "_static/symbols.css" in site.html
    assert (tmp_path / "html" / "_static" / "symbols.css").read_text(encoding="utf-8") == equations.style_sheet()
    fonts = set(re.findall(r'url\("([^"]*)"\)', site.html))
    assert fonts and all((tmp_path / "html" / font).is_file() for font in fonts)

    site.write("index.md", FAULTY)
    done = build_here(tmp_path)
    assert done.returncode != 0
    assert re.search(r"index\.md:3: WARNING: Undefined control sequence \\undefinedcommand", done.stderr)
    assert "an equation in a heading; write it in words: h" in done.stderr
