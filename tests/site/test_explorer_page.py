import base64
import io
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from built_site import PAGES, SAVES_DATA, SIDEWAYS, SITE, find_violations, open_page
from playwright.sync_api import expect

from rnn_tutorial.pages.widget_files import TrainedReader
from rnn_tutorial.sentiment.vocabulary import Vocabulary
from rnn_tutorial.theory.cells import GRUCell, LSTMCell

WITH_EXPLORERS = [page for page in PAGES if '<div class="widget explorer"' in (SITE / page).read_text(encoding="utf-8")]
LOADED = re.compile(r"_static/explorer/.*\.(safetensors|txt)")
MOST_OVER_THE_WIRE = 1.5e6  # bytes: the LSTM, the vocabulary and the code
TEXT = "the story was dull but the ending was wonderful"
WHOLE = ("explorer.html", ".explorer-verdict strong")


def start(page):
    """Start every explorer that has not come into the window yet, and wait for what it says."""
    page.locator(".explorer").first.wait_for()
    for explorer in page.locator(".explorer").all():
        explorer.scroll_into_view_if_needed()  # below the story it comes when it is near
        explorer.locator(".explorer-start:enabled, .explorer-verdict").first.wait_for()
        explorer.evaluate("node => node.querySelector('.explorer-start')?.click()")
        explorer.locator(".explorer-verdict strong").wait_for()


def said(page):
    return page.locator(".explorer-verdict strong").first.inner_text()


def wait_until_said(page, what):
    expect(page.locator(".explorer-verdict").first).to_contain_text(re.compile(what))


@pytest.fixture
def page(opened):
    page = opened(*WHOLE, permissions=["clipboard-read", "clipboard-write"], reduced_motion="reduce")
    page.get_by_label("Your text").fill(TEXT)
    wait_until_said(page, "all 9 words")
    return page


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dull !!! and boring 🙂", "all 3 words. It drops !!! 🙂, which are no words"),
        ("👩‍👩‍👧 good فيلم جيد \ud800 film", "It does not know “فيلم”, “جيد”"),
        ("good bad " * 50_000, "The text has 100,000 words. The network reads the last 500, as in training."),
    ],
)
def test_an_awkward_text_is_answered_with_what_becomes_of_it(page, text, says):
    before = said(page)
    page.get_by_label("Your text").fill(text)
    wait_until_said(page, says)
    assert said(page) != before
    assert len(page.url) < 500  # a text that would make the link too long is left out of it


@pytest.mark.parametrize("name", WITH_EXPLORERS)
def test_a_started_explorer_has_no_barrier_and_scrolls_nothing_sideways(view, address, name):
    page = open_page(view, address, name)
    start(page)
    for explorer in page.locator(".explorer").all():
        explorer.get_by_text("All numbers as a table").click()
        if explorer.get_by_label("Empty steps").count():
            for more in explorer.get_by_text("More", exact=True).all():
                more.click()
            explorer.get_by_label("Empty steps").select_option("behind")
    assert find_violations(page, ".explorer") == []
    if name == "explorer.html":
        page.get_by_label("GRU", exact=True).check()
        page.get_by_label("show the others, too").check()
        page.locator(".cell-drawing [data-gate=z]").wait_for()
        wait_until_said(page, r"Bag of words: \d+ %")
        assert find_violations(page, ".explorer") == []
        lines = page.locator(".stage-row").first.locator(".stage-lines path.widget-line")
        expect(lines).to_have_count(4)
        assert len({line.get_attribute("stroke-dasharray") for line in lines.all()}) == 4
        page.get_by_label("show the others, too").uncheck()
        expect(lines).to_have_count(1)
    assert page.evaluate(SIDEWAYS) <= 0
    sizes = """[...document.querySelectorAll(".explorer :is(text, p, span, button, label, td, th, figcaption)")]
        .filter(element => element.checkVisibility() && element.textContent.trim())
        .map(element => parseFloat(getComputedStyle(element).fontSize))"""
    assert min(page.evaluate(sizes)) >= 11.5
    assert page.faults == []
    page.close()


def test_it_owns_what_it_does_not_know_and_a_negation_that_it_misses(page):
    line = page.locator(".explorer-admits")
    page.get_by_label("Your text").fill("this fllm is never boring")
    admits = "It does not know “fllm”. Without “never” the verdict stays (posi|nega)tive: [0-9]+.%."
    expect(line).to_have_text(re.compile(f"^100 units, trained on reviews of [0-9]+ words on average. {admits}$"))
    expect(page.locator(".widget-spoken")).to_have_text(re.compile(f"^[0-9]+ % positive. {admits}$"))
    page.get_by_role("button", name="Pad", exact=True).click()
    page.get_by_role("button", name="Rise").click()
    expect(line).not_to_contain_text("never")  # it reads something else now


