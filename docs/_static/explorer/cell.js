/**
 * One step of the cell with its numbers: the drawing of the theory pages, in which the gates fill and the wires are as
 * wide as what they carry, and below it the equations of one unit.
 *
 * An element of a drawing says which number it takes: data-gate is a box that fills, data-wire a line of that width,
 * data-number a letter that gives way to the number, and data-below a letter that gets the number below it.
 *
 * @typedef {import("./explorer.js").View} View
 */

import { html, notation, svg } from "../widgets/dom.js";
import { shortened, signed } from "../widgets/numbers.js";
import { PARTS } from "./panels.js";
import { cellOf, stepSentence } from "./sentences.js";

const FILES = { simple_rnn: "simple-rnn-cell", lstm: "lstm-cell", gru: "gru-cell" };
const known = new Map();

/** The drawing of a cell, fetched once a page. */
function drawing(kind) {
  if (!known.has(kind)) known.set(kind, fetch(new URL(`../diagrams/${FILES[kind]}.svg`, import.meta.url))
    .then((answer) => (answer.ok ? answer.text() : "")).catch(() => ""));
  return known.get(kind);
}

/** The numbers of one unit at one step, from 1. */
function numbersOf({ states, units, x, tokens }, t, unit) {
  const at = (values, s) => (s ? values[(s - 1) * units + unit - 1] : 0), numbers = { n: t };
  for (const [part, values] of Object.entries(states)) {
    numbers[part] = at(values, t);
    numbers[`${part}_before`] = at(values, t - 1);
  }
  if ("c" in states) {
    numbers.kept = numbers.f * numbers.c_before;
    numbers.written = numbers.i * numbers.candidate;
    numbers.shown = Math.tanh(numbers.c);
  }
  if ("z" in states) {
    numbers.rest = 1 - numbers.z;
    numbers.kept = numbers.z * numbers.h_before;
    numbers.written = numbers.rest * numbers.candidate;
    numbers.past = numbers.r * numbers.recurrent;
  }
  if (x.length === tokens.length * units) numbers.x = at(x, t);
  return numbers;
}

/** A factor or a term in its colour; a negative one in parentheses where it follows a sign. */
const number = (value, symbol, follows = true) => html("span", { class: symbol && `symbol-${symbol}` },
  follows && signed(value).startsWith("−") ? `(${signed(value)})` : signed(value));
const times = "\u202f·\u202f";

const EQUATIONS = {
  lstm: (n) => [
    ["c_t = f_t c_{t-1} + i_t c̃_t", number(n.f, "f"), times, number(n.c_before, "c"), " + ", number(n.i, "i"), times,
      number(n.candidate, "candidate"), n.c, "c"],
    ["h_t = o_t tanh c_t", number(n.o, "o"), times, "tanh ", number(n.c, "c"), n.h, "h"],
  ],
  gru: (n) => [
    ["h_t = z_t h_{t-1} + (1 − z_t) h̃_t", number(n.z, "z"), times, number(n.h_before, "h"), " + ", number(n.rest, "z"),
      times, number(n.candidate, "candidate"), n.h, "h"],
  ],
  simple_rnn: (n) => [
    ["h_t = tanh(U h_{t-1} + W x_t + b)", "tanh(", number(n.past, "h", false), " + ", number(n.input, "x"), ")",
      n.h, "h"],
  ],
  bag_of_words: (n) => [
    ["h_t = h_{t-1} + (x_t − h_{t-1}) / n", number(n.h_before, "h"), " + (", number(n.x, "x", false), " − ",
      number(n.h_before, "h"), `) / ${n.n}`, n.h, "h"],
  ],
};

