/** Numbers as tints on a canvas, a unit a row and a step a column. */

import { strength } from "./numbers.js";

/**
 * Put numbers on a canvas, which gets a pixel a number.
 *
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {Element} element whose colours are taken
 * @param {{values: ArrayLike<number>, units: number, scale: number, order: number[]}} data time · units numbers up to
 *   ± scale, and the units from top to bottom
 */
export function paint(canvas, element, { values, units, scale, order }) {
  const time = values.length / units;
  const style = getComputedStyle(element);
  const [more, less] = ["--widget-more", "--widget-less"].map((name) =>
    style.getPropertyValue(name).trim().split(" ").map(Number),
  );
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
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
}
