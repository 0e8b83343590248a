/**
 * The explorer: a reader's text goes through a network that the page trained, word by word.
 *
 * Each element of the class explorer becomes one. Its data attributes say which network, which text, which panels and
 * which controls; worker.js computes, draw.js draws. Nothing is loaded before the reader asks for it.
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
 * @property {string[]} shows the panels
 * @property {Reading?} reading
 * @property {number[]} activity of the units, over its steps
 * @property {number} t the step to show
 * @property {number} unit the unit to show
 * @property {(changes: Partial<State>) => void} set
 * @property {(what: string) => void} redraw
 */

import {
  heatMap, html, lineChart, lineSample, newId, notation, short, shortened, signed, unrolledStep, wordFlow,
} from "./draw.js";

const NETWORKS = { simple_rnn: "Simple RNN", lstm: "LSTM", bag_of_words: "Bag of words" };
const PADDINGS = { none: "none", front: "in front", behind: "behind" };
const SORTS = { number: "by number", activity: "by activity" };
const TO_READ = ["text", "network", "shuffle", "padding", "steps", "mask"]; // what the network's numbers depend on
const PAUSE = 150; // ms without a key, before the network reads
const SILENCE = 400; // ms without another reading, before the verdict is said
const A_STEP = 333; // ms, when it plays
const LONGEST_LINK = 20_000; // characters of text
const MOST_STEPS = 500; // of padding
const LEAST = 1e-30; // a gradient below counts as this
const FRAGMENT = "#explorer?";

const within = (number, low, high) => Math.max(low, Math.min(high, Math.round(number)));
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

// --- one worker serves all explorers of a page

let worker = null;
let addresses = {};
let lastId = 0;
const asked = new Map(); // the functions that wait for an answer

function openWorker() {
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    const tell = asked.get(data.id);
    if (!("loaded" in data)) asked.delete(data.id);
    tell?.(data);
  };
  worker.onerror = () => {
    worker.terminate();
    worker = null;
    const error = "The script that computes did not come. Are you still connected? Try again.";
    const waiting = [...asked.values()];
    asked.clear();
    for (const tell of waiting) tell({ error });
  };
}

function ask(request, files, tell) {
  if (!worker) openWorker();
  addresses = { ...addresses, ...files };
  asked.set(++lastId, tell);
  worker.postMessage({ open: addresses });
  worker.postMessage({ ...request, id: lastId });
}

// --- what the numbers say, in sentences

const named = ({ kind, word }) => ({ start: "the start", padding: "padding" })[kind] ?? `“${shortened(word)}”`;
const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
const best = (values, better) => values.reduce((found, value, k) => (better(value, values[found]) ? k : found), 0);
const largest = (values) => best(Array.from(values, Math.abs), (a, b) => a > b);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const changes = (values, first) => Array.from(values, (value, k) => value - (k ? values[k - 1] : first));

/** The numbers of one unit, from 1, over the steps. */
const ofUnit = (values, units, unit) =>
  Float32Array.from({ length: values.length / units }, (_, t) => values[t * units + unit - 1]);

/** The standard deviation of each unit over the steps. */
const activities = ({ states, units }) => Array.from({ length: units }, (_, k) => {
  const values = ofUnit(states.h, units, k + 1), middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
});

const byActivity = (activity) => Array.from(activity.keys()).sort((a, b) => activity[b] - activity[a]);

function verdictSentences({ tokens, words, left }, { shuffle }, sample) {
  const unknown = tokens.filter(({ kind }) => kind === "unknown").length, read = words - left;
  const all = read === 1 ? "the word" : `all ${read} words`;
  return [
    sample && `The reviewer’s verdict was ${sample.label ? "positive" : "negative"}.`,
    left && `The text has ${counted(words, "word")}. The network reads the last ${read}, as in training.`,
    unknown ? `It does not know ${unknown} of ${counted(read, "word")}.` : `It knows ${all}.`,
    shuffle !== null && "The words are shuffled.",
  ].filter(Boolean).join(" ");
}

function curveSentence({ y, tokens }) {
  if (y.length === 1) return `After its only step it is ${signed(y[0])}.`;
  const low = best(y, (a, b) => a < b), moves = changes(y, 0.5), most = largest(moves);
  return `It begins at ${signed(y[0])}, is lowest after ${named(tokens[low])} (step ${low + 1}, ${signed(y[low])}), `
    + `and ends at ${signed(y.at(-1))}. Step ${most + 1}, ${named(tokens[most])}, moved it most, by `
    + `${signed(moves[most])}.`;
}

