"""Claims: what they say of runs, and what a build does with those that do not hold."""

import json
import os
import subprocess

import numpy as np
import pytest

from rnn_tutorial.claims import Claim, claim

from small_site import EXTENSIONS, SPHINX  # isort: skip
import claims

PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# Page

```{code-cell} python
from rnn_tutorial.claims import claim
claim("a first accuracy", [0.9, 0.8], above=0.75)
claim("a <second> accuracy", [0.9, BELOW], above=0.75)
```
"""
CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "claims"]
nb_execution_mode = "cache"
"""


@pytest.mark.parametrize(
    ("values", "bounds", "holds", "runs"),
    [
        ([0.8, 0.9], {"above": 0.75}, True, 2),
        ([0.7, 0.9], {"above": 0.75}, False, 1),
        ([0.7, 0.9], {"above": 0.75, "at_least": 1}, True, 1),
        ([0.75], {"above": 0.75}, False, 0),  # a bound is no part of what is claimed
        ([0.2, 0.3], {"below": 0.3}, False, 1),
        ([0.2, 0.5, 0.9], {"above": 0.1, "below": 0.8, "at_least": 2}, True, 2),
        ([np.nan], {"above": 0}, False, 0),
        ([np.nan], {"below": 0}, False, 0),
        (0.9, {"above": 0.75}, True, 1),
        (np.float32(0.9), {"above": 0.75}, True, 1),
        (np.array([[0.8], [0.9]]), {"above": 0.75}, True, 2),
        ({"one": 1, "two": 2}.values(), {"above": 0}, True, 2),
    ],
)
def test_a_claim_holds_where_enough_runs_keep_its_bounds(values, bounds, holds, runs, capsys):
    made = claim("a number", values, **bounds)
    assert (made.holds, made.runs) == (holds, runs)
    assert ("IT IS NOT SO HERE" in capsys.readouterr().out) is not holds


@pytest.mark.parametrize(
    ("values", "bounds", "says"),
    [
        ([], {"above": 0}, "`values`: expected at least one number"),
        ([1], {}, "expected at least one of the two bounds"),
        ([1, 2], {"above": 0, "at_least": 3}, "`at_least`: expected 1 to 2, the number of runs, got 3"),
        ([1, 2], {"above": 0, "at_least": 0}, "`at_least`: expected 1 to 2"),
    ],
)
def test_what_cannot_be_claimed_is_told(values, bounds, says):
    with pytest.raises(ValueError, match=says):
        claim("a number", values, **bounds)


def test_a_claim_can_be_read_back_from_a_page():
    made = Claim('a "quoted" <number> & more', (0.5, np.pi), above=0.1, below=None, at_least=2)
    failed = Claim("another", (0.5,), above=None, below=0.1, at_least=1)
    assert list(claims.claims_in(made.html() + "<p>text</p>" + failed.html())) == [made, failed]
    assert "<number>" not in made.html()
    assert "admonition" in failed.html()
    assert "admonition" not in made.html()


class Site:
    """A site of one page that makes two claims."""

    def __init__(self, root, below):
        self.root = root
        (root / "docs").mkdir()
        (root / "docs" / "conf.py").write_text(CONF)
        self.page(below)

    def page(self, below):
        (self.root / "docs" / "index.md").write_text(PAGE.replace("BELOW", below))

    def build(self, **environment):
        without = {name: value for name, value in os.environ.items() if name != "CI"}
        command = [*SPHINX, "--keep-going", "-d", "doctrees", "docs", "html"]
        return subprocess.run(command, cwd=self.root, env=without | environment, capture_output=True, text=True)

    @property
    def told(self):
        return json.loads((self.root / "doctrees" / "claims.json").read_text())


def test_a_claim_that_fails_is_shown_and_told_and_fails_the_build_in_continuous_integration(tmp_path):
    site = Site(tmp_path, below="0.6")
    done = site.build()
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "html" / "index.html").read_text()
    assert html.count('class="claim"') == 1  # once each, also where the cell ends with it
    assert html.count("On this machine it came out otherwise") == 1
    (failed,) = site.told
    assert failed["page"] == "index"
    assert failed["line"] in range(10, 14)
    assert failed["statement"] == "a <second> accuracy"
    assert "index:" in done.stdout
    assert "a <second> accuracy" in done.stdout

    again = site.build(CI="true")  # nothing is read again, and the claim is remembered
    assert again.returncode == 1
    assert "a <second> accuracy" in again.stderr
    assert site.build(CI="false").returncode == 0

    figure = "---\nmystnb:\n  figure:\n    caption: A figure\n---\n"
    page = tmp_path / "docs" / "index.md"
    page.write_text(page.read_text().replace("python\n", f"python\n{figure}"))
    done = site.build()
    assert done.returncode == 1
    assert "index.md:10: WARNING: a claim needs a cell without a figure" in done.stderr

    site.page("0.8")
    assert site.build(CI="true").returncode == 0
    assert site.told == []
