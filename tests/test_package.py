"""The package and the files around it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rnn_tutorial

ROOT = Path(__file__).parents[1]
MODULES = sorted(path.stem for path in (ROOT / "rnn_tutorial").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("rnn_tutorial", ["tensorflow", "keras", "matplotlib", "numpy"]),
        ("rnn_tutorial.reviews", ["tensorflow", "keras", "matplotlib", "scipy"]),
        ("rnn_tutorial.records", ["tensorflow", "keras", "matplotlib", "scipy"]),
        ("rnn_tutorial.cells", ["tensorflow", "keras", "matplotlib", "scipy"]),
        ("rnn_tutorial.gradients", ["tensorflow", "keras", "matplotlib", "scipy"]),
        ("rnn_tutorial.tasks", ["tensorflow", "keras", "matplotlib", "scipy"]),
        ("rnn_tutorial.networks", ["tensorflow", "keras", "matplotlib"]),
        ("rnn_tutorial.evaluation", ["tensorflow", "keras", "matplotlib"]),
        ("rnn_tutorial.figures", ["tensorflow", "keras"]),
    ],
)
def test_importing_loads_no_heavy_library(module, absent):
    code = f"import {module}, sys, json; print(json.dumps([name for name in {absent!r} if name in sys.modules]))"
    assert json.loads(subprocess.check_output([sys.executable, "-c", code])) == []


@pytest.mark.parametrize("module", MODULES)
def test_each_module_has_its_test_and_its_page(module):
    assert (ROOT / "tests" / f"test_{module}.py").is_file()
    assert (ROOT / "docs" / "reference" / "api" / f"{module}.md").is_file()


def test_the_overview_of_the_reference_and_its_table_of_contents_list_every_module():
    index = (ROOT / "docs" / "reference" / "index.md").read_text()
    assert sorted(re.findall(r"^   ~rnn_tutorial\.(\w+)$", index, re.MULTILINE)) == MODULES
    assert sorted(re.findall(r"^api/(\w+)$", index, re.MULTILINE)) == MODULES


def test_citation_names_the_package_version():
    assert f"version: {rnn_tutorial.__version__}" in (ROOT / "CITATION.cff").read_text().splitlines()


def test_changelog_has_an_entry_for_the_package_version():
    assert re.search(rf"^## {re.escape(rnn_tutorial.__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_constraints_pin_versions_and_name_no_host():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[^ ]+( ; .+)?", line)