function stepSentence({ tokens, y }, t, { before, after }) {
  const change = Math.hypot(...after.map((value, k) => value - before[k]));
  return `Step ${t}: x_t is the vector of ${named(tokens[t - 1])}. It moved h_t by ${signed(change)} (the length of `
    + `the change), and y_t from ${signed(t > 1 ? y[t - 2] : 0.5)} to ${signed(y[t - 1])}.`;
}

function unitsSentence({ states, units, tokens }, activity) {
  const most = byActivity(activity).slice(0, 3).map((k) => {
    const values = ofUnit(states.h, units, k + 1), at = largest(values);
    return `unit ${k + 1} (furthest from 0 at step ${at + 1}, ${named(tokens[at])}: ${signed(values[at])})`;
  });
  return `Most active over the words: ${most.join(", ")}.`;
}

function unitSentence({ states, units, tokens }, unit) {
  const h = ofUnit(states.h, units, unit), moves = changes(h, 0), most = largest(moves);
  const usual = (part) => `${part}_t ${signed(mean(ofUnit(states[part], units, unit)))}`;
  return `In unit ${unit}, h_t moves most at step ${most + 1}, ${named(tokens[most])}, by ${signed(moves[most])}, and `
    + `ends at ${signed(h.at(-1))}.`
    + (states.f ? ` On average its gates are ${usual("i")}, ${usual("f")} and ${usual("o")}.` : "");
}

function gradientSentence({ norms: { h } }) {
  const last = h.at(-1), fallen = h.findLastIndex((norm) => norm < last / 1000);
  const said = (norm) => (norm < LEAST ? `less than ${short(LEAST)}` : short(norm));
  if (h.length === 1) return `After the only step it is ${said(last)}.`;
  return `After the last step it is ${said(last)}; at the first step ${said(h[0])} is left`
    + (last ? `, a share of ${said(h[0] / last)}. ` : ". ")
    + (fallen < 0 ? "It never falls below one thousandth."
      : `It falls below one thousandth ${counted(h.length - 1 - fallen, "step")} before the end.`)
    + (h.some((norm) => norm < LEAST) ? ` What is below ${short(LEAST)} is drawn there.` : "");
}

// --- pieces of a page

const span = (...children) => html("span", {}, ...children);
const button = (text, click, more = {}) => html("button", { type: "button", click, ...more }, text);
const fields = (...children) => html("div", { class: "explorer-fields" }, ...children);
const fieldset = (legend, ...children) =>
  html("fieldset", { class: "explorer-fields" }, html("legend", {}, legend), ...children);
const field = (title, input) =>
  html("div", { class: "explorer-field" }, html("label", { for: input.id }, ...notation(title)), input);

const choice = (options, change) =>
  html("select", { id: newId(), change: ({ target }) => change(target.value) },
    ...options.map(([value, text]) => html("option", { value }, text)));
const numberInput = (low, high, change) =>
  html("input", { type: "number", id: newId(), min: low, max: high, step: 1, input: ({ target }) => {
    if (target.value) change(within(target.valueAsNumber, low, Number(target.max)));
  } });

/** Show a number in its field, but not while it is typed there. */
const showNumber = (input, value) => { if (document.activeElement !== input) input.value = value; };

// --- panels: title, how to read it, nodes, and what to do when there is a reading, another order, unit or step

/** The parts of a unit, and the dashes of their lines. */
const PARTS = [["h", null], ["c", "9 4"], ["i", "2 4"], ["f", "5 3"], ["o", "9 3 2 3"]];

