"""The site's own Sphinx extensions."""

import base64
import datetime
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from docutils import nodes
from docutils.utils import new_document
from pybtex.database import parse_string
from sphinx.util.inventory import InventoryFile

from small_site import EXTENSIONS, NAMES, SPHINX, SVG, DiagramSite, parts  # isort: skip
import accessible_output
import api_coverage
import api_pages
import citing
import content_security_policy
import diagrams
import fresh_outputs
import inline_styles
import reading_time
import static_math
import symbol_colours
import text_inventories

# ------------------------------------------------------------------------------------------------------ fresh outputs

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "fresh_outputs"]
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_output_stderr = "error"
"""
PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# Page

{prose}

```{{code-cell}} python
:tags: [some-tag]

from toy import used
with open({log!r}, "a") as file:
    file.write("run ")
{code}
```
"""


class ToySite:
    """A site of one page that imports one of the package's three modules."""

    def __init__(self, root):
        self.root, self.log = root, root / "log"
        self.log.touch()
        for name, content in {
            "__init__": "",
            "used": "from toy import behind",
            "behind": "number = 41",
            "other": "number = 1",
        }.items():
            self.write(f"toy/{name}.py", content)
        self.write("docs/conf.py", CONF)
        self.page()

    def write(self, name, content):
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / name).write_text(content)

    def page(self, prose="Some prose.", code="print('number', used.behind.number)"):
        self.write("docs/index.md", PAGE.format(prose=prose, code=code, log=str(self.log)))

    def build(self, **environment):
        cache = ["-D", f"nb_execution_cache_path={self.root / 'cache'}"]
        package = ["-D", f"fresh_outputs_package={self.root / 'toy'}"]
        return subprocess.run(
            [*SPHINX, *cache, *package, "docs", "html"],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), **environment},
            capture_output=True,
            text=True,
        )

    @property
    def runs(self):
        return self.log.read_text().count("run")

    @property
    def html(self):
        return (self.root / "html" / "index.html").read_text()


@pytest.fixture(scope="module")
def built_site(tmp_path_factory):
    site = ToySite(tmp_path_factory.mktemp("site"))
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.runs == 1
    assert "number 41" in site.html
    return site


def test_prose_and_unused_modules_run_nothing_and_used_ones_run_the_page(built_site):
    site = built_site
    site.page(prose="Other prose.")
    assert site.build().returncode == 0
    assert site.runs == 1
    assert "Other prose." in site.html
    assert "number 41" in site.html

    site.write("toy/other.py", "number = 2")
    site.write("toy/used.py", '"""Prose."""\n\nfrom toy import behind  # and a reason')
    assert site.build().returncode == 0
    assert site.runs == 1

    site.write("toy/behind.py", "number = 42")
    assert site.build().returncode == 0
    assert site.runs == 2
    assert "number 42" in site.html
    assert "number 41" not in site.html

    assert site.build(RNN_TUTORIAL_REVIEWS="keras").returncode == 0
    assert site.runs == 2  # the page loads no reviews

    site.page(code="def load_reviews(): print('reviews')\nload_reviews()")
    assert site.build().returncode == 0
    assert site.build(RNN_TUTORIAL_REVIEWS="keras").returncode == 0
    assert site.runs == 4
    assert site.build().returncode == 0
    assert site.runs == 4  # what the page said of the reviews before is kept


