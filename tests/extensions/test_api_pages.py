"""API pages: an overview at the top, and the pages that use a name behind its docstring."""

import re

import pytest

from builds import EXTENSIONS, sphinx, write  # isort: skip

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "sphinx.ext.autodoc", "api_pages"]
api_pages_package = "toy"
autosummary_generate = False
nb_execution_mode = "off"
suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language
autodoc_default_options = {{"members": True, "member-order": "bysource"}}
"""
MODULE = '"""Numbers. All of them."""\n__all__ = ["two", "three"]\ndef two():\n    """Give 2."""\n'
MODULE += 'def three():\n    """Give 3."""\n'
INDEX = "# Home\n\n```{eval-rst}\n.. autosummary::\n   :nosignatures:\n\n   ~toy.numbers\n```\n\n"
INDEX += "```{toctree}\napi\npage\n```\n"


class ApiSite:
    """A site of an overview, one API page, and one page with cells."""

    def __init__(self, root):
        self.root = root
        files = {"toy/__init__.py": "", "toy/numbers.py": MODULE, "docs/conf.py": CONF, "docs/index.md": INDEX}
        write(root, files | {"docs/api.md": "# toy.numbers\n\n```{eval-rst}\n.. automodule:: toy.numbers\n```\n"})
        self.cell("two()")

    def cell(self, code):
        head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# Page of twos\n\n"
        cell = f"```{{code-cell}} python\nfrom toy.numbers import three, two\n{code}\n```\n"
        write(self.root, {"docs/page.md": head + cell})

    def build(self):
        done = sphinx(self.root, "--keep-going", "docs", "html", PYTHONPATH=str(self.root))
        assert done.returncode == 0, done.stderr

    def text(self, page):
        html = (self.root / "html" / f"{page}.html").read_text(encoding="utf-8")
        body = re.search('<div class="body" role="main">(.*?)<div class="clearer">', html, re.DOTALL)[1]
        return " ".join(re.sub("<[^>]*>", " ", body).replace("&#182;", "").split())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = ApiSite(tmp_path_factory.mktemp("site"))
    site.build()
    return site


def test_an_api_page_shows_its_names_at_the_top_and_follows_the_pages_that_use_them(site):
    text = site.text("api")
    table, details = re.search("All of them. (.*?) (toy.numbers. two .*)", text).groups()
    assert table == "two Give 2. three Give 3."
    assert re.search("Give 2. Used on: Page of twos .*Give 3.", details)
    assert text.count("Used on") == 1
    html = (site.root / "html" / "api.html").read_text(encoding="utf-8")
    assert 'href="page.html"' in html[html.index("Used on") :]

    site.cell("three()")
    site.build()
    text = site.text("api")
    assert re.search("Give 2. toy.numbers. three .*Give 3. Used on: Page of twos", text)
    assert text.count("Used on") == 1


def test_the_reference_follows_first_lines_and_pages_that_lose_their_cells(site):
    assert "numbers Numbers." in site.text("index")
    write(site.root, {"toy/numbers.py": MODULE.replace("Numbers.", "A few numbers."), "docs/page.md": "# No cells\n"})
    site.build()
    assert "numbers A few numbers." in site.text("index")
    assert "Used on" not in site.text("api")
