"""What the README promises of a stock machine: one line builds the site, whatever Python it has."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_constraints_have_one_version_of_each_package_for_all_pythons():
    names = [line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()]
    assert len(names) == len(set(names))


def test_constraints_leave_the_nox_of_an_older_python_open():
    """Where Nox runs in an older Python, its pins could not be installed, and the noxfile would choose no other."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    older = {line.partition("==")[0] for line in lines if line.endswith(" ; python_full_version >= '3.11'")}
    assert {"filelock", "humanize", "nox", "platformdirs"} <= older
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    names = re.search(r'^    nox="(.*)"$', contributing, re.MULTILINE)[1]
    marked = re.search(r'sed -i -E "s/\^\((.*)\)==', contributing)[1]
    assert set(marked.replace("$nox", names).split("|")) == older
