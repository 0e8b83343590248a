"""The extension that gives each page that runs code as a notebook, and the package as a wheel."""

import ast
import base64
import hashlib
import html
import os
import re
import sys
import tomllib
import zipfile
from xml.etree import ElementTree

import nbformat
import pytest
from docutils import nodes
from hypothesis import example, given, strategies
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from myst_nb.core.config import NbParserConfig

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

from small_site import EXTENSIONS, NAMES, SVG, DiagramSite, build_here, parts  # isort: skip
import doctree_markdown
import notebooks
from page_code import imported_names, page_code


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
        ("from myst_nb import glue, other\na = glue", "from myst_nb import glue, other\na = glue"),
        ("a.glue('b')\n\n# glue('c', 1)", "a.glue('b')\n\n# glue('c', 1)"),
    ],
)
def test_what_only_glues_is_taken_out_of_a_cell_and_nothing_else(cell, left):
    assert notebooks.without_glue(cell) == left


@given(strategies.text("aB1 .,:;-+#>()[]{}|\\`*_~<$&!=/^'\"lt", min_size=1).map(lambda text: " ".join(text.split())))
@example("1. first")
@example("- item")
@example("[label]: address")
@example("&lt; and <b>")
def test_text_is_read_as_text_whatever_stands_in_it(text):
    page = doctree_markdown.Page("page", {}, "")
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    (block,) = page.blocks(nodes.paragraph("", "", nodes.Text(text)))
    assert reader.render(block) == (f"<p>{escapeHtml(text)}</p>\n" if text else "")


def test_a_diagram_has_its_size_and_the_colours_of_a_light_page():
    svg = SVG.replace("<circle", '<circle style="fill:var(--symbol-h)" stroke="currentColor"').replace(
        "</svg>", "<!-- end --></svg>"
    )
    root = ElementTree.fromstring(doctree_markdown.fixed(svg))
    assert (root.get("width"), root.get("height"), root.get("color")) == ("100", "80", "#333333")
    assert (root[0].get("width"), root[0].get("fill")) == ("100%", "#ffffff")
    assert {circle.get("style") for circle in root.iterfind(".//svg:circle", NAMES)} == {
        f"fill:{SYMBOL_COLOURS['h'][0]}"
    }
    assert root.find("svg:title", NAMES).text == "A cell"


