/** Runs and races: what a seed decides, what ends them, and what is shown of them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { cueGradient, difference, isDecided, MOST_UPDATES, Race } from "../../../docs/_static/train/race.js";
import { BATCH, Run, randomExamples, SOLVED } from "../../../docs/_static/train/run.js";
import { firstLetter, LETTERS } from "../../../docs/_static/train/tasks.js";
import { Unrolled } from "../../../docs/_static/widgets/recurrence.js";
import { near } from "./numbers.mjs";

const CHANCE = Math.log(LETTERS.length);
const LSTM = { kind: "lstm", units: 8, forgetBias: 3, learningRate: 0.01, clipped: true };
const RNN = { kind: "simple_rnn", units: 4, forgetBias: 0, learningRate: 0.01, clipped: false };

test("a run keeps the mean of its last updates, and a seed gives it again", () => {
  const [run, again] = [1, 1].map((seed) => new Run(LSTM, 4, seed, 4));
  for (const one of [run, again]) {
    const random = randomExamples(1);
    for (let update = 0; update < 30; update++) one.update(firstLetter(BATCH, 15, random));
  }
  assert.deepEqual(run.losses, again.losses);
  assert.equal(run.updates, 30);
  const { loss, accuracy } = run.ofBatches;
  const mean = (list) => list.reduce((a, b) => a + b) / list.length;
  near([run.losses[0], run.losses[4], run.losses[29]], [loss[0], mean(loss.slice(0, 5)), mean(loss.slice(10))]);
  near([run.accuracies[29]], [mean(accuracy.slice(10))]);
  assert.notDeepEqual(new Run(LSTM, 4, 2).network.parameters.W, new Run(LSTM, 4, 1).network.parameters.W);
  const [one, half] = [1, 0.5].map((norm) => new Run({ ...RNN, norm }, 4, 1).network.parameters.U);
  near(
    half,
    one.map((weight) => weight / 2),
  );
  assert.equal(run.training.maxNorm, 1);
  assert.equal(new Run(RNN, 4, 1).training.maxNorm, null);
});

test("a network that has solved the task waits for the other", () => {
  const race = new Race({ settings: [LSTM, RNN], length: 8, seed: 1 });
  while (!race.ended && race.update < 400) race.step();
  const [lstm, rnn] = race.racers;
  assert.ok(lstm.solved > 20 && lstm.solved === lstm.run.updates);
  assert.ok(lstm.run.losses.at(-1) <= SOLVED * CHANCE && lstm.run.losses.at(-2) > SOLVED * CHANCE);
  assert.equal(rnn.run.updates, rnn.solved ?? race.update);
  const [first, second] = [race.report(), race.report()];
  assert.deepEqual([first[0].losses.length, second[0].losses.length], [lstm.run.updates, 0]);
  assert.equal(first[0].solved, lstm.solved);
  race.update = MOST_UPDATES;
  assert.ok(race.ended);
});

test("a race ends when both have solved the task", () => {
  const race = new Race({ settings: [LSTM, LSTM], length: 8, seed: 1 });
  while (!race.ended) race.step();
  assert.ok(race.update < MOST_UPDATES);
  assert.equal(race.update, race.racers[0].solved);
});

test("a race is decided 300 updates after one has solved the task and the other has not", () => {
  const race = new Race({ settings: [LSTM, RNN], length: 8, seed: 1 });
  race.racers[0].solved = 20;
  assert.deepEqual(
    [319, 320, 321].map((update) => isDecided({ update, racers: race.racers })),
    [false, true, false],
  );
  assert.equal(isDecided(new Race({ settings: [LSTM, RNN], length: 8, seed: 1 })), false);
});

test("runs whose numbers overflow end a race, with clipping or without", () => {
  const race = new Race({ settings: [LSTM, RNN], length: 8, seed: 1 });
  for (const { run } of race.racers) run.network.V.values[0] = NaN;
  race.step();
  assert.deepEqual(
    race.racers.map(({ run }) => [run.failed, run.updates]),
    [
      [true, 0],
      [true, 0],
    ],
  );
  assert.ok(race.ended);
});

test("a network whose numbers overflow stays, and the other goes on", () => {
  const race = new Race({ settings: [LSTM, LSTM], length: 8, seed: 1 });
  race.step();
  race.racers[0].run.network.V.values[0] = NaN;
  for (let update = 0; update < 3; update++) race.step();
  assert.deepEqual([race.racers.map(({ run }) => run.updates), race.ended], [[1, 4], false]);
  assert.deepEqual(
    race.report().map(({ failed }) => failed),
    [true, false],
  );
});

test("what is kept begins with the letter, and each look at the gradient lasts until the next", () => {
  const race = new Race({ settings: [LSTM, RNN], length: 15, seed: 1 });
  assert.deepEqual(
    race.pair[0].map((x_t, t) => x_t === race.pair[1][t]),
    Array.from({ length: 15 }, (_, t) => t > 0),
  );
  const { network } = new Run(LSTM, 4, 1, 4);
  const unrolled = new Unrolled(network.cell, 15);
  const kept = difference(race.pair, unrolled);
  assert.equal(kept.length, 15 * 8);
  assert.ok(kept.slice(0, 8).every((number) => number !== 0));
  for (let update = 0; update < 45; update++) race.step();
  const [{ reach, signal }] = race.report();
  assert.deepEqual([new Set(reach).size, reach.length, signal.length], [3, 45, 45]); // new, after 20, after 40
  assert.equal(reach.at(-1), race.racers[0].cue.reach);
  const one = firstLetter(8, 15, () => 0); // one letter alone, always the same sequence: all of it is signal
  near([cueGradient(network, one, unrolled).signal], [1]);
});
