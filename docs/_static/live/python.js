/** The way from a page to its visit's one worker with Python: a run at a time, which can be stopped. */

import { parsed } from "../widgets/errors.js";

const MOST = 1000; // messages of a run, and
const LONGEST = 3_000_000; // characters, before it is stopped
const ENDS = 4000; // ms in which a worker ends what it runs
const ANSWERS = 20_000; // and in which one that is there answers; it may be importing
const KEPT = "rnn_tutorial.python"; // of the visit: where its Python is
const MISSING = "Python did not come. Are you still connected? Run it again.";
const DEAD = "Python ended: the code went too deep, or used too much memory. The next run begins anew.";
const KINDS = ["text", "table", "figure", "error", "report", "hint", "solution"];

const page = String(Math.random()); // whose names are its own
let python = null; // its worker, the port to it, and the token by which worker.js knows that the page opened it
let job = null;
let number = 0; // of the last run
let about = {}; // what worker.js needs for the page
let settled = Promise.resolve(); // when what was stopped has ended,
let settle = () => {}; // which this says

/** What the visit keeps, as text. */
function kept(...next) {
  try {
    if (next.length) sessionStorage.setItem(KEPT, next[0]);
    return sessionStorage.getItem(KEPT) ?? "";
  } catch {
    return ""; // storage is blocked
  }
}

/** Give the worker up; the next run opens another one. */
function drop() {
  clearTimeout(python?.timer);
  python?.port.postMessage({ ends: true });
  python?.worker.terminate?.();
  python = null;
  kept("");
  settle();
}

/** Give the worker up for another one, which does what was asked. */
function anew() {
  drop();
  open();
  post(job?.asked ?? {});
}

/** End what runs. The names that other cells have made stay, unless the worker does not end it, and is ended. */
export function stop(reason = "Stopped.") {
  const ended = job;
  job = null;
  if (!ended) return;
  URL.revokeObjectURL(ended.wanted); // which worker.js sees
  python?.port.postMessage({ pauses: false });
  if (ended.started && python) {
    const timer = setTimeout(anew, ENDS);
    settled = new Promise((done) => {
      settle = () => done(clearTimeout(timer));
    });
  }
  ended.end({ stopped: reason });
}

function fail(reason = MISSING) {
  stop(reason);
  drop();
}

/** What a message says, if it has the form of one. */
function valid({ place, kind, text }) {
  return Number.isInteger(place) && KINDS.includes(kind) && typeof text === "string" ? { place, kind, text } : null;
}

function receive({ data }) {
  if (typeof data !== "object" || !data) return;
  clearTimeout(python?.timer); // it lives
  if (data.job < job?.number || (data.job && !job)) {
    if (data.dead) anew();
    else if ("ended" in data) settle();
    return;
  }
  if (data.dead || (data.missing && !job?.started)) fail(job?.started ? DEAD : MISSING);
  if (!job || ("job" in data && !data.job)) return;
  if (job.started) job.messages += 1; // before, they tell how much has come
  job.characters += typeof data.text === "string" ? data.text.length : 0;
  if (typeof data.part === "number") {
    if (!job.started) job.progress(data.part);
    else if (job.messages > MOST) stop("Stopped: this is more than a page can show.");
  } else if (typeof data.rests === "boolean") job.rest(data.rests);
  else if (data.starts) {
    job.started = true;
    job.start();
  } else if (typeof data.ended === "number") {
    const done = job;
    job = null;
    URL.revokeObjectURL(done.wanted);
    if (!done.started) drop(); // something did not come, so that the next run begins anew
    done.end({ milliseconds: data.ended });
  } else if (job.messages > MOST || job.characters > LONGEST) stop("Stopped: this is more than a page can show.");
  else if (valid(data)) job.show(valid(data));
}

// A worker whose script is inside the page has the page's security policy: it reaches no other host. A page that comes
// later joins it by the script's address, which is gone then, but is the worker's name.
function open(earlier = null) {
  const { token } = earlier ?? { token: crypto.randomUUID?.() ?? String(Math.random()) };
  const script = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};self.token = "${token}";`;
  const url = earlier?.url ?? URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const options = /** @type {any} */ ({ type: "module", name: "python", extendedLifetime: true });
  const worker = window.SharedWorker ? new SharedWorker(url, options) : new Worker(url, options);
  const port = worker instanceof Worker ? worker : worker.port;
  port.onmessage = receive;
  worker.onerror = earlier ? anew : () => fail();
  python = { worker, port, token, answers: earlier !== null, timer: 0 };
  kept(JSON.stringify(port === worker ? {} : { url, token }));
}

/** Ask for a run, or that Python comes before it is needed. */
function post(asked) {
  if (python.answers) python.timer = setTimeout(anew, ANSWERS);
  python.port.postMessage({ libraries: [], ...asked, about, document: page, token: python.token });
}

/** Join the Python that an earlier page of the visit asked for, or open another one: the reader wants one. */
export function join(known) {
  about = known;
  const earlier = parsed(kept(), null);
  if (!earlier || python) return;
  open(earlier.url && window.SharedWorker ? earlier : null);
  const [navigation] = performance.getEntriesByType("navigation");
  if (/** @type {any} */ (navigation)?.type === "reload")
    anew(); // Python as it was
  else post({});
}

/** Let what runs wait where it next prints, or go on. */
export const pause = (now) => python?.port.postMessage({ pauses: now });
/** Whether Python has been asked for. */
export const isOpen = () => python !== null;
/** Whether an earlier page has asked for it. */
export const isKept = () => kept() !== "";

/**
 * Run a cell, after what it needs; what runs already is stopped.
 *
 * @param {object} request what worker.js gets
 * @param {{progress: (part: number) => void, start: () => void, rest: (now: boolean) => void, show: (output: any) => void,
 *   end: (how: {milliseconds?: number, stopped?: string}) => void}} tell
 */
export async function run({ about: known, ...request }, tell) {
  if (job) stop("Stopped, because another cell runs.");
  number += 1;
  const wanted = URL.createObjectURL(new Blob([" "]));
  const own = { ...tell, messages: 0, characters: 0, number, wanted, asked: { ...request, wanted, job: number } };
  job = own;
  await settled;
  if (job !== own) return; // stopped meanwhile
  join(known);
  if (!python) open();
  post(own.asked);
}

addEventListener("pagehide", () => stop());
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && window.SharedWorker) python = null; // a later page may have ended it
});
