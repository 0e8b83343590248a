import re

from builds import HEAD, sphinx, write  # isort: skip

CONF = """
project = "toy"
extensions = ["myst_nb", "sphinx.ext.autodoc", "api_pages"]
autosummary_generate = False
nb_execution_mode = "off"
suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language
autodoc_default_options = {"members": True, "member-order": "bysource"}
"""
MODULE = '''"""Numbers. All of them."""
__all__ = ["two", "three"]
def two():
    """Give 2."""
def three():
    """Give 3."""
'''
PAGE = f"""{HEAD}# Page of twos

```{{code-cell}} python
from toy.numbers import three, two
two()
```
"""
INDEX = "# Home\n\n```{toctree}\napi\npage\n```\n"
API = "# toy.numbers\n\n```{eval-rst}\n.. automodule:: toy.numbers\n```\n"


def test_an_api_page_shows_its_names_and_the_pages_that_use_them(tmp_path):
    write(tmp_path, {"toy/__init__.py": "", "toy/numbers.py": MODULE, "docs/conf.py": CONF})
    write(tmp_path, {"docs/index.md": INDEX, "docs/api.md": API, "docs/page.md": PAGE})
    sphinx(tmp_path, "docs", "html", PYTHONPATH=str(tmp_path))
    html = (tmp_path / "html" / "api.html").read_text(encoding="utf-8")
    text = " ".join(re.sub("<[^>]*>", " ", html[html.index('role="main"') :]).replace("&#182;", "").split())
    assert "All of them. two Give 2. three Give 3. toy.numbers. two" in text
    assert re.search("Give 2. Used on: Page of twos toy.numbers. three .*Give 3.", text)
    assert text.count("Used on") == 1  # `three` is imported only
    assert 'href="page.html"' in html[html.index("Used on") :]
    (doctree,) = tmp_path.rglob("api.doctree")
    assert b"BuildEnvironment" not in doctree.read_bytes()  # else each page is read with all others