def test_a_path_to_reviews_means_the_folder_of_the_command_and_not_that_of_the_page(tmp_path):
    site = ToySite(tmp_path)
    site.page(code="import os; print('reviews:', open(os.environ['RNN_TUTORIAL_REVIEWS']).read())")
    site.write("own/mine.csv", "a review")
    done = site.build(RNN_TUTORIAL_REVIEWS="own/mine.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reviews: a review" in site.html


def test_a_page_that_borrows_a_number_is_written_again_with_the_page_that_lends_it(tmp_path):
    site = ToySite(tmp_path)
    lend = "from myst_nb import glue; glue('lent', used.behind.number, display=False)"
    site.page(code=lend)
    site.write("docs/other.md", "---\norphan: true\n---\n# Other\n\nIt is {glue:text}`index.md::lent:.1f`.\n")
    assert site.build().returncode == 0
    other = tmp_path / "html" / "other.html"
    assert ">41.0<" in other.read_text()
    site.write("toy/behind.py", "number = 42")
    assert site.build().returncode == 0
    assert ">42.0<" in other.read_text()


@pytest.mark.parametrize(
    ("code", "message"),
    [("assert used.behind.number == 0", "AssertionError"), ("import warnings; warnings.warn('stray')", "stderr")],
)
def test_a_claim_that_fails_and_a_stray_warning_fail_the_build(tmp_path, code, message):
    site = ToySite(tmp_path)
    site.page(code=code)
    done = site.build()
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


def test_imports_are_found_wherever_they_stand():
    code = "def f():\n    from pkg.a import x\nimport pkg.b, os\nfrom pkg import c\nimport pkgother.d"
    assert fresh_outputs.imported_modules(code, "pkg") == {"a", "b", "c", "x"} - {"x"}


def test_cells_are_read_without_their_options():
    page = "```{code-cell} python\n---\nmystnb:\n  image:\n    alt: x\n---\na = 1\n```\n\n"
    page += "```{code-cell}\n:tags: [x]\n\nb = 2\n```\n"
    assert fresh_outputs.page_code(page).split() == ["a", "=", "1", "b", "=", "2"]


def test_only_docstrings_comments_and_layout_are_no_code():
    code = 'class A:\n    """One."""\n\n    def f(self):\n        """Two."""\n        return "three"  # four'
    assert fresh_outputs.code_alone(code) == fresh_outputs.code_alone('class A:\n  def f(self): return ("three")')
    assert fresh_outputs.code_alone(code) != fresh_outputs.code_alone(code.replace("three", "five"))


# -------------------------------------------------------------------------------------------------------- API coverage


def test_what_public_names_lack_is_told(tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "module.py").write_text(
        '"""Doc."""\n__all__ = ["Public", "function", "shown"]\n'
        'class Public:\n    """Doc: :eq:`linked`."""\n    def method(self): pass\n    def _hidden(self): pass\n'
        "def function(): pass\ndef private(): pass\n"
        'def shown():\n    """Doc.\n\n    >>> shown()\n    """\n'
    )
    known = {"pkg.module", "pkg.module.Public", "pkg.module.Public.method", "pkg.module.shown"}
    explained_nowhere = (
        "is explained nowhere; use it in a cell of a page, or link its docstring to an equation or a page with :eq: or "
        ":doc:"
    )
    assert api_coverage.undocumented(package, known, used={"pkg.module.function"}) == [
        "pkg.module.Public has no example; add lines with >>> to its docstring",
        "pkg.module.Public.method has no docstring",
        "pkg.module.function has no docstring",
        "pkg.module.function is not in the API reference; add it to docs/reference/api/module.md",
        f"pkg.module.shown {explained_nowhere}",
    ]


def test_the_package_itself_has_a_docstring_and_an_example_everywhere():
    faults = api_coverage.undocumented(api_coverage.PACKAGE, set(), set())
    assert not [fault for fault in faults if "docstring" in fault and "explained nowhere" not in fault]
    assert "rnn_tutorial.vocabulary.Vocabulary.encode" in " ".join(faults)


# ---------------------------------------------------------------------------------------------------- text inventories


def test_an_inventory_can_be_read_by_sphinx():
    content = text_inventories.inventory("python", ["pathlib.Path py:class library/pathlib.html#pathlib.Path"])
    data = InventoryFile.loads(content, uri="https://example.org/").data
    (item,) = data["py:class"].values()
    assert item.uri == "https://example.org/library/pathlib.html#pathlib.Path"
    assert list(data["py:class"]) == ["pathlib.Path"]


def test_every_inventory_of_the_site_is_well_formed():
    for file in (EXTENSIONS.parent / "_inventories").glob("*.txt"):
        address, *lines = file.read_text().splitlines()
        assert address.startswith("https://")
        assert address.endswith("/")
        assert InventoryFile.loads(text_inventories.inventory(file.stem, lines), uri=address).data


# ------------------------------------------------------------------------------------------------------------ diagrams


def test_a_diagram_is_named_and_described_by_its_own_title_and_description():
    root = ElementTree.fromstring(diagrams.inline(SVG, "diagram-7", []))
    title, desc = root.find("svg:title", NAMES), root.find("svg:desc", NAMES)
    assert (title.text, " ".join(desc.text.split())) == ("A cell", "A gate and a path.")
    assert root.get("aria-labelledby") == title.get("id") == "diagram-7-title"
    assert root.get("aria-describedby") == desc.get("id") == "diagram-7-desc"
    assert [element.get("id") for element in root.iter() if element.get("id")] == ["diagram-7-title", "diagram-7-desc"]


def test_two_diagrams_share_no_id():
    page = "".join(diagrams.inline(SVG, f"diagram-{number}", []) for number in (0, 1))
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids)) == 4


def test_nothing_of_a_diagram_is_lost_but_what_is_replaced():
    added = re.compile(r' (id|aria-labelledby|aria-describedby|opacity)="[^"]*"')
    assert added.sub("", diagrams.inline(SVG, "diagram-0", [])) == SVG
    assert added.sub("", diagrams.inline(SVG, "diagram-0", ["path"])) == SVG


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
    assert parts(diagrams.inline(SVG, "diagram-0", show)) == expected


def test_a_description_replaces_that_of_the_diagram_and_may_hold_every_character():
    description = r"f < 1 & \1, <b>said</b>"
    root = ElementTree.fromstring(diagrams.inline(SVG, "diagram-0", ["gate"], description))
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
        diagrams.inline(svg, "diagram-0", show)
    assert str(caught.value) == says


def test_a_page_holds_its_diagrams_with_captions_and_follows_their_files(tmp_path):
    site = DiagramSite(tmp_path)
    site.write(
        "index.md",
        "# Page\n\n```{diagram} cell\n:show: path\n:description: A path, and $no$ math.\n\n"
        "The state $h_t$, *drawn*.\n```\n\n```{diagram} cell\n```\n\n$$\nh_t = \\tilde{h}_t + U_h x_t\n$$\n",
    )
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
    assert r'The state <span class="math notranslate nohighlight">\(\class{symbol-h}{h_t}\)</span>' in caption
    assert "opacity" not in second
    assert "<figcaption>" not in second
    assert r"\class{symbol-h}{h_t} = \class{symbol-candidate}{\tilde{h}_t} + U_h \class{symbol-x}{x_t}" in site.html
    assert "_static/symbols.css" in site.html
    sheet = (tmp_path / "html" / "_static" / "symbols.css").read_text(encoding="utf-8")
    assert sheet == symbol_colours.style_sheet(symbol_colours.colours(symbol_colours.COLOURS.read_text("utf-8")))

    site.write("_static/diagrams/cell.svg", SVG.replace("A cell", "Another cell"))
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert site.html.count(">Another cell</title>") == 2


