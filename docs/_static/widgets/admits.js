/** What a network admits of its errors: the words that it does not know, and a negation or a turn that changes nothing. */

import { ask } from "./ask.js";
import { percent, truncate } from "./numbers.js";

const NEGATION = /^(no|not|never|none|nothing|nobody|nor|cannot|without|.+n't)$/;

const quoted = ({ word }) => `“${truncate(word, 20)}”`;

/** The words that a network does not know, at most three of them by name; empty if it knows all. */
export function unknownWords(tokens) {
  const unknown = [...new Set(tokens.filter(({ kind }) => kind === "unknown").map(quoted))];
  return unknown.slice(0, 3).join(", ") + (unknown.length > 3 ? ` and ${unknown.length - 3} more` : "");
}

/** The step, from 0, of the first word that negates; -1 if there is none. */
const negationAt = (tokens) => tokens.findIndex(({ word }) => NEGATION.test(word));

export const textOf = (tokens) => tokens.flatMap(({ kind, word }) => (kind === "start" ? [] : word)).join(" ");

/** Where the text has its first negation, or else a “but”, and what to read again: the rest, or what follows “but”. */
export function trial(tokens) {
  const at = negationAt(tokens);
  if (at >= 0) return { at, again: textOf(tokens.toSpliced(at, 1)) };
  const but = tokens.findIndex(({ word }, t) => t > 1 && word === "but");
  return { at: but, again: but < 0 ? "" : textOf(tokens.slice(but + 1)) };
}

/** What it shows that the second reading ends at `other`; empty if there was none, or if it shows no error. */
export function admits({ tokens, y }, other = null, verdict = "the verdict") {
  if (other === null) return "";
  const { at } = trial(tokens);
  const [last, before, then] = [y.at(-1), y[at - 1], other].map((probability) => probability > 0.5);
  const [word, end] = [quoted(tokens[at]), percent(other).replace(" ", "\u00a0")];
  if (tokens[at].word === "but")
    return last === before && last !== then ? `${word} does not turn ${verdict}: what follows gets ${end} alone.` : "";
  const same = `stays ${last ? "positive" : "negative"}:`;
  return `Without ${word} ${verdict} ${last === then ? same : "would be"} ${end}.`;
}

/** Let a network read again what shows an error; `tell` gets how that ends, or nothing if there is nothing to read. */
export function askAgain(request, { tokens }, files, tell) {
  const { again } = trial(tokens);
  if (again) ask({ ...request, text: again }, files, ({ reading }) => reading && tell(reading.y.at(-1)));
  else tell();
}
