import json
import re

import pytest
from built_site import BROKEN_IMAGES, PAGES, SIDEWAYS, SITE, UNFOLD, find_violations, open_page

from rnn_tutorial import __version__
from rnn_tutorial.pages.colours import SYMBOL_COLOURS

# How each kind of what is folded looks. Checks have a quiet look.
FOLDED = """[...document.querySelectorAll("article details[class]:not(.explorer details)")].map(fold => {
    const style = getComputedStyle(fold.querySelector("summary"));
    const names = ["backgroundColor", "fontSize", "fontWeight", "listStyleType", "padding"];
    const kind = fold.matches(".of-output") ? "corner" : fold.matches(".quiet, .checks") ? "list" : "fold";
    return String([kind, ...names.map(name => style[name])]);
})"""
# The longest line of all code that its box does not show whole.
CUT_OFF = """[...document.querySelectorAll("article pre")]
    .filter(pre => pre.scrollWidth > pre.clientWidth && !pre.closest(".cell_output .highlight"))
    .map(pre => pre.textContent.split("\\n").reduce((a, b) => b.length > a.length ? b : a))"""


def test_a_page_works_and_has_no_barrier_that_axe_core_knows(page):
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.locator("img:not([alt]), img[alt='']:not(.thumbnail, .top-title img)").count() == 0
    assert page.evaluate(BROKEN_IMAGES) == []
    assert page.locator("div.math:not(:has(mjx-container)), span.math:not(:has(mjx-container))").count() == 0
    assert page.locator("mjx-merror").count() == 0
    long = "[...document.querySelectorAll('.cell_output :is(pre, table)')].filter(output => !output.closest('details') "
    long += "&& (output.rows?.length ?? output.textContent.split('\\n').length) > 30).length"
    assert page.evaluate(long) == 0, "fold long outputs with the tag hide-output"
    looks = page.evaluate(FOLDED)
    assert len(set(looks)) == len({look.partition(",")[0] for look in looks})
    page.evaluate(UNFOLD)
    page.evaluate("document.fonts.ready.then(() => { dispatchEvent(new Event('resize')); })")  # page.js measures again
    page.wait_for_selector("html[data-boxes=measured]")  # page.js has made what scrolls reachable
    violations = find_violations(page)
    assert not violations, "\n\n".join(violations)
    if page.viewport_size["width"] == 1280 and not page.url.endswith("/_modules/rnn_tutorial/theory/cells.html"):
        assert page.evaluate(CUT_OFF) == []
    assert (page.faults, page.foreign) == ([], [])


def test_a_page_runs_no_script_that_came_into_it(blank, address):
    for name in ("sentiment/reviews.html", "search.html"):
        blank.goto(f"{address}/{name}")
        blank.evaluate("""document.body.insertAdjacentHTML("beforeend", `<img src="" onerror="window.hit = true">`)""")
        blank.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'hit = true'}))")
        blank.evaluate("new Promise(resolve => setTimeout(resolve, 200))")
        assert blank.evaluate("window.hit") is None


def test_home_has_its_title_and_no_page_shows_an_address_in_memory():
    assert {"index.html", "theory/lstm.html", "sentiment/lstm.html", "reference/api/theory.cells.html"} <= set(PAGES)
    texts = {page: (SITE / page).read_text(encoding="utf-8") for page in PAGES}
    assert "<title>Recurrent neural networks, explained by running them</title>" in texts["index.html"]
    assert [page for page, text in texts.items() if re.search(r"\bat 0x[0-9a-f]{6,}", text)] == []


