"""The file of what the pages claim: every claim is in it, with its numbers, its place and what made it."""

import json
import math
import re
from importlib.metadata import version

import numpy as np
import pytest

from rnn_tutorial.claims import Claim
from rnn_tutorial.sentiment.evaluation import mean_interval

from builds import EXTENSIONS, HEAD, sphinx, write  # isort: skip
import claims_file
import fresh_outputs
from page_code import code_digest

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
project, release = "toy", "1.2"
extensions = ["myst_nb", "claims_file"]
nb_execution_mode = "cache"
"""
INDEX = """# Start

```{toctree}
deeper/page
alpha
```
"""
PAGE = f"""{HEAD}# A page

(label)=
## What was *found*

```{{code-cell}} python
from rnn_tutorial.claims import claim
claim('three "seeds" & <more>', [0.8, 0.9, 0.85], above=0.7, at_least=2, seeds=range(101, 104))
claim("one number", 3, below=2, seeds=())
```

### Deeper

```{{code-cell}} python
claim("no number", [1, float("nan"), 3], above=0, at_least=2)
```
"""
ALPHA = f"""{HEAD}# Alpha

```{{code-cell}} python
from rnn_tutorial.claims import claim
claim("first of all", [1, 2], above=0)
```
"""


def built(folder, *options, **environment):
    done = sphinx(folder, "-d", "doctrees", *options, "docs", "html", **{"CI": ""} | environment)
    assert done.returncode == 0, done.stderr
    return (folder / "html" / "claims.json").read_bytes()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Give the folder of a built site in which two of three pages claim something."""
    folder = tmp_path_factory.mktemp("claims_file")
    write(folder / "docs", {"conf.py": CONF, "index.md": INDEX, "deeper/page.md": PAGE, "alpha.md": ALPHA})
    built(folder)
    return folder


@pytest.fixture(scope="module")
def content(site):
    return json.loads((site / "html" / "claims.json").read_text(encoding="utf-8"))


def test_the_claims_of_all_pages_are_in_the_file_in_their_order_with_their_numbers(content):
    first, seeds, one, none = content["claims"]
    assert [claim["page"] for claim in content["claims"]] == ["alpha", "deeper/page", "deeper/page", "deeper/page"]
    mean, half_width = mean_interval([0.8, 0.9, 0.85])
    assert seeds == {
        "page": "deeper/page",
        "section": "What was found",
        "address": "deeper/page.html#label",
        "statement": 'three "seeds" & <more>',
        "values": [0.8, 0.9, 0.85],
        "above": 0.7,
        "below": None,
        "at_least": 2,
        "seeds": [101, 102, 103],
        "n": 3,
        "mean": mean,
        "interval": [mean - half_width, mean + half_width],
        "holds": True,
    }
    assert (first["n"], first["mean"], first["interval"]) == (2, 1.5, None)  # two values are too few for an interval
    assert (first["seeds"], one["seeds"]) == (None, [])  # it was not said, and nothing was random
    assert (one["values"], one["mean"], one["below"], one["holds"]) == ([3.0], 3.0, 2, False)
    assert (none["values"], none["mean"], none["interval"], none["holds"]) == ([1.0, None, 3.0], None, None, True)
    assert (none["section"], none["address"]) == ("Deeper", "deeper/page.html#deeper")


def test_the_file_tells_what_made_the_numbers(content):
    assert (content["project"], content["version"]) == ("toy", "1.2")
    assert content["code"] == code_digest("from rnn_tutorial.claims import claim")
    assert content["libraries"]["numpy"] == version("numpy")
    assert content["machine"] and content["python"]
    alpha, page = (fresh_outputs.page_digest(text, fresh_outputs.PACKAGE) for text in (ALPHA, PAGE))
    assert content["pages"] == {  # a page without claims is not among them
        "alpha": {"title": "Alpha", "digest": alpha},
        "deeper/page": {"title": "A page", "digest": page},
    }


def test_the_addresses_lead_to_the_sections(site, content):
    for claim in content["claims"]:
        file, anchor = claim["address"].split("#")
        assert f'id="{anchor}"' in (site / "html" / file).read_text(encoding="utf-8")


def test_another_build_of_the_same_outputs_gives_the_same_file_and_knows_the_sites_address(site):
    before = (site / "html" / "claims.json").read_bytes()
    assert built(site, "-E", "-a") == before
    assert built(site) == before  # no page is read
    there = json.loads(built(site, "-D", "html_baseurl=https://example.org/toy/"))
    assert there["claims"][1]["address"] == "https://example.org/toy/deeper/page.html#label"


def test_a_site_without_claims_has_a_file_without_claims(tmp_path):
    write(tmp_path / "docs", {"conf.py": CONF, "index.md": "# Start\n\nWords.\n"})
    content = json.loads(built(tmp_path))
    assert (content["pages"], content["claims"]) == ({}, [])


