import numpy as np
from built_site import SITE
from playwright.sync_api import expect
from safetensors.numpy import load_file

from rnn_tutorial.language.dictation import WORDS, dictations
from rnn_tutorial.language.translator import Translator

WIDGET = ("language/attention.html", ".alignment", {"viewport": {"width": 360, "height": 740}, "has_touch": True})
COMPUTE = """async sentences => {
    const { Translator } = await import("/_static/alignment/translator.js");
    const file = await (await fetch("/_static/alignment/alignment.safetensors")).arrayBuffer();
    const translator = new Translator(file, "alignment.safetensors");
    return sentences.map(said => translator.translate(said.split(" ")).map(({ digit, probabilities, weights }) =>
        ({ digit, probabilities: [...probabilities], weights: [...weights] })));
}"""


def test_the_browser_computes_what_the_package_does(widget):
    tensors = load_file(SITE / "_static/alignment/alignment.safetensors")
    assert sum(array.nbytes for array in tensors.values()) < 300_000
    translator = Translator.random(len(tensors["A"]), attention=True, seed=1).with_parameters(tensors)
    examples = dictations(40, (3, 10), test=True, seed=3)
    sentences = [examples.read(k)[0] for k in range(40)]
    for said, steps in zip(sentences, widget.page.evaluate(COMPUTE, sentences), strict=True):
        written = translator.translate(np.array([[WORDS.index(word) for word in said.split()]]))
        assert [step["digit"] for step in steps] == written.digits[0].tolist()
        assert np.allclose([step["probabilities"] for step in steps], written.probabilities[0], rtol=0, atol=1e-5)
        assert np.allclose([step["weights"] for step in steps], written.weights[0], rtol=0, atol=1e-5)


def test_a_number_in_digits_or_words_is_translated_and_the_table_follows(widget):
    field, result = widget.get_by_label("Number, in words or digits"), widget.locator(".alignment-result")
    expect(result).to_contain_text("It writes 77245, which is correct.")
    columns = widget.locator("tbody tr").evaluate_all(
        "rows => [...rows[0].cells].slice(1).map((_, t) => rows.map(row => Number(row.cells[t + 1].textContent)))"
    )
    assert len(columns) == 6 and all(97 <= sum(column) <= 103 for column in columns)  # whole percents
    field.fill("24 81")
    expect(result).to_contain_text("four and twenty one and eighty: It writes 2481, which is correct.")
    assert widget.locator("tbody th").all_inner_texts() == ["four", "and", "twenty", "one", "and", "eighty"]
    assert widget.locator("thead th").all_inner_texts() == ["2", "4", "8", "1", "end"]
    field.fill("seven oh")
    expect(result).to_contain_text("It does not know “oh”.")
    expect(widget.locator(".alignment-table")).to_be_hidden()
    expect(widget.get_by_label("Look at output")).to_be_hidden()
    expect(widget.locator(".alignment-sentence")).to_be_empty()
    expect(field).to_have_attribute("aria-invalid", "")
    field.fill("double twenty one")
    expect(result).to_contain_text("These words break the rules")
    field.fill("")
    expect(result).to_contain_text("Type a number")
    widget.get_by_role("button", name="Another number").click()
    expect(result).to_contain_text("It writes")


def test_keys_pointer_and_finger_say_where_it_looks(widget):
    slider, sentence = widget.get_by_label("Look at output"), widget.locator(".alignment-sentence")
    expect(sentence).to_contain_text("Output 1 is 7")
    slider.focus()
    widget.page.keyboard.press("ArrowRight")
    widget.page.keyboard.press("ArrowRight")
    expect(sentence).to_contain_text("Output 3 is 2, with probability")
    assert slider.get_attribute("aria-valuetext") == sentence.inner_text()
    marked = "cells => cells.filter(cell => cell.hasAttribute('data-now')).map(cell => cell.dataset.t)"
    assert set(widget.locator("[data-t]").evaluate_all(marked)) == {"2"}
    widget.locator("tbody tr").nth(1).locator("td").nth(1).hover()
    expect(sentence).to_contain_text("Output 2 is 7")
    assert slider.input_value() == "2"
    slider.press("End")
    expect(sentence).to_contain_text("is end")
    widget.locator("td[data-t='3']").first.tap()
    expect(sentence).to_contain_text("Output 4 is")
