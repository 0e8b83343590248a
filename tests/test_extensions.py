"""The site's own Sphinx extensions."""

import base64
import html
import json
import os
import re
import shutil
import subprocess

import pytest
from sphinx.util.inventory import InventoryFile

from small_site import EXTENSIONS, SPHINX, DiagramSite  # isort: skip
import api_coverage
import api_pages
import fresh_outputs
import text_inventories

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
            [*SPHINX, *cache, *package, "docs", "html"],
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
    site.write("toy/used.py", '"""Prose."""\n\nfrom toy import behind  # and a reason')
    assert site.build().returncode == 0
    assert site.runs == 1

    site.write("toy/behind.py", "number = 42")
    assert site.build().returncode == 0
    assert site.runs == 2
    assert "number 42" in site.html
    assert "number 41" not in site.html

    assert site.build(RNN_TUTORIAL_REVIEWS="keras").returncode == 0
    assert site.runs == 2  # the page loads no reviews

    site.page(code="def load_reviews(): print('reviews')\nload_reviews()")
    assert site.build().returncode == 0
    assert site.build(RNN_TUTORIAL_REVIEWS="keras").returncode == 0
    assert site.runs == 4
    assert site.build().returncode == 0
    assert site.runs == 4  # what the page said of the reviews before is kept


def test_a_path_to_reviews_means_the_folder_of_the_command_and_not_that_of_the_page(tmp_path):
    site = ToySite(tmp_path)
    site.page(code="import os; print('reviews:', open(os.environ['RNN_TUTORIAL_REVIEWS']).read())")
    site.write("own/mine.csv", "a review")
    done = site.build(RNN_TUTORIAL_REVIEWS="own/mine.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reviews: a review" in site.html


def test_a_page_that_borrows_a_number_is_written_again_with_the_page_that_lends_it(tmp_path):
    site = ToySite(tmp_path)
    lend = "from myst_nb import glue; glue('lent', used.behind.number, display=False)"
    site.page(code=lend)
    site.write("docs/other.md", "---\norphan: true\n---\n# Other\n\nIt is {glue:text}`index.md::lent:.1f`.\n")
    assert site.build().returncode == 0
    other = tmp_path / "html" / "other.html"
    assert ">41.0<" in other.read_text()
    site.write("toy/behind.py", "number = 42")
    assert site.build().returncode == 0
    assert ">42.0<" in other.read_text()


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


def test_only_docstrings_comments_and_layout_are_no_code():
    code = 'class A:\n    """One."""\n\n    def f(self):\n        """Two."""\n        return "three"  # four'
    assert fresh_outputs.code_alone(code) == fresh_outputs.code_alone('class A:\n  def f(self): return ("three")')
    assert fresh_outputs.code_alone(code) != fresh_outputs.code_alone(code.replace("three", "five"))


# -------------------------------------------------------------------------------------------------------- API coverage


def test_what_public_names_lack_is_told(tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "module.py").write_text(
        '"""Doc."""\n__all__ = ["Public", "function", "shown"]\n'
        'class Public:\n    """Doc: :eq:`linked`."""\n    def method(self): pass\n    def _hidden(self): pass\n'
        "def function(): pass\ndef private(): pass\n"
        'def shown():\n    """Doc.\n\n    >>> shown()\n    """\n'
    )
    known = {"pkg.module", "pkg.module.Public", "pkg.module.Public.method", "pkg.module.shown"}
    explained_nowhere = (
        "is explained nowhere; use it in a cell of a page, or link its docstring to an equation or a page with :eq: or "
        ":doc:"
    )
    assert api_coverage.undocumented(package, known, used={"pkg.module.function"}) == [
        "pkg.module.Public has no example; add lines with >>> to its docstring",
        "pkg.module.Public.method has no docstring",
        "pkg.module.function has no docstring",
        "pkg.module.function is not in the API reference; add it to docs/reference/api/module.md",
        f"pkg.module.shown {explained_nowhere}",
    ]


def test_the_package_itself_has_a_docstring_and_an_example_everywhere():
    faults = api_coverage.undocumented(api_coverage.PACKAGE, set(), set())
    assert not [fault for fault in faults if "docstring" in fault and "explained nowhere" not in fault]
    assert "rnn_tutorial.vocabulary.Vocabulary.encode" in " ".join(faults)


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


# ----------------------------------------------------------------------------------------------------------- API pages


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from pkg.a import f\nf()", {"pkg.a.f"}),
        ("from pkg.a import f", set()),
        ("from pkg.a import f as g\ng()", {"pkg.a.f"}),
        ("from pkg import a\na.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a\npkg.a.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a as b\nb.f()", {"pkg.a", "pkg.a.f"}),
        ("from pkg.a import C\nC.make().go()", {"pkg.a.C", "pkg.a.C.make"}),
        ("def g():\n    from pkg.a import f\n    return map(f, [])", {"pkg.a.f"}),
        ("from other.a import f\nf()\nimport pkgother.a\npkgother.a.f()", set()),
        ("from pkg.a import f\nx.f()", set()),
    ],
)
def test_a_name_is_used_where_it_is_imported_and_then_read(code, names):
    assert api_pages.used_names(code, "pkg") == names


