"""Ways in which a cell changes what another made; each is a page of cells, and each cell but the first shows what it sees."""

ONE = {  # what the first cell makes, what the second does to it, and what others see of it
    "x = [3, 1, 2]": [
        "x.sort()", "x.reverse()", "x.pop()", "x.insert(0, 9)", "x.remove(1)", "x.clear()", "x.append(4)", "x[0] = 9",
        "x[:] = [5]", "del x[0]", "x += [4]", "x *= 2", "y = x\ny.append(4)", "for _ in x[:1]: x.append(_)",
        "def f(v): v.append(4)\nf(x)", "import random\nrandom.Random(1).shuffle(x)", "import bisect\nbisect.insort(x, 2)",
        "import operator\noperator.setitem(x, 0, 9)", "grow = x.append\ngrow(4)", "[x.append(k) for k in (4, 5)]",
        "setattr(x, 'n', 1) if hasattr(x, 'n') else x.append(4)", "(lambda v: v.append(4))(x)", "list(map(x.append, (4, 5)))",
        "import functools\nfunctools.partial(list.append, x)(4)", "x, y = x[1:], x\ny.pop()", "if (z := x): z.pop()",
        "x.extend(x)", "x.__setitem__(0, 9)", "list.sort(x)", "exec('x.append(4)')", "globals()['x'].append(4)",
    ],
    "x = {'a': [1], 'b': [2]}": [
        "x.pop('a')", "x['c'] = 3", "del x['a']", "x.update(c=3)", "x.setdefault('c', 3)", "x.popitem()", "x |= {'c': 3}",
        "x['a'] += [5]", "x['a'][0] = 9", "x['a'].append(4)", "for v in x.values(): v.append(4)", "a, b = x.values()\na.append(b)",
        "x.get('a').append(4)", "def g(d):\n    e = d['a']\n    e.append(1)\ng(x)", "for k, v in x.items():\n    v[0] += 1",
    ],
    "import numpy as np\nx = np.array([3.0, 1.0, 2.0])": [
        "x.sort()", "x.fill(1)", "x[0] = 9", "x += 1", "x[x > 1] = 0", "np.add(x, 1, out=x)", "np.random.default_rng(1).shuffle(x)",
        "v = x[1:]\nv[:] = 7", "v = x.reshape(3, 1)\nv += 1", "np.copyto(x, 5)", "np.put(x, [0], 9)", "np.add.at(x, [0], 5)",
        "x.T[...] = 4", "np.random.seed(1)\nnp.random.shuffle(x)", "np.asarray(x)[0] = 8", "x.resize(2, refcheck=False)",
        "row = next(iter([x]))\nrow[0] = 5", "x[1:] *= 2", "with np.nditer(x, op_flags=['readwrite']) as it:\n    for e in it: e[...] = 1",
    ],
    "class A:\n    n = 0\n    def grow(self): self.n += 1\n    def __repr__(self): return f'A {self.__dict__} {A.n}'\nx = A()": [
        "x.n = 1", "x.grow()", "x.n += 2", "setattr(x, 'n', 3)", "x.rows = []\nx.rows.append(1)", "A.grow(x)", "A.n = 5", "x.__dict__['n'] = 4",
        "y = [x]\ny[0].n = 2", "vars(x)['n'] = 3", "for a in (x,): a.grow()", "A.grow = lambda self: None\nx.grow()",
    ],
    "x = {1, 2}": ["x.add(3)", "x.discard(1)", "x -= {1}", "x.update({5})"],
    "import pandas as pd\nx = pd.DataFrame({'a': [2, 1]})": [
        "x['b'] = 1", "x.loc[0, 'a'] = 5", "x.sort_values('a', inplace=True)", "x.insert(0, 'b', 2)", "x.iloc[0] = 7", "x.columns = ['z']",
    ],
    "n = 0\nx = [0]\ndef tick():\n    global n\n    n += 1\n    x.append(n)\n    return n": ["tick()", "t = tick\nt()", "[tick() for _ in range(2)]", "n = 5\ntick()"],
    "def count():\n    n = 0\n    while True:\n        n += 1\n        yield n\nx = count()": ["next(x)", "for k in x:\n    if k > 3: break"],
    "from collections import deque, Counter, defaultdict\nx = (deque([1, 2, 3]), Counter('ab'), defaultdict(list))": ["x[0].rotate(1)", "x[1].subtract('a')", "x[2]['k'].append(1)"],
    "x = bytearray(b'abc')": ["x[0] = 65", "x.extend(b'd')", "memoryview(x)[0] = 66"],
    "import heapq\nx = [1, 5, 3]": ["heapq.heappush(x, 0)", "heapq.heappop(x)"],
    "def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n    return inner\nx = outer()": ["x()"],
    "x = 1\ndef f(): return x": ["x = 2", "del x\nx = 3"],
}
LOOK = {"def count": "next(x)", "def outer": "x()", "x = 1\ndef": "f()", "n = 0\nx": "n, x"}


def pages():
    for first, changes in ONE.items():
        look = next((l for s, l in LOOK.items() if first.startswith(s)), "x")
        for change in changes:
            yield [first, f"print({look})", change, f"print({look})", change, f"print({look})"]