/** Put the numbers into a drawing. */
function fill(picture, numbers) {
  const say = (value) => (value === undefined ? "" : signed(value));
  for (const box of picture.querySelectorAll("[data-gate]")) {
    const value = numbers[box.dataset.gate] ?? 0, signs = "signed" in box.dataset;
    let level = box.nextElementSibling;
    if (!level?.classList.contains("cell-level")) {
      level = svg("rect", { class: "cell-level" });
      for (const name of ["x", "y", "width", "height", "rx"]) level.setAttribute(name, box.getAttribute(name));
      box.after(level);
    }
    const [above, below] = signs ? [50 - 50 * Math.max(0, value), 50 + 50 * Math.min(0, value)] : [100 - 100 * value, 0];
    level.style.clipPath = `inset(${above}% 0 ${below}%)`; // so that it has the box's round corners
  }
  for (const wire of picture.querySelectorAll("[data-wire]"))
    wire.style.strokeWidth = 0.75 + 5 * Math.min(1, Math.abs(numbers[wire.dataset.wire] ?? 0));
  for (const text of picture.querySelectorAll("[data-number]")) text.textContent = say(numbers[text.dataset.number]);
  for (const text of picture.querySelectorAll("[data-below]")) {
    let below = text.nextElementSibling;
    if (!below?.classList.contains("cell-below")) {
      below = svg("text", { class: "cell-below", x: text.getAttribute("x"), y: Number(text.getAttribute("y")) + 22 });
      text.after(below);
    }
    below.textContent = say(numbers[text.dataset.below]);
  }
}

/**
 * The panel with the cell.
 *
 * @param {View} view
 */
export function cellPanel(view) {
  const title = html("p", { class: "stage-title" }), frame = html("div", { class: "cell-drawing" });
  const lines = html("div", { class: "cell-equations" }), head = html("p", { class: "cell-unit" });
  const node = html("div", { class: "explorer-cell", role: "group", "aria-label": "One step of the cell" },
    title, frame, head, lines);
  let shown = null;

  /** Boxes choose what the map shows. */
  function enliven(picture) {
    picture.setAttribute("role", "group"); // a picture as a whole could hold no buttons
    picture.removeAttribute("class"); // of the diagrams that stand in a page
    for (const box of picture.querySelectorAll("[data-gate]")) {
      const part = box.dataset.gate;
      if (!(part in PARTS) || !view.shows.includes("units")) continue;
      const choose = () => view.set({ part });
      for (const [name, value] of Object.entries({
        tabindex: 0, role: "button", "aria-label": `Show the ${PARTS[part][1]} of all units in the map`,
      })) box.setAttribute(name, value);
      box.classList.add("cell-choice");
      box.addEventListener("click", choose);
      box.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      });
    }
  }
  let waits = false;
  const soon = () => {
    if (!waits) queueMicrotask(draw); // once for all that changes together
    waits = true;
  };
  async function draw() {
    waits = false;
    const kind = cellOf(view.reading);
    if (shown !== kind) { // its drawing comes first, so that all changes together
      const text = kind in FILES ? await drawing(kind) : "";
      if (shown === kind || kind !== cellOf(view.reading)) return; // drawn already, or another network came meanwhile
      shown = kind;
      frame.hidden = !(kind in FILES);
      const picture = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
      frame.replaceChildren(...(picture.localName === "svg" ? [picture] : []));
      if (frame.firstChild) enliven(frame.firstChild);
    }
    const { reading, t, unit } = view, numbers = numbersOf(reading, t, unit);
    const { word, kind: what } = reading.tokens[t - 1];
    const named = what === "start" || what === "padding" ? `the ${word}` : html("bdi", {}, `“${shortened(word, 20)}”`);
    title.replaceChildren(`Step ${t}: `, named);
    head.replaceChildren(`Unit ${unit} of ${reading.units}`);
    const skipped = what === "padding" && view.state.mask;
    if (skipped) lines.replaceChildren(html("p", {}, ...notation("The mask skips this step: h_t = h_{t-1}.")));
    else lines.replaceChildren(...EQUATIONS[kind](numbers).map(([equation, ...rest]) => html("p", {},
      html("span", {}, ...notation(equation)),
      html("span", {}, " = ", ...rest.slice(0, -2), " = ", number(rest.at(-2), rest.at(-1), false)))));
    const picture = frame.firstElementChild;
    if (!picture) return;
    fill(picture, numbers);
    for (const box of picture.querySelectorAll(".cell-choice"))
      box.setAttribute("aria-pressed", box.dataset.gate === view.part);
    picture.classList.remove("cell-flows");
    void picture.getBoundingClientRect(); // so that the flow begins anew
    picture.classList.add("cell-flows");
  }
  return { node, unit: soon, step: soon, read: soon, sort: soon, sentence: () => stepSentence(view.reading, view.t) };
}
