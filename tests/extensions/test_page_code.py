"""What is read in the cells of a page, and which changes of code change the digest of what can run it."""

import pytest

from builds import EXTENSIONS  # isort: skip
import page_code
from page_code import code_digest, imported_names, modules_behind

COLUMNS = 88  # that a page has room for at most widths; from 1440 px on it has room for 100


def test_cells_are_read_without_their_options():
    page = "```{code-cell} python\n---\nmystnb:\n  image:\n    alt: x\n---\na = 1\n```\n\n"
    page += "```{code-cell}\n:tags: [x]\n\nb = 2\n```\n"
    assert page_code.page_code(page).split() == ["a", "=", "1", "b", "=", "2"]


@pytest.mark.parametrize("page", sorted(EXTENSIONS.parent.rglob("*.md")), ids=lambda path: path.stem)
def test_no_line_of_a_cell_is_longer_than_a_page_has_room_for(page):
    lines = page_code.page_code(page.read_text(encoding="utf-8")).splitlines()
    assert [line for line in lines if len(line) > COLUMNS] == []


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from pkg.a import f\nf()", {"pkg.a.f"}),
        ("from pkg.a import f", set()),
        ("from pkg.a import f as g\ng()", {"pkg.a.f"}),
        ("from pkg import a\na.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a\npkg.a.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a as b\nb.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a as b, pkg.c\nb.f()\npkg.c.g()", {"pkg.a", "pkg.a.f", "pkg.c", "pkg.c.g"}),
        ("from pkg.a import C\nC.make().go()", {"pkg.a.C", "pkg.a.C.make"}),
        ("def g():\n    from pkg.a import f\n    return map(f, [])", {"pkg.a.f"}),
        ("from other.a import f\nf()\nimport pkgother.a\npkgother.a.f()", set()),
        ("from pkg.a import f\nx.f()", set()),
    ],
)
def test_a_name_is_used_where_it_is_imported_and_then_read(code, names):
    assert page_code.used_names(code, "pkg") == names


def test_imports_are_found_wherever_they_stand():
    code = "def f():\n    from pkg.a import x\nimport pkg.b, os\nfrom pkg import c\nfrom . import d"
    assert imported_names(code) == {"pkg.a", "pkg.a.x", "pkg.b", "os", "pkg", "pkg.c"}


@pytest.fixture
def toy(tmp_path):
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "used.py").write_text("from toy import behind\n")
    (folder / "behind.py").write_text('class A:\n    """One."""\n\n    def f(self):\n        return "three"  # four\n')
    (folder / "other.py").write_text("number = 1\n")
    return folder


def test_the_modules_behind_some_code_are_those_that_its_imports_import(toy):
    files = modules_behind("import os\nfrom toy import used", toy)
    assert {file.name for file in files} == {"__init__.py", "used.py", "behind.py"}


def test_a_module_of_a_folder_is_found_by_its_own_name_and_by_what_it_holds(toy):
    (toy / "inner").mkdir()
    for name in ("__init__", "one", "two"):
        (toy / "inner" / f"{name}.py").write_text("")
    for code in ("import toy.inner.one", "from toy.inner import one", "from toy.inner.one import something"):
        assert toy / "inner" / "one.py" in modules_behind(code, toy)
        assert toy / "inner" / "two.py" not in modules_behind(code, toy)


@pytest.mark.parametrize(
    ("file", "code", "same"),
    [
        ("behind.py", 'class A:\n  def f(self):\n    """Two."""\n    return ("three")\n', True),
        ("behind.py", 'class A:\n  def f(self):\n    return ("five")\n', False),
        ("other.py", "number = 2\n", True),
        ("used.py", "from toy import behind\nnumber = 1\n", False),
    ],
)
def test_only_code_that_can_run_counts_and_no_comment_layout_or_docstring(toy, file, code, same):
    before = code_digest("from toy import used", toy)
    (toy / file).write_text(code)
    assert (code_digest("from toy import used", toy) == before) == same


def test_every_python_gives_the_same_digest(toy):
    (toy / "behind.py").write_text(
        'def f(x: int, *y, z=None):\n    return f"{x!r:>{z}}" "a" \'b\' if y[1:] else -1e-3\n'
    )
    assert code_digest("from toy import used", toy)[:16] == "183b51bcb2faf0cd"
