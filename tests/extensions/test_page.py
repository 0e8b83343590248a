import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

import furo
import nbformat
import pandas as pd
import pytest

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

from small_site import EXTENSIONS, HEAD, SVG, built  # isort: skip
import diagrams
import page as page_module

TEMPLATES = EXTENSIONS.parent / "_templates"


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=hit()>.csv", '<td onclick="hit()">', "<unknown> a < b", "a</style>", "a<script>"]
)
def test_a_cell_of_a_table_shows_what_is_in_it_as_text(text):
    table = pd.DataFrame({text: ["&amp;", text]}, [text, "b"]).style
    assert page_module.with_text_in_cells(table.to_html()) == table.to_html().replace(text, text.replace("<", "&lt;"))
    escaped = table.format(escape="html").format_index(escape="html").format_index(escape="html", axis=1).to_html()
    assert page_module.with_text_in_cells(escaped) == escaped


CONF = """
extensions = ["myst_nb", "sphinxcontrib.bibtex", "page"]
bibtex_bibfiles = ["references.bib"]
nb_execution_mode = "off"
nb_code_prompt_show = "Code"
suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["small.css", "large.css", "drawn.css"]
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
"""
PAGE = """# Page

```{toctree}
deeper/figure
deeper/table
```

By {cite:t}`first` and {cite:t}`second`.

![A picture](a.svg)

```{image} a.svg
:alt: A small one
:width: 10px
```

```{bibliography}
```
"""
FOLDED = {  # the title and the code of a cell, and its label
    ("The answer < 43", "42"): "The answer &lt; 43",
    ("", "assert 1 < 2\nmet = claim('so', 3, above=2)\nif met:\n    assert met"): "✓ Checked in this build (3 checks)",
    ("", "assert 1"): "✓ Checked in this build (1 check)",
    ("Checked in this build: equal to Keras", "assert 1"): "✓ Checked in this build: equal to Keras (1 check)",
    ("Checked in this build", "asserted = 1"): "Checked in this build",
    ("Code of a solution", "assert 1"): "Code of a solution",
    ("", "x = 1  # assert"): "Code",
    ("", "import math\nfrom os import path\nx = 1"): "Code: imports",
    ("", "import math\nmath.sqrt(4)"): "Code",
}
SIZED = '<svg xmlns="http://www.w3.org/2000/svg" width="{}pt" height="{}pt"></svg>'


def notebook(output):
    cell = nbformat.v4.new_code_cell("figure", metadata={"mystnb": {"image": {"alt": "A plot"}}})
    cell.outputs = [nbformat.v4.new_output("display_data", output)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    cells = [nbformat.v4.new_markdown_cell("# Output"), cell]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}))


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    page = HEAD + PAGE
    for title, code in FOLDED:
        options = f"mystnb:\n  code_prompt_show: '{title}'\n" if title else ""
        page += f"\n```{{code-cell}} python\n---\ntags: [hide-cell]\n{options}---\n{code}\n```\n"
    models = pd.DataFrame({"parameters": ["1,000,101", "90"]}, index=["LSTM", "bag of words"])
    styled = models.rename_axis(index="name", columns="model").style.set_table_attributes('class="wide"')
    files = {
        "conf.py": CONF,
        "index.md": page,
        "a.svg": SIZED.format(30.3, 60),
        "references.bib": "".join(f"@misc{{{k}, author={{A B}}, title={{{k}}}}}\n" for k in ("first", "second")),
        "deeper/figure.ipynb": notebook({"image/svg+xml": SIZED.format(30, 15.1)}),
        "deeper/table.ipynb": notebook({"text/html": styled.to_html()}),
        "_static/small.css": "/* A link:\n\n see below. */a { color: red; }",
        "_static/large.css": "a { color: red; }" * 2000,
        "_static/drawn.css": "a { background: url(a.svg); }",
    }
    return built(tmp_path_factory.mktemp("page"), files)


