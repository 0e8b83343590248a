import { div, html } from "../widgets/dom.js";
import { button, field, fields, numberInput, playButton } from "../widgets/fields.js";

/** Start or pause, one update, the same again, a seed; a line says how far it is, and `tell` tells a screen reader. */
export function runBar({ start, pause, one, reset, progress }, ...more) {
  let running = false;
  let seed = 1;
  const run = playButton("train-run", () => (running ? pause() : start()));
  const use = (number) => {
    seed = number;
    startOver();
  };
  const seeds = numberInput(1, 999, use, seed);
  const line = html("p", { class: "train-line" });
  const spoken = html("p", { class: "widget-spoken", role: "status" });
  const buttons = div("train-buttons", run.node, button("One update", one), button("Reset", startOver));
  const tell = () => spoken.replaceChildren(progress());
  function startOver() {
    reset();
    tell();
  }
  function show(now, text = progress(), begin = "Start") {
    running = now;
    run.show(running, begin);
    line.textContent = text;
  }
  const node = div("train-bar", buttons, fields(field("Seed", seeds), ...more));
  return { node, line, spoken, seed: () => seed, startOver, tell, show };
}
