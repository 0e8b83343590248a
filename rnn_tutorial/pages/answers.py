"""Check answers to the exercises in a notebook, with the tolerance and the words of their page.

A notebook has each declared answer as an encoded text, so that nobody reads it by accident.
"""

import base64
import json
import math
import re
from typing import Any

__all__ = ["check_answer"]

LONGEST = 100  # characters of an answer
NUMBER = re.compile(
    r"(-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?:\s*/\s*([0-9]+\.?[0-9]*))?\s*(%|[A-Za-z]{2,})?"
)


def check_answer(answer: object, declared: str) -> None:
    """Print whether an answer is right, and if it is a typical slip, what it means.

    :param answer: a number, or text such as ``"12,500"``, ``"1/3"``, ``"40 %"``, ``"12.8 MB"`` or one of the choices
    :param declared: the encoded answer, which the notebook of a page such as :doc:`/theory/recurrence` contains
    :raises ValueError: if ``declared`` is not such a text

    >>> from rnn_tutorial.pages.answers import check_answer, encode
    >>> slips = {"0.993": "That is the gate."}
    >>> declared = encode({"value": 4.97, "tolerance": 0.02, "slips": slips})
    >>> check_answer(4.96, declared)
    ✓ Right.
    >>> check_answer("0.993", declared)
    ✗ That is the gate.
    """
    if answer is ...:
        print("Put your answer in place of the dots.")
        return
    try:
        exercise = json.loads(base64.b64decode(declared))
    except ValueError as error:
        raise ValueError(
            "`declared`: expected the text that the notebook has here. Download the notebook again."
        ) from error
    right, text = judge(exercise, answer)
    print(f"{'✓' if right else '✗'} {text}")


def encode(exercise: dict[str, Any]) -> str:
    """Return a declared answer as text in short lines that cannot be read at a glance."""
    return base64.encodebytes(json.dumps(exercise, ensure_ascii=False).encode()).decode()


def judge(exercise: dict[str, Any], answer: object) -> tuple[bool, str]:
    """Return whether an answer is right, and what to say; ``judge`` of ``answer.js`` does the same."""
    value, slips = exercise["value"], exercise["slips"]
    if "choices" in exercise:
        right = answer == value
        return right, "Right." if right else slips.get(answer, "No.")
    number, tolerance = to_number(answer, value, exercise.get("of", "")), exercise["tolerance"]
    if math.isnan(number):
        return False, "Write a number, such as 12,500, 0.25 or 1/3."
    if abs(number - value) <= tolerance + 1e-9 * abs(value):
        return True, "Right."
    for slip, meaning in slips.items():
        wrong = to_number(slip)
        if abs(number - wrong) <= max(tolerance, 0.005 * abs(wrong)):
            return False, meaning
    return False, f"Not yet: it is too {'large' if number > value else 'small'}."


def to_number(answer: Any, value: float = math.inf, of: str = "") -> float:
    """Return a number, or the one that somebody wrote, such as 12,500,000, −0.5, 1/3, 2e-3 or 40 %; NaN for others.

    :param answer: what was written
    :param value: the correct number; if it is a fraction, at most 1, so is a percentage
    :param of: what the number is of; a unit has to be one of its words, or to abbreviate one
    """
    if not isinstance(answer, str):
        try:
            return float(answer)
        except (TypeError, ValueError, OverflowError):
            return math.nan
    if len(answer) > LONGEST:
        return math.nan
    plain = re.sub("[−–]", "-", answer.strip())
    match = NUMBER.fullmatch(re.sub("(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", plain))
    if not match or not (divisor := float(match[2] or 1)):
        return math.nan
    number, unit = float(match[1]) / divisor, match[3] or ""
    if unit in ("%", "percent"):
        return number / 100 if abs(value) <= 1 else number
    return number if re.search(r"\b" + r"\w*".join(unit), of, re.IGNORECASE | re.ASCII) or not unit else math.nan