def test_padding_moves_the_answer_a_mask_keeps_it_and_a_number_out_of_range_gives_way(page):
    alone = said(page)
    page.locator(".explorer").first.get_by_text("More", exact=True).click()
    page.get_by_label("Empty steps").select_option("behind")
    expect(page.locator(".explorer-verdict strong")).not_to_have_text(alone)
    page.get_by_label("mask: skip them").check()
    expect(page.locator(".explorer-verdict strong")).to_have_text(alone)
    steps = page.get_by_label("how many")
    for typed, used in (("-5", "0"), ("3.7", "4"), ("1000", "500"), ("", "500")):
        steps.fill(typed)
        steps.blur()
        assert steps.input_value() == used


def test_a_sample_says_what_its_author_meant_and_is_read_as_it_stands(page):
    for change in ("Shuffle", "Pad"):
        page.get_by_role("button", name=change, exact=True).click()
        page.get_by_role("button", name="Rise").click()
        page.get_by_role("button", name="Try another").click()
    besides = page.locator(".explorer-verdict button")
    expect(besides).to_have_text(["shuffled words ×", "50 padding steps ×"])
    page.get_by_label("or a review").select_option(index=1)
    wait_until_said(page, "The reviewer’s verdict was positive. It knows all [0-9]+ words.")
    expect(besides).to_have_count(0)
    assert "positive" in said(page)
    page.get_by_label("or a review").select_option(index=0)
    wait_until_said(page, "all 9 words")
    assert page.get_by_label("Your text").input_value() == TEXT


def test_the_step_and_the_unit_are_chosen_by_keyboard_and_said(page):
    slider, words = page.get_by_label("Step t"), page.locator(".explorer-sentences")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^word 10 of 10: wonderful"))
    slider.press("Home")
    slider.press("ArrowRight")
    page.get_by_text("In words").press("Enter")
    expect(words).to_contain_text("Step 2: xt is the vector of “the”")
    page.get_by_role("button", name="Back").press("Space")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^word 1 of 10: start"))
    unit = page.get_by_label("Unit", exact=True)
    unit.fill("7")
    unit.press("ArrowUp")
    expect(words).to_contain_text("In unit 8,")
    expect(page.locator(".explorer-cell")).to_contain_text("Unit 8 of 100")


def empty(cell, gate):
    """Give how many percent of a gate's box are not filled."""
    level = cell.locator(f"[data-gate={gate}] + .cell-level").get_attribute("style")
    return float(re.search(r"inset\(([\d.]+)%", level)[1])


def numbers_in(place):
    return [float(number.replace("−", "-")) for number in re.findall(r"−?\d\.\d\d", place.inner_text())]


def drawn_in(cell, *names):
    """Give the numbers that stand in the drawing of a cell, when they have come."""
    places = [cell.locator(f"[data-number={name}]") for name in names]
    for place in places:
        expect(place).to_have_text(re.compile(r"^−?\d\.\d\d$"))
    return [float(place.text_content().replace("−", "-")) for place in places]


def test_the_cell_shows_the_numbers_of_the_network_that_reads(page):
    cell = page.locator(".explorer-cell")
    equation = cell.locator(".cell-equations p").first
    i, f, candidate = drawn_in(cell, "i", "f", "candidate")
    said_f, before, *said_others, c = numbers_in(equation)
    assert (said_f, *said_others) == (f, i, candidate)
    assert f * before + i * candidate == pytest.approx(c, abs=0.02)
    assert empty(cell, "f") == pytest.approx(100 - 100 * f, abs=0.6)
    page.get_by_label("GRU").check()
    expect(equation).to_contain_text("(1 − zt) h̃t")
    z, r, candidate, rest, recurrent, past = drawn_in(cell, "z", "r", "candidate", "rest", "recurrent", "past")
    said_z, before, *said_others, h = numbers_in(equation)
    assert (said_z, *said_others) == (z, rest, candidate)
    assert z * before + rest * candidate == pytest.approx(h, abs=0.02)
    assert rest == pytest.approx(1 - z, abs=0.011)
    assert past == pytest.approx(r * recurrent, abs=0.02)
    assert empty(cell, "z") == pytest.approx(100 - 100 * z, abs=0.6)
    for gate, value, title in (("update gate", "z", "Update gate zt"), ("candidate", "candidate", "Candidate h̃t")):
        page.get_by_role("button", name=f"Show the {gate} of all units in the map").click()
        expect(page.get_by_label("Map", exact=True)).to_have_value(value)
        expect(page.locator(".stage-row:has(.stage-map) .stage-title").last).to_have_text(title)
    page.get_by_label("Simple RNN").check()
    expect(equation).to_contain_text("tanh(U")
    page.get_by_label("Bag of words").check()
    expect(equation).to_contain_text("/ 10")
    expect(cell.locator("svg")).to_have_count(0)
    assert page.locator(".explorer-choices").get_by_label("Map", exact=True).count() == 0


