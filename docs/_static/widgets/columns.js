/** A curve of the output and a strip of hidden units, in columns: one a step, under the words where these stand in one line. */

import { svg } from "./dom.js";
import { signed, strength } from "./numbers.js";

const CURVE = 130, ROW = 9, GAP = 8; // px

/**
 * @param {{label: string, onPick: (t: number) => void}} options
 * @returns `update({ y, h }, edges)` draws the output after each step and the units, a list of numbers between -1 and 1
 *   for each step, between `edges` in pixels, which are one more than the steps; `mark(t)` frames a step and fades those
 *   after it
 */
export function columns({ label, onPick }) {
  const picture = svg("g"), later = svg("rect", { class: "widget-later", y: 0 });
  const frame = svg("rect", { class: "widget-frame", y: 0 });
  const node = svg("svg", { class: "widget-columns", role: "img" }, picture, later, frame);
  let edges = [0, 0];
  const middle = (k) => (edges[k] + edges[k + 1]) / 2;
  const pick = ({ type, buttons, clientX }) => {
    if (!buttons && type !== "click") return;
    const x = clientX - node.getBoundingClientRect().left;
    onPick(Math.max(1, Math.min(edges.length - 1, edges.findLastIndex((edge) => edge <= x) + 1)));
  };
  for (const kind of ["click", "pointermove"]) node.addEventListener(kind, pick);
  return {
    node,
    update({ y, h }, given) {
      edges = given;
      const width = edges.at(-1), height = CURVE + GAP + ROW * h[0].length, at = (p) => (1 - p) * CURVE;
      for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
        node.setAttribute(name, value);
      node.setAttribute("aria-label", `${label}: ${Array.from(y, (p) => signed(p)).join(", ")}`);
      const lines = [1, 0.5, 0].map((p) => svg("line", { class: p === 0.5 ? "widget-guide" : "widget-grid",
        x1: 0, x2: width, y1: at(p), y2: at(p) }));
      const ends = [["100 %", 12], ["0 %", CURVE - 4]].map(([text, y]) => svg("text", { x: 2, y }, text));
      const points = Array.from(y, (p, k) => `${middle(k)},${at(p)}`).join(" ");
      const cells = h.flatMap((units, k) => units.map((value, row) => svg("rect", {
        x: edges[k], y: CURVE + GAP + ROW * row, width: edges[k + 1] - edges[k] - 1, height: ROW - 1,
        style: `fill: rgb(var(--explorer-${value > 0 ? "more" : "less"}) / ${strength(value).toFixed(2)})`,
      })));
      picture.replaceChildren(...lines, ...ends, svg("polyline", { class: "widget-line", points }),
        ...cells);
      for (const rect of [later, frame]) rect.setAttribute("height", height);
    },
    mark(t) {
      frame.setAttribute("x", edges[t - 1]);
      frame.setAttribute("width", edges[t] - edges[t - 1] - 1);
      later.setAttribute("x", edges[t]);
      later.setAttribute("width", edges.at(-1) - edges[t]);
    },
  };
}
