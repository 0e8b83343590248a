"""The extension that shows a page's picture beside its name."""

from xml.etree import ElementTree

from rnn_tutorial.colours import SYMBOL_COLOURS

from small_site import EXTENSIONS, SVG, build_here  # isort: skip
import thumbnails

CONF = f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['myst_parser', 'thumbnails']\n"


def write(root, **pages):
    diagrams = root / "docs" / "_static" / "diagrams"
    diagrams.mkdir(parents=True)
    (diagrams / "cell.svg").write_text(SVG.replace('<circle r="1"/>', '<circle style="fill:var(--symbol-h)"/>'))
    (root / "docs" / "conf.py").write_text(CONF)
    (root / "docs" / "figure.svg").write_text(SVG)
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
        assert "var(" not in thumbnails.in_light_colours(file.read_text(encoding="utf-8"))


def test_a_page_without_a_figure_is_a_fault_of_the_author(tmp_path):
    write(tmp_path, index="# A\n\n{thumbnail}`b`\n\n```{toctree}\nb\n```\n", b="# B\n")
    done = build_here(tmp_path)
    assert done.returncode != 0
    assert "no page with a figure and no diagram: b" in done.stderr
