/**
 * The recurrence and its gradients, as in rnn_tutorial/theory/cells.py and gradients.py. A sequence of states is one
 * array for each part of the state: unit k at time t stands at t · units + k.
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
  constructor(cell, time) {
    this.cell = cell;
    this.time = time;
    this.states = zeros(cell.parts, time * cell.units);
    this.gradients = zeros(cell.carried, time * cell.units);
    this.stateAt = viewsOf(this.states, time, cell.units); // from 1 on; h_0 at 0
    this.gradientAt = viewsOf(this.gradients, time, cell.units);
  }

  /** Read x_t for each step: s_t = step(x_t, s_{t-1}), and s_t = s_{t-1} where the mask is 0. */
  forward(inputs, mask = null) {
    const { cell, time, stateAt } = this;
    for (let t = 1, n = 0; t <= time; t++) {
      const before = stateAt[t - 1];
      const after = stateAt[t];
      if (!mask || mask[t - 1])
        cell.step(inputs[t - 1], before, after, ++n, t); // the n-th input that is there
      else for (const part of cell.parts) after[part].set(before[part]);
    }
    return this.states;
  }

  /**
   * Go back through time: ∂L/∂h_t = (∂h_{t+1}/∂h_t)ᵀ ∂L/∂h_{t+1}, given ∂L/∂h_T, for L reads the last state alone.
   * After each step `visit` is called with t, from 1 on, and the state before it; ∂L/∂a_t stands in the cell.
   */
  backward(gradLast, mask = null, visit = null) {
    const { cell, time, stateAt, gradientAt } = this;
    const { carried } = cell;
    for (const part of carried) gradientAt[time][part].fill(0);
    gradientAt[time].h.set(gradLast);
    let n = mask ? mask.filter(Boolean).length : time;
    for (let t = time; t > 0; t--) {
      const grads = gradientAt[t];
      const gradsBefore = gradientAt[t - 1];
      if (!mask || mask[t - 1]) {
        cell.stepBack(stateAt[t - 1], stateAt[t], grads, gradsBefore, n--, t);
        visit?.(t, stateAt[t - 1]);
      } else for (const part of carried) gradsBefore[part].set(grads[part]);
    }
    return this.gradients;
  }
}

/** The length ‖∂L/∂h_t‖₂ of each step's gradient. */
export function normsByStep(gradients, units) {
  return Float64Array.from({ length: gradients.length / units }, (_, t) =>
    Math.sqrt(gradients.subarray(t * units, (t + 1) * units).reduce((sum, number) => sum + number * number, 0)),
  );
}
