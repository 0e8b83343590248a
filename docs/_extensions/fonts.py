"""Write the faces of the site: Source Sans 3 for text and Source Serif 4 for headings, under the Open Font License.

The packages fontpkg-… contain them as variable fonts of half a megabyte. Each weight that the site uses is cut out of
these, with the signs of its pages: 13 to 17 kB of WOFF2. The licence reserves the name "Source", so what is cut out is
called "Text" and "Heading". ``_templates/fonts.html`` loads them.
"""

import shutil
from importlib.resources import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from sphinx.application import Sphinx

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2010, 0x2027)]
SIGNS = [ord(sign) for sign in "ΔΣαβγδεηθλμπρστφω₀₁₂′ℓ←↑→↓↕∂∑−√∞≈≠≤≥✓"]  # of text
OPTIONS = Options(layout_features=["kern", "liga", "tnum"], hinting=False, name_IDs=[0, 13, 14], drop_tables=["STAT"])
FACES = {  # the package, its file, and the place on the font's axes
    "heading-600": ("fontpkg_source_serif_4", "SourceSerif4[opsz,wght].ttf", {"wght": 600, "opsz": 32}),
    "text-400": ("fontpkg_source_sans_3", "SourceSans3[wght].ttf", {"wght": 400}),
    "text-650": ("fontpkg_source_sans_3", "SourceSans3[wght].ttf", {"wght": 650}),
    "text-400-italic": ("fontpkg_source_sans_3", "SourceSans3-Italic[wght].ttf", {"wght": 400}),
}


def write_faces(app: Sphinx) -> None:
    """Write each face and its licence into the site."""
    folder = Path(app.outdir) / "_static" / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for name, (package, source, axes) in FACES.items():
        if (folder / f"{name}.woff2").exists():
            continue
        family = name.partition("-")[0]
        shutil.copyfile(str(files(package) / "LICENSE"), folder / f"{family}-license.txt")
        font, subsetter = TTFont(str(files(package) / "files" / source), recalcTimestamp=False), Subsetter(OPTIONS)
        subsetter.populate(unicodes=LATIN if family == "heading" else LATIN + SIGNS)
        subsetter.subset(font)
        instantiateVariableFont(font, axes, inplace=True)
        for number in (1, 4, 6):
            font["name"].setName(family.title(), number, 3, 1, 0x409)
        font.flavor = "woff2"
        font.save(folder / f"{name}.woff2")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the event."""
    app.connect("builder-inited", write_faces)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
