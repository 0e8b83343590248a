import { div, watchWidth } from "./dom.js";
import { within } from "./numbers.js";
import { wordFlow } from "./words.js";

const IN_A_LINE = 25; // words, at most
const SLACK = 14; // px of a word, about, which it has no need of in a line

/**
 * The words of a text and, below them in the same columns, rows of columns.js. A few words stand in one line, and each
 * column is as wide as its word. More words are set as text, and all columns below are equally wide, so that a long
 * review can be seen as a whole. `onPick` gets a step, and of a map a unit, too.
 */
export function stage({ label, rows, onPick }) {
  const flow = wordFlow({ label, onPick });
  const later = div("stage-later");
  const frame = div("stage-frame");
  const body = div("stage-rows", ...rows.map(({ node }) => node), later, frame);
  const node = div("stage", flow.node, body);
  let edges = [0, 0];
  let steps = 0;
  let current = 1;

  function pick({ type, buttons, target, clientX, clientY }) {
    if (!(buttons || type === "click") || !target.closest("svg, canvas")) return;
    const x = clientX - body.getBoundingClientRect().left;
    const map = rows.find((row) => row.unitAt && row.node.contains(target));
    onPick(within(edges.findLastIndex((edge) => edge <= x) + 1, 1, steps), map?.unitAt(clientY) ?? null);
  }
  if (rows.length) for (const kind of ["click", "pointermove"]) body.addEventListener(kind, pick);

  function mark(t) {
    current = t;
    flow.mark(t);
    // moved as a picture, for a browser counts each new place in the layout as a page that does not stand still
    frame.style.translate = `${edges[t - 1]}px`;
    frame.style.width = `${Math.max(2, edges[t] - edges[t - 1] - 1)}px`;
    later.style.clipPath = `inset(0 0 0 ${edges[t]}px)`;
  }
  function layOut() {
    const all = node.clientWidth;
    const words = [...flow.node.children];
    if (!all || !steps) return;
    node.classList.remove("stage-line");
    const wide = words.reduce((sum, { offsetWidth }) => sum + offsetWidth - SLACK, 0);
    let fits = steps <= IN_A_LINE && words.length === steps && wide <= all;
    if (fits) {
      node.classList.add("stage-line");
      fits = flow.node.scrollWidth <= all;
      node.classList.toggle("stage-line", fits);
    }
    edges = fits
      ? [...words.map(({ offsetLeft }) => offsetLeft), all]
      : Array.from({ length: steps + 1 }, (_, k) => (k * all) / steps);
    for (const row of rows) row.draw(edges);
    mark(Math.min(current, steps));
  }
  watchWidth(node, layOut);
  document.fonts.addEventListener("loadingdone", layOut);
  function draw(...some) {
    for (const row of some) row.draw(edges);
  }
  function update(tokens, y) {
    steps = tokens.length;
    flow.update(tokens, y);
    layOut();
  }
  return { node, mark, draw, update };
}
