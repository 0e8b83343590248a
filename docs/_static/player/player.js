/** The first screen: two networks read a sentence. The page brings a few readings; the first key loads the networks. */

import { askAgain } from "../widgets/admits.js";
import { ask, filesOf, megabytes } from "../widgets/ask.js";
import { widgets } from "../widgets/begin.js";
import { lineRow } from "../widgets/columns.js";
import { div, html, lessMotion, set, span } from "../widgets/dom.js";
import { parsed } from "../widgets/errors.js";
import { button, debounced, textInput } from "../widgets/fields.js";
import { lineSample } from "../widgets/lines.js";
import { largestFirst, percent } from "../widgets/numbers.js";
import { activities } from "../widgets/sentences.js";
import { stage } from "../widgets/stage.js";
import { stepBar } from "../widgets/step-bar.js";
import { chainRow, loopPicture } from "./drawing.js";
import { NAMES, verdict } from "./verdict.js";

const NETWORKS = ["lstm", "simple_rnn"];
const LINES = [{ colour: "var(--player-lstm)" }, { colour: "var(--player-simple)", dashes: "5 4" }];
const PRAISE = ["Not bad", "Fool them"]; // what a person would call positive
const PAUSE = 300; // ms without a key, before the networks read
const A_WORD = 550; // ms, when it plays

/** The readings that the page brings, as those of the worker: of each network y, and h of a few units by step. */
function readingsOf({ readings, simple }) {
  const others = parsed(simple, []);
  return parsed(readings, []).map(({ title, words, y, h, without }, k) => {
    const tokens = words.map((word, t) => ({ word, kind: t ? "word" : "start" }));
    const states = [h, others[k].h].map((steps) => steps.map((units) => units.map((number) => number / 100)));
    return { title, tokens, y, ys: [y, others[k].y], states, without, text: words.slice(1).join(" ") };
  });
}

/** As much of what the worker tells of a network as the page brings of its own sentences: the most active units. */
function inBrief({ tokens, states, units }, shown) {
  const chosen = largestFirst(activities({ states, units })).slice(0, shown);
  return tokens.map((_, t) => chosen.map((unit) => states.h[t * units + unit]));
}

/** The loop, the chains and the curves, with the bar that goes through them: `show(reading, t)`. */
function picturesOf(root, reading, atEnd) {
  const view = {
    root,
    reading,
    pace: A_WORD,
    t: 1,
    get last() {
      return view.reading.y.length;
    },
    set({ t }) {
      view.t = t;
      mark();
    },
  };
  const curve = lineRow({ title: "Probability that it is praise", height: 84 });
  const chains = NAMES.map((name, k) => chainRow(`${name}: its state h_t`, !k));
  const pictures = stage({ label: "The words, one a step", rows: [curve, ...chains], onPick: (t) => view.set({ t }) });
  const loop = loopPicture();
  const numbers = NAMES.map(() => html("strong"));
  const now = NAMES.map((name, k) => {
    const { colour, dashes } = LINES[k];
    return html("p", { style: `color: ${colour}` }, name, lineSample(colour, dashes), numbers[k]);
  });
  const bar = stepBar(view);

  function mark() {
    const { tokens, ys } = view.reading;
    pictures.mark(view.t);
    loop.show(tokens[view.t - 1].word, view.t);
    bar.step();
    for (const [k, number] of numbers.entries()) number.textContent = percent(ys[k][view.t - 1]);
    if (view.t === view.last) atEnd(view.reading);
  }
  function show(next, t = next.y.length) {
    const { tokens, ys, states } = next;
    Object.assign(view, { reading: next, t });
    const series = LINES.map((line, k) => ({ ...line, name: NAMES[k], values: ys[k] }));
    curve.set({ series, range: [0, 1], guide: 0.5, ends: ["100 %", "0 %"] });
    for (const [k, chain] of chains.entries()) chain.set({ h: states[k] });
    pictures.update(tokens, next.y);
    mark();
  }
  const drawing = div("player-drawing", div("player-now", div("", ...now), loop.node), pictures.node);
  return { nodes: [drawing, bar.node], show, play: bar.start, pause: bar.pause };
}

/** Let both networks read a text; `tell` gets `{ loaded }`, `{ error }` or `{ reading }`. */
function askBoth(text, files, shown, tell) {
  const come = NETWORKS.map(() => 0);
  const readings = [];
  let failed = false;
  function finish() {
    const [{ tokens, y }, other] = readings;
    const reading = { tokens, y, ys: [y, other.y], states: readings.map((one) => inBrief(one, shown)) };
    const again = (without) => tell({ reading: { ...reading, without } });
    askAgain({ network: NETWORKS[0] }, reading, files, again);
  }
  NETWORKS.forEach((network, k) => {
    ask({ network, text }, files, (answer) => {
      if (failed) return;
      failed = Boolean(answer.error);
      if (failed) return tell(answer);
      come[k] = answer.loaded ?? 1;
      if (answer.reading) readings[k] = answer.reading;
      if (readings[0] && readings[1]) finish();
      else tell({ loaded: (come[0] + come[1]) / 2 });
    });
  });
}

function setUp(root) {
  const { files } = filesOf(root.dataset);
  const readings = readingsOf(root.dataset);
  const line = html("p", { class: "player-verdict", role: "status" });
  const later = debounced();
  let newest = 0;

  const say = (reading) => {
    const praise = PRAISE.includes(reading.title);
    const { text, title, href } = verdict(reading, praise);
    const game = html("a", { href: "explorer.html#fool-the-lstm" }, "Fool it yourself");
    line.replaceChildren(`${text} `, html("a", { href }, title), ...(praise ? [" · ", game] : []));
  };
  const { nodes, show, play, pause } = picturesOf(root, readings[0], say);
  let current = null;
  const begin = (reading, from) => {
    const still = lessMotion() || from < 0;
    current = reading;
    pause();
    line.replaceChildren("Will both end on the same side of 50 %?");
    show(reading, still ? undefined : Math.max(1, from));
    if (!still) play();
  };
  const press = (chosen) => {
    for (const [k, chip] of chips.entries()) set(chip, { "aria-pressed": String(k === chosen) });
  };
  const choose = (k) => {
    later(() => {});
    newest++; // what is under way is no longer wanted
    own.value = readings[k].text;
    press(k);
    begin(readings[k], 1);
  };
  function send() {
    const id = ++newest;
    if (!own.value.trim()) return line.replaceChildren("Type a sentence.");
    askBoth(own.value, files, readings[0].states[0][0].length, ({ loaded, error, reading }) => {
      if (id !== newest) return;
      if (!reading) return line.replaceChildren(error ?? `Loading both networks: ${percent(loaded)}`);
      const isNew = ({ word }, t) => word !== current.tokens[t]?.word;
      begin(reading, reading.tokens.findIndex(isNew)); // the words before are read already
    });
  }
  const typed = () => {
    press(-1);
    later(send, PAUSE);
  };
  const own = textInput({ maxlength: 500, input: typed, value: readings[0].text });
  const chips = readings.map(({ title }, k) => button(title, () => choose(k), { "aria-pressed": String(!k) }));
  const size = megabytes(files.lstm.bytes + files.simple_rnn.bytes + files.vocabulary.bytes);
  const ownLabel = html("label", { for: own.id }, "Type a sentence ", span(`(loads both networks, ${size})`));
  root.append(div("player-ask", ownLabel, own, div("player-chips", ...chips)), ...nodes, line);
  set(root, { role: "group", "aria-label": "An LSTM and a simple RNN read a sentence" });
  begin(readings[0], 1);
}

widgets("player", setUp);
