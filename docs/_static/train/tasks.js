/** Tasks, as in rnn_tutorial/theory/tasks.py. */

import { oneHot } from "../widgets/matrix.js";
import { below } from "../widgets/random.js";

export const CHANCE = Math.LN2; // the lowest loss without the order
export const WORDS = ["not", "good", "but", "bad", "the", "film", "was", "it", "so", "then"];
const PHRASES = ["not good but bad", "not bad but good"].map((phrase) =>
  phrase.split(" ").map((word) => WORDS.indexOf(word)),
);
export const LETTERS = ["a", "b", "c", "d"];

export const TILES = ["not", "bad", "but", "good", "so"];
const EXCHANGED = [0, 3, 2, 1, 4]; // good for bad, bad for good

const OF_WORDS = oneHot(WORDS.length);
export const OF_TILES = oneHot(TILES.length);
const OF_LETTERS = oneHot(LETTERS.length);

/** Examples, given which input is 1 at each step. */
function examplesOf(symbols, vectors, targets) {
  return { symbols, sequences: symbols.map((read) => read.map((symbol) => vectors[symbol])), targets };
}

/**
 * Pairs of sentences, with "not good but bad" (class 0) and "not bad but good" (class 1), which begin anywhere or at
 * `start`.
 */
export function sameWords(count, random, { length = 12, start = null } = {}) {
  const symbols = [];
  for (let pair = 0; pair < count / 2; pair++) {
    const words = Array.from({ length }, () => 4 + below(WORDS.length - 4, random));
    const place = start ?? below(length - 3, random);
    for (const phrase of PHRASES) symbols.push([...words.slice(0, place), ...phrase, ...words.slice(place + 4)]);
  }
  const targets = symbols.map((_, k) => k % 2);
  return examplesOf(symbols, OF_WORDS, targets);
}

/** Which letter was the first of `length`? */
export function firstLetter(count, length, random) {
  const draw = () => Array.from({ length }, () => below(LETTERS.length, random));
  const symbols = Array.from({ length: count }, draw);
  const targets = symbols.map(([first]) => first);
  return examplesOf(symbols, OF_LETTERS, targets);
}

/** Whether tiles praise: *not* turns the next good or bad round, *but* begins anew; null if neither occurs. */
export function praises(read) {
  let turned = false;
  let praise = null;
  for (const tile of read) {
    if (TILES[tile] === "not") turned = true;
    if (TILES[tile] === "but") turned = false;
    if (!["good", "bad"].includes(TILES[tile])) continue;
    praise = (TILES[tile] === "good") !== turned;
    turned = false;
  }
  return praise;
}

/** Sentences of four tiles that end in good or bad, each with that where these are exchanged, and `gap` times *so*. */
export function verdicts(count, gap, random) {
  const symbols = [];
  for (let pair = 0; pair < count / 2; pair++) {
    const read = [...Array.from({ length: 3 }, () => below(TILES.length, random)), 1 + 2 * below(2, random)];
    for (const words of [read, read.map((tile) => EXCHANGED[tile])]) symbols.push([...words, ...Array(gap).fill(4)]);
  }
  const targets = symbols.map((read) => Number(praises(read)));
  return examplesOf(symbols, OF_TILES, targets);
}
