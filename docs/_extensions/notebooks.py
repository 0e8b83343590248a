"""Offer each page that runs code as a notebook that readers can run anywhere.

While the HTML is written, ``notebooks/<section>-<page>.ipynb`` is written next to it, and the package as a wheel,
because no package index has it; recorded runs, the larger part of it, lie beside the wheel, for pages that read them.
The first cell says what the notebook is, the second brings what cells import and read, Keras only where they load it:
from the site if ``html_baseurl`` gives its address, otherwise from the notebook's own folder. Code cells have the
outputs of this build, lack what only serves the page, ``glue``, and are folded where the page folds them.

``notebooks/functions.ipynb`` has all functions to write, and needs NumPy alone; ``{notebook}`functions` `` links to it.

A template gets ``notebook`` with the addresses of the page's notebook, or None: ``download``, ``wheel`` and ``runs`` if
the notebook needs them and does not fetch them by itself, and ``colab`` if the site is a repository's on GitHub Pages
whose workflow puts notebooks on the branch ``gh-pages``, which is where Google's Colab opens them.
"""

import ast
import contextlib
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import flit_core.buildapi
import nbformat
from doctree_markdown import Page, escaped
from docutils import nodes
from execution import page_code, record
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from page import add_fact, fact, site_only, with_text_in_cells
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.code import PACKAGE
from rnn_tutorial.exercises import hint, names, starter

PROJECT = Path(__file__).parents[2]
FOLDER = "notebooks"
GITHUB_PAGES = re.compile(r"https://([\w-]+)\.github\.io/([\w.-]+)/")
LINK = re.compile(r"\b(doi:10\.\S+?|https?://\S+?)(?=\.?(?:\s|$))")
GLUE = re.compile(r"from \S+ import glue(_numbers|_file)?|glue(_numbers|_file)?\(.*\)", re.DOTALL)
RUNS, RECORDED = "runs.zip", PROJECT / "rnn_tutorial" / "experiments" / "runs"
NOT_FOR_READERS = shutil.ignore_patterns("__pycache__", "runner.py", "runs")  # of the package
ALSO = "pandas jinja2"  # which cells use and the package does not require; pandas needs Jinja for `.style`
WITHOUT = "%pip install --quiet --no-deps {}\n%pip install --quiet {}"  # some of what the package requires
TYPES = "TYPE_CHECKING"  # what stands below it does not run
HEAVY = {"keras", "tensorflow"}  # of what the package requires
Facts = dict[str, Any]
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def without_glue(source: str) -> str:
    """Return a cell without the statements that only glue numbers for the page's text."""

    def glues(statement: ast.stmt) -> bool:
        if isinstance(statement, ast.For):
            return all(map(glues, statement.body))
        return GLUE.fullmatch(ast.unparse(statement)) is not None

    lines, tree = dict(enumerate(source.split("\n"), start=1)), ast.parse(source)
    if all(map(glues, tree.body)):
        return ""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt) and glues(statement):
            for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                lines.pop(line, None)
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines.values())).strip("\n")


def imports(code: str, function: str = "") -> set[str]:
    """Return the full names that code imports when it runs, or one of its functions when it is called."""
    names, waiting = set[str](), list[ast.AST](ast.parse(code).body)
    if function:
        waiting = [part for node in waiting if getattr(node, "name", "") == function for part in ast.walk(node)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.FunctionDef) or (isinstance(node, ast.If) and ast.unparse(node.test) == TYPES):
            continue
        else:
            waiting += ast.iter_child_nodes(node)
    return names


@cache
def libraries(name: str) -> frozenset[str]:
    """Return the libraries that an import loads, also through the package's own modules."""
    root, *inner = name.split(".")
    if root != PACKAGE.name:
        return frozenset([root])
    parts = [PACKAGE.joinpath(*inner[:end]) for end in range(1, len(inner) + 1)]
    files = [file for part in parts for file in (part.with_suffix(".py"), part / "__init__.py") if file.is_file()]
    sources = [file.read_text(encoding="utf-8") for file in files]
    names = {other for source in sources for other in imports(source) | imports(source, inner[-1] if inner else "-")}
    return frozenset().union(*map(libraries, names))


def loaded(code: str) -> frozenset[str]:
    """Return the libraries that code loads."""
    return frozenset().union(*map(libraries, imports(code)))


def runs_in(code: str) -> list[str]:
    """Return the names of the recorded runs that code reads: those that it names, or all of the folder."""
    names = sorted(file.stem for file in RECORDED.glob("*.jsonl"))
    return [name for name in names if "FOLDER" in code or ("recorded_runs" in code and f'"{name}"' in code)]


def linked(text: str) -> str:
    """Return a part of a reference, as a link if it is a DOI or an address."""
    if not LINK.fullmatch(text):
        return escaped(text)
    return f"[{escaped(text)}](https://doi.org/{text[4:]})" if text.startswith("doi:") else f"<{text}>"


