/**
 * The recurrence, as in rnn_tutorial/cells.py and gradients.py: cells, a function that unrolls them, one that goes back.
 *
 * The letters are those of the site: x_t an input, h_t a hidden state, c_t a cell state, W, U and b the parameters. A
 * sequence of states is one array for each part of the state, the numbers of a step one after the other: unit k at time
 * t stands at t · units + k. All is computed in double precision, one sequence at a time.
 *
 * @typedef {{[part: string]: Float64Array}} State the parts of a state, such as h and c
 */

/** A matrix, kept row after row. */
export class Matrix {
  /**
   * @param {number} rows
   * @param {number} columns
   * @param {ArrayLike<number>} values its numbers, rows · columns
   */
  constructor(rows, columns, values) {
    this.rows = rows;
    this.columns = columns;
    this.values = Float64Array.from(values);
  }

  /** sums ← sums + M v. Four rows at a time: a sum has to wait for its last addition, four sums wait together. */
  addProduct(sums, v) {
    const { rows, columns, values } = this;
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      let p = row * columns, q = p + columns, r = q + columns, s = r + columns;
      let first = 0, second = 0, third = 0, fourth = 0;
      for (let k = 0; k < columns; k++) {
        const number = v[k];
        first += values[p++] * number;
        second += values[q++] * number;
        third += values[r++] * number;
        fourth += values[s++] * number;
      }
      sums[row] += first;
      sums[row + 1] += second;
      sums[row + 2] += third;
      sums[row + 3] += fourth;
    }
    for (; row < rows; row++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += values[row * columns + k] * v[k];
      sums[row] += sum;
    }
  }

  /** sums ← sums + Mᵀ v. */
  addTransposedProduct(sums, v) {
    const { rows, columns, values } = this;
    for (let row = 0; row < rows; row++) {
      const number = v[row], start = row * columns;
      for (let k = 0; k < columns; k++) sums[k] += values[start + k] * number;
    }
  }
}

/** σ(z) = 1 / (1 + e⁻ᶻ), which is 0 or 1 where e⁻ᶻ is too large or too small a number. */
export const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/** The activations g, and their derivatives written in terms of the value y = g(z). */
export const ACTIVATIONS = {
  tanh: { value: Math.tanh, derivative: (y) => 1 - y * y },
  sigmoid: { value: sigmoid, derivative: (y) => y * (1 - y) },
  relu: { value: (z) => Math.max(z, 0), derivative: (y) => (y > 0 ? 1 : 0) },
};

/**
 * h_t = g(U h_{t-1} + W x_t + b)
 */
export class SimpleRNNCell {
  parts = ["h"];
  carried = ["h"];

  /**
   * @param {Matrix} W units × inputs
   * @param {Matrix} U units × units
   * @param {Float64Array} b
   * @param {string} activation the name of g
   */
  constructor(W, U, b, activation = "tanh") {
    Object.assign(this, { W, U, b, units: U.columns, g: ACTIVATIONS[activation], delta: new Float64Array(b.length) });
  }

  /** Write the state after x_t into `after`. */
  step(x_t, before, after) {
    const { W, U, b, g } = this;
    after.h.set(b);
    U.addProduct(after.h, before.h);
    W.addProduct(after.h, x_t);
    for (let k = 0; k < after.h.length; k++) after.h[k] = g.value(after.h[k]);
  }

