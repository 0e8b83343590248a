import assert from "node:assert/strict";
import { test } from "node:test";

const STATIC = "../../../docs/_static";
const { DoorCell, judgedRightly, reading, withoutBias } = await import(`${STATIC}/story/model.js`);
const { judged } = await import(`${STATIC}/story/write.js`);
const { shownOf, sideFor } = await import(`${STATIC}/story/strip.js`);
const { praises, TILES, verdicts } = await import(`${STATIC}/train/tasks.js`);
const { BATCH, Run, randomExamples } = await import(`${STATIC}/train/run.js`);
const { below, randomNumbers } = await import(`${STATIC}/widgets/random.js`);

const read = (text) => text.split(" ").map((word) => TILES.indexOf(word));
const setting = (kind, forgetBias = 0) => ({ kind, units: 2, forgetBias, learningRate: 0.05, clipped: true });

test("not turns the next verdict round, but begins anew", () => {
  const praise = ["good", "not bad", "not so bad", "not bad but good", "bad good", "not but good", "not bad so"];
  for (const text of praise) assert.equal(praises(read(text)), true, text);
  for (const text of ["bad", "not good", "not good but bad", "not not good"])
    assert.equal(praises(read(text)), false, text);
  assert.equal(praises(read("not so but so")), null);
  const { symbols, targets } = verdicts(200, 3, randomNumbers(1));
  assert.equal(
    targets.reduce((sum, one) => sum + one, 0),
    100,
  );
  assert.ok(
    symbols.every((one) => one.length === 7 && [1, 3].includes(one[3]) && one.slice(4).every((tile) => tile === 4)),
  );
});

test("with b in W the states are the same", () => {
  const { network } = new Run(setting("simple_rnn"), 5, 3);
  network.cell.b.set([0.3, -0.2]);
  const [own, other] = [network, withoutBias(network)].map((one) => reading(one, [0, 1, 2, 3]));
  assert.ok([...other.states.flat()].every((number, k) => Math.abs(number - own.states.flat()[k]) < 1e-12));
  assert.ok(other.states.length === 4 && own.norms.at(-1) === 1);
});

test("the gradient through a door is that of finite differences, and through an open one all of it", () => {
  const { cell } = new Run(setting("gru", 1), 5, 1).network;
  const so = new Float64Array([0, 0, 0, 0, 1]);
  const state = () => Object.fromEntries(cell.parts.map((part) => [part, new Float64Array(2)]));
  for (const open of [0.3, 1]) {
    const door = new DoorCell(cell, open);
    const after = (h) => {
      const [before, next] = [state(), state()];
      before.h.set(h);
      door.step(so, before, next, 5, 5);
      return [before, next];
    };
    const [before, next] = after([0.4, -0.7]);
    const [grads, gradsBefore] = [state(), state()];
    grads.h.set([0.6, 0.2]);
    door.stepBack(before, next, grads, gradsBefore, 5, 5);
    for (const k of [0, 1]) {
      const loss = (by) => after([0.4, -0.7].map((h, n) => h + (n === k ? by : 0)))[1].h;
      const [up, down] = [loss(1e-6), loss(-1e-6)];
      const slope = (0.6 * (up[0] - down[0]) + 0.2 * (up[1] - down[1])) / 2e-6;
      assert.ok(Math.abs(slope - gradsBefore.h[k]) < 1e-8);
    }
    if (open === 1)
      assert.deepEqual(
        [[...next.h], [...gradsBefore.h]],
        [
          [0.4, -0.7],
          [0.6, 0.2],
        ],
      );
  }
});

test("a line is judged by where the dot goes, and a slip is named", () => {
  const [U, W] = [
    [
      [0.5, -1],
      [1, 0.3],
    ],
    [
      [1, -2, 0.5, 2, 0.1],
      [-1, 0.4, 2, 1, 0.2],
    ],
  ]; // prettier-ignore
  const inputs = read("not bad but good").map((tile) => TILES.map((_, k) => Number(k === tile)));
  const say = (line) => judged(line, U, W, inputs);
  assert.equal(say("return np.tanh(U @ h + W @ x)").right, true);
  assert.equal(say("tanh(W@x + U@h)").right, true);
  assert.match(say("U @ h + W @ x").says, /flies out/);
  assert.match(say("np.tanh(W @ x)").says, /nothing is remembered/);
  assert.match(say("2 * np.tanh(U @ h + W @ x)").says, /goes elsewhere/);
  for (const [line, message] of [
    ["np.tanh(U @ h + W @ x", /“\)” is missing at the end/],
    ["U @ x", /a matrix of 2 × 2 @ a vector of 5/],
    ["h + x", /do not add up/],
    ["V @ h", /“V” is not known/],
    ["U @ h +", /missing at the end/],
    ["U @ h; x", /“;” is not needed/],
    ["x", /needs 2 numbers; this is a vector of 5/],
    ["h h", /“h” is too much/],
  ])
    assert.throws(() => say(line), { name: "SyntaxError", message });
});

test("planes are as large as their room lets them be", () => {
  for (const [count, width, height] of [
    [4, 740, 500],
    [64, 740, 400],
    [64, 300, 200],
  ]) {
    // prettier-ignore
    const side = sideFor(count, width, height);
    const rows = Math.ceil(count / Math.floor(width / (side + 4)));
    assert.ok(rows * (side + 42) <= height || side === 8 || count <= 8);
    const shown = shownOf(count, width, height);
    const small = sideFor(shown.length, width, height);
    assert.ok(small >= 36 || shown.length <= 8);
    assert.deepEqual([...shown.slice(0, 4), shown.at(-1)], [0, 1, 2, 3, count - 1]);
    assert.ok(shown.every((t, k) => k === 0 || t > shown[k - 1]));
    assert.ok(shown.length === count || sideFor(shown.length + 1, width, height) < 36);
  }
  assert.ok(sideFor(4, 740, 500) > 140 && shownOf(64, 740, 400).length > 30);
});

/** Train as the story does, over one of the gaps an update; give the run at its end. */
function trained(kind, forgetBias, seed, ...gaps) {
  const run = new Run(setting(kind, forgetBias), 5, seed);
  const random = randomExamples(seed);
  while (!run.solved && run.updates < 600) run.update(verdicts(BATCH, gaps[below(gaps.length, random)], random));
  return run;
}

test("the first weights of each step do what its text says", () => {
  assert.ok(trained("simple_rnn", 0, 3, 0).solved);
  assert.ok(!trained("simple_rnn", 0, 8, 20).solved);
  assert.ok(!trained("simple_rnn", 0, 8, 60).solved);
  const { network, solved } = trained("gru", 3, 8, 0, 2, 5, 10, 20, 40, 60);
  assert.ok(solved && judgedRightly(network, 60) > 0.95);
  const open = { ...network, cell: new DoorCell(network.cell, 1) };
  assert.equal(judgedRightly(open, 60), judgedRightly(network, 0)); // its state stays
});
