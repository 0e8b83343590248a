/** The memory duel: what a network says, and what is said of who failed first. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { predict, verdict } from "../../../docs/_static/duel/game.js";
import { SimpleRNNCell } from "../../../docs/_static/widgets/cells.js";
import { Matrix } from "../../../docs/_static/widgets/matrix.js";
import { Network } from "../../../docs/_static/widgets/network.js";
import { near } from "./numbers.mjs";

test("a network says what its last state gives", () => {
  const [ones, halves] = [1, 0.5].map((s) => new Matrix(4, 4, [s, 0, 0, 0, 0, s, 0, 0, 0, 0, s, 0, 0, 0, 0, s]));
  const cell = new SimpleRNNCell(ones, halves, new Float64Array(4), "linear");
  const e = [0.5, 1, 0, 0].map(Math.exp); // A one step ago, and B
  const y = e.map((number) => number / (e[0] + e[1] + 2));
  near(predict(new Network(cell, ones, new Float64Array(4)), [0, 1]), y);
});

test("a sentence says who failed first, and why where the networks show it", () => {
  const { says, why } = verdict([60, 20]);
  const first = "Failed first, at 20 letters: Simple RNN; then, at 60 letters: You.";
  assert.equal(says, `${first} Not failed: Simple RNN, short first; LSTM. `);
  assert.match(why, /its gradient $/);
  const all = "You; Simple RNN; Simple RNN, short first; LSTM. ";
  assert.deepEqual(verdict([20, 20, 20, 20]), { says: `Failed first, at 20 letters: ${all}`, why: "" });
  assert.deepEqual(verdict([]), { says: `Not failed: ${all}`, why: "" });
});
