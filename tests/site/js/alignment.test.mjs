/** The rules of a dictation, and the translator on a file that a test makes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { END, Translator, dictate, takeDown } from "../../../docs/_static/alignment/translator.js";
import { below, normal, randomNumbers } from "../../../docs/_static/widgets/random.js";
import { near } from "./numbers.mjs";

const ONES = "zero one two three four five six seven eight nine".split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const WORDS = [...ONES, ...TENS, "and", "double", "triple"];

/** A file in the format safetensors, of float32. */
function fileOf(tensors, metadata) {
  const header = { __metadata__: metadata }, numbers = [];
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [4 * numbers.length, 4 * (numbers.length + values.length)] };
    numbers.push(...values);
  }
  const text = new TextEncoder().encode(JSON.stringify(header)), file = new Uint8Array(8 + text.length + 4 * numbers.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(new Uint8Array(Float32Array.from(numbers).buffer), 8 + text.length);
  return file.buffer;
}

function tensorsOf(units) {
  const random = randomNumbers(1), tensors = {};
  const add = (name, ...shape) => {
    tensors[name] = { shape, values: Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.fround(normal(random))) };
  };
  for (const [part, inputs] of [["encoder", 21], ["decoder", 11]]) {
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

const METADATA = { "rnn_tutorial.translator": JSON.stringify({ version: 1, words: WORDS }) };

test("what is dictated is taken down, in either way of saying a pair", () => {
  const random = randomNumbers(2);
  for (let k = 0; k < 500; k++) {
    const digits = Array.from({ length: 1 + below(10, random) }, () => below(4, random) + below(2, random) * 6).join("");
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
  const translator = new Translator(fileOf(tensorsOf(4), METADATA), "some.safetensors");
  const said = "double seven four and twenty".split(" "), written = translator.translate(said);
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
  assert.throws(() => new Translator(fileOf({}, {}), "some.safetensors"), /some.safetensors is no translator/);
  const wrong = tensorsOf(4);
  wrong.V.shape = [22, 4];
  assert.throws(() => new Translator(fileOf(wrong, METADATA), "some.safetensors"), /holds no V of the shape/);
});
