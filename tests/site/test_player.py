"""The player of the home page: it plays by itself, once, and loads the network when somebody types."""

import re

import pytest
from built_site import find_violations
from playwright.sync_api import expect
from test_explorer_page import open_page

LAST = re.compile(r"^\d+ % positive at the end$")


def open_home(context, address):
    page = open_page(context, address, "index.html")
    page.locator(".player-verdict strong").wait_for()
    return page


@pytest.fixture
def still(browser, address):
    """Give the home page of a reader who asked for no motion."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    page = open_home(context, address)
    yield page
    assert page.faults == []
    context.close()


def test_it_plays_once_and_a_click_pauses_it(browser, address):
    context = browser.new_context(color_scheme="dark")
    page = open_home(context, address)
    verdict = page.locator(".player-verdict")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert find_violations(page, ".player") == []  # words that it has not read yet, too
    page.locator(".player .explorer-words button").nth(4).click()
    expect(verdict).to_contain_text("after “great”")
    page.get_by_role("button", name="Play").click()
    expect(verdict).to_have_text(LAST, timeout=20_000)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert page.faults == []
    context.close()


def test_without_motion_it_stands_at_the_end_and_arrow_keys_go_through_it(still):
    expect(still.locator(".player-verdict")).to_have_text(LAST)
    hue = "node => getComputedStyle(node).getPropertyValue('--explorer-more')"
    words, states = (still.locator(f".player {name}").evaluate(hue) for name in (".explorer-words", ".stage-map"))
    assert words != states  # a state above 0 is no raised probability
    still.locator(".player .explorer-words [tabindex='0']").focus()
    still.keyboard.press("Home")
    still.keyboard.press("ArrowRight")
    expect(still.locator(".player-verdict")).to_contain_text("after “the”")
    still.get_by_label("Sentence", exact=True).select_option("praise that it misreads")
    expect(still.locator(".player .explorer-words button").last).to_contain_text("time")


def test_the_frame_stands_below_the_word_and_a_click_on_the_picture_picks_its_word(still):
    word = still.locator(".player .explorer-words button").nth(9)
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
    expect(still.locator(".player .explorer-words button")).to_have_text(["start", "a", "wonderful", "fllm"])
    expect(still.locator(".player-verdict")).to_have_text(LAST)
    expect(still.get_by_label("Sentence", exact=True)).to_have_value("")
    expect(still.get_by_label("Sentence", exact=True).locator(":checked")).to_have_text("your own")
    assert still.locator(".home-buttons").bounding_box() == below
    still.get_by_label("or type your own").fill("word " * 60)
    expect(still.locator(".player .explorer-words button")).to_have_count(61)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert still.evaluate(wide) <= 0


def test_on_a_phone_title_words_curve_and_a_button_are_on_the_first_screen(browser, address):
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 390, "height": 844})
    page = open_home(context, address)
    for what in ("h1", ".player .explorer-words", ".player .stage-lines", ".player .explorer-steps button"):
        box = page.locator(what).first.bounding_box()
        assert box["y"] + box["height"] <= 844, what
    context.close()


def test_home_weighs_little_before_somebody_types(browser, address):
    page = browser.new_page()
    sizes = []
    page.on("requestfinished", lambda request: sizes.append(sum(request.sizes()[k] for k in ("responseBodySize", "responseHeadersSize"))))  # fmt: skip # noqa: E501
    page.goto(f"{address}/index.html", wait_until="networkidle")
    assert 0 < sum(sizes) < 250_000
    page.close()


def test_without_javascript_and_on_paper_a_still_of_the_first_sentence_stands_there(browser, address, still):
    first = still.evaluate("JSON.parse(document.querySelector('.player').dataset.readings)[0].words")
    picture = still.locator(".player .widget-still")
    assert not picture.is_visible()
    still.emulate_media(media="print")
    assert picture.locator("text").all_text_contents()[3::2] == first
    assert not still.locator(".player-verdict").is_visible()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/index.html")
    assert page.locator(".player .widget-still").is_visible()
    context.close()
