/** What a network in training does: how far its gradients reach, and how long it keeps the order of two symbols. */

import { Unrolled } from "../widgets/recurrence.js";

/**
 * n_k / n_0, with n_k the mean over sequences of ‖∂(a_1 - a_0)/∂x_{T-k}‖₂, as gradient_norms_by_lag of
 * rnn_tutorial/theory/gradients.py with `of="inputs"`.
 *
 * a = V h_T + b_y. The gradient of the loss is that of a_1 - a_0 times a number, and vanishes where all is learnt.
 *
 * @param {import("./network.js").Network} network of two classes
 * @param {ArrayLike<number>[][]} sequences of one length
 * @param {Unrolled} unrolled of the network's cell, with as many steps
 * @returns {Float64Array} one number a lag, the first is 1
 */
export function reachByLag({ cell, V }, sequences, unrolled) {
  const { time } = unrolled;
  const norms = new Float64Array(time);
  const gradX = new Float64Array(cell.W.columns);
  const gradLast = V.values.slice(cell.units).map((weight, k) => weight - V.values[k]);
  for (const sequence of sequences) {
    unrolled.forward(sequence);
    unrolled.backward(gradLast, null, (t) => {
      gradX.fill(0);
      cell.W.addTransposedProduct(gradX, cell.delta);
      norms[time - t] += Math.hypot(...gradX);
    });
  }
  return norms.map((norm) => norm / norms[0]);
}

/**
 * How the states of a pair differ: h_t after the one order minus h_t after the other.
 *
 * @param {ArrayLike<number>[][]} pair two sequences
 * @param {Unrolled} unrolled
 * @returns {Float32Array} time · units numbers between -2 and 2
 */
export function difference([one, other], unrolled) {
  const first = unrolled.forward(one).h.slice();
  const { h } = unrolled.forward(other);
  return Float32Array.from(first, (number, k) => number - h[k]);
}
