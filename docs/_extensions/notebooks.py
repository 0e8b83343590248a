"""Offer each page that runs code as a notebook that readers can run anywhere.

While the HTML is written, ``notebooks/<section>-<page>.ipynb`` is written next to it, together with the package as a
wheel, because no package index has it. The first cell says what the notebook is, the second installs what cells
import: the wheel from the site if ``html_baseurl`` gives the site's address, otherwise from the notebook's own folder.
Code cells have the outputs of this build, and lack what only serves the page: ``glue``. Cells that the page folds are
folded, in Colab under their titles.

A template gets ``notebook`` with the addresses of the page's notebook, or None: ``download`` and ``wheel`` are relative
addresses (``wheel`` is None if the notebook fetches it by itself), and ``colab`` opens it in Google's Colab, or is
None. What Colab documents is to open notebooks of repositories on GitHub. So ``colab`` exists for a site with the
address ``https://OWNER.github.io/REPOSITORY/``, whose Pages workflow puts its notebooks on the branch ``gh-pages``.
"""

import ast
import contextlib
import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import flit_core.buildapi
import nbformat
from doctree_markdown import Code, Page, escaped
from docutils import nodes
from jupyter_cache import get_cache
from myst_nb.core.config import NbParserConfig
from page_html import with_text_in_cells
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.typing import ExtensionMetadata

PROJECT = Path(__file__).parents[2]
FOLDER = "notebooks"
GITHUB_PAGES = re.compile(r"https://([\w-]+)\.github\.io/([\w.-]+)/")
LINK = re.compile(r"\b(doi:10\.\S+?|https?://\S+?)(?=\.?(?:\s|$))")
ALSO = "pandas jinja2"  # which cells use and the package does not require; pandas needs Jinja for `.style`
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def without_glue(source: str) -> str:
    """Return a cell without the statements that only glue numbers for the page's text."""
    lines: list[str | None] = list(source.split("\n"))

    def glues(statement: ast.stmt) -> bool:
        match statement:
            case ast.For(body=body):
                return all(map(glues, body))
            case (
                ast.ImportFrom(names=[ast.alias(name="glue" | "glue_numbers", asname=None)])
                | ast.Expr(value=ast.Call(func=ast.Name(id="glue" | "glue_numbers")))
            ):
                return True
        return False

    tree = ast.parse(source)
    for statement in filter(glues, (node for node in ast.walk(tree) if isinstance(node, ast.stmt))):
        lines[statement.lineno - 1 : statement.end_lineno] = [None] * (statement.end_lineno - statement.lineno + 1)
    code = "\n".join(line for line in lines if line is not None)
    return "" if all(map(glues, tree.body)) else re.sub(r"\n{4,}", "\n\n\n", code).strip("\n")


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


def introduction(title: str, docname: str, project: dict[str, Any], wheel: str, address: str) -> str:
    """Return the first cell, which says what the notebook is and what it needs."""
    page = f"[{title}]({address})" if address else f"“{title}” ({docname}.html)"
    text = (
        f"This notebook is the page {page} of **{project['name']} {project['version']}**. Its text gives the numbers "
        "that the site's own run gave, and each cell what it put out there. Yours can differ: in the last digits, and "
        "in how long something takes.\n\n"
        f"It needs Python `{project['requires-python']}`. The next cell installs the rest into the environment "
        "that runs this notebook."
    )
    if not address:
        text += (
            f" The package {project['name']} comes from the file `{wheel}`. Download it from the same page, and keep "
            "both files in one folder."
        )
    return text


def outputs(run: Path, config: NbParserConfig) -> list[list[nbformat.NotebookNode]]:
    """Return the outputs of each cell, as text in tables, without glued values and narrow layouts of the page."""
    page = nbformat.read(run, as_version=4)
    if config.execution_mode == "cache":  # MyST-NB writes the page without what it takes from the cache
        with contextlib.suppress(KeyError):
            _, page = get_cache(config.execution_cache_path).merge_match_into_notebook(page)
    given = [[output for output in cell.get("outputs", []) if not _is_glued(output)] for cell in page.cells]
    for output in chain(*given):
        if "text/html" in (data := output.get("data", {})):
            data["text/html"] = with_text_in_cells("".join(data["text/html"]))
        output.get("metadata", {}).get("image/svg+xml", {}).pop("narrow", None)
    return given


def _is_glued(output: nbformat.NotebookNode) -> bool:
    return any(kind.startswith("application/papermill.record/") for kind in output.get("data", ()))


