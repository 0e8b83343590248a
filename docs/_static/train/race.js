import { Unrolled } from "../widgets/recurrence.js";
import { BATCH, Run, randomExamples } from "./run.js";
import { firstLetter, LETTERS } from "./tasks.js";

export const MOST_UPDATES = 2000;
export const SHOWN_FIRST = 50; // updates, before anyone starts it
const AFTER = 300; // updates that the other network gets, once one has solved the task
const EVERY = 20; // updates between two looks at the gradient
const PROBED = 200;
const PROBE_SEED = 11; // sequences at which the gradient is looked at

const squared = (numbers) => numbers.reduce((sum, number) => sum + number * number, 0);

/** How much gradient reaches the first input, and how much of it is signal: cue_gradient of theory/networks.py. */
export function cueGradient({ cell, V }, { sequences, targets }, unrolled) {
  const classes = V.rows;
  const sums = Array.from({ length: classes }, () => new Float64Array(cell.W.columns));
  const counts = new Array(classes).fill(0);
  const squares = new Array(classes).fill(0);
  const gradX = new Float64Array(cell.W.columns);
  let last = 0;
  for (const [n, sequence] of sequences.entries()) {
    const asked = targets[n];
    const gradA = Float64Array.from({ length: classes }, (_, k) => Number(k === asked) - 1 / classes);
    const gradLast = new Float64Array(cell.units);
    V.addTransposedProduct(gradLast, gradA);
    unrolled.forward(sequence);
    unrolled.backward(gradLast, null, (t) => {
      if (t > 1 && t < unrolled.time) return;
      gradX.fill(0);
      cell.W.addTransposedProduct(gradX, cell.delta);
      if (t > 1) last += squared(gradX);
    });
    counts[asked]++;
    squares[asked] += squared(gradX);
    for (let k = 0; k < gradX.length; k++) sums[asked][k] += gradX[k];
  }
  const size = squares.reduce((a, b) => a + b);
  const means = sums.map((sum, k) => (squared(sum) - squares[k]) / (counts[k] - 1)); // without the bias of a few
  const same = means.reduce((a, b) => a + b);
  return { reach: Math.sqrt(size / last), signal: Math.sqrt(Math.max(0, same) / size) };
}

/** How the states of a pair differ: h_t after the one letter minus h_t after the other, between -2 and 2. */
export function difference([one, other], unrolled) {
  const first = unrolled.forward(one).h.slice();
  const { h } = unrolled.forward(other);
  return Float32Array.from(first, (number, k) => number - h[k]);
}

/** Whether a race stands still for the reader to say whether it goes on: one network is through, the other far behind. */
export const isDecided = ({ update, racers }) =>
  racers.some(({ solved }) => solved !== null && update === solved + AFTER);

/** Two networks that train side by side on the same examples. */
export class Race {
  constructor({ settings, length, seed }) {
    this.length = length;
    this.probe = firstLetter(PROBED, length, randomExamples(PROBE_SEED));
    const [one] = this.probe.sequences;
    const other = this.probe.sequences.find(([letter]) => letter !== one[0]);
    this.pair = /** @type {[any, any]} */ ([one, [other[0], ...one.slice(1)]]);
    this.update = 0;
    this.random = randomExamples(seed);
    this.racers = settings.map((setting) => {
      const run = new Run(setting, LETTERS.length, seed, LETTERS.length);
      const unrolled = new Unrolled(run.network.cell, length);
      const cue = cueGradient(run.network, this.probe, unrolled);
      return { run, unrolled, solved: null, told: 0, cue, reach: [], signal: [] };
    });
  }

  get ended() {
    return this.update >= MOST_UPDATES || this.racers.every(({ run, solved }) => solved !== null || run.failed);
  }

  /** One update of each network that has not solved the task yet, on the same examples. */
  step() {
    const examples = firstLetter(BATCH, this.length, this.random);
    this.update++;
    for (const racer of this.racers) {
      const { run, unrolled } = racer;
      if (racer.solved !== null || run.failed) continue;
      run.update(examples);
      if (run.solved) racer.solved = this.update;
      if (run.updates % EVERY === 0 || run.solved) racer.cue = cueGradient(run.network, this.probe, unrolled);
      racer.reach.push(racer.cue.reach);
      racer.signal.push(racer.cue.signal);
    }
  }

  /** What each network did since the last report, when it solved the task, or null, and what is drawn of it. */
  report() {
    return this.racers.map((racer) => {
      const { run, unrolled, solved, told } = racer;
      racer.told = run.updates;
      const since = (list) => list.slice(told, run.updates);
      return {
        losses: since(run.losses),
        accuracies: since(run.accuracies),
        reach: since(racer.reach),
        signal: since(racer.signal),
        solved,
        failed: run.failed,
        difference: difference(this.pair, unrolled),
      };
    });
  }
}