def test_a_number_without_end_is_none_of_json():
    made = claims_file.Made(Claim("x", (math.inf, 1.0, 2.0), 0, None, 3), "page", 1, "", "")
    record = claims_file.record(made, "page.html")
    assert (record["values"], record["mean"], record["holds"]) == ([None, 1.0, 2.0], None, False)
    json.dumps(record, allow_nan=False)


FIGURE_CLAIM = (
    "\n```{code-cell} python\n---\nmystnb:\n  figure:\n    caption: A figure\n---\nclaim('x', 1, above=0)\n```\n"
)


def test_a_claim_in_the_cell_of_a_figure_is_a_mistake_of_its_line(tmp_path):
    write(tmp_path / "docs", {"conf.py": CONF, "index.md": f"{HEAD}# Page\n" + FIGURE_CLAIM})
    done = sphinx(tmp_path, "-b", "dummy", "-D", "nb_execution_mode=off", "docs", "out")
    assert "index.md:10: WARNING: a claim needs a cell without a figure" in done.stderr


def test_a_claim_can_be_read_back_from_a_page():
    made = Claim('a "quoted" <number> & more', (0.5, np.pi), above=0.1, below=None, at_least=2, seeds=(101, 102))
    failed = Claim("another", (0.5,), above=None, below=0.1, at_least=1)
    assert list(claims_file.claims_in(made.html() + "<p>text</p>" + failed.html())) == [made, failed]
    assert "<number>" not in made.html()
    assert "admonition" in failed.html()
    assert "admonition" not in made.html()


FAILING = f"""{HEAD}# Page

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
        page, text = tmp_path / "docs" / "index.md", FAILING.replace("BELOW", number)
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


OWN = f"""{HEAD}# Own

See {{numref}}`fig-lost` and {{glue:text}}`lost:.1f` %, after {{glue:text}}`kept:.0f` reviews.

```{{predict}} How many?
:from: 0
:to: 50

{{glue:text}}`lost:.1f` %
```

What {{glue:text}}`lost:.1f` is.

```{{code-cell}} python
---
tags: [hide-cell]
---
from myst_nb import glue
from rnn_tutorial.sentiment.reviews import load_reviews
reviews = load_reviews()
glue("kept", len(reviews.train), display=False)
assert len(reviews.train) == 14
```

```{{code-cell}} python
---
tags: [hide-cell]
---
share = 20
assert share < (
    10
)
glue("lost", share, display=False)
```

```{{code-cell}} python
---
mystnb:
  figure:
    name: fig-lost
    caption: A figure
---
draw()
```
"""
OWN_INDEX = "# Start\n\nElsewhere {glue:text}`own.md::lost:.1f` %.\n\n```{toctree}\nown\n```\n"


def test_on_other_reviews_a_cell_may_fail_and_notes_stand_where_what_it_gives_would(tmp_path):
    conf = CONF.replace('"claims_file"', '"execution", "claims_file", "page_html", "predictions"')
    conf += "nb_execution_allow_errors = numfig = True\nnb_code_prompt_show = 'Code'\n"
    write(tmp_path, {"docs/conf.py": conf, "docs/index.md": OWN_INDEX, "docs/own.md": OWN})
    rows = "\n".join(f"Review {k}.,{k % 2}" for k in range(20))
    write(tmp_path, {"mine.csv": f"text,label\n{rows}\n", "one.csv": "text,label\nA good film.,1\n"})

    done = sphinx(tmp_path, "docs", "html", RNN_TUTORIAL_REVIEWS="one.csv")
    assert done.returncode == 2
    assert "expected at least 10 reviews of each class" in done.stderr

    done = sphinx(tmp_path, "--keep-going", "docs", "html", RNN_TUTORIAL_REVIEWS="mine.csv", CI="true")
    failed = re.findall(r"^rnn_tutorial: own:\d+: this cell failed: (.*)", done.stdout, re.MULTILINE)
    assert failed == ["AssertionError: share < 10", "NameError: name 'draw' is not defined"]
    index, own = ((tmp_path / "html" / name).read_text(encoding="utf-8") for name in ("index.html", "own.html"))
    absent = "<span>[not available with these reviews]</span>"
    assert f"Elsewhere {absent} %." in index
    assert f"See {absent} and {absent} %, after" in own and f"What {absent} is." in own
    assert ">14</span> reviews" in own
    assert "This page ran with mine.csv." in own and "Traceback" not in own
    assert own.count("This cell failed with these reviews") == 2
    outside = re.sub(r"<details.*?</details>", "", own, flags=re.DOTALL)
    assert outside.count("This cell failed with these reviews") == 2  # though the cell is folded
    assert "1 of 2 exact checks" in own
    assert "✓ Checked in this build (1 check)" in own and "✗ Checked in this build (1 check)" in own
    assert '<form class="predict"' not in own and 'class="predicted"' not in own

    write(tmp_path, {"docs/own.md": f"{HEAD}# Own\n\n```{{code-cell}} python\n1 / 0\n```\n"})
    done = sphinx(tmp_path, "docs", "html", RNN_TUTORIAL_REVIEWS="mine.csv")
    assert done.returncode == 2  # the page does not read them
