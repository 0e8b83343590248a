/** The sentence of the home page about two networks: it says what their numbers say. */

import assert from "node:assert/strict";
import test from "node:test";
import { partedAt, verdict } from "../../../docs/_static/player/verdict.js";

const LSTM = [0.58, 0.8, 0.74, 0.33];
const SIMPLE = [0.57, 0.83, 0.96, 0.92];

const reading = (text, ...ys) => {
  const tokens = ["start", ...text.split(" ")].map((word, t) => ({ word, kind: t ? "word" : "start" }));
  return { tokens, ys };
};

test("two curves part where they come to stand on different sides", () => {
  assert.equal(partedAt([LSTM, SIMPLE]), 3);
  const crossing = [0.4, 0.6, 0.4, 0.2]; // apart at first, then together, then apart for good
  assert.equal(partedAt([crossing, [0.6, 0.6, 0.6, 0.6]]), 2);
  assert.equal(partedAt([LSTM, LSTM.map((y) => y / 2)]), null);
  assert.equal(partedAt([[0.2], [0.9]].map(([y]) => [y, y])), 1); // they begin apart: the first word counts
});

test("it says where they part and which word moved each most", () => {
  const { text, title, href } = verdict(reading("great but dull", LSTM, SIMPLE));
  assert.equal(
    text,
    "The LSTM says criticism (33\u00a0%), the simple RNN praise (92\u00a0%). They part at “dull”: the LSTM goes from 74 to 33\u00a0%, the simple RNN from 96 to 92\u00a0%; " +
      "“dull” moved the LSTM most (−41 points), “great” the simple RNN (+26).",
  );
  assert.deepEqual([title, href], ["What an LSTM adds to a simple RNN", "theory/lstm.html"]);
});

test("it owns what fools it, and what it does not know", () => {
  const close = reading("not bad", [0.6, 0.5, 0.2], [0.6, 0.5, 0.1]);
  const fooled = verdict(close, true);
  assert.match(fooled.text, /^You read praise; both say criticism: 20\u00a0% and 10\u00a0%\. /);
  assert.match(fooled.text, /“bad” moved both most \(−30 and −40 points\)\.$/);
  assert.equal(fooled.href, "sentiment/word-order.html");
  assert.match(verdict({ ...close, without: 0.44 }).text, / Without “not” .* is the same: 44\u00a0%\.$/);
  const one = verdict(reading("not bad", [0.6, 0.5, 0.2], [0.6, 0.5, 0.7]), true);
  assert.match(one.text, /^You read praise; the LSTM says criticism \(20\u00a0%\), the simple RNN praise/);
  close.tokens[1] = { word: "qwertz", kind: "unknown" };
  const unknown = verdict(close);
  assert.match(unknown.text, /; neither knows “qwertz”\.$/);
  assert.equal(unknown.href, "sentiment/reviews.html#from-words-to-ids");
});
