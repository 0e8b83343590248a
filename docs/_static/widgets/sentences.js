/** What the numbers of a reading say, in sentences: the text beside each picture. */

import { unknownWords } from "./admits.js";
import { formatSmall, largestFirst, signed, truncate } from "./numbers.js";

/** A gradient below counts as this. */
export const LEAST = 1e-30;

const named = ({ kind, word }) => ({ start: "the start", padding: "padding" })[kind] ?? `“${truncate(word)}”`;
const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
const best = (values, better) => values.reduce((found, value, k) => (better(value, values[found]) ? k : found), 0);
export const largest = (values) => best(Array.from(values, Math.abs), (a, b) => a > b);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
export const changes = (values, first) => Array.from(values, (value, k) => value - (k ? values[k - 1] : first));

/** The numbers of one unit, from 1, over the steps. */
export const ofUnit = (values, units, unit) =>
  Float32Array.from({ length: values.length / units }, (_, t) => values[t * units + unit - 1]);

/** The standard deviation of each unit over the steps. */
export const activities = ({ states, units }) =>
  Array.from({ length: units }, (_, k) => {
    const values = ofUnit(states.h, units, k + 1);
    const middle = mean(values);
    return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  });

export function verdictSentences({ tokens, words, left, dropped }, sample) {
  const unknown = unknownWords(tokens);
  const read = words - left;
  const all = read === 1 ? "the word" : `all ${read} words`;
  const pieces = dropped.slice(0, 5).map((piece) => truncate(piece));
  const sentences = [
    sample && `The reviewer’s verdict was ${sample.label ? "positive" : "negative"}.`,
    left && `The text has ${counted(words, "word")}. The network reads the last ${read}, as in training.`,
    unknown ? `It does not know ${unknown}.` : `It knows ${all}.`,
    dropped.length && `It drops ${pieces.join(" ")}, which ${dropped.length > 1 ? "are no words" : "is no word"}.`,
  ];
  return sentences.filter(Boolean).join(" ");
}

export function curveSentence({ y, tokens }) {
  if (y.length === 1) return `After its only step the probability is ${signed(y[0])}.`;
  const low = best(y, (a, b) => a < b);
  const moves = changes(y, 0.5);
  const most = largest(moves);
  const lowest = `is lowest after ${named(tokens[low])} (step ${low + 1}, ${signed(y[low])}), and ends at ${signed(y.at(-1))}`;
  const moved = `Step ${most + 1}, ${named(tokens[most])}, moved it most, by ${signed(moves[most])}.`;
  return `The probability begins at ${signed(y[0])}, ${lowest}. ${moved}`;
}

export function cellOf({ recurrent, states }) {
  if (!recurrent) return "bag_of_words";
  if ("c" in states) return "lstm";
  return "z" in states ? "gru" : "simple_rnn";
}

export function stepSentence({ tokens, y, units, states }, t) {
  const { h } = states;
  const at = (s, k) => (s ? h[(s - 1) * units + k] : 0);
  const gate = ["f", "z"].find((part) => part in states); // the one that decides what stays
  const change = Math.hypot(...Array.from({ length: units }, (_, k) => at(t, k) - at(t - 1, k)));
  const moved =
    `Step ${t}: x_t is the vector of ${named(tokens[t - 1])}. It moved h_t by ${signed(change)} (the length of ` +
    `the change), and y_t from ${signed(t > 1 ? y[t - 2] : 0.5)} to ${signed(y[t - 1])}.`;
  if (!gate || tokens[t - 1].kind === "padding") return moved; // which may be skipped
  const open = signed(mean(states[gate].slice((t - 1) * units, t * units)));
  const kept = `the larger it is, the more of ${gate === "z" ? "h" : "c"}_{t-1} stays`;
  return `${moved} On average over the units ${gate}_t is ${open}; ${kept}.`;
}

export function unitsSentence({ states, units, tokens }, activity) {
  const most = largestFirst(activity).slice(0, 3);
  const unitsOf = most.map((k) => {
    const values = ofUnit(states.h, units, k + 1);
    const at = largest(values);
    return `unit ${k + 1} (furthest from 0 at step ${at + 1}, ${named(tokens[at])}: ${signed(values[at])})`;
  });
  return `Most active over the words: ${unitsOf.join(", ")}.`;
}

export function unitSentence({ states, units, tokens }, unit) {
  const h = ofUnit(states.h, units, unit);
  const moves = changes(h, 0);
  const most = largest(moves);
  const moved = `h_t moves most at step ${most + 1}, ${named(tokens[most])}, by ${signed(moves[most])}`;
  const parts = ["i", "f", "o", "z", "r"].filter((gate) => gate in states);
  const gates = parts.map((gate) => `${gate}_t ${signed(mean(ofUnit(states[gate], units, unit)))}`);
  const all = gates.length ? ` On average its gates are ${gates.slice(0, -1).join(", ")} and ${gates.at(-1)}.` : "";
  return `In unit ${unit}, ${moved}, and ends at ${signed(h.at(-1))}.${all}`;
}

export function gradientSentence({ norms: { h } }) {
  const last = h.at(-1);
  const fallen = h.findLastIndex((norm) => norm < last / 1000);
  const said = (norm) => (norm < LEAST ? `less than ${formatSmall(LEAST)}` : formatSmall(norm));
  if (h.length === 1) return `After the only step the norm of the gradient is ${said(last)}.`;
  const relative = last ? `, a share of ${said(h[0] / last)}` : "";
  const norms = `The norm of the gradient is ${said(last)} after the last step; at the first step ${said(h[0])} is left`;
  const before = `It falls below one thousandth ${counted(h.length - 1 - fallen, "step")} before the end.`;
  const course = fallen < 0 ? "It never falls below one thousandth." : before;
  const floor = h.some((norm) => norm < LEAST) ? ` What is below ${formatSmall(LEAST)} is drawn there.` : "";
  return `${norms}${relative}. ${course}${floor}`;
}

/** What a prediction is due to, by two measures. */
export function whySentence({ tokens }, why) {
  if (!why) return "";
  const most = (values) => {
    const steps = largestFirst(values.map(Math.abs)).slice(0, 3);
    return steps.map((k) => `${named(tokens[k])} (${signed(values[k])})`).join(", ");
  };
  if (!why.leftOut) return `By gradient times input, the last prediction is due most to ${most(why.gradient)}.`;
  return (
    `Leaving a word out changes the last prediction most for ${most(why.leftOut)}; gradient times input is largest ` +
    `for ${most(why.gradient)}. They differ because a gradient says what a small change of a word's vector would do, ` +
    "and leaving the word out is a large change, after which the states of all later words differ, too."
  );
}
