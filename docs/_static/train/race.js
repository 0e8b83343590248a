import { Unrolled } from "../widgets/recurrence.js";
import { BATCH, Run, randomExamples } from "./run.js";
import { SYMBOLS, temporalOrder } from "./tasks.js";

export const MOST_UPDATES = 2000;
export const PLACES = [1, 6]; // of A and B in the sequences that are shown
const PROBED = 10;
const PROBE_SEED = 11; // sequences of which gradients are shown

/**
 * n_k / n_0, with n_k the mean over sequences of ‖∂(a_1 - a_0)/∂x_{T-k}‖₂, a = V h_T + b_y, as gradient_norms_by_lag of
 * rnn_tutorial/theory/gradients.py. The gradient of the loss is a multiple, which vanishes where all is learnt.
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

/** How the states of a pair differ: h_t after the one order minus h_t after the other, between -2 and 2. */
export function difference([one, other], unrolled) {
  const first = unrolled.forward(one).h.slice();
  const { h } = unrolled.forward(other);
  return Float32Array.from(first, (number, k) => number - h[k]);
}

/** Two networks that train side by side on the same examples. */
export class Race {
  constructor({ settings, lag, seed }) {
    const probe = temporalOrder(PROBED, lag, randomExamples(PROBE_SEED), PLACES).sequences;
    const time = probe[0].length;
    this.lag = lag;
    this.probe = probe;
    this.update = 0;
    this.random = randomExamples(seed);
    this.racers = settings.map((setting) => {
      const run = new Run(setting, SYMBOLS.length, time, seed);
      return { run, unrolled: new Unrolled(run.network.cell, time), solved: null, told: 0 };
    });
  }

  get ended() {
    return this.update >= MOST_UPDATES || this.racers.every(({ run, solved }) => solved !== null || run.failed);
  }

  /** One update of each network that has not solved the task yet, on the same examples. */
  step() {
    const examples = temporalOrder(BATCH, this.lag, this.random);
    this.update++;
    for (const racer of this.racers) {
      if (racer.solved !== null) continue;
      racer.run.update(examples);
      if (racer.run.solved) racer.solved = this.update;
    }
  }

  /** What each network did since the last report, when it solved the task, or null, and what is drawn of it. */
  report() {
    return this.racers.map((racer) => {
      const { run, unrolled, solved, told } = racer;
      racer.told = run.updates;
      return {
        losses: run.losses.slice(told),
        accuracies: run.accuracies.slice(told),
        solved,
        failed: run.failed,
        reach: reachByLag(run.network, this.probe, unrolled),
        difference: difference(this.probe, unrolled),
      };
    });
  }
}
