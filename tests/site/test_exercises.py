import json
import re

import pytest
from built_site import PAGES, SIDEWAYS, SITE, find_violations
from playwright.sync_api import expect

WITH_EXERCISES = [page for page in PAGES if '<section class="exercise"' in (SITE / page).read_text(encoding="utf-8")]
PAGE = "theory/recurrence.html"
COUNTS, REMEMBERS, LONG = "a-unit-that-counts", "what-a-linear-network-remembers", "how-long-does-one-unit-remember"
PHONE = {"viewport": {"width": 360, "height": 800}}
KEY = "rnn_tutorial.exercises"
OF_ANOTHER_FORM = json.dumps({"last": {"endsWith": 1}, f"theory/recurrence#{REMEMBERS}": {"done": 1}})
# For our key alone: the theme does not expect that.
BLOCKED = """for (const name of ["getItem", "setItem"]) {
    const own = Storage.prototype[name];
    Storage.prototype[name] = function (key, ...rest) {
        if (key === "rnn_tutorial.exercises") throw new DOMException("blocked", "SecurityError");
        return own.call(this, key, ...rest);
    };
}"""


def exercise(page, name):
    place = page.locator(f"section.exercise#{name}")
    return place, place.locator("summary", has_text="Solution").first, place.locator(".exercise-state")


def test_the_pages_with_exercises_are_those_of_the_sections():
    docs = SITE.parents[1] / "docs"
    asked = [path for path in docs.rglob("*.md") if "\n## Exercises\n" in path.read_text(encoding="utf-8")]
    assert sorted(path.relative_to(docs).with_suffix(".html").as_posix() for path in asked) == WITH_EXERCISES


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_each_solution_waits_for_the_reader(opened, name):
    page = opened(name, **PHONE)
    places = page.locator("section.exercise:not(:has(.write))")
    expect(page.locator(".exercise-ask")).to_have_count(places.count())
    for place in places.all():
        solutions = place.locator(".solution").all()
        assert len(solutions) > 1 and not any(solution.is_visible() for solution in solutions)
        answers = place.locator(".answer").count()
        ask = place.locator(".exercise-ask button")
        assert ask.inner_text() == ("Show the solution" if answers else "I wrote mine: show the solution")
        assert ask.bounding_box()["height"] >= 44
        ask.focus()
        page.keyboard.press("Enter")
        assert all(solution.is_visible() for solution in solutions)
        assert page.evaluate("document.activeElement.parentElement.matches('.solution[open]')")
        expect(place.locator(".exercise-state")).to_have_attribute("data-state", "tried" if answers else "done")
    assert page.evaluate(SIDEWAYS) <= 0


def test_a_right_answer_opens_the_solution_and_says_so_and_stays_done(opened):
    page = opened(PAGE, **PHONE)
    place, solution, state = exercise(page, COUNTS)
    expect(state).to_have_attribute("data-state", "open")
    assert find_violations(page, f"#{COUNTS}") == []
    for typed, says, known in [("0.1", "✗ That is W.", "tried"), ("0.9", "✓ Right. The solution is below.", "done")]:
        place.get_by_role("textbox").fill(typed)
        place.get_by_role("textbox").press("Enter")
        expect(place.get_by_role("status")).to_contain_text(says)
        expect(state).to_have_attribute("data-state", known)
        assert solution.is_visible() == (known == "done")
    assert find_violations(page, f"#{COUNTS}") == []
    place.get_by_role("textbox").fill("0.1")
    place.get_by_role("textbox").press("Enter")
    expect(state).to_have_attribute("data-state", "done")
    page.reload()
    place, solution, state = exercise(page, COUNTS)
    expect(state).to_have_attribute("data-state", "done")
    assert solution.is_visible()


def test_of_two_answers_one_right_one_keeps_the_solution_locked(opened):
    page = opened(PAGE, **PHONE)
    place, solution, state = exercise(page, LONG)
    expect(state).to_have_attribute("data-state", "open")
    for answer, known in zip(place.locator(".answer").all(), ["tried", "done"], strict=True):
        answer.get_by_role("textbox").fill(str(json.loads(answer.get_attribute("data-answer"))["value"]))
        answer.get_by_role("textbox").press("Enter")
        expect(state).to_have_attribute("data-state", known)
        assert solution.is_visible() == (known == "done")


def test_a_link_into_a_solution_opens_it(opened):
    page = opened(PAGE, fragment="#fig-one-unit-remembers", **PHONE)
    place, solution, state = exercise(page, LONG)
    expect(state).to_have_attribute("data-state", "open")
    assert solution.is_visible()
    assert not place.locator(".exercise-ask").is_visible()
    assert not exercise(page, COUNTS)[1].is_visible()


