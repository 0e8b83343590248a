"""Every public name of the package is documented, shown by an example, and explained on a page.

Public is what a module lists in ``__all__``, and the public methods of the classes among it. Each needs a docstring in
the source and an entry in the API reference. The functions and classes of ``__all__`` need an example in the docstring,
unless a page shows them, and a page whose cells use them, or else a link in the docstring to what explains them.
Sources and pages are parsed, so that a build is not needed.
"""

import ast
import re
from pathlib import Path

import pytest

from builds import EXTENSIONS  # isort: skip
import page_code

ROOT = Path(__file__).parents[1]
DOCS = EXTENSIONS.parent
EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
LINK = re.compile(r":(doc|eq|numref|ref):`")


def public_names(source, module):
    """Yield each public name of a module's source in full, its docstring, and whether ``__all__`` lists it."""
    tree = ast.parse(source)
    yield module, ast.get_docstring(tree), False
    listed = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "__all__":
            listed = ast.literal_eval(node.value)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in listed:
            yield f"{module}.{node.name}", ast.get_docstring(node), True
            for member in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield f"{module}.{node.name}.{member.name}", ast.get_docstring(member), False


def faults(source, module, page, used):
    """Say what each public name of a module lacks, by its page of the API reference and the names that pages use."""
    told = []
    if f".. automodule:: {module}\n" not in page:  # it brings all that `__all__` lists
        told.append(f"{module} is not in the API reference; add it to docs/reference/api")
    for name, docstring, listed in public_names(source, module):
        if docstring is None:
            told.append(f"{name} has no docstring")
        elif listed and not EXAMPLE.search(docstring) and name not in used:
            told.append(f"{name} has no example; add lines with >>> to its docstring")
        if listed and name not in used and not LINK.search(docstring or ""):
            told.append(
                f"{name} is explained nowhere; use it in a cell of a page, or link its docstring to an equation or "
                "a page with :eq: or :doc:"
            )
    return told


def test_what_public_names_lack_is_told():
    source = (
        '"""Doc."""\n__all__ = ["Public", "function", "shown"]\n'
        'class Public:\n    """Doc: :eq:`linked`."""\n    def method(self): pass\n    def _hidden(self): pass\n'
        "def function(): pass\ndef private(): pass\n"
        'def shown():\n    """Doc.\n\n    >>> shown()\n    """\n'
    )
    explained_nowhere = (
        "is explained nowhere; use it in a cell of a page, or link its docstring to an equation or a page with :eq: or "
        ":doc:"
    )
    assert faults(source, "pkg.module", ".. automodule:: pkg.other\n", used={"pkg.module.function"}) == [
        "pkg.module is not in the API reference; add it to docs/reference/api",
        "pkg.module.Public has no example; add lines with >>> to its docstring",
        "pkg.module.Public.method has no docstring",
        "pkg.module.function has no docstring",
        f"pkg.module.shown {explained_nowhere}",
    ]
    assert len(list(public_names(source, "pkg.module"))) == 5


@pytest.fixture(scope="module")
def used():
    pages = (path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md")))
    return set().union(*(page_code.used_names(page_code.page_code(page), "rnn_tutorial") for page in pages))


PACKAGE = ROOT / "rnn_tutorial"
PRIVATE = {"experiments.runner", "experiments.settings"}  # what is public of them stands with the plans
FILES = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("[!_]*.py")]
MODULES = sorted({".".join(path.parts) for path in FILES if path.parts[0] != "_cache"} - PRIVATE)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_documented_shown_and_explained(module, used):
    page = (DOCS / "reference" / "api" / f"{module}.md").read_text(encoding="utf-8")
    source = (ROOT / "rnn_tutorial" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    assert faults(source, f"rnn_tutorial.{module}", page, used) == []


def test_the_reference_leaves_no_member_out():
    for path in (DOCS / "reference").rglob("*.md"):
        assert not re.search("(exclude|no)-members", path.read_text(encoding="utf-8")), path
