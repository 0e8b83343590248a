/** How far a reader is with the exercises. Only the reader's own browser keeps it. */

import { parsed } from "../widgets/errors.js";

const KEY = "rnn_tutorial.exercises"; // page.js reads it, too
let kept = "{}"; // for as long as the page is open, where the browser lets nothing be stored

/** The exercises that were "tried" or "done", the results predicted, and the `last` page with exercises. */
export function recorded() {
  try {
    kept = localStorage.getItem(KEY) ?? "{}";
  } catch {} // storage is blocked
  return Object(parsed(kept, {}));
}

function store(all) {
  kept = JSON.stringify(all);
  try {
    localStorage.setItem(KEY, kept);
  } catch {} // blocked, or full
}

/** Record that an exercise was "tried" or "done"; one that is done stays done. */
export function record(exercise, state) {
  const all = recorded();
  if (all[exercise] !== "done") store({ ...all, [exercise]: state });
}

/** Add what was exported before; what has another form is left out, and what is done stays done. */
export function restore(exercises) {
  const states = Object.entries(Object(exercises)).filter(([, state]) => ["tried", "done"].includes(state));
  for (const [exercise, state] of states) record(exercise, state);
}

export const clear = () => store({});