def test_a_diagram_with_a_name_and_a_caption_is_numbered_and_can_be_referred_to(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("conf.py", site.CONF + "numfig = True\n")
    site.write("index.md", "# Page\n\n```{diagram} cell\n:name: fig-it\n\nIt.\n```\n\nSee {numref}`fig-it`.\n")
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert re.search(r'<figure class="[^"]*\bdiagram\b[^"]*" id="fig-it">', site.html)
    assert '<span class="caption-number">Fig. 1 </span>' in site.html
    assert re.search(r'See <a [^>]*href="#fig-it"><span[^>]*>Fig. 1</span></a>', site.html)


FAULTY = {
    "{diagram} sell\n": "There is no diagram sell.svg in _static/diagrams.",
    "{diagram} cell\n:show: gate door\n": "cell.svg: the diagram has no part door; it has gate, path.",
    "{diagram} mute\n": "mute.svg: the diagram has no <desc>.",
    "{diagram} cell\n\nOne paragraph.\n\nTwo.\n": "cell.svg: the caption is not one paragraph.",
    "{diagram} cell\n\n- a list\n": "cell.svg: the caption is not one paragraph.",
}


def test_each_diagram_that_cannot_be_shown_is_a_warning_and_warnings_fail_the_build(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("_static/diagrams/mute.svg", "<svg ><title>A cell</title></svg>")
    page, expected = "# Page\n", []
    for directive, says in FAULTY.items():
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
        ElementTree.fromstring(diagrams.inline(text, "diagram-0", [name], "one < two"))


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: file.stem)
def test_each_colour_of_a_diagram_is_one_of_a_symbol_or_of_the_page(file):
    text = file.read_text(encoding="utf-8")
    known = symbol_colours.colours(symbol_colours.COLOURS.read_text("utf-8"))
    for name in re.findall(r"var\(--symbol-([^)]*)\)", text):
        assert name in known
    for paint in re.findall(r'(?:fill|stroke)(?:="|:)\s*([^";]*)', text):
        assert paint in ("none", "currentColor") or paint.startswith("var(--"), paint


# ------------------------------------------------------------------------------------------------- colours of symbols


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
    assert symbol_colours.coloured(symbol) == marked
    for before in ("", "(", "{", "U ", "U", "2", r"\partial ", r"\odot ", r"\\", r"\,", "U_h ", "U_h", "W_{x}", "h_t"):
        expected = symbol_colours.coloured(before) + marked
        assert symbol_colours.coloured(before + symbol) == expected
    for behind in ("^2", "}", " = 1", "x", r"\partial", "_"):
        assert symbol_colours.coloured(symbol + behind) == marked + behind


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
    assert symbol_colours.coloured(equation) == equation


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
    assert symbol_colours.coloured(equation) == marked


def test_colours_are_read_without_running_the_module():
    source = "raise SystemExit\nOTHER = {}\nSYMBOL_COLOURS = {'x': ('#000000', '#ffffff')}\n"
    assert symbol_colours.colours(source) == {"x": ("#000000", "#ffffff")}
    with pytest.raises(ValueError) as caught:
        symbol_colours.colours("COLOURS = {'x': ('#000000', '#ffffff')}")
    assert str(caught.value) == "there is no SYMBOL_COLOURS"


def test_the_colours_of_the_site_are_those_of_the_figures():
    from rnn_tutorial.colours import SYMBOL_COLOURS

    by_symbol = symbol_colours.colours(symbol_colours.COLOURS.read_text(encoding="utf-8"))
    assert by_symbol == SYMBOL_COLOURS
    assert by_symbol.keys() >= {*"xhyciforz", "candidate"}  # what equations mark


def test_the_style_sheet_holds_every_symbol_for_light_and_for_dark_pages():
    from rnn_tutorial.colours import SYMBOL_COLOURS

    sheet = symbol_colours.style_sheet(SYMBOL_COLOURS)
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


# --------------------------------------------------------------------------------------------------------- static math


def test_an_equation_is_typeset_with_its_mathml_and_just_the_styles_of_its_glyphs():
    (found,), style = static_math.typeset([(r"\class{symbol-h}{h_t} = \lVert U \rVert", False)], "../fonts")
    assert found.startswith('<mjx-container class="MathJax" jax="CHTML"><mjx-math aria-hidden="true"')
    assert re.search('<mjx-[a-z]+ class="[^"]*symbol-h"', found)
    mathml = re.search("<mjx-assistive-mml>(.*)</mjx-assistive-mml></mjx-container>$", found)[1]
    assert [element.text for element in ElementTree.fromstring(mathml).iter() if element.text] == [
        *("h", "t", "=", "\u2016", "U", "\u2016")
    ]
    assert 'url("../fonts/MathJax_Math-Italic.woff")' in style
    assert "mjx-c.mjx-c1D448.TEX-I::before" in style  # an italic U
    assert "mjx-c.mjx-c1D449.TEX-I::before" not in style  # there is no V


def test_a_displayed_equation_of_several_lines_is_aligned_as_sphinx_does_it():
    assert static_math.tex(nodes.math_block("", r"a &= b \\ &= c")) == r"\begin{split}a &= b \\ &= c\end{split}"
    assert static_math.tex(nodes.math_block("", "a\n\nb")) == "\\begin{aligned}a\\\\b\\end{aligned}"
    assert static_math.tex(nodes.math_block("", r"a \\ b", nowrap=True)) == r"a \\ b"
    assert static_math.tex(nodes.math("", "a")) == "a"


MATH_CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "static_math", "content_security_policy"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "static"
"""


def test_a_page_shows_its_equations_without_a_script_and_faulty_ones_fail_the_build(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("conf.py", MATH_CONF)
    site.write("index.md", "# Page\n\nInline $a_t$.\n\n```{math}\n:label: sum\nb + c\n```\n\nSee {eq}`sum`.\n")
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert site.html.count("<mjx-container") == 2
    assert '<span class="eqno">(1)<a class="headerlink" href="#equation-sum"' in site.html
    assert "MathJax.js" not in site.html and "tex-chtml" not in site.html
    for font in set(re.findall(r'url\("([^"]*)"\)', site.html)):
        assert (tmp_path / "html" / font).is_file()

    site.write("index.md", "# Page\n\nInline $\\undefinedcommand$.\n")
    done = site.build()
    assert done.returncode != 0
    assert re.search(r"index\.md:3: WARNING: Undefined control sequence \\undefinedcommand", done.stderr)

    site.write("index.md", "# Page of $h$\n\nText.\n")
    done = site.build()
    assert done.returncode != 0
    assert "an equation in a heading; write it in words: h" in done.stderr


# --------------------------------------------------------------------------------------------- content security policy


def test_a_policy_allows_the_scripts_that_stand_in_the_page_and_files_beside_it():
    page = '<head><meta charset="utf-8"></head><script>run()</script><script src="a.js"></script>'
    written = content_security_policy.with_policy(page)
    digest = base64.b64encode(hashlib.sha256(b"run()").digest()).decode()
    assert f"script-src 'self' file: 'sha256-{digest}';" in written
    assert written.count("sha256-") == 1
    assert written.index("Content-Security-Policy") < written.index("</head>")
    assert content_security_policy.with_policy(written) == written
    assert content_security_policy.META in content_security_policy.with_policy(f"{page}Content-Security-Policy")
    assert not re.search(r"https?:|\*|unsafe-eval|script-src[^;]*unsafe", written)


# -------------------------------------------------------------------------------------------------------- reading time


def test_the_minutes_of_a_page_count_its_words_and_code_and_an_equation_as_one_word():
    document = new_document("page")
    document += nodes.paragraph("", "word " * 390)
    document += nodes.literal_block("", "x = f(y)\n" * 3)
    document += nodes.math_block("", "a + b + c + d + e + f + g")
    document += nodes.raw("", "raw " * 500, format="html")
    assert reading_time.minutes(document) == 2
    document += nodes.paragraph("", "word " * 201)
    assert reading_time.minutes(document) == 3


# ------------------------------------------------------------------------------------------------------------- citing

SPEC = citing.Project("rnn_tutorial: 100 % & #1", ["The A & B authors"], "0.2.0", datetime.date(2026, 11, 24))


def test_an_entry_holds_title_authors_version_date_and_address():
    (entry,) = parse_string(citing.bibtex(SPEC, "some_key", url="https://a.org/x_y%20/"), "bibtex").entries.values()
    assert (entry.key, entry.type) == ("some_key", "misc")
    assert dict(entry.fields) == {
        "title": r"{rnn\_tutorial: 100 \% \& \#1}",
        "note": "Version 0.2.0, 24 November 2026",
        "year": "2026",
        "month": "November",  # the parser's word for BibTeX's nov
        "url": "https://a.org/x_y%20/",  # as it is, for BibLaTeX takes it so
    }
    (author,) = entry.persons["author"]
    assert author.last_names == [r"{The A \& B authors}"]


def test_an_entry_of_a_page_names_the_project_too():
    (entry,) = parse_string(citing.bibtex(SPEC, "key", "σ_t – 1 & only"), "bibtex").entries.values()
    assert entry.fields["title"] == r"{σ\_t – 1 \& only}"
    assert entry.fields["howpublished"] == r"In \emph{rnn\_tutorial: 100 \% \& \#1}"
    assert "url" not in entry.fields


def test_plain_text_says_the_same():
    assert citing.plain(SPEC) == "The A & B authors. rnn_tutorial: 100 % & #1. Version 0.2.0, 24 November 2026."
    assert citing.plain(SPEC, "A page", "https://a.org/p.html") == (
        "The A & B authors. A page. In: rnn_tutorial: 100 % & #1. Version 0.2.0, 24 November 2026. https://a.org/p.html"
    )


@pytest.mark.parametrize("month", range(1, 13))
def test_each_month_is_one_that_bibtex_knows(month):
    text = citing.bibtex(citing.Project("T", ["A"], "1", datetime.date(2026, month, 3)), "key")
    known = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    assert f"  month = {known[month - 1]},\n" in text


def test_the_keys_of_pages_differ_and_are_made_of_letters_digits_and_underscores():
    pages = ["index-less", "theory/lstm", "sentiment/lstm", "theory/vanishing-gradients", "api/x", "x", "a-b", "a_b/c"]
    assert list(citing.keys("0.2.0", pages).values()) == [
        "rnn_tutorial_0_2_0_index_less",
        "rnn_tutorial_0_2_0_theory_lstm",
        "rnn_tutorial_0_2_0_sentiment_lstm",
        "rnn_tutorial_0_2_0_vanishing_gradients",
        "rnn_tutorial_0_2_0_api_x",
        "rnn_tutorial_0_2_0_x",
        "rnn_tutorial_0_2_0_a_b",
        "rnn_tutorial_0_2_0_c",
    ]


def test_pages_are_in_reading_order_without_those_that_lead_to_others():
    includes = {"index": ["b/index", "a/index", "z"], "b/index": ["b/2", "b/1"], "a/index": ["a/1", "b/1"], "z": []}
    assert citing.pages_in_reading_order(includes, "index") == ["b/2", "b/1", "a/1", "z"]


CFF = """cff-version: 1.2.0
title: "A tutorial"
authors:
  - name: The authors
  - family-names: Elman
    given-names: Jeffrey L.
date-released: 2026-11-24
"""


def test_authors_may_be_people(tmp_path):
    file = tmp_path / "CITATION.cff"
    file.write_text(CFF)
    project = citing.read_project(file, "1.0")
    assert project == citing.Project(
        "A tutorial", ["The authors", "Elman, Jeffrey L."], "1.0", datetime.date(2026, 11, 24)
    )
    (entry,) = parse_string(citing.bibtex(project, "key"), "bibtex").entries.values()
    assert [author.last_names for author in entry.persons["author"]] == [["{The authors}"], ["Elman"]]
    file.write_text("title: A tutorial\n")
    with pytest.raises(ValueError) as caught:
        citing.read_project(file, "1.0")
    assert str(caught.value) == "CITATION.cff has no authors, date-released"


class CitedSite(DiagramSite):
    """A site of two sections, whose pages are cited on a third."""

    CONF = f"""
import os
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "sphinx_design", "citing"]
html_baseurl = os.environ.get("RNN_TUTORIAL_URL", "")
release = os.environ["RELEASE"]
templates_path = ["_templates"]
"""

    def __init__(self, root):
        self.root = root
        self.write("conf.py", self.CONF)
        self.write("../CITATION.cff", CFF)
        self.write(
            "_templates/layout.html",
            '{% extends "!layout.html" %}{% block footer %}<i>{{ cite_url }}</i>{% endblock %}',
        )
        self.page("index", "Home", "b/index", "a/index", "citing")
        self.page("a/index", "Section A", "one")
        self.page("b/index", "Section B", "one")
        self.page("a/one", "The *first* & the last")
        self.page("b/one", "Another")
        self.write("citing.md", "# Cite\n\n```{citations} project\n```\n\n```{citations} pages\n```\n")

    def page(self, name, title, *below):
        toctree = "\n".join(["", "```{toctree}", *below, "```", ""]) if below else ""
        self.write(f"{name}.md", f"# {title}\n\nText.\n{toctree}")

    def build(self, release="0.2.0", address=""):
        done = subprocess.run(
            [*SPHINX, "-q", "docs", "html"],
            cwd=self.root,
            env={**os.environ, "RELEASE": release, "RNN_TUTORIAL_URL": address},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    @property
    def text(self):
        return (self.root / "html" / "citing.html").read_text(encoding="utf-8")

    def blocks(self, language):
        found = re.findall(rf'<div class="highlight-{language} [^"]*"><div class="highlight"><pre>(.*?)</pre>', self.text, re.S)  # fmt: skip # noqa: E501
        return [html.unescape(re.sub("<[^>]*>", "", block)).strip() for block in found]

    def cite_url(self, page):
        return re.search("<i>(.*?)</i>", (self.root / "html" / f"{page}.html").read_text(encoding="utf-8"))[1]


@pytest.fixture(scope="module")
def cited_site(tmp_path_factory):
    site = CitedSite(tmp_path_factory.mktemp("cited"))
    site.build()
    return site


def test_the_site_cites_the_project_and_its_pages_and_follows_titles_version_address_and_date(cited_site):
    site = cited_site
    site.build()
    entries = parse_string("\n".join(site.blocks("bibtex")), "bibtex").entries
    assert list(entries) == [
        "rnn_tutorial_0_2_0",
        "rnn_tutorial_0_2_0_b_one",
        "rnn_tutorial_0_2_0_a_one",
        "rnn_tutorial_0_2_0_citing",
    ]
    titles = [entry.fields["title"] for entry in entries.values()]
    assert titles == ["{A tutorial}", "{Another}", r"{The first \& the last}", "{Cite}"]
    assert not [entry for entry in entries.values() if "url" in entry.fields]
    assert len(site.blocks("text")) == 4
    assert "https" not in "".join(site.blocks("text"))
    assert site.text.count(citing.NO_ADDRESS) == 1
    assert [html.unescape(title) for title in re.findall('sd-summary-text">(.*?)<', site.text)] == [
        "Another",
        "The first & the last",
        "Cite",
    ]

    site.page("b/one", "A new title")
    site.build()
    assert "A new title" in site.blocks("text")[1]

    site.write("../CITATION.cff", CFF.replace("2026-11-24", "2027-01-02"))
    site.build()
    assert all("Version 0.2.0, 2 January 2027" in block for block in site.blocks("bibtex") + site.blocks("text"))

    site.build(release="0.3.0", address="https://example.org/rnn")
    entries = parse_string("\n".join(site.blocks("bibtex")), "bibtex").entries
    assert entries["rnn_tutorial_0_3_0"].fields["url"] == "https://example.org/rnn"
    assert entries["rnn_tutorial_0_3_0_a_one"].fields["url"] == "https://example.org/rnn/a/one.html"
    assert site.blocks("text")[2].endswith(" https://example.org/rnn/a/one.html")
    assert citing.NO_ADDRESS not in site.text


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("a/one", "../citing.html#cite-a-one"),
        ("citing", "#cite-citing"),
        ("a/index", "../citing.html#cite-project"),
        ("index", "citing.html#cite-project"),
        ("search", "citing.html#cite-project"),
    ],
)
def test_each_page_links_to_its_entry_or_to_that_of_the_project(cited_site, page, link):
    assert cited_site.cite_url(page) == link
    assert cited_site.text.count(f'id="{link.partition("#")[2]}"') == 1


def test_a_site_that_cites_nothing_gives_its_templates_no_link(tmp_path):
    site = CitedSite(tmp_path)
    site.page("citing", "Cite")
    site.build()
    assert site.cite_url("index") == ""


def test_a_citation_that_cannot_be_written_is_told(tmp_path):
    site = CitedSite(tmp_path)
    site.write("citing.md", "# Cite\n\n```{citations} everything\n```\n")
    with pytest.raises(AssertionError, match='citing.md:3: ERROR: Nothing can be cited: "everything" unknown'):
        site.build()
    site.write("citing.md", "# Cite\n\n```{citations} project\n```\n")
    site.write("../CITATION.cff", "title: A tutorial\n")
    with pytest.raises(AssertionError, match=r"citing.md:3: ERROR: Nothing can be cited: CITATION.cff has no authors"):
        site.build()


def test_the_site_cites_what_its_citation_file_says():
    project = citing.read_project(EXTENSIONS.parents[1] / "CITATION.cff", "0")
    assert project.title.startswith("rnn_tutorial: ")
    assert project.authors == ["The rnn_tutorial authors"]


# ----------------------------------------------------------------------------------------------------------- API pages


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from pkg.a import f\nf()", {"pkg.a.f"}),
        ("from pkg.a import f", set()),
        ("from pkg.a import f as g\ng()", {"pkg.a.f"}),
        ("from pkg import a\na.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a\npkg.a.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a as b\nb.f()", {"pkg.a", "pkg.a.f"}),
        ("from pkg.a import C\nC.make().go()", {"pkg.a.C", "pkg.a.C.make"}),
        ("def g():\n    from pkg.a import f\n    return map(f, [])", {"pkg.a.f"}),
        ("from other.a import f\nf()\nimport pkgother.a\npkgother.a.f()", set()),
        ("from pkg.a import f\nx.f()", set()),
    ],
)
def test_a_name_is_used_where_it_is_imported_and_then_read(code, names):
    assert api_pages.used_names(code, "pkg") == names


class ApiSite(DiagramSite):
    """A site of an overview, one API page, and one page with cells."""

    CONF = f"""
