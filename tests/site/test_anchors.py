"""What others cite stays: each anchor that the site ever published is recorded in anchors.txt.

``python tests/site/test_anchors.py`` records the new anchors of the built site; it takes no anchor away.
"""

import re
import zlib
from pathlib import Path

SITE = Path(__file__).parents[2] / "build" / "html"
RECORD = Path(__file__).with_name("anchors.txt")
COMMAND = "run `python tests/site/test_anchors.py` and commit anchors.txt"


def read_inventory():
    """Give the lines of objects.inv as `role address name`, sorted."""
    content = (SITE / "objects.inv").read_bytes().split(b"\n", 4)[4]
    entries = re.findall(r"^(.+?) (\S+:\S+) -?\d+ (\S+) .*$", zlib.decompress(content).decode(), re.MULTILINE)
    return sorted(f"{role} {address.replace('$', name)} {name}" for name, role, address in entries)


def read_record():
    return RECORD.read_text(encoding="utf-8").splitlines() if RECORD.is_file() else []


def is_alive(line):
    """Tell whether a recorded address leads somewhere: to an element, or to a page that redirects."""
    page, _, anchor = line.split(" ")[1].partition("#")
    if not (SITE / page).is_file():
        return False
    text = (SITE / page).read_text(encoding="utf-8")
    return not anchor or f' id="{anchor}"' in text or "window.location.replace(" in text


def test_each_recorded_anchor_still_leads_somewhere():
    gone = [line for line in read_record() if not is_alive(line)]
    assert gone == [], "keep these anchors, or redirect their pages in conf.py (`redirects`)"


def test_each_anchor_of_the_site_is_recorded():
    assert sorted(set(read_inventory()) - set(read_record())) == [], COMMAND


if __name__ == "__main__":
    lines = sorted({*read_record(), *read_inventory()})
    RECORD.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
