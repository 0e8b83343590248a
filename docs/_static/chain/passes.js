/** One unit, h_t = g(U h_{t-1} + x_t), that reads a few numbers, and the gradient of its last state on the way back. */

import { SimpleRNNCell } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";
import { formatRounded } from "../widgets/numbers.js";
import { Unrolled } from "../widgets/recurrence.js";

const SAME = 2; // a gradient that changes by less than this factor keeps its size
const WRITTEN = 5; // factors that are written out, at most

/** What the unit may read: x_t by its place, which begins at 0. */
export const INPUTS = {
  "1, then 0": (place) => (place ? 0 : 1),
  "always 1": () => 1,
  "always 0": () => 0,
  "1, −1, 1, …": (place) => (place % 2 ? -1 : 1),
};

/** The states, ∂L/∂h_t for L = h_T, and U g'(a_t), by which step t multiplies the gradient; from step 1 on. */
export function passes({ U, activation, x }) {
  const one = (number) => new Matrix(1, 1, [number]);
  const cell = new SimpleRNNCell(one(1), one(U), new Float64Array(1), activation);
  const unrolled = new Unrolled(cell, x.length);
  const { h } = unrolled.forward(x.map((number) => [number]));
  const { h: gradients } = unrolled.backward([1]);
  return { U, activation, x, h, gradients, factors: h.map((value) => U * cell.g.derivative(value)) };
}

/** What became of the gradient, in a sentence: the factors and their product, and the first gradient and the last. */
export function verdict({ U, activation, factors, gradients }) {
  const crossed = [...factors.slice(1)].reverse(); // as the gradient meets them
  const size = Math.abs(gradients[0]);
  if (!size) return `The gradient is cut off: a factor is 0, so nothing arrives at h_1.`;
  const those = crossed.length > WRITTEN ? `the ${crossed.length} factors multiply to ` : "";
  const product = those ? those : `${crossed.map(formatRounded).join(" × ")} = `;
  if (size > 1 / SAME && size < SAME) return `The gradient lasts: ${product}${formatRounded(gradients[0])}.`;
  const course = size < 1 ? "fades" : "bursts";
  const change = `h_1 gets ${formatRounded(Math.max(size, 1 / size))} times ${size < 1 ? "less" : "more"} than h_{${factors.length}}`;
  const slopes = crossed.map((factor) => factor / U);
  const although = `U is ${formatRounded(U)}, but no slope of ${activation} exceeds ${formatRounded(Math.max(...slopes))}.`;
  const why = size < 1 && Math.abs(U) > 1 ? ` ${although}` : "";
  return `The gradient ${course}: ${product}${formatRounded(gradients[0])}; ${change}.${why}`;
}
