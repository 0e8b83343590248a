/** Paths of states of two numbers in a plane, each point with its word, and the line between the two classes. */

import { html, lineSample, newId, notation, svg } from "../widgets/dom.js";

const HALF = 1.3, SIZE = 336; // the plane reaches from -HALF to HALF in both directions
const at = (number) => ((number + HALF) / (2 * HALF)) * SIZE;
const place = ([x, y]) => [at(x), SIZE - at(y)];
const FAR = 10;

/** Where a word stands: away from all points, so where they leave most room. */
function away([x, y], crowd) {
  let dx = 0, dy = 0;
  for (const [otherX, otherY] of crowd) {
    const toX = x - otherX, toY = y - otherY, squared = toX * toX + toY * toY + 0.02;
    dx += toX / squared;
    dy += toY / squared;
  }
  const length = Math.hypot(dx, dy) || 1;
  return [dx / length, dy / length];
}

/**
 * @param {object} options
 * @param {string} options.label the name of the picture
 * @param {string[]} options.common the words with which all paths begin
 * @param {{name: string, colour: string, dashed: boolean, words: string[]}[]} options.paths each with the words that
 *   follow, as far as they are written
 * @returns `update({ points, across, shift, summary })`: the points of each path, without the first, which is 0; the
 *   classes part where across · h + shift = 0
 */
export function plane({ label, common, paths }) {
  const caption = html("figcaption", { id: newId() });
  const side = svg("polygon", { class: "train-side" }), border = svg("line", { class: "train-border" });
  const lines = paths.map(({ colour, dashed }) =>
    svg("polyline", { class: "widget-line", style: `stroke:${colour}`, "stroke-dasharray": dashed ? "6 4" : null }));
  const dots = paths.map(() => []);
  const write = (colour) => (word) => svg("text", { class: "train-word", style: `fill:${colour}` }, word);
  const first = common.map(write("var(--color-foreground-primary)"));
  const words = paths.map(({ words: own, colour }) => [...first, ...own.map(write(colour))]);
  const origin = svg("circle", { cx: at(0), cy: at(0), r: 6, class: "train-origin" });
  const marks = svg("g");
  const axes = [-1, 0, 1].flatMap((tick) => [
    svg("path", { class: "widget-grid", d: `M${at(tick)} 0V${SIZE}M0 ${at(tick)}H${SIZE}` }),
    svg("text", { x: at(tick), y: SIZE - 4, "text-anchor": "middle" }, String(tick).replace("-", "−")),
    tick === 0 ? null : svg("text", { x: 3, y: SIZE - at(tick) + 4 }, String(tick).replace("-", "−")),
  ]).filter(Boolean);
  const picture = svg("svg", { role: "img", "aria-label": label, "aria-describedby": caption.id, class: "train-plane",
    viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE },
  side, ...axes, border, ...lines, origin, marks, ...new Set(words.flat()));
  const legend = html("p", { class: "widget-legend", "aria-hidden": "true" },
    ...paths.map(({ name, colour, dashed }) => html("span", {}, lineSample(colour, dashed && "6 4"), name)));
  const set = (node, attributes) => {
    for (const name in attributes) node.setAttribute(name, attributes[name]);
  };

  return {
    figure: html("figure", { class: "widget-chart" }, legend, picture, caption),
    update({ points, across: [a, b], shift, summary }) {
      const length = Math.hypot(a, b) || 1, [nx, ny] = [a / length, b / length];
      const near = [(-nx * shift) / length, (-ny * shift) / length];
      const corner = (along, up) => place([near[0] - ny * along + nx * up, near[1] + nx * along + ny * up]);
      const [[x1, y1], [x2, y2]] = [corner(-FAR, 0), corner(FAR, 0)];
      set(border, { x1, y1, x2, y2 });
      set(side, { points: [corner(-FAR, 0), corner(FAR, 0), corner(FAR, FAR), corner(-FAR, FAR)].join(" ") });
      // the crowd is the points and the middles between them
      const crowd = points.flatMap((path) => path.flatMap(([x, y], k) => {
        const [beforeX, beforeY] = path[k - 1] ?? [0, 0];
        return [[x, y], [(x + beforeX) / 2, (y + beforeY) / 2]];
      }));
      points.forEach((path, k) => {
        set(lines[k], { points: [[0, 0], ...path].map(place).join(" ") });
        while (dots[k].length < path.length) {
          const dot = paths[k].dashed ? svg("rect", { width: 7, height: 7 }) : svg("circle", { r: 4 });
          dot.setAttribute("style", `fill:${paths[k].colour}`);
          dots[k].push(dot);
          marks.append(dot);
        }
        path.forEach((point, t) => {
          const [x, y] = place(point);
          set(dots[k][t], paths[k].dashed ? { x: x - 3.5, y: y - 3.5 } : { cx: x, cy: y });
          const word = words[k][t];
          if (!word) return;
          const [dx, dy] = away(point, crowd);
          const anchor = ["end", "middle", "start"][Math.round(dx) + 1];
          set(word, { x: x + 9 * dx, y: y - 9 * dy + 4, "text-anchor": anchor });
        });
      });
      caption.replaceChildren(...notation(summary));
    },
  };
}
