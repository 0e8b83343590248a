/**
 * Reads texts, away from the page, so that the page stays quick while a network computes.
 *
 * Each request, an id, a part of link.js's state and the `files`, {vocabulary: {url, bytes}, lstm: {url, bytes}, …}, is
 * answered once, by {id, reading} or by {id, error}; while a file comes, {id, loaded} says which share has. A file with
 * the name `own` is the reader's. With `why` the answer is {id, why}: the `gradient` times input, ∂y_T/∂x_t · x_t, and
 * `leftOut`, y_T less what it is without the step, null for a long text. Both are of the gates as learned.
 *
 * A reading has, one a step, tokens, y_t and, as one array each, x_t and the parts of the states: of a simple RNN also
 * the terms of its sum, `past` U h_{t-1} and `input` W x_t + b; a GRU's `recurrent` is what its reset gate scales. The
 * gradients are ∂y_T/∂h_t and, for an LSTM, ∂y_T/∂c_t, the norms their lengths. Of the text's `words` the first ones
 * are `left` out if it is too long, and what is no word, such as an emoji, is `dropped`. Where the request forces gates,
 * `learned` is y_t without that.
 */

import { AverageCell, SimpleRNNCell } from "../widgets/cells.js";
import { fetchFile, ReaderError, wordsOf } from "../widgets/errors.js";
import { randomNumbers } from "../widgets/random.js";
import { normsByStep, Unrolled, zeros } from "../widgets/recurrence.js";
import { forcedCell } from "./forced.js";
import { MOST_STEPS, Model, PADDING, START, splitWords, UNKNOWN, Vocabulary } from "./model.js";

const MOST_LEFT_OUT = 100; // steps; each costs a reading
const opened = new Map();

function open(name, { url, bytes, own }, progress) {
  if (!opened.has(url)) {
    const file = load();
    opened.set(url, file);
    file.catch(() => opened.delete(url)); // to be tried again
  }
  return opened.get(url);
  async function load() {
    const { answer, title, lost } = await fetchFile(url, "Try again.");
    let had = 0;
    const transform = (piece, passed) => {
      had += piece.length;
      progress(Math.min(1, had / bytes));
      passed.enqueue(piece);
    };
    const counted = answer.body.pipeThrough(new TransformStream({ transform }));
    const buffer = await new Response(counted).arrayBuffer().catch(lost); // a connection may also end half way
    if (name !== "vocabulary") return new Model(buffer, own ?? title, Boolean(own));
    return new Vocabulary(new TextDecoder().decode(buffer));
  }
}

/** Put words into another order, each order as likely as any other (Fisher and Yates). */
function shuffled(words, seed) {
  const random = randomNumbers(seed);
  const mixed = [...words];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
}

/** Turn a text into the steps that a network takes: the start, the words, the padding. */
function tokenise({ text, shuffle = null, padding = "none", steps = 0 }, vocabulary, length) {
  const words = splitWords(text, vocabulary.ids);
  if (!words.length) throw new ReaderError("There is no word in the text yet. Type one, or choose a review.");
  const start = { word: "start", id: START, kind: "start" };
  const kept = words.length + 1 > length ? words.slice(-length) : words;
  const named = (shuffle === null ? kept : shuffled(kept, shuffle)).map((word) => {
    const id = vocabulary.id(word);
    return { word, id, kind: id === UNKNOWN ? "unknown" : "word" };
  });
  const read = kept === words ? [start, ...named] : named;
  const count = padding === "none" ? 0 : Math.max(0, Math.min(MOST_STEPS, Math.round(steps) || 0));
  const empty = Array.from({ length: count }, () => ({ word: "padding", id: PADDING, kind: "padding" }));
  const tokens = padding === "front" ? [...empty, ...read] : [...read, ...empty];
  const dropped = [...new Set(text.split(/\s+/).filter((piece) => piece && !splitWords(piece, vocabulary.ids).length))];
  return { tokens, words: words.length, left: words.length - kept.length, dropped };
}

