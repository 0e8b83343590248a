/** The memory duel: what a network says, what it costs, and what is said of who fell. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ending, newGame, play, predict, standing } from "../../../docs/_static/duel/game.js";
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

test("a wrong letter takes a life, and who has none says nothing more", () => {
  const game = newGame();
  const sequences = Array.from({ length: 4 }, () => [0, 1]);
  const say = (player, _, k) => [k < [1, 4, 0, 3][player] ? 1 : 0, 0.5, 0, 0]; // so many are right
  assert.equal(play(game, sequences, say).length, 4);
  assert.deepEqual(game.lives, [0, 3, 0, 2]);
  assert.deepEqual([...game.fell], [2, undefined, 2]);
  assert.deepEqual(
    play(game, sequences, say).map(({ player }) => player),
    [1, 3],
  );
});

test("after a round a word, and who leads", () => {
  const game = (...lives) => ({ lives, fell: lives.map((left) => (left ? undefined : 20)) });
  assert.equal(standing(game(3, 2, 3, 2), 0, 20), "Right! In the lead: You, Short-first RNN.");
  assert.equal(standing(game(1, 2, 3, 2), 2, 20), "2 wrong! In the lead: Short-first RNN.");
  assert.equal(standing(game(3, 0, 3, 2), 0, 20), "Down: Simple RNN! In the lead: You, Short-first RNN.");
  assert.equal(standing(game(3, 0, 2, 2), 0, 40), "Right! In the lead: You.");
});

test("in the end it is said who fell where and why", () => {
  const why = "Simple RNN fell at 20 letters: its gradient vanished, so it learnt nothing.";
  assert.equal(
    ending({ lives: [3, 0, 2, 0], fell: [undefined, 20, undefined, 150] }),
    `You win! ${why} GRU fell at 150 letters: it was trained on ten. Still standing: You, Short-first RNN. `,
  );
  assert.match(ending({ lives: [0, 0, 3, 1], fell: [70, 20] }), /^Beaten! Simple .* You fell at 70 letters\. Still/);
  assert.match(ending({ lives: [2, 1, 2, 0], fell: [] }), /^A draw! Still standing: You, Simple RNN, Short-first RNN/);
  assert.match(ending({ lives: [0, 0, 0, 0], fell: [70, 20, 150, 100] }), /^Beaten! .* Still standing: nobody\. $/);
});
