import json
import os
import re
import sys
import time

import psutil
import pytest

from builds import EXTENSIONS, Pages, write  # isort: skip
import execution
from api_pages import used_names
from execution import page_digest

COLUMNS = 88  # that a page has room for at most widths; from 1440 px on it has room for 100


def wait_for(site, said):
    """Return code that waits until a page says something."""
    return f"import time\nwhile {said!r} not in open({str(site.log)!r}).read():\n    time.sleep(0.05)\n"


def lines(done):
    said = re.findall(r"^(?:page )?\d+ of \d+.*", done.stdout, re.MULTILINE)
    return [re.sub(r"\d+ s$", "N s", line) for line in said]


@pytest.mark.slow
def test_pages_run_once_and_one_that_fails_ends_the_build_in_its_place(tmp_path):
    site = Pages(tmp_path, "zulu", "alpha")
    assert (lines(site.build("-D", "nb_execution_mode=off")), site.ran) == ([], [])

    site.set("index", "x = 1\n\nassert x == 2, 'it is one'")
    done = site.build(ends=2)
    assert re.search(r"index\.md:\d+: ERROR: cell 2 of 2 failed[^\0]*AssertionError: it is one", done.stderr)
    assert site.ran == ["alpha", "zulu", "index"]

    site.set()
    site.set("zulu", "print(43)")
    done = site.build()
    assert site.ran == ["alpha", "zulu", "index", "index", "zulu"]  # the page that ran is kept
    assert lines(done) == [
        "1 of 3 pages ran earlier",
        *("page 1 of 2: Page index", "page 1 of 2: Page index ran, N s"),
        *("page 2 of 2: Page zulu", "page 2 of 2: Page zulu ran, N s"),
    ]
    assert "The site took 0 min" in done.stdout
    done = site.build("-E")  # all pages are read again, with kept outputs, and cells have their colours
    assert (lines(done), len(site.ran), done.stderr) == (["3 of 3 pages ran earlier"], 5, "")
    assert ">number 41\n" in (text := (tmp_path / "html" / "alpha.html").read_text())
    assert 'class="highlight-ipython3' in text


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    site = Pages(tmp_path_factory.mktemp("toy"))
    site.build()
    return site


@pytest.mark.parametrize(
    ("file", "old", "new", "runs"),
    [
        ("docs/index.md", "Some prose.", "Other prose.", False),
        ("toy/behind.py", "41", "43", True),
    ],
)
def test_only_a_change_of_code_runs_a_page(toy, file, old, new, runs):
    before, path = len(toy.ran), toy.root / file
    kept = path.read_text()
    path.write_text(kept.replace(old, new, 1))
    toy.build()
    assert len(toy.ran) == before + runs
    assert ("number 43" if runs else new) in toy.html
    path.write_text(kept)
    toy.build()
    assert len(toy.ran) == before + runs  # what it said before is kept
    assert "number 41" in toy.html


def test_reviews_and_runs_count_for_the_pages_that_load_them(tmp_path, monkeypatch):
    def digests():
        cells = ("load_reviews()", "load_reviews('bundled')", "recorded_runs('one')", "1")
        return [page_digest(f"```{{code-cell}}\n{cell}\n```\n", tmp_path) for cell in cells]

    def changed(before):
        return [one != other for one, other in zip(before, digests(), strict=True)]

    before = digests()
    monkeypatch.setenv("RNN_TUTORIAL_REVIEWS", str(tmp_path / "aclImdb.tar"))
    assert changed(before) == [True, False, False, False]
    before = digests()
    write(tmp_path, {"aclImdb.tar": "reviews", "experiments/runs/one.jsonl": "{}"})
    assert changed(before) == [True, False, True, False]


@pytest.mark.parametrize("what", ["machine", "version"])
def test_another_processor_or_library_runs_all_pages(monkeypatch, what):
    before = page_digest("")
    monkeypatch.setattr(execution, what, lambda *_: "another")
    assert page_digest("") != before


