"""The code behind a result, for the key of what is kept: joblib.Memory and jupyter-cache ignore what code imports."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
LOADED = {file: file.stat().st_mtime_ns for file in PACKAGE.rglob("*.py")}  # as this process began


@cache  # of a text, which may change in a file
def parsed(source: str) -> tuple[set[str], str]:
    """Return the full names that code imports anywhere, and the code without comments, layout and docstrings."""
    tree, names = ast.parse(source), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return names, ast.dump(tree)


def modules_behind(code: str, package: Path = PACKAGE) -> list[Path]:
    """Return the files of all modules of a package that a piece of code can load, directly or not."""
    files, to_read = set[Path](), [code]
    while to_read:
        names = [name.split(".") for name in parsed(to_read.pop())[0] if name.partition(".")[0] == package.name]
        places = [package.joinpath(*name[1:end]) for name in names for end in range(1, len(name) + 1)]
        found = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
        new = {file for file in found if file.is_file()} - files
        files |= new
        to_read += [file.read_text(encoding="utf-8") for file in new]
    return sorted(files)


def code_digest(code: str, package: Path = PACKAGE) -> str:
    """Return a digest of the modules that a piece of code can load, without comments, layout and docstrings."""
    read = [(file.relative_to(package).as_posix(), file.read_text("utf-8")) for file in modules_behind(code, package)]
    return hashlib.sha256(repr([(name, parsed(text)[1]) for name, text in read]).encode()).hexdigest()


def loaded_code(*modules: str) -> str | None:
    """Return a digest of the code behind modules of this process, or ``None`` if a file was edited meanwhile."""
    code = "\n".join(f"import {module}" for module in modules)
    digest = code_digest(code)
    unchanged = all(file.stat().st_mtime_ns == LOADED.get(file) for file in modules_behind(code))
    return digest if unchanged else None
