import re
import zipfile
from xml.etree import ElementTree

import pytest

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

from small_site import EXTENSIONS, NAMES, SVG, built, refused  # isort: skip
import diagrams


@pytest.mark.parametrize(("description", "expected"), [(None, "A gate and a path."), (r"f < 1 & \1, <b>said</b>",) * 2])
def test_a_diagram_is_whole_named_and_described(description, expected):
    shown = diagrams.inline(SVG, "diagram-7", description)
    if not description:
        assert re.sub(r' (id|aria-labelledby|aria-describedby)="[^"]*"', "", shown) == SVG
    root = ElementTree.fromstring(shown)
    title, desc = root.find("svg:title", NAMES), root.find("svg:desc", NAMES)
    assert (title.text, " ".join(desc.text.split())) == ("A cell", expected)
    assert root.get("aria-labelledby") == title.get("id") == "diagram-7-title"
    assert root.get("aria-describedby") == desc.get("id") == "diagram-7-desc"
    assert sum("id" in element.attrib for element in root.iter()) == 2


CONF = """
extensions = ["myst_parser", "diagrams", "equations"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "equations"
numfig = True
"""
FILES = {"conf.py": CONF, "_static/diagrams/cell.svg": SVG}
INDEX = """# Page

```{diagram} cell
:name: fig-it
:description: A path, and $no$ math.
:beside:

The state $h_t$, *drawn*.
```

```{diagram} cell
```

See {numref}`fig-it`.
"""


def test_a_page_has_its_diagrams_with_captions_and_numbers(tmp_path):
    text = built(tmp_path, FILES | {"index.md": INDEX})
    first, second = re.findall('<figure class="[^"]*diagram.*?</figure>', text("index.html"), re.DOTALL)
    for number, figure in enumerate((first, second)):
        root = ElementTree.fromstring(re.search("<svg.*</svg>", figure, re.DOTALL)[0])
        assert root.get("aria-labelledby") == f"diagram-{number}-title"
    assert re.search('<figure class="[^"]*\\bbeside', first) and "beside" not in second
    assert ">A path, and $no$ math.</desc>" in first
    caption = re.search("<figcaption>.*</figcaption>", first, re.DOTALL)[0]
    assert '<span class="caption-number">Fig. 1 </span>' in caption and "<em>drawn</em>" in caption
    assert re.search(r"The state <span [^>]*><mjx-container .*symbol-h", caption)
    assert re.search(r'See <a [^>]*href="#fig-it"><span[^>]*>Fig. 1</span></a>', text("index.html"))
    assert "<figcaption>" not in second


def test_an_archive_has_the_named_figures_of_all_pages_as_on_a_light_page(tmp_path):
    plot = "```{figure} _static/diagrams/cell.svg\n:name: fig-plot\n\nA plot.\n```\n"
    other = f"---\norphan: true\n---\n\n# Other\n\n{plot}"
    built(tmp_path, FILES | {"index.md": INDEX, "other.md": other})
    with zipfile.ZipFile(tmp_path / "html" / "figures.zip") as archive:
        assert archive.namelist() == ["fig-it.svg", "fig-plot.svg"]
        drawn = ElementTree.fromstring(archive.read("fig-it.svg"))
        assert archive.read("fig-plot.svg").decode() == SVG
    assert (drawn.get("width"), drawn.get("color"), drawn.get("font-family")) == ("100", "#333333", "sans-serif")
    assert (drawn.get("height"), drawn[0].get("width"), drawn[0].get("fill")) == ("80", "100%", "#ffffff")


def test_the_style_sheet_has_every_symbol_for_light_and_dark_pages(tmp_path):
    sheet = built(tmp_path, FILES | {"index.md": "# Page\n"})("_static/symbols.css")
    light, dark = (" ".join(f"--symbol-{name}: {pair[k]};" for name, pair in SYMBOL_COLOURS.items()) for k in (0, 1))
    assert f"body {{ {light} }}\nbody[data-theme='dark'] {{ {dark} }}\n" in sheet
    assert f"@media (prefers-color-scheme: dark) {{ body:not([data-theme='light']) {{ {dark} }} }}\n" in sheet
    assert all(f".symbol-{name} {{ color: var(--symbol-{name}); }}\n" in sheet for name in SYMBOL_COLOURS)


@pytest.mark.parametrize(
    ("directive", "says"),
    [
        ("sell\n", "sell.svg: .*No such file"),
        ("cell\n\nOne paragraph.\n\nTwo.\n", "cell.svg: the caption is not one paragraph"),
    ],
)
def test_a_diagram_that_cannot_be_shown_fails_the_build(tmp_path, directive, says):
    told = refused(tmp_path, FILES | {"index.md": f"# Page\n\n```{{diagram}} {directive}```\n"})
    assert re.search(rf"index\.md:3: ERROR: {says}", told)


DRAWN = sorted((EXTENSIONS.parent / "_static" / "diagrams").glob("*.svg"))


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: file.stem)
def test_each_diagram_can_be_put_into_any_page_in_its_colours_and_fits_a_phone(file):
    text = file.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert all(root.find(f"svg:{name}", NAMES).text.strip() for name in ("title", "desc"))
    assert not [element.tag for element in root.iter() if "id" in element.attrib]  # ids meet others on a page
    without_namespace = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    for elsewhere in ("href", "http", "url(", "@import", "<script", "<style"):
        assert elsewhere not in without_namespace
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (left, top) == (0, 0) and 0 < width <= 420 and height > 0
    assert {"width", "height"}.isdisjoint(root.attrib)
    assert set(re.findall(r"var\(--symbol-([^)]*)\)", text)) <= SYMBOL_COLOURS.keys()
    for paint in re.findall(r'(?:fill|stroke)(?:="|:)\s*([^";]*)', text):
        assert paint in ("none", "currentColor") or paint.startswith("var(--"), paint