def test_a_section_page_counts_hands_in_and_clears(opened, address):
    page = opened("theory/index.html", **PHONE)
    own, cell = page.locator(".progress-own"), page.locator("[data-page='theory/recurrence']")
    expect(cell).to_have_text("5 exercises")
    expect(own.get_by_role("button")).to_have_text(["Import progress"])
    page.goto(f"{address}/{PAGE}", wait_until="networkidle")
    exercise(page, REMEMBERS)[0].get_by_role("button", name="I wrote mine").press("Enter")
    exercise(page, COUNTS)[0].get_by_role("button", name="Show the solution").press("Enter")
    page.goto(f"{address}/theory/index.html", wait_until="networkidle")
    expect(cell).to_have_text("1 of 5 exercises done, 1 tried")
    expect(page.locator("tr:has-text('You were here: go on')")).to_have_count(1)
    expect(page.locator("tr").filter(has=cell)).to_contain_text("You were here: go on")
    expect(own).to_contain_text("Progress and changed code stay in your browser.")
    assert find_violations(page, "article") == []
    page.once("dialog", lambda dialog: dialog.accept(" Ada <Lovelace>, é "))
    with page.expect_download() as saved:
        own.get_by_role("button", name="Hand in").press("Enter")
    assert saved.value.suggested_filename == "rnn_tutorial-Ada-Lovelace-é.json"
    states = {f"theory/recurrence#{COUNTS}": "tried", f"theory/recurrence#{REMEMBERS}": "done"}
    assert json.loads(saved.value.path().read_text()) == {"exercises": states | {"last": f"/{PAGE}"}, "cells": {}}
    expect(own.get_by_role("status")).to_contain_text("Saved as rnn_tutorial-Ada-Lovelace-é.json: ")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    own.get_by_role("button", name="Clear").press("Enter")
    expect(cell).to_have_text("1 of 5 exercises done, 1 tried")
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    own.get_by_role("button", name="Clear").press("Enter")
    assert asked == ["Clear your progress in all exercises, and your changes of code?"] * 2
    expect(cell).to_have_text("5 exercises")
    expect(own.get_by_role("status")).to_have_text("Cleared.")
    assert page.evaluate(f"localStorage.getItem('{KEY}')") == "{}"
    page.locator("input[type=file]").set_input_files(saved.value.path())
    expect(own.get_by_role("status")).to_have_text("Taken over.")
    expect(cell).to_have_text("1 of 5 exercises done, 1 tried")


@pytest.mark.parametrize("stored", ["null", "[", '"text"', OF_ANOTHER_FORM])
def test_what_else_is_stored_there_does_no_harm(opened, stored):
    script = f"localStorage.setItem('{KEY}', {json.dumps(stored)})"
    expect(exercise(opened(PAGE, script=script), COUNTS)[2]).to_have_attribute("data-state", "open")
    page = opened("theory/index.html", script=script)
    expect(page.locator("[data-page='theory/recurrence']")).to_have_text("5 exercises")


def test_where_storage_is_blocked_progress_lasts_as_long_as_the_page(opened):
    page = opened(PAGE, script=BLOCKED)
    place, solution, state = exercise(page, REMEMBERS)
    place.get_by_role("button", name="I wrote mine").press("Enter")
    expect(state).to_have_attribute("data-state", "done")
    assert solution.is_visible()


def test_where_a_script_does_not_come_nothing_waits(blank, address):
    blank.route("**/exercise/exercise.js", lambda route: route.abort())
    blank.goto(f"{address}/{PAGE}")
    expect(exercise(blank, COUNTS)[1]).to_be_visible()
    expect(blank.locator(".predicted").first).to_be_visible()


def test_on_paper_and_without_javascript_the_solution_is_folded(opened, address):
    paper, plain = opened(PAGE), opened(PAGE, java_script_enabled=False)
    expect(exercise(paper, COUNTS)[2]).to_have_attribute("data-state", "open")
    paper.emulate_media(media="print")
    for page in (paper, plain):
        place, solution, state = exercise(page, COUNTS)
        assert solution.is_visible()
        assert not place.locator(".solution p").first.is_visible()
        assert not state.is_visible()
        assert not place.locator(".exercise-ask").is_visible()
    plain.goto(f"{address}/theory/index.html", wait_until="networkidle")
    assert re.search(r"\d+ min to read,\s+5 exercises, \d+ min", plain.locator("article table").inner_text())
    assert plain.locator(".progress-own").count() == 0


def test_the_bar_counts_the_functions_of_the_quest_and_names_the_next(opened):
    page = opened("theory/index.html")
    quest = page.locator(".quest")
    assert re.sub(r"\s+", " ", quest.inner_text()) == "○○○○○○○○○ Build a network that writes"
    functions = json.loads(quest.get_attribute("data-quest"))
    assert (SITE / "theory" / functions[0]["href"].partition("#")[0]).is_file()
    states = {one["name"]: "done" for one in functions[:2]}
    page.evaluate("states => localStorage.setItem('rnn_tutorial.exercises', JSON.stringify(states))", states)
    page.reload()
    expect(quest).to_have_text(re.compile(r"●●○○○○○○○\s+network that writes, next: gradient_check, \d+ min"))
    expect(quest).to_have_attribute("href", functions[2]["href"])
    states |= {one["name"]: "done" for one in functions}
    page.evaluate("states => localStorage.setItem('rnn_tutorial.exercises', JSON.stringify(states))", states)
    page.reload()
    expect(quest).to_have_text(re.compile("●●●●●●●●● Now let it write"))
    expect(quest).to_have_attribute("href", "../language/from-scratch.html")
