/** A cell with a softmax layer, and its training, as in networks.py, gradients.py and training.py of the package. */

import { softmax } from "./cells.js";
import { Matrix } from "./matrix.js";
import { glorotUniform } from "./random.js";
import { Unrolled } from "./recurrence.js";

/** The cross-entropy of softmax(a) in nats; a becomes its gradient, ∂loss/∂a. */
export function crossEntropy(a, target) {
  const wanted = a[target];
  const loss = softmax(a) - wanted;
  a[target] -= 1;
  return loss;
}

/** Whether the class with the largest a is the target; a tie is no prediction. */
export const isRight = (a, target) => a.every((other, k) => k === target || other < a[target]);

/** y_t = softmax(V h_t + b_y) */
export class Network {
  constructor(cell, V, b_y) {
    this.cell = cell;
    this.V = V;
    this.b_y = b_y;
  }

  /** A network with V random and b_y zero. */
  static random(cell, outputs, random) {
    return new Network(cell, glorotUniform(outputs, cell.units, random), new Float64Array(outputs));
  }

  /** The arrays with which it computes, not copies. */
  get parameters() {
    return { ...this.cell.parameters, V: this.V.values, b_y: this.b_y };
  }

  readOut(h) {
    const y = this.b_y.slice();
    this.V.addProduct(y, h);
    softmax(y);
    return y;
  }
}

/** ‖G‖ = √(Σ G²), over all numbers of all arrays. */
export function globalNorm(grads) {
  let sum = 0;
  for (const values of Object.values(grads)) for (let k = 0; k < values.length; k++) sum += values[k] * values[k];
  return Math.sqrt(sum);
}

/** Scale gradients to the norm m where they are longer, in place: G ← G · min(1, m / ‖G‖); give ‖G‖ before. */
export function clipByGlobalNorm(grads, maxNorm) {
  const norm = globalNorm(grads);
  if (!Number.isFinite(norm))
    throw new RangeError(`\`grads\`: expected finite gradients, got the norm ${norm}. Lower the learning rate.`);
  const factor = Math.min(1, maxNorm / norm);
  for (const values of Object.values(grads)) for (let k = 0; k < values.length; k++) values[k] *= factor;
  return norm;
}

/** m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², θ ← θ - η √(1 - β₂ᵏ) / (1 - β₁ᵏ) · m / (√v + ε), as in Keras. */
export class Adam {
  /** `parameters` are θ, which `update` changes in place, and `learningRate` is η. */
  constructor(parameters, learningRate) {
    const zeros = () =>
      Object.fromEntries(Object.entries(parameters).map(([name, { length }]) => [name, new Float64Array(length)]));
    this.parameters = parameters;
    this.learningRate = learningRate;
    this.updates = 0;
    this.m = zeros();
    this.v = zeros();
  }

  update(grads) {
    this.updates++;
    const rate = (this.learningRate * Math.sqrt(1 - 0.999 ** this.updates)) / (1 - 0.9 ** this.updates);
    for (const name in this.parameters) {
      const theta = this.parameters[name];
      const g = grads[name];
      const m = this.m[name];
      const v = this.v[name];
      for (let k = 0; k < theta.length; k++) {
        m[k] = 0.9 * m[k] + 0.1 * g[k];
        v[k] = 0.999 * v[k] + 0.001 * g[k] * g[k];
        theta[k] -= (rate * m[k]) / (Math.sqrt(v[k]) + 1e-7);
      }
    }
  }
}

/** Trains a network on sequences of one length; it computes in arrays that it makes once. */
export class Training {
  /** `learningRate` is Adam's η, `maxNorm` the norm to clip to; null does not clip. */
  constructor(network, { learningRate, maxNorm }) {
    const { cell, V, b_y } = network;
    const { W, U, b } = cell;
    const zero = ({ rows, columns }) => new Matrix(rows, columns, new Float64Array(rows * columns));
    this.network = network;
    this.maxNorm = maxNorm;
    this.unrolled = new Unrolled(cell, 0);
    this.dW = zero(W);
    this.dU = zero(U);
    this.dV = zero(V);
    this.gradients = { W: this.dW.values, U: this.dU.values, b: new Float64Array(b.length) };
    if ("recurrentB" in cell) this.gradients.recurrent_b = new Float64Array(b.length);
    Object.assign(this.gradients, { V: this.dV.values, b_y: new Float64Array(b_y.length) });
    this.adam = new Adam(network.parameters, learningRate);
    this.y = new Float64Array(b_y.length);
    this.gradH = new Float64Array(cell.units);
  }

  /** Compute L, the mean loss, and its gradients, into `gradients`; the sequences of a batch have one length. */
  lossAndGradients({ sequences, targets }) {
    const time = sequences[0].length;
    if (this.unrolled.time !== time) this.unrolled = new Unrolled(this.network.cell, time);
    const { network, unrolled, gradients, dW, dU, dV, y, gradH } = this;
    const { cell, V } = network;
    const { delta, recurrentDelta } = cell;
    const count = sequences.length;
    for (const name in gradients) gradients[name].fill(0);
    let loss = 0;
    let right = 0;
    for (const [n, inputs] of sequences.entries()) {
      unrolled.forward(inputs);
      const h = unrolled.stateAt[time].h;
      y.set(network.b_y);
      V.addProduct(y, h);
      right += isRight(y, targets[n]) ? 1 : 0;
      loss += crossEntropy(y, targets[n]) / count;
      for (let k = 0; k < y.length; k++) y[k] /= count; // ∂L/∂a
      dV.addOuterProduct(y, h);
      for (let k = 0; k < y.length; k++) gradients.b_y[k] += y[k];
      gradH.fill(0);
      V.addTransposedProduct(gradH, y);
      unrolled.backward(gradH, null, (t, before) => {
        dW.addOuterProduct(delta, inputs[t - 1]);
        dU.addOuterProduct(recurrentDelta, before.h);
        for (let k = 0; k < delta.length; k++) gradients.b[k] += delta[k];
        if (gradients.recurrent_b) for (let k = 0; k < delta.length; k++) gradients.recurrent_b[k] += recurrentDelta[k];
      });
    }
    return { loss, accuracy: right / count };
  }

  /** Update the network once, by gradients, clipping and Adam; give the scores of the examples before the update. */
  update(examples) {
    const scores = this.lossAndGradients(examples);
    const { gradients, maxNorm } = this;
    const norm = maxNorm === null ? globalNorm(gradients) : clipByGlobalNorm(gradients, maxNorm);
    this.adam.update(gradients);
    return { ...scores, norm };
  }
}
