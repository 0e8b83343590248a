/* What style sheets cannot do. A page is complete without it. */

const folder = /** @type {HTMLScriptElement} */ (document.currentScript).src.replace(/page\.js.*/, "");
const asked = new URLSearchParams(location.search);

// Sphinx' script that marks searched words asks each SVG element around one for its box; a <title> has none.
/** @type {any} */ (SVGElement.prototype).getBBox ??= () => new DOMRect();

// Wide equations, tables, code and plots scroll inside their own box. Whoever uses the keyboard must be able to reach
// such a box, but need not stop at those that do not scroll.
const boxes = ".math-wrapper, .table-wrapper, .cell_output, .cell_output > .output, pre";
const hasToScroll = (box) => box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
function makeReachable(box, scrolls) {
  if (scrolls === "scrolls" in box.dataset) return;
  const name = "Wide content, scrolls sideways";
  const attributes = { tabindex: "0", role: "group", "aria-label": name, "data-scrolls": "" };
  for (const [key, value] of Object.entries(attributes)) {
    if (scrolls) box.setAttribute(key, value);
    else box.removeAttribute(key);
  }
}

// Measuring and marking make the browser lay out anew, so both are done bit by bit, while nothing else is to do.
const whenIdle =
  window.requestIdleCallback ?? ((/** @type {any} */ work) => setTimeout(() => work({ timeRemaining: () => 10 }), 50));
let waiting = [];
function measure(deadline) {
  const measured = [];
  while (waiting.length && deadline.timeRemaining() > 5) {
    const box = waiting.pop();
    measured.push([box, hasToScroll(box)]);
  }
  for (const [box, scrolls] of measured) makeReachable(box, scrolls);
  if (waiting.length) whenIdle(measure);
  else document.documentElement.dataset.boxes = "measured";
}
function measureSoon(nodes) {
  if (!waiting.length) whenIdle(measure);
  delete document.documentElement.dataset.boxes;
  waiting = [...new Set([...waiting, ...nodes])];
}
const measureAll = () => measureSoon([...document.querySelectorAll(boxes)].reverse());
addEventListener("load", measureAll);
document.fonts.addEventListener("loadingdone", measureAll); // letters of another face have another width
addEventListener("resize", measureAll);
document.addEventListener("toggle", measureAll, true);
document.addEventListener("click", measureAll); // which may show a table

// A drawing that stays beside the text lights the part of which the text in the middle of the window speaks.
for (const figure of document.querySelectorAll("figure.beside")) {
  const words = [...figure.closest("section").querySelectorAll("[class*=lights-]")];
  const light = () => {
    const last = words.findLast((word) => word.getBoundingClientRect().top < innerHeight / 2);
    const lit = last?.className.match(/lights-(\w+)/)[1];
    for (const part of /** @type {any} */ (figure.querySelectorAll("[data-part]")))
      part.classList.toggle("faded", Boolean(lit) && !["frame", lit].includes(part.dataset.part));
  };
  const watcher = new IntersectionObserver(light, { rootMargin: "0px 0px -50% 0px" });
  for (const word of words) watcher.observe(word);
}

// From disk a browser lets no script read other pages, so the search shows titles without excerpts.
// @ts-expect-error: a script of Sphinx declares it
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Both bars of the theme are landmarks; a screen reader lists them by these names.
for (const [bar, name] of Object.entries({ ".sidebar-drawer": "Site", ".toc-drawer": "On this page" }))
  document.querySelector(bar)?.setAttribute("aria-label", name);

// The meaning of a word, shown beside it, goes away with Escape until the word is left.
addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.documentElement.dataset.meanings = "away";
});
for (const left of ["pointerout", "focusout"])
  document.addEventListener(left, () => delete document.documentElement.dataset.meanings);

// A solution or a result that the reader has seen before is shown from the beginning; see exercise/store.js.
try {
  const states = Object(JSON.parse(localStorage.getItem("rnn_tutorial.exercises")));
  const named = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-name]"));
  for (const { dataset } of named) if (states[dataset.name]) dataset.state = states[dataset.name];
  if (document.querySelector(".page-button"))
    localStorage.setItem("rnn_tutorial.exercises", JSON.stringify({ ...states, last: location.pathname }));
} catch {} // nothing can be stored

