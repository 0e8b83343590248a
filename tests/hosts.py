"""Run here what GitHub and Read the Docs would run to publish the site, command by command, from their own files.

Each host gets a copy of the checkout in a folder of its own: the files that Git knows, as they are now. The commands
are those of the job ``build`` in ``.github/workflows/pages.yml``, and of ``build.jobs`` in ``.readthedocs.yaml``. They
run in the shell that the host uses, with the variables that it sets, and with the Python first on the path that the
file names. At the end the folder that the host would publish has to hold a page, and that page the host's address.

``python tests/hosts.py [github] [readthedocs]``. Pages that an earlier build with the same Python has run do not run
again.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
ADDRESSES = {
    "github": "https://owner.github.io/rnn_tutorial",
    "readthedocs": "https://rnn-tutorial.readthedocs.io/en/latest/",
}
INSTEAD = {"${{ steps.pages.outputs.base_url }}": ADDRESSES["github"]}  # what a step that only GitHub can run would say
KEPT = ["HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"]
PREFIXES = ("PIP_", "UV_")  # where this machine finds packages
READTHEDOCS_JOBS = ["post_checkout", "create_environment", "install", "build"]  # in their order, with pre_ and post_


@dataclass
class Host:
    """What a host would do: with which Python, in which surroundings, and what it would publish."""

    name: str
    python: str
    commands: list[tuple[str, dict[str, str]]]  # each with variables of its own
    site: str
    variables: dict[str, str]
    shell: list[str]
    skipped: list[str] = field(default_factory=list)


def filled_in(text: str) -> str:
    """Replace GitHub's expressions; ends if there is one whose value is not known here."""
    for expression, value in INSTEAD.items():
        text = text.replace(expression, value)
    if unknown := re.search(r"\$\{\{.*?\}\}", text):
        sys.exit(f"pages.yml uses {unknown[0]}, and tests/hosts.py knows no value for it. Add one to INSTEAD.")
    return text


