/** A map of all units over the words. */

import { html, newId, notation, watchTheme } from "../widgets/dom.js";
import { signed, strength } from "../widgets/numbers.js";

/**
 * Numbers as colours, a unit a row and a step a column.
 *
 * @param {{label: string, onPick: (t: number, unit: number) => void}} options
 * @returns `update({ values, units, order, scale, summary })` draws `values`, time · units numbers up to ± scale, in
 *   the rows that `order` lists from top to bottom; `mark(t, unit)` frames a column and a row
 */
export function heatMap({ label, onPick }) {
  const caption = html("figcaption", { id: newId() });
  const canvas = html("canvas", { role: "img", "aria-label": label, "aria-describedby": caption.id });
  const column = html("div", { class: "explorer-column" }), row = html("div", { class: "explorer-row" });
  const ends = [html("span"), html("span", {}, "step"), html("span")];
  const bounds = [html("span"), html("span", { class: "explorer-ramp" }), html("span")];
  const node = html("figure", { class: "widget-chart" },
    html("p", { class: "widget-legend", "aria-hidden": "true" }, html("span", {}, ...bounds)),
    html("div", { class: "explorer-heat" }, canvas, column, row),
    html("p", { class: "explorer-ends", "aria-hidden": "true" }, ...ends), caption);
  let data = null;

  function draw() {
    if (!data) return;
    const { values, units, order, scale } = data, time = values.length / units;
    const style = getComputedStyle(canvas);
    const [more, less] = ["more", "less"].map((name) => style.getPropertyValue(`--explorer-${name}`).trim().split(" "));
    const image = new ImageData(time, units);
    order.forEach((unit, line) => {
      for (let t = 0; t < time; t++) {
        const value = values[t * units + unit] / scale, place = 4 * (line * time + t);
        image.data.set(value > 0 ? more : less, place);
        image.data[place + 3] = 255 * strength(value);
      }
    });
    canvas.width = time;
    canvas.height = units;
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    const { values, units, order } = data, time = values.length / units;
    const cell = (at, size, count) => Math.max(0, Math.min(count - 1, Math.floor((at / size) * count)));
    onPick(cell(offsetX, canvas.clientWidth, time) + 1, order[cell(offsetY, canvas.clientHeight, units)] + 1);
  });
  watchTheme(draw);
  return {
    node,
    update(given) {
      data = given;
      const { values, units, scale, summary } = data;
      caption.replaceChildren(...notation(summary));
      ends[0].textContent = "1";
      ends[2].textContent = values.length / units;
      bounds[0].textContent = signed(-scale, scale === 1 ? 0 : 2);
      bounds[2].textContent = signed(scale, scale === 1 ? 0 : 2);
      draw();
    },
    mark(t, unit) {
      const { values, units, order } = data, time = values.length / units;
      column.style.left = `${(100 * (t - 1)) / time}%`;
      column.style.width = `${100 / time}%`;
      row.style.top = `${(100 * order.indexOf(unit - 1)) / units}%`;
      row.style.height = `${100 / units}%`;
    },
  };
}
