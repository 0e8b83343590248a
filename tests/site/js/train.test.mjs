/** What trains a network: outputs and losses, gradients of the parameters, clipping, Adam, initial weights, tasks. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { BATCH, Run, randomExamples } from "../../../docs/_static/train/run.js";
import { CHANCE, firstLetter, LETTERS, sameWords, WORDS } from "../../../docs/_static/train/tasks.js";
import { GRUCell, LSTMCell, SimpleRNNCell, softmax } from "../../../docs/_static/widgets/cells.js";
import {
  Adam,
  clipByGlobalNorm,
  crossEntropy,
  globalNorm,
  isRight,
  Network,
  Training,
} from "../../../docs/_static/widgets/network.js";
import {
  below,
  glorotUniform,
  normal,
  orthonormalColumns,
  randomCell,
  randomNumbers,
} from "../../../docs/_static/widgets/random.js";
import { near } from "./numbers.mjs";

const SETTINGS = { learningRate: 0.01, maxNorm: 1 };

/** A network with no zero among its parameters. */
function randomNetwork(Kind, units, random) {
  const network = Network.random(randomCell(Kind, 4, units, random, 1), 4, random);
  for (const values of Object.values(network.parameters))
    for (let k = 0; k < values.length; k++) values[k] += 0.1 * normal(random);
  return network;
}

test("each gradient is what finite differences find, for each cell", () => {
  const random = randomNumbers(2);
  for (const Kind of [SimpleRNNCell, LSTMCell, GRUCell]) {
    const network = randomNetwork(Kind, 3, random);
    const training = new Training(network, SETTINGS);
    const batch = firstLetter(6, 12, random);
    training.lossAndGradients(batch);
    const found = structuredClone(training.gradients);
    assert.deepEqual(Object.keys(found), Object.keys(network.parameters));
    for (const [name, values] of Object.entries(network.parameters)) {
      const expected = values.map((value, k) => {
        const [up, down] = [1e-5, -1e-5].map((change) => {
          values[k] = value + change;
          return training.lossAndGradients(batch).loss;
        });
        values[k] = value;
        return (up - down) / 2e-5;
      });
      near(found[name], expected, 1e-8);
    }
  }
});

test("losses and outputs, also where e to a power is too large a number", () => {
  const cases = [
    [[Math.log(3), 0], 0, [0.75, 0.25], Math.log(4 / 3), [-0.25, 0.25], true],
    [[1000, 0], 1, [1, 0], 1000, [1, -1], false],
    [[0, 0], 0, [0.5, 0.5], Math.LN2, [-0.5, 0.5], false], // a tie is no prediction
  ];
  for (const [a, target, y, loss, gradient, right] of cases) {
    const read = Float64Array.from(a);
    const judged = Float64Array.from(a);
    assert.equal(isRight(judged, target), right);
    softmax(read);
    near(read, y);
    near([crossEntropy(judged, target)], [loss]);
    near(judged, gradient);
  }
});

test("a network reads out, and its score is the mean over the examples", () => {
  const random = randomNumbers(3);
  const network = Network.random(randomCell(GRUCell, 10, 4, random), 2, random);
  near([network.readOut(new Float64Array(4)).reduce((a, b) => a + b)], [1]);
  network.V.values.fill(0);
  network.b_y[0] = 1; // always the first class
  const { loss, accuracy } = new Training(network, SETTINGS).lossAndGradients(sameWords(20, random));
  assert.equal(accuracy, 0.5);
  near([loss], [(Math.log(1 + Math.exp(-1)) + Math.log(1 + Math.E)) / 2]);
});

test("clipping keeps the direction, and refuses what is no number", () => {
  const grads = { W: Float64Array.of(3, 0), b: Float64Array.of(4) };
  assert.equal(globalNorm(grads), 5);
  assert.equal(clipByGlobalNorm(grads, 10), 5);
  assert.deepEqual(grads, { W: Float64Array.of(3, 0), b: Float64Array.of(4) });
  clipByGlobalNorm(grads, 1);
  near([...grads.W, ...grads.b], [0.6, 0, 0.8]);
  grads.W[1] = Infinity;
  assert.throws(() => clipByGlobalNorm(grads, 1), /finite gradients, got the norm Infinity. Lower the learning rate/);
});

test("Adam's first update has the learning rate's size; the next are (adam)", () => {
  const theta = { W: Float64Array.of(1, 1, 1) };
  const adam = new Adam(theta, 0.1);
  adam.update({ W: Float64Array.of(0.1, 100, -5) });
  near(theta.W, [0.9, 0.9, 1.1], 1e-5);
  adam.update({ W: Float64Array.of(0.2, 0, -5) });
  const m = 0.9 * 0.1 * 0.1 + 0.1 * 0.2;
  const v = 0.999 * 0.001 * 0.01 + 0.001 * 0.04;
  const first = 1 - ((0.1 * (0.1 * 0.1)) / (Math.sqrt(0.001 * 0.01) + 1e-7)) * (Math.sqrt(0.001) / 0.1);
  near(
    [theta.W[0]],
    [first - (((0.1 * Math.sqrt(1 - 0.999 ** 2)) / (1 - 0.9 ** 2)) * m) / (Math.sqrt(v) + 1e-7)],
    1e-9,
  );
});

