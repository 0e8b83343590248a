"""The site's own Sphinx extensions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_extensions"
sys.path.insert(0, str(EXTENSIONS))

import api_coverage  # noqa: E402
import fresh_outputs  # noqa: E402
import text_inventories  # noqa: E402

# ------------------------------------------------------------------------------------------------------ fresh outputs

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "fresh_outputs"]
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_output_stderr = "error"
"""
PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# Page

{prose}

```{{code-cell}} python
:tags: [some-tag]

from toy import used
with open({log!r}, "a") as file:
    file.write("run ")
{code}
```
"""


class ToySite:
    """A site of one page that imports one of the package's three modules."""

    def __init__(self, root):
        self.root, self.log = root, root / "log"
        self.log.touch()
        for name, content in {
            "__init__": "",
            "used": "from toy import behind",
            "behind": "number = 41",
            "other": "number = 1",
        }.items():
            self.write(f"toy/{name}.py", content)
        self.write("docs/conf.py", CONF)
        self.page()

    def write(self, name, content):
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / name).write_text(content)

    def page(self, prose="Some prose.", code="print('number', used.behind.number)"):
        self.write("docs/index.md", PAGE.format(prose=prose, code=code, log=str(self.log)))

    def build(self, **environment):
        cache = ["-D", f"nb_execution_cache_path={self.root / 'cache'}"]
        package = ["-D", f"fresh_outputs_package={self.root / 'toy'}"]
        return subprocess.run(
            [sys.executable, "-m", "sphinx", "-W", *cache, *package, "docs", "html"],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), **environment},
            capture_output=True,
            text=True,
        )

    @property
    def runs(self):
        return self.log.read_text().count("run")

    @property
    def html(self):
        return (self.root / "html" / "index.html").read_text()


@pytest.fixture(scope="module")
def built_site(tmp_path_factory):
    site = ToySite(tmp_path_factory.mktemp("site"))
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.runs == 1
    assert "number 41" in site.html
    return site


def test_prose_and_unused_modules_run_nothing_and_used_ones_run_the_page(built_site):
    site = built_site
    site.page(prose="Other prose.")
    assert site.build().returncode == 0
    assert site.runs == 1
    assert "Other prose." in site.html
    assert "number 41" in site.html

    site.write("toy/other.py", "number = 2")
    assert site.build().returncode == 0
    assert site.runs == 1

    site.write("toy/behind.py", "number = 42")
    assert site.build().returncode == 0
    assert site.runs == 2
    assert "number 42" in site.html
    assert "number 41" not in site.html

    assert site.build(RNN_TUTORIAL_REVIEWS="keras").returncode == 0
    assert site.runs == 3


@pytest.mark.parametrize(
    ("code", "message"),
    [("assert used.behind.number == 0", "AssertionError"), ("import warnings; warnings.warn('stray')", "stderr")],
)
def test_a_claim_that_fails_and_a_stray_warning_fail_the_build(tmp_path, code, message):
    site = ToySite(tmp_path)
    site.page(code=code)
    done = site.build()
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


def test_imports_are_found_wherever_they_stand():
    code = "def f():\n    from pkg.a import x\nimport pkg.b, os\nfrom pkg import c\nimport pkgother.d"
    assert fresh_outputs.imported_modules(code, "pkg") == {"a", "b", "c", "x"} - {"x"}


def test_cells_are_read_without_their_options():
    page = "```{code-cell} python\n---\nmystnb:\n  image:\n    alt: x\n---\na = 1\n```\n\n"
    page += "```{code-cell}\n:tags: [x]\n\nb = 2\n```\n"
    assert fresh_outputs.page_code(page).split() == ["a", "=", "1", "b", "=", "2"]


# -------------------------------------------------------------------------------------------------------- API coverage


def test_public_names_without_docstring_or_entry_are_told(tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "module.py").write_text(
        '"""Doc."""\n__all__ = ["Public", "function"]\n'
        'class Public:\n    """Doc."""\n    def method(self): pass\n    def _hidden(self): pass\n'
        "def function(): pass\ndef private(): pass\n"
    )
    known = {"pkg.module", "pkg.module.Public", "pkg.module.Public.method"}
    assert api_coverage.undocumented(package, known) == [
        "pkg.module.Public.method has no docstring",
        "pkg.module.function has no docstring",
        "pkg.module.function is not in the API reference; add it to docs/reference/api/module.md",
    ]


def test_the_package_itself_has_a_docstring_everywhere():
    faults = api_coverage.undocumented(api_coverage.PACKAGE, set())
    assert not [fault for fault in faults if "docstring" in fault]
    assert "rnn_tutorial.reviews.Vocabulary.encode" in " ".join(faults)


# ---------------------------------------------------------------------------------------------------- text inventories


def test_an_inventory_can_be_read_by_sphinx():
    content = text_inventories.inventory("python", ["pathlib.Path py:class library/pathlib.html#pathlib.Path"])
    data = InventoryFile.loads(content, uri="https://example.org/").data
    (item,) = data["py:class"].values()
    assert item.uri == "https://example.org/library/pathlib.html#pathlib.Path"
    assert list(data["py:class"]) == ["pathlib.Path"]


def test_every_inventory_of_the_site_is_well_formed():
    for file in (EXTENSIONS.parent / "_inventories").glob("*.txt"):
        address, *lines = file.read_text().splitlines()
        assert address.startswith("https://")
        assert address.endswith("/")
        assert InventoryFile.loads(text_inventories.inventory(file.stem, lines), uri=address).data
