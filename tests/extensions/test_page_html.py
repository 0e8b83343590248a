"""The extension that finishes the HTML of each page."""

import re

import nbformat
import pandas as pd
import pytest
from docutils import nodes
from docutils.utils import new_document

from small_site import EXTENSIONS, DiagramSite, build_here  # isort: skip
import page_html


def test_a_heading_that_says_nothing_becomes_a_cell_and_others_stay():
    document = new_document("page")
    document += nodes.raw(
        "", '<th class="blank level0" >&nbsp;</th><th></th><th>word</th><thead>\n</thead>', format="html"
    )
    page_html.mend_tables(None, document)
    assert document.astext() == '<td class="blank level0" >&nbsp;</td><td></td><th>word</th><thead>\n</thead>'


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=hit()>.csv", '<td onclick="hit()">', "<unknown> a < b", "a</style>", "a<script>"]
)
def test_a_cell_of_a_table_shows_what_is_in_it_as_text(text):
    table = pd.DataFrame({text: ["&amp;", text]}, [text, "b"]).style
    mended = page_html.with_text_in_cells(table.to_html())
    assert mended == table.to_html().replace(text, text.replace("<", "&lt;"))
    escaped = table.format(escape="html").format_index(escape="html").format_index(escape="html", axis=1).to_html()
    assert page_html.with_text_in_cells(escaped) == escaped


PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
---

# Page

```{toctree}
deeper/one
deeper/two
deeper/table
```

By {cite:t}`first` and {cite:t}`second`.

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

```{code-cell} python
:tags: [hide-input]

assert 1 < 2
both = claim("it is so", 3, above=2)
if both:
    assert 2 < 3, "assert that"
```

```{bibliography}
```
"""
CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "sphinxcontrib.bibtex", "page_html"]
bibtex_bibfiles = ["references.bib"]
nb_execution_mode = "off"
nb_code_prompt_show = "Code"
suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language
html_theme = "furo"
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
"""


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{}pt" height="{}pt"></svg>'
WIDE, NARROW = SVG.format(30, 15.1), SVG.format(18, 24)


def figure(metadata):
    """Return a notebook whose one cell put out a figure."""
    return notebook({"image/svg+xml": WIDE}, metadata)


def table():
    """Return a notebook whose one cell put out a table that readers can sort."""
    models = pd.DataFrame({"parameters": ["1,000,101", "90"]}, index=["LSTM", "bag of words"])
    styled = models.rename_axis(columns="model").style.set_table_attributes('class="sortable"')
    return notebook({"text/html": styled.to_html()})


def notebook(output, metadata=None):
    """Return a notebook of one cell with this output."""
    cell = nbformat.v4.new_code_cell("figure", metadata={"mystnb": {"image": {"alt": "A plot"}}})
    cell.outputs = [nbformat.v4.new_output("display_data", output, metadata=metadata or {})]
    head = nbformat.v4.new_markdown_cell("# Output")
    return nbformat.writes(nbformat.v4.new_notebook(cells=[head, cell], metadata={"kernelspec": KERNEL}))


