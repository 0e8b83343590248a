"""Exercises declare their answers, and the build refuses a declaration that would judge a reader wrongly."""

import html
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from small_site import EXTENSIONS, SPHINX, DiagramSite, build_here  # isort: skip
import exercises

DOCS = EXTENSIONS.parent
CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "sphinx_design", "exercises"]
myst_enable_extensions = ["colon_fence"]
"""
BIAS = "```{answer} 4.97\nof: the bias\ntolerance: 0.02\nslips:\n  0.993: That is the gate <σ>.\n```\n"
FOLDS = ":::{dropdown} Hint\nH\n:::\n\n:::{dropdown} Solution\nS\n:::\n\n:::{container} cell\nC\n:::\n\n"
DECLARED = re.compile(r"^```{answer} (?P<value>[^\n]*)\n(?P<fields>.*?)^```$", re.MULTILINE | re.DOTALL)
EXERCISE = re.compile(r"^### \d+\. .*?(?=^### |^## |\Z)", re.MULTILINE | re.DOTALL)


def test_the_first_of_several_choices_is_no_better_guess_than_another():
    shown = [exercises.read_answer(m["value"], fields) for m, fields in all_declared() if "choices" in fields]
    several = [answer for answer in shown if len(answer["choices"]) > 2]
    assert len(several) > 10
    assert sum(answer["choices"][0] == answer["value"] for answer in several) <= len(several) / 2


@pytest.mark.parametrize("choices", [["yes", "no"], [5, 10, 20], [0.2, 1, 2], ["line 1", "line 2", "line 3", "line 4"]])
def test_choices_with_an_order_keep_it(choices):
    fields = {"of": "n", "choices": choices}
    assert exercises.read_answer(str(choices[0]), fields)["choices"] == list(map(str, choices))


def test_a_declared_answer_is_a_field_on_the_page_and_data(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("conf.py", CONF)
    site.write("index.md", "# Page\n\nA question.\n\n" + BIAS)
    done = build_here(site.root)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    (data, field) = re.search(r'<div class="answer" data-answer="([^"]*)">\s*(.*?)<p role="status"></p></div>', page, re.S).groups()  # fmt: skip # noqa: E501
    assert re.sub("<[^>]*>", "", field) == "The biasCheck" and 'maxlength="100"' in field
    assert json.loads(html.unescape(data)) == {
        "of": "the bias", "value": 4.97, "tolerance": 0.02, "slips": {"0.993": "That is the gate <σ>."},
    }  # fmt: skip


def test_a_mistake_in_a_declaration_is_an_error_at_its_line(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("conf.py", CONF)
    site.write("index.md", "# Page\n\n" + BIAS.replace("tolerance: 0.02\n", ""))
    done = build_here(site.root)
    assert done.returncode
    assert "index.md:3" in done.stderr and "answer: expected a finite number, and a tolerance" in done.stderr


def test_exercises_are_marked_with_their_solutions_and_counted(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("conf.py", CONF)
    numbered = "".join(f"### {k}. Try {k}\n\nA question.\n\n{FOLDS}" for k in (1, 2))
    site.write(
        "other.md", f"# Other\n\n## Before\n\n### 1. No exercise\n\n## Exercises\n\n{numbered}## After\n\nText.\n"
    )
    site.write("index.md", "# Page\n\n```{toctree}\nother\n```\n\nThere are {exercises}`other`.\n")
    done = build_here(site.root)
    assert done.returncode == 0, done.stderr
    index, other = ((tmp_path / "html" / f"{name}.html").read_text(encoding="utf-8") for name in ("index", "other"))
    assert (
        'There are <span class="progress" data-exercises="try-1 try-2" data-page="other">2 exercises</span>.' in index
    )
    assert re.findall(r'<section class="exercise" id="([^"]*)">', other) == ["try-1", "try-2"]
    marked = re.findall(r"<(details|div)\b[^>]*\bsolution\b", other)
    assert marked == ["details", "div", "details", "div"]
    for page in (index, other):
        assert ".exercise-ask" in page or "answer/answer.css" in page


def test_a_check_of_the_sources_accepts_exercises(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("conf.py", CONF)
    site.write("index.md", f"# Page\n\n## Exercises\n\n### 1. Try\n\nA question.\n\n{FOLDS}")
    command = [*SPHINX, "-q", "-b", "dummy", "docs", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_exercise_without_a_solution_is_an_error(tmp_path):
    site = DiagramSite(tmp_path)
    site.write("conf.py", CONF)
    site.write("index.md", "# Page\n\n## Exercises\n\n### 1. Try\n\nA question.\n")
    done = build_here(site.root)
    assert done.returncode
    assert "index: expected a dropdown with a solution in 'try'" in done.stderr


def test_numbers_and_choices_are_read():
    read = exercises.read_answer
    assert read("12,500,000", {"of": "n", "tolerance": 0, "slips": {12_500_250: "With b."}}) == {
        "of": "n", "value": 12_500_000.0, "tolerance": 0.0, "slips": {"12500250": "With b."},
    }  # fmt: skip
    assert read("yes", {"of": "n", "choices": ["yes", "no"], "slips": {"no": "Why?"}}) == {
        "of": "n", "value": "yes", "choices": ["yes", "no"], "slips": {"no": "Why?"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "fields", "message"),
    [
        ("4", {}, "expected of"),
        ("4", {"of": "n", "tolerance": 0, "unit": "m"}, "unit"),
        ("4", {"of": "n", "tolerance": -1}, "and a tolerance"),
        ("four", {"of": "n", "tolerance": 0}, "four"),
        ("4", {"of": "n", "tolerance": None}, "expected a .*tolerance"),
        ("4", {"of": "n", "tolerance": float("inf")}, "expected a .*tolerance"),
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


def all_declared():
    """Return each declared answer of the site, and its fields."""
    for path in sorted(DOCS.rglob("*.md")):
        for match in DECLARED.finditer(path.read_text(encoding="utf-8")):
            yield match, yaml.safe_load(match["fields"])


def declared():
    """Return the page, the exercise and the value of each declared number."""
    for path in sorted(DOCS.rglob("*.md")):
        for exercise in EXERCISE.findall(path.read_text(encoding="utf-8")):
            for match in DECLARED.finditer(exercise):
                if "choices:" not in match["fields"]:
                    yield pytest.param(exercise, match["value"], id=f"{path.stem}-{match['value']}")


@pytest.mark.parametrize(("exercise", "value"), list(declared()))
def test_a_declared_number_stands_in_the_solution_that_the_build_runs(exercise, value):
    solution = exercise.rpartition("Solution in code, run by this build")[2]
    numbers = re.findall(r"(?<![\w.])-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?", solution)
    assert exercises.number(value) in {float(text.replace("_", "")) for text in numbers}


def test_each_exercise_to_compute_or_to_predict_declares_an_answer():
    pages = [path.read_text(encoding="utf-8") for path in sorted(Path(DOCS).rglob("*.md"))]
    asked = [e for page in pages for e in EXERCISE.findall(page) if re.search(r"^\*(Compute|Predict)", e, re.MULTILINE)]
    assert len(asked) > 15
    assert [e.partition("\n")[0] for e in asked if "```{answer}" not in e] == []
