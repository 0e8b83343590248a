"""Publish the claims of all pages as data, in ``claims.json`` next to the first page of the site.

``page_checks`` has collected the claims. Here each becomes a record, one per line, sorted by page. The file also
contains what determines the outputs of pages: the package's code, the versions and the CPU kernels that
``fresh_outputs`` compares, and for each page its digest, which also depends on the reviews and the recorded runs.
"""

import json
import math
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import fresh_outputs
import numpy as np
from code_digest import code_digest
from page_checks import Made, all_claims
from page_code import page_code
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.cpu_kernels import pinned_cpu_kernels
from rnn_tutorial.evaluation import mean_interval
from rnn_tutorial.provenance import machine

FILE = "claims.json"


def record(made: Made, address: str) -> dict[str, Any]:
    """Return a claim as a record of the file; numbers that JSON cannot represent become null."""
    values, mean, interval = made.claim.values, None, None
    if all(map(math.isfinite, values)):
        mean = float(np.mean(values))
        if len(values) >= 3:
            _, half_width = mean_interval(values)
            interval = [mean - half_width, mean + half_width]
    return {
        "page": made.page,
        "section": made.section,
        "address": f"{address}#{made.anchor}",
        **asdict(made.claim),
        "values": [value if math.isfinite(value) else None for value in values],
        "n": len(values),
        "mean": mean,
        "interval": interval,
        "holds": made.claim.holds,
    }


def records(app: Sphinx) -> list[dict[str, Any]]:
    """Return all claims of the site, with full addresses if the site has one."""
    base, target = app.config.html_baseurl, app.builder.get_target_uri
    return [record(made, urljoin(base, target(made.page))) for made in all_claims(app.env)]


def write_file(app: Sphinx, error: Exception | None) -> None:
    """Write the file, if the output is HTML."""
    if error is not None or app.builder.format != "html":
        return
    env, found = app.env, records(app)
    pages = list(dict.fromkeys(claim["page"] for claim in found))
    cells = "\n".join(page_code(Path(env.doc2path(page)).read_text(encoding="utf-8")) for page in pages)
    head = {
        "project": app.config.project,
        "version": app.config.release,
        "code": code_digest(cells, Path(app.config.fresh_outputs_package)),
        "python": platform.python_version(),
        "libraries": {library: version(library) for library in fresh_outputs.LIBRARIES},
        "cpu_kernels": pinned_cpu_kernels(),
        "machine": machine(),
        "pages": {
            page: {
                "title": env.titles[page].astext(),
                "digest": env.metadata[page][fresh_outputs.DIGEST],
            }
            for page in pages
        },
    }
    lines = ",\n".join(f"  {json.dumps(claim, ensure_ascii=False, allow_nan=False)}" for claim in found)
    begin = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    (Path(app.outdir) / FILE).write_text(f'{begin},\n "claims": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    app.setup_extension("fresh_outputs")
    app.setup_extension("page_checks")
    app.connect("build-finished", write_file)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