def code_cell(code: Code, given: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """Return a cell with its outputs, folded if the page folds it."""
    hidden = {"jupyter": {"source_hidden": True}, "cellView": "form"} if code.folded else {}
    source = f"# @title {code.title}\n{code.source}" if code.title else code.source
    return nbformat.v4.new_code_cell(source, metadata=hidden, outputs=given)


def colab(base: str, file: str) -> str | None:
    """Return the address that opens a notebook in Colab, if the site's address gives its repository."""
    match = GITHUB_PAGES.fullmatch(base)
    return f"https://colab.research.google.com/github/{match[1]}/{match[2]}/blob/gh-pages/{file}" if match else None


def build_wheel(app: Sphinx) -> None:
    """Build the package into the site if it is HTML, and store the project's metadata and the wheel's name."""
    if app.builder.format != "html":
        return
    base = app.config.html_baseurl
    if base and not re.fullmatch(r"https?://\S+/", base):
        raise ConfigError(f"RNN_TUTORIAL_URL: expected an address such as https://example.org/tutorial/, got {base!r}.")
    root = Path(app.config.notebooks_project)
    app.notebooks_project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    app.notebooks_project["version"] = app.config.release
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    with contextlib.chdir(root):  # a build backend works on the folder that it runs in
        app.notebooks_wheel = flit_core.buildapi.build_wheel(str(folder))


def write_notebook(
    app: Sphinx, docname: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write a page's notebook, and give its addresses to the page's template."""
    context["notebook"] = None
    if doctree is None or "kernelspec" not in app.env.metadata.get(docname, {}):
        return
    base, project, wheel = app.config.html_baseurl, app.notebooks_project, app.notebooks_wheel
    address = urljoin(base, app.builder.get_target_uri(docname)) if base else ""
    numbers = app.env.toc_fignumbers.get(docname, {})  # empty without `numfig`

    def number(node: nodes.Element) -> str:
        kind = app.env.domains.standard_domain.get_enumerable_node_type(node)
        found = next((numbers[kind][k] for k in node["ids"] if k in numbers.get(kind, {})), ())
        digits = ".".join(map(str, found))
        if isinstance(node, nodes.math_block):  # on each page from 1
            return str(node.get("number") or "")
        return app.config.numfig_format[kind] % digits if digits else ""

    titles = {name: title.astext() for name, title in app.env.titles.items()}
    page = Page(docname, titles, address, number)
    title = page.inline(next(doctree.findall(nodes.title)))
    run = Path(app.env.mystnb_config.output_folder, f"{docname}.ipynb")
    given = outputs(run, app.env.mystnb_config) if run.is_file() else None
    cells = []
    for cell in page.cells(doctree):
        if isinstance(cell, str):
            cells.append(nbformat.v4.new_markdown_cell(cell))
        elif cell.index is None:
            cells.append(code_cell(cell, []))
        elif source := without_glue(cell.source):
            cells.append(code_cell(replace(cell, source=source), given[cell.index] if given else []))
    if works := list(dict.fromkeys(works_cited(doctree))):
        cells.append(nbformat.v4.new_markdown_cell("## References\n\n" + "\n".join(f"- {work}" for work in works)))

    package = urljoin(base, f"{FOLDER}/{wheel}") if base else f"./{wheel}"
    cells[:0] = [
        nbformat.v4.new_markdown_cell(introduction(title, docname, project, wheel, address)),
        nbformat.v4.new_code_cell(f"%pip install --quiet {package} {ALSO}"),
    ]
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"  # nbformat's own is random
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    nbformat.validate(notebook)
    file = f"{FOLDER}/{docname.replace('/', '-')}.ipynb"
    # JSON has no line break inside a string, so spaces that begin a line are indentation, which weighs
    flat = re.sub(r"^ +", "", nbformat.writes(notebook), flags=re.MULTILINE)
    (Path(app.outdir) / file).write_text(f"{flat}\n", encoding="utf-8")
    context["notebook"] = {
        "download": context["pathto"](file, resource=True),
        "wheel": None if base else context["pathto"](f"{FOLDER}/{wheel}", resource=True),
        "colab": colab(base, file),
    }


def pin_wheel(app: Sphinx, error: Exception | None) -> None:
    """Give the wheel's hash in all notebooks of a site without HTTPS, where it could be changed on its way."""
    if error is None and app.builder.format == "html" and app.config.html_baseurl.startswith("http://"):
        folder, name = Path(app.outdir) / FOLDER, app.notebooks_wheel
        pinned = f"/{name}#sha256={hashlib.sha256((folder / name).read_bytes()).hexdigest()} "
        for file in folder.glob("*.ipynb"):
            text = file.read_text(encoding="utf-8")
            file.write_text(re.sub(rf"/{re.escape(name)}(#\w+=\w+)? ", pinned, text), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.add_config_value("notebooks_project", str(PROJECT), "html", types=(str,))
    app.connect("builder-inited", build_wheel)
    app.connect("html-page-context", write_notebook)
    app.connect("build-finished", pin_wheel)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
