"""Build small sites quickly: one process loads what a build needs, which takes seconds, and each build is a fork of it.

``sphinx(folder, …)`` does what ``python -m sphinx -W …`` in that folder does.
"""

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_extensions"
sys.path.insert(0, str(EXTENSIONS))

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "execution", "build_cost"]
nb_execution_mode = "cache"
nb_output_stderr = "error"
suppress_warnings = ["myst-nb.lexer"]
"""
HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n"
PAGE = """# Page

{prose}

```{{code-cell}} python
:tags: [some-tag]

from toy import used
with open({log!r}, "a") as file:
    file.write("run ")
{code}
```
"""


def serve():
    """Build what standard input orders, a line each, and answer with the exit code."""
    import myst_nb.sphinx_  # noqa: F401
    import scipy.stats  # noqa: F401
    import sphinx.ext.autosummary  # noqa: F401
    import sqlalchemy.dialects.sqlite  # noqa: F401
    from sphinx.application import builtin_extensions
    from sphinx.cmd.build import main

    for name in builtin_extensions:
        import_module(name)

    for line in sys.stdin:
        order = json.loads(line)
        if not (child := os.fork()):
            os.chdir(order["folder"])
            os.environ.clear()
            os.environ.update(order["environment"])
            sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
            for number, name in enumerate([os.devnull, *order["outputs"]]):
                os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
            code = 70
            try:
                code = main(order["arguments"])
            except SystemExit as end:
                code = end.code
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


@cache
def server():
    """Start the process that loads Sphinx; it ends when its standard input does."""
    process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


def sphinx(folder, *arguments, ends=0, **environment):
    """Run Sphinx in a folder, warnings being errors; check how it ends, and return what `subprocess.run` returns."""
    outputs = [str(folder / ".stdout"), str(folder / ".stderr")]
    order = {"folder": str(folder), "outputs": outputs, "environment": os.environ | environment}
    order["arguments"] = ["-W", "--no-color", *map(str, arguments)]
    server().stdin.write(json.dumps(order) + "\n")
    server().stdin.flush()
    code = int(server().stdout.readline())
    said = [Path(output).read_text(encoding="utf-8") for output in outputs]
    assert code == ends, said[1]
    return subprocess.CompletedProcess(order["arguments"], code, *said)


def write(root, files):
    """Write files below a folder."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")


class ToySite:
    """A site of one page that imports one of the package's three modules, and tells in a file that it runs."""

    def __init__(self, root):
        self.root, self.log = root, root / "log"
        self.log.touch()
        toy = {"__init__": "", "used": "from toy import behind", "behind": "number = 41", "other": "number = 1"}
        write(root, {f"toy/{name}.py": content for name, content in toy.items()} | {"docs/conf.py": CONF})
        self.page()

    def write(self, name, content):
        write(self.root, {name: content})

    def page(self, prose="Some prose.", code="print('number', used.behind.number)"):
        self.write("docs/index.md", HEAD + PAGE.format(prose=prose, code=code, log=str(self.log)))

    def build(self, *options, **environment):
        places = {"PYTHONPATH": str(self.root), "RNN_TUTORIAL_CACHE": str(self.root / "cache")}
        package = f"-Dexecution_package={self.root / 'toy'}"
        return sphinx(self.root, *options, package, "docs", "html", RNN_TUTORIAL_RUNS="on", **places | environment)

    @property
    def runs(self):
        return self.log.read_text().count("run")

    @property
    def html(self):
        return (self.root / "html" / "index.html").read_text(encoding="utf-8")


if __name__ == "__main__":
    serve()