test("initial weights are those of Keras' initialisers", () => {
  const random = randomNumbers(4);
  const bound = Math.sqrt(6 / 70);
  const { values } = glorotUniform(40, 30, random);
  assert.ok(values.every((number) => Math.abs(number) <= bound) && Math.max(...values) > 0.95 * bound);
  const U = orthonormalColumns(32, 8, random);
  const column = (k) => U.values.filter((_, at) => at % 8 === k);
  for (let i = 0; i < 8; i++)
    for (let k = 0; k < 8; k++)
      near([column(i).reduce((sum, number, row) => sum + number * column(k)[row], 0)], [i === k ? 1 : 0]);
  near(randomCell(LSTMCell, 2, 2, random, 3).b, [0, 0, 3, 3, 0, 0, 0, 0]);
  near(randomCell(GRUCell, 2, 2, random, 3).b, [3, 3, 0, 0, 0, 0]);
  near(randomCell(SimpleRNNCell, 2, 2, random, 3).b, [0, 0]);
});

test("a seed gives its numbers again, another others, spread evenly", () => {
  const draw = (seed) =>
    Array.from(
      { length: 1000 },
      (
        (random) => () =>
          random()
      )(randomNumbers(seed)),
    );
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  const mean = (list) => list.reduce((a, b) => a + b) / list.length;
  const random = randomNumbers(5);
  near([mean(draw(6))], [0.5], 0.05);
  const drawn = Array.from({ length: 4000 }, () => normal(random));
  near([mean(drawn), mean(drawn.map((number) => number ** 2))], [0, 1], 0.08);
  assert.deepEqual([...new Set(Array.from({ length: 100 }, () => below(3, random)))].sort(), [0, 1, 2]);
});

test("examples come in pairs of the same symbols in another order", () => {
  const random = randomNumbers(7);
  {
    const { symbols, sequences, targets } = sameWords(40, random);
    assert.deepEqual(
      targets,
      Array.from({ length: 40 }, (_, k) => k % 2),
    );
    for (let k = 0; k < 40; k += 2) {
      assert.notDeepEqual(symbols[k], symbols[k + 1]);
      assert.deepEqual([...symbols[k]].sort(), [...symbols[k + 1]].sort());
    }
    assert.deepEqual(
      sequences.map((read) => read.map((x_t) => x_t.indexOf(1))),
      symbols,
    );
    assert.ok(sequences.flat().every((x_t) => x_t.reduce((a, b) => a + b) === 1));
  }
  const phrases = sameWords(2, random, { start: 2 }).symbols.map((read) => read.slice(2, 6).map((word) => WORDS[word]));
  assert.deepEqual(phrases, [
    ["not", "good", "but", "bad"],
    ["not", "bad", "but", "good"],
  ]);
});

test("the first letter is the target, and all are drawn alike", () => {
  const { symbols, sequences, targets } = firstLetter(400, 5, randomNumbers(8));
  assert.deepEqual(
    targets,
    symbols.map(([first]) => first),
  );
  assert.deepEqual(
    sequences.map((read) => read.map((x_t) => x_t.indexOf(1))),
    symbols,
  );
  for (let t = 0; t < 5; t++) assert.equal(new Set(symbols.map((read) => read[t])).size, LETTERS.length);
});

test("the first of four letters is learnt, in the same way by each seed", () => {
  const losses = [1, 1].map((seed) => {
    const random = randomNumbers(seed);
    const data = randomNumbers(seed + 1);
    const network = Network.random(randomCell(LSTMCell, 4, 8, random, 1), 4, random);
    const training = new Training(network, SETTINGS);
    return Array.from({ length: 250 }, () => training.update(firstLetter(32, 4, data)).loss);
  });
  assert.deepEqual(losses[0], losses[1]);
  near([losses[0][0]], [2 * CHANCE], 0.3);
  assert.ok(losses[0].slice(-10).every((loss) => loss < 0.1));
});

test("of the page's weights, the first learn and the third get stuck", () => {
  const ends = [1, 3].map((seed) => {
    const run = new Run({ kind: "simple_rnn", units: 2, learningRate: 0.01, clipped: true }, WORDS.length, seed);
    const random = randomExamples(seed);
    while (run.updates < 600 && !run.solved) run.update(sameWords(BATCH, random, { length: 12 }));
    return run.solved;
  });
  assert.deepEqual(ends, [true, false]);
});
