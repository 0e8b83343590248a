"""Kill builds of the site at random moments, and compare what the next build makes with an undisturbed one.

``python tests/killed_builds.py 20 --executed build/nb-cache`` copies the checkout and the outputs of its pages, which
have to be complete: nothing trains then, and a build takes about a minute.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hosts import ROOT, copy_checkout

COMMAND = [sys.executable, "docs/build.py"]


def digests(site):
    """Return a digest of every file of a built site but the wheel, which holds the times of its files."""
    files = [path for path in sorted(site.rglob("*")) if path.is_file() and path.suffix != ".whl"]
    return {str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def differences(found, expected):
    """Name the files in which two sites differ."""
    lines = [f"missing: {name}" for name in sorted(expected.keys() - found.keys())]
    lines += [f"too many: {name}" for name in sorted(found.keys() - expected.keys())]
    return lines + [f"other: {name}" for name in sorted(expected) if name in found and found[name] != expected[name]]


def start(folder, **output):
    """Start a build in a session of its own."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.Popen(COMMAND, cwd=folder, env=environment, start_new_session=True, text=True, **output)


def build(folder):
    """Build, end if that fails, and return what is there now and the seconds that it took."""
    began, process = time.monotonic(), start(folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = process.communicate()
    if process.returncode:
        sys.exit(f"expected exit code 0, got {process.returncode}:\n{said}")
    return digests(folder / "build" / "html"), time.monotonic() - began


def kill(folder, seconds):
    """Build, and kill all of it after some seconds; return whether it still ran."""
    process = start(folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # kernels have sessions of their own, and end when they are orphans
        process.wait()
        return True
    return False


def main():
    """Build once undisturbed, kill, build, compare, and print a line for each kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=20, help="how many builds are killed (20)")
    parser.add_argument("--executed", type=Path, default=ROOT / "build" / "nb-cache", help="kept outputs of all pages")
    parser.add_argument("--seed", type=int, default=0, help="draws the moments")
    options = parser.parse_args()
    if not (options.executed / "global.db").is_file():
        parser.error(f"expected outputs of the pages in {options.executed}, found none; build the site once before")

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve() / "rnn_tutorial"
        copy_checkout(ROOT, folder)
        shutil.copytree(options.executed, folder / "build" / "nb-cache")
        expected, seconds = build(folder)
        print(f"undisturbed: {len(expected)} files, {seconds:.0f} s", flush=True)
        generator, failed, stopped = random.Random(options.seed), 0, 0
        for number in range(options.count):
            moment = generator.uniform(0, seconds)
            ran = kill(folder, moment)
            left = differences(digests(folder / "build" / "html"), expected)
            wrong = [f"after the kill, {line}" for line in left] + differences(build(folder)[0], expected)
            stopped += ran
            failed += bool(wrong)
            outcome = "; ".join(wrong[:5]) if wrong else "equal"
            print(f"{number + 1}. {'killed after' if ran else 'ended before'} {moment:.1f} s: {outcome}", flush=True)
    print(f"{options.count} builds, {stopped} of them killed before their end: {failed} led to another site")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
