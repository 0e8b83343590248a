"""The project's sessions: ``nox -s docs`` builds the site, ``nox -s tests`` runs the tests.

Nox may run in an older or newer Python than the project's. So this file is written for Python 3.8 and later.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.reuse_venv = "yes"
if hasattr(nox.options, "download_python"):  # an older Nox lacks it, and downloads nothing
    nox.options.download_python = "never"  # no other host than the package index is asked
nox.options.sessions = ["lint", "tests", "docs"]

SITE = Path("build/html")
PYTHONS = ["3.11", "3.12", "3.13"]
PARALLEL = ["--numprocesses=logical", "--maxprocesses=4", "--dist=worksteal"]  # one takes up to 1.5 GB
TSC = "tsc --noEmit --checkJs --target es2023 --module es2022 --moduleResolution bundler --lib es2023,dom,dom.iterable"
NPM = ["npm", "install", "--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix"]


def choose_backend() -> str:
    """Return uv, which installs faster, or virtualenv where pip is told of an index, which uv does not read."""
    told = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    uv_told = any(name.startswith("UV_") and "INDEX" in name for name in os.environ)
    return "virtualenv" if "index" in told.stdout and not uv_told else "uv|virtualenv"


def choose_python() -> str | None:
    """Return another Python of this machine if Nox's own cannot run the project; exit if there is none."""
    own = platform.python_version()
    if own.startswith(tuple(f"{version}." for version in PYTHONS)):
        return None
    for command in filter(None, (shutil.which(f"python{version}") for version in reversed(PYTHONS))):
        if not subprocess.run([command, "--version"], capture_output=True, check=False).returncode:
            return command  # no shim of pyenv's that only prints an error
    return sys.exit(
        f"This project needs Python {', '.join(PYTHONS[:-1])} or {PYTHONS[-1]}, not {own}. Install one, say with "
        "`apt-get install python3.13` or `uv python install 3.13`, and run the command again."
    )


PYTHON = choose_python()
nox.options.default_venv_backend = choose_backend()


def install(session: nox.Session, group: str) -> None:
    """Install the package and a dependency group at the pinned versions, unless this was done before."""
    wanted = Path("pyproject.toml").read_bytes() + Path("constraints.txt").read_bytes()
    stamp = Path(session.virtualenv.location, f"installed-{group}")
    if not stamp.is_file() or stamp.read_bytes() != wanted:
        backend = dict.fromkeys(("UV_BUILD_CONSTRAINT", "PIP_BUILD_CONSTRAINT"), "constraints.txt")
        session.install("-c", "constraints.txt", "-e", ".", "--group", group, env=backend)
        stamp.write_bytes(wanted)


def need(session: nox.Session, *things: str) -> None:
    """End the session if there is no npm, or no site to look at."""
    if "npm" in things and not shutil.which("npm"):
        session.error("What this runs comes from npm, which is not here. Run `apt-get install nodejs npm`.")
    if "site" in things and not (SITE / "index.html").is_file():
        session.error("There is no site in build/html yet. Run `nox -s docs` first.")


@nox.session(python=PYTHON)
def docs(session: nox.Session) -> None:
    """Build the site into build/html; ``-- --check`` only checks its sources, ``-- zip`` also packs it into one file.

    Pages run again only if their cells or the code that they use has changed. Other arguments go to sphinx-build.
    """
    install(session, "docs")
    session.run("python", "docs/build.py", *(argument for argument in session.posargs if argument != "zip"))
    if "zip" in session.posargs:
        session.log(f"All of it is in {pack()}")


def pack() -> str:
    """Pack the site into one file, and return its path."""
    return shutil.make_archive(str(SITE.with_name("rnn_tutorial-site")), "zip", SITE.parent, SITE.name)


@nox.session(python=PYTHON)
def book(session: nox.Session) -> None:
    """Make a PDF and an ePub of the built site in build/book; ``-- publish`` puts both into it, and all as a zip.

    ``-- test`` tests them. ``nox -s docs -- -t book`` builds the site with links to what is published.
    """
    need(session, "site")
    kinds: list[str] = []
    try:
        session.install("-c", "constraints.txt", "--only-binary", "plutoprint", "--group", "book")
    except nox.command.CommandFailed:
        session.warn(
            "PlutoPrint has no wheel for this machine, so make the PDF on Linux or Windows with x86-64, or on "
            "macOS 15 with ARM; here comes the ePub alone."
        )
        session.install("-c", "constraints.txt", "--group", "epub")
        kinds = ["epub"]
    session.run("python", "docs/book.py", *kinds)
    if "test" in session.posargs:
        session.run("pytest", "--noconftest", "tests/test_book.py")  # the others' needs the package
    if "publish" in session.posargs:
        for path in Path("build/book").glob("rnn_tutorial.*"):
            shutil.copy(path, SITE)
        (SITE / "rnn_tutorial-site.zip").unlink(missing_ok=True)  # of the last time
        shutil.copy(pack(), SITE)


