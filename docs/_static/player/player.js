/** The player of the home page: the page brings readings of a few sentences, and the first key typed a network. */

import { ask, filesOf, megabytes } from "../explorer/ask.js";
import { activities } from "../explorer/sentences.js";
import { widgets } from "../widgets/begin.js";
import { lineRow, mapRow } from "../widgets/columns.js";
import { div, html, lessMotion, set, span } from "../widgets/dom.js";
import { parsed } from "../widgets/errors.js";
import { choice, debounced, field, textInput } from "../widgets/fields.js";
import { largestFirst, percent, shortened } from "../widgets/numbers.js";
import { stage } from "../widgets/stage.js";
import { stepBar } from "../widgets/step-bar.js";

const PAUSE = 150; // ms without a key, before the network reads
const ROW = 9; // px of a unit

/** Of what the worker tells, as much as the page brings of its own sentences. */
function inBrief({ tokens, y, states, units }, shown) {
  const chosen = largestFirst(activities({ states, units })).slice(0, shown);
  return { tokens, y, h: tokens.map((_, t) => chosen.map((unit) => states.h[t * units + unit])) };
}

const readingsOf = (dataset) =>
  parsed(dataset.readings, []).map(({ title, words, y, h }) => {
    const tokens = words.map((word, k) => ({ word, kind: k ? "word" : "start" }));
    return { title, y, h: h.map((units) => units.map((number) => number / 100)), tokens };
  });

/** The pictures of a reading, with the bar that goes through it and a verdict: `show(reading, t)`. */
function picturesOf(root, reading) {
  const view = {
    root,
    reading,
    t: 1,
    get last() {
      return view.reading.y.length;
    },
    set({ t }) {
      view.t = t;
      mark();
    },
  };
  const key = (hue, text) => span(html("span", { class: "player-key", style: `--hue: var(--widget-${hue})` }), text);
  const [raises, lowers] = [key("more", "raises it"), key("less", "lowers it")];
  const legend = html("span", { class: "widget-legend", "aria-hidden": "true" }, raises, lowers);
  const curve = lineRow({ title: "Probability that the review is positive", height: 110, asked: legend });
  const shown = reading.h[0].length;
  const map = mapRow({ title: `The ${shown} most active hidden units`, height: (units) => ROW * units });
  map.node.classList.add("of-state");
  const pictures = stage({ label: "The words, one a step", rows: [curve, map], onPick: (t) => view.set({ t }) });
  const bar = stepBar(view);
  const verdict = html("p", { class: "player-verdict" });

  function place() {
    if (view.t === 1) return ["before the first word"];
    if (view.t === view.last) return ["at the end"];
    return ["after ", html("bdi", {}, `“${shortened(view.reading.tokens[view.t - 1].word, 20)}”`)];
  }
  function mark() {
    pictures.mark(view.t);
    bar.step();
    const y = view.reading.y[view.t - 1];
    verdict.replaceChildren(html("strong", { "data-more": y > 0.5 }, percent(y)), " positive ", ...place());
  }
  function show(next, t = next.y.length) {
    const { tokens, y, h } = next;
    const units = h[0].length;
    view.reading = next;
    view.t = t;
    const series = [{ values: y, colour: "var(--symbol-y)" }];
    curve.set({ series, range: [0, 1], guide: 0.5, ends: ["100 %", "0 %"] });
    map.set({ values: h.flat(), units, order: [...Array(units).keys()], scale: 1 });
    pictures.update(tokens, y);
    mark();
  }
  return { nodes: [pictures.node, verdict, bar.node], show, play: bar.start };
}

function setUp(root) {
  const { files } = filesOf(root.dataset);
  const readings = readingsOf(root.dataset);
  const { nodes, show, play } = picturesOf(root, readings[0]);
  const size = megabytes(files.lstm.bytes + files.vocabulary.bytes);
  const status = html("p", { class: "player-status", role: "status" }, `Typing loads the network, ${size}.`);
  const later = debounced();
  let newest = 0;

  const choose = (k) => {
    if (!k) return own.focus();
    later(() => {});
    newest++; // what is under way is no longer wanted
    if (own.value) own.value = status.textContent = "";
    show(readings[k], 1);
    play();
  };
  const sentences = choice([...readings.map(({ title }, k) => [k, title]), ["", "your own"]], choose);
  const own = textInput({ maxlength: 500, input: () => later(send, PAUSE) });
  function take(reading) {
    const unknown = reading.tokens.filter(({ kind }) => kind === "unknown").map(({ word }) => shortened(word));
    const lacks = unknown.length ? ` Words that it does not know: ${unknown.join(", ")}.` : "";
    status.textContent = `${percent(reading.y.at(-1))} positive.${lacks}`;
    sentences.value = "";
    show(inBrief(reading, readings[0].h[0].length));
  }
  function send() {
    const text = own.value;
    const id = ++newest;
    status.textContent = "";
    if (!text.trim()) return;
    ask({ network: "lstm", text, shuffle: null, padding: "none", steps: 0, mask: false }, files, (told) => {
      if (id !== newest) return;
      if ("loaded" in told) status.textContent = `Loading the network: ${percent(told.loaded)}`;
      else if (told.error) status.textContent = told.error;
      else take(told.reading);
    });
  }

  root.append(...nodes, div("player-texts", field("Sentence", sentences), field("or type your own", own)), status);
  set(root, { role: "group", "aria-label": "An LSTM reads a sentence" });
  show(readings[0], lessMotion() ? undefined : 1);
  if (!lessMotion()) play();
}

widgets("player", setUp);
