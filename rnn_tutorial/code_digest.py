"""What code a result comes from, as a digest that a change of the code changes, and a change of prose does not."""

import ast
import hashlib
from pathlib import Path

__all__ = ["code_digest", "modules_behind", "imported_names"]

PACKAGE = Path(__file__).parent


def code_digest(code: str, package: Path = PACKAGE) -> str:
    """Return a digest of the modules of a package that running a piece of code can load.

    A comment, the layout, a docstring and Python's version change nothing. The builds of :doc:`/sentiment/comparison`
    run its cells again when the digest is another, and :func:`~rnn_tutorial.keras_training.train` trains again.

    :param code: the code, of which the imports count
    :param package: the folder of the package
    :returns: 64 hexadecimal digits

    Example:

    >>> from rnn_tutorial.code_digest import code_digest
    >>> code_digest("from rnn_tutorial import cells") == code_digest(
    ...     "import rnn_tutorial.cells  # the same module"
    ... )
    True
    """
    digest = hashlib.sha256()
    for file in sorted(modules_behind(code, package)):
        digest.update(f"{file.name} {_code_alone(file.read_text(encoding='utf-8'))}".encode())
    return digest.hexdigest()


def modules_behind(code: str, package: Path = PACKAGE) -> set[Path]:
    """Return the files of all modules of a package that running a piece of code can load.

    :doc:`/sentiment/comparison` loads ``keras_training``, and with it what that imports in turn.

    :param code: the code
    :param package: the folder of the package
    :returns: the files, that of the package itself among them

    Example:

    >>> from rnn_tutorial.code_digest import modules_behind
    >>> sorted(
    ...     file.name for file in modules_behind("from rnn_tutorial import progress")
    ... )
    ['__init__.py', 'progress.py']
    """
    files, to_read = {package / "__init__.py"}, [code]
    while to_read:
        names = [name.split(".") for name in imported_names(to_read.pop())]
        found = {package / f"{name[1]}.py" for name in names if name[0] == package.name and len(name) > 1}
        new = {file for file in found if file.is_file()} - files
        files |= new
        to_read += [file.read_text(encoding="utf-8") for file in new]
    return files


def imported_names(code: str) -> set[str]:
    r"""Return in full all names that code imports, wherever in it an import stands, and the modules they come from.

    The notebook of :doc:`/sentiment/comparison` installs what its cells import.

    :param code: the code
    :returns: the names

    Example:

    >>> from rnn_tutorial.code_digest import imported_names
    >>> sorted(imported_names("import os\nfrom math import pi"))
    ['math', 'math.pi', 'os']
    """
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _code_alone(source: str) -> str:
    """Return a module's code without its comments, its layout and its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return _dump(tree)


def _dump(part: object) -> str:
    """Write a syntax tree in the same way with every Python; :func:`ast.dump` changed what it leaves out."""
    if isinstance(part, ast.JoinedStr):  # Python 3.12 puts empty strings into some
        part.values = [value for value in part.values if getattr(value, "value", None) != ""]
    if isinstance(part, ast.AST):
        said = (f"{name}={_dump(value)}" for name, value in ast.iter_fields(part) if value is not None and value != [])
        return f"{type(part).__name__}({', '.join(said)})"
    return f"[{', '.join(map(_dump, part))}]" if isinstance(part, list) else repr(part)
