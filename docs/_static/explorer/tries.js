/**
 * Things to try: each asks for a guess before it changes what the network reads, and then says what became of it.
 *
 * @typedef {import("./explorer.js").View} View
 */

import { button, fields, html } from "../widgets/dom.js";

const LITTLE = 2; // points; below, the prediction has hardly moved

/** The two parts of a text in the other order: those around "but", or its halves. */
export function swapped(text) {
  const words = text.trim().split(/\s+/), but = words.indexOf("but");
  const at = but > 0 && but < words.length - 1 ? but : Math.floor(words.length / 2);
  const rest = words.slice(words[at] === "but" ? at + 1 : at);
  return [...rest, ...(words[at] === "but" ? ["but"] : []), ...words.slice(0, at)].join(" ");
}

/** What stands on the button, the question's subject, and what changes. */
const TRIES = [
  ["Swap halves", "The halves change places", ({ text }) => ({ text: swapped(text), t: null })],
  ["Add “not”", "“not” is added at the end", ({ text }) => ({ text: `${text.trim()} not`, t: null })],
  ["Shuffle", "The words are shuffled", ({ shuffle }) => ({ shuffle: (shuffle ?? 0) + 1 })],
  ["Pad", "50 steps of padding follow", () => ({ padding: "behind", steps: 50, mask: false, t: null })],
];

const COURSES = [["Rise", "rose"], ["Fall", "fell"], ["Hardly move", "hardly moved"]];
const WOULD = { rose: "would rise", fell: "would fall", "hardly moved": "would hardly move" };
const percent = (y) => Math.round(100 * y);
const course = (points) => (Math.abs(points) < LITTLE ? "hardly moved" : points > 0 ? "rose" : "fell");

/** @param {View} view */
export function tries(view) {
  const node = html("div", { class: "explorer-tries" });
  let waiting = null, shown = null; // the guess that waits for a reading, and the reading that has shown what became of it

  const show = (...children) => node.replaceChildren(fields(...children));
  const offer = () => {
    shown = null;
    show(html("span", { class: "stage-title" }, "Try"),
    ...TRIES.map(([title, what, changes]) => button(title, () => propose(what, changes))));
  };
  function propose(what, changes) {
    const guess = (expected) => () => {
      waiting = { expected, before: percent(view.reading.y.at(-1)), reading: view.reading };
      show(html("span", { role: "status" }, "…"));
      view.set(changes(view.state));
    };
    show(html("span", { role: "status" }, `${what}. What will the prediction do?`),
      ...COURSES.map(([text, expected]) => button(text, guess(expected))), button("Not now", offer));
    node.querySelector("button").focus({ preventScroll: true });
  }
  offer();
  return {
    node,
    read() {
      if (shown && shown !== view.reading) offer(); // what was said is about another reading
      if (!waiting || waiting.reading === view.reading) return;
      const { expected, before } = waiting, now = percent(view.reading.y.at(-1)), came = course(now - before);
      waiting = null;
      shown = view.reading;
      const right = came === expected ? "as you guessed" : `you guessed that it ${WOULD[expected]}`;
      const again = button("Try another", offer);
      const told = [html("strong", {}, `It ${came}`), `, from ${before} % to ${now} %; ${right}.`];
      show(html("span", { role: "status" }, ...told), again);
      again.focus({ preventScroll: true });
    },
  };
}
