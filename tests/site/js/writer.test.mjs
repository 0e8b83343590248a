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

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const dot = (one, other) => sum(one.map((number, k) => number * other[k]));
const times = (rows, x) => rows.map((row) => dot(row, x));
const plus = (one, other) => one.map((number, k) => number + other[k]);
const sigma = (number) => 1 / (1 + Math.exp(-number));
const unit = (a) => a.map((number) => number / Math.sqrt(dot(a, a) + 1e-6));
const recentOf = (x, recent) =>
  x.map((one, t) => one.map((_, k) => sum(recent.map((row, i) => row[k] * (x[t - i]?.[k] ?? 0)))));

/** What each mixer makes of all inputs of a window, written as sums over the past, and what its units or heads show. */
const MIXERS = {
  attention: (x, { W_q, W_k, W_v }) => {
    const out = x.map((last, t) =>
      W_q.flatMap((W, n) => {
        const past = x.slice(0, t + 1);
        const e = past.map((one) => Math.exp(dot(times(W, last), times(W_k[n], one)) / Math.sqrt(3)));
        return W_v[n].map((row) => dot(e, times(past, row)) / sum(e));
      }),
    );
    return [out, null];
  },
  minGRU: (x, { recent, W_z, b_z, W_h }) => {
    const u = recentOf(x, recent);
    const z = u.map((one) => plus(times(W_z, one), b_z).map(sigma));
    const part = (j, t, k) => z.slice(j + 1, t + 1).reduce((product, gate) => product * gate[k], 1 - z[j][k]);
    const h = u.map((_, t) => {
      const past = u.slice(0, t + 1);
      return W_h.map((row, k) => sum(past.map((one, j) => part(j, t, k) * dot(row, one))));
    });
    return [h, h];
  },
  delta: (x, { recent, W_q, W_k, W_v, W_beta }) => {
    const u = recentOf(x, recent);
    const strength = u.map((one) => times(W_beta, one).map(sigma));
    const heads = W_q.map((W, n) => {
      const written = []; // S_t is the sum of their products
      const read = (under) => [0, 1, 2].map((i) => sum(written.map(([value, key]) => value[i] * dot(key, under))));
      return u.map((one, t) => {
        const key = unit(times(W_k[n], one));
        const old = read(key);
        written.push([times(W_v[n], one).map((number, i) => 2 * strength[t][n] * (number - old[i])), key]);
        return read(unit(times(W, one)));
      });
    });
    return [u.map((_, t) => heads.flatMap((reads) => reads[t])), strength];
  },
};
const HEADS = { W_q: [2, 3, 4], W_k: [2, 3, 4], W_v: [2, 3, 4], W_o: [4, 6] };
const SHAPES_OF = {
  attention: HEADS,
  minGRU: { recent: [4, 4], W_z: [4, 4], b_z: [4], W_h: [4, 4], W_o: [4, 4] },
  delta: { ...HEADS, recent: [4, 4], W_beta: [2, 4] },
};

/** y_t after a whole window, from the equations, and what each block shows. */
function readWindow(ids, kinds, { E, V, b_y, ...of }) {
  const angle = (t, k) => t * 10000 ** (-(k % 2) / 2);
  const position = (t) => [0, 1, 2, 3].map((k) => (k < 2 ? Math.sin(angle(t, k)) : Math.cos(angle(t, k))));
  const placed = kinds.every((kind) => kind === "attention");
  let z = ids.map((id, t) => E[id].map((number, k) => 2 * number + (placed ? position(t)[k] : 0)));
  const shown = kinds.map((kind, k) => {
    const { W_o, W_1, b_1, W_2, b_2, gains, biases, ...own } = of[k];
    const norm = (u, n) => {
      const mean = sum(u) / 4;
      const deviation = Math.sqrt(dot(u, u) / 4 - mean ** 2 + 1e-3);
      return u.map((number, k) => (gains[n][k] * (number - mean)) / deviation + biases[n][k]);
    };
    const [out, shows] = MIXERS[kind](z, own);
    const between = z.map((one, t) => norm(plus(one, times(W_o, out[t])), 0));
    const hidden = between.map((one) => plus(times(W_1, one), b_1).map((number) => Math.max(0, number)));
    z = between.map((one, t) => norm(plus(plus(one, times(W_2, hidden[t])), b_2), 1));
    return shows;
  });
  const e = plus(times(V, z.at(-1)), b_y).map(Math.exp);
  return { y: e.map((number) => number / sum(e)), shown };
}

for (const kinds of [["attention"], ["minGRU"], ["delta", "delta"], ["delta", "attention"], ["attention", "minGRU"]])
  test(`a network of ${kinds.join(" and ")} computes its equations, anew with half a window`, () => {
    const random = randomNumbers(7);
    const rest = { W_1: [5, 4], b_1: [5], W_2: [4, 5], b_2: [4], gains: [2, 4], biases: [2, 4] };
    const tensors = {};
    const numbers = (shape, name) => {
      const flat = Float32Array.from({ length: shape.reduce((one, other) => one * other) }, () => 2 * random() - 1);
      tensors[name] = [shape, flat];
      const inRows = (list, n) => Array.from({ length: list.length / n }, (_, k) => list.slice(k * n, k * n + n));
      return shape.slice(1).reduceRight(inRows, [...flat]);
    };
    const fill = (shapes, prefix = "") =>
      Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, numbers(shape, prefix + name)]));
    const blocks = kinds.map((kind, k) => fill({ ...SHAPES_OF[kind], ...rest }, `${k}.`));
    const parameters = { ...fill({ E: [3, 4], V: [3, 4], b_y: [3] }), ...blocks };
    const writer = new Writer(safetensors(tensors, about()), "random");
    const parts = kinds.flatMap((kind, k) => Array.from({ length: kind === "minGRU" ? 4 : 2 }, (_, n) => [kind, k, n]));
    const { network } = writer;
    const names = parts.map(([kind, k, n]) => `${kind === "minGRU" ? "unit" : "head"} ${n + 1} of block ${k + 1}`);
    assert.deepEqual(network.tinted, names);
    const ids = Array.from({ length: 100 }, () => Math.floor(3 * random()));
    const letters = [];
    for (const [t, id] of ids.entries()) {
      network.read(id);
      letters.push({ shown: network.shown });
      const first = t < 64 ? 0 : 32 * Math.floor(t / 32) - 32;
      const { y, shown } = readWindow(ids.slice(first, t + 1), kinds, parameters);
      near(writer.probabilities(), y, 1e-9);
      for (const [number, [kind, k, n]] of parts.entries())
        if (kind !== "attention") near([network.tint(number, letters, t)], [shown[k].at(-1)[n]], 1e-9);
    }
    for (const [number, [kind]] of parts.entries())
      assert.match(network.key(number), { attention: /weighs/, minGRU: /above 0/, delta: /writes/ }[kind]);
  });
