"""Exercises that ask for a function: what is asked for, and what is wrong with what a reader wrote.

Each exercise is a module of this package, with the same name as its function: the task, a hint, a solution, random
arguments, the expected result, and wrong solutions with what they mean. What a reader wrote is compared with the rest
of the package, and gradients with finite differences. A page judges the text of a function, a notebook the function.
"""

import ast
import copy
import importlib
import inspect
import linecache
import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import islice
from textwrap import fill, indent
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

__all__ = ["check_function", "judge", "collect", "names", "starter", "hint", "solution"]

#: What the reader wrote in the pages, by the name of the exercise; a page fills it before its cells run.
written: dict[str, str] = {}

_NAMES = (
    "recurrent_step", "unroll_batch", "softmax_cross_entropy", "backward_step", "backpropagate", "gradient_check",
    "clip_gradients", "lstm_step", "gru_step", "pad_and_mask", "interpolated_ngrams", "temperature_top_k", "attention",
    "linear_scan", "make_windows", "degree_day_step", "kalman_step",
)  # fmt: skip
_DRAWS = 5
_COLUMNS = 75  # of the text of a page
_FILE = "<your code>"

Report = list[tuple[bool, str]]


def names() -> list[str]:
    """List the exercises, each by the name of the function that it asks for.

    >>> from rnn_tutorial.exercises import names
    >>> names()[:3]
    ['recurrent_step', 'unroll_batch', 'softmax_cross_entropy']
    """
    return list(_NAMES)


def starter(name: str) -> str:
    r"""Return the code that a reader begins with.

    It is a function without a body, whose docstring gives the shapes, and a call with the value that it should have.

    :param name: an exercise, one of :func:`names`
    :returns: Python code
    :raises ValueError: if there is no such exercise

    Example: its last lines are the call.

    >>> from rnn_tutorial.exercises import starter
    >>> print("\n".join(starter("linear_scan").splitlines()[-2:]))
    linear_scan(np.full((4, 1), 0.5), np.ones((4, 1)))
    # [[1.], [1.5], [1.75], [1.875]]
    """
    exercise = _exercise(name)
    source = inspect.getsource(_solution(exercise))
    definition: Any = ast.parse(source).body[0]
    head = source.splitlines()[: definition.body[0].lineno - 1]
    paragraphs = f'"""{ast.get_docstring(definition)}'.split("\n\n")
    docstring = "\n\n".join(indent(fill(paragraph, _COLUMNS - 4), "    ") for paragraph in paragraphs)
    value = _solution(exercise)(*_worked_arguments(exercise))
    parts = zip(exercise.RESULTS, value, strict=True) if _results(exercise) else [("", value)]
    comment = ", ".join(f"{part} {_shown(number)}".strip() for part, number in parts)
    function = [*head, docstring, '    """', "    ..."]
    return "\n".join(["import numpy as np", "", "", *function, "", "", exercise.CALL, f"# {comment}", ""])


def hint(name: str) -> str:
    """Return what helps a reader who is stuck: one or two sentences, with code in backquotes.

    :param name: an exercise, one of :func:`names`
    :raises ValueError: if there is no such exercise

    >>> from rnn_tutorial.exercises import hint
    >>> hint("recurrent_step")
    'A matrix times a vector is `W @ x_t`. Add the three parts, then apply `np.tanh` to the sum.'
    """
    return _exercise(name).HINT


def solution(name: str) -> str:
    """Return the code of a function that solves an exercise.

    :param name: an exercise, one of :func:`names`
    :raises ValueError: if there is no such exercise

    >>> from rnn_tutorial.exercises import solution
    >>> print(solution("recurrent_step").splitlines()[-1])
        return np.tanh(U @ h + W @ x_t + b)
    """
    return f"import numpy as np\n\n\n{inspect.getsource(_solution(_exercise(name)))}"


