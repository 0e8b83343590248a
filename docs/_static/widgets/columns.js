/**
 * Rows of pictures over the steps of a reading, all in the same columns: lines, and a map of units.
 *
 * A row keeps what it was last given by `set`, and draws it between `edges`: pixels, one more than there are steps.
 *
 * @typedef {object} Row
 * @property {HTMLElement} node
 * @property {(data: object) => void} set
 * @property {(edges: number[]) => void} draw
 * @property {(y: number) => number?} [unitAt] of a map: the unit that stands at a height of the window
 */

import { html, lineSample, newId, notation, svg, watchTheme } from "./dom.js";
import { signed } from "./numbers.js";
import { paint, tints } from "./tints.js";

const MARGIN = 3; // px above and below the highest and the lowest value

/** A row with its title above it, what can be chosen, and what the lines or the colours mean. */
function titled(title, picture, asked) {
  const head = html("p", { class: "stage-title", id: newId() }, ...notation(title));
  const key = html("span", { class: "stage-key", "aria-hidden": "true" });
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-labelledby", head.id);
  const node = html("div", { class: "stage-row" }, html("div", { class: "stage-head" }, head, key, asked), picture);
  return { key, node, entitle: (text) => head.replaceChildren(...notation(text)) };
}

/**
 * Lines over the columns.
 *
 * @param {{title: string, height: number, logarithmic?: boolean, asked?: Node?}} options `asked` stands beside the title
 * @returns {Row} `set({ series: [{ name, values, colour, dashed }], range, guide, ends, title })`; a value that is not
 *   finite leaves a gap, `guide` is the height of a line to compare with, `ends` are written at the top and at the
 *   bottom, and another title may come with the numbers
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
      const { series, range, guide = null, ends } = data, width = edges.at(-1), [low, high] = range.map(scale);
      const y = (value) => height - MARGIN - ((scale(value) - low) / (high - low || 1)) * (height - 2 * MARGIN);
      const path = (values) => {
        let d = "", drawing = false;
        Array.from(values, y).forEach((at, k) => {
          if (Number.isFinite(at))
            d += `${drawing ? "L" : "M"}${((edges[k] + edges[k + 1]) / 2).toFixed(1)} ${at.toFixed(1)}${drawing ? "" : "h0"}`;
          drawing = Number.isFinite(at);
        });
        return d;
      };
      for (const [name, value] of Object.entries({ width, viewBox: `0 0 ${width} ${height}` }))
        picture.setAttribute(name, value);
      picture.replaceChildren(
        ...[range[1], range[0]].map((at) => svg("path", { class: "widget-grid", d: `M0 ${y(at)}H${width}` })),
        ...(guide === null ? [] : [svg("path", { class: "widget-guide", d: `M0 ${y(guide)}H${width}` })]),
        ...ends.map((text, k) => svg("text", { x: 2, y: k ? height - 6 : 14 }, text)),
        ...series.map(({ values, colour, dashed }) => svg("path", {
          class: "widget-line", d: path(values), style: `stroke:${colour}`, "stroke-dasharray": dashed ?? null,
        })));
      key.replaceChildren(...(series.length < 2 ? [] : series.map(({ name, colour, dashed }) =>
        html("span", {}, lineSample(colour, dashed), ...notation(name)))));
    },
  };
}

/**
 * Units over the columns: numbers as colours, a unit a row.
 *
 * @param {{title: string, height: (units: number) => number, asked?: Node?}} options
 * @returns {Row & {frameUnit: (unit: number) => void, unitAt: (y: number) => number?}} `set({ values, units, order,
 *   scale, title, ends })`: time · units numbers up to ± scale, in the rows that `order` lists from top to bottom, and
 *   what the ends of the scale are called; `frameUnit` frames one, counted from 1
 */
export function mapRow({ title, height, asked = null }) {
  const canvas = html("canvas", { height: 0 }), row = html("div", { class: "stage-unit", hidden: true });
  const { key, node, entitle } = titled(title, canvas, asked);
  node.append(html("div", { class: "stage-map" }, canvas, row));
  let data = null, edges = [0, 0];

  function draw() {
    if (!data || !edges.at(-1)) return;
    const { values, units } = data, time = values.length / units, tall = height(units);
    const small = new OffscreenCanvas(time, units);
    paint(small, tints(canvas, data));
    const dense = devicePixelRatio, pen = canvas.getContext("2d"), gap = edges[1] > 8 ? 1 : 0;
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
      const { top, height: tall } = canvas.getBoundingClientRect(), line = Math.floor(((y - top) / tall) * data.units);
      return data.order[line] === undefined ? null : data.order[line] + 1;
    },
  };
}
