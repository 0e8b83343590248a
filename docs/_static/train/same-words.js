/**
 * Two units learn to tell "not good but bad" from "not bad but good", and their states move in the plane.
 *
 * It is the task and the network of theory/recurrence, with the page's learning rate.
 */

import { choice, field, html } from "../widgets/dom.js";
import { lineChart } from "../widgets/lines.js";
import { signed } from "../widgets/numbers.js";
import { Unrolled } from "../widgets/recurrence.js";
import { plane } from "./plane.js";
import { RATES, lessMotion, runBar } from "./run-bar.js";
import { BATCH, Run, randomExamples } from "./run.js";
import { CHANCE, WORDS, sameWords } from "./tasks.js";

const LENGTH = 12, START = 2, UPDATES = 400;
const A_SECOND = 30; // updates, when it runs: slow enough to watch
const SELDOM = 500; // ms between two pictures, if the reader asked for less motion
const WRITTEN = 6; // words of a path that are written: up to the last that the sentences do not share
const PATHS = [
  { name: "… not good but bad … (negative)", colour: "rgb(var(--explorer-less))", dashed: true },
  { name: "… not bad but good … (positive)", colour: "rgb(var(--explorer-more))", dashed: false },
];
const percent = (number) => `${Math.round(100 * number)} %`;

/** @param {HTMLElement} root */
export function setUp(root) {
  const pair = sameWords(2, randomExamples(69), { start: START });
  const words = pair.symbols.map((read) => read.slice(0, WRITTEN).map((word) => WORDS[word]));
  const common = words[0].slice(0, START + 1); // both begin with these
  const picture = plane({
    label: "The state after each word of two sentences", common,
    paths: PATHS.map((path, k) => ({ ...path, words: words[k].slice(START + 1) })),
  });
  const chart = lineChart({ label: "Loss by update", xLabel: "update", yLabel: "loss", height: 200 });
  const rates = choice(RATES.map((rate) => [rate, rate]), startOver);
  rates.value = 0.03;
  const bar = runBar({ start, pause, one, reset: startOver }, field("Learning rate", rates));
  let run, random, unrolled, running = false, began = 0, drawn = 0;

  const ended = () => run.failed || run.updates >= UPDATES;
  function draw() {
    const states = pair.sequences.map((sequence) => {
      unrolled.forward(sequence);
      return unrolled.stateAt.slice(1).map(({ h }) => [...h]);
    });
    const { V: { values: V }, b_y } = run.network;
    const y = states.map((path) => run.network.readOut(path.at(-1))[1]);
    picture.update({
      points: states, across: [V[2] - V[0], V[3] - V[1]], shift: b_y[1] - b_y[0],
      summary: "The state after each word; the ring is h_0. On the tinted side the network predicts “positive”. "
        + `Its probability after the last word is ${signed(y[0])} and ${signed(y[1])}.`,
    });
    const values = Object.assign(new Array(UPDATES).fill(NaN), run.losses);
    chart.update({
      series: [{ name: "loss", values, colour: "var(--symbol-gradient)", dashed: false }], x0: 1, guide: CHANCE,
      range: [0, Math.max(0.8, ...run.losses)],
      summary: "Loss on new sentences, mean of the last 20 updates. Dotted: guessing.",
    });
    bar.show(running, told());
    drawn = performance.now();
  }
  const score = () => `loss ${signed(run.losses.at(-1), 3)}, ${percent(run.accuracies.at(-1))} correct`;
  function told() {
    if (run.failed) return `After ${run.updates} updates the numbers overflow. Try a smaller learning rate.`;
    if (!run.updates) return `Not trained yet: 0 of ${UPDATES} updates.`;
    const outcome = run.solved ? " It has learnt the task." : " It has not learnt the task. Try another seed.";
    const end = ended() ? outcome : "";
    return `Update ${run.updates} of ${UPDATES}: ${score()}.${end}`;
  }
  function update() {
    run.update(sameWords(BATCH, random, { length: LENGTH }));
  }
  function frame(now) {
    if (!running) return;
    const due = Math.min(4, Math.floor(((now - began) / 1000) * A_SECOND));
    for (let k = 0; k < due && !ended(); k++) update();
    if (due) began = now;
    if (ended()) return pause();
    if (due && (!lessMotion() || now - drawn > SELDOM)) draw();
    requestAnimationFrame(frame);
  }
  function start() {
    if (ended()) reset();
    running = true;
    began = performance.now();
    bar.show(running, told());
    requestAnimationFrame(frame);
  }
  function pause() {
    running = false;
    draw();
    bar.tell(told());
  }
  function one() {
    if (ended()) return;
    running = false;
    update();
    draw();
    bar.tell(told());
  }
  function reset() {
    running = false;
    /** @type {import("./run.js").Setting} */
    const setting = { kind: "simple_rnn", units: 2, forgetBias: 0, learningRate: Number(rates.value), clipped: true };
    run = new Run(setting, WORDS.length, LENGTH, bar.seed());
    random = randomExamples(bar.seed());
    unrolled = new Unrolled(run.network.cell, LENGTH);
    draw();
  }
  function startOver() {
    reset();
    bar.tell(told());
  }
  reset();
  root.append(bar.node, bar.line, html("div", { class: "train-pictures" }, picture.figure, chart.figure), bar.spoken);
}
