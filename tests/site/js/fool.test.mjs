/** The game: its score, what it says of a sentence, and its link. */

import assert from "node:assert/strict";
import test from "node:test";

import { isCopied, LONGEST, linkOf, outcome, scoreOf, textOfLink } from "../../../docs/_static/fool/score.js";

test("a sentence scores 5 for each point below 20 %", () => {
  assert.deepEqual([1, 0.2, 0.199, 0.19, 0.1, 0].map(scoreOf), [0, 0, 1, 5, 50, 100]);
});

test("what the site says itself is no sentence of the reader's", () => {
  const copied = (text) => isCopied(text, ["nothing about it is bad", "a review of many words"]);
  assert.ok(["nothing about it is bad", "bad is it about nothing", "of many words"].every(copied));
  assert.ok(!["nothing about this is bad", "many words of it", "any words"].some(copied));
});

test("only who opens the link makes it a score", () => {
  assert.equal(outcome(0.1, false, null), "Score 50 of 100, if a person finds it positive.");
  assert.equal(outcome(0.1, false, true), "You say positive. Score 50 of 100: the LSTM is fooled.");
  for (const none of [outcome(0.1, false, false), outcome(0.2, false, true), outcome(0.1, true, true)])
    assert.doesNotMatch(none, /of 100/);
});

test("a link brings its sentence, and nothing else does", () => {
  for (const text of ["not bad", "50 % & more #fool?text=x + “ü” 😀", "<b>good</b>"])
    assert.equal(textOfLink(linkOf(text)), text);
  assert.equal(textOfLink(linkOf("a".repeat(1000))).length, LONGEST);
  for (const hash of ["", "#fool-the-lstm", "#fool?text=+", "#explorer?text=good"]) assert.equal(textOfLink(hash), "");
});
