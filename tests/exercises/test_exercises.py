import importlib

import numpy as np
import pytest
from refusals import refuses

from rnn_tutorial import exercises

NAMES = exercises.names()
MODULES = {name: importlib.import_module(f"rnn_tutorial.exercises.{name}") for name in NAMES}
HOSTILE = "class Mine(Exception):\n    __str__ = __repr__ = lambda self: 1 / 0\n"
of_each = pytest.mark.parametrize("name", NAMES)


def wrong(report):
    return [text for passed, text in report if not passed]


@of_each
def test_a_solution_is_right_on_a_hundred_seeds(name):
    module = MODULES[name]
    for seed in range(100):
        arguments = module.draw(np.random.default_rng(seed))
        with np.errstate(all="ignore"):  # as the check does
            got, expected = getattr(module, name)(*arguments), module.expected(*arguments)
        for one, other in zip(got, expected, strict=True) if hasattr(module, "RESULTS") else [(got, expected)]:
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@of_each
def test_a_solution_passes_as_text_and_as_a_function(name, capsys):
    report = exercises.judge(name, exercises.solution(name))
    assert report and not wrong(report)
    assert exercises.check_function(getattr(MODULES[name], name)) == report
    assert capsys.readouterr().out == "".join(f"✓ {text}\n" for _, text in report)


@of_each
def test_an_exercise_has_three_slips_and_a_starter_without_a_body(name):
    starter = exercises.starter(name)
    assert len(MODULES[name].SLIPS) >= 3 and exercises.hint(name) == MODULES[name].HINT
    assert wrong(exercises.judge(name, starter)) == ["the function returns nothing; is there a `return`?"]
    begun, _, call = starter.partition("    ...\n")
    assert max(map(len, begun.splitlines())) <= 75 and MODULES[name].CALL in call  # as a page has room
    assert exercises.solution(name).split()[: len(begun.split())] == begun.split()
    assert not wrong(exercises.judge(name, exercises.solution(name) + call))


@of_each
def test_a_slip_is_recognised_as_itself(name, capsys):
    for meaning, slip in MODULES[name].SLIPS.items():

        def function(*arguments, slip=slip):
            return slip(*arguments)

        function.__name__ = name
        told, *others = wrong(exercises.check_function(function))
        assert told == meaning or told.endswith(f"`: {meaning}")
        assert all("Error: " in text for text in others)  # what NumPy says of a transposed matrix
        assert f"✗ {told}\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["linear_scan", "clip_gradients", "pad_and_mask"])
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def {}(*given): return 1 / 0", "line 1, `def {}(*given): return 1 / 0`: ZeroDivisionError: division by zero"),
        ("def {}(*given): return 'text'", "of type str"),
        ("def {}(*given):\n    exit()", "line 2, `exit()`: SystemExit: "),
        ("def {}(:", "line 1, `def {}(:`: "),
        ("def {}(*given): return 1\0", "source code string cannot contain null bytes"),
        ("x = 1", "there is no function `{}`"),
        (" \n", "the cell is empty"),
        ("def {}(*given):\n    raise KeyboardInterrupt", "line 2, `raise KeyboardInterrupt`: KeyboardInterrupt: "),
        ("raise GeneratorExit", "line 1, `raise GeneratorExit`: GeneratorExit: "),
        (f"{HOSTILE}def {{}}(*given): raise Mine", "line 3, `def {}(*given): raise Mine`: Mine: "),
        (f"{HOSTILE}raise Mine", "line 3, `raise Mine`: Mine: "),
        ("raise SyntaxError('no', ('f', 1, 1, 5))", "line 1, `raise SyntaxError"),
    ],
)
def test_nonsense_gets_a_friendly_line(name, code, told):
    assert told.format(name) in wrong(exercises.judge(name, code.format(name)))[0]


@of_each
def test_a_wrong_shape_is_told_with_the_expected_one(name):
    result = "np.ones((7, 1, 7), int), " * len(getattr(MODULES[name], "RESULTS", "1"))
    text = wrong(exercises.judge(name, f"def {name}(*given): return {result[:-2]}"))[0]
    assert "in the worked call" in text and "the shape (7, 1, 7); expected (" in text


@of_each
def test_an_argument_changed_in_place_is_told(name):
    def change(*given):
        result = getattr(MODULES[name], name)(*given)
        changed = next(part for part in (given[0] if name == "clip_gradients" else given) if hasattr(part, "__imul__"))
        changed *= 2  # an array's numbers, or a list's length
        return result

    change.__name__ = name
    (text,) = wrong(exercises.check_function(change))
    assert "you changed `" in text and "` in place" in text


