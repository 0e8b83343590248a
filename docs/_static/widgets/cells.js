/**
 * Cells of recurrent networks, as in rnn_tutorial/theory/cells.py: one time step, and its chain rule. `step` writes the
 * state after x_t into `after`; `stepBack` writes ∂L/∂h_{t-1} into `gradsBefore`, given ∂L/∂h_t in `grads`, and leaves
 * ∂L/∂a_t in the cell: `delta` as W x_t + b sees it, `recurrentDelta` as U h_{t-1} does. They differ in a GRU alone,
 * and the parameters' gradients are products with them. Neither allocates.
 */

/** σ(z) = 1 / (1 + e⁻ᶻ), which is 0 or 1 where e⁻ᶻ is too large or too small a number. */
export const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/** Turn a into its softmax, and return ln Σ eᵃ. */
export function softmax(a) {
  const most = Math.max(...a);
  let sum = 0;
  for (let k = 0; k < a.length; k++) {
    a[k] = Math.exp(a[k] - most);
    sum += a[k];
  }
  for (let k = 0; k < a.length; k++) a[k] /= sum;
  return most + Math.log(sum);
}

/** The activations g, and their derivatives written in terms of the value y = g(z). */
export const ACTIVATIONS = {
  tanh: { value: Math.tanh, derivative: (y) => 1 - y * y },
  sigmoid: { value: sigmoid, derivative: (y) => y * (1 - y) },
  relu: { value: (z) => Math.max(z, 0), derivative: (y) => (y > 0 ? 1 : 0) },
  linear: { value: (z) => z, derivative: () => 1 },
};

/** What the cells with weights have in common: W of blocks · units × inputs, U of blocks · units × units, and b. */
class WeightedCell {
  parts = ["h"];
  carried = ["h"]; // the parts that the next step reads

  constructor(W, U, b) {
    this.W = W;
    this.U = U;
    this.b = b;
    this.units = U.columns;
    this.delta = this.recurrentDelta = new Float64Array(b.length);
  }

  /** The arrays with which it computes, not copies. */
  get parameters() {
    return { W: this.W.values, U: this.U.values, b: this.b };
  }
}

/** h_t = g(U h_{t-1} + W x_t + b), with g by its name. */
export class SimpleRNNCell extends WeightedCell {
  static blocks = 1;

  constructor(W, U, b, activation = "tanh") {
    super(W, U, b);
    this.g = ACTIVATIONS[activation];
  }

  step(x_t, before, after) {
    const { W, U, b, g } = this;
    after.h.set(b);
    U.addProduct(after.h, before.h);
    W.addProduct(after.h, x_t);
    for (let k = 0; k < after.h.length; k++) after.h[k] = g.value(after.h[k]);
  }

  /** ∂L/∂h_{t-1} = Uᵀ (g'(a_t) ⊙ ∂L/∂h_t) */
  stepBack(_before, after, grads, gradsBefore) {
    const { U, g, delta } = this;
    for (let k = 0; k < delta.length; k++) delta[k] = g.derivative(after.h[k]) * grads.h[k];
    gradsBefore.h.fill(0);
    U.addTransposedProduct(gradsBefore.h, delta);
  }
}

/**
 * i_t, f_t, o_t = σ(U h_{t-1} + W x_t + b), c̃_t = tanh(…), c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t, h_t = o_t ⊙ tanh(c_t)
 *
 * W, U and b hold the four blocks i, f, c̃, o one below the other, as Keras orders them.
 */
export class LSTMCell extends WeightedCell {
  static blocks = 4;
  static forgetGate = 1; // the block of the gate that decides how much of the state stays
  parts = ["h", "c", "i", "f", "candidate", "o"];
  carried = ["h", "c"];

  step(x_t, before, after) {
    const { W, U, b, units, delta: sums } = this; // a_t on the way there, ∂L/∂a_t on the way back
    sums.set(b);
    U.addProduct(sums, before.h);
    W.addProduct(sums, x_t);
    const { h, c, i, f, candidate, o } = after;
    for (let k = 0; k < units; k++) {
      i[k] = sigmoid(sums[k]);
      f[k] = sigmoid(sums[units + k]);
      candidate[k] = Math.tanh(sums[2 * units + k]);
      o[k] = sigmoid(sums[3 * units + k]);
      c[k] = f[k] * before.c[k] + i[k] * candidate[k];
      h[k] = o[k] * Math.tanh(c[k]);
    }
  }

