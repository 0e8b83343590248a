import posixpath
import re
from pathlib import Path

from rnn_tutorial.pages.colours import SYMBOL_COLOURS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TEXTS = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
READING_ORDER = {
    folder: re.findall(r"^[a-z-]+$", TEXTS[f"{folder}/index.md"].partition("```{toctree}")[2], re.MULTILINE)
    for folder in ("theory", "sentiment", "series", "language")
}
PAGES = {f"{folder}/{name}": TEXTS[f"{folder}/{name}.md"] for folder, names in READING_ORDER.items() for name in names}
# The pages of sentiment have few equations, and open code where it is short.
THEORY = {name: page for name, page in PAGES.items() if not name.startswith("sentiment/")}
GLOSSARY = re.search(r"```{glossary}\n(.*?)```", TEXTS["reference/glossary.md"], re.DOTALL)[1]
REFERENCES = re.split(r"^@", (DOCS / "references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]

EQUATION = re.compile(r"^```{math}\n:label: (?P<label>[\w-]+)\n.*?^```\n", re.MULTILINE | re.DOTALL)
HOME = {match: page for page, text in TEXTS.items() for match in re.findall(r"^:label: (\S+)$", text, re.MULTILINE)}
REFERENCE = re.compile(r"\{eq\}`(?P<label>[^`]+)`(?=(?P<behind>.{0,200}))", re.DOTALL)
LINK = re.compile(r"\]\((?P<page>[^)#]+)(#[^)]*)?\)")
PLOT = re.compile(
    r"^    alt: (?P<alt>.*)\n  figure:\n    name: (?P<name>fig-[a-z-]+)\n    caption: >-\n"
    r"(?P<caption>(?: {6}.*\n)+)---\n",
    re.MULTILINE,
)
DIAGRAM = re.compile(
    r"^```{diagram} [\w-]+\n:name: (?P<name>fig-[a-z-]+)\n(?::.*\n)*\n?(?P<caption>(?:(?!```).*\n)+)```\n", re.MULTILINE
)
CELL = re.compile(r"^```{code-cell} python\n(.*?)^```", re.MULTILINE | re.DOTALL)
DRAWS = re.compile(r"^(?:\w+ = )?(?:ladder|lines|scores|plane|reading)\(", re.MULTILINE)
EXERCISE = re.compile(r"^### (?:\d+\.|Write) .*?(?=^### |^## |^\([\w-]+\)=|\Z)", re.MULTILINE | re.DOTALL)


def test_the_section_of_an_equation_names_the_code_that_computes_it():
    sections = [part for page in THEORY.values() for part in re.split(r"^(?=#{2,3} )", page, flags=re.MULTILINE)]
    named = re.compile(r"{py:(class|func|meth|data)}`[^`]*rnn_tutorial\.")
    shown = [(match["label"], bool(named.search(part))) for part in sections for match in EQUATION.finditer(part)]
    assert len(shown) > 50 and [label for label, has_code in shown if not has_code] == []


def test_an_equation_of_another_page_is_followed_by_a_link_to_it():
    """The equations of each page count from 1, so a number alone does not tell which one is meant."""
    shown = [(page, match) for page, text in TEXTS.items() for match in REFERENCE.finditer(text)]
    foreign = [(page, match) for page, match in shown if HOME[match["label"]] != page]
    nameless = []
    for page, match in foreign:
        link = LINK.search(match["behind"])
        there = link and posixpath.normpath(posixpath.join(posixpath.dirname(page), link["page"]))
        if there != HOME[match["label"]]:
            nameless.append((page, match["label"]))
    assert nameless == []
    assert len(foreign) > 25


def test_every_figure_has_a_name_a_caption_and_a_text_instead():
    for name, page in PAGES.items():
        found = [*PLOT.finditer(page), *DIAGRAM.finditer(page)]
        assert len(found) == page.count("\n    alt: ") + page.count("\n```{diagram} "), name
        for figure in found:
            caption = re.sub(r"95 %|{glue:text}`[^`]*`", "", figure["caption"])
            assert caption.strip().endswith("."), (name, caption)
            # a measured number in a caption is not checked
            assert re.findall(r"\d*\.\d+|\d+ ?%", caption) == [], (name, caption)
        assert [figure["name"] for figure in PLOT.finditer(page) if len(figure["alt"]) < 40] == [], name


def test_a_cell_has_a_text_instead_if_it_draws():
    cells = [(name, cell) for name, page in THEORY.items() for cell in CELL.findall(page)]
    assert [(name, cell) for name, cell in cells if bool(DRAWS.search(cell)) != ("    alt: " in cell)] == []


def test_an_open_cell_is_a_lesson_of_at_most_20_lines():
    for name, page in THEORY.items():
        lines = []
        for cell in CELL.findall(page):
            code = re.sub(r"\A(---\n.*?^---\n|(:[^\n]*\n)*)", "", cell, flags=re.MULTILINE | re.DOTALL)
            if "hide-" not in cell.removesuffix(code):
                lines.append(sum(map(bool, code.splitlines())))
        assert 0 < max(lines) <= 20, name


def test_each_exercise_says_how_long_it_takes():
    """The site sums what they say."""
    said = re.compile(r"^\*\w[^*]* · (easy|medium|hard) · \d+ minutes\.\*", re.MULTILINE)
    assert [each for page in PAGES.values() for each in EXERCISE.findall(page) if not said.search(each)] == []


def test_a_page_has_at_least_three_exercises_with_checked_solutions():
    for name, page in THEORY.items():
        exercises = EXERCISE.findall(page)
        assert len(exercises) >= 3, name
        for exercise in exercises:
            if "```{write}" in exercise:
                continue  # tests/exercises has its solution and its slips
            folds = re.findall(r":::{dropdown} (Hint|Solution)", exercise)
            checked = [cell for cell in CELL.findall(exercise) if re.search(r"assert |claim\(", cell)]
            assert folds == ["Hint", "Solution"] and any("tags: [hide-cell]" in cell for cell in checked), exercise


def test_a_page_says_it_in_short_and_how_it_was_run():
    said = {
        name: (page.count("**In short.**"), page.count("## How this page was run")) for name, page in THEORY.items()
    }
    assert said == dict.fromkeys(THEORY, (1, 1))


def test_the_glossary_is_in_alphabetical_order():
    first_terms = [entry.split("\n")[0].lower() for entry in GLOSSARY.split("\n\n")]
    assert first_terms == sorted(first_terms)


def test_the_notation_lists_every_symbol_that_has_a_colour():
    symbols = [f"{name}_t" for name in SYMBOL_COLOURS if len(name) == 1] + [r"\tilde{c}_t", r"\tilde{h}_t"]
    assert len(symbols) > 8
    assert [symbol for symbol in symbols if f"${symbol}$" not in TEXTS["reference/notation.md"]] == []


def test_a_source_has_a_doi_or_a_stable_address():
    address = re.compile(r"^  (doi = {10\.\d{4,}/|url = {https://)[^\s{}]+},?$", re.MULTILINE)
    assert len(REFERENCES) > 50 and [entry for entry in REFERENCES if not address.search(entry)] == []


def paragraphs(page):
    """Return a page's paragraphs in order, with the text of links and all code, equations and headings blanked out.

    What stands above the first section announces what is coming and explains nothing, so it is left out, except for the
    index markers. A link's text leads to its explanation by itself.
    """
    head, heading, body = re.sub(r"\A---\n.*?^---\n", "", page, flags=re.MULTILINE | re.DOTALL).partition("\n## ")
    markers = re.compile(r"^```{index} (.*)\n```$", re.MULTILINE)
    text = markers.sub(r"\1", "\n\n".join(markers.findall(head)) + heading + body)
    text = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\[[^\]]*\]\([^)]*\)|{[\w:]+}`[^`]*`|`[^`]*`|\$[^$]*\$", " ", text)
    text = re.sub(r"^#+ .*$|^:::.*$|^\|.*$", "", text, flags=re.MULTILINE)
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]


def test_no_term_is_used_before_it_is_explained():
    texts, early = [paragraph for page in THEORY.values() for paragraph in paragraphs(page)], []
    for entry in re.findall(r"(?:^\S.*\n)+(?=  )", GLOSSARY, re.MULTILINE):
        term = "(?:" + "|".join(map(re.escape, sorted(entry.splitlines(), key=len, reverse=True))) + ")(?:s|es)?"
        bold = re.compile(rf"\*\*(?:the )?{term}\*\*|(?:^|, )! {term}(?=,|$)", re.IGNORECASE)
        used = re.compile(rf"(?<![\w-]){term}(?![\w-])", re.IGNORECASE)
        explained = next((k for k, text in enumerate(texts) if bold.search(text)), 0)
        if any(used.search(text) for text in texts[:explained] if text[0] != "!"):
            early.append(entry.splitlines()[0])
    assert early == []
