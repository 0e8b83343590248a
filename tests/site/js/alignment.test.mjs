/** The rules of a dictation, and the translator on a file that a test makes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { dictate, END, Translator, takeDown } from "../../../docs/_static/alignment/translator.js";
import { below, normal, randomNumbers } from "../../../docs/_static/widgets/random.js";
import { near, safetensors } from "./numbers.mjs";

const ONES = "zero one two three four five six seven eight nine".split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const WORDS = [...ONES, ...TENS, "and", "double", "triple"];

/** The tensors of a translator, of random numbers. */
function tensorsOf(units) {
  const random = randomNumbers(1);
  const tensors = {};
  const add = (name, ...shape) => {
    const count = shape.reduce((a, b) => a * b);
    tensors[name] = [shape, Float32Array.from({ length: count }, () => normal(random))];
  };
  for (const [part, inputs] of Object.entries({ encoder: 21, decoder: 11 })) {
    add(`${part}.W`, 3 * units, inputs);
    add(`${part}.U`, 3 * units, units);
    add(`${part}.b`, 3 * units);
    add(`${part}.recurrent_b`, 3 * units);
  }
  add("A", units, units);
  add("V", 11, 2 * units);
  add("b_y", 11);
  return tensors;
}

const CELLS = { "encoder.": "GRUCell", "decoder.": "GRUCell" };
const METADATA = { rnn_tutorial: JSON.stringify({ cells: CELLS, words: WORDS }) };

test("what is dictated is taken down, in either way of saying a pair", () => {
  const random = randomNumbers(2);
  for (let k = 0; k < 500; k++) {
    const digits = Array.from({ length: 1 + below(10, random) }, () => below(4, random) + below(2, random) * 6).join(
      "",
    );
    for (const old of [() => true, () => false, () => random() < 0.5])
      assert.equal(takeDown(dictate(digits, WORDS, old), WORDS), digits);
  }
  assert.equal(dictate("7724", WORDS).join(" "), "double seven four and twenty");
  assert.equal(dictate("7724", WORDS, () => false).join(" "), "double seven two four");
  assert.equal(dictate("24455550", WORDS).join(" "), "two double four triple five five zero");
});

test("words that break the rules are no number", () => {
  for (const said of ["twenty", "double twenty", "double four and twenty", "zero and twenty", "four and", "and"])
    assert.equal(takeDown(said.split(" "), WORDS), null, said);
});

test("weights and probabilities add up to 1, and what is written ends", () => {
  const translator = new Translator(safetensors(tensorsOf(4), METADATA), "some.safetensors");
  const said = "double seven four and twenty".split(" ");
  const written = translator.translate(said);
  assert.ok(written.length <= 9);
  for (const { digit, probability, probabilities, weights } of written) {
    assert.equal(weights.length, 5);
    near([weights.reduce((a, b) => a + b), probabilities.reduce((a, b) => a + b)], [1, 1]);
    assert.equal(probability, Math.max(...probabilities));
    assert.equal(probabilities[digit], probability);
  }
  const place = written.findIndex(({ digit }) => digit === END);
  assert.ok(place === -1 || place === written.length - 1);
});

test("another file is refused in words for a reader", () => {
  assert.throws(() => new Translator(safetensors({}, {}), "some.safetensors"), /some.safetensors is no translator/);
  for (const metadata of [null, { rnn_tutorial: "null" }, { rnn_tutorial: "{}" }, { rnn_tutorial: '{"words": [3]}' }])
    assert.throws(() => new Translator(safetensors({}, metadata), "some.safetensors"), /is no translator/);
  const wrong = tensorsOf(4);
  wrong.V[0] = [22, 4];
  assert.throws(() => new Translator(safetensors(wrong, METADATA), "some.safetensors"), /holds no V of the shape/);
});
