/** What the results of a stalled training rule out. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, ruledOut, TESTS } from "../../../docs/_static/detective/tests.js";

const SUSPECTS = { small: ["=+<+++"], unmasked: ["=-=-+-"], lost: ["=-=+w+"], labels: ["=+=+l+"], size: ["=-=+++"] };

test("a test rules out those whose result would be another", () => {
  assert.deepEqual(ruledOut(SUSPECTS, "small", 0), []);
  assert.deepEqual(ruledOut(SUSPECTS, "small", 1), ["unmasked", "lost", "size"]);
  assert.deepEqual(ruledOut(SUSPECTS, "lost", 4), ["small", "unmasked", "labels", "size"]);
});

test("what the ordered tests tell, whom they leave, and which test would decide", () => {
  const { reasons, open } = explain(SUSPECTS, "lost", [1, 0]);
  assert.deepEqual(reasons, [
    "Memorise 100: not even with another optimiser: layers or input fail. Rules out: small, labels.",
    "Loss: it guesses, as most faults would make it. Rules out: nobody.",
  ]);
  assert.equal(
    open,
    "Not ruled out: unmasked (ask for: Add zeros or Three reviews or Gradient); size (ask for: Three reviews).",
  );
  assert.equal(explain(SUSPECTS, "lost", [4]).open, "Nobody else is left.");
  assert.deepEqual(explain(SUSPECTS, "lost", []).reasons, []);
});

test("a result in words", () => {
  const says = (k, result) => TESTS[k].says(result);
  assert.equal(says(0, 0.6929), "0.69. Always predicting 50 % has 0.69 (ln 2).");
  assert.equal(says(1, 0.000397), "Yes: its loss is 0.0004 after 80 updates.");
  assert.equal(says(1, 0.6934), "No: its loss is 0.69 after 80 updates.");
  assert.equal(says(2, 0.000129), "By 0.013 % of their size; 0.1 to 10 % is usual.");
  assert.deepEqual(
    [says(3, 0), says(3, 0.0958)],
    ["They change nothing.", "They change its probability by up to 0.096."],
  );
  assert.equal(
    says(4, [
      ["a good film", 1],
      ["<unknown> <unknown>", 0],
    ]),
    "“a good film”: positive.\n2 times “<unknown>”: negative.",
  );
  assert.deepEqual([says(5, 1), says(5, 2.6e-6)], ["100 %.", "0.00026 %."]);
});

test("each sign that a result can have is told", () => {
  const signs = TESTS.map(({ tells }) => Object.keys(tells).join(""));
  assert.deepEqual(signs, ["=>", "+-", "<=>", "+-", "+lw", "+-"]);
});
