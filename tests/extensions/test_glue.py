import html
import json
import re
from xml.etree import ElementTree

import pytest

from builds import HEAD, sphinx, write  # isort: skip
from small_site import Site  # isort: skip
import stills

CONF = """
extensions = ["myst_nb", "glue"]
nb_execution_mode = "cache"
widget_titles = {"lstm": "LSTM"}
"""
READINGS = b'[{"words": ["start", "good & <bad>"], "y": [0.5, 0.75]}]'
FILES = {"lstm.safetensors": b"\x00\xff<>", "words.txt": b"the\nfilm\n", "samples.json": b'[{"title": "a \'<b>\'"}]', "readings.json": READINGS}  # fmt: skip # noqa: E501
WIDGETS = {
    "all": """explorer
:files: explorer/lstm.safetensors explorer/words.txt
:inline: samples=explorer/samples.json
:start: lstm words
:controls: text
:text: good & <bad> "film"

Here it *reads*.""",
    "file": "writer\n:file: explorer/words.txt\n:still: explorer/readings.json\n\nOne.\n\nTwo.",
}
PHRASE = {
    "fillers": ["so", "<it>"], "phrases": ["not bad", "not good"], "seen": [0, 2], "seeds": [101, 102], "first": 1,
    "networks": {"RNN & co": [[[0.1] * 3, [0.2] * 3], [[0.3, 0.4, 0.996], [0.6] * 3]]},
}  # fmt: skip


LEAD = f"""{HEAD}# Alpha

Here {{glue:text}}`unsaid:.0f` {{glue:text}}`two:.0f` {{glue:text}}`certain:.0f` {{glue:text}}`three:.0f`

```{{code-cell}} python
from rnn_tutorial.claims import glue_numbers
glue_numbers(unsaid=1)
glue_numbers(two=2, seeds=[101, 102, 101])
glue_numbers(certain=3, seeds=())
glue_numbers(three=4, seeds=range(101, 104))
```

## Below

Here {{glue:text}}`unsaid:.0f` {{glue:text}}`two:.0f`
"""
ELSEWHERE = "{glue:text}`/alpha.md::two:.0f` {glue:text}`/alpha.md::three:.0f`\n\n"


class WidgetSite(Site):
    """A site whose first page glues files, and whose other pages, in a folder, show widgets."""

    def __init__(self, root, widgets):
        super().__init__(root, CONF)
        for name in ("explorer", "writer"):
            self.write(f"_static/{name}/{name}.css", "")
        for page, text in widgets.items():
            self.write(f"more/{page}.md", f"---\norphan: true\n---\n\n# Other\n\n```{{widget}} {text}\n```\n")
        glued = {f"explorer/{name}": content for name, content in FILES.items()}
        code = "from rnn_tutorial.pages.widget_files import glue_file\n"
        code += "".join(f"glue_file({name!r}, {content!r})\n" for name, content in glued.items())
        self.write("index.md", f"{HEAD}# Start\n\n```{{code-cell}} python\n{code}```\n")

    def data(self, page):
        (tag,) = re.findall(r'<div class="widget (?:explorer|writer)"[^>]*>', self.page(f"more/{page}"))
        return {name: html.unescape(value) for name, value in re.findall(r' data-([\w-]+)="([^"]*)"', tag)}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = WidgetSite(tmp_path_factory.mktemp("widgets"), WIDGETS)
    site.build()
    return site


def test_files_lie_in_the_site_alone(site):
    site.build("dirhtml")
    words = [site.root / builder / "_static" / "explorer" / "words.txt" for builder in ("html", "dirhtml")]
    assert [file.is_file() for file in words] == [True, False]


def test_options_become_data_with_files_as_json(site):
    data = site.data("all")
    files = json.loads(data.pop("files"))
    assert data.pop("kind") == "explorer"
    assert data == {"controls": "text", "text": 'good & <bad> "film"', "samples": FILES["samples.json"].decode()}
    about = [(name, file["bytes"], file.get("title")) for name, file in files.items()]
    assert about == [("lstm", 4, "LSTM"), ("words", 9, None)]
    assert json.loads(site.data("file")["file"]) == files["words"]


def test_the_address_of_a_file_leads_to_it(site):
    address, _, version = json.loads(site.data("file")["file"])["url"].partition("?v=")
    assert address == "../_static/explorer/words.txt" and re.fullmatch("[0-9a-f]{8}", version)
    assert (site.root / "html" / "more" / address).read_bytes() == FILES["words.txt"]


def test_a_page_has_the_styles_of_its_widgets_alone(site):
    pages = {page: site.page(page) for page in ("index", "more/all")}
    styles = ["widgets/widgets.css", "explorer/explorer.css", "writer/writer.css"]
    assert [[name in page for name in styles] for page in pages.values()] == [[False] * 3, [True, True, False]]


