"""Ways in which a cell changes what another made: what this makes, and cells after it, each of which changes `x`."""

import contextlib
import io

# fmt: off
WAYS = {
    "x = [3, 1, 2]": [
        *("x.sort()", "x.reverse()", "x.pop()", "x.insert(0, 9)", "x.clear()", "x.append(4)", "x.extend(x)", "x *= 2"),
        *("x[0] = 9", "x[:] = [5]", "del x[0]", "x += [4]", "y = x\ny.append(4)", "x, y = x[1:], x\ny.pop()"),
        *("def f(v): v.append(4)\nf(x)", "grow = x.append\ngrow(4)", "[x.append(k) for k in (4, 5)]", "list.sort(x)"),
        *("(lambda v: v.append(4))(x)", "list(map(x.append, (4, 5)))", "if (z := x): z.pop()", "x.__setitem__(0, 9)"),
        *("import random\nrandom.Random(1).shuffle(x)", "import bisect\nbisect.insort(x, 2)", "exec('x.append(4)')"),
        *("import operator\noperator.setitem(x, 0, 9)", "globals()['x'].append(4)"),
        *("import functools\nfunctools.partial(list.append, x)(4)", "import heapq\nheapq.heappush(x, 0)"),
        *("def f(v=x): v.append(4)\nf()", "@x.append\ndef f(): pass\nx[-1] = 4", "getattr(x, 'append')(4)"),
        *("import operator\noperator.methodcaller('append', 4)(x)", "vars()['x'].append(4)"),
        "class A:\n    x.append(4)",
        *("import copy\nx = [x]\ncopy.copy(x)[0].append(4)", "import copy\ncopy.copy([x])[0].append(4)"),
    ],
    "x = {'a': [1], 'b': [2]}": [
        *("x.pop('a')", "x['c'] = 3", "del x['a']", "x.update(c=3)", "x.setdefault('c', 3)", "x |= {'c': 3}"),
        *("x['a'] += [5]", "x['a'][0] = 9", "x['a'].append(4)", "for v in x.values(): v.append(4)"),
        *("x = 2", "a, b = x.values()\na.append(b)", "def g(d):\n    e = d['a']\n    e.append(1)\ng(x)"),
    ],
    "import numpy as np\nx = np.array([3.0, 1.0, 2.0])": [
        *("x.sort()", "x.fill(1)", "x[0] = 9", "x += 1", "x[x > 1] = 0", "np.add(x, 1, out=x)", "np.copyto(x, 5)"),
        *("v = x[1:]\nv[:] = 7", "v = x.reshape(3, 1)\nv += 1", "np.put(x, [0], 9)", "np.add.at(x, [0], 5)"),
        *("x.T[...] = 4", "np.random.seed(1)\nnp.random.shuffle(x)", "np.asarray(x)[0] = 8"),
        *("row = [x][0]\nrow[0] = 5", "np.exp(x, x)", "np.add(x, 1, x)", "np.copyto(dst=x, src=5)", "x.ravel()[0] = 9"),
        *("np.atleast_2d(x)[0, 0] = 9", "np.split(x, 3)[0][:] = 9"),
        "np.lib.stride_tricks.sliding_window_view(x, 2, writeable=True)[0] = 9",
        "with np.nditer(x, op_flags=['readwrite']) as it:\n    for e in it: e[...] = 1",
    ],
    "class A:\n    n = 0\n    def grow(self): self.n += 1\n"
    "    def __repr__(self): return f'{self.__dict__} {A.n}'\nx = A()": [
        *("x.n = 1", "x.grow()", "x.n += 2", "setattr(x, 'n', 3)", "x.rows = []\nx.rows.append(1)", "A.grow(x)"),
        *("x.__dict__['n'] = 4", "y = [x]\ny[0].n = 2", "vars(x)['n'] = 3", "for a in (x,): a.grow()", "A.n = 5"),
    ],
    "import pandas as pd\nx = pd.DataFrame({'a': [2, 1]})": ["x['b'] = 1", "x.loc[0, 'a'] = 5", "x.columns = ['z']"],
    "n, x = 0, [0]\ndef tick():\n    global n\n    n += 1\n    x.append(n)": ["tick()", "t = tick\nt()"],
    "from collections import deque, Counter\nx = deque([1, 2]), Counter()": ["x[0].rotate(1)", "x[1].subtract('a')"],
    "def count():\n    yield from range(9)\nx = count()": ["next(x)", "for k in x:\n    if k > 3: break"],
    "def outer():\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n"
    "    n = 0\n    return inner\nx = outer()": ["x()"],
    "x = 1\ndef f(): return x": ["x = 2", "del x\nx = 3"],
}
# fmt: on
LOOKS = {"def count": "next(x)", "def outer": "x()", "x = 1": "f()", "n, x": "n, x"}  # where `x` does not tell


def pages(first):
    """Give the cells of pages: one that makes, one that looks, one that changes, and one that looks again."""
    look = next((look for begin, look in LOOKS.items() if first.startswith(begin)), "x")
    return [[first, f"print({look})", change, f"print({look})"] for change in WAYS[first]]


def printed_from_the_top(cells):
    """Return what each cell prints when all run in their order."""
    names, printed = {}, []
    for code in cells:
        with contextlib.redirect_stdout(io.StringIO()) as text:
            exec(code, names)
        printed.append(text.getvalue())
    return printed