const PANELS = {
  words(view) {
    const flow = wordFlow({ label: "The words, one a step", onPick: (t) => view.set({ t }) });
    const key = (hue, sign) => html("span", { class: "explorer-key", style: `--hue: var(--explorer-${hue})` }, sign);
    return {
      title: "Word by word",
      hint: "Each word is tinted by how far it moved the output y_t. Choose one, or go on with the arrow keys.",
      nodes: [
        html("p", { class: "explorer-legend" }, span(key("more", "▲"), " towards positive"),
          span(key("less", "▼"), " towards negative"),
          span(html("span", { class: "explorer-unknown" }, "word?"), " unknown to the network")),
        flow.node,
      ],
      read: () => flow.update(view.reading.tokens, view.reading.y),
      step: () => flow.mark(view.t),
    };
  },
  curve(view) {
    const label = "The output after each word";
    const chart = lineChart({ label, xLabel: "step t", yLabel: "y_t", onPick: (t) => view.set({ t }) });
    return {
      title: label,
      hint: "y_t is what the network would answer if the text ended here. Above 0.5 it answers positive.",
      nodes: [chart.figure],
      read: () => chart.update({
        series: [{ name: "y_t", values: view.reading.y, colour: "var(--symbol-y)" }], range: [0, 1], guide: 0.5,
        marker: view.t, summary: curveSentence(view.reading),
      }),
      step: () => chart.mark(view.t),
    };
  },
  unrolled(view) {
    const picture = unrolledStep({ label: "One step of the network" });
    return {
      title: "One step of the network",
      hint: "The state h_{t-1} and the word x_t make the state h_t, from which y_t is read. The small cells are the "
        + "first 16 numbers of each.",
      nodes: [picture.node],
      step() {
        const { reading, t } = view, { network, tokens, units, x, y } = reading, states = {};
        const inputs = x.length / tokens.length;
        const at = (values, s) => (s ? values.subarray((s - 1) * units, s * units) : new Float32Array(units));
        for (const part of ["h", "c"].filter((name) => name in reading.states))
          states[part] = { before: at(reading.states[part], t - 1), after: at(reading.states[part], t) };
        picture.update({
          network, t, last: t === tokens.length, word: tokens[t - 1].word, y: y[t - 1], states,
          x: x.subarray((t - 1) * inputs, t * inputs), summary: stepSentence(reading, t, states.h),
        });
      },
    };
  },
  units(view) {
    const map = heatMap({ label: "The hidden state over the words", onPick: (t, unit) => view.set({ t, unit }) });
    const sort = choice(Object.entries(SORTS), (value) => view.set({ sort: value }));
    const number = numberInput(1, 1, (unit) => view.set({ unit }));
    const mark = () => map.mark(view.t, view.unit);
    return {
      title: "All units over the words",
      hint: "Each row is a unit of h_t, each column a step. The frame is the step and the unit that are looked at; "
        + "click to choose others.",
      nodes: [fields(field("Unit", number), field("Sort the units", sort)), map.node],
      sort() {
        const { reading, activity, state } = view, values = reading.states.h, { units } = reading;
        // an average has no bound such as tanh gives to the others
        const bounded = reading.network !== "bag_of_words";
        map.update({
          values, units, scale: bounded ? 1 : Math.abs(values[largest(values)]) || 1,
          order: state.sort === "activity" ? byActivity(activity) : [...activity.keys()],
          summary: unitsSentence(reading, activity),
        });
        number.max = units;
        sort.value = state.sort;
      },
      unit() {
        showNumber(number, view.unit);
        mark();
      },
      step: mark,
    };
  },
  unit(view) {
    const chart = lineChart({
      label: "One unit over the words", xLabel: "step t", yLabel: "value", onPick: (t) => view.set({ t }),
    });
    const number = view.shows.includes("units") ? null : numberInput(1, 1, (unit) => view.set({ unit }));
    const colour = (part) => `var(--symbol-${part})`;
    const boxes = PARTS.map(([part]) =>
      html("input", { type: "checkbox", value: part, checked: true, change: () => view.redraw("unit") }));
    const lines = fieldset("Lines", ...PARTS.map(([part, dashed], k) =>
      html("label", {}, boxes[k], lineSample(colour(part), dashed), ...notation(`${part}_t`))));
    return {
      title: "One unit over the words",
      hint: "What one unit holds after each step. In an LSTM its gates say what is let in (i_t), kept (f_t) and shown "
        + "(o_t) of its cell state c_t.",
      nodes: [...(number ? [field("Unit", number)] : []), lines, chart.figure],
      unit() {
        const { reading, unit } = view, { states, units, network } = reading, bounded = network !== "bag_of_words";
        const series = PARTS.filter(([part]) => part in states).map(([part, dashed]) =>
          ({ part, name: `${part}_t`, values: ofUnit(states[part], units, unit), colour: colour(part), dashed }));
        const all = series.flatMap(({ values }) => [...values]);
        const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
        lines.hidden = series.length === 1;
        chart.update({
          series: series.filter(({ part }) => lines.hidden || chosen.includes(part)),
          range: bounded ? [Math.min(-1, ...all), Math.max(1, ...all)] : null, guide: bounded ? 0 : null,
          marker: view.t, summary: unitSentence(reading, unit),
        });
        if (!number) return;
        number.max = units;
        showNumber(number, unit);
      },
      step: () => chart.mark(view.t),
    };
  },
  gradient(view) {
    const chart = lineChart({
      label: "How much the last output depends on each state", xLabel: "step t", yLabel: "length of the gradient",
      logarithmic: true, onPick: (t) => view.set({ t }),
    });
    return {
      title: "What the last output owes to each step",
      hint: "The length of ∂y_T/∂h_t: how much the last output would change with the state after step t. The grid "
        + "counts powers of ten. Where the curve falls to the left, the gradient vanishes.",
      nodes: [chart.figure],
      read() {
        const { h, c } = view.reading.norms, floored = (norms) => norms.map((norm) => Math.max(LEAST, norm));
        const series = [{ name: "h_t", values: floored(h), colour: "var(--symbol-h)" }];
        // c_T acts on no later step, so that its number is 0 by definition
        if (c) series.push({ name: "c_t", values: floored(c).fill(NaN, -1), colour: "var(--symbol-c)", dashed: true });
        chart.update({ series, marker: view.t, summary: gradientSentence(view.reading) });
      },
      step: () => chart.mark(view.t),
    };
  },
};