class ApiSite(DiagramSite):
    """A site of an overview, one API page, and one page with cells."""

    CONF = f"""
import sys
sys.path[:0] = [{str(EXTENSIONS)!r}, ".."]
extensions = ["myst_nb", "sphinx.ext.autodoc", "api_pages"]
api_pages_package = "toy"
autosummary_generate = False
nb_execution_mode = "off"
suppress_warnings = ["myst-nb.lexer"]  # a run would tell the language
autodoc_default_options = {{"members": True, "member-order": "bysource"}}
"""
    MODULE = '"""Numbers. All of them."""\n__all__ = ["two", "three"]\ndef two():\n    """Give 2."""\n'
    MODULE += 'def three():\n    """Give 3."""\n'

    def __init__(self, root):
        super().__init__(root)
        self.write("../toy/__init__.py", "")
        self.write("../toy/numbers.py", self.MODULE)
        self.write("api.md", "# toy.numbers\n\n```{eval-rst}\n.. automodule:: toy.numbers\n```\n")
        self.write(
            "index.md",
            "# Home\n\n```{eval-rst}\n.. autosummary::\n   :nosignatures:\n\n   ~toy.numbers\n```\n\n"
            "```{toctree}\napi\npage\n```\n",
        )
        self.cell("two()")

    def cell(self, code):
        head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# Page of twos\n\n"
        self.write("page.md", f"{head}```{{code-cell}} python\nfrom toy.numbers import three, two\n{code}\n```\n")

    def text(self, page):
        done = self.build()
        assert done.returncode == 0, done.stderr
        html = (self.root / "html" / f"{page}.html").read_text(encoding="utf-8")
        body = re.search('<div class="body" role="main">(.*?)<div class="clearer">', html, re.DOTALL)[1]
        return " ".join(re.sub("<[^>]*>", " ", body).replace("&#182;", "").split())


def test_an_api_page_shows_its_names_at_the_top_and_follows_the_pages_that_use_them(tmp_path):
    site = ApiSite(tmp_path)
    text = site.text("api")
    table, details = re.search("All of them. (.*?) (toy.numbers. two .*)", text).groups()
    assert table == "two Give 2. three Give 3."
    assert re.search("Give 2. Used on: Page of twos .*Give 3.", details)
    assert text.count("Used on") == 1
    html = (tmp_path / "html" / "api.html").read_text(encoding="utf-8")
    assert 'href="page.html"' in html[html.index("Used on") :]

    site.cell("three()")
    text = site.text("api")
    assert re.search("Give 2. toy.numbers. three .*Give 3. Used on: Page of twos", text)
    assert text.count("Used on") == 1

    (tmp_path / "docs" / "page.md").write_text("---\norphan: true\n---\n\n# Page without cells\n")
    assert "Used on" not in site.text("api")


def test_an_overview_of_modules_follows_their_first_lines(tmp_path):
    site = ApiSite(tmp_path)
    assert "numbers Numbers." in site.text("index")
    site.write("../toy/numbers.py", site.MODULE.replace("Numbers.", "A few numbers."))
    assert "numbers A few numbers." in site.text("index")


# ----------------------------------------------------------------------------------------------------------- explorer

READER = "---\norphan: true\n---\n\n# Other\n\n```{{explorer}} {network}\n:label: It reads\n{options}\n```\n"


def glued(**files):
    """Write the cell of a page that hands files over."""
    contents = {name: base64.b64encode(content).decode() for name, content in files.items()}
    glue = "".join(f"glue('explorer/{name}', {content!r}, display=False)\n" for name, content in contents.items())
    return f"from myst_nb import glue\n{glue}"


class ExplorerSite(ToySite):
    """A toy site whose first page hands files over, and whose other page, in a folder, shows an explorer."""

    FILES = {"vocabulary.txt": b"the\nfilm\n", "lstm.safetensors": b"\x00\xff<>", "samples.json": b'[{"title": "a \'<b>\'"}]'}  # fmt: skip # noqa: E501, RUF012

    def __init__(self, root, network="lstm", options="", **files):
        super().__init__(root)
        self.write("docs/conf.py", CONF.replace('"fresh_outputs"', '"explorer"') + 'explorer_page = "index"\n')
        self.page(code=glued(**(self.FILES | files)))
        (root / "docs" / "more").mkdir()
        (root / "docs" / "more" / "other.md").write_text(READER.format(network=network, options=options))

    @property
    def other(self):
        return (self.root / "html" / "more" / "other.html").read_text(encoding="utf-8")

    def data(self, name):
        """Give an attribute of the place where the explorer will be."""
        (place,) = re.findall(r'<div class="explorer[^>]*>', self.other)
        found = re.search(rf' data-{name}="([^"]*)"', place)
        return html.unescape(found[1]) if found else None


