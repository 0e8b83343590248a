import re

import pytest
from built_site import SIDEWAYS, find_violations, press
from playwright.sync_api import expect

WIDGET = ("index.html", ".story", {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 720}})
DESK, PHONE = WIDGET[2], {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SMALL, WIDE = {"viewport": {"width": 320, "height": 568}}, {"viewport": {"width": 2560, "height": 1300}}
MOST_WORDS = 60
GO = """step => document.querySelectorAll(".story-scroll > section")[step].querySelector("h2 + p")
    .scrollIntoView({block: "center"})"""
DOTS = ".story-strip .story-dot"


def go(widget, step):
    """Scroll to a step, counted from 0."""
    widget.page.evaluate(GO, step)
    wanted = [".train-plane", ".train-practice", ".story-equation", ".story-code", ".story-strip"]
    expect(widget.locator(f"{wanted[min(step, 4)]}:visible").first).to_be_visible()


def says(widget):
    return widget.locator(".story-says")


def places(widget):
    """Give the places of the dot from the fourth word on."""
    return {(dot.get_attribute("cx"), dot.get_attribute("cy")) for dot in widget.locator(DOTS).all()[3:]}


def test_each_step_is_one_thought_and_has_an_address_and_a_link(widget):
    steps = widget.page.locator(".story-scroll > section, .story-scroll ~ section")
    assert steps.count() == 10
    for step in steps.all():
        words = " ".join(step.locator("> p").all_inner_texts()).split()
        assert step.get_attribute("id")
        assert len(words) <= MOST_WORDS, words
        assert step.locator("a[href*='.html']").count() >= 1


def test_exchanged_words_end_on_the_other_side_and_are_moved_by_keys_pointer_and_tap(widget):
    expect(says(widget)).to_have_text(re.compile("“not bad but good”: praise"))
    press(widget, "Exchange good and bad")
    expect(says(widget)).to_have_text(re.compile("“not good but bad”: criticism.*“not bad but good”: praise"))
    tiles = widget.locator(".story-tile")
    tiles.nth(1).focus()
    widget.page.keyboard.press("ArrowRight")
    expect(tiles).to_have_text(["not", "but", "good", "bad"])
    expect(tiles.nth(2)).to_be_focused()
    widget.page.keyboard.press("ArrowUp")
    expect(tiles).to_have_text(["not", "but", "so", "bad"])
    tiles.nth(3).click()
    expect(tiles).to_have_text(["not", "but", "so", "but"])
    expect(says(widget)).to_contain_text("only sentences that end in good or bad")
    one, other = (tiles.nth(k).bounding_box() for k in (0, 2))
    widget.page.mouse.move(one["x"] + 20, one["y"] + 20)
    widget.page.mouse.down()
    widget.page.mouse.move(other["x"] + 20, other["y"] + 20, steps=4)
    widget.page.mouse.up()
    expect(tiles).to_have_text(["so", "but", "not", "but"])


def test_the_network_learns_what_it_is_trained_for(widget):
    go(widget, 1)
    line = widget.locator(".train-line:visible")
    expect(line).to_have_text("Its weights are random.")
    # as a screen reader does; test_same_words.py holds the button
    widget.get_by_role("button", name="Hold: train").locator("visible=true").dispatch_event("click")
    expect(line).to_contain_text("It has learnt it.")
    expect(says(widget)).to_have_text(re.compile("“not bad but good”: praise.*“not good but bad”: criticism"))


def test_an_arrow_that_is_dragged_changes_the_weights_of_all_steps(widget):
    go(widget, 2)
    path = widget.locator(".train-plane:visible polyline").first
    first = path.get_attribute("points")
    tip = widget.get_by_role("slider", name="Tip of W x")
    tip.focus()
    widget.page.keyboard.press("ArrowUp")
    moved = path.get_attribute("points")
    box = tip.bounding_box()
    widget.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    widget.page.mouse.down()
    widget.page.mouse.move(box["x"] + 60, box["y"] + 50, steps=3)
    widget.page.mouse.up()
    assert len({first, moved, path.get_attribute("points")}) == 3
    press(widget, "Undo")
    assert path.get_attribute("points") == first


def test_a_line_moves_the_dot_and_a_slip_is_named(widget):
    go(widget, 3)
    path, line = widget.locator(".train-plane:visible polyline").first, widget.locator(".story-code")
    shown = set()
    for code, told in {
        "np.tanh(W @ x)": "nothing is remembered", "U @ h + W @ x": "flies out", "np.tanh(U @ h + W @ x)": "Right.",
        "np.tanh(U @ h + W @ x": "“)” is missing",
    }.items():  # fmt: skip
        line.fill(code)
        expect(says(widget)).to_contain_text(told)
        shown.add(path.get_attribute("points"))
    assert len(shown) == 3  # what cannot be read moves nothing


def test_the_red_comes_back_thins_over_a_gap_and_passes_an_open_door(widget):
    go(widget, 4)
    red = widget.locator(".story-red")
    assert float(red.first.get_attribute("height")) == 0
    press(widget, "Press the last word")
    near = float(red.first.get_attribute("height"))
    go(widget, 5)
    gap = widget.get_by_label("How often so")
    expect(gap).to_have_value("5")
    gap.fill("60")
    expect(widget.locator(".story-strip text").last).to_have_text("so 60")
    assert 8 < red.count() < 64  # as many as can be seen
    assert float(red.first.get_attribute("height")) < 1e-3 < near
    go(widget, 6)
    expect(says(widget)).to_have_text(re.compile("“not bad but good”, then 60 times so: praise"))
    expect(widget.locator(".train-line:visible")).to_have_text("Shown is a network that has learned it.")
    door = widget.get_by_label("Door in the gap")
    door.fill("100")
    assert len(places(widget)) == 1  # the dot stays
    expect(says(widget)).to_contain_text("It judges 100 % of all sentences rightly.")
    door.fill("0")
    assert len(places(widget)) > 1
    expect(says(widget)).to_contain_text("It judges 50 % of all sentences rightly.")
    press(widget, "Another learned one")
    expect(says(widget)).to_have_text(re.compile(r"It judges [78]\d % of all sentences rightly\."))
    door.fill("100")
    expect(says(widget)).to_contain_text("It judges 50 % of all sentences rightly.")


@pytest.mark.parametrize("options", [DESK, PHONE, SMALL, WIDE], ids=["desk", "phone", "small", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wrong_in_any_step(opened, options, scheme):
    page = opened("index.html", ".story[data-ready]", color_scheme=scheme, **options)
    stage = page.locator(".story")
    for step in range(7):
        go(stage, step)
        assert find_violations(page, ".story-scroll") == []
        assert page.evaluate(SIDEWAYS) <= 0
        inside = stage.evaluate("e => e.scrollHeight - e.clientHeight")
        assert inside <= 2 or options is SMALL, step  # which scrolls
    page.locator(".story-scroll ~ section").first.scroll_into_view_if_needed()


def test_you_judge_ten_reviews_before_the_networks_do(opened):
    page = opened("index.html", ".story[data-ready]", reduced_motion="reduce")
    game = page.locator(".first")
    game.scroll_into_view_if_needed()
    reviews = set()
    for turn in range(10):
        reviews.add(game.locator("blockquote").inner_text())
        assert "sure" not in game.inner_text()  # nothing is told before
        press(game, "Praise")
        expect(game.locator("[role=status]")).to_contain_text("Its author meant")
        if turn < 9:
            press(game, "Next review")
    assert len(reviews) == 10
    expect(game.locator("output").first).to_have_text("5 of 10")  # half of them are praise
    expect(game.locator("blockquote")).to_have_text(re.compile(r"You 5, simple RNN \d+, LSTM \d+, of 10\."))
    assert find_violations(page, ".first") == []
    press(game, "Copy score and link")
