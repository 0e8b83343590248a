/** Back, play, forward, and a slider over the steps of a reading. */

import { button, html, newId, notation } from "./dom.js";
import { shortened, signed, within } from "./numbers.js";

const A_STEP = 333; // ms, when it plays

/**
 * @param {{root: HTMLElement, t: number, last: number, set: (changes: {t: number}) => void,
 *   reading: {tokens: {word: string, kind: string}[], y: ArrayLike<number>}}} view what it goes through; `root` is the
 *   element in which a click or a key pauses it
 * @returns `step()` brings it up to date, `start()` and `pause()` play and stop
 */
export function stepBar(view) {
  let playing = 0;
  const go = (by) => () => view.set({ t: within(view.t + by, 1, view.last) });
  const play = button("", () => (playing ? pause() : start()), { class: "explorer-play" });
  const slide = () => view.set({ t: slider.valueAsNumber });
  const slider = html("input", { type: "range", min: 1, id: newId(), input: slide });
  const told = html("span", { class: "explorer-told" });
  function show() {
    play.replaceChildren(html("span", { "aria-hidden": "true" }, playing ? "❚❚ " : "▶ "), playing ? "Pause" : "Play");
  }
  function pause() {
    clearInterval(playing);
    playing = 0;
    show();
  }
  function start() {
    if (view.t === view.last) view.set({ t: 1 });
    playing = setInterval(() => (view.t < view.last ? go(1)() : pause()), A_STEP);
    show();
  }
  for (const kind of ["pointerdown", "keydown", "input"]) {
    view.root.addEventListener(kind, (/** @type {KeyboardEvent} */ { target, key }) => {
      if (playing && !play.contains(/** @type {Node} */ (target)) && key !== "Tab") pause();
    }, true);
  }
  show();
  const node = html("div", { class: "explorer-steps", role: "group", "aria-label": "Steps" },
    html("div", {}, button("◀", go(-1), { "aria-label": "Back" }), play,
      button("▶", go(1), { "aria-label": "Forward" })),
    html("label", { for: slider.id }, "Step t"), slider, told);
  return {
    node, pause, start,
    step() {
      const { t, last, reading: { tokens, y } } = view, word = shortened(tokens[t - 1].word), now = signed(y[t - 1]);
      const place = `${t} of ${last}`, what = tokens[t - 1].kind === "padding" ? "step" : "word";
      slider.max = last;
      slider.value = t;
      slider.setAttribute("aria-valuetext", `${what} ${place}: ${word}, y ${now}`);
      told.replaceChildren(...notation(`${place}, y_t ${now}: `), html("bdi", {}, word)); // a long word is cut off
    },
  };
}
