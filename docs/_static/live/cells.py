"""Run the cells of a page where the reader reads them; in Pyodide for the reader, and in CPython for the build.

A cell gets the names that it uses from the last cells before it that make them. So each runs in names of its own, and
what a reader runs again, or out of order, gives what it gives when the page runs from its beginning.
"""

import ast
import builtins
import copy
import dis
import io
import linecache
import re
import traceback
import types
import warnings
from contextlib import redirect_stderr, redirect_stdout

ALWAYS = {"claim": "from rnn_tutorial.claims import claim"}  # a page gives it its seeds, which only the build needs
LIMIT = 100_000  # characters of text that a run shows
CHANGED = re.compile(r"^\s*(\w+)(?:\[[^=\n]*\])+ *[-+*/|&@]*=(?!=)|\b(\w+)\.(?:append|add|extend|update)\(", re.M)
warnings.filterwarnings("ignore", category=RuntimeWarning, module="threadpoolctl")  # it reads Pyodide's memory
DRAWS = re.compile(r"\b(\w+) = .*\bdefault_rng\(")  # of a generator, which each use changes


class Cell:
    """What the code of a cell uses and makes: names that it takes from cells before it, and leaves to those after."""

    def __init__(self, source, name="<cell>"):
        self.source, self.name, self.uses, self.makes, self.imports = source, name, set(), set(), {}
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            self.tree = ast.parse(source, name)
            self._read(compile(source, name, "exec"), set())
        except (SyntaxError, ValueError) as error:  # ValueError: a null character
            self.tree, self.error = None, error
        for node in self.tree.body if self.tree else ():
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                name = alias.asname or alias.name.partition(".")[0]
                self.imports[name] = ast.unparse(type(node)(**{**vars(node), "names": [alias]}))
        changed = {one or other for one, other in CHANGED.findall(source)}
        self.makes = (self.makes | changed & self.uses) - self.imports.keys()

    def _read(self, code, local):
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"):
                self.uses |= {step.argval} - local - self.makes
            elif step.opname == "STORE_NAME":
                (self.makes if code.co_name == "<module>" else local).add(step.argval)
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self._read(inner, set())


class Page:
    """The cells of a page, with what those that ran have left to others."""

    def __init__(self):
        self.cells, self.values, self.ran = [], {}, {}

    def read(self, sources):
        """Take the cells as they now stand."""
        known = {cell.source: cell for cell in self.cells}
        self.cells = [
            known[source] if source in known and known[source].name == f"<cell {k}>" else Cell(source, f"<cell {k}>")
            for k, source in enumerate(sources, start=1)
        ]
        generators = {name for cell in self.cells for name in DRAWS.findall(cell.source)}
        for cell in self.cells:
            cell.makes |= generators & cell.uses

    def providers(self, k):
        """Return the last cell that makes each name which a cell takes from others, or the line that imports it."""
        before = {}
        for j, cell in enumerate(self.cells[:k]):
            before |= dict.fromkeys(cell.makes, j) | cell.imports
        before |= {name: line for name, line in ALWAYS.items() if name in before}
        return {name: before[name] for name in self.cells[k].uses if name in before}

    def plan(self, k):
        """Return the cells that have to run for a cell, in their order; it is the last of them."""
        order, seen = [], set()

        def visit(j):
            if j in seen:
                return
            seen.add(j)
            needed = sorted({i for i in self.providers(j).values() if isinstance(i, int)})
            for i in needed:
                visit(i)
            source, when = self.ran.get(j, ("", 0))
            later = any(i in order or self.ran[i][1] > when for i in needed)
            if j == k or not when or source != self.cells[j].source or later:
                order.append(j)

        visit(k)
        return order

    def run(self, k, show, rest=lambda: None):
        """Run a cell, and first what it needs; what is shown goes to ``show(cell, kind, text)``, and errors end it.

        ``rest`` is called where the cell flushes what it printed, and may return a promise to wait for.
        """
        for j in self.plan(k):
            cell, names = self.cells[j], {"__name__": "__main__", "__builtins__": builtins}
            output = Output(lambda kind, text, j=j: show(j, kind, text), rest)
            names["display"] = output.display
            try:
                with redirect_stdout(output), redirect_stderr(output):
                    for name, i in self.providers(j).items():
                        if isinstance(i, str):
                            exec(i, names)
                        elif name in self.values[i]:
                            value = self.values[i][name]
                            names[name] = copy.deepcopy(value) if type(value).__name__ == "Generator" else value
                    output.display(execute(cell, names))
            except BaseException as error:  # whatever a reader's code raises is shown
                output.flush()
                show(j, "error", readers_lines(error, self.advice(error, j)))
                return
            output.flush()
            self.values[j] = {name: names[name] for name in cell.makes if name in names}
            self.ran[j] = cell.source, max((when for _, when in self.ran.values()), default=0) + 1

    def advice(self, error, k):
        """Return what to look at if a name is missing that a later cell makes, or a library that is not there."""
        if isinstance(error, ModuleNotFoundError):
            return f"{error.name} does not run in a browser. The page's notebook has this cell, too."
        if isinstance(error, NameError) and any(error.name in cell.makes for cell in self.cells[k + 1 :]):
            return f"{error.name} is made further down on this page."
        return ""