import sys
sys.path[:0] = [{str(EXTENSIONS)!r}, ".."]
extensions = ["myst_nb", "sphinx.ext.autodoc", "api_pages"]
api_pages_package = "toy"
autosummary_generate = False
nb_execution_mode = "off"
suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language
autodoc_default_options = {{"members": True, "member-order": "bysource"}}
"""
    MODULE = '"""Numbers. All of them."""\n__all__ = ["two", "three"]\ndef two():\n    """Give 2."""\n'
    MODULE += 'def three():\n    """Give 3."""\n'

    def __init__(self, root):
        super().__init__(root)
        self.write("../toy/__init__.py", "")
        self.write("../toy/numbers.py", self.MODULE)
        self.write("api.md", "# toy.numbers\n\n```{eval-rst}\n.. automodule:: toy.numbers\n```\n")
        self.write(
            "index.md",
            "# Home\n\n```{eval-rst}\n.. autosummary::\n   :nosignatures:\n\n   ~toy.numbers\n```\n\n"
            "```{toctree}\napi\npage\n```\n",
        )
        self.cell("two()")

    def cell(self, code):
        head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# Page of twos\n\n"
        self.write("page.md", f"{head}```{{code-cell}} python\nfrom toy.numbers import three, two\n{code}\n```\n")

    def text(self, page):
        done = self.build()
        assert done.returncode == 0, done.stderr
        html = (self.root / "html" / f"{page}.html").read_text(encoding="utf-8")
        body = re.search('<div class="body" role="main">(.*?)<div class="clearer">', html, re.DOTALL)[1]
        return " ".join(re.sub("<[^>]*>", " ", body).replace("&#182;", "").split())


def test_an_api_page_shows_its_names_at_the_top_and_follows_the_pages_that_use_them(tmp_path):
    site = ApiSite(tmp_path)
    text = site.text("api")
    table, details = re.search("All of them. (.*?) (toy.numbers. two .*)", text).groups()
    assert table == "two Give 2. three Give 3."
    assert re.search("Give 2. Used on: Page of twos .*Give 3.", details)
    assert text.count("Used on") == 1
    html = (tmp_path / "html" / "api.html").read_text(encoding="utf-8")
    assert 'href="page.html"' in html[html.index("Used on") :]

    site.cell("three()")
    text = site.text("api")
    assert re.search("Give 2. toy.numbers. three .*Give 3. Used on: Page of twos", text)
    assert text.count("Used on") == 1

    (tmp_path / "docs" / "page.md").write_text("---\norphan: true\n---\n\n# Page without cells\n")
    assert "Used on" not in site.text("api")


def test_an_overview_of_modules_follows_their_first_lines(tmp_path):
    site = ApiSite(tmp_path)
    assert "numbers Numbers." in site.text("index")
    site.write("../toy/numbers.py", site.MODULE.replace("Numbers.", "A few numbers."))
    assert "numbers A few numbers." in site.text("index")


# -------------------------------------------------------------------------------------------------- accessible output


def test_a_heading_that_says_nothing_becomes_a_cell_and_others_stay():
    document = new_document("page")
    document += nodes.raw(
        "", '<th class="blank level0" >&nbsp;</th><th></th><th>word</th><thead>\n</thead>', format="html"
    )
    accessible_output.mend_tables(None, document)
    assert document.astext() == '<td class="blank level0" >&nbsp;</td><td></td><th>word</th><thead>\n</thead>'


def test_sources_are_items_of_a_list(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("conf.py", f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['accessible_output']\n")
    site.write("index.rst", "Page\n====\n\nSee [A1]_ and [B2]_.\n\n.. [A1] First.\n.. [B2] Second.\n")
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert site.html.count('role="list"') == 1
    assert site.html.count('role="listitem"') == 2
    assert "doc-biblioentry" not in site.html
    assert site.html.count("<div") == site.html.count("</div>")


FOLDED = """---
file_format: mystnb
kernelspec:
  name: python3
