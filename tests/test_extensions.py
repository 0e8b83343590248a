"""The site's own Sphinx extensions."""

import ast
import base64
import html
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from docutils import nodes
from hypothesis import example, given, strategies
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from sphinx.util.inventory import InventoryFile

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_extensions"
sys.path.insert(0, str(EXTENSIONS))

import api_coverage  # noqa: E402
import diagrams  # noqa: E402
import doctree_markdown  # noqa: E402
import fresh_outputs  # noqa: E402
import notebooks  # noqa: E402
import symbol_colours  # noqa: E402
import text_inventories  # noqa: E402

SPHINX = [sys.executable, "-m", "sphinx", "-W", "--no-color"]  # some continuous integration forces colours

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
    assert site.runs == 3


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


def test_public_names_without_docstring_or_entry_are_told(tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "module.py").write_text(
        '"""Doc."""\n__all__ = ["Public", "function"]\n'
        'class Public:\n    """Doc."""\n    def method(self): pass\n    def _hidden(self): pass\n'
        "def function(): pass\ndef private(): pass\n"
    )
    known = {"pkg.module", "pkg.module.Public", "pkg.module.Public.method"}
    assert api_coverage.undocumented(package, known) == [
        "pkg.module.Public.method has no docstring",
        "pkg.module.function has no docstring",
        "pkg.module.function is not in the API reference; add it to docs/reference/api/module.md",
    ]


def test_the_package_itself_has_a_docstring_everywhere():
    faults = api_coverage.undocumented(api_coverage.PACKAGE, set())
    assert not [fault for fault in faults if "docstring" in fault]
    assert "rnn_tutorial.reviews.Vocabulary.encode" in " ".join(faults)


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

SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 80" role="img">
  <title>A cell</title>
  <desc>A gate
    and a path.</desc>
  <g data-part="gate"><circle r="1"/></g>
  <g data-part="path"><path d="M0 0H1"/></g>
  <g data-part="gate"><circle r="2"/></g>
  <g><title>inside</title><desc>inside</desc></g>
</svg>
"""
NAMES = {"svg": "http://www.w3.org/2000/svg"}


def parts(svg):
    """Give the parts of a diagram and their opacity, in their order."""
    return [(g.get("data-part"), g.get("opacity")) for g in ElementTree.fromstring(svg).iterfind("svg:g[@data-part]", NAMES)]  # fmt: skip # noqa: E501


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


class DiagramSite:
    """A site of one page with diagrams and equations."""

    CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "sphinx.ext.mathjax", "diagrams", "symbol_colours"]
myst_enable_extensions = ["dollarmath"]
"""

    def __init__(self, root):
        self.root = root
        self.write("conf.py", self.CONF)
        self.write("_static/diagrams/cell.svg", SVG)

    def write(self, name, content):
        path = self.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def build(self):
        command = [*SPHINX, "--keep-going", "-q", "docs", "html"]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True)

    @property
    def html(self):
        return (self.root / "html" / "index.html").read_text(encoding="utf-8")


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
    assert sheet == symbol_colours.style_sheet(symbol_colours.colours(symbol_colours.FIGURES.read_text("utf-8")))

    site.write("_static/diagrams/cell.svg", SVG.replace("A cell", "Another cell"))
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert site.html.count(">Another cell</title>") == 2


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
    known = symbol_colours.colours(symbol_colours.FIGURES.read_text("utf-8"))
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
    from rnn_tutorial.figures import SYMBOL_COLOURS

    by_symbol = symbol_colours.colours(symbol_colours.FIGURES.read_text(encoding="utf-8"))
    assert by_symbol == SYMBOL_COLOURS
    assert by_symbol.keys() >= {*"xhyciforz", "candidate"}  # what equations mark


def test_the_style_sheet_holds_every_symbol_for_light_and_for_dark_pages():
    from rnn_tutorial.figures import SYMBOL_COLOURS

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


# ----------------------------------------------------------------------------------------------------------- notebooks


@pytest.mark.parametrize(
    ("cell", "left"),
    [
        ("from myst_nb import glue\n\nglue('a', 1)\nglue('b', 2, display=False)", ""),
        ("from myst_nb import glue\n# what the text says\nglue('a', 1)", ""),
        (
            "from myst_nb import glue\n\na = 1  # one\n\nglue(\n    'a',\n    a,\n)\nb = (\n    2\n)",
            "a = 1  # one\n\nb = (\n    2\n)",
        ),
        ("for name in names:\n    glue(name, 1)\n    glue(f'{name}_2', 1)\na = 1", "a = 1"),
        ("for name in names:\n    a = name\n    glue(name, 1)\nb = 1", "for name in names:\n    a = name\nb = 1"),
        ("if a:\n    b = 1\nelse:\n    glue('a', a)\n    c = 1", "if a:\n    b = 1\nelse:\n    c = 1"),
        ("from myst_nb import glue, other\na = glue", "from myst_nb import glue, other\na = glue"),
        ("a.glue('b')\n\n# glue('c', 1)", "a.glue('b')\n\n# glue('c', 1)"),
    ],
)
def test_what_only_glues_is_taken_out_of_a_cell_and_nothing_else(cell, left):
    assert notebooks.without_glue(cell) == left


