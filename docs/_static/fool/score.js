/** The rules of the game: what scores, what is said of it, and what a link holds. */

const FRAGMENT = "#fool?";
export const LONGEST = 300; // characters

/** 0 for a probability of 20 % and above, 100 for one of 0. */
export const scoreOf = (y) => Math.max(0, Math.round(100 - 500 * y));

export const linkOf = (text) => FRAGMENT + new URLSearchParams({ text });

/** The sentence that a link holds; empty if it holds none. */
export function textOfLink(hash) {
  const given = new URLSearchParams(hash.startsWith(FRAGMENT) ? hash.slice(FRAGMENT.length) : "");
  return (given.get("text") ?? "").trim().slice(0, LONGEST);
}

const sorted = (words) => words.split(" ").sort().join(" ");

/** Whether a text is a part of an example, or has its words in another order. */
export const isCopied = (text, examples) =>
  examples.some((example) => ` ${example} `.includes(` ${text} `) || sorted(example) === sorted(text));

/** What a sentence scores; `opinion` is what whoever opens its link says, positive or not, null in one's own. */
export function outcome(y, copied, opinion) {
  const opening = opinion === null ? "" : `You say ${opinion ? "positive" : "negative"}. `;
  if (copied) return `${opening}An example of this site has these words: no score.`;
  if (opinion === false) return `${opening}So it does not score.`;
  if (!scoreOf(y)) return `${opening}The LSTM is not fooled: only less than 20 % scores.`;
  return `${opening}Score ${scoreOf(y)} of 100${opinion ? ": the LSTM is fooled" : ", if a person finds it positive"}.`;
}
