/** The way from a page to explorer/worker.js: one worker serves all that reads on a page. */

import { parsed } from "./errors.js";

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** The files that an element names in its data attributes, and the titles of the networks among them. */
export function filesOf(dataset) {
  const files = /** @type {any} */ ({});
  const titles = /** @type {any} */ ({});
  for (const [name, { url, bytes, title }] of Object.entries(parsed(dataset.files, {}))) {
    if (!url) continue;
    files[name] = { url: new URL(url, document.baseURI).href, bytes };
    if (title) titles[name] = title; // a network's, as a reader sees it
  }
  return { files, titles };
}

let worker = null;
let lastId = 0;
const asked = new Map(); // the functions that wait for an answer

function openWorker() {
  worker = new Worker(new URL("../explorer/worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    const tell = asked.get(data.id);
    if (!("loaded" in data)) asked.delete(data.id);
    tell?.(data);
  };
  worker.onerror = () => {
    worker.terminate();
    worker = null;
    const error = "The script that computes did not come. Are you still connected? Try again.";
    const waiting = [...asked.values()];
    asked.clear();
    for (const tell of waiting) tell({ error });
  };
}

/** Ask the worker to read a text; `tell` gets what worker.js answers. */
export function ask(request, files, tell) {
  if (!worker) openWorker();
  asked.set(++lastId, tell);
  worker.postMessage({ ...request, files, id: lastId });
}
