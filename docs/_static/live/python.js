/** The way from a page to its one worker with Python: a run at a time, which can be stopped. */

const MOST = 500; // messages of a run, and
const LONGEST = 3_000_000; // characters, before it is stopped
const KINDS = ["text", "table", "figure", "error", "report", "hint", "solution"];

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
function told({ place, kind, text }) {
  return Number.isInteger(place) && KINDS.includes(kind) && typeof text === "string" ? { place, kind, text } : null;
}

function hear({ data }) {
  if (!job || typeof data !== "object" || !data) return;
  if (job.started) job.messages += 1; // before, they tell how much has come
  job.characters += typeof data.text === "string" ? data.text.length : 0;
  if (typeof data.part === "number") {
    if (!job.started) job.progress(data.part);
    else if (job.messages > MOST) stop("Stopped: this is more than a page can show.");
  } else if (data.starts) {
    job.started = true;
    job.start();
  } else if (typeof data.ended === "number") {
    const done = job;
    job = null;
    done.end({ milliseconds: data.ended });
  } else if (job.messages > MOST || job.characters > LONGEST) stop("Stopped: this is more than a page can show.");
  else if (told(data)) job.show(told(data));
}

// A worker whose script is inside the page has the page's security policy: it reaches no other host.
function openWorker() {
  const script = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};`;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  worker = new Worker(url, { type: "module" });
  worker.onmessage = hear;
  worker.onerror = () => stop("Python did not come. Are you still connected? Run it again.");
}

/** Whether Python has been asked for. */
export const isOpen = () => worker !== null;

/**
 * Run a cell, after what it needs; what runs already is stopped.
 *
 * @param {object} request what worker.js gets
 * @param {{progress: (part: number) => void, start: () => void, show: (output: any) => void,
 *   end: (how: {milliseconds?: number, stopped?: string}) => void}} tell
 */
export function run(request, tell) {
  if (job) stop("Stopped, because another cell runs.");
  if (!worker) openWorker();
  job = { ...tell, messages: 0, characters: 0 };
  worker.postMessage(request);
}
