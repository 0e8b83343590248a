import re

from builds import HEAD, sphinx, write  # isort: skip

CONF = """
extensions = ["myst_nb", "execution", "glued_numbers"]
nb_execution_mode = "cache"
"""
LEAD = f"""{HEAD}# Alpha

Here {{glue:text}}`unsaid:.0f` {{glue:text}}`two:.0f` {{glue:text}}`certain:.0f` {{glue:text}}`three:.0f`

```{{code-cell}} python
from rnn_tutorial.claims import glue_numbers
glue_numbers(unsaid=1)
glue_numbers(two=2, seeds=[101, 102, 101])
glue_numbers(certain=3, seeds=())
glue_numbers(three=4, seeds=range(101, 104))
```

## Below

Here {{glue:text}}`unsaid:.0f` {{glue:text}}`two:.0f`
"""
ELSEWHERE = "{glue:text}`/alpha.md::two:.0f` {glue:text}`/alpha.md::three:.0f`\n\n"


def test_a_headline_needs_a_number_of_three_seeds_or_of_none(tmp_path):
    tree = "```{toctree}\nalpha\nbeta\ndeeper/index\n```\n"
    pages = {
        "alpha": LEAD,
        "index": f"# Start\n\n## Below\n\n{ELSEWHERE}{tree}",
        "deeper/index": f"# D\n\n## Below\n\n{ELSEWHERE}",
    }
    pages["beta"] = f"# B\n\n{ELSEWHERE}## Below\n\n{ELSEWHERE}"
    write(tmp_path / "docs", {"conf.py": CONF} | {f"{name}.md": page for name, page in pages.items()})
    done = sphinx(tmp_path, "--keep-going", "docs", "html", ends=1)
    told = re.findall(r"docs/(.*)\.md:(\d+): WARNING: a headline shows `(\w+)`, .* seeds=(.*?): ", done.stderr)
    assert told == [
        ("alpha", "10", "unsaid", "None"), ("alpha", "10", "two", "[101, 102]"), ("beta", "3", "two", "[101, 102]"),
        ("deeper/index", "5", "two", "[101, 102]"), ("index", "5", "two", "[101, 102]"),
    ]  # fmt: skip