  /** Write into `gradsBefore` what ∂L/∂h_t in `grads` makes of ∂L/∂h_{t-1}: Uᵀ (g'(a_t) ⊙ ∂L/∂h_t). */
  stepBack(before, after, grads, gradsBefore) {
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
export class LSTMCell {
  parts = ["h", "c", "i", "f", "candidate", "o"];
  carried = ["h", "c"];

  /**
   * @param {Matrix} W 4 units × inputs
   * @param {Matrix} U 4 units × units
   * @param {Float64Array} b
   */
  constructor(W, U, b) {
    Object.assign(this, { W, U, b, units: U.columns });
    this.sums = new Float64Array(b.length); // a_t on the way there, ∂L/∂a_t on the way back
  }

  /** Write the state after x_t into `after`. */
  step(x_t, before, after) {
    const { W, U, b, units, sums } = this;
    sums.set(b);
    U.addProduct(sums, before.h);
    W.addProduct(sums, x_t);
    for (let k = 0; k < units; k++) {
      after.i[k] = sigmoid(sums[k]);
      after.f[k] = sigmoid(sums[units + k]);
      after.candidate[k] = Math.tanh(sums[2 * units + k]);
      after.o[k] = sigmoid(sums[3 * units + k]);
      after.c[k] = after.f[k] * before.c[k] + after.i[k] * after.candidate[k];
      after.h[k] = after.o[k] * Math.tanh(after.c[k]);
    }
  }

  /** Write into `gradsBefore` what ∂L/∂h_t and ∂L/∂c_t in `grads` make of ∂L/∂h_{t-1} and ∂L/∂c_{t-1}. */
  stepBack(before, after, grads, gradsBefore) {
    const { U, units, sums } = this;
    for (let k = 0; k < units; k++) {
      const i = after.i[k], f = after.f[k], candidate = after.candidate[k], o = after.o[k];
      const shown = Math.tanh(after.c[k]);
      const gradC = grads.c[k] + grads.h[k] * o * (1 - shown * shown); // c_t acts on later steps and on h_t
      sums[k] = gradC * candidate * i * (1 - i);
      sums[units + k] = gradC * before.c[k] * f * (1 - f);
      sums[2 * units + k] = gradC * i * (1 - candidate * candidate);
      sums[3 * units + k] = grads.h[k] * shown * o * (1 - o);
      gradsBefore.c[k] = gradC * f;
    }
    gradsBefore.h.fill(0);
    U.addTransposedProduct(gradsBefore.h, sums);
  }
}

/**
 * The bag of words as a recurrence: h_t = h_{t-1} + (x_t - h_{t-1}) / n, the average of the n inputs so far.
 *
 * It has no weights, and the order of the inputs does not change the last state.
 */
export class AverageCell {
  parts = ["h"];
  carried = ["h"];

  /** @param {number} units the numbers in one input, and so in the average */
  constructor(units) {
    this.units = units;
  }

  step(x_t, before, after, n) {
    for (let k = 0; k < this.units; k++) after.h[k] = before.h[k] + (x_t[k] - before.h[k]) / n;
  }

  stepBack(before, after, grads, gradsBefore, n) {
    for (let k = 0; k < this.units; k++) gradsBefore.h[k] = (grads.h[k] * (n - 1)) / n;
  }
}

/** The parts of a state, each of `numbers` zeros. */
const zeros = (parts, numbers) => Object.fromEntries(parts.map((part) => [part, new Float64Array(numbers)]));

/** The state at time t, as views into the states of all steps. */
function at(states, t, units) {
  const views = Object.entries(states).map(([part, values]) => [part, values.subarray(t * units, (t + 1) * units)]);
  return Object.fromEntries(views);
}

/** How many inputs have been read after each step: those that are not masked. */
function counted(time, mask) {
  let n = 0;
  return Array.from({ length: time }, (_, t) => (n += !mask || mask[t] ? 1 : 0));
}

/**
 * Run a cell over a sequence: s_t = step(x_t, s_{t-1}), and s_t = s_{t-1} where the mask is 0.
 *
 * @param {SimpleRNNCell | LSTMCell | AverageCell} cell
 * @param {ArrayLike<number>[]} inputs x_t for each step
 * @param {ArrayLike<number>?} mask 1 where there is an input; null is 1 everywhere
 * @returns {State} the states of all steps, time · units numbers for each part
 */
export function unroll(cell, inputs, mask = null) {
  const { units, parts } = cell;
  const states = zeros(parts, inputs.length * units), counts = counted(inputs.length, mask);
  let before = zeros(parts, units);
  for (let t = 0; t < inputs.length; t++) {
    const after = at(states, t, units);
    if (!mask || mask[t]) cell.step(inputs[t], before, after, counts[t]);
    else for (const part of parts) after[part].set(before[part]);
    before = after;
  }
  return states;
}

/**
 * Go back through time: ∂L/∂h_t = (∂h_{t+1}/∂h_t)ᵀ ∂L/∂h_{t+1}, where L reads the last state alone.
 *
 * @param {SimpleRNNCell | LSTMCell | AverageCell} cell
 * @param {State} states what `unroll` gave
 * @param {ArrayLike<number>} gradLast ∂L/∂h_T
 * @param {ArrayLike<number>?} mask as in `unroll`
 * @returns {State} ∂L/∂h_t for each t, and for an LSTM ∂L/∂c_t by the ways through later steps
 */
export function backpropagateThroughTime(cell, states, gradLast, mask = null) {
  const { units, carried } = cell, time = states.h.length / units;
  const gradients = zeros(carried, time * units), counts = counted(time, mask);
  if (time) at(gradients, time - 1, units).h.set(gradLast);
  for (let t = time - 1; t > 0; t--) {
    const grads = at(gradients, t, units), gradsBefore = at(gradients, t - 1, units);
    if (!mask || mask[t]) cell.stepBack(at(states, t - 1, units), at(states, t, units), grads, gradsBefore, counts[t]);
    else for (const part of carried) gradsBefore[part].set(grads[part]);
  }
  return gradients;
}

/**
 * The length ‖∂L/∂h_t‖₂ of each step's gradient.
 *
 * @param {Float64Array} gradients time · units numbers
 * @param {number} units
 * @returns {Float64Array} one number a step
 */
export function normsByStep(gradients, units) {
  return Float64Array.from({ length: gradients.length / units }, (_, t) =>
    Math.sqrt(gradients.subarray(t * units, (t + 1) * units).reduce((sum, number) => sum + number * number, 0)),
  );
}
