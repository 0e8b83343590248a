import pytest

from rnn_tutorial._cache import code
from rnn_tutorial._cache.code import code_digest, loaded_code, modules_behind


@pytest.fixture
def toy(tmp_path):
    (tmp_path / "toy" / "inner").mkdir(parents=True)
    behind = 'class A:\n    """One."""\n\n    def f(self):\n        return "three"  # four\n'
    files = {"used": "from toy import behind\n", "behind": behind, "other": "number = 1\n", "inner/one": ""}
    for name, content in (files | {"__init__": "", "inner/__init__": "", "inner/two": ""}).items():
        (tmp_path / "toy" / f"{name}.py").write_text(content)
    return tmp_path / "toy"


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("import os\nfrom toy import used", {"__init__.py", "used.py", "behind.py"}),
        ("import toy.inner.one", {"__init__.py", "one.py"}),
        ("from toy.inner import one", {"__init__.py", "one.py"}),
        ("from toy.inner.one import something", {"__init__.py", "one.py"}),
    ],
)
def test_the_modules_behind_some_code_are_those_that_its_imports_load(toy, text, files):
    found = modules_behind(text, toy)
    assert {file.name for file in found} == files
    assert (toy / "inner" / "__init__.py" in found) == ("inner" in text)


@pytest.mark.parametrize(
    ("file", "text", "same"),
    [
        ("behind.py", 'class A:\n  def f(self):\n    """Two."""\n    return ("three")\n', True),
        ("behind.py", 'class A:\n  def f(self):\n    return ("five")\n', False),
        ("other.py", "number = 2\n", True),
        ("used.py", "from toy import behind\nnumber = 1\n", False),
    ],
)
def test_only_code_that_can_run_counts_and_no_comment_layout_or_docstring(toy, file, text, same):
    before = code_digest("from toy import used", toy)
    (toy / file).write_text(text)
    assert (code_digest("from toy import used", toy) == before) == same


def test_code_that_was_edited_since_it_was_loaded_is_not_known(monkeypatch):
    known = loaded_code("rnn_tutorial.theory.networks")
    assert known == code_digest("import rnn_tutorial.theory.networks")
    file, edited = code.PACKAGE / "theory" / "networks.py", dict(code.LOADED)
    edited[file] -= 1  # as if it had been written later, whatever it holds
    monkeypatch.setattr(code, "LOADED", edited)
    assert loaded_code("rnn_tutorial.theory.networks") is None
    assert loaded_code("rnn_tutorial.theory.cells") is not None
