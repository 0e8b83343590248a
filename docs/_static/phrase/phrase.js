/** Four words that the reader moves through a sentence, and what four networks predict; the page brings the numbers. */

import { widgets } from "../widgets/begin.js";
import { html, set, span } from "../widgets/dom.js";
import { button, choice, debounced, field, fields, listenToKeys } from "../widgets/fields.js";
import { percent, within } from "../widgets/numbers.js";

const START = 4;
const CLASSES = ["positive", "negative"]; // of the phrases

/** A row of the table: a network, a bar with a mark for each position visited, the number, and whether it is right. */
function barOf(name) {
  const fill = html("span", { class: "phrase-fill" });
  const marks = span();
  const number = html("td", { class: "phrase-number" });
  const verdict = html("td");
  const bar = html("td", { "aria-hidden": "true" }, html("span", { class: "phrase-bar" }, fill, marks));
  function showBar(probability, visited, wanted) {
    fill.style.width = `${100 * probability}%`;
    fill.toggleAttribute("data-more", probability > 0.5);
    marks.replaceChildren(...visited.map((other) => html("i", { style: `left: ${100 * other}%` })));
    number.textContent = percent(probability);
    verdict.textContent = CLASSES[probability > 0.5 ? 0 : 1] === wanted ? "right" : "wrong";
  }
  return { row: html("tr", {}, html("th", { scope: "row" }, name), bar, number, verdict), showBar };
}

/** The sentence, in which the pointer and the keys move the phrase: places stay under the pointer, and words change. */
function sentence({ places, length, seen, go }) {
  let start = START;
  let held = null;
  const slots = Array.from({ length: places }, (_, place) => {
    const number = html("span", { class: "phrase-place", "data-seen": seen.includes(place) }, place);
    return html("span", { class: "phrase-slot" }, number, html("span", { class: "phrase-word" }));
  });
  const last = places - length;
  const values = { "aria-label": "Position of the four words", "aria-valuemin": 0, "aria-valuemax": last };
  const node = html("div", { class: "phrase-words", role: "slider", tabindex: 0, ...values }, ...slots);

  function placeAt({ clientX: x, clientY: y }) {
    const far = slots.map((slot) => {
      const { left, right, top, bottom } = slot.getBoundingClientRect();
      return Math.max(left - x, x - right, 0) + Math.max(top - y, y - bottom, 0);
    });
    return far.indexOf(Math.min(...far));
  }
  function hold(place, pointer) {
    held = place;
    node.toggleAttribute("data-held", place !== null);
    if (place !== null) node.setPointerCapture(pointer);
  }
  node.addEventListener("pointerdown", (event) => {
    const place = placeAt(event) - start; // which of the four words it is
    if (place >= 0 && place < length && !event.button) hold(place, event.pointerId);
  });
  node.addEventListener("pointermove", (event) => {
    if (held !== null && placeAt(event) - held !== start) go(placeAt(event) - held);
  });
  for (const kind of ["pointerup", "pointercancel"]) node.addEventListener(kind, () => hold(null));
  const [back, forward] = [() => go(start - 1), () => go(start + 1)];
  const ends = { Home: () => go(0), End: () => go(last) };
  listenToKeys(node, { ArrowLeft: back, ArrowDown: back, ArrowRight: forward, ArrowUp: forward, ...ends });
  function write(read, now) {
    start = now;
    slots.forEach((slot, place) => {
      slot.lastElementChild.textContent = read[place];
      slot.toggleAttribute("data-moved", place >= start && place < start + length);
    });
    set(node, { "aria-valuenow": start, "aria-valuetext": `${start}: ${read.join(" ")}` });
  }
  return { node, write };
}

/** Put the sentence and the bars into the element; `networks` have the probability by run, phrase and position. */
function show(root, { fillers, phrases, seen, seeds, first, networks }) {
  const last = fillers.length;
  const length = phrases[0].split(" ").length;
  const later = debounced();
  let start = START;
  let phrase = 0;
  let run = first;
  let visited = new Set([start]);

  const words = sentence({ places: last + length, length, seen, go });
  const back = button("◀", () => go(start - 1), { "aria-label": "Move the four words back" });
  const forward = button("▶", () => go(start + 1), { "aria-label": "Move the four words forward" });
  const swap = button("Swap “good” and “bad”", () => {
    phrase = 1 - phrase;
    startOver();
  });
  const pickRun = (k) => {
    run = Number(k);
    startOver();
  };
  const runs = choice(Array.from(seeds.entries()), pickRun, run);
  const bars = Object.keys(networks).map((name) => ({ of: networks[name], name, ...barOf(name) }));
  const line = html("p", { class: "phrase-line" });
  const spoken = html("p", { class: "widget-spoken", role: "status" });

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
    words.write([...fillers.slice(0, start), ...phrases[phrase].split(" "), ...fillers.slice(start)], start);
    for (const { of, showBar } of bars) {
      const predicted = of[run][phrase];
      const before = Array.from(visited, (at) => predicted[at]);
      showBar(predicted[start], before, CLASSES[phrase]);
    }
    back.ariaDisabled = String(start === 0);
    forward.ariaDisabled = String(start === last);
    const unseen = seen.includes(start) ? "" : "not ";
    line.textContent = `Position ${start}, ${unseen}seen in training. The sentence is ${CLASSES[phrase]}.`;
    const probabilities = bars.map(({ name, of }) => `${name} ${percent(of[run][phrase][start])}`).join(", ");
    const announcement = `${line.textContent} Probability of “positive”: ${probabilities}.`;
    later(() => spoken.replaceChildren(announcement));
  }
  draw();
  later(() => {}); // nothing has moved yet
  const legend = "A dot: the four words began here in training. A thin line: a prediction before.";
  const network = html("th", { scope: "col" }, "Network");
  const heads = html("tr", {}, network, html("th", { scope: "col", colspan: 3 }, "Probability of “positive”"));
  const rows = bars.map(({ row }) => row);
  root.append(
    words.node,
    fields(span(back, forward), field("Seed", runs), swap),
    line,
    html("table", { class: "phrase-table" }, html("thead", {}, heads), html("tbody", {}, ...rows)),
    html("p", { class: "phrase-legend" }, legend),
    spoken,
  );
}

widgets("phrase", (root) => show(root, JSON.parse(root.dataset.predictions)));
