/** The recurrent network as a loop, and the chain that it leaves when it is unrolled. */

import { titled } from "../widgets/columns.js";
import { html, lessMotion, notation, set, svg } from "../widgets/dom.js";
import { strength, truncate } from "../widgets/numbers.js";

const TURN = 450; // ms
const WIDE = 400; // px; in less, the units are flatter
const LOOP = "M92 99h12a12 12 0 0 0 12-12V52a12 12 0 0 0-12-12H24a12 12 0 0 0-12 12v35a12 12 0 0 0 12 12h3";
const PARTS = {
  x: ["M24 168h80a8 8 0 0 1 8 8v24a8 8 0 0 1-8 8H24a8 8 0 0 1-8-8v-24a8 8 0 0 1 8-8z", "M64 167v-34m0-8l-4 8h8z"],
  h: ["M44 74h40a8 8 0 0 1 8 8v34a8 8 0 0 1-8 8H44a8 8 0 0 1-8-8V82a8 8 0 0 1 8-8z", `${LOOP}m8 0l-8-4v8z`],
  y: ["", "M64 73V14m0-8l-4 8h8z"],
};
const WEIGHTS = { W: ["x", 80, 154], U: ["h", 106, 34], V: ["y", 79, 24] };
const label = "A loop: the word x and the state before give the next state h, and h gives the prediction y.";

/** `show(word, t)` writes the word and turns the loop once, if the reader wants motion. */
export function loopPicture() {
  const text = (part, x, y, ...children) =>
    svg("text", { x, y, "text-anchor": "middle", style: `fill: var(--symbol-${part})` }, ...children);
  const lines = Object.entries(PARTS).map(([part, [box, arrow]]) => {
    const paths = [svg("path", { d: box }), svg("path", { d: arrow, fill: "none" })];
    return svg("g", { style: `--hue: var(--symbol-${part})` }, ...paths);
  });
  const letter = (name) => svg("tspan", { class: "widget-symbol" }, name);
  const weights = Object.entries(WEIGHTS).map(([name, [part, x, y]]) => text(part, x, y, letter(name)));
  const pulse = svg("path", { class: "player-pulse", d: LOOP, pathLength: 100 });
  const state = text("h", 64, 105);
  const word = svg("text", { class: "player-word", x: 64, y: 193, "text-anchor": "middle" });
  const picture = { class: "player-loop", viewBox: "0 0 128 212", role: "img", "aria-label": label };
  const node = svg("svg", picture, ...lines, pulse, ...weights, state, word);
  let shown = null;
  function show(read, t) {
    state.replaceChildren(...notation(`h_{${t}}`, svg));
    word.textContent = truncate(read, 11);
    if (shown !== null && shown !== t && !lessMotion()) {
      pulse.animate([{ strokeDashoffset: 20 }, { strokeDashoffset: -100 }], { duration: TURN });
      word.animate([{ translate: "0 14px", opacity: 0 }, {}], { duration: TURN / 2 });
    }
    shown = t;
  }
  return { node, show };
}

/** The states as a chain: a box a step, a stripe a unit, and an arrow to the next; `set({ h })`, from -1 to 1. */
export function chainRow(title, keyed) {
  const picture = svg("svg", { class: "player-chain", height: 36 }); // not the 150 px of a picture without a size
  const row = titled(title, picture, null, ({ h }, edges) => {
    const width = edges.at(-1);
    const tall = width < WIDE ? 3 : 4;
    const height = tall * h[0].length;
    const most = Math.max(...h.flat().map(Math.abs), 1e-9);
    const box = (units, t) => {
      const gap = Math.min(7, (edges[t + 1] - edges[t]) / 4);
      const [left, wide] = [edges[t] + gap, edges[t + 1] - edges[t] - 2 * gap];
      const stripe = (value, k) => {
        const style = `fill: rgb(var(--state-${value > 0 ? "more" : "less"}) / ${strength(value / most).toFixed(2)})`;
        return svg("rect", { x: left, y: k * tall, width: wide, height: tall, style });
      };
      const arrow = { class: "player-arrow", d: `M${left - 2 * gap} ${height / 2}h${2 * gap - 1}m0 0l-4-3v6z` };
      const size = { width: wide, height: height - 1, rx: Math.min(4, wide / 3) };
      const frame = svg("rect", { class: "player-box", x: left, y: 0.5, ...size });
      return [...units.map(stripe), frame, t ? svg("path", arrow) : null];
    };
    set(picture, { width, height, viewBox: `0 0 ${width} ${height}` });
    picture.replaceChildren(...h.flatMap(box).filter(Boolean));
  });
  row.node.classList.add("of-state");
  if (keyed) row.key.append("below 0", html("span", { class: "stage-ramp" }), "above 0");
  return row;
}
