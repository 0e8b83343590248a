import pytest
from built_site import BROKEN_IMAGES, SITE
from playwright.sync_api import expect


@pytest.fixture
def disk(blank):
    """Give a function that opens a page; nothing may go wrong on it, or be asked of a host."""
    faults = []
    blank.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    blank.on("pageerror", lambda error: faults.append(str(error)))
    blank.on("requestfailed", lambda request: faults.append(request.url))
    blank.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else faults.append(asked.url))

    def opened(name, query=""):
        blank.goto((SITE / name).as_uri() + query, wait_until="networkidle")
        return blank

    yield opened
    assert faults == []


@pytest.mark.parametrize("name", ["index.html", "theory/lstm.html", "sentiment/comparison.html"])
def test_a_page_shows_its_math_and_its_figures(disk, name):
    page = disk(name)
    assert page.locator("article").count() == 1
    assert page.locator(":is(div, span).math:not(:has(mjx-container))").count() == 0
    assert page.evaluate(BROKEN_IMAGES) == []
    assert page.evaluate("[...document.fonts].filter(font => font.status === 'error').map(font => font.family)") == []


@pytest.mark.parametrize("name", ["explorer.html", "theory/vanishing-gradients.html"])
def test_a_sentence_says_how_to_serve_the_site_to_a_widget(disk, name):
    place = disk(name).locator(".explorer, .chain").first
    expect(place).to_contain_text(f"localhost:8000/{name}", use_inner_text=True)


def test_the_search_finds_a_page_that_opens(disk):
    page = disk("search.html", "?q=LSTMCell")
    page.locator("#search-results ul.search a").first.click()
    page.wait_for_url((SITE / "reference" / "api" / "theory.cells.html").as_uri() + "*")
