"""Put small style sheets into the pages: a browser paints nothing before the last has loaded, and a page has eleven."""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

STYLE_SHEET = re.compile(r'<link (?=[^>]*rel="stylesheet")[^>]*href="[^"?:]*?_static/([^"?]+)[^>]*>')
LARGEST = 20_000  # bytes of a style sheet; the colours of code, light and dark, are the largest that go in


def inline_styles(app: Sphinx, error: Exception | None) -> None:
    """Put the small style sheets into the pages, but not while they are edited."""
    if error or app.builder.format != "html" or "live" in app.config.html_context:
        return
    static, small = Path(app.outdir) / "_static", {}
    for file in static.rglob("*.css"):
        style = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        if len(style) <= LARGEST and "url(" not in style:
            small[file.relative_to(static).as_posix()] = f"<style>{style}</style>"
    for file in Path(app.outdir).rglob("*.html"):
        page = file.read_text(encoding="utf-8")
        file.write_text(STYLE_SHEET.sub(lambda link: small.get(link[1], link[0]), page), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the event."""
    app.connect("build-finished", inline_styles, priority=900)  # furo adds its dark colours to a style sheet until then
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
