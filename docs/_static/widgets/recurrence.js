/**
 * The recurrence, as in rnn_tutorial/theory/cells.py and gradients.py: a function that unrolls a cell, one that goes back.
 *
 * A sequence of states is one array for each part of the state, the numbers of a step one after the other: unit k at
 * time t stands at t · units + k.
 *
 * @typedef {import("./cells.js").State} State
 * @typedef {import("./cells.js").Cell | import("./cells.js").AverageCell} Cell
 */

/** The parts of a state, each of `numbers` zeros. */
export const zeros = (parts, numbers) => Object.fromEntries(parts.map((part) => [part, new Float64Array(numbers)]));

/** A state before the first step, and the states of all steps as views. */
function viewsOf(states, time, units) {
  const view = (t) => Object.entries(states).map(([part, all]) => [part, all.subarray(t * units, (t + 1) * units)]);
  const first = zeros(Object.keys(states), units);
  return [first, ...Array.from({ length: time }, (_, t) => Object.fromEntries(view(t)))];
}

/** A cell with room for the states and gradients of one sequence, which are those of the last one that it read. */
export class Unrolled {
  /**
   * @param {Cell} cell
   * @param {State?} states those of a sequence that was read before, to go back from
   */
  constructor(cell, time, states = null) {
    this.cell = cell;
    this.time = time;
    this.states = states ?? zeros(cell.parts, time * cell.units);
    this.gradients = zeros(cell.carried, time * cell.units);
    this.stateAt = viewsOf(this.states, time, cell.units); // from 1 on; h_0 at 0
    this.gradientAt = viewsOf(this.gradients, time, cell.units);
  }

  /** Read a sequence, as `unroll` does. */
  forward(inputs, mask = null) {
    const { cell, time, stateAt } = this;
    for (let t = 1, n = 0; t <= time; t++) {
      const before = stateAt[t - 1];
      const after = stateAt[t];
      if (!mask || mask[t - 1])
        cell.step(inputs[t - 1], before, after, ++n); // the n-th input that is there
      else for (const part of cell.parts) after[part].set(before[part]);
    }
    return this.states;
  }

  /**
   * Go back, as `backpropagateThroughTime` does. After each step back `visit` is called with t, from 1 on, and the state
   * before it; ∂L/∂a_t stands in the cell.
   */
  backward(gradLast, mask = null, visit = null) {
    const { cell, time, stateAt, gradientAt } = this;
    const { carried } = cell;
    for (const part of carried) gradientAt[time][part].fill(0);
    gradientAt[time].h.set(gradLast);
    let n = mask ? Array.prototype.reduce.call(mask, (sum, there) => sum + (there ? 1 : 0), 0) : time;
    for (let t = time; t > 0; t--) {
      const grads = gradientAt[t];
      const gradsBefore = gradientAt[t - 1];
      if (!mask || mask[t - 1]) {
        cell.stepBack(stateAt[t - 1], stateAt[t], grads, gradsBefore, n--);
        visit?.(t, stateAt[t - 1]);
      } else for (const part of carried) gradsBefore[part].set(grads[part]);
    }
    return this.gradients;
  }
}

/**
 * Run a cell over a sequence: s_t = step(x_t, s_{t-1}), and s_t = s_{t-1} where the mask is 0.
 *
 * @param {Cell} cell
 * @param {ArrayLike<number>[]} inputs x_t for each step
 * @param {ArrayLike<number>?} mask 1 where there is an input; null is 1 everywhere
 * @returns {State} the states of all steps, time · units numbers for each part
 */
export const unroll = (cell, inputs, mask = null) => new Unrolled(cell, inputs.length).forward(inputs, mask);

/**
 * Go back through time: ∂L/∂h_t = (∂h_{t+1}/∂h_t)ᵀ ∂L/∂h_{t+1}, where L reads the last state alone.
 *
 * @param {Cell} cell
 * @param {State} states what `unroll` gave
 * @param {ArrayLike<number>} gradLast ∂L/∂h_T
 * @param {ArrayLike<number>?} mask as in `unroll`
 * @returns {State} ∂L/∂h_t for each t, and for an LSTM ∂L/∂c_t by the ways through later steps
 */
export const backpropagateThroughTime = (cell, states, gradLast, mask = null) =>
  new Unrolled(cell, states.h.length / cell.units, states).backward(gradLast, mask);

/**
 * The length ‖∂L/∂h_t‖₂ of each step's gradient.
 *
 * @param {Float64Array} gradients time · units numbers
 * @returns {Float64Array} one number a step
 */
export function normsByStep(gradients, units) {
  return Float64Array.from({ length: gradients.length / units }, (_, t) =>
    Math.sqrt(gradients.subarray(t * units, (t + 1) * units).reduce((sum, number) => sum + number * number, 0)),
  );
}
