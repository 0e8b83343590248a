"""Note what the cells of a page change and leave, and lend browsers what only the build can run.

While a page runs, its kernel notes of each cell which names' values it changed. Where a page loads the reviews, most
cells need Keras, scikit-learn or all reviews. So the kernel notes there, too, what each cell leaves to later ones:
numbers, text, arrays, and what holds them. For the site, the cells run once more as they would in a browser, without
the libraries that are not there. One that fails is *lent*: cells after it take what it left, its functions and its
classes. If they need more than that, they fail, too.
"""

import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import types
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

EXTENSIONS, LIVE = Path(__file__).parent, Path(__file__).parents[1] / "_static" / "live"
sys.path.insert(0, str(LIVE))
from cells import ABSENT, Model, Page, Split  # noqa: E402

NOTES = "given 3"  # raised where a kernel notes something else
FOLDER = "RNN_TUTORIAL_GIVEN"  # where a kernel finds the cells of its page, and notes what they leave
LARGEST, ENTIRE = 300_000, 20_000_000  # bytes of a value, packed and as it is
STARTUP = f"import sys as _s\n_s.path.append({str(EXTENSIONS)!r})\nimport given as _g\n_g.note()\n_s.path.pop()\n"
Lent = dict[int, dict[str, bytes]]


class Packer(pickle.Pickler):
    """Pickles a value as a browser can read it: of a model the size, of reviews the first, of a record its fields."""

    def __init__(self) -> None:
        self.parts, self.left = list[bytes](), ENTIRE
        super().__init__(self, 5)

    def write(self, data: Any) -> None:
        """Take a part of it."""
        self.parts.append(bytes(data))
        self.left -= len(data)
        if self.left < 0:
            raise pickle.PicklingError

    def reducer_override(self, value: Any) -> Any:
        """Decide about a value by its class."""
        kind = value if isinstance(value, type | types.FunctionType) else type(value)
        root, module = kind.__module__.partition(".")[0], sys.modules.get(kind.__module__)
        if root in ("pandas", "__main__"):
            raise pickle.PicklingError
        if kind.__name__ == "ReviewSplit":
            return Split, (value.labels.astype("uint8"), value.lengths.astype("uint16"), value.sequences[:8])
        if root in ABSENT:
            counts = kind is not value and hasattr(value, "count_params")
            return (Model, (getattr(value, "name", ""), value.count_params())) if counts else (type(None), ())
        if root == "rnn_tutorial" and {"keras", "tf", "LogisticRegression"} & vars(module).keys():
            return types.SimpleNamespace, (), dict(vars(value))
        return NotImplemented


def packed(value: Any) -> bytes | None:
    """Return a value that a browser can have, packed."""
    if type(value).__module__.partition(".")[0] in ABSENT and not hasattr(value, "count_params"):
        return None
    packer = Packer()
    try:
        packer.dump(value)
    except Exception:  # a generator, say
        return None
    small = zlib.compress(b"".join(packer.parts), 9)
    return small if len(small) <= LARGEST else None


def note() -> None:
    """In a kernel, note what each cell changes and leaves."""
    from IPython import get_ipython

    shell: Any = get_ipython()
    folder, page, changes = Path(os.environ[FOLDER]), Page(), list[list[str]]()
    sources = json.loads((folder / "cells.json").read_text())
    page.read(sources)
    lends, needed = any("load_reviews(" in source for source in sources), [set(takes) for takes in page.takes]

    def before_a_cell(_: Any) -> None:
        page.follow(len(changes), shell.user_ns)

    def after_a_cell(_: Any) -> None:
        k = len(changes)
        changes.append(page.measure(k))
        (folder / "changes.json").write_text(json.dumps(changes))
        if lends:
            names = page.values[k].keys() & set[str]().union(*needed[k + 1 :])
            there = {name: packed(page.values[k][name]) for name in sorted(names)}
            left = {name: value for name, value in there.items() if value is not None}
            (folder / f"{k}.pickle").write_bytes(pickle.dumps(left))

    shell.events.register("pre_run_cell", before_a_cell)
    shell.events.register("post_run_cell", after_a_cell)


def lend(folder: Path, sources: Sequence[str], unfit: Collection[int]) -> Lent:
    """Return what cells left that browsers cannot run, after a trial; cells that are unfit are not tried."""
    code = b"".join(file.read_bytes() for file in (Path(__file__), LIVE / "cells.py"))
    facts = json.dumps([list(sources), sorted(unfit)])
    kept = folder / f"lent-{hashlib.sha256(code + facts.encode()).hexdigest()[:8]}"
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as empty:
            env = os.environ | {"RNN_TUTORIAL_CACHE": empty, "MPLBACKEND": "agg", "PYTHONHASHSEED": "0"}
            subprocess.run([sys.executable, __file__, folder, kept], input=facts, text=True, check=True, env=env)
    lent: Lent = pickle.loads(kept.read_bytes())
    return lent


def try_out(folder: Path, kept: Path) -> None:
    """Run all cells as a browser would, and keep what those left that fail, as far as the others need it."""
    sources, unfit = json.load(sys.stdin)
    modules: dict[str, Any] = dict.fromkeys(ABSENT)  # an import of None fails
    sys.modules |= modules | {"myst_nb": types.SimpleNamespace(glue=lambda *_, **__: None)}
    changes, needed = json.loads((folder / "changes.json").read_text()), set[tuple[int, str]]()
    page = Page(sources, changes)
    page.read(sources)
    for k in range(len(sources)):
        shown: list[str] = ["error"] if k in unfit else []
        if not shown:
            page.run(k, lambda _, kind, __, shown=shown: shown.append(kind))
        if "error" in shown:
            file = folder / f"{k}.pickle"
            page.lent[k] = pickle.loads(file.read_bytes()) if file.is_file() else {}
    fresh = Page(sources, changes)
    fresh.lent = page.lent
    fresh.read(sources)
    for k in set(range(len(sources))) - page.lent.keys():
        needed |= {(i, name) for j in fresh.plan(k) for name, i in fresh.takes[j].items() if isinstance(i, int)}
    lent = {k: {name: value for name, value in of.items() if (k, name) in needed} for k, of in page.lent.items()}
    kept.write_bytes(pickle.dumps(lent))


if __name__ == "__main__":
    try_out(*map(Path, sys.argv[1:]))
