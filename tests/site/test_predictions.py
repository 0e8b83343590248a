import json

import pytest
from built_site import PAGES, SIDEWAYS, SITE, find_violations
from playwright.sync_api import expect

ASKING = [page for page in PAGES if '<form class="predict"' in (SITE / page).read_text(encoding="utf-8")]
PAGE = "theory/unrolling.html"
READY = ".predict output:not(:empty)"  # its script has run
PHONE = {"viewport": {"width": 360, "height": 800}}


def test_at_least_eight_results_are_predicted():
    assert sum((SITE / page).read_text(encoding="utf-8").count('<form class="predict"') for page in ASKING) >= 8


@pytest.mark.parametrize("name", ASKING)
def test_a_result_is_hidden_until_it_is_predicted_by_keyboard(opened, name):
    page = opened(name, **PHONE)
    for form in page.locator(".predict").all():
        expect(form.locator("output")).not_to_be_empty()
        assert find_violations(page, ".predict") == []
        block = form.locator("xpath=following-sibling::*[contains(@class, 'predicted')]").first
        assert not block.is_visible()
        result, status = form.get_attribute("data-result"), form.get_by_role("status")
        for control in form.get_by_role("button").all():
            assert control.bounding_box()["height"] >= 44
        slider = form.get_by_role("slider")
        slider.focus()
        before = form.locator("output").inner_text()
        page.keyboard.press("ArrowRight")
        guess = form.locator("output").inner_text()
        assert guess != before
        assert slider.get_attribute("aria-valuetext") == guess
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(status).to_contain_text(f"It is {result}. You said {guess}. Your prediction is ")
        expect(status).to_be_focused()
        assert block.is_visible()
        assert not slider.is_visible()
    assert all(block.is_visible() for block in page.locator(".predicted:not(:has(> details.quiet))").all())
    assert find_violations(page, ".predict") == []
    assert page.evaluate(SIDEWAYS) <= 0


def test_shown_without_a_prediction_the_next_visit_asks_no_more(opened):
    page = opened(PAGE, READY)
    form = page.locator(".predict")
    form.get_by_role("button", name="Show").press("Enter")
    expect(form.get_by_role("status")).to_have_text(f"It is {form.get_attribute('data-result')}.")
    assert page.locator(".predicted").first.is_visible()
    kept = page.evaluate("localStorage.getItem('rnn_tutorial.exercises')")
    assert json.loads(kept) == {"theory/unrolling#predict-0": "done", "last": f"/{PAGE}"}
    page.reload()
    expect(form).to_be_hidden()
    expect(page.locator(".predicted").first).to_be_visible()


@pytest.mark.parametrize("name", ["theory/learning.html", "explorer.html"])
def test_paper_and_pages_without_javascript_have_the_result_alone(opened, name):
    paper = opened(name)
    expect(paper.locator(".predict output").first).not_to_be_empty()
    paper.emulate_media(media="print")
    for page in (paper, opened(name, java_script_enabled=False)):
        assert not any(form.is_visible() for form in page.locator(".predict").all())
        assert all(block.is_visible() for block in page.locator(".predicted").all())
