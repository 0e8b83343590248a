/** Two units learn to tell "not good but bad" from "not bad but good" as in theory/recurrence; their states move. */

import { div, set } from "../widgets/dom.js";
import { signed } from "../widgets/numbers.js";
import { Unrolled } from "../widgets/recurrence.js";
import { border, plane } from "./plane.js";
import { practice } from "./practice.js";
import { BATCH, randomExamples } from "./run.js";
import { sameWords, WORDS } from "./tasks.js";

const LENGTH = 12;
const START = 2;
const WRITTEN = 6; // words of a path that are written: up to the last that the sentences do not share
const PATHS = [
  { name: "… not good but bad … (negative)", colour: "rgb(var(--widget-less))", dashes: "6 4" },
  { name: "… not bad but good … (positive)", colour: "rgb(var(--widget-more))", dashes: null },
];

export function setUp(root) {
  const pair = sameWords(2, randomExamples(69), { start: START });
  const words = pair.symbols.map((read) => read.slice(0, WRITTEN).map((word) => WORDS[word]));
  const states = plane({ label: "The state after each word of two sentences", paths: PATHS });
  const examples = (random) => sameWords(BATCH, random, { length: LENGTH });
  const task = { inputs: WORDS.length, examples };
  const own = practice({ kind: "simple_rnn", learningRate: 0.01, seed: 1, task, draw });
  function draw() {
    const { network } = own.run();
    const unrolled = new Unrolled(network.cell, LENGTH);
    const points = pair.sequences.map((sequence) => {
      unrolled.forward(sequence);
      return unrolled.stateAt.slice(1).map(({ h }) => [...h]);
    });
    const y = points.map((path) => signed(network.readOut(path.at(-1))[1]));
    const summary =
      "The state after each word; the ring is h_0. On the tinted side the network predicts “positive”. " +
      `Its probability after the last word is ${y[0]} and ${y[1]}.`;
    states.update({ points, words, common: START + 1, ...border(network), summary });
  }
  own.reset();
  root.append(own.node, div("train-pictures", states.figure, own.loss));
  set(root, { "data-link": "" }); // there is nothing to set
}
