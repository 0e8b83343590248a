"""A sortable table: its heads are buttons that sort it, and without a script it is the same table."""

import pytest
from built_site import SAVES_DATA, SITE, find_violations

PAGE = "sentiment/comparison.html"
PHONE = {"viewport": {"width": 390, "height": 844}}
TABLE = ".cell_output table.sortable"


@pytest.fixture
def table(opened):
    # in the faces of the system, as where there are no scripts
    page = opened(PAGE, TABLE, script=SAVES_DATA, reduced_motion="reduce", **PHONE)
    return page.locator(TABLE).first


def column(table, number):
    return table.locator(f"tbody tr > :nth-child({number})").all_inner_texts()


def states(table):
    return [head.get_attribute("aria-sort") for head in table.locator("thead th").all()]


@pytest.mark.parametrize(
    ("cells", "after_one_click"),
    [
        (["87.2 ± 0.3", "9.4 ± 12", "100", "-3"], ["100", "87.2 ± 0.3", "9.4 ± 12", "-3"]),
        (["1,000,101", "90", "13,500,501 weights"], ["13,500,501 weights", "1,000,101", "90"]),
        (["1,234 s", "56.1 s", ".5 s"], ["1,234 s", "56.1 s", ".5 s"]),
        (["−2.5", "+1.5", "1e-3", "2e3"], ["2e3", "+1.5", "1e-3", "−2.5"]),
        (["80.4 to 86.2", "86.9 to 87.5"], ["86.9 to 87.5", "80.4 to 86.2"]),
        (["–", "1", "nan", "2", ""], ["2", "1", "–", "nan", ""]),  # what says nothing stays below
        (["LSTM", "bag of words", "Ärger", "zero"], ["Ärger", "bag of words", "LSTM", "zero"]),
        (["seed 10", "seed 9", "–"], ["seed 9", "seed 10", "–"]),
        (["2 of 3", "none", "1 of 3"], ["1 of 3", "2 of 3", "none"]),  # one word, and it is no column of numbers
    ],
)
def test_a_column_is_sorted_by_value_the_largest_first_or_by_letters(blank, cells, after_one_click):
    rows = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
    head = "<table class='sortable'><thead><tr><th>head</th></tr></thead>"
    blank.set_content(f"<html lang='en'><div class='cell_output'>{head}<tbody>{rows}</tbody></table></div></html>")
    blank.add_script_tag(path=SITE / "_static" / "page.js")
    blank.get_by_role("button", name="head").click()
    assert blank.locator("td").all_inner_texts() == after_one_click
    blank.get_by_role("button", name="head").click()
    said = [cell for cell in after_one_click if cell not in ("–", "nan", "")]
    assert blank.locator("td").all_inner_texts() == said[::-1] + after_one_click[len(said) :]


def test_a_table_is_sorted_with_the_keyboard_and_says_by_what(table):
    before = column(table, 1)
    assert states(table) == [None] * table.locator("thead th").count()
    assert table.get_by_role("button").count() == len(states(table))
    table.get_by_role("button").first.focus()
    table.page.keyboard.press("Tab")
    table.page.keyboard.press("Enter")  # the second column has numbers
    numbers = [float(text.split()[0]) for text in column(table, 2)]
    assert numbers == sorted(numbers, reverse=True)
    assert states(table)[:3] == [None, "descending", None]
    table.page.keyboard.press("Space")
    assert [float(text.split()[0]) for text in column(table, 2)] == sorted(numbers)
    assert states(table)[:3] == [None, "ascending", None]
    table.page.keyboard.press("Shift+Tab")
    table.page.keyboard.press("Enter")
    assert column(table, 1) == sorted(before, key=str.lower)
    assert states(table)[:3] == ["ascending", None, None]
    assert find_violations(table.page, TABLE) == []


def test_on_a_phone_buttons_are_hit_and_the_first_numbers_are_in_sight(opened):
    table = opened(PAGE, TABLE, **PHONE).locator(TABLE).first
    assert table.evaluate("table => table.closest('.cell_output').clientWidth <= innerWidth")
    boxes = [button.bounding_box() for button in table.get_by_role("button").all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24
    boxes = [cell.bounding_box() for cell in table.locator("tbody tr > :nth-child(2)").all()]
    assert max(box["x"] + box["width"] for box in boxes) <= 390


def test_without_scripts_it_is_the_same_table_and_as_large(opened, table):
    plain = opened(PAGE, java_script_enabled=False, **PHONE).locator(TABLE).first
    assert plain.get_by_role("button").count() == 0
    assert plain.locator("th, td").all_inner_texts() == table.locator("th, td").all_inner_texts()
    sizes = [{name: place.bounding_box()[name] for name in ("width", "height")} for place in (plain, table)]
    assert sizes[0] == pytest.approx(sizes[1], abs=0.5)
