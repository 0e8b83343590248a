import ast
import sys

import pytest

from builds import EXTENSIONS  # isort: skip

sys.path.insert(0, str(EXTENSIONS.parent))
import robust


@pytest.mark.parametrize(
    ("code", "varied"),
    [
        ("f(seed=1, units=1)", "f(seed=101, units=1)"),
        ("f(seed=seed)", "f(seed=seed)"),
        ("seeds = range(1, 6)", "seeds = range(101, 106)"),
        ("seeds = range(5)", "seeds = range(100, 105)"),
        ("seeds = (1, 2)", "seeds = (101, 102)"),
        ("trained_seeds = range(1, 3)", "trained_seeds = range(101, 103)"),
        ("draws = [1, 2]", "draws = [101, 102]"),
        ("units = [1, 2]", "units = [1, 2]"),
        ("for seed in range(5):\n    f(seed)", "for seed in range(100, 105):\n    f(seed)"),
        ("random = np.random.default_rng(1)", "random = np.random.default_rng(101)"),
        ("keras.utils.set_random_seed(1)", "keras.utils.set_random_seed(101)"),
        ("settings = {'epochs': 2, 'seed': 1}", "settings = {'epochs': 2, 'seed': 101}"),
    ],
)
def test_every_seed_of_a_cell_is_shifted_and_nothing_else(code, varied):
    assert ast.unparse(ast.fix_missing_locations(robust.Variant(100, 0).visit(ast.parse(code)))) == varied


def test_an_assert_tells_its_line_in_the_page_and_the_page_goes_on():
    page = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# A\n\n```{code-cell} python\n---\n"
    page += 'tags: [hide-cell]\n---\nx = 1\nassert x == 2, "no"\ny = 3\n```\n'
    preface, _, cell = robust.varied(page, 0).cells
    told = []
    names = {"_check": lambda holds, line, text: told.append((holds, line, text))}
    exec(cell.source, names)
    assert "def _check(" in preface.source
    assert told == [(False, page.splitlines().index('assert x == 2, "no"') + 1, "x == 2")]
    assert names["y"] == 3


def test_the_table_tells_what_did_not_hold_somewhere(capsys):
    made = {"statement": "a number", "values": [0.5], "above": 0.4, "below": None, "at_least": 1}
    first = {"page": "one", "variant": "avx2", "claims": [made], "asserts": [], "error": None}
    assert robust.table([first, first | {"variant": "avx"}])
    assert "2 of 2  a number: above 0.4" in capsys.readouterr().out
    second = first | {"variant": "avx", "claims": [made | {"values": [0.3]}]}
    assert not robust.table([first, second])
    out = capsys.readouterr().out
    assert "1 of 2  a number: above 0.4" in out
    assert "NOT avx: 0.3" in out
    assert not robust.table([first | {"asserts": ["3:x == 1"]}])
    assert not robust.table([first | {"error": "NameError: x"}])
