import html
import json
import re

import pytest
import yaml

from small_site import EXTENSIONS, Site  # isort: skip
import exercises

CONF = """
extensions = ["myst_parser", "sphinx_design", "exercises"]
myst_enable_extensions = ["colon_fence"]
"""
BIAS = "```{answer} 4.97\nof: the bias\ntolerance: 0.02\nslips:\n  0.993: That is the gate <σ>.\n```\n"
FOLDS = ":::{dropdown} Hint\nH\n:::\n\n:::{dropdown} Solution\nS\n:::\n\n:::{container} cell\nC\n:::\n\n"
ASKED = "```{predict} How many *words*?\n:from: 0\n:to: 50\n:hides: 2\n\n5.7 %\n```\n\n"
DECLARED = re.compile(r"^```{answer} (?P<value>[^\n]*)\n(?P<fields>.*?)^```$", re.MULTILINE | re.DOTALL)
EXERCISE = re.compile(r"^### \d+\. .*?(?=^### |^## |\Z)", re.MULTILINE | re.DOTALL)
PAGES = {path: path.read_text(encoding="utf-8") for path in sorted(EXTENSIONS.parent.rglob("*.md"))}
EXERCISES = [(path.stem, exercise) for path, page in PAGES.items() for exercise in EXERCISE.findall(page)]


def built(tmp_path, page, fails=False, **more):
    site = Site(tmp_path, CONF)
    for name, text in {"index": page, **more}.items():
        site.write(f"{name}.md", f"# Page\n\n{text}")
    return site, site.build(fails=fails)


def test_the_first_of_several_choices_is_no_better_guess():
    matches = [match for page in PAGES.values() for match in DECLARED.finditer(page)]
    answers = [exercises.read_answer(match["value"], yaml.safe_load(match["fields"])) for match in matches]
    several = [answer for answer in answers if len(answer.get("choices", ())) > 2]
    assert len(several) >= 10
    assert sum(answer["choices"][0] == answer["value"] for answer in several) <= len(several) / 2


def test_a_declared_number_is_in_the_solution_that_runs():
    for name, exercise in EXERCISES:
        solution = exercise.rpartition("Solution in code, run by this build")[2]
        numbers = re.findall(r"(?<![\w.])-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?", solution)
        for match in DECLARED.finditer(exercise):
            known = {float(text.replace("_", "")) for text in numbers}
            assert "choices:" in match["fields"] or exercises.number(match["value"]) in known, (name, match["value"])


def test_exercises_to_compute_or_predict_declare_an_answer():
    asked = [exercise for _, exercise in EXERCISES if re.search(r"^\*(Compute|Predict)", exercise, re.MULTILINE)]
    assert len(asked) > 15
    assert [exercise.partition("\n")[0] for exercise in asked if "```{answer}" not in exercise] == []


@pytest.mark.parametrize("choices", [["yes", "no"], [5, 10, 20], [0.2, 1, 2], ["line 1", "line 2", "line 3", "line 4"]])
def test_choices_with_an_order_keep_it(choices):
    fields = {"of": "n", "choices": choices}
    assert exercises.read_answer(str(choices[0]), fields)["choices"] == list(map(str, choices))


def test_the_quest_is_what_the_network_that_writes_collects():
    page = (EXTENSIONS.parent / "language/from-scratch.md").read_text(encoding="utf-8")
    collected = re.findall(r'"(\w+)"', re.search(r"collect\((.*?)\n\)", page, re.DOTALL)[1])
    assert sorted(collected) == sorted(exercises.QUEST)


def test_numbers_and_choices_are_read():
    number = {"of": "n", "tolerance": 0, "slips": {12_500_250: "With b."}}
    expected = {"of": "n", "value": 12_500_000.0, "tolerance": 0.0, "slips": {"12500250": "With b."}}
    assert exercises.read_answer("12,500,000", number) == expected
    choice = {"of": "n", "choices": ["yes", "no"], "slips": {"no": "Why?"}}
    assert exercises.read_answer("yes", choice) == choice | {"value": "yes"}


