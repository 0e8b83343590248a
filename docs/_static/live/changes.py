"""What the code of a cell may change of what cells before it made, as far as it can be read from the code.

Where this is unsure, code is taken to change more than it does: then a cell runs once more than it has to.
"""

import ast
import builtins
import collections
import re
import types

# methods that change what they belong to, say those that lists have and tuples lack; others begin with set_ or add_
CHANGING = set(dir(list)) - set(dir(tuple)) | set(dir(dict)) - set(dir(types.MappingProxyType({})))
CHANGING |= set(dir(set)) - set(dir(frozenset)) | set(dir(bytearray)) - set(dir(bytes))
CHANGING |= set(dir(collections.deque)) - set(dir(tuple)) - {"copy", "maxlen"}
CHANGING |= {"fill", "put", "itemset", "resize", "partition", "byteswap", "setflags", "setfield"}  # of arrays
CHANGING |= {"subtract", "move_to_end", "send", "seek", "write"}
CHANGING = {name for name in CHANGING if re.match("__set|__del|__i|[a-z]", name)} - {"copy", "fromkeys"}
# functions that change the first thing that they are given
TAKING = {
    "setattr",
    "delattr",
    "next",
    "shuffle",
    "put",
    "copyto",
    "place",
    "putmask",
    "fill_diagonal",
    "at",
    "setitem",
}
TAKING |= {"put_along_axis", "delitem", "iadd", "isub", "imul", "heappush", "heappop", "heapify", "heapreplace"}
TAKING |= {"heappushpop", "insort", "insort_left", "insort_right"}
# those whose value holds nothing of what they are given, and those that stand for themselves and only look
FRESH = {
    "abs",
    "all",
    "any",
    "array",
    "astype",
    "bool",
    "deepcopy",
    "float",
    "int",
    "isinstance",
    "len",
    "mean",
    "print",
}
FRESH |= {"range", "repr", "round", "std", "str", "sum"}
QUIET = {"print", "display", "claim", "glue", "glue_numbers"}
# what makes values that change with each use
DRAWING = {"default_rng", "Random", "RandomState", "iter", "map", "zip", "filter", "enumerate", "reversed", "open"}
HOLDING = vars(builtins).keys() - FRESH  # and classes, and np.asarray: their values hold what they are given
VIEWS = {"get", "items", "keys", "values", "setdefault", "pop", "reshape", "ravel", "view", "transpose", "swapaxes"}
VIEWS |= {"squeeze", "diagonal"}
VALUES = ast.Constant | ast.JoinedStr | ast.Compare | ast.BinOp | ast.UnaryOp | ast.Lambda  # they hold no other value
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def names_in(*nodes):
    """Return the names that stand in code."""
    return {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}


def last_name(node):
    """Return the last part of a name with dots."""
    return getattr(node, "attr", getattr(node, "id", ""))


def shares(node):
    """Return the names of whose values the value of an expression may be a part, or hold one."""
    if isinstance(node, VALUES):
        return set()
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return shares(node.elt)
    if isinstance(node, ast.Subscript | ast.Attribute | ast.DictComp):
        return shares(node.value)
    if isinstance(node, ast.Call):
        called = last_name(node.func)
        if called in FRESH:
            return set()
        holds = called[:1].isupper() or called.startswith("as") or called in HOLDING
        of = receiver(node) if holds or called in VIEWS else set()
        return of | shares_of_arguments(node) if holds else of
    return set().union(*map(shares, ast.iter_child_nodes(node)))


def receiver(node):
    """Return the names of what the method is called of, if a method is called."""
    return shares(node.func.value) if isinstance(node.func, ast.Attribute) else set()


def arguments(node):
    """Return the names that each argument of a call shares, under its place or keyword; None for what may be any."""
    stars = [isinstance(argument, ast.Starred) for argument in node.args]
    given = [(None if any(stars[: k + 1]) else k, shares(argument)) for k, argument in enumerate(node.args)]
    return [*given, *((keyword.arg, shares(keyword.value)) for keyword in node.keywords)]


def shares_of_arguments(node):
    """Return the names of whose values a call may be given a part."""
    return set().union(*(names for _, names in arguments(node)))


def statements(body):
    """Give all statements of a body with the nodes of each alone, but nothing of functions and classes."""
    for statement in body:
        own, inner, waiting = [], [], [statement]
        while waiting:
            node = waiting.pop()
            own.append(node)
            if not isinstance(node, FUNCTION | ast.ClassDef):
                for child in ast.iter_child_nodes(node):
                    (inner if isinstance(child, ast.stmt) else waiting).append(child)
        yield statement, own
        yield from statements(inner)


