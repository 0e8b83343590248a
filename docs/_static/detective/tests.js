/** What the six tests of a stalled training ask, how their results read, and what each result tells. */

const written = (number) => number.toLocaleString("en", { maximumSignificantDigits: 2 });

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
    asks: "How large is it at the end of training?",
    says: (loss) => `${loss.toFixed(2)}. Always predicting 50 % has 0.69 (ln 2).`,
    tells: {
      "=": "it guesses, as most faults would make it.",
      ">": "above 0.69: it is sure, and wrong half of the time.",
    },
  },
  {
    name: "Memorise 100",
    asks: "Can it learn 100 reviews by heart, if Adam trains it?",
    says: (loss) => `${loss < 0.1 ? "Yes" : "No"}: its loss is ${written(loss)} after 80 updates.`,
    tells: {
      "+": "layers and input work, though labels may be wrong.",
      "-": "not even with another optimiser: layers or input fail.",
    },
  },
  {
    name: "Update size",
    asks: "How far does the first update move the weights?",
    says: (size) => `By ${written(100 * size)} % of their size; 0.1 to 10 % is usual.`,
    tells: {
      "<": "below 0.1 % of the weights.",
      "=": "usual for Adam’s first update.",
      ">": "larger than the weights themselves.",
    },
  },
  {
    name: "Add zeros",
    asks: "Do five zeros after a review change the prediction?",
    says: (change) => (change ? `They change its probability by up to ${written(change)}.` : "They change nothing."),
    tells: { "+": "padding is skipped.", "-": "padding is read." },
  },
  {
    name: "Three reviews",
    asks: "Do three of its reviews fit their labels?",
    says: (reviews) => reviews.map(reviewOf).join("\n"),
    tells: { "+": "words arrive, and labels fit them.", l: "a label contradicts its words.", w: "no word arrives." },
  },
  {
    name: "Gradient",
    asks: "How much of it arrives at the last word?",
    says: (part) => `${written(100 * part)} %.`,
    tells: { "+": "the gradient reaches the words.", "-": "it vanishes before it reaches the words." },
  },
];

/** The suspects that a test speaks against, as its result is of the sign that the culprit's has. */
export const ruledOut = (suspects, culprit, test) =>
  Object.keys(suspects).filter((name) => suspects[name][0][test] !== suspects[culprit][0][test]);

/** What each ordered test has told, and then what they leave open together. */
export function explain(suspects, culprit, ordered) {
  const reasons = ordered.map((test) => {
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
  return { reasons, open: open.length ? `Not ruled out: ${open.join("; ")}.` : "Nobody else is left." };
}