@pytest.mark.parametrize(
    ("value", "fields", "message"),
    [
        ("4", {}, "expected of"),
        ("4", {"of": "n", "tolerance": 0, "unit": "m"}, "unit"),
        *(("4", {"of": "n"} | more, "tolerance") for more in ({}, {"tolerance": -1}, {"tolerance": float("inf")})),
        ("four", {"of": "n", "tolerance": 0}, "four"),
        ("nan", {"of": "n", "tolerance": 0}, "expected a finite number"),
        ("4", {"of": "n", "tolerance": 1, "slips": {5: "Near."}}, "5 would be taken for 4"),
        ("yes", {"of": "n", "choices": ["no", "never"]}, "expected 'yes'"),
        ("yes", {"of": "n", "choices": ["yes", "no"], "slips": {"yes": "Right."}}, "expected 'yes'"),
        ("yes", {"of": "n", "choices": ["yes", "no"], "slips": {"maybe": "No."}}, "expected 'yes'"),
        ("yes", {"of": "n", "choices": ["yes", "no"], "tolerance": 1}, "no tolerance"),
    ],
)
def test_a_declaration_that_would_judge_wrongly_is_refused(value, fields, message):
    with pytest.raises(ValueError, match=message):
        exercises.read_answer(value, fields)


def test_an_answer_is_a_field_and_data(tmp_path):
    site, _ = built(tmp_path, f"A question.\n\n{BIAS}")
    answer = r'<div class="answer" data-answer="([^"]*)">\s*(.*?)<p role="status"></p></div>'
    data, field = re.search(answer, site.html, re.DOTALL).groups()
    assert re.sub("<[^>]*>", "", field) == "The biasCheck" and 'maxlength="100"' in field
    declared = {"of": "the bias", "value": 4.97, "tolerance": 0.02, "slips": {"0.993": "That is the gate <σ>."}}
    assert json.loads(html.unescape(data)) == declared


def test_exercises_and_solutions_are_marked_and_counted(tmp_path):
    numbered = "".join(f"### {k}. Try {k}\n\n*Write · easy · {k}0 minutes.* What?\n\n{FOLDS}" for k in (1, 2))
    own = "### Write it\n\n*Write · easy · 5 minutes.* What?\n\n```{write} linear_scan\n```\n\n"
    other = f"## Before\n\n{own}### 1. No exercise\n\n## Exercises\n\n{numbered}## After\n\nText.\n"
    site, _ = built(tmp_path, "```{toctree}\nother\n```\n\nThere are {exercises}`other`.\n", other=other)
    count = '<span class="progress" data-exercises="write-it try-1 try-2" data-page="other">3 exercises</span>, 35 min'
    assert f"There are {count}." in site.html
    page = site.page("other")
    assert re.findall(r'<section class="exercise" id="([^"]*)">', page) == ["write-it", "try-1", "try-2"]
    assert re.findall(r"<(details|div)\b[^>]*\bsolution\b", page) == ["details", "div", "details", "div"]
    assert "answer/answer.css" in site.html and "answer/answer.css" in page
    site.build(builder="dummy")  # which has no dropdowns


def test_a_prediction_is_a_slider_and_marks_what_shows_its_result(tmp_path):
    site, _ = built(tmp_path, f"{ASKED}(a)=\nIt is 5.7 %.\n\n> As said.\n\nMore.\n")
    form = re.search('<form class="predict".*?</form>', site.html, re.DOTALL)[0]
    assert 'data-result="5.7 %"' in form and 'min="0" max="50" step="1" value="25"' in form
    assert re.sub(r"<[^>]*>", "", form).strip() == "How many *words*?PredictShow"
    assert site.html.count('class="predicted"') == 2 and '<p class="predicted">More' not in site.html


def test_a_logarithmic_slider_moves_over_exponents(tmp_path):
    asked = ASKED.replace(":from: 0\n:to: 50\n:hides: 2", ":from: 1\n:to: 1000000\n:logarithmic:")
    site, _ = built(tmp_path, f"{asked}Text.\n")
    assert 'min="0" max="6" step="0.5" value="3"' in site.html and 'data-logarithmic=""' in site.html


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (BIAS, "tolerance: 0.02\n", "", "answer: expected a finite number, and a tolerance"),
        (ASKED, ":to: 50", ":to: 0", "predict: expected from below to"),
        (ASKED, ":hides: 2", ":logarithmic:", "both above 0 on a logarithmic scale"),
        (ASKED, ":hides: 2", ":step: 0", "a step above 0"),
        (ASKED, "5.7 %", "many", "predict: expected a number as content, got 'many'"),
        (ASKED, "```\n\n", "```\n\n" + ASKED, "predict: expected one prediction in a section"),
        (ASKED, ":hides: 2", ":hides: 3", "predict: expected 3 blocks after it, got 2"),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path, text, old, new, message):
    _, told = built(tmp_path, f"{text.replace(old, new)}One.\n\nTwo.\n", fails=True)
    assert "index.md:3" in told and message in told


def test_an_exercise_without_a_solution_is_told(tmp_path):
    _, told = built(tmp_path, "## Exercises\n\n### 1. Try\n\nA question.\n", fails=True)
    assert "index#try: expected a dropdown with a solution" in told
