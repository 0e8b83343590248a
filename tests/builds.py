"""Build small sites quickly: one process loads what a build needs, which takes seconds, and each build is its fork."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

from sphinx.application import builtin_extensions

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_extensions"
sys.path.insert(0, str(EXTENSIONS))
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["myst_nb.sphinx_", "scipy.stats", *builtin_extensions])

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "execution"]
nb_execution_mode = "cache"
nb_output_stderr = "error"
suppress_warnings = ["myst-nb.lexer"]
"""
HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n"
PAGE = """# Page {name}

{prose}

```{{code-cell}} python
from toy import used
with open({log!r}, "a") as file:
    file.write("{name} ")
```

```{{code-cell}} python
---
tags: [hide-input]
---

{code}
```
"""


def build(folder, arguments, environment, outputs):
    """Do what ``python -m sphinx`` does."""
    from sphinx.cmd.build import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    for number, name in enumerate([os.devnull, *outputs]):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    sys.exit(main(arguments))


def sphinx(folder, *arguments, ends=0, **environment):
    """Run Sphinx in a folder, warnings being errors; check how it ends, and return what `subprocess.run` returns."""
    outputs = [folder / ".stdout", folder / ".stderr"]
    arguments = ["-W", "--no-color", *map(str, arguments)]
    process = FORKS.Process(target=build, args=(folder, arguments, dict(os.environ) | environment, outputs))
    process.start()
    process.join()
    said = [output.read_text(encoding="utf-8") for output in outputs]
    assert process.exitcode == ends, said[1]
    return subprocess.CompletedProcess(arguments, process.exitcode, *said)


def write(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")


class Pages:
    """A site of pages that import one of a package's three modules, and write down that they run."""

    def __init__(self, root, *others, lanes=1):
        self.root, self.log, self.others = root, root / "log", others
        toy = {"__init__": "", "used": "from toy import behind", "behind": "number = 41", "other": "number = 1"}
        conf = f"{CONF}\nimport execution\nexecution.pages_at_a_time = lambda: {lanes}\n"
        write(root, {f"toy/{name}.py": content for name, content in toy.items()} | {"docs/conf.py": conf, "log": ""})
        for name in ("index", *others):
            self.set(name)

    def write(self, name, content):
        write(self.root, {name: content})

    def set(self, name="index", code="print('number', used.behind.number)", prose="Some prose."):
        tree = "\n```{toctree}\n" + "\n".join(self.others) + "\n```\n" if name == "index" and self.others else ""
        self.write(f"docs/{name}.md", HEAD + PAGE.format(name=name, prose=prose, code=code, log=str(self.log)) + tree)

    def build(self, *options, **environment):
        places = {"PYTHONPATH": str(self.root), "RNN_TUTORIAL_CACHE": str(self.root / "cache")}
        package = f"-Dexecution_package={self.root / 'toy'}"
        return sphinx(self.root, *options, package, "docs", "html", RNN_TUTORIAL_RUNS="on", **places | environment)

    @property
    def ran(self):
        return self.log.read_text().split()

    @property
    def html(self):
        return (self.root / "html" / "index.html").read_text(encoding="utf-8")