def test_cells_import_nothing_that_the_second_cell_of_a_notebook_does_not_install():
    pages = (path.read_text(encoding="utf-8") for path in EXTENSIONS.parent.rglob("*.md"))
    names = {name.partition(".")[0] for page in pages for name in imported_names(page_code(page))}
    project = tomllib.loads((EXTENSIONS.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {re.match(r"[\w-]+", line)[0] for line in [project["name"], *project["dependencies"]]}
    known = required | {"sklearn", "myst_nb", *notebooks.ALSO.split()}  # scikit-learn has two names; glue is left out
    assert names - sys.stdlib_module_names <= known


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

```{code-cell} python
number += 1
number
```

```{code-cell} python
number += 1
number
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
---
tags: [hide-cell]
mystnb:
  code_prompt_show: "The answer"
---
import pandas

print(number)
```
"""


class NotebookSite(DiagramSite):
    """A site of an executed page and another, of a small package."""

    CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "sphinx_design", "sphinxcontrib.bibtex", "notation", "notebooks"]
html_math_renderer = "equations"
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

    def build(self, base="", mode="auto"):
        done = build_here(self.root, notebooks_project=str(self.root), html_baseurl=base, nb_execution_mode=mode)
        assert done.returncode == 0, done.stderr

    @property
    def notebook(self):
        return nbformat.read(self.root / "html" / "notebooks" / "part-page.ipynb", as_version=4)

    @property
    def cells(self):
        notebook = self.notebook
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
    assert kinds == (
        *("markdown", "code", "markdown", "code", "code", "code", "markdown", "markdown", "code"),
        *("markdown", "markdown"),
    )
    first, install, page, code, again, same, text, section, last, footnote, references = sources
    assert "“A page” (part/page.html) of **toy 1.5**" in first
    assert "Python `>=3.11`" in first and "`toy-1.5-py3-none-any.whl`" in first
    assert install == "%pip install --quiet ./toy-1.5-py3-none-any.whl pandas jinja2"
    assert page == (
        "# A page\n\nSome *words* with a\\_name, 5 &lt; 6, `code|` and $h_t$ on two lines<sup>1</sup>, "
        "by Other [1999]. See the other, The other and [elsewhere](https://example.org/)."
    )
    assert code == "number = 6 * 7  # here"
    assert again == same == "number += 1\nnumber"
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
    assert last == "# @title The answer\nimport pandas\n\nprint(number)"
    assert references == "## References\n\n- Ann Other. A title. 1999. [doi:10.1/x\\_y](https://doi.org/10.1/x_y)."

    assert notebook_site.told("part/other") is None
    assert notebook_site.told("part/page") == {
        "download": "../notebooks/part-page.ipynb",
        "wheel": "../notebooks/toy-1.5-py3-none-any.whl",
        "colab": None,
    }
    with zipfile.ZipFile(notebook_site.root / "html" / "notebooks" / "toy-1.5-py3-none-any.whl") as wheel:
        assert "toy/__init__.py" in wheel.namelist()


@pytest.mark.parametrize("mode", ["auto", "cache"])
def test_a_notebook_shows_what_its_cells_put_out_and_folds_what_the_page_folds(notebook_site, mode):
    notebook_site.build(mode=mode)
    _, first, again, same, last = [cell for cell in notebook_site.notebook.cells if cell.cell_type == "code"]
    assert (first.outputs, first.metadata) == ([], {})  # what is glued is the page's alone
    assert [cell.outputs[0].data["text/plain"] for cell in (again, same)] == ["43", "44"]
    assert [output.text for output in last.outputs] == ["44\n"]
    assert last.metadata == {"jupyter": {"source_hidden": True}, "cellView": "form"}


def test_a_notebook_has_the_lines_of_nbformat_without_their_indentation(notebook_site):
    """A line that a cell indents keeps its spaces, for they stand inside a string."""
    notebook_site.build()
    written = (notebook_site.root / "html" / "notebooks" / "part-page.ipynb").read_text(encoding="utf-8").splitlines()
    assert written == [line.lstrip(" ") for line in nbformat.writes(notebook_site.notebook).splitlines()]


def test_a_figure_comes_along_without_its_layout_for_a_phone(tmp_path):
    data, metadata = {"image/svg+xml": "<svg/>"}, {"image/svg+xml": {"narrow": "<svg/>", "width": 7}}
    shown = nbformat.v4.new_output("display_data", data, metadata=metadata)
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[shown])]), tmp_path / "run.ipynb"
    )
    ((output,),) = notebooks.outputs(tmp_path / "run.ipynb", NbParserConfig(execution_mode="off"))
    assert output.data == data
    assert output.metadata == {"image/svg+xml": {"width": 7}}


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


def test_a_site_without_https_tells_the_hash_of_its_wheel_in_notebooks_of_earlier_builds_too(notebook_site):
    for _ in range(2):
        notebook_site.build("http://example.org/")
        (wheel,) = (notebook_site.root / "html" / "notebooks").glob("*.whl")
        _, (_, install), *_ = notebook_site.cells
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        address = f"http://example.org/notebooks/{wheel.name}#sha256={digest}"
        assert install == f"%pip install --quiet {address} pandas jinja2"
        os.utime(notebook_site.root / "toy" / "__init__.py", (1e9, 1e9))  # the wheel has its time


def test_an_address_that_is_none_fails_the_build(notebook_site):
    with pytest.raises(AssertionError, match="RNN_TUTORIAL_URL: expected an address such as"):
        notebook_site.build("example.org")
