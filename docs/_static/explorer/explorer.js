/**
 * The explorer: a reader's text goes through a network that the page trained, word by word.
 *
 * Each element of the class explorer becomes one. Its data attributes say which network, which text, which panels and
 * which controls. worker.js computes; panels.js and cell.js draw. The one with data-whole, on a page of its own, begins
 * by itself unless the reader saves data; nothing of another is loaded before the reader asks for it.
 *
 * @typedef {import("./worker.js").Reading} Reading
 * @typedef {import("./link.js").State} State
 *
 * @typedef {object} View what the parts of an explorer share
 * @property {HTMLElement} root
 * @property {State} state
 * @property {{[network: string]: string}} titles of the networks to choose from
 * @property {{title: string, text: string, label: number}[]} samples reviews to choose from
 * @property {string[]} shows the panels
 * @property {Reading?} reading
 * @property {number[]} activity of the units, over its steps
 * @property {import("./worker.js").Why?} why
 * @property {{[network: string]: Reading}} others what the other networks made of the same text
 * @property {number} last the number of steps
 * @property {number} t the step to show
 * @property {number} unit the unit to show
 * @property {string} part the part of the state to show
 * @property {(changes: Partial<State>) => void} set
 * @property {(what: string) => void} redraw
 */

import { ask, filesOf, megabytes, parsed } from "./ask.js";
import { cellPanel } from "./cell.js";
import { CONTROLS } from "./controls.js";
import { button, html, notation, span } from "../widgets/dom.js";
import { shareBox, stateOfLink } from "./link.js";
import { PANELS, numbersTable } from "./panels.js";
import { activities, byActivity, verdictSentences } from "./sentences.js";
import { stage } from "../widgets/stage.js";
import { stepBar } from "../widgets/step-bar.js";
import { tries } from "./tries.js";

const TO_READ = ["text", "network", "shuffle", "padding", "steps", "mask"]; // what the network's numbers depend on
const PAUSE = 150; // ms without a key, before the network reads
const SAVES = "(prefers-reduced-data: reduce)";
const SILENCE = 400; // ms without another reading, before the verdict is said

let linked = null; // the one explorer of a page that the address speaks of

const listed = (text) => (text ?? "").split(/\s+/).filter(Boolean);

/**
 * Make an explorer of an element of the class explorer.
 *
 * @param {HTMLElement} root
 */
