/**
 * The files that rnn_tutorial/explorer.py writes: a trained network, and the words that it knows.
 *
 * A network is a file in the format safetensors: eight bytes that say how long the header is, the header in JSON, and
 * the numbers. E has 8 bits a number and a scale for each row, W and U have 16 bits a number, the rest 32.
 *
 * @typedef {{shape: number[], values: ArrayLike<number>}} Tensor
 */

import { AverageCell, LSTMCell, Matrix, SimpleRNNCell, sigmoid } from "./recurrence.js";

export const FORMAT = "rnn_tutorial.explorer";
export const VERSION = 1;
export const MOST_STEPS = 500; // of padding, in front or behind
export const PADDING = 0, START = 1, UNKNOWN = 2, FIRST_WORD = 4;

/** What went wrong, in words for a reader. */
export class ReaderError extends Error {}

/** A function that makes an error of what is wrong with a file. */
export const faultOf = (name) => (what) =>
  new ReaderError(`The file ${name} ${what}. Reload the page, or build the site again.`);

const KINDS = { I8: Int8Array, I32: Int32Array, F16: Uint16Array, F32: Float32Array, F64: Float64Array };

/** The number that 16 bits stand for: a sign, five bits of exponent, ten of fraction. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return NaN; // or infinite, which is no weight either
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

/**
 * Read a file in the format safetensors.
 *
 * @param {ArrayBuffer} buffer the file
 * @param {string} name what to call it in an error
 * @returns {{metadata: {[name: string]: string}, tensors: {[name: string]: Tensor}}}
 * @throws {ReaderError} if it is not such a file, or not all of it
 */
export function readTensors(buffer, name) {
  const wrong = faultOf(name);
  if (buffer.byteLength < 8) throw wrong(`has ${buffer.byteLength} bytes, which is no model`);
  const length = Number(new DataView(buffer).getBigUint64(0, true)), start = 8 + length;
  if (start > buffer.byteLength) throw wrong("is cut off, or is no model");
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length)));
  } catch {
    throw wrong("has a header that cannot be read");
  }
  const { __metadata__: metadata = {}, ...entries } = header ?? {};
  const tensors = {};
  for (const [key, entry] of Object.entries(entries)) {
    const kind = KINDS[entry?.dtype], [from, to] = entry?.data_offsets ?? [];
    const numbers = Array.isArray(entry?.shape) ? entry.shape.reduce((product, size) => product * size, 1) : NaN;
    if (!kind || !(from >= 0) || to - from !== numbers * kind.BYTES_PER_ELEMENT) throw wrong(`has a damaged ${key}`);
    if (start + to > buffer.byteLength) throw wrong("is cut off");
    const values = new kind(buffer.slice(start + from, start + to)); // a copy, for they may begin at any byte
    tensors[key] = { shape: entry.shape, values: entry.dtype === "F16" ? Float64Array.from(values, half) : values };
  }
  return { metadata, tensors };
}

/** What a file says of its network; undefined if it says nothing that can be read. */
function aboutNetwork(metadata) {
  try {
    return JSON.parse(metadata[FORMAT]);
  } catch {
    return undefined;
  }
}

