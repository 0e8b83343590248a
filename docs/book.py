"""Make a PDF and an ePub of the built site, ``build/book/rnn_tutorial.pdf`` and ``.epub``, for ``nox -s book``.

Both have the pages of ``build/html`` without what needs a browser, all solutions at the end, and equations as SVG,
drawn from the TeX that ``_extensions/equations.py`` leaves beside them. PlutoPrint knows neither the page of a link nor
headings that keep with what follows: so it sets the PDF twice, the second time with the numbers that the first has
counted, and a heading reaches over some lines behind it. pypdf adds the bookmarks.
"""

import html
import re
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath

from bs4 import BeautifulSoup, Tag

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from equations import draw

SITE, BOOK = Path("build/html"), Path("build/book")
TEMPLATES = {path.name: path.read_text(encoding="utf-8") for path in Path(__file__).with_name("_book").iterdir()}
TITLE = "Recurrent neural networks, explained by running them"
LOCAL = "The site, where <code>python3 -m http.server -d build/html</code> serves this build of it"
OF_REFERENCE = ("notation", "glossary", "keras", "checklist", "pytorch", "bibliography")
PARTS = ("theory", "series", "sentiment", "language", "explorer", *(f"reference/{page}" for page in OF_REFERENCE))
FOOT, HEAD = 62.3, 785.3  # of a page of the PDF; what begins one has an entry at the foot of the page before, too
KINDS = {"css": "text/css", "png": "image/png", "svg": "image/svg+xml", "xhtml": "application/xhtml+xml"}
HEADING, UNBROKEN = re.compile("^h[1-6]$"), "figure, table, .highlight"
DROPPED = (
    'section:has(> h2:-soup-contains("How this page was run")), .sd-summary-state-marker, .headerlink, .page-head,'
    " .made, .live-bar, .exercise-state, .exercise-ask, .toctree-wrapper, .thumbnail, details.checks, details.quiet,"
    " button, details.of-output, style, script, template, [class$=-hint], [role=status], output"
)
NEEDS = re.compile(r"That needs JavaScript, and a page that comes from a web server:.*?</code>\.\s*(?=</p>)", re.DOTALL)


def anchor(page: str, place: str = "") -> str:
    """Return the name of a page, or of a place in it, that is unique in the book."""
    return re.sub(r"[^\w.-]", "-", f"{page}..{place}", flags=re.ASCII)


def without_tags(text: str) -> str:
    """Return HTML as text."""
    return re.sub("<[^>]*>", "", text).strip()


def keep_headings(soup: BeautifulSoup) -> None:
    """Put each heading whose next block no page breaks into one box with it; the style sheet keeps all others."""
    for heading in soup.select("h1, h2, h3, h4, h5, h6, .box-title"):
        behind = heading.find_next_sibling() or soup.new_tag("p")
        if HEADING.match(behind.name):
            heading["class"] = "before-heading"
        elif behind.css.match(f"{UNBROKEN}, :has({UNBROKEN})"):
            heading.wrap(soup.new_tag("div", attrs={"class": "kept"})).append(behind.extract())


