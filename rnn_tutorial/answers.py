"""Check answers to the exercises in a notebook, with the tolerance and the words of their page.

A notebook has each declared answer as an encoded text, so that nobody reads it by accident.
"""

import base64
import json
import math
import re
from typing import Any

__all__ = ["check"]

NUMBER = re.compile(r"(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:\s*/\s*(\d+\.?\d*))?", re.IGNORECASE)


def check(answer: object, declared: str) -> None:
    """Print whether an answer is right, and if it is a typical slip, what it means.

    :param answer: a number, or text such as ``"12,500"``, ``"1/3"``, ``"40 %"`` or one of the choices
    :param declared: the encoded answer, which the notebook of a page such as :doc:`/theory/recurrence` contains
    :raises ValueError: if ``declared`` is not such a text

    Example:

    >>> from rnn_tutorial.answers import check, encode
    >>> slips = {"0.993": "That is the gate."}
    >>> declared = encode({"value": 4.97, "tolerance": 0.02, "slips": slips})
    >>> check(4.96, declared)
    ✓ Right.
    >>> check("0.993", declared)
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
    number, tolerance = to_number(answer), exercise["tolerance"]
    if math.isnan(number):
        return False, "Write a number, such as 12,500, 0.25 or 1/3."
    if abs(number - value) <= tolerance + 1e-9 * abs(value):
        return True, "Right."
    for slip, meaning in slips.items():
        wrong = to_number(slip)
        if abs(number - wrong) <= max(tolerance, 0.005 * abs(wrong)):
            return False, meaning
    return False, f"Not yet: it is too {'large' if number > value else 'small'}."


def to_number(answer: Any) -> float:
    """Return a number, or the one that somebody wrote, such as 12,500,000, −0.5, 1/3, 2e-3 or 40 %; NaN for others."""
    if not isinstance(answer, str):
        try:
            return float(answer)
        except (TypeError, ValueError):
            return math.nan
    plain = re.sub("[−–]", "-", answer.strip())
    plain = re.sub(r"\s*%$", "", re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", plain))
    match = NUMBER.fullmatch(plain)
    if not match or not (divisor := float(match[2] or 1)):
        return math.nan
    return float(match[1]) / divisor