def test_an_explorer_knows_where_its_files_are_and_they_are_there(tmp_path):
    site = ExplorerSite(tmp_path, options=':show: words curve\n:controls: text\n:text: good & <bad> "film"')
    done = site.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert [site.data(name) for name in ("network", "label", "show", "controls", "text")] == [
        "lstm", "It reads", "words curve", "text", 'good & <bad> "film"'
    ]  # fmt: skip
    files = json.loads(site.data("files"))
    assert set(files) == {"vocabulary", "lstm"}
    for (name, file), key in zip(site.FILES.items(), ("vocabulary", "lstm"), strict=False):
        assert files[key]["bytes"] == len(file)
        address, _, version = files[key]["url"].partition("?v=")
        assert re.fullmatch("[0-9a-f]{8}", version)
        assert address == f"../_static/explorer/{name}"
        assert (tmp_path / "html" / "more" / address).read_bytes() == file
    assert json.loads(site.data("samples")) == [{"title": "a '<b>'"}]
    assert "That needs JavaScript" in site.other
    assert "localhost:8000/more/other.html" in site.other
    assert "explorer/explorer.css" in site.other
    assert "explorer/explorer.css" not in site.html


def test_a_page_with_an_explorer_is_written_again_when_the_networks_are_trained_again(tmp_path):
    site = ExplorerSite(tmp_path)
    assert site.build().returncode == 0
    before = json.loads(site.data("files"))
    site.page(code=glued(**(site.FILES | {"lstm.safetensors": b"trained again"})))
    assert site.build().returncode == 0
    after = json.loads(site.data("files"))
    assert after["vocabulary"] == before["vocabulary"]
    assert after["lstm"]["url"] != before["lstm"]["url"]
    assert (tmp_path / "html" / "_static" / "explorer" / "lstm.safetensors").read_bytes() == b"trained again"


def test_files_that_are_gone_come_back_without_a_page_being_run(tmp_path):
    site = ExplorerSite(tmp_path)
    assert site.build().returncode == 0
    shutil.rmtree(tmp_path / "html" / "_static")
    assert site.build().returncode == 0
    assert site.runs == 1
    assert (tmp_path / "html" / "_static" / "explorer" / "lstm.safetensors").read_bytes() == site.FILES["lstm.safetensors"]  # fmt: skip # noqa: E501


@pytest.mark.parametrize(
    ("network", "options", "says"),
    [
        ("gru", "", "expected the network simple_rnn or lstm or bag_of_words, got gru"),
        ("lstm", ":show: words gates", "expected some of words, curve, unrolled, units, unit, gradient, got gates"),
        ("lstm", ":controls: sliders", "expected some of text, network, shuffle, padding, got sliders"),
        ("simple_rnn", "", "no page glues explorer/simple_rnn.safetensors"),
        ("lstm", ":controls: network", "no page glues explorer/bag_of_words.safetensors"),
    ],
)
def test_an_explorer_that_cannot_work_fails_the_build(tmp_path, network, options, says):
    done = ExplorerSite(tmp_path, network, options).build()
    assert done.returncode != 0
    assert says in done.stdout + done.stderr


def test_an_explorer_without_a_name_fails_the_build(tmp_path):
    site = ExplorerSite(tmp_path)
    other = tmp_path / "docs" / "more" / "other.md"
    other.write_text(other.read_text().replace(":label: It reads\n", ""))
    done = site.build()
    assert done.returncode != 0
    assert "The explorer needs a :label:" in done.stdout + done.stderr


# --------------------------------------------------------------------------------------------- index entries, kept


def test_the_search_keeps_the_index_entries_of_pages_that_are_not_written_again_and_loses_those_of_pages_that_go(
    tmp_path,
):
    site = DiagramSite(tmp_path)
    site.write("conf.py", f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['kept_index_entries']\n")
    page = ":orphan:\n\n{title}\n=====\n\n.. index:: ! {entry}\n\nText.\n"
    site.write("index.rst", page.format(title="First", entry="cell"))
    site.write("other.rst", page.format(title="Other", entry="gate"))

    def entries():
        done = site.build()
        assert done.returncode == 0, done.stderr
        script = (tmp_path / "html" / "searchindex.js").read_text(encoding="utf-8")
        return sorted(json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))["indexentries"])

    assert entries() == ["cell", "gate"]
    site.write("index.rst", page.format(title="First", entry="unit"))
    assert entries() == ["gate", "unit"]
    (tmp_path / "docs" / "other.rst").unlink()
    assert entries() == ["unit"]
