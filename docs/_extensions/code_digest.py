"""Digests of code, which change with the code but not with its comments, layout and docstrings."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "rnn_tutorial"


def code_digest(code: str, package: Path = PACKAGE) -> str:
    """Return a digest of the package modules that a piece of code can load, the same in every version of Python."""
    digest = hashlib.sha256()
    for file in sorted(modules_behind(code, package)):
        digest.update(f"{file.relative_to(package)} {_code_alone(file.read_text(encoding='utf-8'))}".encode())
    return digest.hexdigest()


def modules_behind(code: str, package: Path = PACKAGE) -> set[Path]:
    """Return the files of all modules of a package that a piece of code can load, and that of the package itself."""
    files, to_read = {package / "__init__.py"}, [code]
    while to_read:
        names = [name.split(".") for name in imported_names(to_read.pop())]
        places = [package.joinpath(*name[1:]) for name in names if name[0] == package.name and len(name) > 1]
        found = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
        new = {file for file in found if file.is_file()} - files
        files |= new
        to_read += [file.read_text(encoding="utf-8") for file in new]
    return files


@cache
def imported_names(code: str) -> frozenset[str]:
    """Return the full names that code imports anywhere, and the modules that they come from."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


@cache  # of a text, which may change in a file
def _code_alone(source: str) -> str:
    """Serialise a module's code without its comments, layout and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return _dump(tree)


def _dump(part: object) -> str:
    """Serialise a syntax tree, alike in every Python version; :func:`ast.dump` changed what it omits."""
    if isinstance(part, ast.JoinedStr):  # Python 3.12 adds empty strings to some
        part.values = [value for value in part.values if getattr(value, "value", None) != ""]
    if isinstance(part, ast.AST):
        said = (f"{name}={_dump(value)}" for name, value in ast.iter_fields(part) if value is not None and value != [])
        return f"{type(part).__name__}({', '.join(said)})"
    return f"[{', '.join(map(_dump, part))}]" if isinstance(part, list) else repr(part)
