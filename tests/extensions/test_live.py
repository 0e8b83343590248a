import contextlib
import hashlib
import io
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from matplotlib import rc_context

from builds import EXTENSIONS  # noqa: F401  # isort: skip
import live
from cells import Page, execute
from live import add_bar, fetch, live_cells
from notebooks import libraries

FILES = {"one.whl": b"a library", "pyodide.mjs": b"the core"}


def ran(sources, k, page=None):
    """Run a cell of a page, and return the page, the cells that ran, and what was shown."""
    page, shown = page or Page(), []
    page.read(sources)
    order = page.plan(k)
    page.run(k, lambda *output: shown.append(output))
    return page, order, shown


def test_what_a_cell_needs_runs_first_and_once():
    sources = ["import math\na = 1", "b = a + 1", "c = 'other'", "math.sqrt(b + 2)"]
    page, order, shown = ran(sources, 3)
    assert (order, shown) == ([0, 1, 3], [(3, "text", "2.0")])
    assert ran(sources, 3, page)[1] == [3]
    _, order, shown = ran(["import math\na = 6", *sources[1:]], 3, page)
    assert (order, shown) == ([0, 1, 3], [(3, "text", "3.0")])


def printed(page, cells, k):
    """Return what a cell that looks printed; those with an odd number do."""
    return "".join(text for place, _, text in ran(cells, k, page)[2] if place == k and k % 2)


def measured(sources):
    """Return what each cell changes, as the build measures it."""
    page, names, changes = Page(), {"__name__": "__main__"}, []
    page.read(sources)
    for k, cell in enumerate(page.cells):
        page.follow(k, names)
        with contextlib.redirect_stdout(io.StringIO()):
            execute(cell, names)
        changes.append(page.measure(k))
    return changes