export function setUp(root) {
  const { dataset } = root, whole = "whole" in dataset;
  const samples = parsed(dataset.samples, []), { files, titles } = filesOf(dataset);
  const networks = Object.keys(titles);
  if (!networks.length || !files.vocabulary || "ready" in dataset) return;
  /** @type {State} */
  const state = {
    network: networks.includes(dataset.network) ? dataset.network : networks[0],
    text: dataset.text || (samples[0]?.text ?? ""), shuffle: null, padding: "none", steps: 50, mask: false,
    t: null, unit: null, sort: "number", part: "h", compare: false,
  };
  /** @type {View} */
  const view = {
    root, state, samples, titles, redraw, shows: listed(dataset.show ?? "curve"),
    reading: null, activity: [], others: {}, why: null,
    get last() { return view.reading.tokens.length; },
    get t() { return Math.min(state.t ?? view.last, view.last); },
    get unit() { return Math.min(state.unit ?? byActivity(view.activity)[0] + 1, view.reading.units); },
    get part() { return state.part in view.reading.states ? state.part : "h"; },
    set(given) {
      touched = true;
      const other = Object.keys(given).filter((name) => given[name] !== state[name]);
      Object.assign(state, given);
      for (const { show } of controls) show();
      if (other.some((name) => TO_READ.includes(name))) request(other.includes("text") ? PAUSE : 0);
      if (other.includes("compare")) askMore();
      if (other.includes("part")) redraw("sort");
      if (other.length) redraw(...other.filter((name) => ["unit", "sort"].includes(name)), "step");
    },
  };

  // Requests: one is on its way, the newest waits.
  const had = new Set(); // the networks that have come
  let current = null, waits = false, timer = 0;
  function request(pause) {
    clearTimeout(timer);
    timer = setTimeout(send, pause);
  }
  function send() {
    timer = 0;
    // another network does not wait, for a file that never comes would hold up all
    waits = current?.network === state.network;
    if (waits) return;
    const sent = (current = Object.fromEntries(TO_READ.map((name) => [name, state[name]])));
    if (!had.has(sent.network)) showProgress();
    ask(sent, files, (answer) => {
      if (answer.reading) had.add(sent.network);
      if (sent !== current) return;
      if ("loaded" in answer) return void (progress.value = answer.loaded);
      current = null;
      message.replaceChildren();
      if (waits) send();
      else if (!timer) take(answer);
    });
  }
  function showProgress() {
    const bytes = files[state.network].bytes + (had.size ? 0 : files.vocabulary.bytes);
    progress.removeAttribute("value");
    message.replaceChildren(span(`Loading the ${titles[state.network]} (${megabytes(bytes)}) …`), progress);
  }
  function take({ reading, error }) {
    body.inert = Boolean(error); // the last picture stays, dimmed
    if (error) {
      const again = error.startsWith("There is no word") ? [] : [button("Try again", () => request(0))];
      return message.replaceChildren(span(error), ...again);
    }
    view.reading = reading;
    askMore();
    view.activity = activities(reading);
    state.unit ??= view.unit; // another text or network keeps it
    redraw("read", "sort", "unit", "step");
  }
  /** Ask for what comes after a reading: what other networks make of the text, if they are wanted, and reasons. */
  function askMore() {
    const { reading } = view;
    if (!reading) return;
    Object.assign(view, { others: {}, why: null });
    redraw("read");
    const tell = (changes) => {
      if (view.reading !== reading) return;
      Object.assign(view, changes);
      redraw("read");
    };
    if (view.shows.includes("why")) ask({ ...state, why: true }, files, ({ why }) => { if (why) tell({ why }); });
    for (const network of state.compare ? networks.filter((name) => name !== state.network) : [])
      ask({ ...state, network }, files, (answer) => {
        if (answer.reading && state.compare) tell({ others: { ...view.others, [network]: answer.reading } });
      });
  }

  // Drawing: once a frame, what has changed.
  const dirty = new Set();
  let saying = 0, linking = 0, said = "", touched = false;
  function redraw(...what) {
    if (!dirty.size) requestAnimationFrame(draw);
    for (const one of what) dirty.add(one);
  }
  function draw() {
    const order = ["read", "sort", "unit", "step"].filter((what) => dirty.has(what)), { reading } = view;
    dirty.clear();
    if (!reading) return;
    body.hidden = false; // not before, for what is not drawn is taller, and a link followed then would land elsewhere
    const changed = panels.filter((panel) => order.some((what) => panel[what]));
    for (const part of [...panels, ...others]) for (const what of order) part[what]?.();
    if (order.includes("read")) pictures.update(reading.tokens, reading.y);
    else pictures.draw(...changed.map(({ row }) => row));
    pictures.mark(view.t);
    for (const panel of panels) panel.frame?.();
    words.replaceChildren(...[...panels, ...others].filter(({ sentence }) => sentence)
      .map(({ sentence }) => html("p", {}, ...notation(sentence()))));
    if (order.includes("read")) {
      say();
      clearTimeout(saying);
      saying = setTimeout(() => spoken.replaceChildren(said), SILENCE);
    }
    if (linked !== view || !touched) return; // the address stays as it came until the reader changes something
    clearTimeout(linking);
    linking = setTimeout(share.write, SILENCE);
  }
  const percent = (y) => `${Math.round(100 * y)} %`;
  function say() {
    const last = view.reading.y.at(-1), sample = samples.find(({ text }) => text === state.text);
    const others = Object.entries(view.others).map(([network, { y }]) => `${titles[network]}: ${percent(y.at(-1))}.`);
    const told = [...others, verdictSentences(view.reading, sample)].join(" ");
    /** @type {[string, Partial<State>][]} what it reads besides the text, and how to undo that */
    const besides = [];
    if (state.shuffle !== null) besides.push(["shuffled words", { shuffle: null }]);
    if (state.padding !== "none") besides.push([`${state.steps} padding steps`, { padding: "none" }]);
    said = `${percent(last)} positive. ${[told, ...besides.map(([what]) => `With ${what}.`)].join(" ")}`;
    verdict.replaceChildren(
      html("strong", { "data-more": last > 0.5 }, `${percent(last)} positive`), span(told),
      ...besides.map(([what, without]) => button(`${what} ×`, () => {
        root.focus({ preventScroll: true }); // the button goes
        view.set(without);
      })), legend);
  }

  // What stands there, from top to bottom.
  const asks = listed(dataset.controls).filter((name) => name in CONTROLS);
  const controls = asks.map((name) => CONTROLS[name](view));
  const message = html("div", { class: "explorer-message", role: "status" });
  const progress = html("progress", { max: 1, "aria-label": "Loading" });
  const verdict = html("p", { class: "explorer-verdict" });
  const spoken = html("p", { class: "explorer-spoken", "aria-live": "polite" });
  const panels = view.shows.filter((name) => name in PANELS).map((name) => PANELS[name](view));
  const pictures = stage({
    label: "The words, one a step", rows: panels.map(({ row }) => row),
    onPick: (t, unit = null) => view.set(unit === null ? { t } : { t, unit }),
  });
  const cell = view.shows.includes("cell") ? cellPanel(view) : null, attempts = whole ? tries(view) : null;
  const bar = stepBar(view), table = numbersTable(view), share = shareBox(state);
  const others = [cell, attempts, bar, table].filter(Boolean);
  const words = html("div", { class: "explorer-sentences" });
  const key = (hue, sign) => html("span", { class: "explorer-key", style: `--hue: var(--explorer-${hue})` }, sign);
  const legend = html("span", { class: "widget-legend" }, span(key("more", "▲"), " raised it"),
    span(key("less", "▼"), " lowered it"));
  const folds = html("div", { class: "explorer-folds" },
    html("details", { open: !whole }, html("summary", {}, "In words"), words), table.node);
  const walk = html("div", { class: "explorer-walk" }, // over which alone the bar stays in view
    html("div", { class: "explorer-pictures" }, pictures.node), cell?.node ?? "", bar.node);
  const body = html("div", { class: "explorer-body", hidden: true }, verdict, spoken, walk, attempts?.node ?? "", folds);

  function begin() {
    const focused = root.contains(document.activeElement);
    for (const { show } of controls) show();
    const nodes = Object.fromEntries(asks.map((name, k) => [name, controls[k].node]));
    const { text = "", network = "", ...more } = nodes, rest = Object.values(more);
    const folded = whole && rest.length ? [html("details", {}, html("summary", {}, "More"), ...rest)] : rest;
    const chosen = html("div", { class: "explorer-controls" }, text,
      html("div", { class: "explorer-choices" }, network, ...folded));
    root.replaceChildren(chosen, message, body);
    if (linked === view) folds.append(share.node);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", dataset.label ?? "A network that reads");
    root.tabIndex = -1;
    if (focused) root.focus({ preventScroll: true }); // the button that had it is gone
    send();
  }
  // the page brings it, so that it has its room from the beginning
  const start = /** @type {HTMLButtonElement} */ (root.querySelector(".explorer-start"));
  start.addEventListener("click", begin);
  start.disabled = false;
  dataset.ready = "";

  if (linked || !asks.includes("text")) return;
  linked = view;
  const follow = () => {
    const given = stateOfLink(location.hash, networks);
    if (!given) return;
    bar.pause();
    if (start.isConnected) {
      Object.assign(state, given);
      begin();
    } else view.set(given);
    root.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
  const saves = /** @type {any} */ (navigator).connection?.saveData || matchMedia(SAVES).matches;
  if (whole && start.isConnected && !saves) begin();
}

for (const element of document.querySelectorAll(".explorer")) setUp(/** @type {HTMLElement} */ (element));
