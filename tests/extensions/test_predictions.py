"""A result that is predicted is read from the page, and the blocks that show it are marked."""

import re

import pytest

from small_site import EXTENSIONS, DiagramSite, build_here  # isort: skip

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "predictions"]
"""
ASKED = "```{predict} How many *words*?\n:from: 0\n:to: 50\n:hides: 2\n\n5.7 %\n```\n\n"


def build(tmp_path, page):
    site = DiagramSite(tmp_path)
    site.write("conf.py", CONF)
    site.write("index.md", page)
    return build_here(site.root)


def test_a_prediction_is_a_slider_with_the_result_as_data_and_marks_what_shows_it(tmp_path):
    done = build(tmp_path, f"# Page\n\n{ASKED}(a)=\nIt is 5.7 %.\n\n> As said.\n\nMore.\n")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    form = re.search('<form class="predict".*?</form>', page, re.DOTALL)[0]
    assert 'data-result="5.7 %"' in form
    assert '<input type="range" id="predict-0" min="0" max="50" step="1" value="25">' in form
    assert re.sub(r"<[^>]*>", "", form).strip() == "How many *words*?PredictShow"
    assert page.count('class="predicted"') == 2
    assert '<p class="predicted">More' not in page
    assert "answer/answer.css" in page


def test_a_logarithmic_slider_moves_over_exponents(tmp_path):
    asked = ASKED.replace(":from: 0\n:to: 50\n:hides: 2", ":from: 1\n:to: 1000000\n:logarithmic:")
    done = build(tmp_path, f"# Page\n\n{asked}Text.\n")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert 'min="0" max="6" step="0.5" value="3"' in page
    assert 'data-logarithmic=""' in page


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":from: 0\n", "", "predict: expected from below to"),
        (":to: 50", ":to: 0", "predict: expected from below to"),
        (":hides: 2", ":logarithmic:", "both above 0 on a logarithmic scale"),
        (":hides: 2", ":step: 0", "a step above 0"),
        ("5.7 %", "many", "predict: expected a number as content, got 'many'"),
        ("```\n\n", "```\n\n" + ASKED, "predict: expected one prediction in a section"),
        (":hides: 2", ":hides: 3", "predict: expected 3 blocks after it, got 2"),
    ],
)
def test_a_mistake_is_reported_at_its_line(tmp_path, old, new, message):
    done = build(tmp_path, f"# Page\n\n{ASKED.replace(old, new)}One.\n\nTwo.\n")
    assert done.returncode
    assert "index.md:3" in done.stderr
    assert message in done.stderr
