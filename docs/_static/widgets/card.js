/** A picture to send, of the size that social networks show whole. */

import { download } from "./share.js";

const [WIDTH, HEIGHT] = [1200, 630]; // px
export const EDGE = 60;
export const ROOM = { width: WIDTH - 2 * EDGE, height: HEIGHT - 4 * EDGE }; // above what the card says

/** Set words in lines, at the largest size at which they have room, and let `show` write each. */
export function setWords({ context, face }, words, show) {
  for (let size = 64; ; size -= 4) {
    context.font = `${size}px ${face}`;
    const gap = size / 3;
    let [x, y] = [EDGE, EDGE];
    const placed = words.map((word) => {
      const width = context.measureText(word).width + gap;
      if (x + width > EDGE + ROOM.width && x > EDGE) [x, y] = [EDGE, y + 1.5 * size];
      x += width;
      return { word, x: x - width, y, width, size, gap };
    });
    if (size <= 12 || y + 1.5 * size <= EDGE + ROOM.height) return placed.forEach(show);
  }
}

/** Save a card: `draw` fills it, and below stand what it says and where it comes from. */
export function saveCard(file, says, draw) {
  const style = getComputedStyle(document.body);
  const face = style.fontFamily;
  const colour = (name) => style.getPropertyValue(`--color-${name}`);
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext("2d");
  const write = (text, x, y, size, { ink = "foreground-primary", weight = 400 } = {}) => {
    Object.assign(context, { font: `${weight} ${size}px ${face}`, fillStyle: colour(ink) });
    context.fillText(text, x, y);
  };
  Object.assign(context, { fillStyle: colour("background-primary"), textBaseline: "middle" });
  context.fillRect(0, 0, WIDTH, HEIGHT);
  draw({ context, write, style, face });
  write(says, EDGE, HEIGHT - 2.2 * EDGE, 48, { weight: 650 });
  write(`${document.title}, ${location.host}`, EDGE, HEIGHT - EDGE, 24, { ink: "foreground-secondary" });
  canvas.toBlob((blob) => download(blob, file));
}
