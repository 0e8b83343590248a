"""The player of the home page: it plays by itself, once, and loads the network when somebody types."""

import re

import pytest
from built_site import SIDEWAYS, find_violations
from playwright.sync_api import expect

LAST = re.compile(r"^\d+ % positive at the end$")
HOME = ("index.html", ".player-verdict strong")


@pytest.fixture
def still(opened):
    """Give the home page of a reader who asked for no motion."""
    return opened(*HOME, reduced_motion="reduce", viewport={"width": 1440, "height": 900})


def test_it_plays_once_and_a_click_pauses_it(opened):
    page = opened(*HOME, color_scheme="dark")
    verdict = page.locator(".player-verdict")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert find_violations(page, ".player") == []  # words that it has not read yet, too
    page.locator(".player .widget-words button").nth(4).click()
    expect(verdict).to_contain_text("after “great”")
    page.get_by_role("button", name="Play").click()
    expect(verdict).to_have_text(LAST)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_without_motion_it_stands_at_the_end_and_keys_go_through_it(still):
    expect(still.locator(".player-verdict")).to_have_text(LAST)
    hue = "node => getComputedStyle(node).getPropertyValue('--widget-more')"
    words, states = (still.locator(f".player {name}").evaluate(hue) for name in (".widget-words", ".stage-map"))
    assert words != states  # a state above 0 is no raised probability
    still.locator(".player .widget-words [tabindex='0']").focus()
    still.keyboard.press("Home")
    still.keyboard.press("ArrowRight")
    expect(still.locator(".player-verdict")).to_contain_text("after “the”")
    still.get_by_label("Sentence", exact=True).select_option("praise that it misreads")
    expect(still.locator(".player .widget-words button").last).to_contain_text("time")


def test_the_frame_is_below_the_word_and_a_click_picks_its_word(still):
    word = still.locator(".player .widget-words button").nth(9)
    word.click()
    box, frame = word.bounding_box(), still.locator(".player .stage-frame").bounding_box()
    assert abs(box["x"] - frame["x"]) < 2
    assert abs(box["width"] - frame["width"]) < 4
    still.locator(".player .stage-lines").click(position={"x": 5, "y": 100})
    expect(still.locator(".player-verdict")).to_contain_text("before the first word")


def test_the_network_comes_with_the_first_key(still):
    assert not [url for url in still.asked if ".safetensors" in url]
    below = still.locator(".home-buttons").bounding_box()
    still.get_by_label("or type your own").press_sequentially("a wonderful fllm")
    expect(still.locator(".player-status")).to_contain_text("Words that it does not know: fllm.")
    assert len([url for url in still.asked if ".safetensors" in url]) == 1
    expect(still.locator(".player .widget-words button")).to_have_text(["start", "a", "wonderful", "fllm"])
    expect(still.locator(".player-verdict")).to_have_text(LAST)
    expect(still.get_by_label("Sentence", exact=True)).to_have_value("")
    expect(still.get_by_label("Sentence", exact=True).locator(":checked")).to_have_text("your own")
    assert still.locator(".home-buttons").bounding_box() == below
    still.get_by_label("or type your own").fill("word " * 60)
    expect(still.locator(".player .widget-words button")).to_have_count(61)
    assert still.evaluate(SIDEWAYS) <= 0


def test_on_a_phone_the_player_is_on_the_first_screen(opened):
    page = opened(*HOME, reduced_motion="reduce", viewport={"width": 390, "height": 844})
    for what in ("h1", ".player .widget-words", ".player .stage-lines", ".player .widget-steps button"):
        box = page.locator(what).first.bounding_box()
        assert box["y"] + box["height"] <= 844, what
