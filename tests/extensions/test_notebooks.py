import ast
import base64
import html
import re
import sys
import tomllib
import zipfile

import nbformat
import pytest
from docutils import nodes
from hypothesis import example, given, strategies
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

from rnn_tutorial._cache.code import parsed
from rnn_tutorial.exercises import names, starter

from small_site import EXTENSIONS, HEAD, SVG, Site  # isort: skip
import doctree_markdown
import notebooks
from execution import page_code

CONF = """
extensions = ["myst_nb", "sphinx_design", "sphinxcontrib.bibtex", "diagrams", "equations", "notebooks"]
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
dependencies = ["keras>=3", "numpy>=2", "rich==14"]
"""
WHEEL = "toy-1.5-py3-none-any.whl"
LIGHT = '%pip install --quiet --no-deps {}\n%pip install --quiet "numpy>=2" "rich==14" pandas jinja2'
PAGE = r"""# A page

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
\begin{split}a &= 1 \\
b &= 2\end{split}
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
:beside:

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


class NotebookSite(Site):
    def __init__(self, root):
        super().__init__(root, CONF)
        template = '{% extends "!page.html" %}{% block body %}<i>{{ notebook }}</i>{{ body }}{% endblock %}'
        bibliography = "@misc{someone, author={Ann Other}, title={A title}, year=1999, doi={10.1/x_y}}"
        files = {"../pyproject.toml": PROJECT, "../toy/__init__.py": '"""A toy."""\n', "_templates/page.html": template}
        files |= {"_static/diagrams/cell.svg": SVG, "references.bib": bibliography, "part/page.md": HEAD + PAGE}
        files["part/other.md"] = "# The other\n\nOpen {notebook}`functions`.\n\n```{math}\n:label: far\n1 = 1\n```\n"
        files["index.md"] = "# Toy\n\n```{toctree}\npart/page\npart/other\n```\n\n```{bibliography}\n```\n"
        for name, content in files.items():
            self.write(name, content)

    def notebook(self, base="", mode="auto"):
        self.build(notebooks_project=str(self.root), html_baseurl=base, nb_execution_mode=mode)
        return nbformat.read(self.root / "html" / "notebooks" / "part-page.ipynb", as_version=4)

    def told(self, page):
        """Return what a template knows about the page's notebook."""
        return ast.literal_eval(html.unescape(re.search("<i>(.*?)</i>", self.page(page))[1]))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return NotebookSite(tmp_path_factory.mktemp("notebooks"))


def test_a_page_becomes_a_notebook_with_all_that_it_says(site):
    cells = site.notebook().cells
    assert [cell.id for cell in cells] == [f"cell-{k}" for k in range(11)]
    kinds = "markdown code markdown code code code markdown markdown code markdown markdown"
    assert [cell.cell_type for cell in cells] == kinds.split()
    first, install, page, code, again, same, text, section, last, footnote, references = (c.source for c in cells)
    assert "“A page” (part/page.html) of **toy 1.5**" in first
    assert "Python `>=3.11`" in first and "`toy-1.5-py3-none-any.whl`" in first
    assert install == LIGHT.format(f"./{WHEEL}")
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
    section, alt, data, caption = re.fullmatch(
        r"(.*)\n\n!\[(.*)\]\(data:image/svg\+xml;base64,(.*?)\)\n\n(.*)", section, re.DOTALL
    ).groups()
    assert section == (
        "## A section\n\n"
        "| name | size |\n| --- | ---: |\n| `a` | $\\vert x\\vert$ |\n| b | 1 |\n\n"
        "1. One\n\n   - inner\n\n2. Two\n\n"
        "> **Note**\n>\n> Mind $x_t$.\n\n"
        "<details>\n<summary>Solution &amp; more</summary>\n\nIt is **bold**.\n\n```python\nx = 1\n```\n\n</details>"
    )
    assert (alt, caption) == ("A cell", "**Fig. 1** The *caption*.")
    assert re.findall('data-part="(.*?)"', base64.b64decode(data).decode()) == ["gate", "path", "gate"]
    assert last == "# @title The answer\nimport pandas\n\nprint(number)"
    assert footnote == "---\n\n<sup>1</sup> A *footnote*."
    assert references == "## References\n\n- Ann Other. A title. 1999. [doi:10.1/x\\_y](https://doi.org/10.1/x_y)."


