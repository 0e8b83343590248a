"""A change of code changes the digest of what can run it, and a change of prose does not."""

import pytest

from builds import EXTENSIONS  # isort: skip  # noqa: F401
from code_digest import code_digest, imported_names, modules_behind


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
