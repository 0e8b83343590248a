"""What a page shows of other pages."""

from xml.etree import ElementTree

from docutils import nodes
from docutils.utils import new_document
from myst_nb.sphinx_ import HideCodeCellNode

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

from small_site import EXTENSIONS, SVG, build_here  # isort: skip
import notation
import site_parts

CONF = f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['myst_parser', 'site_parts']\n"
CONF += "myst_heading_anchors = 3\ntemplates_path = ['_templates']\n"


def write(root, **pages):
    diagrams = root / "docs" / "_static" / "diagrams"
    diagrams.mkdir(parents=True)
    (diagrams / "cell.svg").write_text(SVG.replace('<circle r="1"/>', '<circle style="fill:var(--symbol-h)"/>'))
    (root / "docs" / "conf.py").write_text(CONF)
    (root / "docs" / "figure.svg").write_text(SVG)
    (root / "docs" / "_templates").mkdir()
    head = '{% extends "!page.html" %}{% block body %}<i>{{ minutes }}</i>{{ super() }}{% endblock %}'
    (root / "docs" / "_templates" / "page.html").write_text(head)
    for name, text in pages.items():
        (root / "docs" / f"{name}.md").write_text(text)


def test_a_thumbnail_is_the_first_figure_of_a_page_or_a_diagram_in_light_colours(tmp_path):
    index = "# A\n\n| page |\n|---|\n| {thumbnail}`cell` [B](b.md) |\n| {thumbnail}`b` C |\n\n```{toctree}\nb\n```\n"
    write(tmp_path, index=index, b="# B\n\n![A figure](figure.svg)\n")
    done = build_here(tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html" / "index.html").read_text()
    for address in ("_static/thumbnails/cell.svg", "_images/figure.svg"):
        assert f'<img class="thumbnail" src="{address}" alt="" loading="lazy" width="96" height="64">' in page
        assert (tmp_path / "html" / address).is_file()
    drawn = (tmp_path / "html" / "_static" / "thumbnails" / "cell.svg").read_text()
    assert SYMBOL_COLOURS["h"][0] in drawn
    assert "var(" not in drawn
    ElementTree.fromstring(drawn)


def test_each_diagram_of_the_site_can_be_a_thumbnail():
    for file in (EXTENSIONS.parent / "_static" / "diagrams").glob("*.svg"):
        assert "var(" not in notation.in_light_colours(file.read_text(encoding="utf-8"))


def test_a_page_without_a_figure_is_a_fault_of_the_author(tmp_path):
    write(tmp_path, index="# A\n\n{thumbnail}`b`\n\n```{toctree}\nb\n```\n", b="# B\n")
    done = build_here(tmp_path)
    assert done.returncode != 0
    assert "no page with a figure and no diagram: b" in done.stderr


def test_the_minutes_of_a_page_are_given_to_its_template_and_to_other_pages(tmp_path):
    index = "# A\n\n{minutes}`b` minutes\n\n```{toctree}\nb\n```\n"
    write(tmp_path, index=index, b="# B\n\n" + "word " * 600)
    done = build_here(tmp_path)
    assert done.returncode == 0, done.stderr
    index, prose = ((tmp_path / "html" / f"{name}.html").read_text(encoding="utf-8") for name in ("index", "b"))
    assert "<i>3</i>" in prose and "<i></i>" in index and "<p>3 minutes</p>" in index


def test_the_minutes_of_a_page_count_what_is_not_folded_and_half_a_minute_an_equation():
    document = new_document("page")
    document += nodes.paragraph("", "word " * 290)
    document += nodes.literal_block("", "x = f(y)\n" * 3)
    document += nodes.math_block("", "a + b + c + d + e + f + g")
    document += nodes.paragraph("", "", nodes.math("", "a + b + c"))
    document += nodes.raw("", "raw " * 500, format="html")
    folded = nodes.paragraph("", "folded " * 500)
    document += [HideCodeCellNode("", folded.deepcopy()), nodes.container("", folded, classes=["sd-dropdown"])]
    assert site_parts.minutes(document) == 2
    document += nodes.paragraph("", "word " * 201)
    assert site_parts.minutes(document) == 3


def test_the_search_keeps_the_index_entries_of_pages_that_are_not_read_again(tmp_path):
    write(tmp_path, index="# A\n\n```{toctree}\nb\n```\n", b="# B\n\n```{index} ! zebra\n```\n\nProse.\n")
    for _ in range(2):
        assert build_here(tmp_path).returncode == 0
        assert '"indexentries":{"zebra":' in (tmp_path / "html" / "searchindex.js").read_text(encoding="utf-8")
        (tmp_path / "docs" / "index.md").write_text("# A\n\nOther prose.\n\n```{toctree}\nb\n```\n")
