"""The project's sessions: ``nox -s docs`` builds the site, ``nox -s tests`` runs the tests."""

import hashlib
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "tests", "docs"]

ROOT = Path(__file__).parent
SITE = ROOT / "build" / "html"
SPHINX = ["--fail-on-warning", "--nitpicky", "--keep-going", "-d", "build/doctrees", "docs", "build/html"]
LIGHTHOUSE = "lighthouse@12.2.3"  # it runs on Node 18 to 22; 13 needs 22
NPM = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"]  # it leaves no file but the installed ones


def install(session: nox.Session, group: str) -> None:
    """Install the package and a dependency group at the pinned versions, unless that was done before."""
    inputs = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp = Path(session.virtualenv.location) / f"installed-{group}"
    if not stamp.is_file() or stamp.read_text() != wanted:
        session.install("-c", "constraints.txt", "-e", ".", "--group", group)
        stamp.write_text(wanted)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into build/html, and with ``-- zip`` the whole site as one file beside it.

    Pages run again only when their cells or the code that they use changed. Other arguments go to sphinx-build.
    """
    install(session, "docs")
    session.run("sphinx-build", *SPHINX, *(argument for argument in session.posargs if argument != "zip"))
    session.log(f"The site is built. Open {(SITE / 'index.html').as_uri()}")
    if "zip" in session.posargs:
        _, version, *_ = next((SITE / "notebooks").glob("*.whl")).name.split("-")
        name = f"rnn_tutorial-{version}-site"
        with zipfile.ZipFile(SITE.with_name(f"{name}.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(SITE.rglob("*")):
                archive.write(file, Path(name) / file.relative_to(SITE))
        session.log(f"All of it is in {archive.filename}")


@nox.session
def live(session: nox.Session) -> None:
    """Serve the site on localhost and build it again on every change."""
    install(session, "live")
    session.run(
        "sphinx-autobuild", "--watch", "rnn_tutorial", "--nitpicky", "-d", "build/doctrees", "docs", "build/html",
        *session.posargs,
    )  # fmt: skip


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    install(session, "tests")
    session.run("pytest", "--ignore=tests/site", *session.posargs)


@nox.session(python=["3.12", "3.13"])
def compatibility(session: nox.Session) -> None:
    """Run the tests with the other Pythons, where they are installed."""
    tests(session)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and spelling."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("codespell")


@nox.session
def site(session: nox.Session) -> None:
    """Look at the site in Chromium, and measure it with Lighthouse; ``-- pages`` or ``-- lighthouse`` does one."""
    parts = session.posargs or ["pages", "lighthouse"]
    if not (SITE / "index.html").is_file():
        session.error("There is no site in build/html yet. Run `nox -s docs` first.")
    if "lighthouse" in parts and not shutil.which("npm"):
        session.error("Lighthouse comes from npm, which is not here. Run `apt-get install nodejs npm`.")
    install(session, "site")
    if "pages" in parts:
        options = ["--ignore=tests/site/test_lighthouse.py", "--numprocesses=auto", "--dist=worksteal"]
        session.run("pytest", "tests/site", *options)
    if "lighthouse" in parts:  # apart, for a busy machine measures slow pages
        session.run("npm", "install", "--prefix", "build/lighthouse", *NPM, LIGHTHOUSE, external=True)
        session.run("pytest", "tests/site/test_lighthouse.py", "-rP")


@nox.session(venv_backend="virtualenv", reuse_venv=False)  # made anew each time, and with pip, which notebooks call
def notebooks(session: nox.Session) -> None:
    """Run notebooks of the built site as a reader does: three quick ones, ``-- all``, or ``-- theory-lstm``, say."""
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


@nox.session
def benchmark(session: nox.Session) -> None:
    """Measure: ``-- speed``, ``-- cells``, ``-- explorer`` or ``-- official PATH`` (a path to Stanford's aclImdb)."""
    name, *arguments = session.posargs or ["speed"]
    install(session, "site" if name == "explorer" else "tests")  # the former runs in Chromium
    runner = "pytest" if name == "cells" else "python"  # the former is written for pytest-benchmark
    session.run(runner, f"tests/benchmarks/{name}.py", *arguments)


@nox.session
def mutation(session: nox.Session) -> None:
    """Change the NumPy modules in one place at a time, and count what the tests notice (an hour; ``-- --jobs 2``)."""
    install(session, "mutation")
    session.run("python", "-B", "tests/mutation/measure.py", *session.posargs)


if __name__ == "__main__":
    sys.exit("Run `python -m nox -s docs`, or `python -m nox -l` for the list of sessions.")