@pytest.mark.parametrize("label", ["", '<span id="files"></span>'])
def test_how_a_page_was_run_leaves_its_text_for_the_drawer(label):
    head = f'<section id="how-this-page-was-run">\n{label}<h2>How this page was run<a>¶</a></h2>'
    context = {
        "body": f"<section><h1>A</h1>\n{head}\n<p>It ran.</p>\n</section>\n</section>\n<p>end</p>",
        "toc": "How this page was run",
    }
    page_module.set_apart(None, "a", "page.html", context, None)
    assert context["body"].split() == ["<section><h1>A</h1>", "</section>", "<p>end</p>"]
    assert context["made"] == f"{label}\n<p>It ran.</p>\n"
    assert context["toc"] == "How this page was made"
    page_module.set_apart(None, "b", "page.html", without := {"body": "<p>How this page was run</p>"}, None)
    assert without == {"body": "<p>How this page was run</p>"}


def test_sources_are_items_of_a_list(text):
    page = text("index.html")
    assert (page.count('role="list"'), page.count('role="listitem"'), page.count("doc-biblioentry")) == (1, 2, 0)
    assert page.count("<div") == page.count("</div>")


def test_a_folded_cell_is_labelled_by_its_title_or_its_checks(text):
    folds = re.findall(r'<details class="hide ([^"]*)">\s*<summary>(.*?)</summary>', text("index.html"))
    assert [re.sub("</?span>", "", label) for _, label in folds] == list(FOLDED.values())
    assert ["quiet" in classes for classes, _ in folds] == [
        label.startswith("✓") or label == "Code: imports" for label in FOLDED.values()
    ]


def test_an_image_has_its_size_unless_the_page_gives_it_one(text):
    large, small = re.findall("<img [^>]*alt=.A [^>]*>", text("index.html"))
    (figure,) = re.findall('<img [^>]*alt="A plot"[^>]*>', text("deeper/figure.html"))
    assert 'width="40"' in large and 'height="80"' in large  # 30.3 and 60 points
    assert 'width="40"' in figure and 'height="20"' in figure  # 30 and 15.1 points
    assert "height" not in small


def test_a_table_keeps_its_class_and_the_head_of_its_first_column(text):
    table = r'cell_output.*?<table [^>]*class="wide"[^>]*>\s*<thead>(.*?)</thead>'
    (head,) = re.findall(table, text("deeper/table.html"), re.DOTALL)
    assert re.findall(r"<th[^>]*>(.*?)</th>", head) == ["model", "parameters", "name"]
    assert re.findall(r"<td[^>]*>(.*?)</td>", head) == ["&nbsp;"]  # a heading that says nothing is a cell


@pytest.mark.parametrize("name", ["index.html", "deeper/figure.html"])
def test_small_style_sheets_stand_in_the_page_without_comments(text, name):
    page = text(name)
    linked = re.findall(r'<link [^>]*rel="stylesheet"[^>]*href="[^"]*_static/([\w.-]+\.css)', page)
    assert "<style>a { color: red; }</style>" in page and "small.css" not in linked
    assert {"large.css", "drawn.css"} <= set(linked)
    assert "prefers-color-scheme: dark" in page  # what the theme adds to the colours of code at the end


def test_the_policy_lets_run_just_the_scripts_of_the_templates():
    page, ours = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.html", "fonts.html"))
    theme = (Path(furo.__file__).parent / "theme" / "furo" / "base.html").read_text(encoding="utf-8")
    scripts = re.findall("<script>(.*?)</script>", theme + ours, re.DOTALL)
    hashes = {f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts}
    (allowed,) = re.findall('script-src ([^;"]*)', page)
    assert set(allowed.split()) == {"'self'", "'wasm-unsafe-eval'", *hashes}