/** The numbers of all pictures, made when they are first looked at. */
function numbersTable(view) {
  const body = html("tbody"), titles = ["Step", "Word", "y_t", "Moved by", "Length of ∂y_T/∂h_t"];
  const heads = titles.map((title) => html("th", { scope: "col" }, ...notation(title)));
  const read = () => {
    if (!node.open || !view.reading) return;
    const { tokens, y, norms } = view.reading, moves = changes(y, 0.5);
    body.replaceChildren(...tokens.map(({ word }, k) => html("tr", {},
      html("td", {}, String(k + 1)), html("th", { scope: "row", dir: "auto" }, shortened(word)),
      ...[signed(y[k]), signed(moves[k]), short(norms.h[k])].map((text) => html("td", {}, text)))));
  };
  const node = html("details", { toggle: read }, html("summary", {}, "All numbers as a table"),
    html("div", { class: "explorer-table", tabindex: 0, role: "group", "aria-label": "All numbers, scrolls" },
      html("table", {}, html("thead", {}, html("tr", {}, ...heads)), body)));
  return { node, read };
}

/** Back, play, forward, and a slider over the steps. */
function stepBar(view) {
  let playing = 0;
  const go = (by) => () => view.set({ t: within(view.t + by, 1, view.last) });
  const play = button("", () => (playing ? pause() : start()));
  const slide = () => view.set({ t: slider.valueAsNumber });
  const slider = html("input", { type: "range", min: 1, id: newId(), input: slide });
  const told = html("span", { class: "explorer-told" });
  function show() {
    play.replaceChildren(html("span", { "aria-hidden": "true" }, playing ? "❚❚ " : "▶ "), playing ? "Pause" : "Play");
  }
  function pause() {
    clearInterval(playing);
    playing = 0;
    show();
  }
  function start() {
    if (view.t === view.last) view.set({ t: 1 });
    playing = setInterval(() => (view.t < view.last ? go(1)() : pause()), A_STEP);
    show();
  }
  for (const kind of ["pointerdown", "keydown", "input"]) {
    view.root.addEventListener(kind, ({ target, key }) => {
      if (playing && !play.contains(target) && key !== "Tab") pause();
    }, true);
  }
  show();
  const node = html("div", { class: "explorer-steps", role: "group", "aria-label": "Steps" },
    html("div", {}, button("◀", go(-1), { "aria-label": "Back" }), play,
      button("▶", go(1), { "aria-label": "Forward" })),
    html("label", { for: slider.id }, "Step t"), slider, told);
  return {
    node, pause,
    step() {
      const { t, last, reading: { tokens, y } } = view, word = shortened(tokens[t - 1].word), now = signed(y[t - 1]);
      const place = `${t} of ${last}`, what = tokens[t - 1].kind === "padding" ? "step" : "word";
      slider.max = last;
      slider.value = t;
      slider.setAttribute("aria-valuetext", `${what} ${place}: ${word}, y ${now}`);
      told.replaceChildren(...notation(`${place}, y_t ${now}: `), html("bdi", {}, word)); // a long word is cut off
    },
  };
}