KERNEL = {"name": "python3", "display_name": "Python 3"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the built site of a page with sources, images and a folded cell."""
    site = DiagramSite(tmp_path_factory.mktemp("page_html"))
    site.write("conf.py", CONF)
    site.write("a.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="30.3pt" height="60pt"></svg>')
    site.write("references.bib", "".join(f"@misc{{{k}, author={{A B}}, title={{{k}}}}}\n" for k in ("first", "second")))
    site.write("index.md", PAGE)
    site.write("deeper/two.ipynb", figure({"image/svg+xml": {"narrow": NARROW}}))
    site.write("deeper/one.ipynb", figure({}))
    site.write("deeper/table.ipynb", table())
    done = build_here(site.root)
    assert done.returncode == 0, done.stderr
    return site


def test_sources_are_items_of_a_list(site):
    assert site.html.count('role="list"') == 1
    assert site.html.count('role="listitem"') == 2
    assert "doc-biblioentry" not in site.html
    assert site.html.count("<div") == site.html.count("</div>")


def test_a_folded_cell_is_called_what_stands_on_it(site):
    assert "<summary>The answer &lt; 43</summary>" in site.html
    assert "aria-label" not in re.search("<details class=.hide.*?</details>", site.html, re.DOTALL)[0]


@pytest.mark.parametrize(
    ("prompt", "code", "name"),
    [
        ("Code", "assert x", "✓ Checked in this build (1 check)"),
        ("Checked in this build: equal to Keras", "  assert x", "✓ Checked in this build: equal to Keras (1 check)"),
        ("Checked in this build", "asserted = 1", "Checked in this build"),
        ("Code of a solution", "assert x", "Code of a solution"),
        ("Code", "x = 1  # assert", "Code"),
    ],
)
def test_a_folded_cell_that_checks_something_says_how_many_checks_it_has(site, prompt, code, name):
    assert "<summary>✓ Checked in this build (3 checks)</summary>" in site.html
    assert page_html.name_of_folded(prompt, "Code", code) == name


def test_an_image_has_its_room_unless_the_page_gives_it_one(site):
    large, small = re.findall("<img [^>]*alt=.A [^>]*>", site.html)
    assert 'width="40"' in large and 'height="80"' in large  # 30.3 and 60 points
    ratio = re.search(r'style="aspect-ratio: ([\d.]+) / ([\d.]+)"', large)
    assert float(ratio[1]) / float(ratio[2]) == pytest.approx(30.3 / 60)
    assert "height" not in small


def test_a_figure_with_a_narrow_one_is_a_picture_that_keeps_room_for_either(site):
    page = (site.root / "html" / "deeper" / "two.html").read_text(encoding="utf-8")
    (picture,) = re.findall("<picture>.*?</picture>", page, re.DOTALL)
    source, image = (
        dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) for tag in re.findall("<(?:source|img) [^>]*>", picture)
    )
    for file, content in ((source["srcset"], NARROW), (image["src"], WIDE)):
        assert (site.root / "html" / "deeper" / file).read_text(encoding="utf-8") == content
    assert source["media"] == page_html.PHONE
    assert (source["width"], source["height"]) == ("24", "32")  # 18 and 24 points
    assert (image["alt"], image["width"], image["height"]) == ("A plot", "40", "20")
    wide, narrow = re.fullmatch(
        r"aspect-ratio: ([\d.]+ / [\d.]+); --narrow: ([\d.]+ / [\d.]+)", image["style"]
    ).groups()
    for ratio, (width, height) in ((wide, (30, 15.1)), (narrow, (18, 24))):
        across, up = map(float, ratio.split(" / "))
        assert across / up == pytest.approx(width / height)


def test_the_style_sheet_gives_a_phone_the_narrow_ratio_where_it_gets_the_narrow_figure():
    style = (EXTENSIONS.parent / "_static" / "custom.css").read_text(encoding="utf-8")
    assert f"@media {page_html.PHONE} {{ picture img {{ aspect-ratio: var(--narrow) !important; }} }}" in style


def test_a_figure_that_is_alone_is_an_image(site):
    page = (site.root / "html" / "deeper" / "one.html").read_text(encoding="utf-8")
    assert "<picture" not in page and page.count('alt="A plot"') == 1


def test_a_table_keeps_the_class_that_makes_it_sortable_and_the_head_of_its_first_column(site):
    page = (site.root / "html" / "deeper" / "table.html").read_text(encoding="utf-8")
    (head,) = re.findall(r'cell_output.*?<table [^>]*class="sortable"[^>]*>\s*<thead>(.*?)</thead>', page, re.DOTALL)
    assert re.findall(r"<th[^>]*>(.*?)</th>", head) == ["model", "parameters"]


def test_a_page_that_is_written_again_keeps_its_narrow_figure(site):
    for file in (site.root / "html" / "_images").iterdir():
        file.unlink()
    (site.root / "html" / "deeper" / "two.html").unlink()
    assert build_here(site.root).returncode == 0  # Sphinx reads the page from its own cache
    page = (site.root / "html" / "deeper" / "two.html").read_text(encoding="utf-8")
    (file,) = re.findall('srcset="([^"]*)"', page)
    assert (site.root / "html" / "deeper" / file).read_text(encoding="utf-8") == NARROW


def test_small_style_sheets_stand_in_the_page_and_follow_their_files(tmp_path):
    (tmp_path / "small.css").write_text("a { color: red; }")
    (tmp_path / "large.css").write_text("a { color: red; }" * 2000)
    (tmp_path / "drawn.css").write_text("a { background: url(a.svg); }")
    links = [
        f'<link rel="stylesheet" type="text/css" href="../_static/{name}.css?v=1" />'
        for name in ("small", "large", "drawn", "missing")
    ]
    page = page_html.with_styles("".join(links), tmp_path)
    assert page == '<style data-file="small.css">a { color: red; }</style>' + "".join(links[1:])
    (tmp_path / "small.css").write_text("a { color: blue; }")
    assert page_html.with_styles(page, tmp_path) == page.replace(
        "a { color: red; }</style>", "a { color: blue; }</style>"
    )


def test_a_style_sheet_loses_its_comments_and_its_indentation_and_no_rule():
    style = "/* A box:\n\n   see below. */\n\n.box a,\n.box b {\n  margin: 0 1em; /* no more */\n}\n"
    style += "/**/@media print { .box { left: 0 } }\n"
    assert page_html.bare(style) == ".box a,\n.box b {\nmargin: 0 1em;\n}\n@media print { .box { left: 0 } }"


def test_the_colours_that_the_theme_adds_for_dark_pages_stand_in_the_page_too(site):
    (code,) = re.findall(r'<style data-file="pygments.css">(.*?)</style>', site.html, re.DOTALL)
    assert code == page_html.bare((site.root / "html" / "_static" / "pygments.css").read_text(encoding="utf-8"))
    assert "prefers-color-scheme: dark" in code
