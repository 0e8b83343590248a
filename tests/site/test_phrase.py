import json

import pytest
from playwright.sync_api import expect

WIDGET = ("theory/feed-forward-limits.html", ".phrase", {"reduced_motion": "reduce"})
START = 4
NETWORKS = ["Bag of words", "Feed-forward", "Simple RNN", "LSTM"]


def given(widget):
    return json.loads(widget.get_attribute("data-predictions"))


def sentence_of(widget):
    return " ".join(widget.locator(".phrase-word").all_inner_texts())


def shown(widget):
    """Give the numbers and the verdicts of the table, and where the bars end in percent."""
    rows = [row.locator("td").all_inner_texts()[1:] for row in widget.locator("> table tbody tr").all()]
    widths = widget.locator(".phrase-fill").evaluate_all("nodes => nodes.map(node => parseFloat(node.style.width))")
    return rows, widths


def expected(predictions, run, phrase, start):
    of_each = [predictions["networks"][name][run][phrase][start] for name in NETWORKS]
    rows = [[f"{int(100 * y + 0.5)} %", "right" if (y > 0.5) == (phrase == 0) else "wrong"] for y in of_each]
    return rows, pytest.approx([100 * y for y in of_each])


def test_at_each_position_it_shows_what_the_package_computed(widget):
    page, predictions = widget.page, given(widget)
    run, words = predictions["first"], widget.get_by_role("slider")
    assert list(predictions["networks"]) == NETWORKS
    assert predictions["seeds"] == list(range(101, 111))
    words.focus()
    for phrase in (0, 1):
        page.keyboard.press("Home")
        for start in range(9):
            fillers = predictions["fillers"]
            text = " ".join([*fillers[:start], predictions["phrases"][phrase], *fillers[start:]])
            assert sentence_of(widget) == text
            assert words.get_attribute("aria-valuetext") == f"{start}: {text}"
            assert shown(widget) == expected(predictions, run, phrase, start)
            page.keyboard.press("ArrowRight")
        assert words.get_attribute("aria-valuenow") == "8"
        widget.get_by_role("button", name="Swap").press("Enter")
        words.focus()
    widget.get_by_label("Seed").select_option("105")
    page.keyboard.press("Tab")
    assert shown(widget) == expected(predictions, 4, 0, 8)


def test_the_words_are_dragged_by_one_of_them_and_stay_there(widget):
    page, places = widget.page, widget.locator(".phrase-word")

    def to(place):
        box = places.nth(place).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)

    widget.scroll_into_view_if_needed()
    to(START + 1)  # "bad"
    page.mouse.down()
    to(2)
    assert sentence_of(widget).split()[1:5] == ["not", "bad", "but", "good"]
    to(11)
    assert sentence_of(widget).endswith("not bad but good")
    to(0)
    assert sentence_of(widget).startswith("not bad but good")
    page.mouse.up()
    to(6)
    page.mouse.down()  # on another word nothing is held
    to(9)
    page.mouse.up()
    assert sentence_of(widget).startswith("not bad but good")


def test_a_finger_drags_the_words_and_scrolls_the_page_beside_them(opened):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "reduced_motion": "reduce"}
    page = opened(WIDGET[0], ".phrase[data-ready]", **phone)
    widget = page.locator(".phrase")
    action = "node => getComputedStyle(node).touchAction"
    slots = widget.locator(".phrase-slot")
    assert [slot.evaluate(action) == "none" for slot in slots.all()] == [4 <= k < 8 for k in range(12)]
    widget.scroll_into_view_if_needed()
    touch = page.context.new_cdp_session(page)

    def send(kind, place=None):
        box = slots.nth(place).bounding_box() if place is not None else None
        points = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] - 10}] if box else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 4)
    for place in (3, 2, 1, 0, 6):  # the last one is on the second line
        send("touchMove", place)
    send("touchEnd")
    assert sentence_of(widget).split()[6] == "not"


def test_the_outcome_is_said_and_buttons_work_as_keys(widget):
    status, predictions = widget.get_by_role("status"), given(widget)
    back, forward = (widget.get_by_role("button", name=f"Move the four words {way}") for way in ("back", "forward"))
    assert status.inner_text() == ""
    forward.press("Enter")
    of_each = expected(predictions, predictions["first"], 0, START + 1)[0]
    told = ", ".join(f"{name} {percent}" for name, (percent, _) in zip(NETWORKS, of_each, strict=True))
    expect(status).to_have_text(
        f"Position 5, not seen in training. The sentence is positive. Probability of “positive”: {told}."
    )
    assert widget.locator("> table tbody tr").first.locator("i").count() == 2  # a mark for each position so far
    for _ in range(9):  # more often than there are positions
        back.press("Enter")
    assert widget.get_by_role("slider").get_attribute("aria-valuenow") == "0"
    assert (back.get_attribute("aria-disabled"), forward.get_attribute("aria-disabled")) == ("true", "false")
    widget.get_by_role("button", name="Swap").click()
    expect(status).to_contain_text("Position 0, seen in training. The sentence is negative.")
