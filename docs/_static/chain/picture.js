/** The picture of the unrolled unit: thin lines go forward, and arrows as thick as the gradient go back. */

import { notation, svg } from "../widgets/dom.js";
import { formatRounded, signed } from "../widgets/numbers.js";

const HEIGHT = 156; // px
const LOSS = 48; // px at the right, where a button stands
const TOP = 52; // of the states, below the numbers
const SPARED = 24; // px above, where one row of numbers is enough
const STATE = 60; // their height
const LANE = TOP + 20; // of the gradient
const FORWARD = TOP + 50;
const NARROW = 42; // px from state to state, below which numbers stand upright
const ROOM = 52; // px between states, from which on a factor stands in one row with the gradients
const FULL = 16; // px, as thick as a gradient of 1
const THICKEST = 30;
const THINNEST = 1;

/** How thick each gradient is drawn: in proportion, but none thicker than the lane. */
export function thicknesses(gradients) {
  const sizes = Array.from(gradients, Math.abs);
  const scale = Math.min(FULL, THICKEST / Math.max(...sizes));
  return sizes.map((size) => (size ? Math.max(THINNEST, scale * size) : 0));
}

const text = (kind, x, y, children, more = {}) =>
  svg("text", { class: `chain-${kind}`, x, y, "text-anchor": "middle", ...more }, ...children);

/** The factor of a step, upright where there is no room. */
function factorOf(step, x, gap, narrow) {
  const written = `× ${formatRounded(step)}`;
  if (!narrow) return text("factor", x, gap < ROOM ? TOP - 32 : TOP - 8, [written], { "data-large": gap >= ROOM });
  const upright = { "text-anchor": "start", transform: `rotate(-90 ${x + 4} ${TOP - 4})` };
  return text("factor", x + 4, TOP - 4, [written], upright);
}

/** An arrow to the left that changes its thickness on the way; a broken line where there is no gradient. */
function arrow(right, left, before, after) {
  if (!after) return svg("path", { class: "chain-none", d: `M${right} ${LANE}H${left}` });
  const head = Math.min(12, 0.45 * (right - left));
  const wide = after / 2 + Math.min(4, 0.5 * head);
  const neck = left + head;
  const [high, low] = [before / 2, after / 2];
  const back = `L${neck} ${LANE + low}L${right} ${LANE + high}Z`;
  const point = `L${neck} ${LANE - wide}L${left} ${LANE}L${neck} ${LANE + wide}`;
  return svg("path", { class: "chain-arrow", d: `M${right} ${LANE - high}L${neck} ${LANE - low}${point}${back}` });
}

const forward = (left, right) =>
  svg("path", { class: "chain-forward", d: `M${left} ${FORWARD}H${right}m-5 -3l5 3l-5 3` });

/** The picture, of which the gradient has come to the last `shown` states: its nodes, and from where to where it goes. */
export function drawn({ x, h, gradients, factors }, shown, width) {
  const steps = h.length;
  const narrow = width - LOSS < steps * NARROW;
  const inset = narrow ? 2 : 8;
  const pitch = (width - LOSS - inset) / steps;
  const wide = narrow ? 0.36 * pitch : Math.min(64, 0.48 * pitch);
  const left = (t) => inset + t * pitch;
  const thick = thicknesses(gradients);
  const nodes = [];
  for (let t = 0; t < steps; t++) {
    const middle = left(t) + wide / 2;
    const bottom = TOP + STATE;
    const right = left(t) + wide;
    const end = left(t + 1);
    const value = wide > 44 ? [text("value", middle, TOP + 48, [signed(h[t])])] : [];
    const name = narrow ? [] : [text("state", middle, TOP + (wide > 44 ? 28 : 34), notation(`h_{${t + 1}}`, svg))];
    const input = signed(x[t], 0);
    nodes.push(
      svg("rect", { class: "chain-box", x: left(t), y: TOP, width: wide, height: STATE, rx: Math.min(8, wide / 4) }),
      svg("path", { class: "chain-forward", d: `M${middle} ${bottom + 22}V${bottom + 3}m-3 5l3 -5l3 5` }),
      text("input", middle, bottom + 38, narrow ? [input] : notation(`x_{${t + 1}} = ${input}`, svg)),
      forward(right + 2, end - 2),
      ...name,
      ...value,
    );
    if (t < steps - shown) continue;
    nodes.push(arrow(end - 2, right + 2, thick[t + 1] ?? thick[t], thick[t]));
    if (t < steps - 1) nodes.push(factorOf(factors[t + 1], (right + end) / 2, end - right, narrow));
    if (!narrow) nodes.push(text("gradient", middle, TOP - 8, [formatRounded(gradients[t])]));
  }
  const top = pitch - wide < ROOM ? 0 : SPARED;
  return { nodes, top, height: HEIGHT - top };
}
