import re

from builds import HEAD, sphinx, write  # isort: skip

CONF = """
extensions = ["myst_nb", "other_reviews", "glue", "page", "exercises"]
nb_execution_mode = "cache"
nb_execution_allow_errors = numfig = True
nb_code_prompt_show = "Code"
import execution
execution.parsed_reviews = str  # there are none
"""
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
def load_reviews():
    return 14 * ["A review."]
reviews = load_reviews()
glue("kept", len(reviews), display=False)
assert len(reviews) == 14
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


def test_on_other_reviews_a_cell_may_fail_with_notes_in_its_place(tmp_path):
    write(tmp_path, {"docs/conf.py": CONF, "docs/index.md": OWN_INDEX, "docs/own.md": OWN})
    done = sphinx(tmp_path, "--keep-going", "docs", "html", ends=1, RNN_TUTORIAL_REVIEWS="aclImdb", CI="true")
    failed = re.findall(r"^rnn_tutorial: own:\d+: this cell failed: (.*)", done.stdout, re.MULTILINE)
    assert failed == ["AssertionError: assert share < (", "NameError: name 'draw' is not defined"]
    index, own = ((tmp_path / "html" / name).read_text(encoding="utf-8") for name in ("index.html", "own.html"))
    absent = "<span>[not available with these reviews]</span>"
    assert f"Elsewhere {absent} %." in index
    assert f"See {absent} and {absent} %, after" in own and f"What {absent} is." in own
    assert ">14</span> reviews" in own
    assert "This page ran with aclImdb." in own and "Traceback" not in own
    assert own.count("This cell failed with these reviews") == 2
    outside = re.sub(r"<details.*?</details>", "", own, flags=re.DOTALL)
    assert outside.count("This cell failed with these reviews") == 2  # though the cell is folded
    assert "1 of 2 exact checks" in own
    assert "✓<span> Checked in this build (1 check)" in own and "✗<span> Checked in this build (1 check)" in own
    assert '<form class="predict"' not in own and 'class="predicted"' not in own

    write(tmp_path, {"docs/own.md": f"{HEAD}# Own\n\n```{{code-cell}} python\n1 / 0\n```\n"})
    sphinx(tmp_path, "docs", "html", ends=2, RNN_TUTORIAL_REVIEWS="aclImdb")  # the page does not read them
