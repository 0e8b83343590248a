import json

import pytest
from built_site import PAGES, SIDEWAYS, SITE, find_violations
from playwright.sync_api import expect

from rnn_tutorial.pages.answers import judge

WITH_ANSWERS = [page for page in PAGES if 'class="answer"' in (SITE / page).read_text(encoding="utf-8")]
JUDGE = "async ([exercise, given]) => (await import('/_static/answer/answer.js')).judge(exercise, given)"


def test_several_pages_have_answers():
    assert {"theory/learning.html", "theory/lstm.html", "sentiment/comparison.html"} <= set(WITH_ANSWERS)


@pytest.mark.parametrize("name", WITH_ANSWERS)
def test_each_field_knows_its_answer_and_its_slips_and_a_notebook_judges_in_its_words(opened, name):
    page = opened(name, ".answer input", viewport={"width": 360, "height": 800})
    for place in page.locator(".answer").all():
        exercise, said = json.loads(place.get_attribute("data-answer")), place.get_by_role("status")
        for given, says in [*exercise["slips"].items(), (str(exercise["value"]), "Right.")]:
            if "choices" in exercise:
                place.get_by_label(given, exact=True).check()
            else:
                place.get_by_role("textbox").fill(given)
                place.get_by_role("textbox").press("Enter")
            expect(said).to_contain_text(says)
            assert place.get_attribute("data-right") == str(says == "Right.").lower()
        tries = [str(exercise["value"]), *exercise["slips"], "nothing", *exercise.get("choices", ["", "1,000", "−1/3"])]
        if "choices" not in exercise:
            value, words = exercise["value"], exercise["of"].split()
            tries += [f"{100 * value} %", f"{value:e}", "1/0", "1,2", "nine", "9" * 80_000]
            tries += [f"{value} {word[:length]}" for word in ("%", "MB", "GB", *words) for length in (2, 99)]
            tries += [str(exercise["value"] * factor + off) for factor in (0.9, 1.004, 1.1) for off in (-1, 0, 1)]
        for given in tries:
            judged = page.evaluate(JUDGE, [exercise, given])
            assert (judged["right"], judged["text"]) == judge(exercise, given), (exercise, given)
    assert page.evaluate(SIDEWAYS) <= 0
    assert find_violations(page, ".answer") == []
