"""From version 1.0 on, an address that somebody cited leads to what it led to.

``python tests/site/test_addresses.py`` adds the addresses of a built site to the record: once a release. A heading that
gets other words keeps its old anchor, as ``(old-words)=`` above it.
"""

import re
from pathlib import Path

import pytest
from built_site import MOVED, PAGES, SITE

RECORD = Path(__file__).with_name("addresses.txt")
PLACE = re.compile(r'<(?:section|dt|span)\b[^>]*\bid="((?!id\d+")[a-zA-Z][\w.-]*)"')


def addresses():
    """Give each page, and each place in it that has a heading, a label, or a name of the package or of a term."""
    for name, now in (dict(zip(PAGES, PAGES, strict=True)) | MOVED).items():
        if not name.startswith(("_modules/", "genindex", "py-modindex", "search")):
            yield name
            text = (SITE / now).read_text(encoding="utf-8")
            yield from (f"{name}#{place}" for place in PLACE.findall(text.partition("<article")[2]))


def test_no_recorded_address_is_lost():
    assert set(RECORD.read_text().split()) - set(addresses()) == set()


@pytest.mark.parametrize("name", MOVED)
def test_a_place_of_a_page_that_moved_leads_to_that_place(blank, address, name):
    _, place = max(known for known in RECORD.read_text().split() if known.startswith(f"{name}#")).split("#")
    blank.goto(f"{address}/{name}#{place}")
    blank.wait_for_url(f"{address}/{MOVED[name]}#{place}")
    assert blank.locator(f"#{place}").count() == 1


if __name__ == "__main__":
    known = RECORD.read_text().split() if RECORD.exists() else []
    RECORD.write_text("\n".join(sorted({*known, *addresses()})) + "\n")