/** A trained network that reads words: E, a cell, and V and c, with y_t = σ(V h_t + c). */
export class Model {
  /**
   * @param {ArrayBuffer} buffer the file
   * @param {string} name what to call it in an error
   * @throws {ReaderError} if it is not such a file, or of another version
   */
  constructor(buffer, name) {
    const { metadata, tensors } = readTensors(buffer, name);
    const wrong = faultOf(name);
    const about = aboutNetwork(metadata);
    if (!about) throw wrong("is no network of this site");
    if (about.version !== VERSION) throw wrong(`has the format ${about.version}, not ${VERSION}`);
    const tensor = (key, ...shape) => {
      const found = tensors[key];
      const fits = found && found.shape.length === shape.length && shape.every((n, k) => n < 0 || n === found.shape[k]);
      if (!fits) throw wrong(`holds no ${key} of the shape that was expected`);
      if (found.values.some((number) => !Number.isFinite(number))) throw wrong(`holds numbers in ${key} that are none`);
      return found;
    };
    const matrix = (key, rows, columns) => new Matrix(rows, columns, tensor(key, rows, columns).values);

    this.network = about.network;
    this.length = about.length; // the ids that it was trained to read at most
    const { shape, values } = tensor("E", -1, -1);
    [this.words, this.inputs] = shape;
    this.rows = values;
    this.scale = tensor("E.scale", this.words).values;
    if (this.network === "bag_of_words") this.cell = new AverageCell(this.inputs);
    else {
      const blocks = { simple_rnn: 1, lstm: 4 }[this.network];
      if (!blocks) throw wrong(`holds the network “${this.network}”, which this page does not know`);
      const [rows, units] = tensor("U", -1, -1).shape;
      if (rows !== blocks * units) throw wrong("holds no U of the shape that was expected");
      const W = matrix("W", rows, this.inputs), U = matrix("U", rows, units);
      const b = Float64Array.from(tensor("b", rows).values);
      this.cell = blocks === 4 ? new LSTMCell(W, U, b) : new SimpleRNNCell(W, U, b);
    }
    this.V = Float64Array.from(tensor("V", 1, this.cell.units).values);
    [this.c] = tensor("c", 1).values;
  }

  /** x_t, the row of E that belongs to an id. */
  embed(id) {
    const scale = this.scale[id], row = this.rows.subarray(id * this.inputs, (id + 1) * this.inputs);
    return Float64Array.from(row, (q) => Math.fround(q * scale));
  }

  /**
   * y_t = σ(V h_t + c) for each step.
   *
   * @param {Float64Array} h time · units numbers
   * @returns {Float64Array}
   */
  readOut(h) {
    const { V, c, cell } = this;
    return Float64Array.from({ length: h.length / cell.units }, (_, t) => {
      let z = c;
      for (let k = 0; k < V.length; k++) z += V[k] * h[t * V.length + k];
      return sigmoid(z);
    });
  }

  /** ∂y_t/∂h_t = y_t (1 - y_t) V. */
  gradientOfOutput(y_t) {
    return this.V.map((number) => y_t * (1 - y_t) * number);
  }
}

// As in rnn_tutorial/reviews.py: what parts words outside ASCII, and what is typed for a straight apostrophe.
const MARKS = /(?!['‘’ʼ′´])[\p{P}\p{S}\p{Z}\p{Cc}\ufe0e\ufe0f\u20e3]/gu;
const APOSTROPHES = /[‘’ʼ′´]/g, AT_AN_END = /^[‘’ʼ′´]+|[‘’ʼ′´]+$/g;

/** Split a word that has more than ASCII and is not known. */
function plainWords(word) {
  const parts = word.replace(MARKS, " ").split(" ");
  const straight = parts.map((part) => part.replace(AT_AN_END, "").replace(APOSTROPHES, "'"));
  return straight.filter((part) => /[\p{L}\p{N}]/u.test(part));
}

/**
 * Split a text into words as rnn_tutorial.reviews.split_words does: only ASCII letters become lower-case.
 *
 * @param {string} text
 * @param {{has: (word: string) => boolean}} known the words that stay as they are
 */
export function splitWords(text, known) {
  const lower = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const words = lower.replace(/[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~\t\n]/g, " ").split(" ").filter(Boolean);
  return words.flatMap((word) => (/[^\0-\x7f]/.test(word) && !known.has(word) ? plainWords(word) : word));
}

/** The words that a network knows, and their ids. */
export class Vocabulary {
  /** @param {string} file a word a line, the most frequent first */
  constructor(file) {
    const words = file.split("\n").filter(Boolean);
    this.size = FIRST_WORD + words.length;
    this.ids = new Map(words.map((word, place) => [word, FIRST_WORD + place]));
  }

  /** The id of a word. */
  id(word) {
    return this.ids.get(word) ?? UNKNOWN;
  }
}
