"""What the README promises of a stock machine: one line builds the site, whatever Python it has."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FIRST = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt nox uv && .venv/bin/nox -s docs"
SECOND = FIRST.removesuffix("docs") + "tests"
# Prints which Python the noxfile chooses, without Nox, in one that says to be of another version.
NOXFILE = f"""
import platform, runpy, sys, unittest.mock
sys.modules["nox"] = unittest.mock.MagicMock()
platform.python_version = lambda: sys.argv[1]
print(runpy.run_path({str(ROOT / "noxfile.py")!r})["PYTHON"])
"""


def test_both_commands_stand_in_the_readme_and_in_the_reference_and_ci_runs_them():
    for page in ("README.md", "docs/reference/index.md"):
        lines = [line.strip() for line in (ROOT / page).read_text().splitlines()]
        assert lines[lines.index(FIRST) + 1] == SECOND
    script = (ROOT / ".ci" / "run").read_text()
    assert script.index('eval "$(readme docs)"') < script.index('eval "$(readme tests)"')
    pattern = re.search(r'grep -E "(.+)" README.md', script)[1].replace("\\$", "$")
    for session, line in {"docs": FIRST, "tests": SECOND}.items():
        found = re.findall(pattern.replace("$1", session), (ROOT / "README.md").read_text(), re.MULTILINE)
        assert found == [f"    {line}"]


def test_hosts_build_with_the_commands_of_the_readme_and_one_python():
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text())["jobs"]["build"]["steps"]
    (github,) = [step["with"]["python-version"] for step in steps if "setup-python" in step.get("uses", "")]
    build = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text())["build"]
    assert build["tools"]["python"] == github
    assert f'"{github}"' in (ROOT / "noxfile.py").read_text()
    ours = [step["run"] for step in steps if "run" in step]
    theirs = build["jobs"]["install"] + build["jobs"]["build"]["html"]
    for install, nox, *_ in (ours, theirs):
        line = f"{install} && {nox}".replace('RNN_TUTORIAL_URL="$READTHEDOCS_CANONICAL_URL" ', "")
        assert line == f"{FIRST} -- -t book"  # with links to what the next line adds
    assert ".venv/bin/nox -s book -- publish" in ours and ".venv/bin/nox -s book -- publish" in theirs


@pytest.mark.parametrize("version", ["3.10.1", "3.14.0", "3.1.1"])
def test_an_unsupported_python_takes_another_or_says_what_to_install(tmp_path, version):
    def chosen():
        command = [sys.executable, "-c", NOXFILE, version]
        return subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True)

    (line,) = chosen().stderr.splitlines()
    assert "needs Python 3.11, 3.12 or 3.13" in line and version in line and "apt-get install" in line

    def program(name, line):
        (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name).chmod(0o755)

    program("python3.13", "exit 127")  # pyenv's, where that Python is not chosen
    assert chosen().returncode == 1
    other = f"python{'.'.join(platform.python_version_tuple()[:2])}"
    program(other, f'exec "{sys.executable}" "$@"')
    assert chosen().stdout == f"{tmp_path / other}\n"


def test_constraints_leave_the_nox_of_an_older_python_open():
    """Where Nox runs in an older Python, its pins could not be installed, and the noxfile would choose no other."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    older = {line.partition("==")[0] for line in lines if line.endswith(" ; python_full_version >= '3.11'")}
    assert {"filelock", "humanize", "nox", "platformdirs"} <= older
