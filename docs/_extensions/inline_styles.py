"""Put small style sheets into the pages themselves: a phone waits longer for a file than it takes to read one.

A browser paints nothing before the last style sheet has come, and asks for some six files at a time. The large ones
stay files, which are kept from page to page.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

LARGEST = 20_000  # bytes; the colours of code, light and dark, are the largest that go in
LINK = re.compile(r'<link (?=[^>]*rel="stylesheet")[^>]*href="[^"?:]*?_static/(?P<name>[^"?]+)(?:\?[^"]*)?"[^>]*>')
INLINE = re.compile(r'<style data-file="(?P<name>[^"]+)">.*?</style>', re.DOTALL)


def with_styles(page: str, static: Path) -> str:
    """Give a page with its small style sheets inside; those that are inside already follow their files."""

    def put(match: re.Match[str]) -> str:
        file = static / match["name"]
        if not file.is_file() or file.stat().st_size > LARGEST:
            return match[0]
        style = file.read_text(encoding="utf-8")
        return match[0] if "url(" in style else f'<style data-file="{match["name"]}">{style}</style>'

    return LINK.sub(put, INLINE.sub(put, page))


def write_styles(app: Sphinx, error: Exception | None) -> None:
    """Write the styles into each page, when all files stand in the site."""
    if error is None and app.builder.format == "html":
        for file in Path(app.outdir).rglob("*.html"):
            page = file.read_text(encoding="utf-8")
            if (written := with_styles(page, Path(app.outdir) / "_static")) != page:
                file.write_text(written, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the end of the build."""
    app.connect("build-finished", write_styles, priority=900)  # furo adds its dark colours to a style sheet until then
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
