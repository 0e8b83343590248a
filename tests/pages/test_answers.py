"""Answers are checked in a notebook as on their page; tests/site/test_answers.py compares the two."""

import math

import numpy as np
import pytest

from rnn_tutorial.pages.answers import check_answer, encode, to_number

GATE = {"value": 4.97, "tolerance": 0.02, "slips": {"0.993": "That is the gate: σ."}}
EXACT = {"value": 0.3, "tolerance": 0, "slips": {}}
CHOICE = {"value": "the second", "choices": ["the first", "the second", "neither"], "slips": {"the first": "Once."}}


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        (GATE, 4.97, "✓ Right."),
        (GATE, "4.96", "✓ Right."),
        (GATE, np.float64(4.99), "✓ Right."),
        (GATE, 4.9901, "✗ Not yet: it is too large."),
        (GATE, 4, "✗ Not yet: it is too small."),
        (GATE, np.array(0.9931), "✗ That is the gate: σ."),
        (GATE, 1.014, "✗ Not yet: it is too small."),
        *[(GATE, none, "✗ Write a number, such as 12,500, 0.25 or 1/3.") for none in ("five", [1, 2], None, 101 * "4")],
        (GATE, ..., "Put your answer in place of the dots."),
        (EXACT, 0.1 + 0.2, "✓ Right."),
        (EXACT, 0.3001, "✗ Not yet: it is too large."),
        (CHOICE, "the second", "✓ Right."),
        (CHOICE, "the first", "✗ Once."),
        (CHOICE, "neither", "✗ No."),
        (CHOICE, ..., "Put your answer in place of the dots."),
    ],
)
def test_an_answer_is_checked(capsys, exercise, answer, says):
    check_answer(answer, encode(exercise))
    assert capsys.readouterr().out == f"{says}\n"


def test_an_encoded_answer_cannot_be_read_at_a_glance():
    text = encode(GATE)
    assert "4.97" not in text and "gate" not in text
    assert max(map(len, text.splitlines())) < 80


@pytest.mark.parametrize("declared", ["", "eyJ2YWx1ZS", "no"])
def test_a_text_that_is_no_declared_answer_is_refused(declared):
    with pytest.raises(ValueError, match="`declared`: expected the text that the notebook has here"):
        check_answer(1, declared)


@pytest.mark.parametrize(
    ("written", "number"),
    [("12,500,000", 12.5e6), (" −0.5 ", -0.5), ("–.5", -0.5), ("1/3", 1 / 3), ("2e-3", 0.002), (True, 1)],
)
def test_numbers_are_read_as_people_write_them(written, number):
    assert to_number(written) == pytest.approx(number)


@pytest.mark.parametrize(
    ("written", "value", "of", "number"),
    [
        ("40 %", 0.4, "the fraction that is left", 0.4),
        ("40 percent", 1, "", 0.4),
        ("40 %", 40, "the accuracy", 40),
        ("12.8 MB", 12.8, "megabytes for the cell", 12.8),
        ("12.8megabytes", 12.8, "megabytes for the cell", 12.8),
        ("2e1 seeds", 20, "the number of seeds", 20),
        ("12.8 GB", 12.8, "megabytes for the cell", np.nan),  # a thousand times as many
        ("12.8 MiB", 12.8, "megabytes for the cell", np.nan),
        ("12.8 %%", 12.8, "megabytes for the cell", np.nan),
    ],
)
def test_a_percent_sign_and_a_unit_are_read(written, value, of, number):
    assert to_number(written, value, of) == pytest.approx(number, nan_ok=True)


@pytest.mark.parametrize("written", ["", "1,2", "12,34,567", "1/0", "one", "1 2", "0x1", "1" * 101, 2**1024])
def test_what_is_no_number_is_none(written):
    assert math.isnan(to_number(written))
