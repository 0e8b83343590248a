"""The extension that says how to cite the project and its pages."""

import datetime
import html
import re

import pytest
from pybtex.database import parse_string

from small_site import EXTENSIONS, DiagramSite, build_here  # isort: skip
import citing

SPEC = citing.Project("rnn_tutorial: 100 % & #1", ["The A & B authors"], "0.2.0", datetime.date(2026, 11, 24))


def test_an_entry_holds_title_authors_version_date_and_address():
    (entry,) = parse_string(citing.bibtex(SPEC, "some_key", url="https://a.org/x_y%20/"), "bibtex").entries.values()
    assert (entry.key, entry.type) == ("some_key", "misc")
    assert dict(entry.fields) == {
        "title": r"{rnn\_tutorial: 100 \% \& \#1}",
        "note": "Version 0.2.0, 2026-11-24",
        "year": "2026",
        "url": "https://a.org/x_y%20/",  # as it is, for BibLaTeX takes it so
    }
    (author,) = entry.persons["author"]
    assert author.last_names == [r"{The A \& B authors}"]


def test_an_entry_of_a_page_names_the_project_too():
    (entry,) = parse_string(citing.bibtex(SPEC, "key", "σ_t – 1 & only"), "bibtex").entries.values()
    assert entry.fields["title"] == r"{σ\_t – 1 \& only}"
    assert entry.fields["howpublished"] == r"In \emph{rnn\_tutorial: 100 \% \& \#1}"
    assert "url" not in entry.fields


def test_plain_text_says_the_same():
    assert citing.plain(SPEC) == "The A & B authors. rnn_tutorial: 100 % & #1. Version 0.2.0, 2026-11-24."
    assert citing.plain(SPEC, "A page", "https://a.org/p.html") == (
        "The A & B authors. A page. In: rnn_tutorial: 100 % & #1. Version 0.2.0, 2026-11-24. https://a.org/p.html"
    )


def test_a_key_is_made_of_letters_digits_and_underscores():
    assert citing.key("0.2.0") == "rnn_tutorial_0_2_0"
    assert citing.key("0.2.0", "theory/vanishing-gradients") == "rnn_tutorial_0_2_0_theory_vanishing_gradients"


def test_pages_are_in_reading_order_without_those_that_lead_to_others():
    includes = {"index": ["b/index", "a/index", "z"], "b/index": ["b/2", "b/1"], "a/index": ["a/1", "b/1"], "z": []}
    assert citing.pages_in_reading_order(includes, "index") == ["b/2", "b/1", "a/1", "z"]


CFF = """cff-version: 1.2.0
title: "A tutorial"
authors:
  - name: The authors
  - family-names: Elman
    given-names: Jeffrey L.
date-released: 2026-11-24
"""


def test_authors_may_be_people(tmp_path):
    file = tmp_path / "CITATION.cff"
    file.write_text(CFF)
    project = citing.read_project(file, "1.0")
    assert project == citing.Project(
        "A tutorial", ["The authors", "Elman, Jeffrey L."], "1.0", datetime.date(2026, 11, 24)
    )
    (entry,) = parse_string(citing.bibtex(project, "key"), "bibtex").entries.values()
    assert [author.last_names for author in entry.persons["author"]] == [["{The authors}"], ["Elman"]]
    file.write_text("title: A tutorial\n")
    with pytest.raises(ValueError) as caught:
        citing.read_project(file, "1.0")
    assert str(caught.value) == "CITATION.cff has no authors, date-released"


class CitedSite(DiagramSite):
    """A site of two sections, whose pages are cited on a third."""

    CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "sphinx_design", "citing"]