def test_pages_know_their_notebook_and_the_wheel(site):
    site.notebook()
    wheel = f"../notebooks/{WHEEL}"
    assert site.told("part/other") is None
    kept = {"download": "../notebooks/part-page.ipynb", "wheel": wheel, "runs": None, "colab": None}
    assert site.told("part/page") == kept
    with zipfile.ZipFile(site.root / "html" / "part" / wheel) as file:
        assert "toy/__init__.py" in file.namelist()


@pytest.mark.parametrize("base", ["", "https://example.org/"])
def test_a_notebook_brings_the_recorded_runs_that_it_reads(base, tmp_path, monkeypatch):
    """They lie beside the package, which has neither them nor what makes them."""
    site = NotebookSite(tmp_path)
    page = site.root / "docs" / "part" / "page.md"
    page.write_text(page.read_text("utf-8").replace("number = 6", '"recorded_runs", "probe"\nnumber = 6'), "utf-8")
    (site.root / "toy" / "runner.py").write_text("")
    first, install, *_ = (cell.source for cell in site.notebook(base).cells)
    folder = site.root / "html" / "notebooks"
    with zipfile.ZipFile(folder / "toy-1.5-py3-none-any.whl") as file:
        assert "toy/runner.py" not in file.namelist()
    assert ("`runs.zip`" in first) == (not base)
    assert site.told("part/page")["runs"] == (None if base else "../notebooks/runs.zip")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("urllib.request.urlretrieve", lambda url, name: seen.append((url, name)))
    monkeypatch.setattr("rnn_tutorial.experiments.results.FOLDER", tmp_path / "there")
    seen = []
    exec(install.partition("\n\n")[2])
    assert seen == ([(f"{base}notebooks/runs.zip", "runs.zip")] if base else [])
    assert (tmp_path / "there" / "probe.jsonl").read_bytes() == (notebooks.RECORDED / "probe.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('recorded_runs("probe")\n"reading"', ["probe", "reading"]),
        ('"probe"', []),
        ("FOLDER.glob", sorted(file.stem for file in notebooks.RECORDED.glob("*.jsonl"))),
    ],
)
def test_code_reads_the_runs_that_it_names_or_all(code, names):
    assert notebooks.runs_in(code) == names


@pytest.mark.parametrize("mode", ["auto", "cache"])
def test_a_notebook_shows_outputs_and_folds_what_the_page_folds(site, mode):
    _, first, again, same, last = [cell for cell in site.notebook(mode=mode).cells if cell.cell_type == "code"]
    assert (first.outputs, first.metadata) == ([], {})  # what is glued is the page's alone
    assert [cell.outputs[0].data["text/plain"] for cell in (again, same)] == ["43", "44"]
    assert [output.text for output in last.outputs] == ["44\n"]
    assert last.metadata == {"jupyter": {"source_hidden": True}, "cellView": "form"}


def test_a_notebook_of_a_site_with_an_address_leads_and_installs_there(site):
    first, install, page, *_ = (cell.source for cell in site.notebook("https://someone.github.io/toy/").cells)
    assert "[A page](https://someone.github.io/toy/part/page.html)" in first and "keep" not in first
    assert install == LIGHT.format(f"https://someone.github.io/toy/notebooks/{WHEEL}")
    other = "https://someone.github.io/toy/part/other.html"
    assert "by Other [[1999](https://someone.github.io/toy/index.html#" in page
    assert f"See [the other]({other}), [The other]({other}) and [elsewhere](https://example.org/)." in page
    told = site.told("part/page")
    assert told["wheel"] is None
    assert told["colab"].endswith("/github/someone/toy/blob/gh-pages/notebooks/part-page.ipynb")


@pytest.mark.parametrize("loads", ["import keras", "from rnn_tutorial.sentiment.models import lstm"])
def test_keras_comes_with_notebooks_that_load_it(loads, tmp_path):
    site = NotebookSite(tmp_path)
    page = site.root / "docs" / "part" / "page.md"
    page.write_text(page.read_text("utf-8").replace("number = 6", f"if False:\n    {loads}\nnumber = 6"), "utf-8")
    assert site.notebook().cells[1].source == f"%pip install --quiet ./{WHEEL} pandas jinja2"


