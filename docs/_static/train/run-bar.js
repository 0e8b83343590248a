/** Start or pause, one update, the same again, a seed; and a line that says how far it is. */

import { button, field, html, numberInput } from "../widgets/dom.js";

/**
 * @param {{start: () => void, pause: () => void, one: () => void, reset: () => void}} does
 * @param {...Node} more fields that stand beside the seed
 * @returns the elements; `seed()`; `show(running, text)` brings it up to date, and `tell(text)` is what a screen reader
 *   says, which is told what happened and not each update
 */
export function runBar({ start, pause, one, reset }, ...more) {
  let running = false, seed = 1;
  const run = button("", () => (running ? pause() : start()), { class: "train-run" });
  const sign = html("span", { "aria-hidden": "true" }), word = html("span");
  run.append(sign, word);
  const seeds = numberInput(1, 999, (number) => {
    seed = number;
    reset();
  });
  seeds.value = seed;
  const line = html("p", { class: "train-line" }), spoken = html("p", { class: "train-spoken", role: "status" });
  const buttons = html("div", { class: "train-buttons" }, run, button("One update", one), button("Reset", reset));
  const node = html("div", { class: "train-bar" }, buttons,
    html("div", { class: "widget-fields" }, field("Seed", seeds), ...more));
  return {
    node, line, spoken,
    seed: () => seed,
    show(now, text) {
      running = now;
      sign.textContent = running ? "❚❚ " : "▶ ";
      word.textContent = running ? "Pause" : "Start";
      line.textContent = text;
    },
    tell(text) {
      spoken.textContent = text;
    },
  };
}

export const RATES = [0.001, 0.003, 0.01, 0.03, 0.1];

export const lessMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
