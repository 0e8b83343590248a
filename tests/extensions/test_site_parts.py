from xml.etree import ElementTree

import pytest

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

from small_site import EXTENSIONS, HEAD, SVG, built  # isort: skip
import diagrams

CONF = """
extensions = ["myst_nb", "sphinx_design", "site_parts", "widgets"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
nb_execution_mode = "off"
suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language
templates_path = ["_templates"]
"""
INDEX = """# Index

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
def text(tmp_path_factory):
    times = "{{ meta.minutes if meta }}</i><b>{{ meta.exercise_minutes if meta }}"
    head = f'{{% extends "!page.html" %}}{{% block body %}}<i>{times}</b>{{{{ super() }}}}{{% endblock %}}'
    kernel = HEAD.replace("---\n\n", "orphan: true\n---\n\n")
    files = {f"{k}.md": f"{kernel}# Words\n\n{words}\n" for k, words in enumerate(THREE_MINUTES)}
    b = f"# B\n\n![A figure](figure.svg)\n\n{'word ' * 400}{EXERCISES}"
    files |= {"conf.py": CONF, "index.md": INDEX, "b.md": b, "figure.svg": SVG, "_templates/page.html": head}
    files |= dict.fromkeys(("_static/phrase/phrase.css", "_static/widgets/widgets.css"), "")
    files |= {"deep/c.md": HOURS, "deep/d.md": HOURS}
    files["_static/diagrams/cell.svg"] = SVG.replace('<circle r="1"/>', '<circle style="fill:var(--symbol-h)"/>')
    return built(tmp_path_factory.mktemp("parts"), files)


@pytest.mark.parametrize("address", ["_static/thumbnails/cell.svg", "_images/figure.svg"])
def test_a_thumbnail_is_a_diagram_or_the_first_figure_of_a_page(text, address):
    image = f'<img class="thumbnail" src="{address}" alt="" loading="lazy" width="96" height="64">'
    assert image in text("index.html") and "</svg>" in text(address)


def test_the_thumbnail_of_a_diagram_has_the_light_colours(text):
    drawn = text("_static/thumbnails/cell.svg")
    assert SYMBOL_COLOURS["h"][0] in drawn and "var(" not in drawn
    ElementTree.fromstring(drawn)
    for file in (EXTENSIONS.parent / "_static" / "diagrams").glob("*.svg"):
        assert "var(" not in diagrams.in_light_colours(file.read_text(encoding="utf-8"))


def test_another_page_and_the_template_show_the_minutes_of_a_page(text):
    assert "2 min to read, 25 of exercises" in (index := text("index.html")) and "<i>2</i><b>25</b>" in text("b.html")
    assert "2 h to read, 5 of exercises" in index


@pytest.mark.parametrize("number", range(len(THREE_MINUTES)))
def test_minutes_count_words_lines_equations_and_widgets_that_are_not_folded(text, number):
    assert "<i>3</i>" in text(f"{number}.html")
