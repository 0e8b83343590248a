/**
 * The explorer: a reader's text goes through a network that the page trained, word by word. worker.js computes;
 * panels.js and cell.js draw. Each begins when it comes into the window, unless the reader saves data; on a narrow screen
 * only the one with data-whole does, on a page of its own.
 *
 * What its parts share is a view: the state of link.js, the networks' titles and files, reviews to choose from, the
 * panels that it shows, and a message above them; the reading of worker.js, the activity of its units, why, what it
 * admits after it read `again`, and the others' readings; the step t, the unit and the part to show; `set(changes)` of
 * the state, and `redraw(...what)`.
 */

import { filesOf } from "../widgets/ask.js";
import { whenSeen } from "../widgets/begin.js";
import { div, html, notation, set, span } from "../widgets/dom.js";
import { parsed } from "../widgets/errors.js";
import { button, debounced, folded } from "../widgets/fields.js";
import { largestFirst, percent } from "../widgets/numbers.js";
import { activities, verdictSentences } from "../widgets/sentences.js";
import { stage } from "../widgets/stage.js";
import { stepBar } from "../widgets/step-bar.js";
import { cellPanel } from "./cell.js";
import { CONTROLS } from "./controls.js";
import { gateSliders } from "./gates.js";
import { FIRST, LEARNED, shareBox, stateOfLink } from "./link.js";
import { OWN } from "./model.js";
import { numbersTable, PANELS } from "./panels.js";
import { reader, TO_READ } from "./reader.js";
import { tries } from "./tries.js";

const PAUSE = 150; // ms without a key, before the network reads
const SILENCE = 400; // ms without another reading, before the verdict is said
const CHANGES = ["read", "sort", "unit", "step"]; // in the order in which what changed is drawn

let linked = null; // the one explorer of a page that the address speaks of

const listed = (text) => (text ?? "").split(/\s+/).filter(Boolean);

function viewOf(root, titles, files) {
  const { dataset } = root;
  const samples = parsed(dataset.samples, []);
  const state = {
    network: dataset.network in titles ? dataset.network : Object.keys(titles)[0],
    text: dataset.text || (samples[0]?.text ?? ""),
    ...FIRST,
  };
  const view = {
    ...{ root, state, samples, titles, files, shows: listed(dataset.show ?? "curve") },
    message: html("div", { class: "explorer-message", role: "status" }),
    ...{ reading: null, activity: [], others: {}, why: null, again: "", set() {}, redraw() {} },
    get last() {
      return view.reading.tokens.length;
    },
    get t() {
      return Math.min(state.t ?? view.last, view.last);
    },
    get unit() {
      return Math.min(state.unit ?? largestFirst(view.activity)[0] + 1, view.reading.units);
    },
    get part() {
      return state.part in view.reading.states ? state.part : "h";
    },
  };
  return view;
}

/** The prediction, what is to be known of it, and what the network reads besides the text, to be undone. */
function verdictBox(view) {
  const { state, samples, titles, files, root } = view;
  const { words: trained } = parsed(root.dataset.trained, {});
  const node = html("p", { class: "explorer-verdict" });
  const spoken = html("p", { class: "widget-spoken", "aria-live": "polite" });
  const later = debounced();
  const key = (hue, sign) => html("span", { class: "explorer-key", style: `--hue: var(--widget-${hue})` }, sign);
  const [raised, lowered] = [span(key("more", "▲"), " raised it"), span(key("less", "▼"), " lowered it")];
  const legend = html("span", { class: "widget-legend" }, raised, lowered);
  const undo = ([what, without]) =>
    button(`${what} ×`, () => {
      root.focus({ preventScroll: true }); // the button goes
      view.set(without);
    });
  function read() {
    const last = view.reading.y.at(-1);
    const sample = samples.find(({ text }) => text === state.text);
    const others = Object.entries(view.others).map(([network, { y }]) => `${titles[network]}: ${percent(y.at(-1))}.`);
    const { learned, recurrent, units } = view.reading;
    const about = learned ? `As learned: ${percent(learned.at(-1))}.` : verdictSentences(view.reading, sample);
    const isOwn = state.network === OWN;
    const from = isOwn
      ? `from ${files.own.own}, which no link holds`
      : `trained on reviews of ${trained} words on average`;
    const is = recurrent ? `${units} units, ${from}. ` : `${from[0].toUpperCase()}${from.slice(1)}. `;
    const told = [isOwn && is.trim(), ...others, about, sample ? "" : view.again].filter(Boolean).join(" ");
    const besides = [];
    if (state.shuffle !== null) besides.push(["shuffled words", { shuffle: null }]);
    if (state.padding !== "none") besides.push([`${state.steps} padding steps`, { padding: "none" }]);
    if (learned) besides.push(["forced gates", LEARNED]);
    const positive = html("strong", { "data-more": last > 0.5 }, `${percent(last)} positive`);
    const line = html("span", { class: "explorer-admits" }, `${sample || isOwn ? "" : is}${told}`);
    node.replaceChildren(positive, ...besides.map(undo), legend, line);
    const said = [`${percent(last)} positive.`, told, ...besides.map(([what]) => `With ${what}.`)].join(" ");
    later(() => spoken.replaceChildren(said), SILENCE);
  }
  return { node, spoken, read };
}

