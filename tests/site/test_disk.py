import pytest
from built_site import BROKEN_IMAGES, SITE
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def address():
    return SITE.as_uri()  # of the folder on the disk, without a server


@pytest.mark.parametrize("name", ["index.html", "theory/lstm.html", "sentiment/comparison.html"])
def test_a_page_shows_its_math_and_its_figures(opened, name):
    page = opened(name)
    assert page.locator("article").count() == 1
    assert page.locator(":is(div, span).math:not(:has(mjx-container))").count() == 0
    assert page.evaluate(BROKEN_IMAGES) == []
    assert page.evaluate("[...document.fonts].filter(font => font.status === 'error').map(font => font.family)") == []


@pytest.mark.parametrize("name", ["explorer.html", "theory/vanishing-gradients.html"])
def test_a_sentence_says_how_to_serve_the_site_to_a_widget(opened, name):
    place = opened(name).locator(".explorer, .chain").first
    expect(place).to_contain_text(f"localhost:8000/{name}", use_inner_text=True)


def test_the_search_finds_a_page_that_opens(opened):
    page = opened("search.html?q=LSTMCell")
    page.locator("#search-results ul.search a").first.click()
    page.wait_for_url((SITE / "reference" / "api" / "theory.cells.html").as_uri() + "*")