def test_it_fits_one_screen_and_one_frame_goes_through_all(opened):
    for width, most in ((1100, 890), (1440, 865), (1600, 865)):
        page = opened(*WHOLE, viewport={"width": width, "height": 900}, reduced_motion="reduce")
        page.locator(".cell-drawing svg").wait_for()
        assert page.locator(".explorer").bounding_box()["height"] <= most
        page.get_by_label("GRU").check()  # its drawing is the highest
        page.locator(".cell-drawing [data-gate=z]").wait_for()
        assert page.locator(".explorer").bounding_box()["height"] <= most
        page.locator(".widget-words button").nth(4).click()
        if width == 1440:  # where the words stand in a line
            page.wait_for_function("""() => {
                const of = (selector) => document.querySelector(selector).getBoundingClientRect();
                const frame = of(".stage-frame"), word = of(".widget-words [aria-current]");
                return Math.abs(frame.x - word.x) < 2 && Math.abs(frame.width - word.width) < 4;
            }""")
        frame = page.locator(".stage-frame").bounding_box()
        for row in page.locator(".stage-row :is(svg.stage-lines, canvas)").all():
            box = row.bounding_box()
            assert frame["y"] <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
        page.locator("canvas").last.click(position={"x": 3, "y": 3})
        expect(page.get_by_label("Step t")).to_have_value("1")
        expect(page.get_by_label("Unit", exact=True)).to_have_value(re.compile("^[1-3]$"))


def test_a_guess_is_asked_for_before_a_change_is_shown(page):
    before = said(page)
    page.get_by_role("button", name="Swap halves").click()
    expect(page.locator(".explorer-tries")).to_contain_text("What will the prediction do?")
    assert said(page) == before
    page.get_by_role("button", name="Fall", exact=True).click()
    tries = page.locator(".explorer-tries")
    expect(tries).to_contain_text(re.compile("It (rose|fell|hardly moved), from .* % to .* %"))
    assert page.get_by_label("Your text").input_value() == "the ending was wonderful but the story was dull"
    page.get_by_role("button", name="Try another").click()
    page.get_by_role("button", name="Pad").click()
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("button", name="Shuffle", exact=True)).to_be_visible()


def test_a_link_holds_the_text_and_the_settings_and_sends_neither(page, opened, address):
    page.get_by_label("Simple RNN").check()
    page.locator(".explorer").first.get_by_text("More", exact=True).click()
    page.get_by_label("Empty steps").select_option("front")
    page.get_by_label("how many").fill("7")
    page.get_by_label("Step t").fill("9")
    page.get_by_label("Sort the units").select_option("activity")
    page.wait_for_timeout(1500)
    page.locator(".explorer").get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{address}/explorer.html#explorer?")

    other = opened(*WHOLE, fragment=link.partition("explorer.html")[2])
    assert said(other) == said(page)
    assert other.get_by_label("Your text").input_value() == TEXT
    assert other.get_by_label("Simple RNN").is_checked()
    assert other.get_by_label("how many").input_value() == "7"
    assert other.get_by_label("Step t").input_value() == "9"
    assert other.get_by_label("Sort the units").input_value() == "activity"
    sent = [url for url in (*page.asked, *other.asked) if "wonderful" in url.partition("#")[0]]
    assert sent == []


DROP = """(explorer, [name, content]) => {
  const given = new DataTransfer();
  given.items.add(new File([Uint8Array.fromBase64(content)], name));
  const tell = (kind) => {
    const event = new DragEvent(kind, {dataTransfer: given, bubbles: true, cancelable: true});
    explorer.querySelector("textarea").dispatchEvent(event);
    return event.defaultPrevented && explorer.hasAttribute("data-drop");
  };
  return [tell("dragover"), tell("drop")];
}"""


