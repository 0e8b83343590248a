/** The files that rnn_tutorial/pages/widget_files.py writes: a trained network, and the words that it knows. */

import { AverageCell, sigmoid } from "../widgets/cells.js";
import { TensorFile } from "../widgets/tensors.js";

const VERSION = 3;
export const MOST_STEPS = 500; // of padding, in front or behind
export const PADDING = 0;
export const START = 1;
export const UNKNOWN = 2;
const FIRST_WORD = 4;
export const OWN = "own"; // the network of a file that the reader brings
const CALL = "TrainedReader.from_keras(model).to_file(reviews.vocabulary), and open that file";
const WRITE = `Write a simple RNN, an LSTM, a GRU or a bag of words with ${CALL}.`;
const TRAIN = `Train it on reviews = load_reviews(), write it with ${CALL}.`;
const TENSORS = ["E", "E.scale", "W", "U", "b", "recurrent_b", "V", "b_y"];

/** A trained network that reads words: E, with a scale for each row, a cell, and V and c, with y_t = σ(V h_t + c). */
export class Model {
  constructor(buffer, name, own = false) {
    const file = new TensorFile(buffer, name, own ? WRITE : undefined);
    const { about, tensors } = file;
    this.file = file;
    this.own = own;
    const foreign = Object.keys(tensors).filter((key) => !TENSORS.includes(key));
    if (foreign.length) throw file.fault(`holds what no network of this site has: ${foreign.join(", ").slice(0, 60)}`);
    if (!about.network) throw file.fault("is no network of this site");
    if (about.version !== VERSION) throw file.fault(`has the format ${about.version}, not ${VERSION}`);
    this.length = about.length; // the ids that it was trained to read at most
    const E = file.tensor("E", -1, -1);
    this.words = E.shape[0];
    this.inputs = E.shape[1];
    this.rows = E.values;
    this.scale = file.vector("E.scale", this.words);
    this.cell = about.network === "bag_of_words" ? new AverageCell(this.inputs) : file.cell(this.inputs);
    this.V = file.matrix("V", 1, this.cell.units).values;
    this.outputBias = file.vector("b_y", 1)[0];
  }

  /** Refuse a network that reads other words than the page's, which the file of a reader's own one lists. */
  compare({ ids, size }) {
    const { own, file, words } = this; // there may be more rows than words
    if (words < size) throw file.fault(`knows ${words} ids, the vocabulary ${size}`, own ? TRAIN : undefined);
    if (!own) return;
    const [here, there] = [[...ids.keys()], Array.from(file.about.words ?? [])];
    const k = here.findIndex((word, place) => word !== there[place]);
    if (here.length !== there.length) throw file.fault(`lists ${there.length} words, the page ${here.length}`, TRAIN);
    if (k >= 0) throw file.fault(`has another vocabulary: word ${k + 1} is “${there[k]}”, here “${here[k]}”`, TRAIN);
  }

  /** x_t, the row of E that belongs to an id. */
  embed(id) {
    const row = this.rows.subarray(id * this.inputs, (id + 1) * this.inputs);
    return Float64Array.from(row, (q) => Math.fround(q * this.scale[id]));
  }

  readOut(h) {
    const { V, outputBias, cell } = this;
    const sum = (t) => V.reduce((a, number, k) => a + number * h[t * V.length + k], outputBias);
    return Float64Array.from({ length: h.length / cell.units }, (_, t) => sigmoid(sum(t)));
  }

  /** ∂y_t/∂h_t = y_t (1 - y_t) V. */
  gradientOfOutput(y_t) {
    return this.V.map((number) => y_t * (1 - y_t) * number);
  }
}

// As in rnn_tutorial/sentiment/vocabulary.py: what parts words outside ASCII, and what is typed for a straight apostrophe.
// biome-ignore lint/suspicious/noMisleadingCharacterClass: each of the joiners and selectors is meant alone
const MARKS = /(?!['‘’ʼ′´])[\p{P}\p{S}\p{Z}\p{Cc}\ufe0e\ufe0f\u20e3]/gu;
const APOSTROPHES = /[‘’ʼ′´]/g;
const AT_ENDS = /^[‘’ʼ′´]+|(?<![‘’ʼ′´])[‘’ʼ′´]+$/g; // without what is before, many would take the square of their number

/** Split a word that has more than ASCII and is not known. */
function plainWords(word) {
  const parts = word.replace(MARKS, " ").split(" ");
  const straight = parts.map((part) => part.replace(AT_ENDS, "").replace(APOSTROPHES, "'"));
  return straight.filter((part) => /[\p{L}\p{N}]/u.test(part));
}

/** Split a text into words as rnn_tutorial.sentiment.vocabulary.tokenize does; `known` words stay as they are. */
export function splitWords(text, known) {
  const lower = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const words = lower
    .replace(/[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~\t\n]/g, " ")
    .split(" ")
    .filter(Boolean);
  return words.flatMap((word) => (/[^\0-\x7f]/.test(word) && !known.has(word) ? plainWords(word) : word));
}

/** The words that a network knows, and their ids; the file has a word a line, the most frequent first. */
export class Vocabulary {
  constructor(file) {
    const words = file.split("\n").filter(Boolean);
    this.size = FIRST_WORD + words.length;
    this.ids = new Map(words.map((word, place) => [word, FIRST_WORD + place]));
  }

  id(word) {
    return this.ids.get(word) ?? UNKNOWN;
  }
}
