"""Judge the claims of the pages with other CPU kernels and with other seeds: ``nox -s robust``.

Training is chaotic, so a claim that holds once may be a claim about one rounding or one seed. Each page that makes
claims is run with three kinds of CPU kernels and with three shifts of all its seeds. The table at the end says of each
claim in how many of the six it held, and which number came closest to its bound. A check that is an ``assert`` shall
hold in all of them; one that fails is told, and the page goes on.

Arguments name pages (``theory/lstm``) or variants (``avx2``); without any, all are run. What has run stands in
``build/robust.jsonl`` and is not run again unless a page or the code behind it changes, so that an interrupted run goes
on where it was.
"""

import ast
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from myst_nb.core.read import read_myst_markdown_notebook

from rnn_tutorial import _cpu_kernels as cpu_kernels
from rnn_tutorial.claims import Claim

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_extensions"))
import claims  # noqa: E402
import execution  # noqa: E402

RECORD = DOCS.parent / "build" / "robust.jsonl"

VARIANTS: dict[str, tuple[dict[str, str], int]] = {  # environment, and what is added to every seed
    "avx2": (cpu_kernels.AVX2, 0),
    "avx": (cpu_kernels.AVX, 0),
    "without-onednn": (cpu_kernels.WITHOUT_ONEDNN, 0),
    "seeds+100": (cpu_kernels.AVX2, 100),
    "seeds+200": (cpu_kernels.AVX2, 200),
    "seeds+300": (cpu_kernels.AVX2, 300),
}
SEEDED = ("default_rng", "set_random_seed")
PREFACE = """
from IPython.display import publish_display_data as _publish

def _check(holds, line, text):
    if not holds:
        _publish({"text/plain": f"assert:{line}:{text}"})
"""


class Variant(ast.NodeTransformer):
    """Shift the seeds of a cell, and let its asserts tell instead of stop."""

    def __init__(self, shift: int, first_line: int) -> None:
        self.shift, self.first_line = shift, first_line

    def shifted(self, node: ast.expr) -> ast.expr:
        """Shift the numbers of a seed, of several, or of a range of them."""
        match node:
            case ast.Constant(value=int()):
                return ast.Constant(node.value + self.shift)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                node.elts = [self.shifted(item) for item in items]
            case ast.Call(func=ast.Name(id="range"), args=[stop]):
                node.args = [ast.Constant(self.shift), self.shifted(stop)]
            case ast.Call(func=ast.Name(id="range"), args=[start, stop]):
                node.args = [self.shifted(start), self.shifted(stop)]
        return node

    def visit(self, node: ast.AST) -> ast.AST:
        """Shift the seeds of a node and of all below it, and make an assert tell its line and its text."""
        self.generic_visit(node)
        match node:
            case ast.Assign(targets=[ast.Name(id="seeds" | "trained_seeds" | "draws")]) | ast.keyword(arg="seed"):
                node.value = self.shifted(node.value)
            case ast.For(target=ast.Name(id="seed")):
                node.iter = self.shifted(node.iter)
            case ast.Dict(keys=keys, values=values):
                seeds = [isinstance(key, ast.Constant) and key.value == "seed" for key in keys]
                pairs = zip(seeds, values, strict=True)
                node.values = [self.shifted(value) if is_seed else value for is_seed, value in pairs]
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[seed, *others]) if name in SEEDED:
                node.args = [self.shifted(seed), *others]
            case ast.Assert(test=test):
                line, text = ast.Constant(self.first_line + node.lineno), ast.Constant(ast.unparse(test))
                call = ast.Call(ast.Name("_check", ast.Load()), [test, line, text], [])
                return ast.copy_location(ast.Expr(call), node)
        return node


def varied(page: str, shift: int) -> nbformat.NotebookNode:
    """Return a page as a notebook whose seeds are shifted and whose asserts tell."""
    notebook = read_myst_markdown_notebook(page, add_source_map=True)
    for cell, line in zip(notebook.cells, notebook.metadata.source_map, strict=True):
        if cell.cell_type == "code":
            # the code stands behind the fence and the cell's options
            lines = page.splitlines()[line:]
            first = next((n for n, text in enumerate(lines) if text == cell.source.splitlines()[0]), 0)
            tree = Variant(shift, line + first).visit(ast.parse(cell.source))
            cell.source = ast.unparse(ast.fix_missing_locations(tree))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(PREFACE))
    return notebook


