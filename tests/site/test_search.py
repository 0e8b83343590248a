import re
from urllib.parse import urlencode

import pytest
from built_site import open_page
from playwright.sync_api import expect

FIRST = {
    "theory/vanishing-gradients.html": ["vanishing gradient", "gradient clipping"],
    "theory/backpropagation.html": ["backpropagation through time", "backprop"],
    "theory/unrolling.html": ["unrolling", "padding", "mask", "bidirectional"],
    "theory/lstm.html": ["forget gate", "how does an LSTM work", "What is a forget gate?"],
    "theory/long-lags.html": ["GRU"],
    "theory/recurrence.html": ["RNN"],
    "sentiment/feed-forward.html": ["embedding", "dropout"],
    "sentiment/reviews.html": ["vocabulary"],
    "series/forecast.html": ["time series", "persistence"],
    "series/river.html": ["hydrograph"],
    "series/snow.html": ["probing", "Kalman filter"],
    "language/linear-recurrences.html": ["linear recurrence", "minGRU"],
    "language/memory.html": ["state-space", "Mamba", "delta rule"],
    "language/hybrids.html": ["hybrid"],
    "language/attention.html": ["seq2seq", "attention"],
    "language/transformer.html": ["self-attention", "transformer", "KV cache", "RoPE"],
    "language/next-word.html": ["language model", "perplexity", "temperature", "sampling"],
    "reference/pytorch.html": ["PyTorch", "torch", "nn.LSTM"],
    "reference/api/theory.cells.html": ["LSTMCell"],
}


@pytest.fixture(scope="module")
def search(browser, address):
    """Give a function that searches, always in the same page, and returns the pages found, the best first."""
    context = browser.new_context()
    page = open_page(context, address, "search.html")

    def find(words):
        page.goto(f"{address}/search.html?{urlencode({'q': words})}")
        page.wait_for_selector("#search-results .search-summary:not(:empty)")
        links = page.locator("#search-results ul.search a").evaluate_all("links => links.map(link => link.href)")
        return [link.removeprefix(f"{address}/").partition("#")[0] for link in links]

    yield find
    assert (page.faults, page.foreign) == ([], [])
    context.close()


@pytest.mark.parametrize(("first", "words"), FIRST.items())
def test_the_search_finds_the_page_first(search, first, words):
    assert [query for query in words if search(query)[:1] != [first]] == []


