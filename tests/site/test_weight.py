import re
import zipfile

import pytest
from built_site import HTML, PAGES, SITE

MOST_ON_DISK = 71e6  # of which Python for the pages is 33, what cells with Keras left 2, and modules for frames 0.6
MOST_OF_FIGURES = 1e6
MOST_OVER_THE_WIRE = 700e3  # bytes, figures aside
MOST_OF_HOME = 250e3  # bytes, before somebody types


def test_the_site_stays_within_its_weight_on_the_disk():
    assert sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) <= MOST_ON_DISK


def test_an_archive_has_all_named_figures_as_svg_and_is_small():
    pages = "".join(page.read_text(encoding="utf-8") for page in HTML.values())
    named = set(re.findall(r'<figure[^>]* id="(.+?)"', pages))
    with zipfile.ZipFile(file := SITE / "figures.zip") as archive:
        assert named and set(archive.namelist()) == {f"{name}.svg" for name in named}
    assert file.stat().st_size <= MOST_OF_FIGURES


@pytest.mark.parametrize("name", ["index.html", *(page for page in PAGES if page.startswith(("theory/", "language/")))])
def test_a_page_stays_within_its_weight_over_the_wire(blank, address, name):
    asked, home = [], name == "index.html"
    blank.on("requestfinished", lambda request: asked.append(request))
    blank.goto(f"{address}/{name}", wait_until="networkidle")
    sizes = {
        request.url: request.sizes()["responseBodySize"]
        for request in asked
        if home or request.resource_type != "image"
    }
    assert any(url.endswith(".css") or ".css?" in url for url in sizes)
    assert sum(sizes.values()) <= (MOST_OF_HOME if home else MOST_OVER_THE_WIRE), sizes