@pytest.mark.parametrize("base", ["", "https://example.org/"])
def test_a_notebook_has_all_functions_and_needs_numpy_alone(base, tmp_path):
    site = NotebookSite(tmp_path)
    site.notebook(base)
    file, wheel = "../notebooks/functions.ipynb", f"../notebooks/{WHEEL}"
    package = "" if base else f' and <a href="{wheel}" download>its package</a>'
    assert f'Open <a href="{file}" download>functions.ipynb</a>{package}.' in site.page("part/other")
    first, install, *cells = nbformat.read(site.root / "html" / "part" / file, as_version=4).cells
    assert ("`toy-1.5-py3-none-any.whl`" in first.source) == (not base)
    package = f"{base}notebooks/{WHEEL}" if base else f"./{WHEEL}"
    begin, imports = install.source.split("\n\n")
    assert begin == f'%pip install --quiet --no-deps {package}\n%pip install --quiet "numpy>=2"'
    assert [cell.source.splitlines()[0] for cell in cells[::3]] == [f"## {name}" for name in names()]
    assert [cell.source for cell in cells[1::3]] == [starter(name).strip() for name in names()]
    assert f"{imports}\n{cells[2].source}" == (
        "from rnn_tutorial.exercises import check_function\ncheck_function(recurrent_step)"
    )


def test_what_is_no_site_has_no_notebooks(site):
    site.build("dirhtml", notebooks_project=str(site.root))
    assert "<i>None</i>" in (site.root / "dirhtml" / "part" / "page" / "index.html").read_text(encoding="utf-8")
    assert ">functions.ipynb</span>" in (site.root / "dirhtml" / "part" / "other" / "index.html").read_text("utf-8")
    assert not (site.root / "dirhtml" / "notebooks").exists()


def test_an_address_that_is_none_fails_the_build(site):
    with pytest.raises(AssertionError, match="html_baseurl: expected an address such as"):
        site.notebook("example.org")


@pytest.mark.parametrize("base", ["https://some-one.github.io/", "https://example.org/rnn_tutorial/", ""])
def test_colab_opens_notebooks_of_repositories_alone(base):
    there = "https://colab.research.google.com/github/some-one/toy/blob/gh-pages/a.ipynb"
    assert notebooks.colab("https://some-one.github.io/toy/", "a.ipynb") == there
    assert notebooks.colab(base, "a.ipynb") is None


def test_cells_import_nothing_that_a_notebook_does_not_install():
    pages = (path.read_text(encoding="utf-8") for path in EXTENSIONS.parent.rglob("*.md"))
    names = {name.partition(".")[0] for page in pages for name in parsed(page_code(page))[0]}
    project = tomllib.loads((EXTENSIONS.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {re.match(r"[\w-]+", line)[0] for line in [project["name"], *project["dependencies"]]}
    known = required | {"sklearn", "myst_nb", *notebooks.ALSO.split()}  # scikit-learn has two names; glue is left out
    assert names - sys.stdlib_module_names <= known


IMPORT = "from myst_nb import glue\n"


@pytest.mark.parametrize(
    ("cell", "left"),
    [
        (IMPORT + "\nglue('a', 1)\nglue('b', 2, display=False)", ""),
        (IMPORT + "# what the text says\nglue('a', 1)", ""),
        (IMPORT + "\na = 1  # one\n\nglue(\n    'a',\n    a,\n)\nb = (\n    2\n)", "a = 1  # one\n\nb = (\n    2\n)"),
        ("for name in names:\n    glue(name, 1)\n    glue(f'{name}_2', 1)\na = 1", "a = 1"),
        ("for name in names:\n    a = name\n    glue(name, 1)\nb = 1", "for name in names:\n    a = name\nb = 1"),
        ("from myst_nb import glue, other\na = glue", "from myst_nb import glue, other\na = glue"),
        ("a.glue('b')\n\n# glue('c', 1)", "a.glue('b')\n\n# glue('c', 1)"),
    ],
)
def test_only_what_glues_is_taken_out_of_a_cell(cell, left):
    assert notebooks.without_glue(cell) == left


@given(strategies.text("aB1 .,:;-+#>()[]{}|\\`*_~<$&!=/^'\"lt", min_size=1).map(lambda text: " ".join(text.split())))
@example("1. first")
@example("- item")
@example("[label]: address")
@example("&lt; and <b>")
def test_text_is_read_as_text_whatever_is_in_it(text):
    page = doctree_markdown.Page("page", {}, "")
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    (block,) = page.blocks(nodes.paragraph("", "", nodes.Text(text)))
    assert reader.render(block) == (f"<p>{escapeHtml(text)}</p>\n" if text else "")
