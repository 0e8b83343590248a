/** The unrolled network: a plane for each word, the gradient that comes back, and sliding doors between. */

import { SIZE, scaleTo, sides } from "../train/plane.js";
import { TILES } from "../train/tasks.js";
import { html, newId, set, svg, watchWidth } from "../widgets/dom.js";
import { formatRounded } from "../widgets/numbers.js";

const LARGEST = 170; // px, the side of a plane
const IN_A_ROW = 8; // words, that do not go on below
const SMALLEST = 36; // px, of one in which a dot can be seen
const TEXT = 20; // px above it, for its word
const RED = 16; // px below it, for a gradient as long as the last one

/** The largest side with which so many planes fit into a room. */
export function sideFor(count, width, height) {
  if (count <= IN_A_ROW)
    return Math.max(SMALLEST, Math.min(LARGEST, Math.floor(width / count) - 4, height - TEXT - RED - 6));
  for (let side = LARGEST; side > 8; side--) {
    const inRow = Math.floor(width / (side + 4));
    if (inRow && Math.ceil(count / inRow) * (side + TEXT + RED + 6) <= height) return side;
  }
  return 8;
}

/** The steps that are shown: all, or the first four, and of the others as many as can be seen. */
export function shownOf(count, width, height) {
  let fits = count;
  while (fits > IN_A_ROW && sideFor(fits, width, height) < SMALLEST) fits--;
  const others = fits - 4;
  const last = Array.from({ length: others }, (_, k) => 3 + Math.round(((k + 1) * (count - 4)) / others));
  return fits < count ? [0, 1, 2, 3, ...last] : [...Array(count).keys()];
}

function small(place, classes) {
  const dot = svg("circle", { r: 26, class: "story-dot" });
  const inside = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}` }, classes.side, classes.border, dot);
  const frame = svg("rect", { class: "story-frame" });
  const red = svg("rect", { class: "story-red" });
  const door = svg("path", { class: "story-door" });
  const word = svg("text", { "text-anchor": "middle" });
  const node = svg("g", {}, inside, frame, door, red, word);
  function update({ x, y, side, h, text, norm, open }) {
    const [cx, cy] = place(h);
    const [right, top] = [x + side, y + TEXT];
    set(dot, { cx, cy });
    for (const part of [inside, frame]) set(part, { x, y: top, width: side, height: side });
    set(word, { x: x + side / 2, y: y + TEXT - 6 });
    word.textContent = text;
    const thick = norm === null ? 0 : Math.min(RED, RED * norm);
    set(red, { x: x - 2, width: side + 4, y: top + side + 3, height: thick });
    set(door, { d: open === null ? "" : `M${right} ${top}V${(top + (1 - open) * side).toFixed(1)}` });
  }
  return { node, update };
}

/** A strip; `update` gets the tiles, the states, the read-out, the gradients from 0 to 1 or null, and how far doors are open. */
export function strip() {
  const { place } = scaleTo(1.15);
  const caption = html("figcaption", { id: newId() });
  const picture = svg("svg", { role: "img", "aria-label": "The unrolled network", "aria-describedby": caption.id });
  const frame = html("div", {}, picture);
  const cells = [];
  let width = 0;
  let drawn = 0;
  let data = null;
  function draw() {
    if (!width || !data) return;
    const { read, states, across, shift, norms, doors } = data;
    const shown = shownOf(read.length, width - 8, data.height());
    const side = sideFor(shown.length, width - 8, data.height());
    const inRow = Math.floor((width - 8) / (side + 4));
    const high = side + TEXT + RED + 6;
    if (side !== drawn) cells.length = 0; // what has another size is another thing
    drawn = side;
    while (cells.length < shown.length) {
      const classes = sides();
      cells.push({ ...small(place, classes), classes });
    }
    shown.forEach((t, k) => {
      const [x, y] = [2 + (k % inRow) * (side + 4), Math.floor(k / inRow) * high];
      cells[k].classes.update(across, shift, place);
      const [norm, open] = [norms && (norms[t] ?? null), doors && (doors[t] ?? null)];
      const text = shown.length < read.length && k > 3 ? `so ${t - 3}` : TILES[read[t]];
      cells[k].update({ x, y, side, h: states[t], text, norm, open });
    });
    picture.replaceChildren(...cells.slice(0, shown.length).map(({ node }) => node));
    const rows = Math.ceil(shown.length / inRow);
    set(picture, { width, height: rows * high, viewBox: `0 0 ${width} ${rows * high}` });
    const far = read.length > 4 ? 3 : 0;
    const part = norms && (norms[far] > 0.995 ? "all" : formatRounded(norms[far]));
    const comes = `Red: the gradient. Of 1 at the last word, ${part} comes back to the ${["first", "fourth"][far && 1]}.`;
    caption.textContent = `${norms ? comes : "A plane for each word: the same weights, one after the other."} Tinted: praise.`;
  }
  watchWidth(frame, (now) => {
    width = now;
    draw();
  });
  function update(given) {
    data = given;
    draw();
  }
  return { figure: html("figure", { class: "widget-chart story-strip" }, frame, caption), update };
}
