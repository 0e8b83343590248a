"""Write the faces of the site: Source Sans 3 for text and Source Serif 4 for headings, under the Open Font License.

The packages fontpkg-source-sans-3 and fontpkg-source-serif-4 contain them as variable fonts of about half a megabyte.
Each weight that the site uses is cut out of these, with the signs of its pages, and packed as WOFF2, in 11 to 17 kB.
The licence, which is copied too, reserves the name "Source", so what is cut out is called "Text" and "Heading".

They come with a reader's first page, which Chromium holds back for them, by 0.3 s on a slow network. Other browsers
show faces of the system if those of the site are late. So do pages from disk, for readers who save data, and over a
network slower than 4G. Nothing is swapped: lines would break anew, and a link to a place would land elsewhere.
"""

import hashlib
import shutil
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

FOLDER = "_static/fonts"
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2010, 0x2027)]
SIGNS = [ord(sign) for sign in "ΔΣαβγδεηθλμπρστφω₀₁₂′ℓ←↑→↓↕∂∑−√∞≈≠≤≥✓"]
# Source Sans looks small next to the faces that the theme is made for. Arial, scaled, has lines of the same length.
STYLE = """@font-face { font-family: %s; font-weight: %s; font-style: %s; font-display: optional; size-adjust: %s;
  src: url("%s") format("woff2"); }"""
LARGER = {"Text": "110%", "Heading": "100%"}
FALLBACK = "".join(  # with a face of its own for what is bold, else the browser smears the other
    f"""@font-face {{ font-family: "Text fallback"; font-weight: {weights}; size-adjust: 105%;
  src: local("Arial{bold}"), local("Liberation Sans{bold}"); }}"""
    for weights, bold in (("100 500", ""), ("600 900", " Bold"))
)
LINK = '<link rel="preload" as="font" type="font/woff2" href="%s" crossorigin>'
HEAD = """<style>%s</style>
<template id="fonts">%s<style>%s</style></template>
<script>{
  const { saveData, effectiveType = "4g" } = navigator.connection ?? {};
  const comes = location.protocol !== "file:" && !saveData && effectiveType === "4g";
  if (comes) document.head.append(document.getElementById("fonts").content);
}</script>"""


class Face(NamedTuple):
    """A face: a variable font in a package, the place on its axes, and what CSS uses it for."""

    family: str
    package: str
    source: str
    axes: dict[str, float]
    weights: str
    style: str = "normal"

    @property
    def path(self) -> Path:
        """Return the path of the variable font."""
        return Path(str(files(self.package))) / "files" / self.source

    @property
    def file(self) -> str:
        """Return the file's name in the site, which changes with the font and with this extension."""
        digest = hashlib.sha256(self.path.read_bytes() + Path(__file__).read_bytes()).hexdigest()
        return f"{self.family.lower()}-{self.axes['wght']}-{self.style}-{digest[:8]}.woff2"


FACES = [  # in the order in which they are asked for
    Face("Heading", "fontpkg_source_serif_4", "SourceSerif4[opsz,wght].ttf", {"wght": 600, "opsz": 32}, "100 900"),
    Face("Text", "fontpkg_source_sans_3", "SourceSans3[wght].ttf", {"wght": 400}, "100 500"),
    Face("Text", "fontpkg_source_sans_3", "SourceSans3[wght].ttf", {"wght": 650}, "600 900"),
    Face("Text", "fontpkg_source_sans_3", "SourceSans3-Italic[wght].ttf", {"wght": 400}, "100 900", "italic"),
]


def cut(face: Face) -> bytes:
    """Return a face as WOFF2."""
    font, packed = TTFont(face.path, recalcTimestamp=False), BytesIO()
    options = Options(
        layout_features=["kern", "liga", "tnum"], hinting=False, name_IDs=[0, 13, 14], drop_tables=["STAT"]
    )
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=LATIN if face.family == "Heading" else LATIN + SIGNS)
    subsetter.subset(font)  # first, so that the next step has less to do
    instantiateVariableFont(font, face.axes, inplace=True)
    for number in (1, 4, 6):
        font["name"].setName(face.family, number, 3, 1, 0x409)
    font.flavor = "woff2"
    font.save(packed)
    return packed.getvalue()


def write_files(app: Sphinx) -> None:
    """Write the faces that the site does not have yet, and their licences; remove those of earlier builds."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in {file.name for file in folder.glob("*.woff2")} - {face.file for face in FACES}:
        (folder / old).unlink()
    for face in FACES:
        shutil.copyfile(face.path.parents[1] / "LICENSE", folder / f"{face.family.lower()}-license.txt")
        if not (folder / face.file).exists():
            (folder / face.file).write_bytes(cut(face))


def add_faces(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Name the faces in the head of a page."""
    urls = [context["pathto"](f"{FOLDER}/{face.file}", 1) for face in FACES]
    rules = [STYLE % (f.family, f.weights, f.style, LARGER[f.family], url) for f, url in zip(FACES, urls, strict=True)]
    head = HEAD % (FALLBACK, "".join(LINK % url for url in urls), "".join(rules))
    context["metatags"] = context.get("metatags", "") + head


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events; when a face changes, all pages are written again."""
    app.add_config_value("font_files", [face.file for face in FACES], "html")
    app.connect("builder-inited", write_files)
    app.connect("html-page-context", add_faces)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
