import re

import pytest
from built_site import SIDEWAYS, SITE, find_violations
from playwright.sync_api import expect

MOVED = re.compile(r"“.+” moved (the LSTM|both) most")
HOME = ("index.html", ".player-now strong")
DESK, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
CHIPS = ["They disagree", "Not bad", "A turn", "Fool them"]


@pytest.fixture
def still(opened):
    return opened(*HOME, reduced_motion="reduce", viewport=DESK)


def test_it_plays_once_turns_the_loop_and_a_click_pauses_it(opened):
    page = opened(*HOME)
    verdict, word = page.locator(".player-verdict"), page.locator(".player-word")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_function("() => document.querySelector('.player-pulse').getAnimations().length > 0")
    page.locator(".player .widget-words button").nth(2).click()
    expect(word).to_have_text(page.locator(".player .widget-words button").nth(2).inner_text())
    expect(verdict).to_have_text(re.compile(r"\?$"))
    page.get_by_role("button", name="Play").click()
    expect(verdict).to_have_text(MOVED)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_without_motion_it_stands_at_the_end_and_keys_go_through_it(still):
    expect(still.locator(".player-verdict")).to_have_text(MOVED)
    hue = "(node, name) => getComputedStyle(node).getPropertyValue(name)"
    states = {still.locator(".of-state").first.evaluate(hue, f"--state-{side}") for side in ("more", "less")}
    lines = {still.locator(".player").evaluate(hue, f"--widget-{side}") for side in ("more", "less")}
    assert not states & lines  # a state above 0 is no raised probability
    assert still.evaluate("document.getAnimations().length") == 0
    still.locator(".player .widget-words [tabindex='0']").focus()
    still.keyboard.press("Home")
    still.keyboard.press("ArrowRight")
    words = still.locator(".player .widget-words button")
    expect(still.locator(".player-word")).to_have_text(words.nth(1).inner_text())
    expect(still.locator(".player-loop")).to_contain_text("h2")
    chains = still.locator(".player-chain")
    assert chains.nth(0).locator(".player-box").count() == chains.nth(1).locator(".player-box").count() == words.count()
    assert chains.nth(0).locator(".player-arrow").count() == words.count() - 1


def test_each_chip_brings_its_sentence_and_the_last_one_fools_a_network(still):
    for chip in CHIPS:
        button = still.get_by_role("button", name=chip)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(still.locator(".player [aria-pressed=true]")).to_have_count(1)
        words = still.locator(".player .widget-words button").all_inner_texts()
        assert still.get_by_label("Type a sentence").input_value().split() == [word.strip("?") for word in words[1:]]
        expect(still.locator(".player-verdict")).to_have_text(MOVED)
        link = still.locator(".player-verdict a").first.get_attribute("href")
        assert (SITE / link.partition("#")[0]).is_file()
        assert find_violations(still, ".player") == []
    expect(still.locator(".player-verdict")).to_contain_text("You read praise")
    expect(still.locator(".player-verdict")).to_contain_text(re.compile("Without “.+” the LSTM’s verdict is the same"))
    assert not [url for url in still.asked if ".safetensors" in url]


def test_the_networks_come_with_the_first_key(still):
    assert not [url for url in still.asked if ".safetensors" in url]
    below = still.locator(".home-cards").bounding_box()
    own = still.get_by_label("Type a sentence")
    own.fill("")
    own.press_sequentially("a wonderful fllm")
    verdict = still.locator(".player-verdict")
    expect(verdict).to_contain_text("neither knows “fllm”")
    link = verdict.get_by_role("link")
    page, _, anchor = link.get_attribute("href").partition("#")
    assert f'id="{anchor}"' in (SITE / page).read_text(encoding="utf-8")
    assert len([url for url in still.asked if ".safetensors" in url]) == 2
    words = still.locator(".player .widget-words button")
    expect(words).to_have_text(["start", "a", "wonderful", "fllm"])
    expect(still.locator(".player [aria-pressed=true]")).to_have_count(0)
    assert find_violations(still, ".player") == []
    assert still.locator(".home-cards").bounding_box() == below
    own.fill("not a fllm")
    expect(verdict).to_contain_text(re.compile("Without “not” the LSTM’s verdict (is the same:|would be) [0-9]+"))
    own.fill("word " * 60)
    expect(words).to_have_count(61)
    assert still.evaluate(SIDEWAYS) <= 0


def test_what_is_typed_goes_on_from_the_first_new_word(opened):
    page = opened(*HOME)
    own = page.get_by_label("Type a sentence")
    own.fill("the actors are great")
    words = page.locator(".player .widget-words button")
    expect(words).to_have_count(5)
    own.press("End")
    own.press_sequentially(" fun")
    expect(words).to_have_count(6)
    expect(page.locator(".player-loop")).to_contain_text(re.compile("h[56]"))  # not h1 again
    expect(page.locator(".player-verdict")).to_have_text(MOVED)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_all_of_it_is_on_the_first_screen(opened, size):
    page = opened(*HOME, reduced_motion="reduce", viewport=size)
    places = ("h1", ".home-buttons a", ".player [type=text]", ".player-chips button", ".player-loop", ".player-chain")
    for chip in CHIPS:
        page.get_by_role("button", name=chip).click()
        for what in (*places, ".player .widget-steps button", ".player-verdict a"):
            box = page.locator(what).last.bounding_box()
            assert box["y"] + box["height"] <= size["height"], (chip, what)