@pytest.mark.slow
@pytest.mark.parametrize("undone", [False, True])
def test_outputs_are_not_kept_if_code_is_edited_while_a_page_runs(tmp_path, undone):
    site, toy = Pages(tmp_path), tmp_path / "toy" / "behind.py"
    edits = ["number = 99", "number = 41"][: 1 + undone]
    site.set(code=f"for text in {edits}:\n    open({str(toy)!r}, 'w').write(text)")
    for runs in (1, 2):
        done = site.build(ends=2)
        assert len(site.ran) == runs
        assert "index.md:1: ERROR: this page, or code that it uses, was edited while it ran" in done.stderr
        toy.write_text("number = 41")


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["record.json", "files/toy/weights", "no folder"])
def test_a_cache_that_fails_costs_a_run_and_a_line(tmp_path, damage):
    site = Pages(tmp_path)
    glues = "from rnn_tutorial.pages.widget_files import glue_file\nglue_file('toy/weights', b'number 41')"
    site.set(code=f"{glues}\nprint('number 41')")
    if damage != "no folder":
        site.build()
        [kept] = (tmp_path / "cache" / "pages").glob(f"*/{damage}")
        kept.write_bytes(kept.read_bytes().replace(b"number 41", b"number 14"))  # it can be read all the same
    else:
        (tmp_path / "cache").write_text("no folder")
    before = len(site.ran)
    done = site.build("-E")
    assert len(site.ran) == before + 1
    assert len(re.findall(r"^rnn_tutorial: .* cannot be (?:read|written), ", done.stderr, re.MULTILINE)) == 1
    assert "number 41" in site.html


def test_what_no_build_used_for_long_is_forgotten_when_a_page_runs(tmp_path):
    site, pages = Pages(tmp_path), tmp_path / "cache" / "pages"
    for name, days in (("long ago", 61), ("lately", 59)):
        (pages / name).mkdir(parents=True)
        os.utime(pages / name, (time.time() - days * 24 * 3600,) * 2)
    site.build()
    assert (pages / "lately").is_dir() and len(list(pages.iterdir())) == 2


@pytest.mark.slow
def test_a_dead_kernel_is_reported(tmp_path):
    site = Pages(tmp_path, "zulu", "alpha")
    site.set("alpha", "import os\nos._exit(1)")
    assert re.search(r"alpha\.md:\d+: ERROR: cell [12] of 2 failed[^\0]*the kernel died", site.build(ends=2).stderr)


def test_two_pages_run_side_by_side_from_both_ends(tmp_path):
    site = Pages(tmp_path, "zulu", "alpha", lanes=2)
    for page, other in (("alpha", "zulu"), ("zulu", "alpha")):
        site.set(page, wait_for(site, other))
    began = [line for line in lines(site.build()) if "ran" not in line]
    assert {*began[:2]} == {"page 1 of 3: Page alpha", "page 2 of 3: Page zulu"}
    assert began[2:] == ["page 3 of 3: Page index"]
    assert ">number 41\n" in site.html


@pytest.mark.slow
def test_a_page_that_fails_ends_the_other_one(tmp_path):
    site = Pages(tmp_path, "zulu", "alpha", lanes=2)
    sleep = f"with open({str(site.log)!r}, 'a') as file:\n    file.write(f'{{os.getpid()}} asleep ')\ntime.sleep(600)"
    site.set("alpha", f"import os, time\n{sleep}")
    site.set("zulu", wait_for(site, "asleep") + "1 / 0")
    told = site.build(ends=2).stderr
    assert "zulu.md:" in told and "ZeroDivisionError" in told and "alpha.md" not in told
    [kernel] = [int(said) for said in site.ran if said.isdecimal()]
    assert not psutil.pid_exists(kernel)
    assert "index" not in site.ran


@pytest.mark.parametrize(("cores", "lanes"), [(1, 1), (2, 2), (64, 2)])
def test_two_pages_run_where_there_are_two_cores(monkeypatch, cores, lanes):
    monkeypatch.setattr(execution, "cpu_count", lambda: cores)
    assert execution.pages_at_a_time() == lanes


