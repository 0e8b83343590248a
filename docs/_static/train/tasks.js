/** Tasks, as in rnn_tutorial/theory/tasks.py: minimal pairs, of which the two come one after the other. */

import { oneHot } from "../widgets/matrix.js";
import { below } from "../widgets/random.js";

export const CHANCE = Math.LN2; // the lowest loss without the order
export const WORDS = ["not", "good", "but", "bad", "the", "film", "was", "it", "so", "then"];
const PHRASES = ["not good but bad", "not bad but good"].map((phrase) =>
  phrase.split(" ").map((word) => WORDS.indexOf(word)),
);
export const SYMBOLS = ["A", "B", "c", "d", "e", "f"];
export const WINDOW = 10; // steps among which A and B are
const DISTRACTORS = SYMBOLS.length - 2;

const OF_WORDS = oneHot(WORDS.length);
const OF_ORDER = oneHot(SYMBOLS.length);

/** Examples of pairs, given by which input is 1 at each step. */
function pairsOf(symbols, vectors) {
  const sequences = symbols.map((read) => read.map((symbol) => vectors[symbol]));
  return { symbols, sequences, targets: symbols.map((_, k) => k % 2) };
}

/** Sentences with "not good but bad" (class 0) and "not bad but good" (class 1), which begin anywhere or at `start`. */
export function sameWords(count, random, { length = 12, start = null } = {}) {
  const symbols = [];
  for (let pair = 0; pair < count / 2; pair++) {
    const words = Array.from({ length }, () => 4 + below(WORDS.length - 4, random));
    const place = start ?? below(length - 3, random);
    for (const phrase of PHRASES) symbols.push([...words.slice(0, place), ...phrase, ...words.slice(place + 4)]);
  }
  return pairsOf(symbols, OF_WORDS);
}

/** A before B (class 0) and B before A (class 1) anywhere in the first steps, or at `places`; `lag` steps follow. */
export function temporalOrder(count, lag, random, places = null) {
  const symbols = [];
  for (let pair = 0; pair < count / 2; pair++) {
    const read = Array.from({ length: WINDOW + lag }, () => 2 + below(DISTRACTORS, random));
    const one = below(WINDOW, random);
    const two = (one + 1 + below(WINDOW - 1, random)) % WINDOW;
    const [first, second] = places ?? [Math.min(one, two), Math.max(one, two)];
    for (const member of [0, 1]) symbols.push(Object.assign([...read], { [first]: member, [second]: 1 - member }));
  }
  return pairsOf(symbols, OF_ORDER);
}
