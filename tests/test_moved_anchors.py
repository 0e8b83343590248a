"""The extension that keeps alive the anchors of what moved to another page."""

import re
import subprocess

from small_site import EXTENSIONS, SPHINX

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "moved_anchors"]
myst_heading_anchors = 3
"""
OLD = """# Old

Before.

```{moved-anchors}
paragraph-of-it
its-section
```

## Where it is now

On [another page](index.md#its-section), with [a paragraph](#paragraph-of-it).
"""
INDEX = """# New

```{toctree}
old
```

## Its section

(paragraph-of-it)=
A paragraph.
"""


def test_an_old_address_ends_beside_what_tells_the_new_one_and_labels_lead_to_the_new_page(tmp_path):
    for name, content in {"conf.py": CONF, "old.md": OLD, "index.md": INDEX}.items():
        (tmp_path / name).write_text(content)
    done = subprocess.run([*SPHINX, "-q", ".", "html"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "html" / "old.html").read_text()
    before, after = page.index("Before."), page.index("another page")
    for anchor in ("paragraph-of-it", "its-section"):
        assert page.count(f' id="{anchor}"') == 1
        assert before < page.index(f' id="{anchor}"') < after
    assert re.findall(r'href="(index\.html#[^"]*)"', page) == ["index.html#its-section", "index.html#paragraph-of-it"]
