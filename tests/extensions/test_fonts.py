"""The extension that writes the faces of the site."""

import re
from io import BytesIO

from fontTools.ttLib import TTFont

from small_site import EXTENSIONS, build_here  # isort: skip
import fonts

MOST = 60_000  # bytes of all faces, which is what a page fetches at most


def test_the_faces_are_small_and_have_the_signs_of_the_pages_and_not_the_name_that_the_licence_reserves():
    packed = [fonts.cut(face) for face in fonts.FACES]
    assert sum(map(len, packed)) <= MOST
    for face, content in zip(fonts.FACES, packed, strict=True):
        font = TTFont(BytesIO(content))
        has = font.getBestCmap().keys()
        assert {ord(sign) for sign in "AZaz019é½×’“”–…"} <= has
        assert face.family == "Heading" or set(fonts.SIGNS) <= has
        assert font["name"].getDebugName(1) == face.family
        assert "Source" not in "".join(font["name"].getDebugName(number) or "" for number in (1, 2, 3, 4, 6, 16))
        assert "Adobe" in font["name"].getDebugName(0)  # the copyright stays
        assert "fvar" not in font


def test_a_page_names_each_face_and_the_site_has_it_and_its_licence(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\nextensions = ['myst_parser', 'fonts']\n"
    )
    (docs / "index.md").write_text("# Title\n\n```{toctree}\nbelow/page\n```\n")
    (docs / "below").mkdir()
    (docs / "below" / "page.md").write_text("# Title\n")
    faces = tmp_path / "html" / "_static" / "fonts"
    faces.mkdir(parents=True)
    (faces / "text-of-an-earlier-build.woff2").touch()
    (faces / fonts.FACES[0].file).write_text("made before")
    done = build_here(tmp_path)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in faces.glob("*.woff2")} == {face.file for face in fonts.FACES}
    assert (faces / fonts.FACES[0].file).read_text() == "made before"
    assert "OPEN FONT LICENSE" in (faces / "text-license.txt").read_text().upper()
    assert "OPEN FONT LICENSE" in (faces / "heading-license.txt").read_text().upper()
    for name in ("index.html", "below/page.html"):
        page = tmp_path / "html" / name
        text = page.read_text(encoding="utf-8")
        found = re.findall(r'url\("([^"]+)"\)', text)
        assert len(found) == len(fonts.FACES)
        assert all((page.parent / url).is_file() for url in found)
        assert re.findall('<link rel="preload" as="font" type="font/woff2" href="([^"]+)" crossorigin>', text) == found
