/**
 * One step of the cell with its numbers: the drawing of the theory pages, and below it the equations of one unit. In a
 * drawing data-gate is a box that fills, data-wire a line as wide as its number, data-number a letter that gives way to
 * the number, and data-below one that gets the number below it.
 */

import { div, html, notation, set, span, svg } from "../widgets/dom.js";
import { listenToKeys } from "../widgets/fields.js";
import { signed, truncate } from "../widgets/numbers.js";
import { cellOf, stepSentence } from "../widgets/sentences.js";
import { PARTS } from "./panels.js";

const FILES = { simple_rnn: "simple-rnn-cell", lstm: "lstm-cell", gru: "gru-cell" };
const known = {};

/** The equations of each cell: with letters, with numbers by their names, and what they give. */
const EQUATIONS = {
  lstm: [
    ["c_t = f_t c_{t-1} + i_t c̃_t", "{f} · {c_before} + {i} · {candidate}", "c"],
    ["h_t = o_t tanh c_t", "{o} · tanh {c}", "h"],
  ],
  gru: [["h_t = z_t h_{t-1} + (1 − z_t) h̃_t", "{z} · {h_before} + {rest} · {candidate}", "h"]],
  simple_rnn: [["h_t = tanh(U h_{t-1} + W x_t + b)", "tanh({past} + {input})", "h"]],
  bag_of_words: [["h_t = h_{t-1} + (x_t − h_{t-1}) / n", "{h_before} + ({x} − {h_before}) / n", "h"]],
};
const COLOURS = { c_before: "c", h_before: "h", rest: "z", past: "h", input: "x" }; // where it is not the name

function drawing(kind) {
  known[kind] ??= fetch(new URL(`../diagrams/${FILES[kind]}.svg`, import.meta.url))
    .then((file) => (file.ok ? file.text() : ""))
    .catch(() => "");
  return known[kind];
}

/** The numbers of one unit at one step, from 1. */
function numbersOf({ states, units, x, tokens }, t, unit) {
  const at = (values, s) => (s ? values[(s - 1) * units + unit - 1] : 0);
  const numbers = x.length === tokens.length * units ? { x: at(x, t) } : {};
  for (const [part, values] of Object.entries(states))
    Object.assign(numbers, { [part]: at(values, t), [`${part}_before`]: at(values, t - 1) });
  const { f, i, z, r, c, candidate, recurrent, c_before, h_before } = /** @type {any} */ (numbers);
  if ("c" in states) return { ...numbers, kept: f * c_before, written: i * candidate, shown: Math.tanh(c) };
  if (!("z" in states)) return numbers;
  const rest = 1 - z;
  return { ...numbers, rest, kept: z * h_before, written: rest * candidate, past: r * recurrent };
}

/** An equation with its numbers in their colours; a negative factor or term is in parentheses. */
function withNumbers(/** @type {string[]} */ [letters, terms, result], numbers, n) {
  const spaced = terms.replace(/n$/, n).replaceAll(" · ", "\u202f·\u202f");
  const pieces = spaced.split(/\{(\w+)\}/);
  const nodes = pieces.map((piece, k) => {
    if (k % 2 === 0) return piece;
    const text = signed(numbers[piece]);
    const negative = text.startsWith("−") && !pieces[k - 1].endsWith("(");
    return html("span", { class: `symbol-${COLOURS[piece] ?? piece}` }, negative ? `(${text})` : text);
  });
  const gives = html("span", { class: `symbol-${result}` }, signed(numbers[result]));
  return html("p", {}, span(...notation(letters)), span(" = ", ...nodes, " = ", gives));
}

/** The element of a class that stands after another, made by `make` if it is not there yet. */
function following(node, name, make) {
  if (!node.nextElementSibling?.classList.contains(name)) node.after(svg(...make()));
  return node.nextElementSibling;
}

