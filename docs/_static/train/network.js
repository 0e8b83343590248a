/**
 * A cell with an output layer, its loss, and its training, as in rnn_tutorial/theory/networks.py.
 *
 * @typedef {import("../widgets/cells.js").Parameters} Parameters
 * @typedef {import("../widgets/cells.js").SimpleRNNCell | import("../widgets/cells.js").LSTMCell
 *   | import("../widgets/cells.js").GRUCell} Cell
 *
 * @typedef {object} Examples sequences of one length, with a target each
 * @property {ArrayLike<number>[][]} sequences x_t for each step of each sequence
 * @property {ArrayLike<number>} targets class numbers; for a linear output numbers
 */

import { sigmoid } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";
import { glorotUniform } from "../widgets/random.js";
import { Unrolled } from "../widgets/recurrence.js";
import { Adam, clipByGlobalNorm, globalNorm } from "./optimiser.js";

/** Turn a into its softmax, and return ln Σ eᵃ. */
function softmax(a) {
  let most = a[0], sum = 0;
  for (let k = 1; k < a.length; k++) most = Math.max(most, a[k]);
  for (let k = 0; k < a.length; k++) sum += a[k] = Math.exp(a[k] - most);
  for (let k = 0; k < a.length; k++) a[k] /= sum;
  return most + Math.log(sum);
}

/**
 * The activations f of the output, with a = V h + b_y. Each has the loss that goes with it: the squared error, or the
 * cross-entropy in nats.
 *
 * `read` turns a into y; `judge` returns the loss for a target and turns a into ∂loss/∂a; `isRight` says whether the
 * class with the largest y is the target. All but the last work in place.
 */
export const OUTPUTS = {
  linear: {
    read() {},
    judge(a, target) {
      const error = a[0] - target;
      a[0] = 2 * error;
      return error * error;
    },
    isRight: () => false,
  },
  sigmoid: {
    read(a) {
      a[0] = sigmoid(a[0]);
    },
    judge(a, target) {
      const loss = Math.max(a[0], 0) - a[0] * target + Math.log1p(Math.exp(-Math.abs(a[0])));
      a[0] = sigmoid(a[0]) - target;
      return loss;
    },
    isRight: (a, target) => a[0] > 0 === target > 0.5,
  },
  softmax: {
    read: softmax,
    judge(a, target) {
      const wanted = a[target], loss = softmax(a) - wanted;
      a[target] -= 1;
      return loss;
    },
    isRight: (a, target) => a.every((other, k) => k === target || other < a[target]),
  },
};

/** y_t = f(V h_t + b_y) */
export class Network {
  /**
   * @param {Cell} cell
   * @param {Matrix} V outputs × units
   * @param {Float64Array} b_y
   * @param {keyof typeof OUTPUTS} output f
   */
  constructor(cell, V, b_y, output) {
    this.cell = cell;
    this.V = V;
    this.b_y = b_y;
    this.output = OUTPUTS[output];
  }

  /** A network with the cell, V random and b_y zero. */
  static random(cell, outputs, output, random) {
    return new Network(cell, glorotUniform(outputs, cell.units, random), new Float64Array(outputs), output);
  }

  /** @returns {Parameters} the arrays with which it computes, not copies */
  get parameters() {
    return { ...this.cell.parameters, V: this.V.values, b_y: this.b_y };
  }

  /**
   * Compute y of a state.
   *
   * @param {ArrayLike<number>} h
   * @returns {Float64Array}
   */
  readOut(h) {
    const y = this.b_y.slice();
    this.V.addProduct(y, h);
    this.output.read(y);
    return y;
  }
}

/** Trains a network on sequences of one length; it computes in arrays that it makes once. */
export class Training {
  /**
   * @param {Network} network changed by `update`
   * @param {number} time steps of a sequence
   * @param {{learningRate: number, maxNorm: number?}} settings Adam's η, and the norm to clip to; null does not clip
   */
  constructor(network, time, { learningRate, maxNorm }) {
    const { cell, V, b_y } = network, { W, U, b } = cell;
    const zero = ({ rows, columns }) => new Matrix(rows, columns, new Float64Array(rows * columns));
    this.network = network;
    this.time = time;
    this.maxNorm = maxNorm;
    this.unrolled = new Unrolled(cell, time);
    this.dW = zero(W);
    this.dU = zero(U);
    this.dV = zero(V);
    /** @type {Parameters} */
    this.gradients = { W: this.dW.values, U: this.dU.values, b: new Float64Array(b.length) };
    if ("recurrentB" in cell) this.gradients.recurrent_b = new Float64Array(b.length);
    Object.assign(this.gradients, { V: this.dV.values, b_y: new Float64Array(b_y.length) });
    this.adam = new Adam(network.parameters, learningRate);
    this.y = new Float64Array(b_y.length);
    this.gradH = new Float64Array(cell.units);
  }

  /**
   * Compute L, the mean loss, and its gradients, into `gradients`.
   *
   * @param {Examples} examples
   * @returns {{loss: number, accuracy: number}}
   */
  lossAndGradients({ sequences, targets }) {
    const { network, unrolled, gradients, dW, dU, dV, y, gradH } = this, { cell, V, output } = network;
    const { delta, recurrentDelta } = cell, count = sequences.length;
    for (const name in gradients) gradients[name].fill(0);
    let loss = 0, right = 0, inputs = null;
    const visit = (t, before) => {
      dW.addOuterProduct(delta, inputs[t - 1]);
      dU.addOuterProduct(recurrentDelta, before.h);
      for (let k = 0; k < delta.length; k++) gradients.b[k] += delta[k];
      if (gradients.recurrent_b)
        for (let k = 0; k < delta.length; k++) gradients.recurrent_b[k] += recurrentDelta[k];
    };
    for (let n = 0; n < count; n++) {
      inputs = sequences[n];
      unrolled.forward(inputs);
      const h = unrolled.stateAt[this.time].h;
      y.set(network.b_y);
      V.addProduct(y, h);
      right += output.isRight(y, targets[n]) ? 1 : 0;
      loss += output.judge(y, targets[n]) / count;
      for (let k = 0; k < y.length; k++) y[k] /= count; // ∂L/∂a
      dV.addOuterProduct(y, h);
      for (let k = 0; k < y.length; k++) gradients.b_y[k] += y[k];
      gradH.fill(0);
      V.addTransposedProduct(gradH, y);
      unrolled.backward(gradH, null, visit);
    }
    return { loss, accuracy: right / count };
  }

  /**
   * Update the network once: gradients, clipping, Adam.
   *
   * @param {Examples} examples
   * @returns {{loss: number, accuracy: number, norm: number}} of the examples, before the update
   * @throws {RangeError} if a gradient to clip is not finite
   */
  update(examples) {
    const scores = this.lossAndGradients(examples), { gradients, maxNorm } = this;
    const norm = maxNorm === null ? globalNorm(gradients) : clipByGlobalNorm(gradients, maxNorm);
    this.adam.update(gradients);
    return { ...scores, norm };
  }
}