def works_cited(doctree: nodes.document) -> Iterator[str]:
    """Yield each work that a page cites, with a link if it has a DOI; the site has a page for them."""
    for citation in doctree.findall(nodes.inline):
        if "bibtex-citation" in citation["classes"]:
            for reference in citation.findall(nodes.reference):
                yield "".join(map(linked, LINK.split(reference.get("reftitle", reference.astext()))))


def introduction(page: str, project: dict[str, Any]) -> str:
    """Return the first cell, which says what the notebook is and what it needs."""
    return (
        f"This notebook is the page {page} of **{project['name']} {project['version']}**. Its text gives the numbers "
        "that the site's own run gave, and each cell what it put out there. Yours can differ: in the last digits, and "
        f"in how long something takes.\n\nIt needs Python `{project['requires-python']}`. The next cell installs the "
        "rest into the environment that runs this notebook."
    )


def outputs(cells: list[dict[str, Any]]) -> list[list[NotebookNode]]:
    """Return the outputs of each cell, as text in tables, without glued values."""
    left = [[output for output in cell["outputs"] if "scrapbook" not in output.get("metadata", ())] for cell in cells]
    shown: list[list[NotebookNode]] = nbformat.from_dict(left)
    for data in (output.get("data", {}) for of_cell in shown for output in of_cell):
        if "text/html" in data:
            data["text/html"] = with_text_in_cells(data["text/html"])
    return shown


def colab(base: str, file: str) -> str | None:
    """Return the address that opens a notebook in Colab, if the site's address gives its repository."""
    match = GITHUB_PAGES.fullmatch(base)
    return f"https://colab.research.google.com/github/{match[1]}/{match[2]}/blob/gh-pages/{file}" if match else None


def build_wheel(project: Facts, app: Sphinx) -> None:
    """Build the package and the notebook of functions into the site, and store what notebooks say of the package."""
    if app.builder.name != "html":
        return
    base, root, folder = app.config.html_baseurl, Path(app.config.notebooks_project), Path(app.outdir, FOLDER)
    if base and not re.fullmatch(r"https?://\S+/", base):
        raise ConfigError(f"html_baseurl: expected an address such as https://example.org/tutorial/, got {base!r}.")
    about = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {re.split("[=>]", line)[0]: f'"{line}"' for line in about.get("dependencies", ())}
    project |= about | {"version": app.config.release, "required": required}
    folder.mkdir(parents=True, exist_ok=True)
    package = root / about["name"]
    with tempfile.TemporaryDirectory() as copy:
        for file in filter(Path.is_file, root.iterdir()):
            shutil.copy(file, copy)
        shutil.copytree(package, Path(copy, package.name), ignore=NOT_FOR_READERS)
        with contextlib.chdir(copy):  # a build backend works on the folder that it runs in
            project["wheel"] = flit_core.buildapi.build_wheel(str(folder))
    shutil.make_archive(str(folder / Path(RUNS).stem), "zip", RECORDED)
    save(functions(project, base), folder / "functions.ipynb")


def fetching_runs(base: str) -> str:
    """Return the code that puts recorded runs where the package reads them."""
    fetched = f'urlretrieve("{urljoin(base, f"{FOLDER}/{RUNS}")}", "{RUNS}")\n' if base else ""
    imported = "from urllib.request import urlretrieve\n" if base else ""
    return (
        f"\n\nimport shutil\n{imported}from rnn_tutorial.experiments.results import FOLDER\n\n{fetched}"
        f'shutil.unpack_archive("{RUNS}", FOLDER)'
    )


def place_of(project: Facts, base: str, runs: bool = False) -> tuple[str, str]:
    """Return where pip finds the package, and what a reader downloads for that."""
    if base:
        return urljoin(base, f"{FOLDER}/{project['wheel']}"), ""
    keep = f" The package {project['name']} comes from the file `{project['wheel']}`. Download it from the "
    keep += f"same page, and `{RUNS}`, too, and keep all in" if runs else "same page, and keep both files in"
    return f"./{project['wheel']}", f"{keep} one folder."


def functions(project: Facts, base: str) -> Iterator[NotebookNode]:
    """Yield the cells of a notebook in which readers write all functions, and which they hand in."""
    package, keep = place_of(project, base)
    yield new_markdown_cell(
        f"This notebook has the functions to write of **{project['name']} {project['version']}**. Put each in the "
        "place of its `...`; the cell below it says what is right and what is not yet. To hand it in, save it "
        f"under your name.\n\nIt needs Python `{project['requires-python']}`. The next cell installs NumPy and the "
        f"package, and nothing else, into the environment that runs this notebook.{keep}"
    )
    imported = "from rnn_tutorial.exercises import check_function"
    yield new_code_cell(f"{WITHOUT.format(package, project['required']['numpy'])}\n\n{imported}")
    for name in names():
        yield new_markdown_cell(f"## {name}\n\n<details>\n<summary>Hint</summary>\n\n{hint(name)}\n\n</details>")
        yield new_code_cell(starter(name).strip())
        yield new_code_cell(f"check_function({name})")


