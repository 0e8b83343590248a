import ast
import re

from builds import EXTENSIONS  # isort: skip

DOCS = EXTENSIONS.parent
PACKAGE = DOCS.parent / "rnn_tutorial"
PRIVATE = ("experiments.runner", "experiments.settings.")  # what is public of them stands with the plans
FILES = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("[!_]*.py")]
MODULES = {".".join(path.parts) for path in FILES if path.parts[0] not in ("_cache", "exercises")}
MODULES = {module for module in MODULES if not module.startswith(PRIVATE)}
MODULES = sorted({*MODULES, "exercises"})  # of the exercises, what judges them


def undocumented(module):
    """Yield what of a public module has no docstring."""
    path = PACKAGE.joinpath(*module.split("."))
    source = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
    tree = ast.parse(source)
    assigned = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    listed, parts = ast.literal_eval(assigned["__all__"]), [tree]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in listed:
            members = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name[0] != "_"]
            parts += [node, *(members if isinstance(node, ast.ClassDef) else [])]
    yield from (f"{module}.{getattr(part, 'name', '')}" for part in parts if not ast.get_docstring(part))


def test_each_module_is_documented():
    assert [name for module in MODULES for name in undocumented(module)] == []
    for module in MODULES:
        page = (DOCS / "reference" / "api" / f"{module}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# rnn_tutorial.{module}\n")
        assert f".. automodule:: rnn_tutorial.{module}\n" in page  # it brings all that `__all__` lists
        assert not re.search("(exclude|no)-members", page), module


def test_the_overview_and_its_table_of_contents_list_every_module():
    index = (DOCS / "reference" / "index.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^   ~rnn_tutorial\.([\w.]+)$", index, re.MULTILINE)) == MODULES
    assert sorted(re.findall(r"^api/([\w.]+)$", index, re.MULTILINE)) == MODULES
