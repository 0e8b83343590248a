/** A network that trains while a button is held. */

import { div, html, lessMotion } from "../widgets/dom.js";
import { button } from "../widgets/fields.js";
import { lineChart } from "../widgets/lines.js";
import { percent } from "../widgets/numbers.js";
import { paced } from "../widgets/pace.js";
import { Run, randomExamples } from "./run.js";
import { CHANCE } from "./tasks.js";

const IDLE = "Its weights are random.";
const UPDATES = 600;
const FEW = 10; // updates of a press that was too short
const LOW = 0.5; // a loss that is no longer that of guessing
const A_SECOND = 60;
const SELDOM = 500; // ms between two pictures, if the reader asked for less motion

function progressOf({ updates, accuracies, losses, solved }, idle) {
  if (!updates) return idle;
  if (updates < FEW) return "Keep the button pressed.";
  const score = `${updates} updates: ${percent(accuracies.at(-1))} right, loss ${losses.at(-1).toFixed(2)}.`;
  if (solved) return `${score} It has learnt it.`;
  const stuck = losses.at(-1) > LOW ? "It is stuck; take other weights." : "It is learning, and not done.";
  return updates < UPDATES ? score : `${score} ${stuck}`;
}

/**
 * Two units that practise a task: its number of `inputs`, and `examples(random)`.
 * `draw()` is called while they train, and when they get other weights; `idle` is shown before. Begin with `reset()`.
 */
export function practice({ kind, forgetBias = 0, learningRate = 0.05, seed, task, draw, idle = IDLE }) {
  const setting = { kind, units: 2, forgetBias, learningRate, clipped: true };
  const line = html("p", { class: "train-line" });
  const spoken = html("p", { role: "status", class: "widget-spoken" });
  const loss = lineChart({ label: "Loss by update", xLabel: "update", yLabel: "loss", height: 150 });
  let run;
  let random;
  let drawn = 0;

  const over = () => run.failed || run.solved || run.updates >= UPDATES;
  const step = () => run.update(task.examples(random));
  const now = () => (!lessMotion() || performance.now() - drawn > SELDOM) && show();
  const pace = paced({ rate: () => A_SECOND, most: 6, step, ended: over, draw: now, end: stop });
  function reset() {
    pace.stop();
    run = new Run(setting, task.inputs, seed);
    random = randomExamples(seed);
    show();
  }
  function show() {
    drawn = performance.now();
    line.textContent = progressOf(run, idle);
    loss.figure.style.visibility = run.updates ? "" : "hidden"; // its place stays
    const values = Object.assign(new Array(UPDATES).fill(Number.NaN), run.losses);
    const series = [{ name: "loss", values, colour: "var(--symbol-gradient)" }];
    loss.update({ series, guide: CHANCE, range: [0, Math.max(0.8, ...run.losses)], summary: "Dotted: guessing." });
    draw();
  }
  function start() {
    if (over()) reset();
    pace.start();
  }
  function stop() {
    if (pace.running) spoken.textContent = progressOf(run, idle);
    pace.stop();
    show();
  }
  const hold = button("Hold: train", () => {}, { class: "train-hold" });
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
  const node = div("train-practice", div("widget-fields", hold, other), line, spoken);
  return { node, loss: loss.figure, reset, run: () => run, trains: () => pace.running };
}
