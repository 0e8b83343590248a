/**
 * The explorer: a reader's text goes through a network that the page trained, word by word.
 *
 * Each element of the class explorer becomes one. Its data attributes say which network, which text, which panels and
 * which controls. worker.js computes; heat-map.js and step.js draw; panels.js and controls.js put it
 * together. Nothing is loaded before the reader asks for it.
 *
 * @typedef {import("./worker.js").Reading} Reading
 *
 * @typedef {object} State what the reader chose; a link holds it
 * @property {string} network
 * @property {string} text
 * @property {number?} shuffle
 * @property {"none" | "front" | "behind"} padding
 * @property {number} steps of padding
 * @property {boolean} mask
 * @property {number?} t the step that is looked at, from 1; null is the last one
 * @property {number?} unit from 1; null is the most active one
 * @property {"number" | "activity"} sort of the units
 *
 * @typedef {object} View what the parts of an explorer share
 * @property {HTMLElement} root
 * @property {State} state
 * @property {{[network: string]: string}} titles of the networks to choose from
 * @property {string[]} shows the panels
 * @property {Reading?} reading
 * @property {number[]} activity of the units, over its steps
 * @property {number} t the step to show
 * @property {number} unit the unit to show
 * @property {(changes: Partial<State>) => void} set
 * @property {(what: string) => void} redraw
 */

import { ask, filesOf, megabytes, parsed } from "./ask.js";
import { CONTROLS } from "./controls.js";
import { button, html, notation, span } from "../widgets/dom.js";
import { shareBox, stateOfLink } from "./link.js";
import { signed } from "../widgets/numbers.js";
import { PANELS, numbersTable } from "./panels.js";
import { activities, byActivity, verdictSentences } from "./sentences.js";
import { stepBar } from "../widgets/step-bar.js";

const TO_READ = ["text", "network", "shuffle", "padding", "steps", "mask"]; // what the network's numbers depend on
const PAUSE = 150; // ms without a key, before the network reads
const SILENCE = 400; // ms without another reading, before the verdict is said

let linked = null; // the one explorer of a page that the address speaks of

const listed = (text) => (text ?? "").split(/\s+/).filter(Boolean);

/**
 * Make an explorer of an element of the class explorer.
 *
 * @param {HTMLElement} root
 */
export function setUp(root) {
  const { dataset } = root, samples = parsed(dataset.samples, []), { files, titles } = filesOf(dataset);
  const networks = Object.keys(titles);
  if (!networks.length || !files.vocabulary || "ready" in dataset) return;
  /** @type {State} */
  const state = {
    network: networks.includes(dataset.network) ? dataset.network : networks[0],
    text: dataset.text || (samples[0]?.text ?? ""), shuffle: null, padding: "none", steps: 50, mask: false,
    t: null, unit: null, sort: "number",
  };
  /** @type {View} */
  const view = {
    root, state, samples, titles, redraw, shows: listed(dataset.show ?? "words curve"), reading: null, activity: [],
    get last() { return view.reading.tokens.length; },
    get t() { return Math.min(state.t ?? view.last, view.last); },
    get unit() { return Math.min(state.unit ?? byActivity(view.activity)[0] + 1, view.reading.units); },
    set(given) {
      const other = Object.keys(given).filter((name) => given[name] !== state[name]);
      Object.assign(state, given);
      for (const { show } of controls) show();
      if (other.some((name) => TO_READ.includes(name))) request(other.includes("text") ? PAUSE : 0);
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
    view.activity = activities(reading);
    state.unit ??= view.unit; // another text or network keeps it
    body.hidden = false;
    redraw("read", "sort", "unit", "step");
  }

  // Drawing: once a frame, what has changed.
  const dirty = new Set();
  let saying = 0, linking = 0;
  function redraw(...what) {
    if (!dirty.size) requestAnimationFrame(draw);
    for (const one of what) dirty.add(one);
  }
  function draw() {
    const order = ["read", "sort", "unit", "step"].filter((what) => dirty.has(what)), { reading } = view;
    dirty.clear();
    if (!reading) return;
    for (const part of parts) for (const what of order) part[what]?.();
    if (order.includes("read")) {
      say();
      clearTimeout(saying);
      saying = setTimeout(() => spoken.replaceChildren(verdict.textContent), SILENCE);
    }
    if (linked !== view) return;
    clearTimeout(linking);
    linking = setTimeout(share.write, SILENCE);
  }
  function say() {
    const last = view.reading.y.at(-1), sample = samples.find(({ text }) => text === state.text);
    verdict.replaceChildren(
      html("strong", {}, ...notation(`y_T = ${signed(last)}`), `: ${last > 0.5 ? "positive" : "negative"}`),
      span(verdictSentences(view.reading, state, sample)));
  }

  // What stands there, from top to bottom.
  const asks = listed(dataset.controls).filter((name) => name in CONTROLS);
  const controls = asks.map((name) => CONTROLS[name](view));
  const message = html("div", { class: "explorer-message", role: "status" });
  const progress = html("progress", { max: 1, "aria-label": "Loading" });
  const verdict = html("p", { class: "explorer-verdict" });
  const spoken = html("p", { class: "explorer-spoken", "aria-live": "polite" });
  const panels = view.shows.filter((name) => name in PANELS).map((name) => PANELS[name](view));
  const bar = view.shows.some((name) => ["words", "curve", "unrolled", "units"].includes(name)) ? stepBar(view) : null;
  const table = numbersTable(view), share = shareBox(state), parts = [...panels, ...(bar ? [bar] : []), table];
  const level = Number(root.closest("section")?.querySelector("h1, h2, h3, h4")?.localName[1] ?? 2) + 1;
  const body = html("div", { class: "explorer-body", hidden: true }, verdict, spoken,
    ...panels.map(({ title, hint, nodes }) => html("div", { class: "explorer-panel" },
      html("p", { class: "explorer-title", role: "heading", "aria-level": level }, title),
      html("p", { class: "explorer-hint" }, ...(typeof hint === "string" ? notation(hint) : hint)), ...nodes)),
    bar?.node ?? "", table.node);

  function begin() {
    const focused = root.contains(document.activeElement);
    for (const { show } of controls) show();
    const chosen = html("div", { class: "explorer-controls" }, ...controls.map(({ node }) => node));
    root.replaceChildren(chosen, message, body);
    if (linked === view) root.append(share.node);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", dataset.label ?? "A network that reads");
    root.tabIndex = -1;
    if (focused) root.focus({ preventScroll: true }); // the button that had it is gone
    send();
  }
  const start = root.querySelector(".explorer-start"); // the page brings it, so that it has its room from the beginning
  start.addEventListener("click", begin);
  start.disabled = false;
  dataset.ready = "";

  if (linked || !asks.includes("text")) return;
  linked = view;
  const follow = () => {
    const given = stateOfLink(location.hash, networks);
    if (!given) return;
    bar?.pause();
    if (start.isConnected) {
      Object.assign(state, given);
      begin();
    } else view.set(given);
    root.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
}

for (const element of document.querySelectorAll(".explorer")) setUp(element);
