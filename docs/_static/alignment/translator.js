/** The encoder-decoder of rnn_tutorial/language/translator.py, with attention, and the rules of its dictation. */

import { softmax } from "../widgets/cells.js";
import { Matrix, oneHot } from "../widgets/matrix.js";
import { largestFirst } from "../widgets/numbers.js";
import { Unrolled, zeros } from "../widgets/recurrence.js";
import { TensorFile } from "../widgets/tensors.js";

export const END = 10; // the output that ends a number
const DIGITS = oneHot(END + 1);

export class Translator {
  constructor(buffer, name) {
    const file = new TensorFile(buffer, name);
    const { words } = file.about;
    const whole = Array.isArray(words) && words.every((word) => typeof word === "string");
    if (!whole) throw file.fault("is no translator that this page knows");
    this.words = words;
    this.encoder = file.cell(this.words.length, "encoder.");
    this.decoder = file.cell(DIGITS.length, "decoder.");
    this.units = this.encoder.units;
    this.A = file.matrix("A", this.units, this.decoder.units);
    this.V = file.matrix("V", DIGITS.length, 2 * this.units);
    this.b_y = file.vector("b_y", DIGITS.length);
  }

  /** Write the most probable digit, and read it at the next step, until the end: 3/2 digits a word and two at most. */
  translate(dictated) {
    const { encoder, decoder, A, V, b_y, units, words } = this;
    const vectors = oneHot(words.length);
    const inputs = dictated.map((word) => vectors[words.indexOf(word)]);
    const states = new Unrolled(encoder, dictated.length).forward(inputs).h;
    const keys = new Matrix(dictated.length, units, states);
    let before = zeros(decoder.parts, units);
    let after = zeros(decoder.parts, units);
    let last = END;
    before.h.set(states.subarray(-units));
    const written = [];
    for (let t = 0; t < Math.floor((3 * dictated.length) / 2) + 2; t++) {
      decoder.step(DIGITS[last], before, after);
      const query = new Float64Array(units);
      const weights = new Float64Array(dictated.length);
      const read = new Float64Array(2 * units); // [s_t; h̄_t]
      A.addProduct(query, after.h);
      keys.addProduct(weights, query);
      softmax(weights);
      read.set(after.h);
      keys.addTransposedProduct(read.subarray(units), weights);
      const probabilities = b_y.slice();
      V.addProduct(probabilities, read);
      softmax(probabilities);
      last = largestFirst(probabilities)[0];
      written.push({ digit: last, probability: probabilities[last], probabilities, weights });
      [before, after] = [after, before];
      if (last === END) break;
    }
    return written;
  }
}

/** Say a number in words of the file; wherever it is possible and `old()`, in the old way, "four and twenty". */
export function dictate(digits, words, old = () => true) {
  const dictated = [];
  for (let at = 0; at < digits.length; ) {
    const first = digits[at];
    const [next, later] = [digits[at + 1], digits[at + 2]];
    const triple = first === next && first === later ? 3 : 2;
    const repeated = first === next ? triple : 1;
    if (repeated > 1) dictated.push(repeated === 2 ? "double" : "triple", words[Number(first)]);
    else if (first >= "2" && next && next !== "0" && next !== later && old()) {
      dictated.push(words[Number(next)], "and", words[Number(first) + 8]);
      at++;
    } else dictated.push(words[Number(first)]);
    at += repeated;
  }
  return dictated;
}

/** Write a dictated number in digits, by the rules; null if the words do not follow them. */
export function takeDown(dictated, words) {
  let digits = "";
  for (let at = 0; at < dictated.length; at++) {
    const [first, next, tens] = [dictated[at], dictated[at + 1], dictated[at + 2]].map((word) => words.indexOf(word));
    const isDigit = (id) => id >= 0 && id < 10;
    if (dictated[at + 1] === "and" && isDigit(first) && first > 0 && tens >= 10 && tens < 18) {
      digits += `${tens - 8}${first}`;
      at += 2;
    } else if (["double", "triple"].includes(dictated[at]) && isDigit(next) && dictated[at + 2] !== "and") {
      digits += String(next).repeat(dictated[at] === "double" ? 2 : 3);
      at++;
    } else if (isDigit(first)) digits += first;
    else return null;
  }
  return digits;
}
