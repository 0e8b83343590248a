/** Two units learn to tell "not good but bad" from "not bad but good" as in theory/recurrence; their states move. */

import { div, lessMotion } from "../widgets/dom.js";
import { choice, field } from "../widgets/fields.js";
import { lineChart } from "../widgets/lines.js";
import { percent, signed } from "../widgets/numbers.js";
import { paced } from "../widgets/pace.js";
import { Unrolled } from "../widgets/recurrence.js";
import { plane } from "./plane.js";
import { BATCH, Run, randomExamples } from "./run.js";
import { RATES, runBar } from "./run-bar.js";
import { CHANCE, sameWords, WORDS } from "./tasks.js";

const LENGTH = 12;
const START = 2;
const FIRST = 0.03; // learning rate
const UPDATES = 400;
const A_SECOND = 30; // updates, when it runs: slow enough to watch
const SELDOM = 500; // ms between two pictures, if the reader asked for less motion
const WRITTEN = 6; // words of a path that are written: up to the last that the sentences do not share
const PATHS = [
  { name: "… not good but bad … (negative)", colour: "rgb(var(--widget-less))", dashes: "6 4" },
  { name: "… not bad but good … (positive)", colour: "rgb(var(--widget-more))", dashes: null },
];

/** The plane with the states of two sentences, and the loss. */
function pictures() {
  const pair = sameWords(2, randomExamples(69), { start: START });
  const words = pair.symbols.map((read) => read.slice(0, WRITTEN).map((word) => WORDS[word]));
  const states = plane({ label: "The state after each word of two sentences", paths: PATHS });
  const loss = lineChart({ label: "Loss by update", xLabel: "update", yLabel: "loss", height: 200 });
  function draw({ network, losses }) {
    const unrolled = new Unrolled(network.cell, LENGTH);
    const points = pair.sequences.map((sequence) => {
      unrolled.forward(sequence);
      return unrolled.stateAt.slice(1).map(({ h }) => [...h]);
    });
    const V = network.V.values;
    const y = points.map((path) => signed(network.readOut(path.at(-1))[1]));
    const summary =
      "The state after each word; the ring is h_0. On the tinted side the network predicts “positive”. " +
      `Its probability after the last word is ${y[0]} and ${y[1]}.`;
    const shift = network.b_y[1] - network.b_y[0];
    states.update({ points, words, common: START + 1, across: [V[2] - V[0], V[3] - V[1]], shift, summary });
    const values = Object.assign(new Array(UPDATES).fill(NaN), losses);
    const series = [{ name: "", values, colour: "var(--symbol-gradient)" }];
    const about = "Loss on new sentences, mean of the last 20 updates. Dotted: guessing.";
    loss.update({ series, guide: CHANCE, range: [0, Math.max(0.8, ...losses)], summary: about });
  }
  return { node: div("train-pictures", states.figure, loss.figure), draw };
}

const hasEnded = (run) => run.failed || run.updates >= UPDATES;

function progressOf(run, rate) {
  if (run.failed) return `After ${run.updates} updates the numbers overflow. Try a smaller learning rate.`;
  if (!run.updates) return `Not trained yet: 0 of ${UPDATES} updates.`;
  const advice = rate < FIRST ? "Its steps are too small: try a larger learning rate." : "Try another seed.";
  const outcome = run.solved ? " It has learnt the task." : ` It has not learnt the task. ${advice}`;
  const score = `loss ${signed(run.losses.at(-1), 3)}, ${percent(run.accuracies.at(-1))} correct`;
  return `Update ${run.updates} of ${UPDATES}: ${score}.${hasEnded(run) ? outcome : ""}`;
}

export function setUp(root) {
  const { node, draw } = pictures();
  const rates = choice(RATES, () => bar.startOver(), FIRST);
  const progress = () => progressOf(run, Number(rates.value));
  const bar = runBar({ start, pause, one, reset, progress }, field("Learning rate", rates));
  let run;
  let random;
  let drawn = 0;
  const seldom = () => {
    if (!lessMotion() || performance.now() - drawn > SELDOM) show();
  };
  const ended = () => hasEnded(run);
  const pace = paced({ rate: () => A_SECOND, most: 4, step: update, ended, draw: seldom, end: pause });

  function show() {
    draw(run);
    bar.show(pace.running, progress(), hasEnded(run) ? "Again" : "Start");
    drawn = performance.now();
  }
  function update() {
    run.update(sameWords(BATCH, random, { length: LENGTH }));
  }
  function start() {
    if (hasEnded(run)) reset();
    pace.start();
    bar.show(true);
  }
  function pause() {
    pace.stop();
    show();
    bar.tell();
  }
  function one() {
    if (hasEnded(run)) return;
    update();
    pause();
  }
  function reset() {
    pace.stop();
    const setting = { kind: "simple_rnn", units: 2, forgetBias: 0, learningRate: Number(rates.value), clipped: true };
    run = new Run(setting, WORDS.length, LENGTH, bar.seed());
    random = randomExamples(bar.seed());
    show();
  }
  reset();
  root.append(bar.node, bar.line, node, bar.spoken);
}
