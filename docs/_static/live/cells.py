"""Run the cells of a page where the reader reads them; in Pyodide for the reader, and in CPython for the build.

A cell gets the names that it uses from the last cells before it that make or change them, and a copy of what it may
change. So what a reader runs again, or out of order, gives what it gives when the page runs from its beginning.
"""

import ast
import builtins
import copy
import dis
import io
import linecache
import pickle
import re
import sys
import traceback
import types
import warnings
import zlib
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from changes import Effects, read_changes

ALWAYS = {"claim": "from rnn_tutorial.claims import claim"}  # a page gives it its seeds, which only the build needs
LIMIT = 100_000  # characters of text that a run shows
LARGEST = 20_000_000  # bytes of a value that is compared with what it was
PLAIN = int | float | complex | str | bytes | tuple | frozenset | range | type(None)  # what needs no copy
warnings.filterwarnings("ignore", category=RuntimeWarning, module="threadpoolctl")  # it reads Pyodide's memory


class Split:
    """A split of the film reviews as far as a page has it: all labels and lengths, and the first sequences."""

    def __init__(self, labels, lengths, first):
        self.labels, self.lengths, self.sequences = labels.astype("int32"), lengths.astype("int64"), First(first)

    def __len__(self):
        return len(self.labels)


class Model:
    """A model of Keras as far as a page has it: its name, and how many weights it has."""

    def __init__(self, name, count):
        self.name, self.count = name, count

    def count_params(self):
        """Return the number of its weights."""
        return self.count


class First(tuple):
    """The first of many sequences."""

    def __getitem__(self, k):
        if isinstance(k, slice) or not 0 <= k < len(self):
            raise LookupError(f"only the first {len(self)} reviews are here")
        return super().__getitem__(k)

    def __iter__(self):
        raise LookupError(f"only the first {len(self)} reviews are here")


class Cell:
    """What the code of a cell uses and makes: names that it takes from cells before it, and leaves to those after.

    What it changes of theirs is read with those cells (`read_changes`), or learned when it runs.
    """

    def __init__(self, source, name="<cell>"):
        self.source, self.name, self.uses, self.makes, self.imports = source, name, set(), set(), {}
        self.changes, self.learned = set(), set()
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            self.tree = ast.parse(source, name)
            self._read(compile(source, name, "exec"), set())
        except (SyntaxError, ValueError) as error:  # ValueError: a null character
            self.tree, self.error = None, error
        body = self.tree.body if self.tree else []
        for node in body:
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                name = alias.asname or alias.name.partition(".")[0]
                self.imports[name] = ast.unparse(type(node)(**{**vars(node), "names": [alias]}))
        self.makes -= self.imports.keys()
        self.effects = Effects(body, *body[-1:])

    def _read(self, code, local):
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"):
                self.uses |= {step.argval} - local - self.makes
            elif step.opname in ("DELETE_NAME", "DELETE_GLOBAL") and code.co_name == "<module>":
                self.uses |= {step.argval} - self.makes
                self.makes.add(step.argval)
            elif step.opname == "STORE_NAME" or (step.opname == "STORE_GLOBAL" and code.co_name == "<module>"):
                (self.makes if code.co_name == "<module>" else local).add(step.argval)
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self._read(inner, set())