def execute(cell, names):
    """Run the code of a cell, and return the value of its last line if this is an expression."""
    if cell.tree is None:
        raise cell.error
    *body, last = cell.tree.body or [ast.Pass()]
    if not isinstance(last, ast.Expr) or cell.source.rstrip().endswith(";"):
        body, last = [*body, last], None
    exec(compile(ast.Module(body, []), cell.name, "exec"), names)
    return eval(compile(ast.Expression(last.value), cell.name, "eval"), names) if last else None


def readers_lines(error, hint=""):
    """Return the lines of a reader that led to an error, and what it says."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<cell"):
            where = "" if frame.name == "<module>" else f", in {frame.name}"
            lines.append(f"Line {frame.lineno}{where}:\n    {frame.line}\n")
    said = "".join(traceback.format_exception_only(error))
    lines.append(re.sub(r'^  File "<cell \d+>", line (\d+)', r"Line \1:", said))
    return f"{''.join(lines)}{hint}".rstrip()


class Output(io.TextIOBase):
    """What a cell prints and shows, as text but for the tables of pandas and the figures of Matplotlib."""

    def __init__(self, show, rest):
        self.show, self.rest, self.text, self.left = show, rest, [], LIMIT

    def write(self, text):
        """Take what is printed, as far as a page can show it."""
        if self.left > 0:
            self.text.append(text[: self.left])
            self.left -= len(text)
            if self.left <= 0:
                self.text.append(f"\n… and more: this page shows {LIMIT:,} characters.")
        return len(text)

    def flush(self):
        """Show what was printed so far."""
        if self.text:
            self.show("text", "".join(self.text))
            self.text = []
            if (promise := self.rest()) is not None:
                from pyodide.ffi import run_sync

                run_sync(promise)

    def display(self, *values, **_):
        """Show values, each in its own way."""
        for value in values:
            if value is None or hasattr(value, "_ipython_display_"):
                continue
            self.flush()
            library = type(value).__module__.partition(".")[0]
            if library == "pandas" and hasattr(value, "_repr_html_"):
                self.show("table", value._repr_html_())
            elif library == "matplotlib" and hasattr(value, "savefig"):
                picture = io.StringIO()
                value.savefig(picture, format="svg", bbox_inches="tight")
                self.show("figure", picture.getvalue())
            else:
                self.show("text", pretty(value)[:LIMIT])


def pretty(value):
    """Return a value as IPython prints it, where this is there."""
    try:
        from IPython.lib.pretty import pretty as of_ipython
    except ImportError:
        return repr(value)
    return of_ipython(value)