def check_function(function: Callable[..., Any]) -> Report:
    """Print what is right and what is wrong with a function that a reader wrote, as in :doc:`/theory/recurrence`.

    :param function: the function; its name says which exercise it solves
    :returns: the report, as of :func:`judge`
    :raises ValueError: if no exercise asks for a function of this name

    >>> import numpy as np
    >>> from rnn_tutorial.exercises import check_function
    >>> def linear_scan(a, b):
    ...     return np.cumsum(b, axis=0)
    >>> report = check_function(linear_scan)
    ✗ a is missing: this is the sum of all b so far
    """
    report = _report(_exercise(getattr(function, "__name__", repr(function)), "function"), function)
    for passed, text in report:
        print(f"{'✓' if passed else '✗'} {text}")
    return report


def judge(name: str, source: str) -> Report:
    r"""Run what a reader wrote, and say what is right and what is wrong with its function.

    The code runs by itself, with NumPy as ``np``. Its function is called with the arguments of the worked call and with
    random ones, of sizes that all differ, twice each. It may return lists for arrays, and numbers that are off by 1e-6.
    An endless loop has to be stopped from outside. The names in the texts are those of :doc:`/reference/notation`.

    :param name: an exercise, one of :func:`names`
    :param source: the reader's code, with a function of this name
    :returns: for each part of the result that is right, and for each mistake, whether it is right and a text; the
        exercise is solved if all are
    :raises ValueError: if there is no such exercise

    >>> from rnn_tutorial.exercises import judge
    >>> judge("linear_scan", "def linear_scan(a, b):\n    return np.cumsum(b, axis=0)")
    [(False, 'a is missing: this is the sum of all b so far')]
    >>> judge("linear_scan", "def linear_scan(a, b):\n    ...")
    [(False, 'the function returns nothing; is there a `return`?')]
    """
    function, fault = _defined(name, source)
    return [(False, fault)] if function is None else _report(_exercise(name), function)


def collect(*names: str) -> SimpleNamespace:
    """Return a function for each exercise: the reader's own if it is right, else the solution.

    It prints whose each function is, as in :doc:`/language/from-scratch`. Only pages know what a reader wrote; in a
    notebook all functions are lent, and you can put your own in their place.

    :param names: exercises, some of :func:`names`
    :raises ValueError: if there is no such exercise

    >>> import numpy as np
    >>> from rnn_tutorial.exercises import collect
    >>> mine = collect("linear_scan")
    linear_scan            lent: not written yet
    >>> mine.linear_scan(np.full((2, 1), 0.5), np.ones((2, 1))).ravel()
    array([1. , 1.5])
    """
    functions = {}
    for name in names:
        exercise = _exercise(name, "names")
        function = _defined(name, written[name])[0] if name in written else None
        right = function is not None and all(passed for passed, _ in _report(exercise, function))
        functions[name] = _of_arrays(function, exercise) if right and function else _solution(exercise)
        whose = "yours" if right else f"lent: {'yours is not right' if name in written else 'not written'} yet"
        print(f"{name:23}{whose}")
    return SimpleNamespace(**functions)


def _defined(name: str, source: str) -> tuple[Callable[..., Any] | None, str]:
    """Return the function that a reader's code defines, or None and why there is none."""
    _exercise(name)
    linecache.cache[_FILE] = len(source), None, source.splitlines(keepends=True), _FILE
    namespace: dict[str, Any] = {"np": np, "__name__": "__main__"}
    fault = f"there is no function `{name}`; keep its name"
    if not source.strip():
        return None, "the cell is empty; *Start again* brings its beginning back"
    try:
        exec(compile(source, _FILE, "exec"), namespace)
    except BaseException as error:  # also KeyboardInterrupt, which a reader may raise
        fault = _described(error, _FILE)
    function = namespace.get(name)  # what fails behind it is a trial of the reader's own
    return (function, "") if callable(function) else (None, fault)


def _exercise(name: str, argument: str = "name") -> ModuleType:
    if name not in _NAMES:
        raise ValueError(f"`{argument}`: expected one of {', '.join(_NAMES)}, got {name}.")
    return importlib.import_module(f"{__name__}.{name}")


