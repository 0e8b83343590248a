"""Keep the index entries of all pages in the search, when a build writes only some of the pages.

Sphinx collects them while it writes, after it has stored what it knows, and of pages that it does not write again it
forgets them: the search then ranks those pages lower until a build from nothing. So what it knows is stored once more.
"""

import pickle

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Let the entries of a page go that is read again, or gone."""
    env._search_index_index_entries.pop(docname, None)


def store(app: Sphinx, error: Exception | None) -> None:
    """Store what is known at the end of the build."""
    if error is None and app.builder.format == "html":
        with (app.doctreedir / ENV_PICKLE_FILENAME).open("wb") as file:
            pickle.dump(app.env, file, pickle.HIGHEST_PROTOCOL)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the end of the build, and to pages that go."""
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", store)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