def run(name: str, variant: str) -> dict[str, Any]:
    """Run a page in a variant; return its claims, the asserts that failed, and an error that ended it."""
    environment, shift = VARIANTS[variant]
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    notebook = varied(page, shift)
    began, error = time.perf_counter(), None
    resources = {"metadata": {"path": str((DOCS / name).parent)}}
    client = nbclient.NotebookClient(notebook, timeout=3600, startup_timeout=600, resources=resources)
    try:
        client.execute(env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except nbclient.exceptions.CellExecutionError as stop:
        error = f"{stop.ename}: {stop.evalue}"
    found, failed = [], []
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        data = output.get("data", {})
        found += map(asdict, claims.claims_in(data.get("text/html", "")))
        if (text := data.get("text/plain", "")).startswith("assert:"):
            failed.append(text.removeprefix("assert:"))
    return {"claims": found, "asserts": failed, "error": error, "seconds": round(time.perf_counter() - began)}


def state(name: str) -> str:
    """Return a digest of everything that a run depends on, beside the variant."""
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    return execution.page_digest(page)


def table(records: list[dict[str, Any]]) -> bool:
    """Print each claim with how often it held, and each assert that failed; return whether all held everywhere."""
    good = True
    for name in dict.fromkeys(record["page"] for record in records):
        of_page = [record for record in records if record["page"] == name]
        print(f"\n{name}: {', '.join(record['variant'] for record in of_page)}")
        made = [(record["variant"], Claim(**facts)) for record in of_page for facts in record["claims"]]
        for title in dict.fromkeys((claim.statement, claim.expected) for _, claim in made):
            rows = [(variant, claim) for variant, claim in made if (claim.statement, claim.expected) == title]
            held = sum(claim.holds for _, claim in rows)
            good &= held == len(rows) == len(of_page)
            print(f"  {held} of {len(of_page)}  {': '.join(title)}")
            for variant, claim in rows:
                print(f"          {'' if claim.holds else 'NOT '}{variant}: {claim.found}")
        for record in of_page:
            for text in record["asserts"]:
                good = False
                print(f"  ASSERT  {record['variant']}: line {text}")
            if record["error"]:
                good = False
                print(f"  ERROR   {record['variant']}: {record['error']}")
    return good


def pages_with_claims() -> list[str]:
    """Return the names of the pages that make claims."""
    imports = re.compile(r"import [^\n]*\bclaim\b")
    pages = [path for path in sorted(DOCS.rglob("*.md")) if imports.search(path.read_text(encoding="utf-8"))]
    return [path.relative_to(DOCS).with_suffix("").as_posix() for path in pages]


def main(arguments: list[str]) -> int:
    """Run what has not run, and print the table of what was asked for."""
    names = [argument for argument in arguments if argument not in VARIANTS] or pages_with_claims()
    variants = [argument for argument in arguments if argument in VARIANTS] or list(VARIANTS)
    os.environ |= {"JUPYTER_PATH": str(DOCS / "_jupyter"), "RNN_TUTORIAL_RUNS": "off"}
    RECORD.parent.mkdir(exist_ok=True)
    known = [json.loads(line) for line in RECORD.read_text().splitlines()] if RECORD.is_file() else []
    done = {(record["page"], record["variant"], record["state"]): record for record in known}
    records = []
    for variant in variants:
        for name in names:
            key = (name, variant, state(name))
            if key not in done:
                print(f"{name}, {variant} …", end=" ", flush=True)
                done[key] = dict(zip(("page", "variant", "state"), key, strict=True)) | run(name, variant)
                with RECORD.open("a") as file:
                    file.write(json.dumps(done[key]) + "\n")
                print(f"{done[key]['seconds']} s", flush=True)
            records.append(done[key])
    return 0 if table(records) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
