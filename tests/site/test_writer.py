import numpy as np
import pytest
from built_site import SITE
from playwright.sync_api import expect
from safetensors.numpy import load_file

from rnn_tutorial.language.characters import ALPHABET, encode, read_stream
from rnn_tutorial.language.letter_transformer import LetterTransformer
from rnn_tutorial.language.mixers import DeltaMixer, MinGRUMixer
from rnn_tutorial.language.ngram_models import adjust_distribution
from rnn_tutorial.language.transformer import MultiHeadAttention, TransformerBlock
from rnn_tutorial.theory.cells import GRUCell
from rnn_tutorial.theory.networks import Network

WIDGET = ("language/next-word.html", ".writer")
GRU, TRANSFORMER = (f"_static/writer/{name}.safetensors" for name in ("writer", "letter-transformer"))
TEXT = '\nThis film is "not bad" (at all). I\'d give it 8/10; what a cast! ' * 4
READ = """async ([file, text]) => {
    const { Writer, adjustDistribution } = await import("/_static/writer/model.js");
    const writer = new Writer(await (await fetch(file)).arrayBuffer(), "writer.safetensors");
    const ids = writer.encode(text), rows = [];
    for (const id of ids) {
        writer.network.read(id);
        const y = writer.probabilities();
        rows.push([...y, ...writer.network.h, ...adjustDistribution(y, 0.7, 5)]);
    }
    const heads = writer.network.placed ? writer.network.tinted : []; // of attention alone
    const tints = heads.map((_, number) => ids.map((_, k) => writer.network.tint(number, ids, k)));
    return { ids, rows, tints };
}"""


def found(widget, file):
    assert (SITE / file).stat().st_size < 2e6
    return widget.page.evaluate(READ, [f"/{file}", TEXT])


def test_the_probabilities_of_a_gru_are_those_of_the_package(widget):
    tensors, of_page = load_file(SITE / GRU), found(widget, GRU)
    cell = GRUCell(**{name: tensors[name] for name in ("W", "U", "b", "recurrent_b")})
    assert of_page["ids"] == encode(TEXT).tolist()
    h, y = read_stream(Network(cell, tensors["V"], tensors["b_y"], "softmax"), encode(TEXT))
    rows, size, units = np.array(of_page["rows"]), y.shape[1], h.shape[1]
    assert np.abs(rows[:, :size] - y).max() < 1e-5
    assert np.abs(rows[:, size : size + units] - h).max() < 1e-4
    expected = np.array([adjust_distribution(row, temperature=0.7, top_k=5) for row in rows[:, :size]])
    assert np.allclose(rows[:, size + units :], expected, atol=1e-9)


def package_of(tensors):
    """Return the network whose tensors these are."""
    blocks = []
    for k in sorted({name[0] for name in tensors if name[1:2] == "."}):
        of_block = {name[2:]: array for name, array in tensors.items() if name.startswith(f"{k}.")}
        kind = DeltaMixer if "W_beta" in of_block else MinGRUMixer if "W_z" in of_block else None
        names = kind.shapes(64, 4) if kind else ("W_q", "W_k", "W_v", "W_o")
        parts = {name: of_block.pop(name) for name in names}
        parts = {name: part.reshape(-1, 64) if part.ndim == 3 else part for name, part in parts.items()}
        blocks.append(TransformerBlock(kind(**parts) if kind else MultiHeadAttention(**parts, heads=4), **of_block))
    return LetterTransformer(tensors["E"], tuple(blocks), tensors["V"], tensors["b_y"])


def test_the_probabilities_and_weights_of_a_transformer_are_those_of_the_package(widget):
    network, of_page = package_of(load_file(SITE / TRANSFORMER)), found(widget, TRANSFORMER)
    ids, rows = encode(TEXT), np.array(of_page["rows"])
    assert np.abs(rows[:, : len(ALPHABET)] - network.read(ids)).max() < 1e-5
    start = max(0, (len(ids) - 1) // 32 * 32 - 32)  # of the last window
    weights = network(ids[None, start:])[0][:, 0, :, -1].reshape(8, -1)
    tints = np.array(of_page["tints"])
    assert np.abs(tints[:, start:] - weights).max() < 1e-5 and not tints[:, :start].any()


@pytest.mark.parametrize("name", ["mingru", "delta"])
def test_the_probabilities_of_recurrent_blocks_are_those_of_the_package(widget, name):
    file = f"_static/writer/{name}.safetensors"
    network, rows = package_of(load_file(SITE / file)), np.array(found(widget, file)["rows"])
    assert np.abs(rows[:, : len(ALPHABET)] - network.read(encode(TEXT))).max() < 1e-5


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


TINTS = "[...document.querySelectorAll('.writer-text span')].map(span => span.style.background)"


def test_units_tint_the_text_and_so_do_the_heads_of_a_transformer_that_goes_on_from_it(widget):
    page, typed = widget.page, widget.get_by_label("Begin with")
    before = page.evaluate(TINTS)
    assert len(set(before)) > 5
    widget.get_by_label("Tint by").select_option("unit 100")
    assert page.evaluate(TINTS) != before
    expect(widget.locator(".writer-key")).to_contain_text("unit 100")
    typed.fill("A good cast, and ")
    widget.get_by_label("Network").select_option("Transformer")
    heads = widget.get_by_label("Tint by").locator("option")
    expect(heads).to_have_count(8)
    expect(widget.locator(".writer-text")).to_have_text("a good cast, and ")
    before = page.evaluate(TINTS)
    assert len(set(before)) > 3
    widget.get_by_label("Tint by").select_option("head 2 of block 2")
    assert page.evaluate(TINTS) != before
    widget.get_by_label("Speed").select_option("400")
    widget.get_by_role("button", name="Write").click()
    page.wait_for_function("() => document.querySelector('.writer-text').innerText.length > 150")
    tinted = [" 0.00 " not in tint and "(0 *" not in tint and "0.00 *" not in tint for tint in page.evaluate(TINTS)]
    assert not any(tinted[1:50])  # it does not read so far back
