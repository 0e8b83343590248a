"""A page that shows what no cell brings is refused, and claims that do not hold are told."""

import re

import numpy as np
import pytest

from rnn_tutorial.claims import Claim

from builds import EXTENSIONS, HEAD, sphinx, write  # isort: skip
import page_checks

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "sphinx_design", "page_checks"]
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
nb_execution_mode = "cache"
numfig = True
"""
LENDER = f"""{HEAD}# Lender

{{numref}}`fig-drawn`

```{{code-cell}} python
---
mystnb:
  figure:
    name: fig-drawn
---
for name in ("a", "b"):
    glue(f"{{name}}_spread", 1.0, display=False)
glue("c", 1, display=False)
```

{{glue:text}}`c` and {{glue:text}}`a_spread:.1f`
"""
START = (
    "# Start\n\n{{numref}}`{figure}`, {{glue:text}}`pages/lender.md::{key}:.1f`\n\n```{{toctree}}\npages/lender\n```\n"
)
SECOND = (
    HEAD.replace("---\n", "---\norphan: true\n", 1)
    + "# Second\n\n```{code-cell} python\n---\nmystnb:\n  figure:\n    name: fig-drawn\n---\n1\n```\n"
)
FIGURE_CLAIM = (
    "\n```{code-cell} python\n---\nmystnb:\n  figure:\n    caption: A figure\n---\nclaim('x', 1, above=0)\n```\n"
)


def test_a_check_without_outputs_tells_what_is_wrong_with_its_line_and_nothing_else(tmp_path):
    def warnings():
        arguments = ["--nitpicky", "--keep-going", "-b", "dummy", "-D", "nb_execution_mode=off"]
        told = sphinx(tmp_path, *arguments, "docs", "out").stderr
        return sorted(re.findall(r"docs/(\S+): WARNING: (.*?)(?: \[[\w.-]+\])?$", told, re.MULTILINE))

    write(
        tmp_path / "docs",
        {
            "conf.py": CONF,
            "pages/lender.md": LENDER + FIGURE_CLAIM,
            "pages/second.md": SECOND,
            "index.md": START.format(figure="fig-drown", key="b_spraed"),
        },
    )
    place = LENDER.count("\n") + 2
    assert warnings() == [
        ("index.md:3", "no cell of pages/lender glues b_spraed, which {glue:text} shows here"),
        ("index.md:3", "undefined label: 'fig-drown'"),
        (f"pages/lender.md:{place}", "a claim needs a cell without a figure"),
        ("pages/second.md", "duplicate figure fig-drawn, other instance in pages/lender"),
    ]
    write(
        tmp_path / "docs",
        {
            "pages/lender.md": LENDER,
            "pages/second.md": SECOND.replace("fig-drawn", "fig-redrawn"),
            "index.md": START.format(figure="fig-drawn", key="b_spread"),
        },
    )
    assert warnings() == []


def test_a_claim_can_be_read_back_from_a_page():
    made = Claim('a "quoted" <number> & more', (0.5, np.pi), above=0.1, below=None, at_least=2, seeds=(101, 102))
    failed = Claim("another", (0.5,), above=None, below=0.1, at_least=1)
    assert list(page_checks.claims_in(made.html() + "<p>text</p>" + failed.html())) == [made, failed]
    assert "<number>" not in made.html()
    assert "admonition" in failed.html()
    assert "admonition" not in made.html()


CLAIMS = f"""{HEAD}# Page

```{{code-cell}} python
from rnn_tutorial.claims import claim
claim("a first accuracy", [0.9, 0.8], above=0.75)
claim("a <second> accuracy", [0.9, BELOW], above=0.75)
```
"""


@pytest.fixture
def claims(tmp_path, monkeypatch):
    """Give a function that builds a page whose second claim is about a number."""
    monkeypatch.delenv("CI", raising=False)
    write(tmp_path / "docs", {"conf.py": CONF})

    def build(number, **environment):
        page, text = tmp_path / "docs" / "index.md", CLAIMS.replace("BELOW", number)
        if not page.is_file() or page.read_text() != text:
            page.write_text(text)
        return sphinx(tmp_path, "--keep-going", "-d", "doctrees", "docs", "html", **environment)

    return build


def test_a_claim_that_fails_is_shown_and_told_and_fails_the_build_in_continuous_integration(tmp_path, claims):
    done = claims("0.6")
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "html" / "index.html").read_text()
    assert '<p class="claim"' not in html  # the one that holds shows nothing
    assert "1 of 2 claims" in html
    assert "a first accuracy: above 0.75 for each of 2 numbers; found 0.8 to 0.9" in html
    assert html.count("This claim does not hold on this machine") == 1
    assert re.search(r"^rnn_tutorial: index:1\d: .* a <second> accuracy", done.stdout, re.MULTILINE)

    again = claims("0.6", CI="true")  # nothing is read again, and the claim is remembered
    assert again.returncode == 1
    assert re.search(r"index\.md:1\d: WARNING: .* a <second> accuracy", again.stderr)
    assert claims("0.6", CI="false").returncode == 0
    assert claims("0.8", CI="true").returncode == 0
