"""Write all pages again when something has changed that pages share: titles, tables of contents, labels, names.

Sphinx writes a page again only if the page itself has changed. But its neighbours show its title in their sidebars, its
labels in their links, and its terms and names in their text.
"""

import hashlib
from collections.abc import Iterable

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata


def shared(env: BuildEnvironment) -> str:
    """Return a digest of what one page shows of others."""
    domains = env.domains
    facts = [
        {name: title.astext() for name, title in env.titles.items()},
        {name: facts.get("myst_slugs") for name, facts in env.metadata.items()},
        {name: entry.docname for name, entry in domains.python_domain.objects.items()},
        env.toctree_includes, env.toc_fignumbers, domains.math_domain.equations,
        domains.standard_domain.labels, domains.standard_domain.objects,
    ]  # fmt: skip
    return hashlib.sha256(repr([sorted(part.items()) for part in facts]).encode()).hexdigest()


def outdated(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Return all pages if the digest is not that of the last build."""
    before, now = getattr(env, "whole_site_shared", None), shared(env)
    env.whole_site_shared = now  # type: ignore[attr-defined]
    return env.found_docs if before != now else []


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the event, behind Sphinx' own numbering of figures."""
    app.connect("env-get-updated", outdated, priority=900)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
