"""An equation of another page is named with its page, because the equations of each page count from 1."""

import posixpath
import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {file.relative_to(DOCS).as_posix(): file.read_text(encoding="utf-8") for file in sorted(DOCS.rglob("*.md"))}
HOME = {label: page for page, text in PAGES.items() for label in re.findall(r"^:label: (\S+)$", text, re.MULTILINE)}
SHOWN = re.compile(r"\{eq\}`(?P<label>[^`]+)`(?=(?P<behind>.{0,200}))", re.DOTALL)
LINK = re.compile(r"\]\((?P<page>[^)#]+)(#[^)]*)?\)")


def test_an_equation_of_another_page_is_followed_by_a_link_to_that_page():
    nameless, others = [], 0
    for page, text in PAGES.items():
        for match in SHOWN.finditer(text):
            if (home := HOME[match["label"]]) == page:
                continue
            others += 1
            link = LINK.search(match["behind"])
            if link is None or posixpath.normpath(posixpath.join(posixpath.dirname(page), link["page"])) != home:
                nameless.append((page, match["label"]))
    assert nameless == []
    assert others > 25
