import http.server
import importlib
import json
import re
import threading
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from rnn_tutorial import exercises

from built_site import PAGES, SITE, UNFOLD, find_violations, open_page  # isort: skip

LIVE = [name for name in PAGES if re.search(r'class="cell [^"]*\blive-\d', (SITE / name).read_text(encoding="utf-8"))]
PAGE = "theory/recurrence.html"
NUMBER = re.compile(r"[-+−]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")
OUTPUT = """node => ({
  text: [...node.querySelectorAll("pre, th, td")].map(part => part.textContent.trim()).join("\\n"),
  images: node.querySelectorAll("img").length,
})"""
ALONE = "delete window.SharedWorker"  # as in some browsers: each page has its worker, and what that asks for is seen
VARIES = re.compile(r"versions\(|time after|time of the loop|SimpleRNN, |follow=True|short_first")  # as updates drift
pytestmark = pytest.mark.skipif(not LIVE, reason="the site was built without Python for the pages")


def run(cell, button="Run"):
    before = int(cell.get_attribute("data-runs") or 0)
    cell.get_by_role("button", name=button).click()
    expect(cell).to_have_attribute("data-runs", str(before + 1))


def write(cell, code):
    if cell.get_by_role("button", name="Edit").is_visible():
        cell.get_by_role("button", name="Edit").click()
    cell.get_by_role("textbox").fill(code)


def cells_of(page):
    return page.locator(".cell.live:has(.live-run):not(.write)")


def said(cell):
    return cell.locator(".live-output").inner_text().strip()


def alike(one, other):
    """Whether two texts have the same words, and numbers within a millionth."""
    numbers = [[float(re.sub("[,−]", "", found)) for found in NUMBER.findall(text)] for text in (one, other)]
    same = NUMBER.sub("#", one).split() == NUMBER.sub("#", other).split()
    return same and np.allclose(*numbers, rtol=1e-6, atol=1e-6)


def go(page, address, name):
    """Go to the next page of a visit. The network may never be said to rest, where a worker is joined."""
    page.goto(f"{address}/{name}")
    page.locator(".live-run").first.wait_for(state="attached")
    page.evaluate(UNFOLD)


@pytest.fixture(scope="module")
def visit(browser, address):
    """Give a page that goes from one to the next, so that all run in one Python."""
    context = browser.new_context()
    yield open_page(context, address, "index.html")
    context.close()


