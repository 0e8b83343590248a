"""A page that lost a part of its text is refused."""

import subprocess

import pytest

from small_site import EXTENSIONS, SPHINX  # isort: skip
import lost_text

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "sphinx_design", "lost_text"]
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
"""
WHOLE = """---
key: value that no reader sees
---

# A title with $x$ and `code`

(label)=
A paragraph with *words*, {ref}`a reference <label>`, [a link](https://example.org/a-b), [another][x],
<https://x.org/>
and $U h_{t-1}$; it’s "quoted", {doc}`index`, and a note.[^note] `Marked`{.python} text.[^note]

[x]: https://example.org/

[^note]: What the note says, with {abbr}`RNN (recurrent)`.

| a | table |
|---|---|
| with a cell | and another |

A term
: and what it means

:::{admonition} A title
:class: tip

What it says.
:::

````{grid} 2
```{grid-item-card} A card
:link: index
:link-type: doc

What it says.
```
````

$$
h_t = g(x)
$$ (equation)

- one item
  that goes on
> a quotation
"""


@pytest.fixture
def build(tmp_path):
    (tmp_path / "docs").mkdir()

    def run(page, *options):
        (tmp_path / "docs" / "conf.py").write_text(CONF)
        (tmp_path / "docs" / "index.md").write_text(page, encoding="utf-8")
        command = [*SPHINX, "-q", "--keep-going", "-b", "dummy", *options, "docs", "out"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return run


def test_a_whole_page_passes(build):
    result = build(WHOLE)
    assert result.stderr == ""


LOST = {
    "a line taken for a comment": "Right are 52.5\n% of the answers.",
    "a paragraph taken for the definition of a link": "[Note]: this\n",
}


@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
def test_a_page_that_lost_words_is_refused_with_the_line(build, text):
    result = build(f"# Title\n\nWhole.\n\n{text}\n")
    assert result.returncode == 1
    assert "docs/index.md:5: WARNING: a part of this paragraph is missing on the page: " in result.stderr


def test_a_line_that_begins_with_a_percent_sign_is_text_once_comments_are_off(build):
    option = "myst_disable_syntax=myst_line_comment"
    assert build("# Title\n\nRight are 52.5\n% of the answers.\n", "-D", option).returncode == 0


def test_words_that_a_role_adds_may_stand_between_those_of_the_source():
    blocks = [["another", "block"], ["loss", "0", "69", "of", "guessing"]]
    assert lost_text.is_shown(["loss", "of", "guessing"], blocks)
    assert not lost_text.is_shown(["of", "loss"], blocks)
    assert not lost_text.is_shown(["loss", "block"], blocks)
