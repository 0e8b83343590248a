/** How far a reader is with the exercises. Only the reader's own browser keeps it. */

import { parsed } from "../widgets/errors.js";

const KEY = "rnn_tutorial.exercises"; // page.js reads it, too
const LONGEST = 200; // letters of a name
const MOST = 1000; // entries
let kept = "{}"; // for as long as the page is open, where the browser lets nothing be stored

/** What has the form of a record, and nothing else. */
function valid(all) {
  const entries = Object.entries(Object(all)).filter(
    ([name, state]) =>
      name.length <= LONGEST &&
      (name === "last" ? typeof state === "string" && state.length <= LONGEST : ["tried", "done"].includes(state)),
  );
  return Object.fromEntries(entries.slice(0, MOST));
}

/** The exercises that were "tried" or "done", the results predicted, and the `last` page with exercises. */
export function recorded() {
  try {
    kept = localStorage.getItem(KEY) ?? "{}";
  } catch {} // storage is blocked
  return valid(parsed(kept, {}));
}

function store(all) {
  kept = JSON.stringify(valid(all));
  try {
    localStorage.setItem(KEY, kept);
  } catch {} // blocked, or full
}

/** Record that an exercise was "tried" or "done"; one that is done stays done. */
export function record(exercise, state) {
  const all = recorded();
  if (all[exercise] !== "done") store({ ...all, [exercise]: state });
}

/** Add what was saved before; what has another form is left out, and what is done stays done. */
export function restore(exercises) {
  const { last, ...states } = valid(exercises);
  const all = recorded();
  const done = Object.entries(all).filter(([, state]) => state === "done");
  store({ ...all, ...states, ...Object.fromEntries(done) });
}

export const clear = () => store({});
