/** A GRU's file becomes a cell, and what the explorer says of a reading. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { forcedCell } from "../../../docs/_static/explorer/forced.js";
import { stateOfLink } from "../../../docs/_static/explorer/link.js";
import { Model, splitWords, Vocabulary } from "../../../docs/_static/explorer/model.js";
import { admits, trial, unknownWords } from "../../../docs/_static/widgets/admits.js";
import { AverageCell, GRUCell, LSTMCell, SimpleRNNCell } from "../../../docs/_static/widgets/cells.js";
import { randomCell, randomNumbers } from "../../../docs/_static/widgets/random.js";
import { Unrolled } from "../../../docs/_static/widgets/recurrence.js";
import { cellOf, stepSentence, unitSentence } from "../../../docs/_static/widgets/sentences.js";
import { near, safetensors } from "./numbers.mjs";

const ABOUT = { rnn_tutorial: JSON.stringify({ cells: { "": "GRUCell" }, version: 3, network: "gru", length: 500 }) };
const file = (tensors, about = ABOUT) =>
  safetensors(
    Object.fromEntries(
      Object.entries(tensors).map(([name, [shape, numbers]]) => [
        name,
        [shape, name === "E" ? Int8Array.from(numbers) : Float32Array.from(numbers)],
      ]),
    ),
    about,
  );
const GRU = {
  // one input and one unit; z, r and the candidate have other numbers in each tensor
  E: [
    [2, 1],
    [0, 127],
  ],
  "E.scale": [[2], [1, 1 / 127]],
  W: [
    [3, 1],
    [0.5, -1, 2],
  ],
  U: [
    [3, 1],
    [1, 0.25, -0.5],
  ],
  b: [[3], [0.125, 0.25, -0.25]],
  recurrent_b: [[3], [0.5, -0.5, 1]],
  V: [[1, 1], [2]],
  b_y: [[1], [0.5]],
};

test("a GRU's file has two biases and gives the state of its equations", () => {
  const model = new Model(file(GRU), "gru.safetensors");
  const { cell } = model;
  const sigmoid = (a) => 1 / (1 + Math.exp(-a));
  assert.ok(cell instanceof GRUCell);
  assert.deepEqual([...cell.parameters.recurrent_b], GRU.recurrent_b[1]);
  const states = new Unrolled(cell, 2).forward([model.embed(1), model.embed(0)]); // x = 1, then 0
  let h = 0;
  [1, 0].forEach((x, t) => {
    const z = sigmoid(h + 0.5 + 0.5 * x + 0.125);
    const r = sigmoid(0.25 * h - 0.5 - x + 0.25);
    const recurrent = -0.5 * h + 1;
    const candidate = Math.tanh(r * recurrent + 2 * x - 0.25);
    h = z * h + (1 - z) * candidate;
    for (const [part, value] of Object.entries({ z, r, recurrent, candidate, h }))
      near([states[part][t]], [value], 1e-7);
  });
  near(model.readOut(states.h.slice(1)), [sigmoid(2 * h + 0.5)], 1e-7);
});

test("a GRU without its second bias and a cell with two blocks are refused", () => {
  const { recurrent_b: _, ...lacking } = GRU;
  const two = {
    ...GRU,
    U: [
      [2, 1],
      [1, 1],
    ],
  };
  assert.throws(() => new Model(file(lacking), "gru.safetensors"), /holds no recurrent_b of the shape \(3\)/);
  assert.throws(
    () => new Model(file(two), "gru.safetensors"),
    /holds U of 2 rows and 1 columns, which fits no GRUCell/,
  );
});

test("a file of one's own that does not fit is told what came, what is read, and what to do", () => {
  const vocabulary = new Vocabulary("");
  const words = (...list) => new Vocabulary(list.map((word) => `${word}\n`).join(""));
  const five = {
    ...GRU,
    E: [
      [6, 1],
      [0, 1, 2, 3, 4, 5],
    ],
    "E.scale": [[6], [1, 1, 1, 1, 1, 1]],
  };
  const about = (more) => ({ rnn_tutorial: JSON.stringify({ ...JSON.parse(ABOUT.rnn_tutorial), ...more }) });
  const model = (content, name = "my.safetensors") => new Model(content, name, true);
  const knows = (list) => model(file(five, about({ words: list })));
  const whole = file(GRU);
  const zip = Uint8Array.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 0]).buffer;
  const write = /TrainedReader\.from_keras\(model\)\.to_file\(reviews\.vocabulary\), and open that file\.$/;
  const cases = [
    [
      () => model(zip, "my.keras"),
      "The file my.keras is a ZIP archive, such as a .keras of Keras, and not in the format",
    ],
    [() => model(whole.slice(0, 90)), "is cut off, or is no model in the format safetensors. Write a simple RNN, an"],
    [
      () => model(whole.slice(0, -1)),
      `is cut off: it has ${whole.byteLength - 1} of at least ${whole.byteLength} bytes.`,
    ],
    [() => model(file({ ...GRU, attention: [[1], [1]] })), "holds what no network of this site has: attention. Write"],
    [() => model(file({ V: GRU.V }, {})), "is no network of this site. Write"],
    [
      () => model(file(GRU, about({ cells: { "": "MinimalGRUCell" } }))),
      "holds a cell of the kind MinimalGRUCell; this",
    ],
    [() => model(file(GRU, about({ version: 2 }))), "has the format 2, not 3. Write"],
    [() => model(whole).compare(vocabulary), "knows 2 ids, the vocabulary 4. Train it on reviews = load_reviews(), "],
    [() => knows(undefined).compare(words("a", "b")), "lists 0 words, the page 2. Train"],
    [() => knows(["a", "b", "c"]).compare(words("a", "b")), "lists 3 words, the page 2. Train"],
    [() => knows(["a", "c"]).compare(words("a", "b")), "has another vocabulary: word 2 is “c”, here “b”. Train"],
  ];
  for (const [open, says] of cases)
    assert.throws(open, ({ message }) => message.includes(says) && write.test(message), says);
  knows(["a", "b"]).compare(words("a", "b"));
  new Model(file(five), "gru.safetensors").compare(words("a")); // the site's own have more rows, and list no words
});

test("a reading has its parts, and a unit's sentence names its gates", () => {
  const random = randomNumbers(1);
  const units = 2;
  const words = ["good", "film"].map((word) => ({ kind: "word", word }));
  const inputs = [
    [1, 0],
    [0, 1],
  ];
  const read = (cell) => ({
    recurrent: !(cell instanceof AverageCell),
    states: new Unrolled(cell, inputs.length).forward(inputs),
    units,
    tokens: words,
  });
  const cells = [SimpleRNNCell, LSTMCell, GRUCell].map((Kind) => randomCell(Kind, 2, units, random));
  const readings = [...cells, new AverageCell(units)].map(read);
  assert.deepEqual(readings.map(cellOf), ["simple_rnn", "lstm", "gru", "bag_of_words"]);
  const gates = readings.map((reading) => unitSentence(reading, 1).match(/[a-z]_t(?= \d)/g));
  assert.deepEqual(gates, [null, ["i_t", "f_t", "o_t"], ["z_t", "r_t"], null]);
  const steps = readings.map((reading) => stepSentence({ ...reading, y: [0.4, 0.6] }, 2));
  const stays = steps.map((text) => text.match(/units (._t) is (.*?); .* more of (.)_\{t-1\} stays/)?.slice(1));
  const [, lstm, gru] = readings.map(({ states }) => states);
  const last = ([, , a, b]) => ((a + b) / 2).toFixed(2);
  assert.deepEqual(stays, [undefined, ["f_t", last(lstm.f), "c"], ["z_t", last(gru.z), "h"], undefined]);
});

test("forced gates have their values where they are forced, and gradients pass them by", () => {
  const units = 3;
  const own = randomCell(LSTMCell, 2, units, randomNumbers(1));
  const inputs = [
    [1, 0],
    [0, 1],
    [1, 1],
    [0, 0],
  ];
  const gates = { f: 0.25, i: 1, o: 0.5 };
  assert.equal(forcedCell(own, { f: null, i: null, at: 2 }), own);
  for (const at of [null, 2]) {
    const unrolled = new Unrolled(forcedCell(own, { ...gates, at }), inputs.length);
    const forward = () => unrolled.forward(inputs);
    const states = forward();
    for (const [gate, value] of Object.entries(gates))
      inputs.forEach((_, t) => {
        const isForced = at === null || at === t + 1;
        const found = states[gate].subarray(t * units, (t + 1) * units);
        assert.equal(
          found.every((number) => number === value),
          isForced,
        );
      });
    const weights = [1, -2, 3];
    const loss = () =>
      forward()
        .h.slice(-units)
        .reduce((sum, number, k) => sum + weights[k] * number, 0);
    loss();
    unrolled.backward(Float64Array.from(weights));
    for (const part of ["h", "c"]) {
      const found = Float64Array.from(unrolled.gradientAt[0][part]);
      const first = unrolled.stateAt[0][part];
      const slopes = Array.from(first, (_, k) => {
        const [high, low] = [1e-5, -1e-5].map((shift) => {
          first[k] = shift;
          return loss();
        });
        first[k] = 0;
        return (high - low) / 2e-5;
      });
      near(found, slopes, 1e-9);
    }
  }
});

test("a link holds a forced gate and where it is forced", () => {
  const of = (link) => stateOfLink(`#explorer?${link}`, []);
  const { f, i, o, at } = of("f=0&i=0.3&o=2&at=7");
  assert.deepEqual([f, i, o, at], [0, 0.3, null, 7]);
  assert.equal(of("f=").f, null);
});

test("a link holds no longer text than the page writes", () => {
  const of = (text) => stateOfLink(`#explorer?${new URLSearchParams({ text })}`, []).text;
  assert.deepEqual(
    [0, 20_000, 20_001].map((count) => of("a".repeat(count))?.length),
    [0, 20_000, undefined],
  );
  const many = "’".repeat(1e6); // an hour, if each is a new beginning
  const words = splitWords(`‘it’s’ ${many}a${many}b ${many}`, new Set());
  assert.deepEqual(words, ["it's", `a${many.replaceAll("’", "'")}b`]);
});

test("a network owns a negation and a turn that do not change its side, and the words that it does not know", () => {
  const read = (text) => ["start", ...text.split(" ")].map((word, t) => ({ word, kind: t ? "word" : "start" }));
  const says = (text, y, other) => admits({ tokens: read(text), y }, other);
  assert.deepEqual(trial(read("i did not like it")), { at: 3, again: "i did like it" });
  assert.deepEqual(trial(read("dull but fun")), { at: 2, again: "fun" });
  for (const text of ["fun", "not", "but fun", "dull but"]) assert.equal(trial(read(text)).again, "");
  assert.equal(says("not bad", [0.5, 0.4, 0.2], 0.3), "Without “not” the verdict stays negative: 30\u00a0%.");
  assert.equal(says("not good", [0.5, 0.4, 0.2], 0.8), "Without “not” the verdict would be 80\u00a0%.");
  assert.match(
    says("dull but fun", [0.5, 0.2, 0.2, 0.3], 0.9),
    /^“but” does not turn the verdict: what follows gets 90\u00a0% alone\.$/,
  );
  assert.equal(says("dull but fun", [0.5, 0.2, 0.2, 0.7], 0.9), ""); // it turns
  assert.equal(says("dull but fun", [0.5, 0.2, 0.2, 0.3], 0.4), ""); // what follows is no turn
  const unknown = ["a", "b", "b", "c", "d", "e"].map((word) => ({ word, kind: "unknown" }));
  assert.equal(unknownWords([{ word: "fun", kind: "word" }, ...unknown]), "“a”, “b”, “c” and 2 more");
});
