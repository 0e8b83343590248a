"""A change of code changes the digest of what can run it, and a change of prose does not."""

import ast
import shutil

import pytest

from rnn_tutorial.code_digest import PACKAGE, code_digest, imported_names, modules_behind

TRAINS = "from rnn_tutorial.keras_training import train"


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


def constants():
    """Find each number that a module behind a training names, such as the width of a bucket."""
    return [
        pytest.param(file.name, node.lineno, id=f"{file.name} {node.targets[0].id}")
        for file in sorted(modules_behind(TRAINS))
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(getattr(node.value, "value", None), int | float)
    ]


@pytest.mark.parametrize(("name", "line"), constants())
def test_another_constant_behind_a_training_is_other_code(tmp_path, name, line):
    package = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    assert code_digest(TRAINS, package) == code_digest(TRAINS)
    lines = (package / name).read_text(encoding="utf-8").splitlines(keepends=True)
    place, _, rest = lines[line - 1].partition("=")
    lines[line - 1] = f"{place}= 1 + {rest}"
    (package / name).write_text("".join(lines), encoding="utf-8")
    assert code_digest(TRAINS, package) != code_digest(TRAINS)


def test_the_constants_of_a_training_are_found():
    ids = {parameter.id for parameter in constants()}
    assert {"keras_batches.py BUCKET_WIDTH", "keras_training.py EVALUATION_BATCH"} <= ids
