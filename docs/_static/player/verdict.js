/** What two networks made of a sentence: where they part, what moved each most, and the page that explains it. */

import { negationAt, owned, quoted, unknownWords } from "../explorer/owned.js";
import { changes, largest } from "../explorer/sentences.js";
import { percent, signed } from "../widgets/numbers.js";

export const NAMES = ["LSTM", "simple RNN"];
const APART = 0.2; // so far the two are when they count as parted
const LINKS = {
  unknown: ["Why a word can be unknown", "sentiment/reviews.html#from-words-to-ids"],
  negation: ["What “not” does to a network", "sentiment/word-order.html"],
  parted: ["What an LSTM adds to a simple RNN", "theory/lstm.html"],
  close: ["What a word does to the state", "theory/recurrence.html"],
};

const points = (move) => (move > 0 ? "+" : "") + signed(100 * move, 0);
const whole = (probability) => Math.round(100 * probability);

/** The step, from 0, at which two curves part for good, or whose gap grows most there; null if they end close. */
export function partedAt([one, other]) {
  const gaps = Array.from(one, (y, t) => Math.abs(y - other[t]));
  if (gaps.at(-1) < APART) return null;
  const alike = Array.from(one, (y, t) => y > 0.5 === other[t] > 0.5);
  if (!alike.at(-1)) return Math.max(1, alike.lastIndexOf(true) + 1);
  const growth = changes(gaps, gaps[0]);
  return growth.indexOf(Math.max(...growth));
}

function parting({ tokens, ys }, t) {
  const ways = ys.map((y, k) => `the ${NAMES[k]} ${k ? "" : "goes "}from ${whole(y[t - 1])} to ${percent(y[t])}`);
  return `They part at ${quoted(tokens[t])}: ${ways.join(", ")}`;
}

function moving({ tokens, ys }) {
  const moves = ys.map((y) => changes(y, y[0]));
  const [one, other] = moves.map(largest);
  const by = [moves[0][one], moves[1][other]].map(points);
  if (one === other) return `${quoted(tokens[one])} moved both most (${by.join(" and ")} points)`;
  return `${quoted(tokens[one])} moved the LSTM most (${by[0]} points), ${quoted(tokens[other])} the simple RNN (${by[1]})`;
}

/**
 * `praise` says that a person would call the sentence positive; `without` is how the LSTM ends when it
 * reads again, see owned.js.
 */
export function verdict(reading, praise = false) {
  const { tokens, ys, without } = reading;
  const t = partedAt(ys);
  const ends = ys.map((y) => percent(y.at(-1))).join(" and ");
  const [fooled, both] = praise ? NAMES.filter((_, k) => ys[k].at(-1) < 0.5) : [];
  const unknown = unknownWords(tokens);
  const parted = t === null ? `They end close together, at ${ends}` : parting(reading, t);
  const found = [parted, moving(reading), unknown && `neither knows ${unknown}`].filter(Boolean).join("; ");
  const start = fooled && `You read praise, ${both ? "both networks do" : `the ${fooled} does`} not.`;
  const again = owned({ tokens, y: ys[0] }, without, "the LSTM’s verdict");
  const text = [start, `${found}.`, again].filter(Boolean).join(" ").replaceAll(" %", "\u00a0%");
  const why = (unknown && "unknown") || (negationAt(tokens) > 0 && "negation") || (t === null ? "close" : "parted");
  const [title, href] = LINKS[why];
  return { text, title, href };
}
