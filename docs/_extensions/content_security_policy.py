"""Forbid every page to ask another host for anything, in a way that browsers enforce.

A content security policy in each page's head allows what lies beside the page and nothing else. Scripts that stand in a
page are allowed by their digest, so that no other script runs there, whatever a page may come to hold. The policy is
written when all pages are finished, for the theme and other extensions add scripts until then.
"""

import base64
import hashlib
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

# From disk a page and its files are no common origin to some browsers, but share the scheme. On a web server the scheme
# is another, and allows nothing. Styles may stand in a page: equations and tables bring theirs. What has no rule of its
# own may come from beside the page: Firefox fetches the next page ahead, and tells an error where it may not.
OWN = "'self' file:"
POLICY = (
    f"default-src {OWN}; script-src {OWN}{{digests}}; style-src {OWN} 'unsafe-inline'; img-src {OWN} data:; "
    f"form-action {OWN}; object-src 'none'; base-uri 'none'"
)
META = '<meta http-equiv="Content-Security-Policy"'
CHARSET = re.compile(r'<meta charset="utf-8" */?>')
SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)


def with_policy(page: str) -> str:
    """Give a page with the policy in its head, before anything that the policy is about."""
    if META in page or not (charset := CHARSET.search(page)):
        return page
    codes = {match["code"] for match in SCRIPT.finditer(page) if "src=" not in match["attributes"]}
    digests = (base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in sorted(codes))
    policy = POLICY.format(digests="".join(f" 'sha256-{digest}'" for digest in digests))
    return page.replace(charset[0], f'{charset[0]}\n{META} content="{policy}">', 1)


def write_policies(app: Sphinx, error: Exception | None) -> None:
    """Write the policy into each page that this build has made anew."""
    if error is None and app.builder.format == "html":
        for file in Path(app.outdir).rglob("*.html"):
            page = file.read_text(encoding="utf-8")
            if (written := with_policy(page)) != page:
                file.write_text(written, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the end of the build."""
    app.connect("build-finished", write_policies)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
