import { html, newId, notation, set, svg } from "../widgets/dom.js";
import { legend } from "../widgets/lines.js";

const HALF = 1.3; // the plane reaches from -HALF to HALF in both directions
const SIZE = 336;
const FAR = 10;
const at = (number) => ((number + HALF) / (2 * HALF)) * SIZE;
const place = ([x, y]) => [at(x), SIZE - at(y)];

/** Where a word stands: away from all points, so where they leave most room. */
function away([x, y], crowd) {
  let dx = 0;
  let dy = 0;
  for (const [otherX, otherY] of crowd) {
    const toX = x - otherX;
    const toY = y - otherY;
    const squared = toX * toX + toY * toY + 0.02;
    dx += toX / squared;
    dy += toY / squared;
  }
  const length = Math.hypot(dx, dy) || 1;
  return [dx / length, dy / length];
}

/** The points of a path, and the middles between them. */
const withMiddles = (path) =>
  path.flatMap(([x, y], k) => {
    const [beforeX, beforeY] = path[k - 1] ?? [0, 0];
    return [
      [x, y],
      [(x + beforeX) / 2, (y + beforeY) / 2],
    ];
  });

/** The lines of the grid, their numbers, and the names of the axes. */
const axes = () => [
  svg("text", { x: at(0.5), y: SIZE - 4, "text-anchor": "middle" }, "unit 1"),
  svg("text", { x: 3, y: SIZE - at(0.5) + 4 }, "unit 2"),
  ...[-1, 0, 1].flatMap((tick) => {
    const text = String(tick).replace("-", "−");
    const lines = svg("path", { class: "widget-grid", d: `M${at(tick)} 0V${SIZE}M0 ${at(tick)}H${SIZE}` });
    const below = svg("text", { x: at(tick), y: SIZE - 4, "text-anchor": "middle" }, text);
    return tick === 0 ? [lines, below] : [lines, below, svg("text", { x: 3, y: SIZE - at(tick) + 4 }, text)];
  }),
];

/** The side of one class, where across · h + shift > 0, and the border between the two. */
function sides() {
  const side = svg("polygon", { class: "train-side" });
  const border = svg("line", { class: "train-border" });
  function update([a, b], shift) {
    const length = Math.hypot(a, b) || 1;
    const [nx, ny] = [a / length, b / length];
    const near = [(-nx * shift) / length, (-ny * shift) / length];
    const corner = (along, up) => place([near[0] - ny * along + nx * up, near[1] + nx * along + ny * up]);
    const [[x1, y1], [x2, y2]] = [corner(-FAR, 0), corner(FAR, 0)];
    set(border, { x1, y1, x2, y2 });
    set(side, { points: [corner(-FAR, 0), corner(FAR, 0), corner(FAR, FAR), corner(-FAR, FAR)].join(" ") });
  }
  return { side, border, update };
}

/** One path: its line, its points, and its words. */
function track({ colour, dashes }, words, marks) {
  const line = svg("polyline", { class: "widget-line", style: `stroke:${colour}`, "stroke-dasharray": dashes });
  const style = `fill:${colour}`;
  const dots = [];
  function update(path, crowd) {
    set(line, { points: [[0, 0], ...path].map(place).join(" ") });
    while (dots.length < path.length)
      dots.push(dashes ? svg("rect", { width: 7, height: 7, style }) : svg("circle", { r: 4, style }));
    marks.append(...dots);
    path.forEach((point, t) => {
      const [x, y] = place(point);
      set(dots[t], dashes ? { x: x - 3.5, y: y - 3.5 } : { cx: x, cy: y });
      if (!words[t]) return;
      const [dx, dy] = away(point, crowd);
      const anchor = ["end", "middle", "start"][Math.round(dx) + 1];
      set(words[t], { x: x + 9 * dx, y: y - 9 * dy + 4, "text-anchor": anchor });
    });
  }
  return { line, update };
}

/** Paths of states of two numbers from 0 on, each with its words; the classes part where across · h + shift = 0. */
export function plane({ label, common, paths }) {
  const caption = html("figcaption", { id: newId() });
  const write = (colour) => (word) => svg("text", { class: "train-word", style: `fill:${colour}` }, word);
  const first = common.map(write("var(--color-foreground-primary)"));
  const words = paths.map(({ words: own, colour }) => [...first, ...own.map(write(colour))]);
  const origin = svg("circle", { cx: at(0), cy: at(0), r: 6, class: "train-origin" });
  const marks = svg("g");
  const classes = sides();
  const tracks = paths.map((path, k) => track(path, words[k], marks));
  const lines = tracks.map(({ line }) => line);
  const names = { role: "img", "aria-label": label, "aria-describedby": caption.id, class: "train-plane" };
  const picture = svg("svg", { ...names, viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE });
  picture.append(classes.side, ...axes(), classes.border, ...lines, origin, marks, ...new Set(words.flat()));
  const key = html("p", { class: "widget-legend", "aria-hidden": "true" }, ...legend(paths));
  function update({ points, across, shift, summary }) {
    classes.update(across, shift);
    const crowd = points.flatMap(withMiddles);
    for (const [k, path] of tracks.entries()) path.update(points[k], crowd);
    caption.replaceChildren(...notation(summary));
  }
  return { figure: html("figure", { class: "widget-chart" }, key, picture, caption), update };
}
