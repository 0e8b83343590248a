/** How far a reader is with the exercises. Only the reader's own browser keeps it. */

const KEY = "rnn_tutorial.exercises";
const root = new URL(document.documentElement.dataset.content_root, location.href).pathname;
let kept = "{}"; // for as long as the page is open, where the browser lets nothing be stored

/**
 * The name under which something of this page is recorded, such as theory/lstm#gates.
 *
 * @param {string} part
 */
export const here = (part) => `${location.pathname.slice(root.length).replace(/\.html$/, "")}#${part}`;

/**
 * The exercises that somebody tried or did, by name, and the results that were predicted.
 *
 * @returns {{[exercise: string]: "tried" | "done"}}
 */
export function recorded() {
  try { kept = localStorage.getItem(KEY) ?? "{}"; } catch { /* storage is blocked */ }
  try { return Object(JSON.parse(kept)); } catch { return {}; }
}

function store(all) {
  kept = JSON.stringify(all);
  try { localStorage.setItem(KEY, kept); } catch { /* blocked, or full */ }
}

/**
 * Record that an exercise was tried or done; one that is done stays done.
 *
 * @param {string} exercise
 * @param {"tried" | "done"} state
 */
export function record(exercise, state) {
  const all = recorded();
  if (all[exercise] !== "done") store({ ...all, [exercise]: state });
}

/** Forget all of it. */
export function clear() { store({}); }