@pytest.mark.slow
def test_cells_see_the_given_reviews_and_no_startup_file_of_the_reader(tmp_path):
    site = Pages(tmp_path)
    site.write("home/.ipython/profile_default/startup/mine.py", "mine = 1")
    site.write("aclImdb.tar", "a review")
    site.write("docs/conf.py", (tmp_path / "docs/conf.py").read_text() + "execution.parsed_reviews = str\n")  # not one
    cell = "import os\ndef load_reviews(): return open(os.environ['RNN_TUTORIAL_REVIEWS']).read()\n"
    site.set(code=cell + "print(load_reviews(), 'mine' in globals())")
    site.build(HOME=str(tmp_path / "home"), RNN_TUTORIAL_REVIEWS="aclImdb.tar")
    assert "a review False" in site.html
    assert len(list((tmp_path / "cache" / "pages").glob("*/given/[01].pickle"))) == 2  # for the cells of browsers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reviews", "said"),
    [
        ("missing.tar", r"ERROR: RNN_TUTORIAL_REVIEWS: "),
        ("mine.csv", r"RNN_TUTORIAL_REVIEWS: .*docs/reference/your-own-reviews\.md trains on a CSV of your own\.\n"),
    ],
)
def test_wrong_reviews_end_the_build_before_a_cell_runs(tmp_path, reviews, said):
    site = Pages(tmp_path)
    site.write("mine.csv", "text,label\n" + "A review.,1\nAnother.,0\n" * 10)
    site.set(code="def load_reviews(): pass\nload_reviews()")
    done = site.build(ends=2, RNN_TUTORIAL_REVIEWS=reviews)
    assert re.search(said, done.stderr) and len(site.ran) == 0


def test_the_caches_lines_are_shown_and_a_stray_warning_fails_the_build(tmp_path):
    site = Pages(tmp_path)
    say = "from rnn_tutorial._cache.memory import log\nlog.warning('The disk is full.')"
    site.set(code=f"{say}\nimport warnings; warnings.warn('stray')")
    done = site.build(ends=1)
    assert "rnn_tutorial: The disk is full.\n" in done.stdout and "stderr" in done.stderr


def test_cells_are_read_without_their_options():
    page = "```{code-cell} python\n---\nmystnb:\n  image:\n    alt: x\n---\na = 1\n```\n\n"
    page += "```{code-cell}\n:tags: [x]\n\nb = 2\n```\n"
    assert execution.page_code(page).split() == ["a", "=", "1", "b", "=", "2"]


def test_no_line_of_a_cell_is_longer_than_a_page_has_room_for():
    for page in EXTENSIONS.parent.rglob("*.md"):
        code = execution.page_code(page.read_text(encoding="utf-8"))
        assert [line for line in code.splitlines() if len(line) > COLUMNS] == [], page


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from pkg.a import f\nf()", {"pkg.a.f"}),
        ("from pkg.a import f", set()),
        ("from pkg.a import f as g\ng()", {"pkg.a.f"}),
        ("from pkg import a\na.f()", {"pkg.a", "pkg.a.f"}),
        ("from pkg.a import C\nC.make().go()", {"pkg.a.C", "pkg.a.C.make"}),
        ("def g():\n    from pkg.a import f\n    return map(f, [])", {"pkg.a.f"}),
        ("from other.a import f\nf()\nfrom pkgother.a import g\ng()", set()),
        ("from pkg.a import f\nx.f()", set()),
    ],
)
def test_a_name_is_used_where_it_is_imported_and_then_read(code, names):
    assert used_names(code, "pkg") == names


@pytest.mark.slow
def test_a_kernel_that_does_not_come_up_is_started_once_more(tmp_path):
    """As when another process takes a port that was chosen for it."""
    site, tries = Pages(tmp_path), tmp_path / "tries"
    start = f'echo >> "{tries}"; [ $(wc -l < "{tries}") -gt $KERNELS_DIE ] && '
    start += f'exec "{sys.executable}" -m ipykernel_launcher -f "$0"'
    kernel = {"argv": ["sh", "-c", start, "{connection_file}"], "display_name": "Python 3", "language": "python"}
    site.write("kernels/python3/kernel.json", json.dumps(kernel))
    site.build(JUPYTER_PATH=str(tmp_path), KERNELS_DIE="1")
    assert (site.ran, tries.read_text().count("\n")) == (["index"], 2)
    site.set("index", "x = 2")
    tries.unlink()
    assert "Kernel died before replying" in site.build(JUPYTER_PATH=str(tmp_path), KERNELS_DIE="2", ends=2).stderr
    assert tries.read_text().count("\n") == 2
