import json

from built_site import find_violations, press
from playwright.sync_api import expect

WIDGET = ("sentiment/stuck-at-chance.html", ".detective", {"reduced_motion": "reduce"})
TESTS = ["Loss", "Memorise 100", "Update size", "Add zeros", "Three reviews", "Gradient"]


def accuse(widget, suspect):
    widget.get_by_label(suspect, exact=True).check()
    press(widget, "Name the culprit")


def test_three_tests_can_be_ordered_and_are_said(widget):
    buttons = [widget.get_by_role("button", name=name, exact=True) for name in TESTS]
    name, status = widget.get_by_role("button", name="Name the culprit"), widget.locator(".widget-spoken")
    assert name.is_disabled()
    buttons[2].focus()
    widget.page.keyboard.press("Enter")
    expect(status).to_have_text("Update size: By 0.014 % of their size; 0.1 to 10 % is usual. Run three tests: 2 left.")
    buttons[2].press("Enter")  # a second time costs nothing
    expect(widget.locator("legend").first).to_have_text("Run three tests: 2 left")
    for button in (buttons[0], buttons[4], buttons[5]):
        button.press("Enter")
    expect(status).to_contain_text("Three reviews: “")
    assert widget.locator("[data-known]").count() == 3
    for state, those in {"aria-pressed": (0, 2, 4), "aria-disabled": (1, 3, 5)}.items():
        assert [k for k, button in enumerate(buttons) if button.get_attribute(state) == "true"] == list(those)


def test_five_cases_are_solved_and_explained(widget):
    page, known = widget.page, json.loads(widget.get_attribute("data-cases"))
    verdict = widget.locator(".detective-verdict")
    for number, (culprit, *_) in enumerate(known["cases"], 1):
        expect(widget.locator(".detective-case")).to_contain_text(f"Case {number} of 5.")
        for name in TESTS[2:5]:
            press(widget, name)
        accuse(widget, culprit)
        expect(verdict).to_contain_text(f"✓ Right, {culprit}.")
        expect(verdict).to_contain_text("Nobody else is left.")
        assert widget.locator("path.widget-line").count() == 2  # with the training without the fault
        if number == 1:
            assert find_violations(page, ".detective") == []
        if number < 5:
            focused = page.locator(":focus")
            expect(focused).to_have_text("Next case ▶")
            focused.press("Enter")
            expect(page.locator(":focus")).to_have_text("Loss")
            expect(verdict).to_be_empty()
    expect(verdict).to_contain_text("Too few units were never to blame")
    expect(widget.locator(".detective-case")).to_contain_text("You named 5 of 5.")
    press(widget, "Start again")
    expect(widget.locator(".detective-case")).to_have_text("Case 1 of 5.")


def test_who_is_wrong_learns_what_the_tests_leave(widget):
    press(widget, "Loss")
    press(widget, "Memorise 100")
    accuse(widget, "too few units")
    verdict = widget.locator(".detective-verdict")
    expect(verdict).to_contain_text("✗ Not too few units, but updates too small. SGD")
    assert verdict.inner_text().count("ask for:") == 1
    press(widget, "Add zeros")  # now the others are open
    expect(widget.locator(".widget-spoken")).to_contain_text("Add zeros: They change nothing.")