function fill(picture, numbers, forced) {
  const say = (value) => (value === undefined ? "" : signed(value));
  for (const box of picture.querySelectorAll("[data-gate]")) {
    const value = numbers[box.dataset.gate] ?? 0;
    box.classList.toggle("cell-forced", forced.includes(box.dataset.gate));
    const level = following(box, "cell-level", () => {
      const places = ["x", "y", "width", "height", "rx"].map((name) => [name, box.getAttribute(name)]);
      return ["rect", { class: "cell-level", ...Object.fromEntries(places) }];
    });
    const around = [50 - 50 * Math.max(0, value), 50 + 50 * Math.min(0, value)];
    const [above, below] = "signed" in box.dataset ? around : [100 - 100 * value, 0];
    level.style.clipPath = `inset(${above}% 0 ${below}%)`; // so that it has the box's round corners
  }
  for (const wire of picture.querySelectorAll("[data-wire]"))
    wire.style.strokeWidth = 0.75 + 5 * Math.min(1, Math.abs(numbers[wire.dataset.wire] ?? 0));
  for (const text of picture.querySelectorAll("[data-number]")) text.textContent = say(numbers[text.dataset.number]);
  for (const text of picture.querySelectorAll("[data-below]")) {
    const [x, y] = [text.getAttribute("x"), Number(text.getAttribute("y")) + 22];
    const below = following(text, "cell-below", () => ["text", { class: "cell-below", x, y }]);
    below.textContent = say(numbers[text.dataset.below]);
  }
}

/** Make the boxes of a drawing choose what the map shows, if there is one. */
function enliven(picture, view) {
  picture.setAttribute("role", "group"); // a picture as a whole could hold no buttons
  picture.removeAttribute("class"); // of the diagrams that stand in a page
  if (view.shows.includes("gates")) set(picture, { viewBox: `0 0 408 ${picture.dataset.legend}` }); // its sliders name them
  if (!view.shows.includes("units")) return;
  for (const box of picture.querySelectorAll("[data-gate]")) {
    const part = box.dataset.gate;
    if (!(part in PARTS)) continue;
    const click = () => view.set({ part });
    const label = `Show the ${PARTS[part][1]} of all units in the map`;
    set(box, { tabindex: 0, role: "button", "aria-label": label, click });
    listenToKeys(box, { Enter: click, " ": click });
    box.classList.add("cell-choice");
  }
}

export function cellPanel(view) {
  const title = html("p", { class: "stage-title" });
  const frame = div("cell-drawing");
  const head = html("p", { class: "cell-unit" });
  const lines = div("cell-equations");
  const group = { class: "explorer-cell", role: "group", "aria-label": "One step of the cell" };
  let shown = null;
  let waits = false;

  /** Show the drawing of a cell, which comes first so that all changes together; false if another has been asked for. */
  async function change(kind) {
    const text = kind in FILES ? await drawing(kind) : "";
    if (shown === kind || kind !== cellOf(view.reading)) return false;
    shown = kind;
    frame.hidden = !(kind in FILES);
    const picture = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    frame.replaceChildren(...(picture.localName === "svg" ? [picture] : []));
    if (frame.firstChild) enliven(frame.firstChild, view);
    return true;
  }
  async function draw() {
    waits = false;
    const kind = cellOf(view.reading);
    if (shown !== kind && !(await change(kind))) return;
    const { reading, state, t, unit } = view;
    const numbers = numbersOf(reading, t, unit);
    const { word, kind: what } = reading.tokens[t - 1];
    const named = what === "start" || what === "padding" ? `the ${word}` : html("bdi", {}, `“${truncate(word, 20)}”`);
    title.replaceChildren(`Step ${t}: `, named);
    head.replaceChildren(`Unit ${unit} of ${reading.units}`);
    const skipped = html("p", {}, ...notation("The mask skips this step: h_t = h_{t-1}."));
    const equations = EQUATIONS[kind].map((equation) => withNumbers(equation, numbers, t));
    lines.replaceChildren(...(what === "padding" && state.mask ? [skipped] : equations));
    const picture = frame.firstElementChild;
    if (!picture) return;
    const forced = Object.keys(numbers).filter((part) => (state.at ?? t) === t && typeof state[part] === "number");
    fill(picture, numbers, forced);
    for (const box of picture.querySelectorAll(".cell-choice"))
      box.setAttribute("aria-pressed", box.dataset.gate === view.part);
    picture.classList.remove("cell-flows");
    void picture.getBoundingClientRect(); // so that the flow begins anew
    picture.classList.add("cell-flows");
  }
  const soon = () => {
    if (!waits) queueMicrotask(draw); // once for all that changes together
    waits = true;
  };
  const sentence = () => stepSentence(view.reading, view.t);
  const node = html("div", group, title, frame, head, lines);
  return { node, unit: soon, step: soon, read: soon, sort: soon, sentence };
}