/** The two terms of a simple RNN's sum, for each step: U h_{t-1}, and W x_t + b. */
function termsOf({ U, W, b, units }, inputs, h) {
  const terms = zeros(["past", "input"], h.length);
  const at = (values, t) => values.subarray(t * units, (t + 1) * units);
  inputs.forEach((x_t, t) => {
    at(terms.input, t).set(b);
    W.addProduct(at(terms.input, t), x_t);
    if (t) U.addProduct(at(terms.past, t), at(h, t - 1));
  });
  return terms;
}

/** ∂y_T/∂x_t · x_t for each step. By the chain rule it is ∂y_T/∂a_t · W x_t. */
function gradientTimesInput(network, inputs, mask, gradLast) {
  const { cell } = network;
  const read = inputs.map((_, t) => !mask || mask[t]);
  const n = read.filter(Boolean).length;
  const dot = (v, w) => v.reduce((sum, number, k) => sum + number * w[k], 0);
  if (cell instanceof AverageCell) return Float32Array.from(inputs, (x_t, t) => (read[t] ? dot(gradLast, x_t) / n : 0));
  const found = new Float32Array(inputs.length);
  network.backward(gradLast, mask, (t) => {
    const product = new Float64Array(cell.delta.length);
    cell.W.addProduct(product, inputs[t - 1]);
    found[t - 1] = dot(cell.delta, product);
  });
  return found;
}

/** What each step adds to y_T: y_T less what it is where the state skips that step. */
function leftOut(model, network, inputs, mask, last) {
  return Float32Array.from(inputs, (_, t) => {
    const without = Uint8Array.from(inputs, (_, s) => (s !== t && (!mask || mask[s]) ? 1 : 0));
    const { h } = network.forward(inputs, without);
    return last - model.readOut(h.subarray(-network.cell.units))[0];
  });
}

export function read(request, model, vocabulary) {
  const { tokens, words, left, dropped } = tokenise(request, vocabulary, model.length);
  const cell = request.why ? model.cell : forcedCell(model.cell, request);
  const inputs = tokens.map(({ id }) => model.embed(id));
  const mask = request.mask ? tokens.map(({ kind }) => (kind === "padding" ? 0 : 1)) : null;
  const network = new Unrolled(cell, inputs.length);
  const states = network.forward(inputs, mask);
  const y = model.readOut(states.h);
  const gradLast = model.gradientOfOutput(y.at(-1));
  if (request.why) {
    const gradient = gradientTimesInput(network, inputs, mask, gradLast);
    const without = tokens.length > MOST_LEFT_OUT ? null : leftOut(model, network, inputs, mask, y.at(-1));
    return { gradient, leftOut: without };
  }
  const gradients = network.backward(gradLast, mask);
  const terms = cell instanceof SimpleRNNCell ? termsOf(cell, inputs, states.h) : {};
  const single = (parts) => Object.fromEntries(Object.entries(parts).map(([part, v]) => [part, Float32Array.from(v)]));
  const norms = Object.entries(gradients).map(([part, values]) => [part, normsByStep(values, cell.units)]);
  const x = Float32Array.from(inputs.flatMap((input) => [...input]));
  const about = { recurrent: !(cell instanceof AverageCell), units: cell.units, tokens, words, left, dropped };
  const learned =
    cell === model.cell ? null : model.readOut(new Unrolled(model.cell, inputs.length).forward(inputs, mask).h);
  const numbers = { x, learned, y: Float32Array.from(y), norms: Object.fromEntries(norms) };
  return { ...about, ...numbers, states: single({ ...states, ...terms }), gradients: single(gradients) };
}

async function answer({ files, ...request }) {
  const progress = (loaded) => postMessage({ id: request.id, loaded });
  try {
    const vocabulary = await open("vocabulary", files.vocabulary, () => {});
    const model = await open(request.network, files[request.network], progress);
    model.compare(vocabulary);
    const reading = /** @type {any} */ (read(request, model, vocabulary));
    if (request.why) return postMessage({ id: request.id, why: reading });
    const arrays = [reading.x, reading.y, ...[reading.states, reading.gradients, reading.norms].flatMap(Object.values)];
    postMessage({ id: request.id, reading }, { transfer: arrays.map((array) => array.buffer) });
  } catch (error) {
    postMessage({ id: request.id, error: wordsOf(error) });
  }
}

addEventListener("message", ({ data }) => answer(data));
