import { div, html, newId, notation } from "./dom.js";
import { button, playButton } from "./fields.js";
import { signed, truncate, within } from "./numbers.js";

const A_STEP = 333; // ms, when it plays

/** Back, play, forward, and a slider over the steps; a click or a key elsewhere in the view's root pauses it. */
export function stepBar(view) {
  let playing = 0;
  const go = (by) => () => view.set({ t: within(view.t + by, 1, view.last) });
  const play = playButton("widget-play", () => (playing ? pause() : start()));
  const slide = () => view.set({ t: slider.valueAsNumber });
  const slider = html("input", { type: "range", min: 1, id: newId(), input: slide });
  const label = html("span", { class: "widget-told" });
  function pause() {
    clearInterval(playing);
    playing = 0;
    play.show(false, "Play");
  }
  function start() {
    if (view.t === view.last) view.set({ t: 1 });
    playing = setInterval(() => (view.t < view.last ? go(1)() : pause()), view.pace ?? A_STEP);
    play.show(true, "Play");
  }
  const interrupt = ({ target, key }) => {
    if (playing && !play.node.contains(target) && key !== "Tab") pause();
  };
  for (const kind of ["pointerdown", "keydown", "input"]) view.root.addEventListener(kind, interrupt, true);
  pause();
  const back = button("◀", go(-1), { "aria-label": "Back" });
  const forward = button("▶", go(1), { "aria-label": "Forward" });
  const name = html("label", { for: slider.id }, "Step t");
  const group = { class: "widget-steps", role: "group", "aria-label": "Steps" };
  const node = html("div", group, div("", back, play.node, forward), name, slider, label);
  function step() {
    const { t, last, reading } = view;
    const { word, kind } = reading.tokens[t - 1];
    const now = signed(reading.y[t - 1]);
    const place = `${t} of ${last}`;
    const what = kind === "padding" ? "step" : "word";
    slider.max = last;
    slider.value = t;
    slider.setAttribute("aria-valuetext", `${what} ${place}: ${truncate(word)}, y ${now}`);
    label.replaceChildren(...notation(`${place}, y_t ${now}: `), html("bdi", {}, truncate(word)));
  }
  return { node, pause, start, step };
}