class Book:
    """The chapters as HTML, by the names of their pages; ``<i>page …</i>`` stands for the number of a page."""

    def __init__(self) -> None:
        """Read the site."""
        home, cff = (path.read_text(encoding="utf-8") for path in (SITE / "index.html", Path("CITATION.cff")))
        address = re.search(r'<link rel="canonical" href="([^"]*)index.html"', home)
        self.address, made = (address[1], "The site") if address else ("http://localhost:8000/", LOCAL)
        facts = dict(re.findall(r"^([\w-]+): (\S+)$", cff, re.MULTILINE))
        self.facts = {**facts, "title": TITLE, "address": self.address, "made": made}
        colours = (SITE / "_static" / "symbols.css").read_text(encoding="utf-8").partition("}")[0]
        self.colours = dict(re.findall(r"--symbol-(\w+): (#\w+)", colours))
        code = re.findall(r"^\.highlight \.\w+ \{ color.*", (SITE / "_static/pygments.css").read_text(), re.MULTILINE)
        symbols = [f".symbol-{name} {{ color: {colour} }}" for name, colour in self.colours.items()]
        self.style = "\n".join([*code, *symbols, TEMPLATES["book.css"]])
        self.kept, self.equations = list[str](), dict[str, tuple[str, bool]]()  # what is put back at the end
        self.solved, self.names = dict[str, str](), dict[str, str]()  # solutions by pages; other names of headings
        listed = re.findall(r'<li class="toctree-l[12][^>]*><a class="reference internal" href="([^"#]*)\.html"', home)
        self.pages = [page for part in PARTS for page in listed if part in (page, dirname(page))]
        self.chapters = {page: self.chapter(page) for page in self.pages}
        soup = BeautifulSoup(f'<h1 id="solutions..">Solutions</h1>{"".join(self.solved.values())}', "html.parser")
        keep_headings(soup)
        self.chapters = {"front": TEMPLATES["front.html"].format(**self.facts), **self.chapters, "solutions": str(soup)}
        drawn = draw(self.equations.values())
        kept = [drawn[self.equations[text]] if text in self.equations else text for text in self.kept]
        for page, text in self.chapters.items():
            text = re.sub(r"<i>kept (\d+)</i>", lambda match: kept[int(match[1])], text)
            self.chapters[page] = re.sub(r"var\(--symbol-(\w+)\)", lambda match: self.colours[match[1]], text)
        self.files = dict[str, str]()  # in which of the ePub's a place is
        for page, text in self.chapters.items():
            self.files |= dict.fromkeys(re.findall(r'<[^<>]* id="([^"]*)"', text), f"{anchor(page)}xhtml")

        def leads(match: re.Match[str]) -> str:  # to the place or, if that is left out, to its page
            name = self.names.get(match[1], match[1])
            return f'href="#{name if name in self.files else self.names[name[: name.index("..") + 2]]}"'

        self.chapters = {page: re.sub('href="#(.*?)"', leads, text) for page, text in self.chapters.items()}

    def chapter(self, page: str) -> str:
        """Return a page without what needs a browser; its solutions go to ``solved``."""
        text = (SITE / f"{page}.html").read_text(encoding="utf-8")
        text = re.search('<article role="main".*?</article>', text, re.DOTALL)[0]
        text = re.sub(r"<(mjx-container|svg|pre).*?</\1>", self.keep, text, flags=re.DOTALL)
        at = f"{self.address}{page}.html"
        soup = BeautifulSoup(NEEDS.sub(f'See <a href="{at}">{at}</a>.', text), "html.parser")

        def put(place: Tag, text: str, kind: str) -> None:
            place.replace_with(soup.new_tag("p", attrs={"class": kind}, string=text))

        for part in soup.select(DROPPED):
            part.extract()
        for form in soup.select("form.predict"):
            put(form, f"Predict: {form.label.get_text()}", "asked")
        for field in soup.select(".answer"):
            choices = ", ".join(choice.get_text() for choice in field.select("fieldset label"))
            asked = field.find(["legend", "label"]).get_text()
            put(field, f"Your answer: {asked}{': ' * bool(choices)}{choices}.", "asked")
        for fold in soup.select("details.hide:not(.solution > *)"):
            fold.replace_with(*fold.select(".cell_output"))  # without its code
        for fold in soup.select("details"):
            put(fold.summary, fold.summary.get_text(" ", strip=True), "box-title")
            fold.name, fold["class"] = "div", ["solution" if "solution" in fold["class"] else "box"]
        self.name_places(soup, page)
        for exercise in soup.select(".exercise:has(.solution)"):
            heading, solution = exercise.find(HEADING), exercise.select(".solution")
            self.solved.setdefault(page, f'<h2 id="solutions..{anchor(page)}">{soup.h1.decode_contents()}</h2>')
            of, name, title = heading["id"], f"{heading['id']}-solution", without_tags(heading.decode_contents())
            link = f'<p><a href="#{name}">Solution</a><i>page {name}</i></p>'
            solution[0].insert_before(BeautifulSoup(link, "html.parser"))
            self.solved[page] += f'<h3 id="{name}"><a href="#{of}">{title}</a><i>page {of}</i></h3>'
            for part in solution:
                self.solved[page] += part.extract().decode_contents().replace('<p class="box-title">Solution</p>', "")
        for part in soup.select("section, a.image-reference"):
            part.unwrap()
        keep_headings(soup)
        return soup.article.decode_contents()

    def keep(self, match: re.Match[str]) -> str:
        """Store an equation, a diagram or code, which need no parser, and return what stands for it."""
        text = match[0]
        if tex := re.search('alttext="([^"]*)"', text):
            self.equations[text] = html.unescape(tex[1]), 'display="true"' in text
        elif match[1] == "pre":
            text = re.sub(r"</?a\b[^>]*>", "", text)
        else:
            text = re.sub(r' (xmlns|id|data-[\w-]+|aria-(labelled|described)by)="[^"]*"', "", text)
            width = int(re.search(r' viewBox="0 0 (\d+)', text)[1]) / 20  # in letters, which all have one size then
            text = text.replace("<svg", f'<svg xmlns="http://www.w3.org/2000/svg" style="width: {width}em"', 1)
        self.kept.append(text)
        return f"<i>kept {len(self.kept) - 1}</i>"

    def name_places(self, soup: BeautifulSoup, page: str) -> None:
        """Give each place a name that is unique in the book, and each link and image its address."""
        for heading in soup.find_all(HEADING):
            section = heading.find_parent("section")
            if "id" in section.attrs and section.find(HEADING) is heading:
                heading["id"] = section.attrs.pop("id")
            while (before := heading.find_previous_sibling()) and before.name == "span" and not before.get_text():
                self.names[anchor(page, before.extract()["id"])] = anchor(page, heading["id"])
        self.names[anchor(page)] = anchor(page, soup.h1["id"])
        seen = set[str]()
        for tag in soup.find_all(True):
            for name in [name for name in tag.attrs if re.match("data-|aria-desc|title|loading|border", name)]:
                del tag[name]
            if name := tag.attrs.pop("id", ""):
                tag.attrs |= {"id": anchor(page, name)} if name not in seen else {}
                seen.add(name)
            if tag.name == "img":
                tag["src"] = normpath(join(dirname(page), tag["src"]))
            if tag.name == "a" and not re.match("[a-z]+:", tag.get("href", "x:")):
                path, _, place = tag["href"].partition("#")
                target = normpath(join(dirname(page), path)).removesuffix(".html") if path else page
                outside = f"{self.address}{target}.html{'#' * bool(place)}{place}"
                tag["href"] = f"#{anchor(target, place)}" if target in self.pages else outside

    def marks(self) -> Iterator[tuple[int, str, str]]:
        """Yield the level, the title and the name of each part, chapter and section."""
        for page, text in self.chapters.items():
            if page == f"reference/{OF_REFERENCE[0]}":
                yield 1, "Reference", self.names[anchor(page)]
            top = 1 if page.endswith("index") or "/" not in page else 2
            for depth, name, title in re.findall(r'<h([12])[^>]* id="([^"]*)"[^>]*>(.*?)</h[12]>', text, re.DOTALL):
                yield top if depth == "1" else 3, without_tags(title), name

    def write_pdf(self, path: Path) -> None:
        """Set the book until its page numbers are those that it shows, twice, and add the bookmarks."""
        import plutoprint
        from pypdf import PdfReader, PdfWriter

        row = '<p class="contents-{0}"><a href="#{2}">{1}<span>{3}</span></a></p>'
        marks, numbers, counted = list(self.marks())[1:], {"": 0}, dict[str, int]()  # without the front
        while numbers != counted:
            numbers = counted
            rows = "".join(row.format(*mark, numbers.get(mark[2], 0)) for mark in marks)
            chapters = {"front": self.chapters["front"], "contents": f"<h1>Contents</h1>{rows}", **self.chapters}
            text = "".join(f'<div class="chapter">{text}</div>' for text in chapters.values())
            text = re.sub("<i>page (.*?)</i>", lambda match, now=numbers: f", page {now.get(match[1], 0)}", text)
            text = f'<!doctype html><html lang="en"><style>{self.style}</style><body>{text}</body></html>'
            text = re.sub('(?<=[("])(?=_static/|_images/)', f"{SITE.resolve().as_uri()}/", text)
            (BOOK / "book.html").write_text(text, encoding="utf-8")
            book = plutoprint.Book(plutoprint.PAGE_SIZE_A4, plutoprint.PAGE_MARGINS_NONE)
            book.load_url(str(BOOK / "book.html"))
            book.write_to_pdf(str(path))
            reader = PdfReader(path)
            pages = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, 1)}
            names = reader.trailer["/Root"]["/Names"]["/Dests"]["/Names"]
            pairs = zip(names[-2::-2], names[::-2], strict=True)  # from behind, for the first one counts
            places = {name: place for name, place in pairs if FOOT < place[3] < HEAD}
            counted = {name: pages[place[0].idnum] for name, place in places.items()}
        names[:] = [part for name in sorted(places) for part in (name, places[name])]
        writer, above = PdfWriter(clone_from=reader), list[tuple[int, object]]([(0, None)])
        for level, title, name in marks:
            above = [mark for mark in above if mark[0] < level]
            mark = {"title": html.unescape(title), "page_number": numbers[name] - 1, "parent": above[-1][1]}
            above.append((level, writer.add_outline_item(**mark)))
        writer.add_metadata({"/Title": TITLE, "/Author": "The rnn_tutorial authors"})
        writer.page_mode = "/UseOutlines"
        writer.write(path)

    def write_epub(self, path: Path) -> None:
        """Write the chapters and their images as an ePub."""
        contents = ""
        for level, title, name in self.marks():
            link = f'<li><a href="#{name}">{title}</a>'
            contents += {1: f"</ol></li>{link}<ol>", 2: f"{link}</li>"}.get(level, "")
        contents = f"{contents.removeprefix('</ol></li>')}</ol></li>".replace("<ol></ol>", "")
        nav = f'<nav epub:type="toc"><h1>Contents</h1><ol>{contents}</ol></nav>'
        files, items, spine = {"book.css": self.style.partition("/* paper */")[0].encode()}, "", ""
        for page, text in {**self.chapters, "contents": nav}.items():
            title, text = without_tags(text[: text.index("</h1>")]), re.sub("<i>page .*?</i>", "", text)
            text = re.sub('href="#(.*?)"', lambda match: f'href="{self.files[match[1]]}#{match[1]}"', text)
            text = TEMPLATES["page.xhtml"].format(title=title, body=text)
            for name in re.findall(' src="(_images/.*?)"', text):
                files[name] = re.sub(rb"<!DOCTYPE[^>]*>", b"", (SITE / name).read_bytes(), count=1)  # none in an ePub
            files[f"{anchor(page)}xhtml"] = text.encode()
        for name, content in files.items():
            has = "nav" * (b"<nav" in content) or "svg" * (name.endswith("xhtml") and b"<svg" in content)
            kind = f'media-type="{KINDS[name.rpartition(".")[2]]}"{f" properties={has!r}" * bool(has)}'
            items += f'<item id="{anchor(name)}" href="{name}" {kind}/>'
            spine += f'<itemref idref="{anchor(name)}"/>' * name.endswith("xhtml")
        files["package.opf"] = TEMPLATES["package.opf"].format(**self.facts, items=items, spine=spine).encode()
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("mimetype"), "application/epub+zip")
            archive.writestr(zipfile.ZipInfo("META-INF/container.xml"), TEMPLATES["container.xml"])
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(f"book/{name}"), content, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    BOOK.mkdir(exist_ok=True)
    start = time.perf_counter()
    book = Book()
    print(f"{len(book.pages)} pages of the site read, {time.perf_counter() - start:.1f} s")
    for kind in sys.argv[1:] or ("epub", "pdf"):
        path = BOOK / f"rnn_tutorial.{kind}"
        getattr(book, f"write_{kind}")(path)
        print(f"{path}, {path.stat().st_size / 1e6:.1f} MB, {time.perf_counter() - start:.1f} s", flush=True)