def test_the_content_shows_with_what_a_widget_needs_and_a_still(site):
    page, other = site.page("more/all"), site.page("more/file")
    assert '<p class="widget-missing">Here it <em>reads</em>. That needs JavaScript' in page
    assert "localhost:8000/more/all.html" in page
    assert '<button type="button" class="explorer-start" disabled>Run the network here (0.0 MB)</button>' in page
    assert "What you type stays there." in page and "widget-still" not in page
    assert re.search(r'<div class="widget-missing[^>]*>\s*<p>One.</p>\s*<p>Two.</p>\s*</div>\s*<figure', other)
    assert stills.reading(READINGS) in other and "That needs" not in other


def test_a_widget_that_cannot_work_is_told_in_its_place(tmp_path):
    faulty = {
        "folder": "chess\n\nHere.",
        "empty": "writer",
        "missing": "writer\n:file: explorer/words.txt\n:files: explorer/gone.txt\n\nHere.",
    }
    site = WidgetSite(tmp_path, faulty)
    told = dict(re.findall(r"more/(\w+)\.md:7: (?:ERROR|WARNING): (.*)", site.build(fails=True)))
    assert told.keys() == faulty.keys()
    assert "expected a folder of _static, and what shows without the widget" in told["folder"]
    assert told["missing"] == "no page glues explorer/gone.txt [glue]"
    assert "widget" not in site.page("more/missing").partition("<article")[2]


def test_a_reading_is_drawn_with_a_line_and_percent():
    drawn = ElementTree.fromstring(stills.reading(READINGS))
    texts = [text.text for text in drawn.iter("text")]
    assert texts == ["0 %", "50 %", "100 %", "start", "50 %", "good & <bad>", "75 %"]
    points = [point.split(",") for point in drawn.find(".//polyline").get("points").split()]
    assert float(points[1][0]) - float(points[0][0]) == pytest.approx(stills.WIDE / 4)
    assert drawn.find("svg").get("aria-label") == "After each word: start 50 %, good & <bad> 75 %"


def test_predictions_of_a_phrase_are_a_table_of_the_first_run():
    drawn = ElementTree.fromstring(stills.phrase(json.dumps(PHRASE).encode()))
    rows = [["".join(entry.itertext()) for entry in row] for row in drawn.iter("tr")]
    assert rows == [["Position", "RNN & co"], ["0•", "30 %"], ["1", "40 %"], ["2•", "100 %"]]
    assert "“not bad” in “so <it>”" in "".join(drawn.find("figcaption").itertext())


def test_stalled_trainings_are_a_list_of_their_results():
    told, lost = [["good <film>", 1], ["bad", 0]], [["<unknown> <unknown>", 1], ["<unknown>", 0]]
    cases = [["too small", [], [0.7, 4e-4, 1.4e-4, 0, told, 1]], ["lost", [], [0.69, 0.69, 0.07, 0.096, lost, 3e-6]]]
    drawn = ElementTree.fromstring(stills.detective(json.dumps({"cases": cases}).encode()))
    assert ["".join(entry.itertext()) for entry in drawn.iter("li")] == [
        "too small: loss 0.70; by heart 0.0004; first update 0.0001 of the weights; change by zeros 0; "
        "positive, negative; gradient left 1.",
        "lost: loss 0.69; by heart 0.7; first update 0.07 of the weights; change by zeros 0.1; "
        "unknown words, positive, negative; gradient left 3e-06.",
    ]
    assert "“good <film>”; “bad”" in "".join(drawn.find("figcaption").itertext())


def test_a_headline_needs_a_number_of_three_seeds_or_of_none(tmp_path):
    tree = "```{toctree}\nalpha\nbeta\ndeeper/index\n```\n"
    pages = {
        "alpha": LEAD,
        "index": f"# Start\n\n## Below\n\n{ELSEWHERE}{tree}",
        "deeper/index": f"# D\n\n## Below\n\n{ELSEWHERE}",
    }
    pages["beta"] = f"# B\n\n{ELSEWHERE}## Below\n\n{ELSEWHERE}"
    write(tmp_path / "docs", {"conf.py": CONF} | {f"{name}.md": page for name, page in pages.items()})
    done = sphinx(tmp_path, "--keep-going", "docs", "html", ends=1)
    told = re.findall(r"docs/(.*)\.md:(\d+): WARNING: a headline shows `(\w+)`, .* seeds=(.*?): ", done.stderr)
    assert told == [
        ("alpha", "10", "unsaid", "None"), ("alpha", "10", "two", "[101, 102]"), ("beta", "3", "two", "[101, 102]"),
        ("deeper/index", "5", "two", "[101, 102]"), ("index", "5", "two", "[101, 102]"),
    ]  # fmt: skip
