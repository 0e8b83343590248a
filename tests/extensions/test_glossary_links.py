"""The extension that links the glossary's terms where pages use them first."""

import re
from xml.etree import ElementTree

import pytest

from small_site import EXTENSIONS, build_here  # isort: skip
import glossary_links


class GlossarySite:
    """A site of a glossary, a page of docstrings, and a page that uses the glossary's terms."""

    CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "sphinx.ext.mathjax", "sphinx_design", "glossary_links"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
html_static_path = ["_static"]
"""
    GLOSSARY = """# Glossary

```{glossary}
state
  What a network keeps. It is $h_t$.

hidden state
  The "state" of *one*
  layer. More is said here.

gate
door
  It lets < through & closes? No.
```
"""

    def __init__(self, root):
        self.root = root
        for name, content in {
            "conf.py": self.CONF,
            "index.md": "# Index\n\n```{toctree}\nwords/glossary\npage\napi\n```\n\nNothing here.\n",
            "words/glossary.md": self.GLOSSARY,
            "api.md": "# API\n\nA gate.\n\n```{py:function} f()\nA state.\n```\n",
            "_static/glossary.css": "",
        }.items():
            self.write(name, content)

    def write(self, name, content):
        path = self.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def build(self):
        return build_here(self.root)

    def html(self, name="page"):
        return (self.root / "html" / f"{name}.html").read_text(encoding="utf-8")

    def links(self, name="page"):
        """Give the text of each linked term, the anchor that it leads to, and its meaning."""
        elements = re.findall(r"<a [^>]*\bglossary-term\b.*?</a>", self.html(name), re.DOTALL)
        roots = [ElementTree.fromstring(element) for element in elements]
        return [(root.text, root.get("href"), root.get("aria-description")) for root in roots]


STATE = ("words/glossary.html#term-state", "What a network keeps.")
HIDDEN = ("words/glossary.html#term-hidden-state", "The “state” of one layer.")
GATE = ("words/glossary.html#term-gate", "It lets < through & closes?")


USES = {
    "A state, and a state.": [("state", *STATE)],
    "A hidden state and a state.": [("hidden state", *HIDDEN), ("state", *STATE)],
    "A hidden\nstate, hidden states.": [("hidden\nstate", *HIDDEN)],
    "Gates! A gate.": [("Gates", *GATE)],
    "A **hidden state**, then a hidden state.": [("hidden state", *HIDDEN)],
    "A door, and a gate, are one entry.": [("door", *GATE)],
    "- a state\n- a *gate*\n": [("state", *STATE), ("gate", *GATE)],
    "Estate, stateless, state-of-the-art, gated.": [],
    "## State\n\n[state](index.md) `state` $state$ state.": [("state", *STATE)],
    "| state |\n|---|\n| gate |\n": [],
    "```python\nstate\n```\n": [],
    "```{figure} x.svg\nA state.\n```\n": [],
    ":::{card} Gate\n:link: index\n:link-type: doc\nA state.\n:::\n\nA gate.": [("gate", *GATE)],
    ":::{dropdown} Gate\nA state.\n:::\n": [("state", *STATE)],
    "Said.[^note]\n\n[^note]: A gate.\n": [("gate", *GATE)],
}


@pytest.fixture(scope="module")
def glossary_site(tmp_path_factory):
    site = GlossarySite(tmp_path_factory.mktemp("glossary"))
    site.write("x.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    site.write("page.md", "# Page\n")
    for number, use in enumerate(USES):
        site.write(f"use-{number}.md", f"---\norphan: true\n---\n# Page\n\n{use}\n")
    done = site.build()
    assert done.returncode == 0, done.stderr
    return site


@pytest.mark.parametrize(("number", "links"), list(enumerate(USES.values())), ids=list(USES))
def test_a_term_is_linked_where_prose_uses_it_first(glossary_site, number, links):
    assert glossary_site.links(f"use-{number}") == links


def test_the_glossary_and_pages_of_docstrings_link_no_term(glossary_site):
    assert glossary_site.links("words/glossary") == []
    assert glossary_site.links("api") == []


def test_every_page_follows_the_glossary_and_none_is_read_again(tmp_path):
    site = GlossarySite(tmp_path)
    site.write("page.md", "# Page\n\nA state behind a gate, and a loop.\n")
    assert site.build().returncode == 0
    assert [text for text, *_ in site.links()] == ["state", "gate"]

    site.write("words/glossary.md", site.GLOSSARY.replace("gate\ndoor", "loop").replace("What a", "All that a"))
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert re.findall(r"reading sources\.\.\. \[100%\] (\S+)", done.stdout) == ["words/glossary"]
    assert [(text, meaning) for text, _, meaning in site.links()] == [("state", "All that a network keeps."), ("loop", GATE[1])]  # fmt: skip # noqa: E501

    done = site.build()
    assert "no targets are out of date" in done.stdout


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        ("The vector $h_t$. It is kept.", "the first sentence of its definition holds an equation; say it in words"),
        ("What is kept", "its definition has no full stop"),
    ],
)
def test_a_definition_that_no_tooltip_can_show_fails_the_build(tmp_path, definition, says):
    site = GlossarySite(tmp_path)
    site.write("page.md", "# Page\n\nA state.\n")
    site.write("words/glossary.md", f"# Glossary\n\n```{{glossary}}\nstate\n  {definition}\n```\n")
    done = site.build()
    assert done.returncode != 0
    assert f"The glossary's state: {says}." in done.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("A slope of 0.25 at most. Two.", "A slope of 0.25 at most."),
        ("Keras, e.g. this one. Two.", "Keras, e.g. this one."),
        ("It is Keras' own. “Two”.", "It is Keras' own."),
    ],
)
def test_a_sentence_ends_where_the_next_one_begins(text, sentence):
    assert glossary_links.first_sentence(text) == sentence