def github(root: Path) -> Host:
    """Read the job that builds the site for GitHub's pages."""
    job = yaml.safe_load((root / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8"))["jobs"]["build"]
    uses = {step["uses"].partition("@")[0]: step.get("with", {}) for step in job["steps"] if "uses" in step}
    return Host(
        "github",
        uses["actions/setup-python"]["python-version"],
        [
            (filled_in(step["run"]), {name: filled_in(str(value)) for name, value in step.get("env", {}).items()})
            for step in job["steps"]
            if "run" in step
        ],
        uses["actions/upload-pages-artifact"]["path"],
        {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "owner/rnn_tutorial", "RUNNER_OS": "Linux"},
        ["bash", "-e", "-c"],
        [f"uses: {name}" for name in uses],
    )


def readthedocs(root: Path) -> Host:
    """Read the jobs that build the site for Read the Docs."""
    build = yaml.safe_load((root / ".readthedocs.yaml").read_text(encoding="utf-8"))["build"]
    jobs = [job for known in READTHEDOCS_JOBS for job in (f"pre_{known}", known, f"post_{known}")]
    jobs.remove("pre_post_checkout")
    jobs.remove("post_post_checkout")
    if unknown := set(build["jobs"]) - set(jobs):
        sys.exit(
            f".readthedocs.yaml has the jobs {', '.join(sorted(unknown))}, and tests/hosts.py runs {', '.join(jobs)}."
        )
    commands = []
    for job in jobs:
        listed = build["jobs"].get(job, [])
        commands += listed["html"] if isinstance(listed, dict) else listed
    return Host(
        "readthedocs",
        build["tools"]["python"],
        [(command, {}) for command in commands],
        "_readthedocs/html",
        {
            "CI": "true",  # Read the Docs sets it too
            "READTHEDOCS": "True",
            "READTHEDOCS_CANONICAL_URL": ADDRESSES["readthedocs"],
            "READTHEDOCS_LANGUAGE": "en",
            "READTHEDOCS_OUTPUT": "_readthedocs",  # made absolute in the copy
            "READTHEDOCS_PROJECT": "rnn-tutorial",
            "READTHEDOCS_VERSION": "latest",
            "READTHEDOCS_VERSION_TYPE": "branch",
        },
        ["sh", "-e", "-c"],
        [f"apt_packages: {name}" for name in build.get("apt_packages", [])],
    )


def python_folder(version: str, folder: Path) -> Path:
    """Make a folder with ``python`` and ``python3``: this Python if its version is right, else another."""
    if "{}.{}".format(*sys.version_info) == version:
        found = getattr(sys, "_base_executable", sys.executable)
    else:
        found = shutil.which(f"python{version}")
    test = [found or "", "-c", f"import sys, venv; sys.exit(not sys.version.startswith('{version}.'))"]
    if not found or subprocess.run(test, capture_output=True).returncode:
        sys.exit(
            f"The host's file names Python {version}, which is not here. Install python{version}, or run this with it."
        )
    folder.mkdir()
    for name in ("python", "python3"):
        # A script, for with a link an environment would be made of the link, which is gone afterwards.
        (folder / name).write_text(f'#!/bin/sh\nexec "{found}" "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def copy_checkout(root: Path, target: Path) -> None:
    """Copy the files that Git knows or would add, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (root / name).is_file():  # not one that was deleted
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def surroundings(host: Host, copy: Path, python: Path) -> dict[str, str]:
    """Give the variables of a host, and from this machine's only what a shell and a package index need."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(PREFIXES)}
    variables = kept | host.variables | {"PATH": f"{python}{os.pathsep}{os.environ['PATH']}"}
    if cache := os.environ.get("RNN_TUTORIAL_CACHE"):  # outputs and parsed reviews, which CI keeps in one place
        variables["RNN_TUTORIAL_CACHE"] = cache
    if output := host.variables.get("READTHEDOCS_OUTPUT"):
        variables["READTHEDOCS_OUTPUT"] = str(copy / output)
    return variables


def published(host: Host, copy: Path) -> str | None:
    """Say what is wrong with the folder that the host would publish, or nothing."""
    index, address = copy / host.site / "index.html", ADDRESSES[host.name]
    if not index.is_file():
        return f"expected {host.site}/index.html, and there is none"
    link = f'<link rel="canonical" href="{address.rstrip("/")}/index.html"'
    if link not in index.read_text(encoding="utf-8"):
        return f"expected {link} in {host.site}/index.html, and it is not there"
    return None


def run(host: Host) -> bool:
    """Run a host's commands in a copy, and tell whether it could publish the site."""
    with tempfile.TemporaryDirectory(prefix=f"{host.name}-") as folder:
        copy = Path(folder) / "rnn_tutorial"
        copy_checkout(ROOT, copy)
        variables = surroundings(host, copy, python_folder(host.python, Path(folder) / "bin"))
        print(f"\n=== {host.name}, Python {host.python}", flush=True)
        for step in host.skipped:
            print(f"skipped, as only the host can do it: {step}", flush=True)
        start = time.monotonic()
        for command, own in host.commands:
            print(*(f"{name}={value}" for name, value in own.items()), f"$ {command}", flush=True)
            status = subprocess.run([*host.shell, command], cwd=copy, env=variables | own).returncode
            if status:
                print(f"{host.name}: the command ended with exit code {status}.", flush=True)
                return False
        if fault := published(host, copy):
            print(f"{host.name}: {fault}.", flush=True)
            return False
        print(f"{host.name}: {host.site} is ready after {time.monotonic() - start:.0f} s.", flush=True)
        return True


def main() -> None:
    """Run the hosts that are named, or all."""
    readers = {"github": github, "readthedocs": readthedocs}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("hosts", nargs="*", metavar="host", help=f"{' or '.join(readers)}; both by default")
    arguments = parser.parse_args()
    if unknown := set(arguments.hosts) - set(readers):
        parser.error(f"expected {' or '.join(readers)}, got {', '.join(sorted(unknown))}")
    results = [run(readers[name](ROOT)) for name in arguments.hosts or readers]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
