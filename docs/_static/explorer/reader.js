import { admits, askAgain } from "../widgets/admits.js";
import { ask, megabytes } from "../widgets/ask.js";
import { html, span } from "../widgets/dom.js";
import { button } from "../widgets/fields.js";

export const TO_READ = ["text", "network", "shuffle", "padding", "steps", "mask", "f", "i", "o", "at"]; // what the numbers depend on

/**
 * What an explorer asks of the worker: one reading is on its way, and the newest waits. `send()` asks now,
 * `request(pause)` a little later, and `askMore()` for what comes after a reading.
 */
export function reader(view, { fail, take }) {
  const { state, titles, files, message } = view;
  const had = new Set(); // the networks that have come
  const progress = html("progress", { max: 1, "aria-label": "Loading" });
  let [current, waits, timer] = [null, false, 0];
  function request(pause) {
    clearTimeout(timer);
    timer = setTimeout(send, pause);
  }
  function send() {
    timer = 0;
    // another network does not wait, for a file that never comes would hold up all
    waits = current?.network === state.network;
    if (waits) return;
    const sent = Object.fromEntries(TO_READ.map((name) => [name, state[name]]));
    current = sent;
    if (!had.has(sent.network)) showProgress();
    ask(sent, files, (answer) => {
      if (answer.reading) had.add(sent.network);
      if (sent !== current) return;
      if ("loaded" in answer) progress.value = answer.loaded;
      else finish(answer);
    });
  }
  function showProgress() {
    const bytes = files[state.network].bytes + (had.size ? 0 : files.vocabulary.bytes);
    progress.removeAttribute("value");
    message.replaceChildren(span(`Loading the ${titles[state.network]} (${megabytes(bytes)}) …`), progress);
  }
  function finish({ reading, error }) {
    current = null;
    message.replaceChildren();
    if (waits) return send();
    if (timer) return;
    fail(Boolean(error));
    if (error) {
      const again = error.startsWith("There is no word") ? [] : [button("Try again", () => request(0))];
      return message.replaceChildren(span(error), ...again);
    }
    view.reading = reading;
    askMore();
    take();
  }
  /** Ask for what other networks make of the text, if they are wanted, and for reasons. */
  function askMore() {
    const { reading } = view;
    if (!reading) return;
    const tell = (changes) => {
      if (view.reading !== reading) return;
      Object.assign(view, changes);
      view.redraw("read");
    };
    tell({ others: {}, why: null, again: "" });
    const asItIs = state.shuffle === null && state.padding === "none" && !reading.learned;
    if (asItIs) askAgain(state, reading, files, (other) => tell({ again: admits(reading, other) }));
    if (view.shows.includes("why")) ask({ ...state, why: true }, files, ({ why }) => why && tell({ why }));
    const others = Object.keys(titles).filter((network) => state.compare && network !== state.network);
    for (const network of others)
      ask({ ...state, network }, files, (answer) => {
        if (answer.reading && state.compare) tell({ others: { ...view.others, [network]: answer.reading } });
      });
  }
  return { request, send, askMore };
}