def _results(exercise: ModuleType) -> tuple[str, ...]:
    return getattr(exercise, "RESULTS", ())


def _solution(exercise: ModuleType) -> Callable[..., Any]:
    return getattr(exercise, exercise.__name__.rpartition(".")[2])


def _worked_arguments(exercise: ModuleType) -> tuple[Any, ...]:
    return eval(exercise.CALL, {"np": np, _solution(exercise).__name__: lambda *arguments: arguments})


def _report(exercise: ModuleType, function: Callable[..., Any]) -> Report:
    """Compare the results of a function with the expected ones and with those of the slips."""
    draws = [exercise.draw(np.random.default_rng(seed)) for seed in range(_DRAWS)]
    calls = [_worked_arguments(exercise), *draws]
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    function, runs = _of_arrays(function, exercise), list[tuple[Any, set[int]]]()
    for arguments in [call for call in calls for _ in range(2)]:
        runs.append(_run(function, arguments))
        if isinstance(end := runs[-1][0], BaseException) and not isinstance(end, Exception):
            return [(False, _described(end, file))]  # an interrupt ends the check, too
    results, changed = zip(*runs[::2], strict=True)
    again = [result for result, _ in runs[1::2]]
    wrong = {meaning: _of_arrays(slip, exercise) for meaning, slip in exercise.SLIPS.items()}
    slips = {meaning: [_run(slip, call)[0] for call in calls] for meaning, slip in wrong.items()}
    whole = next((meaning for meaning, wrong in slips.items() if _same(results, wrong)), None)
    report: Report = [
        (False, f"you changed `{name}` in place; the caller still needs it, so compute a new one")
        for k, name in enumerate(inspect.signature(_solution(exercise)).parameters)
        if any(k in places for places in changed)
    ]
    error = next((result for result in results if isinstance(result, BaseException)), None)
    if error is not None:
        report += [(False, whole)] if whole else []
        report += [(False, _described(error, file))]
    elif any(result is None for result in results):
        report += [(False, "the function returns nothing; is there a `return`?")]
    elif (parts := _results(exercise)) and (odd := [part for part in results if not _has(part, len(parts))]):
        got = f"{len(odd[0])} results" if isinstance(odd[0], tuple | list) else f"one, of type {type(odd[0]).__name__}"
        report += [(False, f"expected {len(parts)} results, `{'`, `'.join(parts)}`; the function returns {got}")]
    elif _same(results, results) and not _same(results, again):  # what is no array differs from itself
        report += [(False, "a second call with the same arguments gives another result: the first one left something")]
    else:
        report += _by_part(exercise, calls, results, slips, whole)
    return report


def _of_arrays(function: Callable[..., Any], exercise: ModuleType) -> Callable[..., Any]:
    """Let a function return arrays also where it returns lists of numbers, or several results in one array."""
    count = len(_results(exercise))

    def array(value: Any) -> Any:
        try:
            numbers = np.asarray(value)
        except Exception:  # rows of several lengths, say
            return value
        return numbers[()] if numbers.dtype.kind in "biufc" else value  # a number, if it has no dimension

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        result = function(*given, **named)
        if count and isinstance(result, Iterator):
            result = tuple(islice(result, count + 1))
        return tuple(map(array, result)) if _has(result, count) else array(result)

    return call


def _run(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, set[int]]:
    """Return what a function returns or raises, and which arguments it has changed."""
    given = copy.deepcopy(arguments)
    try:
        with np.errstate(all="ignore"):
            result = function(*given)
    except BaseException as error:
        result = error
    return result, {k for k, old in enumerate(arguments) if not callable(old) and not _same(old, given[k])}


