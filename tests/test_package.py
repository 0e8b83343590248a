"""The package and the files around it."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import rnn_tutorial

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnn_tutorial"
FILES = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py") if path.stem != "__init__"]
PUBLIC = sorted(
    {".".join(path.parts) for path in FILES if path.parts[0] != "_cache"}
    - {"experiments.runner", "experiments.settings"}
)


@pytest.mark.parametrize("module", FILES, ids=str)
def test_each_module_has_its_test_in_the_same_folder(module):
    assert (ROOT / "tests" / module.with_name(f"test_{module.name}.py")).is_file()


@pytest.mark.parametrize("module", PUBLIC)
def test_each_public_module_has_its_page(module):
    page = ROOT / "docs" / "reference" / "api" / f"{module}.md"
    assert page.read_text().startswith(f"# rnn_tutorial.{module}\n")


def test_the_overview_of_the_reference_and_its_table_of_contents_list_every_module():
    index = (ROOT / "docs" / "reference" / "index.md").read_text()
    assert sorted(re.findall(r"^   ~rnn_tutorial\.([\w.]+)$", index, re.MULTILINE)) == PUBLIC
    assert sorted(re.findall(r"^api/([\w.]+)$", index, re.MULTILINE)) == PUBLIC


def test_citation_names_the_package_version():
    assert f"version: {rnn_tutorial.__version__}" in (ROOT / "CITATION.cff").read_text().splitlines()


def test_changelog_has_an_entry_for_the_package_version():
    assert re.search(rf"^## {re.escape(rnn_tutorial.__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_constraints_pin_versions_and_name_no_host():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[^ ]+( ; .+)?", line)


def test_no_property_has_to_hold_in_time():
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
