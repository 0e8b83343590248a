import re

import pytest
from fontTools.ttLib import TTFont

from small_site import EXTENSIONS, built  # isort: skip
import fonts

CONF = f"""
extensions = ["myst_parser", "fonts"]
html_theme = "furo"
templates_path = [{str(EXTENSIONS.parent / "_templates")!r}]
"""


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    root = tmp_path_factory.mktemp("fonts")
    index = "# Title\n\n```{toctree}\nbelow/page\n```\n"
    built(root, {"conf.py": CONF, "index.md": index, "below/page.md": "# Title\n"})
    return root / "html"


@pytest.mark.parametrize("name", ["index.html", "below/page.html"])
def test_a_page_loads_all_faces_and_they_are_small(html, name):
    text, faces = (html / name).read_text(encoding="utf-8"), set((html / "_static" / "fonts").glob("*.woff2"))
    found = re.findall(r'url\("([^"]+)"\)', text)
    assert {((html / name).parent / url).resolve() for url in found} == faces
    assert re.findall('<link rel="preload" as="font" type="font/woff2" href="([^"]+)" crossorigin>', text) == found
    assert sum(file.stat().st_size for file in faces) <= 60_000  # which a page fetches at most


@pytest.mark.parametrize("name", fonts.FACES)
def test_a_face_has_the_signs_of_the_pages_and_no_reserved_name(html, name):
    font, family = TTFont(html / "_static" / "fonts" / f"{name}.woff2"), name.partition("-")[0]
    signs = {ord(sign) for sign in "AZaz019é½×’“”–…"} | (set(fonts.SIGNS) if family == "text" else set())
    assert signs <= font.getBestCmap().keys()
    assert font["name"].getDebugName(1) == family.title()
    assert "Source" not in "".join(font["name"].getDebugName(number) or "" for number in (1, 2, 3, 4, 6, 16))
    assert "Adobe" in font["name"].getDebugName(0)  # the copyright stays
    assert "fvar" not in font
    assert "OPEN FONT LICENSE" in (html / "_static" / "fonts" / f"{family}-license.txt").read_text().upper()
