"""Change the modules of the cells in one place at a time, and count which of the changes the tests notice.

The operators are Cosmic Ray's, without those that replace an operator by one that arrays of floats do not have, and the
ones of operators.py. A change that cannot be imported is not a mutant, and two operators' same change is one mutant.
The tests run in a copy, build/mutation; equivalent.toml tells which mutants no test can notice, and why.
"""

import argparse
import difflib
import json
import multiprocessing
import os
import queue
import re
import shutil
import sys
import time
import tomllib
import types
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import operators
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.provider import OperatorProvider

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "mutation"
MODULES = ["cells", "gradients", "from_keras"]
LEFT_OUT = re.compile(
    r"ReplaceBinaryOperator_(?!Bit)\w+_(FloorDiv|Mod|Pow|Bit\w+|[LR]Shift)"  # noticed at once, or no operation
    r"|ReplaceBinaryOperator_BitAnd_(?!BitOr)|ReplaceBinaryOperator_BitOr"  # | stands in annotations
    r"|ReplaceComparisonOperator_(Eq|NotEq|Lt|LtE|Gt|GtE)_Is"  # compares identities
)
TESTS = [
    "-x", "-q", "--tb=line", "--assert=plain", "-p", "tests.mutation.order", "-p", "no:cacheprovider",
    "tests/theory/test_cells.py", "tests/theory/test_gradients.py", "tests/theory/test_from_keras.py",
]  # fmt: skip
TIMEOUT = 180  # seconds; the tests take about 30
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["hypothesis.strategies", "numpy.testing", "pytest"])  # not TensorFlow, which has threads


def changes(source):
    """Give the operator's name and the changed source of each mutation."""
    tree = get_ast(source)
    for name in (provider := OperatorProvider()):
        if not LEFT_OUT.match(name) and not (operator := provider[name]).arguments():
            places = sum(len(list(operator().mutation_positions(node))) for node in ast_nodes(tree))
            for place in range(places):
                yield name, mutate_code(source, operator(), place)
    yield from operators.mutants(source)


def imports(source, name):
    """Tell whether a changed module can be imported."""
    module = types.ModuleType(f"rnn_tutorial.mutant_{name}")
    sys.modules[module.__name__] = module  # where dataclasses look
    try:
        exec(compile(source, name, "exec"), module.__dict__)
    except Exception:
        return False
    return True


def difference(source, changed):
    """Give the function that a change is in, the lines that it takes away, and those that it puts there."""
    same = os.path.commonprefix([source, changed])  # noqa: RUF071
    place = len(source) - len(source[len(same) :].lstrip())
    lines = [line for line in difflib.ndiff(source.splitlines(), changed.splitlines()) if line[0] in "+-"]
    starts = re.finditer(r"^(?:(?: *@.*\n)* *(?:def|class) (\w+)|\w)", source, re.MULTILINE)
    function = [start[1] or "" for start in starts if start.start() <= place][-1]
    return function, *("\n".join(line[2:].strip() for line in lines if line[0] == sign).strip() for sign in "-+")


def run_tests(folder, function):
    """Run the tests in a copy, in a process of its own."""
    os.chdir(folder)
    os.environ |= {"MUTATED": function, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    sys.path[:] = [str(folder), *(path for path in sys.path if Path(path) not in (HERE, ROOT))]
    sys.dont_write_bytecode = True
    with Path("output").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os._exit(pytest.main(TESTS))


def outcome(folder, module, source, function=""):
    """Run the tests in a copy with a changed module: killed (by which test), timeout or survived."""
    path = folder / "rnn_tutorial" / "theory" / f"{module}.py"
    original = path.read_text()
    path.write_text(source)
    tests = FORK.Process(target=run_tests, args=[folder, function])
    tests.start()
    tests.join(TIMEOUT)
    if in_time := not tests.is_alive():
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", text := (folder / "output").read_text(), re.MULTILINE)
        result = "killed" if tests.exitcode else "survived", failed[1] if failed else text[-300:]
    tests.kill()
    tests.join()
    path.write_text(original)
    return result if in_time else ("timeout", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", help="a regular expression that operator and changed line shall match")
    arguments = parser.parse_args()
    reasons = tomllib.loads((HERE / "equivalent.toml").read_text())
    equivalent = {(module, line) for module in MODULES for lines in reasons[module].values() for line in lines}

    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    shutil.rmtree(BUILD, ignore_errors=True)
    folders = queue.Queue()
    for number in range(arguments.jobs):
        folder = BUILD / f"copy{number}"
        for part in ("rnn_tutorial", "tests"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("pyproject.toml", "conftest.py"):
            shutil.copy(ROOT / file, folder)
        folders.put(folder)

    mutants, counts = {}, {module: Counter() for module in MODULES}
    for module in MODULES:
        source = (folder / "rnn_tutorial" / "theory" / f"{module}.py").read_text()
        for operator, changed in changes(source):
            if (module, changed) in mutants or changed == source:
                counts[module]["the same change twice"] += 1
            elif not imports(changed, module):
                counts[module]["not importable"] += 1
            else:
                mutants[module, changed] = operator, *difference(source, changed)

    def run(mutant):
        folder = folders.get()
        began = time.monotonic()
        try:
            return *outcome(folder, *mutant, mutants[mutant][1]), time.monotonic() - began
        finally:
            folders.put(folder)

    if (result := outcome(folder, module, source))[0] != "survived":
        sys.exit(f"The tests fail without a mutation: {result}")

    wanted = [mutant for mutant, told in mutants.items() if re.search(arguments.only, " ".join(told))]
    survivors = []
    with ThreadPoolExecutor(arguments.jobs) as pool, (BUILD / "results.jsonl").open("w") as results:
        for number, (mutant, (what, by, seconds)) in enumerate(zip(wanted, pool.map(run, wanted), strict=True), 1):
            module, (operator, function, line, becomes) = mutant[0], mutants[mutant]
            if what == "survived" and (module, becomes) in equivalent:
                what = "equivalent"
            counts[module][what] += 1
            told = {"module": module, "function": function, "operator": operator, "line": line, "becomes": becomes}
            told |= {"outcome": what, "by": by, "seconds": round(seconds, 1)}
            print(json.dumps(told), file=results, flush=True)
            if what == "survived":
                survivors.append(told)
                print(f"survived: {module}.{function}, {operator}\n  - {line}\n  + {becomes}", flush=True)
            if number % 100 == 0:
                print(f"{number} of {len(wanted)} mutants", flush=True)
    for module, count in counts.items():
        noticed = count["killed"] + count["timeout"]
        print(f"{module}.py: {noticed} of {noticed + count['survived']} mutants noticed; {dict(count)}")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
