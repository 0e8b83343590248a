/** The way from a page to its one worker with Python: a run at a time, which can be stopped. */

const MOST = 1000; // messages of a run, and
const LONGEST = 3_000_000; // characters, before it is stopped
const MISSING = "Python did not come. Are you still connected? Run it again.";
const DEAD = "Python ended: the code went too deep, or used too much memory. The next run begins anew.";
const KINDS = ["text", "table", "figure", "error", "report", "hint", "solution"];

let token = ""; // by which worker.js knows that the page opened it
let worker = null;
let job = null;

/** End what runs. Names that cells have made are gone; they run again when they are needed. */
export function stop(reason = "Stopped.") {
  worker?.terminate();
  worker = null;
  const ended = job;
  job = null;
  ended?.end({ stopped: reason });
}

/** What a message says, if it has the form of one. */
function valid({ place, kind, text }) {
  return Number.isInteger(place) && KINDS.includes(kind) && typeof text === "string" ? { place, kind, text } : null;
}

function receive({ data }) {
  if (!job || typeof data !== "object" || !data) return;
  if (job.started) job.messages += 1; // before, they tell how much has come
  job.characters += typeof data.text === "string" ? data.text.length : 0;
  if (typeof data.part === "number") {
    if (!job.started) job.progress(data.part);
    else if (job.messages > MOST) stop("Stopped: this is more than a page can show.");
  } else if (data.missing && !job.started) stop(MISSING);
  else if (data.dead) stop(job.started ? DEAD : MISSING);
  else if (typeof data.rests === "boolean") job.rest(data.rests);
  else if (data.starts) {
    job.started = true;
    job.start();
  } else if (typeof data.ended === "number") {
    const done = job;
    job = null;
    if (!done.started) stop(); // something did not come, so that the next run begins anew
    done.end({ milliseconds: data.ended });
  } else if (job.messages > MOST || job.characters > LONGEST) stop("Stopped: this is more than a page can show.");
  else if (valid(data)) job.show(valid(data));
}

// A worker whose script is inside the page has the page's security policy: it reaches no other host.
function openWorker() {
  token = crypto.randomUUID?.() ?? String(Math.random());
  const script = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};self.token = "${token}";`;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  worker = new Worker(url, { type: "module" });
  worker.onmessage = receive;
  worker.onerror = () => stop(MISSING);
}

/** Let what runs wait where it next prints, or go on. */
export const pause = (now) => worker?.postMessage({ pauses: now });
/** Whether Python has been asked for. */
export const isOpen = () => worker !== null;

/**
 * Run a cell, after what it needs; what runs already is stopped.
 *
 * @param {object} request what worker.js gets
 * @param {{progress: (part: number) => void, start: () => void, rest: (now: boolean) => void, show: (output: any) => void,
 *   end: (how: {milliseconds?: number, stopped?: string}) => void}} tell
 */
export function run(request, tell) {
  if (job) stop("Stopped, because another cell runs.");
  if (!worker) openWorker();
  job = { ...tell, messages: 0, characters: 0 };
  worker.postMessage({ ...request, token });
}