def link(app: Sphinx, place: fact, docname: str) -> nodes.Node:
    """Return a link to a notebook and, where a reader keeps the package beside it, to the package."""
    file, to = f"{place['page']}.ipynb", f'<a href="{"../" * docname.count("/")}{FOLDER}/{{}}" download>{{}}</a>'
    if app.builder.name != "html":
        return nodes.literal("", file)
    (wheel,) = Path(app.outdir, FOLDER).glob("*.whl")
    package = "" if app.config.html_baseurl else f" and {to.format(wheel.name, 'its package')}"
    return site_only(html=to.format(file, file) + package)


def cells_of(project: Facts, app: Sphinx, docname: str, code: str, doctree: nodes.document) -> Iterator[NotebookNode]:
    """Yield the cells of a page's notebook."""
    env: Any = app.env
    base, runs = app.config.html_baseurl, runs_in(code)
    address = urljoin(base, app.builder.get_target_uri(docname)) if base else ""
    numbers = env.toc_fignumbers.get(docname, {})  # empty without `numfig`

    def number(node: nodes.Element) -> str:
        if isinstance(node, nodes.math_block):  # on each page from 1
            return str(node.get("number") or "")
        kind = env.domains.standard_domain.get_enumerable_node_type(node)
        parts = next((numbers[kind][k] for k in node["ids"] if k in numbers.get(kind, {})), ())
        return app.config.numfig_format[kind] % ".".join(map(str, parts)) if parts else ""

    page = Page(docname, {name: title.astext() for name, title in app.env.titles.items()}, address, number)
    title = page.inline(doctree.next_node(nodes.title))
    package, keep = place_of(project, base, bool(runs))
    named = f"[{title}]({address})" if base else f"“{title}” ({docname}.html)"
    yield new_markdown_cell(introduction(named, project) + keep)
    install = f"%pip install --quiet {package} {ALSO}"
    if HEAVY.isdisjoint(loaded(code)):
        light = [line for name, line in project["required"].items() if name not in HEAVY]
        install = WITHOUT.format(package, " ".join([*light, ALSO]))
    yield new_code_cell(install + (fetching_runs(base) if runs else ""))
    of_cells = outputs(record(env, docname)["cells"])
    for cell in page.cells(doctree):
        if isinstance(cell, str):
            yield new_markdown_cell(cell)
        elif source := cell.source if cell.index is None else without_glue(cell.source):
            shown = of_cells[cell.index] if of_cells and cell.index is not None else []
            hidden = {"jupyter": {"source_hidden": True}, "cellView": "form"} if cell.folded else {}
            titled = f"# @title {cell.title}\n{source}" if cell.title else source
            yield new_code_cell(titled, metadata=hidden, outputs=shown)
    if works := dict.fromkeys(works_cited(doctree)):
        yield new_markdown_cell("## References\n\n" + "\n".join(f"- {work}" for work in works))


def save(cells: Iterator[NotebookNode], file: Path) -> None:
    """Write a notebook."""
    notebook = new_notebook(cells=list(cells), metadata=KERNEL)
    for place, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{place}"  # nbformat's own is random
    nbformat.validate(notebook)
    # JSON has no line break inside a string, so spaces that begin a line are indentation, which weighs
    flat = re.sub(r"^ +", "", nbformat.writes(notebook), flags=re.MULTILINE)
    file.write_text(f"{flat}\n", encoding="utf-8")


def write_notebook(
    project: Facts, app: Sphinx, docname: str, template: str, context: Facts, doctree: nodes.document | None
) -> None:
    """Write a page's notebook, and give its addresses to the page's template."""
    context["notebook"] = None
    if doctree is None or not project or "kernelspec" not in app.env.metadata.get(docname, {}):
        return
    base, file = app.config.html_baseurl, f"{FOLDER}/{docname.replace('/', '-')}.ipynb"
    code = page_code(Path(app.env.doc2path(docname)).read_text(encoding="utf-8"))
    save(cells_of(project, app, docname, code, doctree), Path(app.outdir, file))
    address, wheel = context["pathto"], f"{FOLDER}/{project['wheel']}"
    runs = None if base or not runs_in(code) else address(f"{FOLDER}/{RUNS}", resource=True)
    context["notebook"] = {
        "download": address(file, resource=True),
        "wheel": None if base else address(wheel, resource=True),
        "runs": runs,
        "colab": colab(base, file),
    }


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.add_config_value("notebooks_project", str(PROJECT), "html", types=(str,))
    app.setup_extension("execution")
    app.setup_extension("page")
    project: Facts = {}  # what pyproject.toml says of the package, its version, and the name of its wheel
    add_fact(app, "notebook", link)
    app.connect("builder-inited", partial(build_wheel, project))
    app.connect("html-page-context", partial(write_notebook, project))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