def _by_part(
    exercise: ModuleType, calls: list[Any], results: tuple[Any, ...], slips: dict[str, Any], whole: str | None
) -> Report:
    """Say of each part of the results whether it is right, or which slip it is, or how it differs."""
    names = _results(exercise)

    def part(k: int, values: Any) -> list[Any]:
        return [value[k] if names and _has(value, len(names)) else value for value in values]

    expected = [exercise.expected(*copy.deepcopy(call)) for call in calls]
    right: list[str] = []
    wrong: dict[str, list[str]] = {}  # the names of the parts, by what is wrong
    for k, name in enumerate(names or ("the result",)):
        got, wanted = part(k, results), part(k, expected)
        faults = [_fault(*pair) for pair in zip(got, map(np.asarray, wanted), strict=True)]
        if not any(faults):
            right.append(name)
            continue
        meant = [meaning for meaning, values in slips.items() if _same(got, part(k, values))]
        first = next(place for place, fault in enumerate(faults) if fault)
        where = f"for random arguments{_shapes(exercise, calls[first])}" if first else "in the worked call"
        fault = f"{where} {'it' if names else 'the result'} {faults[first]}"
        wrong.setdefault(whole or next(iter(meant), fault), []).append(name)
    if not names:
        return [(False, text) for text in wrong] or [(True, f"right, in the worked call and {_DRAWS} random ones")]
    report = [(True, f"`{name}` is right") for name in right]
    return report + [(False, f"`{'`, `'.join(parts)}`: {text}") for text, parts in wrong.items()]


def _fault(value: Any, wanted: np.ndarray) -> str | None:
    """Say how a part of a result differs from the expected one."""
    if not isinstance(value, np.ndarray | np.generic):
        return f"is of type {type(value).__name__}; expected {'an array' if wanted.ndim else 'a number'}"
    kinds = {"b": "b", "i": "iu", "f": "iuf"}[wanted.dtype.kind]
    words = {"b": "True and False", "iu": "whole numbers", "iuf": "numbers"}[kinds]
    if value.dtype.kind not in kinds:
        return f"has the dtype {value.dtype}; expected {words}"
    if value.shape != wanted.shape:
        return f"has the shape {value.shape}; expected {wanted.shape}"
    if not np.isfinite(value).all():
        return "is not finite everywhere: a division by 0, or a number that is too large for exp"
    return None if _same(value, wanted, 1e-6) else f"is {_shown(value)}; expected {_shown(wanted)}"


def _same(one: Any, other: Any, tolerance: float = 1e-9) -> bool:
    """Return whether two results are the same, or two errors; all numbers that are not finite are alike."""
    if isinstance(one, tuple | list):
        return _has(other, len(one)) and all(_same(*pair, tolerance) for pair in zip(one, other, strict=True))
    if isinstance(one, BaseException) or isinstance(other, BaseException | tuple | list):
        return type(one) is type(other) and _text(one) == _text(other)
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or {one.dtype.kind, other.dtype.kind} - set("biuf"):
        return False
    one, other = (np.where(np.isfinite(values), values, np.nan) for values in (one, other))
    return np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)


def _has(value: Any, count: int) -> bool:
    several = isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim > 0)
    return count > 0 and several and len(value) == count


def _shapes(exercise: ModuleType, arguments: tuple[Any, ...]) -> str:
    named = zip(inspect.signature(_solution(exercise)).parameters, arguments, strict=True)
    shapes = [f"`{name}` {value.shape}" for name, value in named if isinstance(value, np.ndarray)]
    return f" of the shapes {', '.join(shapes)}" if shapes else ""


def _shown(value: Any) -> str:
    text = np.array2string(np.asarray(value), precision=4, separator=", ", threshold=12, edgeitems=2)
    return " ".join(text.split()).replace("[ ", "[").replace(" ]", "]")


def _described(error: BaseException, file: str) -> str:
    """Return an error with the line of the reader's code that it comes from."""
    text = f"{type(error).__name__}: {_text(error)}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if isinstance(error, SyntaxError) and isinstance(error.text, str) and error.text:
        text = f"line {error.lineno}, `{error.text.strip()}`: {error.msg}"
    elif frames:
        text = f"line {frames[-1].lineno}, `{frames[-1].line}`: {text}"
    return text[:500]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # an error of the reader's own
        return ""
