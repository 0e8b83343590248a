"""The extensions that put explorers, the sliders over a gradient, and networks that train into pages."""

import base64
import html
import json
import re
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest

from rnn_tutorial.pages.widget_files import NETWORKS, gradient_norms_file
from rnn_tutorial.theory.cells import SimpleRNNCell
from rnn_tutorial.theory.gradients import gradient_norms_by_lag

from builds import CONF, EXTENSIONS, ToySite  # isort: skip
import stills

PACKAGE = f"sys.path.insert(0, {str(EXTENSIONS.parents[1])!r})\n"
READER = "---\norphan: true\n---\n\n# Other\n\n```{{explorer}} {network}\n{options}\n```\n"
TRAIN = "---\norphan: true\n---\n\n# Other\n\n```{{train}} {}\n```\n"
LABEL = ":label: It reads\n"


def glued(**files):
    """Write the cell of a page that hands files over."""
    contents = {name: base64.b64encode(content).decode() for name, content in files.items()}
    glue = "".join(f"glue('explorer/{name}', {content!r}, display=False)\n" for name, content in contents.items())
    return f"from myst_nb import glue\n{glue}"


STYLES = [
    f"{name}/{name}" for name in ("widgets", "explorer", "gradient-norms", "phrase", "train", "alignment", "writer")
]
CELL = SimpleRNNCell.random(inputs=6, units=4, seed=1, dtype="float64")
SYMBOLS = np.random.default_rng(1).integers(6, size=(3, 80))
NORMS = gradient_norms_file(CELL, SYMBOLS, np.ones((3, 4)))
PHRASE = {
    "fillers": ["so", "<it>"], "phrases": ["not bad", "not good"], "seen": [0, 2], "seeds": [101, 102], "first": 1,
    "networks": {"RNN & co": [[[0.1] * 3, [0.2] * 3], [[0.3, 0.4, 0.996], [0.6] * 3]]},
}  # fmt: skip


