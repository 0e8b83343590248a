/**
 * The player of the home page: a network reads a sentence, as soon as the page stands.
 *
 * The page brings what the network computed on a few sentences. The network itself comes with the first key typed.
 */

import { ask, filesOf, megabytes, parsed } from "../explorer/ask.js";
import { activities, byActivity } from "../explorer/sentences.js";
import { lineRow, mapRow } from "../widgets/columns.js";
import { choice, field, html, newId } from "../widgets/dom.js";
import { shortened } from "../widgets/numbers.js";
import { stage } from "../widgets/stage.js";
import { stepBar } from "../widgets/step-bar.js";

const PAUSE = 150; // ms without a key, before the network reads
const ROW = 9; // px of a unit

/** Of what the worker tells, as much as the page brings of its own sentences. */
function inBrief({ tokens, y, states, units }, shown) {
  const chosen = byActivity(activities({ states, units })).slice(0, shown);
  return { tokens, y, h: tokens.map((_, t) => chosen.map((unit) => states.h[t * units + unit])) };
}

/**
 * Make a player of an element of the class player.
 *
 * @param {HTMLElement} root
 */
export function setUp(root) {
  const { files } = filesOf(root.dataset);
  const readings = parsed(root.dataset.readings, []).map(({ title, words, y, h }) => ({
    title, y, h: h.map((units) => units.map((percent) => percent / 100)),
    tokens: words.map((word, k) => ({ word, kind: k ? "word" : "start" })),
  }));
  if (!readings.length || "ready" in root.dataset) return;
  root.dataset.ready = "";

  const view = {
    root, reading: readings[0], t: 1,
    get last() { return view.reading.y.length; },
    set({ t }) {
      view.t = t;
      mark();
    },
  };
  const key = (hue, text) => html("span", {}, html("span", { class: "player-key", style: `--hue: var(--explorer-${hue})` }), text);
  const legend = html("span", { class: "widget-legend", "aria-hidden": "true" }, key("more", "raises it"), key("less", "lowers it"));
  const curve = lineRow({ title: "Probability that the review is positive", height: 110, asked: legend });
  const shown = view.reading.h[0].length;
  const map = mapRow({ title: `The ${shown} most active hidden units`, height: (units) => ROW * units });
  map.node.classList.add("of-state");
  const pictures = stage({ label: "The words, one a step", rows: [curve, map], onPick: (t) => view.set({ t }) });
  const bar = stepBar(view), verdict = html("p", { class: "player-verdict" });
  const size = megabytes(files.lstm.bytes + files.vocabulary.bytes);
  const status = html("p", { class: "player-status", role: "status" }, `Typing loads the network, ${size}.`);

  function mark() {
    const { t, last, reading: { y, tokens } } = view, word = shortened(tokens[t - 1].word, 20);
    pictures.mark(t);
    bar.step();
    const place = t === 1 ? ["before the first word"] : t === last ? ["at the end"] : ["after ", html("bdi", {}, `“${word}”`)];
    verdict.replaceChildren(
      html("strong", { "data-more": y[t - 1] > 0.5 }, `${Math.round(100 * y[t - 1])} %`), " positive ", ...place);
  }
  function show(reading, t) {
    const { tokens, y, h } = reading, units = h[0].length;
    view.reading = reading;
    view.t = t ?? view.last;
    const series = [{ values: y, colour: "var(--symbol-y)" }];
    curve.set({ series, range: [0, 1], guide: 0.5, ends: ["100 %", "0 %"] });
    map.set({ values: h.flat(), units, order: [...Array(units).keys()], scale: 1 });
    pictures.update(tokens, y);
    mark();
  }

  const sentences = choice([...readings.map(({ title }, k) => [k, title]), ["", "your own"]], (k) => {
    if (!k) return own.focus();
    clearTimeout(timer);
    newest++; // what is under way is no longer wanted
    if (own.value) own.value = status.textContent = "";
    show(readings[k], 1);
    bar.start();
  });
  let timer = 0, newest = 0;
  const own = html("input", { type: "text", id: newId(), autocomplete: "off", spellcheck: "false", maxlength: 500,
    input: () => {
      clearTimeout(timer);
      timer = setTimeout(send, PAUSE);
    } });
  function send() {
    const text = own.value, id = ++newest;
    status.textContent = "";
    if (!text.trim()) return;
    ask({ network: "lstm", text, shuffle: null, padding: "none", steps: 0, mask: false }, files, (told) => {
      if (id !== newest) return;
      if ("loaded" in told) status.textContent = `Loading the network: ${Math.round(100 * told.loaded)} %`;
      else if (told.error) status.textContent = told.error;
      else {
        const unknown = told.reading.tokens.filter(({ kind }) => kind === "unknown").map(({ word }) => shortened(word));
        status.textContent = `${Math.round(100 * told.reading.y.at(-1))} % positive.`
          + (unknown.length ? ` Words that it does not know: ${unknown.join(", ")}.` : "");
        sentences.value = "";
        show(inBrief(told.reading, readings[0].h[0].length));
      }
    });
  }

  root.append(pictures.node, verdict, bar.node,
    html("div", { class: "player-texts" }, field("Sentence", sentences), field("or type your own", own)), status);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "An LSTM reads a sentence");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  show(readings[0], still ? undefined : 1);
  if (!still) bar.start();
}

for (const element of document.querySelectorAll(".player")) setUp(/** @type {HTMLElement} */ (element));
