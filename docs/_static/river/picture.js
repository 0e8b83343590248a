/** The picture of a river's year: weather above, discharge below it, then the snow; a line marks the reader's day. */

import { svg } from "../widgets/dom.js";
import { level, paths } from "../widgets/lines.js";
import { roundSteps, signed } from "../widgets/numbers.js";
import { NAMES, STARTS, YEAR } from "./model.js";

const LEFT = 40; // px, of the numbers
const RIGHT = 4;
const PANELS = { weather: 120, discharge: 170, snow: 100 };
const GAP = 30;

const text = (x, y, anchor, ...children) => svg("text", { x, y, "text-anchor": anchor }, ...children);

/** The ticks and the scale of a panel, from the lowest value to the highest. */
function panel(top, height, low, high, title, right) {
  const y = (value) => top + height - ((value - low) / (high - low)) * height;
  const ticks = roundSteps(low, high, height / 40);
  const nodes = ticks.flatMap(({ value, text: shown }) => [
    level("grid", LEFT, right, y(value)),
    text(LEFT - 6, y(value) + 4, "end", shown),
  ]);
  return { y, nodes: [...nodes, text(LEFT, top - 8, "start", title)] };
}

/** What the lines of all panels have in common. */
const NOW = { name: "network", colour: "var(--symbol-h)" };
const BEFORE = { name: "before your change", colour: "var(--symbol-h)", dashes: "3 3" };
const OBSERVED = { name: "observed", colour: "var(--color-foreground-muted)" };
const REPEATED = { name: "observed the day before", colour: "var(--symbol-y)", dashes: "1 3" };
const WARMTH = { name: "temperature", colour: "var(--symbol-gradient)" };
export const LINES = [OBSERVED, NOW, REPEATED, BEFORE, WARMTH]; // the first three are of the discharge alone
const RAIN = "var(--symbol-x)";

/** Draw a year, whole or its discharge alone: weather and discharge before and after the reader's changes, and snow. */
export function drawn({ before, now, observed, persistence, day, warmer }, width, whole) {
  const heights = whole ? Object.values(PANELS) : [PANELS.discharge];
  const bottom = heights.reduce((total, height) => total + height + GAP, GAP);
  const right = width - RIGHT;
  const x = (at) => LEFT + ((at + 0.5) / YEAR) * (right - LEFT);
  let top = GAP;
  const nodes = [];
  const add = (name, [low, high], title, series) => {
    if (!whole && name !== "discharge") return;
    const { y, nodes: frame } = panel(top, PANELS[name], low, high, title, right);
    nodes.push(...frame, ...paths(series, x, y));
    top += PANELS[name] + GAP;
  };
  for (const [at, [rain]] of whole ? now.weather.entries() : [])
    nodes.push(svg("path", { d: `M${x(at).toFixed(1)} ${top}v${rain.toFixed(1)}`, style: `stroke:${RAIN}` }));
  const warmth = (weather) => weather.map((values) => values[2]);
  add("weather", [-30, 30], "Temperature, °C; from above: rain, snow, mm", [
    { ...OBSERVED, values: warmth(before.weather) },
    { ...WARMTH, values: warmth(now.weather) },
  ]);
  const most = Math.max(...observed, ...before.discharge, ...now.discharge);
  add("discharge", [0, most], "Discharge, mm a day", [
    { ...OBSERVED, values: observed },
    { ...BEFORE, values: before.discharge },
    ...(persistence ? [{ ...REPEATED, values: persistence }] : []),
    { ...NOW, values: now.discharge },
  ]);
  const stores = [...now.degreeDays, ...now.store, ...before.store];
  add("snow", [Math.min(0, ...stores), Math.max(60, ...stores)], "Snow, mm; grey: degree-day store", [
    { ...OBSERVED, values: now.degreeDays },
    { ...BEFORE, values: before.store },
    { ...NOW, values: now.store },
  ]);
  const shown = (name) => name.slice(0, width > 480 ? 3 : 1);
  const months = STARTS.map((start, k) => text(x(start + 15), bottom - 10, "middle", shown(NAMES[k])));
  const changes = warmer.map((more, k) =>
    text(x(STARTS[k] + 15), GAP + PANELS.weather - 4, "middle", more ? `${more > 0 ? "+" : ""}${signed(more, 0)}` : ""),
  );
  const line = svg("path", { class: "widget-guide", d: `M${x(day)} ${GAP}V${bottom - GAP}` });
  const dayAt = (at) => Math.floor(((at - LEFT) / (right - LEFT)) * YEAR);
  return { nodes: [...nodes, ...months, ...(whole ? [...changes, line] : [])], height: bottom, dayAt };
}