def spread(touched, pairs):
    """Return what changes with what is touched."""
    while more := {other for one, other in pairs if one in touched} - touched:
        touched = touched | more
    return touched


def both_ways(ones, others):
    """Return all pairs of names that change with each other."""
    return {pair for one in ones for other in others for pair in ((one, other), (other, one))}


class Effects:
    """What code touches, the pairs of names that share values, and the functions that it makes.

    ``calls`` has what is called, on what and with what, and which names its value gets; ``mentions`` has the names of
    each statement; ``deferred`` what functions use when they are called.
    """

    def __init__(self, body, last=None):
        self.touched, self.pairs, self.deferred, self.functions, self.classes = set(), set(), set(), {}, {}
        self.calls, self.values, self.mentions = [], [], []
        for statement, own in statements(body):
            names = {node.id for node in own if isinstance(node, ast.Name)}
            called = [node.func.id for node in own if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
            self.mentions.append((names - set(called), names))
            for node in own:
                self._look(node, names)
            call = statement.value if isinstance(statement, ast.Expr) and statement is not last else None
            if isinstance(call, ast.Call) and last_name(call.func) not in QUIET:  # whose value nobody takes
                self.touched |= shares(
                    call.func.value if isinstance(call.func, ast.Attribute) else ast.Tuple(call.args)
                )

    def _look(self, node, names):
        if isinstance(node, FUNCTION):
            self._take(node.name, node.args, node.body)
        elif isinstance(node, ast.Lambda):
            self._take("", node.args, [ast.Expr(node.body)])
            if self.functions.pop("").read().inside:
                self.touched |= names
        elif isinstance(node, ast.ClassDef):
            inner = Effects(node.body)
            self.functions |= inner.functions
            self.deferred |= inner.deferred
            self.classes[node.name] = inner.functions.keys()
        elif isinstance(node, ast.Global | ast.Nonlocal):
            self.touched |= set(node.names)
        elif isinstance(node, ast.Attribute | ast.Subscript):
            of = shares(node.value)
            name = getattr(node, "attr", "")
            by_name = name in CHANGING or name.startswith(("set_", "add_"))
            if by_name or not isinstance(node.ctx, ast.Load):
                self.touched |= names if of & vars(builtins).keys() else of  # list.append
        elif isinstance(node, ast.Call):
            self._look_at_call(node)
        elif isinstance(node, ast.AugAssign):
            self.touched |= shares(node.target)
            self._pair(node.target, node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._pair(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            self._pair(node.target, node.value)
        elif isinstance(node, ast.For | ast.comprehension):
            self._pair(node.target, node.iter)
        elif isinstance(node, ast.Return) and node.value:
            self._pair(ast.Name("return"), node.value)
        elif isinstance(node, ast.withitem) and node.optional_vars:
            self._pair(node.optional_vars, ast.Tuple([*map(ast.Name, names_in(node.context_expr))]))

    def _look_at_call(self, node):
        called, of = last_name(node.func), receiver(node)
        self.calls.append((called, of, arguments(node)))
        if called in TAKING and node.args:
            self.touched |= shares(node.args[0])
        for keyword in node.keywords:
            if keyword.arg == "out":
                self.touched |= names_in(keyword.value)
            elif keyword.arg == "inplace":
                self.touched |= of
        if called in CHANGING:  # what it is given may stay in it
            self.pairs |= both_ways(of, shares_of_arguments(node))

    def _take(self, name, arguments, body):
        effects = Effects(body, body[-1] if name == "" else None)
        self.functions[name] = function = Function(arguments, effects, body)
        self.deferred |= effects.deferred.union(*(names for _, names in effects.mentions)) - function.local

    def _pair(self, target, value):
        if value is None:
            return
        made = names_in(target) if isinstance(target, ast.Tuple | ast.List) else shares(target)
        self.pairs |= both_ways(made, shares(value))
        if isinstance(value, ast.Call):
            self.values.append((last_name(value.func), made, receiver(value), arguments(value)))
        elif isinstance(value, ast.GeneratorExp):
            self.values.append(("iter", made, set(), []))
        elif isinstance(value, ast.Lambda) and isinstance(target, ast.Name):
            self._take(target.id, value.args, [ast.Expr(value.body)])

    def all_pairs(self, passing):
        """Return the pairs, where some functions return a part of what they are given."""
        given = [
            (made, passing[name].given_for("returned", *call)) for name, made, *call in self.values if name in passing
        ]
        return self.pairs.union(*(both_ways(made, names) for made, names in given))

    def touches(self, changers):
        """Return what the code changes, where some functions change what they are given, and more."""
        called = [
            changers[name].outside | changers[name].given_for("inside", *call)
            for name, *call in self.calls
            if name in changers
        ]
        mentioned = [
            names | changers[word].outside for words, names in self.mentions for word in words & changers.keys()
        ]
        return self.touched.union(*called, *mentioned)


class Function:
    """A function that a cell makes: what it changes ``inside``, of what it is given, and ``outside``; ``returned``."""

    def __init__(self, arguments, effects, body):
        parts = [part for node in body for part in ast.walk(node)]
        stored = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        everything = {part.arg for part in ast.walk(arguments) if isinstance(part, ast.arg)}
        self.places = [one.arg for one in [*arguments.posonlyargs, *arguments.args]]
        defaults = zip(self.places[::-1], arguments.defaults[::-1], strict=False)
        self.given = everything - {name for name, default in defaults if isinstance(default, ast.Constant)}  # numbers
        self.places = self.places[self.places[:1] == ["self"] :]
        self.local = everything | stored - {
            name for part in parts if isinstance(part, ast.Global) for name in part.names
        }
        self.draws = any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Nonlocal) for part in parts)
        self.effects, self.inside, self.outside, self.returned = effects, set(), set(), set()

    def read(self, changers=None, passing=None, imported=()):
        """Find what it changes, where others change and return what they are given."""
        pairs = {pair for pair in self.effects.all_pairs(passing or {}) if not set(pair) & set(imported)}
        touched = spread(self.effects.touches(changers or {}), pairs)
        self.inside, self.outside = touched & self.given, touched - self.local - {"return", *imported}
        self.returned = spread({"return"}, pairs) & self.given
        return self

    def given_for(self, which, of, given):
        """Return the names that a call gives for some of the function's own names: those inside, or returned."""
        which = getattr(self, which)
        names = set(of) if "self" in which else set()
        for place, held in given:
            name = self.places[place] if isinstance(place, int) and place < len(self.places) else place
            if name in which or name not in self.places or ("self" in which and place == 0):
                names |= held
        return names


def read_functions(cells, imported):
    """Return the functions of a page that change something, those that return what they are given, and makers.

    Makers make what changes with each use, as generators do.
    """
    functions = {name: one for cell in cells for name, one in cell.effects.functions.items()}
    classes = {name: methods for cell in cells for name, methods in cell.effects.classes.items()}
    changers, passing, before = {}, {}, None
    while before != (before := [(one.inside, one.outside, one.returned) for one in functions.values()]):
        for name, one in functions.items():
            one.read(changers, passing, imported)
            if one.outside or one.inside - ({"self"} if name == "__init__" else set()):
                changers[name] = one
        passing = {name: one for name, one in functions.items() if one.returned}
        changers |= {
            name: changers["__init__"] for name, methods in classes.items() if "__init__" in methods & changers.keys()
        }
    makers = DRAWING | {name for name, one in functions.items() if one.draws}
    special = {name for name in changers if name.startswith("__")} - {"__init__"}
    return changers, passing, makers | {name for name, methods in classes.items() if methods & special}


def read_changes(cells, imported):
    """Note for each cell what it may change of what cells before it made: ``cell.changes``."""
    changers, passing, makers = read_functions(cells, imported)
    drawn = {name for cell in cells for maker, made, *_ in cell.effects.values if maker in makers for name in made}
    latest, pairs = {}, set()
    for j, cell in enumerate(cells):

        def version(name, j=j, cell=cell, latest=latest):
            return name, latest.get(name, j) if name in cell.uses or name not in cell.makes else j

        touched = (cell.effects.touches(changers) | drawn & cell.uses | cell.learned) - imported
        if cell.uses & {"exec", "eval", "globals", "locals"}:
            touched |= latest.keys()
        own = {pair for pair in cell.effects.all_pairs(passing) if not set(pair) & imported}
        pairs |= {(version(one), version(other)) for one, other in own}
        for name in cell.makes & cell.uses & latest.keys():
            pairs |= both_ways([version(name)], [(name, j)])
        changed = spread({version(name) for name in touched}, pairs)
        cell.changes = {name for name, made in latest.items() if (name, made) in changed}
        pairs |= both_ways(*2 * [[(name, j) for name in cell.changes]])
        latest |= dict.fromkeys(cell.makes | cell.changes, j)