@nox.session(python=PYTHON)
def live(session: nox.Session) -> None:
    """Serve the site on localhost and rebuild it on every change."""
    install(session, "live")
    places = ["-d", "build/live/doctrees", "docs", "build/live/html"]  # for `docs` makes its own folders anew
    session.run("sphinx-autobuild", "-A", "live=1", "--watch", "rnn_tutorial", "--nitpicky", *places, *session.posargs)


@nox.session(python=PYTHON)
def tests(session: nox.Session) -> None:
    """Run the quick tests on all cores; ``-- -m slow`` the others, ``-- -m '' --cov`` all, with branch coverage."""
    install(session, "slow" if "slow" in session.posargs else "tests")
    session.run("pytest", "--ignore=tests/site", *PARALLEL, "-m", "not slow", *session.posargs)


@nox.session(python=PYTHON)
def experiments(session: nox.Session) -> None:
    """Run an experiment for hours; it can be interrupted and resumed; ``-- --help`` lists the experiments."""
    install(session, "slow" if "--scheduler" in session.posargs else "docs")
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "RNN_TUTORIAL_RUNS": "off"}
    with_kernels = ["python", "-m", "rnn_tutorial._cpu_kernels"]
    run = ["python", "-m", "rnn_tutorial.experiments.runner", *session.posargs]
    session.run(*with_kernels, "avx2", *run, env=one_thread)
    if "--help" not in session.posargs:  # what another rounding of the last bit changes
        session.run(*with_kernels, "avx", *run, "--every", "5", env=one_thread)


@nox.session(python=PYTHON)
def lint(session: nox.Session) -> None:
    """Check style and types of Python and of the site's scripts, imports, spelling, and what configures hosts."""
    need(session, "npm")
    install(session, "lint")
    workflows = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    for command in ("ruff check", "ruff format --check", "mypy", "lint-imports --no-cache", "codespell"):
        session.run(*command.split())
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema", "vendor.readthedocs", ".readthedocs.yaml")
    session.run(*NPM, "build/scripts", "typescript@5.9.3", "@biomejs/biome@2.6.8", external=True)
    session.run("build/scripts/node_modules/.bin/biome", "ci", "--error-on-warnings", external=True)
    scripts = map(str, Path("docs/_static").rglob("*.js"))
    session.run(*f"build/scripts/node_modules/.bin/{TSC}".split(), *scripts, external=True)
    session.run("zizmor", "--quiet", "--offline", *workflows)  # rights, pins, and what a stranger's text could run


@nox.session(python=PYTHON)
def site(session: nox.Session) -> None:
    """Test the site in Chromium and Firefox, by Lighthouse, and cells that take minutes; ``-- pages``: the first."""
    need(session, "site", "npm")
    install(session, "site")
    parts = session.posargs or ["pages", "lighthouse", "minutes"]
    of_pages = "pytest", "tests/site", "--ignore=tests/site/test_lighthouse.py", *PARALLEL
    if "pages" in parts:
        session.run(*NPM, "build/axe", "axe-core@4.14.1", external=True)
        session.run(*of_pages, "-m", "not slow")
    if "minutes" in parts:  # of those that a reader is told about, some five times as long as in the build
        session.run(*of_pages, "-m", "slow")
    if "lighthouse" in parts:  # apart, for a busy machine measures slow pages
        session.run(*NPM, "build/lighthouse", "lighthouse@12.2.3", external=True)  # 13 needs Node 22
        session.run("pytest", "tests/site/test_lighthouse.py", "-rP")


# Its environment is made anew each time, and with pip, which notebooks call.
@nox.session(python=PYTHON, venv_backend="virtualenv", reuse_venv=False)
def notebooks(session: nox.Session) -> None:
    """Run notebooks of the built site as readers do: four quick ones, ``-- all``, or ``-- theory-lstm``, say."""
    need(session, "site")
    session.install("nbclient", "nbformat", "ipykernel")
    folder = Path(shutil.copytree(SITE / "notebooks", Path(session.create_tmp(), "notebooks"), dirs_exist_ok=True))
    names = session.posargs or ["functions", "theory-learning", "theory-unrolling", "sentiment-reviews"]
    for name in sorted(path.stem for path in folder.glob("*.ipynb")) if names == ["all"] else names:
        session.run("jupyter-execute", str(folder / f"{name}.ipynb"), env={"PYTHONPATH": None})


@nox.session(python=PYTHON)
def pytorch(session: nox.Session) -> None:
    """Run the page on PyTorch; on Linux with x86-64, the package index has it with CUDA alone, 2.7 GB to download."""
    install(session, "pytorch")
    session.run("python", "tests/pytorch_page.py")


@nox.session(python=PYTHON)
def robust(session: nox.Session) -> None:
    """Run the pages with other CPU kernels and seeds, and count how often each claim holds (hours; ``-- avx2``)."""
    install(session, "tests")
    session.run("python", "docs/robust.py", *session.posargs)
