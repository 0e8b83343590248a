import { div, html } from "../widgets/dom.js";
import { button, field, fields, numberInput, playButton } from "../widgets/fields.js";

export const RATES = [0.001, 0.003, 0.01, 0.03, 0.1];

/**
 * Start or pause, one update, the same again, a seed, more fields; and a line that says how far it is: `show(running,
 * text)` brings it up to date, and `tell(text)` is what a screen reader says, which is not told each update.
 */
export function runBar({ start, pause, one, reset }, ...more) {
  let running = false;
  let seed = 1;
  const run = playButton("train-run", () => (running ? pause() : start()));
  const use = (number) => {
    seed = number;
    reset();
  };
  const seeds = numberInput(1, 999, use, seed);
  const line = html("p", { class: "train-line" });
  const spoken = html("p", { class: "train-spoken", role: "status" });
  const buttons = div("train-buttons", run.node, button("One update", one), button("Reset", reset));
  return {
    node: div("train-bar", buttons, fields(field("Seed", seeds), ...more)),
    line,
    spoken,
    seed: () => seed,
    show(now, text) {
      running = now;
      run.show(running, "Start");
      line.textContent = text;
    },
    tell: (text) => spoken.replaceChildren(text),
  };
}
