/** Lines over steps: what a chart with axes and a row of a stage have in common, and the chart. */

import { html, newId, notation, set, svg, watchWidth } from "./dom.js";
import { roundSteps, signed } from "./numbers.js";

const TOP = 36; // px, above the lines of a chart
const BELOW = 44; // px, for the x axis
const NAME = 17; // px from a name at the end of a line to the next

/** The path of a line; a value that is not finite leaves a gap. */
function pathOf(values, x, y) {
  let path = "";
  let drawing = false;
  Array.from(values, y).forEach((height, k) => {
    const goesOn = drawing;
    drawing = Number.isFinite(height);
    if (drawing) path += `${goesOn ? "L" : "M"}${x(k).toFixed(1)} ${height.toFixed(1)}${goesOn ? "" : "h0"}`;
  });
  return path;
}

/** Lines; `x` says where the k-th value stands, `y` at which height a value does. */
export const paths = (series, x, y) =>
  series.map(({ values, colour, dashes }) => {
    const style = `stroke:${colour}`;
    return svg("path", { class: "widget-line", d: pathOf(values, x, y), style, "stroke-dasharray": dashes });
  });

/** A horizontal line, of the kind "grid" or "guide". */
export const level = (kind, left, right, y) => svg("path", { class: `widget-${kind}`, d: `M${left} ${y}H${right}` });

export function lineSample(colour, dashes) {
  const line = { d: "M1 5H27", class: "widget-line", style: `stroke:${colour}`, "stroke-dasharray": dashes };
  const picture = { width: 28, height: 10, viewBox: "0 0 28 10", class: "widget-sample", "aria-hidden": "true" };
  return svg("svg", picture, svg("path", line));
}

/** The names of lines, each beside a piece of its line. */
export const legend = (series) =>
  series.map(({ name, colour, dashes }) => html("span", {}, lineSample(colour, dashes), ...notation(name)));

/** Where the numbers of a chart stand, and its ticks, in a picture of a width. */
function scalesOf({ series, x0, range }, width, bottom, logarithmic) {
  const height = (value) => (logarithmic ? Math.log10(value) : value);
  let [low, high] = range.map(height);
  let ticks = roundSteps(low, high, 5);
  if (logarithmic) {
    [low, high] = [Math.floor(low + 1e-9), Math.ceil(high - 1e-9)];
    const step = Math.ceil((high - low) / 6);
    const powers = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, k) => high - k * step);
    ticks = powers.map((value) => ({ value, text: `10${value}` }));
  }
  const names = series.map(({ name }) => name.replace(/[_{}]/g, "").length * 8 + 12);
  const wide = Math.max(...names) > width / 4; // too long to stand beside the lines
  const left = 14 + 8 * Math.max(...ticks.map(({ text }) => text.length));
  const right = width - (wide ? 18 : Math.max(12, ...names));
  const last = series[0].values.length - 1;
  const onAxis = (tick) => bottom - ((tick - low) / (high - low)) * (bottom - TOP);
  const x = (k) => left + (k / last) * (right - left);
  const y = (value) => onAxis(height(value));
  const xTicks = roundSteps(x0, x0 + last, Math.max(2, (right - left) / 70), true);
  return { left, right, ticks, xTicks, wide, onAxis, x, y };
}

/** The names at the ends of the lines, one below the other. */
function namesOf(series, { right, y }, bottom) {
  const ends = series.map(({ name, colour, values }) => {
    const last = Array.from(values, y).findLast(Number.isFinite) ?? bottom;
    return { name, colour, at: Math.max(TOP, Math.min(bottom, last)) };
  });
  ends.sort((a, b) => a.at - b.at);
  for (let k = 1; k < ends.length; k++) ends[k].at = Math.max(ends[k].at, ends[k - 1].at + NAME);
  for (const [k, end] of [...ends].reverse().entries()) end.at = Math.min(end.at, bottom - 4 - NAME * k);
  return ends.map(({ name, colour, at }) =>
    svg("text", { x: right + 8, y: at + 5, style: `fill:${colour}` }, ...notation(name, svg)),
  );
}

/**
 * A chart of lines of one length, from x0 on, with a level to compare with, `guide`; with `logarithmic` y counts powers
 * of ten. It is as wide in its own units as on the page, so that its text keeps its size on a phone.
 */
export function lineChart({ label, xLabel, yLabel, logarithmic = false, height = 236 }) {
  const bottom = height - BELOW;
  const caption = html("figcaption", { id: newId() });
  const picture = svg("svg", { role: "img", "aria-label": label, "aria-describedby": caption.id, height });
  const key = html("p", { class: "widget-legend", "aria-hidden": "true" });
  const frame = html("div", {}, picture);
  let width = 0;
  let data = null;

  const text = (x, y, anchor, ...children) => svg("text", { x, y, "text-anchor": anchor }, ...children);
  const power = ({ value }) => ["10", svg("tspan", { dy: -6, "font-size": 12 }, signed(value, 0))];
  function draw() {
    if (!width || !data) return;
    const { series, x0, guide } = data;
    const scales = scalesOf(data, width, bottom, logarithmic);
    const { left, right, ticks, xTicks, wide, onAxis, x, y } = scales;
    set(picture, { width, viewBox: `0 0 ${width} ${height}` });
    picture.replaceChildren(
      ...ticks.map(({ value }) => level("grid", left, right, onAxis(value))),
      ...ticks.map((tick) =>
        text(left - 8, onAxis(tick.value) + 4, "end", ...(logarithmic ? power(tick) : [tick.text])),
      ),
      ...xTicks.map((tick) => text(x(tick.value - x0), bottom + 19, "middle", tick.text)),
      text(2, 14, null, ...notation(yLabel, svg)),
      text(right, height - 6, "end", ...notation(xLabel, svg)),
      ...(guide === null ? [] : [level("guide", left, right, y(guide))]),
      ...paths(series, x, y),
      ...(wide ? [] : namesOf(series, scales, bottom)),
    );
    key.hidden = !wide;
    if (wide) key.replaceChildren(...legend(series));
  }
  watchWidth(frame, (now) => {
    width = now;
    draw();
  });
  function update(given) {
    if (given.summary !== data?.summary) caption.replaceChildren(...notation(given.summary));
    data = { x0: 1, guide: null, ...given };
    draw();
  }
  return { figure: html("figure", { class: "widget-chart" }, key, frame, caption), update };
}