# As people ask elsewhere. One of the first three results answers.
ASKED = {
    "reference/keras.html": [
        "samples time steps features", "reshape data for LSTM", "input shape", "expected ndim=3", "found ndim=2",
        "incompatible with the layer", "return_sequences", "return_state", "return_sequences vs return_state",
        "stateful", "stateful LSTM", "reset_state", "batch size divisible", "batch size 1", "initial_state",
        "LSTM number of parameters", "TimeDistributed",
        "target shape", "dropout vs recurrent_dropout", "recurrent_dropout",
        "GPU slow", "slower on GPU", "cuDNN", "RepeatVector", "seq2seq inference model", "mask_zero", "Masking",
        "reshape data samples timesteps features", "number of samples divisible", "one-to-many keras",
        "LSTM slow on GPU", "variable length sequences", "initial hidden state", "Keras LSTM", "one to many in Keras",
    ],
    "reference/checklist.html": [
        "accuracy 50%", "accuracy stays at 0.5", "loss nan",
        "validation loss increases accuracy", "validation loss goes up", "different results every run", "random seed",
        "char rnn loss stuck", "NaN", "overfitting", "LSTM overfits", "validation loss increases",
        "random seed reproducible", "reproducibility",
        "different accuracy each run", "loss stuck at 1.6", "EarlyStopping",
        "copies the training text", "Dense(1, softmax)", "loss does not decrease", "checklist",
    ],
    "reference/pytorch.html": [
        "1D CPU int64 tensor", "backward through the graph a second time",
        "pack_padded_sequence", "detach", "retain_graph",
        "bidirectional h_n", "bidirectional h_n output last",
    ],
    "reference/your-own-reviews.html": ["predict new review"],
    "theory/recurrence.html": ["why tanh", "tanh not relu", "why tanh LSTM"],
    "sentiment/feed-forward.html": ["word2vec", "pretrained embeddings"],
    "theory/long-lags.html": ["leaky units", "GRU vs LSTM", "LSTM vs GRU", "forget bias"],
    "theory/learning.html": ["learning rate", "cross-entropy"],
    "language/transformer.html": [
        "transformer vs RNN", "BatchNormalization", "layer normalization", "positional encoding", "RMSNorm",
        "grouped-query attention", "in-context learning", "scaling laws",
    ],
    "language/next-word.html": ["greedy or sampling", "greedy"],
    "language/linear-recurrences.html": ["selective scan slow", "fused kernel"],
    "language/memory.html": ["selective scan"],
    "language/hybrids.html": ["associative recall", "Kimi Linear"],
    "language/attention.html": [
        "padding in the loss", "ignore padding loss", "ignore_index",
        "attention on top of an LSTM", "attention pooling",
    ],
    "series/forecast.html": ["forecast shifted by one step", "sliding window"],
    "sentiment/comparison.html": [
        "accuracy", "LSTM vs linear model", "TF-IDF", "number of units", "how many LSTM layers", "stacked LSTM",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("page", "asked"), ASKED.items())
def test_what_people_ask_is_among_the_first_three(search, page, asked):
    assert [query for query in asked if page not in search(query)[:3]] == []


@pytest.mark.parametrize("words", ["accuracy", "fit", "gradient", "tensor"])
def test_pages_that_explain_stand_before_names_of_the_package(opened, words):
    page = opened(f"search.html?q={words}")
    page.wait_for_selector("#search-results .search-summary:not(:empty)")
    kinds = page.locator("#search-results ul.search > li").evaluate_all("items => items.map(item => item.className)")
    of_code = ["kind-object" in kind for kind in kinds]
    assert of_code == sorted(of_code) and set(of_code) == {False, True}


@pytest.mark.parametrize("words", ["vanishing", "cell state", "GRU", "RNN", "how far does Adam move"])
def test_a_page_is_told_once_and_each_has_an_excerpt_of_its_text(opened, words):
    page = opened(f"search.html?q={words.replace(' ', '+')}")
    said = page.locator("#search-results .search-summary")
    expect(said).to_have_text(re.compile(r"^\d+ places found\.$"))
    items = page.locator("#search-results ul.search > li")
    assert items.count() == int(said.inner_text().split()[0]) < 70  # not all names of the package, for they hold "rnn"
    pages = page.locator("#search-results ul.search > li:not(.kind-object)")
    expect(pages.locator(".context")).to_have_count(pages.count())
    links = pages.locator("a").evaluate_all("links => links.map(link => link.href.split('#')[0])")
    assert len(links) == len(set(links)) > 1
    assert not [text for text in pages.locator(".context").all_inner_texts() if not text or "min of exercises" in text]


def test_an_entry_of_the_index_comes_first_and_news_come_last(opened):
    page = opened("search.html?q=forget+gate")
    expect(page.locator("#search-nearest")).to_have_text(re.compile("^forget gate: The gate of an LSTM .* is kept.$"))
    titles = page.locator("#search-results ul.search > li:not(.kind-object) a")
    expect(titles.first).to_have_text("forget gate: in Long short-term memory (LSTM)")
    expect(titles.last).to_have_text(re.compile("Changelog|Bibliography"))


def test_searched_words_are_marked_below_a_diagram_too(opened):
    page = opened("theory/lstm.html?highlight=gate")
    page.wait_for_selector("#in-practice .highlighted, #exercises .highlighted", state="attached")


@pytest.mark.parametrize(
    ("words", "term"),
    [
        ("perplexty", "perplexity"),
        ("backpropogation", "backpropagation through time"),
        ("vanising gradeint", "vanishing gradient"),
        ("forgetgate", "forget gate"),
        ("lstmm", "LSTM"),
    ],
)
def test_where_nothing_is_found_the_nearest_terms_are_offered(opened, words, term):
    page = opened(f"search.html?q={words.replace(' ', '+')}")
    offer = page.get_by_role("status").filter(has_text="The nearest terms of the glossary:")
    offer.wait_for()
    assert page.locator("#search-results ul.search li").count() == 0
    said = page.locator("#search-results .search-summary").inner_text()
    assert said == "No page has all of these words. Check the spelling, or search for fewer words."
    links = offer.get_by_role("link")
    assert 1 <= links.count() <= 4
    links.filter(has_text=term).click()
    page.wait_for_url("**/reference/glossary.html#term-*")
    assert page.locator("dt:target").inner_text().startswith(term)


def test_nonsense_leads_to_the_whole_glossary(opened):
    page = opened("search.html?q=qqxxzzww")
    link = page.locator("#search-nearest a")
    link.wait_for()
    assert (link.inner_text(), link.count()) == ("the glossary", 1)