---

# Page

![A picture](a.svg)

```{image} a.svg
:alt: A small one
:width: 10px
```

```{code-cell} python
---
tags: [hide-cell]
mystnb:
  code_prompt_show: "The answer < 43"
---
42
```
"""


def test_a_folded_cell_is_called_what_stands_on_it_and_an_image_has_its_room(tmp_path):
    site = DiagramSite(tmp_path)
    site.write(
        "conf.py",
        f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['myst_nb', 'accessible_output']\n"
        "nb_execution_mode = 'off'\nsuppress_warnings = ['myst-nb.lexer']\n",
    )
    site.write("a.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="30pt" height="60pt"></svg>')
    site.write("index.md", FOLDED)
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert "<summary>The answer &lt; 43</summary>" in site.html
    assert "aria-label" not in re.search("<details.*?</details>", site.html, re.DOTALL)[0]
    large, small = re.findall("<img [^>]*alt=.A [^>]*>", site.html)
    assert 'width="40"' in large and 'height="80"' in large
    assert "height" not in small


# ------------------------------------------------------------------------------------------------------ inline styles


def test_small_style_sheets_stand_in_the_page_and_follow_their_files(tmp_path):
    (tmp_path / "small.css").write_text("a { color: red; }")
    (tmp_path / "large.css").write_text("a { color: red; }" * 2000)
    (tmp_path / "drawn.css").write_text("a { background: url(a.svg); }")
    links = [
        f'<link rel="stylesheet" type="text/css" href="../_static/{name}.css?v=1" />'
        for name in ("small", "large", "drawn", "missing")
    ]
    page = inline_styles.with_styles("".join(links), tmp_path)
    assert page == '<style data-file="small.css">a { color: red; }</style>' + "".join(links[1:])
    (tmp_path / "small.css").write_text("a { color: blue; }")
    assert inline_styles.with_styles(page, tmp_path) == page.replace(
        "a { color: red; }</style>", "a { color: blue; }</style>"
    )


def test_the_colours_that_the_theme_adds_for_dark_pages_stand_in_the_page_too(tmp_path):
    site = DiagramSite(tmp_path)
    site.write(
        "conf.py",
        f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['inline_styles']\nhtml_theme = 'furo'\n"
        "pygments_style, pygments_dark_style = 'a11y-high-contrast-light', 'a11y-high-contrast-dark'\n",
    )
    site.write("index.rst", "Page\n====\n\n.. code-block:: python\n\n   import numpy\n")
    done = site.build()
    assert done.returncode == 0, done.stderr
    (code,) = re.findall(r'<style data-file="pygments.css">(.*?)</style>', site.html, re.DOTALL)
    assert code == (tmp_path / "html" / "_static" / "pygments.css").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in code


# ----------------------------------------------------------------------------------------------------------- explorer

READER = "---\norphan: true\n---\n\n# Other\n\n```{{explorer}} {network}\n:label: It reads\n{options}\n```\n"


def glued(**files):
    """Write the cell of a page that hands files over."""
    contents = {name: base64.b64encode(content).decode() for name, content in files.items()}
    glue = "".join(f"glue('explorer/{name}', {content!r}, display=False)\n" for name, content in contents.items())
    return f"from myst_nb import glue\n{glue}"


class ExplorerSite(ToySite):
    """A toy site whose first page hands files over, and whose other page, in a folder, shows an explorer."""

    FILES = {"vocabulary.txt": b"the\nfilm\n", "lstm.safetensors": b"\x00\xff<>", "samples.json": b'[{"title": "a \'<b>\'"}]'}  # fmt: skip # noqa: E501, RUF012

    def __init__(self, root, network="lstm", options="", **files):
        super().__init__(root)
        self.write("docs/conf.py", CONF.replace('"fresh_outputs"', '"explorer"') + 'explorer_page = "index"\n')
        self.page(code=glued(**(self.FILES | files)))
        (root / "docs" / "more").mkdir()
        (root / "docs" / "more" / "other.md").write_text(READER.format(network=network, options=options))

    @property
    def other(self):
        return (self.root / "html" / "more" / "other.html").read_text(encoding="utf-8")

    def data(self, name):
        """Give an attribute of the place where the explorer will be."""
        (place,) = re.findall(r'<div class="explorer[^>]*>', self.other)
        found = re.search(rf' data-{name}="([^"]*)"', place)
        return html.unescape(found[1]) if found else None


def test_an_explorer_knows_where_its_files_are_and_they_are_there(tmp_path):
    site = ExplorerSite(tmp_path, options=':show: words curve\n:controls: text\n:text: good & <bad> "film"')
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert [site.data(name) for name in ("network", "label", "show", "controls", "text")] == [
        "lstm", "It reads", "words curve", "text", 'good & <bad> "film"'
    ]  # fmt: skip
    files = json.loads(site.data("files"))
    assert set(files) == {"vocabulary", "lstm"}
    for (name, file), key in zip(site.FILES.items(), ("vocabulary", "lstm"), strict=False):
        assert files[key]["bytes"] == len(file)
        address, _, version = files[key]["url"].partition("?v=")
        assert re.fullmatch("[0-9a-f]{8}", version)
        assert address == f"../_static/explorer/{name}"
        assert (tmp_path / "html" / "more" / address).read_bytes() == file
    assert json.loads(site.data("samples")) == [{"title": "a '<b>'"}]
    assert "That needs JavaScript" in site.other
    assert "localhost:8000/more/other.html" in site.other
    assert "explorer/explorer.css" in site.other
    assert "explorer/explorer.css" not in site.html


def test_a_page_with_an_explorer_is_written_again_when_the_networks_are_trained_again(tmp_path):
    site = ExplorerSite(tmp_path)
    assert site.build().returncode == 0
    before = json.loads(site.data("files"))
    site.page(code=glued(**(site.FILES | {"lstm.safetensors": b"trained again"})))
    assert site.build().returncode == 0
    after = json.loads(site.data("files"))
    assert after["vocabulary"] == before["vocabulary"]
    assert after["lstm"]["url"] != before["lstm"]["url"]
    assert (tmp_path / "html" / "_static" / "explorer" / "lstm.safetensors").read_bytes() == b"trained again"


def test_files_that_are_gone_come_back_without_a_page_being_run(tmp_path):
    site = ExplorerSite(tmp_path)
    assert site.build().returncode == 0
    shutil.rmtree(tmp_path / "html" / "_static")
    assert site.build().returncode == 0
    assert site.runs == 1
    assert (tmp_path / "html" / "_static" / "explorer" / "lstm.safetensors").read_bytes() == site.FILES["lstm.safetensors"]  # fmt: skip # noqa: E501


@pytest.mark.parametrize(
    ("network", "options", "says"),
    [
        ("gru", "", "expected the network simple_rnn or lstm or bag_of_words, got gru"),
        ("lstm", ":show: words gates", "expected some of words, curve, unrolled, units, unit, gradient, got gates"),
        ("lstm", ":controls: sliders", "expected some of text, network, shuffle, padding, got sliders"),
        ("simple_rnn", "", "no page glues explorer/simple_rnn.safetensors"),
        ("lstm", ":controls: network", "no page glues explorer/bag_of_words.safetensors"),
    ],
)
def test_an_explorer_that_cannot_work_fails_the_build(tmp_path, network, options, says):
    done = ExplorerSite(tmp_path, network, options).build()
    assert done.returncode != 0
    assert says in done.stdout + done.stderr


def test_an_explorer_without_a_name_fails_the_build(tmp_path):
    site = ExplorerSite(tmp_path)
    other = tmp_path / "docs" / "more" / "other.md"
    other.write_text(other.read_text().replace(":label: It reads\n", ""))
    done = site.build()
    assert done.returncode != 0
    assert "The explorer needs a :label:" in done.stdout + done.stderr


# --------------------------------------------------------------------------------------------- index entries, kept


def test_the_search_keeps_the_index_entries_of_pages_that_are_not_written_again_and_loses_those_of_pages_that_go(
    tmp_path,
):
    site = DiagramSite(tmp_path)
    site.write("conf.py", f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['kept_index_entries']\n")
    page = ":orphan:\n\n{title}\n=====\n\n.. index:: ! {entry}\n\nText.\n"
    site.write("index.rst", page.format(title="First", entry="cell"))
    site.write("other.rst", page.format(title="Other", entry="gate"))

    def entries():
        done = site.build()
        assert done.returncode == 0, done.stderr
        script = (tmp_path / "html" / "searchindex.js").read_text(encoding="utf-8")
        return sorted(json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))["indexentries"])

    assert entries() == ["cell", "gate"]
    site.write("index.rst", page.format(title="First", entry="unit"))
    assert entries() == ["gate", "unit"]
    (tmp_path / "docs" / "other.rst").unlink()
    assert entries() == ["unit"]
