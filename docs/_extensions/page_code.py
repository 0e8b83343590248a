"""Parse the cells of a page: their code, the names that they use, and a digest of the package behind it.

The digest changes with the code, but not with its comments, layout and docstrings.
"""

import ast
import hashlib
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "rnn_tutorial"
KERNEL_NAME = "display_name: Python 3"  # in the head of a page that runs code
CODE_CELL = re.compile(r"^```{code-cell}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[^\n]*\n)*)", re.MULTILINE | re.DOTALL)


def page_code(page: str) -> str:
    """Return the code of all cells of a page, without their options."""
    return "\n".join(OPTIONS.sub("", cell) for cell in CODE_CELL.findall(page))


def loads_given_reviews(code: str) -> bool:
    """Return whether code loads the reviews that the build was given: it calls ``load_reviews`` without a source."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and not node.args]
    loads = [call for call in calls if ast.unparse(call.func).endswith("load_reviews")]
    return any(all(keyword.arg != "source" for keyword in call.keywords) for call in loads)


def used_names(code: str, package: str) -> set[str]:
    """Return the full names of a package that code imports and then uses."""
    nodes = list(ast.walk(ast.parse(code)))
    bound: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            # `import a.b` binds a
            names = {alias: alias.asname or alias.name.partition(".")[0] for alias in node.names}
            bound |= {name: alias.name if alias.asname else name for alias, name in names.items()}
        elif isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}

    def in_full(node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return bound.get(node.id)
        if isinstance(node, ast.Attribute) and (owner := in_full(node.value)):
            return f"{owner}.{node.attr}"
        return None

    return {name for node in nodes if (name := in_full(node)) and name.startswith(f"{package}.")}


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