class Page:
    """The cells of a page, with what those that ran have left to others."""

    def __init__(self):
        self.cells, self.given, self.values, self.prints, self.ran, self.spent = [], [], {}, {}, {}, set()
        self.names = {}  # of the cell that runs, in which functions of all cells look
        self.lent = {}  # packed values that cells left in the build, which alone can run them

    def borrow(self, file):
        """Take what the build lends."""
        self.lent = pickle.loads(Path(file).read_bytes())

    def read(self, sources):
        """Take the cells as they now stand."""
        known = {cell.source: cell for cell in self.cells}
        self.cells = [
            known[source] if source in known and known[source].name == f"<cell {k}>" else Cell(source, f"<cell {k}>")
            for k, source in enumerate(sources, start=1)
        ]
        self._connect()

    def _connect(self):
        """Find where each name that a cell takes comes from: the last cell that makes or changes it, or an import."""
        read_changes(self.cells, {name for cell in self.cells for name in cell.imports})
        before, self.given, deferred = {}, [], {}
        for j, cell in enumerate(self.cells):
            found, waiting = {}, [*cell.uses, *cell.changes]
            while waiting:
                name = waiting.pop()
                if name in before and name not in found:
                    found[name] = before[name]
                    waiting += deferred.get((name, before[name]), ())
            self.given.append(found)
            makes = cell.makes | cell.changes
            later = cell.effects.deferred.union(*(deferred.get(item, ()) for item in found.items()))
            deferred |= {(name, j): later for name in makes}
            before |= dict.fromkeys(makes, j) | cell.imports
            before |= {name: line for name, line in ALWAYS.items() if name in before}

    def providers(self, k):
        """Return where the names that a cell takes from others come from: another cell, or a line that imports one."""
        return self.given[k]

    def _holds(self, j, again):
        """Return whether what a cell left is what it would leave now, if some cells run again."""
        source, when, given = self.ran.get(j, (None, 0, None))
        needed = {i for i in self.given[j].values() if isinstance(i, int)}
        return (source, given) == (self.cells[j].source, self.given[j]) and all(
            i not in again and self._holds(i, again) and self.ran[i][1] < when for i in needed
        )

    def plan(self, k):
        """Return the cells that have to run for a cell, in their order; it is the last of them."""
        again, before = {k}, set()
        while again != before:
            before = set(again)
            for j in before:
                for name, i in self.given[j].items():
                    if isinstance(i, int) and ((i, name) in self.spent or not self._holds(i, again)):
                        again.add(i)
        return sorted(again)

    def run(self, k, show, rest=lambda: None):
        """Run a cell, and first what it needs; what is shown goes to ``show(cell, kind, text)``, and errors end it.

        ``rest`` is called where the cell flushes what it printed, and may return a promise to wait for. Return whether
        the reader's stop left half a library behind.
        """
        order = self.plan(k)
        while order:
            j = order.pop(0)
            output = Output(lambda kind, text, j=j: show(j, kind, text), rest)
            try:
                with redirect_stdout(output), redirect_stderr(output):
                    self._prepare(j, output.display)
                    output.display(self._lend(j) if j in self.lent else execute(self.cells[j], self.names))
                    show_figures()
            except BaseException as error:  # whatever a reader's code raises is shown
                output.flush()
                show(j, "error", readers_lines(error, self.advice(error, j)))
                files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
                return isinstance(error, KeyboardInterrupt) and any("importlib" in file for file in files)
            output.flush()
            if self._keep(j) and order:
                order = self.plan(k)
        return False

    def _prepare(self, j, display):
        """Give a cell the names that it takes, each with a value of its own if the cell may change it."""
        self.names.clear()
        self.names |= {"__name__": "__main__", "__builtins__": builtins, "display": display}
        copies = {}
        for name, i in self.given[j].items():
            if isinstance(i, str):
                with suppress(ImportError if self.lent else ()):  # what is lent may not need it
                    exec(i, self.names)
            elif name in self.values[i]:
                self.names[name] = value = self.values[i][name]
                if name not in self.cells[j].changes:
                    self.prints.setdefault((i, name), fingerprint(value))
                    continue
                with suppress(Exception):  # a generator, say, or what holds a file, has no copy
                    self.names[name] = copy.deepcopy(value, copies)
                if self.names[name] is value and not isinstance(value, PLAIN):
                    self.spent.add((i, name))

    def _lend(self, j):
        """Take what a cell left in the build, its functions and its classes."""
        kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
        for node in (node for node in self.cells[j].tree.body if isinstance(node, kinds)):
            with suppress(Exception):  # one of Keras, say
                exec(compile(ast.Module([node], []), self.cells[j].name, "exec"), self.names)
        self.names |= {name: pickle.loads(zlib.decompress(value)) for name, value in self.lent[j].items()}

    def _keep(self, j):
        """Keep what a cell left, and return whether it changed what its code does not tell."""
        cell, given, learned = self.cells[j], self.given[j], set()
        for name in given.keys() - cell.changes - cell.makes - cell.learned:
            before = self.prints.get((given[name], name))
            if before is not None and fingerprint(self.names.get(name)) != before:
                learned.add(name)
                self.spent.add((given[name], name))
        if learned:
            cell.learned |= learned
            self._connect()
        self.values[j] = {name: self.names[name] for name in cell.makes | cell.changes if name in self.names}
        self.ran[j] = cell.source, max((when for _, when, _ in self.ran.values()), default=0) + 1, self.given[j]
        self.spent = {(i, name) for i, name in self.spent if i != j}
        for key in [key for key in self.prints if key[0] == j]:
            del self.prints[key]
        return bool(learned)

    def advice(self, error, k):
        """Return what to look at if a name is missing that a later cell makes, or a library that is not there."""
        if isinstance(error, ModuleNotFoundError):
            return f"{error.name} does not run in a browser. The page's notebook has this cell, too."
        if isinstance(error, NameError) and any(error.name in cell.makes for cell in self.cells[k + 1 :]):
            return f"{error.name} is made further down on this page."
        return ""


class Fingerprint(pickle.Pickler):
    """Reads a value through, without keeping what it reads."""

    def __init__(self):
        self.sum, self.left = 0, LARGEST
        super().__init__(self, 5)

    def write(self, data):
        """Take a part of what a value holds."""
        self.sum, self.left = zlib.crc32(data, self.sum), self.left - len(data)
        if self.left < 0:
            raise pickle.PicklingError

    def reducer_override(self, value):
        """Take functions and classes, which cells make, for what they are."""
        return (abs, (id(value),)) if isinstance(value, type | types.FunctionType) else NotImplemented


def fingerprint(value):
    """Return a number that changes with what a value holds, or None for what is too large or cannot be told."""
    reader = Fingerprint()
    try:
        reader.dump(value)
    except Exception:
        return None
    return reader.sum


def execute(cell, names):
    """Run the code of a cell, and return the value of its last line if this is an expression."""
    if cell.tree is None:
        raise cell.error
    if not cell.tree.body:
        return None
    *body, last = cell.tree.body
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
                if pyplot := sys.modules.get("matplotlib.pyplot"):
                    pyplot.close(value)
                picture = io.StringIO()
                with sys.modules["matplotlib"].rc_context({"svg.fonttype": "none"}):  # words stay words
                    value.savefig(picture, format="svg", bbox_inches="tight")
                self.show("figure", picture.getvalue())
            else:
                self.show("text", pretty(value)[:LIMIT])


def show_figures(**_):
    """Show the figures of pyplot that are open, and close them, as in a notebook."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        getattr(sys.stdout, "display", print)(*map(pyplot.figure, pyplot.get_fignums()))


def pretty(value):
    """Return a value as IPython prints it, where this is there."""
    try:
        from IPython.lib.pretty import pretty as of_ipython
    except ImportError:
        return repr(value)
    return of_ipython(value)