def own_network(kind, words, network="lstm"):
    """Give the file of a small network of random weights."""
    random = np.random.default_rng(1)
    E, V = (random.normal(size=shape).astype("float32") for shape in ((10_000, 4), (1, 3)))
    reader = TrainedReader(network, E, kind.random(4, 3, seed=1), V, np.zeros(1, "float32"))
    return reader.to_file(Vocabulary(words))


def test_a_network_of_one_s_own_runs_in_the_browser_and_what_is_none_is_told_in_words(page, tmp_path):
    words = (SITE / "_static" / "explorer" / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1]
    content = own_network(LSTMCell, words)
    explorer, before = page.locator(".explorer").first, said(page)
    message, radio = explorer.locator(".explorer-message"), page.get_by_label("Network from a file")
    asked = len(page.asked)

    def drop(name, content):
        assert explorer.evaluate(DROP, [name, base64.b64encode(content).decode()]) == [True, False]

    of_keras = io.BytesIO()
    with zipfile.ZipFile(of_keras, "w") as archive:
        archive.writestr("config.json", "{}")
    other = own_network(LSTMCell, [*words[1::-1], *words[2:]])
    for name, wrong, says in (
        ("my.keras", of_keras.getvalue(), "is a ZIP archive, such as a .keras of Keras"),
        ("my.safetensors", other, f"has another vocabulary: word 1 is “{words[1]}”, here “{words[0]}”"),
    ):
        drop(name, wrong)
        expect(message).to_contain_text(f"The file {name} {says}")
        expect(message).to_contain_text("to_file(reviews.vocabulary), and open that file.")
        assert (said(page), page.get_by_label("LSTM", exact=True).is_checked()) == (before, True)
    assert find_violations(page, ".explorer") == []

    drop("my.safetensors", content)
    expect(radio).to_be_checked()
    wait_until_said(page, "3 units, from my.safetensors, which no link holds. It knows all 9 words.")
    expect(message).to_be_empty()
    states, y = TrainedReader.from_file(content).forward(Vocabulary(words).encode(TEXT))
    page.get_by_text("All numbers as a table").click()
    shown = page.locator(".explorer-table td:nth-of-type(2)")
    expect(shown).to_have_count(len(y))  # it is drawn when it opens
    np.testing.assert_allclose([float(number) for number in shown.all_inner_texts()], y, atol=0.0051)
    page.get_by_label("Unit", exact=True).fill("2")
    expect(page.locator(".cell-unit")).to_have_text("Unit 2 of 3")
    of_unit = [getattr(states, name)[-1, 1] for name in ("i", "f", "candidate", "o")]
    np.testing.assert_allclose(drawn_in(explorer, "i", "f", "candidate", "o"), of_unit, atol=0.0051)
    explorer.get_by_role("button", name="Copy link").click()
    expect(explorer.locator(".explorer-share")).to_contain_text("It opens the site’s network: yours stays")
    assert "network=" not in page.evaluate("navigator.clipboard.readText()")

    content = own_network(GRUCell, words, "gru")
    (tmp_path / "other.safetensors").write_bytes(content)
    with page.expect_file_chooser() as chooser:
        explorer.get_by_role("button", name="Open your network").press("Enter")
    chooser.value.set_files(tmp_path / "other.safetensors")
    wait_until_said(page, "3 units, from other.safetensors")
    y = TrainedReader.from_file(content).forward(Vocabulary(words).encode(TEXT))[1]
    assert said(page) == f"{100 * y[-1]:.0f} % positive"
    assert [url for url in page.asked[asked:] if not re.search(r"^blob:|\.svg$", url)] == []
    page.get_by_label("LSTM", exact=True).check()
    expect(page.locator(".explorer-verdict strong")).to_have_text(before)


def test_the_sentence_becomes_a_picture(page):
    with page.expect_download() as given:
        page.get_by_role("button", name="Save as picture").click()
    content = Path(given.value.path()).read_bytes()
    assert (content[:8], struct.unpack(">II", content[16:24])) == (b"\x89PNG\r\n\x1a\n", (1200, 630))
    assert len(content) > 10_000  # an empty one has 3,000


def test_markup_and_script_in_a_text_are_words(page):
    text = "<img src=x onerror=window.ran=1> <script>window.ran=1</script> <b>good</b> \" ' & &lt;i&gt; ${window.ran=1}"
    page.get_by_label("Your text").fill(text)
    wait_until_said(page, "It does not know")
    page.get_by_text("All numbers as a table").click()
    assert page.locator(".explorer").first.locator("img, script, b, i").count() == 0
    assert page.evaluate("window.ran") is None


