"""The site's check without outputs: what only a cell brings is taken for granted where a cell brings it."""

import subprocess

from small_site import EXTENSIONS, SPHINX  # isort: skip
import missing_outputs

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "missing_outputs"]
nb_execution_mode = "off"
numfig = True
"""
HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
LENDER = (
    HEAD
    + """# Lender

{numref}`fig-drawn`

```{code-cell} python
---
mystnb:
  figure:
    name: fig-drawn
---
for name in ("a", "b"):
    glue(f"{name}_spread", 1.0, display=False)
glue("c", 1, display=False)
```

{glue:text}`c` and {glue:text}`a_spread:.1f`
"""
)
INDEX = """# Start

{numref}`fig-drawn`, {glue:text}`pages/lender.md::b_spread:.1f`

```{toctree}
pages/lender
```
"""


def build(root, index):
    (root / "docs" / "pages").mkdir(parents=True, exist_ok=True)
    (root / "docs" / "conf.py").write_text(CONF)
    (root / "docs" / "pages" / "lender.md").write_text(LENDER)
    (root / "docs" / "index.md").write_text(index)
    command = [*SPHINX, "--nitpicky", "--keep-going", "-q", "docs", "html"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


def test_what_a_cell_would_bring_is_no_mistake_and_what_none_brings_is_one(tmp_path):
    right = build(tmp_path, INDEX)
    assert right.returncode == 0, right.stderr
    wrong = build(tmp_path, INDEX.replace("fig-drawn", "fig-drown").replace("b_spread", "b_spraed"))
    assert wrong.returncode == 1
    assert "fig-drown" in wrong.stderr
    assert "index.md:3: WARNING: no cell of pages/lender glues b_spraed" in wrong.stderr
    assert wrong.stderr.count("WARNING") == 2


def test_a_key_that_a_cell_computes_may_be_anything_and_others_only_themselves():
    keys = missing_outputs.glued_keys('glue("a.b", 1)\nglue(name, 1)\nprint("glue")\n')
    assert [key.pattern for key in keys] == [r"a\.b", ".+"]