# Ways in which a cell changes what another made: what this makes, and cells after it, each of which changes `x`.
# fmt: off
WAYS = {
    "x = [3, 1, 2]": [
        *("x.sort()", "x *= 2", "x[0] = 9", "del x[0]", "y = x\ny.append(4)", "x, y = x[1:], x\ny.pop()"),
        *("def f(v): v.append(4)\nf(x)", "grow = x.append\ngrow(4)", "[x.append(k) for k in (4, 5)]", "list.sort(x)"),
        *("(lambda v: v.append(4))(x)", "list(map(x.append, (4, 5)))", "if (z := x): z.pop()", "exec('x.append(4)')"),
        *("import random\nrandom.Random(1).shuffle(x)", "globals()['x'].append(4)", "vars()['x'].append(4)"),
        *("def f(v=x): v.append(4)\nf()", "@x.append\ndef f(): pass\nx[-1] = 4", "class A:\n    x.append(4)"),
        *("import copy\nx = [x]\ncopy.copy(x)[0].append(4)", "import copy\ncopy.copy([x])[0].append(4)"),
    ],
    "x = {'a': [1], 'b': [2]}": [
        *("x['c'] = 3", "x |= {'c': 3}", "x['a'] += [5]", "for v in x.values(): v.append(4)", "x = 2"),
        *("a, b = x.values()\na.append(b)", "def g(d):\n    e = d['a']\n    e.append(1)\ng(x)"),
    ],
    "import numpy as np\nx = np.array([3.0, 1.0, 2.0])": [
        *("x.sort()", "x[0] = 9", "x += 1", "np.add(x, 1, out=x)", "v = x[1:]\nv[:] = 7", "np.asarray(x)[0] = 8"),
        *("v = x.reshape(3, 1)\nv += 1", "np.random.seed(1)\nnp.random.shuffle(x)", "np.split(x, 3)[0][:] = 9"),
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
    "import numpy as np\nr = np.random.default_rng(1)": ["r.normal()"],
    "def count():\n    yield from range(9)\nx = count()": ["next(x)", "for k in x:\n    if k > 3: break"],
    "def outer():\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n"
    "    n = 0\n    return inner\nx = outer()": ["x()"],
    "x = 1\ndef f(): return x": ["x = 2", "del x\nx = 3"],
}
# fmt: on
LOOKS = {"def count": "next(x)", "def outer": "x()", "x = 1": "f()", "n, x": "n, x"}  # where `x` does not tell
LOOKS["import numpy as np\nr"] = "r.normal()"


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


@pytest.mark.parametrize("first", WAYS)
def test_what_a_cell_changes_is_as_in_a_run_from_the_top(first):
    for cells in pages(first):
        expected, changes = printed_from_the_top(cells), measured(cells)
        of_the_page = [cells, *([*cells[:k], "", *cells[k + 1 :]] for k in range(4)), []]  # the others are the reader's
        for own in of_the_page:
            for order in ([3], [1, 2, 1], [0, 1, 2, 3], [3, 2, 1, 3], [2, 2, 3], [0, 3, 0, 1]):
                page = Page(own, changes)
                assert [printed(page, cells, k) for k in order] == [expected[k] for k in order], (cells, own, order)


@pytest.mark.parametrize(
    ("sources", "changes"),
    [
        (["x = [1]", "y = x", "y.append(2)"], [[], [], ["x", "y"]]),
        (["x = [1]", "z = [x]", "z.append(2)", "z[0].append(3)"], [[], [], ["z"], ["x", "z"]]),
        (
            ["import numpy as np\nx = np.ones(3)", "v = x[1:]", "v += 1", "x = x + 1", "x += 1"],
            [[], [], ["v", "x"], [], ["x"]],
        ),
        (["x = 1", "def f():\n    global x\n    x = 2", "f()", "x = 3"], [[], [], ["x"], []]),
        (["x = (k for k in range(3))", "y = 1", "print(x)", "next(x)"], [[], [], ["x"], ["x"]]),
        (["class A:\n    n = 0\na, b = A(), A()", "a.n = 1", "A.n = 2"], [[], ["a"], ["A", "a", "b"]]),
        (["def f(): pass", "f()", "f.calls = 1"], [[], [], ["f"]]),
        (["x = [1]", "sum(x); sorted(x); x.index(1)"], [[], []]),
        (["", "exec('x = 1')", "print(x)"], [[], ["x"], []]),
        (["import numpy as np\nx = np.ones((1000, 300)).T", "x.sum()", "x[-1, -1] = 2"], [[], [], ["x"]]),
    ],
)
def test_what_a_cell_changes_is_measured_by_all_names(sources, changes):
    assert measured(sources) == changes


def test_a_cell_of_the_reader_that_only_looks_makes_nothing_run_again():
    sources = [
        "runs, net = [], [0]",
        "runs.append(1)\nnet.append(len(runs))",
        "print(net)",
        "last = [*net]",
        "print(last)",
    ]
    page = Page(sources, measured(sources))
    assert ran(sources, 4, page)[1] == [0, 1, 3, 4]
    sources[2] += "  # mine"
    assert ran(sources, 4, page)[1] == [2, 3, 4]  # it could have changed the net
    sources[2] += "  # still"
    _, order, shown = ran(sources, 2, page)
    assert (order, shown) == ([2], [(2, "text", "[0, 1]\n")])
    assert ran(sources, 4, page)[1] == [4]


def test_a_cell_of_the_reader_that_fails_stops_others_only_where_they_need_it():
    sources = ["x = [1]", "print(x)", "print(x[0])"]
    page = Page(sources, measured(sources))
    sources[1] = "print(x.no_such)"
    assert ran(sources, 2, page)[2] == [(2, "text", "1\n")]
    sources[1] = "x.append(2)\nx.no_such"
    ((place, kind, text),) = ran(sources, 2, page)[2]
    assert (place, kind) == (1, "error") and "no_such" in text


def test_what_is_changed_beside_what_was_measured_is_learned(monkeypatch):
    class Turtle:
        place = 0

        def wander(self):
            self.place += 1

    monkeypatch.setitem(sys.modules, "turtles", SimpleNamespace(Turtle=Turtle))
    cells = ["import turtles\nx = turtles.Turtle()", "print(x.place)", "y = x.wander()", "print(x.place)"]
    page = Page(cells, [[], [], [], []])
    assert [printed(page, cells, k) for k in (3, 2, 3, 1, 2, 3)] == ["0\n", "", "1\n", "0\n", "", "1\n"]


def test_cells_that_only_look_run_nothing_again_and_copy_nothing():
    sources = [
        "import numpy as np\nx = np.arange(4.0)",
        "def f(v):\n    w = 2 * v\n    w[0] = 1\n    return w",
        "y = f(x)",
    ]
    sources += [
        "z = np.sort(x) + x.sum()\nrows = [2 * one for one in x]\nrows.append(1)",
        "print(len(rows), x is x, y[0])",
    ]
    page, order, _ = ran(sources, 4, Page(sources, measured(sources)))
    assert order == [0, 1, 2, 3, 4]
    assert page.changes == [set()] * 5
    assert ran(sources, 2, page)[1] == [2]


def test_an_empty_cell_does_nothing_and_pyplots_figures_are_shown_once(tmp_path, monkeypatch):
    assert ran(["", "# nothing"], 0)[2] == ran(["", "# nothing"], 1)[2] == []
    (tmp_path / "cells_backend.py").write_text(live.SHIMS["cells_backend.py"])
    monkeypatch.syspath_prepend(tmp_path)
    draw = "import matplotlib.pyplot as plt\nplt.switch_backend('module://cells_backend')\nplt.plot([1])"
    with rc_context():  # which the backend changes
        for code, count in ((draw, 1), (f"{draw}\nplt.show()\nplt.plot([2])", 2), (f"{draw}\nplt.gcf()", 1), ("1", 0)):
            figures = [text for _, kind, text in ran([code], 0)[2] if kind == "figure"]
            assert len(figures) == count
            assert all("<text" in text and "#ffffff" not in text for text in figures)  # words, on the page's ground


@pytest.mark.parametrize(
    ("source", "uses", "makes"),
    [
        ("h = g(h)", {"h", "g"}, {"h"}),
        ("for k in rows:\n    total = total + k", {"rows", "total"}, {"total", "k"}),
        ("y = [x for x in rows]\nx", {"rows", "x"}, {"y"}),
        ("def f(a, b=c):\n    return a + d\nf(1)", {"c", "d"}, {"f"}),
        ("del a\nb = 1", {"a"}, {"a", "b"}),
        ("import numpy as np\nnp.ones(2)", set(), set()),
        ("class A(B):\n    x = 1\n    y = x", {"B"}, {"A"}),
    ],
)
def test_a_cells_names_are_those_it_takes_and_leaves(source, uses, makes):
    page = Page()
    page.read([source])
    (cell,) = page.cells
    assert (cell.uses - set(dir(__builtins__)) - {"print", "__name__"}, cell.makes) == (uses, makes)


@pytest.mark.parametrize(
    ("sources", "k", "expected"),
    [
        (["def f():\n    0 / 0", "f()"], 1, "Line 1:\n    f()\nLine 2, in f:\n    0 / 0\nZeroDivisionError"),
        (["x = (1"], 0, "SyntaxError: '(' was never closed"),
        (["y", "y = 1"], 0, "y is made further down on this page."),
        (["import no_such"], 0, "no_such does not run in a browser."),
    ],
)
def test_an_error_is_told_with_the_readers_lines(sources, k, expected):
    ((_, kind, text),) = ran(sources, k)[2]
    assert (kind, expected in text, "cells.py" in text) == ("error", True, False), text


def test_what_is_printed_ends_where_a_page_cannot_show_it():
    ((_, _, text),) = ran(["for k in range(10**4): print('x' * 100)"], 0)[2]
    assert len(text) < 101_000
    assert text.endswith("this page shows 100,000 characters.")


def test_a_table_and_a_figure_come_as_what_they_are():
    source = "import pandas as pd\nfrom matplotlib.figure import Figure\ndisplay(Figure())\npd.DataFrame({'a': [1]})"
    shown = [(kind, text) for _, kind, text in ran([source], 0)[2]]
    assert [kind for kind, _ in shown] == ["figure", "table"]
    assert "<svg" in shown[0][1] and "<table" in shown[1][1]


def test_cells_that_need_keras_or_scipy_are_not_live():
    sources = ["import keras\na = 1", "import numpy as np\na", "np.ones(2)", "import pandas as pd\npd.Series([1])"]
    sources += ["from rnn_tutorial.theory.from_keras import cell_from_keras", "from scipy import stats"]
    sources += ["from rnn_tutorial.pages.figures import lines", "from rnn_tutorial.pages.figures import scores"]
    assert live_cells(sources) == {
        2: ([], [2]),
        3: (["pandas"], [3]),
        6: (["matplotlib"], [6]),
        7: (["matplotlib"], [7]),
    }
    assert "scipy" not in libraries("rnn_tutorial.theory.networks")
    for module in ("language.characters", "language.translator", "pages.widget_files"):  # which write safetensors, too
        assert libraries(f"rnn_tutorial.{module}") <= live.THERE


def test_all_cells_are_live_but_those_that_are_lent():
    sources = ["import keras\na = keras.Model\nb = 1", "print(b)", "import pandas as pd\npd.Series([b])"]
    assert live_cells(sources, [[], [], []], {0}) == {1: ([], [1]), 2: (["pandas"], [2])}


def test_what_takes_long_says_so_before():
    for seconds, text in ((0.4, ""), (15.6, "About 80 s, with the cells that it needs.")):
        cell = nodes.container("", nodes.container("", classes=["cell_input"]))
        add_bar(cell, "live-0", seconds)
        assert text in cell[1]["html"] and ("About" in cell[1]["html"]) == bool(text)


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(live, "PINNED", {name: hashlib.sha256(text).hexdigest() for name, text in FILES.items()})
    return live.Live()


def written(root, kind, files):
    """Write a distribution as a folder, or as an archive that has this folder."""
    (folder := root / "given" / "pyodide").mkdir(parents=True)
    for name, text in (files | {"pyodide-lock.json": b'{"info": {}, "packages": {}}'}).items():
        (folder / name).write_bytes(text)
    return folder if kind == "folder" else Path(shutil.make_archive(root / "archive", kind, folder.parent))


@pytest.mark.parametrize("kind", ["folder", "zip", "bztar"])
def test_a_given_distribution_is_checked_and_kept(app, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("RNN_TUTORIAL_PYODIDE", str(given := written(tmp_path, kind, FILES)))
    fetch(app)
    assert {file.name for file in app.folder.iterdir()} == {*FILES, "pyodide-lock.json"}
    given.rename(tmp_path / "gone")
    before, app.folder = app.folder, None
    fetch(app)
    assert app.folder == before


@pytest.mark.parametrize("files", [{"one.whl": b"a library"}, FILES | {"one.whl": b"another"}])
def test_a_distribution_that_is_not_the_pinned_one_is_refused(app, tmp_path, monkeypatch, capsys, files):
    monkeypatch.setenv("RNN_TUTORIAL_PYODIDE", str(written(tmp_path, "zip", files)))
    fetch(app)
    assert app.folder is None
    assert capsys.readouterr().out.startswith("rnn_tutorial: no Python for the pages, so their code has no buttons (")


def test_without_an_index_a_line_says_that_there_is_no_python(app, monkeypatch, capsys):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    fetch(app)
    assert app.folder is None
    assert capsys.readouterr().out.count("\n") == 1
