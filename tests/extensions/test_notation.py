"""The extension that shows the notation: equations, diagrams, and the colours of their symbols."""

import re
from xml.etree import ElementTree

import pytest
from docutils import nodes

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

from small_site import EXTENSIONS, NAMES, SVG, DiagramSite, build_here, parts  # isort: skip
import notation

# ------------------------------------------------------------------------------------------------------------ equations


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
    assert notation.coloured(symbol) == marked
    for before in ("", "(", "{", "U ", "U", "2", r"\partial ", r"\odot ", r"\\", r"\,", "U_h ", "U_h", "W_{x}", "h_t"):
        expected = notation.coloured(before) + marked
        assert notation.coloured(before + symbol) == expected
    for behind in ("^2", "}", " = 1", "x", r"\partial", "_"):
        assert notation.coloured(symbol + behind) == marked + behind


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
    assert notation.coloured(equation) == equation


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
    assert notation.coloured(equation) == marked


def test_each_symbol_that_is_marked_has_a_colour():
    assert SYMBOL_COLOURS.keys() >= {*"xhyciforz", "candidate"}


def test_the_style_sheet_holds_every_symbol_for_light_and_for_dark_pages():
    sheet = notation.style_sheet()
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
    (found,), style = notation.typeset([(r"\class{symbol-h}{h_t} = \lVert U \rVert", False)], "../fonts")
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
    assert notation.tex(node) == tex


PAGE = r"""# Page

Inline ($h_t$), 50 % and `50 %`.

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
FAULTY_EQUATIONS = """# Page of $h$

