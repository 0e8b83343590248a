"""Link to other projects' documentation without asking them.

Sphinx fetches the list of a project's names when it builds; this site builds without a network, and Keras and
TensorFlow publish no list. Each file ``_inventories/<project>.txt`` names the few targets that this site cites, below
the address of the project's documentation in the first line::

    https://docs.python.org/3/
    pathlib.Path py:class library/pathlib.html#pathlib.Path

The files are written to the build folder in Sphinx' own format, which is compressed.
"""

import zlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata


def inventory(project: str, lines: list[str]) -> bytes:
    """Give the inventory of a project in Sphinx' format, version 2."""
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    entries = "".join(f"{name} {role} 1 {uri} -\n" for name, role, uri in (line.split() for line in lines))
    return head.encode() + zlib.compress(entries.encode())


def add_inventories(app: Sphinx, config: Config) -> None:
    """Write each inventory, and tell intersphinx of it."""
    folder = Path(app.doctreedir) / "inventories"
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted((Path(app.srcdir) / "_inventories").glob("*.txt")):
        address, *lines = filter(None, file.read_text(encoding="utf-8").splitlines())
        target = folder / f"{file.stem}.inv"
        target.write_bytes(inventory(file.stem, lines))
        config.intersphinx_mapping[file.stem] = (address, str(target))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the configuration, before intersphinx reads it."""
    app.connect("config-inited", add_inventories, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
