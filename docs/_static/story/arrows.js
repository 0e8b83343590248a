/** One step as two arrows, U h and W x, whose tips are grabbed; the frame of tanh bends where they end. */

import { TILES } from "../train/tasks.js";
import { div, html, notation, set, svg } from "../widgets/dom.js";
import { listenToKeys } from "../widgets/fields.js";

const BY_KEY = 0.1;
const KINDS = ["story-of-h", "story-of-x"];
const PARTS = ["U h_{t-1}", "W x_t", "tanh"];

/** The ends of both arrows: from the state `h`, with `tile`. */
export function endsOf({ cell: { U, W } }, h, tile) {
  const push = [0, 1].map((row) => U.values[2 * row] * h[0] + U.values[2 * row + 1] * h[1]);
  return [push, push.map((part, row) => part + W.values[TILES.length * row + tile])];
}

/** The picture of a plane gets arrows; `change()` is called when one of the weights has changed. */
export function arrows({ picture, place, change }) {
  const frame = svg("rect", { class: "story-frame" });
  const bend = svg("path", { class: "story-bend" });
  const lines = KINDS.map((kind) => svg("path", { class: `widget-line ${kind}` }));
  const names = KINDS.map((kind, k) => svg("text", { class: `story-name ${kind}` }, ...notation(PARTS[k], svg)));
  const tips = KINDS.map((kind, k) => {
    const label = `Tip of ${["U h, the push of the memory", "W x, the push of the word"][k]}; arrow keys move it`;
    return svg("circle", {
      r: 9,
      class: `story-tip ${kind}`,
      tabindex: 0,
      role: "slider",
      "aria-label": label,
      "aria-valuenow": 0,
    });
  });
  const layer = svg("g", {}, frame, bend, ...lines, ...names, ...tips);
  picture.append(layer);
  picture.removeAttribute("role"); // it has parts to grab
  let now = null;

  /** Let the arrow k end elsewhere: W x is a column of W, and of all U with U h = v the nearest one is taken. */
  function move(k, by) {
    const { network, h, tile } = now;
    const { U, W } = network.cell;
    const squared = h[0] * h[0] + h[1] * h[1];
    if (k === 0 && squared < 1e-6) return; // from zero U moves nothing
    for (const row of [0, 1])
      if (k === 0) for (const other of [0, 1]) U.values[2 * row + other] += (by[row] * h[other]) / squared;
      else W.values[TILES.length * row + tile] += by[row];
    change();
  }
  for (const [k, tip] of tips.entries()) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const keys = Object.entries(ways).map(([key, way]) => [
      key,
      () =>
        move(
          k,
          way.map((part) => part * BY_KEY),
        ),
    ]);
    listenToKeys(tip, Object.fromEntries(keys));
    tip.addEventListener("pointerdown", (down) => {
      down.preventDefault();
      tip.setPointerCapture(down.pointerId);
      tip.focus();
      let from = [down.clientX, down.clientY];
      const drag = ({ clientX, clientY }) => {
        const pixels = picture.getScreenCTM().a * (place([1, 0])[0] - place([0, 0])[0]);
        move(k, [(clientX - from[0]) / pixels, (from[1] - clientY) / pixels]);
        from = [clientX, clientY];
      };
      tip.addEventListener("pointermove", drag);
      const end = () => tip.removeEventListener("pointermove", drag);
      for (const ended of ["pointerup", "pointercancel"]) tip.addEventListener(ended, end, { once: true });
    });
  }
  function showFrame() {
    const [[x, y], [right, bottom]] = [
      [-1, 1],
      [1, -1],
    ].map(place);
    set(frame, { x, y, width: right - x, height: bottom - y });
  }
  /** Show the step of a word: from the state `h`, with `tile`, to the state `after`. */
  function show(network, h, tile, after) {
    now = { network, h, tile };
    const ends = endsOf(network, h, tile);
    const [push, sum] = ends;
    const starts = [[0, 0], push];
    showFrame();
    for (const [k, end] of ends.entries()) {
      const [[fromX, fromY], [x, y]] = [starts[k], end].map(place);
      set(lines[k], { d: `M${fromX} ${fromY}L${x} ${y}` });
      set(names[k], { x: (fromX + x) / 2 + 8, y: (fromY + y) / 2 - 6 });
      set(tips[k], { cx: x, cy: y, "aria-valuetext": end.map((part) => part.toFixed(1)).join(", ") });
    }
    tips[0].style.display = Math.hypot(...h) < 1e-3 ? "none" : "";
    set(bend, { d: `M${place(sum).join(" ")}L${place(after).join(" ")}` });
  }
  const lit = (k) => () => {
    for (const [other, part] of [...lines, frame].entries()) part.classList.toggle("lit", other === k);
  };
  const symbols = PARTS.map((part, k) => {
    const symbol = html("button", { type: "button", class: KINDS[k] ?? "" }, ...notation(part));
    for (const event of ["pointerenter", "focus"]) symbol.addEventListener(event, lit(k));
    for (const event of ["pointerleave", "blur"]) symbol.addEventListener(event, lit(null));
    return symbol;
  });
  const equation = div("story-equation", ...notation("h_t ="), symbols[2], "(", symbols[0], "+", symbols[1], ")");
  return { equation, show, showFrame };
}