templates_path = ["_templates"]
"""

    def __init__(self, root):
        self.root = root
        self.write("conf.py", self.CONF)
        self.write("../CITATION.cff", CFF)
        self.write(
            "_templates/layout.html",
            '{% extends "!layout.html" %}{% block footer %}<i>{{ cite_url }}</i>{% endblock %}',
        )
        self.page("index", "Home", "b/index", "a/index", "citing")
        self.page("a/index", "Section A", "one")
        self.page("b/index", "Section B", "one")
        self.page("a/one", "The *first* & the last")
        self.page("b/one", "Another")
        self.write("citing.md", "# Cite\n\n```{citations} project\n```\n\n```{citations} pages\n```\n")

    def page(self, name, title, *below):
        toctree = "\n".join(["", "```{toctree}", *below, "```", ""]) if below else ""
        self.write(f"{name}.md", f"# {title}\n\nText.\n{toctree}")

    def build(self, release="0.2.0", address=""):
        done = build_here(self.root, release=release, html_baseurl=address)
        assert done.returncode == 0, done.stderr

    @property
    def text(self):
        return (self.root / "html" / "citing.html").read_text(encoding="utf-8")

    def blocks(self, language):
        found = re.findall(rf'<div class="highlight-{language} [^"]*"><div class="highlight"><pre>(.*?)</pre>', self.text, re.S)  # fmt: skip # noqa: E501
        return [html.unescape(re.sub("<[^>]*>", "", block)).strip() for block in found]

    def cite_url(self, page):
        return re.search("<i>(.*?)</i>", (self.root / "html" / f"{page}.html").read_text(encoding="utf-8"))[1]


@pytest.fixture(scope="module")
def cited_site(tmp_path_factory):
    site = CitedSite(tmp_path_factory.mktemp("cited"))
    site.build()
    return site


def test_the_site_cites_the_project_and_its_pages_and_follows_titles_version_address_and_date(cited_site):
    site = cited_site
    site.build()
    entries = parse_string("\n".join(site.blocks("bibtex")), "bibtex").entries
    assert list(entries) == [
        "rnn_tutorial_0_2_0",
        "rnn_tutorial_0_2_0_b_one",
        "rnn_tutorial_0_2_0_a_one",
        "rnn_tutorial_0_2_0_citing",
    ]
    titles = [entry.fields["title"] for entry in entries.values()]
    assert titles == ["{A tutorial}", "{Another}", r"{The first \& the last}", "{Cite}"]
    assert not [entry for entry in entries.values() if "url" in entry.fields]
    assert len(site.blocks("text")) == 4
    assert "https" not in "".join(site.blocks("text"))
    assert site.text.count(citing.NO_ADDRESS) == 1
    assert [html.unescape(title) for title in re.findall('sd-summary-text">(.*?)<', site.text)] == [
        "Another",
        "The first & the last",
        "Cite",
    ]

    site.page("b/one", "A new title")
    site.build()
    assert "A new title" in site.blocks("text")[1]

    site.write("../CITATION.cff", CFF.replace("2026-11-24", "2027-01-02"))
    site.build()
    assert all("Version 0.2.0, 2027-01-02" in block for block in site.blocks("bibtex") + site.blocks("text"))

    site.build(release="0.3.0", address="https://example.org/rnn")
    entries = parse_string("\n".join(site.blocks("bibtex")), "bibtex").entries
    assert entries["rnn_tutorial_0_3_0"].fields["url"] == "https://example.org/rnn"
    assert entries["rnn_tutorial_0_3_0_a_one"].fields["url"] == "https://example.org/rnn/a/one.html"
    assert site.blocks("text")[2].endswith(" https://example.org/rnn/a/one.html")
    assert citing.NO_ADDRESS not in site.text


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("a/one", "../citing.html#cite-a-one"),
        ("citing", "#cite-citing"),
        ("a/index", "../citing.html#cite-project"),
        ("index", "citing.html#cite-project"),
        ("search", "citing.html#cite-project"),
    ],
)
def test_each_page_links_to_its_entry_or_to_that_of_the_project(cited_site, page, link):
    assert cited_site.cite_url(page) == link
    assert cited_site.text.count(f'id="{link.partition("#")[2]}"') == 1


def test_a_site_that_cites_nothing_gives_its_templates_no_link(tmp_path):
    site = CitedSite(tmp_path)
    site.page("citing", "Cite")
    site.build()
    assert site.cite_url("index") == ""


def test_a_citation_that_cannot_be_written_is_told(tmp_path):
    site = CitedSite(tmp_path)
    site.write("citing.md", "# Cite\n\n```{citations} everything\n```\n")
    with pytest.raises(AssertionError, match='citing.md:3: ERROR: Nothing can be cited: "everything" unknown'):
        site.build()
    site.write("citing.md", "# Cite\n\n```{citations} project\n```\n")
    site.write("../CITATION.cff", "title: A tutorial\n")
    with pytest.raises(AssertionError, match=r"citing.md:3: ERROR: Nothing can be cited: CITATION.cff has no authors"):
        site.build()


def test_the_site_cites_what_its_citation_file_says():
    project = citing.read_project(EXTENSIONS.parents[1] / "CITATION.cff", "0")
    assert project.title.startswith("rnn_tutorial: ")
    assert project.authors == ["The rnn_tutorial authors"]
