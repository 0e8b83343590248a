import { strength } from "./numbers.js";

/**
 * Put time · units numbers up to ± scale on a canvas as tints, in the colours of an element: a pixel a number, a unit a
 * row in the order given, and a step a column.
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
  canvas.getContext("2d").putImageData(image, 0, 0);
}
