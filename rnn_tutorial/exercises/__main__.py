"""Make a table of the functions that a class handed in.

It judges each file of a folder and of the folders in it that the page's *Hand in* or the notebook of all functions has
made, each function in a process of its own. So one that does not end, or ends Python, costs its own place alone. This
is no sandbox: what you judge runs with your rights. Nor is it an examination: code that runs beside the check can
change it, and which exercises are "done" is only what the file says, so the table leaves that out.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
from pathlib import Path

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
            begun = {starter(name).strip() for name in names()}
            cells = {name: code for name in names() for code in codes if f"def {name}(" in code and code not in begun}
        return {name: str(cells[name]) for name in names() if name in {**cells}}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def mark(name: str, source: str, seconds: float) -> str:
    """Return whether a function passes, or the first check that fails."""
    run, given = [sys.executable, "-c", ONE], json.dumps([name, source]).encode()
    try:
        done = subprocess.run(run, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds)
        return [*(f"fails: {text}" for passed, text in json.loads(done.stdout) if not passed), "passes"][0]
    except subprocess.TimeoutExpired:
        return "time limit"
    except (TypeError, ValueError):  # there is no report
        return "fails: it ends Python"


def main() -> None:
    """Judge the files of a folder, and write each as a row as soon as it is judged."""
    parser = argparse.ArgumentParser(prog="python -m rnn_tutorial.exercises", description=__doc__)
    parser.add_argument("command", choices=["grade"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", help="the CSV; without it, the table is printed")
    parser.add_argument("--seconds", type=float, default=30, help="the limit of a function (30)")
    given = parser.parse_args()
    files = sorted(file for file in given.folder.rglob("[!.]*") if file.suffix in (".json", ".ipynb"))
    if not files:
        parser.error(f"there is no file in {given.folder} that ends in .json or .ipynb")
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
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted: the table ends with the last file above.")
