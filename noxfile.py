"""The project's sessions: ``nox -s docs`` builds the site, ``nox -s tests`` runs the tests.

Nox may run in an older or newer Python than the project's. So this file is written for Python 3.8 and later.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
if hasattr(nox.options, "download_python"):  # an older Nox lacks it, and downloads nothing
    nox.options.download_python = "never"  # no other host than the package index is asked
nox.options.sessions = ["lint", "tests", "docs"]

ROOT = Path(__file__).parent
SITE = ROOT / "build" / "html"
PYTHONS = ["3.11", "3.12", "3.13"]
PARALLEL = ["--numprocesses=logical", "--maxprocesses=4", "--dist=worksteal"]  # one takes up to 1.5 GB
AXE = "axe-core@4.14.1"
LIGHTHOUSE = "lighthouse@12.2.3"  # it runs on Node 18 to 22; 13 needs 22
NPM = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"]  # it leaves no file but the installed ones


def runs_as(command: str, version: str) -> bool:
    """Return whether a command is a Python of this version; one of pyenv's shims may only print an error."""
    test = f"import sys; sys.exit(not sys.version.startswith('{version}.'))"
    try:
        return subprocess.run([command, "-c", test], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def choose_python() -> str | None:
    """Return another Python of this machine if Nox's own cannot run the project; exit if there is none."""
    if sys.version.startswith(tuple(f"{version}." for version in PYTHONS)):
        return None  # Nox' own
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in reversed(PYTHONS):
        for command in [f"python{version}", *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))]:
            if (found := shutil.which(command)) and runs_as(found, version):
                return found
    return sys.exit(
        f"This project needs Python {', '.join(PYTHONS[:-1])} or {PYTHONS[-1]}, not {platform.python_version()}. "
        f"Install one, say with `apt-get install python3.13` or `uv python install 3.13`, and run the command again."
    )


PYTHON = choose_python()


def install(session: nox.Session, group: str) -> None:
    """Install the package and a dependency group at the pinned versions, unless this was done before."""
    inputs = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp = Path(session.virtualenv.location) / f"installed-{group}"
    if not stamp.is_file() or stamp.read_text() != wanted:
        session.install("-c", "constraints.txt", "-e", ".", "--group", group)
        stamp.write_text(wanted)


