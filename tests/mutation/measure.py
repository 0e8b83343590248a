"""Change modules in one place at a time, and count the changes (mutants) that their tests notice.

    nox -s mutation -- sentiment.evaluation --sample 60 --seed 1
    nox -s mutation -- theory.training --only "training\\.Adam" -k "adam or update"

The operators are Cosmic Ray's, without those that arrays of floats do not have, and the ones of operators.py. A change
that cannot be imported is not a mutant. equivalent.toml lists the mutants that no test can notice, and why.
"""

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import operators
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.provider import OperatorProvider

ROOT = Path(__file__).parents[2]
MORE_TESTS = {  # beside the file of the same name and the module's docstrings
    "theory.cells": ["theory/test_gradients.py", "theory/test_from_keras.py"],
    "theory.gradients": ["theory/test_cells.py"],
    "theory.from_keras": ["theory/test_cells.py"],
    "sentiment.evaluation": ["sentiment/test_errors.py"],
}
MODULES = [*MORE_TESTS, "theory.networks"]
LEFT_OUT = re.compile(
    r"ReplaceBinaryOperator_(?!Bit)\w+_(FloorDiv|Mod|Pow|Bit\w+|[LR]Shift)"  # noticed at once, or no operation
    r"|ReplaceBinaryOperator_BitAnd_(?!BitOr)|ReplaceBinaryOperator_BitOr"  # | stands in annotations
    r"|ReplaceComparisonOperator_(Eq|NotEq|Lt|LtE|Gt|GtE)_Is"  # compares identities
)
PYTEST = ["-B", "-m", "pytest", "-x", "-q", "--tb=no", "--assert=plain", "--hypothesis-profile=mutation"]
TIMEOUT = 1200  # seconds; a change can make an endless loop
OUTCOMES = {0: "survived", 1: "killed", "timeout": "killed"}


def mutants_of(source):
    """Return for each changed source what was changed: operator, function, old and new line."""
    changes, tree = list(operators.mutants(ast.parse(source))), get_ast(source)
    for name in (provider := OperatorProvider()):
        if not LEFT_OUT.match(name) and not (operator := provider[name]).arguments():
            places = sum(len(list(operator().mutation_positions(node))) for node in ast_nodes(tree))
            changes += [(name, mutate_code(source, operator(), place)) for place in range(places)]
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    found, before = {}, source.splitlines()
    for name, changed in changes:
        try:
            after = (changed := ast.unparse(ast.parse(changed))).splitlines()
        except SyntaxError:  # a bare `*` or `/` of a signature is no operator
            continue
        place = next((k for k, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
        if place is not None:
            function = ".".join(node.name for node in nodes if node.lineno <= place + 1 <= node.end_lineno)
            found[changed] = name, function, before[place].strip(), after[place].strip()
    return found


def outcome(module, selected, source):
    """Return pytest's exit code for a module with another source, or "timeout"."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("rnn_tutorial", "tests"):
            shutil.copytree(ROOT / part, Path(folder, part), ignore=shutil.ignore_patterns("__pycache__", "site"))
        for file in ("pyproject.toml", "conftest.py"):
            shutil.copy(ROOT / file, folder)
        Path(folder, "rnn_tutorial", f"{module.replace('.', '/')}.py").write_text(source)
        code = 0
        more = [f"tests/{test}" for test in MORE_TESTS.get(module, [])]
        docstrings = [] if selected else [f"rnn_tutorial/{module.replace('.', '/')}.py"]
        for test in [f"tests/{module.replace('.', '/test_')}.py", *more, *docstrings]:
            try:
                command = [sys.executable, *PYTEST, "-k", selected, test]
                code = code or subprocess.run(command, cwd=folder, capture_output=True, timeout=TIMEOUT).returncode
            except subprocess.TimeoutExpired:
                return "timeout"
        return code


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=MODULES, help=f"without any: {', '.join(MODULES)}")
    parser.add_argument("--only", default="", help="a regular expression for 'module.function operator line'")
    parser.add_argument("--sample", type=int, help="test so many mutants of each module, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("-k", default="", dest="selected", help="run only the tests that this expression selects")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    reasons = tomllib.loads((Path(__file__).parent / "equivalent.toml").read_text())
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ""}

    unnoticed = 0
    for module in arguments.modules:
        path = ROOT / "rnn_tutorial" / f"{module.replace('.', '/')}.py"
        source = ast.unparse(ast.parse(path.read_text()))  # a statement a line, no comments
        if code := outcome(module, arguments.selected, source):
            sys.exit(f"The tests of {module} fail without a mutation: {code}")
        mutants = mutants_of(source)
        told = {changed: f"{module}.{of} {name} {line}" for changed, (name, of, line, _) in mutants.items()}
        wanted = [changed for changed in mutants if re.search(arguments.only, told[changed])]
        if arguments.sample:
            wanted = random.Random(arguments.seed).sample(wanted, min(arguments.sample, len(wanted)))
        equivalent = [part for parts in reasons.get(module, {}).values() for part in parts]
        counts = Counter()
        with ThreadPoolExecutor(arguments.jobs) as pool:
            codes = pool.map(partial(outcome, module, arguments.selected), wanted)
            for changed, code in zip(wanted, codes, strict=True):
                name, function, line, becomes = mutants[changed]
                result = OUTCOMES.get(code, "not importable")
                if result == "survived" and any(part in becomes for part in equivalent):
                    result = "equivalent"
                counts[result] += 1
                if result == "survived":
                    print(f"survived: {module}.{function}, {name}\n  - {line}\n  + {becomes}", flush=True)
        judged = counts["killed"] + counts["survived"]
        print(f"{module}: {counts['killed']} of {judged} mutants noticed; {dict(counts)}", flush=True)
        unnoticed += counts["survived"]
    sys.exit(bool(unnoticed))


if __name__ == "__main__":
    main()
