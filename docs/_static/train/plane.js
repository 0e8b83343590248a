import { html, newId, notation, set, svg } from "../widgets/dom.js";
import { legend } from "../widgets/lines.js";

export const SIZE = 336;
const FAR = 10;
const [LETTER, HIGH] = [10, 18]; // px of a word, about

/** Where a point stands in a plane that reaches from -half to half in both directions. */
export function scaleTo(half) {
  const at = (number) => ((number + half) / (2 * half)) * SIZE;
  return { at, place: ([x, y]) => [at(x), SIZE - at(y)] };
}

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

/** Where a word is written: on the free side of its point, or on another one where no other word is. */
function spotOf(word, [x, y], free, taken) {
  const width = LETTER * word.length;
  const spots = [free, [0, 1.2], [0, -1.6], [1, 0], [-1, 0], [1, 1.6], [-1, 1.6]].map(([dx, dy]) => {
    const side = Math.round(dx);
    const spot = { x: x + 9 * dx, y: y - 9 * dy + 4, "text-anchor": ["end", "middle", "start"][side + 1] };
    return { spot, middle: spot.x + (side * width) / 2 };
  });
  const meets =
    ({ spot, middle }) =>
    (other) =>
      Math.abs(other.middle - middle) < (other.width + width) / 2 && Math.abs(other.y - spot.y) < HIGH;
  const best = spots.find((one) => !taken.some(meets(one))) ?? spots[0];
  if (word) taken.push({ middle: best.middle, y: best.spot.y, width });
  return best.spot;
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
const axes = (at) => [
  svg("text", { x: at(0.5), y: SIZE - 4, "text-anchor": "middle" }, "unit 1"),
  svg("text", { x: 3, y: SIZE - at(0.5) + 4 }, "unit 2"),
  ...[-1, 0, 1].flatMap((tick) => {
    const text = String(tick).replace("-", "−");
    const lines = svg("path", { class: "widget-grid", d: `M${at(tick)} 0V${SIZE}M0 ${at(tick)}H${SIZE}` });
    const below = svg("text", { x: at(tick), y: SIZE - 4, "text-anchor": "middle" }, text);
    return tick === 0 ? [lines, below] : [lines, below, svg("text", { x: 3, y: SIZE - at(tick) + 4 }, text)];
  }),
];

/** Where the classes of a network part in the plane of its two units. */
export const border = ({ V: { values }, b_y }) => ({
  across: [values[2] - values[0], values[3] - values[1]],
  shift: b_y[1] - b_y[0],
});

/** The side of one class, where across · h + shift > 0, and the border between the two. */
export function sides() {
  const side = svg("polygon", { class: "train-side" });
  const border = svg("line", { class: "train-border" });
  function update([a, b], shift, place) {
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
function track({ colour, dashes }) {
  const line = svg("polyline", { class: "widget-line", style: `stroke:${colour}`, "stroke-dasharray": dashes });
  const style = `fill:${colour}`;
  const marks = svg("g");
  const dots = [];
  const texts = [];
  function update(path, words, { common, crowd, place, taken }) {
    set(line, { points: [[0, 0], ...path].map(place).join(" ") });
    while (dots.length < path.length) {
      dots.push(dashes ? svg("rect", { width: 7, height: 7, style }) : svg("circle", { r: 4, style }));
      texts.push(svg("text", { class: "train-word" }));
    }
    marks.replaceChildren(...dots.slice(0, path.length), ...texts.slice(0, path.length));
    path.forEach((point, t) => {
      const [x, y] = place(point);
      set(dots[t], dashes ? { x: x - 3.5, y: y - 3.5 } : { cx: x, cy: y });
      const fill = t < common ? "fill:var(--color-foreground-primary)" : style;
      set(texts[t], { ...spotOf(words[t] ?? "", [x, y], away(point, crowd), taken), style: fill });
      texts[t].textContent = words[t] ?? "";
    });
  }
  return { line, marks, update };
}

/**
 * Paths of states of two numbers from 0 on; the classes part where across · h + shift = 0. `update` gets the points and
 * the words of each path, and how many words at the beginning all have in `common`, which are written once.
 */
export function plane({ label, paths, half = 1.3 }) {
  const caption = html("figcaption", { id: newId() });
  let scale = scaleTo(half);
  const { at } = scale;
  const place = (point) => scale.place(point);
  const origin = svg("circle", { cx: at(0), cy: at(0), r: 6, class: "train-origin" });
  const classes = sides();
  const tracks = paths.map(track);
  const [lines, marks] = [tracks.map(({ line }) => line), tracks.map((one) => one.marks)];
  const names = { role: "img", "aria-label": label, "aria-describedby": caption.id, class: "train-plane" };
  const picture = svg("svg", { ...names, viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE });
  picture.append(classes.side, ...axes(at), classes.border, ...lines, origin, ...marks.reverse());
  const key = html("p", { class: "widget-legend", "aria-hidden": "true" }, ...legend(paths));
  function update({ points, words, common, across, shift, summary }) {
    classes.update(across, shift, place);
    const drawn = { common, crowd: points.flatMap(withMiddles), place, taken: [] };
    for (const [k, path] of tracks.entries()) {
      const own = words[k].map((word, t) => (k && t < common ? "" : word));
      path.update(points[k], own, drawn);
    }
    caption.replaceChildren(...notation(summary));
  }
  /** Reach further or less far from here on, where no grid shows. */
  const zoom = (to) => {
    scale = scaleTo(to);
  };
  return { figure: html("figure", { class: "widget-chart" }, key, picture, caption), picture, place, update, zoom };
}
