import re
from xml.etree import ElementTree

import pytest

from small_site import built, refused  # isort: skip

CONF = """
extensions = ["myst_parser", "sphinx.ext.mathjax", "sphinx_design", "glossary_links"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
html_static_path = ["_static"]
"""
GLOSSARY = """# Glossary

```{glossary}
state
  What a network, e.g. a GRU, keeps. It is $h_t$.

hidden state
  The "state" of *one*
  layer at 0.25. “More” is said here.

gate
door
gate of a cell
  It lets < through & closes?
```
"""
STATE = ("words/glossary.html#term-state", "What a network, e.g. a GRU, keeps.")
HIDDEN = ("words/glossary.html#term-hidden-state", "The “state” of one layer at 0.25.")
GATE = ("words/glossary.html#term-gate", "It lets < through & closes?")
USES = {
    "A state, and a state.": [("state", *STATE)],
    "A hidden state and a state.": [("hidden state", *HIDDEN), ("state", *STATE)],
    "A hidden\nstate, hidden states.": [("hidden\nstate", *HIDDEN)],
    "Gates! A gate.": [("Gates", *GATE)],
    "A **hidden state**, then a hidden state.": [("hidden state", *HIDDEN)],
    "A door, and a gate, are one entry.": [("door", *GATE)],
    "A gate of a cell.": [("gate of a cell", *GATE)],
    "- a state\n- a *gate*\n": [("state", *STATE), ("gate", *GATE)],
    "Estate, stateless, state-of-the-art, gated.": [],
    "## State\n\n[state](index.md) `state` $state$ state.": [("state", *STATE)],
    "| state |\n|---|\n| gate |\n": [],
    "```python\nstate\n```\n": [],
    "```{figure} x.svg\nA state.\n```\n": [],
    ":::{card} Gate\n:link: index\n:link-type: doc\nA state.\n:::\n\nA gate.": [("gate", *GATE)],
    ":::{dropdown} Gate\nA state.\n:::\n": [("state", *STATE)],
    "Said.[^note]\n\n[^note]: A gate.\n": [("gate", *GATE)],
    "A gate.\n\n```{py:function} f()\nA state.\n```\n": [],
}


FILES = {"conf.py": CONF, "_static/glossary.css": "", "x.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"}


@pytest.fixture(scope="module")
def links(tmp_path_factory):
    """Build a site; return a function that gives each linked term of a page, its address and its meaning."""
    pages = {f"{number}.md": f"---\norphan: true\n---\n# Page\n\n{use}\n" for number, use in enumerate(USES)}
    pages |= {"index.md": "# Index\n\n```{toctree}\nwords/glossary\n```\n", "words/glossary.md": GLOSSARY}
    text = built(tmp_path_factory.mktemp("glossary"), FILES | pages)

    def links_of(page):
        tags = re.findall(r"<a [^>]*\bglossary-term\b.*?</a>", text(f"{page}.html"), re.DOTALL)
        return [(a.text, a.get("href"), a.get("aria-description")) for a in map(ElementTree.fromstring, tags)]

    return links_of


@pytest.mark.parametrize(("number", "expected"), list(enumerate(USES.values())), ids=list(USES))
def test_a_term_is_linked_where_prose_uses_it_first(links, number, expected):
    assert links(number) == expected


def test_the_glossary_links_no_term(links):
    assert links("words/glossary") == []


@pytest.mark.parametrize("definition", ["The vector $h_t$. It is kept.", "What is kept"])
def test_a_definition_without_a_plain_first_sentence_is_refused(tmp_path, definition):
    told = refused(tmp_path, FILES | {"index.md": f"# Terms\n\n```{{glossary}}\nstate\n  {definition}\n```\n"})
    assert "state: expected a first sentence without an equation" in told
