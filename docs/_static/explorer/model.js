/**
 * The files that rnn_tutorial/pages/widget_files.py writes: a trained network, and the words that it knows.
 *
 * A network is a file in the format safetensors. E has 8 bits a number and a scale for each row, W and U have 16 bits a
 * number, the rest 32.
 */

import { AverageCell, GRUCell, LSTMCell, SimpleRNNCell, sigmoid } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";
import { faultOf, readTensors } from "../widgets/tensors.js";

export const FORMAT = "rnn_tutorial";
export const VERSION = 2;
export const MOST_STEPS = 500; // of padding, in front or behind
export const PADDING = 0, START = 1, UNKNOWN = 2, FIRST_WORD = 4;

/** What a file says of its network; undefined if it says nothing that can be read. */
function aboutNetwork(metadata) {
  try {
    return JSON.parse(metadata[FORMAT]);
  } catch {
    return undefined;
  }
}

/** A cell is known by the blocks of U, each of which has a row a unit. Without U the network is a bag of words. */
const CELLS = { 1: SimpleRNNCell, 3: GRUCell, 4: LSTMCell };

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

    this.length = about.length; // the ids that it was trained to read at most
    const { shape: [words, inputs], values } = tensor("E", -1, -1);
    this.words = words;
    this.inputs = inputs;
    this.rows = values;
    this.scale = tensor("E.scale", this.words).values;
    if (!tensors.W && !tensors.U) this.cell = new AverageCell(this.inputs);
    else {
      const [rows, units] = tensor("U", -1, -1).shape, Cell = CELLS[rows / units];
      if (!Cell) throw wrong(`holds a cell with ${rows} rows in U for ${units} units, which this page does not know`);
      const W = matrix("W", rows, this.inputs), U = matrix("U", rows, units);
      const biases = Cell === GRUCell ? ["b", "recurrent_b"] : ["b"];
      this.cell = new Cell(W, U, ...biases.map((name) => Float64Array.from(tensor(name, rows).values)));
    }
    this.V = Float64Array.from(tensor("V", 1, this.cell.units).values);
    this.outputBias = tensor("b_y", 1).values[0];
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
    const { V, outputBias, cell } = this;
    return Float64Array.from({ length: h.length / cell.units }, (_, t) => {
      let a = outputBias;
      for (let k = 0; k < V.length; k++) a += V[k] * h[t * V.length + k];
      return sigmoid(a);
    });
  }

  /** ∂y_t/∂h_t = y_t (1 - y_t) V. */
  gradientOfOutput(y_t) {
    return this.V.map((number) => y_t * (1 - y_t) * number);
  }
}

// As in rnn_tutorial/sentiment/reviews.py: what parts words outside ASCII, and what is typed for a straight apostrophe.
const MARKS = /(?!['‘’ʼ′´])[\p{P}\p{S}\p{Z}\p{Cc}\ufe0e\ufe0f\u20e3]/gu;
const APOSTROPHES = /[‘’ʼ′´]/g;

/** A part of a word without apostrophes at its ends; /[‘’ʼ′´]+$/ would take the square of their number. */
function stripped(part) {
  let from = 0, to = part.length;
  while ("‘’ʼ′´".includes(part[from] ?? " ")) from++;
  while (to > from && "‘’ʼ′´".includes(part[to - 1])) to--;
  return part.slice(from, to);
}

/** Split a word that has more than ASCII and is not known. */
function plainWords(word) {
  const parts = word.replace(MARKS, " ").split(" ");
  const straight = parts.map((part) => stripped(part).replace(APOSTROPHES, "'"));
  return straight.filter((part) => /[\p{L}\p{N}]/u.test(part));
}

/**
 * Split a text into words as rnn_tutorial.sentiment.vocabulary.tokenize does: only ASCII letters become lower-case.
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