@pytest.mark.parametrize("equation", EQUATIONS)
def test_the_marks_of_symbols_can_be_taken_out_again(equation):
    assert symbol_colours.coloured(equation) != equation
    assert doctree_markdown.uncoloured(symbol_colours.coloured(equation)) == equation


@given(strategies.text("aB1 .,:;-+#>()[]{}|\\`*_~<$&!=/^'\"lt", min_size=1).map(lambda text: " ".join(text.split())))
@example("1. first")
@example("- item")
@example("[label]: address")
@example("&lt; and <b>")
def test_text_is_read_as_text_whatever_stands_in_it(text):
    page = doctree_markdown.Page("page", {}, "", Path(), {})
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    (block,) = page.blocks(nodes.paragraph("", "", nodes.Text(text)))
    assert reader.render(block) == (f"<p>{escapeHtml(text)}</p>\n" if text else "")


def test_a_diagram_has_its_size_and_the_colours_of_a_light_page():
    svg = SVG.replace("<circle", '<circle style="fill:var(--symbol-h)" stroke="currentColor"').replace(
        "</svg>", "<!-- end --></svg>"
    )
    root = ElementTree.fromstring(doctree_markdown.fixed(svg, {"h": ("#117733", "#5fce8a")}))
    assert (root.get("width"), root.get("height"), root.get("color")) == ("100", "80", "#333333")
    assert (root[0].get("width"), root[0].get("fill")) == ("100%", "#ffffff")
    assert {circle.get("style") for circle in root.iterfind(".//svg:circle", NAMES)} == {"fill:#117733"}
    assert root.find("svg:title", NAMES).text == "A cell"


def test_only_what_the_package_does_not_bring_along_is_installed():
    modules = notebooks.imported(["import os, numpy.linalg\nfrom docutils import nodes", "def f():\n    import pandas"])
    assert modules == ["docutils", "numpy", "pandas"]
    project = {"name": "toy", "dependencies": ["NumPy>=2"]}
    assert notebooks.to_install([*modules, "toy"], project) == ["docutils", "pandas", "jinja2"]


@pytest.mark.parametrize(
    ("base", "address"),
    [
        (
            "https://some-one.github.io/rnn_tutorial/",
            "https://colab.research.google.com/github/some-one/rnn_tutorial/blob/gh-pages/a.ipynb",
        ),
        ("https://some-one.github.io/", None),
        ("https://example.org/rnn_tutorial/", None),
        ("", None),
    ],
)
def test_colab_is_offered_only_where_it_finds_the_notebook(base, address):
    assert notebooks.colab(base, "a.ipynb") == address


NOTEBOOK_PAGE = r"""---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# A page

Some *words* with a_name, 5 < 6, `code|` and $h_t$
on two lines[^1], by {cite:t}`someone`. See [the other](other.md), {doc}`other` and [elsewhere](https://example.org/).

[^1]: A *footnote*.

```{code-cell} python
from myst_nb import glue

number = 6 * 7  # here
glue("answer", number, display=False)
```

```{code-cell} python
glue("again", number, display=False)
```

The answer is {glue:text}`answer`, says {eq}`state`, as {eq}`far` does:

```{math}
:label: state
h_t = 1
```

$$
a &= 1 \\
b &= 2
$$

## A section

| name | size |
|---|--:|
| `a` | $\|x\|$ |
| b | 1 |

1. One

   - inner
2. Two

:::{note}
Mind $x_t$.
:::

:::{dropdown} Solution & more
It is **bold**.

```python
x = 1
```
:::

```{diagram} cell
:show: path

The *caption*.
```

% a comment

```{code-cell} python
:tags: [hide-cell]

import pandas

print(number)
```
"""


class NotebookSite(DiagramSite):
    """A site of an executed page and another, of a small package."""

    CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx_design", "sphinxcontrib.bibtex", "diagrams", "symbol_colours"]
