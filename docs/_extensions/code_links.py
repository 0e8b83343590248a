"""Keep the links from names in code to their entries in the reference, whichever pages a build writes.

sphinx_codeautolink puts them into the pages at the end of a build. It asks which pages are outdated when the build
starts, and so leaves out those that other extensions let Sphinx read later, and those that are written again because a
page beside them changed. For a page that is written but not read it has no names either, unless the page is
reStructuredText. So this extension remembers the names of each page with what Sphinx knows, and tells which pages were
written in fact: those whose file is another than at the start. A page that was not written has its links already.
"""

from copy import deepcopy
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata
from sphinx_codeautolink.extension import SphinxCodeAutoLink


def linker(app: Sphinx) -> SphinxCodeAutoLink:
    """Find the object in which sphinx_codeautolink keeps what it knows; it is reached by its listeners alone."""
    owners = (getattr(listener.handler, "__self__", None) for listener in app.events.listeners["build-finished"])
    return next(owner for owner in owners if isinstance(owner, SphinxCodeAutoLink))


def written_files(app: Sphinx) -> dict[str, tuple[int, ...]]:
    """Give the state of each page's file; one that is written again has another time, whatever its content."""
    states = {}
    for docname in app.env.found_docs:
        file = Path(app.builder.get_output_path(docname))
        if file.is_file():
            state = file.stat()
            states[docname] = (state.st_mtime_ns, state.st_size, state.st_ino)
    return states


def recall(app: Sphinx) -> None:
    """Give sphinx_codeautolink the names of all pages back, those of pages that are read will be replaced."""
    app.code_links_before = None
    if not linker(app).do_nothing:
        app.code_links_before = written_files(app)
        linker(app).cache.transforms.update(deepcopy(_names(app.env)))


def unknown(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> set[str]:
    """Name the pages whose names are not known: another builder, which has no links, read them for the last time."""
    return set() if linker(app).do_nothing else env.found_docs - _names(env).keys()


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Let the names of a page go that is read again, or gone."""
    _names(env).pop(docname, None)


def remember(app: Sphinx, env: BuildEnvironment) -> None:
    """Remember the names before sphinx_codeautolink drops those that lead nowhere today: they may tomorrow."""
    if not linker(app).do_nothing:
        transforms = linker(app).cache.transforms
        env.code_links_names = {docname: deepcopy(transforms.get(docname, [])) for docname in env.all_docs}


def tell(app: Sphinx, error: Exception | None) -> None:
    """Tell sphinx_codeautolink which pages this build wrote."""
    if error is None and not linker(app).do_nothing:
        before = app.code_links_before
        linker(app).outdated_docs = {
            str(Path(docname)) for docname, state in written_files(app).items() if before.get(docname) != state
        }


def _names(env: BuildEnvironment) -> dict[str, list]:
    if not hasattr(env, "code_links_names"):
        env.code_links_names = {}
    return env.code_links_names


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect around sphinx_codeautolink, whose listeners have the usual priority of 500."""
    app.setup_extension("sphinx_codeautolink")
    app.connect("builder-inited", recall, priority=600)
    app.connect("env-get-outdated", unknown)
    app.connect("env-purge-doc", forget)
    app.connect("env-updated", remember, priority=400)
    app.connect("build-finished", tell, priority=400)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