  stepBack(before, after, grads, gradsBefore) {
    const { U, units, delta } = this;
    const { c, i, f, candidate, o } = after;
    for (let k = 0; k < units; k++) {
      const shown = Math.tanh(c[k]);
      const gradC = grads.c[k] + grads.h[k] * o[k] * (1 - shown * shown); // c_t acts on later steps and on h_t
      delta[k] = gradC * candidate[k] * i[k] * (1 - i[k]);
      delta[units + k] = gradC * before.c[k] * f[k] * (1 - f[k]);
      delta[2 * units + k] = gradC * i[k] * (1 - candidate[k] * candidate[k]);
      delta[3 * units + k] = grads.h[k] * shown * o[k] * (1 - o[k]);
      gradsBefore.c[k] = gradC * f[k];
    }
    gradsBefore.h.fill(0);
    U.addTransposedProduct(gradsBefore.h, delta);
  }
}

/**
 * z_t, r_t = σ(U h_{t-1} + b' + W x_t + b), h̃_t = tanh(r_t ⊙ (U h_{t-1} + b') + W x_t + b),
 * h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t
 *
 * W, U, b and b', `recurrentB`, hold the blocks z, r, h̃. Keras' default form, which resets after the product with U.
 */
export class GRUCell extends WeightedCell {
  static blocks = 3;
  static forgetGate = 0;
  parts = ["h", "z", "r", "candidate", "recurrent"];

  constructor(W, U, b, recurrentB = new Float64Array(b.length)) {
    super(W, U, b);
    this.recurrentB = recurrentB;
    this.recurrentDelta = new Float64Array(b.length);
  }

  get parameters() {
    return { ...super.parameters, recurrent_b: this.recurrentB };
  }

  step(x_t, before, after) {
    const { W, U, b, recurrentB, units, delta: ofX, recurrentDelta: ofH } = this;
    ofX.set(b);
    W.addProduct(ofX, x_t);
    ofH.set(recurrentB);
    U.addProduct(ofH, before.h);
    const { h, z, r, recurrent, candidate } = after;
    for (let k = 0; k < units; k++) {
      z[k] = sigmoid(ofX[k] + ofH[k]);
      r[k] = sigmoid(ofX[units + k] + ofH[units + k]);
      recurrent[k] = ofH[2 * units + k];
      candidate[k] = Math.tanh(ofX[2 * units + k] + r[k] * recurrent[k]);
      h[k] = z[k] * before.h[k] + (1 - z[k]) * candidate[k];
    }
  }

  stepBack(before, after, grads, gradsBefore) {
    const { U, units, delta, recurrentDelta } = this;
    const { z, r, candidate, recurrent } = after;
    for (let k = 0; k < units; k++) {
      const gradH = grads.h[k];
      const deltaH = gradH * (1 - z[k]) * (1 - candidate[k] * candidate[k]);
      delta[k] = recurrentDelta[k] = gradH * (before.h[k] - candidate[k]) * z[k] * (1 - z[k]);
      delta[units + k] = recurrentDelta[units + k] = deltaH * recurrent[k] * r[k] * (1 - r[k]);
      delta[2 * units + k] = deltaH;
      recurrentDelta[2 * units + k] = deltaH * r[k];
      gradsBefore.h[k] = gradH * z[k];
    }
    U.addTransposedProduct(gradsBefore.h, recurrentDelta);
  }
}

/** The bag of words as a recurrence: h_t = h_{t-1} + (x_t - h_{t-1}) / n, the average of the n inputs so far. */
export class AverageCell {
  parts = ["h"];
  carried = ["h"];

  constructor(units) {
    this.units = units;
  }

  step(x_t, before, after, n) {
    for (let k = 0; k < this.units; k++) after.h[k] = before.h[k] + (x_t[k] - before.h[k]) / n;
  }

  stepBack(_before, _after, grads, gradsBefore, n) {
    for (let k = 0; k < this.units; k++) gradsBefore.h[k] = (grads.h[k] * (n - 1)) / n;
  }
}
