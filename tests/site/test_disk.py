"""The built folder opened from the disk, without a server."""

import pytest
from built_site import BROKEN_IMAGES, SITE


@pytest.fixture
def page(blank):
    page = blank
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("requestfailed", lambda request: page.faults.append(request.url))
    page.on(
        "request", lambda asked: None if asked.url.startswith(("file:", "data:")) else page.faults.append(asked.url)
    )
    return page


@pytest.mark.parametrize("name", ["index.html", "theory/lstm.html", "sentiment/comparison.html"])
def test_a_page_shows_its_math_and_its_figures(page, name):
    page.goto((SITE / name).as_uri(), wait_until="networkidle")
    assert page.locator("article").count() == 1
    assert page.locator(":is(div, span).math:not(:has(mjx-container))").count() == 0
    assert page.evaluate(BROKEN_IMAGES) == []
    assert page.evaluate("[...document.fonts].filter(font => font.status === 'error').map(font => font.family)") == []
    assert page.faults == []


def test_the_search_finds_a_page_that_opens(page):
    page.goto((SITE / "search.html").as_uri() + "?q=LSTMCell")
    page.wait_for_selector("#search-results .search-summary:not(:empty)")
    page.locator("#search-results ul.search a").first.click()
    page.wait_for_load_state("networkidle")
    assert page.url.startswith((SITE / "reference" / "api" / "theory.cells.html").as_uri())
    assert page.faults == []
