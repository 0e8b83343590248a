"""Join the modules of each widget, and of its worker, into one file for frames in other pages.

The site's pages share modules, so that a browser has most of them when it comes to a second page. A frame has none, and
would ask for forty files. ``_static/joined/river.js`` is ``river/river.js`` with all that it imports: each module is a
function that returns what it exports. Biome formats imports and exports all alike, and nothing here waits for them.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

IMPORT = re.compile(r'^import (?:\* as (\w+)|\{([^}]*)\}) from "([^"]+)";$', re.MULTILINE)
CHOSEN = re.compile(r"import\(`\./(\$\{[^}]*\}\.js)`\)")  # one of the folder, which the page names
EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
WORKER = re.compile(r'new URL\("([^"]*worker\.js)", import\.meta\.url\)')
NOT_ALONE = {"answer", "live", "present", "story"}
COMMENT = re.compile(r"^ *(?://[^\n]*|/\*.*?\*/)\n", re.MULTILINE | re.DOTALL)


def join(entry: Path, static: Path) -> dict[str, str]:
    """Return a module joined with all that it imports, and each worker that one of them opens, by their names."""
    modules, workers = dict[Path, str](), dict[str, str]()

    def add(path: Path) -> str:
        """Add a module after those that it imports, and return its name."""
        name = path.relative_to(static).as_posix()
        if path in modules:
            return name

        def take(match: re.Match[str]) -> str:
            names = match[1] or "{" + match[2].replace(" as ", ": ") + "}"
            return f'const {names} = modules["{add((path.parent / match[3]).resolve())}"];'

        def choose(match: re.Match[str]) -> str:
            for other in sorted(path.parent.glob("*.js")):
                if "export function setUp" in other.read_text(encoding="utf-8"):
                    add(other)
            return f"Promise.resolve(modules[`{path.parent.name}/{match[1]}`])"

        def open_worker(match: re.Match[str]) -> str:
            worker = (path.parent / match[1]).resolve()
            workers.update(join(worker, static))
            return f'new URL("{worker.stem}.js", here)'

        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        exported = ", ".join(name for _, name in EXPORT.findall(text))
        text = WORKER.sub(open_worker, CHOSEN.sub(choose, IMPORT.sub(take, EXPORT.sub(r"\1 \2", text))))
        text = text.replace("import.meta.url", f'new URL("../{name}", here).href')
        modules[path] = f'modules["{name}"] = (() => {{\n{text}return {{ {exported} }};\n}})();\n'
        return name

    add(entry)
    return {entry.stem: "const [modules, here] = [{}, import.meta.url];\n" + "".join(modules.values())} | workers


def write_joined(app: Sphinx, error: Exception | None) -> None:
    """Write the joined modules of each widget that can stand alone: the story stands beside its sections."""
    if error or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static").resolve()
    (static / "joined").mkdir(exist_ok=True)
    for sheet in static.glob("*/*.css"):
        entry = sheet.with_suffix(".js")
        if sheet.stem == sheet.parent.name and entry.exists() and sheet.stem not in NOT_ALONE:
            for name, text in join(entry, static).items():
                (static / "joined" / f"{name}.js").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the event."""
    app.connect("build-finished", write_joined)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
