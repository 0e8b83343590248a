"""Build the site on reviews of one's own, as a reader would: in a copy, by the commands of the page that tells how.

``python tests/own_reviews.py`` copies the checkout, writes a CSV of 300 short reviews into it, and runs the commands of
docs/sentiment/your-own-reviews.md one after the other. Each has to end well.
"""

import csv
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "sentiment" / "your-own-reviews.md"
SECTION = "## A page of this site on your file"
FILE = "mine.csv"
PRAISE = ["wonderful", "clever", "moving", "not bad at all 😀", "I didn’t want it to end", "“a joy” – really"]
BLAME = ["dull", "loud", "far too long", "I didn't like it", "not good", "a waste of an evening"]
NEUTRAL = ["the story", "the cast", "the music", "my sister says", "on a train", "the second half", "its ending"]


def write_reviews(path: Path) -> None:
    """Write reviews of two to some thirty words, typed as people type."""
    draw = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for number in range(300):
            label = number % 2
            parts = [
                f"{draw.choice(NEUTRAL)}: {draw.choice(PRAISE if label else BLAME)}" for _ in range(draw.randint(1, 6))
            ]
            writer.writerow([", ".join(parts) + f", {number}.", label])


def commands() -> list[str]:
    """Give the commands that the page tells, in their order."""
    section = PAGE.read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0]
    return re.findall(r"^```shell\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def faults(copy: Path) -> list[str]:
    """Say what is missing in what was built."""
    wanted = ["build/mine/sentiment/feed-forward.html", "build/html/explorer.html"]
    wanted += [f"build/html/sentiment/{name}.html" for name in ("comparison", "feed-forward", "simple-rnn", "lstm")]
    pages = {name: copy / name for name in wanted}
    return [
        f"expected {FILE} to be named in {name}"
        for name, page in pages.items()
        if not page.is_file() or FILE not in page.read_text(encoding="utf-8")
    ]


def main() -> None:
    """Run the commands, and end with 1 if one fails or a page does not show the reviews."""
    with tempfile.TemporaryDirectory(prefix="own-reviews-") as folder:
        copy = Path(folder) / "rnn_tutorial"
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]  # what Git knows or would add
        for name in subprocess.check_output(listed, cwd=ROOT, text=True).splitlines():
            if (ROOT / name).is_file():  # not one that was deleted
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        write_reviews(copy / FILE)
        for command in commands():
            print(f"\n$ {command}", flush=True)
            start = time.monotonic()
            if status := subprocess.run(command, shell=True, cwd=copy).returncode:
                sys.exit(f"The command ended with exit code {status}.")
            print(f"{time.monotonic() - start:.0f} s", flush=True)
        sys.exit("\n".join(faults(copy)) or 0)


if __name__ == "__main__":
    main()