/** The pictures, the cell, the sentences and the table, as far as they are shown, and a function that draws them. */
function partsOf(view, whole, folds) {
  const panels = view.shows.filter((name) => name in PANELS).map((name) => PANELS[name](view));
  const pictures = stage({
    label: "The words, one a step",
    rows: panels.map(({ row }) => row),
    onPick: (t, unit = null) => view.set(unit === null ? { t } : { t, unit }),
  });
  const cell = view.shows.includes("cell") ? cellPanel(view) : null;
  const gates = view.shows.includes("gates") ? gateSliders(view) : null;
  const attempts = whole ? tries(view) : null;
  const bar = stepBar(view);
  const table = numbersTable(view);
  const verdict = verdictBox(view);
  const parts = [...panels, cell, gates, attempts, bar, table].filter(Boolean);
  const words = div("explorer-sentences");
  const inWords = folded("In words", words);
  inWords.open = !whole && !gates;
  folds.append(inWords, table.node);
  // over the walk alone the bar stays in view
  const shown = [div("explorer-pictures", pictures.node), cell?.node ?? "", gates?.node ?? "", bar.node];
  const walk = div("explorer-walk", ...shown);
  const body = div("explorer-body", verdict.node, verdict.spoken, walk, attempts?.node ?? "", folds);
  body.hidden = true;
  function draw(changes) {
    body.hidden = false; // not before, for what is not drawn is taller, and a link followed then would land elsewhere
    for (const part of [...parts, verdict]) for (const what of changes) part[what]?.();
    if (changes.includes("read")) pictures.update(view.reading.tokens, view.reading.y);
    else pictures.draw(...panels.filter((panel) => changes.some((what) => panel[what])).map(({ row }) => row));
    pictures.mark(view.t);
    for (const panel of panels) panel.frame?.();
    const sentences = parts.filter(({ sentence }) => sentence).map(({ sentence }) => notation(sentence()));
    words.replaceChildren(...sentences.map((sentence) => html("p", {}, ...sentence)));
  }
  return { body, bar, draw };
}

/** Show what the address says, now and whenever it changes. */
function followLinks(view, { bar, start, begin, networks }) {
  const follow = () => {
    const given = stateOfLink(location.hash, networks);
    if (!given) return;
    bar.pause();
    if (start.isConnected) {
      Object.assign(view.state, given);
      begin();
    } else view.set(given);
    view.root.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
}

/** The controls, those behind the network folded if there is room for few. */
function controlsOf(view, asks, whole) {
  const controls = asks.map((name) => CONTROLS[name](view));
  const nodes = Object.fromEntries(asks.map((name, k) => [name, controls[k].node]));
  const { text = "", network = "", own = "", ...more } = nodes;
  const rest = Object.values(more);
  const shown = whole && rest.length ? [folded("More", ...rest)] : rest;
  const show = () => {
    for (const control of controls) control.show();
  };
  return { node: div("explorer-controls", text, div("explorer-choices", network, ...shown, own)), show };
}

function setUp(root) {
  const { dataset } = root;
  const whole = "whole" in dataset;
  const { files, titles } = filesOf(dataset);
  const networks = Object.keys(titles);
  if (!networks.length || !files.vocabulary) return;
  const view = viewOf(root, titles, files);
  const { state, message } = view;
  const dirty = new Set(); // what is drawn with the next frame
  const link = debounced();
  let touched = false;
  view.redraw = (...what) => {
    if (!dirty.size) requestAnimationFrame(drawAll);
    for (const one of what) dirty.add(one);
  };
  function drawAll() {
    const changes = CHANGES.filter((what) => dirty.has(what));
    dirty.clear();
    if (!view.reading) return;
    draw(changes);
    if (linked === view && touched) link(share.write, SILENCE); // it stays as it came until the reader changes something
  }
  view.set = (given) => {
    touched = true;
    const other = Object.keys(given).filter((name) => given[name] !== state[name]);
    Object.assign(state, given);
    controls.show();
    if (other.some((name) => TO_READ.includes(name))) request(other.includes("text") ? PAUSE : 0);
    if (other.includes("compare")) askMore();
    if (other.includes("part")) view.redraw("sort");
    if (other.length) view.redraw(...other.filter((name) => ["unit", "sort"].includes(name)), "step");
  };
  const asks = listed(dataset.controls).filter((name) => name in CONTROLS);
  const controls = controlsOf(view, asks, whole);
  const share = shareBox(view);
  const folds = div("explorer-folds");
  const { body, bar, draw } = partsOf(view, whole, folds);
  const { request, send, askMore } = reader(view, {
    fail(failed) {
      body.inert = failed; // the last picture stays, dimmed
    },
    take() {
      view.activity = activities(view.reading);
      state.unit ??= view.unit; // another text or network keeps it
      view.redraw(...CHANGES);
    },
  });
  function begin() {
    const focused = root.contains(document.activeElement);
    controls.show();
    root.replaceChildren(controls.node, message, body);
    if (linked === view) folds.append(share.node);
    set(root, { role: "group", "aria-label": dataset.label ?? "A network that reads", tabindex: -1 });
    if (focused) root.focus({ preventScroll: true }); // the button that had it is gone
    send();
  }
  // the page brings it, so that it has its room from the beginning
  const start = root.querySelector(".explorer-start");
  start.addEventListener("click", begin);
  start.disabled = false;
  dataset.ready = "";
  if (!linked && asks.includes("text")) {
    linked = view;
    followLinks(view, { bar, start, begin, networks });
  }
  // on a narrow screen an embed is longer than the window, so the reader begins it
  if (whole || matchMedia("(min-width: 48.01em)").matches) whenSeen(root, () => start.isConnected && begin());
}

for (const element of document.querySelectorAll(".explorer")) setUp(element);
