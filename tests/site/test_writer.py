"""The network that writes in the page: the package's probabilities, its pace, its controls, and what it weighs."""

import numpy as np
from built_site import SITE
from playwright.sync_api import expect
from safetensors.numpy import load_file

from rnn_tutorial.language.characters import encode, read_stream
from rnn_tutorial.language.ngram_models import reshape
from rnn_tutorial.theory.cells import GRUCell
from rnn_tutorial.theory.networks import Network

WIDGET = ("language/next-word.html", ".writer")
FILE = "_static/explorer/writer.safetensors"
TEXT = '\nThis film is "not bad" (at all). I\'d give it 8/10; what a cast! ' * 4
LOAD = """const { Writer, reshape, draw } = await import(module);
    const writer = new Writer(await (await fetch(file)).arrayBuffer(), "writer.safetensors");"""
READ = f"""async ([module, file, text]) => {{
    {LOAD}
    const ids = writer.encode(text), rows = [];
    for (const id of ids) {{
        writer.read(id);
        const y = writer.probabilities();
        rows.push([...y, ...writer.state.h, ...reshape(y, 0.7, 5)]);
    }}
    return {{ ids, rows }};
}}"""


def test_its_probabilities_are_those_of_the_package(widget, address):
    tensors = load_file(SITE / FILE)
    assert (SITE / FILE).stat().st_size < 1.5e6
    cell = GRUCell(**{name: tensors[name] for name in ("W", "U", "b", "recurrent_b")})
    network = Network(cell, tensors["V"], tensors["b_y"], "softmax")
    found = widget.page.evaluate(READ, [f"{address}/_static/writer/model.js", f"{address}/{FILE}", TEXT])
    assert found["ids"] == encode(TEXT).tolist()
    h, y = read_stream(network, encode(TEXT))
    rows, size, units = np.array(found["rows"]), y.shape[1], h.shape[1]
    assert np.abs(rows[:, :size] - y).max() < 1e-5
    assert np.abs(rows[:, size : size + units] - h).max() < 1e-4
    expected = np.array([reshape(row, temperature=0.7, top_k=5) for row in rows[:, :size]])
    assert np.allclose(rows[:, size + units :], expected, atol=1e-9)


def test_it_goes_on_from_what_is_typed_and_stops_when_it_is_paused(widget):
    typed = widget.get_by_label("Begin with")
    typed.fill("What a CAST, and ")
    text = widget.locator(".writer-text")
    assert text.inner_text() == "what a cast, and "
    widget.get_by_label("Speed").select_option("400")
    widget.get_by_role("button", name="Write").press("Enter")
    widget.page.wait_for_function("() => document.querySelector('.writer-text').innerText.length > 60")
    pause = widget.get_by_role("button", name="Pause")
    if pause.count():  # unless the review has ended by itself
        pause.press("Enter")
    written = text.inner_text()
    assert written.startswith("what a cast, and ")
    expect(widget.locator("p[role=status]")).to_contain_text("It has written: ")
    widget.page.wait_for_timeout(200)
    assert text.inner_text() == written
    typed.fill("")
    assert text.inner_text() == ""  # and it can begin with nothing
    widget.get_by_role("button", name="One letter").click()
    assert len(text.inner_text()) == 1


def test_the_bars_are_the_distribution_that_is_drawn_from(widget):
    def percents():
        return [float(text.split("\n")[-1].removesuffix(" %")) for text in widget.locator("li").all_inner_texts()]

    first = percents()
    assert len(first) == 8 and first == sorted(first, reverse=True) and 80 < sum(first) <= 100.5
    widget.get_by_label("Temperature").press("Home")
    assert percents()[0] > first[0]
    widget.get_by_label("Temperature").press("End")
    assert percents()[0] < first[0]
    widget.get_by_label("Top k").press("Home")
    assert percents() == [100, 0, 0, 0, 0, 0, 0, 0]
    # greedy: one letter is the first of the bars
    top = widget.locator("li").first.inner_text().split("\n")[0]
    before = widget.locator(".writer-text").inner_text()
    widget.get_by_role("button", name="One letter").click()
    assert widget.locator(".writer-text").inner_text() == before + (" " if top == "space" else top)


def test_another_unit_tints_the_text_differently(widget):
    page, tints = widget.page, "[...document.querySelectorAll('.writer-text span')].map(span => span.style.background)"
    before = page.evaluate(tints)
    assert len(set(before)) > 5
    widget.get_by_label("Tint by unit").fill("2")
    assert page.evaluate(tints) != before
    expect(widget.locator(".writer-key")).to_contain_text("unit 2")
