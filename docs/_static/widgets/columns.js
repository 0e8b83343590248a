/**
 * Rows of pictures over the steps of a reading, all in the same columns: lines, and a map of units.
 *
 * A row keeps what it was last given by `set`, and draws it between `edges`: pixels, one more than there are steps.
 */

import { div, html, newId, notation, set, svg, watchTheme } from "./dom.js";
import { legend, level, paths } from "./lines.js";
import { signed } from "./numbers.js";
import { paint } from "./tints.js";

const MARGIN = 3; // px above and below the highest and the lowest value

/** A row with its title above it, what can be chosen, and what the lines or the colours mean. */
function titled(title, picture, asked) {
  const head = html("p", { class: "stage-title", id: newId() }, ...notation(title));
  const key = html("span", { class: "stage-key", "aria-hidden": "true" });
  set(picture, { role: "img", "aria-labelledby": head.id });
  const node = div("stage-row", div("stage-head", head, key, asked), picture);
  return { key, node, entitle: (text) => head.replaceChildren(...notation(text)) };
}

/**
 * Lines over the columns: `set({ series, range, guide, ends, title })`, where `guide` is the height of a line to compare
 * with, `ends` are written at the top and at the bottom, and another title may come. `asked` stands beside the title.
 */
export function lineRow({ title, height, logarithmic = false, asked = null }) {
  const picture = svg("svg", { class: "stage-lines", height });
  const { key, node, entitle } = titled(title, picture, asked);
  const scale = (value) => (logarithmic ? Math.log10(value) : value);
  let data = null;
  return {
    node,
    set(given) {
      data = given;
      if (given.title) entitle(given.title);
    },
    draw(edges) {
      if (!data) return;
      const { series, range, guide = null, ends } = data;
      const width = edges.at(-1);
      const [low, high] = range.map(scale);
      const x = (k) => (edges[k] + edges[k + 1]) / 2;
      const y = (value) => height - MARGIN - ((scale(value) - low) / (high - low || 1)) * (height - 2 * MARGIN);
      set(picture, { width, viewBox: `0 0 ${width} ${height}` });
      picture.replaceChildren(
        level("grid", 0, width, y(range[1])),
        level("grid", 0, width, y(range[0])),
        ...(guide === null ? [] : [level("guide", 0, width, y(guide))]),
        ...ends.map((text, k) => svg("text", { x: 2, y: k ? height - 6 : 14 }, text)),
        ...paths(series, x, y),
      );
      key.replaceChildren(...(series.length < 2 ? [] : legend(series)));
    },
  };
}

/**
 * Units over the columns, as `paint` colours them: `set({ values, units, order, scale, title, ends })`, where `ends` are
 * what the ends of the scale are called; `frameUnit` frames one, counted from 1, and `unitAt` is the one at a height of
 * the window.
 */
export function mapRow({ title, height, asked = null }) {
  const canvas = html("canvas", { height: 0 });
  const row = html("div", { class: "stage-unit", hidden: true });
  const { key, node, entitle } = titled(title, canvas, asked);
  node.append(div("stage-map", canvas, row));
  let data = null;
  let edges = [0, 0];

  function draw() {
    if (!data || !edges.at(-1)) return;
    const { values, units } = data;
    const time = values.length / units;
    const tall = height(units);
    const small = new OffscreenCanvas(time, units);
    paint(small, canvas, data);
    const dense = devicePixelRatio;
    const pen = canvas.getContext("2d");
    const gap = edges[1] > 8 ? 1 : 0;
    canvas.width = Math.round(edges.at(-1) * dense);
    canvas.height = Math.round(tall * dense);
    Object.assign(canvas.style, { width: `${edges.at(-1)}px`, height: `${tall}px` });
    pen.imageSmoothingEnabled = false;
    for (let t = 0; t < time; t++)
      pen.drawImage(small, t, 0, 1, units, edges[t] * dense, 0, (edges[t + 1] - edges[t] - gap) * dense, canvas.height);
  }
  watchTheme(draw);
  return {
    node,
    set(given) {
      data = given;
      if (given.title) entitle(given.title);
      const end = (value) => signed(value, given.scale === 1 ? 0 : 2);
      const [low, high] = given.ends ?? [end(-given.scale), end(given.scale)];
      key.replaceChildren(low, html("span", { class: "stage-ramp" }), high);
    },
    draw(given) {
      edges = given;
      draw();
    },
    frameUnit(unit) {
      const { units, order } = data;
      row.hidden = false;
      row.style.top = `${(100 * order.indexOf(unit - 1)) / units}%`;
      row.style.height = `${100 / units}%`;
    },
    unitAt(y) {
      const { top, height: tall } = canvas.getBoundingClientRect();
      const line = Math.floor(((y - top) / tall) * data.units);
      return data.order[line] === undefined ? null : data.order[line] + 1;
    },
  };
}
