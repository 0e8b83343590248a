/** What two networks keep of the order of A and B: the states of a pair, one minus the other, as tints. */

import { html, notation, watchTheme } from "../widgets/dom.js";
import { paint, tints } from "../widgets/tints.js";
import { WINDOW } from "./tasks.js";

/**
 * @param {{label: string, places: number[]}} options the places of A and B in the pair, counted from 0
 * @returns `update(networks, time, summary)`, each network with its name, its units and its `difference`, null before
 *   it is known
 */
export function keptMaps({ label, places }) {
  const caption = html("figcaption");
  const marks = [...places.map((place, k) => [place, k ? "B/A" : "A/B"]), [WINDOW, "both read the same"]]
    .map(([place, text]) => ({ place: Number(place), node: html("span", {}, text) }));
  const maps = [0, 1].map(() => ({ name: html("p"), canvas: html("canvas", { "aria-hidden": "true" }) }));
  const node = html("figure", { class: "widget-chart train-kept of-state", "aria-label": label },
    html("div", { class: "train-steps", "aria-hidden": "true" }, ...marks.map((mark) => mark.node)),
    ...maps.flatMap(({ name, canvas }) => [name, canvas]), caption);
  let shown = [];
  const draw = () => shown.forEach((data, k) => paint(maps[k].canvas, tints(maps[k].canvas, data)));
  watchTheme(draw);
  return {
    node,
    update(networks, time, summary) {
      for (const { place, node: mark } of marks) mark.style.left = `${(100 * place) / time}%`;
      shown = networks.map(({ units, difference }) => ({
        values: difference ?? new Float32Array(time * units), units, scale: 2, order: [...Array(units).keys()],
      }));
      networks.forEach(({ name }, k) => { maps[k].name.textContent = name; });
      caption.replaceChildren(...notation(summary));
      draw();
    },
  };
}
