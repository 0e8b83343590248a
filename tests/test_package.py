import re
from pathlib import Path

import rnn_tutorial

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnn_tutorial"


def test_each_module_has_its_test_in_the_same_folder():
    modules = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.stem != "__init__"]
    tests = {path: ROOT / "tests" / path.with_name(f"test_{path.name}") for path in modules}
    missing = [path for path, test in tests.items() if not test.is_file()]
    assert {path.parts[0] for path in missing} == {"exercises"}, missing  # one test is for all of them


def test_citation_and_changelog_name_the_package_version():
    version = rnn_tutorial.__version__
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text().splitlines()
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_constraints_pin_one_version_of_each_package_and_name_no_host():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[^ ]+( ; .+)?", line)] == []
    assert len({line.partition("==")[0] for line in lines}) == len(lines)