@pytest.mark.parametrize(
    ("page", "key", "title"),
    [
        ("index.html", "", r"rnn\_tutorial: recurrent neural networks, by running them"),
        ("theory/lstm.html", "_theory_lstm", "Long short-term memory (LSTM)"),
        ("sentiment/stuck-at-chance.html", "_sentiment_stuck_at_chance", r"Why training stalls at 50 \%"),
        ("reference/api/theory.cells.html", "_reference_api_theory_cells", r"rnn\_tutorial.theory.cells"),
    ],
)
def test_a_page_says_how_to_cite_it_and_home_the_project(page, key, title):
    text = (SITE / page).read_text(encoding="utf-8")
    (entry,) = re.findall("<pre>(@misc{.*?\n})</pre>", text, re.DOTALL)
    begin = f"@misc{{rnn_tutorial_{__version__.replace('.', '_')}{key},\n"
    assert entry.startswith(f"{begin}  author = {{{{The rnn\\_tutorial authors}}}},\n  title = {{{{{title}}}}},\n")
    assert (r"  howpublished = {In \emph{rnn\_tutorial: " in entry) == bool(key)


def test_each_claim_says_which_seeds_are_behind_its_numbers():
    claims = json.loads((SITE / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert len(claims) > 80
    assert [(claim["page"], claim["statement"]) for claim in claims if claim["seeds"] is None] == []


def test_the_tree_of_pages_unfolds_by_keyboard(opened):
    page = opened("theory/lstm.html")
    tree = page.locator(".sidebar-tree")
    assert not tree.is_visible()
    page.get_by_label("Pages").focus()
    page.keyboard.press("Space")
    tree.get_by_role("link", name="Film reviews").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle") == "solid"
    page.keyboard.press("Space")
    assert tree.get_by_role("link", name="Comparing the models").is_visible()


def test_paper_keeps_folded_what_is_folded_and_shows_no_field(opened):
    page = opened("theory/recurrence.html")
    page.locator(".answer form").first.wait_for()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.locator("details.hide .cell_input").first.is_visible()
    assert not page.locator(".answer form").first.is_visible()


@pytest.mark.parametrize(("scheme", "place"), [("light", 0), ("dark", 1)])
def test_a_symbol_has_its_colour_in_equations_and_in_diagrams(opened, scheme, place):
    page = opened("theory/recurrence.html", color_scheme=scheme)
    page.wait_for_selector("mjx-container .symbol-h")
    code = SYMBOL_COLOURS["h"][place]
    colour = f"rgb({', '.join(str(int(code[k : k + 2], 16)) for k in (1, 3, 5))})"
    style = "getComputedStyle(document.querySelector(%r)).%s"
    assert page.evaluate(style % ("mjx-container .symbol-h", "color")) == colour
    assert page.evaluate(style % ("svg.diagram [style*='symbol-h']", "fill")) == colour


def test_a_term_shows_its_meaning_until_escape(opened):
    page = opened("theory/recurrence.html")
    term = page.locator("a.glossary-term").first
    shown = "term => getComputedStyle(term, '::after').content"
    assert term.evaluate(shown) == "none"
    term.hover()
    assert term.get_attribute("aria-description") in term.evaluate(shown)
    page.keyboard.press("Escape")
    assert term.evaluate(shown) == "none"
    page.mouse.move(0, 0)
    term.focus()
    assert term.get_attribute("aria-description") in term.evaluate(shown)


def test_each_page_fits_a_phone_and_every_internal_link_and_anchor_resolves(browser, address):
    context = browser.new_context(viewport={"width": 360, "height": 800})
    page = open_page(context, address, "index.html")
    anchors, links, dead, wide = {}, {}, [], []
    for name in PAGES:
        page.goto(f"{address}/{name}", wait_until="domcontentloaded")
        anchors[name] = set(page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)"))
        links[name] = set(page.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.href)"))
        wide += [name] * (page.evaluate(SIDEWAYS) > 0)
    context.close()
    assert (page.faults, page.foreign, wide) == ([], [], [])
    for name, targets in links.items():
        for target in (target for target in targets if target.startswith(address)):
            file, _, anchor = target.removeprefix(f"{address}/").partition("#")
            file = file.partition("?")[0] or "index.html"
            if not (SITE / file).is_file() or (anchor and file in anchors and anchor not in anchors[file]):
                dead.append((name, target))
    assert dead == []
