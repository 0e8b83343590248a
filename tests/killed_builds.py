"""Kill builds of the site at random moments, and compare what the next build makes with an undisturbed one.

``python tests/killed_builds.py 20 --executed build/nb-cache`` copies the checkout and the outputs of its pages, which
have to be complete: nothing trains then, and a build takes less than a minute. ``--command "python docs/build.py"`` has
another program build. Kinds of killed builds alternate: one from nothing, one after a change of a page.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMAND = "sphinx-build --fail-on-warning --nitpicky --keep-going -d build/doctrees docs build/html"
PAGE = Path("docs", "theory", "lstm.md")
SENTENCE = "\n\nA sentence that a build adds.\n"
LEFT_OUT = {".whl"}  # a zip file with the times at which its files were copied
# MyST-NB adds its style sheet when all pages are written, so only later builds know the file and version its address.
# The name holds a digest of the content already.
VERSION = re.compile(rb"(mystnb\.[0-9a-f]{64}\.css)\?v=[0-9a-f]{8}")


def without_unused_words(script):
    """Drop words that stand on no page any more from a search index: Sphinx keeps them, and a search finds nothing."""
    index = json.loads(script.decode().removeprefix("Search.setIndex(").removesuffix(")"))
    for kind in ("terms", "titleterms"):
        index[kind] = {word: pages for word, pages in index[kind].items() if pages != []}
    return json.dumps(index).encode()


def digests(site):
    """Give a digest of every file of a built site, but of pictures that no page shows: Sphinx removes no old ones."""
    contents = {}
    for path in sorted(site.rglob("*")):
        if path.is_file() and path.suffix not in LEFT_OUT:
            content = path.read_bytes()
            if path.suffix == ".html":
                content = VERSION.sub(rb"\1", content)
            elif path.name == "searchindex.js":
                content = without_unused_words(content)
            contents[str(path.relative_to(site))] = content
    pages = b"".join(content for name, content in contents.items() if name.endswith(".html"))
    return {
        name: hashlib.sha256(content).hexdigest()
        for name, content in contents.items()
        if not name.startswith("_images/") or name.removeprefix("_images/").encode() in pages
    }


def differences(found, expected):
    """Name the files in which two sites differ."""
    lines = [f"missing: {name}" for name in sorted(expected.keys() - found.keys())]
    lines += [f"too many: {name}" for name in sorted(found.keys() - expected.keys())]
    return lines + [f"other: {name}" for name in sorted(expected) if name in found and found[name] != expected[name]]


class Builds:
    """Builds of one checkout: undisturbed ones, and killed ones."""

    def __init__(self, root, command, site, environment=None):
        self.root, self.command, self.site = root, command, root / site
        self.environment = {**os.environ, **(environment or {})}

    def _start(self, **output):
        return subprocess.Popen(
            self.command, cwd=self.root, env=self.environment, start_new_session=True, text=True, **output
        )

    def whole(self):
        """Build, and give the exit code, what was said and the seconds that it took."""
        began = time.monotonic()
        process = self._start(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = process.communicate()
        return process.returncode, said, time.monotonic() - began

    def killed(self, seconds):
        """Build, and kill all of it after some seconds; tell whether it still ran."""
        process = self._start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # kernels have sessions of their own, and end when they are orphans
            process.wait()
            return True
        return False

    def recovered(self, expected):
        """Build after a kill, and give what is wrong with the result."""
        code, said, _ = self.whole()
        wrong = differences(digests(self.site), expected)
        return [f"exit code {code}: {said[-2000:]}", *wrong] if code else wrong


def copy_of_checkout(folder, executed):
    """Copy what git knows, as it is on the disk, and the outputs of the pages."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(executed, folder / "build" / "nb-cache")
    return folder


def main():
    """Build once undisturbed, kill, build, compare, and print a line for each kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=20, help="how many builds are killed (20)")
    parser.add_argument("--executed", type=Path, default=ROOT / "build" / "nb-cache", help="kept outputs of all pages")
    parser.add_argument("--command", default=COMMAND, help="what builds the site in the folder of the checkout")
    parser.add_argument("--site", default="build/html", help="where that puts it")
    parser.add_argument("--seed", type=int, default=0, help="draws the moments")
    options = parser.parse_args()
    if not (options.executed / "global.db").is_file():
        parser.error(f"expected outputs of the pages in {options.executed}, found none; build the site once before")

    with tempfile.TemporaryDirectory() as temporary:
        folder = copy_of_checkout(Path(temporary).resolve(), options.executed)
        builds = Builds(folder, shlex.split(options.command), options.site, {"PYTHONPATH": str(folder)})
        page, plain = folder / PAGE, (folder / PAGE).read_text(encoding="utf-8")
        texts = [plain, plain + SENTENCE]

        def start_over():
            for name in (options.site, "build/doctrees", "build/jupyter_execute"):
                shutil.rmtree(folder / name, ignore_errors=True)

        expected, seconds = [], {}
        for text in reversed(texts):
            start_over()
            page.write_text(text, encoding="utf-8")
            code, said, seconds["from nothing"] = builds.whole()
            if code:
                sys.exit(f"expected exit code 0 from an undisturbed build, got {code}:\n{said}")
            expected.insert(0, digests(builds.site))
        page.write_text(texts[1], encoding="utf-8")
        code, _, seconds["after a change"] = builds.whole()
        if wrong := differences(digests(builds.site), expected[1]):
            sys.exit("\n".join(["a change of a page and a build from nothing give different sites:", *wrong]))
        print(f"undisturbed: {len(expected[0])} files, {seconds}", flush=True)

        generator, failed, stopped, current = random.Random(options.seed), 0, 0, 1
        for number in range(options.count):
            kind = ("from nothing", "after a change")[number % 2]
            current = 1 - current
            page.write_text(texts[current], encoding="utf-8")
            if kind == "from nothing":
                start_over()
            moment = generator.uniform(0, seconds[kind])
            ran = builds.killed(moment)
            wrong = builds.recovered(expected[current])
            stopped += ran
            failed += bool(wrong)
            outcome = "; ".join(wrong[:5]) if wrong else "equal"
            print(f"{number + 1}. {kind}, {'killed' if ran else 'ended before'} {moment:.1f} s: {outcome}", flush=True)
    print(f"{options.count} builds, {stopped} of them killed before their end: {failed} led to another site")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