// The quest in the bar: which of its functions the reader has written, and which comes next.
const quest = /** @type {any} */ (document.querySelector(".quest"));
function tellQuest() {
  let states = {};
  try {
    states = Object(JSON.parse(localStorage.getItem("rnn_tutorial.exercises")));
  } catch {} // nothing can be read
  const functions = JSON.parse(quest.dataset.quest);
  const written = functions.map(({ name }) => states[name] === "done");
  const next = functions[written.indexOf(false)];
  if (written.includes(true)) {
    const count = `${written.filter(Boolean).length} of ${written.length} functions of a network that writes; `;
    quest.setAttribute("aria-label", `${count}${next ? `next: ${next.title}` : "let it write"}`);
    quest.lastElementChild.textContent = next
      ? ` network that writes, next: ${next.title}, ${next.minutes} min`
      : " Now let it write";
  }
  quest.firstElementChild.textContent = written.map((one) => (one ? "●" : "○")).join("");
  quest.href = next?.href ?? quest.dataset.end;
}
if (quest) {
  tellQuest();
  for (const event of ["judged", "storage", "pageshow"]) addEventListener(event, tellQuest);
}

// The page as screens comes when it is asked for, and after the story has set its steps.
const add = (tag, attributes) => document.head.append(Object.assign(document.createElement(tag), attributes));
async function present() {
  const own = `${folder}present/present`;
  while (location.protocol !== "file:" && document.querySelector(".story:not([data-ready])"))
    await new Promise(requestAnimationFrame);
  add("link", { rel: "stylesheet", href: `${own}.css`, onload: () => add("script", { src: `${own}.js` }) });
}
if (asked.has("present")) present();
else document.querySelector(".present")?.addEventListener("click", present, { once: true });

/** The name of a widget as in links to its state: its kind, and a number where a page has several. */
function linkName(node) {
  const { kind } = node.dataset;
  return kind && kind + ([...document.querySelectorAll(`.widget.${kind}`)].indexOf(node) || "");
}
// In a frame of another page one widget is left, and that page is told its height.
const widgets = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".widget")]);
const only = widgets.find((node) => linkName(node) === asked.get("only"));
for (let node = only; node && node !== document.body; node = node.parentElement) {
  for (const other of /** @type {any} */ (node.parentElement.children))
    if (other !== node) other.style.setProperty("display", "none", "important");
  node.style.cssText = node === only ? "margin: 0" : "all: unset; display: block";
  document.documentElement.dataset.only = "";
}
const tell = () => parent.postMessage({ rnn_tutorial: asked.get("only"), height: only.offsetHeight }, "*");
if (only) new ResizeObserver(tell).observe(only);

// Paper shows the figures to which the reader has not come, too.
addEventListener("beforeprint", () => {
  for (const image of document.images) image.loading = "eager";
});

// What runs a network comes when the page stands. From disk a browser loads no modules; there a sentence says what to do.
if (location.protocol === "file:") document.documentElement.dataset.disk = "";
else
  addEventListener("load", () => {
    const kinds = (only ? [only] : widgets).map(({ dataset }) => dataset.kind);
    const parts = (only ? [] : ["answer", "exercise", "live", "predict", "progress"]).filter((part) =>
      document.querySelector(`.${part}`),
    );
    const begin = (name) =>
      import(`./${only ? "joined" : name}/${name}.js`).catch((error) => {
        document.documentElement.dataset.open = ""; // nothing could show what is hidden
        throw error;
      });
    // Below the story a widget waits until the reader comes near.
    const near = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries)
          if (isIntersecting) begin(/** @type {any} */ (target).dataset.kind);
      },
      { rootMargin: "100%" },
    );
    for (const name of new Set([...kinds, ...parts])) {
      const later = kinds.includes("story") && name !== "story" && document.querySelector(`.widget.${name}`);
      if (later) near.observe(later);
      else begin(name);
    }
  });