Inline $\\undefinedcommand$.
"""


class EquationSite(DiagramSite):
    """A site of a page with equations of each kind."""

    CONF = DiagramSite.CONF.replace('["dollarmath"]', '["amsmath", "dollarmath"]')


def test_a_page_shows_its_equations_without_a_script_and_faulty_ones_fail_the_build(tmp_path):
    site = EquationSite(tmp_path)
    site.write("index.md", PAGE)
    done = build_here(tmp_path)
    assert done.returncode == 0, done.stderr
    assert [found.count("symbol-") for found in re.findall("<mjx-math.*?</mjx-math>", site.html)] == [1, 1, 3, 1]
    kept = r'<span class="math[^>]*>\(<mjx-.*</mjx-container>\),</span> 50\xa0% and .*>50</span> <span'
    assert re.search(kept, site.html)
    assert "symbol-" not in "".join(re.findall("<mjx-assistive-mml>.*?</mjx-assistive-mml>", site.html))
    assert '<span class="eqno">(1)<a class="headerlink" href="#equation-sum"' in site.html
    assert "MathJax.js" not in site.html and "tex-chtml" not in site.html
    assert "_static/symbols.css" in site.html
    assert (tmp_path / "html" / "_static" / "symbols.css").read_text(encoding="utf-8") == notation.style_sheet()
    fonts = set(re.findall(r'url\("([^"]*)"\)', site.html))
    assert fonts and all((tmp_path / "html" / font).is_file() for font in fonts)

    site.write("index.md", FAULTY_EQUATIONS)
    done = build_here(tmp_path)
    assert done.returncode != 0
    assert re.search(r"index\.md:3: WARNING: Undefined control sequence \\undefinedcommand", done.stderr)
    assert "an equation in a heading; write it in words: h" in done.stderr


# ------------------------------------------------------------------------------------------------------------- diagrams


def test_a_diagram_is_named_and_described_by_its_own_title_and_description():
    root = ElementTree.fromstring(notation.inline(SVG, "diagram-7", []))
    title, desc = root.find("svg:title", NAMES), root.find("svg:desc", NAMES)
    assert (title.text, " ".join(desc.text.split())) == ("A cell", "A gate and a path.")
    assert root.get("aria-labelledby") == title.get("id") == "diagram-7-title"
    assert root.get("aria-describedby") == desc.get("id") == "diagram-7-desc"
    assert [element.get("id") for element in root.iter() if element.get("id")] == ["diagram-7-title", "diagram-7-desc"]


def test_two_diagrams_share_no_id():
    page = "".join(notation.inline(SVG, f"diagram-{number}", []) for number in (0, 1))
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids)) == 4


def test_nothing_of_a_diagram_is_lost_but_what_is_replaced():
    added = re.compile(r' (id|aria-labelledby|aria-describedby|opacity)="[^"]*"')
    assert added.sub("", notation.inline(SVG, "diagram-0", [])) == SVG
    assert added.sub("", notation.inline(SVG, "diagram-0", ["path"])) == SVG


@pytest.mark.parametrize(
    ("show", "opacities"),
    [
        ([], [None, None, None]),
        (["gate"], [None, "0.15", None]),
        (["path"], ["0.15", None, "0.15"]),
        (["path", "gate"], [None, None, None]),
    ],
)
def test_the_parts_that_are_not_named_are_faded(show, opacities):
    expected = list(zip(["gate", "path", "gate"], opacities, strict=True))
    assert parts(notation.inline(SVG, "diagram-0", show)) == expected
    legend = SVG.replace('0 0 100 80"', '0 0 100 80" data-legend="60"')
    assert ("0 0 100 60" in notation.inline(legend, "diagram-0", show)) == bool(show)


def test_a_description_replaces_that_of_the_diagram_and_may_hold_every_character():
    description = r"f < 1 & \1, <b>said</b>"
    root = ElementTree.fromstring(notation.inline(SVG, "diagram-0", ["gate"], description))
    assert [desc.text for desc in root.iterfind(".//svg:desc", NAMES)] == [description, "inside"]


@pytest.mark.parametrize(
    ("svg", "show", "says"),
    [
        (SVG, ["gate", "gates", "door"], "the diagram has no part door, gates; it has gate, path"),
        ("<svg ><desc>A gate.</desc></svg>", [], "the diagram has no <title>"),
        ("<svg ><title> </title><desc>A gate.</desc></svg>", [], "the diagram has no <title>"),
        ("<svg ><title>A cell</title></svg>", [], "the diagram has no <desc>"),
        ("<svg ><title>A cell</title><desc></desc></svg>", [], "the diagram has no <desc>"),
    ],
)
def test_a_diagram_that_cannot_be_read_aloud_or_lacks_a_part_is_refused(svg, show, says):
    with pytest.raises(ValueError) as caught:
        notation.inline(svg, "diagram-0", show)
    assert str(caught.value) == says


class CaptionSite(DiagramSite):
    """A site of a page with two diagrams, of which one has a caption and a number."""

    def __init__(self, root):
        super().__init__(root)
        self.write(
            "index.md",
            "# Page\n\n```{diagram} cell\n:name: fig-it\n:show: path\n:description: A path, and $no$ math.\n\n"
            "The state $h_t$, *drawn*.\n```\n\n```{diagram} cell\n```\n\nSee {numref}`fig-it`.\n",
        )

    def build(self):
        return build_here(self.root)


def test_a_page_holds_its_diagrams_with_captions_and_numbers_and_follows_their_files(tmp_path):
    site = CaptionSite(tmp_path)
    done = site.build()
    assert done.returncode == 0, done.stderr
    first, second = re.findall("<figure.*?</figure>", site.html, re.DOTALL)
    for number, figure in enumerate((first, second)):
        assert re.match(r'<figure class="[^"]*\bdiagram\b', figure)
        root = ElementTree.fromstring(re.search("<svg.*</svg>", figure, re.DOTALL)[0])
        assert root.get("aria-labelledby") == f"diagram-{number}-title"
        assert root.find("svg:title", NAMES).text == "A cell"
    assert 'data-part="gate" opacity="0.15"' in first
    assert ">A path, and $no$ math.</desc>" in first
    caption = re.search("<figcaption>.*</figcaption>", first, re.DOTALL)[0]
    assert "<em>drawn</em>" in caption
    assert re.search(r"The state <span [^>]*><mjx-container .*symbol-h", caption)
    assert '<span class="caption-number">Fig. 1 </span>' in caption
    assert re.match(r'<figure [^>]*id="fig-it">', first)
    assert re.search(r'See <a [^>]*href="#fig-it"><span[^>]*>Fig. 1</span></a>', site.html)
    assert "opacity" not in second
    assert "<figcaption>" not in second

    site.write("_static/diagrams/cell.svg", SVG.replace("A cell", "Another cell"))
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert site.html.count(">Another cell</title>") == 2


FAULTY_DIAGRAMS = {
    "{diagram} sell\n": "There is no diagram sell.svg in _static/diagrams.",
    "{diagram} cell\n:show: gate door\n": "cell.svg: the diagram has no part door; it has gate, path.",
    "{diagram} mute\n": "mute.svg: the diagram has no <desc>.",
    "{diagram} cell\n\nOne paragraph.\n\nTwo.\n": "cell.svg: the caption is not one paragraph.",
    "{diagram} cell\n\n- a list\n": "cell.svg: the caption is not one paragraph.",
}


def test_each_diagram_that_cannot_be_shown_is_a_warning_and_warnings_fail_the_build(tmp_path):
    site = CaptionSite(tmp_path)
    site.write("_static/diagrams/mute.svg", "<svg ><title>A cell</title></svg>")
    page, expected = "# Page\n", []
    for directive, says in FAULTY_DIAGRAMS.items():
        page += "\n"
        expected.append(f"index.md:{page.count(chr(10)) + 1}: ERROR: {says} [docutils]")
        page += f"```{directive}```\n"
    site.write("index.md", page)
    done = site.build()
    assert done.returncode != 0
    assert re.findall(r"index\.md:\d+: .*", done.stderr) == expected


DRAWN = sorted((EXTENSIONS.parent / "_static" / "diagrams").glob("*.svg"))


def test_there_are_diagrams():
    assert DRAWN


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: file.stem)
def test_each_diagram_can_be_put_into_any_page_and_fits_a_phone(file):
    text = file.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    for name in ("title", "desc"):
        (element,) = root.iterfind(f".//svg:{name}", NAMES)
        assert element in list(root)
        assert element.text.strip()
    assert not [element.tag for element in root.iter() if "id" in element.attrib]  # ids meet others on a page
    without_namespace = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    for elsewhere in ("href", "http", "url(", "@import", "<script", "<style"):
        assert elsewhere not in without_namespace
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (left, top) == (0, 0)
    assert 0 < width <= 420
    assert height > 0
    assert {"width", "height"}.isdisjoint(root.attrib)
    names = {name for name, _ in parts(text)}
    for name in names:
        ElementTree.fromstring(notation.inline(text, "diagram-0", [name], "one < two"))


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: file.stem)
def test_each_colour_of_a_diagram_is_one_of_a_symbol_or_of_the_page(file):
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"var\(--symbol-([^)]*)\)", text)) <= SYMBOL_COLOURS.keys()
    for paint in re.findall(r'(?:fill|stroke)(?:="|:)\s*([^";]*)', text):
        assert paint in ("none", "currentColor") or paint.startswith("var(--"), paint