// --- controls: nodes, and a function that shows the state

const CONTROLS = {
  text({ state, set, samples }) {
    let own = samples.some(({ text }) => text === state.text) ? "" : state.text;
    const area = html("textarea", { id: newId(), rows: 3, dir: "auto", spellcheck: "false", input: () => {
      own = area.value;
      set({ text: own });
    } });
    const titles = [["own", "your own text"], ...samples.map(({ title }, k) => [k, title])];
    const sample = choice(titles, (value) => set({ text: samples[value]?.text ?? own, t: null }));
    return {
      node: html("div", { class: "explorer-text" },
        fields(html("label", { for: area.id }, "Your text"), samples.length ? field("or a review", sample) : ""), area),
      show() {
        if (area.value !== state.text) area.value = state.text;
        const k = samples.findIndex(({ text }) => text === state.text);
        sample.value = k < 0 ? "own" : k;
      },
    };
  },
  shuffle({ state, set }) {
    const shuffle = button("Shuffle the words", () => set({ shuffle: (state.shuffle ?? 0) + 1 }));
    return { node: fields(shuffle, button("Original order", () => set({ shuffle: null }))), show() {} };
  },
  network({ state, set, networks }) {
    const name = newId();
    const radios = networks.map((network) =>
      html("input", { type: "radio", name, value: network, change: () => set({ network }) }));
    return {
      node: fieldset("Network", ...radios.map((radio) => html("label", {}, radio, NETWORKS[radio.value]))),
      show() { for (const radio of radios) radio.checked = radio.value === state.network; },
    };
  },
  padding({ state, set }) {
    const where = choice(Object.entries(PADDINGS), (padding) => set({ padding }));
    const steps = numberInput(0, MOST_STEPS, (number) => set({ steps: number }));
    const mask = html("input", { type: "checkbox", change: () => set({ mask: mask.checked }) });
    return {
      node: fieldset("Padding", field("Empty steps", where), field("how many", steps),
        html("label", {}, mask, "mask: skip them")),
      show() {
        where.value = state.padding;
        showNumber(steps, state.steps);
        mask.checked = state.mask;
        steps.disabled = mask.disabled = state.padding === "none";
      },
    };
  },
};

// --- the state in the address

let linked = null; // the one explorer of a page that the address speaks of

/** @returns {Partial<State>?} what a link says, as far as it makes sense */
function stateOfLink(link, networks) {
  if (!link.startsWith(FRAGMENT)) return null;
  const given = new URLSearchParams(link.slice(FRAGMENT.length));
  const among = (name, options, otherwise) => (Object.hasOwn(options, given.get(name)) ? given.get(name) : otherwise);
  const whole = (name, low, high) => {
    const number = Number(given.get(name));
    return given.has(name) && Number.isInteger(number) && number >= low && number <= high ? number : null;
  };
  return {
    ...(given.has("text") && { text: given.get("text") }),
    ...(networks.includes(given.get("network")) && { network: given.get("network") }),
    padding: among("padding", PADDINGS, "none"), sort: among("sort", SORTS, "number"), mask: given.get("mask") === "1",
    steps: whole("steps", 0, MOST_STEPS) ?? 50, shuffle: whole("shuffle", 0, 2 ** 31), t: whole("t", 1, 1e6),
    unit: whole("unit", 1, 1e6),
  };
}

function linkOfState({ network, text, shuffle, padding, steps, mask, t, unit, sort }) {
  const padded = padding !== "none";
  const entries = {
    network, text: text.length > LONGEST_LINK ? null : text, shuffle, padding: padded ? padding : null,
    steps: padded ? steps : null, mask: padded && mask ? 1 : null, t, unit, sort: sort === "number" ? null : sort,
  };
  return FRAGMENT + new URLSearchParams(Object.entries(entries).filter(([, value]) => value !== null));
}

