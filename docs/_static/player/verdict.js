/** What two networks made of a sentence: where they part, what moved each most, and the page that explains it. */

import { admits, negationAt, quoted, unknownWords } from "../widgets/admits.js";
import { percent, signed } from "../widgets/numbers.js";
import { changes, largest } from "../widgets/sentences.js";

export const NAMES = ["LSTM", "simple RNN"];
const LINKS = {
  unknown: ["Why a word can be unknown", "sentiment/reviews.html#from-words-to-ids"],
  negation: ["What “not” does to a network", "sentiment/word-order.html"],
  parted: ["What an LSTM adds to a simple RNN", "theory/lstm.html"],
  close: ["What a word does to the state", "theory/recurrence.html"],
};

const points = (move) => (move > 0 ? "+" : "") + signed(100 * move, 0);
const whole = (probability) => Math.round(100 * probability);

/** The step, from 0, from which on two curves stand on different sides; null if they end on the same. */
export function partedAt([one, other]) {
  const alike = Array.from(one, (y, t) => y > 0.5 === other[t] > 0.5);
  return alike.at(-1) ? null : Math.max(1, alike.lastIndexOf(true) + 1);
}

/** What both say in the end. */
function saying({ ys }) {
  const ends = ys.map((y) => y.at(-1));
  const [one, other] = ends.map((end) => (end > 0.5 ? "praise" : "criticism"));
  const [lstm, simple] = ends.map((end) => percent(end, whole(end) === 50 ? 1 : 0)); // on which side
  if (one === other) return `both say ${one}: ${lstm} and ${simple}`;
  return `the LSTM says ${one} (${lstm}), the simple RNN ${other} (${simple})`;
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
 * reads again, see admits.js.
 */
export function verdict(reading, praise = false) {
  const { tokens, ys, without } = reading;
  const t = partedAt(ys);
  const fooled = praise && ys.some((y) => y.at(-1) < 0.5);
  const unknown = unknownWords(tokens);
  const opening = saying(reading);
  const start = fooled ? `You read praise; ${opening}.` : `${opening[0].toUpperCase()}${opening.slice(1)}.`;
  const clauses = [t !== null && parting(reading, t), moving(reading), unknown && `neither knows ${unknown}`];
  const again = admits({ tokens, y: ys[0] }, without, "the LSTM’s verdict");
  const text = `${start} ${clauses.filter(Boolean).join("; ")}. ${again}`.trim().replaceAll(" %", "\u00a0%");
  const why = (unknown && "unknown") || (negationAt(tokens) > 0 && "negation") || (t === null ? "close" : "parted");
  const [title, href] = LINKS[why];
  return { text, title, href };
}
