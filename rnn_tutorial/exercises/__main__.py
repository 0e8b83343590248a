"""Make a table of the functions that a class handed in.

It judges each file of a folder and of the folders in it that the page's *Hand in* or the notebook of all functions has
made, each function in a process of its own, which ends with all that it started. So one that does not end, or ends
Python, costs its own place alone. A notebook's function finds what the cells before it define and import. This is no
sandbox: what you judge runs with your rights. Nor is it an examination: code that runs beside the check can change it,
and which exercises are "done" is only what the file says, so the table leaves that out.
"""

import argparse
import ast
import csv
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from textwrap import indent

from rnn_tutorial.exercises import names, starter

# What the code prints goes nowhere, and the report to where it would have gone; threads that it left end with it.
ONE = """
import json, os, sys
from rnn_tutorial.exercises import judge
report = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
os.write(report, json.dumps(judge(*json.load(sys.stdin))).encode())
os._exit(0)
"""


def handed_in(file: Path) -> dict[str, str] | None:
    """Return the functions in an exported file or a notebook, or None if it is neither."""
    try:
        cells = json.loads(file.read_bytes())["cells"]
        if isinstance(cells, list):  # of a notebook
            codes = ["".join(cell["source"]).strip() for cell in cells if cell["cell_type"] == "code"]
            cells = in_cells(list(map(without_magics, codes)))
        return {name: str(cells[name]) for name in names() if name in {**cells}}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def in_cells(codes: list[str]) -> dict[str, str]:
    """Return each function that a notebook's cells define, below what the cells before it define and import."""
    begun, found = {starter(name).strip() for name in names()}, {}
    for place, code in enumerate(codes):
        for name in names():
            if code not in begun and re.search(rf"^(?:def\s+{name}\b|{name}\s*=(?!=))", code, re.MULTILINE):
                found[name] = "".join(map(definitions, codes[:place])) + code
    return found


def without_magics(code: str) -> str:
    """Return a cell without the lines that are IPython's."""
    with suppress(SyntaxError, ValueError):
        ast.parse(code)
        return code
    return re.sub(r"^(\s*)[%!].*", r"\1pass", code, flags=re.MULTILINE)


def definitions(code: str) -> str:
    """Return what a cell imports, defines and assigns, each on trial, but not what it computes with other functions."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError):
        return ""
    judged, kinds = {*names()}, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign
    kept = [
        node
        for node in body
        if isinstance(node, kinds)
        and (not isinstance(node, ast.Assign) or judged.isdisjoint(getattr(of, "id", "") for of in ast.walk(node)))
    ]
    return "".join(f"try:\n{indent(ast.unparse(node), '    ')}\nexcept Exception:\n    pass\n" for node in kept)


def mark(name: str, source: str, seconds: float) -> str:
    """Return whether a function passes, or the first check that fails."""
    run, pipe = [sys.executable, "-c", ONE], subprocess.PIPE
    with subprocess.Popen(run, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            report, _ = process.communicate(json.dumps([name, source]).encode(), seconds)
            return [*(f"fails: {text}" for passed, text in json.loads(report) if not passed), "passes"][0]
        except subprocess.TimeoutExpired:
            return "time limit"
        except (TypeError, ValueError):  # there is no report
            return "fails: it ends Python"
        finally:
            process.kill()
            with suppress(AttributeError, OSError):  # Windows has no groups, and most functions leave no process
                os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    """Judge the files of a folder, and write each as a row as soon as it is judged."""
    parser = argparse.ArgumentParser(prog="python -m rnn_tutorial.exercises", description=__doc__)
    parser.add_argument("command", choices=["grade"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", help="the CSV; without it, the table is printed")
    parser.add_argument("--seconds", type=float, default=30, help="the limit of a function (30)")
    given = parser.parse_args()
    found = given.folder.rglob("[!.]*")
    files = sorted(file for file in found if file.suffix in (".json", ".ipynb") and file.is_file())  # and no pipe
    if not files:
        parser.error(f"there is no file in {given.folder} that ends in .json or .ipynb")
    if given.to and Path(given.to).resolve() in [file.resolve() for file in files]:
        parser.error(f"--to: expected a file to write, got {given.to}, which was handed in")
    with open(given.to or 1, "w", 1, "utf-8", "backslashreplace", newline="", closefd=bool(given.to)) as lines:
        table = csv.writer(lines)
        table.writerow(["file", "passes", *names()])
        for count, file in enumerate(files, start=1):
            name, cells = file.relative_to(given.folder).as_posix(), handed_in(file)
            judged = {} if cells is None else {k: mark(k, code, given.seconds) for k, code in cells.items()}
            marks = [judged.get(k, "not handed in") for k in names() if cells is not None]
            passes = marks.count("passes") if marks else "neither an exported file nor a notebook, or cut short"
            table.writerow([re.sub(r"^(?=[=+@-])", "'", name), passes, *marks])  # no name is a formula
            print(f"{count} of {len(files)}: {name}: {passes}", file=sys.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs in the background ignore it
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted: the table ends with the last file above.")