@nox.session(python=PYTHON)
def docs(session: nox.Session) -> None:
    """Build the site into build/html; ``-- zip`` also packs it into one file.

    Pages run again only if their cells or the code that they use has changed. Other arguments go to sphinx-build.
    """
    install(session, "docs")
    session.run("python", "docs/build.py", *(argument for argument in session.posargs if argument != "zip"))
    if "zip" in session.posargs:
        _, version, *_ = next((SITE / "notebooks").glob("*.whl")).name.split("-")
        name = f"rnn_tutorial-{version}-site"
        with zipfile.ZipFile(SITE.with_name(f"{name}.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(SITE.rglob("*")):
                archive.write(file, Path(name) / file.relative_to(SITE))
        session.log(f"All of it is in {archive.filename}")


@nox.session(python=PYTHON)
def check(session: nox.Session) -> None:
    """Check the site's references, docstrings, citations and anchors without running a page."""
    install(session, "docs")
    session.run("python", "docs/build.py", "--check", *session.posargs)


@nox.session(python=PYTHON)
def live(session: nox.Session) -> None:
    """Serve the site on localhost and rebuild it on every change."""
    install(session, "live")
    places = ["-d", "build/live/doctrees", "docs", "build/live/html"]  # for `docs` makes its own folders anew
    session.run(
        "sphinx-autobuild", "--watch", "rnn_tutorial", "--nitpicky", *places, *session.posargs,
    )  # fmt: skip


@nox.session(python=PYTHON)
def tests(session: nox.Session) -> None:
    """Run the quick tests on all cores; ``-- -m slow`` the others, ``-- -m '' --cov`` all, with branch coverage."""
    install(session, "tests")
    session.run("pytest", "--ignore=tests/site", *PARALLEL, "-m", "not slow", *session.posargs)


@nox.session(python=PYTHONS)
def compatibility(session: nox.Session) -> None:
    """Run the tests and check the site with each supported Python; ``-- tests`` or ``-- check`` does one."""
    parts = session.posargs or ["tests", "check"]
    install(session, "tests")
    if "tests" in parts:
        session.run("pytest", "--ignore=tests/site", *PARALLEL, "-m", "not slow")
    if "check" in parts:
        session.run("python", "docs/build.py", "--check")


@nox.session(python=PYTHON)
def experiments(session: nox.Session) -> None:
    """Run an experiment for hours; it can be interrupted and resumed; ``-- --help`` lists the experiments."""
    install(session, "docs")
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "RNN_TUTORIAL_RUNS": "off"}
    run = ["python", "-m", "rnn_tutorial.experiments.runner", *session.posargs]
    session.run("python", "-m", "rnn_tutorial._cache.cpu_kernels", "avx2", *run, env=one_thread)
    if "--help" not in session.posargs:  # what another rounding of the last bit changes
        session.run("python", "-m", "rnn_tutorial._cache.cpu_kernels", "avx", *run, "--every", "5", env=one_thread)


@nox.session(python=PYTHON)
def own_reviews(session: nox.Session) -> None:
    """Build the site on a CSV of 300 reviews, in a copy, as its page describes."""
    session.run("python", "tests/own_reviews.py")


@nox.session(python=PYTHON)
def lint(session: nox.Session) -> None:
    """Check style, types, imports, spelling, and the files that configure hosts."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")
    session.run("codespell")
    workflows = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema", "vendor.readthedocs", ".readthedocs.yaml")
    session.run("zizmor", "--quiet", "--offline", *workflows)  # rights, pins, and what a stranger's text could run


@nox.session(python=PYTHON)
def site(session: nox.Session) -> None:
    """Test the site in Chromium, and measure it with Lighthouse; ``-- pages`` or ``-- lighthouse`` does one."""
    parts = session.posargs or ["pages", "lighthouse"]
    if not (SITE / "index.html").is_file():
        session.error("There is no site in build/html yet. Run `nox -s docs` first.")
    if not shutil.which("npm"):
        session.error("axe-core and Lighthouse come from npm, which is not here. Run `apt-get install nodejs npm`.")
    install(session, "site")
    if "pages" in parts:
        session.run("npm", "install", "--prefix", "build/axe", *NPM, AXE, external=True)
        session.run("pytest", "tests/site", "--ignore=tests/site/test_lighthouse.py", *PARALLEL)
    if "lighthouse" in parts:  # apart, for a busy machine measures slow pages
        session.run("npm", "install", "--prefix", "build/lighthouse", *NPM, LIGHTHOUSE, external=True)
        session.run("pytest", "tests/site/test_lighthouse.py", "-rP")


# Its environment is made anew each time, and with pip, which notebooks call.
@nox.session(python=PYTHON, venv_backend="virtualenv", reuse_venv=False)
def notebooks(session: nox.Session) -> None:
    """Run notebooks of the built site as readers do: three quick ones, ``-- all``, or ``-- theory-lstm``, say."""
    folder = SITE / "notebooks"
    names = session.posargs or ["theory-recurrence", "theory-unrolling", "sentiment-reviews"]
    if names == ["all"]:
        names = sorted(path.stem for path in folder.glob("*.ipynb"))
    if missing := [name for name in names if not (folder / f"{name}.ipynb").is_file()]:
        session.error(f"There is no {', '.join(missing)} in build/html/notebooks. Run `nox -s docs` first.")
    session.install("nbclient", "nbformat", "ipykernel")
    for name in names:
        with tempfile.TemporaryDirectory() as empty:
            notebook = Path(shutil.copy(folder / f"{name}.ipynb", empty))
            for wheel in folder.glob("*.whl"):
                if f"./{wheel.name}" in notebook.read_text(encoding="utf-8"):
                    shutil.copy(wheel, empty)
            session.run("jupyter-execute", str(notebook), env={"PYTHONPATH": None})


@nox.session(python=PYTHON)
def benchmark(session: nox.Session) -> None:
    """Run a benchmark: ``-- speed``, ``-- cells`` or ``-- explorer``."""
    name, *arguments = session.posargs or ["speed"]
    install(session, "site" if name == "explorer" else "tests")  # the former runs in Chromium
    runner = "pytest" if name == "cells" else "python"  # the former is written for pytest-benchmark
    session.run(runner, f"tests/benchmarks/{name}.py", *arguments)


@nox.session(python=PYTHON)
def mutation(session: nox.Session) -> None:
    """Change the NumPy modules in one place at a time, and count what the tests detect (an hour; ``-- --jobs 2``)."""
    install(session, "mutation")
    session.run("python", "-B", "tests/mutation/measure.py", *session.posargs)


@nox.session(python=PYTHON)
def robust(session: nox.Session) -> None:
    """Run the pages with other CPU kernels and seeds, and count how often each claim holds (hours; ``-- avx2``)."""
    install(session, "tests")
    session.run("python", "tests/robust.py", *session.posargs)


if __name__ == "__main__":
    sys.exit("Run `nox -s docs`, or `nox -l` for the list of sessions.")
