/**
 * A chart of lines over steps. It is made once, as an element, and then updated with numbers.
 *
 * A picture is as wide in its own units as on the page, so that its text keeps its size on a phone.
 */

import { html, lineSample, newId, notation, svg, watchWidth } from "./dom.js";
import { roundSteps, signed } from "./numbers.js";

const DASHES = "6 4";
const dashArray = (dashed) => (dashed === true ? DASHES : dashed || null);

/**
 * Lines over steps.
 *
 * @param {object} options
 * @param {string} options.label the name of the picture
 * @param {string} options.xLabel
 * @param {string} options.yLabel
 * @param {boolean} [options.logarithmic] whether y counts powers of ten
 * @param {number} [options.height] in pixels, with the names of the axes
 * @param {((x: number) => void)?} [options.onPick] told the x that was clicked
 * @returns {{figure: HTMLElement, update: Function, mark: (x: number?) => void}}
 *   `update({ series: [{ name, values, colour, dashed }], x0, marker, range, guide, summary })` draws lines; a value
 *   that is not finite leaves a gap, `guide` is the height of a line to compare with. `mark` moves the marker alone.
 */
export function lineChart({ label, xLabel, yLabel, logarithmic = false, height = 236, onPick = null }) {
  const top = 36, bottom = height - 44;
  const caption = html("figcaption", { id: newId() });
  const picture = svg("svg", { role: "img", "aria-label": label, "aria-describedby": caption.id, height });
  const legend = html("p", { class: "widget-legend", "aria-hidden": "true" });
  const frame = html("div", {}, picture);
  const figure = html("figure", { class: "widget-chart" }, legend, frame, caption);
  const marked = svg("g", { class: "widget-marker" });
  let width = 0, data = null, scale = null, summary = null;

  function scales() {
    const { series, x0, range } = data;
    const count = Math.max(1, ...series.map(({ values }) => values.length));
    let low = Infinity, high = -Infinity;
    for (const { values } of series) {
      for (const value of values) {
        if (!Number.isFinite(value) || (logarithmic && value <= 0)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    if (range) [low, high] = range;
    if (low > high) [low, high] = logarithmic ? [0.1, 1] : [0, 1];
    let ticks;
    if (logarithmic) {
      [low, high] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)];
      if (low >= high) low = high - 1;
      const step = Math.ceil((high - low) / 6);
      ticks = [];
      for (let power = high; power >= low; power -= step) ticks.push({ value: power, power, text: `10${power}` });
    } else {
      if (low === high) [low, high] = [low - 0.5, high + 0.5];
      ticks = roundSteps(low, high, 5);
    }
    const names = series.map(({ name }) => name.replace(/[_{}]/g, "").length * 8 + 12);
    const wide = Math.max(0, ...names) > width / 4; // too long to stand beside the lines
    const left = 14 + 8 * Math.max(...ticks.map(({ text }) => text.length));
    const right = width - (wide ? 18 : Math.max(12, ...names));
    return {
      left, right, ticks, wide, count,
      x: (value) => (count === 1 ? (left + right) / 2 : left + ((value - x0) / (count - 1)) * (right - left)),
      y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
      height: (value) => (logarithmic ? (value > 0 ? Math.log10(value) : NaN) : value),
    };
  }

  function path({ values }) {
    let d = "", drawing = false;
    values.forEach((value, k) => {
      const y = scale.y(scale.height(value));
      if (!Number.isFinite(y)) drawing = false;
      else {
        d += `${drawing ? "L" : "M"}${scale.x(data.x0 + k).toFixed(1)} ${y.toFixed(1)}${drawing ? "" : "h0"}`;
        drawing = true;
      }
    });
    return d;
  }

  const power = (tick) =>
    tick.power === undefined ? [tick.text] : ["10", svg("tspan", { dy: -6, "font-size": 12 }, signed(tick.power, 0))];

  /** The names at the ends of the lines, one below the other. */
  function names() {
    const ends = data.series.map((line) => {
      const last = Array.from(line.values, scale.height).findLast(Number.isFinite);
      return { ...line, at: last === undefined ? bottom : Math.max(top, Math.min(bottom, scale.y(last))) };
    });
    ends.sort((a, b) => a.at - b.at);
    for (let k = 1; k < ends.length; k++) ends[k].at = Math.max(ends[k].at, ends[k - 1].at + 17);
    for (let k = ends.length - 1, most = bottom + 6; k >= 0; k--, most -= 17) ends[k].at = Math.min(ends[k].at, most);
    return ends.map(({ name, colour, at }) =>
      svg("text", { x: scale.right + 8, y: at + 5, style: `fill:${colour}` }, ...notation(name, svg)));
  }

  function draw() {
    if (!width || !data) return;
    scale = scales();
    const { left, right, ticks, wide, count, x, y } = scale;
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("width", width);
    const lines = data.series.map((line) => svg("path", {
      d: path(line), class: "widget-line", style: `stroke:${line.colour}`, "stroke-dasharray": dashArray(line.dashed),
    }));
    const guide = data.guide === null ? [] : [
      svg("path", { class: "widget-guide", d: `M${left} ${y(scale.height(data.guide))}H${right}` }),
    ];
    const xTicks = roundSteps(data.x0, data.x0 + count - 1, Math.max(2, (right - left) / 70), true);
    picture.replaceChildren(
      ...ticks.map((tick) => svg("path", { class: "widget-grid", d: `M${left} ${y(tick.value)}H${right}` })),
      ...ticks.map((tick) =>
        svg("text", { x: left - 8, y: y(tick.value) + 4, "text-anchor": "end" }, ...power(tick))),
      ...xTicks.map(({ value, text }) => svg("text", { x: x(value), y: bottom + 19, "text-anchor": "middle" }, text)),
      svg("text", { x: 2, y: 14 }, ...notation(yLabel, svg)),
      svg("text", { x: right, y: height - 6, "text-anchor": "end" }, ...notation(xLabel, svg)),
      ...guide, ...lines, marked, ...(wide ? [] : names()),
    );
    legend.hidden = !wide;
    if (wide) legend.replaceChildren(...data.series.map(({ name, colour, dashed }) =>
      html("span", {}, lineSample(colour, dashArray(dashed)), ...notation(name))));
    mark(data.marker);
  }

  function mark(at) {
    if (!data) return;
    data.marker = at;
    if (!scale) return;
    if (at === null) return marked.replaceChildren();
    const x = scale.x(at), dots = data.series.map(({ values, colour }) => {
      const y = scale.y(scale.height(values[at - data.x0] ?? NaN));
      return Number.isFinite(y) ? svg("circle", { cx: x, cy: y, r: 4, style: `fill:${colour}` }) : null;
    });
    marked.replaceChildren(svg("path", { d: `M${x} ${top}V${bottom}` }), ...dots.filter(Boolean));
  }

  if (onPick) {
    picture.classList.add("widget-pick");
    const pick = (event) => {
      if (!scale || !(event.buttons || event.type === "click")) return;
      const share = (event.clientX - picture.getBoundingClientRect().left - scale.left) / (scale.right - scale.left);
      onPick(data.x0 + Math.max(0, Math.min(scale.count - 1, Math.round(share * (scale.count - 1)))));
    };
    for (const kind of ["click", "pointermove"]) picture.addEventListener(kind, pick);
  }
  watchWidth(frame, (now) => {
    width = now;
    draw();
  });
  return {
    figure,
    update(given) {
      data = { x0: 1, marker: null, range: null, guide: null, summary: "", ...given };
      if (summary !== data.summary) caption.replaceChildren(...notation((summary = data.summary)));
      draw();
    },
    mark,
  };
}
