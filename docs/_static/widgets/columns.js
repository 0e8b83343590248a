/** Rows of pictures over the steps of a reading, drawn between `edges` in pixels: lines, and a map of units. */

import { div, html, newId, notation, set, svg, watchTheme } from "./dom.js";
import { legend, level, paths } from "./lines.js";
import { signed, strength } from "./numbers.js";

const MARGIN = 3; // px above and below the highest and the lowest value

/** Put time · units numbers up to ± scale on a canvas in an element's colours: units by `order`, a step a column. */
export function paint(canvas, element, { values, units, scale, order }) {
  const time = values.length / units;
  const style = getComputedStyle(element);
  const hue = (name) => style.getPropertyValue(`--widget-${name}`).trim().split(" ").map(Number);
  const [more, less] = ["more", "less"].map(hue);
  const image = new ImageData(time, units);
  order.forEach((unit, line) => {
    for (let t = 0; t < time; t++) {
      const value = values[t * units + unit] / scale;
      const place = 4 * (line * time + t);
      image.data.set(value > 0 ? more : less, place);
      image.data[place + 3] = 255 * strength(value);
    }
  });
  canvas.width = time;
  canvas.height = units;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A row with its title above it, what can be chosen, and what its signs mean; it draws what it was last given. */
export function titled(title, picture, asked, draw) {
  const head = html("p", { class: "stage-title", id: newId() }, ...notation(title));
  const key = html("span", { class: "stage-key", "aria-hidden": "true" });
  set(picture, { role: "img", "aria-labelledby": head.id });
  let last = [0, 0];
  const row = {
    node: div("stage-row", div("stage-head", head, key, asked), picture),
    key,
    data: null,
    set(given) {
      row.data = given;
      if (given.title) head.replaceChildren(...notation(given.title));
    },
    draw(edges = last) {
      last = edges;
      if (row.data && edges.at(-1)) draw(row.data, edges);
    },
  };
  return row;
}

/**
 * Lines over the columns: `set({ series, range, guide, ends, title })`, where `guide` is a level to compare with, and
 * `ends` are written at the top and at the bottom. `asked` stands beside the title.
 */
export function lineRow({ title, height, logarithmic = false, asked = null }) {
  const picture = svg("svg", { class: "stage-lines", height });
  const scale = (value) => (logarithmic ? Math.log10(value) : value);
  const row = titled(title, picture, asked, ({ series, range, guide = null, ends }, edges) => {
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
    row.key.replaceChildren(...(series.length < 2 ? [] : legend(series)));
  });
  return row;
}

/**
 * Units over the columns, as `paint` colours them: `set({ values, units, order, scale, title, ends })`, where `ends`
 * name the ends of the scale; `frameUnit` frames one, from 1, and `unitAt` is the one at a height of the window.
 */
export function mapRow({ title, height, asked = null }) {
  const canvas = html("canvas", { height: 0 });
  const frame = html("div", { class: "stage-unit", hidden: true });
  const row = titled(title, canvas, asked, (data, edges) => {
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
  });
  row.node.append(div("stage-map", canvas, frame));
  watchTheme(() => row.draw());
  return {
    ...row,
    set(given) {
      row.set(given);
      const end = (value) => signed(value, given.scale === 1 ? 0 : 2);
      const [low, high] = given.ends ?? [end(-given.scale), end(given.scale)];
      row.key.replaceChildren(low, html("span", { class: "stage-ramp" }), high);
    },
    frameUnit(unit) {
      const { units, order } = row.data;
      frame.hidden = false;
      Object.assign(frame.style, { top: `${(100 * order.indexOf(unit - 1)) / units}%`, height: `${100 / units}%` });
    },
    unitAt(y) {
      const { top, height: tall } = canvas.getBoundingClientRect();
      const { units, order } = row.data;
      const unit = order[Math.floor(((y - top) / tall) * units)];
      return unit === undefined ? null : unit + 1;
    },
  };
}
