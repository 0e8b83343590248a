/** Numbers as tints on a canvas, a unit a row and a step a column. */

import { strength } from "./numbers.js";

/**
 * @param {Element} element whose colours are taken
 * @param {object} data
 * @param {ArrayLike<number>} data.values time · units numbers up to ± scale
 * @param {number} data.units
 * @param {number} data.scale
 * @param {number[]} data.order the units from top to bottom
 * @returns {ImageData} a pixel a number
 */
export function tints(element, { values, units, scale, order }) {
  const time = values.length / units, style = getComputedStyle(element);
  const [more, less] = ["more", "less"].map((name) =>
    style.getPropertyValue(`--explorer-${name}`).trim().split(" ").map(Number));
  const image = new ImageData(time, units);
  order.forEach((unit, line) => {
    for (let t = 0; t < time; t++) {
      const value = values[t * units + unit] / scale, place = 4 * (line * time + t);
      image.data.set(value > 0 ? more : less, place);
      image.data[place + 3] = 255 * strength(value);
    }
  });
  return image;
}

/**
 * Put tints on a canvas, which gets a pixel a number.
 *
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {ImageData} image
 */
export function paint(canvas, image) {
  canvas.width = image.width;
  canvas.height = image.height;
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
}