CONF_OF_FACTS = """
extensions = ["myst_nb", "sphinx_design", "page", "glue"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
nb_execution_mode = "off"
suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language
templates_path = ["_templates"]
"""
TIMES = """# Index

| page |
|---|
| {thumbnail}`cell` [B](b.md), {minutes}`b` min to read, {exercise_minutes}`b` of exercises |
| {thumbnail}`b` C, {minutes}`deep/` h to read, {exercise_minutes}`deep/` of exercises |

```{toctree}
b
deep/c
deep/d
```
"""
HOURS = "# C\n\n" + "word " * 12_000 + "\n\n*Build · hard · 150 minutes.*\n"  # 60 and 150 minutes
EXERCISES = "\n\n## Exercises\n\n"
for number, minutes in enumerate([5, 20], start=1):
    EXERCISES += f"### {number}. Think\n\n*Predict · easy · {minutes} minutes.* {'word ' * 500}\n\n"
THREE_MINUTES = [
    "word " * 600,
    "```python\n" + "x = f(y, z)\n\n" * 26 + "```\n",
    "$$\na + b + c + d + e\n$$\n\n" * 4,
    f"```{{widget}} phrase\n{'word ' * 500}\n```\n",
    "word " * 600 + EXERCISES,
    "word $a + b + c$ " * 300,
    f":::{{dropdown}} Fold\n{'word ' * 500}\n:::\n\n" + "word " * 600,
    "```{code-cell} python\n:tags: [hide-input]\n\n" + "word = 1\n" * 500 + "```\n" + "word " * 600,
]


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    times = "{{ meta.minutes if meta }}</i><b>{{ meta.exercise_minutes if meta }}"
    head = f'{{% extends "!page.html" %}}{{% block body %}}<i>{times}</b>{{{{ super() }}}}{{% endblock %}}'
    kernel = HEAD.replace("---\n\n", "orphan: true\n---\n\n")
    files = {f"{k}.md": f"{kernel}# Words\n\n{words}\n" for k, words in enumerate(THREE_MINUTES)}
    b = f"# B\n\n![A figure](figure.svg)\n\n{'word ' * 400}{EXERCISES}"
    files |= {"conf.py": CONF_OF_FACTS, "index.md": TIMES, "b.md": b, "figure.svg": SVG, "_templates/page.html": head}
    files |= dict.fromkeys(("_static/phrase/phrase.css", "_static/widgets/widgets.css"), "")
    files |= {"deep/c.md": HOURS, "deep/d.md": HOURS}
    files["_static/diagrams/cell.svg"] = SVG.replace('<circle r="1"/>', '<circle style="fill:var(--symbol-h)"/>')
    return built(tmp_path_factory.mktemp("parts"), files)


@pytest.mark.parametrize("address", ["_static/thumbnails/cell.svg", "_images/figure.svg"])
def test_a_thumbnail_is_a_diagram_or_the_first_figure_of_a_page(facts, address):
    image = f'<img class="thumbnail" src="{address}" alt="" loading="lazy" width="96" height="64">'
    assert image in facts("index.html") and "</svg>" in facts(address)


def test_the_thumbnail_of_a_diagram_has_the_light_colours(facts):
    drawn = facts("_static/thumbnails/cell.svg")
    assert SYMBOL_COLOURS["h"][0] in drawn and "var(" not in drawn
    ElementTree.fromstring(drawn)
    for file in (EXTENSIONS.parent / "_static" / "diagrams").glob("*.svg"):
        assert "var(" not in diagrams.in_light_colours(file.read_text(encoding="utf-8"))


def test_another_page_and_the_template_show_the_minutes_of_a_page(facts):
    assert "2 min to read, 25 of exercises" in (index := facts("index.html")) and "<i>2</i><b>25</b>" in facts("b.html")
    assert "2 h to read, 5 of exercises" in index


@pytest.mark.parametrize("number", range(len(THREE_MINUTES)))
def test_minutes_count_words_lines_equations_and_widgets_that_are_not_folded(facts, number):
    assert "<i>3</i>" in facts(f"{number}.html")
