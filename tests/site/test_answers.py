"""Exercises answer back: each declared answer has a field that knows it, its slips, and what is no number."""

import json

import pytest
from built_site import PAGES, SITE, find_violations
from playwright.sync_api import expect

from rnn_tutorial.pages.answers import judge

WITH_ANSWERS = [page for page in PAGES if 'class="answer"' in (SITE / page).read_text(encoding="utf-8")]
JUDGE = "async ([exercise, given]) => (await import('/_static/answer/answer.js')).judge(exercise, given)"


@pytest.fixture(scope="module")
def opened(browser, address):
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.address = address
    yield page
    assert page.faults == []
    page.close()


def test_several_pages_have_answers():
    assert {"theory/learning.html", "theory/lstm.html", "sentiment/comparison.html"} <= set(WITH_ANSWERS)


@pytest.mark.parametrize("name", WITH_ANSWERS)
def test_each_field_knows_its_answer_and_explains_its_slips(opened, name):
    opened.goto(f"{opened.address}/{name}")
    opened.wait_for_load_state("networkidle")
    for place in opened.locator(".answer").all():
        exercise, said = json.loads(place.get_attribute("data-answer")), place.get_by_role("status")
        for given, says in [*exercise["slips"].items(), (str(exercise["value"]), "Right.")]:
            if "choices" in exercise:
                place.get_by_label(given, exact=True).check()
            else:
                place.get_by_role("textbox").fill(given)
                place.get_by_role("textbox").press("Enter")
            expect(said).to_contain_text(says)
            assert place.get_attribute("data-right") == str(says == "Right.").lower()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert opened.evaluate(wide) <= 0
    assert find_violations(opened, ".answer") == []


@pytest.mark.parametrize("name", WITH_ANSWERS)
def test_a_notebook_judges_as_the_page_does_and_with_the_same_words(opened, name):
    opened.goto(f"{opened.address}/{name}")
    for place in opened.locator(".answer").all():
        exercise = json.loads(place.get_attribute("data-answer"))
        tries = [str(exercise["value"]), *exercise["slips"], "nothing", *exercise.get("choices", ["", "1,000", "−1/3"])]
        if "choices" not in exercise:
            value, words = exercise["value"], exercise["of"].split()
            tries += [f"{100 * value} %", "1/0", "1" * 101]
            tries += [f"{value} {word[:length]}" for word in ("%", "MB", "GB", *words) for length in (2, 99)]
            tries += [str(exercise["value"] * factor + off) for factor in (0.9, 1.004, 1.1) for off in (-1, 0, 1)]
        for given in tries:
            judged = opened.evaluate(JUDGE, [exercise, given])
            assert (judged["right"], judged["text"]) == judge(exercise, given), (exercise, given)


NUMBER = {"value": 9300, "tolerance": 100, "slips": {"4524": "One variance."}}


@pytest.mark.parametrize(
    ("exercise", "given", "says"),
    [
        (NUMBER, "9,317", "Right."),
        (NUMBER, "9.3e3", "Right."),
        (NUMBER, "4,520", "One variance."),
        (NUMBER, "10000", "Not yet: it is too large."),
        (NUMBER, "−3", "Not yet: it is too small."),
        (NUMBER, "nine", "Write a number"),
        (NUMBER, "", "Write a number"),
        (NUMBER, "1,2", "Write a number"),
        ({"value": 1 / 3, "tolerance": 0, "slips": {}}, "1/3", "Right."),
        ({"value": 40, "tolerance": 0, "slips": {}}, "40 %", "Right."),
        ({"value": 0.4, "tolerance": 0, "slips": {}}, "40 %", "Right."),
        ({"value": 0.4, "tolerance": 0, "slips": {}}, "0.4 %", "Not yet: it is too small."),
        ({"of": "megabytes for it", "value": 12.8, "tolerance": 0, "slips": {}}, "12.8 MB", "Right."),
        (NUMBER, "9" * 80_000, "Write a number"),
        ({"value": "yes", "choices": ["yes", "no"], "slips": {}}, "no", "No."),
    ],
)
def test_numbers_are_read_as_people_write_them(opened, exercise, given, says):
    opened.goto(f"{opened.address}/theory/learning.html")
    judged = opened.evaluate(JUDGE, [exercise, given])
    assert judged["text"].startswith(says)
    assert judged["right"] == (says == "Right.")
