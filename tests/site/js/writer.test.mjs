/** Drawing from a distribution, and what no network is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../../../docs/_static/widgets/random.js";
import { adjustDistribution, draw, Writer } from "../../../docs/_static/writer/model.js";
import { near, safetensors } from "./numbers.mjs";

const P = [0.5, 0.3, 0.2];

test("a temperature is an exponent, and the most probable are kept", () => {
  near(adjustDistribution(P, 1, 3), P);
  near(adjustDistribution(P, 0.5, 3), [0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38]);
  near(adjustDistribution(P, 1, 2), [0.625, 0.375, 0]);
  near(adjustDistribution(P, 0.01, 3), [1, 0, 0], 1e-9);
  assert.deepEqual([...adjustDistribution([0.4, 0.4, 0.2], 1, 1)], [1, 0, 0]); // of equal ones the first
});

test("each is drawn as often as it is probable, and never one of none", () => {
  const random = randomNumbers(1);
  const counts = [0, 0, 0];
  for (let k = 0; k < 20000; k++) counts[draw(Float64Array.from(P), random)]++;
  near(
    counts.map((count) => count / 20000),
    P,
    0.015,
  );
  assert.equal(
    draw(Float64Array.from([0, 1, 0]), () => 0.9999999999999999),
    1,
  );
  assert.equal(
    draw(Float64Array.from([0.3, 0.6999999999999, 0]), () => 0.9999999999999999),
    1,
  );
  assert.equal(
    draw(Float64Array.from([0.3, 0.7]), () => 0),
    0,
  );
});

/** A file of zeros. */
const file = (shapes, metadata) =>
  safetensors(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        [shape, new Float32Array(shape.reduce((product, size) => product * size, 1))],
      ]),
    ),
    metadata,
  );
const SHAPES = { W: [6, 3], U: [6, 2], b: [6], recurrent_b: [6], V: [3, 2], b_y: [3] };
const about = (cells = { "": "GRUCell" }) => ({ rnn_tutorial: JSON.stringify({ cells, alphabet: "\n a" }) });

test("a network of zeros finds all characters equal, and reads small letters", () => {
  const writer = new Writer(file(SHAPES, about()), "zeros");
  for (const id of writer.encode("A ?\t a")) writer.network.read(id);
  near(writer.probabilities(), [1 / 3, 1 / 3, 1 / 3]);
  assert.deepEqual(writer.encode("A ?\t a"), [2, 1, 1, 2]);
  assert.deepEqual(writer.encode("Aa  \t\nA"), [2, 2, 1, 0, 2]);
});

test("a file that is no such network is told", () => {
  assert.throws(() => new Writer(file(SHAPES, {}), "other"), /The file other is no network that writes/);
  assert.throws(() => new Writer(file({ ...SHAPES, V: [4, 2] }, about()), "odd"), /holds no V of the shape/);
  assert.throws(
    () => new Writer(file({ ...SHAPES, U: [5, 2] }, about()), "odd"),
    /holds U of 5 rows and 2 columns, which fits no GRUCell/,
  );
  for (const cells of [{ "": "MinimalLSTMCell" }, { "": "constructor" }, {}])
    assert.throws(() => new Writer(file(SHAPES, about(cells)), "new"), /holds a cell of the kind/);
});

test("a transformer of zeros weighs all letters of its window equally, and only those", () => {
  const block = { W_q: [2, 1, 4], W_k: [2, 1, 4], W_v: [2, 1, 4], W_o: [4, 2], W_1: [3, 4], b_1: [3], W_2: [4, 3] };
  const shapes = { E: [3, 4], V: [3, 4], b_y: [3] };
  for (const [name, shape] of Object.entries({ ...block, b_2: [4], gains: [2, 4], biases: [2, 4] }))
    shapes[`0.${name}`] = shape;
  const { network, ...writer } = new Writer(file(shapes, about()), "zeros");
  assert.deepEqual(network.tinted, ["head 1 of block 1", "head 2 of block 1"]);
  const read = [];
  for (let k = 0; k < 70; k++) {
    read.push(k);
    network.read(writer.ids.get("a"));
    const inWindow = k < 64 ? k + 1 : k - 31; // from the 65th on the first half of the window is forgotten
    const weights = read.map((_, place) => network.tint(1, read, place));
    near(
      weights,
      read.map((place) => (place > k - inWindow ? 1 / inWindow : 0)),
    );
  }
});
