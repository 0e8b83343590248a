"""The extension that puts diagrams into pages."""

import re
from xml.etree import ElementTree

import pytest

from rnn_tutorial.colours import SYMBOL_COLOURS

from small_site import EXTENSIONS, NAMES, SVG, DiagramSite, build_here, parts  # isort: skip
import diagrams


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


class Site(DiagramSite):
    """A site of a page with two diagrams, of which one has a caption and a number."""

    def __init__(self, root):
        super().__init__(root)
        self.write(
            "index.md",
            "# Page\n\n```{diagram} cell\n:name: fig-it\n:show: path\n:description: A path, and $no$ math.\n\n"
            "The state $h_t$, *drawn*.\n```\n\n```{diagram} cell\n```\n\nSee {numref}`fig-it`.\n",
        )

    def build(self):
        return build_here(self.root)


def test_a_page_holds_its_diagrams_with_captions_and_numbers_and_follows_their_files(tmp_path):
    site = Site(tmp_path)
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
    assert re.search(r"The state <span [^>]*><mjx-container .*symbol-h", caption)
    assert '<span class="caption-number">Fig. 1 </span>' in caption
    assert re.match(r'<figure [^>]*id="fig-it">', first)
    assert re.search(r'See <a [^>]*href="#fig-it"><span[^>]*>Fig. 1</span></a>', site.html)
    assert "opacity" not in second
    assert "<figcaption>" not in second

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
    site = Site(tmp_path)
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
    assert set(re.findall(r"var\(--symbol-([^)]*)\)", text)) <= SYMBOL_COLOURS.keys()
    for paint in re.findall(r'(?:fill|stroke)(?:="|:)\s*([^";]*)', text):
        assert paint in ("none", "currentColor") or paint.startswith("var(--"), paint
