import json
import re
from importlib.metadata import version

import pytest

from rnn_tutorial._cache.code import code_digest
from rnn_tutorial.sentiment.evaluation import mean_interval

from builds import HEAD, sphinx, write  # isort: skip
import execution

CONF = """
project, release = "toy", "1.2"
extensions = ["myst_nb", "claims"]
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
claim("no number", [1, float("nan"), float("inf")], above=0, at_least=1)
```
"""
ALPHA = f"""{HEAD}# Alpha

```{{code-cell}} python
from rnn_tutorial.claims import claim
claim("first of all", [1, 2], above=0)
```
"""


def built(folder, *options):
    sphinx(folder, "-d", "doctrees", *options, "docs", "html", CI="")
    return (folder / "html" / "claims.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("claims")
    write(folder / "docs", {"conf.py": CONF, "index.md": INDEX, "deeper/page.md": PAGE, "alpha.md": ALPHA})
    return folder


@pytest.fixture(scope="module")
def content(site):
    return json.loads(built(site))


def test_the_file_has_the_claims_of_all_pages_in_their_order(site, content):
    first, seeds, one, none = content["claims"]
    assert [claim["page"] for claim in content["claims"]] == ["alpha", "deeper/page", "deeper/page", "deeper/page"]
    mean, half_width = mean_interval([0.8, 0.9, 0.85])
    assert seeds == {
        "page": "deeper/page", "section": "What was found", "address": "deeper/page.html#label",
        "statement": 'three "seeds" & <more>', "values": [0.8, 0.9, 0.85], "above": 0.7, "below": None,
        "at_least": 2, "seeds": [101, 102, 103], "n": 3, "mean": mean,
        "interval": [mean - half_width, mean + half_width], "holds": True,
    }  # fmt: skip
    assert (first["n"], first["mean"], first["interval"]) == (2, 1.5, None)  # two values are too few for an interval
    assert (first["seeds"], one["seeds"]) == (None, [])  # it was not said, and nothing was random
    assert (one["values"], one["mean"], one["below"], one["holds"]) == ([3.0], 3.0, 2, False)
    # JSON has neither NaN nor infinity
    assert (none["values"], none["mean"], none["interval"], none["holds"]) == ([1.0, None, None], None, None, True)
    assert (none["section"], none["address"]) == ("Deeper", "deeper/page.html#deeper")
    for claim in content["claims"]:
        file, anchor = claim["address"].split("#")
        assert f'id="{anchor}"' in (page := (site / "html" / file).read_text(encoding="utf-8"))
        assert "<more>" not in page


def test_the_file_says_what_made_the_numbers(content):
    assert (content["project"], content["version"]) == ("toy", "1.2")
    assert content["code"] == code_digest("from rnn_tutorial.claims import claim")
    assert content["libraries"]["numpy"] == version("numpy")
    assert content["machine"] and content["python"]
    alpha, page = (execution.page_digest(text) for text in (ALPHA, PAGE))
    assert content["pages"] == {  # a page without claims is not among them
        "alpha": {"title": "Alpha", "digest": alpha},
        "deeper/page": {"title": "A page", "digest": page},
    }


def test_the_same_outputs_give_the_same_file(site):
    before = built(site)
    assert built(site, "-E", "-a") == before
    assert built(site) == before  # no page is read
    there = json.loads(built(site, "-D", "html_baseurl=https://example.org/toy/"))
    assert there["claims"][1]["address"] == "https://example.org/toy/deeper/page.html#label"


def test_pages_that_did_not_run_claim_nothing(tmp_path):
    write(tmp_path / "docs", {"conf.py": CONF, "index.md": ALPHA})
    done = sphinx(tmp_path, "-D", "nb_execution_mode=off", "docs", "html", ends=1)
    assert re.fullmatch(r".*index\.md:\d+: WARNING: No source code lexer found .*\n", done.stderr)  # and nothing else
    assert json.loads((tmp_path / "html" / "claims.json").read_text(encoding="utf-8"))["claims"] == []


def test_a_claim_in_the_cell_of_a_figure_is_told(tmp_path):
    figure = "---\nmystnb:\n  figure:\n    caption: A figure\n---\n"
    page = ALPHA.replace("python\n", f"python\n{figure}")
    write(tmp_path / "docs", {"conf.py": CONF, "index.md": page})
    done = sphinx(tmp_path, "docs", "html", ends=1)
    assert re.search(r"index\.md:1\d: WARNING: a claim needs a cell without a figure", done.stderr)


@pytest.mark.parametrize(("variable", "code"), [("", 0), ("false", 0), ("true", 1)])
def test_a_claim_that_fails_is_shown_and_fails_continuous_integration(tmp_path, variable, code):
    second = 'claim("a <second> accuracy", [0.9, 0.6], above=0.75)'
    page = ALPHA.replace('"first of all", [1, 2], above=0)', f'"a first accuracy", [0.9, 0.8], above=0.75)\n{second}')
    write(tmp_path / "docs", {"conf.py": CONF, "index.md": page})
    done = sphinx(tmp_path, "docs", "html", ends=code, CI=variable)
    told = r"index\.md:1\d: WARNING: .* a <second> acc" if code else r"^rnn_tutorial: index:1\d: .* a <second> acc"
    assert re.search(told, done.stderr if code else done.stdout, re.MULTILINE)
    text = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert '<p class="claim"' not in text  # the one that holds shows nothing
    assert "1 of 2 claims" in text
    assert "a first accuracy: above 0.75 for each of 2 numbers; found 0.8 to 0.9" in text
    assert text.count("This claim does not hold on this machine") == 1


def test_a_page_says_that_it_read_other_reviews_and_its_claims_fail_nothing(tmp_path):
    reads = "def load_reviews(): pass\nload_reviews()\nassert True\nassert True\n"
    pages = {"reads": ALPHA.replace("python\n", f"python\n{reads}").replace("[1, 2]", "[-1]"), "alpha": ALPHA}
    index = "# Start\n\n```{toctree}\nreads\nalpha\n```\n"
    conf = f"{CONF}import execution\nexecution.parsed_reviews = str\n"  # there are none
    write(tmp_path / "docs", {"conf.py": conf, "index.md": index} | {f"{name}.md": pages[name] for name in pages})
    done = sphinx(tmp_path, "docs", "html", CI="true", RNN_TUTORIAL_REVIEWS="aclImdb")
    assert re.search(
        r"^rnn_tutorial: reads:1\d: on this machine it came out otherwise: first of all", done.stdout, re.M
    )
    reads, alpha = ((tmp_path / "html" / f"{name}.html").read_text(encoding="utf-8") for name in ("reads", "alpha"))
    assert "This page ran with aclImdb. Its text was written about other reviews." in reads
    assert "This page ran with" not in alpha and "2 exact checks and 0 of 1 claims" in reads
