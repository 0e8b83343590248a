"""The extension that puts explorers and the sliders over a gradient into pages."""

import base64
import html
import json
import re
import shutil

import pytest

from rnn_tutorial.explorer import NETWORKS

from builds import CONF, EXTENSIONS, ToySite  # isort: skip

PACKAGE = f"sys.path.insert(0, {str(EXTENSIONS.parents[1])!r})\n"
READER = "---\norphan: true\n---\n\n# Other\n\n```{{explorer}} {network}\n:label: It reads\n{options}\n```\n"


def glued(**files):
    """Write the cell of a page that hands files over."""
    contents = {name: base64.b64encode(content).decode() for name, content in files.items()}
    glue = "".join(f"glue('explorer/{name}', {content!r}, display=False)\n" for name, content in contents.items())
    return f"from myst_nb import glue\n{glue}"


STYLES = ["widgets/widgets", "explorer/explorer", "gradient-norms/gradient-norms"]


class ExplorerSite(ToySite):
    """A toy site whose first page hands files over, and whose other page, in a folder, shows an explorer."""

    FILES = {"vocabulary.txt": b"the\nfilm\n", "lstm.safetensors": b"\x00\xff<>", "samples.json": b'[{"title": "a \'<b>\'"}]'}  # fmt: skip # noqa: E501, RUF012

    def __init__(self, root, network="lstm", options="", **files):
        super().__init__(root)
        self.write(
            "docs/conf.py", CONF.replace('"fresh_outputs"', '"explorer"') + PACKAGE + 'explorer_page = "index"\n'
        )
        self.page(code=glued(**(self.FILES | files)))
        (root / "docs" / "more").mkdir()
        (root / "docs" / "more" / "other.md").write_text(READER.format(network=network, options=options))

    @property
    def other(self):
        return (self.root / "html" / "more" / "other.html").read_text(encoding="utf-8")

    def data(self, name):
        """Give an attribute of the place where the explorer will be."""
        (place,) = re.findall(r'<div class="explorer[^>]*>', self.other)
        found = re.search(rf' data-{name}="([^"]*)"', place)
        return html.unescape(found[1]) if found else None


def test_an_explorer_knows_where_its_files_are_and_they_are_there(tmp_path):
    site = ExplorerSite(tmp_path, options=':show: words curve\n:controls: text\n:text: good & <bad> "film"')
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert [site.data(name) for name in ("network", "label", "show", "controls", "text")] == [
        "lstm", "It reads", "words curve", "text", 'good & <bad> "film"'
    ]  # fmt: skip
    files = json.loads(site.data("files"))
    assert set(files) == {"vocabulary", "lstm"}
    for (name, file), key in zip(site.FILES.items(), ("vocabulary", "lstm"), strict=False):
        assert files[key]["bytes"] == len(file)
        address, _, version = files[key]["url"].partition("?v=")
        assert re.fullmatch("[0-9a-f]{8}", version)
        assert address == f"../_static/explorer/{name}"
        assert (tmp_path / "html" / "more" / address).read_bytes() == file
    assert json.loads(site.data("samples")) == [{"title": "a '<b>'"}]
    assert "That needs JavaScript" in site.other
    assert "localhost:8000/more/other.html" in site.other
    assert files["lstm"]["title"] == "LSTM"
    assert [name for name in STYLES if f"{name}.css" in site.other] == ["widgets/widgets", "explorer/explorer"]
    assert [name for name in STYLES if f"{name}.css" in site.html] == []


def test_where_a_reader_chooses_the_networks_are_those_of_the_package_with_their_titles(tmp_path):
    site = ExplorerSite(tmp_path, options=":controls: network", **{f"{name}.safetensors": b"" for name in NETWORKS})
    assert site.build().returncode == 0
    titles = {name: file.get("title") for name, file in json.loads(site.data("files")).items() if name != "vocabulary"}
    assert list(titles) == list(NETWORKS)
    assert titles == {"bag_of_words": "Bag of words", "simple_rnn": "Simple RNN", "lstm": "LSTM"}


def test_the_sliders_over_a_gradient_have_their_file_beside_their_module(tmp_path):
    site = ExplorerSite(tmp_path, **{"gradient-norms.safetensors": b"numbers"})
    (tmp_path / "docs" / "more" / "other.md").write_text(
        "---\norphan: true\n---\n\n# Other\n\n```{gradient-norms}\n```\n"
    )
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = re.findall(r'<div class="gradient-norms[^>]* data-file="([^"]*)"', site.other)
    address = json.loads(html.unescape(file))["url"].partition("?")[0]
    assert address == "../_static/gradient-norms/gradient-norms.safetensors"
    assert (tmp_path / "html" / "more" / address).read_bytes() == b"numbers"
    assert [name for name in STYLES if f"{name}.css" in site.other] == [
        "widgets/widgets", "gradient-norms/gradient-norms"
    ]  # fmt: skip


def test_a_page_with_an_explorer_is_written_again_when_the_networks_are_trained_again(tmp_path):
    site = ExplorerSite(tmp_path)
    assert site.build().returncode == 0
    before = json.loads(site.data("files"))
    site.page(code=glued(**(site.FILES | {"lstm.safetensors": b"trained again"})))
    assert site.build().returncode == 0
    after = json.loads(site.data("files"))
    assert after["vocabulary"] == before["vocabulary"]
    assert after["lstm"]["url"] != before["lstm"]["url"]
    assert (tmp_path / "html" / "_static" / "explorer" / "lstm.safetensors").read_bytes() == b"trained again"


def test_files_that_are_gone_come_back_without_a_page_being_run(tmp_path):
    site = ExplorerSite(tmp_path)
    assert site.build().returncode == 0
    shutil.rmtree(tmp_path / "html" / "_static")
    assert site.build().returncode == 0
    assert site.runs == 1
    assert (tmp_path / "html" / "_static" / "explorer" / "lstm.safetensors").read_bytes() == site.FILES["lstm.safetensors"]  # fmt: skip # noqa: E501


@pytest.mark.parametrize(
    ("network", "options", "says"),
    [
        ("gru", "", f"expected the network {' or '.join(NETWORKS)}, got gru"),
        ("lstm", ":show: words gates", "expected some of words, curve, unrolled, units, unit, gradient, got gates"),
        ("lstm", ":controls: sliders", "expected some of text, network, shuffle, padding, got sliders"),
        ("simple_rnn", "", "no page glues explorer/simple_rnn.safetensors"),
        ("lstm", ":controls: network", "no page glues explorer/bag_of_words.safetensors"),
    ],
)
def test_an_explorer_that_cannot_work_fails_the_build(tmp_path, network, options, says):
    done = ExplorerSite(tmp_path, network, options).build()
    assert done.returncode != 0
    assert says in done.stdout + done.stderr


def test_an_explorer_without_a_name_fails_the_build(tmp_path):
    site = ExplorerSite(tmp_path)
    other = tmp_path / "docs" / "more" / "other.md"
    other.write_text(other.read_text().replace(":label: It reads\n", ""))
    done = site.build()
    assert done.returncode != 0
    assert "The explorer needs a :label:" in done.stdout + done.stderr
