/** A sentence as a picture to share: each word on the colour of what it did to the prediction, as in the explorer. */

import { percent, truncate } from "../widgets/numbers.js";
import { download } from "../widgets/share.js";
import { lookOf } from "../widgets/words.js";

const [WIDTH, HEIGHT, EDGE] = [1200, 630, 60]; // px, what social networks show whole
const ROOM = HEIGHT - 4 * EDGE; // for the words
const MOST = 200; // words

/** Set words in lines, at the largest size at which they have room. */
function linesOf(context, words, face) {
  for (let size = 64; ; size -= 4) {
    context.font = `${size}px ${face}`;
    const gap = size / 3;
    let [x, y] = [EDGE, EDGE];
    const placed = words.map((word) => {
      const width = context.measureText(word).width + gap;
      if (x + width > WIDTH - EDGE && x > EDGE) [x, y] = [EDGE, y + 1.5 * size];
      x += width;
      return { word, x: x - width, y, width };
    });
    if (size <= 12 || y + 1.5 * size <= EDGE + ROOM) return { placed, size, gap };
  }
}

/** Draw a reading on a canvas, and download it. */
export function savePicture({ tokens, y }, title) {
  const style = getComputedStyle(document.body);
  const [ground, ink, faint] = ["background-primary", "foreground-primary", "foreground-secondary"].map((name) =>
    style.getPropertyValue(`--color-${name}`),
  );
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext("2d");
  const write = (text, x, y, font, colour) => {
    Object.assign(context, { font, fillStyle: colour });
    context.fillText(text, x, y);
  };
  Object.assign(context, { fillStyle: ground, textBaseline: "middle" });
  context.fillRect(0, 0, WIDTH, HEIGHT);
  const from = tokens[0].kind === "start" ? 1 : 0;
  const words = tokens.slice(from, from + MOST).map(({ word }) => truncate(word));
  const { placed, size, gap } = linesOf(context, words, style.fontFamily);
  placed.forEach(({ word, x, y: top, width }, k) => {
    const { hue, alpha } = lookOf({ from: from + k + 1, to: from + k + 1 }, tokens, y);
    const tint = alpha * Number(style.getPropertyValue("--widget-tint"));
    context.fillStyle = `rgb(${style.getPropertyValue(`--widget-${hue}`)} / ${tint})`;
    context.fillRect(x, top, width - gap / 4, 1.3 * size);
    write(word, x + (3 * gap) / 8, top + 0.65 * size, `${size}px ${style.fontFamily}`, ink);
  });
  write(`${percent(y.at(-1))} positive, says ${title}`, EDGE, HEIGHT - 2.2 * EDGE, `650 48px ${style.fontFamily}`, ink);
  write(`${document.title}, ${location.host}`, EDGE, HEIGHT - EDGE, `24px ${style.fontFamily}`, faint);
  canvas.toBlob((blob) => download(blob, "sentence.png"));
}