/** A button that copies the link, and what to know of it. */
function shareBox(state) {
  const copied = html("span", { role: "status" }), note = span();
  const place = html("input", { type: "text", readonly: true, hidden: true, "aria-label": "Link" });
  function write() {
    const link = linkOfState(state), long = state.text.length > LONGEST_LINK;
    note.textContent = long ? "This text is left out, for the link would be too long." : "";
    if (link === location.hash) return;
    copied.textContent = "";
    place.hidden = true;
    try {
      history.replaceState(history.state, "", link);
    } catch { /* a browser allows so many in a while; the next one comes through */ }
  }
  async function copy() {
    write();
    try {
      await navigator.clipboard.writeText(location.href);
      copied.textContent = "Copied.";
    } catch {
      place.hidden = false;
      place.value = location.href;
      place.select();
    }
  }
  const what = span("The link holds the text and the settings, behind its #. Nothing is sent anywhere.");
  const node = html("div", { class: "explorer-share" }, button("Copy link", copy), what, copied, note, place);
  return { node, write };
}

// --- an explorer

const listed = (text) => (text ?? "").split(/\s+/).filter(Boolean);
const parsed = (text, otherwise) => {
  try {
    return JSON.parse(text) ?? otherwise;
  } catch {
    return otherwise;
  }
};

/**
 * Make an explorer of an element of the class explorer.
 *
 * @param {HTMLElement} root
 */
export function setUp(root) {
  const { dataset } = root, samples = parsed(dataset.samples, []), files = {};
  for (const [name, { url, bytes }] of Object.entries(parsed(dataset.files, {})))
    if (url) files[name] = { url: new URL(url, document.baseURI).href, bytes };
  const networks = Object.keys(NETWORKS).filter((name) => name in files);
  if (!networks.length || !files.vocabulary || root.querySelector(".explorer-start")) return;
  /** @type {State} */
  const state = {
    network: networks.includes(dataset.network) ? dataset.network : networks[0],
    text: dataset.text || (samples[0]?.text ?? ""), shuffle: null, padding: "none", steps: 50, mask: false,
    t: null, unit: null, sort: "number",
  };
  /** @type {View} */
  const view = {
    root, state, samples, networks, redraw, shows: listed(dataset.show ?? "words curve"), reading: null, activity: [],
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
    message.replaceChildren(span(`Loading the ${NETWORKS[state.network]} (${megabytes(bytes)}) …`), progress);
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
      clearTimeout(saying);
      saying = setTimeout(say, verdict.textContent ? SILENCE : 0);
    }
    if (linked !== view) return;
    clearTimeout(linking);
    linking = setTimeout(share.write, SILENCE);
  }
  function say() {
    const last = view.reading.y.at(-1), sample = samples.find(({ text }) => text === state.text);
    verdict.replaceChildren(
      html("strong", {}, ...notation(`y_T = ${signed(last)}`), `: ${last >= 0.5 ? "positive" : "negative"}`),
      span(verdictSentences(view.reading, state, sample)));
  }

  // What stands there, from top to bottom.
  const asks = listed(dataset.controls).filter((name) => name in CONTROLS);
  const controls = asks.map((name) => CONTROLS[name](view));
  const message = html("div", { class: "explorer-message", role: "status" });
  const progress = html("progress", { max: 1, "aria-label": "Loading" });
  const verdict = html("p", { class: "explorer-verdict", "aria-live": "polite" });
  const panels = view.shows.filter((name) => name in PANELS).map((name) => PANELS[name](view));
  const bar = view.shows.some((name) => ["words", "curve", "unrolled", "units"].includes(name)) ? stepBar(view) : null;
  const table = numbersTable(view), share = shareBox(state), parts = [...panels, ...(bar ? [bar] : []), table];
  const level = Number(root.closest("section")?.querySelector("h1, h2, h3, h4")?.localName[1] ?? 2) + 1;
  const body = html("div", { class: "explorer-body", hidden: true }, verdict,
    ...panels.map(({ title, hint, nodes }) => html("div", { class: "explorer-panel" },
      html("p", { class: "explorer-title", role: "heading", "aria-level": level }, title),
      html("p", { class: "explorer-hint" }, ...notation(hint)), ...nodes)),
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
  const size = megabytes(files.vocabulary.bytes + files[state.network].bytes);
  const start = button(`Run the network here (${size})`, begin, { class: "explorer-start" });
  const promise = "It runs in your browser. What you type stays there.";
  root.replaceChildren(start, html("p", { class: "explorer-hint" }, promise));

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
const widgets = document.querySelectorAll(".gradient-norms");
if (widgets.length) import("./gradient-norms.js").then((widget) => widgets.forEach((element) => widget.setUp(element)));
