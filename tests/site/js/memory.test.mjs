/** What the rules and attention keep of the pairs that were written, and what they recall. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { near } from "./numbers.mjs";

globalThis.document = /** @type {any} */ ({ querySelectorAll: () => [] }); // a page without widgets
const { attend, keysOf, remember } = await import("../../../docs/_static/memory/memory.js");
const EACH_TWICE = [0, 1, 2, 3, 0, 1, 2, 3].map((key, j) => [key, (key + Math.floor(j / 4)) % 4]);

test("of orthogonal keys the delta rule keeps the last values, and the sum all", () => {
  const keys = keysOf(4);
  for (const [key, k] of keys.slice(0, 4).entries())
    for (const replaces of [false, true]) {
      const read = new Float64Array(4);
      remember(EACH_TWICE, replaces, keys).addProduct(read, k);
      const now = (key + 1) % 4;
      near(
        read,
        [0, 1, 2, 3].map((j) => Number(j === now || (!replaces && j === key))),
      );
    }
});

test("attention weighs each write by its key and a little by its time, and reads the mean of the values", () => {
  const keys = keysOf(4);
  const { weights, y } = attend(EACH_TWICE, keys[0], keys);
  const scores = EACH_TWICE.map(([key], j) => Math.exp((key ? 0 : 32) + 0.3 * j));
  const sum = scores.reduce((total, score) => total + score, 0);
  near(
    weights,
    scores.map((score) => score / sum),
  );
  near(
    y,
    [0, 1, 2, 3].map((value) => EACH_TWICE.reduce((total, [, own], j) => total + (own === value ? weights[j] : 0), 0)),
  );
  assert.equal(y.indexOf(Math.max(...y)), 1); // written last under this key
});

test("attention that has read nothing gives nothing", () => {
  const { weights, y } = attend([], keysOf(8)[0], keysOf(8));
  near(weights, []);
  near(y, [0, 0, 0, 0]);
});
