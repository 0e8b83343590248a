import { paint } from "../widgets/columns.js";
import { div, html, notation, span, watchTheme } from "../widgets/dom.js";
import { WINDOW } from "./tasks.js";

/** What two networks keep of the order of A and B: the states of a pair, one minus the other, as tints. */
export function keptMaps({ label, places }) {
  const caption = html("figcaption");
  const steps = div("train-steps", ...["A/B", "B/A", "both read the same"].map((text) => span(text)));
  steps.ariaHidden = "true";
  const names = [html("p"), html("p")];
  const maps = names.map(() => html("canvas", { "aria-hidden": "true" }));
  const figure = { class: "widget-chart train-kept of-state", "aria-label": label };
  let shown = [];
  const draw = () => {
    for (const [k, data] of shown.entries()) paint(maps[k], maps[k], data);
  };
  watchTheme(draw);
  function update(networks, time, summary) {
    [...places, WINDOW].forEach((place, k) => {
      /** @type {HTMLElement} */ (steps.children[k]).style.left = `${(100 * place) / time}%`;
    });
    shown = networks.map(({ name, units, difference }, k) => {
      names[k].textContent = name;
      const values = difference ?? new Float32Array(time * units);
      return { values, units, scale: 2, order: [...Array(units).keys()] };
    });
    caption.replaceChildren(...notation(summary));
    draw();
  }
  return { node: html("figure", figure, steps, ...names.flatMap((name, k) => [name, maps[k]]), caption), update };
}
