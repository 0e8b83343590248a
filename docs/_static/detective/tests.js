/** What the six tests of a stalled training ask, how their results read, and what each result tells. */

import { short } from "../widgets/numbers.js";

const small = (number) => short(number, 0).replace("+", "");

/** A review as the network gets it, and its label; words that are all the same are counted. */
function reviewOf([text, label]) {
  const words = text.split(" ");
  const read = new Set(words).size > 1 ? `“${text}”` : `${words.length} times “${words[0]}”`;
  return `${read}: ${label ? "positive" : "negative"}.`;
}

/** In the order of the results; `tells` has the meaning of each sign, which is what a result amounts to. */
export const TESTS = [
  {
    name: "Loss",
    asks: "Is the loss at ln 2?",
    says: (loss) => `${loss.toFixed(2)} at the end; ln 2 is 0.69.`,
    tells: {
      "=": "it guesses, as most faults would make it.",
      ">": "above ln 2: it is sure, and wrong half of the time.",
    },
  },
  {
    name: "By heart",
    asks: "Can it learn 100, by Adam(0.02)?",
    says: (loss) => `A loss of ${small(loss)} after 80 updates.`,
    tells: {
      "+": "layers and input work, though labels may be wrong.",
      "-": "not even with another optimiser: layers or input fail.",
    },
  },
  {
    name: "Update size",
    asks: "How large is the first update?",
    says: (size) => `${small(size)} of the weights’ norm.`,
    tells: {
      "<": "below 0.001 of the weights.",
      "=": "usual for Adam’s first update.",
      ">": "larger than the weights themselves.",
    },
  },
  {
    name: "Five zeros",
    asks: "Do zeros after a review matter?",
    says: (change) => (change ? `Yes, by up to ${small(change)}.` : "No."),
    tells: { "+": "padding is skipped.", "-": "padding is read." },
  },
  {
    name: "Three reviews",
    asks: "Do words and labels fit?",
    says: (reviews) => reviews.map(reviewOf).join("\n"),
    tells: { "+": "words arrive, and labels fit them.", l: "a label contradicts its words.", w: "no word arrives." },
  },
  {
    name: "Gradient norm",
    asks: "How much of it reaches the words?",
    says: (part) => (part === 1 ? "All of it." : `A fraction of ${small(part)}.`),
    tells: { "+": "the gradient reaches the words.", "-": "it vanishes before it reaches the words." },
  },
];

/** The suspects that a test speaks against, as its result is of the sign that the culprit's has. */
export const ruledOut = (suspects, culprit, test) =>
  Object.keys(suspects).filter((name) => suspects[name][0][test] !== suspects[culprit][0][test]);

/** What each ordered test has told, and then what they leave open together. */
export function explain(suspects, culprit, ordered) {
  const told = ordered.map((test) => {
    const { name, tells } = TESTS[test];
    const out = ruledOut(suspects, culprit, test).join(", ") || "nobody";
    return `${name}: ${tells[suspects[culprit][0][test]]} Rules out: ${out}.`;
  });
  const excluded = ordered.flatMap((test) => ruledOut(suspects, culprit, test));
  const left = Object.keys(suspects).filter((name) => name !== culprit && !excluded.includes(name));
  const open = left.map((name) => {
    const decide = TESTS.filter((_, test) => ruledOut(suspects, culprit, test).includes(name));
    return `${name} (ask for: ${decide.map((test) => test.name).join(" or ")})`;
  });
  return { told, open: open.length ? `Not ruled out: ${open.join("; ")}.` : "Nobody else is left." };
}