@pytest.mark.parametrize(
    ("name", "result", "told"),
    [
        ("linear_scan", "b / 0", "the result is not finite everywhere"),
        ("linear_scan", "b + 1", "in the worked call the result is [[2.], [2.], [2.], [2.]]; expected [[1."),
        ("recurrent_step", "np.tanh(W @ x_t) + h", "for random arguments of the shapes `x_t` ("),
        ("attention", "keys", "expected 2 results, `weights`, `context`; the function returns one, of type ndarray"),
        ("pad_and_mask", "np.ones((2, 3)), 1", "`ids`: in the worked call it has the dtype float64; expected whole"),
    ],
)
def test_what_is_wrong_is_told(name, result, told):
    signature = exercises.starter(name).split("def ")[1].partition("\n")[0]
    assert told in wrong(exercises.judge(name, f"def {signature}\n    return {result}"))[0]


NEVER = "counts.sum() > 0"


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("linear_scan", "len(a):", "min(len(a), 8):", "for random arguments of the shapes"),
        ("unroll_batch", "= np.tanh(h", "= kept[h.shape] = np.tanh(kept.get(h.shape, h)", "a second call"),
        ("pad_and_mask", "return ids, mask", "return ids, ids > 1", "`mask`: for random arguments"),
        ("pad_and_mask", "len(sequences), longest), int", "len(sequences), longest), 'i1'", "OverflowError"),
        ("interpolated_ngrams", NEVER, "counts.sum() > (n == 2)", "for random arguments of the shapes"),
        ("interpolated_ngrams", NEVER, "n < 1 or bigrams[j].sum() > 0", "not finite everywhere"),
        ("interpolated_ngrams", NEVER, "n != 1 or counts.sum() > 0", "not finite everywhere"),
    ],
)
def test_what_is_wrong_only_in_rare_cases_is_found(name, old, new, told):
    source = exercises.solution(name).replace(old, new)
    assert told in wrong(exercises.judge(name, f"kept = {{0: 0}}\n{source}"))[-1]


@of_each
def test_what_numpy_makes_right_is_right_and_collected_as_arrays(name, monkeypatch):
    for returned in (
        "[[v.tolist() for v in r] if type(r) in (list, tuple) else r.tolist()][0]",
        "r if type(r) is np.ndarray else (v for v in r)",
        "r if type(r) is np.ndarray or len({v.shape for v in r} | {v.dtype for v in r}) > 2 else np.array(r)",
    ):
        source = exercises.solution(name).replace(f"def {name}", "def solve")
        source += f"\n\ndef {name}(*given):\n    r = solve(*given)\n    return {returned}"
        assert not wrong(exercises.judge(name, source))
        monkeypatch.setattr(exercises, "written", {name: source})
        result = getattr(exercises.collect(name), name)(*MODULES[name].draw(np.random.default_rng(7)))
        parts = result if hasattr(MODULES[name], "RESULTS") else [result]
        assert all(isinstance(part, np.ndarray | np.generic) for part in parts)


def test_slips_in_two_parts_are_both_named():
    source = exercises.solution("backward_step").replace("U.T @", "U @").replace("(delta, x_t)", "(x_t, delta)")
    report = [(passed, text[:8]) for passed, text in exercises.judge("backward_step", source)]
    assert report == [*((True, f"`grad_{x}`") for x in "xUb"), (False, "`grad_h`"), (False, "`grad_W`")]


def test_a_collected_function_is_the_readers_if_it_is_right(monkeypatch, capsys):
    own = {"linear_scan": exercises.solution("linear_scan"), "gru_step": "def gru_step(*given):\n    return given[1]"}
    monkeypatch.setattr(exercises, "written", own)
    mine = exercises.collect("linear_scan", "gru_step", "lstm_step")
    said = [line.split(maxsplit=1)[1] for line in capsys.readouterr().out.splitlines()]
    assert said == ["yours", "lent: yours is not right yet", "lent: not written yet"]
    assert mine.linear_scan.__wrapped__.__code__.co_filename == "<your code>"
    assert (mine.gru_step, mine.lstm_step) == (MODULES["gru_step"].gru_step, MODULES["lstm_step"].lstm_step)


test_an_unknown_exercise_is_refused = refuses(
    ("name", lambda: exercises.hint("none")), ("function", lambda: exercises.check_function("none"))
)
