/** A network that trains while a button is held. */

import { BATCH, Run, randomExamples } from "../train/run.js";
import { TILES, verdicts } from "../train/tasks.js";
import { div, html } from "../widgets/dom.js";
import { button } from "../widgets/fields.js";
import { lineChart } from "../widgets/lines.js";
import { percent } from "../widgets/numbers.js";
import { paced } from "../widgets/pace.js";

const LEARNING_RATE = 0.05;
const UPDATES = 600;
const FEW = 10; // updates of a press that was too short
const LOW = 0.5; // a loss that is no longer that of guessing
const A_SECOND = 60;

function progressOf({ updates, accuracies, losses, solved }, idle) {
  if (!updates) return idle;
  if (updates < FEW) return "Keep the button pressed.";
  const score = `${updates} updates: ${percent(accuracies.at(-1))} right, loss ${losses.at(-1).toFixed(2)}.`;
  if (solved) return `${score} It has learnt it.`;
  const stuck = losses.at(-1) > LOW ? "It is stuck; take other weights." : "It is learning, and not done.";
  return updates < UPDATES ? score : `${score} ${stuck}`;
}

/** `draw()` is called while it trains, and when it gets other weights; `gap()` says how many words follow, `idle` what is shown before. */
export function practice({ kind, forgetBias = 0, seed, gap, draw, idle = "Its weights are random." }) {
  const setting = { kind, units: 2, forgetBias, learningRate: LEARNING_RATE, clipped: true };
  const line = html("p", { class: "story-line" });
  const spoken = html("p", { role: "status", class: "widget-spoken" });
  const loss = lineChart({ label: "Loss by update", xLabel: "update", yLabel: "loss", height: 150 });
  let run;
  let random;
  let length;

  const over = () => run.failed || run.solved || run.updates >= UPDATES;
  const step = () => run.update(verdicts(BATCH, gap(), random));
  const pace = paced({ rate: () => A_SECOND, most: 6, step, ended: over, draw: show, end: stop });
  function reset() {
    pace.stop();
    length = gap();
    run = new Run(setting, TILES.length, 4 + length, seed);
    random = randomExamples(seed);
    show();
  }
  function show() {
    line.textContent = progressOf(run, idle);
    loss.figure.style.visibility = run.updates ? "" : "hidden"; // its place stays
    const values = Object.assign(new Array(UPDATES).fill(Number.NaN), run.losses);
    const series = [{ name: "loss", values, colour: "var(--symbol-gradient)" }];
    loss.update({ series, guide: Math.LN2, range: [0, Math.max(0.8, ...run.losses)], summary: "Dotted: guessing." });
    draw();
  }
  function start() {
    if (over() || length !== gap()) reset();
    pace.start();
  }
  function stop() {
    if (pace.running) spoken.textContent = progressOf(run, idle);
    pace.stop();
    show();
  }
  const hold = button("Hold: train", () => {}, { class: "story-hold" });
  let held = false; // by a finger or a key; the click of a screen reader holds nothing
  const press = () => {
    held = true;
    start();
  };
  hold.addEventListener("pointerdown", press);
  for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) hold.addEventListener(end, stop);
  hold.addEventListener("keydown", ({ key, repeat }) => [" ", "Enter"].includes(key) && !repeat && press());
  hold.addEventListener("contextmenu", (event) => event.preventDefault());
  hold.addEventListener("click", () => {
    if (!held) start();
    held = false;
  });
  const other = button("Other weights", () => {
    seed++;
    reset();
  });
  const node = div("story-practice", div("widget-fields", hold, other), line, spoken);
  return {
    node,
    loss: loss.figure,
    reset,
    get run() {
      return run;
    },
  }; // prettier-ignore
}