LONG = re.compile(r"About (?:[6-9]0 s|1\d0 s|\d+ minutes)")  # what a cell says that takes a minute or more
TAKE_MINUTES = [name for name in LIVE if LONG.search((SITE / name).read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("name", "whole"),
    [*((name, False) for name in LIVE), *(pytest.param(name, True, marks=pytest.mark.slow) for name in TAKE_MINUTES)],
)
def test_each_cell_gives_here_what_the_build_gave(visit, address, name, whole):
    page = visit
    go(page, address, name)
    for k in range(cells_of(page).count()):
        cell = cells_of(page).nth(k)
        if not whole and LONG.search(cell.inner_text()):
            continue
        code = cell.locator("pre").first.inner_text()
        built = cell.locator(".cell_output:not(.live-output)")
        given = built.first.evaluate(OUTPUT) if built.count() else {"text": "", "images": 0}
        run(cell)
        own = cell.locator(".live-output").evaluate(OUTPUT)
        assert not cell.locator(".live-error").count(), (code, own)
        if VARIES.search(code):
            continue
        assert own["images"] == given["images"], code
        assert alike(given["text"], own["text"]), (code, given, own)
    assert (page.faults, page.foreign) == ([], [])


@pytest.fixture
def page(opened, request):
    page = opened(PAGE, script=getattr(request, "param", ""))
    page.evaluate(UNFOLD)
    return page


@pytest.fixture
def cell(page):
    """Give the first cell with an output that the reader sees: the table of one step by hand."""
    return cells_of(page).filter(has=page.locator("table")).first


def test_a_changed_cell_shows_what_is_the_readers_and_keeps_it(page, cell):
    write(cell, "1 + 1")
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".live-said")).to_contain_text("Yours, ")
    assert said(cell) == "2"
    expect(cell.locator("table")).to_be_hidden()
    cell.get_by_role("button", name="This build’s output").click()
    expect(cell.locator("table")).to_be_visible()
    page.reload()
    expect(cell.get_by_role("textbox")).to_have_value("1 + 1")
    assert find_violations(page, ".cell.live") == []
    cell.get_by_role("button", name="As it was").click()
    expect(cell.get_by_role("textbox")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('rnn_tutorial.cells')") == "{}"


def test_pages_of_a_visit_share_one_python_and_no_names_until_one_is_reloaded(page, cell):
    for name, known in ((PAGE, False), ("theory/lstm.html", True), (PAGE, True)):
        with page.expect_navigation(url=f"**/{name}"):  # the first leads to the page that is open
            page.evaluate("path => { location.href = path }", f"../{name}")
        page.evaluate(UNFOLD)
        first = cells_of(page).first
        write(first, "import sys\nprint(hasattr(sys, 'known'), 'mine' in globals())\nsys.known = mine = True")
        run(first)
        assert said(first) == f"{known} False"
    page.reload()
    page.evaluate(UNFOLD)
    run(cells_of(page).first)
    assert said(cells_of(page).first) == "False False"


ENDLESS = {
    "while True:\n    pass": "True",  # and Python is the one from before
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass": "False",
}


@pytest.mark.parametrize("page", ["", ALONE], indirect=True)
@pytest.mark.parametrize("code", ENDLESS)
def test_an_endless_loop_is_stopped_and_the_page_goes_on(page, cell, code):
    write(cell, f"import sys\nsys.known = True\nprint('begun', flush=True)\n{code}")
    cell.locator(".live-run").click()
    expect(cell.locator(".live-output")).to_have_text("begun")
    cell.get_by_role("button", name="Stop").click()
    expect(cell.locator(".live-said")).to_have_text("Stopped.")
    write(cell, "import sys\nprint(hasattr(sys, 'known'), np.eye(1))")
    run(cell)
    assert said(cell) == f"{ENDLESS[code]} [[1.]]"


def test_a_page_that_is_left_while_it_runs_leaves_python_to_the_next(page, cell):
    write(cell, "import sys\nsys.known = True\nprint('begun', flush=True)\nwhile True:\n    pass")
    cell.locator(".live-run").click()
    expect(cell.locator(".live-output")).to_have_text("begun")
    page.evaluate("location.href = 'lstm.html'")
    page.wait_for_url("**/lstm.html")
    page.evaluate(UNFOLD)
    first = cells_of(page).first
    write(first, "import sys\nhasattr(sys, 'known')")
    run(first)
    assert said(first) == "True"


def test_the_editor_opens_by_no_copying_helps_with_indentation_and_lets_go(page, cell):
    cell.locator(".copybtn").first.dispatch_event("click")
    assert not cell.locator(".live-editor").count()
    write(cell, "")
    page.keyboard.type("def double(x):\nreturn (2 * x)")
    assert cell.get_by_role("textbox").input_value() == "def double(x):\n    return (2 * x)"
    page.keyboard.press("Tab")
    assert cell.get_by_role("textbox").input_value().endswith(")  ")  # to the next of the columns 4, 8, …
    page.keyboard.press("Escape")
    expect(cell.locator(".live-run")).to_be_focused()


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_long_is_in_sight_in_an_editor_and_stands_below_its_caret(opened, width):
    page = opened(PAGE, ".write .live-editor", viewport={"width": width, "height": 844})
    editor = page.locator(".write .live-editor").first
    editor.get_by_role("textbox").fill("# one line of words" * 20 + "\n" + "x" * 300 + "\n    a = 1")
    sizes = editor.evaluate("e => [...e.children].map(part => [part.clientWidth, part.scrollWidth, part.scrollHeight])")
    assert sizes[0] == sizes[1]  # the text area's lines break where the coloured ones do
    assert sizes[0][0] == sizes[0][1] <= editor.evaluate("e => e.clientWidth")


@pytest.mark.parametrize("page", [ALONE], indirect=True)
def test_a_link_shows_code_and_does_not_run_it(page, cell, address):
    hostile = "print('ran')  # </script><img src=x onerror=alert(1)>"
    write(cell, hostile)
    page.evaluate("navigator.clipboard.writeText = text => { window.link = text; return Promise.resolve() }")
    cell.get_by_role("button", name="Copy link").click()
    expect(cell.locator(".live-said")).to_contain_text("Link copied")
    link = page.evaluate("window.link")
    page.evaluate("localStorage.clear()")
    page.goto("about:blank")
    page.goto(link)
    expect(cell.get_by_role("textbox")).to_have_value(hostile)
    expect(cell.locator(".live-said")).to_contain_text("Read it before you run it")
    assert not [url for url in page.asked if "pyodide" in url]
    page.evaluate(UNFOLD)
    other = cells_of(page).nth(3)  # a cell that needs the linked one takes the page's code, not the link's
    run(other)
    assert not page.locator(".live-error").count()
    run(cell)
    assert said(cell) == "ran"
    assert page.evaluate("localStorage.getItem('rnn_tutorial.cells')") is None
    for fragment in ("#code=%3Cscript%3E", f"#code={'A' * 1_000_000}", "#code=bnVsbA"):
        page.goto("about:blank")
        page.goto(f"{address}/{PAGE}{fragment}")
        expect(cell.locator(".live-run")).to_be_visible()
        expect(cell.get_by_role("textbox")).to_have_count(0)


def test_what_a_cell_changes_is_seen_below_it_and_only_there(page):
    """The last cell runs alone, then the one that changes, once more; tests/extensions have all ways to change."""
    cells = [cells_of(page).nth(k) for k in range(4)]
    for cell, code in zip(cells, ["x = [3, 1, 2]", "print(x)", "x.sort()", "print(x)"], strict=True):
        write(cell, code)
    for k, printed in ((3, "[1, 2, 3]"), (2, ""), (1, "[3, 1, 2]"), (3, "[1, 2, 3]")):
        run(cells[k])
        assert k == 2 or said(cells[k]) == printed, k


def test_figures_of_pyplot_are_shown(cell):
    write(cell, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.title('a word')\nplt.show()")
    run(cell)
    images = cell.locator(".live-output img")
    expect(images).to_have_count(2)
    assert said(cell) == ""
    drawn = images.last.evaluate("image => fetch(image.src).then(answer => answer.text())")
    assert ">a word</text>" in drawn  # and no outlines
    assert "'DejaVu Sans'" not in drawn.replace("Text, 'DejaVu Sans'", "Text")
    assert re.search(r'@font-face \{ font-family: Text; .*url\("data:[\w/-]+;base64,\w{100}', drawn)


def test_an_emptied_cell_does_nothing(cell):
    for code in ("", "# nothing\n"):
        write(cell, code)
        run(cell)
        expect(cell.locator(".live-said")).to_contain_text("it puts nothing out")


def test_a_megabyte_of_code_is_refused_at_once_in_words(page, cell):
    write(cell, "x = 1")
    started = time.monotonic()
    page.keyboard.insert_text("x = 'long' + \"text\"\n" * 50_000)
    expect(cell.locator(".live-said")).to_contain_text("A cell takes 20,000 characters at most")
    assert cell.get_by_role("textbox").input_value() == "x = 1"
    assert time.monotonic() - started < 60


DEEP = "import sys\nsys.setrecursionlimit(10**8)\n"
DIED = "The next run begins anew|RecursionError"
HOSTILE = {
    f"{DEEP}def f(n): return sorted([n], key=f)\nf(1)": DIED,
    f"{DEEP}import json\nx = []\nfor _ in range(10**6): x = [x]\njson.dumps(x)": DIED,
    f"{DEEP}from functools import lru_cache\n@lru_cache(None)\ndef f(n): return f(n + 1)\nf(0)": DIED,
    "for k in range(10_000): print('x' * 100_000)": "… and more",  # a gigabyte
    "for k in range(10**6): display(k)": "more than a page can show",
    "import pandas as pd\npd.DataFrame({'<b>': ['<img src=x onerror=alert(1)>']}).style": "<img src=x",
    "import js\njs.postMessage(1)\njs.eval('postMessage({place: 2, kind: `html`, text: `<b>`})')": ".",
    "import rnn_tutorial, shutil\nshutil.rmtree(rnn_tutorial.__path__[0])": ".",
    "raise SystemExit": "SystemExit",
}


@pytest.mark.parametrize("code", HOSTILE)
def test_hostile_code_leaves_the_page_usable(page, cell, code):
    write(cell, code)
    run(cell)
    expect(cell).to_contain_text(re.compile(HOSTILE[code]))
    assert not cell.locator(".live-output :is(img, script, b)").count()
    write(cell, "6 * 7")
    run(cell)
    assert said(cell) == "42"
    page.faults.clear()  # in which the policy tells what it refused


@pytest.mark.parametrize("page", ["", ALONE], indirect=True)
def test_code_reaches_no_other_host(page, cell):
    asked = []

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        worker = "new Worker(WORKER, {type: 'module'}).postMessage({about: {folder: %r}, libraries: []})"
        worker = worker.replace("WORKER", repr(f"{page.url.split('/theory')[0]}/_static/live/worker.js"))
        sockets = "new WebSocket(%r.replace('http', 'ws'))"
        for way in ("fetch(%r)", sockets, "import(%r)", "importScripts(%r)", worker):
            script = way % f"http://127.0.0.1:{server.server_port}/{way[:6]}"
            write(cell, f"import js\ntry:\n    js.eval({script!r})\nexcept Exception:\n    pass\n1")
            run(cell)
        page.wait_for_timeout(1000)
        server.shutdown()
    assert asked == []
    page.faults.clear()  # the policy tells what it refused
    page.foreign.clear()


@pytest.mark.parametrize("page", [ALONE], indirect=True)
def test_python_that_does_not_come_is_asked_for_again(page, cell):
    page.route("**/pyodide.asm.wasm", lambda route: route.abort())
    run(cell)
    expect(cell.locator(".live-said")).to_contain_text("Python did not come")
    page.unroute("**/pyodide.asm.wasm")
    run(cell)
    assert cell.locator(".live-output table").count() and not cell.locator(".live-error").count()
    page.faults.clear()


def test_a_network_of_the_readers_functions_trains_waits_and_goes_on(opened):
    page = opened("language/from-scratch.html")
    own = json.dumps({"recurrent_step": exercises.solution("recurrent_step")})
    page.evaluate("own => localStorage.setItem('rnn_tutorial.cells', own)", own)
    page.reload()
    first, train = cells_of(page).first, cells_of(page).filter(has_text="curve = train")
    run(first)
    assert re.search(r"recurrent_step +yours\nunroll_batch +lent: not written yet", said(first))
    write(train, train.locator("pre").first.inner_text().replace("1800", "400"))
    train.locator(".live-run").click()
    train.get_by_role("button", name="Pause").click()
    expect(train.locator(".live-said")).to_have_text("Paused.")
    before = said(train)
    page.wait_for_timeout(8000)
    assert said(train) == before and "  400 " not in before
    train.get_by_role("button", name="Go on").click()
    expect(train).to_have_attribute("data-runs", "1")
    assert re.search(r"\n  400 +\d\.\d\d +7\.\d\d  the film ", said(train))


def test_a_network_of_the_readers_functions_learns_the_readers_text(opened, tmp_path):
    page = opened("language/from-scratch.html")
    page.evaluate("localStorage.setItem('rnn_tutorial.exercises', JSON.stringify({[JSON.parse(document.querySelector("
                  "'.quest').dataset.quest)[0].name]: 'done'}))")  # fmt: skip
    page.reload()
    yours = page.locator(".yours")
    told, paper = yours.get_by_role("status"), yours.locator(".writer-text")
    expect(told).to_have_text("1 of 9 functions are yours, the others are lent.")
    yours.get_by_role("textbox").fill("Too short.")
    yours.get_by_role("button", name="Train").click()
    expect(told).to_have_text("expected 1000 letters or more, to learn from; got 10")
    yours.get_by_role("textbox").fill("To be, or not to be, that is the question: " * 30)
    yours.get_by_role("button", name="Train").click()
    expect(told).to_contain_text("Update 300 of 1800: perplexity 1.0")  # learned by heart
    assert re.match(r"100: to be, or.*\n200: to be, or not to be, that is", paper.text_content())
    yours.get_by_role("button", name="Stop").click()
    with page.expect_download() as saved:
        yours.get_by_role("button", name="Save a card").click()
    saved.value.save_as(tmp_path / "card.png")
    assert (tmp_path / "card.png").read_bytes()[16:24] == bytes([0, 0, 4, 176, 0, 0, 2, 118])  # 1200 by 630
    yours.get_by_role("textbox").fill("")
    yours.get_by_role("button", name="Train").click()
    expect(told).to_contain_text("Update 100 of 1800")
    built = re.search(
        r"\n  100 +[\d.]+ +([\d.]+)  (.*)", (SITE / "language/from-scratch.html").read_text(encoding="utf-8")
    )
    assert f"perplexity {built[1]}." in told.inner_text()
    yours.get_by_role("button", name="Stop").click()


def plain(text):
    """Return a text as if h_{t-1} and code were no more than letters."""
    return re.sub(r"[`_{}\s]", "", text).replace("-", "−")


@pytest.mark.parametrize("name", exercises.names())
def test_an_exercise_knows_the_solution_and_each_slip(visit, address, name):
    page, its = visit, f'data-write="{name}"'
    on = next(page for page in LIVE if its in (SITE / page).read_text(encoding="utf-8"))
    go(page, address, on)
    place = page.locator(f"[data-write={name}]")
    module = importlib.import_module(f"rnn_tutorial.exercises.{name}")
    assert "Show a solution" not in place.inner_text()
    for k, meaning in enumerate(module.SLIPS):
        write(place, f"from rnn_tutorial.exercises.{name} import SLIPS\n\n{name} = list(SLIPS.values())[{k}]")
        run(place, "Check")
        assert plain(meaning) in plain(place.locator(".live-report").inner_text())
        assert place.get_attribute("data-right") == "false"
    run(place, "Show a solution")
    write(place, place.locator(".live-more pre").inner_text())
    run(place, "Check")
    expect(place.locator(".live-said")).to_contain_text(": right.")
    expect(page.locator(f".exercise:has([data-write={name}]) .exercise-state")).to_have_attribute("data-state", "done")
    write(place, f"def {name}(*arguments):\n    return None")
    run(place, "Check")
    expect(place.locator(".live-report")).to_contain_text("return")
    assert (page.faults, page.foreign) == ([], [])
