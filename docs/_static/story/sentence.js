/** Four words as tiles: dragged to another place they exchange it, tapped they do what the step says. */

import { TILES } from "../train/tasks.js";
import { div, set } from "../widgets/dom.js";
import { button, listenToKeys } from "../widgets/fields.js";

const FAR = 8; // px that a finger moves before it drags

/** `change(read)` gets the tiles in their new order, `tap(k)` the place of one that was tapped. */
export function sentence({ read, change, tap }) {
  const nodes = read.map((_, k) => button("", () => tap(k), { class: "story-tile" }));
  const row = div("story-tiles", ...nodes);
  let current = read;

  function show(next, lit = null) {
    current = next;
    for (const [k, node] of nodes.entries()) {
      node.textContent = TILES[next[k]];
      set(node, { "aria-label": `${TILES[next[k]]}, word ${k + 1} of ${next.length}` });
      if (k === lit) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    }
  }
  function exchange(k, other) {
    if (other === k || other < 0 || other >= nodes.length) return;
    const next = [...current];
    [next[k], next[other]] = [next[other], next[k]];
    change(next);
    nodes[other].focus();
  }
  function replace(k, by) {
    change(current.map((tile, other) => (other === k ? (tile + by + TILES.length) % TILES.length : tile)));
  }
  function drag(k, down) {
    const node = nodes[k];
    let dragged = false;
    node.setPointerCapture(down.pointerId);
    const move = ({ clientX }) => {
      dragged ||= Math.abs(clientX - down.clientX) > FAR;
      if (dragged) node.style.translate = `${clientX - down.clientX}px`;
    };
    const up = ({ clientX, type }) => {
      node.style.translate = "";
      node.removeEventListener("pointermove", move);
      if (!dragged || type === "pointercancel") return;
      node.addEventListener("click", (click) => click.stopImmediatePropagation(), { once: true, capture: true });
      const distances = nodes.map((other) => {
        const { left, right } = other.getBoundingClientRect();
        return Math.abs(clientX - (left + right) / 2);
      });
      exchange(k, distances.indexOf(Math.min(...distances)));
    };
    node.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, up, { once: true });
  }
  for (const [k, node] of nodes.entries()) {
    node.addEventListener("pointerdown", (down) => drag(k, down));
    const ways = { ArrowLeft: () => exchange(k, k - 1), ArrowRight: () => exchange(k, k + 1) };
    listenToKeys(node, { ...ways, ArrowUp: () => replace(k, 1), ArrowDown: () => replace(k, -1) });
  }
  show(read);
  set(row, { role: "group", "aria-label": "A sentence; arrow keys move and change a word" });
  return { node: row, show, replace };
}

/** The other sentence of a pair: good for bad, and bad for good. */
export const exchanged = (read) => read.map((tile) => ({ 1: 3, 3: 1 })[tile] ?? tile);

export const written = (read) => `“${read.map((tile) => TILES[tile]).join(" ")}”`;
