"""What the README promises of a stock machine: one line builds the site, whatever Python it has."""

import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FIRST = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt nox uv && .venv/bin/nox -s docs"
SECOND = FIRST.removesuffix("docs") + "tests"
NOX = """
import types


class Anything(types.ModuleType):
    def __getattr__(self, name):
        return Anything(name)

    def __call__(self, *positional, **named):
        return lambda function: function


import sys
sys.modules["nox"] = Anything("nox")
"""


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_both_commands_stand_on_a_line_each_of_the_readme_and_of_the_first_page(page):
    lines = [line.strip() for line in (ROOT / page).read_text().splitlines()]
    start = lines.index(FIRST)
    assert lines[start + 1] == SECOND


def test_the_page_on_reviews_of_ones_own_begins_with_the_same_command():
    assert f"\n{FIRST}\n" in (ROOT / "docs" / "sentiment" / "your-own-reviews.md").read_text()


def test_reviews_of_ones_own_need_no_option():
    for page in ("README.md", "docs/sentiment/your-own-reviews.md"):
        assert "RNN_TUTORIAL_REVIEWS=mine.csv .venv/bin/nox -s docs\n" in (ROOT / page).read_text()


def test_ci_runs_the_lines_of_the_readme_as_they_stand_there():
    script = (ROOT / ".ci" / "run").read_text()
    assert script.index('eval "$(readme docs)"') < script.index('eval "$(readme tests)"')
    pattern = re.search(r'grep -E "(.+)" README.md', script)[1].replace("\\$", "$")
    readme = (ROOT / "README.md").read_text()
    for session, line in {"docs": FIRST, "tests": SECOND}.items():
        assert re.findall(pattern.replace("$1", session), readme, re.MULTILINE) == [f"    {line}"]


def hosts():
    """Give the Python and the commands with which GitHub and Read the Docs publish the site."""
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text())["jobs"]["build"]["steps"]
    (python,) = [step["with"]["python-version"] for step in steps if "setup-python" in step.get("uses", "")]
    build = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text())["build"]
    return {
        "github": (python, [step["run"] for step in steps if "run" in step]),
        "readthedocs": (build["tools"]["python"], build["jobs"]["install"] + build["jobs"]["build"]["html"]),
    }


@pytest.mark.parametrize("host", ["github", "readthedocs"])
def test_hosts_build_with_the_commands_of_the_readme_and_the_python_that_ci_builds_in_full(host):
    python, (install, build, *_) = hosts()[host]
    venv, nox = FIRST.removesuffix(" && .venv/bin/nox -s docs"), ".venv/bin/nox -s docs"
    assert install == venv
    assert build.removeprefix('RNN_TUTORIAL_URL="$READTHEDOCS_CANONICAL_URL" ') == nox
    assert f'"{python}"' in (ROOT / "noxfile.py").read_text()
    assert re.findall(r'^ +python: "(.*)"$', (ROOT / ".readthedocs.yaml").read_text(), re.MULTILINE) == [python]


def test_only_jobs_that_write_may_write_and_every_job_ends():
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(file.read_text())
        assert "write" not in workflow["permissions"].values(), file.name
        writing = {name for name, job in workflow["jobs"].items() if "write" in job.get("permissions", {}).values()}
        assert writing <= {"deploy", "notebooks"}
        assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def choose_python(version, path):
    """Let the noxfile choose in a Python that says to be another, with these programs alone."""
    code = f"{NOX}\nsys.version = {version!r}\nimport platform\nplatform.python_version = lambda: {version!r}\n"
    code += f"import runpy\nprint(runpy.run_path({str(ROOT / 'noxfile.py')!r})['PYTHON'])"
    variables = {"PATH": str(path), "HOME": str(path)}
    return subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("variables", "backend"),
    [
        ({}, "uv|virtualenv"),
        ({"PIP_INDEX_URL": "https://example.org"}, "virtualenv"),
        ({"PIP_INDEX_URL": "https://example.org", "UV_DEFAULT_INDEX": "https://example.org"}, "uv|virtualenv"),
    ],
)
def test_uv_installs_unless_pip_alone_is_told_of_another_index(tmp_path, variables, backend):
    code = f"{NOX}\nimport runpy\nprint(runpy.run_path({str(ROOT / 'noxfile.py')!r})['choose_backend']())"
    # the environment of the tests has no pip; its own prints its settings so
    (tmp_path / "pip.py").write_text("import os\nfor name in os.environ: print(name.lower().replace('_', '-'))")
    clean = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    assert subprocess.check_output([sys.executable, "-c", code], env=clean | variables, text=True) == f"{backend}\n"


def test_a_supported_python_runs_the_project_itself(tmp_path):
    assert choose_python(platform.python_version(), tmp_path).stdout == "None\n"


@pytest.mark.parametrize("version", ["3.10.1", "3.14.0", "3.1.1"])
def test_an_unsupported_python_takes_another_or_says_in_one_line_what_to_install(tmp_path, version):
    alone = choose_python(version, tmp_path)
    assert alone.returncode == 1
    (line,) = alone.stderr.splitlines()
    assert "needs Python 3.11, 3.12 or 3.13" in line and version in line and "apt-get install" in line

    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")  # pyenv's, where that Python is not chosen
    shim.chmod(0o755)
    assert choose_python(version, tmp_path).returncode == 1
    other = tmp_path / f"python{'.'.join(platform.python_version_tuple()[:2])}"
    other.unlink(missing_ok=True)
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    assert choose_python(version, tmp_path).stdout == f"{other}\n"


def test_what_builds_the_package_has_the_version_of_the_constraints_and_scripts_of_npm_do_not_run(tmp_path):
    code = f"""{NOX}
import platform, runpy, types
platform.python_version = lambda: "3.13.0"
file = runpy.run_path({str(ROOT / "noxfile.py")!r})
session = types.SimpleNamespace(virtualenv=types.SimpleNamespace(location={str(tmp_path)!r}))
session.install = lambda *arguments, env: print(*sorted(env.items()), *file["NPM"])
file["install"](session, "docs")
"""
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert "('PIP_BUILD_CONSTRAINT', 'constraints.txt') ('UV_BUILD_CONSTRAINT', 'constraints.txt')" in said
    assert "--ignore-scripts" in said
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert [name.partition(">")[0] for name in backend] == ["flit_core"]
    assert "\nflit-core==" in (ROOT / "constraints.txt").read_text()


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
