/** Matrices, cells, and what unrolls them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { AverageCell, GRUCell, LSTMCell, SimpleRNNCell } from "../../../docs/_static/widgets/cells.js";
import { Matrix } from "../../../docs/_static/widgets/matrix.js";
import { normal, randomCell, randomNumbers } from "../../../docs/_static/widgets/random.js";
import { normsByStep, Unrolled } from "../../../docs/_static/widgets/recurrence.js";
import { near } from "./numbers.mjs";

const random = randomNumbers(1);
const numbers = (count) => Float64Array.from({ length: count }, () => normal(random));
const sequence = (time, inputs) => Array.from({ length: time }, () => numbers(inputs));
const unroll = (cell, inputs, mask) => new Unrolled(cell, inputs.length).forward(inputs, mask);
const CELLS = [SimpleRNNCell, LSTMCell, GRUCell];

test("a matrix and its transpose multiply vectors, and add outer products", () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 2],
    [4, 5],
    [7, 3],
  ]) {
    const M = new Matrix(rows, columns, numbers(rows * columns));
    const at = (i, k) => M.values[i * columns + k];
    const [v, w] = [numbers(columns), numbers(rows)];
    const sums = new Float64Array(rows).fill(1);
    const back = new Float64Array(columns).fill(2);
    M.addProduct(sums, v);
    near(
      sums,
      Array.from({ length: rows }, (_, i) => v.reduce((sum, number, k) => sum + at(i, k) * number, 1)),
    );
    M.addTransposedProduct(back, w);
    near(
      back,
      Array.from({ length: columns }, (_, k) => w.reduce((sum, number, i) => sum + at(i, k) * number, 2)),
    );
    const before = M.values.slice();
    M.addOuterProduct(w, v);
    near(
      M.values,
      before.map((number, at) => number + w[Math.floor(at / columns)] * v[at % columns]),
    );
  }
});

test("the steps of the cells, by hand", () => {
  const column = (...values) => new Matrix(values.length, 1, values);
  const step = (cell, h) => {
    const after = Object.fromEntries(cell.parts.map((part) => [part, new Float64Array(1)]));
    cell.step([1], { h: Float64Array.of(h), c: Float64Array.of(h) }, after);
    return after;
  };
  near(step(new SimpleRNNCell(column(1), column(0.5), Float64Array.of(0.25)), -2).h, [Math.tanh(0.25)]);
  const lstm = step(new LSTMCell(column(0, 0, 1, 0), column(0, 0, 0, 0), new Float64Array(4)), 1);
  near(lstm.c, [0.5 + 0.5 * Math.tanh(1)]); // each gate is σ(0) = 1/2
  near(lstm.h, [0.5 * Math.tanh(lstm.c[0])]);
  const gru = step(new GRUCell(column(100, 0, 0), column(0, 0, 0), new Float64Array(3)), 0.7);
  near(gru.h, [0.7]); // z = 1: all of the state stays
  const second = new GRUCell(column(-100, 0, 0), column(0, 0, 0), new Float64Array(3), Float64Array.of(0, 0, 4));
  near(step(second, 0.7).h, [Math.tanh(2)]); // z = 0, r = 1/2 of b'
});

test("∂L/∂h_t and ∂L/∂c_t are what finite differences find, in each cell", () => {
  for (const Kind of CELLS) {
    const cell = randomCell(Kind, 3, 4, random, 1);
    const inputs = sequence(5, 3);
    const gradLast = numbers(4);
    const unrolled = new Unrolled(cell, inputs.length);
    const states = unrolled.forward(inputs);
    const gradients = unrolled.backward(gradLast);
    const loss = (h) => h.reduce((sum, number, k) => sum + gradLast[k] * number, 0);
    for (const t of [1, 3])
      for (const part of cell.carried)
        for (let k = 0; k < 4; k++) {
          const values = [1e-6, -1e-6].map((change) => {
            let before = Object.fromEntries(cell.parts.map((name) => [name, states[name].slice(t * 4, t * 4 + 4)]));
            before[part][k] += change;
            for (const x_t of inputs.slice(t + 1)) {
              const after = Object.fromEntries(cell.parts.map((name) => [name, new Float64Array(4)]));
              cell.step(x_t, before, after);
              before = after;
            }
            return loss(before.h);
          });
          near([gradients[part][t * 4 + k]], [(values[0] - values[1]) / 2e-6], 1e-8);
        }
  }
});

test("a masked step passes the state on, and the gradient", () => {
  for (const cell of [...CELLS.map((Kind) => randomCell(Kind, 3, 3, random)), new AverageCell(3)]) {
    const inputs = sequence(5, 3);
    const mask = [1, 0, 1, 1, 0];
    const gradLast = numbers(3);
    const there = inputs.filter((_, t) => mask[t]);
    const [masked, short] = [inputs, there].map((read) => new Unrolled(cell, read.length));
    near(masked.forward(inputs, mask).h.slice(-3), short.forward(there).h.slice(-3));
    const gradients = masked.backward(gradLast, mask);
    near(gradients.h.slice(0, 3), short.backward(gradLast).h.slice(0, 3));
    near(gradients.h.slice(9, 12), gradLast);
  }
});

test("arrays that have read another sequence give what new ones give", () => {
  for (const Kind of CELLS) {
    const cell = randomCell(Kind, 3, 4, random);
    const used = new Unrolled(cell, 6);
    const gradLast = numbers(4);
    const visited = [];
    used.forward(sequence(6, 3));
    used.backward(numbers(4));
    const inputs = sequence(6, 3);
    const fresh = new Unrolled(cell, 6);
    assert.deepEqual(used.forward(inputs), fresh.forward(inputs));
    const back = used.backward(gradLast, null, (t) => visited.push(t));
    assert.deepEqual(back, fresh.backward(gradLast));
    assert.deepEqual(visited, [6, 5, 4, 3, 2, 1]);
  }
});

test("the average does not see the order, and norms are taken step by step", () => {
  const inputs = sequence(4, 2);
  const cell = new AverageCell(2);
  near(unroll(cell, inputs).h.slice(-2), unroll(cell, [...inputs].reverse()).h.slice(-2));
  near(normsByStep(Float64Array.of(3, 4, 0, -2), 2), [5, 2]);
  assert.equal(unroll(cell, []).h.length, 0);
});