def test_the_last_of_many_texts_is_the_one_that_is_answered(page):
    for length in range(1, 30):
        page.get_by_label("Your text").fill("good " * length)
        page.wait_for_timeout(20)
    wait_until_said(page, "all 29 words")
    page.wait_for_timeout(500)
    assert page.locator(".widget-words button").count() == 30


def test_a_forget_gate_closed_at_but_turns_the_verdict_and_a_link_holds_it(opened, address):
    page = opened("theory/lstm.html", ".explorer-start:enabled", reduced_motion="reduce")
    start(page)
    before = said(page)
    gates = page.get_by_role("group", name="Force the gates")
    gates.get_by_label("Where").select_option("but")
    gate = gates.get_by_label("Forget gate f")
    assert re.fullmatch(r"as learned, 0\.\d\d", gate.get_attribute("aria-valuetext"))
    gate.press("Home")
    wait_until_said(page, f"As learned: {before.removesuffix(' positive')}")
    assert gate.get_attribute("aria-valuetext") == "forced to 0.00"
    after = said(page)
    assert int(before.split()[0]) < 30 and int(after.split()[0]) > 60
    expect(gates.locator(".gate-verdict strong")).to_have_text(after)
    expect(page.locator(".cell-forced")).to_have_count(1)
    expect(page.locator(".cell-drawing [data-number=f]")).to_have_text("0.00")
    page.get_by_label("Step t").press("Home")  # another word, whose gate is as learned
    expect(page.locator(".cell-forced")).to_have_count(0)
    page.wait_for_url("**f=0&at=7**")

    other = opened("theory/lstm.html", ".explorer-verdict strong", fragment=page.url.partition("lstm.html")[2])
    assert said(other) == after
    page.get_by_role("button", name="forced gates ×").click()
    expect(page.locator(".explorer-verdict strong")).to_have_text(before)
    gate.press("End")
    page.get_by_role("button", name="Let the forget gate go as learned").click()
    expect(page.locator(".explorer-verdict strong")).to_have_text(before)
    assert gate.evaluate("input => input === document.activeElement")
    page.get_by_label("Your text").fill("good but bad")  # a word that is not there any more
    gates.get_by_label("Where").select_option("bad")
    page.get_by_label("Your text").fill("good")
    expect(gates.get_by_label("Where")).to_have_value("each")


def test_a_drawing_stays_beside_the_text_and_lights_what_it_speaks_of(opened):
    page = opened("theory/lstm.html", viewport={"width": 1280, "height": 720})
    figure = page.locator("figure.beside")
    for part in ("input", "output"):
        page.locator(f".lights-{part}").evaluate("word => scrollBy(0, word.getBoundingClientRect().top - 350)")
        expect(figure.locator(f"[data-part={part}]")).not_to_have_class("faded")
        expect(figure.locator(".faded")).to_have_count(4)
        assert 0 <= figure.locator("svg").bounding_box()["y"] < 200


@pytest.mark.parametrize("name", ["theory/lstm.html", "explorer.html"])
def test_little_is_loaded_and_only_when_it_is_asked_for(opened, name):
    page = opened(name, ".explorer-start:enabled", script=SAVES_DATA)  # else the whole one begins by itself
    page.wait_for_load_state("networkidle")
    assert [url for url in page.asked if LOADED.search(url)] == []
    came = []
    page.on("requestfinished", lambda request: came.append(request) if LOADED.search(request.url) else None)
    page.locator(".explorer-start").first.click()
    page.locator(".explorer-verdict strong").first.wait_for()
    page.wait_for_load_state("networkidle")
    names = {request.url.partition("?")[0].rpartition("/")[2] for request in came}
    assert names == {"lstm.safetensors", "vocabulary.txt"}
    code = [path for folder in ("explorer", "widgets") for path in (SITE / "_static" / folder).glob("*.js")]
    loaded = sum(request.sizes()["responseBodySize"] for request in came)
    assert 1e6 < loaded + sum(path.stat().st_size for path in code) <= MOST_OVER_THE_WIRE  # code before it is packed


def test_a_link_that_makes_no_sense_leaves_an_explorer_that_works(opened):
    for wish in ("", "network=__proto__&unit=1e9&t=-4&steps=x&padding=constructor", "text=%E0%A4%A&t=0"):
        page = opened(*WHOLE, fragment=f"#explorer?{wish}")
        page.get_by_label("Your text").fill(TEXT)
        wait_until_said(page, "all 9 words")
