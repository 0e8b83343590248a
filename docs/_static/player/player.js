/**
 * The player of the home page: a network reads a sentence, as soon as the page stands.
 *
 * The page brings what the network computed on a few sentences. The network itself comes with the first key typed.
 */

import { ask, filesOf, megabytes, parsed } from "../explorer/ask.js";
import { activities, byActivity } from "../explorer/sentences.js";
import { columns } from "../widgets/columns.js";
import { choice, field, html, newId, watchWidth } from "../widgets/dom.js";
import { shortened } from "../widgets/numbers.js";
import { stepBar } from "../widgets/step-bar.js";
import { wordFlow } from "../widgets/words.js";

const PAUSE = 150; // ms without a key, before the network reads
const IN_A_LINE = 25; // words, at most
const PADDING = 9; // px of a word, which it has no need of in a line

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
  const pick = (t) => view.set({ t });
  const flow = wordFlow({ label: "The words, one a step", onPick: pick });
  const picture = columns({ label: "Probability of a positive review after each word", onPick: pick });
  const bar = stepBar(view), verdict = html("p", { class: "player-verdict" });
  const status = html("p", { class: "player-status", role: "status" });

  function mark() {
    const { t, last, reading: { y, tokens } } = view, word = shortened(tokens[t - 1].word, 20);
    flow.mark(t);
    picture.mark(t);
    bar.step();
    const place = t === 1 ? ["before the first word"] : t === last ? ["at the end"] : ["after ", html("bdi", {}, `“${word}”`)];
    verdict.replaceChildren(
      html("strong", { "data-more": y[t - 1] > 0.5 }, `${Math.round(100 * y[t - 1])} %`), " positive ", ...place);
  }
  let inALine = 0; // pixels that the words take in a line
  function layOut() {
    const { tokens } = view.reading, all = flow.node.clientWidth, words = [...flow.node.children];
    const fits = tokens.length <= IN_A_LINE && words.length === tokens.length && inALine <= all;
    root.classList.toggle("player-line", fits);
    const edges = fits ? [...words.map(({ offsetLeft }) => offsetLeft), all]
      : Array.from({ length: tokens.length + 1 }, (_, k) => (k * all) / tokens.length);
    if (all) picture.update(view.reading, edges);
    mark();
  }
  function show(reading, t) {
    view.reading = reading;
    view.t = t ?? view.last;
    flow.update(reading.tokens, reading.y);
    root.classList.remove("player-line");
    inALine = [...flow.node.children].reduce((sum, { offsetWidth }) => sum + offsetWidth - PADDING, 0);
    layOut();
  }

  const sentences = choice(readings.map(({ title }, k) => [k, title]), (k) => {
    clearTimeout(timer);
    newest++; // what is under way is no longer wanted
    own.value = status.textContent = "";
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
    if (!text.trim()) return;
    ask({ network: "lstm", text, shuffle: null, padding: "none", steps: 0, mask: false }, files, (told) => {
      if (id !== newest) return;
      if ("loaded" in told) status.textContent = `Loading the network: ${Math.round(100 * told.loaded)} %`;
      else if (told.error) status.textContent = told.error;
      else {
        const unknown = told.reading.tokens.filter(({ kind }) => kind === "unknown").map(({ word }) => shortened(word));
        status.textContent = `${Math.round(100 * told.reading.y.at(-1))} % positive.`
          + (unknown.length ? ` Words that it does not know: ${unknown.join(", ")}.` : "");
        sentences.selectedIndex = -1;
        show(inBrief(told.reading, readings[0].h[0].length));
      }
    });
  }

  const size = megabytes(files.lstm.bytes + files.vocabulary.bytes);
  const more = (hue, text) => html("span", {}, html("span", { class: "player-key", style: `--hue: var(--explorer-${hue})` }), text);
  root.append(
    html("div", { class: "player-stage" }, flow.node, picture.node,
      html("p", { class: "widget-legend", "aria-hidden": "true" }, more("more", "raises the probability"),
        more("less", "lowers it"), html("span", {}, `below: the ${readings[0].h[0].length} most active hidden units, blue above 0, orange below`))),
    verdict, bar.node,
    html("div", { class: "player-texts" }, field("Sentence", sentences), field("or type your own", own),
      html("span", { class: "player-size" }, `loads the network, ${size}`)),
    status);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "An LSTM reads a sentence");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  show(readings[0], still ? undefined : 1);
  watchWidth(root, layOut);
  document.fonts.addEventListener("loadingdone", layOut);
  if (!still) bar.start();
}

for (const element of document.querySelectorAll(".player")) setUp(element);