class ExplorerSite(ToySite):
    """A toy site whose first page hands files over, and whose other pages, in a folder, show explorers."""

    FILES = {"vocabulary.txt": b"the\nfilm\n", "lstm.safetensors": b"\x00\xff<>", "samples.json": b'[{"title": "a \'<b>\'"}]'}  # fmt: skip # noqa: E501, RUF012

    def __init__(self, root, **files):
        super().__init__(root)
        conf = CONF.replace('"fresh_outputs"', '"explorer"')
        self.write("docs/conf.py", conf + PACKAGE + 'explorer_page = "index"\n')
        self.page(code=glued(**(self.FILES | files)))

    def reader(self, page, network="lstm", options=LABEL):
        self.write(f"docs/more/{page}.md", READER.format(network=network, options=options))

    def text(self, page):
        return (self.root / "html" / "more" / f"{page}.html").read_text(encoding="utf-8")

    def data(self, page, name):
        """Give an attribute of the place where the explorer of a page will be."""
        (place,) = re.findall(r'<div class="explorer[^>]*>', self.text(page))
        found = re.search(rf' data-{name}="([^"]*)"', place)
        return html.unescape(found[1]) if found else None

    def styles(self, page):
        return [name for name in STYLES if f"{name}.css" in self.text(page)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a site of all networks, with an explorer of one, one of all, and the sliders."""
    files = {f"{name}.safetensors": b"" for name in NETWORKS} | ExplorerSite.FILES
    files["readings.json"] = b'[{"words": ["start", "good & <bad>"], "y": [0.5, 0.75]}]'
    site = ExplorerSite(tmp_path_factory.mktemp("explorers"), **files, **{"gradient-norms.safetensors": NORMS, "phrase.json": json.dumps(PHRASE).encode(), "alignment.safetensors": b"weights", "writer.safetensors": b"letters"})  # fmt: skip # noqa: E501
    site.reader("one", options=LABEL + ':show: curve\n:controls: text\n:text: good & <bad> "film"')
    site.reader("choice", options=LABEL + ":controls: network")
    site.write("docs/more/norms.md", "---\norphan: true\n---\n\n# Other\n\n```{gradient-norms}\n```\n")
    for page, kind in (("where", "alignment"), ("writes", "writer")):
        site.write(f"docs/more/{page}.md", f"---\norphan: true\n---\n\n# Other\n\n```{{{kind}}}\n```\n")
    site.write("docs/more/phrase.md", "---\norphan: true\n---\n\n# Other\n\n```{phrase}\n```\n")
    site.write("docs/more/words.md", TRAIN.format("same-words"))
    race = TRAIN.format("temporal-order\n:first: gru 4 2\n:second: simple_rnn 8\n:lag: 20")
    site.write("docs/more/race.md", race)
    site.write("docs/more/home.md", "---\norphan: true\n---\n\n# Home\n\n```{player}\nA still.\n```\n")
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    return site


def test_an_explorer_knows_where_its_files_are_and_they_are_there(site):
    assert [site.data("one", name) for name in ("network", "label", "show", "controls", "text")] == [
        "lstm", "It reads", "curve", "text", 'good & <bad> "film"'
    ]  # fmt: skip
    files = json.loads(site.data("one", "files"))
    assert set(files) == {"vocabulary", "lstm"}
    for (name, file), key in zip(site.FILES.items(), ("vocabulary", "lstm"), strict=False):
        assert files[key]["bytes"] == len(file)
        address, _, version = files[key]["url"].partition("?v=")
        assert re.fullmatch("[0-9a-f]{8}", version)
        assert address == f"../_static/explorer/{name}"
        assert (site.root / "html" / "more" / address).read_bytes() == file
    assert json.loads(site.data("one", "samples")) == [{"title": "a '<b>'"}]
    assert "That needs JavaScript" in site.text("one")
    assert "localhost:8000/more/one.html" in site.text("one")
    assert files["lstm"]["title"] == "LSTM"
    assert site.styles("one") == ["widgets/widgets", "explorer/explorer"]
    assert [name for name in STYLES if f"{name}.css" in site.html] == []


def test_where_a_reader_chooses_the_networks_are_those_of_the_package_with_their_titles(site):
    files = json.loads(site.data("choice", "files"))
    titles = {name: file.get("title") for name, file in files.items() if name != "vocabulary"}
    assert list(titles) == list(NETWORKS)
    assert titles == {"bag_of_words": "Bag of words", "simple_rnn": "Simple RNN", "lstm": "LSTM", "gru": "GRU"}


def test_a_player_has_its_readings_in_the_page_and_knows_where_the_network_is(site):
    (place,) = re.findall(r'<div class="player[^>]*>', site.text("home"))
    data = {name: json.loads(html.unescape(re.search(rf' data-{name}="([^"]*)"', place)[1])) for name in ("readings", "files")}  # fmt: skip # noqa: E501
    assert data["readings"] == [{"words": ["start", "good & <bad>"], "y": [0.5, 0.75]}]
    assert set(data["files"]) == {"vocabulary", "lstm"}
    assert "A still." in site.text("home")


@pytest.mark.parametrize(("page", "kind"), [("norms", "gradient-norms"), ("where", "alignment"), ("writes", "writer")])
def test_a_widget_with_a_file_of_its_own_has_its_address(site, page, kind):
    (file,) = re.findall(rf'<div class="{kind}[^>]* data-file="([^"]*)"', site.text(page))
    address = json.loads(html.unescape(file))["url"].partition("?")[0]
    assert address == f"../_static/explorer/{kind}.safetensors"
    assert (site.root / "html" / "more" / address).read_bytes() == {
        "norms": NORMS,
        "where": b"weights",
        "writes": b"letters",
    }[page]
    assert site.styles(page) == ["widgets/widgets", f"{kind}/{kind}"]


def test_a_network_that_trains_is_named_by_its_task(site):
    (task,) = re.findall(r'<div class="train[^>]* data-task="([^"]*)"', site.text("words"))
    assert task == "same-words"
    (race,) = re.findall(r'<div class="train[^>]*>', site.text("race"))
    for given in ('task="temporal-order"', 'first="gru 4 2"', 'second="simple_rnn 8"', 'lag="20"'):
        assert f" data-{given}" in race
    assert "Here you train two units" in site.text("words")
    assert site.styles("words") == ["widgets/widgets", "train/train"]


def test_files_that_are_gone_come_back_without_a_page_being_run(site):
    shutil.rmtree(site.root / "html" / "_static")
    assert site.build().returncode == 0
    assert site.runs == 1
    for name, file in site.FILES.items():
        assert (site.root / "html" / "_static" / "explorer" / name).read_bytes() == file


def test_a_page_with_an_explorer_is_written_again_when_the_networks_are_trained_again(tmp_path):
    site = ExplorerSite(tmp_path)
    site.reader("one")
    assert site.build().returncode == 0
    before = json.loads(site.data("one", "files"))
    site.page(code=glued(**(site.FILES | {"lstm.safetensors": b"trained again"})))
    assert site.build().returncode == 0
    after = json.loads(site.data("one", "files"))
    assert after["vocabulary"] == before["vocabulary"]
    assert after["lstm"]["url"] != before["lstm"]["url"]
    assert (tmp_path / "html" / "_static" / "explorer" / "lstm.safetensors").read_bytes() == b"trained again"


FAULTY = {
    "network": ("cnn", LABEL, f"expected the network {' or '.join(NETWORKS)}, got cnn"),
    "show": ("lstm", LABEL + ":show: gates", "some of curve, units, unit, gradient, why, cell, got gates"),
    "controls": ("lstm", LABEL + ":controls: sliders", "expected some of text, network, shuffle, padding, got sliders"),
    "missing": ("simple_rnn", LABEL, "no page glues explorer/simple_rnn.safetensors"),
    "choice": ("lstm", LABEL + ":controls: network", "no page glues explorer/bag_of_words.safetensors"),
    "label": ("lstm", "", "The explorer needs a :label:"),
}  # fmt: skip


def test_each_explorer_that_cannot_work_is_told_in_its_place_and_fails_the_build(tmp_path):
    site = ExplorerSite(tmp_path)
    for page, (network, options, _) in FAULTY.items():
        site.reader(page, network, options)
    for page, what in {"task": "chess", "race": "temporal-order", "cell": "temporal-order\n:first: lstm"}.items():
        site.write(f"docs/more/{page}.md", TRAIN.format(what))
    site.reader("right")
    done = site.build("--keep-going")
    assert done.returncode != 0
    told = re.split(r"^.*docs/more/(\w+)\.md:\d+: (?:ERROR|WARNING): ", done.stderr, flags=re.MULTILINE)[1:]
    by_page = {page: "".join(told[k + 1] for k in range(0, len(told), 2) if told[k] == page) for page in told[::2]}
    assert "expected the task same-words or temporal-order, got chess" in by_page.pop("task")
    assert "The race needs a :first: and a :second: network, and a :lag:" in by_page.pop("race")
    assert "expected a network such as simple_rnn 8 or lstm 8 3, got lstm" in by_page.pop("cell")
    assert by_page.keys() == FAULTY.keys()
    for page, (_, _, says) in FAULTY.items():
        assert says in by_page[page]
    for page in ("missing", "choice"):
        html = (tmp_path / "html" / "more" / f"{page}.html").read_text(encoding="utf-8")
        assert "[not available with these reviews]" in html and "data-network" not in html


def test_an_explorer_has_a_still_of_a_reading_where_it_cannot_run(site):
    (still,) = re.findall(r'<figure class="widget-still">.*?</figure>', site.text("one"), re.DOTALL)
    drawn = ElementTree.fromstring(still)
    texts = [text.text for text in drawn.iter("text")]
    assert texts == ["0 %", "50 %", "100 %", "start", "50 %", "good & <bad>", "75 %"]
    points = [point.split(",") for point in drawn.find(".//polyline").get("points").split()]
    assert float(points[1][0]) - float(points[0][0]) == pytest.approx(stills.WIDE / 4)
    assert drawn.find("svg").get("aria-label") == "After each word: start 50 %, good & <bad> 75 %"
    assert still in site.text("home")


def still_of(site, page):
    (still,) = re.findall(r'<figure class="widget-still">.*?</figure>', site.text(page), re.DOTALL)
    return ElementTree.fromstring(still)


def test_the_sliders_over_a_gradient_have_a_still_of_what_they_begin_with(site):
    drawn = still_of(site, "norms")
    inputs = np.eye(6)[SYMBOLS[:, -60:]]
    norms = gradient_norms_by_lag(SimpleRNNCell(CELL.W, 1.5 * CELL.U, CELL.b), inputs, np.ones((3, 4)))
    measured, bound = (
        [float(point.split(",")[1]) for point in line.get("points").split()] for line in drawn.iter("polyline")
    )
    # both begin at 1, and heights are logarithms
    scale = (bound[0] - bound[-1]) / (59 * np.log(1.5))
    assert measured[0] == bound[0]
    assert bound[0] - np.array(measured) == pytest.approx(scale * np.log(norms / norms[0]), abs=0.2)
    assert f"{norms[-1] / norms[0]:.2g} measured" in drawn.find("svg").get("aria-label")


def test_the_four_words_have_their_predictions_in_the_page_and_a_table_of_those_shown_first(site):
    (given,) = re.findall(r'<div class="phrase[^>]* data-predictions="([^"]*)"', site.text("phrase"))
    assert json.loads(html.unescape(given)) == PHRASE
    assert site.styles("phrase") == ["widgets/widgets", "phrase/phrase"]
    assert "Here you move four words" in site.text("phrase")
    drawn = still_of(site, "phrase")
    rows = [["".join(entry.itertext()) for entry in row] for row in drawn.iter("tr")]
    assert rows == [["Position", "RNN & co"], ["0•", "30 %"], ["1", "40 %"], ["2•", "100 %"]]
    assert "“not bad” in “so <it>”" in "".join(drawn.find("figcaption").itertext())


def test_four_words_without_predictions_are_told(tmp_path):
    site = ExplorerSite(tmp_path)
    for page, kind in (("where", "alignment"), ("writes", "writer")):
        site.write(f"docs/more/{page}.md", f"---\norphan: true\n---\n\n# Other\n\n```{{{kind}}}\n```\n")
    site.write("docs/more/phrase.md", "---\norphan: true\n---\n\n# Other\n\n```{phrase}\n```\n")
    done = site.build("--keep-going")
    assert done.returncode != 0
    assert "phrase.md:7: WARNING: no page glues explorer/phrase.json" in done.stderr
