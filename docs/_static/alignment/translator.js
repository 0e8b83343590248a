/**
 * The encoder-decoder of rnn_tutorial/language/translator.py: a GRU reads words, a GRU writes digits, with attention.
 *
 * The rules of a dictation are those of rnn_tutorial/language/dictation.py.
 */

import { GRUCell } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";
import { unroll } from "../widgets/recurrence.js";
import { faultOf, readTensors } from "../widgets/tensors.js";

const FORMAT = "rnn_tutorial.translator", VERSION = 1;
export const END = 10; // the output that ends a number
const OUTPUTS = END + 1;

/** Turn scores into their softmax, in place. */
function softmax(a) {
  const most = Math.max(...a);
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] = Math.exp(a[k] - most);
  for (let k = 0; k < a.length; k++) a[k] /= sum;
  return a;
}

const oneHot = (size, place) => new Float64Array(size).fill(1, place, place + 1);
const argmax = (numbers) => numbers.indexOf(Math.max(...numbers));

/** What the file says of itself; an empty object if that cannot be read. */
function about(metadata) {
  try {
    return JSON.parse(metadata[FORMAT]);
  } catch {
    return {};
  }
}

export class Translator {
  /**
   * @param {ArrayBuffer} buffer the file
   * @param {string} name what to call it in an error
   * @throws {import("../widgets/tensors.js").ReaderError} if it is not such a file, or of another version
   */
  constructor(buffer, name) {
    const { metadata, tensors } = readTensors(buffer, name), { version, words } = about(metadata);
    const wrong = faultOf(name);
    if (version !== VERSION) throw wrong("is no translator that this page knows");
    const units = tensors.A?.shape[0];
    const numbers = (key, ...shape) => {
      if (tensors[key]?.shape.join() !== shape.join()) throw wrong(`holds no ${key} of the shape that was expected`);
      return Float64Array.from(tensors[key].values);
    };
    const matrix = (key, rows, columns) => new Matrix(rows, columns, numbers(key, rows, columns));
    const cell = (part, inputs) => new GRUCell(
      matrix(`${part}.W`, 3 * units, inputs), matrix(`${part}.U`, 3 * units, units),
      numbers(`${part}.b`, 3 * units), numbers(`${part}.recurrent_b`, 3 * units));
    /** @type {string[]} */
    this.words = words;
    this.units = units;
    this.encoder = cell("encoder", words.length);
    this.decoder = cell("decoder", OUTPUTS);
    this.A = matrix("A", units, units);
    this.V = matrix("V", OUTPUTS, 2 * units);
    this.b_y = numbers("b_y", OUTPUTS);
  }

  /**
   * Write the most probable digit at each step, and read it at the next one, until the number ends.
   *
   * @param {string[]} said words that it knows, at least one
   * @returns {{digit: number, probability: number, probabilities: Float64Array, weights: Float64Array}[]} what is
   *   written, at most 3/2 digits a word and two; `weights` has a number for each word
   */
  translate(said) {
    const { encoder, decoder, A, V, b_y, units, words } = this;
    const states = unroll(encoder, said.map((word) => oneHot(words.length, words.indexOf(word)))).h;
    const keys = new Matrix(said.length, units, states), room = () => unroll(decoder, [new Float64Array(OUTPUTS)]);
    let before = room(), after = room(), last = END;
    before.h.set(states.subarray(-units));
    const written = [];
    for (let t = 0; t < Math.floor((3 * said.length) / 2) + 2; t++) {
      decoder.step(oneHot(OUTPUTS, last), before, after);
      const query = new Float64Array(units), weights = new Float64Array(said.length);
      const read = new Float64Array(2 * units); // [s_t; h̄_t]
      A.addProduct(query, after.h);
      keys.addProduct(weights, query);
      softmax(weights);
      read.set(after.h);
      keys.addTransposedProduct(read.subarray(units), weights);
      const probabilities = b_y.slice();
      V.addProduct(probabilities, read);
      softmax(probabilities);
      last = argmax(probabilities);
      written.push({ digit: last, probability: probabilities[last], probabilities, weights });
      [before, after] = [after, before];
      if (last === END) break;
    }
    return written;
  }
}

/**
 * Say a number in words; the old way, "four and twenty", wherever it is possible and chosen.
 *
 * @param {string} digits
 * @param {string[]} words those of the file: the ten digits, twenty to ninety, and, double, triple
 * @param {() => boolean} old whether a pair is said in the old way
 */
export function dictate(digits, words, old = () => true) {
  const said = [];
  for (let at = 0; at < digits.length;) {
    const first = digits[at], [next, later] = [digits[at + 1], digits[at + 2]];
    const repeated = first === next ? (first === later ? 3 : 2) : 1;
    if (repeated > 1) said.push(repeated === 2 ? "double" : "triple", words[Number(first)]);
    else if (first >= "2" && next && next !== "0" && next !== later && old()) {
      said.push(words[Number(next)], "and", words[Number(first) + 8]);
      at++;
    } else said.push(words[Number(first)]);
    at += repeated;
  }
  return said;
}

/**
 * Write a dictated number in digits, by the rules.
 *
 * @param {string[]} said
 * @param {string[]} words
 * @returns {string?} null if the words do not follow the rules
 */
export function takeDown(said, words) {
  let digits = "";
  for (let at = 0; at < said.length; at++) {
    const [first, next, tens] = [said[at], said[at + 1], said[at + 2]].map((word) => words.indexOf(word));
    const isDigit = (id) => id >= 0 && id < 10;
    if (said[at + 1] === "and" && isDigit(first) && first > 0 && tens >= 10 && tens < 18) {
      digits += `${tens - 8}${first}`;
      at += 2;
    } else if (["double", "triple"].includes(said[at]) && isDigit(next) && said[at + 2] !== "and") {
      digits += String(next).repeat(said[at] === "double" ? 2 : 3);
      at++;
    } else if (isDigit(first)) digits += first;
    else return null;
  }
  return digits;
}
