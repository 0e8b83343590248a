import re

from built_site import SITE, find_violations
from playwright.sync_api import expect

from rnn_tutorial.pages.widget_files import TrainedReader
from rnn_tutorial.sentiment.vocabulary import Vocabulary

FOLDER = SITE / "_static" / "explorer"
FOOLING = "i cannot say a bad word about this wonderful film, not a single dull or boring minute"
OWN = "this fllm is never dull, a wonderful film"
WIDGET = ("explorer.html", ".fool", {"permissions": ["clipboard-read", "clipboard-write"], "reduced_motion": "reduce"})


def read(text):
    """Read a text with the package's LSTM, and return how the prediction is shown."""
    vocabulary = Vocabulary((FOLDER / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1])
    reader = TrainedReader.from_file((FOLDER / "lstm.safetensors").read_bytes())
    y = 100 * reader.forward(vocabulary.encode(text))[1][-1]
    shown = [str(number) for number in range(101) if abs(number - y) <= 0.51]
    shown += [str(tenths / 10) for tenths in range(200) if abs(tenths / 10 - y) <= 0.06]
    return f"({'|'.join(shown)}).%"


def test_the_number_and_the_second_reading_are_those_of_the_package(widget):
    number, told, own = widget.locator("strong"), widget.get_by_role("status").first, widget.get_by_role("textbox")
    expect(told).to_contain_text("no score")
    own.fill(OWN)
    expect(number).to_have_text(re.compile(read(OWN)))
    without = read(OWN.replace("never ", ""))
    expect(told).to_contain_text(re.compile(f"It does not know “fllm”. .*“never” .* {without}"))
    own.fill("?!")
    expect(told).to_contain_text("There is no word in the text yet.")


def test_a_link_shows_the_sentence_first_and_a_key_judges_it(widget, opened):
    widget.get_by_role("textbox").fill(FOOLING)
    widget.get_by_role("button", name="Copy link").press("Enter")
    expect(widget.get_by_text("Link copied.")).to_be_visible()
    link = widget.page.evaluate("navigator.clipboard.readText()").partition("explorer.html")[2]
    page = opened(*WIDGET[:1], ".fool[data-ready]", fragment=link, viewport={"width": 360, "height": 740})
    game, sentence = page.locator(".fool"), page.locator(".fool textarea")
    expect(sentence).to_have_value(FOOLING)
    expect(sentence).not_to_be_editable()
    assert 0 <= game.bounding_box()["y"] < 200
    assert "%" not in game.inner_text()
    assert find_violations(page, ".fool") == []
    game.get_by_role("button", name="Positive").press("Enter")
    expect(game.get_by_role("status").first).to_contain_text("You say positive.")
    expect(game.locator("strong")).to_have_text(re.compile(read(FOOLING)))
    assert game.evaluate("node => node === document.activeElement")
    assert [url for url in page.asked if "wonderful" in url.partition("#")[0]] == []
    page.evaluate("location.hash = 'fool?text=dull'")  # another link on the same page
    expect(sentence).to_have_value("dull")
    assert "%" not in game.inner_text()
