/**
 * A network that reads characters and predicts the next one, as in rnn_tutorial/language/characters.py, and drawing from it.
 *
 * The file is what `writer_file` writes: the parameters in the format safetensors, and the alphabet in its metadata.
 */

import { GRUCell, LSTMCell, SimpleRNNCell } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";
import { faultOf, readTensors } from "../widgets/tensors.js";

const FORMAT = "rnn_tutorial.writer";
const CELLS = { 1: SimpleRNNCell, 3: GRUCell, 4: LSTMCell }; // by the blocks of U

/** y_t = softmax(V h_t + b_y), one character after the other. */
export class Writer {
  /**
   * @param {ArrayBuffer} buffer the file
   * @param {string} name what to call it in an error
   * @throws {import("../widgets/tensors.js").ReaderError} if it is not such a file, or not all of it
   */
  constructor(buffer, name) {
    const { metadata, tensors } = readTensors(buffer, name), wrong = faultOf(name);
    const { W, U, b, V, b_y: outputBias, recurrent_b: recurrentB } = tensors;
    if (!metadata[FORMAT] || !W || !U || !b || !V || !outputBias) throw wrong("is no network that writes");
    this.alphabet = [.../** @type {string} */ (JSON.parse(metadata[FORMAT]))];
    this.ids = new Map(this.alphabet.map((character, id) => [character, id]));
    const size = this.alphabet.length, [rows, units] = U.shape, Cell = CELLS[rows / units];
    const shapes = [W.shape, b.shape, V.shape, outputBias.shape].map(String);
    if (!Cell || String(shapes) !== String([[rows, size], [rows], [size, units], [size]]))
      throw wrong("has parts that do not fit together");
    const vectors = [b, ...(recurrentB ? [recurrentB] : [])].map(({ values }) => Float64Array.from(values));
    this.cell = new Cell(new Matrix(rows, size, W.values), new Matrix(rows, units, U.values), ...vectors);
    this.V = new Matrix(size, units, V.values);
    this.outputBias = Float64Array.from(outputBias.values);
    this.oneHot = this.alphabet.map((_, id) => new Float64Array(size).fill(1, id, id + 1));
    this.start();
  }

  /** Forget what was read: h_0 is zeros. */
  start() {
    const zeros = () => Object.fromEntries(this.cell.parts.map((part) => [part, new Float64Array(this.cell.units)]));
    this.state = zeros();
    this.next = zeros();
  }

  /**
   * Read a character, which changes the state.
   *
   * @param {number} id
   */
  read(id) {
    this.cell.step(this.oneHot[id], this.state, this.next, 0);
    [this.state, this.next] = [this.next, this.state];
  }

  /** @returns {Float64Array} y_t: the probability of each character that it comes next */
  probabilities() {
    const y = this.outputBias.slice();
    this.V.addProduct(y, this.state.h);
    const most = Math.max(...y);
    let sum = 0;
    for (let id = 0; id < y.length; id++) sum += y[id] = Math.exp(y[id] - most);
    return y.map((number) => number / sum);
  }

  /**
   * The ids of a text, as `encode` gives them: letters become small, spaces one, and what is not known is dropped.
   *
   * @param {string} text
   * @returns {number[]}
   */
  encode(text) {
    const plain = text.toLowerCase().replace(/[^\S\n]+/gu, " ");
    return [...plain].flatMap((character) => this.ids.get(character) ?? []);
  }
}

/**
 * q ∝ p^(1/τ) for the k most probable, and 0 for all others, as `reshape` of rnn_tutorial/language/ngram_models.py.
 *
 * @param {ArrayLike<number>} p
 * @param {number} temperature τ
 * @param {number} topK
 * @returns {Float64Array}
 */
export function reshape(p, temperature, topK) {
  const most = Math.max(...Array.from(p));
  const q = Float64Array.from(p, (number) => (number / most) ** (1 / temperature));
  const order = Array.from(q.keys()).sort((one, other) => q[other] - q[one] || one - other);
  for (const id of order.slice(topK)) q[id] = 0;
  const sum = q.reduce((total, number) => total + number, 0);
  return q.map((number) => number / sum);
}

/**
 * Draw an id.
 *
 * @param {Float64Array} q the probability of each
 * @param {() => number} random gives a number between 0 and 1
 * @returns {number}
 */
export function draw(q, random) {
  let left = random();
  for (let id = 0; id < q.length; id++) if ((left -= q[id]) < 0) return id;
  return q.findLastIndex((number) => number > 0); // rounding
}