extensions += ["notebooks"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
project, release = "toy", "1.5"
numfig = True
templates_path = ["_templates"]
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"
"""
    PROJECT = """
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"
[project]
name = "toy"
version = "1.5"
description = "A toy."
requires-python = ">=3.11"
"""

    def __init__(self, root):
        super().__init__(root)
        self.write("../pyproject.toml", self.PROJECT)
        self.write("../toy/__init__.py", '"""A toy."""\n')
        self.write(
            "_templates/page.html", '{% extends "!page.html" %}{% block body %}<i>{{ notebook }}</i>{% endblock %}'
        )
        self.write("references.bib", "@misc{someone, author={Ann Other}, title={A title}, year=1999, doi={10.1/x_y}}")
        self.write("part/page.md", NOTEBOOK_PAGE)
        self.write("part/other.md", "# The other\n\n```{math}\n:label: far\n1 = 1\n```\n")
        self.write("index.md", "# Toy\n\n```{toctree}\npart/page\npart/other\n```\n\n```{bibliography}\n```\n")

    def build(self, base=""):
        command = [*SPHINX, "-q", "-D", f"notebooks_project={self.root}", "-D", f"html_baseurl={base}", "docs", "html"]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    @property
    def cells(self):
        notebook = nbformat.read(self.root / "html" / "notebooks" / "part-page.ipynb", as_version=4)
        nbformat.validate(notebook)
        assert [cell.id for cell in notebook.cells] == [f"cell-{k}" for k in range(len(notebook.cells))]
        return [(cell.cell_type, cell.source) for cell in notebook.cells]

    def told(self, page):
        """What a template knows about the page's notebook."""
        text = (self.root / "html" / f"{page}.html").read_text(encoding="utf-8")
        return ast.literal_eval(html.unescape(re.search("<i>(.*?)</i>", text)[1]))


@pytest.fixture(scope="module")
def notebook_site(tmp_path_factory):
    return NotebookSite(tmp_path_factory.mktemp("notebooks"))


def test_a_page_becomes_a_notebook_that_needs_nothing_but_the_wheel_beside_it(notebook_site):
    notebook_site.build()
    kinds, sources = zip(*notebook_site.cells, strict=True)
    assert kinds == ("markdown", "code", "markdown", "code", "markdown", "markdown", "code", "markdown", "markdown")
    first, install, page, code, text, section, last, footnote, references = sources
    assert "“A page” (part/page.html) of **toy 1.5**" in first
    assert "Python `>=3.11`" in first and "`toy-1.5-py3-none-any.whl`" in first
    assert install == "%pip install --quiet ./toy-1.5-py3-none-any.whl pandas jinja2"
    assert page == (
        "# A page\n\nSome *words* with a\\_name, 5 &lt; 6, `code|` and $h_t$ on two lines<sup>1</sup>, "
        "by Other [1999]. See the other, The other and [elsewhere](https://example.org/)."
    )
    assert code == "number = 6 * 7  # here"
    assert text == (
        "The answer is 42, says (1), as (2) of “The other” does:\n\n"
        "$$\nh_t = 1\n\\tag{1}\n$$\n\n$$\n\\begin{split}a &= 1 \\\\\nb &= 2\\end{split}\n$$"
    )
    section, picture, caption = re.fullmatch(r"(.*)\n\n(!\[.*?\))\n\n(.*)", section, re.S).groups()
    assert section == (
        "## A section\n\n"
        "| name | size |\n| --- | ---: |\n| `a` | $\\vert x\\vert$ |\n| b | 1 |\n\n"
        "1. One\n\n   - inner\n\n2. Two\n\n"
        "> **Note**\n>\n> Mind $x_t$.\n\n"
        "<details>\n<summary>Solution &amp; more</summary>\n\nIt is **bold**.\n\n```python\nx = 1\n```\n\n</details>"
    )
    alt, data = re.fullmatch(r"!\[(.*)\]\(data:image/svg\+xml;base64,(.*)\)", picture).groups()
    assert alt == "A cell"
    assert parts(base64.b64decode(data).decode()) == [("gate", "0.15"), ("path", None), ("gate", "0.15")]
    assert caption == "**Fig. 1** The *caption*."
    assert footnote == "---\n\n<sup>1</sup> A *footnote*."
    assert last == "import pandas\n\nprint(number)"
    assert references == "## References\n\n- Ann Other. A title. 1999. [doi:10.1/x\\_y](https://doi.org/10.1/x_y)."

    assert notebook_site.told("part/other") is None
    assert notebook_site.told("part/page") == {
        "download": "../notebooks/part-page.ipynb",
        "wheel": "../notebooks/toy-1.5-py3-none-any.whl",
        "colab": None,
    }
    with zipfile.ZipFile(notebook_site.root / "html" / "notebooks" / "toy-1.5-py3-none-any.whl") as wheel:
        assert "toy/__init__.py" in wheel.namelist()


def test_where_the_site_has_an_address_a_notebook_leads_there_and_installs_from_there(notebook_site):
    notebook_site.build("https://someone.github.io/toy/")
    (_, first), (_, install), (_, page), *_ = notebook_site.cells
    assert "[A page](https://someone.github.io/toy/part/page.html)" in first
    assert "keep" not in first
    wheel = "https://someone.github.io/toy/notebooks/toy-1.5-py3-none-any.whl"
    assert install == f"%pip install --quiet {wheel} pandas jinja2"
    other = "https://someone.github.io/toy/part/other.html"
    assert "by Other [[1999](https://someone.github.io/toy/index.html#" in page
    assert f"See [the other]({other}), [The other]({other}) and [elsewhere](https://example.org/)." in page
    told = notebook_site.told("part/page")
    assert told["wheel"] is None
    assert told["colab"].endswith("/github/someone/toy/blob/gh-pages/notebooks/part-page.ipynb")


def test_an_address_that_is_none_fails_the_build(notebook_site):
    with pytest.raises(AssertionError, match="RNN_TUTORIAL_URL: expected an address such as"):
        notebook_site.build("example.org")
