/**
 * Four words that the reader moves through a sentence, and what four networks predict at each position.
 *
 * The page brings all predictions, for a sentence has nine positions for the two phrases. The package computed them.
 *
 * @typedef {object} Predictions
 * @property {string[]} fillers the other words of the sentence
 * @property {string[]} phrases the four words of a positive sentence, and of a negative one
 * @property {number[]} seen the positions at which the four words began in training
 * @property {number[]} seeds one for each run
 * @property {number} first the run that is shown first
 * @property {{[network: string]: number[][][]}} networks the probability of “positive” by run, phrase and position
 */

import { button, choice, field, html } from "../widgets/dom.js";
import { within } from "../widgets/numbers.js";

const PAUSE = 300; // ms without a move, before a screen reader is told
const START = 4;
const CLASSES = ["positive", "negative"]; // of the phrases
const percent = (number) => `${Math.round(100 * number)} %`;

/** A row of the table: a network, a bar with a mark for each position visited, the number, and whether it is right. */
function barOf(name) {
  const fill = html("span", { class: "phrase-fill" }), marks = html("span");
  const number = html("td", { class: "phrase-number" }), verdict = html("td");
  const bar = html("span", { class: "phrase-bar" }, fill, marks);
  return {
    row: html("tr", {},
      html("th", { scope: "row" }, name), html("td", { "aria-hidden": "true" }, bar), number, verdict),
    show(probability, visited, wanted) {
      fill.style.width = `${100 * probability}%`;
      fill.toggleAttribute("data-more", probability > 0.5);
      marks.replaceChildren(...visited.map((other) => html("i", { style: `left: ${100 * other}%` })));
      number.textContent = percent(probability);
      verdict.textContent = CLASSES[probability > 0.5 ? 0 : 1] === wanted ? "right" : "wrong";
    },
  };
}

/**
 * Put the sentence and the bars into the element.
 *
 * @param {HTMLElement} root
 * @param {Predictions} predictions
 */
function show(root, { fillers, phrases, seen, seeds, first, networks }) {
  const last = fillers.length, length = phrases[0].split(" ").length;
  let start = START, phrase = 0, run = first, visited = new Set([start]), held = null, pause = 0;

  // Each place of the sentence stays where it is, and the words change: so nothing moves away under the pointer.
  const slots = Array.from({ length: last + length }, (_, place) => html("span", { class: "phrase-slot" },
    html("span", { class: "phrase-place", "data-seen": seen.includes(place) }, place),
    html("span", { class: "phrase-word" })));
  const words = html("div", {
    class: "phrase-words", role: "slider", tabindex: 0, "aria-label": "Position of the four words", "aria-valuemin": 0,
    "aria-valuemax": last,
  }, ...slots);
  const back = button("◀", () => go(start - 1), { "aria-label": "Move the four words back" });
  const forward = button("▶", () => go(start + 1), { "aria-label": "Move the four words forward" });
  const swap = button("Swap “good” and “bad”", () => {
    phrase = 1 - phrase;
    startOver();
  });
  const runs = choice(seeds.map((seed, k) => [k, seed]), (k) => {
    run = Number(k);
    startOver();
  });
  runs.value = run;
  const bars = Object.keys(networks).map((name) => ({ of: networks[name], name, ...barOf(name) }));
  const line = html("p", { class: "phrase-line" }), spoken = html("p", { class: "phrase-spoken", role: "status" });

  function go(to) {
    start = within(to, 0, last);
    visited.add(start);
    draw();
  }
  function startOver() {
    visited = new Set([start]);
    draw();
  }
  function draw() {
    const read = [...fillers.slice(0, start), ...phrases[phrase].split(" "), ...fillers.slice(start)];
    slots.forEach((slot, place) => {
      slot.lastElementChild.textContent = read[place];
      slot.toggleAttribute("data-moved", place >= start && place < start + length);
    });
    words.setAttribute("aria-valuenow", start);
    words.setAttribute("aria-valuetext", `${start}: ${read.join(" ")}`);
    for (const { of, show: showBar } of bars)
      showBar(of[run][phrase][start], [...visited].map((at) => of[run][phrase][at]), CLASSES[phrase]);
    back.ariaDisabled = String(start === 0);
    forward.ariaDisabled = String(start === last);
    line.textContent = `Position ${start}, ${seen.includes(start) ? "" : "not "}seen in training. `
      + `The sentence is ${CLASSES[phrase]}.`;
    const found = bars.map(({ name, of }) => `${name} ${percent(of[run][phrase][start])}`).join(", ");
    const told = `${line.textContent} Probability of “positive”: ${found}.`;
    clearTimeout(pause);
    pause = setTimeout(() => { spoken.textContent = told; }, PAUSE);
  }

  /** The place that is nearest to the pointer. */
  function placeAt({ clientX: x, clientY: y }) {
    const far = slots.map((slot) => {
      const { left, right, top, bottom } = slot.getBoundingClientRect();
      return Math.max(left - x, x - right, 0) + Math.max(top - y, y - bottom, 0);
    });
    return far.indexOf(Math.min(...far));
  }
  function hold(place, pointer) {
    held = place;
    words.toggleAttribute("data-held", place !== null);
    if (place !== null) words.setPointerCapture(pointer);
  }
  words.addEventListener("pointerdown", (event) => {
    const place = placeAt(event) - start; // which of the four words it is
    if (place >= 0 && place < length && !event.button) hold(place, event.pointerId);
  });
  words.addEventListener("pointermove", (event) => {
    if (held !== null && placeAt(event) - held !== start) go(placeAt(event) - held);
  });
  for (const kind of ["pointerup", "pointercancel"]) words.addEventListener(kind, () => hold(null));
  words.addEventListener("keydown", (event) => {
    const to = {
      ArrowLeft: start - 1, ArrowDown: start - 1, ArrowRight: start + 1, ArrowUp: start + 1, Home: 0, End: last,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(to);
  });
  draw();
  clearTimeout(pause); // nothing has moved yet
  const legend = "A dot: the four words began here in training. A thin line: a prediction before.";
  const heads = html("tr", {}, html("th", { scope: "col" }, "Network"),
    html("th", { scope: "col", colspan: 3 }, "Probability of “positive”"));
  root.append(words,
    html("div", { class: "widget-fields" }, html("span", {}, back, forward), field("Seed", runs), swap), line,
    html("table", { class: "phrase-table" }, html("thead", {}, heads), html("tbody", {}, ...bars.map(({ row }) => row))),
    html("p", { class: "phrase-legend" }, legend), spoken);
}

for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".phrase"))) {
  show(root, JSON.parse(root.dataset.predictions));
  root.dataset.ready = "";
}
