"""What moves on the site, in Firefox: a shorter set than in Chromium, by WebDriver BiDi, which it speaks by itself."""

import itertools
import json
import os
import re
import shutil
import subprocess
import time

import pytest
from websockets.sync.client import connect

PATIENCE = 300  # seconds; a busy machine is slow
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
OWN = (  # errors of Firefox itself, on a busy machine
    "Invalid markup: Incorrect number of",  # it looks at an equation before it has come to its end
    'Error: Permission denied to access property "length"',  # without a stack, on a page of one paragraph, too
)
VIOLATION = """() => document.addEventListener("securitypolicyviolation", (event) =>
  console.error(event.violatedDirective, event.blockedURI))"""  # which Firefox logs elsewhere
KEYS = {"Enter": "\ue007", "Home": "\ue011", "Right": "\ue014", "Left": "\ue012"}


class Firefox:
    def __init__(self, socket):
        self.socket, self.numbers, self.faults = socket, itertools.count(1), []
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded"])
        self.send("script.addPreloadScript", functionDeclaration=VIOLATION)
        self.context = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def send(self, method, **params):
        """Send a command, and return what comes of it; note the errors that the page reports meanwhile."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(PATIENCE))
            entry = message["params"] if message.get("method") == "log.entryAdded" else {"level": ""}
            if entry["level"] == "error" and not entry["text"].startswith(OWN):
                self.faults.append(entry["text"])
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]

    def open(self, url):
        self.send("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def value(self, expression):
        target = {"context": self.context}
        result = self.send("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert result["type"] == "success", result
        return result["result"].get("value")

    def wait(self, expression):
        end = time.monotonic() + PATIENCE
        while not (value := self.value(expression)):
            assert time.monotonic() < end, expression
            time.sleep(0.1)
        return value

    def text(self, selector):
        return self.value(f"document.querySelector({selector!r})?.textContent ?? ''")

    def press(self, selector, *keys):
        self.value(f"document.querySelector({selector!r}).focus()")
        characters = [KEYS.get(key, key) for key in keys]
        strokes = [{"type": kind, "value": key} for key in characters for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        self.send("input.performActions", context=self.context, actions=[keyboard])


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    path = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    assert path, "no Firefox; run `apt-get install firefox-esr`, or set $FIREFOX"
    profile = str(tmp_path_factory.mktemp("firefox"))
    command = [path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as browser:
        address = next(match[1] for line in browser.stdout if (match := LISTENS.search(line)))
        with connect(f"{address}/session", max_size=None) as socket:
            yield Firefox(socket)
        browser.kill()


@pytest.fixture
def firefox(started):
    yield started
    assert started.faults == []


def test_the_story_plays_is_exchanged_and_trains_while_a_key_is_down(firefox, address):
    firefox.open(f"{address}/index.html")
    firefox.wait("document.querySelector('.story-says')?.textContent.includes('praise')")
    firefox.value("document.querySelector('.story > .train-hold').click()")
    firefox.wait("document.querySelector('.story-says').textContent.includes('“not good but bad”: criticism')")
    firefox.value("document.querySelectorAll('.story-scroll h2')[1].scrollIntoView({block: 'center'})")
    firefox.value("window.shown = (kind) => [...document.querySelectorAll(kind)].find((e) => e.checkVisibility())")
    firefox.wait("Boolean(shown('.train-practice'))")
    firefox.value("shown('.train-practice .train-hold').click()")
    firefox.wait("shown('.train-line').textContent.includes('learnt')")


def test_the_explorer_reads_what_is_typed_and_its_cell_opens_by_keyboard(firefox, address):
    firefox.open(f"{address}/explorer.html")
    firefox.wait("document.querySelector('.explorer-verdict strong')")
    firefox.value("document.querySelector('textarea').value = ''")
    firefox.press("textarea", *"dull but wonderful")
    firefox.wait("document.querySelector('.explorer-verdict').textContent.includes('all 3 words')")
    firefox.press(".widget-words [tabindex='0']", "Home")
    firefox.wait("document.querySelector('.widget-words [aria-current]').textContent === 'start'")
    firefox.press(".widget-words [tabindex='0']", "Right")
    firefox.wait("document.querySelector('.widget-words [aria-current]').textContent === 'dull'")
    firefox.press("[data-gate=f]", "Enter")
    firefox.wait("document.querySelector('[data-gate=f]').getAttribute('aria-pressed') === 'true'")
    assert "Forget gate" in firefox.text(".stage-row:has(canvas) ~ .stage-row:has(canvas) .stage-title")
    firefox.press("[value=lstm]", "Left")
    firefox.wait("document.querySelector('.cell-equations').textContent.includes('tanh(')")


def test_the_slider_moves_the_gradient(firefox, address):
    firefox.open(f"{address}/theory/vanishing-gradients.html")
    firefox.wait("document.querySelector('.chain table') && document.querySelector('.train[data-ready]')")
    before = firefox.text(".chain tbody")
    firefox.press(".chain [type=range]", "Right")
    firefox.wait(f"document.querySelector('.chain tbody').textContent !== {before!r}")


def test_an_exercise_answers(firefox, address):
    firefox.open(f"{address}/theory/long-lags.html")
    firefox.wait("document.querySelector('.train[data-ready]')")
    firefox.press(".answer input[type=text]", "7", "5")
    for _ in range(PATIENCE):  # the module that judges has no sign of its own
        firefox.press(".answer input[type=text]", "Enter")
        if firefox.value("document.querySelector('.answer').dataset.right === 'true'"):
            break
        time.sleep(1)
    assert firefox.value("document.querySelector('.answer').dataset.right") == "true"


def test_a_cell_runs_what_is_typed_into_it(firefox, address):
    firefox.open(f"{address}/theory/recurrence.html")
    cell = ".cell.live:has(.live-run):has(table)"
    firefox.wait(f"document.querySelector('{cell}')")
    buttons = f"[...document.querySelectorAll('{cell} .live-bar button')]"
    firefox.value(f"{buttons}.find(button => button.textContent === 'Edit').click()")
    firefox.press(f"{cell} textarea", "Enter")
    firefox.value(f"document.querySelector('{cell} .live-run').click()")
    firefox.wait(f"document.querySelector('{cell}').dataset.runs")
    assert firefox.text(f"{cell} .live-said").startswith("Yours, ")
    assert "0.600" in firefox.text(f"{cell} .live-output")


def test_a_search_finds_a_page_first(firefox, address):
    firefox.open(f"{address}/search.html?q=GRU")
    first = firefox.wait("document.querySelector('#search-results ul.search a')?.href")
    assert first.startswith(f"{address}/theory/long-lags.html")
