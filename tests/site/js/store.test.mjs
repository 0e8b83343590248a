/** What the browser keeps, and what an imported file brings, has a form and a size. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { recorded, restore } from "../../../docs/_static/exercise/store.js";
import { changes, keep, valid } from "../../../docs/_static/live/store.js";

test("of imported exercises only those with a name and a state are taken, and no more than fit", () => {
  restore({
    "theory/lstm#a": "done",
    last: { endsWith: 1 },
    odd: { toString: 1 },
    other: "won",
    ["x".repeat(300)]: "done",
  });
  assert.deepEqual(recorded(), { "theory/lstm#a": "done" });
  restore({ "theory/lstm#a": "tried", "theory/lstm#b": "tried" });
  assert.deepEqual(recorded(), { "theory/lstm#a": "done", "theory/lstm#b": "tried" });
  restore(Object.fromEntries(Array.from({ length: 100_000 }, (_, k) => [`page#${k}`, "done"])));
  assert.equal(Object.keys(recorded()).length, 1000);
  for (const nothing of [null, undefined, 3, "text", []]) restore(nothing);
});

test("of imported cells, too", () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, k) => [`k${k}`, "1"]));
  keep(many);
  assert.equal(Object.keys(changes()).length, 300);
  assert.deepEqual(valid({ a: "1", "<b>": "2", c: 3, ["d".repeat(101)]: "4", e: "x".repeat(20_001) }), { a: "1" });
});
